"""Initial values of get_variable, from an initializer, a shape and a dtype."""

import inspect

from fastgrad.graph import shapes
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.dtypes import as_dtype
from fastgrad.graph.literals import array_of
from fastgrad.variables.initializers import glorot_uniform_initializer, zeros_initializer
from fastgrad.wording import show_shape


def _stated_dtype(initializer, dtype):
    """`dtype` as a DType; ValueError if the initial value is of another one."""
    dtype = as_dtype(dtype)
    if dtype is None or initializer is None or callable(initializer):
        return dtype
    stated = getattr(initializer, "dtype", None)
    if stated is None and get_default_graph().literals == "tf":
        stated = array_of(initializer, kind="tf").dtype
    if stated is not None and as_dtype(stated) != dtype:
        raise ValueError(f"Initializer type '{stated}' and explicit dtype '{dtype}' don't match.")
    return dtype


def _initial(name, shape, dtype, initializer):
    """(callable that makes the initial value, dtype or None)"""
    if initializer is None:
        initializer = (glorot_uniform_initializer() if dtype.is_floating else zeros_initializer())
    if isinstance(initializer, type):
        initializer = initializer()
    if shapes.is_known(shape):
        return lambda: _call_initializer(initializer, list(shape), dtype), dtype
    if shape is None and not _required(initializer):
        return initializer, None
    raise ValueError(f"Shape of a new variable ({name}) must be fully defined, but instead was "
                     f"{show_shape(shape)}.")


def _required(fn):
    """How many arguments a callable insists on."""
    try:
        parameters = inspect.signature(fn).parameters.values()
    except (TypeError, ValueError):
        return 1
    return sum(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
               for p in parameters)


def _call_initializer(initializer, shape, dtype):
    """An initializer by its signature: (shape), (shape, dtype) or with partition_info too."""
    try:
        names = inspect.signature(initializer).parameters
    except (TypeError, ValueError):
        return initializer(shape, dtype)
    takes_any = any(p.kind is p.VAR_KEYWORD for p in names.values())
    more = {"partition_info": None} if "partition_info" in names else {}
    if "dtype" in names or takes_any:
        return initializer(shape, dtype=dtype, **more)
    return initializer(shape, **more)
