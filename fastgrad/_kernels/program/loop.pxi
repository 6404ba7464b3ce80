# Steps that hold blocks of steps: loops and branches; and the tapes that loops leave values on.
#
# Owns the reading and the running of such steps. Knows nothing of what a block computes.
#
# Decisions
# - A block's steps are Steps like any others, over the same spaces and patched with them. They run on
#   the thread that runs the holder, one after the other: about 2 ns a step.
# - A loop that is worth a team is walked by all its threads, each over its piece of the steps that are
#   cut, with barriers as `partition` lays them, one behind the condition's last step, and one before
#   the loop. Other holders, and the steps of tapes and arrays, are the first thread's.
# - A tape is a stack that grows and is emptied when a run begins, so that loops inside loops need no
#   more. Its memory stays for the next run.
# - Between turns signals are looked at: the clock is read every `stride` turns, and the stride follows
#   the time that they take. Where variables have been written by then, the Program undoes it.

cdef enum:
    LOOK_NEAR = 1000000         # ns between two readings of the clock: at least,
    LOOK_FAR = 8000000          # and at most
    MOST_STRIDE = 1 << 20
    FIRST_TAPE = 4096           # bytes

cdef struct Tape:
    char* data
    size_t used
    size_t room

cdef struct Holder:
    PyObject* program
    Step* steps[3]              # of a loop: start, condition, turn; of a branch: true, false
    Py_ssize_t counts[3]
    char* test                  # the condition's result, or NULL; patched
    char* limit                 # int64, the most turns, or NULL; patched
    Tape** counted              # where the number of turns goes, for each gradient
    Py_ssize_t n_counted
    Tape* turns                 # where it comes from, or NULL
    Py_ssize_t failed           # the step that failed, counted through all blocks
    Py_ssize_t stride
    int64_t stop                # of a team's loop: the most turns,
    team_mark mark              # and the first place where a step has failed

cdef struct Taped:
    Tape* tape
    Py_ssize_t nbytes


cdef int run_block(Holder* holder, int block) noexcept nogil:
    cdef Step* s = holder.steps[block]
    cdef Step* end = s + holder.counts[block]
    cdef int code
    while s != end:
        code = s.fn(s, s.lo, s.hi)
        if code != OK:
            note_failure(holder, block, s - holder.steps[block])
            return code
        s += 1
    return OK


cdef void note_failure(Holder* holder, int block, Py_ssize_t at) noexcept nogil:
    cdef int i
    holder.failed = at
    for i in range(block):
        holder.failed += holder.counts[i]


cdef int look_between(Holder* holder, int64_t* before) noexcept nogil:
    """A look at signals; sets how many turns pass before the next one."""
    cdef int64_t now = team_clock()
    if now - before[0] < LOOK_NEAR and holder.stride < MOST_STRIDE:
        holder.stride *= 2
    elif now - before[0] > LOOK_FAR and holder.stride > 1:
        holder.stride //= 2
    before[0] = now
    return look(&(<Program>holder.program).job)


cdef int run_loop(const Step* s, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Holder* loop = <Holder*>s.aux
    cdef int64_t turn = 0, stop = INT64_MAX, before = team_clock()
    cdef Py_ssize_t left = loop.stride, i
    cdef int code = run_block(loop, 0)
    if code != OK:
        return code
    if loop.turns != NULL:
        loop.turns.used -= sizeof(int64_t)
        memcpy(&stop, loop.turns.data + loop.turns.used, sizeof(int64_t))
    elif loop.limit != NULL:
        stop = (<const int64_t*>loop.limit)[0]
    while turn < stop:
        if loop.test != NULL:
            code = run_block(loop, 1)
            if code != OK:
                return code
            if not loop.test[0]:
                break
        code = run_block(loop, 2)
        if code != OK:
            return code
        turn += 1
        left -= 1
        if left == 0:
            code = look_between(loop, &before)
            if code != OK:
                return code
            left = loop.stride
    for i in range(loop.n_counted):
        code = put(loop.counted[i], &turn, sizeof(int64_t))
        if code != OK:
            return code
    return OK


cdef void run_team_loop(const Step* s, int id, int count, Job* job, Py_ssize_t i) noexcept nogil:
    """Thread `id` of `count` walks a loop, the step `i`.

    Places count what a thread does one after the other, through all turns. A failure lowers the
    loop's mark to its place, and all threads leave at the next barrier behind it.
    """
    cdef Holder* loop = <Holder*>s.aux
    cdef int64_t turn = 0, before = team_clock(), at = 1
    cdef Py_ssize_t left = loop.stride, k
    cdef int code = OK
    if id == 0:
        team_mark_set(&loop.mark, INT64_MAX)
        loop.stop = INT64_MAX
        if loop.turns != NULL:
            loop.turns.used -= sizeof(int64_t)
            memcpy(&loop.stop, loop.turns.data + loop.turns.used, sizeof(int64_t))
        elif loop.limit != NULL:
            loop.stop = (<const int64_t*>loop.limit)[0]
        team_block(loop, 0, -loop.counts[0], id, count, job, i)
    if not team_meets(loop, 1, id, count):
        return
    while turn < loop.stop:
        if loop.test != NULL:
            if not team_block(loop, 1, at, id, count, job, i) or not team_meets(
                    loop, at + loop.counts[1], id, count):
                return
            if not loop.test[0]:
                break
        if not team_block(loop, 2, at + loop.counts[1], id, count, job, i):
            return
        at += loop.counts[1] + loop.counts[2]
        turn += 1
        left -= 1
        if id == 0 and left == 0:
            code = look_between(loop, &before)
            if code != OK:
                team_fails(loop, at - 1, id, job, Failure(i, code, 0, 0, 0))
            left = loop.stride
    if id == 0 and team_mark_get(&loop.mark) >= at:
        for k in range(loop.n_counted):
            code = put(loop.counted[k], &turn, sizeof(int64_t))
            if code != OK:
                team_fails(loop, at, id, job, Failure(i, code, 0, 0, 0))
                break


cdef void team_fails(Holder* loop, int64_t at, int id, Job* job, Failure failure) noexcept nogil:
    fail(job, id, failure)
    team_mark_lower(&loop.mark, at)


cdef bint team_meets(Holder* loop, int64_t at, int id, int count) noexcept nogil:
    """Waits for all threads; False if a step before this place has failed. All see the same."""
    team_barrier(id, count)
    return team_mark_get(&loop.mark) >= at


cdef bint team_block(Holder* loop, int block, int64_t at, int id, int count, Job* job,
                     Py_ssize_t i) noexcept nogil:
    """Walks a block that begins at a place; False if a step had failed at one of its barriers."""
    cdef Step* s = loop.steps[block]
    cdef Py_ssize_t j
    for j in range(loop.counts[block]):
        if s.barrier and not team_meets(loop, at + j, id, count):
            return False
        if (id == 0 or s.parallel) and team_mark_get(&loop.mark) > at + j:
            run_pieces(s, id, count, job, i)
            if job.failures[id].code != OK:
                note_failure(loop, block, j)
                job.failures[id].inside = loop.failed
                team_mark_lower(&loop.mark, at + j)
        s += 1
    return True


cdef int run_branch(const Step* s, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Holder* branch = <Holder*>s.aux
    return run_block(branch, 0 if branch.test[0] else 1)


# ---- tapes ------------------------------------------------------------------------------

cdef int put(Tape* tape, const void* value, size_t nbytes) noexcept nogil:
    if tape.room - tape.used < nbytes and not grow_tape(tape, nbytes):
        return NO_MEMORY
    memcpy(tape.data + tape.used, value, nbytes)
    tape.used += nbytes
    return OK


cdef bint grow_tape(Tape* tape, size_t nbytes) noexcept nogil:
    cdef size_t room = max(<size_t>FIRST_TAPE, tape.room * 2, tape.used + nbytes)
    cdef void* data = PyMem_RawRealloc(tape.data, room)
    if data == NULL:
        return False
    tape.data, tape.room = <char*>data, room
    return True


cdef int run_push(const Step* s, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef const Taped* taped = <const Taped*>s.aux
    return put(taped.tape, s.ptr[0], taped.nbytes)


cdef int run_pop(const Step* s, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef const Taped* taped = <const Taped*>s.aux
    taped.tape.used -= taped.nbytes
    memcpy(s.ptr[0], taped.tape.data + taped.tape.used, taped.nbytes)
    return OK


cdef void empty_tapes(Program p) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(p.n_tapes):
        p.tapes[i].used = 0


cdef void free_tapes(Program p) noexcept:
    cdef Py_ssize_t i
    for i in range(p.n_tapes):
        PyMem_RawFree(p.tapes[i].data)


# ---- reading ----------------------------------------------------------------------------

cdef int make_tapes(Program p, Py_ssize_t count) except -1:
    p.tapes = <Tape*>take(&p.pool, count * sizeof(Tape) + 1)
    memset(p.tapes, 0, count * sizeof(Tape))
    p.n_tapes = count
    return 0


cdef Tape* tape_of(Program p, object number) except? NULL:
    if number is None:
        return NULL
    if not 0 <= number < p.n_tapes:
        raise ValueError(f"tape {number} of {p.n_tapes}")
    return &p.tapes[<Py_ssize_t>number]


cdef int read_blocks(Program p, Holder* holder, tuple blocks) except -1:
    cdef Py_ssize_t i, j, count
    cdef list specs
    cdef Step* steps
    for i in range(PyTuple_GET_SIZE(blocks)):
        specs = blocks[i]
        count = PyList_GET_SIZE(specs)
        steps = <Step*>take(&p.pool, count * sizeof(Step) + 1)
        memset(steps, 0, count * sizeof(Step))
        holder.steps[i], holder.counts[i] = steps, count
        for j in range(count):
            try:
                read_step(p, &steps[j], <object>PyList_GET_ITEM(specs, j))
            except (ValueError, TypeError, OverflowError) as error:
                raise ValueError(f"step {j} of block {i}: {error}") from error
    return 0


cdef Holder* new_holder(Program p, Step* step, kernel_t fn) except NULL:
    cdef Holder* holder = <Holder*>take(&p.pool, sizeof(Holder))
    memset(holder, 0, sizeof(Holder))
    holder.program, holder.stride = <PyObject*>p, 1
    step.fn, step.aux = fn, <const Py_ssize_t*>holder
    return holder


cdef int read_loop(Program p, Step* step, tuple spec) except -1:
    """("loop", start, condition, turn, test, limit, counted, turns): three lists of steps, two
    operands or None, a tuple of tapes, a tape or None."""
    cdef Holder* loop
    cdef Py_ssize_t i
    if PyTuple_GET_SIZE(spec) != 8:
        raise ValueError("a loop has 8 fields")
    loop = new_holder(p, step, run_loop)
    read_blocks(p, loop, spec[1:4])
    read_operand(p, spec[4], &loop.test, 1)
    read_operand(p, spec[5], &loop.limit, sizeof(int64_t))
    counted = as_tuple(spec[6], "the tapes for the number of turns")
    loop.turns = tape_of(p, spec[7])
    loop.n_counted = len(counted)
    loop.counted = <Tape**>take(&p.pool, loop.n_counted * sizeof(Tape*) + 1)
    for i in range(loop.n_counted):
        loop.counted[i] = tape_of(p, counted[i])
    if spec[4] is None and spec[7] is None:
        raise ValueError("a loop without a condition")
    return 0


cdef int read_branch(Program p, Step* step, tuple spec) except -1:
    """("branch", true, false, test)"""
    cdef Holder* branch
    if PyTuple_GET_SIZE(spec) != 4 or spec[3] is None:
        raise ValueError("a branch is two lists of steps and the operand that chooses")
    branch = new_holder(p, step, run_branch)
    read_blocks(p, branch, spec[1:3])
    read_operand(p, spec[3], &branch.test, 1)
    return 0


cdef int read_taped(Program p, Step* step, tuple spec, kernel_t fn) except -1:
    """("push" or "pop", tape, operand, bytes)"""
    cdef Taped* taped = <Taped*>take(&p.pool, sizeof(Taped))
    if PyTuple_GET_SIZE(spec) != 4 or spec[1] is None or spec[2] is None:
        raise ValueError("a tape's step is a tape, an operand and a number of bytes")
    taped.tape = tape_of(p, spec[1])
    read_number(p, spec[3], &taped.nbytes)
    read_operand(p, spec[2], &step.ptr[0], taped.nbytes)
    step.fn, step.aux = fn, <const Py_ssize_t*>taped
    return 0


cdef bint holds_python(object head, tuple step):
    """Whether a block of a step holds a callable."""
    if head == "loop" or head == "branch":
        for block in step[1:4 if head == "loop" else 3]:
            if type(block) is list and has_python(block):
                return True
    return False


# ---- failures ---------------------------------------------------------------------------

cdef tuple failed_inside(Program p, Step** failed):
    """The places of the step that failed inside the blocks of the one that the walker names; sets
    *failed to it."""
    cdef list path = []
    cdef Step* s = failed[0]
    cdef Holder* holder
    cdef Py_ssize_t at
    cdef int block
    while s.fn == run_loop or s.fn == run_branch:
        holder = <Holder*>s.aux
        path.append(holder.failed)
        at, block = holder.failed, 0
        while block < 3 and at >= holder.counts[block]:
            at -= holder.counts[block]
            block += 1
        if block == 3:
            path.pop()
            break
        s = holder.steps[block] + at
    failed[0] = s
    return tuple(path)
