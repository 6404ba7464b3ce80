"""Optimizers with a step size for each element: Adagrad, Adadelta, RMSProp, Adam, Ftrl.

Formulas are in `ops.update`. Those without an update kernel (ProximalAdagrad, AdagradDA) are
composed of `assign`s, which the plan compiles as it does any other arithmetic.

Gradients of lookups: where a row without gradient would move anyway, or its slots would
(RMSProp, Adadelta, Ftrl), only the rows looked up are updated; Adam moves every row, as in
TensorFlow.
"""

from fastgrad.ops.arithmetic import maximum, sign
from fastgrad.ops.cast import cast
from fastgrad.ops.state import _assign_mul, assign, assign_add, group, identity
from fastgrad.ops.unary import abs, sqrt, square
from fastgrad.ops.update import (apply_adadelta, apply_adadelta_rows, apply_adagrad,
                                 apply_adagrad_rows, apply_adam, apply_centered_rms_prop,
                                 apply_centered_rms_prop_rows, apply_ftrl, apply_ftrl_rows,
                                 apply_proximal_adagrad_rows, apply_rms_prop, apply_rms_prop_rows)
from fastgrad.train.gradient_descent import _Proximal, _op, _shrunk
from fastgrad.train.optimizer import Optimizer


class AdagradOptimizer(Optimizer):
    """Adagrad: `accumulator += gradient**2; w -= learning_rate * gradient / sqrt(accumulator)`.

    Examples
    --------
    >>> w = Variable([1.0, 2.0])
    >>> step = train.AdagradOptimizer(0.1).minimize(reduce_sum(w * w))
    >>> session = Session()
    >>> session.run(global_variables_initializer())
    >>> session.run(step)
    >>> bool((w.value < [1, 2]).all())
    True
    """

    def __init__(self, learning_rate, initial_accumulator_value=0.1, use_locking=False,
                 name="Adagrad"):
        if initial_accumulator_value <= 0:
            raise ValueError("initial_accumulator_value must be positive: "
                             f"{initial_accumulator_value}")
        super().__init__(use_locking, name)
        self._learning_rate, self._initial = learning_rate, initial_accumulator_value

    def _create_slots(self, var_list):
        for v in var_list:
            self._slot(v, "accumulator", self._initial)

    def _prepare(self, graph):
        self._number(graph, "learning_rate", self._learning_rate)

    def _apply_dense(self, grad, var):
        return _op(apply_adagrad(var, self.get_slot(var, "accumulator"),
                                 self._scalar("learning_rate", var), grad))

    def _apply_sparse(self, grad, var):
        return _op(apply_adagrad_rows(var, self.get_slot(var, "accumulator"),
                                      self._scalar("learning_rate", var), grad.indices,
                                      grad.values))


class AdadeltaOptimizer(Optimizer):
    """Adadelta: steps scaled by averages of squared gradients and squared steps (Zeiler, 2012).

    Examples
    --------
    >>> w = Variable([1.0, 2.0])
    >>> step = train.AdadeltaOptimizer(0.1).minimize(reduce_sum(w * w))
    >>> session = Session()
    >>> session.run(global_variables_initializer())
    >>> session.run(step)
    >>> bool((w.value < [1, 2]).all())
    True
    """

    def __init__(self, learning_rate=0.001, rho=0.95, epsilon=1e-8, use_locking=False,
                 name="Adadelta"):
        super().__init__(use_locking, name)
        self._lr, self._rho, self._epsilon = learning_rate, rho, epsilon

    def _create_slots(self, var_list):
        for v in var_list:
            self._slot(v, "accum")
            self._slot(v, "accum_update")

    def _prepare(self, graph):
        self._number(graph, "lr", self._lr)
        self._number(graph, "rho", self._rho)
        self._number(graph, "epsilon", self._epsilon)

    def _operands(self, var):
        return (var, self.get_slot(var, "accum"), self.get_slot(var, "accum_update"),
                self._scalar("lr", var), self._vector(("rho", "epsilon"), var))

    def _apply_dense(self, grad, var):
        return _op(apply_adadelta(*self._operands(var), grad))

    def _apply_sparse(self, grad, var):
        return _op(apply_adadelta_rows(*self._operands(var), grad.indices, grad.values))


class RMSPropOptimizer(Optimizer):
    """RMSProp: steps divided by the root of an average of squared gradients (Hinton).

    Parameters
    ----------
    learning_rate : float or scalar node
    decay, momentum, epsilon : float or scalar node
    centered : bool
        Subtract the square of the averaged gradient: an estimate of the variance.

    Examples
    --------
    >>> w = Variable([1.0, 2.0])
    >>> step = train.RMSPropOptimizer(0.1).minimize(reduce_sum(w * w))
    >>> session = Session()
    >>> session.run(global_variables_initializer())
    >>> session.run(step)
    >>> bool((w.value < [1, 2]).all())
    True
    """

    def __init__(self, learning_rate, decay=0.9, momentum=0.0, epsilon=1e-10, use_locking=False,
                 centered=False, name="RMSProp"):
        super().__init__(use_locking, name)
        self._learning_rate, self._decay = learning_rate, decay
        self._momentum, self._epsilon, self._centered = momentum, epsilon, centered

    def _create_slots(self, var_list):
        for v in var_list:
            self._slot(v, "rms", 1.0)
            if self._centered:
                self._slot(v, "mg")
            self._slot(v, "momentum")

    def _prepare(self, graph):
        for key in ("learning_rate", "decay", "momentum", "epsilon"):
            self._number(graph, key, getattr(self, "_" + key))

    def _operands(self, var):
        slots = ("mg", "rms", "momentum") if self._centered else ("rms", "momentum")
        return (var, *(self.get_slot(var, s) for s in slots),
                self._scalar("learning_rate", var),
                self._vector(("decay", "momentum", "epsilon"), var))

    def _apply_dense(self, grad, var):
        update = apply_centered_rms_prop if self._centered else apply_rms_prop
        return _op(update(*self._operands(var), grad))

    def _apply_sparse(self, grad, var):
        update = apply_centered_rms_prop_rows if self._centered else apply_rms_prop_rows
        return _op(update(*self._operands(var), grad.indices, grad.values))


class AdamOptimizer(Optimizer):
    """Adam (Kingma and Ba, 2015), with epsilon outside the bias correction as in TensorFlow.

    Parameters
    ----------
    learning_rate, beta1, beta2, epsilon : float or scalar node

    Notes
    -----
    `m += (g - m) (1 - beta1)`, `v += (g^2 - v) (1 - beta2)`, and at step t
    `w -= learning_rate sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + epsilon)`.

    Examples
    --------
    >>> w = Variable([5.0, -3.0])
    >>> step = AdamOptimizer(0.5).minimize(reduce_sum(square(w)))
    >>> session = Session()
    >>> for _ in range(300):
    ...     session.run(step)
    >>> bool(np.abs(w.value).max() < 1e-3)
    True
    """

    def __init__(self, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8,
                 use_locking=False, name="Adam"):
        super().__init__(use_locking, name)
        self._lr, self._beta1, self._beta2, self._epsilon = learning_rate, beta1, beta2, epsilon

    def _create_slots(self, var_list):
        self._powers = [self._other(f"{key}_power", value, var_list[0].graph)
                        for key, value in (("beta1", self._beta1), ("beta2", self._beta2))]
        for v in var_list:
            self._slot(v, "m")
            self._slot(v, "v")

    def _prepare(self, graph):
        self._number(graph, "learning_rate", self._lr)
        for key in ("beta1", "beta2", "epsilon"):
            self._number(graph, key, getattr(self, "_" + key))

    def _apply_dense(self, grad, var):
        powers = [p if p._dtype == var._dtype else cast(p, var._dtype) for p in self._powers]
        return _op(apply_adam(
            var, self.get_slot(var, "m"), self.get_slot(var, "v"),
            self._scalar("learning_rate", var),
            self._vector(("beta1", "beta2", "epsilon"), var), *powers, grad))

    def _finish(self, update_ops, name_scope):
        graph = update_ops[0].graph
        with graph.control_dependencies(update_ops):
            last = [_assign_mul(p, self._scalar(k, p)).op
                    for p, k in zip(self._powers, ("beta1", "beta2"))]
        return group(*update_ops, *last, name=name_scope)


class FtrlOptimizer(Optimizer):
    """Follow the regularised leader (McMahan et al., 2013), with L1 and L2 penalties.

    Examples
    --------
    >>> w = Variable([1.0, 2.0])
    >>> step = train.FtrlOptimizer(0.1).minimize(reduce_sum(w * w))
    >>> session = Session()
    >>> session.run(global_variables_initializer())
    >>> session.run(step)
    >>> bool((w.value < [1, 2]).all())
    True
    """

    def __init__(self, learning_rate, learning_rate_power=-0.5, initial_accumulator_value=0.1,
                 l1_regularization_strength=0.0, l2_regularization_strength=0.0,
                 use_locking=False, name="Ftrl", accum_name=None, linear_name=None,
                 l2_shrinkage_regularization_strength=0.0):
        super().__init__(use_locking, name)
        for label, value, sign_ in (
                ("initial_accumulator_value", initial_accumulator_value, 1),
                ("learning_rate_power", learning_rate_power, -1),
                ("l1_regularization_strength", l1_regularization_strength, 1),
                ("l2_regularization_strength", l2_regularization_strength, 1),
                ("l2_shrinkage_regularization_strength",
                 l2_shrinkage_regularization_strength, 1)):
            if value * sign_ < 0:
                raise ValueError(f"{label} {value} needs to be "
                                 f"{'positive' if sign_ > 0 else 'negative'} or zero")
        self._learning_rate, self._power = learning_rate, learning_rate_power
        self._l1, self._l2 = l1_regularization_strength, l2_regularization_strength
        self._shrinkage = l2_shrinkage_regularization_strength
        self._initial = initial_accumulator_value
        self._accum_name, self._linear_name = accum_name, linear_name

    def _create_slots(self, var_list):
        for v in var_list:
            self._slot(v, "accum", self._initial, self._accum_name)
            self._slot(v, "linear", 0.0, self._linear_name)

    def _prepare(self, graph):
        self._number(graph, "learning_rate", self._learning_rate)
        for key in ("l1", "l2", "power", "shrinkage"):
            self._number(graph, key, getattr(self, "_" + key))

    def _operands(self, var):
        return (var, self.get_slot(var, "accum"), self.get_slot(var, "linear"),
                self._scalar("learning_rate", var),
                self._vector(("l1", "l2", "power", "shrinkage"), var))

    def _apply_dense(self, grad, var):
        return _op(apply_ftrl(*self._operands(var), grad))

    def _apply_sparse(self, grad, var):
        return _op(apply_ftrl_rows(*self._operands(var), grad.indices, grad.values))


# ---- composed ---------------------------------------------------------------------------


class ProximalAdagradOptimizer(_Proximal):
    """Adagrad followed by the proximal step of L1 and L2 penalties.

    Examples
    --------
    >>> w = Variable([1.0, 2.0])
    >>> step = train.ProximalAdagradOptimizer(0.1).minimize(reduce_sum(w * w))
    >>> session = Session()
    >>> session.run(global_variables_initializer())
    >>> session.run(step)
    >>> bool((w.value < [1, 2]).all())
    True
    """

    def __init__(self, learning_rate, initial_accumulator_value=0.1,
                 l1_regularization_strength=0.0, l2_regularization_strength=0.0,
                 use_locking=False, name="ProximalAdagrad"):
        if initial_accumulator_value <= 0:
            raise ValueError("initial_accumulator_value must be positive: "
                             f"{initial_accumulator_value}")
        super().__init__(learning_rate, l1_regularization_strength, l2_regularization_strength,
                         use_locking, name)
        self._initial = initial_accumulator_value

    def _create_slots(self, var_list):
        for v in var_list:
            self._slot(v, "accumulator", self._initial)

    def _apply_dense(self, grad, var):
        total = assign_add(self.get_slot(var, "accumulator"), square(grad))
        rate = self._scalar("learning_rate", var) / sqrt(total)
        moved = assign(var, _shrunk(var - rate * grad, rate, *self._strengths(var)))
        return group(moved, total)

    def _apply_sparse(self, grad, var):
        return _op(apply_proximal_adagrad_rows(
            var, self.get_slot(var, "accumulator"), self._scalar("learning_rate", var),
            self._vector(("l1", "l2"), var), grad.indices, grad.values))


class AdagradDAOptimizer(_Proximal):
    """Adagrad dual averaging: for sparse linear models with a strong L1 penalty.

    Parameters
    ----------
    learning_rate : float or scalar node
    global_step : Variable

    Examples
    --------
    >>> w, steps = Variable([1.0, 2.0]), train.get_or_create_global_step()
    >>> optimizer = train.AdagradDAOptimizer(0.1, steps)
    >>> step = optimizer.minimize(reduce_sum(w * w), steps)
    >>> Session().run(step)
    >>> bool((w.value < [1, 2]).all())
    True
    """

    def __init__(self, learning_rate, global_step,
                 initial_gradient_squared_accumulator_value=0.1, l1_regularization_strength=0.0,
                 l2_regularization_strength=0.0, use_locking=False, name="AdagradDA"):
        if initial_gradient_squared_accumulator_value <= 0:
            raise ValueError("initial_gradient_squared_accumulator_value must be positive: "
                             f"{initial_gradient_squared_accumulator_value}")
        super().__init__(learning_rate, l1_regularization_strength, l2_regularization_strength,
                         use_locking, name)
        self._initial, self._global_step = initial_gradient_squared_accumulator_value, global_step

    def _create_slots(self, var_list):
        for v in var_list:
            self._slot(v, "gradient_accumulator")
            self._slot(v, "gradient_squared_accumulator", self._initial)

    def _apply_dense(self, grad, var):
        rate, (l1, l2) = self._scalar("learning_rate", var), self._strengths(var)
        steps = cast(identity(self._global_step) + 1, var._dtype)
        total = assign_add(self.get_slot(var, "gradient_accumulator"), grad)
        squares = assign_add(self.get_slot(var, "gradient_squared_accumulator"), square(grad))
        kept = sign(total) * maximum(abs(total) - l1 * steps, 0.0)
        moved = assign(var, -rate * kept / (l2 * steps * rate + sqrt(squares)))
        return group(moved, total, squares)


__all__ = ["AdagradOptimizer", "AdadeltaOptimizer", "RMSPropOptimizer", "AdamOptimizer",
           "FtrlOptimizer", "ProximalAdagradOptimizer", "AdagradDAOptimizer"]
