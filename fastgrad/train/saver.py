"""Saver: variables to files and back.

Decisions
- A Saver writes TensorFlow's files by default, `P.index` and `P.data-00000-of-00001`, from
  `fastgrad` too: every tool that knows checkpoints reads them, they hold every dtype that a
  variable has, and a checksum for each value costs a twentieth of a digest of all. A path that
  ends in `.safetensors` makes such a file, and `format=` decides against both. What is restored is
  known by its bytes, so that checkpoints of any age load.
- First the new files, then the list `checkpoint`, then the deletion of old ones, each whole and on
  the disk before the next (`whole_files`): whatever fails or is killed in between, the list
  names whole files and the latest checkpoint that was saved can be restored.
- The list names what lies in its folder by relative paths, so that the folder can be moved; for
  TensorFlow's scripts (`compat.v1`) as TensorFlow does, by the paths that they gave.
- Names, shapes, dtypes and checksums are looked at before any variable changes.
- Values are read, and written, between two runs: a checkpoint is of one moment.
"""

import contextlib
import os
import time
import warnings

import numpy as np

from fastgrad.errors import NotInFileError
from fastgrad.graph import hooks
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door, warn
from fastgrad.io.checkpoint import (checkpoint_exists, encode_checkpoint, open_checkpoint,
                                    remove_checkpoint, time_of)
from fastgrad.io.checkpoint_state import generate_checkpoint_state_proto, write_state
from fastgrad.io.train_protos import SaverDef
from fastgrad.io.whole_files import flush_folder, in_turn, write_whole
from fastgrad.train.saveables import assembled, fitting, put, saveables, values_of

FORMATS = (None, "tensorflow", "safetensors")


class Saver:
    """Saves and restores the variables of a graph.

    Parameters
    ----------
    var_list : list of Variable, or dict from names in the file to Variables; optional
        All variables of the graph, if not given. Partitioned variables are one tensor in the
        file, whatever their parts.
    reshape : bool
        Restore also what has another shape and as many elements.
    max_to_keep : int or None
        Older checkpoints are deleted beyond this many; None or 0 keeps all.
    keep_checkpoint_every_n_hours : float
        Besides, keep one in so many hours for good.
    pad_step_number : bool
        Write step numbers with eight digits.
    save_relative_paths : bool
        Name checkpoints by paths from their folder. `fastgrad` does so always, and
        `fastgrad.compat.v1` if the path to save to is such.
    format : {None, "tensorflow", "safetensors"}
        Of the files; None goes by the path, see `save`.

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
                 filename=None, *, format=None):
        if format not in FORMATS:
            raise ValueError(f"Saver: format must be one of {FORMATS}; got {format!r}.")
        if write_version == SaverDef.V1:
            warn("Saver: write_version=V1 is not written; the files are of version 2, which "
                 "TensorFlow reads from 0.12 on.")
        self._graph, self._given, self._format = get_default_graph(), var_list, format
        self._reshape, self._pad, self._sharded = reshape, pad_step_number, bool(sharded)
        self._relative = save_relative_paths or self._graph.literals != "tf"
        self._max, self._hours = max_to_keep, keep_checkpoint_every_n_hours
        if saver_def is not None:
            self._max, self._hours = saver_def.max_to_keep, saver_def.keep_checkpoint_every_n_hours
        self._every, self._next = self._hours * 3600, None
        self._name, self._kept = name or "save", []                 # (path, time)
        self._meta = None               # (version of the graph, its meta graph)
        if not defer_build:
            found = self._variables()
            if not found and not allow_empty:
                raise ValueError("No variables to save")
            if self._graph.literals == "tf":        # those that are there now, TensorFlow's way
                self._given = {name: parts[0][0] if parts[0][1] is None else [v for v, _ in parts]
                               for name, parts in found.items()}

    def _variables(self):
        """{name in the file: [(Variable, place)]}, see `saveables`."""
        return saveables(self._given, self._graph)

    # ---- the list of checkpoints --------------------------------------------------------

    last_checkpoints = property(lambda self: [p for p, _ in self._kept])

    def set_last_checkpoints(self, last_checkpoints):
        """Say which checkpoints are there, to go on deleting old ones."""
        self._kept = [(p, 0.0) for p in last_checkpoints]

    def set_last_checkpoints_with_time(self, last_checkpoints_with_time):
        """Say which checkpoints are there, as (path, seconds since 1970)."""
        self._kept = [(p, float(t)) for p, t in last_checkpoints_with_time]

    def recover_last_checkpoints(self, checkpoint_paths):
        """Say which checkpoints are there; those that are not are left out."""
        checkpoints = []
        for path in checkpoint_paths:
            with contextlib.suppress(FileNotFoundError):
                checkpoints.append((path, time_of(path)))
        self._kept = checkpoints

    # ---- saving -------------------------------------------------------------------------

    @door
    def save(self, sess, save_path, global_step=None, latest_filename=None,
             meta_graph_suffix="meta", write_meta_graph=True, write_state=True,
             strip_default_attrs=False, save_debug_info=False):
        """Write the variables' values; returns the checkpoint's path.

        Parameters
        ----------
        sess : Session
        save_path : str
            The folder is made if the one above it is there. A path that ends in `.safetensors` is
            the one file, in that form; else TensorFlow's files are written, whose names begin with
            the path.
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
        path = self._path(sess, os.fspath(save_path), global_step)
        folder = os.path.dirname(os.path.abspath(path))
        if not os.path.isdir(os.path.dirname(folder)):
            raise ValueError(f"Parent directory of {save_path} doesn't exist, can't save.")
        values = values_of(self._variables(), sess.store)
        if self._format == "safetensors" or path.endswith(".safetensors"):
            values = {name: assembled(v) for name, v in values.items()}
        write = encode_checkpoint(path, values, self._format)
        if not os.path.isdir(folder):
            os.makedirs(folder, exist_ok=True)
            flush_folder(os.path.dirname(folder))
        in_turn(folder, lambda: self._write(path, write, write_state, folder, latest_filename))
        if write_meta_graph and self._graph.literals == "tf":
            self._write_graph(f"{path}.{meta_graph_suffix}")
        return path

    def _write_graph(self, path):
        """The meta graph beside the values, as TensorFlow's Savers leave one."""
        if self._meta is None or self._meta[0] != self._graph.version:
            try:
                meta = self.export_meta_graph()
            except ImportError as e:
                self._meta = self._graph.version, None
                warn(f"Saver.save: {path!r} is not written. {e}")
            else:
                self._meta = self._graph.version, meta.SerializeToString(deterministic=True)
        if self._meta[1] is not None:
            write_whole(path, [self._meta[1]])

    def _write(self, path, write, listed, folder, latest_filename):
        if not listed:
            write()
            return
        now = time.time()
        # other Savers of the folder may have deleted some
        others = [(p, t) for p, t in self._kept if p != path and checkpoint_exists(p)]
        try:
            write()
        finally:                        # it may be there though the end of writing it failed
            self._kept = others + [(path, now)] * checkpoint_exists(path)
        kept, old, next_ = self._sorted_out(now)
        state = generate_checkpoint_state_proto(
            os.path.dirname(path), path, [p for p, _ in kept], relative=self._relative)
        write_state(folder, state, latest_filename)
        left = [(p, t) for p, t in old if not _deleted(p)]
        self._kept, self._next = left + kept, next_

    def _path(self, sess, save_path, global_step):
        if os.path.isdir(save_path) or not os.path.basename(save_path):
            raise ValueError(f"save_path must name a file, not a folder: {save_path!r}")
        if global_step is None:
            return save_path
        if not isinstance(global_step, (int, np.integer)):
            global_step = int(sess.run(global_step))
        step = f"-{global_step:08d}" if self._pad else f"-{global_step}"
        base, dot, ending = save_path.rpartition(".")
        return (f"{base}{step}.{ending}" if ending == "safetensors" and dot
                else save_path + step)

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

    # ---- restoring ----------------------------------------------------------------------

    @door
    def restore(self, sess, save_path):
        """Put the values of a checkpoint into a session's variables; they need no initializer.

        Parameters
        ----------
        sess : Session
        save_path : str
            What `save` returned, or `latest_checkpoint` found: a checkpoint of fastgrad's or
            TensorFlow's, of version 1 or 2.

        Raises
        ------
        NotInFileError
            If the checkpoint is not there or lacks a variable.
        DamagedFileError
            If a file is cut off, damaged or no checkpoint.
        MisfitError
            If a shape or dtype differs. In all cases no variable changes.
        """
        if save_path is None:
            raise ValueError("Can't load save_path when it is None.")
        save_path = os.fspath(save_path)
        if not checkpoint_exists(save_path):
            raise NoCheckpointError(f"The passed save_path is not a valid checkpoint: {save_path}")
        put(fitting(self._variables(), open_checkpoint(save_path), self._reshape), sess.store)

    # ---- TensorFlow's other names -------------------------------------------------------

    def build(self):
        """Nothing to do: variables are found when saving."""

    def as_saver_def(self):
        """A SaverDef with this Saver's settings, and the names that TensorFlow's operations
        for saving would have."""
        return SaverDef(
            filename_tensor_name=f"{self._name}/Const:0",
            save_tensor_name=f"{self._name}/control_dependency:0",
            restore_op_name=f"{self._name}/restore_all", max_to_keep=self._max or 0,
            sharded=self._sharded, keep_checkpoint_every_n_hours=self._hours,
            version=SaverDef.V2)

    saver_def = property(as_saver_def)

    def to_proto(self, export_scope=None):
        """The same as `as_saver_def()`."""
        return self.as_saver_def()

    @classmethod
    def from_proto(cls, saver_def, import_scope=None):
        """A Saver of all variables with the settings of a SaverDef."""
        return cls(saver_def=saver_def, sharded=saver_def.sharded, defer_build=True)

    def export_meta_graph(self, filename=None, collection_list=None, as_text=False,
                          export_scope=None, clear_devices=False, clear_extraneous_savers=False,
                          strip_default_attrs=False, save_debug_info=False):
        """The graph with its collections and this Saver, as TensorFlow's MetaGraphDef.

        Parameters
        ----------
        filename : str, optional
            Written there too.
        collection_list : list of str, optional
            The collections that go out; all, if not given.
        as_text : bool
        """
        return hooks.export_meta_graph(
            filename, collection_list=collection_list, as_text=as_text, graph=self._graph,
            saver=self)


class NoCheckpointError(NotInFileError, ValueError):
    """A path at which there is no checkpoint."""


@door
def import_meta_graph(meta_graph_or_file, clear_devices=False, import_scope=None, **kwargs):
    """Add a meta graph to the default graph; returns a Saver that restores its variables.

    Parameters
    ----------
    meta_graph_or_file : str or MetaGraphDef
        The path of a `.meta` file that a Saver wrote.
    import_scope : str, optional
        What comes before all names.

    Returns
    -------
    Saver, or None if there are no variables

    Raises
    ------
    OSError
        If the file is not there or holds no meta graph.
    ValueError
        If its graph is none; the default graph is then as it was.
    """
    return hooks.import_meta_graph(meta_graph_or_file, clear_devices, import_scope, **kwargs)


@door
def export_meta_graph(filename=None, meta_info_def=None, graph_def=None, saver_def=None,
                      collection_list=None, as_text=False, graph=None, **kwargs):
    """The default graph with its collections, as TensorFlow's MetaGraphDef.

    Parameters
    ----------
    filename : str, optional
        Written there too.
    graph : Graph, optional
    collection_list : list of str, optional
        The collections that go out; all, if not given.
    as_text : bool
    """
    return hooks.export_meta_graph(filename, meta_info_def, graph_def, saver_def, collection_list,
                                   as_text, graph, **kwargs)


def _deleted(path):
    """Delete an old checkpoint; whether it is gone."""
    try:
        remove_checkpoint(path)
    except OSError as e:
        warnings.warn(f"the old checkpoint {path!r} could not be deleted, which the next save will "
                      f"try again: {e}", stacklevel=7)
        return False
    return True


__all__ = ["Saver", "export_meta_graph", "import_meta_graph", "remove_checkpoint"]
