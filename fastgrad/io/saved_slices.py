"""TensorFlow's checkpoints of version 1: one table a shard, with names and values.

The entry of key "" says what there is; each other entry is a slice of a tensor, whole ones too,
as a SavedSlice with a TensorProto. A checkpoint of several shards is a pattern,
`P-?????-of-00002`.
"""

import collections
import glob
import math
import os

import numpy as np

from fastgrad.errors import DamagedFileError, NotInFileError
from fastgrad.io import tensor_types
from fastgrad.io.mapped import mapped
from fastgrad.io.protobuf import BYTES, FIXED32, FIXED64, VARINT, WireError, fields, packed_varints
from fastgrad.io.protobuf import taken
from fastgrad.io.slices import index_of, read_shape, read_slice, slice_key, tile
from fastgrad.io.stored_tensors import StoredTensors
from fastgrad.io.table import read_table

_TABLE = {1: ("meta", BYTES), 2: ("data", BYTES)}
_META = {1: ("tensors", BYTES)}
_TENSOR = {1: ("name", BYTES), 2: ("shape", BYTES), 3: ("dtype", VARINT), 4: ("slices", BYTES)}
_SLICE = {1: ("name", BYTES), 2: ("slice", BYTES), 3: ("values", BYTES)}

# Fields of a TensorProto with values: number -> how they are stored.
_FLOAT, _DOUBLE = np.dtype("<f4"), np.dtype("<f8")
_VALUES = {1: (5, _FLOAT), 2: (6, _DOUBLE), 8: (9, _FLOAT), 18: (12, _DOUBLE), 9: (10, None),
           10: (11, None), 14: (13, None), 19: (13, None), 22: (16, None), 23: (17, None)}
_INTS = (7, None)           # of every other dtype

Entry = collections.namedtuple("Entry", "dtype shape slices at path")


def files_of(path):
    """The files that a path or pattern names, in order."""
    return [path] if os.path.exists(path) else sorted(glob.glob(path))


class SavedSlices(StoredTensors):
    """A checkpoint of version 1 that is open.

    Parameters
    ----------
    pattern : str
        The path of its file, or a pattern of several.
    """

    form = "TensorFlow V1"

    def __init__(self, pattern):
        super().__init__()
        self.prefix = self.path = pattern
        self._values = {}
        paths = files_of(pattern)
        if not paths:
            raise NotInFileError(f"there is no checkpoint at {pattern!r}.")
        for path in paths:
            self._read_file(path)
        for name, entry in self.entries.items():
            self._shapes(name, entry)

    def _read_file(self, path):
        rows = read_table(mapped(path, "checkpoint"), path)
        if not rows or rows[0][0] != b"":
            raise DamagedFileError(f"{path!r} is a table, but of no checkpoint: it has no header.")
        try:
            at = rows[0][2]
            for meta in taken(rows[0][1], _TABLE)["meta"]:
                for tensor in taken(meta, _META)["tensors"]:
                    self._add(tensor, path, at)
            for key, value, at in rows[1:]:
                if key in self._values:
                    raise WireError(f"key {key!r:.80}, which another shard has,", 0)
                self._values[key] = value, path, at
        except WireError as e:
            raise DamagedFileError(f"{path!r} is damaged, or no checkpoint: the entry at byte {at} "
                                   f"has {e}.") from None

    def _add(self, tensor, path, at):
        found = taken(tensor, _TENSOR)
        try:
            name = bytes(found["name"][-1] if found["name"] else b"").decode()
        except UnicodeDecodeError:
            raise WireError("a name that is no text", 0) from None
        shape = read_shape(found["shape"][-1]) if found["shape"] else ()
        dtype = found["dtype"][-1] if found["dtype"] else 0
        if dtype not in tensor_types.NAMES:
            raise WireError(f"{name!r} of dtype number {dtype}, which no tensor of a file has,", 0)
        slices = tuple(map(read_slice, found["slices"]))
        before = self.entries.get(name)
        if before is not None:
            if (before.dtype, before.shape) != (dtype, shape):
                raise WireError(f"{name!r}, which has another shape or dtype elsewhere,", 0)
            slices = before.slices + slices
        self.entries[name] = Entry(dtype, shape, slices, at, path)

    def _shapes(self, name, entry):
        shapes = tile(entry.slices, entry.shape)
        lost = [p for p in entry.slices if slice_key(name, p) not in self._values]
        if shapes is None or lost:
            raise DamagedFileError(
                f"{entry.path!r} is damaged: the entry at byte {entry.at} says that {name!r} has "
                f"shape {entry.shape} and slices {entry.slices!r:.200}, "
                + (f"of which {lost[0]} is not there." if lost else "which do not make it up."))
        return shapes

    def view(self, name):
        entry = self.entry(name)
        shapes = self._shapes(name, entry)
        if len(shapes) == 1:
            return self._slice(name, entry, entry.slices[0], shapes[0])
        parts = [self._slice(name, entry, p, s) for p, s in zip(entry.slices, shapes)]
        full = np.empty(entry.shape, tensor_types.READ[entry.dtype])
        for part, shape, array in zip(entry.slices, shapes, parts):
            full[index_of(part, shape)] = array
        return full

    def part(self, name, part):
        entry = self.entry(name)
        for one, shape in zip(entry.slices, self._shapes(name, entry)):
            if one == part:
                return self._slice(name, entry, one, shape)
        return super().part(name, part)

    def _slice(self, name, entry, part, shape):
        value, path, at = self._values[slice_key(name, part)]
        try:
            found = taken(value, _TABLE)["data"]
            protos = [p for data in found for p in taken(data, _SLICE)["values"]]
            if len(protos) != 1:
                raise WireError(f"{len(protos)} tensors", 0)
            return tensor_values(protos[0], entry.dtype, shape)
        except WireError as e:
            raise DamagedFileError(f"{path!r}: the values of {name!r}, at byte {at}, have {e}."
                                   ) from None


def tensor_values(proto, dtype, shape):
    """The array of a TensorProto of known dtype (TensorFlow's number) and shape.

    Raises
    ------
    WireError
        If it has not as many values as the shape.
    """
    array = _strings(proto) if dtype == tensor_types.STRING else _numbers(proto, dtype)
    if len(array) != math.prod(shape):
        raise WireError(f"{len(array)} values for shape {shape}", 0)
    try:
        return array.reshape(shape)
    except ValueError as e:                         # too many dimensions, or too large ones
        raise WireError(f"shape {shape}, which is none of an array: {e},", 0) from None


def _strings(proto):
    found = [bytes(value) for number, wire, value, _ in fields(proto)
             if number == 8 and wire == BYTES]
    array = np.empty(len(found), object)
    array[:] = found
    return array


def _numbers(proto, dtype):
    wanted, packed = _VALUES.get(dtype, _INTS)
    stored, read = tensor_types.STORED[dtype], tensor_types.READ[dtype]
    pieces = [p for number, wire, value, at in fields(proto) if number in (4, wanted)
              for p in [_piece(number, wire, value, at, stored, packed)]]
    array = (pieces[0] if len(pieces) == 1 else
             np.concatenate(pieces) if pieces else np.empty(0, stored))
    if dtype == tensor_types.BFLOAT16:
        return tensor_types.widened(array)
    return array if array.dtype == read else array.astype(read)


def _piece(number, wire, value, at, stored, packed):
    """The numbers of one field: packed, a single one, or raw bytes (field 4)."""
    if number == 4 and wire == BYTES or packed is not None and wire == BYTES:
        # a complex number is two
        if len(value) % stored.itemsize:
            raise WireError(f"{len(value)} bytes of numbers of {stored.itemsize}", at)
        array = np.frombuffer(value, np.uint8 if stored.kind == "b" else stored)
        return array != 0 if stored.kind == "b" else array
    if packed is not None and wire == (FIXED64 if packed.itemsize == 8 else FIXED32):
        raw = value.to_bytes(packed.itemsize, "little")
        if stored.itemsize != packed.itemsize:
            raise WireError("single parts of complex numbers", at)
        return np.frombuffer(raw, stored)
    if packed is None and wire == VARINT:
        bits = np.array([value], np.uint64)
    elif packed is None and wire == BYTES:
        bits = packed_varints(value, np.uint64 if stored.itemsize == 8 else np.uint32)
    else:
        raise WireError(f"values of wire type {wire}", at)
    if stored.kind == "f":                          # half: the number is its bits
        return bits.astype("<u2").view(stored)
    return bits != 0 if stored.kind == "b" else bits.astype(stored)
