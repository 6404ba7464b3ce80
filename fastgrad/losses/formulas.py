"""The losses of `tf.losses`, each with weights and a reduction; see `weighted`."""

from fastgrad.errors import ShapeError
from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import strong
from fastgrad.graph.nodes import as_tensor
from fastgrad.losses.collection import add_loss
from fastgrad.losses.weighted import (BY_NONZERO, LossScope, checked_weights,
                                      compute_weighted_loss, same_shape)
from fastgrad.nn.activations import relu
from fastgrad.nn.cross_entropy import (sigmoid_cross_entropy_with_logits,
                                       softmax_cross_entropy_with_logits_v2,
                                       sparse_softmax_cross_entropy_with_logits)
from fastgrad.ops.arithmetic import (log, maximum, minimum, multiply, ones_like,
                                     squared_difference, subtract, zeros_like)
from fastgrad.ops.cast import cast
from fastgrad.ops.comparison import not_equal
from fastgrad.ops.divide import div_no_nan
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.reshape import squeeze
from fastgrad.ops.shape import shape
from fastgrad.ops.state import stop_gradient
from fastgrad.ops.unary import abs, square
from fastgrad.ops.where import where


@door
def absolute_difference(labels, predictions, weights=1.0, scope=None,
                        loss_collection=GraphKeys.LOSSES, reduction=BY_NONZERO):
    """`|predictions - labels|`.

    Examples
    --------
    >>> Session().run(losses.absolute_difference([1., 2.], [2., 4.]))
    np.float64(1.5)
    """
    with LossScope(scope, "absolute_difference", labels=labels, predictions=predictions) as s:
        p, y = s.real(predictions), s.real(labels)
        same_shape(p, y)
        return compute_weighted_loss(abs(subtract(p, y)), weights, s.name, loss_collection,
                                     reduction)


@door
def mean_squared_error(labels, predictions, weights=1.0, scope=None,
                       loss_collection=GraphKeys.LOSSES, reduction=BY_NONZERO):
    """`(predictions - labels)**2`.

    Examples
    --------
    >>> Session().run(losses.mean_squared_error([1., 2.], [2., 4.]))
    np.float64(2.5)
    """
    with LossScope(scope, "mean_squared_error", labels=labels, predictions=predictions) as s:
        p, y = s.real(predictions), s.real(labels)
        same_shape(p, y)
        return compute_weighted_loss(squared_difference(p, y), weights, s.name, loss_collection,
                                     reduction)


@door
def huber_loss(labels, predictions, weights=1.0, delta=1.0, scope=None,
               loss_collection=GraphKeys.LOSSES, reduction=BY_NONZERO):
    """Half the square up to an error of `delta`, a straight line beyond.

    Examples
    --------
    >>> Session().run(losses.huber_loss([1., 2.], [2., 4.]))
    np.float64(1.0)
    """
    with LossScope(scope, "huber_loss", labels=labels, predictions=predictions) as s:
        p, y = s.real(predictions), s.real(labels)
        same_shape(p, y)
        error = abs(subtract(p, y))
        quadratic = minimum(error, delta)
        loss = 0.5 * multiply(quadratic, quadratic) + delta * subtract(error, quadratic)
        return compute_weighted_loss(loss, weights, s.name, loss_collection, reduction)


@door
def log_loss(labels, predictions, weights=1.0, epsilon=1e-7, scope=None,
             loss_collection=GraphKeys.LOSSES, reduction=BY_NONZERO):
    """Cross-entropy of probabilities: `-y log(p + epsilon) - (1 - y) log(1 - p + epsilon)`.

    Examples
    --------
    >>> Session().run(losses.log_loss([1., 0.], [0.9, 0.2]))
    np.float64(0.1642519154304694)
    """
    with LossScope(scope, "log_loss", labels=labels, predictions=predictions) as s:
        p, y = s.real(predictions), s.real(labels)
        same_shape(p, y)
        loss = -multiply(y, log(p + epsilon)) - multiply(1 - y, log((1 + epsilon) - p))
        return compute_weighted_loss(loss, weights, s.name, loss_collection, reduction)


@door
def hinge_loss(labels, logits, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES,
               reduction=BY_NONZERO):
    """`max(0, 1 - y z)` for labels 0 and 1, which become -1 and 1.

    Examples
    --------
    >>> Session().run(losses.hinge_loss([1., 0.], [0.5, 0.5]))
    np.float64(1.0)
    """
    with LossScope(scope, "hinge_loss", labels=labels, logits=logits) as s:
        z, y = s.real(logits), s.real(labels)
        same_shape(z, y)
        signs = subtract(2 * y, ones_like(y))
        return compute_weighted_loss(relu(subtract(ones_like(y), multiply(signs, z))), weights,
                                     s.name, loss_collection, reduction)


@door
def cosine_distance(labels, predictions, axis=None, weights=1.0, scope=None,
                    loss_collection=GraphKeys.LOSSES, reduction=BY_NONZERO, dim=None):
    """`1 - sum(labels * predictions)` over `axis`, of vectors that are normalised already.

    Examples
    --------
    >>> Session().run(losses.cosine_distance([1., 0.], [0., 1.], axis=0))
    np.float64(1.0)
    """
    axis = dim if axis is None else axis
    if axis is None:
        raise ValueError("You must specify 'axis'.")
    with LossScope(scope, "cosine_distance_loss", labels=labels, predictions=predictions) as s:
        p, y = s.real(predictions), s.real(labels)
        same_shape(p, y)
        loss = 1 - reduce_sum(multiply(p, y), axis=(axis,), keepdims=True)
        return compute_weighted_loss(loss, weights, s.name, loss_collection, reduction)


@door
def sigmoid_cross_entropy(multi_class_labels, logits, weights=1.0, label_smoothing=0, scope=None,
                          loss_collection=GraphKeys.LOSSES, reduction=BY_NONZERO):
    """Cross-entropy of sigmoid(logits); labels may be smoothed towards 1/2.

    Examples
    --------
    >>> Session().run(losses.sigmoid_cross_entropy([[1., 0.]], [[0., 0.]]))
    np.float64(0.6931471805599453)
    """
    with LossScope(scope, "sigmoid_cross_entropy_loss", multi_class_labels=multi_class_labels,
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
    same_shape(z, y)
    return z, y


@door
def softmax_cross_entropy(onehot_labels, logits, weights=1.0, label_smoothing=0, scope=None,
                          loss_collection=GraphKeys.LOSSES, reduction=BY_NONZERO):
    """Cross-entropy of softmax(logits); labels may be smoothed towards 1/classes, and get no
    gradient.

    Examples
    --------
    >>> Session().run(losses.softmax_cross_entropy([[1., 0.]], [[0., 0.]]))
    np.float64(0.6931471805599453)
    """
    with LossScope(scope, "softmax_cross_entropy_loss", onehot_labels=onehot_labels,
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
                                 loss_collection=GraphKeys.LOSSES, reduction=BY_NONZERO):
    """Cross-entropy of softmax(logits) against class numbers; their last dimension may be 1.

    Examples
    --------
    >>> Session().run(losses.sparse_softmax_cross_entropy([0], [[0., 0.]]))
    np.float64(0.6931471805599453)
    """
    with LossScope(scope, "sparse_softmax_cross_entropy_loss", labels=labels, logits=logits) as s:
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
    """Mean of `((p_i - p_j) - (y_i - y_j))**2` over the pairs of each row.

    Examples
    --------
    >>> Session().run(losses.mean_pairwise_squared_error([[1., 2.]], [[2., 5.]]))
    np.float64(4.0)
    """
    with LossScope(scope, "mean_pairwise_squared_error", labels=labels,
                predictions=predictions) as s:
        p, y, w = s.real(predictions), s.real(labels), s.real(weights)
        same_shape(p, y)
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


# ---- collected --------------------------------------------------------------------------


__all__ = ["absolute_difference", "mean_squared_error", "huber_loss", "log_loss", "hinge_loss",
           "cosine_distance", "sigmoid_cross_entropy", "softmax_cross_entropy",
           "sparse_softmax_cross_entropy", "mean_pairwise_squared_error"]
