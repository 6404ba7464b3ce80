"""Sets of values: unique, unique_with_counts, setdiff1d.

Shapes depend on values: the operations are evaluated in Python, in a stage of their own, before the
rest of the run is planned.
"""

import numpy as np

from fastgrad.errors import LateShapeError, ShapeError
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import INT32, strong, to_np
from fastgrad.graph.registry import NotDifferentiable, op


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

    Examples
    --------
    >>> Session().run(unique([5, 7, 5]))
    Unique(y=array([5, 7]), idx=array([0, 1, 0], dtype=int32))
    """
    from collections import namedtuple
    Unique = namedtuple("Unique", ["y", "idx"])
    return Unique(*_unique(x, out_idx=to_np(out_idx), name=name))


@door
def unique_with_counts(x, out_idx=INT32, name=None):
    """As `unique`, and how often each value appears.

    Gradient: none.

    Examples
    --------
    >>> Session().run(unique_with_counts([5, 7, 5]).count)
    array([2, 1], dtype=int32)
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

    Examples
    --------
    >>> Session().run(setdiff1d([1, 2, 3], [2]))
    ListDiff(out=array([1, 3]), idx=array([0, 2], dtype=int32))
    """
    from collections import namedtuple
    ListDiff = namedtuple("ListDiff", ["out", "idx"])
    return ListDiff(*_setdiff1d(x, y, out_idx=to_np(index_dtype), name=name))


__all__ = ["unique", "unique_with_counts", "setdiff1d"]
