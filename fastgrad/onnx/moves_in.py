"""Builders of constants, shapes, and what moves elements."""

import numpy as np

from fastgrad.graph.dtypes import strong
from fastgrad.onnx.package import package
from fastgrad.onnx.tables import builds
from fastgrad.ops.broadcast import broadcast_to
from fastgrad.ops.cast import cast
from fastgrad.ops.checks import broadcast_dynamic_shape
from fastgrad.ops.comparison import less
from fastgrad.ops.gather import gather, gather_nd
from fastgrad.ops.join import concat
from fastgrad.ops.make import fill, one_hot
from fastgrad.ops.make import range as range_
from fastgrad.ops.pad import pad, tile
from fastgrad.ops.reduce import reduce_prod
from fastgrad.ops.reshape import expand_dims, reshape, squeeze, transpose
from fastgrad.ops.shape import shape, size
from fastgrad.ops.state import constant
from fastgrad.ops.where import where_v2


@builds("Constant")
def constant_node(node):
    for key in ("value_float", "value_floats", "value_int", "value_ints"):
        if key in node.attrs:
            kind = np.float32 if "float" in key else np.int64
            return constant(np.asarray(node.attrs[key], kind))
    if "value" not in node.attrs:
        raise node.wrong("its value is neither numbers nor a tensor of them")
    return constant(package("onnx.numpy_helper").to_array(node.attrs["value"]))


@builds("ConstantOfShape")
def constant_of_shape(node):
    value = node.attrs.get("value")
    array = np.zeros(1, np.float32) if value is None else package(
        "onnx.numpy_helper").to_array(value)
    return fill(node.inputs[0], constant(array.reshape(-1)[0]))


@builds("Shape")
def shape_node(node):
    sizes = shape(node.inputs[0], out_type=np.int64)
    start, end = node.attr("start", 0), node.attr("end", None)
    return sizes if start == 0 and end is None else sizes[start:end]


@builds("Size")
def size_node(node):
    return size(node.inputs[0], out_type=np.int64)


@builds("Reshape")
def reshape_node(node):
    x, wanted = node.inputs
    known = node.value(1) if wanted.op.op_type == "constant" else None
    if known is not None and 0 in known and not node.attr("allowzero", 0):
        own = shape(x, out_type=np.int64)           # 0 copies a dimension
        parts = [own[i:i + 1] if n == 0 else constant(np.array([n], np.int64))
                 for i, n in enumerate(known.tolist())]
        wanted = concat(parts, 0)
    return reshape(x, wanted)


@builds("Flatten")
def flatten(node):
    x, axis = node.inputs[0], node.attr("axis", 1)
    sizes = shape(x)
    first = reduce_prod(sizes[:axis]) if axis != 1 else sizes[0]
    rest = None if x._shape is None or None in x._shape[axis:] else int(
        np.prod(x._shape[axis:], dtype=np.int64))
    if rest is not None:
        return reshape(x, [-1, rest] if rest else [first, 0])
    return reshape(x, [first, reduce_prod(sizes[axis:])])


@builds("Unsqueeze")
def unsqueeze(node):
    x, axes = node.inputs[0], node.axes(1)
    rank = None if x._shape is None else len(x._shape) + len(axes)
    for axis in sorted(a if a >= 0 or rank is None else a + rank for a in axes):
        x = expand_dims(x, axis)
    return x


@builds("Squeeze")
def squeeze_node(node):
    axes = node.axes(1)
    return squeeze(node.inputs[0], axes)


@builds("Transpose")
def transpose_node(node):
    return transpose(node.inputs[0], node.attrs.get("perm"))


@builds("Concat")
def concat_node(node):
    return concat(node.inputs, node.attr("axis")) if len(node.inputs) > 1 else node.inputs[0]


@builds("Split")
def split(node):
    x, axis, sizes = node.inputs[0], node.attr("axis", 0), node.axes(1, "split")
    if x._shape is None:
        raise node.wrong("the rank of its input is not known")
    axis %= len(x._shape)
    if sizes is None:
        whole, count = x._shape[axis], node.outputs
        if whole is None:
            raise node.wrong("the size that is split is not known")
        each = -(-whole // count)
        sizes = [min(each, whole - i * each) for i in range(count)]
    starts = np.cumsum([0, *sizes]).tolist()
    return [x[(slice(None),) * axis + (slice(a, b),)] for a, b in zip(starts, starts[1:])]


FAR = 2 ** 31 - 1


@builds("Slice")
def slice_node(node):
    x = node.inputs[0]
    if "starts" in node.attrs:
        starts, ends, axes, steps = (node.attrs.get(k) for k in ("starts", "ends", "axes",
                                                                 "steps"))
    else:
        starts, ends, axes, steps = (node.value(i) for i in (1, 2, 3, 4))
    count = len(starts)
    axes = range(count) if axes is None else [int(a) for a in axes]
    steps = [1] * count if steps is None else [int(s) for s in steps]
    if x._shape is None and any(a < 0 for a in axes):
        raise node.wrong("an axis counts from the end of an unknown rank")
    axes = [a if a >= 0 else a + len(x._shape) for a in axes]
    index = [slice(None)] * (max(axes) + 1)
    for axis, start, end, step in zip(axes, starts, ends, steps):
        start, end = int(start), int(end)
        first = None if start >= FAR and step < 0 else start
        index[axis] = slice(first, None if abs(end) >= FAR else end, step)
    return x[tuple(index)]


@builds("Expand")
def expand(node):
    x, wanted = node.inputs
    whole = shape(x, out_type=np.int64)
    return broadcast_to(x, broadcast_dynamic_shape(whole, wanted))


@builds("Tile")
def tile_node(node):
    return tile(node.inputs[0], node.inputs[1])


@builds("Pad")
def pad_node(node):
    mode = node.attr("mode", "constant")
    pads = node.axes(1, "pads")
    value = node.value(2)
    value = node.attr("value", 0.0) if value is None else value.item()
    if node.has(3):
        raise node.wrong("its axes are given apart")
    half = len(pads) // 2
    pairs = list(zip(pads[:half], pads[half:]))
    x = node.inputs[0]
    if any(n < 0 for pair in pairs for n in pair):
        raise node.wrong("it cuts instead of padding")
    if mode == "constant":
        kind = strong(x._dtype).type
        return pad(x, pairs, constant_values=kind(value).item())
    if mode != "reflect":
        raise node.wrong(f"its mode is {mode!r}")
    return pad(x, pairs, "REFLECT")


def _places(x, indices, axis):
    """Indices, negative ones from the end."""
    known = x._shape and x._shape[axis]
    whole = constant(np.asarray(known, strong(indices._dtype))) if known is not None else cast(
        shape(x)[axis], indices._dtype)
    return where_v2(less(indices, constant(np.zeros((), strong(indices._dtype)))), indices + whole,
                    indices)


@builds("Gather")
def gather_node(node):
    x, indices = node.inputs
    axis = node.attr("axis", 0)
    return gather(x, _places(x, indices, axis), axis=axis)


@builds("GatherND")
def gather_nd_node(node):
    if node.attr("batch_dims", 0):
        raise node.wrong("it has batch dimensions")
    return gather_nd(*node.inputs)


@builds("Where")
def where_node(node):
    return where_v2(*node.inputs)


@builds("Range")
def range_node(node):
    return range_(*node.inputs)


@builds("OneHot")
def one_hot_node(node):
    indices, depth, values = node.inputs
    depth = int(np.ravel(node.value(1))[0])
    if strong(indices._dtype).kind == "f":
        indices = cast(indices, np.int64)
    whole = constant(np.asarray(depth, strong(indices._dtype)))
    zero = constant(np.zeros((), strong(indices._dtype)))
    return one_hot(where_v2(less(indices, zero), indices + whole, indices), depth, values[1],
                   values[0], axis=node.attr("axis", -1))
