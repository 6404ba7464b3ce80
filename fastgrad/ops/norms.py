"""Norms and sums of lists of tensors: l2_loss, l2_normalize, add_n, global_norm."""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.graph.tensor_shape import to_shape
from fastgrad.ops.arithmetic import maximum, multiply
from fastgrad.ops.indexed_slices import IndexedSlices
from fastgrad.ops.join import stack
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.shape import known_value, scoped
from fastgrad.ops.unary import rsqrt, sqrt, square
from fastgrad.wording import where


def _axes_list(axes):
    return None if axes is None else [int(a) for a in np.atleast_1d(known_value(axes, "axes"))]


@scoped("L2Loss", last=True)
def l2_loss(t, name=None):
    """Half the sum of squares, `sum(t**2) / 2`.

    Gradient: `dx = dy x`.

    Examples
    --------
    >>> Session().run(nn.l2_loss(constant([3., 4.])))
    np.float64(12.5)
    """
    return multiply(reduce_sum(square(t)), 0.5, name=name)


@door
def l2_normalize(x, axis=None, epsilon=1e-12, name=None, dim=None):
    """Scaling to an l2 norm of 1: `x / sqrt(max(sum(x**2), epsilon))`, sums over `axis`.

    Gradient: as of the quotient.

    Examples
    --------
    >>> Session().run(nn.l2_normalize(constant([3., 4.]), axis=0))
    array([0.6, 0.8])
    """
    x = as_tensor(x)
    axes = _axes_list(dim if axis is None else axis)
    with x.graph.name_scope(name or "l2_normalize") as scope:
        total = reduce_sum(square(x), axes, True)
        return multiply(x, rsqrt(maximum(total, epsilon)), name=scope)


def _all_one(in_shapes, _):
    common = None
    for shape in in_shapes:
        common = shapes.merge(common, shape)
    return common


@op(_all_one, ref=lambda *xs: sum(xs[1:], xs[0]), name="AddN")
def _add_n(*inputs):
    pass


@door
def add_n(inputs, name=None):
    """The sum of a list of tensors of one shape.

    Gradient: `dy` to each.

    Examples
    --------
    >>> Session().run(add_n([constant([1., 2.]), constant([3., 4.]), constant([5., 6.])]))
    array([ 9., 12.])
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

    Examples
    --------
    >>> Session().run(accumulate_n([constant([1., 2.]), constant([3., 4.])]))
    array([4., 6.])
    """
    if not isinstance(inputs, (list, tuple)) or not inputs:
        raise ValueError("inputs must be a list of at least one Tensor/IndexedSlices with the same "
                         "dtype and shape")
    total = add_n(inputs, name=name or "AccumulateNV2")
    if shape is not None and not shapes.compatible(total._shape, to_shape(shape)):
        raise ShapeError(f"the tensors have shape {total._shape}; expected {shape}.")
    return total


@door
def global_norm(t_list, name=None):
    """The l2 norm of all the tensors of a list together; None is left out.

    Gradient: `dx = dy x / y`.

    Examples
    --------
    >>> Session().run(global_norm([constant([3.0]), constant([4.0])]))
    np.float64(5.0)
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


__all__ = ["l2_loss", "l2_normalize", "add_n", "accumulate_n", "global_norm"]
