"""TensorFlow's checkpoints of version 2, made: the bytes of the values, and of the index.

Values are written in the order of names, one behind the other, each from the memory where it is;
files are those that TensorFlow 1.15 makes of the same values.
"""

import struct

import numpy as np

from fastgrad.errors import StateError
from fastgrad.io import tensor_types
from fastgrad.io.checksum import crc32c, mask
from fastgrad.io.protobuf import fixed32, integer, numbers, text
from fastgrad.io.slices import shape_proto, slice_key, slice_proto
from fastgrad.io.table import table_pieces
from fastgrad.io.tensor_bundle import VERSION


class Partitioned:
    """A tensor in parts.

    Parameters
    ----------
    shape : tuple of int
        Of the whole.
    parts : list of (slice, array)
        A slice is a tuple of (start, length).
    """

    def __init__(self, shape, parts):
        self.shape, self.parts = tuple(shape), list(parts)


class BundleBytes:
    """A checkpoint as bytes.

    Parameters
    ----------
    tensors : dict from name to array or Partitioned
        The memory of contiguous arrays is used, not copied: it must stay as it is until all is
        written.

    Attributes
    ----------
    pieces : list of memoryview
        The one file of values.

    Raises
    ------
    StateError
        If a tensor's dtype has no number in TensorFlow's files, or its name is empty.
    """

    def __init__(self, tensors):
        self.pieces, self._rows, self._at = [], [], 0
        for name, value in sorted(tensors.items()):
            if not name:
                raise StateError("a tensor without a name cannot be saved.")
            if isinstance(value, Partitioned):
                self._add_parts(name, value)
            else:
                self._rows.append((name.encode(), self._add(name, np.asarray(value))))
        self._rows.sort()

    def index(self, shards=1):
        """The bytes of the index, whose values lie in the first of `shards` files."""
        version = text(3, integer(1, VERSION))
        header = integer(1, shards) + version
        return b"".join(table_pieces([(b"", header), *self._rows]))

    def _add_parts(self, name, value):
        dtype = tensor_types.number_of(value.parts[0][1].dtype)
        slices = b"".join(text(7, slice_proto(part)) for part, _ in value.parts)
        full = integer(1, dtype) + text(2, shape_proto(value.shape)) + slices
        self._rows.append((name.encode(), full))
        for part, array in value.parts:
            self._rows.append((slice_key(name, part), self._add(name, np.asarray(array))))

    def _add(self, name, array):
        """Put an array behind the others; returns its entry."""
        try:
            dtype = tensor_types.number_of(array.dtype)
        except TypeError as e:
            raise StateError(f"variable {name!r} cannot be saved: {e}") from None
        shape = array.shape
        if dtype == tensor_types.STRING:
            pieces, crc = _string_pieces(array)
        else:
            stored = tensor_types.STORED[dtype]
            array = np.ascontiguousarray(array, stored).reshape(-1)
            pieces = [memoryview(array.view(np.uint8))]
            crc = crc32c(pieces[0])
        at, size = self._at, sum(map(len, pieces))
        self._at += size
        self.pieces += [p for p in pieces if len(p)]
        return b"".join((
            integer(1, dtype), text(2, shape_proto(shape)), integer(4, at) if at else b"",
            integer(5, size) if size else b"", fixed32(6, mask(crc))))


def _string_pieces(array):
    """(pieces, checksum) of strings: lengths, their checksum, and all of them without gaps."""
    strings = [s.encode() if isinstance(s, str) else bytes(s) for s in array.reshape(-1).tolist()]
    lengths = [len(s) for s in strings]
    crc = crc32c(b"".join(n.to_bytes(8 if n > 0xFFFFFFFF else 4, "little") for n in lengths))
    between, body = struct.pack("<I", mask(crc)), b"".join(strings)
    return [memoryview(numbers(lengths) + between), memoryview(body)], crc32c(
        body, crc32c(between, crc))
