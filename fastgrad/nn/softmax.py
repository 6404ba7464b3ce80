"""Softmax and its logarithm, shifted by the row's maximum; each with its gradient below it."""

import numpy as np

from fastgrad.errors import AxisError, ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import promote_float
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.ops.arithmetic import elementwise
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.shape import number_of, renamed
from fastgrad.ops.unary import exp


def _same(in_shapes, attrs):
    shape = in_shapes[0]
    if shape is not None:
        try:
            shapes.normal_axes(attrs["axis"], len(shape))
        except ShapeError as e:
            raise AxisError(str(e)) from None
    return elementwise(in_shapes, attrs)


def _softmax_ref(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True, initial=-np.inf))
    return e / e.sum(axis, keepdims=True)


def _log_softmax_ref(x, axis):
    z = x - x.max(axis, keepdims=True, initial=-np.inf)
    return z - np.log(np.exp(z).sum(axis, keepdims=True))


@op(_same, dtype=promote_float, form="rowwise", kernel="softmax", ref=_softmax_ref,
    inplace=(0,), name="Softmax")
def _softmax(x, axis=-1):
    pass


@door
def softmax(logits, axis=None, name=None, dim=None):
    """Softmax over `axis` (the last if not given), shifted by the maximum.

    Gradient: `dx = (dy - sum(dy y)) y`.

    Examples
    --------
    >>> Session().run(softmax([[0., 0.], [1000., 0.]]))
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    axis = number_of(renamed("axis", axis, "dim", dim))
    return _softmax(logits, axis=-1 if axis is None else axis, name=name)


@RegisterGradient("softmax")
def softmax_gradient(op, dy):
    return softmax_grad(op.outputs[0], dy, axis=op.attrs["axis"])


@op(_same, dtype=promote_float, form="rowwise", kernel="softmax_grad", inplace=(0, 1),
    ref=lambda y, dy, axis: (dy - (dy * y).sum(axis, keepdims=True)) * y)
def softmax_grad(y, dy, axis=-1):
    """Gradient of `softmax` from its output: `(dy - sum(dy y)) y`."""


@RegisterGradient("softmax_grad")
def softmax_grad_gradient(op, g):
    y, dy = op.inputs
    axis = op.attrs["axis"]
    gy = reduce_sum(g * y, axis, True)
    dydy = reduce_sum(dy * y, axis, True)
    return g * (dy - dydy) - gy * dy, softmax_grad(y, g, axis=axis)


@op(_same, dtype=promote_float, form="rowwise", kernel="log_softmax", ref=_log_softmax_ref,
    inplace=(0,), name="LogSoftmax")
def _log_softmax(x, axis=-1):
    pass


@door
def log_softmax(logits, axis=None, name=None, dim=None):
    """Logarithm of the softmax, without underflow in between.

    Gradient: `dx = dy - exp(y) sum(dy)`.

    Examples
    --------
    >>> Session().run(nn.log_softmax([0., 0.]))
    array([-0.69314718, -0.69314718])
    """
    axis = number_of(renamed("axis", axis, "dim", dim))
    return _log_softmax(logits, axis=-1 if axis is None else axis, name=name)


@RegisterGradient("log_softmax")
def log_softmax_gradient(op, dy):
    return log_softmax_grad(op.outputs[0], dy, axis=op.attrs["axis"])


@op(_same, dtype=promote_float, form="rowwise", kernel="log_softmax_grad", inplace=(0, 1),
    ref=lambda y, dy, axis: dy - np.exp(y) * dy.sum(axis, keepdims=True))
def log_softmax_grad(y, dy, axis=-1):
    """Gradient of `log_softmax` from its output: `dy - exp(y) sum(dy)`."""


@RegisterGradient("log_softmax_grad")
def log_softmax_grad_gradient(op, g):
    y, dy = op.inputs
    axis, p = op.attrs["axis"], exp(op.inputs[0])
    gp = g * p
    return -gp * reduce_sum(dy, axis, True), g - reduce_sum(gp, axis, True)


__all__ = ["softmax", "log_softmax"]
