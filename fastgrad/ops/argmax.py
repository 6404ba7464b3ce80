"""Indices of the largest and smallest elements. They have no gradient."""

import numpy as np

from fastgrad.errors import DTypeError, LateShapeError
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import INT32, INT64, to_np
from fastgrad.graph.registry import NotDifferentiable, op
from fastgrad.graph.shapes import normal_axes, reduce_shape
from fastgrad.ops.shape import check_rank, number_of


def _arg_shape(in_shapes, attrs):
    known, reduced = in_shapes[0], reduce_shape(in_shapes[0], attrs["axis"], False)
    if known is not None:
        axis, = normal_axes(attrs["axis"], len(known))
        if known[axis] == 0:
            raise LateShapeError(f"Reduction axis {axis} is empty in shape {known}.", reduced)
    return reduced


def _arg_dtype(_, attrs):
    return attrs["dtype"]


@op(_arg_shape, out=_arg_dtype, form="arg", kernel="argmax",
    ref=lambda x, axis, dtype: np.argmax(x, axis).astype(dtype),
    name="ArgMax")
def _argmax(x, axis=0, dtype=INT64):
    pass


@op(_arg_shape, out=_arg_dtype, form="arg", kernel="argmin",
    ref=lambda x, axis, dtype: np.argmin(x, axis).astype(dtype),
    name="ArgMin")
def _argmin(x, axis=0, dtype=INT64):
    pass


NotDifferentiable("argmax")
NotDifferentiable("argmin")


def _place(build, input, axis, dimension, output_type, name):
    axis = dimension if axis is None else axis
    if axis is not None:
        check_rank(axis, 0, f"the axis of {build.opdef.type}")
    axis = number_of(axis)
    if get_default_graph().literals == "tf" and to_np(output_type) not in (INT32, INT64):
        raise DTypeError(f"output_type must be int32 or int64; got {output_type}.")
    return build(input, axis=0 if axis is None else axis, dtype=to_np(output_type),
                 name=name)


@door
def argmax(input, axis=None, name=None, dimension=None, output_type=INT64):
    """Index of the largest element along `axis` (0 if not given), the first of equals.

    Gradient: none.

    Examples
    --------
    >>> Session().run(argmax([[1., 5., 2.], [9., 0., 9.]], axis=1))
    array([1, 0])
    """
    return _place(_argmax, input, axis, dimension, output_type, name)


@door
def argmin(input, axis=None, name=None, dimension=None, output_type=INT64):
    """Index of the smallest element along `axis` (0 if not given), the first of equals.

    Gradient: none.

    Examples
    --------
    >>> Session().run(argmin([[3, 1, 2], [0, 5, 4]], axis=1))
    array([1, 0])
    """
    return _place(_argmin, input, axis, dimension, output_type, name)


@door
def arg_max(input, dimension, output_type=INT64, name=None):
    """The same as `argmax`, under its oldest name."""
    return argmax(input, dimension, name, output_type=output_type)


@door
def arg_min(input, dimension, output_type=INT64, name=None):
    """The same as `argmin`, under its oldest name."""
    return argmin(input, dimension, name, output_type=output_type)


__all__ = ["argmax", "argmin", "arg_max", "arg_min"]
