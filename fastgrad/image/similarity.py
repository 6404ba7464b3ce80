"""Structural similarity of images (Wang and others, 2004), at one scale and at several."""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.flow.asserts import Assert
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import as_tensor
from fastgrad.image.dtypes import convert_image_dtype
from fastgrad.image.measures import alike, as_colours
from fastgrad.image.ranks import floating, scope_of
from fastgrad.nn import avg_pool, depthwise_conv2d, relu
from fastgrad.ops.arithmetic import pow
from fastgrad.ops.comparison import greater_equal
from fastgrad.ops.join import concat, stack
from fastgrad.ops.logic import logical_and
from fastgrad.ops.pad import pad, tile
from fastgrad.ops.reduce import reduce_mean, reduce_prod
from fastgrad.ops.reshape import reshape
from fastgrad.ops.shape import shape
from fastgrad.ops.state import identity
from fastgrad.ops.unary import square

# how much each scale counts, from full size to a sixteenth
SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def _gaussian(size, sigma, dtype):
    """Weights of a window (size, size, 1, 1) that fall off from its middle; their sum is 1."""
    away = np.arange(size) - (size - 1) / 2
    one = np.exp(-0.5 * np.square(away / sigma))
    both = np.outer(one, one)
    return (both / both.sum()).astype(dtype)[:, :, None, None]


def _flat(x):
    """Images of any number of leading dimensions as (n, height, width, channels)."""
    if x._shape is not None and len(x._shape) == 4:
        return x
    return reshape(x, concat([[-1], shape(x)[-3:]], 0))


def _channels(x):
    """The number of channels, and a list for `tile` that repeats a filter so often."""
    known = None if x._shape is None else x._shape[-1]
    return [1, 1, shape(x)[-1] if known is None else known, 1]


def _wide_enough(x, y, size):
    """Both, checked to have the window inside: now if the sizes are known, else in the run."""
    for image in (x, y):
        known = (None, None) if image._shape is None else image._shape[-3:-1]
        if any(n is not None and n < size for n in known):
            raise ShapeError(f"ssim: images of {known} pixels are smaller than the window of "
                             f"{size}; pass a smaller filter_size.")
        if None in known:
            fits = greater_equal(shape(image)[-3:-1], size)
            check = Assert(logical_and(fits[0], fits[1]), [shape(image), size])
            with x.graph.control_dependencies([check]):
                x, y = identity(x), identity(y)
    return x, y


def _compared(x, y, most, filter_size, filter_sigma, k1, k2):
    """(similarity, its part without the luminance) of each channel."""
    x, y = _wide_enough(x, y, filter_size)
    lead = shape(x)[:-3]
    a, b = _flat(x), _flat(y)
    window = tile(_gaussian(filter_size, filter_sigma, x._dtype), stack(_channels(x)))

    def mean(v):
        return depthwise_conv2d(v, window, [1, 1, 1, 1], "VALID")
    c1, c2 = square(k1 * most), square(k2 * most)
    mean_a, mean_b = mean(a), mean(b)
    product, squares = mean_a * mean_b * 2.0, square(mean_a) + square(mean_b)
    luminance = (product + c1) / (squares + c1)
    together, apart = mean(a * b) * 2.0, mean(square(a) + square(b))
    contrast = (together - product + c2) / (apart - squares + c2)
    values = [reduce_mean(v, [1, 2]) for v in (luminance * contrast, contrast)]
    if x._shape is not None and len(x._shape) == 4:
        return values
    whole = concat([lead, shape(x)[-1:]], 0)
    found = [reshape(v, whole) for v in values]
    if x._shape is not None:
        for v in found:
            v.set_shape((*x._shape[:-3], x._shape[-1]))
    return found


def _prepared(img1, img2, max_val):
    a, b = alike(img1, img2)
    kind = floating(a)
    return (convert_image_dtype(a, kind), convert_image_dtype(b, kind),
            as_colours(max_val, a, kind))


@door
def ssim(img1, img2, max_val, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03):
    """Structural similarity, from -1 to 1: 1 for equal images.

    Parameters
    ----------
    img1, img2 : tensors (..., height, width, channels)
    max_val : number
        The range of colours: 1.0 of floating ones, 255 of uint8.
    filter_size : int
        Of the window; images must be as large at least.
    filter_sigma : float
        Of the window's weights.
    k1, k2 : float
        Keep the quotients from 0 / 0.

    Returns
    -------
    Tensor
        One number an image: the mean over its pixels and channels.

    Notes
    -----
    Gradient: as of the convolutions and quotients.
    """
    x = as_tensor(img1)
    with x.graph.as_default():
        a, b, most = _prepared(x, img2, max_val)
        similar, _ = _compared(a, b, most, filter_size, filter_sigma, k1, k2)
        return reduce_mean(similar, [-1])


def _half(x):
    """Means of squares of four pixels; a last row or column that is odd counts twice."""
    known = x._shape[1:3]
    odd = shape(x)[1:3] % 2 if None in known else [n % 2 for n in known]
    if None in known or any(odd):
        after = stack([0, odd[0], odd[1], 0])
        x = pad(x, stack([[0, 0, 0, 0], after], 1), "SYMMETRIC")
    return avg_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")


@door
def ssim_multiscale(img1, img2, max_val, power_factors=SCALES, filter_size=11,
                    filter_sigma=1.5, k1=0.01, k2=0.03):
    """Structural similarity over several scales, each half as large as the one before.

    Parameters
    ----------
    img1, img2 : tensors (n, height, width, channels)
    power_factors : sequence of float
        One a scale; the smallest image must hold the window still.

    Returns
    -------
    Tensor
        One number an image.

    Notes
    -----
    Gradient: as of `ssim`.
    """
    x = as_tensor(img1)
    with scope_of(x, "MS-SSIM"):
        a, b, most = _prepared(x, img2, max_val)
        lead = None if a._shape is None else a._shape[:-3]
        whole = shape(a)[:-3]
        a, b = _flat(a), _flat(b)
        parts = []
        for k, power in enumerate(power_factors):
            if k:
                a, b = _half(a), _half(b)
            similar, contrast = _compared(a, b, most, filter_size, filter_sigma, k1, k2)
            last = k == len(power_factors) - 1
            parts.append(pow(relu(similar if last else contrast), np.asarray(power, a._dtype)))
        found = reduce_mean(reduce_prod(stack(parts, -1), [-1]), [-1])
        if lead is None or len(lead) != 1:
            found = reshape(found, whole)
            found.set_shape(lead)
        return found


__all__ = ["ssim", "ssim_multiscale"]
