"""TFRecord framing: length, data, and the masked CRC32C of both."""

import numpy as np
import struct


def _table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        table.append(n)
    return table


_CRC = _table()
_BLOCK = 1024           # bytes at once: a table of 1 MB, made with the first longer record
_ahead = []             # once made: [i, b] is what byte b does to the checksum i bytes later


def _blocks(data, crc):
    """The checksum after whole blocks: each byte's part is looked up, and XOR joins them."""
    if not _ahead:
        rows = np.empty((_BLOCK, 256), np.uint32)
        first = rows[0] = np.array(_CRC, np.uint32)
        for i in range(1, _BLOCK):
            rows[i] = first[rows[i - 1] & 255] ^ rows[i - 1] >> 8
        _ahead.append(rows[::-1].copy())
    places = np.arange(_BLOCK)
    for at in range(0, len(data), _BLOCK):
        block = np.frombuffer(data, np.uint8, _BLOCK, at).copy()
        block[:4] ^= np.frombuffer(struct.pack("<I", crc), np.uint8)
        crc = int(np.bitwise_xor.reduce(_ahead[0][places, block]))
    return crc


def _checksum(data):
    """The masked CRC-32C of a record."""
    crc, whole = 0xFFFFFFFF, len(data) // _BLOCK * _BLOCK
    if whole:
        crc = _blocks(data[:whole], crc)
    for byte in data[whole:]:
        crc = _CRC[(crc ^ byte) & 255] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def record(data):
    """One record of a file: length, its checksum, data, its checksum."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", _checksum(length)) + data + struct.pack("<I", _checksum(data))
