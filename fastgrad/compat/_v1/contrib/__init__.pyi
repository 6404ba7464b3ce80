"""Types of `fastgrad.compat._v1.contrib`. Written by tests/types/make_stubs.py; do not edit."""

from fastgrad import distributions as distributions
from fastgrad.compat._v1.contrib import framework as framework
from fastgrad.compat._v1.contrib import layers as layers
from fastgrad.compat._v1.contrib import metrics as metrics
from fastgrad.compat._v1.contrib import slim as slim
from fastgrad.compat._v1.contrib import util as util
