"""Writers of shapes, and of what moves elements."""

import numpy as np

from fastgrad.graph.dtypes import strong
from fastgrad.graphdef.registry import UnsupportedNodeError, known_value
from fastgrad.onnx.math_out import kind
from fastgrad.onnx.package import UnsupportedOnnxError
from fastgrad.onnx.tables import writes
from fastgrad.wording import where


def _known(op, index):
    try:
        return np.asarray(known_value(op._inputs[index], "an operand"))
    except UnsupportedNodeError:
        raise UnsupportedOnnxError(f"{where(op)}: its operand {index} is computed in the run, and "
                                   "ONNX's node needs it before.", op) from None


def whole(w, op, index):
    """An operand of sizes as int64."""
    t = op._inputs[index]
    return w.ref(t) if strong(t._dtype) == np.int64 else w.cast(w.ref(t), np.int64)


@writes("identity_n")
def identity_n(w, op):
    return [w.node("Identity", [w.ref(t)]) for t in op._inputs]


@writes("shape")
def shape(w, op):
    return w.cast(w.node("Shape", [w.ref(op._inputs[0])]), kind(op))


@writes("size")
def size(w, op):
    return w.cast(w.node("Size", [w.ref(op._inputs[0])]), kind(op))


@writes("rank")
def rank(w, op):
    return w.cast(w.node("Size", [w.node("Shape", [w.ref(op._inputs[0])])]), kind(op))


@writes("reshape")
def reshape(w, op):
    return w.node("Reshape", [w.inputs(op)[0], whole(w, op, 1)], allowzero=1)


@writes("reshape_like")
def reshape_like(w, op):
    x, like = (w.ref(t) for t in op._inputs)
    return w.node("Reshape", [x, w.node("Shape", [like])], allowzero=1)


@writes("expand_dims")
def expand_dims(w, op):
    return w.node("Unsqueeze", [*w.inputs(op), w.ints([op.attrs["axis"]])])


@writes("squeeze")
def squeeze(w, op):
    axis = op.attrs["axis"]
    axes = [] if axis is None else [w.ints(np.ravel(axis))]
    return w.node("Squeeze", [*w.inputs(op), *axes])


@writes("transpose", "matrix_transpose")
def transpose(w, op):
    known = op._inputs[0]._shape
    perm = op.attrs.get("perm")
    if perm is None and op.op_type == "matrix_transpose":
        if known is None:
            raise UnsupportedOnnxError(f"{where(op)}: the rank is not known.", op)
        perm = [*range(len(known) - 2), len(known) - 1, len(known) - 2]
    given = {} if perm is None else {"perm": np.ravel(perm).tolist()}
    return w.node("Transpose", w.inputs(op), **given)


@writes("concat")
def concat(w, op):
    return w.node("Concat", w.inputs(op), axis=int(op.attrs["axis"]))


@writes("pack")
def pack(w, op):
    axis = w.ints([op.attrs["axis"]])
    return w.node("Concat", [w.node("Unsqueeze", [x, axis]) for x in w.inputs(op)],
                  axis=int(op.attrs["axis"]))


def parts(w, op):
    """The names of equal parts; their sizes are stated, since two Splits of one tensor that differ
    in nothing else are taken for one by ONNX Runtime."""
    x, = w.inputs(op)
    axis, count, known = int(op.attrs["axis"]), len(op.outputs), op._inputs[0]._shape
    if known is not None and known[axis] is not None:
        sizes = w.ints([known[axis] // count] * count)
    else:
        whole_ = w.node("Gather", [w.node("Shape", [x]), w.ints([axis])])
        sizes = w.node("Expand", [w.node("Div", [whole_, w.ints(count)]), w.ints([count])])
    made = w.node("Split", [x, sizes], count, axis=axis)
    return [made] if isinstance(made, str) else made


@writes("unpack")
def unpack(w, op):
    axis = w.ints([op.attrs["axis"]])
    return [w.node("Squeeze", [p, axis]) for p in parts(w, op)]


@writes("split")
def split(w, op):
    return parts(w, op)


FAR = 2 ** 31 - 1


@writes("strided_slice")
def strided_slice(w, op):
    spec, bounds = op.attrs["spec"], iter(np.ravel(_known(op, 1)).tolist())
    rank = None if op._inputs[0]._shape is None else len(op._inputs[0]._shape)
    starts, ends, axes, steps, gone, new = [], [], [], [], [], []
    taken = sum(p not in ("n", "...") for p in spec)
    axis = out = 0
    for part in spec:
        if part == "...":
            if rank is None:
                raise UnsupportedOnnxError(f"{where(op)}: the rank is not known.", op)
            axis += rank - taken
            out += rank - taken
            continue
        if part == "n":
            new.append(out)
            out += 1
            continue
        if part == "i":
            at = next(bounds)
            start, end, step = at, at + 1 if at != -1 else FAR, 1
            gone.append(axis)
        else:
            start, end, step = next(bounds), next(bounds), next(bounds)
            start = (0 if step > 0 else FAR) if "b" in part else start
            end = (FAR if step > 0 else -FAR) if "e" in part else end
            out += 1
        for row, value in ((starts, start), (ends, end), (axes, axis), (steps, step)):
            row.append(value)
        axis += 1
    y = w.ref(op._inputs[0])
    if axes:
        y = w.node("Slice", [y, *map(w.ints, (starts, ends, axes, steps))])
    if gone:
        y = w.node("Squeeze", [y, w.ints(gone)])
    return w.node("Unsqueeze", [y, w.ints(new)]) if new else y


@writes("slice")
def slice_(w, op):
    begin, size = whole(w, op, 1), whole(w, op, 2)
    rest = w.node("Less", [size, w.ints(0)])
    ends = w.node("Where", [rest, w.ints(FAR), w.node("Add", [begin, size])])
    return w.node("Slice", [w.ref(op._inputs[0]), begin, ends])


@writes("pad")
def pad(w, op):
    pads = w.node("Reshape", [w.node("Transpose", [whole(w, op, 1)], perm=[1, 0]), w.ints([-1])])
    return w.node("Pad", [w.inputs(op)[0], pads,
                          w.const(np.asarray(op.attrs["value"], kind(op)))])


@writes("tile")
def tile(w, op):
    return w.node("Tile", [w.inputs(op)[0], whole(w, op, 1)])


@writes("broadcast_to")
def broadcast_to(w, op):
    return w.node("Expand", [w.inputs(op)[0], whole(w, op, 1)])


@writes("broadcast_like")
def broadcast_like(w, op):
    x, like = (w.ref(t) for t in op._inputs)
    return w.node("Expand", [x, w.node("Shape", [like])])


@writes("gather")
def gather(w, op):
    return w.node("Gather", w.inputs(op), axis=int(op.attrs["axis"]))


@writes("gather_nd")
def gather_nd(w, op):
    return w.node("GatherND", [w.inputs(op)[0], whole(w, op, 1)])


@writes("one_hot")
def one_hot(w, op):
    """An index out of range is a row of `off`; ONNX counts negative ones from the end."""
    indices, depth, on, off = w.inputs(op)
    values = w.node("Concat", [w.node("Reshape", [v, w.ints([1])]) for v in (off, on)], axis=0)
    indices, depth = (w.cast(r, np.int64) for r in (indices, depth))
    depth = w.node("Reshape", [depth, w.ints([1])])
    beyond = w.node("Less", [indices, w.ints(0)])
    indices = w.node("Where", [beyond, depth, indices])
    return w.node("OneHot", [indices, depth, values], axis=int(op.attrs["axis"]))


@writes("filled")
def filled(w, op):
    return w.const(np.full(op.attrs["shape"], op.attrs["number"], kind(op)), op.name)


@writes("filled_as")
def filled_as(w, op):
    number = w.const(np.asarray(op.attrs["number"], kind(op)))
    return w.node("Expand", [number, whole(w, op, 0)])


@writes("zeros_like", "ones_like")
def like(w, op):
    number = w.const(np.asarray(int(op.op_type == "ones_like"), kind(op)))
    return w.node("Expand", [number, w.node("Shape", [w.ref(op._inputs[0])])])


@writes("range")
def range_(w, op):
    return w.node("Range", [w.ref(t) if strong(t._dtype) == kind(op) else w.cast(w.ref(t), kind(op))
                            for t in op._inputs])


@writes("reverse")
def reverse(w, op):
    axes = np.ravel(op.attrs["axis"]).tolist()
    return w.node("Slice", [*w.inputs(op), w.ints([-1] * len(axes)), w.ints([-FAR] * len(axes)),
                            w.ints(axes), w.ints([-1] * len(axes))])
