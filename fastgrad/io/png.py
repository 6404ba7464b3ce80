"""Pictures as PNG files in memory, for summaries of images."""

import struct
import zlib

import numpy as np

COLOUR_TYPES = {1: 0, 3: 2, 4: 6}               # channels -> PNG's grey, RGB, RGBA


def _chunk(kind, data):
    return (struct.pack(">I", len(data)) + kind + data
            + struct.pack(">I", zlib.crc32(kind + data)))


def png(pixels):
    """The bytes of a PNG file of an uint8 array (height, width, channels)."""
    height, width, channels = pixels.shape
    lines = np.zeros((height, 1 + width * channels), np.uint8)      # each begins with its filter, 0
    lines[:, 1:] = pixels.reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, COLOUR_TYPES[channels], 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head)
            + _chunk(b"IDAT", zlib.compress(lines.tobytes())) + _chunk(b"IEND", b""))


def to_pixels(image):
    """An image of any dtype as uint8: floats are scaled as TensorFlow's image summary does.

    Numbers from 0 on are scaled so that the largest is 255; with negative ones, so that the
    largest magnitude is 127 away from 128. What is not finite is red, or full.
    """
    if image.dtype == np.uint8:
        return image
    x = image.astype(np.float32)
    good = np.isfinite(x).all(-1)
    known = x[good]
    low, high = (known.min(), known.max()) if known.size else (0.0, 0.0)
    most, room, offset = (max(abs(low), abs(high)), 127, 128) if low < 0 else (high, 255, 0)
    scale = np.float32(0 if most < 1e-6 else room / most)
    pixels = np.zeros(x.shape, np.uint8)
    pixels[good] = (known * scale + np.float32(offset)).astype(np.uint8)
    pixels[~good] = np.array([255, 0, 0, 255], np.uint8)[:x.shape[-1]]
    return pixels
