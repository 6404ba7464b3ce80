"""Colour spaces: grey, HSV, YIQ, YUV."""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import promote_float, strong
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import op
from fastgrad.image.dtypes import convert_image_dtype
from fastgrad.image.ranks import floating, has_channels, scope_of
from fastgrad.linalg.matmul import matmul
from fastgrad.ops.arithmetic import multiply
from fastgrad.ops.join import concat
from fastgrad.ops.make import ones
from fastgrad.ops.pad import tile
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.reshape import reshape, reshape_like
from fastgrad.ops.shape import rank


# ---- hue, saturation, value -------------------------------------------------------------

def _of_three(in_shapes, _):
    known = in_shapes[0]
    if known is not None and (not known or known[-1] not in (3, None)):
        raise ShapeError(f"the last dimension must be 3; got {known}.")
    return known if known is None else (*known[:-1], 3)


def _to_hsv(rgb):
    r, g, b = np.moveaxis(rgb, -1, 0)
    value = rgb.max(-1, initial=-np.inf)
    spread = value - rgb.min(-1, initial=np.inf)
    with np.errstate(all="ignore"):
        saturation = np.where(value > 0, spread / value, 0)
        norm = 1 / (6 * spread)
        hue = np.where(r == value, norm * (g - b), np.where(
            g == value, norm * (b - r) + 2 / 6, norm * (r - g) + 4 / 6))
    hue = np.where(spread > 0, hue, 0)
    hue = np.where(hue < 0, hue + 1, hue)
    return np.stack([hue, saturation, value], -1).astype(rgb.dtype)


def _to_rgb(hsv):
    h, s, v = np.moveaxis(hsv, -1, 0)
    shares = [np.abs(h * 6 - 3) - 1, 2 - np.abs(h * 6 - 2), 2 - np.abs(h * 6 - 4)]
    return np.stack([((1 - s) + s * np.clip(c, 0, 1)) * v for c in shares], -1).astype(hsv.dtype)


@op(_of_three, dtype=promote_float, ref=_to_hsv, name="RGBToHSV")
def rgb_to_hsv(images):
    """Red, green, blue as hue, saturation, value: all in [0, 1].

    Gradient: none, as in TensorFlow.

    Examples
    --------
    >>> Session().run(rgb_to_hsv([[[0.0, 1.0, 0.0]]])).round(4).tolist()
    [[[0.3333, 1.0, 1.0]]]
    """


@op(_of_three, dtype=promote_float, ref=_to_rgb, name="HSVToRGB")
def hsv_to_rgb(images):
    """Hue, saturation, value as red, green, blue: undoes `rgb_to_hsv`.

    Gradient: none, as in TensorFlow.
    """


# ---- grey -------------------------------------------------------------------------------

GREY = (0.2989, 0.5870, 0.1140)


@door
def rgb_to_grayscale(images, name=None):
    """Red, green, blue as one channel of grey, `0.2989 r + 0.587 g + 0.114 b`.

    Gradient: as of the sum.
    """
    x = as_tensor(images)
    if x._shape is not None and len(x._shape) < 3:
        raise ShapeError(f"rgb_to_grayscale: expected 3 or more dimensions; got {x._shape}.")
    has_channels(x, 3)
    with scope_of(x, name or "rgb_to_grayscale") as scope:
        own, kind = strong(x._dtype), floating(x)
        weighted = multiply(convert_image_dtype(x, kind), np.array(GREY, kind))
        return convert_image_dtype(reduce_sum(weighted, -1, True), own, name=scope)


@door
def grayscale_to_rgb(images, name=None):
    """The grey channel three times.

    Gradient: `dy` summed over the three.
    """
    x = as_tensor(images)
    has_channels(x, 1)
    with scope_of(x, name or "grayscale_to_rgb") as scope:
        if x._shape is not None:
            return tile(x, [1] * (len(x._shape) - 1) + [3], name=scope)
        times = concat([ones([rank(x) - 1], np.int32), [3]], 0)
        return tile(x, times, name=scope)


# ---- luminance and chrominance ----------------------------------------------------------

YIQ = np.array([[0.299, 0.59590059, 0.2115], [0.587, -0.27455667, -0.52273617],
                [0.114, -0.32134392, 0.31119955]])
FROM_YIQ = np.array([[1, 1, 1], [0.95598634, -0.27201283, -1.10674021],
                     [0.6208248, -0.64720424, 1.70423049]])
YUV = np.array([[0.299, -0.14714119, 0.61497538], [0.587, -0.28886916, -0.51496512],
                [0.114, 0.43601035, -0.10001026]])
FROM_YUV = np.array([[1, 1, 1], [0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0]])


def _by_matrix(images, matrix):
    x = has_channels(as_tensor(images), 3)
    rows = matmul(reshape(x, [-1, 3]), matrix.astype(floating(x)))
    return reshape_like(rows, x, name="Tensordot")


@door
def rgb_to_yiq(images):
    """Red, green, blue as luminance and the two chrominances of NTSC.

    Gradient: as of the product.
    """
    return _by_matrix(images, YIQ)


@door
def yiq_to_rgb(images):
    """Undoes `rgb_to_yiq`.

    Gradient: as of the product.
    """
    return _by_matrix(images, FROM_YIQ)


@door
def rgb_to_yuv(images):
    """Red, green, blue as luminance and the two chrominances of PAL.

    Gradient: as of the product.
    """
    return _by_matrix(images, YUV)


@door
def yuv_to_rgb(images):
    """Undoes `rgb_to_yuv`.

    Gradient: as of the product.
    """
    return _by_matrix(images, FROM_YUV)


__all__ = ["rgb_to_hsv", "hsv_to_rgb", "rgb_to_grayscale", "grayscale_to_rgb", "rgb_to_yiq",
           "yiq_to_rgb", "rgb_to_yuv", "yuv_to_rgb"]
