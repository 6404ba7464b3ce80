"""Division and remainder: true, rounded down, rounded towards zero, safe at 0.

TensorFlow's `div` is Python 2's: it floors integers and divides floats. `floordiv` rounds down,
`truncatediv` towards zero; `mod` has the divisor's sign, `truncatemod` the dividend's.
Integers by 0 give 0, as in NumPy; in a TensorFlow graph that fails the run, by a step `not_zero`
that the plan puts before the division.
"""

import numpy as np

from fastgrad.errors import DTypeError
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import is_whole, promote_float
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient, op
from fastgrad.ops.arithmetic import _where, _zip, as_counted, divide, elementwise, zeros_like
from fastgrad.ops.comparison import equal
from fastgrad.ops.unary import floor
from fastgrad.wording import where


def _by_kind(integers, floats):
    return lambda x, y: integers(x, y) if x.dtype.kind in "iub" else floats(x, y)


def _truncated_quotient(x, y):
    q = np.floor_divide(x, y)
    return q + ((q < 0) & (q * y != x)).astype(q.dtype)


@_zip(_by_kind(np.floor_divide, np.true_divide), "quotient", name="div",
      node=lambda op: "FloorDiv" if is_whole(op.outputs[0]._dtype) else "RealDiv")
def div(x, y):
    """Python 2's division: the quotient of floats, the quotient of integers rounded down.

    Gradient: as `divide`, for floats.

    Examples
    --------
    >>> Session().run(div([7, -7], 2))
    array([ 3, -4])
    """


@RegisterGradient("div")
def div_gradient(op, dz):
    _, y = op.inputs
    dx = dz / y
    return dx, -dx * op.outputs[0]


@_zip(_by_kind(np.floor_divide, lambda x, y: np.floor(x / y)), "floordiv", name="floordiv",
      node="FloorDiv")
def floordiv(x, y):
    """Quotient rounded down.

    Gradient: none.

    Examples
    --------
    >>> Session().run(floor_div([7, -7], 2))
    array([ 3, -4])
    """


NotDifferentiable("floordiv")


@_zip(as_counted(np.mod), "mod", name="FloorMod")
def floormod(x, y):
    """Remainder of `floordiv`; it has the sign of `y`.

    Gradient: `dx = dz`, `dy = -dz floor(x / y)`.

    Examples
    --------
    >>> Session().run(floormod([7, -7], 3))
    array([1, 2])
    """


@RegisterGradient("floormod")
def floormod_gradient(op, dz):
    x, y = op.inputs
    return dz, -dz * floor(x / y)


mod = floormod


@_zip(_by_kind(_truncated_quotient, lambda x, y: np.trunc(x / y)), "truncatediv",
      name="TruncateDiv")
def truncatediv(x, y):
    """Quotient rounded towards zero.

    Gradient: none.

    Examples
    --------
    >>> Session().run(truncatediv([7, -7], 2))
    array([ 3, -3])
    """


NotDifferentiable("truncatediv")


@_zip(as_counted(np.fmod), "truncatemod", name="TruncateMod")
def truncatemod(x, y):
    """Remainder of `truncatediv`; it has the sign of `x`.

    Gradient: none.

    Examples
    --------
    >>> Session().run(truncatemod([7, -7], 3))
    array([ 1, -1])
    """


@_zip(np.true_divide, "div", dtype=promote_float, name="RealDiv")
def realdiv(x, y):
    """Quotient of floating-point numbers.

    Gradient: as `divide`.

    Examples
    --------
    >>> Session().run(realdiv([1., 2.], [4., 4.]))
    array([0.25, 0.5 ])
    """


@RegisterGradient("realdiv")
def realdiv_gradient(op, dz):
    _, y = op.inputs
    dx = dz / y
    return dx, -dx * op.outputs[0]


@door
def truediv(x, y, name=None):
    """The same as `divide`: integers give float64.

    Gradient: as `divide`.

    Examples
    --------
    >>> Session().run(truediv([7, 1], 2))
    array([3.5, 0.5])
    """
    return divide(x, y, name=name)


def python_divide(x, y, name=None):
    """TensorFlow's `divide`: the operator `/`, so numbers give a number, and a literal takes the
    dtype of the tensor on either side.

    Gradient: as `divide`.
    """
    return x / y if name is None or not (is_node(x) or is_node(y)) else divide(x, y, name=name)


def _no_nan_ref(x, y):
    with np.errstate(all="ignore"):
        return np.where(y == 0, x.dtype.type(0), x / y)


@_zip(_no_nan_ref, "div_no_nan", dtype=promote_float, name="div_no_nan")
def div_no_nan(x, y):
    """Safe quotient: `x / y`, and 0 where `y` is 0.

    Gradient: `dx = dz / y`, `dy = -dz z / y`, both 0 where `y` is 0.

    Examples
    --------
    >>> Session().run(div_no_nan([1., 2.], [0., 4.]))
    array([0. , 0.5])
    """


@RegisterGradient("div_no_nan")
def div_no_nan_gradient(op, dz):
    _, y = op.inputs
    dx = div_no_nan(dz, y)
    return dx, -div_no_nan(dx * op.outputs[0] * y, y)


divide_no_nan, floor_div = div_no_nan, floordiv


@door
def multiply_no_nan(x, y, name=None):
    """Safe product: `x * y`, and 0 where `y` is 0, even if `x` is NaN or infinite there.

    Gradient: as of the product, where `y` is not 0.

    Examples
    --------
    >>> Session().run(multiply_no_nan([1., np.inf], [2., 0.]))
    array([2., 0.])
    """
    x = as_tensor(x)
    with x.graph.name_scope(name or "multiply_no_nan") as scope:
        y = as_tensor(y, x._dtype if x.graph.literals == "tf" else None, x.graph)
        if x.graph.literals == "tf" and is_whole(x._dtype):
            raise DTypeError(f"multiply_no_nan: {where(x)} has dtype {x.dtype.name}; expected a "
                             "floating dtype. Use cast().")
        return _where(equal(y, zeros_like(y)), zeros_like(x * y), x * y, name=scope)


def _not_zero_ref(y):
    if not y.all():
        raise ZeroDivisionError("Integer division by zero")
    return y.copy()


@op(elementwise, ref=_not_zero_ref)
def not_zero(y):
    """Check of a divisor of integers: `y`, and an error in the run if an element is 0.

    Gradient: none.
    """


NotDifferentiable("not_zero")


__all__ = ["div", "floordiv", "floormod", "mod", "truncatediv", "truncatemod", "realdiv",
           "truediv", "div_no_nan", "divide_no_nan", "multiply_no_nan", "floor_div"]
