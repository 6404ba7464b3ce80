"""The plan's own form of a graph: Steps joined by Values, with shapes and dtypes all known.

A Value is what a step makes or what a run starts from: a feed, a constant, a variable.
A Step is one op on known shapes, still without memory or kernel. `builder` makes them.
"""

import threading

import numpy as np

from fastgrad.compiler.size import symbolic
from fastgrad.graph.shapes import size_of
from fastgrad.uncut import Changed


def is_splat(array):
    """Whether all elements lie in one place: the array repeats one number."""
    return array.size == 1 or array.size > 0 and not any(
        step for step, n in zip(array.strides, array.shape) if n > 1)


class Value:
    """An array of known shape and dtype in a plan.

    Attributes
    ----------
    step : Step that makes it, or None
    kind : 'step', 'feed', 'const', 'var', 'ghost' (only its shape is used), 'stream' (the state of
        a random generator) or 'scratch' (memory that one step works in)
    const : ndarray or None
    splat : the one number that all elements of `const` are, or None; it repeats with zero strides
    source : feed index; variable operation whose memory it is: of a 'var', and of what an update
        makes

    Notes
    -----
    Each version of a variable is a Value of its own: the 'var' Value is what a run finds, every
    update makes the next. So two steps are the same only if they read the same versions.
    """

    __slots__ = ("step", "shape", "dtype", "kind", "const", "source", "size", "splat",
                 "storage")

    def __init__(self, shape, dtype, kind="step", step=None, const=None, source=None):
        self.shape, self.dtype, self.kind = shape, dtype, kind
        self.step, self.const, self.source = step, const, source
        self.splat = None if const is None or not is_splat(const) else const[(0,) * const.ndim]
        self.size = size_of(shape)
        self.storage = None

    @property
    def known(self):
        """Whether it is a constant."""
        return self.kind == "const"

    @property
    def type(self):
        """The op type that makes it, or its kind."""
        return self.step.type if self.step is not None else self.kind

    def __repr__(self):
        return f"<{self.type} {self.shape} {self.dtype}>"


class Repeated(Value):
    """One number repeated to a shape that hangs on sizes; who reads `const` pins these."""

    __slots__ = ()

    def __init__(self, number, shape):
        super().__init__(shape, number.dtype, "const")
        self.splat = number

    @property
    def const(self):
        return np.broadcast_to(self.splat, tuple(int(n) for n in self.shape))

    @const.setter
    def const(self, _):
        pass


class Numbers(Value):
    """A small constant of which some elements are sizes; who reads `const` pins these.

    Attributes
    ----------
    numbers : ndarray of objects, ints and Sizes
    """

    __slots__ = ("numbers",)

    def __init__(self, numbers, dtype):
        self.numbers = numbers
        super().__init__(numbers.shape, dtype, "const")

    @property
    def const(self):
        return np.array([int(n) for n in self.numbers.flat], self.dtype).reshape(self.shape)

    @const.setter
    def const(self, _):
        pass


class Step:
    """One op on Values.

    Attributes
    ----------
    op : the graph's Operation it comes from, for messages
    fused : what fusion has added: a dict that `layout` reads
    """

    __slots__ = ("type", "opdef", "inputs", "attrs", "outs", "op", "fused", "late", "index",
                 "strip", "scratch")

    def __init__(self, opdef, inputs, attrs, op):
        self.type, self.opdef, self.op = opdef.type, opdef, op
        self.inputs, self.attrs = inputs, attrs
        self.outs = ()
        self.fused = {}
        self.late = False           # writes a variable, or needs a value that hangs on such a write
        self.index = -1
        self.strip = None           # the strip it belongs to
        self.scratch = None         # Value of the memory that its kernel works in; see `place`
        if _making.steps is not None:
            _making.steps.append(self)

    out = property(lambda self: self.outs[0])

    def __repr__(self):
        return f"<{self.type} {[v.shape for v in self.inputs]} -> {[v.shape for v in self.outs]}>"


class _Making(threading.local):
    steps = None                # those made by the compilation that this thread is in


_making = _Making()


class untied(Changed):
    """At the end, the values that steps made inside have made no longer know their steps.

    The two refer to each other. A plan that is dropped, and whatever was made and not used, must
    be freed at once: steps hold operations, and those the graph with its variables.
    """

    def changes(self):
        self.steps = []
        return None, _making, "steps", self.steps

    def left(self, _):
        for step in self.steps:
            for v in step.outs:
                v.step = None


def root_of(value):
    """The value whose memory `value` is a view of."""
    while value.step is not None and value.step.opdef.view is not None:
        value = value.step.inputs[value.step.opdef.view]
    return value


def variable_of(value):
    """The variable whose memory `value` lies in, or None."""
    root = root_of(value)
    return root.source if root.kind == "var" or root.step is not None else None


def const_value(array, dtype=None):
    """A constant; of objects, ints and Sizes, as numbers of `dtype` (int64)."""
    if array.dtype != object:
        return Value(array.shape, array.dtype, "const", const=array)
    dtype = np.dtype(np.int64) if dtype is None else dtype
    if symbolic(array.flat):
        return Numbers(array, dtype)
    return const_value(array.astype(dtype))


def number_value(number, dtype):
    """A constant of one number, which may be a Size."""
    array = np.empty((), object)
    array[()] = number
    return const_value(array, dtype)


def repeated(number, shape):
    """One number of NumPy's repeated to a shape, which may hang on sizes."""
    if symbolic(shape):
        return Repeated(number, tuple(shape))
    return const_value(np.broadcast_to(number, shape))


def ghost(value):
    return Value(value.shape, value.dtype, "ghost")


def targets_of(step):
    """The places among a step's inputs of the variables that it writes."""
    if step.opdef.writes:
        return range(len(step.outs))
    versions = step.attrs.get("versions", ())
    return [i for i, v in enumerate(step.inputs) if v in versions]


def updated_by(steps):
    """The variables that steps write."""
    return {variable_of(s.inputs[i]) for s in steps for i in targets_of(s)}
