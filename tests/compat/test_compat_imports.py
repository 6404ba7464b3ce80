"""Imports of what is there and of what is not: the library's own words, and Python's classes."""

import importlib

import pytest
from child import run_python

import fastgrad.compat.v1 as tf


@pytest.mark.parametrize("statement, words", [
    ("from fastgrad.compat.v1.contrib import cudnn_rnn", "tf.contrib.cudnn_rnn is not in fastgrad"),
    ("from fastgrad.compat.v1.contrib.rnn import GridLSTMCell",
     "tf.contrib.rnn.GridLSTMCell is not in fastgrad"),
    ("from fastgrad.compat.v1.contrib.tpu import x", "tf.contrib.tpu is not in fastgrad"),
    ("from fastgrad.compat.v1 import no_such_name", "tf.no_such_name is not in fastgrad"),
    ("from fastgrad.compat.v1.nn import relu, fractional_max_pool",
     "tf.nn.fractional_max_pool is not in"),
    ("import fastgrad.compat.v1.data", "tf.data is not in fastgrad. Feed NumPy arrays."),
    ("from fastgrad.compat.v1.keras import layers", "tf.keras.layers is not in fastgrad"),
])
def test_words_for_what_is_missing(statement, words):
    for kind in (ImportError, NotImplementedError):
        with pytest.raises(kind, match=words):
            exec(statement, {})


def test_what_is_there_is_imported():
    names = {}
    exec("from fastgrad.compat.v1.nn import relu; import fastgrad.compat.v1.contrib.slim as slim\n"
         "from fastgrad.compat.v1 import nn, Session", names)
    assert names["relu"] is tf.nn.relu and names["slim"] is tf.contrib.slim
    assert importlib.import_module("fastgrad.compat.v1.nn") is tf.nn is names["nn"]
    assert not hasattr(tf, "no_such_name") and not hasattr(tf.contrib, "no_such_name")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("fastgrad.compat.no_such_module")


def test_under_tensorflows_own_name():
    code = """
import fastgrad.compat
fastgrad.compat.install()
from tensorflow.contrib import layers, slim
from tensorflow.python.framework import ops
import tensorflow.nn
from tensorflow.contrib.rnn import LSTMCell
import tensorflow.contrib.rnn as rnn, tensorflow.nn.rnn_cell
from tensorflow.contrib import legacy_seq2seq, seq2seq
from tensorflow.python.ops import rnn_cell
assert rnn.LSTMCell is LSTMCell is tensorflow.nn.rnn_cell.LSTMCell is rnn_cell.LSTMCell
for statement in ("from tensorflow.contrib import cudnn_rnn", "import tensorflow.contrib.tpu as t",
                  "from tensorflow import no_such", "from tensorflow.python.ops import rnn_no"):
    try:
        exec(statement)
    except ModuleNotFoundError as e:
        print(e)
"""
    assert run_python("-c", code).stdout.splitlines() == [
        "tf.contrib.cudnn_rnn is not in fastgrad.", "tf.contrib.tpu is not in fastgrad.",
        "tf.no_such is not in fastgrad.", "tf.python.ops.rnn_no is not in fastgrad."]
