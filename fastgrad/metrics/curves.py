"""Measures at many thresholds and over classes: auc, precision and recall at thresholds, mean_iou.

Part of `tf.metrics`; counts are float32 local variables, one element a threshold or class pair.
"""

import numpy as np

from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.dtypes import BOOL, FLOAT32, FLOAT64, strong
from fastgrad.graph.nodes import as_tensor
from fastgrad.linalg.diagonal import diag_part
from fastgrad.metrics.counts import _Metric, _pair, mean
from fastgrad.ops.arithmetic import (_where, divide, log, maximum, minimum, multiply, ones_like,
                                     zeros_like)
from fastgrad.ops.cast import cast
from fastgrad.ops.comparison import equal, greater, less
from fastgrad.ops.counts import confusion_matrix
from fastgrad.ops.divide import div_no_nan
from fastgrad.ops.logic import logical_and, logical_not
from fastgrad.ops.reduce import reduce_mean, reduce_sum
from fastgrad.ops.reshape import reshape
from fastgrad.ops.state import assign_add
from fastgrad.variables.initializers import zeros_initializer
from fastgrad.variables.variable import Variable

_EPSILON = 1e-7


def _counts(m, name, shape, dtype=FLOAT32):
    """A local variable of counts that start at zero."""
    with m.graph.control_dependencies(None):
        return Variable(lambda: zeros_initializer()(shape, dtype), trainable=False, name=name,
                        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES],
                        dtype=dtype)


class _AtThresholds:
    """Counts of the four outcomes at each threshold, as variables and after this batch."""

    def __init__(self, m, labels, predictions, thresholds, weights, wanted):
        p, y = _pair(predictions, labels)
        w = None if weights is None else reshape(m.weights(weights, p), [1, -1])
        p = reshape(cast(p, FLOAT32), [1, -1])
        y = reshape(cast(y, BOOL), [1, -1])
        limits = np.asarray(thresholds, np.float32).reshape(-1, 1)
        above = greater(p, limits)
        self.value, self.update = {}, {}
        for key, name, truth, said in (
                ("tp", "true_positives", y, above),
                ("fn", "false_negatives", y, logical_not(above)),
                ("tn", "true_negatives", logical_not(y), logical_not(above)),
                ("fp", "false_positives", logical_not(y), above)):
            if key in wanted:
                hit = cast(logical_and(truth, said), FLOAT32)
                total = reduce_sum(hit if w is None else multiply(hit, w), 1)
                self.value[key] = _counts(m, name, [len(limits)])
                self.update[key] = assign_add(self.value[key], total)


def auc(labels, predictions, weights=None, num_thresholds=200, metrics_collections=None,
        updates_collections=None, curve="ROC", name=None, summation_method="trapezoidal",
        thresholds=None):
    """The area under the ROC or precision-recall curve, by a sum over thresholds.

    Parameters
    ----------
    labels : tensor of truth values
    predictions : tensor of numbers in [0, 1]
    num_thresholds : int
        Between 0 and 1, both counted with a hair beyond.
    curve : 'ROC' or 'PR'
    summation_method : 'trapezoidal', 'minoring', 'majoring', or 'careful_interpolation' for 'PR'

    Examples
    --------
    >>> value, update = metrics.auc([1, 0], [0.9, 0.1])
    >>> session = Session()
    >>> session.run(local_variables_initializer())
    >>> session.run(update), session.run(value)
    (np.float32(0.99999905), np.float32(0.99999905))
    """
    if curve not in ("ROC", "PR"):
        raise ValueError(f"curve must be either ROC or PR, {curve} unknown")
    if summation_method not in ("trapezoidal", "minoring", "majoring", "careful_interpolation"):
        raise ValueError(f"Invalid summation_method: {summation_method}")
    inner = sorted(thresholds) if thresholds is not None else [
        (i + 1) / (num_thresholds - 1) for i in range(num_thresholds - 2)]
    limits = [0.0 - _EPSILON, *inner, 1.0 + _EPSILON]
    with _Metric(name, "auc", (labels, predictions, weights),
                 (metrics_collections, updates_collections)) as m:
        found = _AtThresholds(m, labels, predictions, limits, weights, ("tp", "fn", "tn", "fp"))
        area = _AREAS.get((curve, summation_method), _area)
        return m.done(area(found.value, curve, summation_method, "value"),
                      area(found.update, curve, summation_method, "update_op"))


def _area(counts, curve, method, name):
    tp, fn, tn, fp = (counts[k] + 0.0 for k in ("tp", "fn", "tn", "fp"))
    tiny = 1e-6
    found = divide(tp + tiny, tp + fn + tiny)
    if curve == "ROC":
        x, y = divide(fp, fp + tn + tiny), found
    else:
        x, y = found, divide(tp + tiny, tp + fp + tiny)
    left, right = y[:-1], y[1:]
    heights = {"trapezoidal": lambda: (left + right) / 2.0,
               "minoring": lambda: minimum(left, right),
               "majoring": lambda: maximum(left, right)}
    if method not in heights:
        raise ValueError("careful_interpolation is for the PR curve.")
    return reduce_sum(multiply(x[:-1] - x[1:], heights[method]()), name=name)


def _careful_area(counts, curve, method, name):
    """The area under precision over recall, which is no straight line between two points
    (Davis and Goadrich, "The relationship between precision-recall and ROC curves", 2006)."""
    tp, fn, fp = (counts[k] + 0.0 for k in ("tp", "fn", "fp"))
    said = tp + fp
    found = tp[:-1] - tp[1:]
    slope = div_no_nan(found, maximum(said[:-1] - said[1:], 0.0))
    start = tp[1:] - multiply(slope, said[1:])
    both = logical_and(greater(said[:-1], 0.0), greater(said[1:], 0.0))
    ratio = _where(both, div_no_nan(said[:-1], maximum(said[1:], 0.0)), ones_like(said[1:]))
    return reduce_sum(div_no_nan(slope * (found + start * log(ratio)),
                                 maximum(tp[1:] + fn[1:], 0.0)), name=name)


_AREAS = {("PR", "careful_interpolation"): _careful_area}


def _share_at(kind, other, labels, predictions, thresholds, weights, name, collections):
    with _Metric(name, kind + "_at_thresholds", (predictions, labels, weights), collections) as m:
        found = _AtThresholds(m, labels, predictions, thresholds, weights, ("tp", other))

        def share(counts, name):
            tp = counts["tp"] + 0.0
            return divide(tp, tp + counts[other] + _EPSILON, name=name)
        return m.done(share(found.value, kind + "_value"), share(found.update, kind + "_update_op"))


def precision_at_thresholds(labels, predictions, thresholds, weights=None,
                            metrics_collections=None, updates_collections=None, name=None):
    """`precision` of the predictions above each threshold.

    Examples
    --------
    >>> value, update = metrics.precision_at_thresholds([1, 0], [0.9, 0.6], [0.5, 0.8])
    >>> session = Session()
    >>> session.run(local_variables_initializer())
    >>> session.run(update), session.run(value)
    (array([0.5      , 0.9999999], dtype=float32), array([0.5      , 0.9999999], dtype=float32))
    """
    return _share_at("precision", "fp", labels, predictions, thresholds, weights, name,
                     (metrics_collections, updates_collections))


def recall_at_thresholds(labels, predictions, thresholds, weights=None, metrics_collections=None,
                         updates_collections=None, name=None):
    """`recall` of the predictions above each threshold.

    Examples
    --------
    >>> value, update = metrics.recall_at_thresholds([1, 0], [0.9, 0.6], [0.5, 0.95])
    >>> session = Session()
    >>> session.run(local_variables_initializer())
    >>> session.run(update), session.run(value)
    (array([0.9999999, 0.       ], dtype=float32), array([0.9999999, 0.       ], dtype=float32))
    """
    return _share_at("recall", "fn", labels, predictions, thresholds, weights, name,
                     (metrics_collections, updates_collections))


# ---- over classes -----------------------------------------------------------------------

def mean_iou(labels, predictions, num_classes, weights=None, metrics_collections=None,
             updates_collections=None, name=None):
    """The mean over classes of intersection over union; classes never seen do not count.

    Examples
    --------
    >>> value, update = metrics.mean_iou([0, 1, 1], [0, 1, 0], 2)
    >>> session = Session()
    >>> session.run(local_variables_initializer())
    >>> session.run(update)
    array([[1., 0.],
           [1., 1.]])
    >>> session.run(value)
    np.float32(0.5)
    """
    with _Metric(name, "mean_iou", (predictions, labels, weights),
                 (metrics_collections, updates_collections)) as m:
        p, y = (reshape(v, [-1]) for v in _pair(predictions, labels))
        w = None if weights is None else reshape(m.tensor(weights), [-1])
        total = _counts(m, "total_confusion_matrix", [num_classes, num_classes], FLOAT64)
        now = confusion_matrix(y, p, num_classes, FLOAT64, weights=w)
        update = assign_add(total, now)
        counts = cast(total.read_value(), FLOAT32)
        hit = diag_part(counts)
        union = reduce_sum(counts, 0) + reduce_sum(counts, 1) - hit
        seen = reduce_sum(cast(greater(union, 0.0), FLOAT32))
        share = divide(hit, _where(greater(union, 0.0), union, ones_like(union)))
        found = _where(greater(seen, 0.0), divide(reduce_sum(share), seen), zeros_like(seen),
                       name="mean_iou")
        return m.done(found, update)


def mean_per_class_accuracy(labels, predictions, num_classes, weights=None,
                            metrics_collections=None, updates_collections=None, name=None):
    """The mean over classes of the share of a class that was predicted right.

    Examples
    --------
    >>> value, update = metrics.mean_per_class_accuracy([0, 1, 1], [0, 1, 0], 2)
    >>> session = Session()
    >>> session.run(local_variables_initializer())
    >>> session.run(update)
    array([1. , 0.5], dtype=float32)
    >>> session.run(value)
    np.float32(0.75)
    """
    with _Metric(name, "mean_accuracy", (predictions, labels, weights),
                 (metrics_collections, updates_collections)) as m:
        p, y = (reshape(v, [-1]) for v in _pair(predictions, labels))
        total, count = (_counts(m, n, [num_classes]) for n in ("total", "count"))
        one = cast(equal(reshape(y, [-1, 1]), np.arange(num_classes).astype(
            strong(y._dtype))), FLOAT32)
        right = cast(equal(p, cast(y, strong(p._dtype))), FLOAT32)
        if weights is not None:
            w = reshape(m.tensor(weights, FLOAT32), [-1])
            right, seen = right * w, one * reshape(w, [-1, 1])
        else:
            seen = one
        new_total = assign_add(total, reduce_sum(seen, 0))
        new_count = assign_add(count, reduce_sum(one * reshape(right, [-1, 1]), 0))
        return m.done(reduce_mean(div_no_nan(count, total), name="mean_accuracy"),
                      div_no_nan(new_count, new_total, name="update_op"))


# ---- means ------------------------------------------------------------------------------

def percentage_below(values, threshold, weights=None, metrics_collections=None,
                     updates_collections=None, name=None):
    """The share of values below a threshold.

    Examples
    --------
    >>> value, update = metrics.percentage_below([1., 3.], 2.)
    >>> session = Session()
    >>> session.run(local_variables_initializer())
    >>> session.run(update), session.run(value)
    (np.float32(0.5), np.float32(0.5))
    """
    below = cast(less(as_tensor(values), threshold), FLOAT32)
    return mean(below, weights, metrics_collections, updates_collections,
                name or "percentage_below_threshold")


def mean_cosine_distance(labels, predictions, dim, weights=None, metrics_collections=None,
                         updates_collections=None, name=None):
    """The mean of 1 less the scalar product along `dim` of vectors of length 1.

    Examples
    --------
    >>> value, update = metrics.mean_cosine_distance([[1., 0.]], [[1., 0.]], dim=1)
    >>> session = Session()
    >>> session.run(local_variables_initializer())
    >>> session.run(update), session.run(value)
    (np.float32(0.0), np.float32(0.0))
    """
    p, y = _pair(predictions, labels)
    distance = reduce_sum(p * cast(y, strong(p._dtype)), dim, True)
    value, update = mean(distance, weights, None, None, name or "mean_cosine_distance")
    value, update = 1.0 - value, 1.0 - update
    for key, result in ((metrics_collections, value), (updates_collections, update)):
        if key:
            value.graph.add_to_collections(key, result)
    return value, update


def mean_tensor(values, weights=None, metrics_collections=None, updates_collections=None,
                name=None):
    """The (weighted) mean of each element over batches.

    Examples
    --------
    >>> value, update = metrics.mean_tensor([1., 3.])
    >>> session = Session()
    >>> session.run(local_variables_initializer())
    >>> session.run(update), session.run(value)
    (array([1., 3.], dtype=float32), array([1., 3.], dtype=float32))
    """
    with _Metric(name, "mean", (values, weights),
                 (metrics_collections, updates_collections)) as m:
        x = m.tensor(values, FLOAT32)
        size = list(x._shape)
        total, count = _counts(m, "total_tensor", size), _counts(m, "count_tensor", size)
        w = ones_like(x)
        if weights is not None:
            w = m.weights(weights, w)
            x = multiply(x, w)
        new_total, new_count = assign_add(total, x), assign_add(count, w)
        return m.done(div_no_nan(total, count, name="value"),
                      div_no_nan(new_total, new_count, name="update_op"))


__all__ = ["auc", "precision_at_thresholds", "recall_at_thresholds", "mean_iou",
           "mean_per_class_accuracy", "percentage_below", "mean_cosine_distance", "mean_tensor"]
