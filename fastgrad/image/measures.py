"""Measures of images: how two differ (PSNR, SSIM), how rough one is, its edges."""

import numpy as np

from fastgrad.errors import DTypeError, ShapeError
from fastgrad.flow.asserts import Assert
from fastgrad.graph import shapes
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import is_whole
from fastgrad.graph.nodes import as_tensor
from fastgrad.image.dtypes import convert_image_dtype
from fastgrad.image.ranks import floating, image_of, scope_of
from fastgrad.ops.arithmetic import squared_difference, subtract, zeros_like
from fastgrad.ops.cast import cast
from fastgrad.ops.comparison import equal
from fastgrad.ops.join import concat, stack
from fastgrad.ops.pad import pad
from fastgrad.ops.reduce import reduce_all, reduce_mean, reduce_sum
from fastgrad.ops.shape import shape
from fastgrad.ops.state import identity
from fastgrad.ops.unary import abs, log
from fastgrad.wording import where


# ---- one image --------------------------------------------------------------------------

@door
def total_variation(images, name=None):
    """The sum of absolute differences of neighbouring pixels, one number an image.

    Gradient: signs of the differences.
    """
    x = image_of(images, "images")
    with scope_of(x, name or "total_variation"):
        if x._shape is None:
            raise ShapeError("total_variation needs images of a known rank.")
        axes = [-3, -2, -1] if len(x._shape) == 4 else None
        down = x[..., 1:, :, :] - x[..., :-1, :, :]
        along = x[..., 1:, :] - x[..., :-1, :]
        return reduce_sum(abs(down), axes) + reduce_sum(abs(along), axes)


@door
def sobel_edges(image):
    """Sobel's estimates of the slopes down and along: (n, height, width, channels, 2).

    Gradient: as of the differences.
    """
    x = as_tensor(image)
    if x._shape is not None and len(x._shape) != 4:
        raise ShapeError(f"sobel_edges needs images of 4 dimensions; got {x._shape}.")
    if is_whole(x._dtype):
        raise DTypeError(f"sobel_edges: {where(x)} has dtype {x.dtype.name}; expected a floating "
                         "one.")
    with x.graph.as_default():
        wide = pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "REFLECT")
        mean = wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:]           # smoothed down
        along = mean[:, :, 2:] - mean[:, :, :-2]
        mean = wide[:, :, :-2] + 2 * wide[:, :, 1:-1] + wide[:, :, 2:]
        down = mean[:, 2:] - mean[:, :-2]
        edges = stack([down, along], -1)
        if x._shape is not None:
            edges.set_shape([*x._shape, 2])
        return edges


@door
def image_gradients(image):
    """(dy, dx): each pixel's difference to the next below and to the right, 0 at the end.

    Gradient: as of the differences.
    """
    x = as_tensor(image)
    if x._shape is None or len(x._shape) != 4:
        raise ShapeError("image_gradients expects a 4D tensor [batch_size, h, w, d], not "
                         f"{x._shape}.")
    with x.graph.as_default():
        found = []
        for axis, differ in ((1, x[:, 1:] - x[:, :-1]), (2, x[:, :, 1:] - x[:, :, :-1])):
            last = x[:, -1:] if axis == 1 else x[:, :, -1:]
            found.append(concat([differ, zeros_like(last)], axis))
            found[-1].set_shape(x._shape)
        return tuple(found)


# ---- two images -------------------------------------------------------------------------

def alike(a, b):
    """Both, of one shape with 3 or more dimensions; the run fails where only that can tell."""
    a, b = as_tensor(a), as_tensor(b)
    for x in (a, b):
        if x._shape is not None and len(x._shape) < 3:
            raise ShapeError(f"expected images of 3 or more dimensions; got {x._shape}.")
    if a._shape is not None and b._shape is not None:
        shapes.merge(a._shape[-3:], b._shape[-3:])
        shapes.broadcast([a._shape[:-3], b._shape[:-3]])
        if shapes.is_known(a._shape[-3:]) and shapes.is_known(b._shape[-3:]):
            return a, b
    same = reduce_all(equal(shape(a)[-3:], shape(b)[-3:]))
    with a.graph.control_dependencies([Assert(same, [shape(a), shape(b)])]):
        return identity(a), identity(b)


def as_colours(value, x, kind):
    """A number of the image's dtype in its floating colours."""
    return convert_image_dtype(cast(as_tensor(value, None, x.graph), x._dtype), kind)


@door
def psnr(a, b, max_val, name=None):
    """Peak signal-to-noise ratio in decibels, `20 log10(max_val) - 10 log10(mse)`.

    Parameters
    ----------
    a, b : tensors (..., height, width, channels)
    max_val : number
        The range of colours: 1.0 of floating ones, 255 of uint8.

    Returns
    -------
    Tensor
        One number an image.

    Notes
    -----
    Gradient: as of the logarithm.
    """
    a, b = as_tensor(a), as_tensor(b)
    with scope_of(a, name or "PSNR"):
        a, b = alike(a, b)
        kind = floating(a)
        most = as_colours(max_val, a, kind)
        error = squared_difference(convert_image_dtype(a, kind), convert_image_dtype(b, kind))
        mse = reduce_mean(error, [-3, -2, -1])
        return subtract(20 * log(most) / np.log(10.0).astype(kind),
                        np.asarray(10 / np.log(10.0), kind) * log(mse), name="psnr")


__all__ = ["total_variation", "sobel_edges", "image_gradients", "psnr"]
