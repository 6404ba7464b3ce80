"""Gather and scatter by index: gather, gather_nd, scatter_nd; each with its gradient below it.

The gradient of `gather` to its table is an IndexedSlices, as long as it looks up along the first
dimension: optimizers then touch only the rows that were looked up.
"""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.bad_index import LABEL, checked
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import TEXT
from fastgrad.graph.interned import decoded, encoded
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient, op
from fastgrad.graph.shapes import normal_axes
from fastgrad.ops.arithmetic import _where, add, maximum, zeros_like
from fastgrad.ops.cast import cast, cast_to
from fastgrad.ops.comparison import greater_equal, less
from fastgrad.ops.indexed_slices import IndexedSlices
from fastgrad.ops.join import concat
from fastgrad.ops.make import range as range_
from fastgrad.ops.reduce import reduce_prod
from fastgrad.ops.reshape import rank_like, reshape, transpose
from fastgrad.ops.shape import dims_of, number_of, plain_shape, shape, size as count_of
from fastgrad.wording import where


# ---- gather -----------------------------------------------------------------------------

def _gathered(in_shapes, attrs):
    table, indices = in_shapes
    if table is None or indices is None:
        return None
    if not table:
        raise ShapeError("gather needs params of at least one dimension.")
    axis, = normal_axes(attrs["axis"], len(table))
    return table[:axis] + indices + table[axis + 1:]


@op(_gathered, casts=(0,), whole=(1,), form="gather", kernel="gather", name="GatherV2",
    ref=lambda x, i, axis: np.take(x, checked(i, x.shape[axis]), axis), text=True)
def _gather(params, indices, axis=0):
    pass


@door
def gather(params, indices, validate_indices=None, name=None, axis=None, batch_dims=0):
    """The slices of `params` along `axis` at `indices`.

    Parameters
    ----------
    params : tensor of rank 1 or more
    indices : integer tensor of any shape
    axis : int, optional
        0 if not given (or `batch_dims`).
    batch_dims : int
        Leading dimensions that `params` and `indices` share.

    Returns
    -------
    Tensor
        Of shape `params.shape[:axis] + indices.shape[batch_dims:] + params.shape[axis + 1:]`.

    Notes
    -----
    Gradient: `dparams` is `dy` added up by index; an IndexedSlices if `axis` is 0.

    Examples
    --------
    >>> Session().run(gather([[1, 2], [3, 4], [5, 6]], [2, 0]))
    array([[5, 6],
           [1, 2]])
    """
    axis, batch = number_of(axis), number_of(batch_dims)
    if batch:
        return _batch_gather(as_tensor(params), as_tensor(indices), axis, batch, name)
    return _gather(params, indices, axis=axis or 0, name=name)


def _batch_gather(params, indices, axis, batch, name):
    """Gather with batch dimensions: the tables of all items become one tall table."""
    if params._shape is None or indices._shape is None:
        loose = params if params._shape is None else indices
        raise ValueError("gather with batch_dims needs tensors whose number of dimensions is "
                         f"known; {where(loose)} is not such. Declare its shape, or call "
                         "set_shape.")
    rank = len(params._shape)
    batch = batch % len(indices._shape)
    axis = batch if axis is None else axis % rank
    if axis < batch:
        raise ShapeError(f"gather: batch_dims {batch} must not be larger than axis {axis}.")
    if axis > batch:
        return _beyond_batch(params, indices, axis, batch, name)
    size, want = shape(params), shape(indices)
    rows = size[axis]
    tables = reduce_prod(size[:batch])
    per = reduce_prod(want[batch:])
    offsets = reshape(range_(tables) * rows, [-1, 1])
    # an index outside its own table would be inside the tall one
    inside = _gather(range_(rows), indices)
    flat = reshape(inside, concat([reshape(tables, [1]), reshape(per, [1])], 0))
    tall = reshape(params, concat([reshape(tables * rows, [1]), size[axis + 1:]], 0))
    gathered = _gather(tall, add(flat, offsets), axis=0)
    return reshape(gathered, concat([want, size[axis + 1:]], 0), name=name)


def _beyond_batch(params, indices, axis, batch, name):
    """Batched gather along an axis further back: dimensions before it move behind it, and back."""
    rank, many = len(params._shape), len(indices._shape) - batch
    between = list(range(batch, axis))
    moved = transpose(params, [*range(batch), axis, *between, *range(axis + 1, rank)])
    gathered = _batch_gather(moved, indices, batch, batch, None)
    looked, kept = batch + many, len(between)
    return transpose(gathered, [*range(batch), *range(looked, looked + kept), *range(batch, looked),
                                *range(looked + kept, rank + many - 1)], name=name)


@door
def batch_gather(params, indices, name=None):
    """`gather` in each item of a batch: all but the last dimension of `indices` are shared.

    Examples
    --------
    >>> Session().run(batch_gather([[1, 2, 3], [4, 5, 6]], [[2, 0], [1, 1]]))
    array([[3, 1],
           [5, 5]])
    """
    return gather(params, indices, batch_dims=-1, name=name)


@RegisterGradient("gather")
def gather_gradient(op, dy):
    params, indices = op.inputs
    axis = op.attrs["axis"]
    if axis != 0 and axis != -len(params._shape or ()):
        return gather_grad(dy, params, indices, axis=axis), None
    size = shape(params)
    # not -1, which is undetermined where another dimension is 0
    values = reshape(dy, concat([reshape(count_of(indices), [1]), size[1:]], 0))
    return IndexedSlices(values, reshape(indices, [-1]), size, like=params), None


def _gather_grad_ref(dy, like, indices, axis):
    axis %= like.ndim
    dx = np.zeros(like.shape, dy.dtype)
    np.add.at(dx, (slice(None),) * axis + (checked(indices, like.shape[axis]),), dy)
    return dx


def _spread_back(in_shapes, attrs):
    dy, like, indices = in_shapes
    expected = _gathered([like, indices], attrs)
    if not shapes.compatible(dy, expected):
        raise ShapeError(f"values of shape {dy} do not fit indices of shape {indices} into a "
                         f"tensor of shape {like}; expected {expected}.")
    return like


@op(_spread_back, casts=(0,), shape_only=(1,), form="gather_grad", ref=_gather_grad_ref)
def gather_grad(dy, like, indices, axis=0):
    """Zeros of the shape of `like` with the slices of `dy` added at `indices` of `axis`.

    Gradient: `gather(g, indices, axis)`.
    """


@RegisterGradient("gather_grad")
def gather_grad_gradient(op, g):
    return _gather(g, op.inputs[2], axis=op.attrs["axis"]), None, None


def joined(parts):
    """The sum of several IndexedSlices of one table: their rows one after the other."""
    indices = [as_tensor(p.indices) for p in parts]
    if len({i._dtype for i in indices}) > 1:        # a graph with TensorFlow's rules refuses two
        indices = [cast(i, np.int64) for i in indices]
    return IndexedSlices(concat([p.values for p in parts], 0), concat(indices, 0),
                         parts[0].dense_shape, like=parts[0].like)


def take_at(tensor, index, axis, name=None):
    """Index a dimension by one integer tensor, negative from the end; the dimension is removed."""
    size = shape(tensor)[axis]
    index = cast(index, np.int32)
    return _gather(tensor, _where(less(index, 0), index + size, index), axis=axis, name=name)


# ---- several coordinates at once --------------------------------------------------------

def _nd_shape(in_shapes, _):
    params, indices = in_shapes
    if indices == ():
        raise ShapeError("indices must have at least one dimension, that of the coordinates.")
    if params is None or indices is None or indices[-1] is None:
        return None
    if indices[-1] > len(params):
        raise ShapeError(f"indices have {indices[-1]} coordinates, but params "
                         f"{len(params)} dimensions.")
    return indices[:-1] + params[indices[-1]:]


def coordinates(indices, shape):
    """The coordinates in the last dimension, one array each, if all lie within the shape."""
    by_dimension = tuple(np.moveaxis(indices, -1, 0))
    bad = np.logical_or.reduce([(i < 0) | (i >= n) for i, n in zip(by_dimension, shape)],
                               initial=False)
    if np.any(bad):
        place = np.unravel_index(int(np.argmax(bad)), indices.shape[:-1])
        at = f" at indices[{', '.join(map(str, place))}]" if place else ""
        raise IndexError(f"the coordinates {indices[place].tolist()}{at} lie outside the shape "
                         f"{shape[:len(by_dimension)]}.")
    return by_dimension if indices.size else tuple(i.astype(np.int64) for i in by_dimension)


@op(_nd_shape, casts=(0,), whole=(1,), name="GatherNd",
    ref=lambda x, i: x[coordinates(i, x.shape)], text=True)
def _gather_nd(params, indices):
    pass


@door
def gather_nd(params, indices, name=None, batch_dims=0):
    """The elements or slices of `params` at the coordinates in the last dimension of `indices`.

    The first `batch_dims` dimensions belong to both, and to no coordinate.

    Gradient: `dy` added up at the coordinates.

    Examples
    --------
    >>> Session().run(gather_nd([[1, 2], [3, 4]], [[0, 1], [1, 0]]))
    array([2, 3])
    """
    batch = number_of(batch_dims, "batch_dims")
    if not batch:
        return _gather_nd(params, indices, name=name)
    indices = as_tensor(indices)
    if indices._shape is None:
        raise ValueError(f"gather_nd with batch_dims needs indices whose number of dimensions is "
                         f"known; {where(indices)} is not such. Declare its shape.")
    count = len(indices._shape)
    if not 0 < batch < count:
        raise ValueError(f"batch_dims must be less than the indices' {count} dimensions; got "
                         f"{batch}.")
    with indices.graph.name_scope(name or "BatchGatherND"):
        one = zeros_like(indices[..., :1])
        places = [reshape(range_(cast_to(shape(indices)[i], indices)), [-1] + [1] * (count - 1 - i))
                  for i in range(batch)]
        return _gather_nd(params, concat([one + place for place in places] + [indices], -1))


@RegisterGradient("gather_nd")
def gather_nd_gradient(op, dy):
    params, indices = op.inputs
    return _scatter_nd(indices, dy, cast(shape(params), indices._dtype or np.int32)), None


def _scatter_nd_ref(indices, updates, shape):
    scattered = np.zeros(dims_of(shape), updates.dtype)
    at = coordinates(indices, scattered.shape)
    if updates.dtype == TEXT:
        return _joined(scattered, at, updates)
    np.add.at(scattered, at, updates)
    return scattered


def _joined(found, at, updates):
    """Add strings that go to one place: they are joined in their order, as in TensorFlow."""
    texts, rest = decoded(found), found.shape[len(at):]
    updates = decoded(updates).reshape((-1,) + rest)
    for i, place in enumerate(zip(*(np.ravel(a) for a in at))):
        texts[place] = texts[place] + updates[i]
    return encoded(texts)


def _scattered(in_shapes, attrs):
    want = dims_of(attrs["shape"])
    check_updates(want, *in_shapes[:2])
    return want


def check_updates(target, indices, updates):
    """Refuse updates that do not have the shape of what `indices` names in `target`."""
    expected = _nd_shape((target, indices), None)
    if not shapes.compatible(expected, updates):
        raise ShapeError(f"updates of shape {updates} do not fit indices of shape {indices} into a "
                         f"tensor of shape {target}; expected {expected}.")


@op(_scattered, casts=(1,), static=(2,), whole=(0,), ref=_scatter_nd_ref, name="ScatterNd",
    text=True)
def _scatter_nd(indices, updates, shape):
    pass


@door
def scatter_nd(indices, updates, shape, name=None):
    """Zeros of `shape` with `updates` added at the coordinates `indices`.

    Gradient: `dupdates = gather_nd(dy, indices)`.

    Examples
    --------
    >>> Session().run(scatter_nd([[1], [3]], [10, 20], [5]))
    array([ 0, 10,  0, 20,  0])
    """
    return _scatter_nd(indices, updates, plain_shape(shape), name=name)


@RegisterGradient("scatter_nd")
def scatter_nd_gradient(op, dy):
    return None, _gather_nd(dy, op.inputs[0]), None


# ---- rows -------------------------------------------------------------------------------


def gather_or_zero(params, indices):
    """Rows of `params`, zeros for a negative index."""
    rows = _gather(params, maximum(indices, zeros_like(indices)), axis=0)
    valid = greater_equal(indices, zeros_like(indices))
    return _where(rank_like(valid, rows), rows, zeros_like(rows))


NotDifferentiable("take_label")


@op(lambda s, a: s[1], casts=(0,), whole=(1,), form="take_label", kernel="take_label",
    ref=lambda x, i: np.take_along_axis(x, checked(i, x.shape[-1], LABEL)[..., None], -1)[..., 0])
def _take_label(x, labels):
    """The element of each row of `x` (n, k) at its label (n,)."""


__all__ = ["gather", "batch_gather", "gather_nd", "scatter_nd"]
