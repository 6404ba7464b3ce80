"""Counts of values: bincount, histogram_fixed_width, confusion_matrix, as NumPy steps."""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import INT32, to_np
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient, op
from fastgrad.ops.arithmetic import _where, ones_like
from fastgrad.ops.cast import cast, cast_to
from fastgrad.ops.comparison import less
from fastgrad.ops.gather import gather_or_zero
from fastgrad.ops.reshape import squeeze
from fastgrad.ops.shape import number_of, size


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

    Examples
    --------
    >>> Session().run(bincount([1, 1, 3]))
    array([0, 2, 0, 1], dtype=int32)
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

    Examples
    --------
    >>> Session().run(histogram_fixed_width([0.1, 0.4, 0.9], [0., 1.], nbins=2))
    array([2, 1], dtype=int32)
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

    Examples
    --------
    >>> Session().run(confusion_matrix([0, 1, 1], [0, 1, 0]))
    array([[1, 0],
           [1, 1]], dtype=int32)
    """
    labels, predictions = _without_column(as_tensor(labels), as_tensor(predictions))
    weighted = weights is not None
    weights_ = cast(weights if weighted else labels, dtype)
    return _confusion_matrix(labels, predictions, weights_, num_classes=number_of(num_classes),
                             weighted=weighted, name=name)


__all__ = ["bincount", "histogram_fixed_width", "confusion_matrix"]
