"""TensorFlow's `tf.metrics`: measures over many batches, in local variables.

Each gives `(value, update_op)`: run `update_op` for every batch, `value` at the end; its variables
are set to zero by `local_variables_initializer()`.
"""

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door, tell_of_truth
from fastgrad.graph.dtypes import BOOL, FLOAT32, strong
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.losses.weighted import checked_weights
from fastgrad.ops.arithmetic import multiply, ones_like, squared_difference
from fastgrad.ops.cast import cast
from fastgrad.ops.comparison import equal
from fastgrad.ops.divide import div_no_nan
from fastgrad.ops.logic import logical_and, logical_not
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.reshape import expand_dims, reshape, squeeze
from fastgrad.ops.state import assign_add
from fastgrad.ops.unary import abs, sqrt
from fastgrad.variables.initializers import zeros_initializer
from fastgrad.variables.scopes import variable_scope
from fastgrad.variables.variable import Variable


class _Metric:
    """The scope of a metric, its local variables, and where its results are collected."""

    def __init__(self, name, default, values, collections):
        node = next((v for v in values if is_node(v)), None)
        self.graph = node.graph if node is not None else get_default_graph()
        self._scope = variable_scope(name, default, [v for v in values if is_node(v)])
        self._collections = collections

    def __enter__(self):
        self._default = self.graph.as_default()
        self._default.__enter__()
        self.scope = self._scope.__enter__()
        return self

    def __exit__(self, *error):
        self._scope.__exit__(*error)
        self._default.__exit__(*error)

    def tensor(self, value, dtype=None):
        x = as_tensor(value, None, self.graph)
        return x if dtype is None else cast(x, dtype)

    def weights(self, value, like):
        """Weights as float32 of the shape of `like`; a last dimension of 1 may be missing in them,
        or be one too many."""
        w = self.tensor(value, FLOAT32)
        if w._shape and like._shape is not None:
            more = len(w._shape) - len(like._shape)
            if more == 1:
                w = squeeze(w, [-1])
            elif more == -1:
                w = expand_dims(w, -1)
        return multiply(ones_like(like, FLOAT32), checked_weights(w, like))

    def counter(self, name):
        """A float32 local variable that starts at zero."""
        with self.graph.control_dependencies(None):
            return Variable(lambda: zeros_initializer()([], FLOAT32), trainable=False,
                            collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES],
                            name=name, dtype=FLOAT32)

    def done(self, value, update):
        for key, result in zip(self._collections, (value, update)):
            if key:
                self.graph.add_to_collections(key, result)
        return value, update


@door
def mean(values, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """The (weighted) mean of all values seen.

    Examples
    --------
    >>> value, update = metrics.mean([1., 3.])
    >>> session = Session()
    >>> session.run(local_variables_initializer())
    >>> session.run(update), session.run(value)
    (np.float32(2.0), np.float32(2.0))
    """
    tell_of_truth(values, "mean")
    with _Metric(name, "mean", (values, weights),
                 (metrics_collections, updates_collections)) as m:
        x = m.tensor(values, FLOAT32)
        total, count = m.counter("total"), m.counter("count")
        w = ones_like(x)
        if weights is not None:
            w = m.weights(weights, x)
            x = multiply(x, w)
        new_total = assign_add(total, reduce_sum(x))
        new_count = assign_add(count, reduce_sum(w))
        return m.done(div_no_nan(total, count, name="value"),
                      div_no_nan(new_total, new_count, name="update_op"))


@door
def accuracy(labels, predictions, weights=None, metrics_collections=None,
             updates_collections=None, name=None):
    """The share of predictions that equal their labels.

    Examples
    --------
    >>> value, update = metrics.accuracy([1, 0, 1], [1, 1, 1])
    >>> session = Session()
    >>> session.run(local_variables_initializer())
    >>> session.run(update), session.run(value)
    (np.float32(0.6666667), np.float32(0.6666667))
    """
    predictions, labels = _pair(predictions, labels)
    if predictions._dtype != labels._dtype:
        predictions = cast(predictions, strong(labels._dtype))
    right = cast(equal(predictions, labels), FLOAT32)
    return mean(right, weights, metrics_collections, updates_collections, name or "accuracy")


def _pair(predictions, labels):
    """Both as tensors of one graph and shape; a last dimension of 1 may be missing in one."""
    node = next((v for v in (predictions, labels) if is_node(v)), None)
    graph = node.graph if node is not None else get_default_graph()
    a, b = as_tensor(predictions, None, graph), as_tensor(labels, None, graph)
    if a._shape is not None and b._shape is not None and len(a._shape) != len(b._shape):
        if len(a._shape) == len(b._shape) + 1 and a._shape[-1] == 1:
            a = reshape(a, [-1 if d is None else d for d in a._shape[:-1]])
        elif len(b._shape) == len(a._shape) + 1 and b._shape[-1] == 1:
            b = reshape(b, [-1 if d is None else d for d in b._shape[:-1]])
    if not shapes.compatible(a._shape, b._shape):
        raise ShapeError(f"Shapes {a.shape} and {b.shape} are incompatible")
    return a, b


@door
def mean_squared_error(labels, predictions, weights=None, metrics_collections=None,
                       updates_collections=None, name=None):
    """The mean of the squared errors.

    Examples
    --------
    >>> value, update = metrics.mean_squared_error([1., 2.], [2., 4.])
    >>> session = Session()
    >>> session.run(local_variables_initializer())
    >>> session.run(update), session.run(value)
    (np.float32(2.5), np.float32(2.5))
    """
    p, y = _pair(predictions, labels)
    return mean(squared_difference(p, cast(y, strong(p._dtype))), weights,
                metrics_collections, updates_collections, name or "mean_squared_error")


@door
def root_mean_squared_error(labels, predictions, weights=None, metrics_collections=None,
                            updates_collections=None, name=None):
    """The root of the mean of the squared errors.

    Examples
    --------
    >>> value, update = metrics.root_mean_squared_error([1., 2.], [2., 3.])
    >>> session = Session()
    >>> session.run(local_variables_initializer())
    >>> session.run(update), session.run(value)
    (np.float32(1.0), np.float32(1.0))
    """
    value, update = mean_squared_error(labels, predictions, weights, None, None,
                                       name or "root_mean_squared_error")
    value, update = sqrt(value), sqrt(update)
    for key, result in ((metrics_collections, value), (updates_collections, update)):
        if key:
            value.graph.add_to_collections(key, result)
    return value, update


@door
def mean_absolute_error(labels, predictions, weights=None, metrics_collections=None,
                        updates_collections=None, name=None):
    """The mean of the errors' magnitudes.

    Examples
    --------
    >>> value, update = metrics.mean_absolute_error([1., 2.], [2., 4.])
    >>> session = Session()
    >>> session.run(local_variables_initializer())
    >>> session.run(update), session.run(value)
    (np.float32(1.5), np.float32(1.5))
    """
    p, y = _pair(predictions, labels)
    return mean(abs(p - cast(y, strong(p._dtype))), weights, metrics_collections,
                updates_collections, name or "mean_absolute_error")


@door
def mean_relative_error(labels, predictions, normalizer, weights=None, metrics_collections=None,
                        updates_collections=None, name=None):
    """The mean of the errors' magnitudes divided by `normalizer`, 0 where that is 0.

    Examples
    --------
    >>> value, update = metrics.mean_relative_error([1., 2.], [2., 4.], [1., 2.])
    >>> session = Session()
    >>> session.run(local_variables_initializer())
    >>> session.run(update), session.run(value)
    (np.float32(1.0), np.float32(1.0))
    """
    p, y = _pair(predictions, labels)
    error = abs(p - cast(y, strong(p._dtype)))
    return mean(div_no_nan(error, as_tensor(normalizer, None, p.graph)), weights,
                metrics_collections, updates_collections, name or "mean_relative_error")


# ---- counts of right and wrong ----------------------------------------------------------

def _counted(labels, predictions, weights, wanted, default, name, collections):
    """(value, update) of the number of pairs with these (label, prediction)."""
    p, y = _pair(predictions, labels)
    with _Metric(name, default, (p, y), collections) as m:
        p, y = cast(p, BOOL), cast(y, BOOL)
        hit = logical_and(y if wanted[0] else logical_not(y), p if wanted[1] else logical_not(p))
        found = cast(hit, FLOAT32)
        if weights is not None:
            found = multiply(found, m.weights(weights, found))
        count = m.counter("count")
        update = assign_add(count, reduce_sum(found))
        return m.done(count.read_value(), update)


@door
def true_positives(labels, predictions, weights=None, metrics_collections=None,
                   updates_collections=None, name=None):
    """The number of true predictions of true labels.

    Examples
    --------
    >>> value, update = metrics.true_positives([1, 0, 1, 0], [1, 1, 0, 0])
    >>> session = Session()
    >>> session.run(local_variables_initializer())
    >>> session.run(update), session.run(value)
    (np.float32(1.0), np.float32(1.0))
    """
    return _counted(labels, predictions, weights, (True, True), "true_positives", name,
                    (metrics_collections, updates_collections))


@door
def false_positives(labels, predictions, weights=None, metrics_collections=None,
                    updates_collections=None, name=None):
    """The number of true predictions of false labels.

    Examples
    --------
    >>> value, update = metrics.false_positives([1, 0, 1, 0], [1, 1, 0, 0])
    >>> session = Session()
    >>> session.run(local_variables_initializer())
    >>> session.run(update), session.run(value)
    (np.float32(1.0), np.float32(1.0))
    """
    return _counted(labels, predictions, weights, (False, True), "false_positives", name,
                    (metrics_collections, updates_collections))


@door
def true_negatives(labels, predictions, weights=None, metrics_collections=None,
                   updates_collections=None, name=None):
    """The number of false predictions of false labels.

    Examples
    --------
    >>> value, update = metrics.true_negatives([1, 0, 1, 0], [1, 1, 0, 0])
    >>> session = Session()
    >>> session.run(local_variables_initializer())
    >>> session.run(update), session.run(value)
    (np.float32(1.0), np.float32(1.0))
    """
    return _counted(labels, predictions, weights, (False, False), "true_negatives", name,
                    (metrics_collections, updates_collections))


@door
def false_negatives(labels, predictions, weights=None, metrics_collections=None,
                    updates_collections=None, name=None):
    """The number of false predictions of true labels.

    Examples
    --------
    >>> value, update = metrics.false_negatives([1, 0, 1, 0], [1, 1, 0, 0])
    >>> session = Session()
    >>> session.run(local_variables_initializer())
    >>> session.run(update), session.run(value)
    (np.float32(1.0), np.float32(1.0))
    """
    return _counted(labels, predictions, weights, (True, False), "false_negatives", name,
                    (metrics_collections, updates_collections))


@door
def precision(labels, predictions, weights=None, metrics_collections=None,
              updates_collections=None, name=None):
    """True positives over all positive predictions; 0 if there are none.

    Examples
    --------
    >>> value, update = metrics.precision([1, 0, 1, 0], [1, 1, 0, 0])
    >>> session = Session()
    >>> session.run(local_variables_initializer())
    >>> session.run(update), session.run(value)
    (np.float32(0.5), np.float32(0.5))
    """
    with _Metric(name, "precision", (predictions, labels),
                 (metrics_collections, updates_collections)) as m:
        hit, hit_update = true_positives(labels, predictions, weights)
        miss, miss_update = false_positives(labels, predictions, weights)
        return m.done(div_no_nan(hit, hit + miss, name="value"),
                      div_no_nan(hit_update, hit_update + miss_update, name="update_op"))


@door
def recall(labels, predictions, weights=None, metrics_collections=None,
           updates_collections=None, name=None):
    """True positives over all true labels; 0 if there are none.

    Examples
    --------
    >>> value, update = metrics.recall([1, 0, 1, 0], [1, 1, 0, 0])
    >>> session = Session()
    >>> session.run(local_variables_initializer())
    >>> session.run(update), session.run(value)
    (np.float32(0.5), np.float32(0.5))
    """
    with _Metric(name, "recall", (predictions, labels),
                 (metrics_collections, updates_collections)) as m:
        hit, hit_update = true_positives(labels, predictions, weights)
        miss, miss_update = false_negatives(labels, predictions, weights)
        return m.done(div_no_nan(hit, hit + miss, name="value"),
                      div_no_nan(hit_update, hit_update + miss_update, name="update_op"))


__all__ = ["mean", "accuracy", "mean_squared_error", "root_mean_squared_error",
           "mean_absolute_error", "mean_relative_error", "true_positives", "false_positives",
           "true_negatives", "false_negatives", "precision", "recall"]
