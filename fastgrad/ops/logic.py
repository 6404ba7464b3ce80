"""Logical operators, and tests for NaN and infinities. None of them has a gradient."""

import numpy as np

from fastgrad.errors import DTypeError
from fastgrad.graph.dtypes import BOOL, strong
from fastgrad.graph.registry import NotDifferentiable, op
from fastgrad.ops.arithmetic import elementwise


def _truth(in_dtypes):
    """An operand as truth values; numbers are refused, as in TensorFlow."""
    for d in in_dtypes:
        if d is not None and strong(d).kind != "b":
            raise DTypeError(f"expected boolean tensors; got dtype {strong(d)}. "
                             "Compare first, or cast to bool.")
    return BOOL


def _logical(ref, kernel, **fields):
    return op(elementwise, dtype=_truth, form="zip", kernel=kernel, ref=ref, **fields)


def _test(ref, kernel, **fields):
    return op(elementwise, out=BOOL, form="map", kernel=kernel, ref=ref, **fields)


@_logical(np.logical_and, "logical_and", commutes=True, name="LogicalAnd")
def logical_and(x, y):
    """Logical and, elementwise.

    Gradient: none.

    Examples
    --------
    >>> Session().run(logical_and([True, True, False], [True, False, False]))
    array([ True, False, False])
    """


@_logical(np.logical_or, "logical_or", commutes=True, name="LogicalOr")
def logical_or(x, y):
    """Logical or, elementwise.

    Gradient: none.

    Examples
    --------
    >>> Session().run(logical_or([True, True, False], [True, False, False]))
    array([ True,  True, False])
    """


@_logical(np.logical_xor, "logical_xor", commutes=True, name="LogicalXor")
def logical_xor(x, y):
    """Logical exclusive or, elementwise.

    Gradient: none.

    Examples
    --------
    >>> Session().run(logical_xor([True, True, False], [True, False, False]))
    array([False,  True, False])
    """


@op(elementwise, dtype=_truth, form="map", kernel="logical_not", ref=np.logical_not,
    name="LogicalNot")
def logical_not(x):
    """Logical not, elementwise.

    Gradient: none.

    Examples
    --------
    >>> Session().run(logical_not([True, False]))
    array([False,  True])
    """


@_test(np.isnan, "isnan", name="IsNan")
def is_nan(x):
    """Whether each element is NaN.

    Gradient: none.

    Examples
    --------
    >>> Session().run(is_nan([1.0, np.inf, np.nan]))
    array([False, False,  True])
    """


@_test(np.isinf, "isinf", name="IsInf")
def is_inf(x):
    """Whether each element is an infinity, of either sign.

    Gradient: none.

    Examples
    --------
    >>> Session().run(is_inf([1.0, np.inf, np.nan]))
    array([False,  True, False])
    """


@_test(np.isfinite, "isfinite", name="IsFinite")
def is_finite(x):
    """Whether each element is finite: neither NaN nor an infinity.

    Gradient: none.

    Examples
    --------
    >>> Session().run(is_finite([1.0, np.inf, np.nan]))
    array([ True, False, False])
    """


@op(elementwise, out=BOOL, name="ApproximateEqual",
    ref=lambda x, y, tolerance: np.abs(x - y) < x.dtype.type(tolerance))
def approximate_equal(x, y, tolerance=1e-5):
    """Whether two numbers differ by less than `tolerance`.

    Gradient: none.

    Examples
    --------
    >>> Session().run(approximate_equal([1.0, 2.0], [1.0, 2.1], tolerance=0.05))
    array([ True, False])
    """


for _type in ("logical_and", "logical_or", "logical_xor", "logical_not", "is_nan", "is_inf",
              "is_finite", "approximate_equal"):
    NotDifferentiable(_type)


__all__ = ["logical_and", "logical_or", "logical_xor", "logical_not", "is_nan", "is_inf",
           "is_finite", "approximate_equal"]
