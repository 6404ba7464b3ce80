"""TensorFlow's `tf.losses`: weighted losses that are collected, so that `get_total_loss` finds
them.

In a "tf" graph losses are computed in float32, as TensorFlow does; in a "numpy" graph in the
dtype of what is given. Weights broadcast to the losses; a loss is divided by the number of
weights that are not zero, unless `reduction` says otherwise.
"""

import numpy as np

from fastgrad import elsewhere as _elsewhere
from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import FLOAT32, FLOAT64, strong, to_np
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.nn.activations import relu
from fastgrad.nn.cross_entropy import (sigmoid_cross_entropy_with_logits,
                                       softmax_cross_entropy_with_logits_v2,
                                       sparse_softmax_cross_entropy_with_logits)
from fastgrad.ops.arithmetic import (add, log, maximum, minimum, multiply, ones_like,
                                     squared_difference, subtract, zeros_like)
from fastgrad.ops.cast import cast
from fastgrad.ops.comparison import not_equal
from fastgrad.ops.divide import div_no_nan
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.reshape import check_weights, squeeze, weights_of
from fastgrad.ops.shape import shape, size
from fastgrad.ops.state import constant, placeholder_with_default, stop_gradient
from fastgrad.ops.unary import abs, square
from fastgrad.ops.where import where


class Reduction:
    """How the losses of a batch become one number."""

    NONE = "none"
    SUM = "weighted_sum"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    MEAN = "weighted_mean"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def all(cls):
        return (cls.NONE, cls.SUM, cls.MEAN, cls.SUM_OVER_BATCH_SIZE,
                cls.SUM_OVER_NONZERO_WEIGHTS, cls.SUM_BY_NONZERO_WEIGHTS)

    @classmethod
    def validate(cls, key):
        if key not in cls.all():
            raise ValueError(f"Invalid Reduction Key {key}.")


_BY_NONZERO = Reduction.SUM_BY_NONZERO_WEIGHTS


class _Scope:
    """The graph and name scope of a loss; checks that nothing is missing."""

    def __init__(self, name, default, **given):
        for key, value in given.items():
            if value is None:
                raise ValueError(f"{key} must not be None.")
        node = next((v for v in given.values() if is_node(v)), None)
        self.graph = node.graph if node is not None else get_default_graph()
        self._name = name or default

    def __enter__(self):
        self._default, self._names = self.graph.as_default(), self.graph.name_scope(self._name)
        self._default.__enter__()
        self.name = self._names.__enter__()
        return self

    def __exit__(self, *error):
        self._names.__exit__(*error)
        self._default.__exit__(*error)

    def real(self, value, name=None):
        """A tensor to compute losses with: float32 in a "tf" graph."""
        x = as_tensor(value, None, self.graph, name)
        if self.graph.literals == "tf":
            return cast(x, FLOAT32)
        dtype = strong(x._dtype)
        return cast(x, FLOAT64) if dtype is not None and dtype.kind != "f" else x


def _same_shape(a, b):
    if not shapes.compatible(a._shape, b._shape):
        raise ShapeError(f"Shapes {a.shape} and {b.shape} are incompatible")


def checked_weights(weights, losses):
    """Weights are one number, or have in each dimension 1 or the size of the losses."""
    if weights._shape != () and None in (weights._shape, losses._shape):
        return weights_of(weights, losses)              # a run knows
    check_weights(weights._shape, losses._shape)
    return weights


@door
def compute_weighted_loss(losses, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES,
                          reduction=_BY_NONZERO):
    """The losses times their weights, reduced to a number and collected.

    Parameters
    ----------
    losses : node
    weights : number or node
        A number, or of the losses' rank with dimensions of 1 or theirs.
    reduction : one of `Reduction`
    """
    Reduction.validate(reduction)
    with _Scope(scope, "weighted_loss", losses=losses, weights=weights) as s:
        given = as_tensor(losses, None, s.graph)
        plain = isinstance(weights, (int, float)) and weights != 0
        x, w = s.real(given), s.real(weights)
        w = checked_weights(w, x)
        whole = plain and weights == 1 and reduction != Reduction.NONE
        loss = x if whole else multiply(x, w)
        if reduction != Reduction.NONE:
            loss = _divided(reduce_sum(loss), x, w, reduction, plain, weights)
        if given._dtype is not None and loss._dtype != given._dtype:
            loss = cast(loss, strong(given._dtype))
        add_loss(loss, loss_collection)
        return loss


def _divided(total, x, w, reduction, plain, weights):
    """The sum over what the reduction divides by."""
    if reduction == Reduction.SUM:
        return total
    if reduction == Reduction.MEAN:
        count = reduce_sum(multiply(ones_like(x), w))
    elif reduction == Reduction.SUM_OVER_BATCH_SIZE or plain:
        count = cast(size(x), x._dtype) if x._dtype is not None else reduce_sum(ones_like(x))
    else:
        present = where(not_equal(w, 0), ones_like(w), zeros_like(w))
        count = reduce_sum(multiply(ones_like(x), present))
    return div_no_nan(total, count, name="value")


# ---- the losses -------------------------------------------------------------------------

@door
def absolute_difference(labels, predictions, weights=1.0, scope=None,
                        loss_collection=GraphKeys.LOSSES, reduction=_BY_NONZERO):
    """`|predictions - labels|`."""
    with _Scope(scope, "absolute_difference", labels=labels, predictions=predictions) as s:
        p, y = s.real(predictions), s.real(labels)
        _same_shape(p, y)
        return compute_weighted_loss(abs(subtract(p, y)), weights, s.name, loss_collection,
                                     reduction)


@door
def mean_squared_error(labels, predictions, weights=1.0, scope=None,
                       loss_collection=GraphKeys.LOSSES, reduction=_BY_NONZERO):
    """`(predictions - labels)**2`."""
    with _Scope(scope, "mean_squared_error", labels=labels, predictions=predictions) as s:
        p, y = s.real(predictions), s.real(labels)
        _same_shape(p, y)
        return compute_weighted_loss(squared_difference(p, y), weights, s.name, loss_collection,
                                     reduction)


@door
def huber_loss(labels, predictions, weights=1.0, delta=1.0, scope=None,
               loss_collection=GraphKeys.LOSSES, reduction=_BY_NONZERO):
    """Half the square up to an error of `delta`, a straight line beyond."""
    with _Scope(scope, "huber_loss", labels=labels, predictions=predictions) as s:
        p, y = s.real(predictions), s.real(labels)
        _same_shape(p, y)
        error = abs(subtract(p, y))
        quadratic = minimum(error, delta)
        loss = 0.5 * multiply(quadratic, quadratic) + delta * subtract(error, quadratic)
        return compute_weighted_loss(loss, weights, s.name, loss_collection, reduction)


@door
def log_loss(labels, predictions, weights=1.0, epsilon=1e-7, scope=None,
             loss_collection=GraphKeys.LOSSES, reduction=_BY_NONZERO):
    """Cross-entropy of probabilities: `-y log(p + epsilon) - (1 - y) log(1 - p + epsilon)`."""
    with _Scope(scope, "log_loss", labels=labels, predictions=predictions) as s:
        p, y = s.real(predictions), s.real(labels)
        _same_shape(p, y)
        loss = -multiply(y, log(p + epsilon)) - multiply(1 - y, log((1 + epsilon) - p))
        return compute_weighted_loss(loss, weights, s.name, loss_collection, reduction)


@door
def hinge_loss(labels, logits, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES,
               reduction=_BY_NONZERO):
    """`max(0, 1 - y z)` for labels 0 and 1, which become -1 and 1."""
    with _Scope(scope, "hinge_loss", labels=labels, logits=logits) as s:
        z, y = s.real(logits), s.real(labels)
        _same_shape(z, y)
        signs = subtract(2 * y, ones_like(y))
        return compute_weighted_loss(relu(subtract(ones_like(y), multiply(signs, z))), weights,
                                     s.name, loss_collection, reduction)


@door
def cosine_distance(labels, predictions, axis=None, weights=1.0, scope=None,
                    loss_collection=GraphKeys.LOSSES, reduction=_BY_NONZERO, dim=None):
    """`1 - sum(labels * predictions)` over `axis`, of vectors that are normalised already."""
    axis = dim if axis is None else axis
    if axis is None:
        raise ValueError("You must specify 'axis'.")
    with _Scope(scope, "cosine_distance_loss", labels=labels, predictions=predictions) as s:
        p, y = s.real(predictions), s.real(labels)
        _same_shape(p, y)
        loss = 1 - reduce_sum(multiply(p, y), axis=(axis,), keepdims=True)
        return compute_weighted_loss(loss, weights, s.name, loss_collection, reduction)


@door
def sigmoid_cross_entropy(multi_class_labels, logits, weights=1.0, label_smoothing=0, scope=None,
                          loss_collection=GraphKeys.LOSSES, reduction=_BY_NONZERO):
    """Cross-entropy of sigmoid(logits); labels may be smoothed towards 1/2."""
    with _Scope(scope, "sigmoid_cross_entropy_loss", multi_class_labels=multi_class_labels,
                logits=logits) as s:
        z, y = _like_logits(s, multi_class_labels, logits)
        if label_smoothing > 0:
            y = y * (1 - label_smoothing) + 0.5 * label_smoothing
        loss = sigmoid_cross_entropy_with_logits(labels=y, logits=z, name="xentropy")
        return compute_weighted_loss(loss, weights, s.name, loss_collection, reduction)


def _like_logits(s, labels, logits):
    z = as_tensor(logits, None, s.graph)
    y = as_tensor(labels, None, s.graph)
    y = cast(y, strong(z._dtype)) if z._dtype is not None else y
    _same_shape(z, y)
    return z, y


@door
def softmax_cross_entropy(onehot_labels, logits, weights=1.0, label_smoothing=0, scope=None,
                          loss_collection=GraphKeys.LOSSES, reduction=_BY_NONZERO):
    """Cross-entropy of softmax(logits); labels may be smoothed towards 1/classes, and get no
    gradient."""
    with _Scope(scope, "softmax_cross_entropy_loss", onehot_labels=onehot_labels,
                logits=logits) as s:
        z, y = _like_logits(s, onehot_labels, logits)
        if label_smoothing > 0:
            classes = cast(shape(y)[-1], z._dtype)
            y = y * (1.0 - label_smoothing) + label_smoothing / classes
        loss = softmax_cross_entropy_with_logits_v2(labels=stop_gradient(y), logits=z,
                                                    name="xentropy")
        return compute_weighted_loss(loss, weights, s.name, loss_collection, reduction)


@door
def sparse_softmax_cross_entropy(labels, logits, weights=1.0, scope=None,
                                 loss_collection=GraphKeys.LOSSES, reduction=_BY_NONZERO):
    """Cross-entropy of softmax(logits) against class numbers; their last dimension may be 1."""
    with _Scope(scope, "sparse_softmax_cross_entropy_loss", labels=labels, logits=logits) as s:
        z, y = as_tensor(logits, None, s.graph), as_tensor(labels, None, s.graph)
        if y._shape is not None and z._shape is not None and len(y._shape) == len(z._shape):
            y = squeeze(y, [-1])
        w = as_tensor(weights, None, s.graph)
        if w._shape is not None and y._shape is not None and len(w._shape) == len(y._shape) + 1:
            w = weights = squeeze(w, [-1])
        loss = sparse_softmax_cross_entropy_with_logits(labels=y, logits=z, name="xentropy")
        return compute_weighted_loss(loss, weights, s.name, loss_collection, reduction)


@door
def mean_pairwise_squared_error(labels, predictions, weights=1.0, scope=None,
                                loss_collection=GraphKeys.LOSSES):
    """Mean of `((p_i - p_j) - (y_i - y_j))**2` over the pairs of each row."""
    with _Scope(scope, "mean_pairwise_squared_error", labels=labels,
                predictions=predictions) as s:
        p, y, w = s.real(predictions), s.real(labels), s.real(weights)
        _same_shape(p, y)
        w = checked_weights(w, y)
        diffs = subtract(p, y)
        if diffs._shape is None:
            raise ShapeError("mean_pairwise_squared_error needs predictions of a known rank.")
        axes = tuple(range(1, len(diffs._shape)))
        ones = where(not_equal(w, 0), ones_like(w), zeros_like(w)) * ones_like(diffs)
        count = reduce_sum(ones, axis=axes, keepdims=True)
        squares = reduce_sum(square(diffs), axis=axes, keepdims=True)
        total = square(reduce_sum(diffs, axis=axes, keepdims=True))
        pairs = 2.0 * div_no_nan(squares, maximum(count - 1, 0)) \
            - 2.0 * div_no_nan(total, maximum(count * (count - 1), 0))
        loss = reduce_sum(multiply(pairs, w))
        add_loss(loss, loss_collection)
        return loss


@door
def sample_weight(dtype=FLOAT32):
    """The weight of each row, 1 unless `Session.fit` is given `sample_weight` or `class_weight`.

    Parameters
    ----------
    dtype : dtype
        Of the node, if the default graph has none yet.

    Returns
    -------
    Tensor
        Of shape (rows,), or (1,) when nothing is fed; to be given to a loss as its `weights`.

    Examples
    --------
    >>> x, c = placeholder(float32, [None, 2]), placeholder(int64, [None])
    >>> logits = matmul(x, Variable(np.zeros((2, 3), "float32")))
    >>> loss = sparse_softmax_cross_entropy(c, logits, weights=sample_weight())
    >>> train_op = train.AdamOptimizer(0.01).minimize(loss)
    >>> history = Session().fit(train_op, {x: np.eye(2), c: [0, 2]}, class_weight="balanced")
    """
    graph = get_default_graph()
    if not graph.get_collection("sample_weight"):
        with graph.control_dependencies(None), graph.name_scope(None):
            node = placeholder_with_default(np.ones(1, to_np(dtype)), [None],
                                            name="sample_weight")
        graph.add_to_collection("sample_weight", node)
    return graph.get_collection("sample_weight")[0]


# ---- collected --------------------------------------------------------------------------

@door
def add_loss(loss, loss_collection=GraphKeys.LOSSES):
    """Collect a loss of one's own."""
    if loss_collection:
        loss.graph.add_to_collection(loss_collection, loss)


@door
def get_losses(scope=None, loss_collection=GraphKeys.LOSSES):
    """The losses collected in the default graph."""
    return get_default_graph().get_collection(loss_collection, scope)


@door
def get_regularization_losses(scope=None):
    """The penalties that regularizers of variables have added."""
    return get_default_graph().get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


@door
def get_regularization_loss(scope=None, name="total_regularization_loss"):
    """The sum of the regularization losses; 0 if there is none."""
    found = get_regularization_losses(scope)
    return _sum(found, name) if found else constant(0.0)


@door
def get_total_loss(add_regularization_losses=True, name="total_loss", scope=None):
    """The sum of all losses collected."""
    found = get_losses(scope)
    if add_regularization_losses:
        found = found + get_regularization_losses(scope)
    if not found:
        raise ValueError("get_total_loss: no loss has been collected.")
    return _sum(found, name)


def _sum(values, name):
    graph = values[0].graph
    with graph.name_scope(name):
        total = values[0]
        for v in values[1:]:
            total = add(total, v)
        return total


__all__ = ["Reduction", "compute_weighted_loss", "absolute_difference", "mean_squared_error",
           "huber_loss", "log_loss", "hinge_loss", "cosine_distance", "sigmoid_cross_entropy",
           "softmax_cross_entropy", "sparse_softmax_cross_entropy",
           "mean_pairwise_squared_error", "sample_weight", "add_loss", "get_losses",
           "get_regularization_losses", "get_regularization_loss", "get_total_loss"]
__getattr__ = _elsewhere.missing("fastgrad.losses")
