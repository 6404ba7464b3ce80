"""Shapes as tensors (shape, size, rank), and what is known of integer tensors before a run.

A shape that users compute (`[tf.shape(x)[0], 3]`) is partly known while the graph is built, and
static shapes downstream depend on that part. `partial_value` finds it by walking back through the
operations that such expressions are made of.
"""

import functools
import inspect

import numpy as np

from fastgrad.errors import DTypeError, ShapeError
from fastgrad.graph import hooks, shapes
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import INT32, strong, to_np
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import NotDifferentiable, op
from fastgrad.graph.tensor_shape import Dimension, TensorShape
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


FOLD_ELEMENTS = 64      # integer tensors up to this size are evaluated while the graph is built


# ---- ops --------------------------------------------------------------------------------

def _out_type(_, attrs):
    return attrs["out_type"]


@op(lambda s, a: (None if s[0] is None else len(s[0]),), dtype=None, out=_out_type,
    shape_only=(0,), ref=lambda x, out_type: np.array(x.shape, out_type), name="Shape", text=True)
def _shape(x, out_type=INT32):
    pass


def shape(input, name=None, out_type=INT32):
    """The shape of a tensor, as an integer vector.

    Gradient: none.
    """
    return _shape(as_tensor(input), out_type=to_np(out_type), name=name)


def shape_n(input, out_type=INT32, name=None):
    """The shapes of several tensors, as a list of integer vectors.

    Gradient: none.
    """
    return [shape(x, name or "ShapeN", out_type) for x in input]


@op(lambda s, a: (), dtype=None, out=_out_type, shape_only=(0,),
    ref=lambda x, out_type: np.array(x.size, out_type), name="Size", text=True)
def _size(x, out_type=INT32):
    pass


def size(input, name=None, out_type=INT32):
    """The number of elements of a tensor, as an integer.

    Gradient: none.
    """
    return _size(as_tensor(input), out_type=to_np(out_type), name=name)


@op(lambda s, a: (), dtype=None, out=INT32, shape_only=(0,),
    ref=lambda x: np.array(x.ndim, np.int32), name="Rank", text=True)
def _rank(x):
    pass


def rank(input, name=None):
    """The number of dimensions of a tensor, as an integer.

    Gradient: none.
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


def dims_of(value):
    """A static input (array, or partly known list) as a tuple of ints and None; None: unknown."""
    if value is None:
        return None
    if isinstance(value, np.ndarray):
        if value.ndim > 1:
            raise ShapeError(f"a shape must be a vector; got an array of shape {value.shape}.")
        return tuple(int(d) for d in value.reshape(-1))
    return tuple(value) if isinstance(value, list) else (value,)


# ---- partial values ---------------------------------------------------------------------

def _unknown(value):
    return value is None or (isinstance(value, list) and any(_unknown(v) for v in value))


@hooks.fills("partial_value")
def partial_value(tensor):
    """What is known of an integer tensor's value: nested lists with None for an unknown element.

    Returns None if nothing is, the rank included. Iterative callers need none: such
    expressions are a few operations deep.
    """
    node = tensor.op
    if node.type == "constant":
        return node.attrs["value"] if node.attrs["value"].size > FOLD_ELEMENTS else \
            node.attrs["value"].tolist()
    rule = _PARTIAL.get(node.type)
    known = rule(node, tensor) if rule is not None else None
    if known is None and node.opdef is not None and _is_small(node, tensor):
        known = _folded(node, tensor)
    if known is None and tensor._shape is not None and len(tensor._shape) == 1 \
            and tensor._shape[0] is not None and tensor._shape[0] <= FOLD_ELEMENTS:
        known = [None] * tensor._shape[0]
    return known


def _is_small(node, tensor):
    opdef = node.opdef
    return (opdef.pure and opdef.ref is not None and not opdef.dynamic and not opdef.shape_only
            and tensor._dtype is not None and strong(tensor._dtype).kind in "iub"
            and 0 < len(node._inputs) <= FOLD_ELEMENTS
            and all(t._shape is not None and None not in t._shape
                    and shapes.size_of(t._shape) <= FOLD_ELEMENTS for t in node._inputs))


def _folded(node, tensor):
    """The value of an op all of whose inputs are known."""
    arrays = []
    for t in node._inputs:
        value = partial_value(t)
        if value is None or _unknown(value):
            return None
        arrays.append(np.asarray(value, strong(t._dtype)))
    opdef = node.opdef
    attrs = {**node.attrs, **{opdef.tensors[i]: arrays[i] for i in opdef.static}}
    args = [a for i, a in enumerate(arrays) if i not in opdef.static]
    try:
        with np.errstate(all="ignore"):
            outputs = opdef.ref(*args, **attrs)
    except (ValueError, IndexError, ArithmeticError):
        return None                             # the run says what is wrong, if it comes to that
    outputs = outputs if opdef.outputs == 1 else outputs[tensor.index]
    return np.asarray(outputs, strong(tensor._dtype)).tolist()


def _partial_shape(node, _):
    known = node._inputs[0]._shape
    return None if known is None else list(known)


def _partial_size(node, _):
    known = node._inputs[0]._shape
    return None if known is None or None in known else shapes.size_of(known)


def _partial_rank(node, _):
    known = node._inputs[0]._shape
    return None if known is None else len(known)


def _partial_same(node, _):
    return partial_value(node._inputs[0])


def _partial_pack(node, _):
    if any(t._shape != () for t in node._inputs):
        return None
    return [partial_value(t) for t in node._inputs]


def _partial_concat(node, _):
    parts = [partial_value(t) for t in node._inputs]
    if any(not isinstance(p, list) for p in parts):
        return None
    return [d for p in parts for d in p]


def _partial_slice(node, _):
    """An index or slice of a vector of which parts are known."""
    source, bounds = partial_value(node._inputs[0]), partial_value(node._inputs[1])
    spec = node.attrs["spec"]
    if not isinstance(source, list) or bounds is None or _unknown(bounds) or len(spec) != 1 \
            or any(isinstance(s, list) for s in source):
        return None
    if spec[0] == "i":
        return source[bounds[0]] if -len(source) <= bounds[0] < len(source) else None
    if spec[0][0] == "s":
        start, stop, step = bounds
        return source[slice(None if "b" in spec[0] else start,
                            None if "e" in spec[0] else stop, step)]
    return None


_PARTIAL = {"shape": _partial_shape, "size": _partial_size, "rank": _partial_rank,
            "identity": _partial_same, "stop_gradient": _partial_same, "pack": _partial_pack,
            "concat": _partial_concat, "strided_slice": _partial_slice}

__all__ = ["shape", "shape_n", "size", "rank"]
