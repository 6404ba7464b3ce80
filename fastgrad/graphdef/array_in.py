"""Builders of constants, shapes, and what moves elements: reshapes, joins, cuts, look-ups."""

import numpy as np

from fastgrad.graph.dtypes import INT32, TEXT
from fastgrad.graphdef.registry import RegisterImport, UnsupportedNodeError
from fastgrad.ops.bundle import identity_n
from fastgrad.ops.gather import gather
from fastgrad.ops.join import concat, stack
from fastgrad.ops.make import fill, one_hot
from fastgrad.ops.reshape import reshape
from fastgrad.ops.shape import shape
from fastgrad.ops.sparse import sparse_to_dense
from fastgrad.ops.state import _frozen, constant, identity, placeholder, placeholder_with_default
from fastgrad.graph.literals import array_of as text_or_numbers

REPEATED = 1 << 16          # elements that may be written out where a file repeats one


@RegisterImport("Const", "HostConst")
def const(node):
    array = node.attr("value")
    if array is None:
        raise UnsupportedNodeError("it has no value.")
    if array.size > REPEATED and not any(array.strides):
        return fill(np.array(array.shape, np.int64), constant(array[(0,) * array.ndim]),
                    name=node.name + "/")
    if array.dtype == object:
        array = text_or_numbers(array, TEXT)
    return _frozen(node.graph, array, None, node.name + "/")


@RegisterImport("Placeholder", "PlaceholderV2")
def placeholder_node(node):
    dims = node.attr("shape")
    # files of old releases say () for a shape that nobody gave
    dims = None if dims == () and node.importer.old_shapes else dims
    return placeholder(node.dtype("dtype"), dims, name=node.name + "/")


@RegisterImport("PlaceholderWithDefault")
def placeholder_default(node):
    return placeholder_with_default(node.inputs[0], node.attr("shape"), name=node.name + "/")


@RegisterImport("IdentityN")
def identities(node):
    return identity_n(node.inputs, name=node.name + "/")


@RegisterImport("Shape")
def shape_node(node):
    return shape(node.inputs[0], out_type=node.dtype("out_type", INT32), name=node.name + "/")


@RegisterImport("ShapeN")
def shapes_node(node):
    kind = node.dtype("out_type", INT32)
    return [shape(x, out_type=kind) for x in node.inputs]


@RegisterImport("Reshape")
def reshape_node(node):
    return node.op("reshape", *node.inputs)


@RegisterImport("ExpandDims")
def expand_dims(node):
    return node.op("expand_dims", node.inputs[0], axis=int(np.ravel(node.value(1))[0]))


@RegisterImport("Squeeze")
def squeeze(node):
    axes = node.attr("squeeze_dims") or node.attr("axis")
    return node.op("squeeze", node.inputs[0], axis=tuple(axes) if axes else None)


@RegisterImport("Transpose", "ConjugateTranspose")
def transpose(node):
    if node.is_known(1):
        return node.op("transpose", node.inputs[0], perm=tuple(node.ints(1)))
    return node.op("transpose_by", *node.inputs)


@RegisterImport("ConcatV2", "Concat")
def concat_node(node):
    at = 0 if node.type == "Concat" else len(node.inputs) - 1
    values = [x for i, x in enumerate(node.inputs) if i != at]
    return concat(values, int(node.value(at)), name=node.name + "/") if len(values) > 1 else \
        identity(values[0], name=node.name + "/")


@RegisterImport("ConcatOffset")
def concat_offset(node):
    return node.op("concat_offset", *node.inputs)


@RegisterImport("Pack")
def pack(node):
    return node.op("pack", *node.inputs, axis=node.attr("axis", 0))


@RegisterImport("Unpack")
def unpack(node):
    return node.op("unpack", node.inputs[0], num=node.attr("num", 0), axis=node.attr("axis", 0))


@RegisterImport("Split")
def split(node):
    count = node.attr("num_split", 1)
    return node.op("split", node.inputs[1], parts=count, axis=int(node.value(0)))


@RegisterImport("SplitV")
def split_v(node):
    x, axis = node.inputs[0], int(node.value(2))
    sizes = node.ints(1)
    axis = axis if axis >= 0 or x._shape is None else axis + len(x._shape)
    if axis < 0:
        raise UnsupportedNodeError("its axis counts from the end of an unknown rank.")
    if -1 in sizes:
        whole = x._shape and x._shape[axis]
        if whole is None:
            raise UnsupportedNodeError("one of its sizes is -1, of an unknown whole.")
        sizes[sizes.index(-1)] = whole - sum(n for n in sizes if n != -1)
    starts = np.concatenate([[0], np.cumsum(sizes)])[:-1]
    return [x[(slice(None),) * axis + (slice(int(b), int(b) + int(n)),)]
            for b, n in zip(starts, sizes)]


@RegisterImport("Slice")
def slice_node(node):
    return node.op("slice", *node.inputs)


@RegisterImport("StridedSlice")
def strided_slice(node):
    x, spec, bounds = _slice_of(node, node.inputs[0], node.inputs[1:4])
    return node.op("strided_slice", x, bounds, spec=spec)


@RegisterImport("StridedSliceGrad")
def strided_slice_grad(node):
    wanted, *bounds, dy = node.inputs
    like = fill(wanted, constant(0, dy._dtype))
    _, spec, bounds = _slice_of(node, like, bounds)
    return node.op("strided_slice_grad", dy, like, bounds, spec=spec)


def _slice_of(node, x, bounds):
    """(x, spec, bounds) as the operation `strided_slice` takes them."""
    count = next((b._shape[0] for b in bounds if b._shape and b._shape[0] is not None), None)
    if count is None:
        raise UnsupportedNodeError("the number of its bounds is not known.")
    masks = {k: node.attr(f"{k}_mask", 0)
             for k in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")}
    spec, places = [], []
    for i in range(count):
        on = {k: bool(mask >> i & 1) for k, mask in masks.items()}
        if on["ellipsis"]:
            spec.append("...")
        elif on["new_axis"]:
            spec.append("n")
        elif on["shrink_axis"]:
            spec.append("i")
            places.append(3 * i)
        else:
            spec.append("s" + "b" * on["begin"] + "e" * on["end"])
            places += [3 * i, 3 * i + 1, 3 * i + 2]
    numbers = reshape(stack(list(bounds), axis=1), [-1])
    return x, tuple(spec), gather(numbers, constant(np.array(places, np.int32)))


@RegisterImport("Tile")
def tile(node):
    return node.op("tile", *node.inputs)


@RegisterImport("Fill")
def fill_node(node):
    return fill(*node.inputs, name=node.name + "/")


@RegisterImport("BroadcastTo")
def broadcast_to(node):
    return node.op("broadcast_to", *node.inputs)


@RegisterImport("BroadcastArgs")
def broadcast_args(node):
    return node.op("broadcast_dynamic_shape", *node.inputs)


@RegisterImport("BroadcastGradientArgs")
def broadcast_gradient_args(node):
    return node.op("broadcast_gradient_args", *node.inputs)


@RegisterImport("Range")
def range_node(node):
    return node.op("range", *node.inputs)


@RegisterImport("Pad", "PadV2")
def pad(node):
    if node.type == "Pad":
        return node.op("pad", *node.inputs)
    return node.op("pad", *node.inputs[:2], value=node.value(2).item())


@RegisterImport("MirrorPad")
def mirror_pad(node):
    return node.op("mirror_pad", *node.inputs, mode=node.attr("mode", "REFLECT").lower())


@RegisterImport("ReverseV2")
def reverse(node):
    return node.op("reverse", node.inputs[0], axis=tuple(np.ravel(node.value(1)).tolist()))


@RegisterImport("ReverseSequence")
def reverse_sequence(node):
    return node.op("reverse_sequence", *node.inputs, seq_axis=node.attr("seq_dim", 1),
                   batch_axis=node.attr("batch_dim", 0))


@RegisterImport("Gather", "GatherV2", "ResourceGather")
def gather_node(node):
    axis = int(node.value(2)) if len(node.inputs) > 2 else 0
    if node.attr("batch_dims", 0):
        return gather(*node.inputs[:2], axis=axis, batch_dims=node.attr("batch_dims"),
                      name=node.name + "/")
    return node.op("gather", *node.inputs[:2], axis=axis)


@RegisterImport("OneHot")
def one_hot_node(node):
    return node.op("one_hot", *node.inputs, axis=node.attr("axis", -1))


@RegisterImport("Select", "SelectV2")
def select(node):
    return node.op("select" if node.type == "Select" else "where", *node.inputs)


@RegisterImport("TopKV2", "TopK")
def top_k(node):
    k = constant(node.attr("k", 1), INT32) if node.type == "TopK" else node.inputs[1]
    return node.op("top_k", node.inputs[0], k, sorted=bool(node.attr("sorted", True)))


@RegisterImport("InTopK", "InTopKV2")
def in_top_k(node):
    k = constant(node.attr("k", 1), INT32) if node.type == "InTopK" else node.inputs[2]
    return node.op("in_top_k", *node.inputs[:2], k)


@RegisterImport("Unique", "UniqueWithCounts")
def unique(node):
    kind = "unique" if node.type == "Unique" else "unique_with_counts"
    return node.op(kind, node.inputs[0], out_idx=node.dtype("out_idx", INT32))


@RegisterImport("ListDiff")
def list_diff(node):
    return node.op("setdiff1d", *node.inputs, out_idx=node.dtype("out_idx", INT32))


@RegisterImport("DynamicPartition")
def dynamic_partition(node):
    return node.op("dynamic_partition", *node.inputs, num=node.attr("num_partitions", 1))


@RegisterImport("DynamicStitch", "ParallelDynamicStitch")
def dynamic_stitch(node):
    return node.op("dynamic_stitch", *node.inputs)


@RegisterImport("Roll")
def roll(node):
    return node.op("roll", node.inputs[0], shift=tuple(np.ravel(node.value(1)).tolist()),
                   axis=tuple(np.ravel(node.value(2)).tolist()))


@RegisterImport("SparseToDense")
def sparse_to_dense_node(node):
    indices, dims, values, default = node.inputs
    return sparse_to_dense(indices, dims, values, default,
                           validate_indices=bool(node.attr("validate_indices", True)),
                           name=node.name + "/")


@RegisterImport("EnsureShape")
def ensure_shape(node):
    return node.op("ensure_shape", node.inputs[0], shape=node.attr("shape"))


__all__ = ["one_hot"]
