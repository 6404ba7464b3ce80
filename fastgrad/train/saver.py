"""Saver: variables to files and back.

Decisions
- `save(sess, "dir/model", 100)` writes `dir/model-100.index`, the one file of the checkpoint, whose
  name TensorFlow's own tools look for, and `dir/checkpoint`, which lists checkpoints as TensorFlow
  does.
- First the new file, then the list `checkpoint`, then the deletion of old ones, each whole and on
  the disk before the next (`whole_files`): whatever fails or is killed in between, the list
  names whole files and the latest checkpoint that was saved can be restored.
- Names, shapes and dtypes are checked before any variable changes.
- Values are read, and written, between two runs: a checkpoint is of one moment.
"""

import contextlib
import os
import time
import warnings

import numpy as np

from fastgrad.errors import MisfitError, NotInFileError
from fastgrad.graph import shapes
from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.dtypes import strong
from fastgrad.io.checkpoint_state import SUFFIX, _write_state, checkpoint_exists
from fastgrad.io.tensors import encoded, read_tensors
from fastgrad.io.whole_files import flush_folder, in_turn, write_whole
from fastgrad.variables.variable import Variable
from fastgrad.wording import show_names, where


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
        checkpoints = []
        for path in checkpoint_paths:
            with contextlib.suppress(FileNotFoundError):
                checkpoints.append((path, os.path.getmtime(path + SUFFIX)))
        self._kept = checkpoints

    def save(self, sess, save_path, global_step=None, latest_filename=None,
             meta_graph_suffix="meta", write_meta_graph=True, write_state=True,
             strip_default_attrs=False, save_debug_info=False):
        """Write the variables' values; returns the checkpoint's path.

        Parameters
        ----------
        sess : Session
        save_path : str
            The folder is made if the one above it is there.
        global_step : int, Variable or tensor; optional
            Appended to the path: `save_path-100`.

        Returns
        -------
        str
            What `restore` takes.

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
        variables = self._variables()
        with sess.store.lock.read_all():
            values = {name: sess.store.copy_of(v.op) for name, v in variables.items()}
        data = encoded(values)
        if not os.path.isdir(folder):
            os.makedirs(folder, exist_ok=True)
            flush_folder(os.path.dirname(folder))
        in_turn(folder, lambda: self._write(path, data, write_state, folder, latest_filename))
        return path

    def _write(self, path, data, write_state, folder, latest_filename):
        if not write_state:
            write_whole(path + SUFFIX, data)
            return
        now = time.time()
        # other Savers of the folder may have deleted some
        others = [(p, t) for p, t in self._kept if p != path and checkpoint_exists(p)]
        try:
            write_whole(path + SUFFIX, data)
        finally:                        # it may be there though the end of writing it failed
            self._kept = others + [(path, now)] * checkpoint_exists(path)
        kept, old, next_ = self._sorted_out(now)
        _write_state(folder, path, [p for p, _ in kept], latest_filename)
        left = [(p, t) for p, t in old if not _deleted(p)]
        self._kept, self._next = left + kept, next_

    def _path(self, sess, save_path, global_step):
        if os.path.isdir(save_path) or not os.path.basename(save_path):
            raise ValueError(f"save_path must name a file, not a folder: {save_path!r}")
        if global_step is None:
            return save_path
        if not isinstance(global_step, (int, np.integer)):
            global_step = int(sess.run(global_step))
        return f"{save_path}-{global_step:08d}" if self._pad else f"{save_path}-{global_step}"

    def _sorted_out(self, now):
        """(checkpoints to list, checkpoints to delete, time of the next one to keep for good)"""
        kept, old = list(self._kept), []
        next_ = now + self._every if self._next is None else self._next
        while self._max and len(kept) > self._max:
            path, made = kept.pop(0)
            if made > next_:
                next_ += self._every
            else:
                old.append((path, made))
        return kept, old, next_

    def restore(self, sess, save_path):
        """Put the values of a checkpoint into a session's variables; they need no initializer.

        Parameters
        ----------
        sess : Session
        save_path : str
            What `save` returned, or `latest_checkpoint` found.

        Raises
        ------
        NotInFileError
            If the checkpoint is not there or lacks a variable.
        DamagedFileError
            If the file is cut off or no checkpoint.
        StateError
            If a shape or dtype differs. In all cases no variable changes.
        """
        if save_path is None:
            raise ValueError("Can't load save_path when it is None.")
        if not checkpoint_exists(str(save_path)):
            raise NoCheckpointError(f"The passed save_path is not a valid checkpoint: {save_path}")
        by_name = read_tensors(save_path + SUFFIX)
        wanted = self._variables()
        missing = [n for n in wanted if n not in by_name]
        if missing:
            raise NotInFileError(f"Key {missing[0]} not found in checkpoint {save_path!r}: it "
                                 f"lacks {show_names(missing)}.")
        for name, v in wanted.items():
            by_name[name] = self._fitting(name, v, by_name[name])
        store = sess.store
        with store.lock.run(), store.undoing() as before:
            store.remember([v.op for v in wanted.values()], before)
            for name, v in wanted.items():
                store.set(v.op, by_name[name])

    def _fitting(self, name, v, array):
        dtype = strong(v._dtype)
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
    with contextlib.suppress(FileNotFoundError):
        os.unlink(checkpoint_prefix + SUFFIX)


def _deleted(path):
    """Delete an old checkpoint; whether it is gone."""
    try:
        remove_checkpoint(path)
    except OSError as e:
        warnings.warn(f"the old checkpoint {path!r} could not be deleted, which the next save will "
                      f"try again: {e}", stacklevel=6)
        return False
    return True


__all__ = ["Saver", "import_meta_graph", "remove_checkpoint"]
