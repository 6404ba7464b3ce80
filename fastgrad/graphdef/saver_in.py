"""Builders of the nodes of savers, which read and write TensorFlow's checkpoints in a run."""

import numpy as np

from fastgrad.errors import MisfitError
from fastgrad.flow.control import add_session_op, session_op
from fastgrad.graph.dtypes import TEXT
from fastgrad.graph.interned import decoded, encoded
from fastgrad.graph.registry import NotDifferentiable
from fastgrad.graphdef.registry import RegisterImport
from fastgrad.io.checkpoint import encode_checkpoint, open_checkpoint
from fastgrad.ops.state import constant, group, identity
from fastgrad.wording import where


def texts(value):
    """Strings of an array, or of one, as str."""
    return [v.decode() for v in np.ravel(decoded(np.asarray(value))).tolist()]


@session_op
def restore_tensors(session, node, inputs, known, done):
    prefix, names, slices = (texts(v) for v in inputs)
    stored = open_checkpoint(prefix[0])
    found = []
    for name, part, t in zip(names, slices, node.outputs):
        array = np.asarray(stored[name])
        array = encoded(array) if array.dtype.kind in "OSU" else array
        if t._dtype is not None and array.dtype != t._dtype:
            raise MisfitError(f"{where(node)}: {name!r} is of dtype {array.dtype} in the "
                              f"checkpoint; expected {t._dtype}.", node)
        found.append(array[slice_of(part)])
    return found


def slice_of(text):
    """The index that a saver's slice means: "20 8 0,7:0,8" is [0:7, 0:8] of (20, 8)."""
    bounds = text.split()[-1:] if text else []
    if not bounds or "," not in bounds[0] and "-" not in bounds[0]:
        return ...
    index = []
    for one in bounds[0].split(":"):
        if one == "-":
            index.append(slice(None))
        else:
            start, length = map(int, one.split(","))
            index.append(slice(start, start + length))
    return tuple(index)


@session_op
def save_tensors(session, node, inputs, known, done):
    prefix, names, slices = (texts(v) for v in inputs[:3])
    values = {}
    for name, value in zip(names, inputs[3:]):
        value = np.asarray(value)
        values[name] = decoded(value) if value.dtype == TEXT else value
    encode_checkpoint(prefix[0], values, "tensorflow")()
    return []


for _type in ("restore_tensors", "save_tensors"):
    NotDifferentiable(_type)


@RegisterImport("RestoreV2", effect=True)
def restore_v2(node):
    kinds = node.attr("dtypes", [])
    return add_session_op(restore_tensors, node.inputs, {}, [(None, d) for d in kinds],
                          node.name + "/", node.graph)


@RegisterImport("SaveV2", effect=True)
def save_v2(node):
    return add_session_op(save_tensors, node.inputs, {}, [], node.name + "/", node.graph)


@RegisterImport("RestoreSlice", "Restore", effect=True)
def restore_old(node):
    prefix, name, *part = node.inputs
    rest = [node.part("reshape", t, constant(np.array([1], np.int32))) for t in (name, *part)]
    rest += [constant(np.array([b""], object))] * (2 - len(rest))
    return add_session_op(restore_tensors, [prefix, *rest], {}, [(None, node.dtype("dt"))],
                          node.name + "/", node.graph)


@RegisterImport("Save", "SaveSlices", effect=True)
def save_old(node):
    rest = node.inputs[2:] if node.type == "Save" else node.inputs[3:]
    slices = constant(np.array([b""] * len(rest), object)) if node.type == "Save" else \
        node.inputs[2]
    return add_session_op(save_tensors, [*node.inputs[:2], slices, *rest], {}, [],
                          node.name + "/", node.graph)


@RegisterImport("ShardedFilename")
def sharded_filename(node):
    """A checkpoint is one file here, of the name of the whole."""
    return identity(node.inputs[0], name=node.name + "/")


@RegisterImport("ShardedFilespec")
def sharded_filespec(node):
    return identity(node.inputs[0], name=node.name + "/")


@RegisterImport("MergeV2Checkpoints", effect=True)
def merge_checkpoints(node):
    return group(name=node.name + "/")
