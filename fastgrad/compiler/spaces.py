"""Where a plan's operands lie, as its Program counts memory: arena, constants, variables, feeds.

Owns the numbers of a Program's operand spaces, the pool of constants, and the tuples that a Program
is made of.
"""

import numpy as np

from fastgrad.compiler import failsafe, strips
from fastgrad.compiler.ir import Numbers, root_of
from fastgrad.compiler.layout.emitter import OWN
from fastgrad.compiler.size import Choice, Size, about

ARENA, CONSTANTS, FIRST_VARIABLE = 0, 1, 2
NUMBERS = ("float32", "float64", "int32", "int64")      # that a Program writes sizes as


def address_of(k, table):
    """The address of a kernel; of one that hangs on a size, the choice."""
    if k.choice is None:
        return table[k.symbol]
    size, limits, symbols = k.choice
    return Choice(size, limits, tuple(table[s] for s in symbols))


def streams_of(kernels):
    """The random streams that kernels draw from, each once."""
    return list(dict.fromkeys(v.source for k in kernels for v in k.values
                              if v is not None and v.kind == "stream"))


class Spaces:
    """Where each storage lies for the Program, and the pool of constants."""

    def __init__(self, body, variables, streams):
        self.variable = {op: FIRST_VARIABLE + i for i, op in enumerate(body.variables)}
        self.stream = {s: FIRST_VARIABLE + variables + i for i, s in enumerate(streams)}
        self.feed = FIRST_VARIABLE + variables + len(streams)
        self.result = self.feed + len(body.feeds)
        self.constants = {}                  # (dtype, bytes) -> offset
        self.numbers = []                    # (offset, dtype, Size) of constants that are sizes
        self.blocks, self.top = [], 0
        self.tapes = {}                      # Tape -> its number

    def operand(self, value):
        """(space, offset) of a value, None for none."""
        if value is None:
            return None
        root = root_of(value)                # a view of a constant too is among the constants
        if root.known:
            return CONSTANTS, self._constant(root)
        s = value.storage
        if s.kind == "arena":
            return ARENA, s.offset
        if s.kind == "var":
            return self.variable[s.source], 0
        if s.kind == "stream":
            return self.stream[s.source], 0
        if s.kind == "feed":
            return self.feed + s.source, 0
        assert s.kind == "result", f"{value} lies in {s.kind}"
        return self.result + s.index, 0

    def indices(self, k):
        """What a kernel follows, as Program copies it after a failure."""
        return tuple((self.operand(v), v.dtype, v.shape)
                     for _, v, _ in failsafe.indices_of(k))

    def all_indices(self, kernels, holder=()):
        """(place, indices) of all kernels that follow some; of a block's, by way of its holder."""
        for i, k in enumerate(kernels):
            place = (*holder, i)
            followed = self.indices(k)
            if followed:
                yield place if holder else i, followed
            inner = [part for block in k.blocks for part in block]
            yield from self.all_indices(inner, place)

    def _constant(self, value):
        if isinstance(value, Numbers) and value.dtype.name in NUMBERS:
            array = np.array([about(n) for n in value.numbers.flat], value.dtype)
            key = array.dtype.str, tuple(value.numbers.flat)
            self.numbers += [(self.top + i * array.itemsize, array.dtype, n)
                             for i, n in enumerate(value.numbers.flat)
                             if isinstance(n, Size) and key not in self.constants]
        else:
            array = np.ascontiguousarray(value.const)
            key = array.dtype.str, array.tobytes()
        if key not in self.constants:
            self.constants[key] = self.top
            self.blocks.append((self.top, array))
            self.top += -(-array.nbytes // 64) * 64
        return self.constants[key]

    def keep_present(self, sizes):
        """Room among the constants where a program writes the values of the symbols."""
        self.present = self.top
        self.numbers += [(self.top + 8 * i, np.dtype(np.int64), size)
                         for i, size in enumerate(sizes.symbol_sizes)]
        self.top += -(-8 * len(sizes.symbols) // 64) * 64

    def pool(self):
        """All constants in one array."""
        pool = np.zeros(max(self.top, 1), np.uint8)
        for offset, array in self.blocks:
            pool[offset:offset + array.nbytes] = np.frombuffer(array.tobytes(), np.uint8)
        return pool

    def tuple_of(self, k, table):
        """A Kernel as Program takes it; `table`: symbol -> address."""
        if k.symbol in OWN:
            return (*self._own(k, table), int(k.parallel), int(k.barrier))
        if k.parts:
            tile, scratch = strips.tile_of(k)
            return ("strip", tile, scratch, strips.substeps(
                k, self.operand, lambda part: address_of(part, table)), 0, k.count,
                    k.grain, int(k.parallel), int(k.barrier))
        operands = tuple(self.operand(v) for v in k.values)
        if k.symbol is None:
            described = tuple((o, v.dtype, v.shape) for o, v in zip(operands, k.values))
            n = k.writes
            return k.call, described[:n], described[n:], k.foreign
        if k.offsets is not None:
            operands = tuple((space, start + more) for (space, start), more
                             in zip(operands, k.offsets))
        more = (k.piece_bytes,) if k.piece_bytes else ()
        return (address_of(k, table), operands, k.ext, k.par, k.aux, 0, k.count, k.grain,
                int(k.parallel), int(k.barrier), *more)

    # ---- steps that hold blocks ----
    def _own(self, k, table):
        if k.symbol in ("push", "pop"):
            value = k.values[0]
            return (k.symbol, self._tape(k.step.attrs["tape"]), self.operand(value),
                    value.size * value.dtype.itemsize)
        if k.symbol in ("put", "take", "gain"):
            return self._access(k)
        nested = k.step.attrs["nested"]
        blocks = [[self.tuple_of(inner, table) for inner in block] for block in k.blocks]
        if k.symbol == "branch":
            return ("branch", *blocks, self.operand(nested.test))
        return ("loop", *blocks, self.operand(nested.test), self.operand(nested.limit),
                tuple(map(self._tape, nested.counts)), self._tape(nested.turns))

    def _access(self, k):
        """A step that works on elements of an array."""
        elements, index = k.step.inputs[0], k.values[2 if k.symbol == "gain" else 3]
        row = elements.size // max(1, elements.shape[0]) * elements.dtype.itemsize
        attrs = k.step.attrs
        return (k.symbol, tuple(map(self.operand, k.values)), elements.shape[0], row, index.size,
                index.dtype.itemsize, attrs.get("clears", False), attrs.get("zeros", 0),
                elements.dtype)

    def _tape(self, tape):
        return None if tape is None else self.tapes.setdefault(tape, len(self.tapes))
