"""Local response normalisation: each channel divided by the energy of its neighbours."""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph.dtypes import promote_float
from fastgrad.graph.registry import RegisterGradient, op


def neighbours(channels, radius):
    """The 0-1 matrix (channels, channels) of those at most `radius` apart; it is symmetric."""
    at = np.arange(channels)
    return np.abs(at[:, None] - at) <= radius


def _of_images(in_shapes, _):
    if in_shapes[0] is None:
        return (None,) * 4
    if len(in_shapes[0]) != 4:
        raise ShapeError(f"the input must have 4 dimensions; got {in_shapes[0]}.")
    return in_shapes[0]


def _energy(x, depth_radius, bias, alpha):
    near = neighbours(x.shape[-1], depth_radius).astype(x.dtype)
    return x.dtype.type(bias) + x.dtype.type(alpha) * (np.square(x) @ near)


def _lrn_ref(input, depth_radius, bias, alpha, beta):
    return input * np.power(_energy(input, depth_radius, bias, alpha), input.dtype.type(-beta))


@op(_of_images, dtype=promote_float, ref=_lrn_ref, name="LRN")
def lrn(input, depth_radius=5, bias=1, alpha=1, beta=0.5):
    """Local response normalisation of images, `x / (bias + alpha s)**beta`.

    `s` is the sum of squares over the channels at most `depth_radius` away.

    Parameters
    ----------
    input : tensor (n, height, width, channels)
        Of float32 in a TensorFlow graph.

    Notes
    -----
    Gradient: `dx = dy e**-beta - 2 alpha beta x s'(dy y / e)`, with `e` the sum in brackets and s'
    the sum over neighbours. It has none itself, as in TensorFlow.
    """


@RegisterGradient("lrn")
def lrn_gradient(op, dy):
    return lrn_grad(dy, op.inputs[0], **op.attrs)


def _lrn_grad_ref(dy, x, depth_radius, bias, alpha, beta):
    energy = _energy(x, depth_radius, bias, alpha)
    power = np.power(energy, x.dtype.type(-beta))
    back = (dy * x * power / energy) @ neighbours(x.shape[-1], depth_radius).astype(x.dtype)
    return dy * power - x.dtype.type(2 * alpha * beta) * x * back


@op(lambda s, a: s[1], dtype=promote_float, ref=_lrn_grad_ref, name="LRNGrad")
def lrn_grad(dy, x, depth_radius=5, bias=1, alpha=1, beta=0.5):
    """Gradient of `lrn` from its input."""


local_response_normalization = lrn

__all__ = ["lrn", "local_response_normalization"]
