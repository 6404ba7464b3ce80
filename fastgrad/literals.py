"""What a Python value becomes as an array: NumPy's rules, and TensorFlow's.

"numpy": `np.array(value)`. "tf" (graphs of `fastgrad.compat.v1`): Python floats are float32, whole
numbers int32 (int64 if too big), also inside lists; arrays and NumPy scalars keep their
dtype; with a dtype given, numbers with fractions do not become integers.

Strings become numbers of dtype TEXT: the same bytes are the same number in the whole process,
which keeps every string it has seen. So kernels move and compare strings without knowing it.
"""

import threading

import numpy as np

from fastgrad.errors import ConvertTypeError, DTypeError, FeedTypeError, ShapeError
from fastgrad.shapes import (BOOL, FLOAT32, FLOAT64, INT32, INT64, TEXT, Dimension,
                             TensorShape)

# ---- strings ----------------------------------------------------------------------------

_strings, _numbers, _lock = [], {}, threading.Lock()


def _number_of(value):
    """The number that stands for a str (as UTF-8) or bytes."""
    if isinstance(value, str):
        value = value.encode()
    if not isinstance(value, bytes):
        raise DTypeError(f"expected a string; got {value!r:.60} of type {type(value).__name__}.")
    found = _numbers.get(value)
    if found is None:
        with _lock:
            found = _numbers.setdefault(value, len(_strings))
            if found == len(_strings):
                _strings.append(value)
    return found


def encoded(values):
    """An array of strings, or nested lists of them, as TEXT."""
    values = np.asarray(values, object)
    numbers = np.array([_number_of(v) for v in values.reshape(-1)], np.int64)
    return numbers.view(TEXT).reshape(values.shape)


def decoded(array):
    """What TEXT stands for: bytes, or an array of them with dtype object."""
    array = np.asarray(array)
    found = np.empty(array.size, object)
    found[:] = [_strings[n] for n in array.reshape(-1).view(np.int64)]
    return found.reshape(array.shape)


def is_text(value):
    """Whether a plain value is a string, an array of them, or nested lists that start with one."""
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "SU" or bool(
            value.dtype.kind == "O" and value.size and isinstance(value.flat[0], (str, bytes)))
    return isinstance(value, (str, bytes))


# ---- numbers ----------------------------------------------------------------------------


def array_of(value, dtype=None, kind="numpy"):
    """An array of numbers, nested lists or anything NumPy takes, always native and a copy.

    Parameters
    ----------
    dtype : numpy.dtype, optional
    kind : 'numpy' or 'tf'

    Raises
    ------
    DTypeError
        If it is not numeric, or does not fit `dtype`.
    ShapeError
        If rows differ in length.
    """
    if value is None:
        raise FeedTypeError("None values not supported: expected an array, number or list.")
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise DTypeError("masked elements would be taken for numbers; fill them first.")
    if kind == "tf" and (is_text(value) if dtype is None else dtype == TEXT):
        return encoded(value)
    if kind == "tf" and isinstance(value, (TensorShape, Dimension)):
        return _sizes(value, dtype)
    plain = not isinstance(value, (np.ndarray, np.generic))
    try:
        found = np.array(value, dtype=None if kind == "tf" and plain else dtype)
    except (TypeError, ValueError) as e:
        ragged = isinstance(e, ValueError) and "inhomogeneous" in str(e)
        raise (ShapeError if ragged else DTypeError)(
            f"cannot make an array of {value!r:.80}: {e}") from None
    if found.dtype.kind not in "fiubc":
        raise DTypeError(f"cannot make a numeric array of {value!r:.80} "
                         f"({type(value).__name__} became dtype {found.dtype}).")
    if kind == "tf" and plain:
        found = _as_tensorflow(found, dtype, value)
    return found if found.dtype.isnative else found.astype(found.dtype.newbyteorder("="))


def _sizes(value, dtype):
    """A static shape, or a dimension, as TensorFlow makes a tensor of it: of integers."""
    known = value.dims_ if isinstance(value, TensorShape) else (value.value,)
    if known is None or None in known:
        raise ValueError(f"Cannot convert an unknown Dimension to a Tensor: {value}")
    if dtype is not None and dtype.kind not in "iu":
        raise ConvertTypeError(f"a shape becomes a tensor of integers; expected {dtype.name}.")
    found = np.array(known, INT32 if dtype is None else dtype)
    return found if isinstance(value, TensorShape) else found[0]


def _as_tensorflow(found, dtype, value):
    if dtype is not None:
        if found.size and (_rank(found.dtype) > _rank(dtype)
                           or dtype == BOOL and found.dtype != BOOL):
            raise DTypeError(f"Expected {dtype.name}, got {value!r:.60} of type "
                             f"{type(value).__name__!r} instead.")
        return found.astype(dtype, copy=False)
    if found.dtype == FLOAT64:
        return found.astype(FLOAT32)
    if found.dtype == INT64:
        small = found.astype(INT32)
        return small if np.array_equal(small, found) else found
    return found


def _rank(dtype):
    return {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}[dtype.kind]


def converted(array, dtype, name, cuts=False):
    """`array` in the dtype of what is called `name`, unless that would change its numbers.

    Floats may be rounded; integers may not, nor wrap around, nor may an imaginary part go. If it
    `cuts`, fractions are cut off for an integer dtype, as NumPy does and so TensorFlow's feeds.

    Raises
    ------
    DTypeError
    """
    if array.dtype == dtype or np.can_cast(array.dtype, dtype, "safe"):
        return array.astype(dtype, copy=False)
    if array.dtype.kind == "c" and dtype.kind != "c":
        raise DTypeError(f"{name} has dtype {dtype.name}; got complex numbers.")
    if dtype.kind in "iu" and array.size:
        low, high = array.min(), array.max()           # NaN if there is one
        if array.dtype.kind == "f" and not (np.isfinite([low, high]).all() and (
                cuts or (array == np.trunc(array)).all())):
            raise DTypeError(f"{name} has dtype {dtype.name}; got {array.dtype.name} values with "
                             "fractions. Round them, or declare a float "
                             f"{name.partition(' ')[0]}.")
        limits = np.iinfo(dtype)
        if int(low) < limits.min or int(high) > limits.max:
            wrong = low if int(low) < limits.min else high
            raise DTypeError(f"{name} has dtype {dtype.name}, which cannot hold {wrong}.")
    with np.errstate(over="ignore"):                   # a float too large becomes infinite
        return array.astype(dtype)


__all__ = ["array_of", "converted", "decoded", "encoded", "is_text"]
