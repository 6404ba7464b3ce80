"""Reductions and transpositions whose axes are tensors, and the sizes that gradients hang on.

Graphs of files compute axes: the sum that undoes broadcasting goes over axes that hang on the
shapes of a run. Such an axis is a static input, known when a plan is made, and the operation then
becomes the one with the axis as an attribute (compiler/rules/lower.py).
"""

import numpy as np

from fastgrad.errors import GradientError
from fastgrad.graph.dtypes import BOOL
from fastgrad.graph.opdef import OPS
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient, op
from fastgrad.ops import reduce as _declared        # its declarations are what OPS is asked for
from fastgrad.ops.arithmetic import divide, maximum, ones_like
from fastgrad.ops.broadcast import broadcast_like
from fastgrad.ops.cast import cast, cast_like
from fastgrad.ops.comparison import equal
from fastgrad.ops.divide import floormod
from fastgrad.ops.make import range as range_
from fastgrad.ops.partition import dynamic_stitch, invert_permutation
from fastgrad.ops.reshape import reshape
from fastgrad.ops.shape import shape, size
from fastgrad.wording import where

REDUCTIONS = ("reduce_sum", "reduce_mean", "whole_mean", "reduce_max", "reduce_min", "reduce_prod",
              "reduce_all", "reduce_any")


def _axes_of(axis):
    return tuple(int(a) for a in np.ravel(axis))


def _declare(inner):
    known = OPS[getattr(_declared, f"_{inner}").opdef.type]

    def shape(in_shapes, attrs):
        axis = attrs["axis"]
        if axis is not None and not _has_none(axis):
            return known.infer(in_shapes, {**attrs, "axis": _axes_of(axis)})
        if attrs["keepdims"] and in_shapes[0] is not None:
            return (None,) * len(in_shapes[0])
        return None

    def reduce(x, axis, keepdims=False):
        """The reduction over the axes in a tensor."""
    reduce.__name__ = f"{inner}_over"
    return op(shape, dtype=known.dtype, out=BOOL if known.out is BOOL else None, casts=(0,),
              static=(1,), name=known.name,
              ref=lambda x, axis, keepdims: known.ref(x, axis=_axes_of(axis),
                                                      keepdims=keepdims))(reduce)


def _has_none(axis):
    return any(a is None for a in (axis if isinstance(axis, list) else [axis]))


OVER = {inner: _declare(inner) for inner in REDUCTIONS}


def _transposed(in_shapes, attrs):
    perm, shape = attrs["perm"], in_shapes[0]
    if shape is None or perm is None or _has_none(perm if isinstance(perm, list) else list(perm)):
        return None if shape is None else (None,) * len(shape)
    return tuple(shape[p] for p in _axes_of(perm))


@op(_transposed, casts=(0,), static=(1,), name="Transpose", text=True,
    ref=lambda x, perm: x.transpose(_axes_of(perm)))
def transpose_by(x, perm):
    """`transpose` by a permutation in a tensor."""


# ---- gradients --------------------------------------------------------------------------

def _spread(op, value):
    """A result of a reduction in the shape of what was reduced."""
    x, axes = op.inputs
    sizes = shape(x)
    places = floormod(reshape(cast(axes, sizes._dtype), [-1]), size(sizes))
    kept = dynamic_stitch([range_(size(sizes)), places], [sizes, ones_like(places)])
    return broadcast_like(reshape(value, kept), x)


@RegisterGradient("reduce_sum_over")
def reduce_sum_over_gradient(op, dy):
    return _spread(op, dy), None


@RegisterGradient("reduce_mean_over")
def reduce_mean_over_gradient(op, dy):
    count = cast_like(divide(size(op.inputs[0]), maximum(size(dy), 1)), dy)
    return _spread(op, dy / count), None


@RegisterGradient("reduce_max_over")
@RegisterGradient("reduce_min_over")
def reduce_max_over_gradient(op, dy):
    """Shared evenly among equal ones."""
    x, axes = op.inputs
    hit = cast_like(equal(x, _spread(op, op.outputs[0])), dy)
    return hit / _spread(op, OVER["reduce_sum"](hit, axes, keepdims=True)) * _spread(op, dy), None


@RegisterGradient("reduce_prod_over")
def reduce_prod_over_gradient(op, dy):
    raise GradientError("the gradient of a product needs its axes when the graph is built; "
                        f"those of {where(op)} are computed in the run.")


@RegisterGradient("transpose_by")
def transpose_by_gradient(op, dy):
    return transpose_by(dy, invert_permutation(op.inputs[1])), None


# ---- sizes ------------------------------------------------------------------------------

def _repeated_axes(a, b):
    """The axes along which the gradients of two operands of these shapes are summed."""
    a, b = [int(n) for n in np.ravel(a)], [int(n) for n in np.ravel(b)]
    rank = max(len(a), len(b))
    a, b = [1] * (rank - len(a)) + a, [1] * (rank - len(b)) + b
    mine = [i for i in range(rank) if a[i] == 1]
    theirs = [i for i in range(rank) if b[i] == 1]
    clash = [i for i in range(rank) if a[i] != b[i] and 1 not in (a[i], b[i])]
    if clash:
        raise ValueError(f"shapes {a} and {b} do not broadcast.")
    if a == b:
        return [], []
    return mine, theirs


def _summed_axes(a, b):
    mine, theirs = _repeated_axes(a, b)
    return [np.array(mine, a.dtype), np.array(theirs, a.dtype)]


@op(lambda s, a: [(None,), (None,)], dtype=None, out=lambda d, a: [d[0], d[0]], outputs=2,
    dynamic=True, ref=_summed_axes, name="BroadcastGradientArgs")
def broadcast_gradient_args(shape_x, shape_y):
    """The axes over which gradients of two operands are summed to undo broadcasting."""


def _offsets(axis, *dims):
    axis, at = int(axis), 0
    offsets = []
    for one in dims:
        offset = np.zeros_like(one)
        offset[axis] = at
        at += one[axis]
        offsets.append(offset)
    return offsets


@op(lambda s, a: list(s[1:]), dtype=None, out=lambda d, a: list(d[1:]), outputs=None,
    ref=_offsets, name="ConcatOffset")
def concat_offset(*values):
    """Where each of the tensors of these shapes begins in their concatenation.

    The first input is the axis.
    """


for _type in (*(f"{inner}_over" for inner in ("reduce_all", "reduce_any", "whole_mean")),
              "broadcast_gradient_args", "concat_offset"):
    NotDifferentiable(_type)

__all__ = []
