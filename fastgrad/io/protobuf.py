"""Protocol Buffers' wire format: encoding of fields."""

import numpy as np
import struct

_SMALL = [bytes([n]) for n in range(128)]


def _varint(n):
    if 0 <= n < 128:
        return _SMALL[n]
    out = bytearray()
    n &= (1 << 64) - 1
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def _key(field, wire):
    return _varint(field << 3 | wire)


def text(field, value):
    """A string, bytes or message field."""
    data = value.encode() if isinstance(value, str) else value
    return _key(field, 2) + _varint(len(data)) + data


def integer(field, value):
    return _key(field, 0) + _varint(int(value))


def double(field, value):
    return _key(field, 1) + struct.pack("<d", value)


def single(field, value):
    return _key(field, 5) + struct.pack("<f", value)


def doubles(field, values):
    return text(field, np.asarray(values, "<f8").tobytes())
