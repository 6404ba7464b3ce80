"""Checks in a graph: ensure_shape, is_non_decreasing, ...; and get_static_value."""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import strong
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient, op
from fastgrad.graph.tensor_shape import TensorShape, to_shape
from fastgrad.ops.comparison import less, less_equal
from fastgrad.ops.partial_value import _unknown, partial_value
from fastgrad.ops.reduce import _reduce_all
from fastgrad.ops.reshape import reshape
from fastgrad.ops.shape import scoped
from fastgrad.ops.state import constant, identity


def _ensured(in_shapes, attrs):
    if not shapes.compatible(attrs["shape"], in_shapes[0]):
        raise ShapeError(f"the tensor's shape {in_shapes[0]} is not compatible with "
                         f"{attrs['shape']}.")
    return shapes.merge(in_shapes[0], attrs["shape"])


@op(_ensured, view=0, ref=lambda x, shape: x, name="EnsureShape", text=True)
def _ensure_shape(x, shape=None):
    pass


@RegisterGradient("ensure_shape")
def ensure_shape_gradient(op, dy):
    return dy


@door
def ensure_shape(x, shape, name=None):
    """Check of the static shape, which the result declares; a run with another shape fails.

    Gradient: `dx = dy`.

    Examples
    --------
    >>> Session().run(ensure_shape([[1, 2]], [None, 2]))
    array([[1, 2]])
    """
    return _ensure_shape(x, shape=to_shape(shape), name=name)


# ---- order ------------------------------------------------------------------------------

def _in_order(x, compare):
    flat = reshape(as_tensor(x), [-1])
    return _reduce_all(compare(flat[:-1], flat[1:]))


@scoped("is_non_decreasing")
def is_non_decreasing(x, name=None):
    """Whether no element is smaller than the one before it.

    Gradient: none.

    Examples
    --------
    >>> Session().run(is_non_decreasing([1, 2, 2]))
    np.True_
    """
    return _in_order(x, less_equal)


@scoped("is_strictly_increasing")
def is_strictly_increasing(x, name=None):
    """Whether each element is larger than the one before it.

    Gradient: none.

    Examples
    --------
    >>> Session().run(is_strictly_increasing([1, 2, 2]))
    np.False_
    """
    return _in_order(x, less)


# ---- what is known ----------------------------------------------------------------------

def is_numeric_tensor(tensor):
    """Whether `tensor` is a node of numbers; truth values are none.

    Examples
    --------
    >>> is_numeric_tensor(constant([1]))
    True
    """
    return is_node(tensor) and as_tensor(tensor)._dtype is not None \
        and strong(as_tensor(tensor)._dtype).kind in "fiuc"


@door
def get_static_value(tensor, partial=False):
    """The value of a tensor as far as it is known while the graph is built, as an array or None.

    Examples
    --------
    >>> get_static_value(constant([1, 2])), get_static_value(placeholder(float32))
    (array([1, 2]), None)
    """
    tensor = as_tensor(tensor)
    known = partial_value(tensor)
    if known is None or _unknown(known):
        return None
    return np.asarray(known, strong(tensor._dtype))


# ---- shapes as tensors ------------------------------------------------------------------

def broadcast_static_shape(shape_x, shape_y):
    """The shape that two static shapes broadcast to.

    Examples
    --------
    >>> broadcast_static_shape(TensorShape([3, 1]), TensorShape([4]))
    TensorShape([Dimension(3), Dimension(4)])
    """
    static = [to_shape(shape_x), to_shape(shape_y)]
    return TensorShape(shapes.broadcast(static))


def _joint_rank(in_shapes, _):
    known = [s for s in in_shapes if s is not None]
    return (max((s[0] for s in known), default=None),) if len(known) == 2 and all(
        s[0] is not None for s in known) else (None,)


@op(_joint_rank, whole=(0, 1), name="BroadcastArgs",
    ref=lambda x, y: np.array(np.broadcast_shapes(tuple(x), tuple(y)), x.dtype))
def broadcast_dynamic_shape(shape_x, shape_y):
    """The shape, as a vector of integers, that two of them broadcast to.

    Gradient: none.

    Examples
    --------
    >>> Session().run(broadcast_dynamic_shape([3, 1], [4]))
    array([3, 4])
    """


NotDifferentiable("broadcast_dynamic_shape")


# ---- only names -------------------------------------------------------------------------

def identity_n(input, name=None):
    """Identity of several tensors.

    Gradient: each `dx = dy`.

    Examples
    --------
    >>> Session().run(identity_n([constant(1), constant(2)]))
    [np.int64(1), np.int64(2)]
    """
    if not input:
        raise ValueError("identity_n needs at least one tensor.")
    tensors = [v if is_node(v) else constant(v) for v in input]
    return [identity(t, name=name or "IdentityN") for t in tensors]


@door
def guarantee_const(input, name=None):
    """Identity; in TensorFlow a promise that the value is constant, which nothing here uses.

    Gradient: `dx = dy`.

    Examples
    --------
    >>> Session().run(guarantee_const([1, 2]))
    array([1, 2])
    """
    return identity(input, name=name or "GuaranteeConst")


__all__ = ["ensure_shape", "is_non_decreasing", "is_strictly_increasing", "is_numeric_tensor",
           "get_static_value", "broadcast_static_shape", "broadcast_dynamic_shape", "identity_n",
           "guarantee_const"]
