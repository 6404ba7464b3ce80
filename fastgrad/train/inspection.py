"""What `fastgrad inspect` prints: the tensors of a checkpoint, the records of a file."""

import collections
import math
import os

import numpy as np

from fastgrad.errors import DamagedFileError, FastgradError
from fastgrad.io.checkpoint import checkpoint_exists, open_checkpoint
from fastgrad.io.checkpoint_state import open_latest
from fastgrad.io.event_protos import Event
from fastgrad.io.example_features import example_features
from fastgrad.io.protobuf import WireError
from fastgrad.io.records import read_records

_ENDINGS = (".index", ".meta")


def show(path, values=True, out=print):
    """Print what is at a path.

    Parameters
    ----------
    path : str
        A checkpoint by its prefix or by one of its files; a folder, of which the latest is taken;
        or a file of records, of events too.
    values : bool
        Whether to read values: their checksums are looked at, and sums are printed.
    out : callable(str)

    Raises
    ------
    NotInFileError, DamagedFileError
    """
    stored = _checkpoint(path)
    if stored is not None:
        _show_tensors(stored, values, out)
    else:
        _show_records(path, out)


def _checkpoint(path):
    """The checkpoint at a path, or None if a file is there that is none."""
    if os.path.isdir(path):
        return open_latest(path)
    prefix = path
    for ending in _ENDINGS:
        prefix = prefix.removesuffix(ending)
    head, found, _ = prefix.rpartition(".data-")
    prefix = head if found else prefix
    if checkpoint_exists(prefix):
        try:
            return open_checkpoint(prefix)
        except DamagedFileError as e:
            if prefix != path or not _is_records(path):
                raise e
            return None
    return open_checkpoint(path)                    # raises: there is nothing


def _is_records(path):
    try:
        next(read_records(path), None)
    except FastgradError:
        return False
    return True


def _show_tensors(stored, values, out):
    total = sum(math.prod(e.shape) for e in stored.entries.values())
    parts = sum(len(e.slices) for e in stored.entries.values() if len(e.slices) > 1)
    out(f"{stored.path}: {stored.form}, {len(stored)} tensors, {total:,} elements"
        + (f", {parts} parts of partitioned ones" if parts else ""))
    rows = [("name", "dtype", "shape", *(("sum", "min", "max") if values else ()))]
    for name in sorted(stored):
        entry = stored.entry(name)
        row = name, stored.dtype_name(name), "x".join(map(str, entry.shape)) or "scalar"
        rows.append(row + (_sums(stored.view(name)) if values else ()))
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        out("  ".join(cell.rjust(w) if i > 2 else cell.ljust(w)
                      for i, (cell, w) in enumerate(zip(row, widths))).rstrip())


def _sums(array):
    """(sum, least, largest) of an array, as text; of strings, the number of bytes."""
    if array.dtype == object:
        return f"{sum(map(len, array.reshape(-1))):,} bytes", "", ""
    if not array.size:
        return "0", "", ""
    if array.dtype.kind == "c":
        return f"{array.sum(dtype=np.complex128):.6g}", "", ""
    kind = np.float64 if array.dtype.kind == "f" else None
    return tuple(f"{v:.6g}" if kind else str(v)
                 for v in (array.sum(dtype=kind), array.min(), array.max()))


def _show_records(path, out):
    """How many records a file has, and which features or events they hold."""
    count, size, found = 0, 0, collections.Counter()
    for record in read_records(path):
        count, size = count + 1, size + len(record)
        found.update(_kinds(record))
    out(f"{path}: {count} records, {size:,} bytes")
    for (kind, name), n in sorted(found.items()):
        out(f"  {kind}  {name}  in {n}")


def _kinds(record):
    """What a record is known by: an event's tags, or an example's features."""
    try:
        event = Event.FromString(record)
        kind = event.WhichOneof("what")
        if kind == "summary":
            return [(v.WhichOneof("value") or "summary", v.tag) for v in event.summary.value]
        if kind is not None:
            return [("event", kind)]
    except FastgradError:
        pass
    try:
        return [(kind, name) for name, (kind, _) in example_features(record).items()]
    except WireError:
        return []
