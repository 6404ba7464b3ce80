"""Types of `fastgrad.compat._v1.contrib.legacy_seq2seq`. Written by tests/types/make_stubs.py; do not edit."""

from fastgrad.seq2seq.legacy import attention_decoder as attention_decoder
from fastgrad.seq2seq.legacy import basic_rnn_seq2seq as basic_rnn_seq2seq
from fastgrad.seq2seq.legacy import embedding_attention_decoder as embedding_attention_decoder
from fastgrad.seq2seq.legacy import embedding_attention_seq2seq as embedding_attention_seq2seq
from fastgrad.seq2seq.legacy import embedding_rnn_decoder as embedding_rnn_decoder
from fastgrad.seq2seq.legacy import embedding_rnn_seq2seq as embedding_rnn_seq2seq
from fastgrad.seq2seq.legacy import embedding_tied_rnn_seq2seq as embedding_tied_rnn_seq2seq
from fastgrad.seq2seq.legacy import model_with_buckets as model_with_buckets
from fastgrad.seq2seq.legacy import one2many_rnn_seq2seq as one2many_rnn_seq2seq
from fastgrad.seq2seq.legacy import rnn_decoder as rnn_decoder
from fastgrad.seq2seq.legacy import sequence_loss as sequence_loss
from fastgrad.seq2seq.legacy import sequence_loss_by_example as sequence_loss_by_example
from fastgrad.seq2seq.legacy import tied_rnn_seq2seq as tied_rnn_seq2seq
