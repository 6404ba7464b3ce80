"""Sorted tables of keys and values in LevelDB's layout: the index of a TensorFlow checkpoint.

A table is blocks of entries, each followed by a byte that says how it is compressed and a masked
CRC-32C; an empty block of metadata; a block that lists the blocks; and a footer of 48 bytes. A
key is stored less what it shares with the one before, and whole every 16th time.

Decisions
- A table is read whole when it is opened, so that whatever is damaged is found before any value
  is used; the values stay where they are.
- Compressed blocks are refused: Snappy is the only form, and no TensorFlow that was ever released
  as a wheel writes it.
- What is written is TensorFlow's, byte for byte: the shortened keys of the list of blocks too.
"""

import struct

from fastgrad.errors import DamagedFileError, UnreadableFileError
from fastgrad.io.checksum import crc32c, mask, masked
from fastgrad.io.protobuf import WireError, read_varint, varint

MAGIC = 0xDB4775248B80FB57
_FOOTER, _TRAILER, _RESTART = 48, 5, 16
BLOCK = 1 << 18             # a block ends with the entry that brings it to so many bytes


# ---- reading ----------------------------------------------------------------------------

def is_table(data):
    """Whether bytes end as a table does."""
    return len(data) >= _FOOTER and bytes(data[-8:]) == struct.pack("<Q", MAGIC)


def read_table(data, path):
    """The entries of a table in their order: [(key, value, place of the value)].

    Parameters
    ----------
    data : memoryview
        The whole file.
    path : str
        For messages.

    Raises
    ------
    DamagedFileError
        If anything is not as it should be: names the place.
    UnreadableFileError
        If a block is compressed.
    """
    if not is_table(data):
        raise DamagedFileError(f"{path!r} is no table, or a damaged one: its {len(data)} bytes do "
                               "not end with a table's magic number.")
    try:
        return _read_table(data, path)
    except WireError as e:
        raise DamagedFileError(f"{path!r} is a damaged table: {e}.") from None


def _read_table(data, path):
    start = len(data) - _FOOTER
    meta, listed = _footer(data, start)
    _block(data, *meta, start, path)
    found, last, free = [], b"", 0
    for bound, value, at in _entries(data, *_block(data, *listed, start, path)):
        offset, size = _handle(data, at, at + len(value))
        if offset < free:
            raise WireError(f"a block at {offset}, inside the one before, listed", at)
        block = _block(data, offset, size, start, path)
        free = offset + size + _TRAILER
        for entry in _entries(data, *block):
            if entry[0] <= last and found:
                raise WireError(f"key {entry[0]!r:.80} behind {last!r:.80}, so twice or out of "
                                "order,", entry[2])
            last = entry[0]
            found.append(entry)
        if last > bound:
            raise WireError(f"a block listed up to {bound!r:.80} that goes to {last!r:.80}", at)
    return found


def _footer(data, at):
    """The places of the two last blocks: the shortest numbers, then zeros."""
    start, end, handles = at, at + _FOOTER - 8, []
    for _ in range(2):
        offset, at = read_varint(data, at, end)
        size, at = read_varint(data, at, end)
        handles.append((offset, size))
    if bytes(data[start:end]) != _places(handles):
        raise WireError("a footer with more than the places of two blocks", start)
    return handles


def _places(handles):
    return b"".join(varint(n) for handle in handles for n in handle).ljust(_FOOTER - 8, b"\0")


def _handle(data, at, end):
    offset, at = read_varint(data, at, end)
    size, at = read_varint(data, at, end)
    if at != end:
        raise WireError("bytes behind the place of a block", at)
    return offset, size


def _block(data, offset, size, end, path):
    """(begin, end) of the entries of a block whose checksum is right."""
    behind = offset + size
    if behind + _TRAILER > end or size < 4:
        raise WireError(f"a block of {size} bytes, where {max(end - offset - _TRAILER, 0)} are "
                        "left,", offset)
    stored, = struct.unpack("<I", data[behind + 1:behind + _TRAILER])
    if mask(crc32c(data[offset:behind + 1])) != stored:
        raise WireError(f"a block of {size} bytes with a wrong checksum", offset)
    if data[behind]:
        raise UnreadableFileError(
            f"{path!r}: the block at byte {offset} is compressed (kind {data[behind]}); only "
            "tables without compression are read. TensorFlow reads it and saves it anew.")
    restarts, = struct.unpack("<I", data[behind - 4:behind])
    entries = behind - 4 - 4 * restarts
    if entries < offset:
        raise WireError(f"a block of {size} bytes with {restarts} restart points", offset)
    return offset, entries


def _entries(data, at, end):
    key = b""
    while at < end:
        start = at
        shared, at = read_varint(data, at, end)
        own, at = read_varint(data, at, end)
        size, at = read_varint(data, at, end)
        if shared > len(key) or own + size > end - at:
            raise WireError(f"an entry of {shared} + {own} bytes of key and {size} of value, where "
                            f"{end - at} are left,", start)
        key = key[:shared] + bytes(data[at:at + own])
        at += own
        yield key, data[at:at + size], at
        at += size


# ---- writing ----------------------------------------------------------------------------

class _Block:
    def __init__(self, interval):
        self.interval, self.parts, self.size = interval, [], 0
        self.restarts, self.count, self.last = [], 0, b""

    def add(self, key, value):
        shared = 0
        if self.count % self.interval == 0:
            self.restarts.append(self.size)
        else:
            shared = _shared(self.last, key)
        part = b"".join((varint(shared), varint(len(key) - shared), varint(len(value)),
                         key[shared:], value))
        self.parts.append(part)
        self.size += len(part)
        self.count += 1
        self.last = key

    def bytes(self):
        restarts = self.restarts or [0]
        return b"".join((*self.parts, struct.pack(f"<{len(restarts)}I", *restarts),
                         struct.pack("<I", len(restarts))))


def _shared(a, b):
    n, most = 0, min(len(a), len(b))
    while n < most and a[n] == b[n]:
        n += 1
    return n


def _between(last, following):
    """A short key from `last` on and before `following`."""
    n = _shared(last, following)
    if n < min(len(last), len(following)) and last[n] < 255 and last[n] + 1 < following[n]:
        return last[:n] + bytes([last[n] + 1])
    return last


def _behind(last):
    """A short key from `last` on."""
    for n, byte in enumerate(last):
        if byte != 255:
            return last[:n] + bytes([byte + 1])
    return last


def table_pieces(entries):
    """The bytes of a table, in pieces.

    Parameters
    ----------
    entries : iterable of (bytes, bytes)
        Keys ascend.
    """
    at, index, block = 0, _Block(1), _Block(_RESTART)
    closed = None                               # (last key, place) of the block before

    def closing(block):
        nonlocal at
        data = block.bytes() + b"\0"
        place = at, len(data) - 1
        at += len(data) + 4
        return place, data + struct.pack("<I", masked(data))
    for key, value in entries:
        if closed:
            index.add(_between(closed[0], key), _handle_of(closed[1]))
            closed = None
        block.add(key, value)
        if block.size + 4 * len(block.restarts) + 4 >= BLOCK:
            place, piece = closing(block)
            yield piece
            closed, block = (key, place), _Block(_RESTART)
    if block.count:
        place, piece = closing(block)
        yield piece
        closed = block.last, place
    meta, piece = closing(_Block(_RESTART))
    yield piece
    if closed:
        index.add(_behind(closed[0]), _handle_of(closed[1]))
    listed, piece = closing(index)
    yield piece
    yield _places([meta, listed]) + struct.pack("<Q", MAGIC)


def _handle_of(place):
    return varint(place[0]) + varint(place[1])
