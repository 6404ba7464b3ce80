"""Protocol Buffers' wire format: fields to bytes, and bytes to fields.

Owns: varints, keys, lengths. May not know: any message; `messages` and the formats do.
Whatever bytes come in, reading costs time and memory in proportion to them, and what does not
follow the format is a WireError with the place.
"""

import struct

import numpy as np

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5        # wire types; 3 and 4, groups, are read nowhere
_SMALL = [bytes([n]) for n in range(128)]
_CHUNK = 1 << 16            # bytes of varints taken apart at once: eight times that in memory


class WireError(ValueError):
    """Bytes that are no message; `at` is where, counted from the beginning of what was read."""

    def __init__(self, message, at):
        super().__init__(f"{message} at byte {at}")
        self.at = at


# ---- writing ----------------------------------------------------------------------------

def varint(n):
    """An integer in base 128; a negative one as its 64 bits."""
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
    return varint(field << 3 | wire)


def text(field, value):
    """A string, bytes or message field."""
    data = value.encode() if isinstance(value, str) else value
    return b"".join((_key(field, BYTES), varint(len(data)), data))


def integer(field, value):
    return _key(field, VARINT) + varint(int(value))


def double(field, value):
    return _key(field, FIXED64) + struct.pack("<d", value)


def single(field, value):
    return _key(field, FIXED32) + struct.pack("<f", value)


def fixed32(field, value):
    return _key(field, FIXED32) + struct.pack("<I", value)


def doubles(field, values):
    return text(field, np.asarray(values, "<f8").tobytes())


# ---- reading ----------------------------------------------------------------------------

def read_varint(data, at, end):
    """(number below 2**64, place behind it)"""
    shift = number = 0
    start = at
    while at < end:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            if number >> 64:
                raise WireError("a number of more than 64 bits", start)
            return number, at
        shift += 7
        if shift > 63:
            raise WireError("a number of more than ten bytes", start)
    raise WireError("a number that the end cuts off", start)


def fields(data, at=0, end=None):
    """Every field of a message: (number, wire type, value, place of the value).

    Parameters
    ----------
    data : bytes or memoryview

    Yields
    ------
    int, int, int or memoryview, int
        A varint or the bits of a fixed number as int from 0 on; else the bytes, not copied.

    Raises
    ------
    WireError
    """
    view = memoryview(data)
    end = len(view) if end is None else end
    while at < end:
        start = at
        key, at = read_varint(view, at, end)
        number, wire = key >> 3, key & 7
        if not 0 < number < 1 << 29:
            raise WireError(f"a field of number {number}", start)
        place = at
        if wire == VARINT:
            value, at = read_varint(view, at, end)
        elif wire == BYTES:
            size, at = read_varint(view, at, end)
            place = at
            value, at = _part(view, at, size, end), at + size
        elif wire in (FIXED32, FIXED64):
            size = 4 if wire == FIXED32 else 8
            value = int.from_bytes(_part(view, at, size, end), "little")
            at += size
        else:
            raise WireError(f"field {number} of wire type {wire}", start)
        yield number, wire, value, place


def _part(view, at, size, end):
    if size > end - at:
        raise WireError(f"{size} bytes where {end - at} are left", at)
    return view[at:at + size]


def taken(data, rows):
    """The known fields of a message: {name: [values]}, a list each, in their order.

    Parameters
    ----------
    data : bytes or memoryview
    rows : dict
        From number to (name, wire type). Other fields are passed over.

    Raises
    ------
    WireError
        Also if a field has another wire type.
    """
    found = {name: [] for name, _ in rows.values()}
    for number, wire, value, at in fields(data):
        if number in rows:
            name, wanted = rows[number]
            if wire != wanted:
                raise WireError(f"field {name!r} of wire type {wire}", at)
            found[name].append(value)
    return found


def signed(number):
    """The int64 that a varint stands for."""
    return number - (1 << 64) if number >> 63 else number


def packed_varints(data, dtype=np.uint64):
    """The numbers of a packed field, as uint64 or as what is left of that in a smaller dtype."""
    data = np.frombuffer(data, np.uint8)
    if not data.size:
        return np.empty(0, dtype)
    if data[-1] > 127:
        raise WireError("a number that the end cuts off", len(data) - 1)
    pieces, at = [], 0
    while at < len(data):
        chunk = data[at:at + _CHUNK]
        ends = np.flatnonzero(chunk < 128)
        if not ends.size:
            raise WireError("a number of more than ten bytes", at)
        chunk = chunk[:ends[-1] + 1]
        pieces.append(_numbers(chunk, ends, at).astype(dtype, copy=False))
        at += len(chunk)
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def _numbers(chunk, ends, at):
    """Numbers of whole varints, whose last bytes are at `ends`."""
    starts = np.concatenate([[0], ends[:-1] + 1])
    sizes = ends - starts + 1
    # the tenth byte has room for one bit
    bad = np.flatnonzero((sizes > 10) | ((sizes == 10) & (chunk[ends] > 1)))
    if bad.size:
        raise WireError("a number of more than 64 bits", at + int(starts[bad[0]]))
    place = np.arange(len(chunk)) - np.repeat(starts, sizes)
    parts = (chunk & np.uint8(127)).astype(np.uint64) << (7 * place).astype(np.uint64)
    return np.bitwise_or.reduceat(parts, starts)


def numbers(data):
    """Varints as bytes, one behind the other: the reverse of `packed_varints`."""
    return b"".join(map(varint, data))
