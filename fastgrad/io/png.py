"""PNG files in memory: written of 8 and 16 bits, read of 16 bits, which Pillow cuts to 8.

Owns the format's chunks and filters; knows no graphs.
"""

import struct
import zlib

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}         # channels -> PNG's grey, grey alpha, RGB, RGBA
CHANNELS = {t: n for n, t in COLOUR_TYPES.items()}
# the seven images of an interlaced one: first row, first column, step of rows, step of columns
ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
         (1, 0, 2, 1))


# ---- writing ----------------------------------------------------------------------------

def _chunk(kind, data):
    return (struct.pack(">I", len(data)) + kind + data
            + struct.pack(">I", zlib.crc32(kind + data)))


def png(pixels, compression=-1):
    """The bytes of a PNG file of an array (height, width, channels) of uint8 or uint16."""
    height, width, channels = pixels.shape
    raw = pixels.astype(">u2").tobytes() if pixels.dtype == np.uint16 else pixels.tobytes()
    item = pixels.dtype.itemsize
    lines = np.zeros((height, 1 + width * channels * item), np.uint8)
    lines[:, 1:] = np.frombuffer(raw, np.uint8).reshape(height, -1)     # behind its filter, 0
    head = struct.pack(">IIBBBBB", width, height, 8 * item, COLOUR_TYPES[channels], 0, 0, 0)
    return (SIGNATURE + _chunk(b"IHDR", head)
            + _chunk(b"IDAT", zlib.compress(lines.tobytes(), compression)) + _chunk(b"IEND", b""))


# ---- reading ----------------------------------------------------------------------------

def header(data):
    """(width, height, bits, colour type, interlaced) of a PNG file, or None if it is none."""
    if data[:8] != SIGNATURE or len(data) < 29 or data[12:16] != b"IHDR":
        return None
    width, height, bits, colour, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    return width, height, bits, colour, interlaced


def _compressed(data):
    """What the IDAT chunks hold; ValueError if one is cut off or damaged."""
    at, parts = 8, []
    while True:
        if at + 12 > len(data):
            raise ValueError("the file ends before its last chunk.")
        size, = struct.unpack(">I", data[at:at + 4])
        kind, body = data[at + 4:at + 8], data[at + 8:at + 8 + size]
        if len(data) < at + 12 + size or struct.unpack(
                ">I", data[at + 8 + size:at + 12 + size])[0] != zlib.crc32(kind + body):
            raise ValueError(f"its chunk {kind!r} is damaged or cut off.")
        if kind == b"IDAT":
            parts.append(body)
        if kind == b"IEND":
            return b"".join(parts)
        at += 12 + size


def read_16(data):
    """The uint16 array (height, width, channels) of a PNG file of 16 bits.

    Raises
    ------
    ValueError
        If the file is damaged, cut off or not of 16 bits.
    """
    width, height, bits, colour, interlaced = header(data)
    if bits != 16 or colour not in CHANNELS:
        raise ValueError(f"expected 16 bits a colour; got {bits} of colour type {colour}.")
    channels = CHANNELS[colour]
    parts = [(0, 0, 1, 1)] if not interlaced else [
        p for p in ADAM7 if p[0] < height and p[1] < width]
    shapes = [(-(-(height - r) // dr), -(-(width - c) // dc)) for r, c, dr, dc in parts]
    total = sum(h * (1 + 2 * channels * w) for h, w in shapes)
    stream = zlib.decompressobj()
    try:
        raw = stream.decompress(_compressed(data), total)
    except zlib.error as e:
        raise ValueError(f"its pixels cannot be decompressed ({e}).") from None
    if len(raw) < total:
        raise ValueError("it has fewer pixels than its header says.")
    image, at = np.zeros((height, width, channels), np.uint16), 0
    for (r, c, dr, dc), (h, w) in zip(parts, shapes):
        size = h * (1 + 2 * channels * w)
        lines = np.frombuffer(raw, np.uint8, size, at).reshape(h, -1)
        at += size
        pixels = _unfiltered(lines[:, 0], lines[:, 1:].reshape(h, w, 2 * channels))
        image[r::dr, c::dc] = pixels.view(">u2").reshape(h, w, channels)
    return image


def _unfiltered(kinds, lines):
    """Bytes of pixels of filtered lines (rows, columns, bytes).

    A pixel needs those left of it and above it. So all rows go at once, each one pixel behind the
    row above.
    """
    rows, columns, size = lines.shape
    if (kinds > 4).any():
        raise ValueError("a line has an unknown filter.")
    known = np.zeros((rows + 1, columns + 1, size), np.int16)       # a border of zeros
    for step in range(rows + columns - 1):
        y = np.arange(max(0, step - columns + 1), min(rows, step + 1))
        x = step - y
        left, up, corner = known[y + 1, x], known[y, x + 1], known[y, x]
        kind = kinds[y][:, None]
        near = left + up - corner
        a, b, c = np.abs(near - left), np.abs(near - up), np.abs(near - corner)
        paeth = np.where((a <= b) & (a <= c), left, np.where(b <= c, up, corner))
        guess = np.select([kind == 1, kind == 2, kind == 3, kind == 4],
                          [left, up, (left + up) >> 1, paeth], 0)
        known[y + 1, x + 1] = (lines[y, x] + guess) & 255
    return np.ascontiguousarray(known[1:, 1:].astype(np.uint8))


# ---- colours ----------------------------------------------------------------------------

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
