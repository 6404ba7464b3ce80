"""`Operation.type` in TensorFlow's graphs: the type of the node that TensorFlow would make."""

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf

MAKERS = {
    "Placeholder": lambda x: x, "RealDiv": lambda x: x / 2.0, "FloorDiv": lambda x: x // 2.0,
    "Sum": tf.reduce_sum, "Mean": tf.reduce_mean, "MatMul": lambda x: tf.matmul(x, x),
    "BatchMatMulV2": lambda x: tf.matmul(x[None], x[None]), "Mul": lambda x: x * x,
    "VariableV2": lambda x: tf.Variable(1.0), "NoOp": tf.group, "Const": lambda x: tf.constant(1),
    "ConcatV2": lambda x: tf.concat([x, x], 0), "Pack": lambda x: tf.stack([x, x]),
    "ZerosLike": tf.zeros_like, "Transpose": tf.transpose, "Relu": tf.nn.relu,
    "StridedSlice": lambda x: x[1:], "Select": lambda x: tf.where(x > 0.0, x, x)}


@pytest.mark.parametrize("kind", MAKERS)
def test_types_are_tensorflows(kind):
    with tf.Graph().as_default():
        made = MAKERS[kind](tf.placeholder(tf.float32, [2, 2]))
        assert getattr(made, "op", made).type == kind


def test_integers_are_divided_by_floor_div():
    with tf.Graph().as_default():
        assert tf.div(tf.constant(7), 2).op.type == "FloorDiv"


def test_types_are_the_functions_names_elsewhere():
    assert fg.reduce_sum(np.ones(2)).op.type == "reduce_sum"
