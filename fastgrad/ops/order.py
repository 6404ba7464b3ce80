"""Changing and finding the order of elements: sort, roll, reverse_sequence, searchsorted."""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.bad_index import LENGTH, checked
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import INT32, strong, to_np
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient, op
from fastgrad.graph.shapes import normal_axes
from fastgrad.ops.shape import known_value, number_of


# ---- sort -------------------------------------------------------------------------------

def _order_ref(x, axis, descending):
    if not descending:
        return np.argsort(x, axis, kind="stable")
    # stable too: the first of equals stays first
    turned = np.argsort(np.flip(x, axis), axis, kind="stable")
    return np.flip(x.shape[axis] - 1 - turned, axis)


def _along(in_shapes, attrs):
    """The shape of the last input; `axis` must be one of its dimensions."""
    known = in_shapes[-1]
    if known is not None and attrs["axis"] not in ((), None):
        normal_axes(attrs["axis"], len(known))
    return known


@op(_along, out=INT32, ref=_order_ref, name="TopKV2")
def _argsort(values, axis=-1, descending=False):
    pass


NotDifferentiable("argsort")


def _descending(direction):
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(f"direction should be one of ASCENDING, DESCENDING; got {direction!r}.")
    return direction == "DESCENDING"


@door
def argsort(values, axis=-1, direction="ASCENDING", stable=False, name=None):
    """The indices that sort the elements along `axis`; int32, the first of equals first.

    Gradient: none.

    Examples
    --------
    >>> Session().run(argsort([3., 1., 2.], direction='DESCENDING'))
    array([0, 2, 1], dtype=int32)
    """
    values, descending = as_tensor(values), _descending(direction)
    with values.graph.name_scope(name or "argsort"):
        return _argsort(values, axis=number_of(axis), descending=descending)


@op(_along, casts=(0,), ref=lambda x, at, axis: np.take_along_axis(x, at, axis), name="sort")
def _take_in_order(values, places, axis=-1):
    pass


def _put_ref(dy, places, like, axis):
    dx = np.zeros(like.shape, dy.dtype)
    np.put_along_axis(dx, places, dy, axis)
    return dx


@op(_along, casts=(0,), shape_only=(2,), ref=_put_ref)
def put_in_order(dy, places, like, axis=-1):
    """The gradient of a sort: zeros of the shape of `like`, each element of `dy` at its place.

    Gradient: `g` taken in that order.
    """


@RegisterGradient("take_in_order")
def take_in_order_gradient(op, dy):
    x, places = op.inputs
    return put_in_order(dy, places, x, axis=op.attrs["axis"]), None


@RegisterGradient("put_in_order")
def put_in_order_gradient(op, g):
    return _take_in_order(g, op.inputs[1], axis=op.attrs["axis"]), None, None


@door
def sort(values, axis=-1, direction="ASCENDING", name=None):
    """Sorted elements along `axis`.

    Gradient: each element of `dy` goes to the place its element came from.

    Examples
    --------
    >>> Session().run(sort([3., 1., 2.]))
    array([1., 2., 3.])
    """
    values = as_tensor(values)
    with values.graph.name_scope(name or "sort") as scope:
        places = _argsort(values, axis=number_of(axis), descending=_descending(direction))
        return _take_in_order(values, places, axis=number_of(axis), name=scope)


def _search_ref(sorted_sequence, values, side, dtype):
    count = shapes.size_of(values.shape[:-1])
    rows, wanted = (x.reshape(count, x.shape[-1]) for x in (sorted_sequence, values))
    points = np.empty(wanted.shape, dtype)
    for r, v, places in zip(rows, wanted, points):
        places[...] = np.searchsorted(r, v, side)
    return points.reshape(values.shape)


def _searched(in_shapes, _):
    rows, values = in_shapes
    for known in in_shapes:
        if known == ():
            raise ShapeError("searchsorted needs at least one dimension.")
    if None not in in_shapes and not shapes.compatible(rows[:-1], values[:-1]):
        raise ShapeError(f"the sequences {rows} and the values {values} must have the same leading "
                         "dimensions.")
    return values


@op(_searched, out=lambda d, a: a["dtype"], ref=_search_ref, name="searchsorted")
def _searchsorted(sorted_sequence, values, side="left", dtype=INT32):
    pass


NotDifferentiable("searchsorted")


@door
def searchsorted(sorted_sequence, values, side="left", out_type=INT32, name=None):
    """Insertion points: where values would go in sorted rows, so that these stay sorted.

    Gradient: none.

    Examples
    --------
    >>> Session().run(searchsorted([1., 3., 5.], [0., 3., 6.]))
    array([0, 1, 3], dtype=int32)
    """
    if side not in ("left", "right"):
        raise ValueError(f"side must be either 'right' or 'left'; got {side!r}.")
    return _searchsorted(sorted_sequence, values, side=side, dtype=to_np(out_type),
                         name=name)


# ---- roll -------------------------------------------------------------------------------

@op(_along, ref=lambda x, shift, axis: np.roll(x, shift, axis), name="Roll", text=True)
def _roll(input, shift=(), axis=()):
    pass


@door
def roll(input, shift, axis, name=None):
    """Circular shift along dimensions: what leaves at one end comes in at the other.

    Gradient: `dy` rolled back.

    Examples
    --------
    >>> Session().run(roll([1, 2, 3, 4], shift=1, axis=0))
    array([4, 1, 2, 3])
    """
    shift, axis = (tuple(int(v) for v in np.atleast_1d(known_value(a, "shift and axis")))
                   for a in (shift, axis))
    if len(shift) != len(axis) and get_default_graph().literals == "tf":
        raise ShapeError(f"roll: one shift for each axis; got {len(shift)} and {len(axis)}.")
    return _roll(input, shift=shift, axis=axis, name=name)


@RegisterGradient("roll")
def roll_gradient(op, dy):
    return _roll(dy, shift=tuple(-n for n in op.attrs["shift"]), axis=op.attrs["axis"])


# ---- reverse_sequence -------------------------------------------------------------------

def _reverse_sequence_ref(x, lengths, seq_axis, batch_axis):
    reversed_ = np.moveaxis(x, (batch_axis, seq_axis), (0, 1)).copy()
    checked(lengths, reversed_.shape[1] + 1, LENGTH)
    for row, n in zip(reversed_, lengths):
        row[:n] = row[:n][::-1]
    return np.moveaxis(reversed_, (0, 1), (batch_axis, seq_axis))


def _sequences(in_shapes, attrs):
    known, lengths = in_shapes
    if lengths is not None and len(lengths) != 1:
        raise ShapeError(f"seq_lengths must be a vector; got shape {lengths}.")
    if known is not None:
        batch, seq = (normal_axes(attrs[k], len(known))[0] for k in ("batch_axis", "seq_axis"))
        if batch == seq:
            raise ShapeError(f"seq_axis and batch_axis are both dimension {seq}.")
        if lengths is not None and not shapes.compatible(known[batch:batch + 1], lengths):
            raise ShapeError(f"seq_lengths must have one number for each batch item: {lengths[0]} "
                             f"for {known[batch]}.")
    return known


@op(_sequences, casts=(0,), whole=(1,), ref=_reverse_sequence_ref,
    name="ReverseSequence")
def _reverse_sequence(input, seq_lengths, seq_axis=1, batch_axis=0):
    pass


@door
def reverse_sequence(input, seq_lengths, seq_axis=None, batch_axis=None, name=None, seq_dim=None,
                     batch_dim=None):
    """Reversal of sequences: the first `seq_lengths[i]` elements of each item in reverse order.

    Gradient: `dy` reversed the same way.

    Examples
    --------
    >>> Session().run(reverse_sequence([[1, 2, 3], [4, 5, 6]], seq_lengths=[2, 3], seq_axis=1))
    array([[2, 1, 3],
           [6, 5, 4]])
    """
    seq, batch = (number_of(b if a is None else a) for a, b in
                  ((seq_axis, seq_dim), (batch_axis, batch_dim)))
    return _reverse_sequence(input, seq_lengths, seq_axis=seq or 0, batch_axis=batch or 0,
                             name=name)


@RegisterGradient("reverse_sequence")
def reverse_sequence_gradient(op, dy):
    return _reverse_sequence(dy, op.inputs[1], **op.attrs), None


# ---- bits -------------------------------------------------------------------------------

def _rebits(in_shapes, attrs):
    """Shape of a bitcast: a wider dtype removes the last dimension, a narrower one adds one."""
    known, wider = in_shapes[0], attrs["ratio"]
    if known is None:
        return None
    if wider < 0:
        return known + (-wider,)
    if wider > 1 and (not known or known[-1] not in (wider, None)):
        raise ShapeError(f"bitcast: the last dimension must be {wider}; got shape {known}.")
    return known[:-1] if wider > 1 else known


def _bitcast_ref(x, type, ratio):
    dims = x.shape + (-ratio,) if ratio < 0 else x.shape[:-1] if ratio > 1 else x.shape
    return np.ascontiguousarray(x).reshape(-1).view(type).reshape(dims)


@op(_rebits, dtype=None, out=lambda d, a: a["type"], ref=_bitcast_ref, name="bitcast")
def _bitcast(input, type=None, ratio=1):
    pass


NotDifferentiable("bitcast")


@door
def bitcast(input, type, name=None):
    """Reinterpretation of the same bits as another dtype.

    A narrower one adds a last dimension, the parts of each element; a wider one removes it.

    Gradient: none.

    Examples
    --------
    >>> Session().run(bitcast(constant([1.0], float32), int32))
    array([1065353216], dtype=int32)
    """
    input, dtype = as_tensor(input), to_np(type)
    source = strong(input._dtype)
    wider, narrower = dtype.itemsize // source.itemsize, source.itemsize // dtype.itemsize
    return _bitcast(input, type=dtype, ratio=wider or -narrower, name=name)


__all__ = ["argsort", "sort", "searchsorted", "roll", "reverse_sequence", "bitcast"]
