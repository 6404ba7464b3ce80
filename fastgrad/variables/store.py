"""The values of variables from run to run: one Store a graph, behind a lock."""

import numpy as np

from fastgrad._kernels.program import StoreLock
from fastgrad.errors import StateError
from fastgrad.graph import hooks, shapes
from fastgrad.graph.dtypes import TEXT
from fastgrad.graph.interned import held
from fastgrad.wording import refuse_copy, where


def aligned_empty(shape, dtype):
    """An uninitialised array that starts at a multiple of 64 bytes, as kernels like best."""
    size = shapes.size_of(shape) * dtype.itemsize
    block = np.empty(size + 64, np.uint8)
    start = -block.ctypes.data % 64
    return block[start:start + size].view(dtype).reshape(shape)


class Store:
    """The values of one set of variables.

    Parameters
    ----------
    evaluate : callable(tensor) -> array, optional
        Makes the initial value of a variable that is read before it has one. Without it,
        such a read raises StateError (TensorFlow's FailedPreconditionError).
    """

    def __init__(self, evaluate=None):
        self.buffers = {}           # id of a variable's operation -> array: no way to the graph
        self.tables = {}            # flow/tables.py: a table's operation -> its keys and values
        self._texts, self._pending = {}, set()     # what holds strings of buffers; to be settled
        self._evaluate = evaluate
        self.lock = StoreLock(StateError)  # held by a run, and wherever Python reads or writes

    def __reduce_ex__(self, protocol):
        refuse_copy("a Store")

    # counts buffers replaced: plans made before are stale
    version = property(lambda self: self.lock.version)

    def has(self, op):
        return op.id in self.buffers

    def can_read(self, op):
        """Whether there is a value, or an initial value to make it from."""
        return self.has(op) or (self._evaluate is not None
                                and op.attrs.get("initial") is not None)

    def buffer(self, op):
        """The variable's own memory, made from its initial value if there is none yet."""
        memory = self.buffers.get(op.id)
        if memory is not None:
            return memory
        if self._evaluate is None or op.attrs.get("initial") is None:
            raise StateError(
                f"{where(op)} has no value. Run "
                "global_variables_initializer(), or restore it, first.", op)
        with self.lock:                     # two threads must not both make it
            if op.id not in self.buffers:
                value = self._evaluate(op.get_attr("initial"))
                if op.id not in self.buffers:      # a signal handler may have made it meanwhile
                    self.set(op, value)
            return self.buffers[op.id]

    def reserve(self, op, shape, dtype):
        """Memory for a value that a plan is about to write, kept if it fits already."""
        memory = self.buffers.get(op.id)
        if memory is None or memory.shape != shape or memory.dtype != dtype:
            if memory is not None:       # what was compiled for the old one must not run again
                self.lock.version += 1
            memory = aligned_empty(shape, dtype)
        return memory

    def anticipate(self, ops, holders):
        """Strings of `holders` are about to be written to variables: hold those too."""
        for op in ops:
            self._pending.add(op.id)
            self._texts[op.id] = self._texts.get(op.id), holders

    def settle(self):
        """Hold the strings that variables have now, at the end of a run, and no others."""
        if self._pending:
            self._texts.update({i: held(self.buffers[i]) if i in self.buffers else None
                                for i in self._pending})
            self._pending.clear()

    def set(self, op, value):
        """Copy `value` in."""
        value = np.asarray(value)
        with self.lock:
            memory = self.reserve(op, value.shape, op.attrs["dtype"] or value.dtype)
            text = memory.dtype == TEXT
            if text:
                value = held(value)
                self._texts[op.id] = self._texts.get(op.id), value
            memory[...] = value
            self.buffers[op.id] = memory
            if text and op.id not in self._pending:
                self._texts[op.id] = value
        return memory

    def copy_of(self, op):
        """The value, copied between two runs."""
        with self.lock:
            memory = self.buffer(op)
            return held(memory) if memory.dtype == TEXT else memory.copy()

    def undoing(self):
        """A `with` that puts values back if it fails; `remember` says which."""
        return self.lock.undoing(self.buffers)

    def remember(self, ops, before):
        """Note variables' values in the dict of an `undoing`, each before its first change."""
        for op in ops:
            if op.id not in before:
                before[op.id] = self.copy_of(op) if self.has(op) else None


def store_of(graph):
    """The graph's own store, shared by its sessions."""
    if graph.store is None:
        graph.store = Store(hooks.initial_value)
    return graph.store
