"""Writers of arithmetic, comparisons, reductions, products, softmax."""

import numpy as np

from fastgrad.graph.dtypes import strong
from fastgrad.graph.shapes import normal_axes
from fastgrad.onnx.package import UnsupportedOnnxError
from fastgrad.onnx.tables import writes
from fastgrad.wording import where

SAME = {
    "abs": "Abs", "negative": "Neg", "exp": "Exp", "log": "Log", "sqrt": "Sqrt", "floor": "Floor",
    "ceil": "Ceil", "round": "Round", "rint": "Round", "sign": "Sign", "tanh": "Tanh",
    "sigmoid": "Sigmoid", "relu": "Relu", "erf": "Erf", "sin": "Sin", "cos": "Cos", "tan": "Tan",
    "asin": "Asin", "acos": "Acos", "atan": "Atan", "sinh": "Sinh", "cosh": "Cosh",
    "asinh": "Asinh", "acosh": "Acosh", "atanh": "Atanh", "softplus": "Softplus",
    "softsign": "Softsign", "elu": "Elu", "selu": "Selu", "identity": "Identity",
    "stop_gradient": "Identity", "reciprocal": "Reciprocal", "add": "Add", "subtract": "Sub",
    "multiply": "Mul", "pow": "Pow", "maximum": "Max", "minimum": "Min", "equal": "Equal",
    "less": "Less", "less_equal": "LessOrEqual", "greater": "Greater",
    "greater_equal": "GreaterOrEqual", "logical_and": "And", "logical_or": "Or",
    "logical_not": "Not", "logical_xor": "Xor", "add_n": "Sum", "is_nan": "IsNaN",
    "is_inf": "IsInf", "matrix_determinant": "Det", "snapshot": "Identity"}


def kind(op):
    return strong(op.outputs[0]._dtype)


def _same(node_type):
    return lambda w, op: w.node(node_type, w.inputs(op))


for _op, _node in SAME.items():
    writes(_op)(_same(_node))


@writes("divide", "realdiv", "div")
def divide(w, op):
    if kind(op).kind != "f":
        return floordiv(w, op)
    return w.node("Div", w.inputs(op))


@writes("floordiv")
def floordiv(w, op):
    a, b = w.inputs(op)
    if kind(op).kind == "f":
        return w.node("Floor", [w.node("Div", [a, b])])
    rest = w.node("Mod", [a, b], fmod=0)            # of the divisor's sign
    return w.node("Div", [w.node("Sub", [a, rest]), b])


@writes("floormod")
def floormod(w, op):
    a, b = w.inputs(op)
    if kind(op).kind != "f":
        return w.node("Mod", [a, b], fmod=0)
    times = w.node("Floor", [w.node("Div", [a, b])])
    return w.node("Sub", [a, w.node("Mul", [times, b])])


@writes("truncatediv", "truncatemod")
def truncated(w, op):
    if kind(op).kind == "f":
        raise UnsupportedOnnxError(f"{where(op)}: only whole numbers are written.", op)
    a, b = w.inputs(op)
    if op.op_type == "truncatediv":
        return w.node("Div", [a, b])
    return w.node("Sub", [a, w.node("Mul", [w.node("Div", [a, b]), b])])


@writes("not_equal")
def not_equal(w, op):
    return w.node("Not", [w.node("Equal", w.inputs(op))])


@writes("square")
def square(w, op):
    x, = w.inputs(op)
    return w.node("Mul", [x, x])


@writes("squared_difference")
def squared_difference(w, op):
    away = w.node("Sub", w.inputs(op))
    return w.node("Mul", [away, away])


@writes("rsqrt")
def rsqrt(w, op):
    return w.node("Reciprocal", [w.node("Sqrt", w.inputs(op))])


@writes("log1p")
def log1p(w, op):
    return w.node("Log", [w.node("Add", [*w.inputs(op), w.const(np.ones((), kind(op)))])])


@writes("expm1")
def expm1(w, op):
    return w.node("Sub", [w.node("Exp", w.inputs(op)), w.const(np.ones((), kind(op)))])


@writes("relu6")
def relu6(w, op):
    return w.node("Clip", [*w.inputs(op), w.const(np.zeros((), kind(op))),
                           w.const(np.array(6, kind(op)))])


@writes("leaky_relu")
def leaky_relu(w, op):
    return w.node("LeakyRelu", w.inputs(op), alpha=float(op.attrs["alpha"]))


@writes("log_sigmoid")
def log_sigmoid(w, op):
    return w.node("Neg", [w.node("Softplus", [w.node("Neg", w.inputs(op))])])


@writes("div_no_nan")
def div_no_nan(w, op):
    a, b = w.inputs(op)
    zero, one = (w.const(np.array(n, kind(op))) for n in (0, 1))
    empty = w.node("Equal", [b, zero])
    safe = w.node("Div", [a, w.node("Where", [empty, one, b])])
    return w.node("Where", [empty, zero, safe])


@writes("cast", "cast_like")
def cast(w, op):
    return w.cast(w.ref(op._inputs[0]), kind(op))


@writes("where", "choose")
def where_(w, op):
    return w.node("Where", w.inputs(op))


@writes("select")
def select(w, op):
    condition, x, y = w.inputs(op)
    shapes = [t._shape for t in op._inputs]
    if shapes[0] is None or len(shapes[0]) == 1 and shapes[1] is None:
        raise UnsupportedOnnxError(f"{where(op)}: the ranks of its operands are not known.", op)
    if len(shapes[0]) == 1 and len(shapes[1]) > 1:
        condition = w.node("Unsqueeze", [condition, w.ints(range(1, len(shapes[1])))])
    return w.node("Where", [condition, x, y])


# ---- reductions -------------------------------------------------------------------------

REDUCTIONS = {"reduce_sum": "ReduceSum", "reduce_mean": "ReduceMean", "reduce_max": "ReduceMax",
              "reduce_min": "ReduceMin", "reduce_prod": "ReduceProd", "reduce_all": "ReduceMin",
              "reduce_any": "ReduceMax"}


@writes(*REDUCTIONS)
def reduction(w, op):
    x, = w.inputs(op)
    logical = op.op_type in ("reduce_all", "reduce_any")
    if logical:
        x = w.cast(x, np.int32)
    axis, shape = op.attrs["axis"], op._inputs[0]._shape
    if axis is not None:
        axes = np.ravel(axis).tolist()
        if shape is not None:
            axes = list(normal_axes(axes, len(shape)))
        if not axes:
            return w.node("Identity", [w.ref(op._inputs[0])])
    given = {"keepdims": int(op.attrs["keepdims"])}
    inputs = [x]
    if axis is not None and op.op_type == "reduce_sum":
        inputs.append(w.ints(axes))
    elif axis is not None:
        given["axes"] = axes
    y = w.node(REDUCTIONS[op.op_type], inputs, **given)
    return w.cast(y, np.bool_) if logical else y


@writes("argmax", "argmin")
def arg(w, op):
    y = w.node("ArgMax" if op.op_type == "argmax" else "ArgMin", w.inputs(op),
               axis=int(op.attrs["axis"]), keepdims=0)
    return y if kind(op) == np.int64 else w.cast(y, kind(op))


@writes("cumsum")
def cumsum(w, op):
    return w.node("CumSum", [*w.inputs(op), w.ints(op.attrs["axis"])],
                  exclusive=int(op.attrs["exclusive"]), reverse=int(op.attrs["reverse"]))


@writes("top_k")
def top_k(w, op):
    x, k = w.inputs(op)
    k = w.node("Reshape", [w.cast(k, np.int64), w.ints([1])])
    values, places = w.node("TopK", [x, k], 2, axis=-1, largest=1,
                            sorted=1)
    return [values, w.cast(places, np.int32)]


# ---- products and softmax ---------------------------------------------------------------

@writes("matmul")
def matmul(w, op):
    refs = w.inputs(op)
    for i, flag in enumerate(("transpose_a", "transpose_b")):
        if op.attrs[flag]:
            shape = op._inputs[i]._shape
            if shape is None:
                raise UnsupportedOnnxError(f"{where(op)}: the rank of an operand is not known.", op)
            order = [*range(len(shape) - 2), len(shape) - 1, len(shape) - 2]
            refs[i] = w.node("Transpose", [refs[i]], perm=order)
    return w.node("MatMul", refs)


@writes("bias_add")
def bias_add(w, op):
    x, bias = w.inputs(op)
    if op.attrs["first"]:
        bias = w.node("Unsqueeze", [bias, w.ints(range(1, len(op._inputs[0]._shape) - 1))])
    return w.node("Add", [x, bias])


@writes("fused_inference")
def fused_inference(w, op):
    x, mean, slope, offset = w.inputs(op)
    return w.node("Add", [w.node("Mul", [w.node("Sub", [x, mean]), slope]), offset])


@writes("softmax", "log_softmax")
def softmax(w, op):
    return w.node("Softmax" if op.op_type == "softmax" else "LogSoftmax", w.inputs(op),
                  axis=int(op.attrs["axis"]))


@writes("sigmoid_xent")
def sigmoid_cross_entropy(w, op):
    z, c = w.inputs(op)
    soft = w.node("Softplus", [w.node("Neg", [w.node("Abs", [z])])])
    linear = w.node("Sub", [w.node("Relu", [z]), w.node("Mul", [z, c])])
    return w.node("Add", [linear, soft])
