"""Lookup tables: keys and values that a session keeps from run to run.

A table is filled by an operation of its own, once; before that a look-up fails. Its handle is a
number, the table's operation; the values lie in the session's store, beside the variables'.
"""

import numpy as np

from fastgrad.errors import KernelError, NotFoundError, StateError
from fastgrad.flow.control import session_op
from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import INT64, TEXT, strong
from fastgrad.graph.interned import decoded, encoded
from fastgrad.graph.registry import NotDifferentiable
from fastgrad.ops.state import group
from fastgrad.wording import where

WHOLE_LINE, LINE_NUMBER = -2, -1        # what stands for a column of a text file


@session_op
def lookup_table(session, node, inputs, known, done):
    return [np.array(node.id, INT64)]


def _plain(array):
    """Keys or values as Python objects: bytes or numbers."""
    array = np.asarray(array)
    return (decoded(array) if array.dtype == TEXT else array).reshape(-1).tolist()


def _table(session, node, handle):
    table = session.store.tables.get(int(handle))
    if table is None:
        raise StateError(f"{where(node)}: Table not initialized. Run tables_initializer() first.",
                         node)
    return table


@session_op
def lookup_find(session, node, inputs, known, done):
    table = _table(session, node, inputs[0])
    keys, default = np.asarray(inputs[1]), _plain(inputs[2])[0]
    found = [table.get(k, default) for k in _plain(keys)]
    dtype = strong(node.outputs[0]._dtype)
    if dtype != TEXT:
        return [np.array(found, dtype).reshape(keys.shape)]
    texts = np.empty(len(found), object)
    texts[:] = found
    return [encoded(texts.reshape(keys.shape))]


@session_op
def lookup_size(session, node, inputs, known, done):
    return [np.array(len(_table(session, node, inputs[0])), INT64)]


@session_op
def lookup_import(session, node, inputs, known, done):
    keys, values = _plain(inputs[1]), _plain(inputs[2])
    if len(keys) != len(values):
        raise KernelError(f"{where(node)}: {len(keys)} keys and {len(values)} values.", node)
    _fill(session, node, int(inputs[0]), zip(keys, values))
    return []


@session_op
def lookup_insert(session, node, inputs, known, done):
    table = session.store.tables.setdefault(int(inputs[0]), {})
    table.update(zip(_plain(inputs[1]), _plain(inputs[2])))
    return []


def _fill(session, node, handle, pairs):
    """Fill a table; one that is there must be the same."""
    table = {}
    for key, value in pairs:
        if table.setdefault(key, value) != value:
            raise KernelError(f"{where(node)}: the key {key!r} has two values, {table[key]!r} and "
                              f"{value!r}.", node)
    if session.store.tables.get(handle, table) != table:
        raise StateError(f"{where(node)}: Table was already initialized with different data.", node)
    session.store.tables[handle] = table


@session_op
def lookup_from_file(session, node, inputs, known, done):
    a, path = node.attrs, _plain(inputs[1])[0].decode()
    try:
        with open(path, "rb") as file:
            lines = file.read().splitlines()
    except OSError as e:
        raise NotFoundError(f"{path}; {e.strerror} (read by {where(node)})", node) from None
    if a["vocab_size"] not in (-1, 0, None):
        if len(lines) < a["vocab_size"]:
            raise KernelError(f"{where(node)}: Invalid vocab_size in {path}: expected "
                              f"{a['vocab_size']} but got {len(lines)}", node)
        lines = lines[:a["vocab_size"]]
    columns = [_column(node, lines, a[k], a["delimiter"], a[f"{k[:-6]}_dtype"])
               for k in ("key_index", "value_index")]
    _fill(session, node, int(inputs[0]), zip(*columns))
    return []


def _column(node, lines, index, delimiter, dtype):
    if index == LINE_NUMBER:
        return range(len(lines))
    texts = lines
    if index != WHOLE_LINE:
        rows = [line.split(delimiter) for line in lines]
        if any(len(row) <= index for row in rows):
            raise KernelError(f"{where(node)}: a line has no column {index}.", node)
        texts = [row[index] for row in rows]
    try:
        return texts if dtype == TEXT else [np.dtype(dtype).type(t).item() for t in texts]
    except ValueError as e:
        raise KernelError(f"{where(node)}: {e}", node) from None


for _type in ("lookup_table", "lookup_find", "lookup_size", "lookup_import", "lookup_insert",
              "lookup_from_file"):
    NotDifferentiable(_type)


@door
def tables_initializer(name="init_all_tables"):
    """An operation that fills all lookup tables of the default graph."""
    return group(*get_default_graph().get_collection(GraphKeys.TABLE_INITIALIZERS), name=name)


__all__ = ["tables_initializer"]
