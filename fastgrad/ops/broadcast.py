"""Broadcasting and what undoes it, each op with its gradient below it.

Those after `broadcast_to` serve the reverse walk: `sum_to` undoes broadcasting, `unreduce` undoes a
reduction's loss of dimensions. They use only the shape of their second input, so the plan need not
compute it.
"""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.doors import door
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.graph.shapes import is_known, reduce_shape, size_of
from fastgrad.ops.shape import dims_of, plain_shape


def _broadcast_shape(in_shapes, attrs):
    want = dims_of(attrs["shape"])
    if want is None or in_shapes[0] is None:
        return want
    joined = shapes.broadcast([want, in_shapes[0]])
    if not shapes.compatible(joined, want):
        raise ShapeError(f"shape {in_shapes[0]} does not broadcast to {want}.")
    return shapes.merge(joined, want)


@op(_broadcast_shape, casts=(0,), static=(1,), form="broadcast", name="BroadcastTo",
    ref=lambda x, shape: np.broadcast_to(x, dims_of(shape)), text=True)
def _broadcast_to(input, shape):
    pass


@door
def broadcast_to(input, shape, name=None):
    """Repeat `input` along its dimensions of 1 and new leading ones to reach `shape`.

    Gradient: `dy` summed over what was repeated.

    Examples
    --------
    >>> Session().run(broadcast_to([1, 2], [2, 2]))
    array([[1, 2],
           [1, 2]])
    """
    return _broadcast_to(input, plain_shape(shape), name=name)


@RegisterGradient("broadcast_to")
def broadcast_to_gradient(op, dy):
    return dy, None             # the reverse walk sums to the input's shape


def sum_to_axes(shape, target):
    """The axes of `shape` that broadcasting from `target` repeated."""
    lead = len(shape) - len(target)
    return tuple(range(lead)) + tuple(
        i for i, d in enumerate(target, lead) if d == 1 and shape[i] != 1)


def _sum_to_ref(x, like):
    axes = sum_to_axes(x.shape, like.shape)
    return x.sum(axes, keepdims=True).reshape(like.shape).astype(x.dtype)


def _summed(in_shapes, _):
    x, like = in_shapes
    if is_known(x) and is_known(like) and not _broadcasts(like, x):
        raise ShapeError(f"a gradient of shape {x} does not fit a tensor of shape {like}.")
    return like


def _broadcasts(shape, target):
    lead = len(target) - len(shape)
    return lead >= 0 and all(n in (1, t) for n, t in zip(shape, target[lead:]))


@op(_summed, casts=(0,), form="sum_to", shape_only=(1,), ref=_sum_to_ref)
def sum_to(x, like):
    """`x` summed over the dimensions along which `like` was broadcast to its shape."""


@RegisterGradient("sum_to")
def sum_to_gradient(op, g):
    return broadcast_like(g, op.inputs[0]), None


@op(lambda s, a: s[1], casts=(0,), form="broadcast_like", shape_only=(1,),
    ref=lambda x, like: np.broadcast_to(x, like.shape))
def broadcast_like(x, like):
    """`x` broadcast to the shape of `like`."""


@RegisterGradient("broadcast_like")
def broadcast_like_gradient(op, g):
    return g, None              # the reverse walk sums to the input's shape


def _unreduce_ref(dy, like, axis, keepdims, mean):
    wide = reduce_shape(like.shape, axis, True)
    count = max(1, like.size // max(1, size_of(wide))) if mean else 1
    return np.broadcast_to((dy / dy.dtype.type(count)).reshape(wide), like.shape)


@op(lambda s, a: s[1], casts=(0,), form="unreduce", shape_only=(1,), ref=_unreduce_ref)
def unreduce(dy, like, axis=None, keepdims=False, mean=False):
    """A reduction's result repeated to the shape of its input `like`; divided by the number of
    repeats for a mean. Its gradient stands in `ops.reduce`."""


__all__ = ["broadcast_to"]
