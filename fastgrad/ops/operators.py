"""Python's operators on nodes: which operation each stands for.

The one place that sets them on `Node`. A number, list or array beside a node takes the node's
dtype, on either side. `==` and `!=` are not here: nodes compare by identity, since they are keys of
dictionaries.
"""

from fastgrad.graph import hooks
from fastgrad.graph.build import call
from fastgrad.graph.dtypes import TEXT
from fastgrad.graph.nodes import Node, as_tensor
from fastgrad.ops.arithmetic import add, divide, multiply, negative, pow, subtract
from fastgrad.ops.comparison import greater, greater_equal, less, less_equal
from fastgrad.ops.divide import floordiv, floormod
from fastgrad.ops.logic import logical_and, logical_not, logical_or, logical_xor
from fastgrad.ops.slice import getitem
from fastgrad.ops.strings import string_join
from fastgrad.ops.unary import abs


def _operators(build, name):
    """The methods for `x + other` and `other + x`."""
    def left(self, other):
        return call(build.opdef, (self, other), dict(build.opdef.attrs), name)

    def right(self, other):
        return call(build.opdef, (other, self), dict(build.opdef.attrs), name,
                    as_tensor(self)._dtype)
    return left, right


# a sum is the same either way round, and the compiler uses that; of strings it is not
_add, _add_right = _operators(add, "add")


def _plus(self, other):
    if as_tensor(self)._dtype == TEXT:
        return string_join([self, other], name="add")
    return _add(self, other)


def _plus_right(self, other):
    if as_tensor(self)._dtype == TEXT:
        return string_join([other, self], name="add")
    return _add_right(self, other)


Node.__add__, Node.__radd__ = _plus, _plus_right
Node.__sub__, Node.__rsub__ = _operators(subtract, "sub")
Node.__mul__, Node.__rmul__ = _operators(multiply, "mul")
Node.__truediv__, Node.__rtruediv__ = _operators(divide, "truediv")
Node.__floordiv__, Node.__rfloordiv__ = _operators(floordiv, "floordiv")
Node.__mod__, Node.__rmod__ = _operators(floormod, "mod")
Node.__pow__, Node.__rpow__ = _operators(pow, "pow")
Node.__and__, Node.__rand__ = _operators(logical_and, "and")
Node.__or__, Node.__ror__ = _operators(logical_or, "or")
Node.__xor__, Node.__rxor__ = _operators(logical_xor, "xor")
Node.__lt__ = _operators(less, None)[0]
Node.__le__ = _operators(less_equal, None)[0]
Node.__gt__ = _operators(greater, None)[0]
Node.__ge__ = _operators(greater_equal, None)[0]
Node.__neg__ = lambda self: negative(self)
Node.__abs__ = lambda self: abs(self)
Node.__invert__ = lambda self: logical_not(self)
Node.__getitem__ = lambda self, key: getitem(self, key)
Node.__matmul__ = lambda self, other: hooks.matrix_product(self, other, None)
Node.__rmatmul__ = lambda self, other: hooks.matrix_product(other, self, as_tensor(self)._dtype)
