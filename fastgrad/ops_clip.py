"""Clipping by value and by norm, and sums of lists of tensors."""

import numpy as np

from fastgrad import shapes
from fastgrad.doors import door
from fastgrad.errors import ShapeError, where
from fastgrad.graph import as_tensor, get_default_graph, is_node
from fastgrad.ops_join import stack
from fastgrad.ops_math import _where, cast_to, maximum, minimum, ones_like
from fastgrad.ops_norm import _axes_list, l2_loss
from fastgrad.ops_reduce import reduce_sum
from fastgrad.ops_shape import size
from fastgrad.ops_state import identity
from fastgrad.ops_unary import rsqrt, sqrt
from fastgrad.registry import RegisterGradient, op
from fastgrad.slices import IndexedSlices


# ---- sums of lists ----------------------------------------------------------------------

def _all_one(in_shapes, _):
    found = None
    for shape in in_shapes:
        found = shapes.merge(found, shape)
    return found


@op(_all_one, ref=lambda *xs: sum(xs[1:], xs[0]), name="AddN")
def _add_n(*inputs):
    pass


@door
def add_n(inputs, name=None):
    """The sum of a list of tensors of one shape.

    Gradient: `dy` to each.
    """
    if isinstance(inputs, (list, tuple)):
        inputs = list(inputs)
    elif is_node(inputs) and as_tensor(inputs).graph.literals == "tf":
        raise TypeError(f"add_n takes a list of tensors; got {where(inputs)}. Use reduce_sum() for "
                        "the sum over a dimension.")
    else:
        inputs = [inputs]
    if not inputs:
        raise ValueError("inputs must be a list of at least one Tensor/IndexedSlices with the same "
                         "dtype and shape")
    return _add_n(*inputs, name=name)


@RegisterGradient("add_n")
def add_n_gradient(op, dy):
    return [dy] * len(op.inputs)


@door
def accumulate_n(inputs, shape=None, tensor_dtype=None, name=None):
    """The sum of a list of tensors of one shape.

    Gradient: `dy` to each.
    """
    if not isinstance(inputs, (list, tuple)) or not inputs:
        raise ValueError("inputs must be a list of at least one Tensor/IndexedSlices with the same "
                         "dtype and shape")
    found = add_n(inputs, name=name or "AccumulateNV2")
    if shape is not None and not shapes.compatible(found._shape, shapes.to_shape(shape)):
        raise ShapeError(f"the tensors have shape {found._shape}; expected {shape}.")
    return found


# ---- clipping ---------------------------------------------------------------------------

def _through(fn, t):
    """`fn` of a tensor, or of the values of IndexedSlices."""
    if isinstance(t, IndexedSlices):
        return IndexedSlices(fn(t.values), t.indices, t.dense_shape, t.like)
    return fn(t)


@door
def clip_by_value(t, clip_value_min, clip_value_max, name=None):
    """The elements of `t`, none below the least nor above the largest value.

    Gradient: `dy` where the element was within the bounds, the bounds included, else 0.
    """
    def clip(values):
        values = as_tensor(values)
        with values.graph.name_scope(name or "clip_by_value") as scope:
            return maximum(minimum(values, clip_value_max), clip_value_min, name=scope)
    return _through(clip, t)


@door
def clip_by_norm(t, clip_norm, axes=None, name=None):
    """`t` scaled down so that its l2 norm over `axes` is at most `clip_norm`.

    Gradient: as of the quotient; finite at 0.
    """
    def clip(values):
        values = as_tensor(values)
        with values.graph.name_scope(name or "clip_by_norm") as scope:
            total = reduce_sum(values * values, _axes_list(axes), True)
            some = total > 0
            root = sqrt(_where(some, total, ones_like(total)))
            length = _where(some, root, total)
            scaled = values * clip_norm
            return identity(scaled / maximum(length, clip_norm), name=scope)
    return _through(clip, t)


@door
def clip_by_average_norm(t, clip_norm, name=None):
    """`t` scaled down so that its l2 norm per element is at most `clip_norm`.

    Gradient: as of the quotient.
    """
    t = as_tensor(t)
    with t.graph.name_scope(name or "clip_by_average_norm"):
        count = cast_to(size(t), t)
        inverse = count * rsqrt(reduce_sum(t * t))
        limit = as_tensor(1.0 / clip_norm, None if t._dtype is None else shapes.strong(t._dtype))
        return t * clip_norm * minimum(inverse, limit)


@door
def global_norm(t_list, name=None):
    """The l2 norm of all the tensors of a list together; None counts as nothing.

    Gradient: `dx = dy x / y`.
    """
    parts = [t.values if isinstance(t, IndexedSlices) else as_tensor(t)
             for t in _listed(t_list) if t is not None]
    if not parts:
        return as_tensor(np.float32(0), None, get_default_graph(), "global_norm")
    with parts[0].graph.name_scope(name or "global_norm"):
        halves = stack([l2_loss(t) for t in parts])
        return sqrt(reduce_sum(halves) * 2.0, name="global_norm")


def _listed(t_list):
    if not isinstance(t_list, (list, tuple)):
        raise TypeError("t_list should be a sequence")
    return list(t_list)


@door
def clip_by_global_norm(t_list, clip_norm, use_norm=None, name=None):
    """(the tensors scaled down so that their common l2 norm is at most `clip_norm`, that norm).

    Gradient: as of the quotient.
    """
    listed = _listed(t_list)
    norm = global_norm(listed) if use_norm is None else as_tensor(use_norm)
    with norm.graph.name_scope(name or "clip_by_global_norm"):
        limit = ones_like(norm) / clip_norm
        scale = clip_norm * minimum(1.0 / norm, limit)
        # an infinite norm makes NaN of everything, as in TensorFlow, rather than zeros
        scale = scale + (norm - norm)
        found = [None if t is None else _through(lambda v: as_tensor(v) * scale, t)
                 for t in listed]
    return found, norm


__all__ = ["add_n", "accumulate_n", "clip_by_value", "clip_by_norm", "clip_by_average_norm",
           "global_norm", "clip_by_global_norm"]
