"""TFRecord framing: length, data, and the masked CRC32C of both."""

import struct

from fastgrad.io.checksum import masked


def record(data):
    """One record of a file: length, its checksum, data, its checksum."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked(length)) + data + struct.pack("<I", masked(data))
