"""Batch normalisation of images as one operation, with its gradient and second order.

Decisions
- The rules of `compiler/rules/lower_image.py` make the two operations of training into those of
  `channels`: moments by blocks of rows, and one pass for the result, with a relu behind it.
- The variance is that of the differences from the mean: one pass over sums of squares loses all
  digits where the mean is large.
- As in TensorFlow no gradient flows through the mean and the variance that come out, nor to those
  that go in.
"""

import numpy as np

from fastgrad.errors import DTypeError, InternalError, ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import FLOAT64, promote_float, to_np
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.ops.arithmetic import multiply, ones_like, subtract
from fastgrad.ops.cast import cast_to
from fastgrad.ops.reduce import reduce_mean, reduce_sum
from fastgrad.ops.refused import refused
from fastgrad.ops.reshape import transpose
from fastgrad.ops.shape import size
from fastgrad.ops.state import identity, stop_gradient
from fastgrad.ops.unary import rsqrt

ROWS = (0, 1, 2)            # what is normalised over


# ---- what it computes -------------------------------------------------------------------

def _image_of(in_shape, what="x"):
    if in_shape is None:
        return (None,) * 4
    if len(in_shape) != 4:
        raise ShapeError(f"{what} must have 4 dimensions; got {in_shape}.")
    return in_shape


def _normalised(in_shapes, _):
    x, channels = _image_of(in_shapes[0]), (_image_of(in_shapes[0])[3],)
    for what, known in zip(("scale", "offset"), in_shapes[1:3]):
        if known is not None and len(known) != 1:
            raise ShapeError(f"{what} must have 1 dimension; got {known}.")
        channels = shapes.merge(channels, known)
    return [x[:3] + channels, channels, channels, channels]


def _training_ref(x, scale, offset, epsilon):
    count = max(1, x.size // max(1, x.shape[3]))
    mean = (x.sum(ROWS, dtype=np.float64) / count).astype(x.dtype)
    away = x - mean
    variance = (np.square(away).sum(ROWS, dtype=np.float64) / count).astype(x.dtype)
    inverse = 1 / np.sqrt(variance + x.dtype.type(epsilon))
    unbiased = variance * x.dtype.type(count / max(1, count - 1))
    return away * (inverse * scale) + offset, mean, unbiased, inverse


@op(_normalised, dtype=promote_float, outputs=4, ref=_training_ref, name="FusedBatchNormV3")
def _fused_batch_norm(x, scale, offset, epsilon=0.001):
    """(result, mean, variance over n - 1, 1 / deviation) with the moments of the batch."""


@RegisterGradient("fused_batch_norm")
def fused_batch_norm_gradient(op, dy, *_):
    x, scale, _ = op.inputs
    return _fused_batch_norm_grad(dy, x, scale, op.outputs[1], op.outputs[3], 1.0)


def _switched_ref(x, scale, offset, mean, variance, training, epsilon):
    if training:
        return _training_ref(x, scale, offset, epsilon)
    inverse = 1 / np.sqrt(variance + x.dtype.type(epsilon))
    return (x - mean) * (inverse * scale) + offset, mean, variance, inverse


@op(_normalised, dtype=promote_float, casts=(0, 1, 2, 3, 4), truth=(5,), outputs=4,
    ref=_switched_ref, name="FusedBatchNormV3")
def _switched_batch_norm(x, scale, offset, mean, variance, training, epsilon=0.001):
    """As `fused_batch_norm` where `training` holds, else with the moments that are given."""


@RegisterGradient("switched_batch_norm")
def switched_batch_norm_gradient(op, dy, *_):
    x, scale, training = op.inputs[0], op.inputs[1], op.inputs[5]
    return (*_fused_batch_norm_grad(dy, x, scale, op.outputs[1], op.outputs[3],
                                    cast_to(training, x)), None, None, None)


def _grad_ref(dy, x, scale, mean, inverse, batch):
    count = max(1, x.size // max(1, x.shape[3]))
    flat = (x - mean) * inverse
    doffset, dscale = dy.sum(ROWS), (dy * flat).sum(ROWS)
    through = batch * (doffset + flat * dscale) / x.dtype.type(count)
    return (scale * inverse) * (dy - through), dscale, doffset


@op(lambda s, a: [shapes.merge(s[0], s[1]), s[2], s[2]], dtype=promote_float, outputs=3,
    ref=_grad_ref, name="FusedBatchNormGradV3")
def _fused_batch_norm_grad(dy, x, scale, mean, inverse, batch):
    """(dx, dscale, doffset) of batch normalisation.

    Where `batch` is 1, `mean` and `inverse` follow from `x`; where it is 0, they do not.
    """


@RegisterGradient("fused_batch_norm_grad")
def fused_batch_norm_grad_gradient(op, gx, gs, gb):
    """With xh = (x - mean) r and P(u) = u - t (mean(u) + xh mean(u xh)), dx is s r P(dy).

    t is `batch`. P is symmetric, so that dy gets s r P(gx) + gs xh + gb; what x gets comes through
    xh and, with t, through r.
    """
    dy, x, scale, mean, r, t = op.inputs
    count = cast_to(size(x), x) / cast_to(size(mean), x)
    flat = subtract(x, mean) * r
    b, c = reduce_mean(gx * flat, ROWS), reduce_mean(dy * flat, ROWS)
    both = reduce_sum(gx * dy, ROWS) - t * count * (
        reduce_mean(gx, ROWS) * reduce_mean(dy, ROWS) + b * c)
    through = gs * dy - t * scale * r * (c * gx + b * dy)
    ddy = _fused_batch_norm_grad(gx, x, scale, mean, r, t)[0] + gs * flat + gb
    dx = _fused_batch_norm_grad(through, x, ones_like(scale), mean, r, t)[0]
    return ddy, dx - flat * (t * r * r * scale * both / count), r * both, None, None, None


def check_images(dtype, graph):
    """Refuse a dtype for which TensorFlow has no fused operation, in its graphs."""
    if graph.literals == "tf" and to_np(dtype) == FLOAT64:
        raise DTypeError("FusedBatchNormV3: images of float64 are not in the list of allowed "
                         "values: float16, float32. Use fused=False.")


# ---- what users call --------------------------------------------------------------------

@door
def fused_batch_norm(x, scale, offset, mean=None, variance=None, epsilon=0.001,
                     data_format="NHWC", is_training=True, name=None):
    """Batch normalisation of images: (result, mean, variance) over all but the channels.

    Parameters
    ----------
    x : tensor (n, height, width, channels)
    scale, offset : tensors (channels,)
    mean, variance : tensors (channels,), optional
        What is used when not training; in training they come from the batch, and the variance
        returned is the one over n - 1.
    epsilon : float
    data_format : 'NHWC', or 'NCHW', which a TensorFlow graph refuses when it runs on a CPU
    is_training : bool

    Raises
    ------
    ValueError
        If `mean` and `variance` are there in training, or missing otherwise.

    Notes
    -----
    Gradient: to `x`, `scale` and `offset`; none through the mean and the variance. In a TensorFlow
    graph float32 alone is taken.
    """
    x = as_tensor(x)
    if data_format not in ("NHWC", "NCHW"):
        raise ValueError(f"data_format must be NHWC or NCHW; got {data_format!r}.")
    given = [v is not None for v in (mean, variance)]
    if is_training and x.graph.literals == "tf" and any(given):
        raise ValueError("Both 'mean' and 'variance' must be None if is_training is True.")
    if not is_training and not all(given):
        raise ValueError("Both 'mean' and 'variance' must be given if is_training is False.")
    if data_format == "NCHW":
        return _channels_first(x, scale, offset, mean, variance, epsilon, is_training, name)
    if is_training:
        return tuple(_fused_batch_norm(x, scale, offset, epsilon=float(epsilon), name=name)[:3])
    return _with_moments(x, scale, offset, mean, variance, epsilon, name)


def _channels_first(x, scale, offset, mean, variance, epsilon, is_training, name):
    _image_of(x._shape)
    if x.graph.literals == "tf":
        x = refused(x, InternalError, "The CPU implementation of FusedBatchNorm only supports NHWC "
                    "tensor format for now.")
    with x.graph.name_scope(name or "FusedBatchNormV3") as scope:
        y, *moments = fused_batch_norm(transpose(x, (0, 2, 3, 1)), scale, offset, mean, variance,
                                       epsilon, "NHWC", is_training)
        return (transpose(y, (0, 3, 1, 2), name=scope), *moments)


def _with_moments(x, scale, offset, mean, variance, epsilon, name):
    """`(x - mean) (scale / deviation) + offset`, of which plans make elementwise steps."""
    with x.graph.name_scope(name or _fused_batch_norm.opdef.name) as scope:
        fixed = [stop_gradient(as_tensor(v, None, x.graph)) for v in (mean, variance)]
        parts = [as_tensor(v, None, x.graph) for v in (scale, offset)]
        _normalised([x._shape, parts[0]._shape, parts[1]._shape], None)
        slope = multiply(rsqrt(fixed[1] + epsilon), parts[0])
        y = _fused_inference(x, fixed[0], slope, parts[1], name=scope)
        return y, identity(fixed[0]), identity(fixed[1])


def _shifted(in_shapes, _):
    return _normalised([in_shapes[0], *in_shapes[2:]], None)[0]


@op(_shifted, dtype=promote_float, name="FusedBatchNormV3", form="channel_affine", inplace=(0,),
    ref=lambda x, mean, slope, offset: (x - mean) * slope + offset)
def _fused_inference(x, mean, slope, offset):
    """`(x - mean) slope + offset`, a value a channel."""


@RegisterGradient("fused_inference")
def fused_inference_gradient(op, dy):
    x, mean, slope, _ = op.inputs
    return (dy * slope, None, reduce_sum(dy * subtract(x, mean), ROWS), reduce_sum(dy, ROWS))


def switched_batch_norm(x, scale, offset, mean, variance, epsilon, training, name=None):
    """(result, mean, variance) of `fused_batch_norm`, in training or not as `training` says.

    The moments are those that were used, the variance of the batch over n - 1.
    """
    return _switched_batch_norm(x, scale, offset, mean, variance, training,
                                epsilon=float(epsilon), name=name)[:3]


__all__ = ["fused_batch_norm"]
