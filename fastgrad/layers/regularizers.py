"""Regularizers: callables from a variable to a scalar penalty, as get_variable takes them."""

import numbers

from fastgrad.graph.collection import GraphKeys, get_collection
from fastgrad.graph.nodes import as_tensor
from fastgrad.ops.arithmetic import multiply
from fastgrad.ops.norms import add_n, l2_loss
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.unary import abs


def _checked(scale):
    if isinstance(scale, numbers.Integral):
        raise ValueError(f"scale cannot be an integer: {scale}")
    if isinstance(scale, numbers.Real) and scale < 0:
        raise ValueError(f"Setting a scale less than 0 on a regularizer: {scale}")
    return isinstance(scale, numbers.Real) and scale == 0


def l1_regularizer(scale, scope=None):
    """`scale * sum(|w|)`.

    Examples
    --------
    >>> Session().run(l1_regularizer(0.1)(constant([1., -2.])))
    np.float64(0.30000000000000004)
    """
    if _checked(scale):
        return lambda _: None

    def l1(weights, name=None):
        graph = as_tensor(weights).graph
        with graph.name_scope(scope or "l1_regularizer") as inside:
            return multiply(reduce_sum(abs(weights)), scale, name=name or inside)
    return l1


def l2_regularizer(scale, scope=None):
    """`scale * sum(w**2) / 2`.

    Examples
    --------
    >>> Session().run(l2_regularizer(0.1)(constant([1., -2.])))
    np.float64(0.25)
    """
    if _checked(scale):
        return lambda _: None

    def l2(weights):
        graph = as_tensor(weights).graph
        with graph.name_scope(scope or "l2_regularizer") as inside:
            return multiply(l2_loss(weights), scale, name=inside)
    return l2


def l1_l2_regularizer(scale_l1=1.0, scale_l2=1.0, scope=None):
    """The sum of l1_regularizer and l2_regularizer.

    Examples
    --------
    >>> Session().run(l1_l2_regularizer(0.1, 0.1)(constant([1., -2.])))
    np.float64(0.55)
    """
    return sum_regularizer([l1_regularizer(scale_l1), l2_regularizer(scale_l2)], scope)


def sum_regularizer(regularizer_list, scope=None):
    """The sum of several penalties; None among them are left out.

    Examples
    --------
    >>> l1, l2 = regularizers.l1_regularizer(0.1), regularizers.l2_regularizer(0.1)
    >>> Session().run(regularizers.sum_regularizer([l1, l2])(constant([1., -2.])))
    np.float64(0.55)
    """
    wanted = [r for r in regularizer_list if r is not None]
    if not wanted:
        return None

    def total(weights):
        parts = [p for p in (r(weights) for r in wanted) if p is not None]
        return add_n(parts, name=scope) if parts else None
    return total


def apply_regularization(regularizer, weights_list=None):
    """The sum of a penalty over weights (the WEIGHTS collection); each penalty is collected.

    Examples
    --------
    >>> w = Variable([1., -2.])
    >>> Session().run(regularizers.apply_regularization(regularizers.l2_regularizer(0.1), [w]))
    np.float64(0.25)
    """
    weights_list = get_collection(GraphKeys.WEIGHTS) if weights_list is None else weights_list
    if not weights_list:
        raise ValueError("No weights to regularize.")
    penalties = [regularizer(w) for w in weights_list]
    for p in penalties:
        p.graph.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, p)
    return add_n(penalties)


__all__ = ["l1_regularizer", "l2_regularizer", "l1_l2_regularizer", "sum_regularizer",
           "apply_regularization"]
