"""Resizing: TensorFlow's four ways as operations, each with its gradient below it, and what
`tf.image` makes of them."""

import numpy as np

from fastgrad.errors import DTypeError, LateShapeError, ShapeError
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import FLOAT32, strong
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.image import taps
from fastgrad.image.crops import pad_to_bounding_box
from fastgrad.image.ranks import batch_of, image_of, scope_of, spatial
from fastgrad.ops.arithmetic import maximum, minimum
from fastgrad.ops.cast import cast
from fastgrad.ops.checks import get_static_value
from fastgrad.ops.join import stack
from fastgrad.ops.shape import dims_of, plain_shape, shape
from fastgrad.ops.unary import floor, round
from fastgrad.wording import where


class ResizeMethod:
    """Numbers of the ways to resize, for `resize_images`."""

    BILINEAR, NEAREST_NEIGHBOR, BICUBIC, AREA = range(4)


# ---- the operations ---------------------------------------------------------------------

def _resized(in_shapes, attrs):
    known, size = in_shapes[0], dims_of(attrs["size"])
    known = (None,) * 4 if known is None else known
    if len(known) != 4:
        raise ShapeError(f"images must have 4 dimensions; got {known}.")
    if size is not None and len(size) != 2:
        raise ShapeError(f"size must be 2 numbers, height and width; got {size}.")
    height, width = (None, None) if size is None else size
    found = known[0], height, width, known[3]
    if any(n is not None and n <= 0 for n in (height, width)):
        raise LateShapeError(f"output dimensions must be positive; got {size}.", found)
    if 0 in known[1:3]:
        raise LateShapeError(f"the images must have pixels; got {known}.", found)
    return found


def _as_float(in_dtypes, attrs):
    own = in_dtypes[0]
    return own if attrs["wide"] and own == np.float64 else FLOAT32


def _both(x, size, find, settings):
    """The resized images: first the dimension that leaves less to do."""
    for axis, m in sorted(zip((1, 2), size), key=lambda a: a[1] / x.shape[a[0]]):
        x = taps.along(x, axis, *find(x.shape[axis], int(m), **settings))
    return x


def _forward(find):
    def ref(images, size, wide=False, **settings):
        x = images if images.dtype == np.float64 and wide else images.astype(np.float32)
        return _both(x, size, find, settings)
    return ref


def _nearest_ref(images, size, wide=False, **settings):
    return _both(images, size, taps.nearest, settings)


def _backward(find):
    def ref(dy, images, **settings):
        settings = {k: v for k, v in settings.items() if k != "wide"}
        for axis in (2, 1):
            n = images.shape[axis]
            dy = taps.back(dy, axis, n, *find(n, dy.shape[axis], **settings))
        return dy
    return ref


def _resize(ref, name, out=_as_float):
    return op(_resized, dtype=None if out else lambda dtypes: dtypes[0], casts=(0,), out=out,
              static=(1,), whole=(1,), ref=ref, name=name)


def _resize_grad(find, name):
    return op(lambda s, a: s[1], dtype=None, out=lambda d, a: strong(d[1]), shape_only=(1,),
              ref=_backward(find), name=name)


@_resize(_forward(taps.bilinear), "ResizeBilinear")
def _resize_bilinear(images, size, align_corners=False, half_pixel=False, wide=False):
    pass


@RegisterGradient("resize_bilinear")
def resize_bilinear_gradient(op, dy):
    return _bilinear_grad(dy, op.inputs[0], **op.attrs), None


@_resize_grad(taps.bilinear, "ResizeBilinearGrad")
def _bilinear_grad(dy, images, align_corners=False, half_pixel=False, wide=False):
    """Gradient of `resize_bilinear`; it has none itself, as in TensorFlow."""


@_resize(_nearest_ref, "ResizeNearestNeighbor", None)
def _resize_nearest_neighbor(images, size, align_corners=False, half_pixel=False, wide=False):
    pass


@RegisterGradient("resize_nearest_neighbor")
def resize_nearest_neighbor_gradient(op, dy):
    return _nearest_neighbor_grad(dy, op.inputs[0], **op.attrs), None


@_resize_grad(taps.nearest, "ResizeNearestNeighborGrad")
def _nearest_neighbor_grad(dy, images, align_corners=False, half_pixel=False, wide=False):
    """Gradient of `resize_nearest_neighbor`; it has none itself, as in TensorFlow."""


@_resize(_forward(taps.bicubic), "ResizeBicubic")
def _resize_bicubic(images, size, align_corners=False, half_pixel=False, wide=False):
    pass


@RegisterGradient("resize_bicubic")
def resize_bicubic_gradient(op, dy):
    return _bicubic_grad(dy, op.inputs[0], **op.attrs), None


@_resize_grad(taps.bicubic, "ResizeBicubicGrad")
def _bicubic_grad(dy, images, align_corners=False, half_pixel=False, wide=False):
    """Gradient of `resize_bicubic`; it has none itself, as in TensorFlow."""


@_resize(_forward(taps.area), "ResizeArea")
def _resize_area(images, size, align_corners=False, wide=False):
    """Mean over the area of each new pixel; without a gradient, as in TensorFlow."""


# ---- what users call --------------------------------------------------------------------

def _built(build, images, size, align_corners, half_pixel, name):
    x = as_tensor(images)
    if x._dtype is not None and strong(x._dtype).kind not in "fiu":
        raise DTypeError(f"{build.opdef.name}: {where(x)} has dtype {x.dtype.name}; expected "
                         "numbers.")
    more = {} if half_pixel is None else {"half_pixel": bool(half_pixel)}
    return build(x, size if is_node(size) else plain_shape(size),
                 align_corners=bool(align_corners), wide=x.graph.literals != "tf", name=name,
                 **more)


@door
def resize_bilinear(images, size, align_corners=False, name=None, half_pixel_centers=False):
    """Images of another size by linear interpolation.

    Parameters
    ----------
    images : tensor (n, height, width, channels)
    size : integers (new height, new width)
    align_corners : bool
        Whether the centres of the corner pixels stay where they are.
    half_pixel_centers : bool
        Whether pixel i lies at i + 0.5; TensorFlow 1 lays it at i.

    Returns
    -------
    Tensor
        float32, of float64 images too; in fastgrad's own graphs these stay float64.

    Notes
    -----
    Gradient: each pixel gets the weighted sum of what it is in; there is no second one.
    """
    return _built(_resize_bilinear, images, size, align_corners, half_pixel_centers, name)


@door
def resize_nearest_neighbor(images, size, align_corners=False, name=None,
                            half_pixel_centers=False):
    """Images of another size by the nearest pixel, in their dtype; see `resize_bilinear`.

    Gradient: each pixel gets the sum over those that repeat it; there is no second one.
    """
    return _built(_resize_nearest_neighbor, images, size, align_corners, half_pixel_centers, name)


@door
def resize_bicubic(images, size, align_corners=False, name=None, half_pixel_centers=False):
    """Images of another size by cubic interpolation; see `resize_bilinear`.

    Gradient: as of `resize_bilinear`.
    """
    return _built(_resize_bicubic, images, size, align_corners, half_pixel_centers, name)


@door
def resize_area(images, size, align_corners=False, name=None):
    """Images of another size by the mean over the area of each new pixel; see `resize_bilinear`.

    Gradient: none, as in TensorFlow.
    """
    return _built(_resize_area, images, size, align_corners, None, name)


_WAYS = {0: resize_bilinear, 1: resize_nearest_neighbor, 2: resize_bicubic, 3: resize_area}


def _size_of(size):
    """(size as a tensor or array, its two numbers as far as they are known)."""
    size = as_tensor(plain_shape(size) if not is_node(size) else size)
    if size._shape not in (None, (2,)):
        raise ShapeError("'size' must be a 1-D Tensor of 2 elements: new_height, new_width; got "
                         f"shape {size._shape}.")
    known = get_static_value(size)
    return size, (None, None) if known is None else tuple(int(n) for n in known)


def _in_ratio(x, size, wanted):
    """The largest size within `size` that has the ratio of the image."""
    own = spatial(x)
    if None not in (*own, *wanted):
        scale = min(np.float32(m) / np.float32(n) for m, n in zip(wanted, own))
        fits = tuple(int(np.rint(np.float32(n) * scale)) for n in own)
        return as_tensor(np.array(fits, np.int32)), fits
    height, width = (cast(shape(x)[i], FLOAT32) for i in (1, 2))
    scale = minimum(cast(size[0], FLOAT32) / height, cast(size[1], FLOAT32) / width)
    return stack([cast(round(n * scale), np.int32) for n in (height, width)]), (None, None)


@door
def resize_images(images, size, method=ResizeMethod.BILINEAR, align_corners=False,
                  preserve_aspect_ratio=False, name=None):
    """One image or several in another size.

    Parameters
    ----------
    images : tensor (height, width, channels) or (n, height, width, channels)
    size : integers (new height, new width)
    method : a number of ResizeMethod
    align_corners : bool
    preserve_aspect_ratio : bool
        Make it as large as fits into `size` at the image's own ratio.

    Returns
    -------
    Tensor
        Images that have the size already, as far as the graph knows, come back as they are;
        others in the dtype that the method gives.

    Notes
    -----
    Gradient: as of the method.

    Examples
    --------
    >>> Session().run(resize_images(np.arange(4.0).reshape(2, 2, 1), [1, 2]))[..., 0]
    array([[0., 1.]])
    """
    x = as_tensor(images)
    if x._shape is None:
        raise ValueError(f"resize_images: {where(x)} contains no shape.")
    with scope_of(x, name or "resize"):
        batch, back = batch_of(image_of(x, "images"))
        size, wanted = _size_of(size)
        if preserve_aspect_ratio:
            size, wanted = _in_ratio(batch, size, wanted)
        if None not in wanted and wanted == tuple(spatial(batch)):
            return back(batch)
        if method not in _WAYS:
            raise ValueError(f"Resize method is not implemented: {method!r}.")
        return back(_WAYS[method](batch, size, align_corners=align_corners))


resize = resize_images


@door
def resize_image_with_pad(image, target_height, target_width, method=ResizeMethod.BILINEAR,
                          align_corners=False):
    """The image in its own ratio, as large as fits the target, with zeros around it.

    Gradient: as of `resize_images`.
    """
    x = image_of(image)
    with scope_of(x, "resize_image_with_pad"):
        batch, back = batch_of(x)
        sizes = [as_tensor(n) for n in (target_height, target_width)]
        for n in (target_height, target_width):
            if not is_node(n) and n <= 0:
                raise ValueError(f"target_height and target_width must be > 0; got {n}.")
        own = [cast(shape(batch)[i], np.float64) for i in (1, 2)]
        ratio = maximum(*(n / cast(m, np.float64) for n, m in zip(own, sizes)))
        inner = [n / ratio for n in own]
        gaps = [maximum(0, cast((cast(m, np.float64) - n) / 2.0, np.int32))
                for m, n in zip(sizes, inner)]
        small = resize_images(batch, stack([cast(floor(n), np.int32) for n in inner]), method,
                              align_corners)
        return back(pad_to_bounding_box(small, *gaps, target_height, target_width))


__all__ = ["ResizeMethod", "resize_bilinear", "resize_nearest_neighbor", "resize_bicubic",
           "resize_area", "resize_images", "resize", "resize_image_with_pad"]
