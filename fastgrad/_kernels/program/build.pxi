# From specs (tuples) to Steps.
#
# Owns the reading and checking of what a Program is constructed from, but for the insides of
# strips (strip.pxi) and Python steps (python.pxi). Runs nothing.
#
# Decisions
# - Specs are exact tuples read through the C API: about 0.2 us a step, so that a plan of
#   100,000 steps costs less to build than to compile.
# - Every malformed spec is a ValueError that names the step. Addresses of kernels cannot be
#   checked; all else can: spaces, offsets, counts, ranges.
# - Patches are collected in one list while steps are read, and sorted by slot at the end.


cdef inline tuple as_tuple(object spec, str what):
    if not PyTuple_CheckExact(spec):
        raise ValueError(f"{what} must be a tuple, not {type(spec).__name__}")
    return <tuple>spec


cdef tuple as_counted(object spec, Py_ssize_t most, str what):
    cdef tuple items = as_tuple(spec, what)
    if PyTuple_GET_SIZE(items) > most:
        raise ValueError(f"{PyTuple_GET_SIZE(items)} {what}, at most {most} fit")
    return items


cdef int read_shape(object shape, Py_ssize_t* dims, Py_ssize_t itemsize,
                    Py_ssize_t* nbytes) except -1:
    """Fills dims and the number of bytes of a C-contiguous array, as they are while specs are
    read; returns the rank."""
    cdef tuple lengths = as_counted(shape, PROGRAM_MAXDIMS, "dimensions")
    cdef Py_ssize_t size = itemsize, length
    cdef int i
    for i in range(<int>PyTuple_GET_SIZE(lengths)):
        length = present(lengths[i])
        if length < 0:
            raise ValueError(f"negative length in shape {shape}")
        if length and size > PY_SSIZE_T_MAX // length:
            raise ValueError(f"shape {shape} is too large")
        dims[i] = length
        size *= length
    nbytes[0] = size
    return <int>PyTuple_GET_SIZE(lengths)


cdef object STRING_DTYPE = cnp.dtype("V8")


cdef object read_dtype(object spec):
    """A native, fixed-size, plain number type, or the eight opaque bytes that stand for a string;
    slots and views hold nothing else."""
    cdef cnp.dtype descr = cnp.dtype(spec)
    if descr == STRING_DTYPE:
        return descr
    if chr(descr.kind) not in "biufc" or not descr.isnative or descr.itemsize > HOME:
        raise ValueError(f"dtype {descr} is not a native number type")
    return descr


cdef int number_kind(cnp.dtype descr) noexcept:
    if descr.kind == c'f':
        return NUMBER_F32 if descr.itemsize == 4 else NUMBER_F64 if descr.itemsize == 8 else 0
    if descr.kind == c'i':
        return NUMBER_I32 if descr.itemsize == 4 else NUMBER_I64 if descr.itemsize == 8 else 0
    return NUMBER_BOOL if descr.kind == c'b' else NO_NUMBER


cdef int read_slot(Program p, Slot* slot, object spec) except -1:
    cdef Py_ssize_t dims[PROGRAM_MAXDIMS]
    cdef tuple pair = as_tuple(spec, "a slot")
    cdef cnp.dtype descr
    if PyTuple_GET_SIZE(pair) != 2:
        raise ValueError("a slot is (dtype, shape)")
    descr = read_dtype(pair[0])
    p.keep.append(descr)
    slot.descr = <PyObject*>descr
    slot.type_num = slot.twin_num = descr.type_num
    if sizeof(long) == 8:
        slot.twin_num = {cnp.NPY_LONG: cnp.NPY_LONGLONG, cnp.NPY_LONGLONG: cnp.NPY_LONG,
                         cnp.NPY_ULONG: cnp.NPY_ULONGLONG, cnp.NPY_ULONGLONG: cnp.NPY_ULONG,
                         }.get(slot.type_num, slot.type_num)
    slot.number = number_kind(descr)
    slot.itemsize = descr.itemsize
    slot.ndim = read_shape(pair[1], dims, slot.itemsize, &slot.nbytes)
    slot.dims = <Py_ssize_t*>take(&p.pool, slot.ndim * sizeof(Py_ssize_t))
    memcpy(slot.dims, dims, slot.ndim * sizeof(Py_ssize_t))
    return read_dims(p, slot, pair[1])


cdef int read_dims(Program p, Slot* slot, tuple shape) except -1:
    """Notes which dimensions of a slot are sizes, and has them and its bytes follow these."""
    cdef int i
    cdef object nbytes = slot.itemsize
    for i in range(slot.ndim):
        nbytes = nbytes * shape[i]
        if not isinstance(shape[i], Expression):
            continue
        if slot.symbols == NULL:
            slot.symbols = <signed char*>take(&p.pool, slot.ndim)
            memset(slot.symbols, -1, slot.ndim)
        slot.symbols[i] = <signed char>(<Expression>shape[i]).symbol
        read_number(p, shape[i], &slot.dims[i])
    if slot.symbols != NULL:
        read_number(p, nbytes, &slot.nbytes)
    return 0


cdef int read_spaces(Program p, Py_ssize_t arena_bytes, list fixed, list feeds,
                     list results) except -1:
    """Lays out the homes, behind the arena if that is the Program's own, and numbers every space.

    A shared arena is one more slot, behind the feeds and the results.
    """
    cdef Py_ssize_t i, homes = 0
    cdef char* home
    cdef Space* space
    cdef Slot* slot
    p.n_feeds, p.n_slots = len(feeds), len(feeds) + len(results)
    p.slots = <Slot*>take(&p.pool, (p.n_slots + 1) * sizeof(Slot))
    memset(p.slots, 0, (p.n_slots + 1) * sizeof(Slot))
    p.owners = <PyObject**>take(&p.pool, p.n_slots * sizeof(PyObject*) + 1)
    for i, spec in enumerate(feeds + results):
        read_slot(p, &p.slots[i], spec)
        homes += p.slots[i].ndim == 0
    if arena_bytes < 0 or arena_bytes > PY_SSIZE_T_MAX // 2:
        raise ValueError(f"an arena of {arena_bytes} bytes")
    p.arena_size = arena_bytes
    p.n_spaces = 1 + len(fixed) + p.n_slots
    p.spaces = <Space*>take(&p.pool, p.n_spaces * sizeof(Space))
    if p.calls_python:
        arena_bytes = (arena_bytes + 63) & ~63
        p.arena = Arena(arena_bytes + homes * HOME)
        home = p.arena.data + arena_bytes
        p.spaces[0] = Space(p.arena.data, p.arena_size, -1, <PyObject*>p.arena, True)
    else:
        home = <char*>take(&p.pool, homes * HOME + 1)
        p.spaces[0] = Space(NULL, arena_bytes, p.n_slots, NULL, True)
    for i in range(len(fixed)):
        read_fixed(p, &p.spaces[1 + i], fixed[i])
    for i in range(p.n_slots):
        slot = &p.slots[i]
        space = &p.spaces[1 + len(fixed) + i]
        space[0] = Space(NULL, slot.nbytes, i, NULL, i >= p.n_feeds)
        if slot.ndim == 0:
            slot.home = space.base = home
            memset(slot.home, 0, HOME)
            home += HOME
            space.owner = <PyObject*>p.arena if p.calls_python else NULL
    return 0


cdef int read_fixed(Program p, Space* space, object array) except -1:
    if not cnp.PyArray_Check(array) or not cnp.PyArray_ISCARRAY_RO(array):
        raise ValueError("a fixed array must be an aligned, native, C-contiguous ndarray")
    read_dtype(array.dtype)
    p.keep.append(array)
    space[0] = Space(cnp.PyArray_BYTES(array), cnp.PyArray_NBYTES(array), -1, <PyObject*>array,
                     cnp.PyArray_ISWRITEABLE(array))
    return 0


cdef int read_undo(Program p, list fixed, tuple undo) except -1:
    """Room for the contents of the fixed arrays of these indices."""
    cdef Py_ssize_t i, number, total = 0
    cdef Space* space
    cdef Arena room
    p.n_undo = len(undo)
    p.undo = <Undo*>take(&p.pool, p.n_undo * sizeof(Undo) + 1)
    for i in range(p.n_undo):
        number = undo[i]
        if not 0 <= number < len(fixed) or not p.spaces[1 + number].writable:
            raise ValueError(f"undo names array {number}, which is no writable fixed array")
        space = &p.spaces[1 + number]
        p.undo[i] = Undo(space.base, NULL, space.nbytes)
        total += space.nbytes
    room = Arena(total)
    p.keep.append(room)
    total = 0
    for i in range(p.n_undo):
        p.undo[i].saved = room.data + total
        total += p.undo[i].nbytes
    return 0


cdef int read_indices(Program p, dict indices) except -1:
    """Sees that the arrays lie within their spaces."""
    cdef Py_ssize_t dims[PROGRAM_MAXDIMS]
    cdef Py_ssize_t nbytes, number, offset
    for arrays in indices.values():
        for operand, dtype, shape in arrays:
            number, offset = operand
            read_shape(shape, dims, read_dtype(dtype).itemsize, &nbytes)
            if not 0 <= number < p.n_spaces or not 0 <= offset <= p.spaces[number].nbytes - nbytes:
                raise ValueError(f"{nbytes} bytes of indices at {operand}")
    p.indices = indices
    return 0


cdef Space* read_operand(Program p, object spec, char** where, Py_ssize_t need) except? NULL:
    """Sets or promises to patch *where; returns the space, NULL for None. `need`: bytes there."""
    cdef Py_ssize_t number, offset
    cdef Space* space
    cdef RawPatch* patch
    cdef object more
    where[0] = NULL
    if spec is None:
        return NULL
    if not PyTuple_CheckExact(spec) or PyTuple_GET_SIZE(spec) != 2:
        raise ValueError("an operand is (space, byte offset) or None")
    number = <object>PyTuple_GET_ITEM(spec, 0)
    more = <object>PyTuple_GET_ITEM(spec, 1)
    offset = present(more)
    if number < 0 or number >= p.n_spaces:
        raise ValueError(f"space {number} of {p.n_spaces}")
    space = &p.spaces[number]
    if offset < 0 or need < 0 or need > space.nbytes or offset > space.nbytes - need:
        raise ValueError(f"{need} bytes at offset {offset} of space {number},"
                         f" which has {space.nbytes}")
    if space.base != NULL or space.slot < 0:
        where[0] = space.base + offset
        if isinstance(more, Expression):
            promise(p, <Expression>more, PLACE_POINTER, where).base = space.base
        return space
    if p.n_raw == p.max_raw:
        grow_patches(p)
    patch = &p.raw[p.n_raw]
    patch.slot, patch.where, patch.offset, patch.fill = space.slot, where, offset, -1
    p.n_raw += 1
    if isinstance(more, Expression):
        patch.fill = p.n_fills
        promise(p, <Expression>more, PLACE_SIZE, NULL)
        p.moving = True
    return space


cdef int grow_patches(Program p) except -1:
    cdef Py_ssize_t most = 64 + 2 * p.max_raw
    cdef void* room = PyMem_RawRealloc(p.raw, most * sizeof(RawPatch))
    if room == NULL:
        raise MemoryError("no memory for a program's patches")
    p.raw, p.max_raw = <RawPatch*>room, most
    return 0


cdef int sort_patches(Program p) except -1:
    """Hands every slot its own patches and drops the common list."""
    cdef Patch* room = <Patch*>take(&p.pool, p.n_raw * sizeof(Patch) + 1)
    cdef Py_ssize_t i
    cdef Slot* slot
    for i in range(p.n_raw):
        p.slots[p.raw[i].slot].n_patches += 1
    for i in range(p.n_slots + 1):
        p.slots[i].patches = room
        room += p.slots[i].n_patches
        p.slots[i].n_patches = 0
    for i in range(p.n_raw):
        slot = &p.slots[p.raw[i].slot]
        slot.patches[slot.n_patches] = Patch(p.raw[i].where, p.raw[i].offset)
        if p.raw[i].fill >= 0:
            p.fills[p.raw[i].fill].at = &slot.patches[slot.n_patches].offset
        slot.n_patches += 1
    PyMem_RawFree(p.raw)
    p.raw = NULL
    return 0


cdef int read_kernel(Program p, Step* step, object address, object ext, object par) except -1:
    """The part that steps and substeps share: the function and its numbers."""
    cdef tuple numbers
    cdef Py_ssize_t i
    read_address(p, address, &step.fn)
    numbers = as_counted(ext, MAX_EXTENTS, "extents")
    for i in range(PyTuple_GET_SIZE(numbers)):
        read_number(p, <object>PyTuple_GET_ITEM(numbers, i), &step.ext[i])
    numbers = as_counted(par, 2, "parameters")
    for i in range(PyTuple_GET_SIZE(numbers)):
        read_parameter(p, <object>PyTuple_GET_ITEM(numbers, i), &step.par[i])
    return 0


cdef int read_range(Program p, Step* step, tuple spec, Py_ssize_t first) except -1:
    """lo, hi, grain, parallel, barrier: five fields of a spec, from index `first`."""
    read_number(p, spec[first], &step.lo)
    read_number(p, spec[first + 1], &step.hi)
    read_number(p, spec[first + 2], &step.grain)
    step.parallel, step.barrier = bool(spec[first + 3]), bool(spec[first + 4])
    if step.lo < 0 or step.hi < step.lo or step.grain < 1:
        raise ValueError(f"range [{step.lo}, {step.hi}) in grains of {step.grain}")
    return 0


cdef int read_plain(Program p, Step* step, tuple spec) except -1:
    cdef tuple operands, numbers
    cdef Py_ssize_t i, last
    cdef Py_ssize_t* aux
    if not 10 <= PyTuple_GET_SIZE(spec) <= 11:
        raise ValueError("a kernel step has 10 or 11 fields")
    operands = as_counted(spec[1], MAX_OPERANDS, "operands")
    last = PyTuple_GET_SIZE(operands) - 1
    if PyTuple_GET_SIZE(spec) == 11:
        step.scratch_at = <int>last
        read_number(p, spec[10], &step.scratch)
        if step.scratch < 1 or last < 0 or operands[last] is None or (
                step.scratch > PY_SSIZE_T_MAX // p.threads):
            raise ValueError(f"{step.scratch} bytes of scratch a piece, in its last operand")
    for i in range(last + 1):
        read_operand(p, <object>PyTuple_GET_ITEM(operands, i), &step.ptr[i],
                     step.scratch * p.threads if step.scratch and i == last else 0)
    read_kernel(p, step, spec[0], spec[2], spec[3])
    if spec[4] is not None:
        numbers = as_tuple(spec[4], "aux")
        aux = <Py_ssize_t*>take(&p.pool, PyTuple_GET_SIZE(numbers) * sizeof(Py_ssize_t))
        for i in range(PyTuple_GET_SIZE(numbers)):
            read_number(p, <object>PyTuple_GET_ITEM(numbers, i), &aux[i])
        step.aux = aux
    return read_range(p, step, spec, 5)


cdef int read_step(Program p, Step* step, object spec) except -1:
    cdef tuple fields = as_tuple(spec, "a step")
    cdef Py_ssize_t count = PyTuple_GET_SIZE(fields)
    cdef object head
    if count == 0:
        raise ValueError("an empty step")
    head = <object>PyTuple_GET_ITEM(fields, 0)
    if PyLong_CheckExact(head) or isinstance(head, Choice):
        return read_plain(p, step, fields)
    if PyUnicode_CheckExact(head):
        if head == "strip":
            return read_strip(p, step, fields)
        if head in OWN and count > 2:
            return read_own(p, step, head, fields[:count - 2], fields[count - 2:])
    if callable(head):
        return read_python(p, step, fields)
    raise ValueError(f"a step starts with an address, 'strip' or a callable, not {head!r}")


OWN = frozenset(("loop", "branch", "put", "take", "gain", "push", "pop"))


cdef int read_own(Program p, Step* step, str head, tuple fields, tuple flags) except -1:
    """A step of the Program's own: its fields, then `parallel` and `barrier`."""
    step.hi = step.grain = 1
    step.parallel, step.barrier = bool(flags[0]), bool(flags[1])
    if step.parallel and head != "loop":
        raise ValueError(f"a {head} is one thread's")
    if head == "loop":
        return read_loop(p, step, fields)
    if head == "branch":
        return read_branch(p, step, fields)
    if head == "push" or head == "pop":
        return read_taped(p, step, fields, run_push if head == "push" else run_pop)
    return read_access(p, step, fields)


cdef bint has_python(list steps):
    """Whether a step is a callable; what is malformed is found when it is read."""
    for step in steps:
        if PyTuple_CheckExact(step) and PyTuple_GET_SIZE(step):
            head = <object>PyTuple_GET_ITEM(step, 0)
            if callable(head) or PyUnicode_CheckExact(head) and holds_python(head, step):
                return True
    return False


cdef int share_arena(Program p) except -1:
    """Counts the Program among those that share the store's memory, and sees that it suffices."""
    cdef Scratch* shared = p.lock.scratch
    if p.slots[p.n_slots].n_patches == 0:
        return 0
    p.size_class = class_of(p.arena_size)
    p.shared_size = class_size(p.size_class)
    p.shared = shared
    count_in(shared, p.size_class)
    with p.lock:
        if not in_use(shared) and shared.size < p.shared_size:
            resize(shared, p.size_class)
    return 0


cdef int read_steps(Program p, list steps) except -1:
    cdef Py_ssize_t i
    cdef Py_ssize_t count = PyList_GET_SIZE(steps)
    p.job.count = count
    p.steps = <Step*>take(&p.pool, count * sizeof(Step) + 1)
    memset(p.steps, 0, count * sizeof(Step))
    for i in range(count):
        p.home = &p.steps[i]
        try:
            read_step(p, p.home, <object>PyList_GET_ITEM(steps, i))
        except (ValueError, TypeError, OverflowError) as error:
            raise ValueError(f"step {i}: {error}") from error
        p.loops = p.loops or p.steps[i].fn == run_loop
        if i and p.steps[i - 1].fn == run_python:
            p.steps[i].barrier = 1      # the first thread wrote what all may read now
    return 0


cdef int prepare_job(Program p) except -1:
    """What the walkers need beside the steps."""
    cdef Py_ssize_t i
    cdef Job* job = &p.job
    job.steps = p.steps
    job.commit = job.count
    job.checks = <Py_ssize_t*>take(&p.pool, (job.count + 1) * sizeof(Py_ssize_t))
    job.checks[0] = job.count + 1
    job.trust = <team_trust*>take(&p.pool, sizeof(team_trust))
    memset(job.trust, 0, sizeof(team_trust))
    job.failures = <Failure*>take(&p.pool, p.threads * sizeof(Failure))
    job.program = <PyObject*>p
    job.pieces = p.active = p.threads
    p.times = <int64_t*>take(&p.pool, job.count * sizeof(int64_t) + 1)
    for i in range(job.count):
        p.times[i] = INT64_MAX
    p.learning = LEARNING_RUNS
    return 0
