"""Image files in a graph: decoding, encoding, and what their headers say.

The size of an image is known when its file is, so that a session evaluates decoders before the
rest of the run is planned.
"""

import numpy as np

from fastgrad.errors import DTypeError, KernelError, LateShapeError, ShapeError
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import BOOL, INT32, TEXT, as_dtype, strong, to_np
from fastgrad.graph.interned import decoded, encoded
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import NotDifferentiable, op
from fastgrad.image import codecs
from fastgrad.image.dtypes import convert_image_dtype
from fastgrad.image.ranks import scope_of
from fastgrad.io import png
from fastgrad.ops.random import random_uniform
from fastgrad.wording import where

UINT8, UINT16 = np.dtype(np.uint8), np.dtype(np.uint16)


# ---- decoding ---------------------------------------------------------------------------

def _bytes_of(array):
    return decoded(array)[()]


def _file(in_shapes, attrs, allowed=(0, 1, 3, 4)):
    """The shape of an image; a number of channels that cannot be is found in the run."""
    if in_shapes[0] not in (None, ()):
        raise ShapeError(f"contents must be a scalar string; got shape {in_shapes[0]}.")
    channels = attrs.get("channels", 0)
    if channels not in allowed:
        raise LateShapeError(f"channels must be one of {allowed}; got {channels}.", (None,) * 3)
    return None, None, channels or None


def _jpeg_file(in_shapes, attrs):
    if attrs["ratio"] not in (1, 2, 4, 8):
        raise LateShapeError(f"ratio must be 1, 2, 4 or 8; got {attrs['ratio']}.", (None,) * 3)
    return _file(in_shapes, attrs, (0, 1, 3))


def _still(data, channels, dtype, ratio=1, truncated=False):
    """The image of a JPEG or PNG file, or of a GIF file of one frame."""
    kind = codecs.kind_of(data)
    if kind == "jpeg":
        return _wider(codecs.read_jpeg(data, channels, ratio, truncated), dtype)
    if kind == "png":
        return codecs.read_png(data, channels, dtype)
    if kind == "gif":
        frames = codecs.read_gif(data)
        if len(frames) > 1:
            raise ValueError(f"got {len(frames)} frames: animated gifs can only be decoded by "
                             "decode_gif or decode_image.")
        return codecs.with_channels(frames[0], channels or 3)
    raise ValueError("expected image (JPEG, PNG, or GIF), got " + (
        "an empty file." if not data else f"{'a BMP file' if kind else 'an unknown format'} "
        f"starting with {data[:16]!r}."))


def _wider(pixels, dtype):
    return pixels.astype(UINT16) * UINT16.type(257) if dtype == UINT16 else pixels


def _decoder(shape, ref, name, out=UINT8):
    return op(shape, dtype=None, out=out, ref=ref, dynamic=True, name=name, text=(0,))


@_decoder(_file, lambda contents, channels, dtype: _still(_bytes_of(contents), channels, dtype),
          "DecodePng", lambda d, a: a["dtype"])
def _decode_png(contents, channels=0, dtype=UINT8):
    pass


@_decoder(_jpeg_file, lambda contents, channels, ratio, truncated: _still(
    _bytes_of(contents), channels, UINT8, ratio, truncated), "DecodeJpeg")
def _decode_jpeg(contents, channels=0, ratio=1, truncated=False):
    pass


def _cropped_ref(contents, crop_window, channels, ratio, truncated):
    pixels = codecs.read_jpeg(_bytes_of(contents), channels, ratio, truncated)
    top, left, height, width = (int(v) for v in crop_window)
    if min(top, left) < 0 or min(height, width) <= 0 or top + height > pixels.shape[0] \
            or left + width > pixels.shape[1]:
        raise ValueError(f"invalid crop window {(top, left, height, width)} of an image of "
                         f"{pixels.shape[:2]} pixels.")
    return pixels[top:top + height, left:left + width]


def _window(in_shapes, attrs):
    _jpeg_file(in_shapes, attrs)
    known = attrs["crop_window"]
    if isinstance(known, (list, np.ndarray)) and len(known) != 4:
        raise ShapeError(f"crop_window must have 4 numbers; got {len(known)}.")
    rows, columns = (None, None) if known is None else known[2:]
    return rows, columns, attrs["channels"] or None


@op(_window, dtype=None, out=UINT8, ref=_cropped_ref, dynamic=True, static=(1,), whole=(1,),
    name="DecodeAndCropJpeg", text=(0,))
def _decode_and_crop_jpeg(contents, crop_window, channels=0, ratio=1, truncated=False):
    pass


@_decoder(lambda s, a: (None, *_file(s, a)[:2], 3),
          lambda contents: codecs.read_gif(_bytes_of(contents)), "DecodeGif")
def _decode_gif(contents):
    pass


@_decoder(_file, lambda contents, channels: codecs.read_bmp(_bytes_of(contents), channels),
          "DecodeBmp")
def _decode_bmp(contents, channels=0):
    pass


def _any_ref(contents, channels, dtype, animated):
    data, channels = _bytes_of(contents), channels or 0
    kind = codecs.kind_of(data)
    if kind == "gif":
        if channels in (1, 4):
            raise ValueError("channels must be 0 or 3 when decoding GIF images.")
        frames = codecs.read_gif(data)
        return _wider(frames if animated else frames[0], dtype)
    if kind == "bmp":
        return _wider(codecs.read_bmp(data, channels), dtype)
    if kind == "jpeg" and channels == 4:
        raise ValueError("channels must be 0, 1 or 3 when decoding JPEG images.")
    return _still(data, channels, dtype)


@_decoder(lambda s, a: _file(s, a) and None if a["animated"] else (None,) * 3, _any_ref,
          "DecodeImage", lambda d, a: a["dtype"])
def _decode_image(contents, channels=0, dtype=UINT8, animated=True):
    pass


@op(lambda s, a: s[0], dtype=None, out=BOOL, name="Equal", text=(0,),
    ref=lambda contents: np.vectorize(lambda t: t[:3] == b"\xff\xd8\xff", otypes=[bool])(
        decoded(contents)))
def _is_jpeg(contents):
    pass


@op(lambda s, a: (3,), dtype=None, out=lambda d, a: a["output_type"], name="ExtractJpegShape",
    ref=lambda contents, output_type: np.array(codecs.jpeg_shape(_bytes_of(contents)),
                                               output_type), text=(0,))
def _extract_jpeg_shape(contents, output_type=INT32):
    pass


# ---- encoding ---------------------------------------------------------------------------

def _writable(channels):
    def shape(in_shapes, _):
        known = in_shapes[0]
        if known is not None and (len(known) != 3 or known[2] not in (*channels, None)):
            raise ShapeError("the image must have shape (height, width, channels) with one of "
                             f"{channels} channels; got {known}.")
        return ()
    return shape


@op(_writable((1, 2, 3, 4)), dtype=None, out=TEXT, name="EncodePng",
    ref=lambda image, compression: encoded(png.png(np.ascontiguousarray(image), compression)))
def _encode_png(image, compression=-1):
    pass


@op(_writable((1, 3)), dtype=None, out=TEXT, name="EncodeJpeg",
    ref=lambda image, **settings: encoded(codecs.write_jpeg(image, **settings)))
def _encode_jpeg(image, format="", quality=95, progressive=False, optimize_size=False,
                 chroma_downsampling=True, density=(300, 300)):
    pass


@op(_writable((1, 3)), dtype=None, out=TEXT, name="EncodeJpegVariableQuality",
    ref=lambda image, quality: encoded(codecs.write_jpeg(image, quality=int(quality))))
def _encode_jpeg_quality(image, quality):
    pass


for _type in ("decode_png", "decode_jpeg", "decode_and_crop_jpeg", "decode_gif", "decode_bmp",
              "decode_image", "is_jpeg", "extract_jpeg_shape", "encode_png", "encode_jpeg",
              "encode_jpeg_quality"):
    NotDifferentiable(_type)


# ---- what users call --------------------------------------------------------------------

def _text(contents):
    x = as_tensor(contents) if is_node(contents) else as_tensor(contents, TEXT)
    if x._dtype != TEXT:
        raise DTypeError(f"expected the bytes of a file; {where(x)} has dtype {x.dtype.name}.")
    return x


@door
def decode_png(contents, channels=0, dtype=UINT8, name=None):
    """An image from the bytes of a PNG file (or of a JPEG one, or of a GIF one of one frame).

    Parameters
    ----------
    contents : scalar string
    channels : 0, 1, 3 or 4
        0 means those of the file.
    dtype : uint8 or uint16

    Returns
    -------
    Tensor
        (height, width, channels)

    Raises
    ------
    InvalidArgumentError
        In the run, if the file is damaged, cut off, too large or no image.
    ImportError
        If Pillow, the extra `image`, is not installed.
    """
    kind = to_np(dtype)
    if kind not in (UINT8, UINT16):
        raise DTypeError(f"decode_png gives uint8 or uint16, not {kind.name}.")
    return _decode_png(_text(contents), channels=int(channels or 0), dtype=kind,
                       name=name)


@door
def decode_jpeg(contents, channels=0, ratio=1, fancy_upscaling=True,
                try_recover_truncated=False, acceptable_fraction=1, dct_method="", name=None):
    """An image from the bytes of a JPEG file (or of a PNG one); see `decode_png`.

    Parameters
    ----------
    ratio : 1, 2, 4 or 8
        How many times smaller the image is to be, each way.
    try_recover_truncated : bool
        Take a file that is cut off as far as it goes.
    """
    return _decode_jpeg(_text(contents), channels=int(channels or 0), ratio=int(ratio),
                        truncated=bool(try_recover_truncated), name=name)


@door
def decode_and_crop_jpeg(contents, crop_window, channels=0, ratio=1, fancy_upscaling=True,
                         try_recover_truncated=False, acceptable_fraction=1, dct_method="",
                         name=None):
    """A part of the image of a JPEG file: `crop_window` is (top, left, height, width)."""
    window = crop_window if is_node(crop_window) else np.asarray(crop_window, INT32)
    return _decode_and_crop_jpeg(
        _text(contents), window, channels=int(channels or 0), ratio=int(ratio),
        truncated=bool(try_recover_truncated), name=name)


@door
def decode_gif(contents, name=None):
    """The frames of a GIF file, (frames, height, width, 3) of uint8."""
    return _decode_gif(_text(contents), name=name)


@door
def decode_bmp(contents, channels=0, name=None):
    """An image from the bytes of a BMP file; see `decode_png`."""
    return _decode_bmp(_text(contents), channels=int(channels or 0), name=name)


@door
def decode_image(contents, channels=None, dtype=UINT8, name=None, expand_animations=True):
    """An image from the bytes of a BMP, GIF, JPEG or PNG file, by what they say.

    Parameters
    ----------
    contents : scalar string
    channels : 0, 1, 3 or 4, optional
    dtype : dtype
        As `convert_image_dtype` makes it.
    expand_animations : bool
        Whether a GIF file gives all its frames, (frames, height, width, 3), or the first one.

    Returns
    -------
    Tensor
        Of an unknown rank where it may be a GIF file's frames; see `Tensor.set_shape`.
    """
    kind = to_np(dtype)
    if channels not in (None, 0, 1, 3, 4):
        raise ValueError("channels must be in (None, 0, 1, 3, 4)")
    x = _text(contents)
    with scope_of(x, name or "decode_image"):
        read = kind if kind in (UINT8, UINT16) else UINT8
        image = _decode_image(x, channels=channels or 0, dtype=read,
                              animated=bool(expand_animations))
        return image if kind == read else convert_image_dtype(image, kind)


@door
def is_jpeg(contents, name=None):
    """Whether the bytes of a file begin as those of a JPEG file."""
    x = _text(contents)
    with scope_of(x, name or "is_jpeg"):
        return _is_jpeg(x)


@door
def extract_jpeg_shape(contents, output_type=INT32, name=None):
    """(height, width, channels) of a JPEG file, by its header."""
    return _extract_jpeg_shape(_text(contents), output_type=to_np(output_type), name=name)


def _pixels_of(image, allowed):
    """An image of one of the dtypes; TensorFlow makes the first of arrays that fit it."""
    if not is_node(image):
        array = np.asarray(image)
        first = get_default_graph().literals == "tf" and array.dtype.kind in "iu"
        x = as_tensor(array.astype(allowed[0]) if first else array)
    else:
        x = as_tensor(image)
    if x._dtype is not None and strong(x._dtype) not in allowed:
        raise DTypeError(f"{where(x)} has dtype {x.dtype.name}; expected "
                         + " or ".join(as_dtype(d).name for d in allowed) + ".")
    return x


@door
def encode_png(image, compression=-1, name=None):
    """The bytes of a PNG file.

    Parameters
    ----------
    image : tensor (height, width, 1 to 4 channels) of uint8 or uint16
    compression : int
        From 0 (none) to 9 (smallest); -1 is zlib's own choice.
    """
    if not -1 <= int(compression) <= 9:
        raise KernelError(f"compression must be from -1 to 9; got {compression}.")
    return _encode_png(_pixels_of(image, (UINT8, UINT16)), compression=int(compression), name=name)


def _check_quality(quality):
    if not 0 <= int(quality) <= 100:
        raise KernelError(f"quality must be in [0,100], got {quality}.")
    return int(quality)


@door
def encode_jpeg(image, format="", quality=95, progressive=False, optimize_size=False,
                chroma_downsampling=True, density_unit="in", x_density=300, y_density=300,
                xmp_metadata="", name=None):
    """The bytes of a JPEG file.

    Parameters
    ----------
    image : uint8 tensor (height, width, 1 or 3 channels)
    format : '', 'grayscale' or 'rgb'
        '' goes by the channels.
    quality : int from 0 to 100
    progressive, optimize_size, chroma_downsampling : bool
    """
    if format not in ("", "grayscale", "rgb"):
        raise ValueError(f"format must be '', 'grayscale' or 'rgb'; got {format!r}.")
    if xmp_metadata:
        raise NotImplementedError("encode_jpeg: xmp_metadata is not written.")
    unit = 2.54 if density_unit == "cm" else 1
    return _encode_jpeg(
        _pixels_of(image, (UINT8,)), format=format, quality=_check_quality(quality),
        progressive=bool(progressive), optimize_size=bool(optimize_size),
        chroma_downsampling=bool(chroma_downsampling),
        density=(int(x_density * unit), int(y_density * unit)), name=name)


@door
def adjust_jpeg_quality(image, jpeg_quality, name=None):
    """The image as it comes out of a JPEG file of this quality.

    Gradient: none.
    """
    x = as_tensor(image)
    if x._shape is not None and len(x._shape) != 3:
        raise ShapeError(f"adjust_jpeg_quality: expected 3 dimensions; got {x._shape}.")
    with scope_of(x, name or "adjust_jpeg_quality"):
        own = strong(x._dtype)
        pixels = convert_image_dtype(x, UINT8)
        data = _encode_jpeg_quality(pixels, jpeg_quality) if is_node(jpeg_quality) else \
            encode_jpeg(pixels, quality=jpeg_quality)
        return convert_image_dtype(decode_jpeg(data), own)


@door
def random_jpeg_quality(image, min_jpeg_quality, max_jpeg_quality, seed=None):
    """`adjust_jpeg_quality` by a number in [min, max), drawn anew at each run.

    Gradient: none.
    """
    if min_jpeg_quality < 0 or max_jpeg_quality < 0 or min_jpeg_quality > 100 or \
            max_jpeg_quality > 100:
        raise ValueError("jpeg encoding range must be between 0 and 100.")
    if min_jpeg_quality >= max_jpeg_quality:
        raise ValueError("`min_jpeg_quality` must be less than `max_jpeg_quality`.")
    x = as_tensor(image)
    with x.graph.as_default():
        quality = random_uniform([], min_jpeg_quality, max_jpeg_quality, np.int32, seed=seed)
        return adjust_jpeg_quality(x, quality)


__all__ = ["decode_png", "decode_jpeg", "decode_and_crop_jpeg", "decode_gif", "decode_bmp",
           "decode_image", "is_jpeg", "extract_jpeg_shape", "encode_png", "encode_jpeg",
           "adjust_jpeg_quality", "random_jpeg_quality"]
