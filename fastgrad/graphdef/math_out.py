"""Writers of arithmetic, comparisons, reductions and products."""

import numpy as np

from fastgrad.graph.dtypes import INT32, strong
from fastgrad.graph.opdef import computing_dtype, node_type
from fastgrad.graph.shapes import normal_axes
from fastgrad.graphdef.writer import NotWritableError, Shape, writes
from fastgrad.wording import where


def dtype_out(op, index=0):
    return strong(op.outputs[index]._dtype)


def dtype_in(op, index=0):
    return strong(op._inputs[index]._dtype)


@writes("abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "bitwise_and",
        "bitwise_or", "bitwise_xor", "ceil", "cos", "cosh", "digamma", "div", "div_no_nan",
        "divide", "elu", "erf", "erfc", "exp", "expm1", "floor", "floordiv", "floormod", "invert",
        "left_shift", "lgamma", "log", "log1p", "maximum", "minimum", "multiply", "negative",
        "polygamma", "pow", "realdiv", "reciprocal", "relu", "relu6", "right_shift", "rint",
        "round", "rsqrt", "selu", "sigmoid", "sign", "sin", "sinh", "softplus", "softsign", "sqrt",
        "square", "squared_difference", "subtract", "tan", "tanh", "truncatediv", "truncatemod",
        "xdivy", "xlogy", "add", "identity", "stop_gradient", "ones_like", "matrix_determinant",
        "cholesky", "matrix_diag_part", "matrix_set_diag", "matrix_diag", "diag", "diag_part",
        "sqrt_grad", "rsqrt_grad", "tanh_grad", "sigmoid_grad", "reciprocal_grad", "snapshot")
def same(w, op):
    """One node of one dtype, `T`."""
    kind = node_type(op)
    if op.graph.node_types.get(op.id) == "PlaceholderWithDefault":
        return w.last("PlaceholderWithDefault", w.operands(op), dtype=dtype_out(op),
                      shape=_shape(op.outputs[0]))
    return w.last({"Snapshot": "Identity"}.get(kind, kind), w.operands(op), T=dtype_out(op))


def _shape(tensor):
    return None if tensor._shape is None else Shape(tensor._shape)


@writes("relu_grad", "relu6_grad", "elu_grad", "selu_grad", "softplus_grad", "softsign_grad")
def turned(w, op):
    """TensorFlow takes the gradient first."""
    w.last(node_type(op), reversed(w.operands(op)), T=dtype_out(op))


@writes("leaky_relu")
def leaky(w, op):
    w.last("LeakyRelu", w.operands(op), T=dtype_out(op), alpha=float(op.attrs["alpha"]))


@writes("leaky_relu_grad")
def leaky_grad(w, op):
    w.last("LeakyReluGrad", reversed(w.operands(op)), T=dtype_out(op),
           alpha=float(op.attrs["alpha"]))


@writes("less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "is_nan",
        "is_inf", "is_finite")
def compared(w, op):
    operands = w.operands(op)
    kind = computing_dtype(op.opdef, [t._dtype for t in op._inputs]) or dtype_in(op)
    w.last(node_type(op), operands, T=strong(kind))


@writes("logical_and", "logical_or", "logical_not")
def logical(w, op):
    w.last(node_type(op), w.operands(op))


@writes("logical_xor")
def exclusive(w, op):
    a, b = w.operands(op)
    some, both = w.node("LogicalOr", [a, b]), w.node("LogicalAnd", [a, b])
    w.last("LogicalAnd", [some, w.node("LogicalNot", [both])])


@writes("add_n")
def add_n(w, op):
    w.last("AddN", w.operands(op), N=len(op._inputs), T=dtype_out(op))


@writes("log_sigmoid")
def log_sigmoid(w, op):
    kind = dtype_out(op)
    below = w.node("Neg", w.operands(op), T=kind)
    w.last("Neg", [w.node("Softplus", [below], T=kind)], T=kind)


@writes("not_zero")
def not_zero(w, op):
    """1 where a divisor is 0, which the numerator makes no difference to."""
    w.last("Identity", w.operands(op), T=dtype_out(op))


@writes("reduce_sum", "reduce_mean", "reduce_max", "reduce_min", "reduce_prod", "reduce_all",
        "reduce_any", "whole_mean")
def reduction(w, op):
    rank = None if op._inputs[0]._shape is None else len(op._inputs[0]._shape)
    axis = op.attrs["axis"]
    x = w.operands(op)
    if axis is None and rank is None:
        axes = w.node("Range", [w.const(0, "start"), w.node("Rank", x, T=dtype_in(op)),
                                w.const(1, "delta")], Tidx=INT32)
    else:
        axes = w.const(normal_axes(axis, rank) if axis is None else np.ravel(axis),
                       "reduction_indices", np.int32)
    kind = {} if op.op_type in ("reduce_all", "reduce_any") else {"T": dtype_out(op)}
    w.last(node_type(op), [*x, axes], Tidx=INT32, keep_dims=bool(op.attrs["keepdims"]), **kind)


@writes("reduce_sum_over", "reduce_mean_over", "reduce_max_over", "reduce_min_over",
        "reduce_prod_over", "reduce_all_over", "reduce_any_over", "whole_mean_over")
def reduction_over(w, op):
    kind = {} if "_a" in op.op_type[6:] else {"T": dtype_out(op)}
    w.last(node_type(op), w.operands(op), Tidx=dtype_in(op, 1),
           keep_dims=bool(op.attrs["keepdims"]), **kind)


@writes("matmul")
def matmul(w, op):
    a, b = (t._shape for t in op._inputs)
    if a is None or b is None:
        raise NotWritableError(f"{where(op)}: the ranks of its operands are not known, so that it "
                               "is no node of TensorFlow's. Set their shapes.")
    product(w, op, w.operands(op), (len(a), len(b)), op.attrs["transpose_a"],
            op.attrs["transpose_b"])


def product(w, op, operands, ranks, ta, tb, name=True):
    """`a @ b` of two operands; vectors, which NumPy knows, become matrices."""
    kind = dtype_out(op)
    put = w.last if name else w.node
    if max(ranks) > 2:
        return put("BatchMatMulV2", operands, T=kind, adj_x=bool(ta), adj_y=bool(tb))
    gone = []
    for i, axis in ((0, 0), (1, 1)):
        if ranks[i] == 1:
            axis_ref = w.const(axis, "dim", np.int32)
            operands[i] = w.node("ExpandDims", [operands[i], axis_ref], T=kind, Tdim=INT32)
            gone.append(axis)
    turned = dict(transpose_a=bool(ta) and ranks[0] == 2, transpose_b=bool(tb) and ranks[1] == 2)
    if not gone:
        return put("MatMul", operands, T=kind, **turned)
    return put("Squeeze", [w.node("MatMul", operands, T=kind, **turned)], T=kind,
               squeeze_dims=gone)


@writes("matmul_grad_a", "matmul_grad_b")
def matmul_grad(w, op):
    """What a product passes back, for matrices."""
    dy, a, b = w.operands(op)
    if any(t._shape is None or len(t._shape) != 2 for t in op._inputs):
        raise NotWritableError(f"{where(op)}: gradients of products are written for matrices.")
    ta, tb = op.attrs["transpose_a"], op.attrs["transpose_b"]
    kind, first = dtype_out(op), op.op_type.endswith("a")
    if first:
        operands = [b, dy] if ta else [dy, b]
        turned = (tb, True) if ta else (False, not tb)
    else:
        operands = [dy, a] if tb else [a, dy]
        turned = (True, ta) if tb else (not ta, False)
    w.last("MatMul", operands, T=kind, transpose_a=bool(turned[0]), transpose_b=bool(turned[1]))


@writes("cast")
def cast(w, op):
    w.last("Cast", [w.ref(op._inputs[0])], SrcT=dtype_in(op), DstT=dtype_out(op), Truncate=False)


@writes("cast_like")
def cast_like(w, op):
    w.last("Cast", [w.ref(op._inputs[0])], SrcT=dtype_in(op), DstT=dtype_out(op), Truncate=False)


@writes("argmax", "argmin")
def arg(w, op):
    w.last(node_type(op), [*w.operands(op), w.const(op.attrs["axis"], "dimension", np.int32)],
           T=dtype_in(op), Tidx=INT32, output_type=dtype_out(op))


@writes("cumsum", "cumprod")
def cumulated(w, op):
    w.last(node_type(op), [*w.operands(op), w.const(op.attrs["axis"], "axis", np.int32)],
           T=dtype_out(op), Tidx=INT32, exclusive=bool(op.attrs["exclusive"]),
           reverse=bool(op.attrs["reverse"]))


@writes("matrix_inverse", "matrix_solve")
def solved(w, op):
    w.last(node_type(op), w.operands(op), T=dtype_out(op), adjoint=bool(op.attrs["adjoint"]))


@writes("matrix_triangular_solve")
def triangular(w, op):
    w.last(node_type(op), w.operands(op), T=dtype_out(op), lower=bool(op.attrs["lower"]),
           adjoint=bool(op.attrs["adjoint"]))


@writes("matrix_band_part")
def band(w, op):
    w.last("MatrixBandPart", w.operands(op), T=dtype_out(op), Tindex=dtype_in(op, 1))


@writes("segment_sum", "segment_max", "segment_min", "segment_prod")
def segments(w, op):
    w.last(node_type(op), w.operands(op), T=dtype_out(op), Tindices=dtype_in(op, 1))


@writes("unsorted_segment_sum", "unsorted_segment_max", "unsorted_segment_min",
        "unsorted_segment_prod")
def unsorted_segments(w, op):
    w.last(node_type(op), w.operands(op), T=dtype_out(op), Tindices=dtype_in(op, 1),
           Tnumsegments=dtype_in(op, 2))

