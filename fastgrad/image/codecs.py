"""Image files as bytes and arrays: what Pillow reads and writes, as TensorFlow's decoders do.

Pillow is imported when first used. Knows no graphs; every failure is an ImageFileError.

Decisions
- An image of more pixels than Pillow itself takes (twice `PIL.Image.MAX_IMAGE_PIXELS`) is refused
  before memory is asked for, so that a small file cannot fill it.
- What is cut off is refused, unless the call says that it may be read as far as it goes.
- PNG files of 16 bits are read by `io.png`: Pillow keeps 8.
"""

import io
import warnings

import numpy as np

from fastgrad.io import png

MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
GREY = np.array([0.299, 0.587, 0.114])
KINDS = {"JPEG": "jpeg", "PNG": "png", "GIF": "gif", "BMP": "bmp"}


class ImageFileError(ValueError):
    """Bytes that are no image, or none that can be read."""


def pillow():
    """The module PIL.Image.

    Raises
    ------
    ImportError
        With the command that installs it.
    """
    try:
        from PIL import Image
    except ImportError as e:
        raise ImportError("image files are read and written by Pillow, which is not installed: "
                          "pip install fastgrad[image]") from e
    return Image


def kind_of(data):
    """'jpeg', 'png', 'gif' or 'bmp' by a file's first bytes, or None."""
    for start, kind in ((b"\xff\xd8\xff", "jpeg"), (png.SIGNATURE[:4], "png"), (b"GIF8", "gif"),
                        (b"BM", "bmp")):
        if data.startswith(start):
            return kind
    return None


# ---- reading ----------------------------------------------------------------------------

def _check_pixels(width, height):
    most = pillow().MAX_IMAGE_PIXELS
    if most is not None and width * height > 2 * most:
        raise ImageFileError(f"an image of {width} x {height} pixels is more than the {2 * most} "
                             "that Pillow takes (PIL.Image.MAX_IMAGE_PIXELS).")


def _opened(data, kind):
    """Pillow's image of these bytes, not yet read."""
    image_module = pillow()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", image_module.DecompressionBombWarning)
            image = image_module.open(io.BytesIO(data), formats=[kind.upper()])
    except image_module.DecompressionBombError as e:
        raise ImageFileError(str(e)) from None
    except Exception as e:              # whatever a damaged header makes of it
        raise ImageFileError(f"invalid {kind.upper()} data, size {len(data)}: "
                             f"{_told(e)}") from None
    _check_pixels(*image.size)
    return image


def _told(error):
    """Pillow's words; of a file that it cannot tell they name an object in memory."""
    text = str(error)
    return "cannot identify the image" if "identify" in text else text


def _pixels(image, channels):
    """The array (height, width, channels) of Pillow's image; 0 channels: those that it has."""
    own = _channels(image)
    try:
        if image.mode in ("1", "P", "CMYK", "YCbCr", "I;16", "PA") or \
                "transparency" in image.info and (channels or own) % 2 == 0:
            image = image.convert(MODES[own] if channels in (0, own) else
                                  "RGBA" if (channels or own) % 2 == 0 else MODES[min(own, 3)])
        found = np.asarray(image)
    except Exception as e:
        raise ImageFileError(f"invalid {image.format or 'image'} data: {e}") from None
    return with_channels(found if found.ndim == 3 else found[:, :, None], channels or own)


def _channels(image):
    """How many channels a file has; a palette is colours."""
    if image.mode == "P":
        return 4 if "transparency" in image.info else 3
    return {"1": 1, "L": 1, "I;16": 1, "I": 1, "LA": 2, "RGB": 3, "CMYK": 3, "YCbCr": 3,
            "RGBA": 4, "PA": 4}.get(image.mode, 3)


def with_channels(pixels, count):
    """Pixels with 1 (grey), 2 (grey, alpha), 3 or 4 channels, whatever they have."""
    own = pixels.shape[2]
    if own == count:
        return pixels
    most = np.iinfo(pixels.dtype).max
    colours, alpha = (pixels[:, :, :-1], pixels[:, :, -1:]) if own % 2 == 0 else (
        pixels, np.full(pixels.shape[:2] + (1,), most, pixels.dtype))
    if count < 3 and colours.shape[2] == 3:
        colours = np.rint(colours @ GREY).astype(pixels.dtype)[:, :, None]
    elif count >= 3 and colours.shape[2] == 1:
        colours = np.repeat(colours, 3, 2)
    return colours if count % 2 else np.concatenate([colours, alpha], 2)


def read_png(data, channels=0, dtype=np.uint8):
    """A PNG file as an array of uint8 or uint16."""
    head = png.header(data)
    if head is None:
        raise ImageFileError(f"invalid PNG header, data size {len(data)}.")
    _check_pixels(*head[:2])
    if head[2] != 16:
        found = _pixels(_opened(data, "png"), channels)
        return found.astype(np.uint16) * 257 if dtype == np.uint16 else found
    try:
        found = png.read_16(data)
    except ValueError as e:
        raise ImageFileError(f"invalid PNG data, size {len(data)}: {e}") from None
    found = with_channels(found, channels or found.shape[2])
    return found if dtype == np.uint16 else (found >> 8).astype(np.uint8)


def read_jpeg(data, channels=0, ratio=1, truncated=False):
    """A JPEG file as an array of uint8, `ratio` times smaller each way."""
    image = _opened(data, "jpeg")
    if ratio != 1:
        width, height = image.size
        image.draft(None, (-(-width // ratio), -(-height // ratio)))
    if truncated:
        _load_as_far(image)
    return _pixels(image, channels)


def _load_as_far(image):
    """Read what is there of a file that is cut off."""
    from PIL import ImageFile
    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, True
    try:
        image.load()
    except Exception as e:
        raise ImageFileError(f"invalid JPEG data: {e}") from None
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def read_gif(data):
    """A GIF file as an array (frames, height, width, 3) of uint8."""
    image, frames = _opened(data, "gif"), []
    try:
        _check_pixels(image.size[0], image.size[1] * getattr(image, "n_frames", 1))
        for i in range(getattr(image, "n_frames", 1)):
            image.seek(i)
            frames.append(np.asarray(image.convert("RGB")))
    except ImageFileError:
        raise
    except Exception as e:
        raise ImageFileError(f"invalid GIF data: {e}") from None
    return np.stack(frames)


def read_bmp(data, channels=0):
    """A BMP file as an array of uint8."""
    return _pixels(_opened(data, "bmp"), channels)


def jpeg_shape(data):
    """(height, width, channels) that a JPEG file's header says."""
    image = _opened(data, "jpeg")
    return image.size[1], image.size[0], len(image.getbands())


# ---- writing ----------------------------------------------------------------------------

def write_jpeg(pixels, format="", quality=95, progressive=False, optimize_size=False,
               chroma_downsampling=True, density=(300, 300)):
    """The bytes of a JPEG file of an uint8 array (height, width, 1 or 3)."""
    grey = pixels.shape[2] == 1
    image, out = pillow().fromarray(pixels[:, :, 0] if grey else pixels), io.BytesIO()
    if format == "grayscale" and not grey:
        image = image.convert("L")
    sampling = {} if image.mode == "L" else {"subsampling": 2 if chroma_downsampling else 0}
    image.save(out, "JPEG", quality=max(1, quality) if quality < 100 else 100, optimize=bool(
        optimize_size), progressive=bool(progressive), dpi=density, **sampling)
    return out.getvalue()
