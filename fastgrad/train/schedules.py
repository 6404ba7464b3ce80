"""Learning rate schedules, as nodes: TensorFlow 1's `tf.train.*_decay`.

A schedule computes in the dtype of the rate given. Choices are made with `where`, so that a
training step with a schedule stays one plan.
"""

import math

from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.ops.arithmetic import add, log, minimum, multiply, pow
from fastgrad.ops.cast import cast
from fastgrad.ops.comparison import equal, less_equal
from fastgrad.ops.divide import realdiv
from fastgrad.ops.random import random_normal
from fastgrad.ops.state import constant
from fastgrad.ops.trig import cos
from fastgrad.ops.unary import ceil, exp, floor, sqrt
from fastgrad.ops.where import where


class _Terms:
    """The numbers of a schedule as tensors of one dtype, that of the rate."""

    def __init__(self, name, default, learning_rate, global_step):
        if global_step is None:
            raise ValueError(f"global_step is required for {default}.")
        node = next((v for v in (global_step, learning_rate) if is_node(v)), None)
        self.graph = node.graph if node is not None else get_default_graph()
        self.scope, self.rate = name or default, learning_rate
        self.step = global_step

    def __enter__(self):
        self._default, self._names = self.graph.as_default(), self.graph.name_scope(self.scope)
        self._default.__enter__()
        self.name = self._names.__enter__()
        self.rate = as_tensor(self.rate) if is_node(self.rate) else constant(
            self.rate, name="learning_rate")
        self.dtype = self.rate._dtype
        self.step = self(self.step)
        return self

    def __exit__(self, *error):
        self._names.__exit__(*error)
        self._default.__exit__(*error)

    def __call__(self, value):
        return cast(as_tensor(value), self.dtype)


@door
def exponential_decay(learning_rate, global_step, decay_steps, decay_rate, staircase=False,
                      name=None):
    """Exponential decay, `learning_rate * decay_rate ** (global_step / decay_steps)`; if
    `staircase`, the exponent is rounded down.

    Examples
    --------
    >>> Session().run(train.exponential_decay(0.1, 50, 100, 0.5))
    np.float64(0.07071067811865477)
    """
    with _Terms(name, "ExponentialDecay", learning_rate, global_step) as t:
        p = t.step / t(decay_steps)
        p = floor(p) if staircase else p
        return multiply(t.rate, pow(t(decay_rate), p), name=t.name)


@door
def natural_exp_decay(learning_rate, global_step, decay_steps, decay_rate, staircase=False,
                      name=None):
    """Exponential decay by e, `learning_rate * exp(-decay_rate * global_step / decay_steps)`.

    Examples
    --------
    >>> Session().run(train.natural_exp_decay(0.1, 50, 100, 0.5))
    np.float64(0.0778800783071405)
    """
    with _Terms(name, "ExponentialDecay", learning_rate, global_step) as t:
        p = t.step / t(decay_steps)
        p = floor(p) if staircase else p
        return multiply(t.rate, pow(exp(-t(decay_rate)), p), name=t.name)


@door
def inverse_time_decay(learning_rate, global_step, decay_steps, decay_rate, staircase=False,
                       name=None):
    """Inverse time decay, `learning_rate / (1 + decay_rate * global_step / decay_steps)`.

    Examples
    --------
    >>> Session().run(train.inverse_time_decay(0.1, 50, 100, 0.5))
    np.float64(0.08)
    """
    with _Terms(name, "InverseTimeDecay", learning_rate, global_step) as t:
        p = t.step / t(decay_steps)
        p = floor(p) if staircase else p
        return realdiv(t.rate, 1 + t(decay_rate) * p, name=t.name)


@door
def polynomial_decay(learning_rate, global_step, decay_steps, end_learning_rate=0.0001, power=1.0,
                     cycle=False, name=None):
    """Polynomial decay from `learning_rate` to `end_learning_rate` in `decay_steps`; if `cycle`, it
    begins anew after that.

    Examples
    --------
    >>> Session().run(train.polynomial_decay(0.1, 50, 100))
    np.float64(0.050050000000000004)
    """
    with _Terms(name, "PolynomialDecay", learning_rate, global_step) as t:
        step, steps, end = t.step, t(decay_steps), t(end_learning_rate)
        if cycle:
            turns = ceil(step / t(decay_steps))
            steps = steps * where(equal(step, 0), t(1), turns)
        else:
            step = minimum(step, steps)
        return add((t.rate - end) * pow(1 - step / steps, t(power)), end, name=t.name)


@door
def piecewise_constant(x, boundaries, values, name=None):
    """Piecewise constant: `values[0]` while x <= boundaries[0], then `values[1]`, ...

    Raises
    ------
    ValueError
        If there is not one value more than boundaries, or a boundary has another dtype than `x`.

    Examples
    --------
    >>> Session().run(train.piecewise_constant(50, [10, 40], [0.1, 0.01, 0.001]))
    np.float64(0.001)
    """
    if len(values) != len(boundaries) + 1:
        raise ValueError("The length of boundaries should be 1 less than the length of values")
    x = as_tensor(x)
    graph = x.graph
    with graph.as_default(), graph.name_scope(name or "PiecewiseConstant"):
        levels = [as_tensor(v, None, graph) for v in values]
        rate = levels[-1]
        for b, level in reversed(list(zip(boundaries, levels))):
            rate = where(less_equal(x, _boundary(b, x, graph)), level, rate)
        return rate


def _boundary(value, x, graph):
    b = as_tensor(value, None, graph)
    if graph.literals == "tf" and b._dtype != x._dtype:
        if not (b._dtype.name == "int32" and x._dtype.name == "int64"):
            raise ValueError(f"Boundaries ({b.dtype.name}) must have the same dtype as x "
                             f"({x.dtype.name}).")
        return cast(b, x._dtype)
    return b


@door
def cosine_decay(learning_rate, global_step, decay_steps, alpha=0.0, name=None):
    """Cosine decay from `learning_rate` to `alpha * learning_rate` in `decay_steps`.

    Examples
    --------
    >>> Session().run(train.cosine_decay(0.1, 50, 100))
    np.float64(0.05)
    """
    with _Terms(name, "CosineDecay", learning_rate, global_step) as t:
        steps = t(decay_steps)
        done = minimum(t.step, steps) / steps
        return multiply(t.rate, (1 - alpha) * _half_cosine(done) + alpha, name=t.name)


def _half_cosine(fraction):
    return 0.5 * (1.0 + cos(math.pi * fraction))


@door
def cosine_decay_restarts(learning_rate, global_step, first_decay_steps, t_mul=2.0, m_mul=1.0,
                          alpha=0.0, name=None):
    """Cosine decay with restarts, each period `t_mul` as long and `m_mul` as high as the last.

    Examples
    --------
    >>> Session().run(train.cosine_decay_restarts(0.1, 50, 40))
    np.float64(0.09619397662556434)
    """
    with _Terms(name, "SGDRDecay", learning_rate, global_step) as t:
        done = t.step / t(first_decay_steps)
        if not is_node(t_mul) and t_mul == 1.0:
            turn = floor(done)
            done = done - turn
        else:
            growth = t(t_mul)
            turn = floor(log(1.0 - done * (1.0 - growth)) / log(growth))
            done = (done - (1.0 - growth ** turn) / (1.0 - growth)) / growth ** turn
        height = _half_cosine(done) * t(m_mul) ** turn
        return multiply(t.rate, (1 - alpha) * height + alpha, name=t.name)


@door
def linear_cosine_decay(learning_rate, global_step, decay_steps, num_periods=0.5, alpha=0.0,
                        beta=0.001, name=None):
    """Linear cosine decay: a straight line times a cosine, plus `beta`.

    Examples
    --------
    >>> Session().run(train.linear_cosine_decay(0.1, 50, 100))
    np.float64(0.0251)
    """
    with _Terms(name, "LinearCosineDecay", learning_rate, global_step) as t:
        steps = t(decay_steps)
        step = minimum(t.step, steps)
        wave = _half_cosine(2.0 * t(num_periods) * (step / steps))
        return multiply(t.rate, (t(alpha) + (steps - step) / steps) * wave + t(beta), name=t.name)


@door
def noisy_linear_cosine_decay(learning_rate, global_step, decay_steps, initial_variance=1.0,
                              variance_decay=0.55, num_periods=0.5, alpha=0.0, beta=0.001,
                              name=None):
    """linear_cosine_decay with noise on the line whose variance falls with the step.

    Examples
    --------
    >>> rate = train.noisy_linear_cosine_decay(0.1, 50, 100)
    >>> Session().run(rate).shape
    ()
    """
    with _Terms(name, "NoisyLinearCosineDecay", learning_rate, global_step) as t:
        steps = t(decay_steps)
        step = minimum(t.step, steps)
        spread = sqrt(t(initial_variance) / pow(1.0 + step, t(variance_decay)))
        line = (steps - step) / steps + random_normal([], stddev=spread, dtype=t.dtype)
        wave = _half_cosine(2.0 * t(num_periods) * (step / steps))
        return multiply(t.rate, (t(alpha) + line) * wave + t(beta), name=t.name)


piecewise_constant_decay = piecewise_constant

__all__ = ["exponential_decay", "natural_exp_decay", "inverse_time_decay", "polynomial_decay",
           "piecewise_constant", "piecewise_constant_decay", "cosine_decay",
           "cosine_decay_restarts", "linear_cosine_decay", "noisy_linear_cosine_decay"]
