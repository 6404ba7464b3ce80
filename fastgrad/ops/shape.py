"""Shapes as tensors (shape, size, rank), and shapes and axes as users give them."""

import functools
import inspect

import numpy as np

from fastgrad.errors import DTypeError, ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import INT32, to_np
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import NotDifferentiable, op
from fastgrad.graph.tensor_shape import Dimension, TensorShape
from fastgrad.ops.partial_value import _unknown, partial_value
from fastgrad.wording import where


def scoped(default, last=False):
    """Decorator of functions made of several operations: these get a name scope.

    Parameters
    ----------
    default : str
        The scope's name, where the call gives no `name`.
    last : bool
        Whether the function's own `name` becomes the scope's, for its last operation.
    """
    def decorate(fn):
        signature = inspect.signature(fn)

        @functools.wraps(fn)
        def call(*args, **kwargs):
            bound = signature.bind(*args, **kwargs)
            name = bound.arguments.pop("name", None)
            nodes = (v for v in bound.arguments.values() if is_node(v))
            first = next(nodes, None)
            graph = get_default_graph() if first is None else as_tensor(first).graph
            with graph.name_scope(name or default) as scope:
                if last:
                    bound.arguments["name"] = scope
                return fn(*bound.args, **bound.kwargs)
        return door(call)
    return decorate


def renamed(new, value, old, old_value):
    """The argument that a call gave under its name or under its old one.

    Raises
    ------
    ValueError
        If it came under both.
    """
    if value is not None and old_value is not None:
        raise ValueError(f"Cannot specify both '{old}' and '{new}'.")
    return old_value if value is None else value


# ---- ops --------------------------------------------------------------------------------

def _out_type(_, attrs):
    return attrs["out_type"]


@op(lambda s, a: (None if s[0] is None else len(s[0]),), dtype=None, out=_out_type,
    shape_only=(0,), ref=lambda x, out_type: shapes.as_array(x.shape, out_type), name="Shape",
    text=True)
def _shape(x, out_type=INT32):
    pass


def shape(input, name=None, out_type=INT32):
    """The shape of a tensor, as an integer vector.

    Gradient: none.

    Examples
    --------
    >>> Session().run(shape([[1, 2, 3]]))
    array([1, 3], dtype=int32)
    """
    return _shape(as_tensor(input), out_type=to_np(out_type), name=name)


def shape_n(input, out_type=INT32, name=None):
    """The shapes of several tensors, as a list of integer vectors.

    Gradient: none.

    Examples
    --------
    >>> Session().run(shape_n([[1, 2], [[3]]]))
    [array([2], dtype=int32), array([1, 1], dtype=int32)]
    """
    return [shape(x, name or "ShapeN", out_type) for x in input]


@op(lambda s, a: (), dtype=None, out=_out_type, shape_only=(0,),
    ref=lambda x, out_type: shapes.as_array(x.size, out_type), name="Size", text=True)
def _size(x, out_type=INT32):
    pass


def size(input, name=None, out_type=INT32):
    """The number of elements of a tensor, as an integer.

    Gradient: none.

    Examples
    --------
    >>> Session().run(size([[1, 2, 3]]))
    np.int32(3)
    """
    return _size(as_tensor(input), out_type=to_np(out_type), name=name)


@op(lambda s, a: (), dtype=None, out=INT32, shape_only=(0,),
    ref=lambda x: np.array(x.ndim, np.int32), name="Rank", text=True)
def _rank(x):
    pass


def rank(input, name=None):
    """The number of dimensions of a tensor, as an integer.

    Gradient: none.

    Examples
    --------
    >>> Session().run(rank([[1, 2]]))
    np.int32(2)
    """
    return _rank(as_tensor(input), name=name)


for _type in ("shape", "size", "rank"):
    NotDifferentiable(_type)


# ---- what users give as a shape or an axis ----------------------------------------------

def plain_shape(shape):
    """A shape as something that becomes an integer tensor: `Dimension`s are made numbers."""
    if is_node(shape) or isinstance(shape, np.ndarray):
        return shape
    if isinstance(shape, TensorShape):
        shape = shape.as_list()
    if shape is None:
        raise ValueError("shape: None values not supported; expected a list of whole numbers.")
    if isinstance(shape, (int, np.integer, Dimension)):
        return whole_numbers([shape])
    dims = [d.value if isinstance(d, Dimension) else d for d in shape]
    if any(isinstance(d, (str, bytes)) for d in dims):
        raise DTypeError(f"shape and size must be whole numbers; got {shape!r:.60}.")
    if any(d is None for d in dims):
        raise TypeError(f"shape {dims} has an unknown dimension (None); use fastgrad.shape(x) "
                        "for a dimension that only a run knows.")
    if not any(is_node(d) for d in dims):
        _refuse_fractions(np.asarray(dims), "shape and size")
        return whole_numbers(dims)
    return dims


def whole_numbers(values):
    """Integers as an array: int32 as in TensorFlow where that holds them, else int64.

    Numbers beyond 64 bits become the largest: they are out of every range all the same.
    """
    flat = [min(max(int(v), -(1 << 63)), (1 << 63) - 1) for v in values]
    small = all(-(1 << 31) <= v < 1 << 31 for v in flat)
    return np.array(flat, np.int32 if small else np.int64)


def number_of(value, what="axis"):
    """A whole number, given as such or as a constant tensor; None stays None."""
    if value is None or isinstance(value, int):
        return value
    return int(np.asarray(known_value(value, what)).reshape(()))


def check_rank(value, rank, what):
    """Refuse numbers of another rank where the graph is TensorFlow's; None is no number there.

    fastgrad's own graphs take what NumPy takes, such as a number for a vector of one.
    """
    if get_default_graph().literals != "tf":
        return
    if value is None:
        raise ValueError(f"{what}: None values not supported.")
    if isinstance(value, str):
        raise DTypeError(f"{what} must be whole numbers; got {value!r}.")
    own = _rank_of(value)
    if own not in (None, rank):
        raise ShapeError(f"{what}: Shape must be rank {rank} but is rank {own}; got "
                         f"{value!r:.60}.")


def _rank_of(value):
    if is_node(value):
        known = as_tensor(value)._shape
        return None if known is None else len(known)
    if isinstance(value, TensorShape):
        return 1
    if not isinstance(value, (list, tuple)):
        return np.ndim(value)
    inner = [_rank_of(v) for v in value[:1]] or [0]
    return None if inner[0] is None else 1 + inner[0]


def _refuse_fractions(array, what):
    if array.size and array.dtype.kind in "fSU":
        raise DTypeError(f"{what} must be whole numbers; got {array.tolist()!r:.60}.")
    return array


def known_value(value, what="axis", whole=True):
    """The array that a number, list or constant tensor stands for.

    Raises
    ------
    ValueError
        If it is a tensor whose value only a run knows.
    DTypeError
        If the numbers are floats, unless `whole` is false.
    """
    if not is_node(value):
        known = np.asarray(value)
        return _refuse_fractions(known, what) if whole else known
    tensor = as_tensor(value)
    known = partial_value(tensor)
    if known is None or _unknown(known):
        raise ValueError(f"{what} must be known while the graph is built; {where(tensor)} is not.")
    known = np.asarray(known)
    return _refuse_fractions(known, what) if whole else known


def whole_of(array):
    """The elements of an array of whole numbers, among which sizes of a plan stay what they are."""
    return array.reshape(-1).tolist() if array.dtype == object else [
        int(d) for d in array.reshape(-1)]


def dims_of(value):
    """A static input (array, or partly known list) as a tuple of ints and None; None: unknown."""
    if value is None:
        return None
    if isinstance(value, np.ndarray):
        if value.ndim > 1:
            raise ShapeError(f"a shape must be a vector; got an array of shape {value.shape}.")
        return tuple(whole_of(value))
    return tuple(value) if isinstance(value, list) else (value,)


__all__ = ["shape", "shape_n", "size", "rank"]
