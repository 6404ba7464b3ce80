"""Activations, each with its gradient below it.

Gradients that have a kernel are ops too (`sigmoid_grad`), with their own gradient, so that
second order works.
"""

import numpy as np

from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import FLOAT32, promote_float
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.ops.arithmetic import (_float_map, _grad_map, _map, _where, elementwise, multiply,
                                     sign, zeros_like)
from fastgrad.ops.cast import cast
from fastgrad.ops.join import concat
from fastgrad.ops.shape import known_value, scoped
from fastgrad.ops.unary import abs as abs_


def _sigmoid_ref(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e).astype(x.dtype) / (1 + e)


@_float_map(_sigmoid_ref, "sigmoid", name="Sigmoid")
def sigmoid(x):
    """Logistic function `1 / (1 + exp(-x))`, elementwise, without overflow.

    Gradient: `dx = dy y (1 - y)`.

    Examples
    --------
    >>> Session().run(sigmoid([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """


@RegisterGradient("sigmoid")
def sigmoid_gradient(op, dy):
    return sigmoid_grad(op.outputs[0], dy)


@_grad_map(lambda y, dy: dy * (y * (1 - y)), "sigmoid_grad")
def sigmoid_grad(y, dy):
    """Gradient of `sigmoid` from its output: `dy y (1 - y)`."""


@RegisterGradient("sigmoid_grad")
def sigmoid_grad_gradient(op, g):
    y, dy = op.inputs
    return g * dy * (1 - 2 * y), sigmoid_grad(y, g)


@_map(lambda x: np.maximum(x, x.dtype.type(0)), "relu", name="Relu")
def relu(features):
    """Rectified linear unit, `max(x, 0)`; NaN stays NaN.

    Gradient: `dy` where `y > 0`, else 0.

    Examples
    --------
    >>> Session().run(nn.relu([-1.0, 0.0, 2.0]))
    array([0., 0., 2.])
    """


@RegisterGradient("relu")
def relu_gradient(op, dy):
    return relu_grad(op.outputs[0], dy)


@_grad_map(lambda y, dy: np.where(y > 0, dy, 0).astype(dy.dtype), "relu_grad")
def relu_grad(y, dy):
    """Gradient of `relu` from its output: `dy` where `y > 0`, else 0."""


@RegisterGradient("relu_grad")
def relu_grad_gradient(op, g):
    return zeros_like(op.inputs[0]), relu_grad(op.inputs[0], g)


@_map(lambda x: np.clip(x, x.dtype.type(0), x.dtype.type(6)), "relu6", name="Relu6")
def relu6(features):
    """Rectified linear unit up to 6, `min(max(x, 0), 6)`.

    Gradient: `dy` where `0 < x < 6`, else 0.

    Examples
    --------
    >>> Session().run(nn.relu6([-1., 0., 8.]))
    array([0., 0., 6.])
    """


@RegisterGradient("relu6")
def relu6_gradient(op, dy):
    return relu6_grad(op.inputs[0], dy)


@_grad_map(lambda x, dy: np.where((x > 0) & (x < 6), dy, 0).astype(dy.dtype), "relu6_grad")
def relu6_grad(x, dy):
    """Gradient of `relu6` from its input.

    Gradient: the same of `g`, to `dy`.
    """


@RegisterGradient("relu6_grad")
def relu6_grad_gradient(op, g):
    return zeros_like(op.inputs[0]), relu6_grad(op.inputs[0], g)


def _leaky(x, y, alpha):
    return np.where(x > 0, y, x.dtype.type(alpha) * y)


@op(elementwise, dtype=promote_float, form="map", kernel="leaky_relu", inplace=(0,),
    ref=lambda x, alpha: _leaky(x, x, alpha), name="LeakyRelu")
def _leaky_relu(features, alpha=0.2):
    pass


@door
def leaky_relu(features, alpha=0.2, name=None):
    """Leaky rectified linear unit: `x` above 0, else `alpha * x`.

    Gradient: `dy` where `x > 0`, else `alpha * dy`.

    Examples
    --------
    >>> Session().run(nn.leaky_relu([-1., 0., 8.]))
    array([-0.2,  0. ,  8. ])
    """
    features, alpha = as_tensor(features), float(known_value(alpha, "alpha", whole=False))
    if features.graph.literals == "tf" and features._dtype is not None:
        if features._dtype.kind in "iu":
            features = cast(features, FLOAT32, name="ToFloat")
        alpha = float(np.float32(alpha))          # TensorFlow's attribute is a float32
    return _leaky_relu(features, alpha=alpha, name=name)


@RegisterGradient("leaky_relu")
def leaky_relu_gradient(op, dy):
    return leaky_relu_grad(op.inputs[0], dy, alpha=op.attrs["alpha"])


@op(elementwise, dtype=promote_float, form="map_grad", kernel="leaky_relu_grad", inplace=(0, 1),
    ref=_leaky)
def leaky_relu_grad(x, dy, alpha=0.2):
    """Gradient of `leaky_relu` from its input.

    Gradient: the same of `g`, to `dy`.
    """


@RegisterGradient("leaky_relu_grad")
def leaky_relu_grad_gradient(op, g):
    return (zeros_like(op.inputs[0]),
            leaky_relu_grad(op.inputs[0], g, alpha=op.attrs["alpha"]))


@_float_map(lambda x: np.where(x < 0, np.expm1(np.minimum(x, 0)), x), "elu", name="Elu")
def elu(features):
    """Exponential linear unit: `exp(x) - 1` below 0, else `x`.

    Gradient: `dy (y + 1)` where `y < 0`, else `dy`.

    Examples
    --------
    >>> Session().run(nn.elu([-1., 0., 8.]))
    array([-0.63212056,  0.        ,  8.        ])
    """


@RegisterGradient("elu")
def elu_gradient(op, dy):
    return elu_grad(op.outputs[0], dy)


@_grad_map(lambda y, dy: np.where(y < 0, dy * (y + 1), dy), "elu_grad")
def elu_grad(y, dy):
    """Gradient of `elu` from its output.

    Gradient: `g dy` where `y < 0`, and `elu_grad(y, g)`.
    """


@RegisterGradient("elu_grad")
def elu_grad_gradient(op, g):
    y, dy = op.inputs
    return _where(y < 0, g * dy, zeros_like(dy)), elu_grad(y, g)


_SELU_SCALE, _SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def _selu_ref(x):
    low = _SELU_SCALE * _SELU_ALPHA * np.expm1(np.minimum(x, 0))
    return np.where(x < 0, low, _SELU_SCALE * x).astype(x.dtype)


@_float_map(_selu_ref, "selu", name="Selu")
def selu(features):
    """Scaled exponential linear unit, which normalises itself.

    Gradient: `dy (y + scale alpha)` where `y < 0`, else `scale dy`.

    Examples
    --------
    >>> Session().run(nn.selu([-1., 0., 8.]))
    array([-1.11133074,  0.        ,  8.4056079 ])
    """


@RegisterGradient("selu")
def selu_gradient(op, dy):
    return selu_grad(op.outputs[0], dy)


@_grad_map(lambda y, dy: np.where(y < 0, dy * (y + _SELU_SCALE * _SELU_ALPHA),
                                  dy * _SELU_SCALE).astype(dy.dtype), "selu_grad")
def selu_grad(y, dy):
    """Gradient of `selu` from its output.

    Gradient: `g dy` where `y < 0`, and `selu_grad(y, g)`.
    """


@RegisterGradient("selu_grad")
def selu_grad_gradient(op, g):
    y, dy = op.inputs
    return _where(y < 0, g * dy, zeros_like(dy)), selu_grad(y, g)


def _softplus_ref(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


@_float_map(_softplus_ref, "softplus", name="Softplus")
def softplus(features):
    """Softplus, `log(1 + exp(x))`, without overflow.

    Gradient: `dx = dy sigmoid(x)`.

    Examples
    --------
    >>> Session().run(nn.softplus([-1., 0., 8.]))
    array([0.31326169, 0.69314718, 8.00033541])
    """


@RegisterGradient("softplus")
def softplus_gradient(op, dy):
    return softplus_grad(op.inputs[0], dy)


@_grad_map(lambda x, dy: dy * _sigmoid_ref(x), "softplus_grad")
def softplus_grad(x, dy):
    """Gradient of `softplus` from its input: `dy sigmoid(x)`.

    Gradient: `g dy s (1 - s)` and `softplus_grad(x, g)`.
    """


@RegisterGradient("softplus_grad")
def softplus_grad_gradient(op, g):
    x, dy = op.inputs
    return sigmoid_grad(sigmoid(x), g * dy), softplus_grad(x, g)


@_float_map(lambda x: -_softplus_ref(-x), "log_sigmoid", name="LogSigmoid")
def log_sigmoid(x):
    """Logarithm of `sigmoid(x)`, without overflow.

    Gradient: `dx = dy sigmoid(-x)`.

    Examples
    --------
    >>> Session().run(log_sigmoid([0., 2.]))
    array([-0.69314718, -0.12692801])
    """


@RegisterGradient("log_sigmoid")
def log_sigmoid_gradient(op, dy):
    return softplus_grad(-op.inputs[0], dy)


@_float_map(lambda x: x / (1 + np.abs(x)), "softsign", name="Softsign")
def softsign(features):
    """Softsign, `x / (1 + |x|)`.

    Gradient: `dx = dy / (1 + |x|)**2`.

    Examples
    --------
    >>> Session().run(nn.softsign([-1., 0., 8.]))
    array([-0.5       ,  0.        ,  0.88888889])
    """


@RegisterGradient("softsign")
def softsign_gradient(op, dy):
    return softsign_grad(op.inputs[0], dy)


@_grad_map(lambda x, dy: dy / np.square(1 + np.abs(x)), "softsign_grad")
def softsign_grad(x, dy):
    """Gradient of `softsign` from its input: `dy / (1 + |x|)**2`.

    Gradient: `-2 g dx sign(x) / (1 + |x|)` and `softsign_grad(x, g)`.
    """


@RegisterGradient("softsign_grad")
def softsign_grad_gradient(op, g):
    x, dy = op.inputs
    return -2 * g * op.outputs[0] * sign(x) / (1 + abs_(x)), softsign_grad(x, g)


@scoped("CRelu")
def crelu(features, name=None, axis=-1):
    """Concatenated rectified units: `relu(x)` and `relu(-x)`, along `axis`.

    Gradient: as of `relu`.

    Examples
    --------
    >>> Session().run(nn.crelu([-1., 0., 8.]))
    array([0., 0., 8., 1., 0., 0.])
    """
    features = as_tensor(features)
    return relu(concat([features, -features], axis))


@scoped("swish", last=True)
def swish(features, name=None):
    """Swish, `x * sigmoid(x)`.

    Gradient: `dx = dy (s + y (1 - s))` with `s = sigmoid(x)`.

    Examples
    --------
    >>> Session().run(nn.swish([-1., 0., 8.]))
    array([-0.26894142,  0.        ,  7.9973172 ])
    """
    features = as_tensor(features)
    return multiply(features, sigmoid(features), name=name)


__all__ = ["sigmoid", "log_sigmoid", "relu", "relu6", "leaky_relu", "elu", "selu", "crelu",
           "swish", "softplus", "softsign"]
