"""TensorFlow's `tf.summary`: values for TensorBoard.

A summary node's value is bytes, a serialised Summary. Its tensors are fetched by the run's own plan
and encoded after it, so that fetching summaries beside a training step costs no second plan.
"""

import re
import threading

import numpy as np

from fastgrad import elsewhere as _elsewhere
from fastgrad.errors import DTypeError, KernelError, ShapeError
from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import TEXT
from fastgrad.graph.graph import Graph
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import NotDifferentiable, op
from fastgrad.io import events, protobuf
from fastgrad.io.event_protos import Event, SessionLog, Summary, summary_iterator
from fastgrad.ops.state import stop_gradient
from fastgrad.wording import where


def encode(node, values):
    """The bytes of a summary node from the arrays of its inputs."""
    for (kind, tag, *_), v in zip(node.attrs["parts"], values):
        if kind == "scalar" and np.ndim(v):
            raise KernelError(f"the scalar summary {tag!r} got an array of shape {np.shape(v)}; "
                              "reduce it to one number.", node)
    makers = {"scalar": events.scalar_value, "histogram": events.histogram_value,
              "image": events.image_value}
    return b"".join(makers[kind](tag, v, *more)
                    for (kind, tag, *more), v in zip(node.attrs["parts"], values))


@op(None, dtype=None, after_run=encode, pure=False, outputs=1)
def summary_(*values, parts=None):
    """What scalar, histogram and merge make; `Session.run` calls `encode` on what it fetched."""


NotDifferentiable("summary_")


def _node(graph, inputs, parts, name):
    return graph.add_op(summary_.opdef, inputs, {"parts": parts}, [((), np.dtype(object))],
                        name).outputs[0]


def _one(kind, name, tensor, collections, family, *more):
    x = as_tensor(tensor)
    graph = x.graph
    if not isinstance(name, str):
        raise TypeError(f"the name of a summary must be a string; got {name!r:.60}.")
    if x._dtype == TEXT:
        raise DTypeError(f"{kind} summary: {where(x)} has dtype string; expected numbers.")
    clean = re.sub(r"[^-/\w\.]", "_", str(name)).lstrip("/")
    label = f"{family}/{clean}" if family else clean
    with graph.name_scope(label) as scope:
        tag = f"{family}/{scope.rstrip('/')}" if family else scope.rstrip("/")
        if x.op.op_type in ("variable", "identity"):
            # what is read here, and not what a fetch of the variable would show
            x = stop_gradient(x, name="value")
        made = _node(graph, [x], [(kind, tag, *more)], scope)
    for key in [GraphKeys.SUMMARIES] if collections is None else collections:
        graph.add_to_collection(key, made)
    return made


@door
def scalar(name, tensor, collections=None, family=None):
    """A summary of one number, under the node's name.

    Returns
    -------
    Tensor
        Its value in a run is bytes, for `FileWriter.add_summary`.

    Examples
    --------
    >>> shown = summary.scalar('loss', constant(0.5))
    >>> type(Session().run(shown)).__name__
    'bytes'
    """
    return _one("scalar", name, tensor, collections, family)


@door
def histogram(name, values, collections=None, family=None):
    """A summary of how the elements of a tensor are distributed.

    Examples
    --------
    >>> shown = summary.histogram('weights', constant([1.0, 2.0]))
    >>> type(Session().run(shown)).__name__
    'bytes'
    """
    return _one("histogram", name, values, collections, family)


@door
def image(name, tensor, max_outputs=3, collections=None, family=None):
    """A summary of the first images of a batch.

    Parameters
    ----------
    name : str
    tensor : tensor (n, height, width, channels) of uint8 or floats
        1 channel is grey, 3 are RGB, 4 are RGBA; floats are scaled, each image by itself.
    max_outputs : int

    Raises
    ------
    ShapeError
        If the tensor has not 4 dimensions, or another number of channels.
    """
    x = as_tensor(tensor)
    if x._shape is not None and (len(x._shape) != 4
                                 or x._shape[3] not in (None, 1, 3, 4)):
        raise ShapeError(f"summary.image takes images of shape (n, height, width, 1, 3 or 4); "
                         f"{where(x)} has shape {x._shape}.")
    if x._dtype is not None and x._dtype != np.uint8 and x._dtype.kind != "f":
        raise DTypeError(f"summary.image takes uint8 or floats; {where(x)} has dtype "
                         f"{x.dtype.name}. Use cast().")
    return _one("image", name, x, collections, family, int(max_outputs))


@door
def merge(inputs, collections=None, name=None):
    """One summary of several.

    Examples
    --------
    >>> a, b = summary.scalar('a', constant(1.0)), summary.scalar('b', constant(2.0))
    >>> type(Session().run(summary.merge([a, b]))).__name__
    'bytes'
    """
    given = [as_tensor(i) for i in inputs]
    if not given:
        raise ValueError("merge: there are no summaries.")
    graph = given[0].graph
    tensors = [t for s in given for t in s.op._inputs]
    parts = [p for s in given for p in s.op.attrs["parts"]]
    with graph.name_scope(name or "Merge") as scope:
        made = _node(graph, tensors, parts, scope + "MergeSummary/" if name is None else scope)
    for key in collections or ():
        graph.add_to_collection(key, made)
    return made


@door
def merge_all(key=GraphKeys.SUMMARIES, scope=None, name=None):
    """One summary of all that are collected; None if there are none.

    Examples
    --------
    >>> shown = summary.scalar('loss', constant(0.5))
    >>> summary.merge_all() is not None
    True
    """
    found = get_default_graph().get_collection(key, scope)
    return merge(found, name=name) if found else None


# ---- files ------------------------------------------------------------------------------

class FileWriter:
    """Writes summaries to an event file that TensorBoard shows.

    Parameters
    ----------
    logdir : str
        Made if it is not there.
    graph : Graph, optional
        Shown on TensorBoard's graph page.
    filename_suffix : str, optional

    Examples
    --------
    >>> writer = summary.FileWriter('logs')
    >>> writer.add_summary(Session().run(summary.scalar('loss', constant(0.5))), global_step=1)
    >>> writer.close()
    """

    def __init__(self, logdir, graph=None, max_queue=10, flush_secs=120, graph_def=None,
                 filename_suffix=None, session=None):
        self._folder, self._suffix = logdir, filename_suffix or ""
        self._file, self._queue, self._since = events.EventFile(logdir, self._suffix), max_queue, 0
        if graph is not None:
            self.add_graph(graph)
        self._file.flush()

    def get_logdir(self):
        return self._folder

    def add_summary(self, summary, global_step=None):
        """Write what a summary node gave, or a `Summary`."""
        data = summary if isinstance(summary, bytes) else summary.SerializeToString()
        if global_step is not None:
            global_step = int(global_step)
        self._file.event(protobuf.text(5, data), global_step)
        self._since += 1
        if self._since >= self._queue:
            self.flush()

    def add_graph(self, graph, global_step=None, graph_def=None):
        """Write a graph's operations and edges."""
        if not isinstance(graph, Graph):
            raise ValueError("The passed graph must be an instance of Graph.")
        self._file.event(protobuf.text(4, events.graph_def(graph)), global_step)

    def add_event(self, event):
        """Write an `Event` as it is."""
        self._file.data(event.SerializeToString())

    def add_session_log(self, session_log, global_step=None):
        """Write that a session began, ended or saved: a `SessionLog`."""
        self._file.event(protobuf.text(7, session_log.SerializeToString()), global_step)

    def add_run_metadata(self, *_, **__):
        """Accepted, ignored."""

    add_meta_graph = add_run_metadata

    def flush(self):
        self._since = 0
        self._file.flush()

    def close(self):
        self._file.close()

    def reopen(self):
        """Go on in a new file after close()."""
        self._file = events.EventFile(self._folder, self._suffix)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class FileWriterCache:
    """One FileWriter a folder.

    Examples
    --------
    >>> summary.FileWriterCache.get('logs') is summary.FileWriterCache.get('logs')
    True
    >>> summary.FileWriterCache.clear()
    """

    _writers, _lock = {}, threading.RLock()

    @staticmethod
    def get(logdir):
        """The writer of a folder, made at the first call with the default graph of that moment."""
        with FileWriterCache._lock:
            found = FileWriterCache._writers.get(logdir)
            if found is None:
                found = FileWriter(logdir, get_default_graph())
                found = FileWriterCache._writers.setdefault(logdir, found)
            return found

    @staticmethod
    def clear():
        """Close and forget all writers."""
        with FileWriterCache._lock:
            for writer in FileWriterCache._writers.values():
                writer.close()
            FileWriterCache._writers.clear()


__all__ = ["scalar", "histogram", "image", "merge", "merge_all", "Event", "FileWriter",
           "FileWriterCache", "SessionLog", "Summary", "summary_iterator"]
__getattr__ = _elsewhere.missing("fastgrad.summary")
