"""Dtypes: what is known of a tensor's elements before it has a value.

Inside the package a dtype is a `numpy.dtype`, or a Python type (`float`, `int`, `bool`) for
a *weak* number that takes the other side's dtype (NumPy's NEP 50), or None if unknown. Users see
`DType`, TensorFlow's name.
"""

import numpy as np

from fastgrad.graph.default_graph import get_default_graph

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
INT32, INT64, BOOL = np.dtype(np.int32), np.dtype(np.int64), np.dtype(np.bool_)


class DType:
    """A dtype under its TensorFlow name; compares equal to NumPy's.

    Attributes
    ----------
    name : str
    as_numpy_dtype : type
        NumPy's scalar type.

    Examples
    --------
    >>> float32.is_floating, float32.size, float32.max
    (True, 4, np.float32(3.4028235e+38))
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


def to_np(dtype):
    """Anything that names a dtype -> `numpy.dtype`; None stays None.

    Python's float is NumPy's float64; where a TensorFlow graph is built it is float32, and an int
    names nothing.
    """
    if dtype is None or isinstance(dtype, np.dtype):
        return dtype
    if isinstance(dtype, DType):
        return dtype.np
    if (dtype is float or dtype is int or dtype == "int") and \
            get_default_graph().literals == "tf":
        if dtype is not float:
            raise TypeError(f"Cannot convert value {dtype!r} to a TensorFlow DType; say which "
                            "integer, int32 or int64.")
        return FLOAT32
    if isinstance(dtype, (int, np.integer)):
        dtype = NUMBERED.get(dtype - 100 * (100 < dtype < 200), f"number {dtype}")
    np_dtype = np.dtype(_NAMED.get(dtype, dtype) if isinstance(dtype, str) else dtype)
    if np_dtype.kind not in "fiubc" and np_dtype != TEXT:
        raise TypeError(f"dtype {np_dtype} is not numeric; expected one of {', '.join(DTYPES)}")
    return np_dtype.newbyteorder("=") if not np_dtype.isnative else np_dtype


def as_dtype(dtype):
    """Anything that names a dtype -> `DType` (TensorFlow's `tf.as_dtype`).

    Examples
    --------
    >>> as_dtype('float32')
    fastgrad.float32
    >>> as_dtype(np.int64).size
    8
    """
    np_dtype = to_np(dtype)
    return None if np_dtype is None else _BY_NP.get(np_dtype) or DType(np_dtype)


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
    promoted = promote(dtypes)
    return FLOAT64 if promoted is not None and promoted.kind in "iub" else promoted
