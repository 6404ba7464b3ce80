"""Checkpoints of any form: which files they are, opened, written and deleted.

Forms
- "tensorflow": `P.index` and `P.data-00000-of-00001`, TensorFlow's version 2; version 1, one file
  `P`, is read.
- "safetensors": one file, `P` itself where it ends in `.safetensors`, else `P.index`, as all
  checkpoints of fastgrad 0.1 are.

Decisions
- What a file is, its bytes say, not its name: both forms use `P.index`.
- A checkpoint of two files is replaced so that it is at every moment the old one or the new one.
  The index names its file of values by their number: the new values are written to the first of
  *two* files, where the old index does not look, and one move puts the new index in the place of
  the old. Then the values get TensorFlow's usual name by a second name of the same file and a
  second index. Where a file system has no second names, `P.data-00000-of-00002` stays, which
  every reader takes too.
"""

import contextlib
import glob
import os
import re

from fastgrad.errors import DamagedFileError, NotInFileError
from fastgrad.io import tensor_types, tensors
from fastgrad.io.bundle_writer import BundleBytes
from fastgrad.io.mapped import mapped
from fastgrad.io.saved_slices import SavedSlices, files_of
from fastgrad.io.stored_tensors import StoredTensors
from fastgrad.io.table import is_table
from fastgrad.io.tensor_bundle import SUFFIX, Bundle, Entry, data_path
from fastgrad.io.whole_files import link_whole, write_whole

SAFETENSORS = ".safetensors"
_DATA = re.compile(r"\.data-\d{5,}-of-\d{5,}")


# ---- reading ----------------------------------------------------------------------------

class SafeTensors(StoredTensors):
    """A checkpoint in safetensors layout; it has one digest, so it is read whole at once."""

    form = "safetensors"

    def __init__(self, prefix, path):
        super().__init__()
        self.prefix, self.path, self._arrays = prefix, path, tensors.read_tensors(path)
        for name, array in self._arrays.items():
            self.entries[name] = Entry(tensor_types.number_of(array.dtype), array.shape, 0, 0,
                                       array.nbytes, 0, (), 0)

    def view(self, name):
        self.entry(name)
        return self._arrays[name]


def open_checkpoint(prefix):
    """A checkpoint, a mapping from names to arrays: `StoredTensors`.

    Raises
    ------
    NotInFileError
        If there is none.
    DamagedFileError
        If it is damaged or something else.
    """
    if os.path.exists(prefix + SUFFIX):
        path, form = prefix + SUFFIX, Bundle
    else:
        paths = files_of(prefix)
        if not paths:
            raise NotInFileError(f"there is no checkpoint at {prefix!r}: neither {SUFFIX} nor the "
                                 "file itself.")
        path, form = paths[0], SavedSlices
    data = mapped(path, "checkpoint")
    if is_table(data):
        return form(prefix)
    if data[8:9] == b"{" or path.endswith(SAFETENSORS):
        return SafeTensors(prefix, path)
    raise DamagedFileError(f"{path!r} is no checkpoint, or a damaged one: its {len(data)} bytes "
                           "are neither a table of TensorFlow's nor in safetensors layout.")


def checkpoint_exists(checkpoint_prefix):
    """Whether a checkpoint of this path is there, in any form."""
    return os.path.exists(checkpoint_prefix + SUFFIX) or any(
        map(os.path.isfile, files_of(checkpoint_prefix)))


def time_of(prefix):
    """When a checkpoint was written; FileNotFoundError if it is not there."""
    path = prefix + SUFFIX
    return os.path.getmtime(path if os.path.exists(path) else (*files_of(prefix), prefix)[0])


def get_checkpoint_mtimes(checkpoint_prefixes):
    """When checkpoints were written, in seconds since 1970; those that are not there are left
    out."""
    return [time_of(p) for p in checkpoint_prefixes if checkpoint_exists(p)]


# ---- writing ----------------------------------------------------------------------------

def encode_checkpoint(prefix, arrays, form):
    """A function that writes {name: array} to a path, in a form; all is encoded here.

    Parameters
    ----------
    form : {"tensorflow", "safetensors"} or None
        None: by what the path says.

    Returns
    -------
    callable()
        Called when the caller has the folder's turn.
    """
    by_name = form is None and prefix.endswith(SAFETENSORS)
    if by_name or form == "safetensors":
        data = tensors.encoded(arrays)
        path = prefix if prefix.endswith(SAFETENSORS) else prefix + SUFFIX
        return lambda: (write_whole(path, [data]), _clear(prefix, ()))
    made = BundleBytes(arrays)
    return lambda: _write_bundle(prefix, made)


def _write_bundle(prefix, made):
    try:
        _put_bundle(prefix, made)
    finally:                                # also where it was interrupted before the index
        shards = _shards_of(prefix)
        _clear(prefix, [data_path(prefix, 0, shards)] if shards else ())


def _put_bundle(prefix, made):
    usual, spare = data_path(prefix, 0, 1), data_path(prefix, 0, 2)
    if _shards_of(prefix) != 1:             # the index that is there does not need that file
        write_whole(usual, made.pieces)
        write_whole(prefix + SUFFIX, [made.index()])
        return
    write_whole(spare, made.pieces)
    write_whole(prefix + SUFFIX, [made.index(2)])
    if link_whole(spare, usual):
        write_whole(prefix + SUFFIX, [made.index()])


def _shards_of(prefix):
    """How many files of values the checkpoint at a path has; 0 if there is no whole index."""
    try:
        return Bundle(prefix).shards
    except (NotInFileError, DamagedFileError):
        return 0


def _clear(prefix, kept):
    """Delete files of values that are not `kept`."""
    for path in _data_files(prefix):
        if path not in kept:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)


def _data_files(prefix):
    return [p for p in glob.glob(glob.escape(prefix) + ".data-*")
            if _DATA.fullmatch(p[len(prefix):])]


def remove_checkpoint(checkpoint_prefix, checkpoint_format_version=None,
                      meta_graph_suffix="meta"):
    """Delete a checkpoint with its meta graph; the index goes last, so that what an interrupt
    leaves is found again."""
    index, meta = checkpoint_prefix + SUFFIX, f"{checkpoint_prefix}.{meta_graph_suffix}"
    ours = [] if os.path.exists(index) else files_of(checkpoint_prefix)
    for path in [*_data_files(checkpoint_prefix), meta, *ours, index]:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


__all__ = ["checkpoint_exists", "encode_checkpoint", "get_checkpoint_mtimes", "open_checkpoint",
           "remove_checkpoint", "time_of"]
