"""Event files, which TensorBoard reads: summaries and graphs as protobuf messages.

Field numbers are those of TensorFlow's event.proto, summary.proto and graph.proto. Only encoding is
here; nothing of a graph but names and edges is looked at.
"""

import collections
import contextlib
import itertools
import math
import os
import socket
import threading
import time

import numpy as np

from fastgrad.io.png import png, to_pixels
from fastgrad.io.protobuf import double, doubles, integer, single, text
from fastgrad.io.records import record
from fastgrad.uncut import Changed


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
    values = b""
    for i, image in enumerate(images[:most]):
        pixels = to_pixels(np.asarray(image))
        height, width, channels = pixels.shape
        body = integer(1, height) + integer(2, width) + integer(3, channels) + text(4, png(pixels))
        label = f"{tag}/image" if most == 1 else f"{tag}/image/{i}"
        values += text(1, text(1, label) + text(4, body))
    return values


def _type_of(op):
    """TensorFlow's op type as far as it is known; TensorBoard knows summaries by it."""
    if op.opdef is None:
        return op.op_type
    if op.op_type == "summary_":
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
        """Write an event of this moment; `body` is its field of what there is to tell."""
        self.data(double(1, time.time()) + (integer(2, step) if step is not None else b"") + body)

    def data(self, data):
        """Write a serialized event."""
        if self._file.closed:
            raise ValueError(f"{self.path!r} is closed: reopen() begins a new file.")
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
