# Many batches in one call, without the GIL between them.
#
# Owns the steps of epochs: which rows each takes, the binding of feeds to them, the stacking of
# results. Knows nothing of means, reports or callbacks. How rows are shuffled and gathered is in
# draw.pxi.
#
# Decisions
# - An epoch is full batches and, if its rows leave a rest, one short batch, for which a Program of
#   its own is given: shapes are part of a Program.
# - Rows in the order of the source are read where they lie; any other are gathered into a buffer
#   (draw.pxi), which is still in cache when the steps read it.
# - Signals are looked at between batches, where all variables belong to the same batch.

cdef struct Source:             # what a feed's batches are cut from
    char* data                  # NULL: fed whole, the same at each step
    PyObject* owner
    Py_ssize_t rows
    Py_ssize_t row_bytes
    Py_ssize_t place            # of its present batch in the buffer

cdef struct Stack:
    char* data                  # a result of all batches, one after the other
    PyObject* owner

cdef struct Part:               # the full batches, or the short ones
    PyObject* program
    Stack* stacks
    Py_ssize_t count            # of its steps in this call
    Py_ssize_t done

cdef struct Fit:
    Part parts[2]               # full, rest; the second is empty if no rows are left over
    Source* sources
    Py_ssize_t n_sources
    Py_ssize_t batch            # rows of a full batch
    Py_ssize_t rows             # of an epoch
    Py_ssize_t steps            # of an epoch
    Py_ssize_t stop             # after the last step of this call
    Py_ssize_t at               # the step that runs
    Part* part                  # what it belongs to
    float_mode mode
    int code
    bint missing                # what failed: a row that a source does not have
    Draw draw


cdef int read_source(Fit* fit, Py_ssize_t i, object array, bint whole) except -1:
    cdef Source* source = &fit.sources[i]
    cdef Program p = <Program>fit.parts[0].program
    if p.slots[i].home != NULL or whole:
        return 0
    if not cnp.PyArray_CheckExact(array) or cnp.PyArray_NDIM(array) < 1:
        raise ValueError(f"source {i} must be an ndarray with rows")
    source.rows = cnp.PyArray_DIMS(array)[0]
    if source.rows < fit.rows and fit.draw.order == NULL:
        raise ValueError(f"source {i} has {source.rows} rows, an epoch {fit.rows}")
    source.data, source.owner = cnp.PyArray_BYTES(array), <PyObject*>array
    source.row_bytes = p.slots[i].nbytes // fit.batch
    return 0


cdef int fit_source(Program p, Fit* fit, Py_ssize_t i, object array, Py_ssize_t batch) except -1:
    """Whether batches of `array` fit slot i; what is the same at each step is bound."""
    cdef Slot* slot = &p.slots[i]
    cdef Py_ssize_t first
    if fit.sources[i].data != NULL:
        first, slot.dims[0] = slot.dims[0], fit.sources[i].rows
        fitting = slot.ndim > 0 and array_fits(slot, array, NULL)
        slot.dims[0] = first
        if not fitting or first != batch:
            raise ValueError(f"source {i} is {array.dtype} of shape {array.shape}, of which"
                             f" batches of {batch} rows do not make {slot_text(slot)}")
    elif not fits(slot, array, NULL):
        raise ValueError(f"source {i} is fed whole and is not {slot_text(slot)}")
    elif slot.home != NULL:
        put_number(slot, array)
    else:
        p.owners[i] = <PyObject*>array
        bind(slot, cnp.PyArray_BYTES(array))
    return 0


cdef tuple read_part(Fit* fit, int which, Program p, list sources, Py_ssize_t batch, tuple whole,
                     list keep):
    """The arrays that the results of all its steps go to."""
    cdef Part* part = &fit.parts[which]
    cdef Slot* slot = p.slots + p.n_feeds
    cdef Py_ssize_t i
    cdef list stacks = []
    part.program = <PyObject*>p
    if p.n_symbols:
        raise ValueError("a Program for several sizes does not run in one loop")
    p.job.mode = &fit.mode
    if p.n_feeds != fit.n_sources:
        raise ValueError(f"{fit.n_sources} sources for {p.n_feeds} slots")
    for i in range(p.n_feeds):
        if which == 0:
            read_source(fit, i, sources[i], i in whole)
        fit_source(p, fit, i, sources[i], batch)
    memory = bytearray((p.n_results + 1) * sizeof(Stack))
    part.stacks = <Stack*><char*>memory
    for i in range(p.n_results):
        shape = (part.count,) + tuple([slot.dims[j] for j in range(slot.ndim)])
        array = np.empty(shape, <object>slot.descr)
        stacks.append(array)
        part.stacks[i].data, part.stacks[i].owner = cnp.PyArray_BYTES(array), <PyObject*>array
        slot += 1
    keep.append(memory)
    return tuple(stacks)


cdef int count_steps(Fit* fit, Py_ssize_t batch, Py_ssize_t rows, Py_ssize_t start,
                     Py_ssize_t stop, bint rest) except -1:
    if batch < 1 or rows < batch or start < 0 or stop < start:
        raise ValueError(f"steps {start} to {stop} of {batch} of {rows} rows")
    fit.batch, fit.rows, fit.at, fit.stop = batch, rows, start, stop
    fit.steps = rows // batch + rest
    if rest:
        if rows % batch == 0:
            raise ValueError(f"{rows} rows in batches of {batch} leave no rest")
        fit.parts[1].count = stop // fit.steps - start // fit.steps
    fit.parts[0].count = stop - start - fit.parts[1].count
    return 0


cdef int run_batch(Fit* fit, Program p, Py_ssize_t first) noexcept nogil:
    """Runs the present step on the rows from `first` on."""
    cdef Py_ssize_t i
    cdef Part* part = fit.part
    cdef Source* source = fit.sources
    cdef Slot* slot = p.slots
    cdef Stack* stack = part.stacks
    cdef int code
    if not p.brief or fit.at % 64 == 0:         # a clock is worth 64 of the briefest batches
        code = look(&p.job)
        if code != OK:
            p.job.failures[0] = Failure(-1, code, 0, 0, -1)
            return code
    if fit.draw.order != NULL and draw_batch(fit, first) != OK:
        fit.missing = True
        return BAD_INDEX
    for i in range(p.n_feeds):
        if source.data == NULL:
            pass
        elif fit.draw.order != NULL:
            p.owners[i] = fit.draw.owner
            bind(slot, fit.draw.buffer + source.place)
        else:
            p.owners[i] = source.owner
            bind(slot, source.data + first * source.row_bytes)
        source += 1
        slot += 1
    for i in range(p.n_results):
        if slot.home == NULL:
            p.owners[p.n_feeds + i] = stack.owner
            bind(slot, stack.data + part.done * slot.nbytes)
        slot += 1
        stack += 1
    code = run_bound(p)
    if code != OK:
        return code
    slot, stack = p.slots + p.n_feeds, part.stacks
    for i in range(p.n_results):
        if slot.home != NULL:
            memcpy(stack.data + part.done * slot.itemsize, slot.home, slot.itemsize)
        slot += 1
        stack += 1
    part.done += 1
    return OK


cdef void run_fit(Fit* fit) noexcept nogil:
    """Runs all steps; `fit.at`, `fit.part` and `fit.code` tell of a failure."""
    cdef Py_ssize_t step
    cdef bint keep = (<Program>fit.parts[0].program).job.keep
    mode_enter(&fit.mode, keep)
    while fit.at < fit.stop:
        step = fit.at % fit.steps
        fit.part = &fit.parts[fit.parts[1].program != NULL and step == fit.steps - 1]
        fit.code = run_batch(fit, <Program>fit.part.program, step * fit.batch)
        if fit.code != OK:
            break
        fit.at += 1
    mode_leave(&fit.mode)
