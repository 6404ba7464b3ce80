"""Copies of tensors changed by index: tensor_scatter_*, each with its gradient below it."""

import numpy as np

from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.ops.arithmetic import zeros_like
from fastgrad.ops.gather import _gather_nd, check_updates, coordinates


def _tensor_scatter(change):
    def ref(tensor, indices, updates):
        scattered = tensor.copy()
        change(scattered, coordinates(indices, scattered.shape), updates)
        return scattered
    return ref


def _first(in_shapes, _):
    check_updates(*in_shapes)
    return in_shapes[0]


def _put(array, at, values):
    array[at] = values


@op(_first, casts=(0, 2), whole=(1,), ref=_tensor_scatter(np.add.at), name="TensorScatterAdd")
def tensor_scatter_add(tensor, indices, updates):
    """`tensor` with `updates` added at the coordinates `indices`.

    Gradient: `dtensor = dy`, `dupdates = gather_nd(dy, indices)`.

    Examples
    --------
    >>> Session().run(tensor_scatter_add([1, 1, 1], [[0], [2]], [5, 7]))
    array([6, 1, 8])
    """


@RegisterGradient("tensor_scatter_add")
def tensor_scatter_add_gradient(op, dy):
    return dy, None, _gather_nd(dy, op.inputs[1])


@op(_first, casts=(0, 2), whole=(1,), ref=_tensor_scatter(np.subtract.at), name="TensorScatterSub")
def tensor_scatter_sub(tensor, indices, updates):
    """`tensor` with `updates` subtracted at the coordinates `indices`.

    Gradient: `dtensor = dy`, `dupdates = -gather_nd(dy, indices)`.

    Examples
    --------
    >>> Session().run(tensor_scatter_sub([1, 1, 1], [[0], [2]], [5, 7]))
    array([-4,  1, -6])
    """


@RegisterGradient("tensor_scatter_sub")
def tensor_scatter_sub_gradient(op, dy):
    return dy, None, -_gather_nd(dy, op.inputs[1])


@op(_first, casts=(0, 2), whole=(1,), ref=_tensor_scatter(_put), name="TensorScatterUpdate",
    text=True)
def tensor_scatter_update(tensor, indices, updates):
    """`tensor` with `updates` in place of what was at the coordinates `indices`.

    Gradient: `dtensor` is `dy` with zeros there, `dupdates = gather_nd(dy, indices)`.

    Examples
    --------
    >>> Session().run(tensor_scatter_update([1, 1, 1], [[0], [2]], [5, 7]))
    array([5, 1, 7])
    """


@RegisterGradient("tensor_scatter_update")
def tensor_scatter_update_gradient(op, dy):
    _, indices, updates = op.inputs
    return (tensor_scatter_update(dy, indices, zeros_like(updates)), None,
            _gather_nd(dy, indices))


__all__ = ["tensor_scatter_add", "tensor_scatter_sub", "tensor_scatter_update"]
