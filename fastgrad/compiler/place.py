"""Gives every value its memory: who may overwrite whom, and where in the arena it lies.

A Storage is memory for one or more values (views, in-place results). Kinds:
- arena: one block a plan, 64-byte aligned pieces whose lifetimes overlap never overlap;
- result: a fresh array a run, written in place by the step that makes the value;
- feed, const, var: memory that is there already.

Scratch that a step's family asks for lies in the arena as a value does that only this step uses:
a piece for each thread, of whole cache lines.
"""

import heapq

import numpy as np

from fastgrad.compiler import families
from fastgrad.compiler.ir import Value, root_of, variable_of
from fastgrad.compiler.size import about, most, same

ALIGN = 64


class Storage:
    """Memory for values.

    Attributes
    ----------
    kind : 'arena', 'result', 'feed', 'const', 'var' or 'scratch' (a tile of a strip)
    first, last : positions of the steps that write it first and read it last
    offset : bytes from the start of the arena
    index : which result, feed or constant
    """

    __slots__ = ("kind", "bytes", "first", "last", "offset", "index", "source")

    def __init__(self, kind, size, source=None):
        self.kind, self.bytes, self.source = kind, size, source
        self.first = self.last = -1
        self.offset = 0
        self.index = -1

    def become(self, other):
        """Take the place of another; views share this object."""
        self.kind, self.bytes, self.source = other.kind, other.bytes, other.source
        self.offset, self.index = other.offset, other.index


def place(steps, fetched, reads, inplace=True, threads=1):
    """Set `Value.storage` for all values; returns the arena's size in bytes.

    Parameters
    ----------
    steps : list of Step in the order of running
    fetched : list of Value, the plan's results in order
    reads : callable(step) -> values it reads
    inplace : bool
        Whether a step may write over an input that nothing needs afterwards.
    threads : int
        The most that may run a step.
    """
    for step in steps:
        _claim_scratch(step, threads)
    ends = _ends(steps, fetched, reads)
    _assign_storages(steps, reads, ends, inplace)
    for i, v in enumerate(fetched):
        if v.step is None and v.storage is None:
            v.storage = outside(v)
        if v.storage.kind == "arena":
            v.storage.kind, v.storage.index = "result", i
    _lifetimes(steps, reads)
    return _pack([s for s in _unique(steps) if s.kind == "arena"])


def reserve(steps, sizes):
    """Choose how large each symbol may become before its plan is made anew.

    The arena is laid out for the largest sizes. Small plans get room for much more than
    they have seen, large ones for twice as much, and huge ones for a little.
    """
    def total(factor):
        with sizes.supposing([s.hint * factor for s in sizes.symbols]):
            return sum(about(v.size) * v.dtype.itemsize for s in steps for v in s.outs)
    factor = next(f for limit, f in ROOM if total(1) <= limit)
    while factor >= 2 and factor < MOST_ROOM and total(2 * factor) <= SMALL:
        factor *= 2
    for s in sizes.symbols:
        s.most = min(s.most, int(s.hint * factor))


SMALL = 1 << 22             # bytes of values in a plan that nobody notices
MOST_ROOM = 64
ROOM = ((1 << 26, 2), (1 << 30, 1.25), (1 << 62, 1.0625))      # up to so many bytes, times as large


def _claim_scratch(step, threads):
    size = families.of(step.opdef).scratch
    if size is not None:
        step.scratch = Value((threads, _padded(most(size(step)))), np.dtype(np.uint8), "scratch")
        step.scratch.storage = Storage("arena", step.scratch.size)


def _ends(steps, fetched, reads):
    """{root value: position of the last step that reads it or a view of it}."""
    ends = {}
    for i, step in enumerate(steps):
        for v in reads(step):
            ends[root_of(v)] = i
    for v in fetched:
        ends[root_of(v)] = len(steps)
    return ends


def outside(value):
    """The storage of a value that no step makes."""
    if value.kind == "ghost":
        return None
    return Storage(value.kind, value.size * value.dtype.itemsize, value.source)


def _assign_storages(steps, reads, ends, inplace):
    for i, step in enumerate(steps):
        for v in reads(step):
            if v.step is None and v.storage is None:
                v.storage = outside(v)
        target = step.fused.get("into")
        if target is None and step.opdef.writes:
            target = step.inputs[0]
        if target is not None:
            if target.step is None and target.storage is None:
                target.storage = outside(target)
            step.out.storage = target.storage
            for out, slot in zip(step.outs[1:], step.inputs[1:]):
                if slot.step is None and slot.storage is None:
                    slot.storage = outside(slot)
                out.storage = slot.storage
            continue
        for n, out in enumerate(step.outs):
            out.storage = _for_output(step, n, out, i, ends, inplace)


def _for_output(step, n, out, i, ends, inplace):
    if step.opdef.view is not None:
        return step.inputs[step.opdef.view].storage
    if out.storage is not None:                  # a strip's scratch, placed already
        return out.storage
    if out.source is not None:                   # what a block of the step makes of a variable
        return next(v.storage for v in step.inputs if variable_of(v) is out.source)
    if inplace and n == 0 and len(step.outs) == 1 and not step.fused:
        for k in step.opdef.inplace:
            v = step.inputs[k]
            if (v.kind == "step" and v.storage.kind == "arena" and same(v.shape, out.shape)
                    and v.dtype == out.dtype and ends[root_of(v)] == i
                    and _alone(v, step, k)):
                return v.storage
    return Storage("arena", out.size * out.dtype.itemsize)


def _alone(v, step, k):
    """No other operand of the step may lie in the memory that it overwrites."""
    return all(j == k or u is v or u.kind == "ghost" or u.storage is not v.storage
               for j, u in enumerate(step.inputs))


def _lifetimes(steps, reads):
    """First and last use; the steps of a strip, which run interleaved, count as one."""
    first, last = {}, {}
    for i, step in enumerate(steps):
        if step.strip is not None:
            first.setdefault(step.strip, i)
            last[step.strip] = i
    for i, step in enumerate(steps):
        for v in (*step.outs, *reads(step), *_scratch(step)):
            s = v.storage
            if s.first < 0:
                s.first = first.get(step.strip, i)
            s.last = last.get(step.strip, i)


def _scratch(step):
    return () if step.scratch is None else (step.scratch,)


def _unique(steps):
    return dict.fromkeys(v.storage for step in steps for v in (*step.outs, *_scratch(step)))


def _pack(storages):
    """Offsets by first fit in the order of first use; returns the arena's size."""
    top, ending = 0, []                         # heap of storages by their last use
    holes = []                                  # (offset, size), sorted by offset
    for s in storages:
        while ending and ending[0][0] < s.first:
            old = heapq.heappop(ending)[2]
            _release(holes, old.offset, room_of(old))
        size = room_of(s)
        s.offset, top = _take(holes, size, top)
        heapq.heappush(ending, (s.last, s.offset, s))
    return top


def _padded(size):
    return max(ALIGN, -(-size // ALIGN) * ALIGN)


def room_of(storage):
    """Bytes that a storage has, whatever the sizes."""
    return _padded(most(storage.bytes))


def _take(holes, size, top):
    """The tightest hole that fits, else new memory at the top."""
    best = None
    for i, (_, room) in enumerate(holes):
        if room >= size and (best is None or room < holes[best][1]):
            best = i
    if best is not None:
        offset, room = holes[best]
        if room == size:
            del holes[best]
        else:
            holes[best] = (offset + size, room - size)
        return offset, top
    if holes and sum(holes[-1]) == top:         # grow the hole at the end
        offset, _ = holes.pop()
        return offset, offset + size
    return top, top + size


def _release(holes, offset, size):
    """Put a hole back, joined with its neighbours."""
    i = 0
    while i < len(holes) and holes[i][0] < offset:
        i += 1
    if i < len(holes) and offset + size == holes[i][0]:
        size += holes[i][1]
        del holes[i]
    if i and sum(holes[i - 1]) == offset:
        start, before = holes[i - 1]
        holes[i - 1] = (start, before + size)
    else:
        holes.insert(i, (offset, size))
