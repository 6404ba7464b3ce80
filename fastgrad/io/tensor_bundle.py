"""TensorFlow's checkpoints of version 2: `P.index` and `P.data-00000-of-00001`, read.

`read(P)` is a mapping from names to arrays. The index is read whole when it is opened; a tensor
when it is asked for, and its checksum looked at each time. Values lie in mapped files: `view`
copies nothing where the file has the bytes as NumPy wants them.

Decisions
- Whatever the index says is held against the files before memory is asked for: an array is never
  larger than the bytes it comes from, and no byte belongs to two tensors.
- A name is a key and never a part of a path; shards are named by their number.
"""

import collections
import math
import sys

import numpy as np

from fastgrad.errors import DamagedFileError, ShortFileError, UnreadableFileError
from fastgrad.io import tensor_types
from fastgrad.io.checksum import crc32c, mask
from fastgrad.io.mapped import mapped
from fastgrad.io.protobuf import BYTES, FIXED32, VARINT, WireError, packed_varints, taken
from fastgrad.io.slices import index_of, read_shape, read_slice, slice_key, tile
from fastgrad.io.stored_tensors import StoredTensors
from fastgrad.io.table import read_table
from fastgrad.wording import show_names

SUFFIX = ".index"
VERSION = 1                 # of the form; a header says which reader it needs at least

_HEADER = {1: ("shards", VARINT), 2: ("endianness", VARINT), 3: ("version", BYTES)}
_VERSION = {1: ("producer", VARINT), 2: ("min_consumer", VARINT), 3: ("bad", VARINT)}
_ENTRY = {1: ("dtype", VARINT), 2: ("shape", BYTES), 3: ("shard", VARINT), 4: ("offset", VARINT),
          5: ("size", VARINT), 6: ("crc", FIXED32), 7: ("slices", BYTES)}


class Entry(collections.namedtuple("Entry", "dtype shape shard offset size crc slices at")):
    """What the index says of a tensor: `dtype` is TensorFlow's number, `slices` are those of a
    partitioned one, `at` is the entry's place in the index."""

    __slots__ = ()


def data_path(prefix, shard, shards):
    """The path of a file of values."""
    return f"{prefix}.data-{shard:05d}-of-{shards:05d}"


def read(prefix):
    """The tensors of a checkpoint: a mapping from names to arrays, each read when asked for.

    Parameters
    ----------
    prefix : str
        The path without `.index`.

    Raises
    ------
    NotInFileError
        If there is no such checkpoint.
    DamagedFileError
        If the index is damaged, says what cannot be, or is none.
    """
    return Bundle(prefix)


class Bundle(StoredTensors):
    """A checkpoint that is open; see `read`.

    Attributes
    ----------
    entries : dict
        From name to Entry.
    parts : dict
        From key to Entry of the parts of partitioned tensors.
    shards : int
        The number of files of values.
    """

    form = "TensorFlow V2"

    def __init__(self, prefix):
        super().__init__()
        self.prefix, self.path = prefix, prefix + SUFFIX
        self.parts, self._files = {}, {}
        rows = read_table(mapped(self.path, "checkpoint"), self.path)
        if not rows or rows[0][0] != b"":
            raise DamagedFileError(f"{self.path!r} is a table, but of no checkpoint: it has no "
                                   "header.")
        self.shards = self._header(rows[0])
        for key, value, at in rows[1:]:
            entry = self._entry(key, value, at)
            if key[:1] == b"\0":
                self.parts[key] = entry
            else:
                self.entries[self._name(key, at)] = entry
        self._check_places()

    def view(self, name):
        entry = self.entry(name)
        if not entry.slices:
            return self._array(name, entry)
        parts = self._parts_of(name, entry)         # before memory is asked for
        full = np.empty(entry.shape, tensor_types.READ[entry.dtype])
        for part, shape, key in parts:
            full[index_of(part, shape)] = self._array(f"{name} {part}", self.parts[key])
        return full

    def part(self, name, part):
        key = slice_key(name, part)
        if part in self.entry(name).slices and key in self.parts:
            return self._array(name, self.parts[key])
        return super().part(name, part)

    # ---- the index ----------------------------------------------------------------------

    def _damaged(self, words, at):
        return DamagedFileError(f"{self.path!r} is damaged, or no checkpoint: at byte {at}, "
                                f"{words}.")

    def _name(self, key, at):
        try:
            return key.decode()
        except UnicodeDecodeError:
            raise self._damaged(f"the name {key!r:.80} is no text", at) from None

    def _header(self, row):
        _, value, at = row
        try:
            found = taken(value, _HEADER)
            version = taken(found["version"][-1] if found["version"] else b"", _VERSION)
        except WireError as e:
            raise self._damaged(f"the header has {e}", at) from None
        if found["endianness"][-1:] == [1]:
            raise UnreadableFileError(f"{self.path!r}: a checkpoint with numbers in big-endian "
                                      "order; only little-endian ones are read.")
        if max(version["min_consumer"], default=0) > VERSION or VERSION in version["bad"]:
            raise UnreadableFileError(f"{self.path!r} asks for a reader of a version later than "
                                      f"{VERSION}.")
        return found["shards"][-1] if found["shards"] else 0

    def _entry(self, key, value, at):
        try:
            found = taken(value, _ENTRY)
            last = {name: values[-1] if values else 0 for name, values in found.items()}
            shape = read_shape(found["shape"][-1]) if found["shape"] else ()
            slices = tuple(map(read_slice, found["slices"]))
        except WireError as e:
            raise self._damaged(f"the entry of {key!r:.80} has {e}", at) from None
        entry = Entry(last["dtype"], shape, last["shard"], last["offset"], last["size"],
                      last["crc"], slices, at)
        if entry.dtype not in tensor_types.NAMES:
            raise self._damaged(f"the entry of {key!r:.80} has dtype number {entry.dtype}, which "
                                "no tensor of a file has", at)
        if entry.slices:
            return entry
        count, width = math.prod(shape), tensor_types.STORED[entry.dtype].itemsize
        fits = (entry.size >= count + 4 if entry.dtype == tensor_types.STRING
                else entry.size == count * width)
        if not fits or entry.shard >= self.shards:
            raise self._damaged(f"the entry of {key!r:.80} has shape {shape} and dtype "
                                f"{tensor_types.NAMES[entry.dtype]} in {entry.size} bytes of file "
                                f"{entry.shard} of {self.shards}", at)
        return entry

    def _check_places(self):
        """No byte may belong to two tensors."""
        free = {}
        for entry in sorted((e for e in (*self.entries.values(), *self.parts.values())
                             if e.size and not e.slices), key=lambda e: (e.shard, e.offset)):
            if entry.offset < free.get(entry.shard, 0):
                raise self._damaged(f"an entry has values from byte {entry.offset} on, where "
                                    "another's are", entry.at)
            free[entry.shard] = entry.offset + entry.size

    def _parts_of(self, name, entry):
        """[(slice, shape, key)] of a partitioned tensor."""
        shapes = tile(entry.slices, entry.shape)
        if shapes is None:
            raise self._damaged(f"the slices {show_names(map(str, entry.slices))} do not make up "
                                f"{name!r} of shape {entry.shape}", entry.at)
        keys = [slice_key(name, part) for part in entry.slices]
        for part, shape, key in zip(entry.slices, shapes, keys):
            there = self.parts.get(key)
            if there is None or there.slices or (there.dtype, there.shape) != (entry.dtype, shape):
                raise self._damaged(f"{name!r} lacks its part {part}", entry.at)
        return list(zip(entry.slices, shapes, keys))

    # ---- the values ---------------------------------------------------------------------

    def _array(self, name, entry):
        path = data_path(self.prefix, entry.shard, self.shards)
        if path not in self._files:
            self._files[path] = mapped(path, f"file of values, which {self.path!r} names,")
        data, end = self._files[path], entry.offset + entry.size
        if end > len(data):
            raise ShortFileError(f"{path!r} has {len(data)} bytes; {name!r} should lie at bytes "
                                 f"{entry.offset} to {end}.")
        data = data[entry.offset:end]
        try:
            if entry.dtype == tensor_types.STRING:
                return _strings(data, entry.shape, entry.crc)
            if mask(crc32c(data)) != entry.crc:
                raise WireError("values with a wrong checksum", 0)
            return _numbers(data, entry.dtype, entry.shape)
        except WireError as e:
            raise DamagedFileError(f"{path!r}: {name!r}, at bytes {entry.offset} to {end}, has "
                                   f"{e} of these.") from None


def _numbers(data, dtype, shape):
    array = np.frombuffer(data, tensor_types.STORED[dtype])
    if dtype == tensor_types.BFLOAT16:
        array = tensor_types.widened(array)
    elif dtype == 10 and array.size and array.view(np.uint8).max() > 1:
        array = array.view(np.uint8) != 0           # NumPy takes one bit for true or false
    if sys.byteorder == "big":
        array = array.astype(tensor_types.READ[dtype])
    try:
        return array.view(tensor_types.READ[dtype]).reshape(shape)
    except ValueError as e:                         # too many dimensions, or too large ones
        raise WireError(f"shape {shape}, which is none of an array: {e},", 0) from None


def _strings(data, shape, crc):
    """Lengths as varints, their checksum, and the strings, without anything between."""
    count = math.prod(shape)
    ends = np.flatnonzero(np.frombuffer(data, np.uint8, min(len(data), 10 * count)) < 128)[:count]
    if len(ends) < count:
        raise WireError(f"{len(ends)} lengths for {count} strings", 0)
    at = int(ends[-1]) + 1 if count else 0
    lengths = packed_varints(data[:at])
    total = sum(lengths.tolist())
    if at + 4 + total != len(data):
        raise WireError(f"strings of {total} bytes where {len(data) - at - 4} are left,", at)
    wide = lengths.max(initial=0) > 0xFFFFFFFF      # one number is written as 64 bits then
    raw = (b"".join(int(n).to_bytes(8 if n > 0xFFFFFFFF else 4, "little") for n in lengths.tolist())
           if wide else lengths.astype("<u4").tobytes())
    before = crc32c(raw)
    if mask(before) != int.from_bytes(data[at:at + 4], "little"):
        raise WireError("lengths of strings with a wrong checksum", at)
    if mask(crc32c(data[at:], before)) != crc:
        raise WireError("strings with a wrong checksum", at)
    strings, at = np.empty(count, object), at + 4
    for i, n in enumerate(lengths.tolist()):
        strings[i] = bytes(data[at:at + n])
        at += n
    return strings.reshape(shape)
