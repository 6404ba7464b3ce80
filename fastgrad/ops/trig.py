"""Trigonometric and hyperbolic functions, each with its gradient directly below it."""

import numpy as np

from fastgrad.graph.registry import RegisterGradient
from fastgrad.ops.arithmetic import _float_map
from fastgrad.ops.unary import rsqrt, square


# ---- trigonometry -----------------------------------------------------------------------

@_float_map(np.sin, "sin", name="Sin")
def sin(x):
    """Sine.

    Gradient: `dx = dy cos(x)`.

    Examples
    --------
    >>> Session().run(sin([0., 1.]))
    array([0.        , 0.84147098])
    """


@RegisterGradient("sin")
def sin_gradient(op, dy):
    return dy * cos(op.inputs[0])


@_float_map(np.cos, "cos", name="Cos")
def cos(x):
    """Cosine.

    Gradient: `dx = -dy sin(x)`.

    Examples
    --------
    >>> Session().run(cos([0., 1.]))
    array([1.        , 0.54030231])
    """


@RegisterGradient("cos")
def cos_gradient(op, dy):
    return -dy * sin(op.inputs[0])


@_float_map(np.tan, "tan", name="Tan")
def tan(x):
    """Tangent.

    Gradient: `dx = dy (1 + y**2)`.

    Examples
    --------
    >>> Session().run(tan([0., 1.]))
    array([0.        , 1.55740772])
    """


@RegisterGradient("tan")
def tan_gradient(op, dy):
    return dy * (1 + square(op.outputs[0]))


@_float_map(np.arcsin, "asin", name="Asin")
def asin(x):
    """Inverse sine.

    Gradient: `dx = dy / sqrt(1 - x**2)`.

    Examples
    --------
    >>> Session().run(asin([0., 1.]))
    array([0.        , 1.57079633])
    """


@RegisterGradient("asin")
def asin_gradient(op, dy):
    return dy * rsqrt(1 - square(op.inputs[0]))


@_float_map(np.arccos, "acos", name="Acos")
def acos(x):
    """Inverse cosine.

    Gradient: `dx = -dy / sqrt(1 - x**2)`.

    Examples
    --------
    >>> Session().run(acos([1., 0.]))
    array([0.        , 1.57079633])
    """


@RegisterGradient("acos")
def acos_gradient(op, dy):
    return -dy * rsqrt(1 - square(op.inputs[0]))


@_float_map(np.arctan, "atan", name="Atan")
def atan(x):
    """Inverse tangent.

    Gradient: `dx = dy / (1 + x**2)`.

    Examples
    --------
    >>> Session().run(atan([0., 1.]))
    array([0.        , 0.78539816])
    """


@RegisterGradient("atan")
def atan_gradient(op, dy):
    return dy / (1 + square(op.inputs[0]))


# ---- hyperbolic functions ---------------------------------------------------------------

@_float_map(np.sinh, "sinh", name="Sinh")
def sinh(x):
    """Hyperbolic sine.

    Gradient: `dx = dy cosh(x)`.

    Examples
    --------
    >>> Session().run(sinh([0., 1.]))
    array([0.        , 1.17520119])
    """


@RegisterGradient("sinh")
def sinh_gradient(op, dy):
    return dy * cosh(op.inputs[0])


@_float_map(np.cosh, "cosh", name="Cosh")
def cosh(x):
    """Hyperbolic cosine.

    Gradient: `dx = dy sinh(x)`.

    Examples
    --------
    >>> Session().run(cosh([0., 1.]))
    array([1.        , 1.54308063])
    """


@RegisterGradient("cosh")
def cosh_gradient(op, dy):
    return dy * sinh(op.inputs[0])


@_float_map(np.arcsinh, "asinh", name="Asinh")
def asinh(x):
    """Inverse hyperbolic sine.

    Gradient: `dx = dy / sqrt(x**2 + 1)`.

    Examples
    --------
    >>> Session().run(asinh([0., 1.]))
    array([0.        , 0.88137359])
    """


@RegisterGradient("asinh")
def asinh_gradient(op, dy):
    return dy * rsqrt(1 + square(op.inputs[0]))


@_float_map(np.arccosh, "acosh", name="Acosh")
def acosh(x):
    """Inverse hyperbolic cosine; NaN below 1.

    Gradient: `dx = dy / sinh(y)`.

    Examples
    --------
    >>> Session().run(acosh([1., 2.]))
    array([0.       , 1.3169579])
    """


@RegisterGradient("acosh")
def acosh_gradient(op, dy):
    return dy / sinh(op.outputs[0])


@_float_map(np.arctanh, "atanh", name="Atanh")
def atanh(x):
    """Inverse hyperbolic tangent.

    Gradient: `dx = dy / (1 - x**2)`.

    Examples
    --------
    >>> Session().run(atanh([0., .5]))
    array([0.        , 0.54930614])
    """


@RegisterGradient("atanh")
def atanh_gradient(op, dy):
    return dy / (1 - square(op.inputs[0]))


__all__ = ["sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh"]
