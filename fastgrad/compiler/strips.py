"""Strips: runs of steps that are executed tile by tile, so that data stays in cache.

A run of elementwise steps over many elements writes and reads whole arrays that no cache holds.
As a strip, all its steps do one tile before any does the next; a value that only the strip uses
needs one tile of scratch on the stack instead of an array. Measured on arrays beyond the cache:
1.6 times as fast at a million elements, nothing won below ten thousand, so short steps are
left alone. `row_strips` finds strips whose tiles are blocks of rows.

`find` marks steps before memory is placed (`Step.strip`), `join` makes one Kernel of each run
after the steps have been emitted.
"""

from fastgrad.compiler import families
from fastgrad.compiler.layout.elementwise import one_element
from fastgrad.compiler.layout.emitter import Kernel
from fastgrad.compiler.fuse import step_reads
from fastgrad.compiler.place import Storage
from fastgrad.compiler.size import about, same

AT_LEAST = 16384             # elements; smaller arrays are in cache anyway
SCRATCH = 16384              # bytes: with the arrays streaming by, what a first-level cache keeps
SCRATCH_LIMIT = 1 << 16      # bytes that a Program has for a strip
LONGEST = 64                 # steps in one strip
LONGEST_TILE = 4096          # elements; shorter ones pay for their calls: 10 ns a step and tile


class Strip:
    """What the steps of a strip have in common.

    Attributes
    ----------
    rows : int
        What the strip's range counts, if it is rows; 0: elements.
    tile : int
        Elements or rows that all steps do before any goes on.
    slots, slot_bytes : int
        Pieces of scratch, and how large each is.
    """

    __slots__ = ("rows", "tile", "slots", "slot_bytes")

    def __init__(self, rows=0, tile=0, slots=0, slot_bytes=0):
        self.rows, self.tile = rows, tile
        self.slots, self.slot_bytes = slots, slot_bytes


def find(steps, emitter):
    """Mark runs of two or more neighbouring elementwise steps of one size."""
    run = []
    for step in [*steps, None]:
        if step is not None and _fits(step, run, emitter):
            run.append(step)
            continue
        if len(run) > 1:
            strip = Strip()
            for s in run:
                s.strip = strip
        run = [step] if step is not None and run and _fits(step, [], emitter) else []


def _fits(step, run, emitter):
    if step.late or step.fused or step.strip is not None:
        return False
    if "elements" not in families.of(step.opdef).tiles:
        return False
    out = step.out
    if about(out.size) < AT_LEAST or len(run) >= LONGEST or run and not same(
            run[0].out.size, out.size):
        return False
    if any(not one_element(v) and not same(v.size, out.size) for v in step.inputs):
        return False
    kernels = emitter.emit(step)
    # a kernel that counts rows cannot take a tile of elements
    return len(kernels) == 1 and kernels[0].symbol is not None and same(kernels[0].count,
                                                                              out.size)


def place_scratch(steps, fetched):
    """Give values that only their own strip uses a slot of its scratch."""
    inside = _private(steps, fetched)
    last = {v: i for i, step in enumerate(steps) for v in step_reads(step) if v in inside}
    free, strip = [], None
    for i, step in enumerate(steps):
        if step.strip is None or step.strip.rows:
            continue
        if step.strip is not strip:
            free, strip = [], step.strip
        done = [v for v in dict.fromkeys(step_reads(step)) if last.get(v) == i]
        # a kernel may write over an input only element for element
        over = [v for v in done if v.dtype.itemsize == step.out.dtype.itemsize]
        free += [v.storage.index for v in over]
        if step.out in inside:
            if not free:
                free.append(strip.slots)
                strip.slots += 1
            step.out.storage = Storage("scratch", step.out.size * step.out.dtype.itemsize)
            step.out.storage.index = free.pop()
        free += [v.storage.index for v in done if v not in over]


def _private(steps, fetched):
    """Values of elementwise strips that only their own strip uses."""
    outside = set(fetched)
    for step in steps:
        for v in step_reads(step):
            if v.step is not None and (v.step.strip is None or v.step.strip is not step.strip):
                outside.add(v)
    return {s.out for s in steps if s.strip is not None and not s.strip.rows
            and s.out not in outside and s.out.storage is None}


def join(kernels):
    """Kernels of one strip become one Kernel with `parts`."""
    joined, run = [], []
    for k in [*kernels, None]:
        strip = None if k is None else k.step.strip
        if run and strip is not run[-1].step.strip:
            joined.append(_joined(run))
            run = []
        if k is not None:
            (joined if strip is None else run).append(k)
    return joined


def _joined(run):
    strip = run[-1].step.strip
    written = [v for k in run for v in k.values[:k.writes]
               if v is not None and v.storage.kind != "scratch"]
    inner = {id(v) for k in run for v in k.values[:k.writes]}
    read = [v for k in run for v in k.values[k.writes:] if v is not None and id(v) not in inner
            and (v.storage is None or v.storage.kind != "scratch")]
    joined = Kernel(run[-1].step, "row strip" if strip.rows else "strip",
                    list(dict.fromkeys(written + read)), strip.rows or run[0].count)
    joined.parts, joined.writes = run, len(dict.fromkeys(written))
    if not strip.rows:
        widest = max(v.dtype.itemsize for k in run for v in k.values if v is not None)
        tile = min(LONGEST_TILE, SCRATCH // (widest * max(2, strip.slots)))
        strip.tile = max(64, tile // 64 * 64)
        strip.slot_bytes = strip.tile * widest
    return joined


def tile_of(joined):
    """(elements or rows a tile, bytes of scratch) of a joined strip."""
    strip = joined.step.strip
    return strip.tile, strip.slot_bytes * strip.slots


def substeps(joined, operand, address):
    """The strip's steps as Program wants them: (address, operands, advances, ext, par[, units])."""
    strip, steps = joined.step.strip, []
    for k in joined.parts:
        operands, advances = [], []
        for v in k.values:
            if v is not None and v.storage is not None and v.storage.kind == "scratch":
                operands.append((-1, v.storage.index * strip.slot_bytes))
                advances.append(0)
            else:
                operands.append(operand(v))
                advances.append(0 if v is None else _advance(v, k, strip))
        units = k.count // strip.rows if strip.rows else 1
        more = (units,) if units > 1 else ()
        steps.append((address(k), tuple(operands), tuple(advances), k.ext, k.par, *more))
    return tuple(steps)


def _advance(v, k, strip):
    """Bytes from one element or row of an operand to the next; 0: all tiles use the same."""
    if not strip.rows:
        return v.dtype.itemsize if same(v.size, k.count) else 0
    if same(v.shape[:1], (strip.rows,)):
        return v.size // strip.rows * v.dtype.itemsize
    return v.shape[1] * v.dtype.itemsize // strip.tile if v in k.step.outs else 0
