"""Selection by a condition: where, boolean_mask, unique, partitions.

Most of these have a shape that depends on values: they are evaluated in Python, in a stage of
its own, before the rest of the run is planned.
"""

import numpy as np

from fastgrad.errors import LateShapeError, ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.bad_index import PARTITION, checked
from fastgrad.graph.build import check_truth
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import INT32, INT64, strong, to_np
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient, op
from fastgrad.ops.arithmetic import _where, zeros_like
from fastgrad.ops.gather import _gather
from fastgrad.ops.join import SEVERAL, concat
from fastgrad.ops.make import range as range_
from fastgrad.ops.reduce import reduce_prod
from fastgrad.ops.reshape import reshape, squeeze
from fastgrad.ops.shape import number_of, shape


# ---- where ------------------------------------------------------------------------------

def _select_shape(in_shapes, _):
    condition, x, y = in_shapes
    x = shapes.merge(x, y)
    if condition is None or x is None or shapes.compatible(condition, x) or not condition:
        return x
    if len(condition) == 1 and x and shapes.compatible(condition, x[:1]):
        return x
    raise ShapeError(f"the condition's shape {condition} must be that of the choices {x}, a "
                     "vector of their first dimension, or a scalar.")


def _select_ref(condition, x, y):
    if condition.ndim == 1 and x.ndim > 1:
        condition = condition.reshape((-1,) + (1,) * (x.ndim - 1))
    return np.where(condition, x, y)


@op(_select_shape, casts=(1, 2), truth=(0,), ref=_select_ref, name="Select", text=True)
def select(condition, x, y):
    """Selection without broadcasting: `x` where the condition holds, else `y`; of rows by a vector.

    Gradient: passes to the side that was taken.
    """


@RegisterGradient("select")
def select_gradient(op, dz):
    condition, zero = op.inputs[0], zeros_like(op.inputs[1])
    return None, select(condition, dz, zero), select(condition, zero, dz)


@op(lambda s, a: (None, None if s[0] is None else len(s[0])), dtype=None, out=INT64,
    dynamic=True, ref=lambda condition: np.argwhere(condition), name="Where")
def where_indices(condition):
    """The coordinates of the true elements, one row each; int64.

    Gradient: none.
    """


NotDifferentiable("where_indices")


@door
def where(condition, x=None, y=None, name=None):
    """Selection: `x` where the condition holds, else `y`; of coordinates without both.

    Parameters
    ----------
    condition : boolean tensor
    x, y : tensors, optional
        In a fastgrad graph all three broadcast as in NumPy. In a TensorFlow graph `x` and `y`
        have one shape, and the condition has that too, or is a vector that chooses rows, or a
        scalar.

    Returns
    -------
    Tensor
        Without `x` and `y`, the int64 coordinates of the true elements, one row each.

    Notes
    -----
    Gradient: passes to the side that was taken.
    """
    if (x is None) != (y is None):
        raise ValueError("x and y must both be non-None or both be None.")
    if x is None:
        return where_indices(condition, name=name)
    graph = next((as_tensor(v).graph for v in (condition, x, y) if is_node(v)),
                 None) or get_default_graph()
    choose = select if graph.literals == "tf" else _where
    return choose(condition, x, y, name=name)


def where_v2(condition, x=None, y=None, name=None):
    """Selection as by `where`, but all three broadcast, as in NumPy, in any graph.

    Gradient: passes to the side that was taken.
    """
    if (x is None) != (y is None):
        raise ValueError("x and y must both be non-None or both be None.")
    if x is None:
        return where_indices(condition, name=name)
    condition = as_tensor(condition)
    check_truth(condition, "where")
    return _where(condition, x, y, name=name or "SelectV2")


# ---- boolean_mask -----------------------------------------------------------------------

def boolean_mask(tensor, mask, name="boolean_mask", axis=None):
    """The elements or slices of `tensor` at which `mask` is true.

    Parameters
    ----------
    tensor : tensor
    mask : boolean tensor
        Its shape must be that of `tensor` from dimension `axis` (0) on, as far as it goes.

    Notes
    -----
    Gradient: `dy` where the mask is true, else 0.
    """
    tensor = as_tensor(tensor)
    mask = as_tensor(mask, None, tensor.graph, "mask") if not is_node(mask) else as_tensor(mask)
    if mask._shape is None:
        raise ValueError("Number of mask dimensions must be specified, even if some dimensions "
                         "are None.  E.g. shape=[None] is ok, but shape=None is not.")
    rank = len(mask._shape)
    if rank == 0:
        raise ValueError("mask cannot be scalar.")
    axis = number_of(axis) or 0
    if tensor._shape is not None and not shapes.compatible(
            tensor._shape[axis:axis + rank], mask._shape):
        raise ShapeError(f"Shapes {tensor._shape[axis:axis + rank]} and {mask._shape} are "
                         "incompatible: a mask has the shape of the dimensions it chooses from.")
    graph = tensor.graph
    with graph.name_scope(name or "boolean_mask"):
        if rank > 1:
            size = shape(tensor)
            # not -1, which is undetermined where another dimension is 0
            count = reshape(reduce_prod(size[axis:axis + rank]), [1])
            tensor = reshape(tensor, concat([size[:axis], count, size[axis + rank:]], 0))
        elif graph.literals == "tf":
            tensor = reshape(tensor, shape(tensor))     # so the gradient is dense, as in TensorFlow
        places = squeeze(where_indices(reshape(mask, [-1])), axis=[1])
        return _gather(tensor, places, axis=axis)


# ---- sets of values ---------------------------------------------------------------------

def _unique_order(x):
    """(values in the order of their first appearance, index of each element's value, counts)."""
    values, first, inverse, counts = np.unique(
        x, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(first, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return values[order], place[inverse.reshape(-1)], counts[order]


def _unique_dtypes(in_dtypes, attrs):
    return [strong(in_dtypes[0])] + [attrs["out_idx"]] * attrs["count"]


def _vector(in_shapes, _):
    for known in in_shapes:
        if known is not None and len(known) != 1:
            raise ShapeError(f"expected a vector; got shape {known}.")
    return in_shapes[0]


@op(lambda s, a: [(None,), _vector(s, a)], out=_unique_dtypes, outputs=2, dynamic=True,
    name="Unique", ref=lambda x, out_idx, count: _unique_order(x)[:2], text=True)
def _unique(x, out_idx=INT32, count=1):
    pass


def _counted(in_shapes, _):
    shapes_ = [(None,), in_shapes[0], (None,)]
    try:
        _vector(in_shapes, _)
    except ShapeError as e:
        raise LateShapeError(str(e), shapes_) from None
    return shapes_


@op(_counted, out=_unique_dtypes, outputs=3, dynamic=True,
    name="UniqueWithCounts", ref=lambda x, out_idx, count: _unique_order(x), text=True)
def _unique_with_counts(x, out_idx=INT32, count=2):
    pass


NotDifferentiable("unique")
NotDifferentiable("unique_with_counts")


@door
def unique(x, out_idx=INT32, name=None):
    """(the different values of a vector in the order they appear, each element's index there).

    Gradient: none.
    """
    from collections import namedtuple
    Unique = namedtuple("Unique", ["y", "idx"])
    return Unique(*_unique(x, out_idx=to_np(out_idx), name=name))


@door
def unique_with_counts(x, out_idx=INT32, name=None):
    """As `unique`, and how often each value appears.

    Gradient: none.
    """
    from collections import namedtuple
    UniqueWithCounts = namedtuple("UniqueWithCounts", ["y", "idx", "count"])
    return UniqueWithCounts(*_unique_with_counts(x, out_idx=to_np(out_idx), name=name))


def _difference_shapes(in_shapes, attrs):
    _vector(in_shapes, attrs)
    return [(None,), (None,)]


@op(_difference_shapes, out=lambda d, a: [strong(d[0]), a["out_idx"]],
    outputs=2, dynamic=True, name="ListDiff",
    ref=lambda x, y, out_idx: (x[~np.isin(x, y)], np.flatnonzero(~np.isin(x, y))), text=True)
def _setdiff1d(x, y, out_idx=INT32):
    pass


NotDifferentiable("setdiff1d")


@door
def setdiff1d(x, y, index_dtype=INT32, name=None):
    """(the elements of `x` that `y` does not have, their places).

    Gradient: none.
    """
    from collections import namedtuple
    ListDiff = namedtuple("ListDiff", ["out", "idx"])
    return ListDiff(*_setdiff1d(x, y, out_idx=to_np(index_dtype), name=name))


# ---- partitions -------------------------------------------------------------------------

def _partition_shapes(in_shapes, attrs):
    data, parts = in_shapes
    if None not in (data, parts) and not shapes.compatible(data[:len(parts)], parts):
        raise ShapeError(f"partitions {parts} must be the first dimensions of data {data}.")
    rest = None if data is None or parts is None else (None,) + data[len(parts):]
    return [rest] * attrs["num"]


def _partition_ref(data, partitions, num):
    checked(partitions, num, PARTITION)
    rows = data.reshape((partitions.size,) + data.shape[partitions.ndim:])
    return [rows[partitions.reshape(-1) == i] for i in range(num)]


@op(_partition_shapes, casts=(0,), outputs=SEVERAL, dynamic=True, ref=_partition_ref,
    name="DynamicPartition", text=True, whole=(1,))
def _dynamic_partition(data, partitions, num=1):
    pass


@door
def dynamic_partition(data, partitions, num_partitions, name=None):
    """The rows of `data` sorted into `num_partitions` tensors by the number in `partitions`.

    Gradient: each row gets the gradient of its place.
    """
    num = number_of(num_partitions)
    if num < 1:
        raise ShapeError(f"dynamic_partition: num_partitions must be at least 1; got {num}.")
    return list(_dynamic_partition(data, partitions, num=num, name=name))


@RegisterGradient("dynamic_partition")
def dynamic_partition_gradient(op, *dys):
    data, parts = op.inputs
    places = reshape(_range(shape(parts)), shape(parts))
    where_to = _dynamic_partition(places, parts, num=op.attrs["num"])
    joined = dynamic_stitch(list(where_to), list(dys))
    return reshape(joined, shape(data)), None


def _range(dims):
    return range_(reduce_prod(dims))


def _stitched(in_shapes, _):
    n = len(in_shapes) // 2
    for index, data in zip(in_shapes, in_shapes[n:]):
        if None not in (index, data) and not shapes.compatible(index, data[:len(index)]):
            raise ShapeError(f"indices {index} must be the first dimensions of data {data}.")
    index, data = in_shapes[0], in_shapes[n]
    return None if index is None or data is None else (None,) + data[len(index):]


def _stitch_ref(*values):
    n = len(values) // 2
    indices, data = values[:n], values[n:]
    count = max([int(i.max()) + 1 for i in indices if i.size], default=0)
    rest = data[0].shape[indices[0].ndim:]
    stitched = np.zeros((count,) + rest, data[0].dtype)
    for i, d in zip(indices, data):
        checked(i, count)
        stitched[i.reshape(-1)] = d.reshape((i.size,) + rest)
    return stitched


@op(_stitched, dtype=None, out=lambda d, a: d[-1], dynamic=True, ref=_stitch_ref,
    name="DynamicStitch", text=True)
def _dynamic_stitch(*values):
    pass


@door
def dynamic_stitch(indices, data, name=None):
    """One tensor from the rows of several: row `indices[m][i]` is `data[m][i]`.

    Gradient: each row of `data` gets the row of `dy` where it went.
    """
    if not len(indices) or len(indices) != len(data):
        raise ShapeError(f"dynamic_stitch: expected as many indices as data, one or more; got "
                         f"{len(indices)} and {len(data)}.")
    return _dynamic_stitch(*indices, *data, name=name)


@RegisterGradient("dynamic_stitch")
def dynamic_stitch_gradient(op, dy):
    indices = op.inputs[:len(op.inputs) // 2]
    return [None] * len(indices) + [_gather(dy, i, axis=0) for i in indices]


def _inverse_ref(x):
    inverse = np.argsort(x)
    wrong = x[inverse] != np.arange(len(x))
    if wrong.any():
        raise ValueError(f"{x[inverse][wrong][0]} is out of range or there twice: the numbers are "
                         f"no permutation of 0 to {len(x) - 1}.")
    return inverse.astype(x.dtype)


@op(lambda s, a: _vector(s, a) or (None,), dtype=None, out=lambda d, a: d[0], whole=(0,),
    name="InvertPermutation", ref=_inverse_ref)
def invert_permutation(x):
    """The permutation that undoes a permutation.

    Gradient: none.
    """


NotDifferentiable("invert_permutation")

__all__ = ["where", "boolean_mask", "unique", "unique_with_counts", "setdiff1d",
           "dynamic_partition", "dynamic_stitch", "invert_permutation"]
