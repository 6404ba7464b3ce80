"""Dtypes and static shapes: what is known of a tensor before it has a value.

Inside the package a dtype is a `numpy.dtype`, or a Python type (`float`, `int`, `bool`) for
a *weak* number that takes the other side's dtype (NumPy's NEP 50), or None if unknown. A
shape is a tuple of ints with None for an unknown dimension, or None for an unknown rank.
Users see `DType` and `TensorShape`, TensorFlow's names. The rules here serve twice: while
the graph is built, with unknowns, and when a plan is specialised, without.
"""

import math

import numpy as np

from fastgrad.errors import ShapeError

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
INT32, INT64, BOOL = np.dtype(np.int32), np.dtype(np.int64), np.dtype(np.bool_)


class DType:
    """A dtype under its TensorFlow name; compares equal to NumPy's.

    Attributes
    ----------
    name : str
    as_numpy_dtype : type
        NumPy's scalar type.
    """

    __slots__ = ("np",)

    def __init__(self, np_dtype):
        self.np = np.dtype(np_dtype)

    name = property(lambda self: self.np.name)
    as_numpy_dtype = property(lambda self: self.np.type)
    base_dtype = property(lambda self: self)
    real_dtype = property(lambda self: self)
    is_floating = property(lambda self: self.np.kind == "f")
    is_integer = property(lambda self: self.np.kind in "iu")
    is_bool = property(lambda self: self.np.kind == "b")
    is_complex = property(lambda self: self.np.kind == "c")
    is_unsigned = property(lambda self: self.np.kind == "u")
    size = property(lambda self: self.np.itemsize)
    as_datatype_enum = property(lambda self: next(n for n, d in NUMBERED.items() if d == self.name))
    min = property(lambda self: _limits(self.np).min)
    max = property(lambda self: _limits(self.np).max)
    # NumPy accepts any object with a `dtype` attribute where it wants a dtype
    dtype = property(lambda self: self.np)

    def is_compatible_with(self, other):
        return self == other

    def __eq__(self, other):
        try:
            return other is not None and self.np == to_np(other)
        except TypeError:
            return False

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return hash(self.np)

    def __repr__(self):
        return f"fastgrad.{self.name}"

    def __str__(self):
        return f"<dtype: '{self.name}'>"


def _limits(np_dtype):
    if np_dtype.kind == "f":
        return np.finfo(np_dtype)
    if np_dtype.kind in "iu":
        return np.iinfo(np_dtype)
    raise TypeError(f"dtype {np_dtype.name} has no limits")


DTYPES = {name: DType(name) for name in (
    "float16", "float32", "float64", "int8", "int16", "int32", "int64",
    "uint8", "uint16", "uint32", "uint64", "bool", "complex64", "complex128")}
_BY_NP = {d.np: d for d in DTYPES.values()}


class _StringType(DType):
    """TensorFlow's string dtype.

    A string is held as a number that stands for it, see `literals`: of a NumPy dtype that no
    arithmetic takes, so that it can be moved, compared and nothing else.
    """

    __slots__ = ()
    name = "string"
    as_numpy_dtype = np.object_


TEXT = np.dtype("V8")
STRING = _BY_NP[TEXT] = _StringType(TEXT)

# TensorFlow's own numbers for dtypes (100 more: references to such)
NUMBERED = {1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string",
            8: "complex64", 9: "int64", 10: "bool", 17: "uint16", 18: "complex128", 19: "float16",
            22: "uint32", 23: "uint64"}

# What TensorFlow calls otherwise than NumPy, where "float" is float64.
_NAMED = {"float": "float32", "string": TEXT}

FOLLOWS_TF = [lambda: False]        # filled by registry: whether a TensorFlow graph is being built


def to_np(dtype):
    """Anything that names a dtype -> `numpy.dtype`; None stays None.

    Python's float is NumPy's float64; where a TensorFlow graph is built it is float32, and an int
    names nothing.
    """
    if dtype is None or isinstance(dtype, np.dtype):
        return dtype
    if isinstance(dtype, DType):
        return dtype.np
    if (dtype is float or dtype is int or dtype == "int") and FOLLOWS_TF[0]():
        if dtype is not float:
            raise TypeError(f"Cannot convert value {dtype!r} to a TensorFlow DType; say which "
                            "integer, int32 or int64.")
        return FLOAT32
    if isinstance(dtype, (int, np.integer)):
        dtype = NUMBERED.get(dtype - 100 * (100 < dtype < 200), f"number {dtype}")
    found = np.dtype(_NAMED.get(dtype, dtype) if isinstance(dtype, str) else dtype)
    if found.kind not in "fiubc" and found != TEXT:
        raise TypeError(f"dtype {found} is not numeric; expected one of {', '.join(DTYPES)}")
    return found.newbyteorder("=") if not found.isnative else found


def as_dtype(dtype):
    """Anything that names a dtype -> `DType` (TensorFlow's `tf.as_dtype`)."""
    found = to_np(dtype)
    return None if found is None else _BY_NP.get(found) or DType(found)


WEAK = (bool, int, float)


def is_weak(dtype):
    """Whether `dtype` is a Python type: a number that takes the other side's dtype."""
    return isinstance(dtype, type)


def is_whole(dtype):
    """Whether `dtype` is known and holds integers or truth values; a Python number's is not."""
    return isinstance(dtype, np.dtype) and dtype.kind in "iub"


def strong(dtype):
    """A weak dtype as NumPy would make it: float64, int64 or bool."""
    return np.dtype(dtype) if isinstance(dtype, type) else dtype


# ---- dtype rules: a list of input dtypes -> the dtype an op computes in --------------------

_SAMPLE = {float: 0.0, int: 0, bool: False, complex: 0j}
_promoted = {}                      # tuple of dtypes -> result; a few dozen entries at most


def promote(dtypes):
    """NumPy's promotion; None if any is unknown."""
    key = tuple(dtypes)
    if key not in _promoted:
        if any(d is None for d in key):      # `None in key` is true: numpy.dtype == None
            return None
        _promoted[key] = np.result_type(*(_SAMPLE[d] if is_weak(d) else d for d in key))
    return _promoted[key]


def promote_float(dtypes):
    """NumPy's promotion, and integers become float64 as in `np.exp(1)`."""
    found = promote(dtypes)
    return FLOAT64 if found is not None and found.kind in "iub" else found


# ---- shape rules ------------------------------------------------------------------------

def size_of(shape):
    return math.prod(shape)


def is_known(shape):
    return shape is not None and None not in shape


def broadcast(shapes):
    """The shape of an elementwise result; raises ValueError naming the two that clash."""
    out = shapes[0]
    for shape in shapes[1:]:
        if shape == out:
            continue
        if shape is None or out is None:
            return None
        out = _broadcast_two(out, shape)
    return out


def _broadcast_two(a, b):
    if len(a) < len(b):
        a, b = b, a
    lead = len(a) - len(b)
    out = list(a)
    for i, m in enumerate(b, lead):
        n = a[i]
        if n == m or m == 1:
            continue
        if n == 1:
            out[i] = m
        elif n is None or m is None:
            out[i] = n if m is None else m
        else:
            raise ShapeError(f"shapes {a} and {b} do not broadcast: {n} against {m}")
    return tuple(out)


def normal_axes(axis, rank):
    """`axis` (None, number, sequence, array) -> sorted tuple of numbers in [0, rank)."""
    if axis is None:
        return tuple(range(rank))
    axes = [int(a) for a in np.atleast_1d(axis)]
    for a in axes:
        if not -rank <= a < rank:
            raise ShapeError(f"axis {a} is out of range for rank {rank}")
    found = tuple(sorted({a % rank for a in axes}))
    if len(found) != len(axes):
        raise ShapeError(f"axis {tuple(axes)} names a dimension twice")
    return found


def reduce_shape(shape, axis, keepdims):
    """The shape left by a reduction over `axis`."""
    if shape is None:
        return () if axis is None and not keepdims else None
    axes = normal_axes(axis, len(shape))
    if keepdims:
        return tuple(1 if i in axes else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def compatible(static, actual):
    """Whether a value of shape `actual` may stand where `static` was declared."""
    if static is None or actual is None:
        return True
    return len(static) == len(actual) and all(
        s is None or a is None or s == a for s, a in zip(static, actual))


def merge(a, b):
    """The more that is known of two descriptions of one shape; ShapeError if they clash."""
    if a is None or b is None:
        return b if a is None else a
    if not compatible(a, b):
        raise ShapeError(f"shapes {a} and {b} are not compatible")
    return tuple(m if n is None else n for n, m in zip(a, b))


def to_shape(shape):
    """What a user gives as a shape (None, number, sequence, TensorShape) -> a static shape."""
    if shape is None:
        return None
    if isinstance(shape, TensorShape):
        return shape.dims_
    if isinstance(shape, (int, np.integer, Dimension)):
        shape = (shape,)
    if isinstance(shape, str) or any(isinstance(d, float) and d % 1 for d in shape):
        raise (TypeError if isinstance(shape, str) else ShapeError)(
            f"a shape must be a list of whole numbers or None; got {shape!r}.")
    dims = tuple(None if d is None or (isinstance(d, Dimension) and d.value is None) else int(d)
                 for d in shape)
    dims = tuple(None if d == -1 else d for d in dims)
    if any(d is not None and d < 0 for d in dims):
        raise ShapeError(f"shape {dims} has a negative dimension")
    return dims


# ---- what users see ---------------------------------------------------------------------

class Dimension:
    """One dimension: `value` is an int, or None if unknown. Arithmetic follows the value."""

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value.value if isinstance(value, Dimension) else (
            None if value is None else int(value))

    def __int__(self):
        if self.value is None:
            raise TypeError("the dimension is unknown (None); use fastgrad.shape(x) in the graph")
        return self.value

    __index__ = __int__

    def __eq__(self, other):
        other = other.value if isinstance(other, Dimension) else other
        return self.value == other

    def is_compatible_with(self, other):
        """Whether both can be the same number."""
        return compatible((self.value,), (Dimension(other).value,))

    def assert_is_compatible_with(self, other):
        if not self.is_compatible_with(other):
            raise ShapeError(f"Dimensions {self} and {Dimension(other)} are not compatible")

    def merge_with(self, other):
        """What is known of a dimension that is both."""
        self.assert_is_compatible_with(other)
        return Dimension(Dimension(other).value if self.value is None else self.value)

    def __hash__(self):
        return hash(self.value)

    def __repr__(self):
        return f"Dimension({self.value})"

    def __str__(self):
        return "?" if self.value is None else str(self.value)


def _dimension_arithmetic(name):
    def method(self, other):
        other = other.value if isinstance(other, Dimension) else other
        if self.value is None or other is None:
            return Dimension(None)
        return Dimension(getattr(int, name)(self.value, int(other)))
    return method


for _name in ("add", "radd", "sub", "rsub", "mul", "rmul", "floordiv", "rfloordiv", "mod"):
    setattr(Dimension, f"__{_name}__", _dimension_arithmetic(f"__{_name}__"))


def _dimension_order(name):
    def method(self, other):
        other = other.value if isinstance(other, Dimension) else other
        return None if self.value is None or other is None else getattr(self.value, name)(other)
    return method


for _name in ("lt", "le", "gt", "ge"):
    setattr(Dimension, f"__{_name}__", _dimension_order(f"__{_name}__"))


class TensorShape:
    """A static shape (TensorFlow's `tf.TensorShape`); unknown rank is `TensorShape(None)`."""

    __slots__ = ("dims_",)

    def __init__(self, dims):
        self.dims_ = to_shape(dims)

    @property
    def ndims(self):
        return None if self.dims_ is None else len(self.dims_)

    rank = ndims

    @property
    def dims(self):
        return None if self.dims_ is None else [Dimension(d) for d in self.dims_]

    def as_list(self):
        """The dimensions as a list of int or None; ValueError if the rank is unknown."""
        if self.dims_ is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(self.dims_)

    def is_fully_defined(self):
        return is_known(self.dims_)

    def num_elements(self):
        return size_of(self.dims_) if self.is_fully_defined() else None

    def is_compatible_with(self, other):
        return compatible(self.dims_, to_shape(other))

    def assert_is_compatible_with(self, other):
        if not self.is_compatible_with(other):
            raise ShapeError(f"Shapes {self} and {TensorShape(other)} are incompatible")

    def merge_with(self, other):
        return TensorShape(merge(self.dims_, to_shape(other)))

    def concatenate(self, other):
        other = to_shape(other)
        return TensorShape(None if self.dims_ is None or other is None else self.dims_ + other)

    def with_rank(self, rank):
        return self.merge_with((None,) * rank)

    def _demand(self, holds, what):
        if not holds:
            raise ShapeError(f"Shape {self} must {what}")
        return self

    def assert_has_rank(self, rank):
        self._demand(self.ndims in (None, rank), f"have rank {rank}")

    def with_rank_at_least(self, rank):
        return self._demand(self.ndims is None or self.ndims >= rank, f"have rank at least {rank}")

    def with_rank_at_most(self, rank):
        return self._demand(self.ndims is None or self.ndims <= rank, f"have rank at most {rank}")

    def assert_is_fully_defined(self):
        self._demand(self.is_fully_defined(), "be fully defined")

    def __len__(self):
        if self.dims_ is None:
            raise ValueError("Cannot take the length of Shape with unknown rank.")
        return len(self.dims_)

    def __bool__(self):
        return self.dims_ is not None

    def __iter__(self):
        if self.dims_ is None:
            raise ValueError("Cannot iterate over a shape with unknown rank.")
        return iter(self.dims)

    def __getitem__(self, key):
        if self.dims_ is None:
            return TensorShape(None) if isinstance(key, slice) else Dimension(None)
        found = self.dims_[key]
        return TensorShape(found) if isinstance(key, slice) else Dimension(found)

    def __eq__(self, other):
        try:
            return self.dims_ == to_shape(other)
        except (TypeError, ValueError):
            return False

    def __hash__(self):
        return hash(self.dims_)

    def __repr__(self):
        return f"TensorShape({self.dims})"

    def __str__(self):
        if self.dims_ is None:
            return "<unknown>"
        inner = ", ".join("?" if d is None else str(d) for d in self.dims_)
        return f"({inner},)" if len(self.dims_) == 1 else f"({inner})"
