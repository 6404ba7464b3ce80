"""Conversion between dtypes: cast and its kin, each with its gradient below it."""

import numpy as np

from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import tell_of_truth
from fastgrad.graph.dtypes import as_dtype, strong, to_np
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.ops.arithmetic import elementwise, maximum, minimum


def _cast_dtype(_, attrs):
    return attrs["dtype"]


def _cast_ref(x, dtype):
    """Conversion; of complex numbers the real part, without the warning that NumPy gives."""
    real = x.dtype.kind == "c" and strong(dtype).kind in "fiu"
    return (x.real if real else x).astype(dtype)


@op(elementwise, dtype=None, out=_cast_dtype, form="cast", ref=_cast_ref, name="Cast")
def _cast(x, dtype=None):
    pass


def cast(x, dtype, name=None):
    """Conversion to another dtype, as `array.astype` does it; of complex numbers the real part.

    Gradient: `dx = cast(dy)` back, between floating dtypes.

    Examples
    --------
    >>> Session().run(cast([1.7, -1.7], int32))
    array([ 1, -1], dtype=int32)
    """
    dtype = to_np(dtype)
    tell_of_truth(x, "cast")
    if dtype is None:
        raise TypeError("cast: None is no dtype.")
    if hasattr(x, "with_values"):                   # of which only some elements are stored
        return x.with_values(cast(x.values, dtype, name))
    if not is_node(x) and get_default_graph().literals == "tf":
        with get_default_graph().name_scope(name or "Cast") as scope:
            x = as_tensor(x, name="x")
            return x if x._dtype == dtype else _cast(x, dtype=dtype, name=scope)
    x = as_tensor(x)
    same = isinstance(x._dtype, np.dtype) and x._dtype == dtype
    return x if same else _cast(x, dtype=dtype, name=name)


@RegisterGradient("cast")
def cast_gradient(op, dy):
    source, target = op.inputs[0]._dtype, strong(op.attrs["dtype"])
    if target.kind != "f":
        return None
    if source is None:
        return cast_like(dy, op.inputs[0])
    source = strong(source)
    return cast(dy, source) if source.kind == "f" else None


def to_float(x, name="ToFloat"):
    """Conversion to float32.

    Examples
    --------
    >>> Session().run(to_float([1, 2]))
    array([1., 2.], dtype=float32)
    """
    return cast(x, np.float32, name=name)


def to_double(x, name="ToDouble"):
    """Conversion to float64.

    Examples
    --------
    >>> Session().run(to_double([1, 2]))
    array([1., 2.])
    """
    return cast(x, np.float64, name=name)


def to_int32(x, name="ToInt32"):
    """Conversion to int32.

    Examples
    --------
    >>> Session().run(to_int32([1.7]))
    array([1], dtype=int32)
    """
    return cast(x, np.int32, name=name)


def to_int64(x, name="ToInt64"):
    """Conversion to int64.

    Examples
    --------
    >>> Session().run(to_int64([1.7]))
    array([1])
    """
    return cast(x, np.int64, name=name)


def saturate_cast(value, dtype, name=None):
    """Conversion to another dtype; values beyond its range become its limits.

    Gradient: `dx = cast(dy)` back within the limits, between floating dtypes.

    Examples
    --------
    >>> Session().run(saturate_cast([300, -5], uint8))
    array([255,   0], dtype=uint8)
    """
    value, dtype = as_tensor(value), to_np(dtype)
    low, high = as_dtype(dtype).min, as_dtype(dtype).max
    source = as_dtype(strong(value._dtype))
    if source.min < low:
        value = maximum(value, np.asarray(low, source.np))
    if source.max > high:
        value = minimum(value, np.asarray(high, source.np))
    return cast(value, dtype, name=name or "saturate_cast")


@op(lambda s, a: s[0], dtype=None, out=lambda d, a: strong(d[1]), form="cast",
    ref=lambda x, like: x.astype(like.dtype), shape_only=(1,))
def cast_like(x, like):
    """Conversion to the dtype of `like`."""


@RegisterGradient("cast_like")
def cast_like_gradient(op, dy):
    x = op.inputs[0]
    whole = x._dtype is not None and strong(x._dtype).kind != "f"
    return None if whole else cast_like(dy, x), None


def cast_to(x, like):
    """`x` in the dtype of `like`, known now or when the plan is made."""
    return cast(x, like._dtype) if isinstance(like._dtype, np.dtype) else cast_like(x, like)


__all__ = ["cast", "to_float", "to_double", "to_int32", "to_int64", "saturate_cast"]
