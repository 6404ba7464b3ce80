"""Row strips: forward and backward over blocks of rows, so that a tall input is read once.

A model of few columns on many rows (20000 x 100 doubles, two classes) is bound by memory: its
input is read for `X W` and again for `X^T g`. A row strip does everything between the two, and
the second product, for one block of rows before it goes on to the next: the block stays in
the second-level cache, and what only the strip uses needs a few kilobytes of scratch.

Members are steps that work row by row (products with a small matrix, rowwise and elementwise steps)
and reductions over rows (`A^T g`, sums of columns or of all). A reduction writes what each
block adds into a row of *partials*; the step after the strip adds these up. Blocks are fixed
when the plan is made, so results do not depend on the threads.

Decisions (2 cores, 1 MB second-level and 32 MB shared cache)
- A block is 256 KB of what the strip reads: with 128 KB the time of 20000 x 100 is the same, with
  1 MB it is 10 % longer. The strip pays only for an input that the second-level cache does not
  hold, and for few columns: at 16 the arithmetic takes as long as reading the input five times.
- Partials may take an eighth of a block; beyond that they cost what the strip wins.
"""

import numpy as np

from fastgrad.compiler import families
from fastgrad.compiler.fuse import KERNEL_DTYPES, step_reads
from fastgrad.compiler.ir import Step, Value, const_value, root_of
from fastgrad.compiler.place import Storage
from fastgrad.compiler.size import about, same
from fastgrad.graph.opdef import OPS, OpDef
from fastgrad.graph.shapes import normal_axes
from fastgrad.compiler.strips import SCRATCH_LIMIT, Strip

AT_LEAST_ROWS = 4096
AT_LEAST_BYTES = 1 << 20        # of the input that is read twice
MOST_COLUMNS = 16               # of the first product
BLOCK_BYTES = 1 << 18
BLOCKS = (512, 256, 128, 64, 32)        # rows
PARTIAL_SHARE = 8               # partials take at most one in so many of a block's bytes
LONGEST = 64                    # steps in one strip
LOOK = 200                      # steps without a member before the search for more ends


def find(steps, fetched, emitter):
    """The steps with row strips marked, their reductions replaced by partials and totals.

    Parameters
    ----------
    steps : list of Step in the order of running
    fetched : list of Value
    emitter : Emitter, asked which steps have a kernel
    """
    twice = {root_of(s.inputs[0]) for s in steps if _is_transposed(s)}
    at = 0
    while twice and at < len(steps):
        if _is_root(steps[at], twice):
            search = _Search(steps, at, emitter)
            if search.pays() and search.choose_block(fetched):
                steps = steps[:at] + search.rebuilt()
                at += search.first_after
                continue
        at += 1
    return steps


def _is_transposed(s):
    """A^T g over many rows."""
    return (s.type == "gemm" and s.attrs["ta"] and not s.attrs["tb"]
            and about(s.inputs[0].shape[0]) >= AT_LEAST_ROWS)


def _is_root(s, twice):
    """Whether `s` is the forward product of an input that a later weight gradient reads again."""
    if s.type != "gemm" or s.attrs["ta"] or s.late or s.strip is not None:
        return False
    a = s.inputs[0]
    return (about(a.shape[0]) >= AT_LEAST_ROWS and about(s.out.shape[1]) <= MOST_COLUMNS
            and about(a.size) * a.dtype.itemsize >= AT_LEAST_BYTES and root_of(a) in twice
            and a.dtype.name in KERNEL_DTYPES)


class _Search:
    """Collects the members of a strip that starts with the step `steps[at]`.

    Attributes
    ----------
    members : list of Step in the order of running, reductions included
    inside : set of Value made by members
    behind : set of Value made by others from those, or from reductions
    """

    def __init__(self, steps, at, emitter):
        self.steps, self.at, self.emitter = steps, at, emitter
        self.rows = steps[at].inputs[0].shape[0]
        self.members, self.reductions = [], set()
        self.inside, self.behind = set(), set()
        self.before, self.after = [], []
        self._collect()

    def _collect(self):
        last = at = self.at
        for at in range(self.at, len(self.steps)):
            s = self.steps[at]
            if at - last > LOOK or len(self.members) == LONGEST:
                self.after += self.steps[at:]
                return
            kind = self._kind(s, step_reads(s))
            if kind == "before":
                self.before.append(s)
            elif kind == "after":
                self.after.append(s)
                self.behind.update(s.outs)
            else:
                self.members.append(s)
                last = at
                if kind == "reduction":
                    self.reductions.add(s)
                (self.behind if kind == "reduction" else self.inside).update(s.outs)

    def _kind(self, s, reads):
        if any(v in self.behind for v in reads):
            return "after"
        if s is not self.steps[self.at] and not any(v in self.inside for v in reads):
            return "after" if s.late or s.strip is not None else "before"
        if self._reduces(s):
            return "reduction"
        return "member" if not s.late and self._by_rows(s) else "after"

    def _by_rows(self, s):
        """Whether row i of all results needs row i of operands and what is there before."""
        m = self.rows
        if not all(same(v.shape[:1], (m,)) for v in s.outs):
            return False
        if s.opdef.view is not None:
            return True
        if "rows" not in families.of(s.opdef).tiles:
            return False
        kernels = self.emitter.emit(s)
        k = kernels[0]
        if len(kernels) != 1 or k.symbol is None or k.aux or k.offsets or k.across or k.count % m:
            return False
        whole = k.values[2:] if s.type == "gemm" else ()
        return not any(v is not None and same(v.shape[:1], (m,)) for v in whole) and not any(
            v in self.inside and not same(v.shape[:1], (m,)) for v in k.values)

    def _reduces(self, s):
        m, x = self.rows, s.inputs[0] if s.inputs else None
        if x is None or not same(x.shape[:1], (m,)) or x.dtype.name not in KERNEL_DTYPES:
            return False
        if _is_transposed(s):
            return same(s.inputs[1].shape[0], m) and not set(s.fused) - {"into", "alpha"}
        if s.type not in ("reduce_sum", "reduce_mean") or s.late:
            return False
        axes = normal_axes(s.attrs["axis"], len(x.shape))
        return len(axes) == len(x.shape) or axes == (0,)

    def pays(self):
        """Whether an input that is read for a product by rows is read for a reduction too."""
        forward, back = set(), set()
        for s in self.members:
            if s.type == "gemm" and s.inputs[0] not in self.inside:
                (back if s in self.reductions else forward).add(root_of(s.inputs[0]))
        return not forward.isdisjoint(back)

    # ---- the block ----
    def choose_block(self, fetched):
        """Lay out the scratch and choose the rows of a block; False if none will do."""
        private = self._private(fetched)
        row = self.rows
        streams = {root_of(v) for s in self.members for v in (*step_reads(s), *s.outs)
                   if same(v.shape[:1], (row,))} - private
        row_bytes = about(sum(v.size // row * v.dtype.itemsize for v in streams))
        slots, slot_row = self._assign_slots(private)
        partial = sum(about(s.out.size) * s.out.dtype.itemsize for s in self.reductions)
        for block in BLOCKS:
            slot = -(-block * slot_row // 64) * 64
            if block * row_bytes <= BLOCK_BYTES and slot * slots <= SCRATCH_LIMIT:
                if partial * PARTIAL_SHARE > block * row_bytes:
                    break
                self.strip = Strip(row, block, slots, slot)
                for v in private:
                    v.storage.bytes = slot
                return True
        for v in private:
            v.storage = None
        return False

    def _private(self, fetched):
        """Values that only members use."""
        outside = {root_of(v) for v in fetched}
        # what indices were followed must be there to tell after a failure
        outside.update(root_of(k.values[k.family.indices[0]]) for s in self.members
                       if families.of(s.opdef).indices is not None for k in self.emitter.emit(s))
        for s in self.before + self.after:
            outside.update(root_of(v) for v in step_reads(s))
        return {v for s in self.members if s not in self.reductions and s.opdef.view is None
                for v in s.outs if v not in outside}

    def _assign_slots(self, private):
        """Give private values slots of scratch; (slots, bytes of the longest row)."""
        last = {root_of(v): i for i, s in enumerate(self.members) for v in step_reads(s)}
        free, slots, longest = [], 0, 0
        for i, s in enumerate(self.members):
            # in the order of reading: a plan must not depend on where its values lie in memory
            done = [v for v in dict.fromkeys(root_of(v) for v in step_reads(s))
                    if v in private and last[v] == i]
            over = [v for v in dict.fromkeys(s.inputs[k] for k in s.opdef.inplace)
                    if v in done and v.dtype == s.out.dtype and same(v.shape, s.out.shape)
                    and not s.fused and len(s.outs) == 1]
            free += [v.storage.index for v in over]
            for v in s.outs:
                if v in private:
                    if not free:
                        free, slots = [slots], slots + 1
                    v.storage = Storage("scratch", 0)
                    v.storage.index = free.pop()
                    longest = max(longest, v.size // self.rows * v.dtype.itemsize)
            free += [v.storage.index for v in done if v not in over]
            free += [v.storage.index for v in s.outs if v in private and v not in last]
        return slots, longest

    # ---- the new steps ----
    def rebuilt(self):
        """The steps from `at` on: what must come before, the strip, totals, the rest."""
        strip, totals = [], []
        instead = {}
        for s in self.members:
            if s in self.reductions:
                part, total = self._partials(s)
                if "into" in s.fused:
                    instead[s] = self._update(s, total)
                strip.append(part)
                totals.append(total)
            else:
                strip.append(s)
        for s in strip:
            s.strip = self.strip
        self.first_after = len(self.before) + len(strip) + len(totals)
        rest = self._in_place_of(instead)
        return self.before + strip + totals + rest

    def _in_place_of(self, instead):
        """What comes after, with an update where a product into a variable stood."""
        after = set(self.after)
        return [instead.get(s, s) for s in self.steps[self.at:] if s in after or s in instead]

    def _partials(self, s):
        """The steps that write each block's share and that add these up."""
        size, block = s.out.size, self.strip.tile
        item = s.out.dtype.itemsize
        width = -(-size * item // block) * block // item      # whole bytes of it for every row
        shape = (-(-self.rows // block), width)
        product = s.type == "gemm"
        attrs = {"columns": size, "total": size == 1}
        part = Step(PRODUCT if product else SUM, s.inputs, attrs, s.op)
        part.outs = (Value(shape, s.out.dtype, step=part),)
        scale = 1.0 / (s.inputs[0].size // size) if s.type == "reduce_mean" else 1.0
        total = Step(TOTAL, [part.out], {"scale": scale}, s.op)
        if "into" in s.fused:
            total.outs = (Value(s.out.shape, s.out.dtype, step=total),)
        else:
            total.outs = s.outs
            s.out.step = total
        part.index = total.index = self.members[-1].index
        return part, total

    def _update(self, s, total):
        """W -= lr G where `s` was a product that wrote W."""
        rate = const_value(np.asarray(-s.fused["alpha"], s.out.dtype))
        opdef = OPS["apply_gradient_descent"]
        step = Step(opdef, [s.fused["into"], rate, total.out], dict(opdef.attrs), s.op)
        step.outs, step.late, step.index = s.outs, True, s.index
        s.out.step = step
        return step


# ---- the three steps of a reduction -----------------------------------------------------

def _opdef(name):
    return OpDef(type=name, name=name, form=name, inplace=(), shape_only=(), static=(), pure=True,
                 outputs=1, attrs={})


PRODUCT, SUM, TOTAL = map(_opdef, ("rows_product", "rows_sum", "rows_total"))
