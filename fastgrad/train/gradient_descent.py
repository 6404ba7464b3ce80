"""Gradient descent, with momentum, and the proximal optimizers' common step.

Formulas are in `ops.update`. The proximal optimizers have no update kernel: they are composed of
`assign`s, which the plan compiles as it does any other arithmetic.

Gradients of lookups: where a row without gradient would move anyway, or its slot would (Momentum),
only the rows looked up are updated.
"""

from fastgrad.ops.arithmetic import maximum, sign
from fastgrad.ops.state import assign
from fastgrad.ops.unary import abs
from fastgrad.ops.update import (apply_gradient_descent, apply_gradient_descent_rows,
                                 apply_momentum, apply_momentum_rows,
                                 apply_proximal_gradient_descent_rows)
from fastgrad.train.optimizer import Optimizer


def _op(made):
    """The operation of an update's result."""
    return (made[0] if isinstance(made, list) else made).op


class GradientDescentOptimizer(Optimizer):
    """Plain gradient descent, `w -= learning_rate * gradient`, fused and in place.

    Parameters
    ----------
    learning_rate : float or scalar node

    Examples
    --------
    >>> w = Variable(3.0)
    >>> step = GradientDescentOptimizer(0.1).minimize(square(w))
    >>> session = Session()
    >>> for _ in range(100):
    ...     session.run(step)
    >>> bool(abs(session.run(w)) < 1e-8)
    True
    """

    def __init__(self, learning_rate, use_locking=False, name="GradientDescent"):
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate

    def _prepare(self, graph):
        self._number(graph, "learning_rate", self._learning_rate)

    def _apply_dense(self, grad, var):
        return _op(apply_gradient_descent(var, self._scalar("learning_rate", var), grad))

    def _apply_sparse(self, grad, var):
        return _op(apply_gradient_descent_rows(var, self._scalar("learning_rate", var),
                                               grad.indices, grad.values))


class MomentumOptimizer(Optimizer):
    """Momentum: `accumulator = accumulator * momentum + gradient`, `w -= rate * accumulator`.

    Parameters
    ----------
    learning_rate, momentum : float or scalar node
    use_nesterov : bool
        Use the gradient one step ahead (Sutskever et al., 2013).

    Examples
    --------
    >>> w = Variable([1.0, 2.0])
    >>> step = train.MomentumOptimizer(0.1, momentum=0.9).minimize(reduce_sum(w * w))
    >>> session = Session()
    >>> session.run(global_variables_initializer())
    >>> session.run(step)
    >>> bool((w.value < [1, 2]).all())
    True
    """

    def __init__(self, learning_rate, momentum, use_locking=False, name="Momentum",
                 use_nesterov=False):
        super().__init__(use_locking, name)
        self._learning_rate, self._momentum = learning_rate, momentum
        self._use_nesterov = bool(use_nesterov)

    def _create_slots(self, var_list):
        for v in var_list:
            self._slot(v, "momentum")

    def _prepare(self, graph):
        self._number(graph, "learning_rate", self._learning_rate)
        self._number(graph, "momentum", self._momentum)

    def _apply_dense(self, grad, var):
        return _op(apply_momentum(
            var, self.get_slot(var, "momentum"), self._scalar("learning_rate", var), grad,
            self._scalar("momentum", var), use_nesterov=self._use_nesterov))

    def _apply_sparse(self, grad, var):
        return _op(apply_momentum_rows(
            var, self.get_slot(var, "momentum"), self._scalar("learning_rate", var),
            self._scalar("momentum", var), grad.indices, grad.values,
            use_nesterov=self._use_nesterov))


def _shrunk(moved, rate, l1, l2):
    """The proximal step: soft threshold by `rate * l1`, then scale down by `1 + rate * l2`."""
    return sign(moved) * maximum(abs(moved) - rate * l1, 0.0) / (1.0 + rate * l2)


class _Proximal(Optimizer):
    """What the proximal optimizers share: their parameters."""

    def __init__(self, learning_rate, l1, l2, use_locking, name):
        super().__init__(use_locking, name)
        self._learning_rate, self._l1, self._l2 = learning_rate, l1, l2

    def _prepare(self, graph):
        for key in ("learning_rate", "l1", "l2"):
            self._number(graph, key, getattr(self, "_" + key))

    def _strengths(self, var):
        return self._scalar("l1", var), self._scalar("l2", var)


class ProximalGradientDescentOptimizer(_Proximal):
    """Gradient descent followed by the proximal step of L1 and L2 penalties.

    Examples
    --------
    >>> w = Variable([1.0, 2.0])
    >>> step = train.ProximalGradientDescentOptimizer(0.1).minimize(reduce_sum(w * w))
    >>> session = Session()
    >>> session.run(global_variables_initializer())
    >>> session.run(step)
    >>> bool((w.value < [1, 2]).all())
    True
    """

    def __init__(self, learning_rate, l1_regularization_strength=0.0,
                 l2_regularization_strength=0.0, use_locking=False,
                 name="ProximalGradientDescent"):
        super().__init__(learning_rate, l1_regularization_strength, l2_regularization_strength,
                         use_locking, name)

    def _apply_dense(self, grad, var):
        rate = self._scalar("learning_rate", var)
        return assign(var, _shrunk(var - rate * grad, rate, *self._strengths(var))).op

    def _apply_sparse(self, grad, var):
        return _op(apply_proximal_gradient_descent_rows(
            var, self._scalar("learning_rate", var), self._vector(("l1", "l2"), var),
            grad.indices, grad.values))


__all__ = ["GradientDescentOptimizer", "MomentumOptimizer", "ProximalGradientDescentOptimizer"]
