"""Cumulative sums and products, and linear recurrences, along a dimension."""

import numpy as np

from fastgrad.graph import shapes
from fastgrad.graph.doors import door
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.graph.shapes import normal_axes
from fastgrad.ops.shape import number_of


def _scanned(in_shapes, attrs):
    if in_shapes[0] is not None:
        normal_axes(attrs["axis"], len(in_shapes[0]))
    return in_shapes[0]


def _scan(total, start):
    """A cumulative total that may leave out its own element, or run from the end."""
    def ref(x, axis, exclusive, reverse):
        if reverse:
            x = np.flip(x, axis)
        totals = total(x, axis=axis, dtype=x.dtype)
        if exclusive:
            totals = np.roll(totals, 1, axis)
            first = (slice(None),) * (axis % x.ndim) + (slice(0, 1),)
            totals[first] = start
        return np.flip(totals, axis) if reverse else totals
    return ref


@op(_scanned, form="scan", kernel="cumsum", ref=_scan(np.cumsum, 0), name="Cumsum")
def _cumsum(x, axis=0, exclusive=False, reverse=False):
    pass


@door
def cumsum(x, axis=0, exclusive=False, reverse=False, name=None):
    """Cumulative sum along `axis`.

    Parameters
    ----------
    exclusive : bool
        Whether each sum leaves out its own element.
    reverse : bool
        Whether it runs from the end.

    Notes
    -----
    Gradient: the running sum of `dy` in the other direction.

    Examples
    --------
    >>> Session().run(cumsum([1, 2, 3], exclusive=True))
    array([0, 1, 3])
    """
    return _cumsum(x, axis=number_of(axis), exclusive=bool(exclusive), reverse=bool(reverse),
                   name=name)


@RegisterGradient("cumsum")
def cumsum_gradient(op, dy):
    at = op.attrs
    return cumsum(dy, at["axis"], at["exclusive"], not at["reverse"])


@op(_scanned, form="scan", kernel="cumprod", ref=_scan(np.cumprod, 1), name="Cumprod")
def _cumprod(x, axis=0, exclusive=False, reverse=False):
    pass


@door
def cumprod(x, axis=0, exclusive=False, reverse=False, name=None):
    """Cumulative product along `axis`; parameters as of `cumsum`.

    Gradient: `dx[i]` is the sum of `dy[k]` times the product of the other elements up to `k`.

    Examples
    --------
    >>> Session().run(cumprod([1, 2, 3], reverse=True))
    array([6, 6, 3])
    """
    return _cumprod(x, axis=number_of(axis), exclusive=bool(exclusive), reverse=bool(reverse),
                    name=name)


# ---- linear recurrences -----------------------------------------------------------------

def _turned(x, reverse, axis):
    return np.moveaxis(np.flip(x, axis) if reverse else x, axis, 0)


def _recurrence_ref(a, b, axis, exclusive, reverse, cut):
    factors, y = _turned(a, reverse, axis), b.copy()
    rows = _turned(y, reverse, axis)            # a view
    for i in range(1, len(rows)):
        more = factors[i - exclusive] * rows[i - 1]
        rows[i] += np.where(factors[i - exclusive] == 0, 0, more) if cut else more
    return y


def _pair_shape(in_shapes, attrs):
    return _scanned([shapes.merge(*in_shapes)], attrs)


@op(_pair_shape, form="scan", kernel="recurrence", ref=_recurrence_ref)
def recurrence(a, b, axis=0, exclusive=False, reverse=False, cut=False):
    """Linear recurrence `y[i] = a[i] y[i - 1] + b[i]` along `axis`, with `y[0] = b[0]`.

    `exclusive` takes `a[i - 1]` in place of `a[i]`; `reverse` runs from the end; with `cut` a
    factor of 0 takes nothing over, not even an infinity: a recurrence starts there anew.

    Gradient: `db` is the recurrence of `dy` in the other direction, exclusive where this one is
    not; `da[i] = db[i] y[i - 1]`, at the place of the factor.
    """


@RegisterGradient("recurrence")
def recurrence_gradient(op, dy):
    a, at = op.inputs[0], op.attrs
    axis, exclusive, reverse = at["axis"], at["exclusive"], at["reverse"]
    db = recurrence(a, dy, axis, not exclusive, not reverse, at["cut"])
    if exclusive:
        return shifted(db, axis, not reverse) * op.outputs[0], db
    return db * shifted(op.outputs[0], axis, reverse), db


def _shifted_ref(x, axis, reverse):
    y = np.zeros_like(x)
    _turned(y, reverse, axis)[1:] = _turned(x, reverse, axis)[:-1]
    return y


@op(_scanned, ref=_shifted_ref)
def shifted(x, axis=0, reverse=False):
    """Shift by one place: `y[i] = x[i - 1]` along `axis`, with `y[0] = 0`; reversed if `reverse`.

    Gradient: `dy`, shifted in the other direction.
    """


@RegisterGradient("shifted")
def shifted_gradient(op, dy):
    return shifted(dy, op.attrs["axis"], not op.attrs["reverse"])


# ---- products of all but one ------------------------------------------------------------

def cumprod_gradient(x, dy, axis, exclusive=False, reverse=False):
    """Gradient of `cumprod`: `dx[i]` is the sum over k >= i of `dy[k] prod(x[j], j <= k but i)`.

    It divides by nothing, so that it and its own gradients hold at any number of zeros: the product
    of what comes before, times a recurrence from the end.
    """
    before = cumprod(x, axis, True, reverse)
    if exclusive:
        dy = shifted(dy, axis, not reverse)
    return before * recurrence(x, dy, axis, True, not reverse)


@RegisterGradient("cumprod")
def cumprod_gradient_2(op, dy):
    return cumprod_gradient(op.inputs[0], dy, **op.attrs)


def _rows_shape(in_shapes, attrs):
    x = in_shapes[0]
    if x is None:
        return None
    axes = normal_axes(attrs["axis"], len(x))
    count = [x[i] for i in axes]
    return tuple(d for i, d in enumerate(x) if i not in axes) + (
        None if None in count else shapes.size_of(count),)


def _axes_last(x, axis):
    axes = normal_axes(axis, x.ndim)
    return np.moveaxis(x, axes, range(x.ndim - len(axes), x.ndim))


def _in_rows_ref(x, axis):
    last = _axes_last(x, axis)
    return last.reshape(last.shape[:x.ndim - len(normal_axes(axis, x.ndim))] + (-1,))


@op(_rows_shape, ref=lambda x, axis: _in_rows_ref(x, axis) if x.size else
    np.zeros(_rows_shape([x.shape], {"axis": axis}), x.dtype))
def in_rows(x, axis=None):
    """The dimensions `axis` (all if None) as one, behind the others.

    Gradient: `out_of_rows(dy, x)`.
    """


def _out_of_rows_ref(rows, like, axis):
    x = np.empty(like.shape, rows.dtype)
    view = _axes_last(x, axis)
    view[...] = rows.reshape(view.shape)
    return x


@op(lambda s, a: s[1], casts=(0,), shape_only=(1,), ref=_out_of_rows_ref)
def out_of_rows(rows, like, axis=None):
    """What `in_rows` has put in rows, in the shape of `like`.

    Gradient: `in_rows(dy)`.
    """


@RegisterGradient("in_rows")
def in_rows_gradient(op, dy):
    return out_of_rows(dy, op.inputs[0], axis=op.attrs["axis"])


@RegisterGradient("out_of_rows")
def out_of_rows_gradient(op, dy):
    return in_rows(dy, axis=op.attrs["axis"]), None


@RegisterGradient("product_of_others")
def product_of_others_gradient(op, dy):
    x, axis = op.inputs[0], op.attrs["axis"]
    if isinstance(axis, int):
        return _others_gradient(x, dy, axis)
    return out_of_rows(_others_gradient(in_rows(x, axis=axis), in_rows(dy, axis=axis), -1), x,
                       axis=axis)


def _others_gradient(x, dy, axis):
    """Gradient of `product_of_others`, the product of what comes before and behind an element."""
    before, after = cumprod(x, axis, True), cumprod(x, axis, True, True)
    return (cumprod_gradient(x, dy * after, axis, True)
            + cumprod_gradient(x, dy * before, axis, True, True))


__all__ = ["cumsum", "cumprod"]
