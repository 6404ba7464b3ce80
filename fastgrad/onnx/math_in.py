"""Builders of arithmetic, comparisons, reductions, products, activations."""

import numpy as np

from fastgrad.graph.dtypes import strong
from fastgrad.linalg.matmul import matmul
from fastgrad.nn.activations import elu, leaky_relu, relu, selu, sigmoid, softplus, softsign
from fastgrad.nn.lookup import top_k
from fastgrad.nn.softmax import log_softmax, softmax
from fastgrad.onnx.package import TYPES
from fastgrad.onnx.tables import builds
from fastgrad.ops import arithmetic, comparison, divide, logic, reduce, special, trig, unary
from fastgrad.ops.argmax import argmax, argmin
from fastgrad.ops.cast import cast
from fastgrad.ops.logsumexp import reduce_logsumexp
from fastgrad.ops.reshape import expand_dims, reshape, squeeze
from fastgrad.ops.scan import cumsum
from fastgrad.ops.shape import shape
from fastgrad.ops.state import constant, identity
from fastgrad.ops.where import where_v2

SAME = {
    "Abs": unary.abs, "Neg": arithmetic.negative, "Exp": unary.exp, "Log": arithmetic.log,
    "Sqrt": unary.sqrt, "Floor": unary.floor, "Ceil": unary.ceil, "Round": unary.rint,
    "Sign": arithmetic.sign, "Tanh": unary.tanh, "Sigmoid": sigmoid, "Relu": relu,
    "Erf": special.erf, "Sin": trig.sin, "Cos": trig.cos, "Tan": trig.tan, "Asin": trig.asin,
    "Acos": trig.acos, "Atan": trig.atan, "Sinh": trig.sinh, "Cosh": trig.cosh,
    "Asinh": trig.asinh, "Acosh": trig.acosh, "Atanh": trig.atanh, "Softplus": softplus,
    "Softsign": softsign, "Identity": identity, "Reciprocal": unary.reciprocal,
    "Equal": comparison.equal, "Less": comparison.less, "LessOrEqual": comparison.less_equal,
    "Greater": comparison.greater, "GreaterOrEqual": comparison.greater_equal,
    "And": logic.logical_and, "Or": logic.logical_or, "Not": logic.logical_not,
    "Xor": logic.logical_xor, "Add": arithmetic.add, "Sub": arithmetic.subtract,
    "Mul": arithmetic.multiply, "IsNaN": logic.is_nan, "IsInf": logic.is_inf}


def _same(function):
    return lambda node: function(*node.inputs)


for _type, _function in SAME.items():
    builds(_type)(_same(_function))


def number(value, like):
    """A number in the dtype of a tensor."""
    return constant(np.asarray(value, strong(like._dtype)))


@builds("Div")
def div(node):
    a, b = node.inputs
    whole = strong(a._dtype).kind in "iu"
    return divide.truncatediv(a, b) if whole else arithmetic.divide(a, b)


@builds("Mod")
def mod(node):
    return (divide.truncatemod if node.attr("fmod", 0) else divide.floormod)(*node.inputs)


@builds("Pow")
def power(node):
    a, b = node.inputs
    return arithmetic.pow(a, b if b._dtype == a._dtype else cast(b, a._dtype))


@builds("Max", "Min")
def extreme(node):
    function = arithmetic.maximum if node.type == "Max" else arithmetic.minimum
    found = node.inputs[0]
    for x in node.inputs[1:]:
        found = function(found, x)
    return found


@builds("Sum")
def total(node):
    found = node.inputs[0]
    for x in node.inputs[1:]:
        found = found + x
    return found


@builds("Mean")
def mean(node):
    return total(node) / number(len(node.inputs), node.inputs[0])


@builds("Cast")
def cast_node(node):
    to = node.attr("to")
    if to not in TYPES:
        raise node.wrong(f"there is no element type {to}")
    return cast(node.inputs[0], TYPES[to])


@builds("CastLike")
def cast_like(node):
    return cast(node.inputs[0], node.inputs[1]._dtype)


@builds("Clip")
def clip(node):
    x = node.inputs[0]
    low = node.inputs[1] if node.has(1) else node.attrs.get("min")
    high = node.inputs[2] if node.has(2) else node.attrs.get("max")
    if low is not None:
        x = arithmetic.maximum(x, low if hasattr(low, "op") else number(low, x))
    if high is not None:
        x = arithmetic.minimum(x, high if hasattr(high, "op") else number(high, x))
    return x


@builds("LeakyRelu")
def leaky(node):
    return leaky_relu(node.inputs[0], alpha=node.attr("alpha", 0.01))


@builds("PRelu")
def prelu(node):
    x, slope = node.inputs
    return where_v2(comparison.less(x, number(0, x)), x * slope, x)


@builds("Elu")
def elu_node(node):
    x, alpha = node.inputs[0], node.attr("alpha", 1.0)
    if alpha == 1.0:
        return elu(x)
    return where_v2(comparison.less(x, number(0, x)), unary.expm1(x) * number(alpha, x), x)


@builds("Selu")
def selu_node(node):
    x = node.inputs[0]
    alpha, gamma = node.attr("alpha", 1.67326319), node.attr("gamma", 1.05070102)
    if abs(alpha - 1.67326324) < 1e-6 and abs(gamma - 1.05070098) < 1e-6:
        return selu(x)
    below = unary.expm1(x) * number(alpha, x)
    return number(gamma, x) * where_v2(comparison.less(x, number(0, x)), below, x)


@builds("HardSigmoid")
def hard_sigmoid(node):
    x = node.inputs[0]
    line = x * number(node.attr("alpha", 0.2), x) + number(node.attr("beta", 0.5), x)
    return arithmetic.minimum(arithmetic.maximum(line, number(0, x)), number(1, x))


@builds("HardSwish")
def hard_swish(node):
    x = node.inputs[0]
    line = x * number(1 / 6, x) + number(0.5, x)
    return x * arithmetic.minimum(arithmetic.maximum(line, number(0, x)), number(1, x))


@builds("Gelu")
def gelu(node):
    x = node.inputs[0]
    if node.attr("approximate", "none") == "tanh":
        inner = number(np.sqrt(2 / np.pi), x) * (x + number(0.044715, x) * x * x * x)
        return number(0.5, x) * x * (number(1, x) + unary.tanh(inner))
    return number(0.5, x) * x * (number(1, x) + special.erf(x * number(np.sqrt(0.5), x)))


@builds("ThresholdedRelu")
def thresholded(node):
    x = node.inputs[0]
    return where_v2(comparison.greater(x, number(node.attr("alpha", 1.0), x)), x, number(0, x))


@builds("Softmax", "LogSoftmax")
def softmax_node(node):
    function = softmax if node.type == "Softmax" else log_softmax
    x, axis = node.inputs[0], node.attr("axis", -1 if node.opset >= 13 else 1)
    if node.opset >= 13 or x._shape is not None and axis in (-1, len(x._shape) - 1):
        return function(x, axis)
    sizes = shape(x)                        # older ones take all dimensions from the axis on
    rows = reshape(x, [-1, reduce.reduce_prod(sizes[axis:])])
    return reshape(function(rows), sizes)


@builds("Dropout")
def dropout(node):
    x = node.inputs[0]
    training = node.value(2)
    if training is not None and bool(training):
        raise node.wrong("it drops in training, and models are run without")
    return [identity(x), comparison.equal(x, x)]


# ---- reductions -------------------------------------------------------------------------

REDUCTIONS = {
    "ReduceSum": reduce.reduce_sum, "ReduceMean": reduce.reduce_mean,
    "ReduceMax": reduce.reduce_max, "ReduceMin": reduce.reduce_min,
    "ReduceProd": reduce.reduce_prod}


def _reduced(function, node, x):
    axes = node.axes(1)
    keep = bool(node.attr("keepdims", 1))
    if axes == [] or axes is None and node.attr("noop_with_empty_axes", 0):
        return identity(x)
    return function(x, axes, keep)


@builds(*REDUCTIONS)
def reduction(node):
    return _reduced(REDUCTIONS[node.type], node, node.inputs[0])


@builds("ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp")
def norm(node):
    x = node.inputs[0]
    if node.type == "ReduceL1":
        return _reduced(reduce.reduce_sum, node, unary.abs(x))
    if node.type == "ReduceLogSumExp":
        return _reduced(reduce_logsumexp, node, x)
    squares = _reduced(reduce.reduce_sum, node, x if node.type == "ReduceLogSum" else x * x)
    return {"ReduceL2": unary.sqrt, "ReduceSumSquare": identity,
            "ReduceLogSum": arithmetic.log}[node.type](squares)


@builds("ArgMax", "ArgMin")
def arg(node):
    axis = node.attr("axis", 0)
    if node.attr("select_last_index", 0):
        raise node.wrong("it wants the last of equal ones")
    found = (argmax if node.type == "ArgMax" else argmin)(node.inputs[0], axis)
    return expand_dims(found, axis) if node.attr("keepdims", 1) else found


@builds("CumSum")
def cumulated(node):
    return cumsum(node.inputs[0], int(node.value(1)), bool(node.attr("exclusive", 0)),
                  bool(node.attr("reverse", 0)))


@builds("TopK")
def top(node):
    x, k = node.inputs
    axis = node.attr("axis", -1)
    if not node.attr("largest", 1) or x._shape is None or axis not in (-1, len(x._shape) - 1):
        raise node.wrong("only the largest along the last dimension are there")
    values, places = top_k(x, squeeze(cast(k, np.int32)), bool(node.attr("sorted", 1)))
    return [values, cast(places, np.int64)]


# ---- products ---------------------------------------------------------------------------

@builds("MatMul")
def product(node):
    return matmul(*node.inputs)


@builds("Gemm")
def gemm(node):
    a, b = node.inputs[:2]
    y = matmul(a, b, transpose_a=bool(node.attr("transA", 0)),
               transpose_b=bool(node.attr("transB", 0)))
    if node.attr("alpha", 1.0) != 1.0:
        y = y * number(node.attr("alpha"), y)
    if node.has(2):
        c, beta = node.inputs[2], node.attr("beta", 1.0)
        y = y + (c if beta == 1.0 else c * number(beta, c))
    return y

