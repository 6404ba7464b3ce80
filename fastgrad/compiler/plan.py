"""compile(): graph -> Plan, and what a Plan tells about itself.

The passes, in order: prune and order, specialise, rewrite (`fold`, `share`, `simplify` can be left
out), schedule, `fuse`, `strips`, place (`inplace`), emit, partition (`threads`). A Plan is data:
steps with their kernels, the arena they lie in, and the compiled Program that runs them.
"""

import functools

import numpy as np

from fastgrad import _kernels, config
from fastgrad.graph import bad_index
from fastgrad.compiler import layout, rules     # noqa: F401 - they register what they list
from fastgrad.compiler import (blocks, failsafe, profiling, rewrite, roofline as peak, row_strips,
                               strips, watch)
from fastgrad._kernels import choose
from fastgrad._kernels.program import (Callable, Entry, NoWorkingMemory, Program, Runner,
                                       StepFailed, shuffle_rows, with_subnormals)
from fastgrad.graph.doors import door
from fastgrad.compiler.layout.emitter import Emitter
from fastgrad.compiler.layout.nests import every
from fastgrad.compiler.layout.products import BLAS
from fastgrad.errors import ComputeError, FeedError, GradientError, KernelError, NumericsError
from fastgrad.wording import refuse_copy, where
from fastgrad.compiler.explain import explain
from fastgrad.compiler.fills import filled
from fastgrad.compiler.fuse import fuse, step_reads
from fastgrad.graph.nodes import Tensor
from fastgrad.graph.interned import held, keeping
from fastgrad.compiler.builder import Builder, too_large
from fastgrad.compiler.ir import untied, updated_by
from fastgrad.compiler.partition import alone_below, partition
from fastgrad.compiler.place import place, reserve
from fastgrad.compiler.size import Size, about
from fastgrad.compiler.spaces import Spaces, streams_of
from fastgrad.compiler.specialise import Specialiser
from fastgrad.compiler.staging import Staging
from fastgrad.compiler.table import table
from fastgrad.graph.dtypes import TEXT
from fastgrad.uncut import Uncollected
from fastgrad.compiler.watch import watched

# what can be left out
PASSES = ("fold", "share", "simplify", "loops", "fuse", "strips", "inplace", "threads")


class Plan:
    """A compiled run.

    Attributes
    ----------
    fetches : list of Tensor or Operation
    feeds : dict Tensor -> (dtype, shape)
    kernels : list of Kernel, one a line of `explain()`
    program : _kernels.Program
    arena_bytes : int
    fresh : dict variable operation -> buffer that this plan's first run fills
    writes : list of variable operations that a run changes
    text : bool, whether it works with strings: such a plan runs inside `interned.keeping()`
    store : Store of its variables
    streams : Streams that its operations draw from
    feeds_of : callable, makes arrays by tensor of a feed_dict; set by the session that shows it
    """

    def __init__(self, fetches, feeds, body, store, off=frozenset(), threads=1, check=False,
                 keep=False, streams=None, sizes=None):
        self.sizes = sizes
        self.fetches, self.feeds = list(fetches), dict(feeds)
        self.store, self.streams, self.feeds_of = store, streams, None
        self.results = body.results
        self.variables = list(body.variables)
        self.fresh = {}
        steps = body.steps
        if "fuse" not in off:
            steps = fuse(steps, body.results, updated_by(steps))
        emitter = Emitter(_kernels.symbols(), _choose_gemm)
        threads = threads if "threads" not in off else 1

        def prepared(steps, results):
            if sizes is not None:
                steps = filled(steps, emitter)
            if "strips" not in off:
                steps = row_strips.find(steps, results, emitter)
                strips.find(steps, emitter)
                strips.place_scratch(steps, results)
            return steps
        blocks.layout.prepare_blocks(steps, off, prepared)
        self.steps = steps = prepared(steps, body.results)
        if sizes is not None:
            reserve(list(blocks.layout.every_step(steps)), sizes)
        blocks.layout.place_blocks(steps, off, threads)
        self.arena_bytes = place(steps, body.results, step_reads, "inplace" not in off, threads)
        blocks.layout.settle(steps)
        emitter = Emitter(_kernels.symbols(), _choose_gemm)
        self.kernels = strips.join([k for s in steps for k in emitter.emit(s)])
        if check:
            for k in list(every(self.kernels)):
                k.blocks = tuple(map(watched, k.blocks))
            self.kernels = watched(self.kernels)
        self.kernels, self.writes = failsafe.checked(self.kernels)
        self.threads = partition(self.kernels, threads, sizes)
        self.text = any(v.dtype == TEXT for s in steps for v in (*s.outs, *s.inputs)) or any(
            v.dtype == TEXT for v in (*body.results, *body.feeds))
        self._within_memory(self._make_program, body, store, keep)

    def _make_program(self, body, store, keep):
        buffers = [self._buffer(op, v, store) for op, v in body.variables.items()]
        streams = streams_of(every(self.kernels))
        spaces = Spaces(body, len(buffers), streams)
        table = _kernels.symbols()
        tuples = [spaces.tuple_of(k, table) for k in self.kernels]
        if self.sizes is not None:
            spaces.keep_present(self.sizes)
        pool = spaces.pool()
        place_of = {op: i for i, op in enumerate(body.variables, 1)}     # behind the constants
        commit, undo = failsafe.commit_of(self.kernels)
        self.program = Program(
            tuples, self.arena_bytes, [pool, *buffers, *(s.state for s in streams)],
            list(self.feeds.values()),
            [(v.dtype, v.shape) for v in self.results], num_threads=self.threads,
            store_lock=store.lock, commit_step=commit,
            undo=tuple(place_of[op] for op in undo), keep_subnormals=keep, blas=self._uses_blas(),
            indices=dict(spaces.all_indices(self.kernels)), tapes=len(spaces.tapes))
        if self.sizes is not None:
            self.sizes.present = pool[spaces.present:].view(np.int64)[:len(self.sizes.symbols)]
            self._take_sizes(spaces.numbers)
        self._texts = [held(array) for _, array in spaces.blocks if array.dtype == TEXT]

    def _take_sizes(self, numbers):
        """Have the program follow the sizes that are fed. What it was built with may have pinned
        some, so that this comes last."""
        sizes, program = self.sizes, self.program
        sizes.close()
        rows, places, guards = sizes.table(
            [*program.numbers_used, *(n for _, _, n in numbers)])
        program.take_sizes(
            tuple((*s.places[0], s.least, s.most, s.hint) for s in sizes.symbols), rows, places,
            guards, numbers, alone_below(self.kernels, sizes) if self.threads > 1 else 0)

    def _uses_blas(self):
        return any(k.symbol in BLAS or k.choice and not BLAS.isdisjoint(k.choice[2])
                   for k in every(self.kernels))

    def _within_memory(self, make, *arguments):
        """What `make` makes; where there is no memory for it, an error names the largest value."""
        try:
            return make(*arguments)
        except NoWorkingMemory:
            raise                       # it is worded
        except MemoryError:
            values = [(v, s.op) for s in self.steps for v in s.outs if s.op is not None]
            tensors = [f for f in self.fetches if isinstance(f, Tensor)]
            values += [(v, t.op) for v, t in zip(self.results, tensors)]
            largest, op = max(values, key=lambda m: about(m[0].size) * m[0].dtype.itemsize)
            raise too_large(op, tuple(map(about, largest.shape)), largest.dtype) from None

    def run(self, values, store):
        """Results for fed values; a run that nothing remembered yet."""
        return self._within_memory(
            self.program.run, values, store.buffers,
            {op.id: buffer for op, buffer in self.fresh.items()})

    def _buffer(self, op, value, store):
        if store.has(op):
            return store.buffer(op)
        self.fresh[op] = store.reserve(op, value.shape, value.dtype)
        return self.fresh[op]

    def entry(self, rebuild=None, single=False):
        """What `Runner` remembers: how this plan answers its fetches."""
        count, outputs = 0, []
        for f in self.fetches:
            outputs.append(count if isinstance(f, Tensor) else -1)
            count += isinstance(f, Tensor)
        return Entry(self.program, tuple(self.feeds), rebuild=rebuild, single=single,
                     outputs=tuple(outputs), plan=self,
                     homes=tuple(t._out for t in self.feeds))

    def __reduce_ex__(self, protocol):
        refuse_copy("a Plan")

    def _repr_html_(self):
        """The table that a notebook shows."""
        return table(self)

    def explain(self):
        """A table of the steps as text: kernel, shapes, dtype, memory, the user's line."""
        return explain(self)

    @door
    def profile(self, feed_dict=None, repeat=10):
        """The table of `explain()` with the time of each step.

        Parameters
        ----------
        feed_dict : dict, optional
            As for a run, of the shapes this plan is for.
        repeat : int
            Runs; a step's time is its fastest.

        Notes
        -----
        Variables and the session's random numbers are put back to what they were before.

        Raises
        ------
        MissingFeedError
            If a value is missing.
        FeedError
            If one is of another shape than the plan's.
        """
        fed = feed_dict if self.feeds_of is None else self.feeds_of(feed_dict)
        arrays = profiling.arrays_for(self.feeds, fed, self.sizes)
        with profiling.put_back(self), keeping():
            try:
                seconds = self._within_memory(self.program.profile, arrays, repeat)
            except StepFailed as failed:
                worded, cause = self.failure(failed), failed.__cause__
                raise worded from None if worded is cause else cause
        shares = profiling.Shares(peak, _kernels)
        *table, total = explain(self, seconds, shares).split("\n")
        return "\n".join([*table, *shares.notes(), total])

    def failure(self, failed):
        """The error for a StepFailed, worded with the user's node and line."""
        kernel = self.kernels[failed.step]
        for at in failed.inside:
            kernel = [k for block in kernel.blocks for k in block][at]
        op = kernel.step.op
        cause = failed.__cause__
        name = where(op) if op is not None else "a step of the plan"
        if isinstance(cause, (FeedError, GradientError, NumericsError)):
            return cause
        if isinstance(cause, IndexError) and not kernel.foreign:
            return KernelError(f"{name}: {cause}", op)
        if cause is not None:
            return ComputeError(f"{name} raised {type(cause).__name__}: {cause}", op)
        for (step, _, limit), index in zip(failsafe.indices_of(kernel), failed.indices):
            kind = step.type if step.op is None else step.op.op_type
            if isinstance(limit, Size):
                limit = limit.at(self.program.sizes)
            reason = bad_index.describe(bad_index.words_of(kind), index, failed.piece, limit,
                                        step.attrs.get("_first", 0))
            if reason:
                name = name if step.op is None else where(step.op)
                return KernelError(f"{name}: {reason}", step.op)
        reason = _REASONS.get(failed.code, f"kernel code {failed.code}")
        if failed.element is not None:
            reason = reason.format(index=failed.element, size=kernel.step.inputs[0].shape[0])
        return KernelError(f"{name}: {reason}.", op)


_REASONS = {2: "an index lies outside the table that it indexes",       # by `Code` of abi.pxd
            4: "there is no memory for what its turns keep for the gradient",
            5: "tried to reach index {index}, but the array has size {size}",
            6: "could not write to index {index}: it has already been written to",
            7: "could not write to index {index}: it has already been read",
            8: "could not read index {index} twice: it was cleared after a previous read (perhaps "
               "try setting clear_after_read=False?)",
            9: "could not read index {index}: it was never written, and the element shape is not "
               "fully defined. Give the array its element_shape to read zeros instead"}


@functools.lru_cache(4096)
def _choose_gemm(m, n, k, ta, tb, dtype):
    """The product kernel for a shape; which wins depends on the kernels OpenBLAS runs."""
    wide = _kernels.level == "v4" and "kernels for SkylakeX" in _kernels.blas_config
    stem = choose.choose_gemm(m, n, k, ta, tb, dtype, _kernels.level, wide)
    return stem, choose.shares_columns(stem, m, n, k, tb, dtype)


def compile(fetches, feeds, store, off=config.PASSES_OFF, threads=1, done=(),
            check=False, streams=None, after=None, keep=False, sizes=None, staged=False):
    """Plan a run.

    Parameters
    ----------
    fetches : list of Tensor or Operation
    feeds : dict Tensor -> (dtype, shape)
    store : Store
    off : set of str
        Names from PASSES to leave out.
    threads : int
    done : operations that ran in an earlier stage of the same run
    check : bool
        Name the first step that makes a NaN or an infinity; see `watch`.
    streams : Streams, optional
        The session's random generators.
    after : dict, optional
        `Staging.after` of the run's first stage.
    keep : bool
        Keep subnormal numbers, where runs count them as zero otherwise.
    sizes : Sizes, optional
        What the dimensions of feeds are made of that change from run to run.
    staged : bool
        Whether this is one of several stages of a run.

    Returns
    -------
    Plan, or Staging if some operations must be evaluated before shapes are known.
    """
    unknown = set(off) - set(PASSES)
    if unknown:
        raise ValueError(f"no pass is called {sorted(unknown)[0]!r}; there are "
                         f"{', '.join(PASSES)}.")
    off = frozenset(off) | (watch.OFF if check else frozenset())
    builder = Builder(rewrite.table(off), off, functools.partial(with_subnormals, keep), sizes)
    # a collection finds nothing among a plan's steps and looks at all of them again and again
    # (20,000 steps: 27 us a step without, 50 to 80 with it)
    with Uncollected(), untied(), keeping():
        s = Specialiser(fetches, feeds, store, builder, done, streams, after, staged=staged)
        try:
            body, held = s.run(), bool(s.holders or s.arrays)
        finally:
            s.release()
        if isinstance(body, Staging):
            if held and not staged:             # what they leave, the other stages must see
                return compile(fetches, feeds, store, off, threads, done, check, streams, after,
                               keep, sizes, True)
            body.close(sizes)
            return body
        return Plan(fetches, feeds, body, store, off, threads, check, keep, streams, sizes)


__all__ = ["Plan", "Staging", "compile", "Callable", "Entry", "Runner", "StepFailed", "PASSES",
           "shuffle_rows", "with_subnormals"]
