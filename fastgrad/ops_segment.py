"""Segment reductions beside `unsorted_segment_sum`: products, extremes, means; sorted segments.

They are NumPy steps. The number of rows of a sorted segment reduction is the last id plus one, so
its shape depends on values and it runs in a stage of its own.
"""

import numpy as np

from fastgrad import shapes
from fastgrad.errors import ShapeError
from fastgrad.graph import as_tensor
from fastgrad.ops_index import (_by_segment, _gather, _unsorted_segment_sum, checked, flat_rows,
                                gather_or_zero)
from fastgrad.ops_math import _where, cast_to, divide, equal, maximum, ones_like, zeros_like
from fastgrad.ops_array import rank_like
from fastgrad.ops_divide import truncatediv
from fastgrad.ops_shape import scoped
from fastgrad.ops_unary import sqrt
from fastgrad.registry import NotDifferentiable, RegisterGradient, op


def _limit(dtype, highest):
    if dtype.kind == "f":
        info = np.finfo(dtype)
        return info.max if highest else info.min
    info = np.iinfo(dtype)
    return info.max if highest else info.min


def _segments(ufunc, start):
    def ref(data, ids, num_segments):
        rows, ids = flat_rows(data, ids)
        found = np.full((int(num_segments),) + rows.shape[1:], start(data.dtype), data.dtype)
        kept = ids >= 0
        ufunc.at(found, checked(ids[kept], len(found)), rows[kept])
        return found
    return ref


@op(_by_segment, casts=(0,), static=(2,), whole=(1,), name="UnsortedSegmentMax",
    ref=_segments(np.maximum, lambda d: _limit(d, False)))
def unsorted_segment_max(data, segment_ids, num_segments):
    """The largest of the rows of each segment; the lowest number of the dtype for an empty one.

    Gradient: `dy`, shared evenly among equal maxima.
    """


@op(_by_segment, casts=(0,), static=(2,), whole=(1,), name="UnsortedSegmentMin",
    ref=_segments(np.minimum, lambda d: _limit(d, True)))
def unsorted_segment_min(data, segment_ids, num_segments):
    """The smallest of the rows of each segment; the highest number of the dtype for an empty one.

    Gradient: `dy`, shared evenly among equal minima.
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

    Gradient: `dy * y / x`, right where one element is 0.
    """


@RegisterGradient("unsorted_segment_prod")
def unsorted_segment_prod_gradient(op, dy):
    data, ids, count = op.inputs
    is_zero = equal(data, zeros_like(data))
    zeros_in = _unsorted_segment_sum(cast_to(is_zero, dy), ids, count)
    rest = unsorted_segment_prod(_where(is_zero, ones_like(data), data), ids, count)
    only_one = equal(zeros_in, ones_like(zeros_in))
    at_zero = gather_or_zero(_where(only_one, dy * rest, zeros_like(dy)), ids)
    elsewhere = gather_or_zero(dy * op.outputs[0], ids) / _where(is_zero, ones_like(data), data)
    return _where(is_zero, at_zero, elsewhere), None, None


def _counts(data, ids, num_segments, total):
    """How many rows each segment has, at least 1, in a shape that broadcasts against `total`."""
    ids = as_tensor(ids)
    found = _unsorted_segment_sum(cast_to(ones_like(ids), as_tensor(data)), ids, num_segments)
    found = rank_like(found, total)
    return maximum(found, ones_like(found))


@scoped("UnsortedSegmentMean")
def unsorted_segment_mean(data, segment_ids, num_segments, name=None):
    """The mean of the rows of each segment; 0 for an empty one.

    Gradient: `dy / count`, taken at each row's segment.
    """
    total = _unsorted_segment_sum(data, segment_ids, num_segments)
    return total / _counts(data, segment_ids, num_segments, total)


@scoped("UnsortedSegmentSqrtN")
def unsorted_segment_sqrt_n(data, segment_ids, num_segments, name=None):
    """The sum of the rows of each segment, divided by the root of their number.

    Gradient: `dy / sqrt(count)`, taken at each row's segment.
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
            raise ValueError(f"segment id {ids[0]} is negative.")
        if (np.diff(ids) < 0).any():
            raise ValueError("segment ids are not increasing.")
        found = np.full((int(ids[-1]) + 1 if ids.size else 0,) + data.shape[1:], start, data.dtype)
        seen = np.zeros(len(found), bool)
        first = np.r_[True, np.diff(ids) > 0] if ids.size else np.zeros(0, bool)
        found[ids[first]] = data[first]
        seen[ids] = True
        ufunc.at(found, ids[~first], data[~first])
        found[~seen] = start
        return found
    return ref


def _sorted_op(ufunc, start, name):
    return op(_sorted_shape, casts=(0,), whole=(1,), dynamic=True, ref=_sorted(ufunc, start),
              name=name)


@_sorted_op(np.add, 0, "SegmentSum")
def segment_sum(data, segment_ids):
    """Row i is the sum of the rows of `data` whose segment id, in ascending order, is i.

    Gradient: `ddata = gather(dy, segment_ids)`.
    """


@RegisterGradient("segment_sum")
def segment_sum_gradient(op, dy):
    return _gather(dy, op.inputs[1], axis=0), None


@_sorted_op(np.multiply, 1, "SegmentProd")
def segment_prod(data, segment_ids):
    """Row i is the product of the rows of `data` whose segment id, in ascending order, is i.

    Gradient: none.
    """


NotDifferentiable("segment_prod")


@_sorted_op(np.maximum, 0, "SegmentMax")
def segment_max(data, segment_ids):
    """Row i is the largest of the rows of `data` whose segment id, in ascending order, is i.

    Gradient: `dy`, shared evenly among equal maxima.
    """


@_sorted_op(np.minimum, 0, "SegmentMin")
def segment_min(data, segment_ids):
    """Row i is the smallest of the rows of `data` whose segment id, in ascending order, is i.

    Gradient: `dy`, shared evenly among equal minima.
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
    """
    data = as_tensor(data)
    total = segment_sum(data, segment_ids)
    ones = rank_like(cast_to(ones_like(as_tensor(segment_ids)), data), data)
    counts = segment_sum(ones, segment_ids)
    counts = maximum(counts, ones_like(counts))
    if shapes.is_whole(data._dtype):
        return truncatediv(total, counts, name=name)    # a mean of integers is one, as TensorFlow's
    return divide(total, counts, name=name)


__all__ = ["unsorted_segment_max", "unsorted_segment_min", "unsorted_segment_prod",
           "unsorted_segment_mean", "unsorted_segment_sqrt_n", "segment_sum", "segment_prod",
           "segment_max", "segment_min", "segment_mean"]
