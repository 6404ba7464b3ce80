"""Patches of images: extract_image_patches, with its gradient.

Plans copy one place of the window at a time.
"""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph.doors import door
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.ops.shape import renamed


def _four(numbers, what):
    """The two middle numbers of [1, rows, columns, 1]."""
    values = [int(v) for v in np.atleast_1d(numbers)]
    if len(values) != 4 or values[0] != 1 or values[3] != 1 or min(values) < 1:
        raise ShapeError(f"{what} must be [1, rows, columns, 1] with numbers of at least 1; got "
                         f"{values}.")
    return tuple(values[1:3])


def windows(n, size, stride, rate, padding):
    """(number of windows, padding before, padding after) of a dimension of n, None if unknown."""
    span = (size - 1) * rate + 1
    if n is None:
        return None, 0, 0
    if padding == "VALID":
        return max(0, (n - span + stride) // stride), 0, 0
    count = -(-n // stride)
    missing = max(0, (count - 1) * stride + span - n)
    return count, missing // 2, missing - missing // 2


def _patches_shape(in_shapes, attrs):
    known = in_shapes[0]
    if known is None:
        known = (None,) * 4
    if len(known) != 4:
        raise ShapeError(f"the images must have 4 dimensions; got {known}.")
    sizes = attrs["ksizes"]
    dims = [windows(n, *axis, attrs["padding"])[0]
            for n, *axis in zip(known[1:3], sizes, attrs["strides"], attrs["rates"])]
    deep = None if known[3] is None else known[3] * sizes[0] * sizes[1]
    return (known[0], *dims, deep)


def layout_of(shape, ksizes, strides, rates, padding):
    """(paddings (4, 2), one (slice of rows, slice of columns) for each place of a window)."""
    counts, pads = [], [(0, 0)]
    for n, *axis in zip(shape[1:3], ksizes, strides, rates):
        count, before, after = windows(n, *axis, padding)
        counts.append(count)
        pads.append((before, after))
    places = [tuple(slice(at * rate, at * rate + max(0, (count - 1) * stride + 1), stride)
                    for at, rate, stride, count in zip(place, rates, strides, counts))
              for place in np.ndindex(*ksizes)]
    return np.array([*pads, (0, 0)]), places


def _patches_ref(images, **settings):
    pads, places = layout_of(images.shape, **settings)
    padded = np.pad(images, pads)
    return np.concatenate([padded[:, rows, columns] for rows, columns in places], 3)


@op(_patches_shape, ref=_patches_ref, name="ExtractImagePatches")
def _extract_image_patches(images, ksizes=(1, 1), strides=(1, 1), rates=(1, 1),
                           padding="VALID"):
    pass


@RegisterGradient("extract_image_patches")
def extract_image_patches_gradient(op, dy):
    return _image_patches_grad(dy, op.inputs[0], **op.attrs)


def _patches_grad_ref(dy, images, **settings):
    pads, places = layout_of(images.shape, **settings)
    n, h, w, c = images.shape
    dx = np.zeros([size + sum(pair) for size, pair in zip(images.shape, pads)], dy.dtype)
    for i, (rows, columns) in enumerate(places):
        dx[:, rows, columns] += dy[..., i * c:(i + 1) * c]
    top, left = pads[1][0], pads[2][0]
    return dx[:, top:top + h, left:left + w]


@op(lambda s, a: s[1], casts=(0,), shape_only=(1,), ref=_patches_grad_ref)
def _image_patches_grad(dy, images, ksizes=(1, 1), strides=(1, 1), rates=(1, 1),
                        padding="VALID"):
    """Each pixel's sum over the patches that hold it."""


@RegisterGradient("image_patches_grad")
def image_patches_grad_gradient(op, g):
    return _extract_image_patches(g, **op.attrs), None


@door
def extract_image_patches(images, ksizes=None, strides=None, rates=None, padding=None, name=None,
                          sizes=None):
    """Windows of images, one a pixel of the result, their elements in its channels.

    Parameters
    ----------
    images : tensor (n, height, width, channels)
    ksizes, strides, rates : [1, rows, columns, 1]
        The window, the steps between windows, and those between the pixels that a window takes.
    padding : 'SAME' or 'VALID'

    Returns
    -------
    Tensor
        (n, rows, columns, ksizes[1] * ksizes[2] * channels)

    Notes
    -----
    Gradient: each pixel gets the sum over the windows that hold it.
    """
    ksizes = renamed("sizes", sizes, "ksizes", ksizes)
    if padding not in ("SAME", "VALID"):
        raise ShapeError(f"padding must be SAME or VALID; got {padding!r}.")
    return _extract_image_patches(
        images, ksizes=_four(ksizes, "ksizes"), strides=_four(strides, "strides"),
        rates=_four(rates, "rates"), padding=padding, name=name)


@door
def extract_patches(images, sizes, strides, rates, padding, name=None):
    """`extract_image_patches` under TensorFlow's later name.

    Gradient: as of `extract_image_patches`.
    """
    return extract_image_patches(images, sizes, strides, rates, padding, name)


__all__ = ["extract_image_patches"]
