"""Cross-entropies from logits, each with its gradient below it.

Formulas are the stable ones, finite for all finite logits. The kernels work on rows of the last
dimension; another class dimension is brought there and back.
"""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.bad_index import LABEL, checked
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import promote_float
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.nn.activations import relu, sigmoid, softplus
from fastgrad.nn.softmax import _log_softmax_ref, _same, _softmax_ref, log_softmax, softmax
from fastgrad.ops.arithmetic import _where, _zip, add, log, multiply, negative, zeros_like
from fastgrad.ops.broadcast import broadcast_to
from fastgrad.ops.cast import cast_like, cast_to
from fastgrad.ops.make import one_hot
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.reshape import expand_dims, reshape_like, transpose
from fastgrad.ops.shape import number_of, shape
from fastgrad.ops.state import stop_gradient
from fastgrad.ops.unary import abs as abs_, exp


def _pair(first, second):
    """Two tensors of one dtype: a literal takes that of the other."""
    known = next((as_tensor(v)._dtype for v in (second, first) if is_node(v)), None)
    graph = next((as_tensor(v).graph for v in (first, second) if is_node(v)),
                 None) or get_default_graph()
    policy = known if graph.literals == "tf" else None
    return tuple(as_tensor(v, None if is_node(v) else policy, graph) for v in (first, second))


# ---- against a distribution -------------------------------------------------------------

def _one_shape(in_shapes, attrs):
    logits, labels = in_shapes[:2]
    if not shapes.compatible(logits, labels):
        raise ShapeError(f"logits and labels must have one shape: {logits} against {labels}.")
    return _same([shapes.merge(logits, labels)], attrs)


def _rows(in_shapes, attrs):
    shape = _one_shape(in_shapes, attrs)
    return shape if shape is None else shape[:-1]


def _xent_ref(logits, labels, axis, plain):
    return -(labels * _log_softmax_ref(logits, -1)).sum(-1)


@op(_rows, dtype=promote_float, form="xent", kernel="xent", ref=_xent_ref,
    name="softmax_cross_entropy_with_logits", node="SoftmaxCrossEntropyWithLogits")
def softmax_xent(logits, labels, axis=-1, plain=False):
    """Softmax cross-entropy, `-sum(labels * log_softmax(logits))` over the last dimension.

    With `plain`, the gradient to `logits` takes the labels to sum to 1, as TensorFlow's does.

    Gradient: `dlogits = dy (sum(labels) softmax(logits) - labels)`,
    `dlabels = -dy log_softmax(logits)`.
    """


@RegisterGradient("softmax_xent")
def softmax_xent_gradient(op, dy):
    logits, labels = op.inputs
    return (softmax_xent_grad(logits, labels, expand_dims(dy, -1), plain=op.attrs["plain"]),
            -expand_dims(dy, -1) * log_softmax(logits))


def _xent_grad_ref(logits, labels, dy, axis, plain):
    total = 1 if plain else labels.sum(-1, keepdims=True)
    return dy * (total * _softmax_ref(logits, -1) - labels)


@op(_one_shape, dtype=promote_float, form="xent_grad", kernel="xent",
    ref=_xent_grad_ref)
def softmax_xent_grad(logits, labels, dy, axis=-1, plain=False):
    """Gradient of `softmax_xent`: `dy * (sum(labels) * softmax(logits) - labels)`.

    Gradient: `dy sum(labels) p (g - sum(g p))`, `dy (sum(g p) - g)` and
    `sum(g (sum(labels) p - labels))` with `p = softmax(logits)`.
    """


@RegisterGradient("softmax_xent_grad")
def softmax_xent_grad_gradient(op, g):
    logits, labels, dy = op.inputs
    p = softmax(logits)
    inner = reduce_sum(g * p, -1, True)
    if op.attrs["plain"]:           # TensorFlow's second order treats the labels as constants
        return dy * p * (g - inner), None, reduce_sum(g * (p - labels), -1, True)
    total = reduce_sum(labels, -1, True)
    return (dy * total * p * (g - inner),
            dy * (inner - g),
            reduce_sum(g * (total * p - labels), -1, True))


@door
def softmax_cross_entropy_with_logits_v2(labels, logits, axis=None, name=None, dim=None):
    """Cross-entropy of softmax(logits) against a distribution `labels`, one value a row.

    Parameters
    ----------
    labels, logits : tensors of one shape (..., classes)
        Floating dtypes. `labels` need not sum to 1.
    axis : int, optional
        The class dimension; the last if not given.

    Returns
    -------
    Tensor
        `-sum(labels * log_softmax(logits))` over `axis`, finite for finite logits.

    Raises
    ------
    ShapeError
        If the shapes differ.

    Notes
    -----
    Gradient: `dlogits = dy (sum(labels) softmax(logits) - labels)`,
    `dlabels = -dy log_softmax(logits)`.

    Examples
    --------
    >>> loss = softmax_cross_entropy_with_logits_v2(labels=[[1., 0.]], logits=[[1000., 0.]])
    >>> Session().run(loss) == [0.]
    array([ True])
    """
    return _of_softmax(labels, logits, number_of(dim if axis is None else axis),
                       name or "softmax_cross_entropy_with_logits")


def _of_softmax(labels, logits, axis, name, sealed=False):
    """The cross-entropy under TensorFlow's name; if `sealed`, without a gradient to the labels."""
    labels, logits = _pair(labels, logits)
    with logits.graph.name_scope(name):
        if logits.graph.literals == "tf":
            labels = _for_each_row(labels, logits._shape)
        labels = stop_gradient(labels) if sealed else labels
        if logits.graph.literals == "tf" and labels._dtype != logits._dtype:
            labels = cast_like(labels, logits)
        return _last_classes(labels, logits, axis)


def _for_each_row(labels, rows):
    """Labels that all rows share, repeated for each, as TensorFlow does."""
    own = labels._shape
    if own and shapes.is_known(own) and shapes.is_known(rows) and len(own) <= len(rows) \
            and own != rows and all(m in (1, n) for m, n in zip(own[::-1], rows[::-1])):
        return broadcast_to(labels, rows)
    return labels


def _last_classes(labels, logits, axis):
    if axis not in (None, -1) and logits._shape is None:
        return negative(reduce_sum(labels * log_softmax(logits, axis), axis), name="Reshape_2")
    if axis not in (None, -1) and axis != len(logits._shape) - 1:
        rank = len(logits._shape)
        axis, = shapes.normal_axes(axis, rank)
        perm = [i for i in range(rank) if i != axis] + [axis]
        labels, logits = transpose(labels, perm), transpose(logits, perm)
    if logits.graph.literals != "tf":
        return softmax_xent(logits, labels)
    return softmax_xent(logits, _as_rows_of(labels, logits), plain=True, name="Reshape_2")


def _as_rows_of(labels, logits):
    """Labels in the logits' shape where TensorFlow, which sees both as rows, takes them."""
    theirs, mine = labels._shape, logits._shape
    if not theirs or not mine or theirs[-1] != mine[-1] or shapes.compatible(theirs, mine):
        return labels
    known = shapes.is_known(theirs) and shapes.is_known(mine)
    if known and shapes.size_of(theirs) != shapes.size_of(mine):
        return labels                           # the operation's own error says it
    return reshape_like(labels, logits)


@door
def softmax_cross_entropy_with_logits(_sentinel=None, labels=None, logits=None, dim=-1,
                                      name=None, axis=None):
    """As `softmax_cross_entropy_with_logits_v2`, but no gradient flows into `labels`.

    Gradient: `dlogits = dy (sum(labels) softmax(logits) - labels)`.

    Examples
    --------
    >>> Session().run(nn.softmax_cross_entropy_with_logits(labels=[[0., 1.]], logits=[[0., 0.]]))
    array([0.69314718])
    """
    _named_only("softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    return _of_softmax(labels, logits, number_of(dim if axis is None else axis),
                       name or "softmax_cross_entropy_with_logits_sg", sealed=True)


def _named_only(what, sentinel, labels, logits):
    if sentinel is not None:
        raise ValueError(f"Only call `{what}` with named arguments (labels=..., logits=..., ...)")
    if labels is None or logits is None:
        raise ValueError("Both labels and logits must be provided.")


# ---- against a class --------------------------------------------------------------------

def _class_rows(in_shapes, attrs):
    logits, labels = in_shapes[:2]
    if logits is not None and len(logits) == 0:
        raise ShapeError("Logits cannot be scalars - received shape ().")
    if logits is None or labels is None:
        return labels if logits is None else logits[:-1]
    if len(labels) != len(logits) - 1:
        raise ShapeError("Rank mismatch: Rank of labels (received %d) should equal rank of logits "
                         "minus 1 (received %d)." % (len(labels), len(logits)))
    return shapes.merge(logits[:-1], labels)


def _sparse_ref(logits, labels):
    checked(labels, logits.shape[-1], LABEL)
    return -np.take_along_axis(_log_softmax_ref(logits, -1), labels[..., None], -1)[..., 0]


@op(_class_rows, casts=(0,), whole=(1,), dtype=promote_float, form="sparse_xent",
    kernel="sparse_xent", ref=_sparse_ref, name="SparseSoftmaxCrossEntropyWithLogits")
def sparse_softmax_xent(logits, labels):
    """Softmax cross-entropy against classes: `-log_softmax(logits)` at the label of each row.

    Gradient: `dlogits = dy (softmax(logits) - one_hot(labels))`.
    """


@RegisterGradient("sparse_softmax_xent")
def sparse_softmax_xent_gradient(op, dy):
    logits, labels = op.inputs
    return sparse_softmax_xent_grad(logits, labels, expand_dims(dy, -1)), None


def _sparse_grad_ref(logits, labels, dy):
    checked(labels, logits.shape[-1], LABEL)
    hot = labels[..., None] == np.arange(logits.shape[-1])
    return dy * (_softmax_ref(logits, -1) - hot.astype(logits.dtype))


@op(lambda s, a: s[0], casts=(0, 2), dtype=promote_float, form="sparse_xent_grad",
    kernel="sparse_xent", ref=_sparse_grad_ref)
def sparse_softmax_xent_grad(logits, labels, dy):
    """Gradient of `sparse_softmax_xent`: `dy (softmax(logits) - one_hot(labels))`.

    Gradient: `dy p (g - sum(g p))` with `p = softmax(logits)`, and `sum(g (p - one_hot))`.
    """


@RegisterGradient("sparse_softmax_xent_grad")
def sparse_softmax_xent_grad_gradient(op, g):
    logits, labels, dy = op.inputs
    p = softmax(logits)
    inner = reduce_sum(g * p, -1, True)
    hot = cast_to(one_hot(labels, shape(logits)[-1], dtype=g._dtype), g)
    return dy * p * (g - inner), None, reduce_sum(g * (p - hot), -1, True)


@door
def sparse_softmax_cross_entropy_with_logits(_sentinel=None, labels=None, logits=None, name=None):
    """Cross-entropy of softmax(logits) against the class of each row.

    Parameters
    ----------
    labels : int32 or int64 tensor (...,)
        Classes, from 0 on.
    logits : tensor (..., classes)

    Returns
    -------
    Tensor
        `-log_softmax(logits)` at the label, (...,), in the dtype of `logits`.

    Raises
    ------
    InvalidArgumentError
        In the run, if a label is no class; names it and its row. No variable changes.
    ShapeError
        If `labels` has another rank than `logits` less one.

    Notes
    -----
    Gradient: `dlogits = dy (softmax(logits) - one_hot(labels))`.

    Examples
    --------
    >>> loss = sparse_softmax_cross_entropy_with_logits(labels=[1], logits=[[0., 0., 0.]])
    >>> Session().run(loss).round(4)
    array([1.0986])
    """
    _named_only("sparse_softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    logits = as_tensor(logits)
    with logits.graph.name_scope(name or "SparseSoftmaxCrossEntropyWithLogits"):
        return sparse_softmax_xent(logits, labels, name=name)


# ---- against a probability --------------------------------------------------------------

def _sigmoid_xent_ref(logits, labels):
    return np.maximum(logits, 0) - logits * labels + np.log1p(np.exp(-np.abs(logits)))


@_zip(_sigmoid_xent_ref, "sigmoid_xent", dtype=promote_float, name="logistic_loss")
def sigmoid_xent(logits, labels):
    """Sigmoid cross-entropy, `-labels log(s) - (1 - labels) log(1 - s)` with `s = sigmoid(logits)`.

    Gradient: `dlogits = dy (s - labels)`, `dlabels = -dy logits`.
    """


@RegisterGradient("sigmoid_xent")
def sigmoid_xent_gradient(op, dy):
    logits, labels = op.inputs
    return dy * (sigmoid(logits) - labels), -dy * logits


@door
def sigmoid_cross_entropy_with_logits(_sentinel=None, labels=None, logits=None, name=None):
    """Cross-entropy of sigmoid(logits) against the probability `labels`, elementwise.

    Parameters
    ----------
    labels, logits : tensors of one shape
        Floating dtypes.

    Returns
    -------
    Tensor
        `-labels log(s) - (1 - labels) log(1 - s)` with `s = sigmoid(logits)`, finite for finite
        logits.

    Raises
    ------
    ShapeError
        If the shapes differ.

    Notes
    -----
    Gradient: `dlogits = dy (sigmoid(logits) - labels)`, `dlabels = -dy logits`.

    Examples
    --------
    >>> Session().run(sigmoid_cross_entropy_with_logits(labels=[0., 1.], logits=[-800., -800.]))
    array([  0., 800.])
    """
    _named_only("sigmoid_cross_entropy_with_logits", _sentinel, labels, logits)
    labels, logits = _pair(labels, logits)
    if not shapes.compatible(labels._shape, logits._shape):
        raise ShapeError(f"logits and labels must have the same shape ({logits.shape} vs "
                         f"{labels.shape})")
    return sigmoid_xent(logits, labels, name=name)


@door
def weighted_cross_entropy_with_logits(labels=None, logits=None, pos_weight=None, name=None,
                                       targets=None):
    """As `sigmoid_cross_entropy_with_logits`, with a weight on positive labels.

    Gradient: as of `(1 - y) z + (1 + (w - 1) y) softplus(-z)`. In a TensorFlow graph, as there,
    that of the softplus is 0 at logits of 0, where `|z|` and the relu that make it have kinks.

    Examples
    --------
    >>> z = constant([0., 0.])
    >>> Session().run(nn.weighted_cross_entropy_with_logits([1., 0.], z, pos_weight=2.0))
    array([1.38629436, 0.69314718])
    """
    labels, logits = _pair(targets if labels is None else labels, logits)
    if not shapes.compatible(labels._shape, logits._shape):
        raise ShapeError(f"logits and targets must have the same shape ({logits.shape} vs "
                         f"{labels.shape})")
    with logits.graph.name_scope(name or "logistic_loss") as scope:
        weight = 1 + (pos_weight - 1) * labels
        tf = logits.graph.literals == "tf"
        soft = softplus(-abs_(logits)) + relu(-logits) if tf else softplus(-logits)
        return add((1 - labels) * logits, multiply(weight, soft), name=scope)


@door
def log_poisson_loss(targets, log_input, compute_full_loss=False, name=None):
    """Poisson loss, `exp(z) - t z` for `z = log_input`; plus Stirling's `log(t!)` where `t > 1`.

    Gradient: `dz = dy (exp(z) - t)`.

    Examples
    --------
    >>> Session().run(nn.log_poisson_loss([1., 2.], [0., 1.]))
    array([1.        , 0.71828183])
    """
    targets, z = _pair(targets, log_input)
    if not shapes.compatible(targets._shape, z._shape):
        raise ShapeError(f"log_input and targets must have the same shape ({z.shape} vs "
                         f"{targets.shape})")
    with z.graph.name_scope(name or "log_poisson_loss"):
        loss = exp(z) - z * targets
        if not compute_full_loss:
            return loss
        stirling = targets * log(targets) - targets + 0.5 * log(2 * np.pi * targets)
        small = (targets >= 0) & (targets <= 1)
        return loss + _where(small, zeros_like(targets), stirling)


__all__ = ["softmax_cross_entropy_with_logits_v2", "softmax_cross_entropy_with_logits",
           "sparse_softmax_cross_entropy_with_logits", "sigmoid_cross_entropy_with_logits",
           "weighted_cross_entropy_with_logits", "log_poisson_loss"]
