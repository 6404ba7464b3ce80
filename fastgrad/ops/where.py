"""Selection by a condition: where and boolean_mask.

The shape of coordinates and of masked elements depends on values: they are evaluated in Python, in
a stage of their own, before the rest of the run is planned.
"""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.build import check_truth
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import INT64
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient, op
from fastgrad.ops.arithmetic import _where, zeros_like
from fastgrad.ops.gather import _gather
from fastgrad.ops.join import concat
from fastgrad.ops.reduce import reduce_prod
from fastgrad.ops.reshape import reshape, squeeze
from fastgrad.ops.shape import number_of, shape


# ---- where ------------------------------------------------------------------------------

def _select_shape(in_shapes, _):
    condition, x, y = in_shapes
    x = shapes.merge(x, y)
    if condition is None or x is None or shapes.compatible(condition, x) or not condition:
        return x
    if len(condition) == 1 and x and shapes.compatible(condition, x[:1]):
        return x
    raise ShapeError(f"the condition's shape {condition} must be that of the choices {x}, a "
                     "vector of their first dimension, or a scalar.")


def _select_ref(condition, x, y):
    if condition.ndim == 1 and x.ndim > 1:
        condition = condition.reshape((-1,) + (1,) * (x.ndim - 1))
    return np.where(condition, x, y)


@op(_select_shape, casts=(1, 2), truth=(0,), ref=_select_ref, name="Select", text=True)
def select(condition, x, y):
    """Selection without broadcasting: `x` where the condition holds, else `y`; of rows by a vector.

    Gradient: passes to the side that was taken.
    """


@RegisterGradient("select")
def select_gradient(op, dz):
    condition, zero = op.inputs[0], zeros_like(op.inputs[1])
    return None, select(condition, dz, zero), select(condition, zero, dz)


@op(lambda s, a: (None, None if s[0] is None else len(s[0])), dtype=None, out=INT64,
    dynamic=True, ref=lambda condition: np.argwhere(condition), name="Where")
def where_indices(condition):
    """The coordinates of the true elements, one row each; int64.

    Gradient: none.
    """


NotDifferentiable("where_indices")


@door
def where(condition, x=None, y=None, name=None):
    """Selection: `x` where the condition holds, else `y`; of coordinates without both.

    Parameters
    ----------
    condition : boolean tensor
    x, y : tensors, optional
        In a fastgrad graph all three broadcast as in NumPy. In a TensorFlow graph `x` and `y`
        have one shape, and the condition has that too, or is a vector that chooses rows, or a
        scalar.

    Returns
    -------
    Tensor
        Without `x` and `y`, the int64 coordinates of the true elements, one row each.

    Notes
    -----
    Gradient: passes to the side that was taken.

    Examples
    --------
    >>> Session().run(where([True, False], [1, 2], [10, 20]))
    array([ 1, 20])
    """
    if (x is None) != (y is None):
        raise ValueError("x and y must both be non-None or both be None.")
    if x is None:
        return where_indices(condition, name=name)
    graph = next((as_tensor(v).graph for v in (condition, x, y) if is_node(v)),
                 None) or get_default_graph()
    choose = select if graph.literals == "tf" else _where
    return choose(condition, x, y, name=name)


def where_v2(condition, x=None, y=None, name=None):
    """Selection as by `where`, but all three broadcast, as in NumPy, in any graph.

    Gradient: passes to the side that was taken.
    """
    if (x is None) != (y is None):
        raise ValueError("x and y must both be non-None or both be None.")
    if x is None:
        return where_indices(condition, name=name)
    condition = as_tensor(condition)
    check_truth(condition, "where")
    return _where(condition, x, y, name=name or "SelectV2")


# ---- boolean_mask -----------------------------------------------------------------------

def boolean_mask(tensor, mask, name="boolean_mask", axis=None):
    """The elements or slices of `tensor` at which `mask` is true.

    Parameters
    ----------
    tensor : tensor
    mask : boolean tensor
        Its shape must be that of `tensor` from dimension `axis` (0) on, as far as it goes.

    Notes
    -----
    Gradient: `dy` where the mask is true, else 0.

    Examples
    --------
    >>> Session().run(boolean_mask([1, 2, 3], [True, False, True]))
    array([1, 3])
    """
    tensor = as_tensor(tensor)
    mask = as_tensor(mask, None, tensor.graph, "mask") if not is_node(mask) else as_tensor(mask)
    if mask._shape is None:
        raise ValueError("Number of mask dimensions must be specified, even if some dimensions "
                         "are None.  E.g. shape=[None] is ok, but shape=None is not.")
    rank = len(mask._shape)
    if rank == 0:
        raise ValueError("mask cannot be scalar.")
    axis = number_of(axis) or 0
    if tensor._shape is not None and not shapes.compatible(
            tensor._shape[axis:axis + rank], mask._shape):
        raise ShapeError(f"Shapes {tensor._shape[axis:axis + rank]} and {mask._shape} are "
                         "incompatible: a mask has the shape of the dimensions it chooses from.")
    graph = tensor.graph
    with graph.name_scope(name or "boolean_mask"):
        if rank > 1:
            size = shape(tensor)
            # not -1, which is undetermined where another dimension is 0
            count = reshape(reduce_prod(size[axis:axis + rank]), [1])
            tensor = reshape(tensor, concat([size[:axis], count, size[axis + rank:]], 0))
        elif graph.literals == "tf":
            tensor = reshape(tensor, shape(tensor))     # so the gradient is dense, as in TensorFlow
        places = squeeze(where_indices(reshape(mask, [-1])), axis=[1])
        return _gather(tensor, places, axis=axis)


__all__ = ["where", "boolean_mask"]
