"""Saver: variables to files and back.

Format: safetensors, a header of JSON (names, dtypes, shapes, places) and then the bytes, so that a
checkpoint can be read without this library and holds nothing that could run. Through the
`safetensors` package where it is installed, else by the same layout written here; never pickle.

Decisions
- `save(sess, "dir/model", 100)` writes `dir/model-100.index`, the one file of the checkpoint, whose
  name TensorFlow's own tools look for, and `dir/checkpoint`, which lists checkpoints as TensorFlow
  does.
- A file is written beside its place, flushed to the disk and moved there: a crash leaves the
  old one or the new one, never half of one.
- Names, shapes and dtypes are checked before any variable changes. The header's metadata hold a
  digest of all of them and of every byte, so that a flipped bit is found; files that other
  programs wrote have none and are taken as they are.
- Values are read, and written, between two runs: a checkpoint is of one moment.
"""

import glob
import hashlib
import json
import os
import struct
import tempfile
import time

import numpy as np

from fastgrad import shapes
from fastgrad.collection import GraphKeys
from fastgrad.errors import (DamagedFileError, MisfitError, NotInFileError, StateError, show_names,
                             where)
from fastgrad.graph import get_default_graph
from fastgrad.variable import Variable

_CODES = {"float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32",
          "int16": "I16", "int8": "I8", "uint8": "U8", "uint16": "U16", "uint32": "U32",
          "uint64": "U64", "bool": "BOOL"}
_DTYPES = {code: np.dtype(name) for name, code in _CODES.items()}
_SUFFIX = ".index"
_WRITER, _DIGEST = "writer", "sha256"         # keys of the header's metadata


# ---- the file ---------------------------------------------------------------------------

def write_tensors(path, arrays):
    """Write {name: array} in safetensors layout, whole or not at all."""
    try:
        from safetensors.numpy import save
        arrays = {k: np.asarray(v, order="C") for k, v in arrays.items()}
        data = save(arrays, metadata=_signed(arrays))
    except ImportError:
        data = _encoded(arrays)
    write_whole(path, data)


def _digest(arrays):
    """A digest of names, dtypes, shapes and values, whatever the layout."""
    found = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name], order="C")
        found.update(json.dumps([name, array.dtype.name, array.shape]).encode())
        found.update(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
    return found.hexdigest()


def _signed(arrays):
    return {_WRITER: "fastgrad", _DIGEST: _digest(arrays)}


def _encoded(arrays):
    header, pieces, at = {"__metadata__": _signed(arrays)}, [], 0
    for name, array in arrays.items():
        array = np.asarray(array, order="C")
        code = _CODES.get(array.dtype.name)
        if code is None:
            raise StateError(f"variable {name!r} has dtype {array.dtype}, which cannot be saved.")
        header[name] = {"dtype": code, "shape": list(array.shape),
                        "data_offsets": [at, at + array.nbytes]}
        pieces.append(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
        at += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([struct.pack("<Q", len(text)), text, *pieces])


def write_whole(path, data):
    """Write bytes to a file beside its place, flush it to the disk, move it there."""
    folder = os.path.dirname(os.path.abspath(path))
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as f:
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def read_tensors(path):
    """{name: array} of a file in safetensors layout.

    Raises
    ------
    NotInFileError
        If there is no such file.
    DamagedFileError
        If it is cut off, or no such file at all.
    """
    try:
        with open(path, "rb") as f:
            data = f.read()
    except FileNotFoundError:
        raise NotInFileError(f"there is no checkpoint at {path!r}.") from None
    try:
        return _decoded(data)
    except (ValueError, KeyError, TypeError, struct.error) as e:
        raise DamagedFileError(f"{path!r} is no checkpoint, or a damaged one: {e}") from None


def _decoded(data):
    if len(data) < 8:
        raise ValueError(f"it has {len(data)} bytes")
    size, = struct.unpack("<Q", data[:8])
    if size > len(data) - 8:
        raise ValueError(f"its header should have {size} bytes, {len(data) - 8} are left")
    header = json.loads(data[8:8 + size].decode())
    body, found, used = memoryview(data)[8 + size:], {}, 0
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        dtype, shape = _DTYPES[entry["dtype"]], tuple(entry["shape"])
        start, end = entry["data_offsets"]
        size = shapes.size_of(shape) * dtype.itemsize
        if not 0 <= start <= end <= len(body) or end - start != size:
            raise ValueError(f"tensor {name!r} of shape {shape} should lie at bytes {start} to "
                             f"{end} of {len(body)}")
        found[name] = np.frombuffer(body[start:end], dtype.newbyteorder("<")).reshape(shape)
        used = max(used, end)
    if used != len(body):
        raise ValueError(f"it has {len(body) - used} bytes too many")
    about = header.get("__metadata__", {})
    if _DIGEST in about or about.get(_WRITER) == "fastgrad":
        if about != _signed(found):             # one bit can spoil one of the two
            raise ValueError("its contents do not match their digest")
    return found


# ---- the list of checkpoints ------------------------------------------------------------

class CheckpointState:
    """What the file `checkpoint` of a folder says: the latest checkpoint and all that are kept."""

    def __init__(self, latest, every):
        self.model_checkpoint_path = latest
        self.all_model_checkpoint_paths = list(every)
        self.all_model_checkpoint_timestamps = []
        self.last_preserved_timestamp = 0.0


def get_checkpoint_state(checkpoint_dir, latest_filename=None):
    """The CheckpointState of a folder, or None if nothing has been saved there."""
    path = os.path.join(checkpoint_dir, latest_filename or "checkpoint")
    if not os.path.exists(path):
        return None
    found = {"model_checkpoint_path": [], "all_model_checkpoint_paths": []}
    try:
        with open(path, encoding="utf-8") as f:
            for line in f:
                key, colon, value = line.partition(":")
                if colon and key.strip() in found:
                    name = os.path.join(checkpoint_dir, json.loads(value.strip()))
                    found[key.strip()].append(name)
    except (ValueError, TypeError) as e:
        raise DamagedFileError(f"{path!r} is no list of checkpoints, or a damaged one: {e}. Name "
                               "a checkpoint instead of its folder.") from None
    if not found["model_checkpoint_path"]:
        return None
    return CheckpointState(found["model_checkpoint_path"][-1],
                           found["all_model_checkpoint_paths"])


def update_checkpoint_state(save_dir, model_checkpoint_path, all_model_checkpoint_paths=None,
                            latest_filename=None, **_):
    """Write the file that lists a folder's checkpoints."""
    every = list(all_model_checkpoint_paths or [])
    if model_checkpoint_path not in every:
        every.append(model_checkpoint_path)

    def shown(path):
        folder = os.path.abspath(save_dir)
        inside = os.path.dirname(os.path.abspath(path)) == folder
        return json.dumps(os.path.basename(path) if inside else path)
    lines = [f"model_checkpoint_path: {shown(model_checkpoint_path)}"]
    lines += [f"all_model_checkpoint_paths: {shown(p)}" for p in every]
    write_whole(os.path.join(save_dir, latest_filename or "checkpoint"),
                ("\n".join(lines) + "\n").encode())


def latest_checkpoint(checkpoint_dir, latest_filename=None):
    """The path of a folder's latest checkpoint, or None."""
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is None or not checkpoint_exists(state.model_checkpoint_path):
        return None
    return state.model_checkpoint_path


def checkpoint_exists(checkpoint_prefix):
    """Whether a checkpoint of this path is there."""
    return os.path.exists(checkpoint_prefix + _SUFFIX)


def list_variables(ckpt_dir_or_file):
    """[(name, shape), ...] of a checkpoint."""
    found = read_tensors(_file_of(ckpt_dir_or_file))
    return sorted((k, list(v.shape)) for k, v in found.items())


def load_variable(ckpt_dir_or_file, name):
    """The array of one variable of a checkpoint."""
    found = read_tensors(_file_of(ckpt_dir_or_file))
    name = name[:-2] if name.endswith(":0") else name
    if name not in found:
        raise NotInFileError(f"{name!r} is not in {ckpt_dir_or_file!r}; there are "
                             f"{show_names(sorted(found))}.")
    return found[name].copy()


def _file_of(path):
    if os.path.isdir(path):
        latest = latest_checkpoint(path)
        if latest is None:
            raise NotInFileError(f"there is no checkpoint in {path!r}.")
        path = latest
    return path + _SUFFIX


# ---- Saver ------------------------------------------------------------------------------

class Saver:
    """Saves and restores the variables of a graph.

    Parameters
    ----------
    var_list : list of Variable, or dict from names in the file to Variables; optional
        All variables of the graph, if not given.
    max_to_keep : int or None
        Older checkpoints are deleted beyond this many; None or 0 keeps all.
    keep_checkpoint_every_n_hours : float
        Besides, keep one in so many hours for good.

    Examples
    --------
    >>> w = Variable([1.0, 2.0])
    >>> session, saver = Session(), Saver()
    >>> path = saver.save(session, "net", global_step=100)
    >>> w.value = [0.0, 0.0]
    >>> saver.restore(session, path)
    >>> w.value
    array([1., 2.])
    """

    def __init__(self, var_list=None, reshape=False, sharded=False, max_to_keep=5,
                 keep_checkpoint_every_n_hours=10000.0, name=None, restore_sequentially=False,
                 saver_def=None, builder=None, defer_build=False, allow_empty=False,
                 write_version=None, pad_step_number=False, save_relative_paths=False,
                 filename=None):
        self._graph, self._given = get_default_graph(), var_list
        self._reshape, self._max, self._pad = reshape, max_to_keep, pad_step_number
        self._every, self._next = keep_checkpoint_every_n_hours * 3600, None
        self._kept = []                 # (path, time)
        if not defer_build:
            found = self._variables()
            if not found and not allow_empty:
                raise ValueError("No variables to save")
            if self._graph.literals == "tf":        # those that are there now, TensorFlow's way
                self._given = found

    def _variables(self):
        """{name in the file: variable}"""
        given = self._given
        if given is None:
            given = self._graph.get_collection(GraphKeys.GLOBAL_VARIABLES)
            given += self._graph.get_collection(GraphKeys.SAVEABLE_OBJECTS)
        if isinstance(given, dict):
            for v in given.values():
                if not isinstance(v, Variable):
                    raise TypeError(f"Saver takes Variables; got {type(v).__name__}.")
            if self._graph.literals == "tf" and len({*given.values()}) < len(given):
                raise ValueError("the same variable is to be saved under two names.")
            return dict(given)
        found = {}
        for v in given:
            if not isinstance(v, Variable):
                raise TypeError(f"Saver takes Variables; got {type(v).__name__}.")
            twice = v.op.name in found and self._graph.literals == "tf"
            if twice or found.setdefault(v.op.name, v) is not v:
                raise ValueError(f"two variables to save are named {v.op.name!r}.")
        return found

    last_checkpoints = property(lambda self: [p for p, _ in self._kept])

    def set_last_checkpoints(self, last_checkpoints):
        """Say which checkpoints are there, to go on deleting old ones."""
        self._kept = [(p, 0.0) for p in last_checkpoints]

    def recover_last_checkpoints(self, checkpoint_paths):
        """Say which checkpoints are there; those that are not are left out."""
        self._kept = [(p, os.path.getmtime(p + _SUFFIX)) for p in checkpoint_paths
                      if checkpoint_exists(p)]

    def save(self, sess, save_path, global_step=None, latest_filename=None,
             meta_graph_suffix="meta", write_meta_graph=True, write_state=True,
             strip_default_attrs=False, save_debug_info=False):
        """Write the variables' values; returns the checkpoint's path.

        Parameters
        ----------
        save_path : str
            The folder is made if the one above it is there.
        global_step : int, Variable or tensor; optional
            Appended to the path: `save_path-100`.

        Raises
        ------
        StateError
            If a variable has no value in this session.
        ValueError
            If the folder above is not there either.
        """
        path = self._path(sess, save_path, global_step)
        folder = os.path.dirname(os.path.abspath(path))
        if not os.path.isdir(os.path.dirname(folder)):
            raise ValueError(f"Parent directory of {save_path} doesn't exist, can't save.")
        with sess.store.lock:
            values = {name: sess.store.copy_of(v.op) for name, v in self._variables().items()}
        os.makedirs(folder, exist_ok=True)
        write_tensors(path + _SUFFIX, values)
        if write_state:
            self._keep(path)
            update_checkpoint_state(folder, path, self.last_checkpoints, latest_filename)
        return path

    def _path(self, sess, save_path, global_step):
        if os.path.isdir(save_path) or not os.path.basename(save_path):
            raise ValueError(f"save_path must name a file, not a folder: {save_path!r}")
        if global_step is None:
            return save_path
        if not isinstance(global_step, (int, np.integer)):
            global_step = int(sess.run(global_step))
        return f"{save_path}-{global_step:08d}" if self._pad else f"{save_path}-{global_step}"

    def _keep(self, path):
        now = time.time()
        self._next = now + self._every if self._next is None else self._next
        self._kept = [(p, t) for p, t in self._kept if p != path] + [(path, now)]
        while self._max and len(self._kept) > self._max:
            old, made = self._kept.pop(0)
            if made > self._next:
                self._next += self._every
            elif os.path.exists(old + _SUFFIX):
                os.unlink(old + _SUFFIX)

    def restore(self, sess, save_path):
        """Put the values of a checkpoint into a session's variables; they need no initializer.

        Raises
        ------
        NotInFileError
            If the checkpoint is not there or lacks a variable.
        DamagedFileError
            If the file is cut off or no checkpoint.
        StateError
            If a shape or dtype differs.
        """
        if save_path is None:
            raise ValueError("Can't load save_path when it is None.")
        if not checkpoint_exists(str(save_path)):
            raise NoCheckpointError(f"The passed save_path is not a valid checkpoint: {save_path}")
        found = read_tensors(save_path + _SUFFIX)
        wanted = self._variables()
        missing = [n for n in wanted if n not in found]
        if missing:
            raise NotInFileError(f"Key {missing[0]} not found in checkpoint {save_path!r}: it "
                                 f"lacks {show_names(missing)}.")
        for name, v in wanted.items():
            found[name] = self._fitting(name, v, found[name])
        store = sess.store
        with store.lock:
            before = {v.op: store.copy_of(v.op) if store.has(v.op) else None
                      for v in wanted.values()}
            try:
                for name, v in wanted.items():
                    store.set(v.op, found[name])
            except BaseException:               # Ctrl-C
                store.put_back(before)
                raise

    def _fitting(self, name, v, array):
        dtype = shapes.strong(v._dtype)
        if array.dtype.newbyteorder("=") != dtype:
            raise MisfitError(f"{where(v)} has dtype {dtype}; the checkpoint's {name!r} has "
                              f"{array.dtype}.", v.op)
        if not shapes.compatible(v._shape, array.shape):
            known = shapes.is_known(v._shape)
            if self._reshape and known and array.size == shapes.size_of(v._shape):
                return array.reshape(v._shape)
            raise MisfitError(f"{where(v)} has shape {v._shape}; the checkpoint's {name!r} "
                              f"has {array.shape}. Assign requires shapes of both tensors to "
                              "match.", v.op)
        return array

    def build(self):
        """Nothing to do: variables are found when saving."""

    def export_meta_graph(self, *_, **__):
        raise NotImplementedError("graphs are not saved; build the graph with the same code and "
                                  "restore its variables.")


class NoCheckpointError(NotInFileError, ValueError):
    """A path at which there is no checkpoint."""


def import_meta_graph(meta_graph_or_file, clear_devices=False, import_scope=None, **kwargs):
    """Not there: checkpoints hold values, not graphs."""
    raise NotImplementedError("import_meta_graph: checkpoints hold values, not graphs. Build the "
                              "graph with the code that made it, then use "
                              "Saver().restore(session, path).")


def remove_checkpoint(checkpoint_prefix, **_):
    """Delete a checkpoint."""
    for path in glob.glob(glob.escape(checkpoint_prefix) + _SUFFIX):
        os.unlink(path)


__all__ = ["Saver", "CheckpointState", "get_checkpoint_state", "update_checkpoint_state",
           "latest_checkpoint", "checkpoint_exists", "list_variables", "load_variable",
           "import_meta_graph", "remove_checkpoint"]
