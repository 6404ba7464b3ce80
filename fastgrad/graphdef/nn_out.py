"""Writers of layers' operations: softmax, losses, convolutions, pools, random numbers."""

import numpy as np

from fastgrad.graph.dtypes import INT32
from fastgrad.graph.opdef import node_type
from fastgrad.graphdef.math_out import dtype_in, dtype_out
from fastgrad.graphdef.writer import NotWritableError, writes
from fastgrad.wording import where


@writes("softmax", "log_softmax")
def softmax(w, op):
    rank = None if op.outputs[0]._shape is None else len(op.outputs[0]._shape)
    if op.attrs["axis"] not in (-1, None if rank is None else rank - 1):
        raise NotWritableError(f"{where(op)}: TensorFlow's node is over the last dimension.")
    w.last(node_type(op), w.operands(op), T=dtype_out(op))


@writes("softmax_grad")
def softmax_grad(w, op):
    """`(dy - sum(dy y)) y`."""
    y, dy = w.operands(op)
    kind, axis = dtype_out(op), w.const(-1, "axis", np.int32)
    total = w.node("Sum", [w.node("Mul", [dy, y], T=kind), axis], T=kind, Tidx=INT32,
                   keep_dims=True)
    w.last("Mul", [w.node("Sub", [dy, total], T=kind), y], T=kind)


@writes("log_softmax_grad")
def log_softmax_grad(w, op):
    """`dy - sum(dy) exp(y)`."""
    y, dy = w.operands(op)
    kind, axis = dtype_out(op), w.const(-1, "axis", np.int32)
    total = w.node("Sum", [dy, axis], T=kind, Tidx=INT32, keep_dims=True)
    w.last("Sub", [dy, w.node("Mul", [total, w.node("Exp", [y], T=kind)], T=kind)], T=kind)


def _losses(w, op, kind, more):
    """A node of rows of logits, and their shape: (its name, the shape of the losses)."""
    logits, labels = w.operands(op)[:2]
    rank = None if op._inputs[0]._shape is None else len(op._inputs[0]._shape)
    if rank == 2:
        return w.node(kind, [logits, labels], T=dtype_in(op), **more), None
    whole = w.node("Shape", [logits], T=dtype_in(op), out_type=INT32)
    number = _cut(w, whole, -1, 0, shrink_axis_mask=1, end_mask=0)
    rows = w.node("Pack", [w.const(-1, "rows", np.int32), number], N=2, T=INT32, axis=0)
    flat = w.node("Reshape", [logits, rows], T=dtype_in(op), Tshape=INT32)
    wanted = rows if "Tlabels" not in more else w.const([-1], "rows", np.int32)
    other = w.node("Reshape", [labels, wanted], T=dtype_in(op, 1), Tshape=INT32)
    made = w.node(kind, [flat, other], T=dtype_in(op), **more)
    return made, whole


def _cut(w, vector, begin, end, **masks):
    return w.node("StridedSlice", [vector, w.const([begin], "begin", np.int32),
                                   w.const([end], "end", np.int32),
                                   w.const([1], "strides", np.int32)], T=INT32, Index=INT32,
                  **masks)


@writes("softmax_xent", "sparse_softmax_xent")
def cross_entropy(w, op):
    kind, more = _kind(op)
    made, whole = _losses(w, op, kind, more)
    if whole is None:
        return w.last("Identity", [made], T=dtype_out(op))
    dims = _cut(w, whole, 0, -1, begin_mask=1)
    w.last("Reshape", [made, dims], T=dtype_out(op), Tshape=INT32)


@writes("softmax_xent_grad", "sparse_softmax_xent_grad")
def cross_entropy_grad(w, op):
    kind, more = _kind(op)
    made, whole = _losses(w, op, kind, more)
    slope = f"{made}:1"
    if whole is not None:
        slope = w.node("Reshape", [slope, whole], T=dtype_out(op), Tshape=INT32)
    w.last("Mul", [slope, w.ref(op._inputs[2])], T=dtype_out(op))


def _kind(op):
    if op.op_type.startswith("sparse"):
        return "SparseSoftmaxCrossEntropyWithLogits", {"Tlabels": dtype_in(op, 1)}
    return "SoftmaxCrossEntropyWithLogits", {}


@writes("sigmoid_xent")
def sigmoid_cross_entropy(w, op):
    """`max(z, 0) - z c + log1p(exp(-abs(z)))`."""
    z, c = w.operands(op)
    kind = dtype_out(op)
    size = w.node("Neg", [w.node("Abs", [z], T=kind)], T=kind)
    soft = w.node("Log1p", [w.node("Exp", [size], T=kind)], T=kind)
    linear = w.node("Sub", [w.node("Relu", [z], T=kind), w.node("Mul", [z, c], T=kind)], T=kind)
    w.last("Add", [linear, soft], T=kind)


@writes("conv2d", "conv2d_backprop_input", "conv2d_backprop_filter", "depthwise_conv2d",
        "depthwise_conv2d_backprop_input", "depthwise_conv2d_backprop_filter", "conv3d",
        "conv3d_backprop_input", "conv3d_backprop_filter")
def convolution(w, op):
    attrs, padding = op.attrs, op.attrs["padding"]
    more = {"padding": padding}
    if not isinstance(padding, str):
        if not op.op_type.startswith("conv2d"):
            raise NotWritableError(f"{where(op)}: TensorFlow's node has no padding by numbers.")
        more = {"padding": "EXPLICIT", "explicit_paddings": [n for pair in padding for n in pair]}
    w.last(node_type(op), w.operands(op), T=dtype_out(op), strides=list(attrs["strides"]),
           dilations=list(attrs["dilations"]), data_format=attrs["data_format"], **more)


@writes("max_pool", "max_pool_grad", "max_pool_grad_grad", "avg_pool", "avg_pool_grad",
        "max_pool3d", "max_pool3d_grad", "avg_pool3d", "avg_pool3d_grad")
def pool(w, op):
    attrs = op.attrs
    if any(d != 1 for d in attrs["dilations"]):
        raise NotWritableError(f"{where(op)}: TensorFlow's node has no dilations.")
    w.last(node_type(op), w.operands(op), T=dtype_out(op), ksize=list(attrs["ksize"]),
           strides=list(attrs["strides"]), padding=attrs["padding"],
           data_format=attrs["data_format"])


# ---- random numbers ---------------------------------------------------------------------

def _seeds(op):
    first, second = op.attrs["seeds"] or (0, 0)
    return {"seed": int(first) % 2 ** 63, "seed2": int(second) % 2 ** 63}


@writes("standard_normal", "standard_uniform", "truncated_normal")
def drawn(w, op):
    w.last(node_type(op), w.operands(op), dtype=dtype_out(op), T=dtype_in(op), **_seeds(op))


@writes("random_integers")
def integers(w, op):
    shape, low, high = (w.ref(t) for t in op._inputs)
    low, high = (w.cast(r, t._dtype, dtype_out(op))
                 for r, t in zip((low, high), op._inputs[1:]))
    w.last("RandomUniformInt", [shape, low, high], Tout=dtype_out(op), T=dtype_in(op),
           **_seeds(op))


@writes("random_shuffle")
def shuffled(w, op):
    w.last("RandomShuffle", w.operands(op), T=dtype_out(op), **_seeds(op))


@writes("multinomial")
def multinomial(w, op):
    w.last("Multinomial", w.operands(op), T=dtype_in(op), output_dtype=dtype_out(op),
           **_seeds(op))


@writes("dropout_mask", "dropout_mask_as")
def dropout_mask(w, op):
    """`(uniform >= rate) / (1 - rate)`."""
    kind, rate = dtype_out(op), w.cast(w.ref(op._inputs[1]), op._inputs[1]._dtype, dtype_out(op))
    first = op._inputs[0]
    shape = w.ref(first) if op.op_type.endswith("as") else w.node(
        "Shape", [w.ref(first)], T=kind, out_type=INT32)
    drawn_ = w.node("RandomUniform", [shape], dtype=kind,
                    T=dtype_in(op) if op.op_type.endswith("as") else INT32, **_seeds(op))
    kept = w.node("GreaterEqual", [drawn_, rate], T=kind)
    kept = w.cast(kept, np.dtype(bool), kind)
    rest = w.node("Sub", [w.const(1, "one", kind), rate], T=kind)
    w.last("RealDiv", [kept, rest], T=kind)

