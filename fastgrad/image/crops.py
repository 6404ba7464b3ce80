"""Crops and paddings of images: boxes in pixels."""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.flow.asserts import Assert
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import is_node
from fastgrad.image.ranks import batch_of, image_of, scope_of, spatial
from fastgrad.ops.arithmetic import maximum, minimum
from fastgrad.ops.cast import cast
from fastgrad.ops.checks import get_static_value
from fastgrad.ops.join import stack
from fastgrad.ops.pad import pad, slice_
from fastgrad.ops.random_crop import random_crop
from fastgrad.ops.shape import shape
from fastgrad.ops.state import identity


def _number(value):
    """What is known of a whole number: an int, or None."""
    if not is_node(value):
        return int(value)
    known = get_static_value(value)
    return None if known is None else int(known)


def _sizes(x):
    """Height and width, as numbers where the graph knows them and as tensors elsewhere."""
    whole, own = None, []
    for i, n in enumerate(spatial(x)):
        if n is None:
            whole = shape(x) if whole is None else whole
            n = whole[i + 1]
        own.append(n)
    return own


def _require(held, error, text):
    """Now if it is known: the ValueError; else the operation that fails the run."""
    if not is_node(held):
        if not held:
            raise error(text)
        return []
    return [Assert(held, [text])]


def _checked(x, checks):
    made = [c for held, text in checks for c in _require(held, ShapeError, text)]
    if not made:
        return x
    with x.graph.control_dependencies(made):
        return identity(x)


def _declared(y, x, height, width):
    known = (None,) * 4 if x._shape is None else x._shape
    y.set_shape([known[0], _number(height), _number(width), known[3]])
    return y


@door
def crop_to_bounding_box(image, offset_height, offset_width, target_height, target_width):
    """The part of an image that begins at the offsets and has the target's size.

    Parameters
    ----------
    image : tensor (height, width, channels) or (n, height, width, channels)
    offset_height, offset_width, target_height, target_width : int or integer scalars

    Raises
    ------
    ValueError
        If the part does not lie inside; in the run, where only that knows.

    Notes
    -----
    Gradient: `dy` with zeros around it.
    """
    x = image_of(image)
    with scope_of(x, "crop_to_bounding_box"):
        batch, back = batch_of(x)
        height, width = _sizes(batch)
        batch = _checked(batch, [
            (offset_width >= 0, "offset_width must be >= 0."),
            (offset_height >= 0, "offset_height must be >= 0."),
            (target_width > 0, "target_width must be > 0."),
            (target_height > 0, "target_height must be > 0."),
            (width >= target_width + offset_width, "width must be >= target + offset."),
            (height >= target_height + offset_height, "height must be >= target + offset.")])
        part = slice_(batch, stack([0, offset_height, offset_width, 0]),
                      stack([-1, target_height, target_width, -1]))
        return back(_declared(part, batch, target_height, target_width))


@door
def pad_to_bounding_box(image, offset_height, offset_width, target_height, target_width):
    """An image of the target's size that is zero but for the given image at the offsets.

    Gradient: the part of `dy` that was the image.
    """
    x = image_of(image)
    with scope_of(x, "pad_to_bounding_box"):
        batch, back = batch_of(x)
        height, width = _sizes(batch)
        below = target_height - offset_height - height
        right = target_width - offset_width - width
        batch = _checked(batch, [
            (offset_height >= 0, "offset_height must be >= 0."),
            (offset_width >= 0, "offset_width must be >= 0."),
            (right >= 0, "width must be <= target - offset."),
            (below >= 0, "height must be <= target - offset.")])
        flat = [0, 0, offset_height, below, offset_width, right, 0, 0]
        widths = (np.reshape(flat, (4, 2)) if not any(map(is_node, flat)) else
                  stack([stack(flat[i:i + 2]) for i in (0, 2, 4, 6)]))
        return back(_declared(pad(batch, widths), batch, target_height, target_width))


@door
def central_crop(image, central_fraction):
    """The middle of an image: `central_fraction` of its height and of its width.

    Gradient: `dy` with zeros around it.
    """
    x = image_of(image)
    if not 0.0 < central_fraction <= 1.0:
        raise ValueError("central_fraction must be within (0, 1]; got " f"{central_fraction}.")
    if x._shape is None:
        raise ShapeError("central_crop needs an image of a known rank.")
    if central_fraction == 1.0:
        return x
    with scope_of(x, "central_crop"):
        rank, starts, sizes = len(x._shape), [], []
        for axis, n in zip((rank - 3, rank - 2), spatial(x)):
            start, size = _middle(n, shape(x)[axis] if n is None else None, central_fraction)
            starts.append(start)
            sizes.append(size)
        lead = [0] * (rank - 3)
        part = slice_(x, stack([*lead, *starts, 0]), stack([*[-1 for _ in lead], *sizes, -1]))
        known = [None if is_node(n) else n for n in sizes]
        part.set_shape([*x._shape[:rank - 3], *known, x._shape[-1]])
        return part


def _middle(n, tensor, fraction):
    """(first pixel, number of pixels) of the middle part of a dimension."""
    if n is not None:
        start = int((n - n * fraction) / 2)
        return start, n - 2 * start
    size = cast(tensor, np.float64)
    start = cast((size - size * fraction) / 2.0, np.int32)
    return start, tensor - 2 * start


@door
def resize_image_with_crop_or_pad(image, target_height, target_width):
    """The image at the middle of one of the target's size: cropped, or with zeros around it.

    Gradient: as of the crop and the padding.
    """
    x = image_of(image)
    with scope_of(x, "resize_image_with_crop_or_pad"):
        for what, n in (("target_height", target_height), ("target_width", target_width)):
            if not is_node(n) and n <= 0:
                raise ValueError(f"{what} must be > 0.")
        batch, back = batch_of(x)
        targets, cuts, gaps, inner = (target_height, target_width), [], [], []
        for n, target in zip(_sizes(batch), targets):
            cuts.append(_most((n - target) // 2, 0))
            gaps.append(_most((target - n) // 2, 0))
            inner.append(_least(target, n))
        part = crop_to_bounding_box(batch, *cuts, *inner)
        return back(identity(pad_to_bounding_box(part, *gaps, *targets)))


def _most(a, b):
    return maximum(a, b) if is_node(a) or is_node(b) else max(a, b)


def _least(a, b):
    return minimum(a, b) if is_node(a) or is_node(b) else min(a, b)


resize_with_crop_or_pad = resize_image_with_crop_or_pad

__all__ = ["crop_to_bounding_box", "pad_to_bounding_box", "central_crop", "random_crop",
           "resize_image_with_crop_or_pad", "resize_with_crop_or_pad"]
