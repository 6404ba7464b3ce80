"""sample_distorted_bounding_box: a part of an image at random that holds enough of an object."""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.dtypes import FLOAT32
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import NotDifferentiable, op
from fastgrad.ops.random import seeds_of
from fastgrad.ops.shape import plain_shape, scoped


def _rectangle(generator, height, width, ratio, least, most):
    """(rows, columns) of a part of random ratio and area, or None if no such part fits."""
    area = width * height
    first = min(int(np.rint(np.sqrt(least * area / ratio))), height)
    last = min(int(np.rint(np.sqrt(most * area / ratio))), int((width + 0.4999999) / ratio), height)
    if last < first:
        return None
    rows = int(generator.integers(first, last + 1, (), np.dtype(np.int64)))
    columns = int(np.rint(rows * ratio))
    if not (0 < rows <= height and 0 < columns <= width):
        return None
    if not least * area <= rows * columns <= most * area:
        return None
    return rows, columns


def _holds_enough(part, boxes, least):
    """Whether the part (top, left, bottom, right, in pixels) covers enough of one of the boxes."""
    low, high = np.maximum(boxes[:, :2], part[:2]), np.minimum(boxes[:, 2:], part[2:])
    common = np.maximum(high - low, 0).prod(1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    return bool((common >= least * areas)[areas > 0].any())


def _sampled(generator, image_size, bounding_boxes, min_object_covered, aspect_ratio_range,
             area_range, max_attempts, use_image_if_no_bounding_boxes, seeds):
    height, width, _ = (int(n) for n in image_size)
    boxes = bounding_boxes.reshape(-1, 4).astype(np.float64)
    if not boxes.size:
        if not use_image_if_no_bounding_boxes:
            raise ValueError("No bounding boxes provided as input. One must enable "
                             "use_image_if_no_bounding_boxes if you wish to not provide any "
                             "bounding boxes.")
        boxes = np.array([[0.0, 0.0, 1.0, 1.0]])
    pixels = np.trunc(boxes * [height, width, height, width])
    chosen = (0, 0, height, width)
    for _ in range(max_attempts):
        ratio = float(generator.random()) * (aspect_ratio_range[1] - aspect_ratio_range[0]) \
            + aspect_ratio_range[0]
        size = _rectangle(generator, height, width, ratio, *area_range)
        if size is None:
            continue
        top, left = (int(generator.integers(0, n - m + 1, (), np.dtype(np.int64)))
                     for n, m in zip((height, width), size))
        part = top, left, top + size[0], left + size[1]
        if _holds_enough(part, pixels, float(min_object_covered)):
            chosen = part
            break
    top, left, bottom, right = chosen
    share = np.array(chosen, np.float32) / np.array([height, width, height, width], np.float32)
    return (np.array([top, left, 0]), np.array([bottom - top, right - left, -1]),
            share.reshape(1, 1, 4))


def _shapes(in_shapes, _):
    if in_shapes[0] not in (None, (3,), (None,)):
        raise ShapeError(f"image_size must have 3 numbers; got shape {in_shapes[0]}.")
    if in_shapes[1] is not None and (len(in_shapes[1]) != 3 or in_shapes[1][2] not in (4, None)):
        raise ShapeError(f"bounding_boxes must have shape (n, m, 4); got {in_shapes[1]}.")
    return [(3,), (3,), (1, 1, 4)]


@op(_shapes, dtype=None, out=lambda d, a: [d[0], d[0], FLOAT32], outputs=3, pure=False,
    draw=_sampled, name="SampleDistortedBoundingBoxV2", form="random", whole=(0,))
def _sample_distorted_bounding_box(image_size, bounding_boxes, min_object_covered,
                                   aspect_ratio_range=(0.75, 1.33), area_range=(0.05, 1.0),
                                   max_attempts=100, use_image_if_no_bounding_boxes=False,
                                   seeds=None):
    pass


NotDifferentiable("sample_distorted_bounding_box")


@scoped("sample_distorted_bounding_box")
def sample_distorted_bounding_box(image_size, bounding_boxes, seed=None, seed2=None,
                                  min_object_covered=0.1, aspect_ratio_range=None,
                                  area_range=None, max_attempts=None,
                                  use_image_if_no_bounding_boxes=None, name=None):
    """(begin, size, box) of a part of an image, drawn anew at each run, that shows an object.

    Parameters
    ----------
    image_size : integers (height, width, channels)
    bounding_boxes : tensor (1, n, 4)
        Where objects are, in shares of the image.
    seed : int, optional
    min_object_covered : float
        The share of some object that the part shows at least.
    aspect_ratio_range : (least, most), optional
        Width by height; (0.75, 1.33) if not given.
    area_range : (least, most), optional
        Shares of the image; (0.05, 1) if not given.
    max_attempts : int, optional
        After so many, 100 if not given, it is the whole image.
    use_image_if_no_bounding_boxes : bool, optional
        Take the whole image for the object where there is none; else the run fails.

    Returns
    -------
    (integers (3,), integers (3,), float32 (1, 1, 4))
        `begin` and `size` for `slice`, and the box for `draw_bounding_boxes`.

    Notes
    -----
    Gradient: none.
    """
    size = as_tensor(image_size if is_node(image_size) else plain_shape(image_size))
    boxes = as_tensor(bounding_boxes if is_node(bounding_boxes) else
                      np.asarray(bounding_boxes, FLOAT32))
    covered = min_object_covered if is_node(min_object_covered) else \
        np.asarray(min_object_covered, FLOAT32)
    ratios = tuple(map(float, aspect_ratio_range or (0.75, 1.33)))
    areas = tuple(map(float, area_range or (0.05, 1.0)))
    if not (0 < ratios[0] <= ratios[1] and 0 < areas[0] <= areas[1] <= 1):
        raise ValueError(f"aspect_ratio_range {ratios} must be positive and rising, and area_range "
                         f"{areas} rise within (0, 1].")
    return tuple(_sample_distorted_bounding_box(
        size, boxes, covered, aspect_ratio_range=ratios, area_range=areas,
        max_attempts=100 if max_attempts is None else int(max_attempts),
        use_image_if_no_bounding_boxes=bool(use_image_if_no_bounding_boxes),
        seeds=seeds_of(get_default_graph(), seed if seed2 is None else seed2)))


__all__ = ["sample_distorted_bounding_box"]
