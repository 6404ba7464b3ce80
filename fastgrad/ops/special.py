"""Special functions: erf, the gamma family. NumPy steps, but for erf, which has a kernel.

NumPy has none of them, and SciPy is no dependency, so they are written here: erfc and lgamma
call the C library's element by element, digamma and its derivative use the recurrence up to 10 and
the asymptotic series from there, which is exact to a few units in the last place.
"""

import math

import numpy as np

from fastgrad.graph.dtypes import promote_float
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.ops.arithmetic import _float_map, _zip, elementwise, ones_like, zeros_like
from fastgrad.ops.cast import cast_to
from fastgrad.ops.comparison import not_equal
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.shape import scoped
from fastgrad.ops.unary import exp, square


def _each(fn):
    """A function of numbers as one of arrays, in the array's dtype."""
    over = np.frompyfunc(fn, 1, 1)
    return lambda x: np.asarray(over(x.astype(np.float64))).astype(x.dtype)


def _lgamma(x):
    if math.isinf(x):
        return math.inf
    if x <= 0 and x == math.floor(x):
        return math.inf
    try:
        return math.lgamma(x)
    except OverflowError:
        return math.inf


def _digamma(x):
    if math.isnan(x) or x == math.inf:
        return x
    if x == -math.inf:
        return math.nan
    if x <= 0:
        if x == math.floor(x):
            return math.inf                       # a pole; TensorFlow's value too
        return _digamma(1 - x) - math.pi / math.tan(math.pi * x)
    total = 0.0
    while x < 10:
        total -= 1 / x
        x += 1
    r = 1 / (x * x)
    series = r * (1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r * (
        1 / 132 - r * (691 / 32760 - r / 12))))))
    return total + math.log(x) - 0.5 / x - series


def _zeta(s, q):
    """Hurwitz zeta by Euler and Maclaurin; enough terms for s >= 2, q > 0."""
    total = sum((q + k) ** -s for k in range(12))
    a = q + 12
    total += a ** (1 - s) / (s - 1) + 0.5 * a ** -s
    term, factor = s * a ** (-s - 1), 1.0
    for k, bernoulli in enumerate((1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730)):
        n = 2 * (k + 1)
        factor = math.factorial(n)
        total += bernoulli / factor * term
        term *= (s + n - 1) * (s + n) / (a * a)
    return total


def _polygamma(n, x):
    if n == 0:
        return _digamma(x)
    if math.isnan(n) or math.isnan(x) or math.isinf(n) or n < 0 or n != math.floor(n):
        return math.nan
    if math.isinf(x):
        return 0.0 if x > 0 else math.nan
    if x <= 0 and x == math.floor(x):
        return math.inf
    s = int(n) + 1
    total = _zeta(s, x) if x > 0 else _zeta_below(s, x)
    return (-1) ** s * math.factorial(s - 1) * total


def _zeta_below(s, x):
    """The sum of `(x + k)**-s` for a negative `x`: its terms above 0, and those below mirrored."""
    first = x - math.floor(x)
    below = _zeta(s, 1 - first) - _zeta(s, 1 - first - math.floor(x))
    return _zeta(s, first) + (-1) ** s * below


def _polygamma_ref(a, x):
    over = np.frompyfunc(_polygamma, 2, 1)
    return np.asarray(over(a.astype(np.float64), x.astype(np.float64))).astype(x.dtype)


_TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)


@_float_map(_each(math.erf), "erf", name="Erf")
def erf(x):
    """Error function.

    Gradient: `dx = 2 / sqrt(pi) exp(-x**2) dy`.

    Examples
    --------
    >>> Session().run(erf([0.5, 1.0]))
    array([0.52049988, 0.84270079])
    """


@RegisterGradient("erf")
def erf_gradient(op, dy):
    return _TWO_OVER_ROOT_PI * exp(-square(op.inputs[0])) * dy


@_float_map(_each(math.erfc), "erfc", name="Erfc")
def erfc(x):
    """`1 - erf(x)`, exact where that is small.

    Gradient: `dx = -2 / sqrt(pi) exp(-x**2) dy`.

    Examples
    --------
    >>> Session().run(erfc([0.5, 1.0]))
    array([0.47950012, 0.15729921])
    """


@RegisterGradient("erfc")
def erfc_gradient(op, dy):
    return -_TWO_OVER_ROOT_PI * exp(-square(op.inputs[0])) * dy


@_float_map(_each(_lgamma), "lgamma", name="Lgamma")
def lgamma(x):
    """Logarithm of the absolute value of the gamma function.

    Gradient: `dx = dy digamma(x)`.

    Examples
    --------
    >>> Session().run(lgamma([0.5, 1.0]))
    array([0.57236494, 0.        ])
    """


@RegisterGradient("lgamma")
def lgamma_gradient(op, dy):
    return dy * digamma(op.inputs[0])


@_float_map(_each(_digamma), "digamma", name="Digamma")
def digamma(x):
    """Derivative of `lgamma`.

    Gradient: `dx = dy polygamma(1, x)`.

    Examples
    --------
    >>> Session().run(digamma([0.5, 1.0]))
    array([-1.96351003, -0.57721566])
    """


@RegisterGradient("digamma")
def digamma_gradient(op, dy):
    x = op.inputs[0]
    return dy * polygamma(ones_like(x), x)


@_zip(_polygamma_ref, "polygamma", dtype=promote_float, name="Polygamma")
def polygamma(a, x):
    """The derivative of order `a` (a whole number) of `digamma`.

    Gradient: `dx = dy polygamma(a + 1, x)`; none to `a`.

    Examples
    --------
    >>> Session().run(polygamma(constant([1.]), constant([1.])))
    array([1.64493407])
    """


@RegisterGradient("polygamma")
def polygamma_gradient(op, dy):
    a, x = op.inputs
    return None, dy * polygamma(a + 1, x)


@op(elementwise, dtype=promote_float, ref=np.arctan2, name="Atan2")
def atan2(y, x):
    """The angle of the point `(x, y)`.

    Gradient: `dy = dz x / (x**2 + y**2)`, `dx = -dz y / (x**2 + y**2)`.

    Examples
    --------
    >>> Session().run(atan2([1., -1.], [1., 1.]))
    array([ 0.78539816, -0.78539816])
    """


@RegisterGradient("atan2")
def atan2_gradient(op, dz):
    y, x = op.inputs
    scaled = dz / (square(x) + square(y))
    return x * scaled, -y * scaled


@_zip(lambda x, y: np.where(x == 0, x.dtype.type(0), x * np.log(y)), "xlogy",
      dtype=promote_float, name="Xlogy")
def xlogy(x, y):
    """`x log(y)`, and 0 where `x` is 0.

    Gradient: `dx = dz log(y)`, `dy = dz x / y`, both 0 where `x` is 0.

    Examples
    --------
    >>> Session().run(xlogy([0., 2.], [0., np.e]))
    array([0., 2.])
    """


@RegisterGradient("xlogy")
def xlogy_gradient(op, dz):
    x, y = op.inputs
    return dz * xlogy(_nonzero(x), y), dz * xdivy(x, y)


@_zip(lambda x, y: np.where(x == 0, x.dtype.type(0), x / y), "xdivy", dtype=promote_float,
      name="Xdivy")
def xdivy(x, y):
    """`x / y`, and 0 where `x` is 0.

    Gradient: `dx = dz / y`, `dy = -dz x / y**2`, both 0 where `x` is 0.

    Examples
    --------
    >>> Session().run(xdivy([0., 2.], [0., 4.]))
    array([0. , 0.5])
    """


@RegisterGradient("xdivy")
def xdivy_gradient(op, dz):
    x, y = op.inputs
    return dz * xdivy(_nonzero(x), y), dz * xdivy(-x, square(y))


def _nonzero(x):
    """1 where `x` is not 0, else 0; constant, no gradient is taken of it."""
    return cast_to(not_equal(x, zeros_like(x)), x)


@scoped("lbeta")
def lbeta(x, name=None):
    """`log(|Beta(x)|)` along the last dimension.

    Gradient: from `lgamma`.

    Examples
    --------
    >>> Session().run(lbeta([[1., 2.], [3., 4.]]))
    array([-0.69314718, -4.09434456])
    """
    return reduce_sum(lgamma(x), -1) - lgamma(reduce_sum(x, -1))


__all__ = ["erf", "erfc", "lgamma", "digamma", "polygamma", "atan2", "lbeta",
           "xlogy", "xdivy"]
