"""Rules of the group `lower`: views, broadcasts, reductions and losses become what kernels know."""

import numpy as np

from fastgrad.compiler.ir import const_value, number_value, repeated
from fastgrad.compiler.rewrite import int_array, reshaped, rule
from fastgrad.compiler.size import same
from fastgrad.graph.shapes import normal_axes, reduce_shape, size_of
from fastgrad.ops.axes_given import REDUCTIONS
from fastgrad.ops.broadcast import sum_to_axes


@rule("lower", "identity", "stop_gradient")
def _same_value(b, s):
    return s.inputs[0]


@rule("lower", "identity_n")
def _same_values(b, s):
    return s.inputs


@rule("lower", "choose")
def _choice(b, s):
    pred, x, y = s.inputs
    if pred.const is not None:
        return x if pred.const else y
    return b.step("where", pred, x, y)


@rule("lower", *(f"{inner}_over" for inner in REDUCTIONS))
def _over_known_axes(b, s):
    axes = tuple(int(a) for a in np.ravel(s.attrs["axis"]))
    return b.step(s.type.removesuffix("_over"), s.inputs[0], axis=axes,
                  keepdims=s.attrs["keepdims"])


@rule("lower", "transpose_by")
def _known_order(b, s):
    return b.step("transpose", s.inputs[0], perm=tuple(int(a) for a in s.attrs["perm"]))


@rule("lower", "reshape", "reshape_like", "expand_dims", "squeeze")
def _one_view(b, s):
    x = s.inputs[0]
    if same(x.shape, s.out.shape):
        return x
    if x.type == "reshape":                               # a view of a view
        return reshaped(b, x.step.inputs[0], s.out.shape)
    if s.type != "reshape":
        return reshaped(b, x, s.out.shape)


@rule("lower", "sum_to")
def _sum_to(b, s):
    x, like = s.inputs
    if same(x.shape, like.shape):
        return x
    axes = sum_to_axes(x.shape, like.shape)
    return reshaped(b, b.step("reduce_sum", x, axis=axes, keepdims=True), like.shape)


@rule("lower", "unreduce")
def _unreduce(b, s):
    dy, like = s.inputs
    reduced = reduce_shape(like.shape, s.attrs["axis"], True)
    if s.attrs["mean"]:
        count = max(1, like.size // max(1, size_of(reduced)))
        dy = b.step("divide", dy, number_value(count, dy.dtype))
    return b.step("broadcast_to", reshaped(b, dy, reduced), const_value(int_array(like.shape)))


@rule("lower", "broadcast_like")
def _broadcast_like(b, s):
    x, like = s.inputs
    return b.step("broadcast_to", x, const_value(int_array(like.shape)))


@rule("lower", "broadcast_to")
def _broadcast_nothing(b, s):
    if same(s.inputs[0].shape, s.out.shape):
        return s.inputs[0]


@rule("lower", "reduce_sum", "reduce_mean", "reduce_max", "reduce_min", "reduce_prod",
      "reduce_all", "reduce_any")
def _reduce_blocks(b, s):
    """Reduce one run of neighbouring axes a step; a kernel knows (outer, reduced, inner)."""
    x = s.inputs[0]
    axes = normal_axes(s.attrs["axis"], len(x.shape))
    if s.attrs["keepdims"]:
        return reshaped(b, b.step(s.type, x, axis=axes, keepdims=False), s.out.shape)
    axes_that_count = tuple(a for a in axes if x.shape[a] != 1)
    if not axes_that_count and x.dtype == s.out.dtype and s.type in _KEEPS_ONE:
        return reshaped(b, x, s.out.shape)
    runs = _runs(axes, x.shape)
    if len(runs) > 1:
        inner = b.step(s.type, x, axis=runs[-1], keepdims=False)
        rest = tuple(a for run in runs[:-1] for a in run)
        return reshaped(b, b.step(s.type, inner, axis=rest, keepdims=False), s.out.shape)
    if s.attrs["axis"] != axes:
        return b.step(s.type, x, axis=axes, keepdims=False)


_KEEPS_ONE = ("reduce_sum", "reduce_mean", "reduce_max", "reduce_min", "reduce_prod")


def _runs(axes, shape):
    """Groups of axes with nothing but dimensions of 1 between them."""
    runs = []
    for a in axes:
        if runs and all(shape[i] == 1 for i in range(runs[-1][-1] + 1, a)):
            runs[-1].append(a)
        else:
            runs.append([a])
    return [tuple(r) for r in runs]


@rule("lower", "softmax", "log_softmax", "softmax_grad", "log_softmax_grad")
def _last_axis(b, s):
    rank = len(s.out.shape)
    axis, = normal_axes(s.attrs["axis"], rank)
    if axis == rank - 1:
        return None
    perm = tuple(i for i in range(rank) if i != axis) + (axis,)
    back = tuple(perm.index(i) for i in range(rank))
    moved = [b.step("transpose", v, perm=perm) for v in s.inputs]
    return b.step("transpose", b.step(s.type, *moved, axis=-1), perm=back)


@rule("lower", "softmax_xent")
def _no_classes(b, s):
    """Without a class every loss is an empty sum; a kernel would have no row to write it by."""
    if s.inputs[0].shape[-1] == 0:
        return repeated(s.out.dtype.type(0), s.out.shape)


@rule("lower", "softmax_xent_grad")
def _scaled_after(b, s):
    """The kernel takes one scale for all rows; a scale a row is multiplied on afterwards."""
    z, c, dy = s.inputs
    if dy.size == 1 or dy.splat is not None:
        return None
    plain = b.step("softmax_xent_grad", z, c, const_value(z.dtype.type(1)[...].reshape(
        (1,) * len(z.shape))), **s.attrs)
    return b.step("multiply", plain, dy)
