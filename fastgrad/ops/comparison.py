"""Elementwise comparison. None of the operations has a gradient."""

import numpy as np

from fastgrad.graph.dtypes import BOOL
from fastgrad.graph.interned import of_text_too
from fastgrad.graph.registry import NotDifferentiable, op
from fastgrad.ops.arithmetic import elementwise


def _compare(ref, kernel, **fields):
    return op(elementwise, out=BOOL, form="zip", kernel=kernel, ref=ref, **fields)


@_compare(np.less, "less", name="Less")
def less(x, y):
    """Whether `x < y`, elementwise.

    Examples
    --------
    >>> Session().run(less([1, 2, 3], [2, 2, 2]))
    array([ True, False, False])
    """


@_compare(np.less_equal, "less_equal", name="LessEqual")
def less_equal(x, y):
    """Whether `x <= y`, elementwise.

    Examples
    --------
    >>> Session().run(less_equal([1, 2, 3], [2, 2, 2]))
    array([ True,  True, False])
    """


@_compare(np.greater, "greater", name="Greater")
def greater(x, y):
    """Whether `x > y`, elementwise.

    Examples
    --------
    >>> Session().run(greater([1, 2, 3], [2, 2, 2]))
    array([False, False,  True])
    """


@_compare(np.greater_equal, "greater_equal", name="GreaterEqual")
def greater_equal(x, y):
    """Whether `x >= y`, elementwise.

    Examples
    --------
    >>> Session().run(greater_equal([1, 2, 3], [2, 2, 2]))
    array([False,  True,  True])
    """


@_compare(of_text_too(np.equal), "equal", name="Equal", commutes=True, text=True)
def equal(x, y):
    """Whether `x == y`, elementwise (the operator == compares nodes, not values).

    Examples
    --------
    >>> Session().run(equal([1, 2, 3], [2, 2, 2]))
    array([False,  True, False])
    """


@_compare(of_text_too(np.not_equal), "not_equal", name="NotEqual", commutes=True, text=True)
def not_equal(x, y):
    """Whether `x != y`, elementwise.

    Examples
    --------
    >>> Session().run(not_equal([1, 2, 3], [2, 2, 2]))
    array([ True, False,  True])
    """


for _type in ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal"):
    NotDifferentiable(_type)


__all__ = ["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"]
