"""Cumulative sums and products, linear recurrences; counts and histograms as NumPy steps."""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import INT32, to_np
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient, op
from fastgrad.graph.shapes import normal_axes
from fastgrad.ops.arithmetic import _where, cast, cast_to, less, ones_like
from fastgrad.ops.gather import gather_or_zero
from fastgrad.ops.reshape import squeeze
from fastgrad.ops.shape import number_of, size


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


# ---- counts -----------------------------------------------------------------------------

def _bincount_ref(values, weights, minlength, maxlength, weighted):
    counts = np.bincount(values.reshape(-1), weights.reshape(-1) if weighted else None, minlength)
    return counts if maxlength is None else counts[:maxlength]


@op(lambda s, a: (None,), dtype=None, out=lambda d, a: d[1], whole=(0,), dynamic=True,
    ref=_bincount_ref, name="bincount")
def _bincount(values, weights, minlength=0, maxlength=None, weighted=False):
    pass


@RegisterGradient("bincount")
def bincount_gradient(op, dy):
    values = op.inputs[0]
    if not op.attrs["weighted"]:
        return None, None
    if op.attrs["maxlength"] is None:
        return None, gather_or_zero(dy, values)
    # what maxlength leaves out has no place in dy
    return None, gather_or_zero(dy, _where(less(values, cast_to(size(dy), values)), values,
                                           -ones_like(values)))


@door
def bincount(arr, weights=None, minlength=None, maxlength=None, dtype=INT32, name=None):
    """Counts of each whole number from 0, or the sum of its weights.

    Gradient: `dweights = gather(dy, arr)`.
    """
    values = as_tensor(arr)
    weighted = weights is not None
    weights_ = as_tensor(weights) if weighted else cast(values, dtype)
    return _bincount(values, weights_, minlength=number_of(minlength) or 0,
                     maxlength=number_of(maxlength), weighted=weighted, name=name)


def _histogram_ref(values, value_range, nbins, dtype):
    low, high = value_range
    if not low < high:
        raise ValueError(f"value_range must rise; got {low} and {high}.")
    place = np.floor((values - low) / (high - low) * nbins).astype(np.int64)
    return np.bincount(np.clip(place, 0, nbins - 1).reshape(-1), minlength=nbins).astype(dtype)


@op(lambda s, a: (a["nbins"],), casts=(0, 1), out=lambda d, a: a["dtype"], ref=_histogram_ref,
    name="histogram_fixed_width")
def _histogram(values, value_range, nbins=100, dtype=INT32):
    pass


NotDifferentiable("histogram")


@door
def histogram_fixed_width(values, value_range, nbins=100, dtype=INT32, name=None):
    """Histogram of `nbins` bins of equal width; the outer ones also count what is beyond them.

    Gradient: none.
    """
    return _histogram(values, value_range, nbins=number_of(nbins), dtype=to_np(dtype),
                      name=name)


def _confusion_ref(labels, predictions, weights, num_classes, weighted):
    labels, predictions = labels.reshape(-1).astype(int), predictions.reshape(-1).astype(int)
    both = np.append(labels, predictions)
    if both.size and both.min() < 0:
        raise ValueError("a label or a prediction is negative")
    classes = (both.max() + 1 if both.size else 0) if num_classes is None else num_classes
    if both.size and both.max() >= classes:
        raise ValueError(f"class {both.max()} does not fit num_classes={classes}")
    counts = np.zeros((classes, classes), weights.dtype)
    np.add.at(counts, (labels, predictions), weights.reshape(-1) if weighted else 1)
    return counts


def _confusion_shape(in_shapes, attrs):
    labels, predictions = in_shapes[:2]
    if not shapes.compatible(labels, (None,)) or not shapes.compatible(labels, predictions):
        raise ShapeError(f"labels of shape {labels} do not fit predictions of shape {predictions}.")
    return (attrs["num_classes"],) * 2


@op(_confusion_shape, dtype=None, out=lambda d, a: d[2], dynamic=True,
    ref=_confusion_ref, name="confusion_matrix")
def _confusion_matrix(labels, predictions, weights, num_classes=None, weighted=False):
    pass


NotDifferentiable("confusion_matrix")


def _without_column(labels, predictions):
    """A last dimension of 1 that only one of the two has is left out."""
    if labels._shape is not None and predictions._shape is not None:
        more = len(labels._shape) - len(predictions._shape)
        if more == 1 and labels._shape[-1] in (1, None):
            return squeeze(labels, [-1]), predictions
        if more == -1 and predictions._shape[-1] in (1, None):
            return labels, squeeze(predictions, [-1])
    return labels, predictions


@door
def confusion_matrix(labels, predictions, num_classes=None, dtype=INT32, name=None, weights=None):
    """Confusion matrix: counts of each label (row) and prediction (column), or sums of weights.

    Parameters
    ----------
    labels, predictions : tensors (n,) of classes
    num_classes : int, optional
        One more than the largest class of this run, if not given.
    dtype : dtype
        Of the result.
    weights : tensor (n,), optional

    Notes
    -----
    Gradient: none.
    """
    labels, predictions = _without_column(as_tensor(labels), as_tensor(predictions))
    weighted = weights is not None
    weights_ = cast(weights if weighted else labels, dtype)
    return _confusion_matrix(labels, predictions, weights_, num_classes=number_of(num_classes),
                             weighted=weighted, name=name)


__all__ = ["cumsum", "cumprod", "bincount", "histogram_fixed_width", "confusion_matrix"]
