"""Errors of nodes where an array or a number is wanted: a node has no value before a run.

A base of `Node`, so that every way in which Python and NumPy ask for a value meets words: truth,
numbers, arrays, NumPy's functions, attributes that arrays and other frameworks' tensors have.

Decisions
- `array + node` reaches NumPy first, which asks `__array_ufunc__`: there the operators are the
  node's own. NumPy's other functions are errors that name ours; computing them here would hide
  which of the two libraries a program calls.
- Nodes are compared by identity, with arrays too: they are keys of dictionaries.
"""

from inspect import getattr_static

from fastgrad import elsewhere
from fastgrad.errors import NoArrayError
from fastgrad.wording import call_site, show_site, where

# NumPy's functions that stand for operators -> the node's method, if it is the left or right one
_OPERATORS = {"add": "add", "subtract": "sub", "multiply": "mul", "divide": "truediv",
              "floor_divide": "floordiv", "remainder": "mod", "power": "pow", "matmul": "matmul",
              "bitwise_and": "and", "bitwise_or": "or", "bitwise_xor": "xor"}
_TURNED = {"less": "gt", "less_equal": "ge", "greater": "lt", "greater_equal": "le"}
_STRAIGHT = {"less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge"}

_ADVICE = {
    "test for truth": " To choose by a value, use {lib}.cond or {lib}.where.",
    "convert to a number": " In place of math's functions use {lib}'s: {lib}.sin(node).",
    "take the length of": " Its static shape is node.shape, the one of a run {lib}.shape(node)."}


class _Elsewhere:
    """An attribute that a node has not, and another framework's tensor has: the error says what to
    write. A `__getattr__` would slow every attribute of every node: CPython caches none then."""

    def __init__(self, name):
        self.name = name

    def __get__(self, node, kind=None):
        text = f"{kind.__name__!r} object has no attribute {self.name!r}"
        if node is not None:
            text += (f": {where(node)} is a node of a graph. Use "
                     f"{elsewhere.attribute(self.name, node._lib)}")
        raise AttributeError(text, name=self.name, obj=node)


class Valueless:
    """Base of nodes; see the top of this file."""

    __slots__ = ()
    __array_priority__ = 100

    @property
    def _lib(self):
        """What the program calls the library."""
        return "tf" if self.graph.literals == "tf" else "fastgrad"

    def _no_value(self, what, kind=TypeError):
        raise kind(
            f"{where(self)} is a node of a graph and has no value to {what}. Run it with "
            "Session.run(node), or use fastgrad's functions on it."
            + _ADVICE.get(what, "").format(lib=self._lib))

    def __bool__(self):
        self._no_value("test for truth")

    def __array__(self, dtype=None, copy=None):
        self._no_value("make an array of", NoArrayError)

    def __float__(self):
        self._no_value("convert to a number")

    __int__ = __index__ = __complex__ = __float__

    def __len__(self):
        self._no_value("take the length of")

    def __dir__(self):
        """Without the names that are there to say that they are not."""
        return [n for n in super().__dir__() if not isinstance(
            getattr_static(type(self), n), _Elsewhere)]

    # ---- NumPy ----
    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        name = ufunc.__name__
        if method == "__call__" and len(inputs) == 2 and not kwargs:
            if name in ("equal", "not_equal"):
                return (inputs[0] is inputs[1]) == (name == "equal")
            if name in _OPERATORS or name in _TURNED:
                return _operator(name, *inputs)
        _refuse(inputs, name)

    def __array_function__(self, func, types, args, kwargs):
        if func.__name__ == "shape" and args and args[0] is self:
            return self.shape
        _refuse([self], func.__name__)


for _name in (*elsewhere.ATTRIBUTES, *elsewhere.METHODS):
    setattr(Valueless, _name, _Elsewhere(_name))


def _operator(name, x, y):
    """What an operator between an array and a node gives: the node's own method does it."""
    if isinstance(x, Valueless):
        method = getattr(x, f"__{_OPERATORS.get(name) or _STRAIGHT[name]}__", None)
        other = y
    else:
        method = getattr(y, f"__r{_OPERATORS[name]}__" if name in _OPERATORS
                         else f"__{_TURNED[name]}__", None)
        other = x
    return NotImplemented if method is None else method(other)


def _refuse(inputs, name):
    """The error of a NumPy function that got a node."""
    node = next((x for x in inputs if isinstance(x, Valueless)), None)
    site, lib = call_site(), "fastgrad" if node is None else node._lib
    at = f" at {show_site(site)}" if site else ""
    what = "a node of a graph" if node is None else f"{where(node)}, a node of a graph"
    ours = elsewhere.function(name, lib)
    advice = (f"Use {ours}" if ours else f"Use {lib}'s functions, or py_func") + (
        ", or run the node first: Session.run(node).")
    raise NoArrayError(f"numpy.{name}{at}: got {what}, which has no value yet. {advice}")
