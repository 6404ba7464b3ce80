# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, nonecheck=False
# cython: binding=False, embedsignature=True, embedsignature.format=clinic
"""The compiled plan: an array of steps over preallocated memory, and the front that runs it."""
# Owns Step[], the binding of feeds and results, and the loop that calls kernels.
# Knows nothing of graphs, ops or shapes' meaning: plan.py hands it plain tuples, session.py
# subclasses its Runner.
#
# Decisions
# - A feed is read where it lies: operands on it are pointers patched at each run from a list
#   made at construction (about 1 ns each), and not at all if the same array comes again.
# - A result is a fresh NumPy array that steps write straight into; nothing is copied out.
# - A run shorter than 5 us (measured on the first runs) keeps the GIL: giving it up and taking
#   it back costs 50 ns, and with a second Python thread running up to 5 ms of waiting.
# - One lock, the store's or the Program's own, serves both arena and variables: with two, two
#   threads that enter nested programs in different order could wait for each other.
# - Errors go up as StepFailed with a code and an index; Python words them.
# - binding=False: methods are CPython's own method descriptors, which look at the type of `self`
#   when they are called through the class. Cython's functions (binding=True) do not, and read
#   whatever they are given as if it were one of ours. The price of both is the same.

cimport cython
cimport numpy as cnp
from cpython.exc cimport PyErr_CheckSignals
from cpython.dict cimport PyDict_CheckExact, PyDict_GetItemWithError, PyDict_Size
from cpython.list cimport PyList_CheckExact, PyList_GET_ITEM, PyList_GET_SIZE
from cpython.mem cimport PyMem_RawCalloc, PyMem_RawFree, PyMem_RawMalloc, PyMem_RawRealloc
from cpython.pythread cimport (
    NOWAIT_LOCK, PY_LOCK_ACQUIRED, PyLockStatus, PyThread_acquire_lock, PyThread_allocate_lock,
    PyThread_free_lock, PyThread_get_thread_ident, PyThread_release_lock, PyThread_type_lock)
from cpython.object cimport PyObject_SetAttr
from cpython.ref cimport Py_INCREF, PyObject
from cpython.tuple cimport (
    PyTuple_Check, PyTuple_CheckExact, PyTuple_GET_ITEM, PyTuple_GET_SIZE, PyTuple_New,
    PyTuple_SET_ITEM)
from libc.stdint cimport INT64_MAX, int32_t, int64_t, uint64_t
from libc.string cimport memcmp, memcpy, memset

from fastgrad._kernels.abi cimport (
    ARRAY_CLEARED, ARRAY_MISSING, ARRAY_RANGE, ARRAY_READ, ARRAY_WRITTEN,
    BAD_INDEX, INTERRUPTED, MAX_EXTENTS, MAX_OPERANDS, NO_MEMORY, OK, PYTHON_ERROR, Step, kernel_t)

import numpy as np

include "extern.pxi"

cnp.import_array()
team_setup()

cdef class Program
cdef struct Source
cdef struct Fit
cdef struct Tape

include "uncut.pxi"
include "trust.pxi"
include "parts.pxi"
include "sizes.pxi"
include "scratch.pxi"
include "lock.pxi"
include "strip.pxi"
include "python.pxi"
include "build.pxi"
include "slots.pxi"
include "walk.pxi"
include "loop.pxi"
include "array.pxi"
include "draw.pxi"
include "fit.pxi"
include "blas.pxi"


@cython.final
cdef class Program:
    """Steps over an arena, run without the GIL.

    Parameters
    ----------
    steps : list of tuples
        Kernel steps ``(address, operands, ext, par, aux, lo, hi, grain, parallel, barrier)``, or
        ``(..., scratch)`` with the bytes that each piece has of the last operand,
        Python steps ``(callable, outs, ins[, foreign])`` with ``(operand, dtype, shape)`` in outs
        and ins, where `foreign` is False for one that computes as a kernel does, and
        strips ``("strip", tile, scratch_bytes, substeps, lo, hi, grain, parallel, barrier)`` with
        substeps ``(address, operands, advances, ext, par)``, or ``(..., units)`` if a unit of
        the strip's range is several of the kernel's, and steps with lists of such steps inside,
        ``("loop", start, condition, turn, test, limit, counted, turns)``, ``("branch", true,
        false, test)``, and those on tapes and arrays: see loop.pxi and array.pxi.
        An operand is None or
        ``(space, byte_offset)``; space 0 is the arena, then come the fixed arrays, the feeds and
        the results; -1 is a strip's scratch.
    arena_bytes : int
    fixed : list of ndarray
        C-contiguous; their addresses are read once.
    feeds, results : list of (dtype, shape)
    num_threads : int
        Threads of the team that take part, 1 to 256.
    store_lock : StoreLock, optional
        Shared by the Programs that touch the same variables.
    commit_step : int
        Index of the first step that writes a variable, -1 for none: no signal is looked at
        after it, and a team's threads meet before it.
    undo : tuple of int
        Indices of the fixed arrays that a failed run leaves as they were: those written from
        `commit_step` on, if a step after it may fail. Costs a copy of them a run.
    indices : dict int -> tuple of (operand, dtype, shape)
        The arrays of indices that a step follows, by the step's index: copied if it fails. For a
        step in a block the key is the tuple of its holder's index and its own among the block's.
    tapes : int
        How many stacks of values the steps of loops use.
    keep_subnormals : bool
        Compute with subnormal numbers as IEEE 754 says, however slowly; else they count as zero.
    blas : bool
        Whether some of its products are OpenBLAS's.

    Raises
    ------
    ValueError
        A malformed spec; the message names the step.
    """
    cdef Step* steps
    cdef Job job
    cdef Chunk* pool
    cdef Arena arena            # the Program's own; None where the store's is shared
    cdef Arena once             # for a run that found the shared one in use
    cdef Scratch* shared        # NULL if no operand lies in it
    cdef size_t shared_size     # what is needed of it
    cdef Space* spaces
    cdef Slot* slots            # feeds, then results, then the shared arena
    cdef PyObject** owners      # the arrays of the current run, by slot
    cdef RawPatch* raw          # while constructing
    cdef int64_t* times         # the fastest time of each step so far
    cdef Undo* undo             # what a failed run puts back
    cdef Tape* tapes
    cdef Step* home             # while constructing: the step that is read, or holds it
    cdef Symbol* symbols        # sizes that feeds may change, and what hangs on them
    cdef Row* rows
    cdef int64_t* values        # of the rows, at the present sizes
    cdef int64_t* trial         # of the rows, at sizes that are looked at
    cdef Guard* guards
    cdef Fill* fills
    cdef team_trust* trusts     # by octaves of the first size; NULL: one for all
    cdef list numbers           # the Expression of each Fill, while constructing
    cdef list keep              # whatever steps, views and slots point to
    cdef StoreLock lock
    cdef dict indices           # step -> the arrays of indices that it follows
    cdef list followed          # copies of those that the failed step followed
    cdef object error           # what a Python step or a signal handler raised
    cdef Py_ssize_t n_spaces, n_feeds, n_results, n_slots, n_raw, max_raw, arena_size
    cdef Py_ssize_t n_undo, n_tapes, n_symbols, n_rows, n_guards, n_fills, max_fills
    cdef Py_ssize_t alone_below # of the first size: smaller runs take one thread
    cdef long version           # of the store when this was made
    cdef int threads
    cdef int active             # threads at the present sizes
    cdef bint moving            # offsets of operands hang on sizes
    cdef int learning           # runs still to be measured
    cdef int size_class         # of the arena, among those that share
    cdef int running            # 0, or 1 + the forks before: a run of the parent does not count
    cdef bint brief, calls_python, blas, loops
    cdef bint borrows           # this run uses the shared arena
    cdef bint outrun            # go() found the store changed and ran nothing

    def __cinit__(self, list steps not None, Py_ssize_t arena_bytes, list fixed not None,
                  list feeds not None, list results not None, int num_threads=1,
                  StoreLock store_lock=None, Py_ssize_t commit_step=-1, tuple undo=(),
                  dict indices=None, bint keep_subnormals=False,
                  bint blas=False, Py_ssize_t tapes=0):
        if not 1 <= num_threads <= TEAM_MAX:
            raise ValueError(f"num_threads is {num_threads}, not 1 to {TEAM_MAX}")
        self.keep, self.numbers = [], []
        self.lock = StoreLock() if store_lock is None else store_lock
        self.version = self.lock.version
        self.threads = num_threads
        self.blas = blas
        self.n_results = len(results)
        self.calls_python = has_python(steps)
        make_tapes(self, tapes)
        read_spaces(self, arena_bytes, fixed, feeds, results)
        read_steps(self, steps)
        sort_patches(self)
        share_arena(self)
        prepare_job(self)
        self.job.keep = keep_subnormals
        self.commit_step = commit_step
        read_undo(self, fixed, undo)
        read_indices(self, {} if indices is None else indices)

    def __dealloc__(self):
        if self.shared != NULL:
            count_out(self.shared, self.size_class)
        free_tapes(self)
        free_pool(self.pool)
        PyMem_RawFree(self.raw)
        PyMem_RawFree(self.fills)

    def take_sizes(self, tuple symbols not None, list rows not None, dict places not None,
                   list guards not None, list constants, Py_ssize_t alone_below=0):
        """Let the numbers that were Expressions in the specs follow the shapes of the feeds.

        Parameters
        ----------
        symbols : tuple of (feed, dim, least, most, now)
            The sizes: where each is read, its range, its value in the specs.
        rows : list of (rule, a, b)
            The table; `Rule` in sizes.pxi.
        places : dict Expression -> row
        guards : list of (row, relation)
            What else must hold.
        constants : list of (offset, dtype, Expression)
            Numbers that lie in the first fixed array.
        alone_below : int
            Below this first size, runs take one thread and cut no step.

        Raises
        ------
        ValueError
            If it does not fit together.
        """
        read_sizes(self, symbols, rows, places, guards, constants, alone_below)

    @property
    def numbers_used(self):
        """The Expressions in the specs."""
        return list(self.numbers)

    @property
    def sizes(self):
        """The sizes that the Steps are filled for."""
        return tuple([self.symbols[i].now for i in range(self.n_symbols)])

    def __reduce__(self):
        raise TypeError("a Program holds addresses and cannot be pickled")

    cdef inline bint is_stale(self) noexcept:
        """The store has other buffers by now (StoreLock.version)."""
        return self.version != self.lock.version

    @property
    def num_steps(self):
        return self.job.count

    @property
    def arena_bytes(self):
        return self.arena_size

    @property
    def num_threads(self):
        return self.threads

    @property
    def runs_alone(self):
        """Whether runs go without the team at present: they were faster so (team_trust.h)."""
        return self.job.trust.solo != 0 or self.job.trust.alone > 0

    @property
    def commit_step(self):
        return -1 if self.job.commit == self.job.count else self.job.commit

    @commit_step.setter
    def commit_step(self, Py_ssize_t step):
        if not -1 <= step < self.job.count:
            raise ValueError(f"commit_step is {step} of {self.job.count} steps")
        self.job.commit = self.job.count if step < 0 else step
        if step >= 0:
            self.steps[step].barrier = 1    # a failure before it must stop all threads
        if self.learning < LEARNING_RUNS:
            lay_checks(self)

    def run(self, feeds, dict buffers=None, dict fresh=None):
        """Run all steps on the fed arrays; returns the list of results.

        A run that succeeds adds the arrays of `fresh`, which it wrote, to `buffers`: in one piece
        with its other updates, whatever interrupts the caller.

        Raises
        ------
        TypeError, ValueError
            A feed is no ndarray, or not of its slot's dtype and shape, or not C-contiguous.
        StepFailed
            A step stopped the run; for a Python step, `__cause__` is what it raised.
        StoreLock's `refusal`
            The Program is running already, further up in this thread.
        """
        cdef tuple values = checked_feeds(self, feeds)
        cdef tuple results = self.go(values)
        if results is None:
            raise self.failure()
        if fresh:
            buffers.update(fresh)
        return list(results)

    def fit(self, list sources not None, Py_ssize_t batch, Py_ssize_t rows, Py_ssize_t start,
            Py_ssize_t stop, order=None, state=None, tuple whole=(), Program rest=None):
        """Run the steps `start` to `stop` of epochs over the sources' rows.

        An epoch's step i is on rows ``order[i * batch:(i + 1) * batch]`` of each source.

        Parameters
        ----------
        sources : list of ndarray
            One for each feed, contiguous, with any number of rows; a 0-d slot and those whose
            index is in `whole` are fed the same value each time.
        batch : int
            Rows of a batch, the leading length of the slots.
        rows : int
            Rows of an epoch.
        order : ndarray of int64 of `rows` numbers, or None for the sources' own order
        state : ndarray of uint64 of 4 numbers, not all zero, optional
            Has `order` shuffled anew in each epoch; both are written, so that the next call
            goes on where this one ends.
        rest : Program, optional
            For the rows that full batches leave over, at the end of each epoch; without it they
            are left out.

        Returns
        -------
        (results, rest_results) : tuples of ndarray
            For each result the values of all batches, shape (number of steps, ...); the second
            is None without `rest`.

        Raises
        ------
        IndexError
            `order` names a row that a source does not have.
        ValueError, StepFailed, RuntimeError
            As in `run`; `StepFailed.batch` is the step that failed, `rest` says of which Program.
        """
        cdef Fit fit
        cdef list keep = [bytearray((self.n_feeds + 1) * sizeof(Source))]
        memset(&fit, 0, sizeof(Fit))
        fit.sources, fit.n_sources = <Source*><char*>keep[0], len(sources)
        sources = list(sources)
        with self.lock.run():
            self.enter()
            try:
                if rest is not None:
                    rest.enter()
                try:
                    return self.fit_both(&fit, sources, batch, rows, start, stop, order, state,
                                         whole, rest, keep)
                finally:
                    if rest is not None:
                        rest.leave()
            finally:
                self.leave()

    cdef fit_both(self, Fit* fit, list sources, Py_ssize_t batch, Py_ssize_t rows,
                  Py_ssize_t start, Py_ssize_t stop, order, state, tuple whole, Program rest,
                  list keep):
        cdef Program failed
        cdef bint blas
        count_steps(fit, batch, rows, start, stop, rest is not None)
        read_draw(&fit.draw, order, state, rows)
        stacks, rest_stacks = read_part(fit, 0, self, sources, batch, whole, keep), None
        if rest is not None:
            rest_stacks = read_part(fit, 1, rest, sources, rows % batch, whole, keep)
        if order is not None:
            keep.append(make_buffer(fit))
        blas = self.blas or rest is not None and rest.blas
        if blas:
            enter_blas(self)
        with nogil:
            run_fit(fit)
        if blas:
            leave_blas(self)
        if fit.code == OK:
            return stacks, rest_stacks
        if fit.missing:
            raise IndexError(f"step {fit.at}: order names a row that a source does not have")
        failed = <Program>fit.part.program
        raise failed.failure(fit.at, failed is rest)

    def profile(self, feeds, Py_ssize_t repeat=10):
        """Seconds of each step, the fastest of `repeat` runs (which write variables as runs do).

        In a team run a step's time is the first thread's, with its wait at the barrier.
        """
        cdef tuple values = checked_feeds(self, feeds)
        cdef Py_ssize_t i
        seconds = np.empty(self.job.count)
        with self.lock.run():
            for i in range(self.job.count):
                self.times[i] = INT64_MAX
            for i in range(max(repeat, 1)):
                self.learning = max(self.learning, 1)
                if self.go(values) is None:
                    raise self.failure()
        for i in range(self.job.count):
            seconds[i] = self.times[i] * 1e-9
        return seconds

    cdef int enter(self) except -1:
        self.lock.take()
        if self.running == 1 + team_forks():    # by this thread, since it has the lock
            self.lock.drop()
            raise self.lock.refusal(
                "this very run is going on further up in this thread: an operation in Python, or a "
                "signal handler that interrupts it, cannot run the fetch that it is a part of.")
        self.running = 1 + team_forks()
        if self.shared != NULL:
            self.take_arena()
        return 0

    cdef int take_arena(self) except -1:
        cdef Scratch* shared = self.shared
        cdef Slot* slot = &self.slots[self.n_slots]
        if shared.user == self.running or shared.slack or shared.size < self.shared_size:
            try:
                if in_use(shared):
                    self.once = Arena(self.arena_size)
                    bind(slot, self.once.data)
                    return 0
                resize(shared, self.size_class)
            except MemoryError:
                self.leave()
                raise
        shared.user = self.running
        self.borrows = True
        bind(slot, shared.block.data)
        return 0

    cdef void leave(self) noexcept:
        if self.borrows:
            self.borrows = False
            self.shared.user = 0
        elif self.once is not None:
            self.once = None
        self.running = 0
        self.lock.drop()

    cdef tuple go(self, tuple feeds, bint remembered=False):
        """Run on feeds that fit; the results, or None after a failure, which failure() words.

        A Program that was remembered may be stale when it has waited for the lock: then `outrun`
        is set and nothing has run.
        """
        cdef tuple results
        cdef int code
        if remembered:
            self.lock.begin()
        try:
            self.enter()
        except BaseException:
            if remembered:
                self.lock.end()
            raise
        try:
            if remembered and self.is_stale():
                self.outrun = True
                return None
            if self.n_symbols:
                bind_sizes(self, feeds)
            bind_feeds(self, feeds)
            results = bind_results(self)
            code = self.run_bound_steps()
            return with_scalars(self, results) if code == OK else None
        finally:
            self.leave()
            if remembered:
                self.lock.end()

    cdef int run_bound_steps(self) except -1:
        cdef int code
        if self.blas:
            enter_blas(self)
        if self.brief:
            code = run_once(self)
        else:
            with nogil:
                code = run_once(self)
        if self.blas:
            leave_blas(self)
        return code

    cdef object failure(self, batch=None, bint rest=False):
        """The exception for the run that just failed."""
        cdef object error = self.error
        cdef Failure* first = &self.job.failures[0]
        cdef Step* step
        self.error = None
        if error is not None and (first.code == INTERRUPTED or not isinstance(error, Exception)):
            return error
        failed = StepFailed(first.code, first.step, batch, rest)
        if first.step >= 0:
            step = &self.steps[first.step]
            failed.inside = failed_inside(self, &step)
            if failed.inside:
                first.lo, first.hi = step.lo, step.hi
            if first.code >= ARRAY_RANGE:
                failed.element = (<Access*>step.aux).at
        if first.code == PYTHON_ERROR:
            failed.__cause__ = error
        if first.code == BAD_INDEX:
            failed.indices, failed.piece = tuple(self.followed), (first.lo, first.hi)
            self.followed = None
        return failed


include "runner.pxi"
