"""Builders of layers' operations: biases, losses, normalisation."""

import numpy as np

from fastgrad.flow.asserts import check_numerics
from fastgrad.graphdef.registry import RegisterImport, UnsupportedNodeError
from fastgrad.io.tensor_proto import type_name
from fastgrad.nn.cross_entropy import (softmax_xent, softmax_xent_grad, sparse_softmax_xent,
                                       sparse_softmax_xent_grad)
from fastgrad.ops.arithmetic import maximum, minimum, ones_like
from fastgrad.ops.cast import cast
from fastgrad.ops.join import concat
from fastgrad.ops.reshape import expand_dims, reshape
from fastgrad.ops.shape import shape
from fastgrad.ops.state import constant
from fastgrad.ops.unary import floor
from fastgrad.ops.unary import round as round_


def channels_last(node):
    """Whether the channels are the last dimension; refuses layouts that are not there."""
    layout = node.attr("data_format", "NHWC")
    if layout not in ("NHWC", "NCHW", "NDHWC", "NCDHW"):
        raise UnsupportedNodeError(f"its data_format is {layout}.")
    return layout[-1] == "C"


@RegisterImport("BiasAdd", "BiasAddV1")
def bias_add(node):
    return node.op("bias_add", *node.inputs, first=not channels_last(node))


@RegisterImport("BiasAddGrad")
def bias_add_grad(node):
    dy = node.inputs[0]
    if dy._shape is None and channels_last(node):
        rows = concat([constant(np.array([-1], np.int32)), shape(dy)[-1:]], 0)
        return node.op("reduce_sum", reshape(dy, rows), axis=0)
    if dy._shape is None:
        raise UnsupportedNodeError("its data_format is NCHW, of an unknown rank.")
    channel = len(dy._shape) - 1 if channels_last(node) else 1
    axes = tuple(i for i in range(len(dy._shape)) if i != channel)
    return node.op("reduce_sum", dy, axis=axes)


@RegisterImport("SoftmaxCrossEntropyWithLogits")
def softmax_cross_entropy(node):
    """The losses, and the gradient for each row as if its own gradient were 1."""
    logits, labels = node.inputs
    loss = softmax_xent(logits, labels, plain=True)
    one = expand_dims(ones_like(loss), -1)
    return [loss, softmax_xent_grad(logits, labels, one, plain=True)]


@RegisterImport("SparseSoftmaxCrossEntropyWithLogits")
def sparse_softmax_cross_entropy(node):
    logits, labels = node.inputs
    loss = sparse_softmax_xent(logits, labels)
    return [loss, sparse_softmax_xent_grad(logits, labels, expand_dims(ones_like(loss), -1))]


@RegisterImport("FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxArgs")
def fake_quant(node):
    """Values rounded to the levels between two limits, moved so that 0 is a level."""
    x = node.inputs[0]
    if node.type == "FakeQuantWithMinMaxArgs":
        low, high = node.attr("min", -6.0), node.attr("max", 6.0)
    else:
        low, high = float(node.value(1)), float(node.value(2))
    first = 1 if node.attr("narrow_range", False) else 0
    last = 2 ** node.attr("num_bits", 8) - 1
    step = np.float32(high - low) / np.float32(last - first)
    if not step > 0:
        raise UnsupportedNodeError(f"its limits are {low} and {high}.")
    zero = np.clip(np.round(first - low / step), first, last)
    low, high = np.float32((first - zero) * step), np.float32((last - zero) * step)
    cut = minimum(maximum(x, constant(low)), constant(high))
    level = floor((cut - constant(low)) / constant(step) + constant(np.float32(0.5)))
    return node.op("add", level * constant(step), constant(low))


@RegisterImport("Dequantize")
def dequantize(node):
    """Stored integers as numbers between two limits, the first and the last of which are theirs."""
    x, low, high = node.inputs
    number, mode = node.type_number("T"), node.attr("mode", "MIN_COMBINED")
    if number not in RANGES or mode not in ("MIN_COMBINED", "MIN_FIRST"):
        raise UnsupportedNodeError(f"its mode is {mode} and its type {type_name(number)}.")
    first, span = RANGES[number]
    scale = (high - low) / constant(np.float32(span))
    whole = cast(x, np.float32) - constant(np.float32(first))
    if mode == "MIN_FIRST":             # 0 is then a level
        low = round_(low / scale) * scale
    return node.op("add", whole * scale, low)


# the smallest number of a quantised dtype, and how many lie above
RANGES = {11: (-128, 255), 12: (0, 255), 15: (-32768, 65535), 16: (0, 65535)}


@RegisterImport("CheckNumerics", effect=True)
def check_numerics_node(node):
    return check_numerics(node.inputs[0], node.attr("message", ""), name=node.name + "/")
