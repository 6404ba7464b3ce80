"""Elementwise functions of one operand, each with its gradient directly below it.

Where the derivative is cheap from the output, the rule uses the output. Gradients that have a
kernel of their own are ops too (`sqrt_grad`), with their own gradient, so that second order works.
"""

import numpy as np

from fastgrad.graph.dtypes import is_weak
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient
from fastgrad.ops.arithmetic import (_float_map, _grad_map, _map, _where, log, ones_like, sign,
                                     zeros_like)
from fastgrad.ops.cast import cast_like, cast_to
from fastgrad.ops.comparison import equal


def _whole(round_):
    """Declare a rounding function; integers stay as they are."""
    return lambda x: round_(x) if x.dtype.kind == "f" else x


# ---- exponentials and logarithms --------------------------------------------------------

@_float_map(np.exp, "exp", name="Exp")
def exp(x):
    """Exponential function.

    Gradient: `dx = dy * y`.

    Examples
    --------
    >>> Session().run(exp([0., 1.]))
    array([1.        , 2.71828183])
    """


@RegisterGradient("exp")
def exp_gradient(op, dy):
    return dy * op.outputs[0]


@_float_map(np.expm1, "expm1", name="Expm1")
def expm1(x):
    """Exponential less one, `exp(x) - 1`, exact for small `x`.

    Gradient: `dx = dy * exp(x)`.

    Examples
    --------
    >>> Session().run(expm1([0., 1e-9]))
    array([0.e+00, 1.e-09])
    """


@RegisterGradient("expm1")
def expm1_gradient(op, dy):
    return dy * exp(op.inputs[0])


@_float_map(np.log1p, "log1p", name="Log1p")
def log1p(x):
    """Logarithm of one plus x, `log(1 + x)`, exact for small `x`.

    Gradient: `dx = dy / (1 + x)`.

    Examples
    --------
    >>> Session().run(log1p([0., 1e-9]))
    array([0.00000000e+00, 9.99999999e-10])
    """


@RegisterGradient("log1p")
def log1p_gradient(op, dy):
    return dy / (1 + op.inputs[0])


# ---- powers -----------------------------------------------------------------------------

@_map(np.square, "square", name="Square")
def square(x):
    """Square, `x * x`.

    Gradient: `dx = 2 dy x`.

    Examples
    --------
    >>> Session().run(square([2., -3.]))
    array([4., 9.])
    """


@RegisterGradient("square")
def square_gradient(op, dy):
    return dy * (2 * op.inputs[0])


@_float_map(np.sqrt, "sqrt", name="Sqrt")
def sqrt(x):
    """Square root; NaN below 0.

    Gradient: `dx = dy / (2 y)`.

    Examples
    --------
    >>> Session().run(sqrt([4., 9.]))
    array([2., 3.])
    """


@RegisterGradient("sqrt")
def sqrt_gradient(op, dy):
    return sqrt_grad(op.outputs[0], dy)


@_grad_map(lambda y, dy: np.where(dy != 0, dy * 0.5 / y, dy), "sqrt_grad")
def sqrt_grad(y, dy):
    """Gradient of `sqrt` from its output: `dy / (2 y)`, and 0 where `dy` is 0.

    Gradient: `-g dx / y` and `sqrt_grad(y, g)`.
    """


@RegisterGradient("sqrt_grad")
def sqrt_grad_gradient(op, g):
    y, dy = op.inputs
    dx = op.outputs[0]
    return -g * dx / y, sqrt_grad(y, g)


@_float_map(lambda x: 1 / np.sqrt(x), "rsqrt", name="Rsqrt")
def rsqrt(x):
    """Reciprocal square root, `1 / sqrt(x)`.

    Gradient: `dx = -dy y**3 / 2`.

    Examples
    --------
    >>> Session().run(rsqrt([4., 16.]))
    array([0.5 , 0.25])
    """


@RegisterGradient("rsqrt")
def rsqrt_gradient(op, dy):
    return rsqrt_grad(op.outputs[0], dy)


@_grad_map(lambda y, dy: np.where(dy == 0, dy, -0.5 * dy * (y * y * y)), "rsqrt_grad")
def rsqrt_grad(y, dy):
    """Gradient of `rsqrt` from its output: `-dy y**3 / 2`.

    Gradient: `-3/2 g dy y**2` and `rsqrt_grad(y, g)`.
    """


@RegisterGradient("rsqrt_grad")
def rsqrt_grad_gradient(op, g):
    y, dy = op.inputs
    return -1.5 * g * dy * square(y), rsqrt_grad(y, g)


@_float_map(lambda x: 1 / x, "reciprocal", name="Reciprocal")
def reciprocal(x):
    """Reciprocal, `1 / x`.

    Gradient: `dx = -dy y**2`.

    Examples
    --------
    >>> Session().run(reciprocal([2., 4.]))
    array([0.5 , 0.25])
    """


@RegisterGradient("reciprocal")
def reciprocal_gradient(op, dy):
    return reciprocal_grad(op.outputs[0], dy)


@_grad_map(lambda y, dy: np.where(dy == 0, dy, -dy * (y * y)), "reciprocal_grad")
def reciprocal_grad(y, dy):
    """Gradient of `reciprocal` from its output: `-dy y**2`.

    Gradient: `-2 g dy y` and `reciprocal_grad(y, g)`.
    """


@RegisterGradient("reciprocal_grad")
def reciprocal_grad_gradient(op, g):
    y, dy = op.inputs
    return -2 * g * dy * y, reciprocal_grad(y, g)


# ---- magnitude and rounding -------------------------------------------------------------

@_map(np.abs, "abs", name="Abs")
def abs(x):
    """Absolute value.

    Gradient: `dx = dy * sign(x)`.

    Examples
    --------
    >>> Session().run(math.abs([-1., 2.]))
    array([1., 2.])
    """


@RegisterGradient("abs")
def abs_gradient(op, dy):
    return dy * sign(op.inputs[0])


@_map(_whole(np.floor), "floor", name="Floor")
def floor(x):
    """Rounding down: the largest integer not above `x`.

    Gradient: none.

    Examples
    --------
    >>> Session().run(floor([1.2, -1.2]))
    array([ 1., -2.])
    """


@_map(_whole(np.ceil), "ceil", name="Ceil")
def ceil(x):
    """Rounding up: the smallest integer not below `x`.

    Gradient: none.

    Examples
    --------
    >>> Session().run(ceil([1.2, -1.2]))
    array([ 2., -1.])
    """


@_map(_whole(np.rint), "round", name="Round")
def round(x):
    """Rounding to the nearest integer, of two equally near ones to the even one.

    Gradient: none.

    Examples
    --------
    >>> Session().run(math.round([0.5, 1.5, 1.2]))
    array([0., 2., 1.])
    """


@_map(_whole(np.rint), "round", name="Rint")
def rint(x):
    """The same as `round`.

    Gradient: none.

    Examples
    --------
    >>> Session().run(rint([0.5, 1.5, 1.2]))
    array([0., 2., 1.])
    """


for _type in ("floor", "ceil", "round", "rint"):
    NotDifferentiable(_type)


# ---- tanh ------------------------------------------------------------------------------

@_float_map(np.tanh, "tanh", name="Tanh")
def tanh(x):
    """Hyperbolic tangent.

    Gradient: `dx = dy (1 - y**2)`.

    Examples
    --------
    >>> Session().run(tanh([0., 1.]))
    array([0.        , 0.76159416])
    """


@RegisterGradient("tanh")
def tanh_gradient(op, dy):
    return tanh_grad(op.outputs[0], dy)


@_grad_map(lambda y, dy: dy * (1 - y * y), "tanh_grad")
def tanh_grad(y, dy):
    """Gradient of `tanh` from its output: `dy (1 - y**2)`.

    Gradient: `-2 g dy y` and `tanh_grad(y, g)`.
    """


@RegisterGradient("tanh_grad")
def tanh_grad_gradient(op, g):
    y, dy = op.inputs
    return -2 * g * dy * y, tanh_grad(y, g)


# ---- powers -----------------------------------------------------------------------------

@RegisterGradient("pow")
def pow_gradient(op, dz):
    x, y = op.inputs
    if y.op.op_type == "constant" and x is not y:
        return _power_gradient(x, y, dz), None
    if is_weak(x._dtype):            # a number takes the dtype of the tensor here too
        x = cast_like(x, op.outputs[0])
    # x**0 is flat at x = 0 too, where y x**(y - 1) is 0 times infinity
    flat = cast_to(equal(x, zeros_like(x)), x) * cast_to(equal(y, zeros_like(y)), x)
    dx = dz * y * (x + flat) ** (y - 1)
    above = x > 0
    safe_log = _where(above, log(_where(above, x, ones_like(x))), zeros_like(x))
    return dx, dz * op.outputs[0] * safe_log


def _power_gradient(x, y, dz):
    """`y x**(y - 1)` for exponents that are known: 0 where one is 0, also at x = 0."""
    value = y.op.attrs["value"]
    # a Python number less one must stay a Python number, which takes x's dtype
    less = value.item() - 1 if is_weak(y._dtype) else value - value.dtype.type(1)
    if not np.any(value == 0):
        return dz * y * x ** less
    if not np.any(value):
        return zeros_like(dz)
    return dz * y * x ** np.where(value == 0, value, less)


__all__ = ["exp", "expm1", "log1p", "square", "sqrt", "rsqrt", "reciprocal", "abs", "floor",
           "ceil", "round", "rint", "tanh"]
