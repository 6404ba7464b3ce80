"""Running sums and products along a dimension; counts, which are NumPy steps."""

import numpy as np

from fastgrad import shapes
from fastgrad.doors import door
from fastgrad.errors import ShapeError
from fastgrad.graph import as_tensor
from fastgrad.ops_array import squeeze
from fastgrad.ops_index import gather_or_zero
from fastgrad.ops_math import _where, cast, cast_to, equal, less, ones_like, zeros_like
from fastgrad.ops_shape import number_of, size
from fastgrad.registry import NotDifferentiable, RegisterGradient, op
from fastgrad.shapes import INT32, normal_axes


def _scanned(in_shapes, attrs):
    if in_shapes[0] is not None:
        normal_axes(attrs["axis"], len(in_shapes[0]))
    return in_shapes[0]


def _scan(total, start):
    """A running total that may leave out its own element, or run from the end."""
    def ref(x, axis, exclusive, reverse):
        if reverse:
            x = np.flip(x, axis)
        found = total(x, axis=axis, dtype=x.dtype)
        if exclusive:
            found = np.roll(found, 1, axis)
            first = (slice(None),) * (axis % x.ndim) + (slice(0, 1),)
            found[first] = start
        return np.flip(found, axis) if reverse else found
    return ref


@op(_scanned, form="scan", kernel="cumsum", ref=_scan(np.cumsum, 0), name="Cumsum")
def _cumsum(x, axis=0, exclusive=False, reverse=False):
    pass


@door
def cumsum(x, axis=0, exclusive=False, reverse=False, name=None):
    """Running sum along `axis`.

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
    """Running product along `axis`; parameters as of `cumsum`.

    Gradient: `cumsum(dy y) / x`, the sum in the other direction; at the first zero along the axis
    as if it were divided out beforehand, behind it zero.
    """
    return _cumprod(x, axis=number_of(axis), exclusive=bool(exclusive), reverse=bool(reverse),
                    name=name)


@RegisterGradient("cumprod")
def cumprod_gradient(op, dy):
    x, at = op.inputs[0], op.attrs

    def back(y):
        return cumsum(y * dy, at["axis"], at["exclusive"], not at["reverse"])
    one, is_zero = ones_like(x), equal(x, zeros_like(x))
    zeros_so_far = cumsum(cast_to(is_zero, x), at["axis"], reverse=at["reverse"])
    # what lies behind a zero is a multiple of it, so that only the first has a gradient
    first = equal(_where(is_zero, zeros_so_far, zeros_like(x)), one)
    rest = cumprod(_where(first, one, x), at["axis"], at["exclusive"], at["reverse"])
    return _where(first, back(rest), back(op.outputs[0]) / _where(is_zero, one, x))


def _bincount_ref(values, weights, minlength, maxlength, weighted):
    found = np.bincount(values.reshape(-1), weights.reshape(-1) if weighted else None, minlength)
    return found if maxlength is None else found[:maxlength]


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
    """How often each whole number from 0 appears, or the sum of its weights.

    Gradient: `dweights = gather(dy, arr)`.
    """
    values = as_tensor(arr)
    weighted = weights is not None
    given = as_tensor(weights) if weighted else cast(values, dtype)
    return _bincount(values, given, minlength=number_of(minlength) or 0,
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
    """How many values fall in each of `nbins` equal parts of a range; the ends take what is beyond.

    Gradient: none.
    """
    return _histogram(values, value_range, nbins=number_of(nbins), dtype=shapes.to_np(dtype),
                      name=name)


def _confusion_ref(labels, predictions, weights, num_classes, weighted):
    labels, predictions = labels.reshape(-1).astype(int), predictions.reshape(-1).astype(int)
    both = np.append(labels, predictions)
    if both.size and both.min() < 0:
        raise ValueError("a label or a prediction is negative")
    classes = (both.max() + 1 if both.size else 0) if num_classes is None else num_classes
    if both.size and both.max() >= classes:
        raise ValueError(f"class {both.max()} does not fit num_classes={classes}")
    found = np.zeros((classes, classes), weights.dtype)
    np.add.at(found, (labels, predictions), weights.reshape(-1) if weighted else 1)
    return found


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
    """How often each label (rows) met each prediction (columns), or the sum of the weights.

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
    given = cast(weights if weighted else labels, dtype)
    return _confusion_matrix(labels, predictions, given, num_classes=number_of(num_classes),
                             weighted=weighted, name=name)


__all__ = ["cumsum", "cumprod", "bincount", "histogram_fixed_width", "confusion_matrix"]
