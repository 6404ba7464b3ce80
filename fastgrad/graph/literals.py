"""What a Python value becomes as an array: NumPy's rules, and TensorFlow's.

"numpy": `np.array(value)`. "tf" (graphs of `fastgrad.compat.v1`): Python floats are float32, whole
numbers int32 (int64 if too big), also inside lists; arrays and NumPy scalars keep their
dtype; with a dtype given, numbers with fractions do not become integers.

Strings become numbers of dtype TEXT, see `interned`.
"""

import numpy as np

from fastgrad.errors import ConvertTypeError, DTypeError, FeedTypeError, NotNumbersError, ShapeError
from fastgrad.graph.dtypes import BOOL, FLOAT32, FLOAT64, INT32, INT64, TEXT
from fastgrad.graph.interned import encoded
from fastgrad.graph.tensor_shape import Dimension, TensorShape


def is_text(value):
    """Whether a plain value is a string, an array of them, or nested lists that start with one."""
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "SU" or bool(
            value.dtype.kind == "O" and value.size and isinstance(value.flat[0], (str, bytes)))
    return isinstance(value, (str, bytes))


# ---- numbers ----------------------------------------------------------------------------

def scalar(number, dtype):
    """A number as an array without dimensions; the zero of strings is the empty one."""
    if dtype != TEXT:
        return np.array(number, dtype)
    if number:
        raise DTypeError(f"Expected string, got {number!r}: strings have no {number}.")
    return np.zeros((), TEXT)


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
    if dtype == TEXT or dtype is None and (getattr(value, "dtype", None) == TEXT
                                           or kind == "tf" and is_text(value)):
        return encoded(value)
    if kind == "tf" and isinstance(value, (TensorShape, Dimension)):
        return _sizes(value, dtype)
    plain = not isinstance(value, (np.ndarray, np.generic))
    try:
        array = np.array(value, dtype=None if kind == "tf" and plain else dtype)
    except (TypeError, ValueError) as e:
        ragged = isinstance(e, ValueError) and "inhomogeneous" in str(e)
        raise (ShapeError if ragged else DTypeError)(
            f"cannot make an array of {value!r:.80}: {e}") from None
    if array.dtype.kind not in "fiubc":
        raise DTypeError(f"cannot make a numeric array of {value!r:.80} "
                         f"({type(value).__name__} became dtype {array.dtype}).")
    if kind == "tf" and plain:
        array = _as_tensorflow(array, dtype, value)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _sizes(value, dtype):
    """A static shape, or a dimension, as TensorFlow makes a tensor of it: of integers."""
    known = value.dims_ if isinstance(value, TensorShape) else (value.value,)
    if known is None or None in known:
        raise ValueError(f"Cannot convert an unknown Dimension to a Tensor: {value}")
    if dtype is not None and dtype.kind not in "iu":
        raise ConvertTypeError(f"a shape becomes a tensor of integers; expected {dtype.name}.")
    sizes = np.array(known, INT32 if dtype is None else dtype)
    return sizes if isinstance(value, TensorShape) else sizes[0]


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


def returned(value, dtype, exact):
    """What Python code returned, as an array of the declared `dtype`; a copy.

    Parameters
    ----------
    exact : bool
        Take no other dtype, as TensorFlow does; else whatever `dtype` holds without loss.

    Raises
    ------
    NotNumbersError
        If it is neither numbers nor strings.
    DTypeError
        If it is of another dtype, or `dtype` would change a value.
    """
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise DTypeError("its masked elements would be taken for numbers; fill them first.")
    array, name = _plain(value), "string" if dtype == TEXT else dtype.name
    text = array.dtype == object
    if text != (dtype == TEXT) or exact and not text and array.dtype != dtype:
        raise DTypeError(f"got {'strings' if text else array.dtype.name}, expected {name}. "
                         "Return an array of that dtype, or declare the other one.")
    if text:
        return encoded(array)
    if array.dtype.kind == "c" and dtype.kind != "c":
        if array.imag.any():
            raise DTypeError(f"got complex numbers, expected {name}.")
        array = array.real
    with np.errstate(all="ignore"):
        converted = array.astype(dtype, order="C")
        back = converted.astype(array.dtype)
    if array.dtype != dtype and not np.array_equal(back, array, equal_nan=array.dtype.kind in "fc"):
        wrong = array[back != array].reshape(-1)[0]
        raise DTypeError(f"got {array.dtype.name}, expected {name}, which cannot hold {wrong} "
                         "as it is. Round or convert it, or declare another dtype.")
    return converted


def _plain(value):
    """An array of numbers, or one of strings with dtype object."""
    try:
        array = np.asarray(value)
    except ValueError as e:
        raise DTypeError(f"cannot make an array of {value!r:.80}: {e}") from None
    if array.dtype.kind == "O" and array.size and all(
            isinstance(v, (int, float, complex, np.number, np.bool_)) for v in array.flat):
        array = np.array(array.tolist())
    if array.dtype.kind in "SU" or array.dtype.kind == "O" and array.size and all(
            isinstance(v, (str, bytes)) for v in array.flat):
        return array.astype(object)
    if array.dtype.kind not in "fiubc":
        raise NotNumbersError(f"got {value!r:.60} of type {type(value).__name__}, which is neither "
                              "numbers nor strings.")
    return array


__all__ = ["array_of", "converted", "is_text", "returned", "scalar"]
