"""Reductions made of others: logsumexp, variance, standard deviation, euclidean norm."""

from fastgrad.graph.doors import door
from fastgrad.graph.nodes import as_tensor
from fastgrad.ops.arithmetic import _where, add, log, squared_difference, zeros_like
from fastgrad.ops.logic import is_finite
from fastgrad.ops.reduce import _axis_of, _kept, _reduce_max, _reduce_sum, reduce_mean, reduce_sum
from fastgrad.ops.shape import scoped
from fastgrad.ops.state import stop_gradient
from fastgrad.ops.unary import exp, sqrt


@door
def reduce_logsumexp(input_tensor, axis=None, keepdims=None, name=None, reduction_indices=None,
                     keep_dims=None):
    """Logarithm of the sum of exponentials over `axis` (all axes if None), without overflow.

    Gradient: `dx = dy softmax(x)`.

    Examples
    --------
    >>> Session().run(reduce_logsumexp([0., 0.]))
    np.float64(0.6931471805599453)
    """
    x = as_tensor(input_tensor)
    axis, keep = _axis_of(axis, reduction_indices), _kept(keepdims, keep_dims)
    with x.graph.name_scope(name or "ReduceLogSumExp"):
        top = _reduce_max(x, axis=axis, keepdims=True)
        top = stop_gradient(_where(is_finite(top), top, zeros_like(top)))
        total = log(_reduce_sum(exp(x - top), axis=axis, keepdims=keep))
        return add(total, top if keep else _reduce_sum(top, axis=axis))


@door
def reduce_variance(input_tensor, axis=None, keepdims=False, name=None):
    """Variance, the mean squared distance from the mean, over `axis` (all axes if None).

    Gradient: `dx = 2 dy (x - mean) / count`.

    Examples
    --------
    >>> Session().run(reduce_variance([1., 3.]))
    np.float64(1.0)
    """
    x, axis = as_tensor(input_tensor), _axis_of(axis, None)
    with x.graph.name_scope(name or "reduce_variance"):
        mean = reduce_mean(x, axis=axis, keepdims=True)
        return reduce_mean(squared_difference(x, mean), axis=axis, keepdims=keepdims)


@door
def reduce_std(input_tensor, axis=None, keepdims=False, name=None):
    """Standard deviation, the root of the variance, over `axis` (all axes if None).

    Gradient: as of `sqrt(reduce_variance(x))`.

    Examples
    --------
    >>> Session().run(reduce_std([1., 3.]))
    np.float64(1.0)
    """
    x = as_tensor(input_tensor)
    with x.graph.name_scope(name or "reduce_std"):
        return sqrt(reduce_variance(x, axis=axis, keepdims=keepdims))


@scoped("EuclideanNorm", last=True)
def reduce_euclidean_norm(input_tensor, axis=None, keepdims=False, name=None):
    """Euclidean norm, the root of the sum of squares, over `axis` (all axes if None).

    Gradient: `dx = dy x / y`.

    Examples
    --------
    >>> Session().run(reduce_euclidean_norm([3., 4.]))
    np.float64(5.0)
    """
    x = as_tensor(input_tensor)
    return sqrt(reduce_sum(x * x, axis=axis, keepdims=keepdims), name=name)


__all__ = ["reduce_logsumexp", "reduce_variance", "reduce_std", "reduce_euclidean_norm"]
