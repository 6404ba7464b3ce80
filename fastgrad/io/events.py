"""The event files that TensorBoard reads: the few protobuf messages of one, and records with
checksums.

Field numbers are those of TensorFlow's event.proto, summary.proto and graph.proto. Only encoding is
here; nothing of a graph but names and edges is looked at.
"""

import collections
import contextlib
import itertools
import math
import os
import socket
import struct
import threading
import time

import numpy as np

from fastgrad.io.png import png, to_pixels
from fastgrad.uncut import Changed


# ---- protobuf ---------------------------------------------------------------------------

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


# ---- records ----------------------------------------------------------------------------

def _table():
    found = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        found.append(n)
    return found


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


# ---- summaries --------------------------------------------------------------------------

def scalar_value(tag, number):
    """A Summary.Value with one number."""
    return text(1, text(1, tag) + single(2, float(number)))


def _limits():
    positive, v = [], 1e-12
    while v < 1e20:
        positive.append(v)
        v *= 1.1
    half = np.array(positive + [np.finfo("f8").max])
    return np.concatenate([-half[::-1], [0.0], half])


_LIMITS = _limits()
_LAST = len(_LIMITS) - 1
_NONE_SHOWN = np.zeros(len(_LIMITS), bool)


def _buckets(x):
    """The limits and counts of the buckets of sorted numbers; empty neighbours are one bucket."""
    places = np.minimum(_LIMITS.searchsorted(x, "right"), _LAST) if x.size < _LAST else None
    if places is None:              # fewer look-ups the other way round
        below = x.searchsorted(_LIMITS[:-1])
        counts = np.empty(len(_LIMITS), np.int64)
        counts[0], counts[1:-1], counts[-1] = below[0], below[1:] - below[:-1], x.size - below[-1]
    else:
        counts = np.bincount(places, minlength=len(_LIMITS))
    used = counts.nonzero()[0]
    shown = _NONE_SHOWN.copy()
    shown[used] = shown[used - 1] = shown[_LAST] = True         # -1 is the last, shown anyway
    keep = shown.nonzero()[0]
    return _LIMITS[keep], counts[keep]


def histogram_value(tag, array):
    """A Summary.Value with the histogram of an array, in TensorFlow's buckets."""
    x = np.asarray(array).reshape(-1)
    ordered = np.sort(x).astype(np.float64, copy=False)         # NaN comes last
    low, high = (float(ordered[0]), float(ordered[-1])) if x.size else (_LIMITS[-1], _LIMITS[0])
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"Nan in summary histogram for: {tag}")
    numbers = low, high, x.size, ordered.sum(), np.einsum("i,i", ordered, ordered)
    limits, counts = _buckets(ordered)
    body = (b"".join([double(i, n) for i, n in enumerate(numbers, 1) if n])
            + doubles(6, limits) + doubles(7, counts))
    return text(1, text(1, tag) + text(5, body))


def image_value(tag, images, most):
    """Summary.Values with the first `most` images of a batch (n, height, width, channels)."""
    found = b""
    for i, image in enumerate(images[:most]):
        pixels = to_pixels(np.asarray(image))
        height, width, channels = pixels.shape
        body = integer(1, height) + integer(2, width) + integer(3, channels) + text(4, png(pixels))
        label = f"{tag}/image" if most == 1 else f"{tag}/image/{i}"
        found += text(1, text(1, label) + text(4, body))
    return found


def _type_of(op):
    """TensorFlow's op type as far as it is known; TensorBoard knows summaries by it."""
    if op.opdef is None:
        return op.type
    if op.type == "summary_":
        kinds = [part[0] for part in op.attrs["parts"]]
        return f"{kinds[0].capitalize()}Summary" if len(kinds) == 1 else "MergeSummary"
    return op.opdef.name


def graph_def(graph):
    """A GraphDef with names, types and edges, for TensorBoard's graph page."""
    nodes = []
    for op in graph._ops:
        body = text(1, op.name) + text(2, _type_of(op))
        for t in op._inputs:
            body += text(3, t.op.name if t.index == 0 else t.name)
        for c in op.control_inputs:
            body += text(3, "^" + c.name)
        nodes.append(text(1, body))
    return b"".join(nodes)


class EventFile:
    """Writes events to a new file of a folder.

    Parameters
    ----------
    folder : str
        Made if it is not there.
    suffix : str
    """

    def __init__(self, folder, suffix=""):
        os.makedirs(folder, exist_ok=True)
        name = f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}{suffix}"
        self.path, self._file = _new_file(os.path.join(folder, name))
        self._lock = threading.RLock()
        self._waiting = collections.deque()         # records to be written
        self._writing = self._flushing = self._closing = False
        self.event(text(3, "brain.Event:2"))

    def event(self, body, step=None):
        if self._file.closed:
            raise ValueError(f"{self.path!r} is closed: reopen() begins a new file.")
        data = double(1, time.time()) + (integer(2, step) if step is not None else b"") + body
        self._waiting.append(record(data))
        self._go_on()

    def flush(self):
        self._flushing = True
        self._go_on()

    def close(self):
        self._closing = True
        self._go_on()

    def _go_on(self):
        """Do what there is to do, or leave it to the call that a signal handler interrupted: the
        file is in its hands, and this thread cannot wait for itself."""
        with self._lock:
            while not self._writing and not self._file.closed and (
                    self._waiting or self._flushing or self._closing):
                with Changed(lambda: (None, self, "_writing", True)):
                    if self._file.closed:
                        return
                    with contextlib.suppress(IndexError):       # there are no more
                        # one call of C: an interrupt loses no record and tears none
                        self._file.writelines(iter(self._waiting.popleft, None))
                    if self._flushing:
                        self._flushing = False
                        self._file.flush()
                    if self._closing and not self._waiting:
                        self._file.close()


def _new_file(path):
    """(path, file) of a file that is not there yet: two writers may begin in one second."""
    for count in itertools.count():
        candidate = f"{path}.{count}" if count else path
        with contextlib.suppress(FileExistsError):
            return candidate, open(candidate, "xb")
