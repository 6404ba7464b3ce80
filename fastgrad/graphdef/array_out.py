"""Writers of constants, shapes, and what moves elements."""

import numpy as np

from fastgrad.graph.dtypes import INT32, TEXT, strong
from fastgrad.graph.opdef import node_type
from fastgrad.graphdef.math_out import dtype_in, dtype_out
from fastgrad.graphdef.registry import UnsupportedNodeError, known_value
from fastgrad.graphdef.writer import NotWritableError, Shape, Type, number_of, writes
from fastgrad.wording import where


def type_of(dtype):
    return Type(number_of(dtype))


@writes("constant")
def constant(w, op):
    array = op.attrs["value"]
    if array.dtype != TEXT:
        array = np.asarray(array, dtype_out(op))
    w.last("Const", (), dtype=type_of(op.outputs[0]._dtype), value=array)


@writes("placeholder")
def placeholder(w, op):
    out = op.outputs[0]
    if out._dtype is None:
        raise NotWritableError(f"{where(op)} has no dtype; TensorFlow's placeholders have one.")
    w.last("Placeholder", (), dtype=type_of(out._dtype), shape=_shape(out._shape))


def _shape(shape):
    return None if shape is None else Shape(shape)


@writes("identity_n")
def identity_n(w, op):
    if op.outputs:
        w.last("IdentityN", [w.ref(t) for t in op._inputs],
               T=[type_of(t._dtype) for t in op._inputs])
    else:
        w.last("NoOp")


@writes("shape", "size")
def shape(w, op):
    w.last(node_type(op), w.operands(op), T=type_of(op._inputs[0]._dtype),
           out_type=dtype_out(op))


@writes("rank")
def rank(w, op):
    w.last("Rank", w.operands(op), T=type_of(op._inputs[0]._dtype))


@writes("zeros_like")
def zeros_like(w, op):
    w.last("ZerosLike", [w.cast(w.ref(op._inputs[0]), op._inputs[0]._dtype, dtype_out(op))],
           T=dtype_out(op))


@writes("loss_seed")
def loss_seed(w, op):
    w.last("OnesLike", w.operands(op), T=dtype_out(op))


@writes("reshape")
def reshape(w, op):
    w.last("Reshape", w.operands(op), T=type_of(op.outputs[0]._dtype), Tshape=dtype_in(op, 1))


def shape_ref(w, tensor):
    """The node of a tensor's shape."""
    return w.node("Shape", [w.ref(tensor)], T=type_of(tensor._dtype), out_type=INT32)


@writes("reshape_like")
def reshape_like(w, op):
    x, like = op._inputs
    w.last("Reshape", [w.ref(x), shape_ref(w, like)], T=dtype_out(op), Tshape=INT32)


@writes("broadcast_like")
def broadcast_like(w, op):
    x, like = op._inputs
    w.last("BroadcastTo", [w.ref(x), shape_ref(w, like)], T=dtype_out(op), Tidx=INT32)


@writes("sum_to")
def sum_to(w, op):
    """What broadcasting repeated is summed."""
    x, like = op._inputs
    want = shape_ref(w, like)
    axes = w.node("BroadcastGradientArgs", [shape_ref(w, x), want], T=INT32)
    total = w.node("Sum", [w.operands(op)[0], f"{axes}:1"], T=dtype_out(op), Tidx=INT32,
                   keep_dims=False)
    w.last("Reshape", [total, want], T=dtype_out(op), Tshape=INT32)


@writes("unreduce")
def unreduce(w, op):
    """A reduction's gradient: repeated along the axes that are gone."""
    dy, like = op._inputs
    rank = None if like._shape is None else len(like._shape)
    if rank is None:
        raise NotWritableError(f"{where(op)}: the rank of the reduced tensor is not known.")
    axis = op.attrs["axis"]
    axes = [a % rank for a in (range(rank) if axis is None else np.ravel(axis).tolist())]
    kind, ref = dtype_out(op), w.cast(w.ref(dy), dy._dtype, dtype_out(op))
    whole = shape_ref(w, like)
    kept = w.node("Mul", [whole, w.const([0 if i in axes else 1 for i in range(rank)],
                                         "kept", np.int32)], T=INT32)
    kept = w.node("Add", [kept, w.const([int(i in axes) for i in range(rank)], "ones",
                                        np.int32)], T=INT32)
    ref = w.node("Reshape", [ref, kept], T=kind, Tshape=INT32)
    if op.attrs["mean"]:
        counted = w.node("GatherV2", [whole, w.const(axes, "axes", np.int32),
                                      w.const(0, "axis", np.int32)], Tparams=INT32,
                         Tindices=INT32, Taxis=INT32)
        count = w.node("Prod", [counted, w.const([0], "first", np.int32)], T=INT32, Tidx=INT32,
                       keep_dims=False)
        ref = w.node("RealDiv", [ref, w.cast(count, INT32, kind)], T=kind)
    w.last("BroadcastTo", [ref, whole], T=kind, Tidx=INT32)


@writes("expand_dims")
def expand_dims(w, op):
    w.last("ExpandDims", [*w.operands(op), w.const(op.attrs["axis"], "dim", np.int32)],
           T=type_of(op.outputs[0]._dtype), Tdim=INT32)


@writes("squeeze")
def squeeze(w, op):
    axis = op.attrs["axis"]
    w.last("Squeeze", w.operands(op), T=type_of(op.outputs[0]._dtype),
           squeeze_dims=[] if axis is None else np.ravel(axis).tolist())


@writes("transpose", "matrix_transpose")
def transpose(w, op):
    known = op._inputs[0]._shape
    rank = None if known is None else len(known)
    perm = op.attrs.get("perm")
    if perm is None:
        if rank is None:
            raise NotWritableError(f"{where(op)}: the rank of what is transposed is not known.")
        perm = list(range(rank))[::-1] if op.op_type == "transpose" else [
            *range(rank - 2), rank - 1, rank - 2]
    w.last("Transpose", [*w.operands(op), w.const(np.ravel(perm), "perm", np.int32)],
           T=type_of(op.outputs[0]._dtype), Tperm=INT32)


@writes("transpose_by", "broadcast_to", "tile", "broadcast_gradient_args")
def by_value(w, op):
    second = {"transpose_by": "Tperm", "broadcast_to": "Tidx", "tile": "Tmultiples"}.get(
        op.op_type)
    more = {} if second is None else {second: dtype_in(op, 1)}
    w.last(node_type(op), w.operands(op), T=type_of(op.outputs[0]._dtype), **more)


@writes("concat")
def concat(w, op):
    if len(op._inputs) == 1:
        return w.last("Identity", w.operands(op), T=type_of(op.outputs[0]._dtype))
    w.last("ConcatV2", [*w.operands(op), w.const(op.attrs["axis"], "axis", np.int32)],
           N=len(op._inputs), T=type_of(op.outputs[0]._dtype), Tidx=INT32)


@writes("pack")
def pack(w, op):
    w.last("Pack", w.operands(op), N=len(op._inputs), T=type_of(op.outputs[0]._dtype),
           axis=op.attrs["axis"])


@writes("unpack")
def unpack(w, op):
    w.last("Unpack", w.operands(op), num=len(op.outputs), T=type_of(op._inputs[0]._dtype),
           axis=op.attrs["axis"])


@writes("split")
def split(w, op):
    w.last("Split", [w.const(op.attrs["axis"], "split_dim", np.int32), *w.operands(op)],
           num_split=len(op.outputs), T=type_of(op._inputs[0]._dtype))


@writes("concat_piece")
def concat_piece(w, op):
    """One part of a joined tensor: what lies behind the parts before."""
    dy, *parts = op._inputs
    kind, axis = dtype_out(op), w.const(op.attrs["axis"], "concat_dim", np.int32)
    sizes = [shape_ref(w, t) for t in parts]
    begin = w.node("ConcatOffset", [axis, *sizes], N=len(parts))
    index = op.attrs["index"]
    w.last("Slice", [w.ref(dy), f"{begin}:{index}" if index else begin, sizes[index]], T=kind,
           Index=INT32)


@writes("strided_slice")
def strided_slice(w, op):
    x, bounds = op._inputs
    _slice(w, "StridedSlice", [w.ref(x)], bounds, op, x._shape)


@writes("strided_slice_grad")
def strided_slice_grad(w, op):
    dy, x, bounds = op._inputs
    _slice(w, "StridedSliceGrad", [shape_ref(w, x)], bounds, op, x._shape, [w.ref(dy)])


def _slice(w, kind, before, bounds, op, shape, behind=()):
    spec = op.attrs["spec"]
    masks = dict.fromkeys(("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask",
                           "shrink_axis_mask"), 0)
    rows, at = ([], [], []), 0          # places in `bounds`, or a number with a sign before it
    for i, part in enumerate(spec):
        if part in ("n", "..."):
            masks["new_axis_mask" if part == "n" else "ellipsis_mask"] |= 1 << i
            places = None, None, None
        elif part == "i":
            masks["shrink_axis_mask"] |= 1 << i
            places, at = (at, at, None), at + 1
        else:
            masks["begin_mask"] |= ("b" in part) << i
            masks["end_mask"] |= ("e" in part) << i
            places, at = (at, at + 1, at + 2), at + 3
        for row, place in zip(rows, places):
            row.append(place)
    numbers = _numbers(w, op, bounds, rows, spec)
    index = INT32 if numbers[0] else dtype_in(op, len(op._inputs) - 1)
    w.last(kind, [*before, *numbers[1], *behind], T=type_of(op.outputs[0]._dtype), Index=index,
           **masks)


def _numbers(w, op, bounds, rows, spec):
    """(whether they are known, the begins, ends and steps of a slice as inputs)"""
    names = ("stack", "stack_1", "stack_2")
    try:
        known = np.ravel(known_value(bounds, "bounds"))
    except UnsupportedNodeError:
        known = None
    refs = []
    for j, (name, row) in enumerate(zip(names, rows)):
        rest = 1 if j else 0
        if known is not None:
            values = [_number(known, place, j, spec[i], rest) for i, place in enumerate(row)]
            refs.append(w.const(values, name, np.int32))
            continue
        kind = dtype_in(op, len(op._inputs) - 1)
        parts = []
        for i, place in enumerate(row):
            if place is None:
                parts.append(w.const(rest, name, kind))
                continue
            one = w.node("GatherV2", [w.ref(bounds), w.const(place, "place", np.int32),
                                      w.const(0, "axis", np.int32)], Tparams=kind,
                         Tindices=INT32, Taxis=INT32)
            if j == 1 and spec[i] == "i":
                one = w.node("Add", [one, w.const(1, "one", kind)], T=kind)
            parts.append(one)
        refs.append(w.node("Pack", parts, N=len(parts), T=kind, axis=0))
    return known is not None, refs


def _number(known, place, j, part, rest):
    if place is None:
        return rest
    if j == 1 and part == "i":          # the end of one place; that of -1 is the end of all
        return int(known[place]) + 1
    return int(known[place])


@writes("slice")
def slice_(w, op):
    w.last("Slice", w.operands(op), T=type_of(op.outputs[0]._dtype), Index=dtype_in(op, 1))


@writes("pad")
def pad(w, op):
    x, paddings = w.operands(op)
    kind, value = dtype_out(op), op.attrs["value"]
    if value:
        return w.last("PadV2", [x, paddings, w.const(value, "constant_values", kind)], T=kind,
                      Tpaddings=dtype_in(op, 1))
    w.last("Pad", [x, paddings], T=kind, Tpaddings=dtype_in(op, 1))


@writes("mirror_pad")
def mirror_pad(w, op):
    w.last("MirrorPad", w.operands(op), T=dtype_out(op), Tpaddings=dtype_in(op, 1),
           mode=op.attrs["mode"].upper())


@writes("gather")
def gather(w, op):
    w.last("GatherV2", [*w.operands(op), w.const(op.attrs["axis"], "axis", np.int32)],
           Tparams=type_of(op._inputs[0]._dtype), Tindices=dtype_in(op, 1), Taxis=INT32)


@writes("gather_grad")
def gather_grad(w, op):
    """Rows added up at their places."""
    dy, like, indices = op._inputs
    if op.attrs["axis"] != 0:
        raise NotWritableError(f"{where(op)}: only the gradient of rows is written.")
    kind, index = dtype_out(op), dtype_in(op, 2)
    whole = shape_ref(w, like)
    count = w.node("StridedSlice", [whole, w.const([0], "from", np.int32),
                                    w.const([1], "to", np.int32), w.const([1], "by", np.int32)],
                   T=INT32, Index=INT32, shrink_axis_mask=1)
    flat = w.node("Reshape", [w.ref(indices), w.const([-1], "flat", np.int32)], T=index,
                  Tshape=INT32)
    rest = w.node("StridedSlice", [whole, w.const([1], "from", np.int32),
                                   w.const([0], "to", np.int32), w.const([1], "by", np.int32)],
                  T=INT32, Index=INT32, end_mask=1)
    rows = w.node("ConcatV2", [w.const([-1], "rows", np.int32), rest,
                               w.const(0, "axis", np.int32)], N=2, T=INT32, Tidx=INT32)
    rows = w.node("Reshape", [w.ref(dy), rows], T=kind, Tshape=INT32)
    w.last("UnsortedSegmentSum", [rows, flat, count], T=kind, Tindices=index, Tnumsegments=INT32)


@writes("gather_nd")
def gather_nd(w, op):
    w.last("GatherNd", w.operands(op), Tparams=type_of(op._inputs[0]._dtype),
           Tindices=dtype_in(op, 1))


@writes("scatter_nd")
def scatter_nd(w, op):
    w.last("ScatterNd", w.operands(op), T=dtype_out(op), Tindices=dtype_in(op))


@writes("one_hot")
def one_hot(w, op):
    w.last("OneHot", w.operands(op), T=dtype_out(op), TI=dtype_in(op), axis=op.attrs["axis"])


@writes("select", "where")
def select(w, op):
    condition, x, y = w.operands(op)
    alike = len({t._shape for t in op._inputs}) == 1 and op._inputs[0]._shape is not None
    kind = "Select" if alike or op.op_type == "select" else "SelectV2"
    w.last(kind, [condition, x, y], T=type_of(op.outputs[0]._dtype))


@writes("choose")
def choose(w, op):
    w.last("SelectV2", w.operands(op), T=type_of(op.outputs[0]._dtype))


@writes("filled")
def filled(w, op):
    kind = strong(op.outputs[0]._dtype)
    number = b"" if kind == TEXT else np.asarray(op.attrs["number"], kind)
    w.last("Fill", [w.const(np.asarray(op.attrs["shape"], np.int32), "shape"),
                    w.const(number, "value")], T=type_of(kind), index_type=INT32)


@writes("filled_as")
def filled_as(w, op):
    kind = strong(op.outputs[0]._dtype)
    number = b"" if kind == TEXT else np.asarray(op.attrs["number"], kind)
    w.last("Fill", [w.ref(op._inputs[0]), w.const(number, "value")], T=type_of(kind),
           index_type=dtype_in(op))


@writes("range")
def range_(w, op):
    w.last("Range", w.operands(op), Tidx=dtype_out(op))


@writes("linspace")
def linspace(w, op):
    w.last("LinSpace", w.operands(op), T=dtype_out(op), Tidx=dtype_in(op, 2))


@writes("reverse")
def reverse(w, op):
    axes = w.const(np.ravel(op.attrs["axis"]), "axis", np.int32)
    w.last("ReverseV2", [*w.operands(op), axes], T=type_of(op.outputs[0]._dtype), Tidx=INT32)


@writes("reverse_sequence")
def reverse_sequence(w, op):
    w.last("ReverseSequence", w.operands(op), T=type_of(op.outputs[0]._dtype),
           Tlen=dtype_in(op, 1), seq_dim=op.attrs["seq_axis"], batch_dim=op.attrs["batch_axis"])


@writes("top_k")
def top_k(w, op):
    w.last("TopKV2", w.operands(op), T=dtype_out(op), sorted=bool(op.attrs["sorted"]))


@writes("in_top_k")
def in_top_k(w, op):
    w.last("InTopKV2", w.operands(op), T=dtype_in(op, 1))


@writes("unique", "unique_with_counts", "setdiff1d")
def unique(w, op):
    w.last(node_type(op), w.operands(op), T=type_of(op._inputs[0]._dtype),
           out_idx=dtype_out(op, 1))


@writes("where_indices")
def where_indices(w, op):
    w.last("Where", w.operands(op), T=dtype_in(op))


@writes("dynamic_partition")
def dynamic_partition(w, op):
    w.last("DynamicPartition", w.operands(op), T=type_of(op._inputs[0]._dtype),
           num_partitions=len(op.outputs))


@writes("dynamic_stitch")
def dynamic_stitch(w, op):
    w.last("DynamicStitch", w.operands(op), N=len(op._inputs) // 2,
           T=type_of(op.outputs[0]._dtype))


@writes("invert_permutation")
def invert_permutation(w, op):
    w.last("InvertPermutation", w.operands(op), T=dtype_out(op))


@writes("ensure_shape")
def ensure_shape(w, op):
    w.last("EnsureShape", w.operands(op), T=type_of(op.outputs[0]._dtype),
           shape=_shape(op.attrs["shape"]))


@writes("string_join")
def string_join(w, op):
    w.last("StringJoin", w.operands(op), N=len(op._inputs), separator=op.attrs["separator"])
