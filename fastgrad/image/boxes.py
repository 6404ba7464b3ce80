"""Boxes in images: crops resized to one size, suppression of overlaps, drawing, random boxes.

A box is (top, left, bottom, right) in shares of the image's height and width.
"""

import numpy as np

from fastgrad.errors import OutOfRangeError, ShapeError
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import FLOAT32, INT32, promote_float, strong
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient, op
from fastgrad.ops.shape import dims_of, plain_shape, renamed

F = np.float32


# ---- crop_and_resize --------------------------------------------------------------------

def _crops_shape(in_shapes, attrs):
    images, boxes, index = in_shapes[:3]
    if images is not None and len(images) != 4:
        raise ShapeError(f"the image must have 4 dimensions; got {images}.")
    if boxes is not None and (len(boxes) != 2 or boxes[1] not in (4, None)):
        raise ShapeError(f"boxes must have shape (n, 4); got {boxes}.")
    if index is not None and len(index) != 1:
        raise ShapeError(f"box_ind must be a vector; got {index}.")
    counts = {s[0] for s in (boxes, index) if s is not None and s[0] is not None}
    if len(counts) > 1:
        raise ShapeError(f"there are {boxes[0]} boxes and {index[0]} indices.")
    size = dims_of(attrs["crop_size"])
    if size is not None and (len(size) != 2 or any(n is not None and n <= 0 for n in size)):
        raise ShapeError(f"crop_size must be 2 positive numbers; got {size}.")
    height, width = (None, None) if size is None else size
    return (counts.pop() if counts else None, height, width,
            None if images is None else images[3])


def _points(first, last, n, m):
    """(places of m points of each box in pixels, their slope by first, by last)."""
    first, last, kind = first[:, None], last[:, None], first.dtype.type
    if m == 1:
        half = np.full((len(first), 1), kind(0.5 * (n - 1)))
        return kind(0.5) * (first + last) * kind(n - 1), half, half
    share = np.arange(m, dtype=kind)
    step = (last - first) * kind(n - 1) / kind(m - 1)
    along = (share * kind(n - 1) / kind(m - 1))[None]
    return first * kind(n - 1) + share * step, kind(n - 1) - along, along


class _Samples:
    """Where the pixels of the crops lie: four neighbours with shares, and which lie inside."""

    def __init__(self, images, boxes, index, size):
        if ((index < 0) | (index >= len(images))).any():
            raise OutOfRangeError("crop_and_resize: box_ind has values outside [0, "
                                  f"{len(images)}), the number of images.")
        boxes = boxes if boxes.dtype == np.float64 else boxes.astype(F)
        (n, m), (self.h, self.w) = images.shape[1:3], (int(v) for v in size)
        self.y, self.y_first, self.y_last = _points(boxes[:, 0], boxes[:, 2], n, self.h)
        self.x, self.x_first, self.x_last = _points(boxes[:, 1], boxes[:, 3], m, self.w)
        rows, columns = (self.y >= 0) & (self.y <= n - 1), (self.x >= 0) & (self.x <= m - 1)
        self.inside = (rows[:, :, None] & columns[:, None, :])[..., None]
        self.index = index.reshape(-1, 1, 1)
        self.safe_y, self.safe_x = np.where(rows, self.y, 0), np.where(columns, self.x, 0)

    def corners(self):
        """(rows, columns, share) of the four neighbours of every pixel."""
        top, left = np.floor(self.safe_y), np.floor(self.safe_x)
        below, right = np.ceil(self.safe_y), np.ceil(self.safe_x)
        dy, dx = (self.safe_y - top)[:, :, None], (self.safe_x - left)[:, None, :]
        for row, sy in ((top, 1 - dy), (below, dy)):
            for column, sx in ((left, 1 - dx), (right, dx)):
                yield (row.astype(np.int64)[:, :, None], column.astype(np.int64)[:, None, :],
                       (sy * sx)[..., None])

    def nearest(self):
        rows, columns = (np.floor(v + F(0.5)).astype(np.int64)
                         for v in (self.safe_y, self.safe_x))
        yield rows[:, :, None], columns[:, None, :], F(1)

    def of(self, method):
        return self.corners() if method == "bilinear" else self.nearest()


def _crops_ref(image, boxes, box_ind, crop_size, method, extrapolation_value, wide):
    s = _Samples(image, boxes, box_ind, crop_size)
    image = image if image.dtype == np.float64 and wide else image.astype(F)
    crops = sum(image[s.index, rows, columns] * share.astype(image.dtype)
                for rows, columns, share in s.of(method))
    return np.where(s.inside, crops, image.dtype.type(extrapolation_value))


def _crops_dtype(in_dtypes, attrs):
    return in_dtypes[0] if attrs["wide"] and in_dtypes[0] == np.float64 else FLOAT32


@op(_crops_shape, dtype=None, out=_crops_dtype, static=(3,), whole=(2, 3), casts=(0,),
    ref=_crops_ref, name="CropAndResize")
def _crop_and_resize(image, boxes, box_ind, crop_size, method="bilinear",
                     extrapolation_value=0.0, wide=False):
    pass


@RegisterGradient("crop_and_resize")
def crop_and_resize_gradient(op, dy):
    image, boxes, index, size = op.inputs
    method = op.attrs["method"]
    to_image = _crops_to_image(dy, image, boxes, index, size, method=method)
    to_boxes = _crops_to_boxes(dy, image, boxes, index, size)
    return to_image, to_boxes, None, None


def _to_image_ref(dy, image, boxes, box_ind, crop_size, method):
    s = _Samples(image, boxes, box_ind, crop_size)
    dx = np.zeros(image.shape, dy.dtype)
    given = np.where(s.inside, dy, dy.dtype.type(0))
    for rows, columns, share in s.of(method):
        np.add.at(dx, (s.index, rows, columns), given * np.asarray(share).astype(dy.dtype))
    return dx


@op(lambda s, a: s[1], dtype=None, out=lambda d, a: strong(d[1]), shape_only=(1,), static=(4,),
    ref=_to_image_ref, name="CropAndResizeGradImage")
def _crops_to_image(dy, image, boxes, box_ind, crop_size, method="bilinear"):
    """Gradient of `crop_and_resize` to the image; it has none itself, as in TensorFlow."""


def _to_boxes_ref(dy, image, boxes, box_ind, crop_size):
    s = _Samples(image, boxes, box_ind, crop_size)
    values = [image[s.index, rows, columns].astype(dy.dtype) for rows, columns, _ in s.corners()]
    top, left = np.floor(s.safe_y), np.floor(s.safe_x)
    dy_share = (s.safe_y - top)[:, :, None, None].astype(dy.dtype)
    dx_share = (s.safe_x - left)[:, None, :, None].astype(dy.dtype)
    given = np.where(s.inside, dy, dy.dtype.type(0))
    a, b, c, d = values                                         # top left, top right, below ...
    down = (given * ((1 - dx_share) * (c - a) + dx_share * (d - b))).sum((2, 3))
    along = (given * ((1 - dy_share) * (b - a) + dy_share * (d - c))).sum((1, 3))
    return np.stack([(down * s.y_first).sum(1), (along * s.x_first).sum(1),
                     (down * s.y_last).sum(1), (along * s.x_last).sum(1)], 1)


@op(lambda s, a: s[2], dtype=None, out=lambda d, a: strong(d[2]), static=(4,), ref=_to_boxes_ref,
    name="CropAndResizeGradBoxes")
def _crops_to_boxes(dy, image, boxes, box_ind, crop_size):
    """Gradient of `crop_and_resize` to the boxes; it has none itself, as in TensorFlow."""


@door
def crop_and_resize(image, boxes, box_ind=None, crop_size=None, method="bilinear",
                    extrapolation_value=0, name=None, box_indices=None):
    """The boxes of images, each resized to one size.

    Parameters
    ----------
    image : tensor (n, height, width, channels)
    boxes : tensor (m, 4)
        A box whose bottom lies above its top is turned over; what lies outside the image is
        `extrapolation_value`.
    box_ind : integers (m,)
        Which image each box is of.
    crop_size : integers (new height, new width)
    method : 'bilinear' or 'nearest'

    Returns
    -------
    Tensor
        (m, new height, new width, channels) of float32; in fastgrad's own graphs float64 of
        float64 images.

    Raises
    ------
    OutOfRangeError
        In the run, if an image is not there.

    Notes
    -----
    Gradient: to the image and to the boxes, there always by the bilinear way; there is no second
    one.
    """
    index = renamed("box_indices", box_indices, "box_ind", box_ind)
    if method not in ("bilinear", "nearest"):
        raise ValueError(f"method must be bilinear or nearest; got {method!r}.")
    x = as_tensor(image)
    if not is_node(index):
        index = np.asarray(index, INT32 if np.size(index) == 0 or
                           np.asarray(index).dtype.kind in "iu" else None)
    size = crop_size if is_node(crop_size) else plain_shape(crop_size)
    boxes = boxes if is_node(boxes) else np.asarray(boxes, FLOAT32)
    return _crop_and_resize(x, boxes, index, size, method=method,
                            extrapolation_value=float(extrapolation_value),
                            wide=x.graph.literals != "tf", name=name)


# ---- drawing ----------------------------------------------------------------------------

COLOURS = np.array([[1, 1, 0, 1], [0, 0, 1, 1], [1, 0, 0, 1], [0, 1, 0, 1], [0.5, 0, 0.5, 1],
                    [0.5, 0.5, 0, 1], [0.5, 0, 0, 1], [0, 0, 0.5, 1], [0, 1, 1, 1],
                    [1, 0, 1, 1]])


def _drawn_ref(images, boxes, colors):
    out = images.copy()
    height, width, depth = images.shape[1:]
    table = COLOURS if not colors.size else colors
    paint = np.zeros((len(table), depth), images.dtype)
    paint[:, :table.shape[1]] = table[:, :depth]
    if depth == 1 and not colors.size:
        paint[:] = 1
    for i, listed in enumerate(boxes):
        for k, box in enumerate(listed.astype(F)):
            ends = box * np.array([height - 1, width - 1] * 2, F)
            if np.isfinite(ends).all():
                _draw(out[i], np.clip(np.trunc(ends), -2**31, 2**31).astype(np.int64).tolist(),
                      paint[k % len(table)])
    return out


def _draw(image, box, paint):
    """The lines of a box, as far as they lie inside."""
    (height, width), (top, left, bottom, right) = image.shape[:2], box
    if top > bottom or left > right or top >= height or bottom < 0 or left >= width or right < 0:
        return
    rows = slice(max(top, 0), min(bottom, height - 1) + 1)
    columns = slice(max(left, 0), min(right, width - 1) + 1)
    for row in (top, bottom):
        if 0 <= row < height:
            image[row, columns] = paint
    for column in (left, right):
        if 0 <= column < width:
            image[rows, column] = paint


def _drawn_shape(in_shapes, _):
    for known, rank, what in zip(in_shapes, (4, 3, 2), ("images", "boxes", "colors")):
        if known is not None and len(known) != rank:
            raise ShapeError(f"{what} must have {rank} dimensions; got {known}.")
    boxes = in_shapes[1]
    if boxes is not None and boxes[2] not in (4, None):
        raise ShapeError(f"boxes must have shape (n, m, 4); got {boxes}.")
    return in_shapes[0]


@op(_drawn_shape, dtype=promote_float, casts=(0,), ref=_drawn_ref, name="DrawBoundingBoxes")
def _draw_bounding_boxes(images, boxes, colors):
    pass


@door
def draw_bounding_boxes(images, boxes, name=None, colors=None):
    """Images with the outlines of boxes.

    Parameters
    ----------
    images : floating tensor (n, height, width, channels)
    boxes : tensor (n, m, 4)
    colors : tensor (k, channels), optional
        Of the boxes in turn; ten colours of TensorFlow's, if not given.

    Notes
    -----
    Gradient: none.
    """
    given = np.zeros((0, 4), F) if colors is None else colors
    return _draw_bounding_boxes(images, boxes, given, name=name)


NotDifferentiable("draw_bounding_boxes")

__all__ = ["crop_and_resize", "draw_bounding_boxes"]
