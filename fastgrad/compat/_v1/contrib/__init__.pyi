"""Types of `fastgrad.compat._v1.contrib`. Written by tests/types/make_stubs.py; do not edit."""

from fastgrad import crf as crf
from fastgrad import distributions as distributions
from fastgrad.compat._v1.contrib import framework as framework
from fastgrad.compat._v1.contrib import layers as layers
from fastgrad.compat._v1.contrib import legacy_seq2seq as legacy_seq2seq
from fastgrad.compat._v1.contrib import metrics as metrics
from fastgrad.compat._v1.contrib import predictor as predictor
from fastgrad import rnn as rnn
from fastgrad import seq2seq as seq2seq
from fastgrad.compat._v1.contrib import slim as slim
from fastgrad.compat._v1.contrib import util as util
