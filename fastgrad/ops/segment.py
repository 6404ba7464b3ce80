"""Segment reductions: sums, products, extremes and means of rows that share a segment id.

All but `unsorted_segment_sum` are NumPy steps. The number of rows of a sorted segment reduction is
the last id plus one, so its shape depends on values and it runs in a stage of its own.
"""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph import hooks, shapes
from fastgrad.graph.bad_index import SEGMENT, checked
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import is_whole
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient, op
from fastgrad.ops.arithmetic import _where, divide, maximum, ones_like, zeros_like
from fastgrad.ops.cast import cast_to
from fastgrad.ops.comparison import equal
from fastgrad.ops.divide import truncatediv
from fastgrad.ops.gather import _gather, gather_grad, gather_or_zero
from fastgrad.ops.join import concat
from fastgrad.ops.order import argsort
from fastgrad.ops.reshape import rank_like, reshape
from fastgrad.ops.scan import recurrence, shifted
from fastgrad.ops.shape import scoped, shape, size
from fastgrad.ops.unary import sqrt


def _by_segment(in_shapes, attrs):
    data, ids = in_shapes[:2]
    if data is None or ids is None:
        return None
    if not shapes.compatible(data[:len(ids)], ids):
        raise ShapeError(f"segment_ids {ids} must be the first dimensions of data {data}.")
    count = attrs["num_segments"]
    return (None if count is None else int(np.asarray(count).item()),) + data[len(ids):]


def flat_rows(data, ids):
    """Data as one row a segment id, and the ids as a vector."""
    return data.reshape((ids.size,) + data.shape[ids.ndim:]), ids.reshape(-1)


def _segment_sum_ref(data, ids, num_segments):
    valid = ids.reshape(-1) >= 0
    rows, ids = flat_rows(data, checked(ids, int(num_segments), SEGMENT, ids >= 0))
    sums = np.zeros((int(num_segments),) + rows.shape[1:], data.dtype)
    np.add.at(sums, ids[valid], rows[valid])
    return sums


@op(_by_segment, casts=(0,), static=(2,), whole=(1,), form="segment_sum",
    ref=_segment_sum_ref, name="UnsortedSegmentSum")
def _unsorted_segment_sum(data, segment_ids, num_segments):
    pass


@door
def unsorted_segment_sum(data, segment_ids, num_segments, name=None):
    """Sums of segments: row i adds the rows of `data` with segment id i; negative ids are left out.

    Gradient: `ddata = gather(dy, segment_ids)`, 0 for negative ids.

    Examples
    --------
    >>> Session().run(unsorted_segment_sum([1., 2., 4.], [1, 0, 1], 2))
    array([2., 5.])
    """
    return _unsorted_segment_sum(data, segment_ids, num_segments, name=name)


@RegisterGradient("unsorted_segment_sum")
def unsorted_segment_sum_gradient(op, dy):
    return gather_or_zero(dy, op.inputs[1]), None, None


def _limit(dtype, highest):
    if dtype.kind == "f":
        info = np.finfo(dtype)
        return info.max if highest else info.min
    info = np.iinfo(dtype)
    return info.max if highest else info.min


def _segments(ufunc, start):
    def ref(data, ids, num_segments):
        valid = ids.reshape(-1) >= 0
        rows, ids = flat_rows(data, checked(ids, int(num_segments), SEGMENT, ids >= 0))
        result = np.full((int(num_segments),) + rows.shape[1:], start(data.dtype), data.dtype)
        ufunc.at(result, ids[valid], rows[valid])
        return result
    return ref


@op(_by_segment, casts=(0,), static=(2,), whole=(1,), name="UnsortedSegmentMax",
    ref=_segments(np.maximum, lambda d: _limit(d, False)))
def unsorted_segment_max(data, segment_ids, num_segments):
    """The largest of the rows of each segment; the lowest number of the dtype for an empty one.

    Gradient: `dy`, shared evenly among equal maxima.

    Examples
    --------
    >>> Session().run(unsorted_segment_max([1., 2., 4.], [1, 0, 1], 2))
    array([2., 4.])
    """


@op(_by_segment, casts=(0,), static=(2,), whole=(1,), name="UnsortedSegmentMin",
    ref=_segments(np.minimum, lambda d: _limit(d, True)))
def unsorted_segment_min(data, segment_ids, num_segments):
    """The smallest of the rows of each segment; the highest number of the dtype for an empty one.

    Gradient: `dy`, shared evenly among equal minima.

    Examples
    --------
    >>> Session().run(unsorted_segment_min([1., 2., 4.], [1, 0, 1], 2))
    array([2., 1.])
    """


@RegisterGradient("unsorted_segment_max")
@RegisterGradient("unsorted_segment_min")
def unsorted_segment_max_gradient(op, dy):
    data, ids, count = op.inputs
    hit = cast_to(equal(data, gather_or_zero(op.outputs[0], ids)), dy)
    shared = dy / _unsorted_segment_sum(hit, ids, count)
    return _where(hit > 0, gather_or_zero(shared, ids), zeros_like(data)), None, None


@op(_by_segment, casts=(0,), static=(2,), whole=(1,), name="UnsortedSegmentProd",
    ref=_segments(np.multiply, lambda d: 1))
def unsorted_segment_prod(data, segment_ids, num_segments):
    """The product of the rows of each segment; 1 for an empty one.

    Gradient: `dy` times the product of the other elements of the segment.

    Examples
    --------
    >>> Session().run(unsorted_segment_prod([1., 2., 4.], [1, 0, 1], 2))
    array([2., 4.])
    """


@RegisterGradient("unsorted_segment_prod")
def unsorted_segment_prod_gradient(op, dy):
    data, ids, _ = op.inputs
    return gather_or_zero(dy, ids) * others_in_segment(data, ids), None, None


def others_in_segment(data, ids):
    """For each row the product of the other rows of its segment: in the order of segments, what
    comes before in it times what comes behind, both by recurrences that start anew with each."""
    flat = reshape(ids, [-1])
    rest = shape(data)[size(shape(ids)):]
    rows = reshape(data, concat([reshape(size(ids), [1]), rest], 0))
    order = argsort(flat)
    rows, flat = _gather(rows, order), _gather(flat, order)
    same = concat([[False], equal(flat[1:], flat[:-1])], 0)     # the segment of the row before
    before = _products_before(rows, same, False)
    same = concat([equal(flat[1:], flat[:-1]), [False]], 0)
    after = _products_before(rows, same, True)
    return reshape(_gather(before * after, argsort(order)), shape(data))


def _products_before(rows, same, reverse):
    """The product of the rows before each as far as `same` joins one to the next; 1 where it is
    false."""
    zero, one = zeros_like(rows), ones_like(rows)
    same = rank_like(same, rows)
    return recurrence(_where(same, shifted(rows, 0, reverse), zero), _where(same, zero, one), 0,
                      False, reverse, True)


def _counts(data, ids, num_segments, total):
    """How many rows each segment has, at least 1, in a shape that broadcasts against `total`."""
    ids = as_tensor(ids)
    counts = _unsorted_segment_sum(cast_to(ones_like(ids), as_tensor(data)), ids, num_segments)
    counts = rank_like(counts, total)
    return maximum(counts, ones_like(counts))


@scoped("UnsortedSegmentMean")
def unsorted_segment_mean(data, segment_ids, num_segments, name=None):
    """The mean of the rows of each segment; 0 for an empty one.

    Gradient: `dy / count`, taken at each row's segment.

    Examples
    --------
    >>> Session().run(unsorted_segment_mean([1., 2., 4.], [1, 0, 1], 2))
    array([2. , 2.5])
    """
    total = _unsorted_segment_sum(data, segment_ids, num_segments)
    return total / _counts(data, segment_ids, num_segments, total)


@scoped("UnsortedSegmentSqrtN")
def unsorted_segment_sqrt_n(data, segment_ids, num_segments, name=None):
    """The sum of the rows of each segment, divided by the root of their number.

    Gradient: `dy / sqrt(count)`, taken at each row's segment.

    Examples
    --------
    >>> Session().run(unsorted_segment_sqrt_n([1., 2., 4.], [1, 0, 1], 2))
    array([2.        , 3.53553391])
    """
    total = _unsorted_segment_sum(data, segment_ids, num_segments)
    return total / sqrt(_counts(data, segment_ids, num_segments, total))


# ---- sorted segments --------------------------------------------------------------------

def _sorted_shape(in_shapes, _):
    data, ids = in_shapes
    if ids is not None and len(ids) != 1:
        raise ShapeError(f"segment_ids must be a vector; got shape {ids}.")
    if data == ():
        raise ShapeError("data must have at least one dimension.")
    if None not in (data, ids) and not shapes.compatible(data[:1], ids):
        raise ShapeError(f"segment_ids must have one id for each row: {ids[0]} ids for "
                         f"{data[0]} rows.")
    return None if data is None else (None,) + data[1:]


def _sorted(ufunc, start):
    def ref(data, ids):
        if ids.size and ids[0] < 0:
            raise ValueError(f"segment id {ids[0]} at segment_ids[0] is negative.")
        falls = np.diff(ids) < 0
        if falls.any():
            at = int(falls.argmax())
            raise ValueError(f"segment ids are not increasing: {ids[at + 1]} at segment_ids"
                             f"[{at + 1}] comes after {ids[at]}.")
        result = np.full((int(ids[-1]) + 1 if ids.size else 0,) + data.shape[1:], start, data.dtype)
        seen = np.zeros(len(result), bool)
        first = np.r_[True, np.diff(ids) > 0] if ids.size else np.zeros(0, bool)
        result[ids[first]] = data[first]
        seen[ids] = True
        ufunc.at(result, ids[~first], data[~first])
        result[~seen] = start
        return result
    return ref


def _sorted_op(ufunc, start, name):
    return op(_sorted_shape, casts=(0,), whole=(1,), dynamic=True, ref=_sorted(ufunc, start),
              name=name)


@_sorted_op(np.add, 0, "SegmentSum")
def segment_sum(data, segment_ids):
    """Row i is the sum of the rows of `data` whose segment id, in ascending order, is i.

    Gradient: `ddata = gather(dy, segment_ids)`.

    Examples
    --------
    >>> Session().run(segment_sum([1., 2., 4.], [0, 0, 1]))
    array([3., 4.])
    """


@RegisterGradient("segment_sum")
def segment_sum_gradient(op, dy):
    return _gather(dy, op.inputs[1], axis=0), None


@_sorted_op(np.multiply, 1, "SegmentProd")
def segment_prod(data, segment_ids):
    """Row i is the product of the rows of `data` whose segment id, in ascending order, is i.

    Gradient: none.

    Examples
    --------
    >>> Session().run(segment_prod([1., 2., 4.], [0, 0, 1]))
    array([2., 4.])
    """


NotDifferentiable("segment_prod")


@_sorted_op(np.maximum, 0, "SegmentMax")
def segment_max(data, segment_ids):
    """Row i is the largest of the rows of `data` whose segment id, in ascending order, is i.

    Gradient: `dy`, shared evenly among equal maxima.

    Examples
    --------
    >>> Session().run(segment_max([1., 2., 4.], [0, 0, 1]))
    array([2., 4.])
    """


@_sorted_op(np.minimum, 0, "SegmentMin")
def segment_min(data, segment_ids):
    """Row i is the smallest of the rows of `data` whose segment id, in ascending order, is i.

    Gradient: `dy`, shared evenly among equal minima.

    Examples
    --------
    >>> Session().run(segment_min([1., 2., 4.], [0, 0, 1]))
    array([1., 4.])
    """


@RegisterGradient("segment_max")
@RegisterGradient("segment_min")
def segment_max_gradient(op, dy):
    data, ids = op.inputs
    hit = cast_to(equal(data, _gather(op.outputs[0], ids, axis=0)), dy)
    shared = dy / segment_sum(hit, ids)
    return hit * _gather(shared, ids, axis=0), None


@scoped("SegmentMean", last=True)
def segment_mean(data, segment_ids, name=None):
    """Row i is the mean of the rows of `data` whose segment id, in ascending order, is i.

    Gradient: `dy / count`, taken at each row's segment.

    Examples
    --------
    >>> Session().run(segment_mean([1., 2., 4.], [0, 0, 1]))
    array([1.5, 4. ])
    """
    data = as_tensor(data)
    total = segment_sum(data, segment_ids)
    ones = rank_like(cast_to(ones_like(as_tensor(segment_ids)), data), data)
    counts = segment_sum(ones, segment_ids)
    counts = maximum(counts, ones_like(counts))
    if is_whole(data._dtype):
        return truncatediv(total, counts, name=name)    # a mean of integers is one, as TensorFlow's
    return divide(total, counts, name=name)


@hooks.fills("densify")
def _densify(slices):
    """IndexedSlices as a dense tensor: rows of equal index are added up."""
    if slices.like is not None:
        return gather_grad(slices.values, slices.like, slices.indices)
    rows = as_tensor(slices.dense_shape)[0]
    return _unsorted_segment_sum(slices.values, slices.indices, rows)


__all__ = ["unsorted_segment_max", "unsorted_segment_min", "unsorted_segment_prod",
           "unsorted_segment_mean", "unsorted_segment_sqrt_n", "segment_sum", "segment_prod",
           "segment_max", "segment_min", "segment_mean", "unsorted_segment_sum"]
