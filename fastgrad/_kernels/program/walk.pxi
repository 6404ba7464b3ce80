# Walking the steps.
#
# Owns the loops over Step[], the look at pending signals, and the times of steps. Knows nothing
# of feeds and results: pointers are bound before it starts.
#
# Decisions
# - Two walkers. walk() is for one thread and does nothing but call and compare, about 1.5 ns a
#   step. share() is for teams, and for the runs that measure.
# - Ctrl-C: the first runs measure each step, and check points are laid so that LOOK_APART pass
#   between two of them; a run shorter than that has none. At a check point the clock is
#   read, and every LOOK_EVERY the GIL is taken and signal handlers run. Counting steps
#   instead would be wrong either way: 32 steps are 100 ns or 2 s.
# - No look once a variable may have been written (commit_step): an update is whole or not at
#   all. In a team a look comes only before a barrier, where no other thread is ahead.
# - Every parallel step is cut in as many pieces as the Program has threads, also when one thread
#   runs them all (team busy, machine loaded, forked child): a result never depends on who ran
#   it. An empty piece is not run.
# - While steps run, subnormal numbers count as zero on every thread (subnormals.h), but not in
#   Python that is the caller's: Python steps of the caller's own, and signal handlers.
# - After a failure a team's threads walk on without working up to the next barrier, meet
#   there and leave together, so nobody waits in vain.

cdef enum:
    LEARNING_RUNS = 3           # the first is cold; the fastest of three is near the truth
    LOOK_APART = 2000000        # ns of steps between two check points
    LOOK_EVERY = 20000000       # ns between two looks
    BRIEF = 5000                # ns; shorter runs keep the GIL

cdef struct Failure:
    Py_ssize_t step             # -1: none
    int code
    Py_ssize_t lo, hi           # the piece of the step's range that failed
    Py_ssize_t inside           # of a loop of the team: which of its steps; else -1

cdef struct Job:
    Step* steps
    Py_ssize_t count
    Py_ssize_t commit           # no look at signals after this step; `count` if none commits
    Py_ssize_t* checks          # ascending steps before which to look; ends with `count` + 1
    int64_t* times              # NULL, or where to add up each step's ns
    int64_t looked              # when signals were looked at
    team_trust* trust           # whether the team is worth its while at the moment
    int pieces                  # of each parallel step: the number of threads
    PyObject* program
    float_mode* mode            # of the calling thread, and what the run has instead
    bint keep                   # subnormal numbers
    team_mark mark              # the lowest step that failed
    Failure* failures           # one for each thread


cdef int look(Job* job) noexcept nogil:
    """INTERRUPTED, with the exception kept, if a signal handler raised."""
    cdef int64_t now = team_clock()
    cdef int code = OK
    if now - job.looked < LOOK_EVERY:
        return OK
    job.looked = now
    mode_leave(job.mode)            # handlers are the caller's code
    with gil:
        try:
            PyErr_CheckSignals()
        except BaseException as error:
            (<Program>job.program).error = error
            code = INTERRUPTED
    mode_enter(job.mode, job.keep)
    return code


cdef int walk(Job* job) noexcept nogil:
    """Runs all steps on this thread; the failure, if any, goes to failures[0]."""
    cdef Py_ssize_t i
    cdef Py_ssize_t* check = job.checks
    cdef Py_ssize_t stop = check[0]
    cdef Step* s = job.steps
    cdef int code
    for i in range(job.count):
        if i == stop:
            check += 1
            stop = check[0]
            code = look(job)
            if code != OK:
                job.failures[0] = Failure(i, code, s.lo, s.hi, -1)
                return code
        code = s.fn(s, s.lo, s.hi)
        if code != OK:
            job.failures[0] = Failure(i, code, s.lo, s.hi, -1)
            return code
        s += 1
    return OK


cdef void run_pieces(const Step* s, int id, int count, Job* job, Py_ssize_t i) noexcept nogil:
    """Thread `id` of `count` runs its piece of the step, cut at multiples of the grain; a thread
    on its own (`count` is 1) runs all pieces, one by one. The first piece is the largest: the
    calling thread should not be the one that waits (team_judge)."""
    cdef Py_ssize_t grains = (s.hi - s.lo + s.grain - 1) // s.grain
    cdef Py_ssize_t lo = s.lo, hi = s.hi
    cdef int code, piece, pieces = job.pieces
    cdef Step own
    if not s.parallel or pieces == 1:
        code = s.fn(s, lo, hi)
        if code != OK:
            fail(job, id, Failure(i, code, lo, hi, -1))
        return
    for piece in range(id, pieces if count == 1 else id + 1):
        lo = s.lo + (grains * piece + pieces - 1) // pieces * s.grain
        hi = min(s.hi, s.lo + (grains * (piece + 1) + pieces - 1) // pieces * s.grain)
        if lo < hi:
            if s.scratch:
                own = s[0]
                own.ptr[s.scratch_at] += piece * s.scratch
                code = s.fn(&own, lo, hi)
            else:
                code = s.fn(s, lo, hi)
            if code != OK:
                fail(job, id, Failure(i, code, lo, hi, -1))
                return


cdef void share(void* argument, int id, int count) noexcept nogil:
    """Thread `id` of `count` walks all steps over its share of each."""
    cdef Job* job = <Job*>argument
    cdef Step* s = job.steps - 1
    cdef Py_ssize_t i
    cdef Py_ssize_t* check = job.checks
    cdef int64_t now, before = team_clock()
    cdef int code
    if id:
        mode_share(job.mode)
    for i in range(job.count):
        s += 1
        if id == 0 and i <= job.commit and (s.barrier or count == 1):
            if job.times != NULL or i >= check[0]:
                code = look(job)
                if code != OK:
                    fail(job, id, Failure(i - 1, code, 0, 0, -1))
            while check[0] <= i:
                check += 1
        if s.barrier:
            team_barrier(id, count)
            if team_mark_get(&job.mark) < i:
                return          # all threads see the same: that step is over for all of them
        if i > team_mark_get(&job.mark) or id and not s.parallel:
            continue
        if s.parallel and s.fn == run_loop:
            run_team_loop(s, id, count, job, i)
        else:
            run_pieces(s, id, count, job, i)
        if id == 0 and job.times != NULL:
            now = team_clock()
            job.times[i] = min(job.times[i], now - before)
            before = now


cdef void fail(Job* job, int id, Failure failure) noexcept nogil:
    if job.failures[id].code == OK:
        job.failures[id] = failure
        team_mark_lower(&job.mark, failure.step)


cdef int execute(Job* job, int threads) noexcept nogil:
    """Runs the bound steps; OK, or the code of the failure that failures[0] then holds."""
    cdef int id
    if threads == 1 and job.times == NULL:
        return walk(job)
    team_mark_set(&job.mark, job.count)
    for id in range(threads):
        job.failures[id] = Failure(job.count, OK, 0, 0, -1)
    if threads == 1:
        share(job, 0, 1)
    else:
        team_run(threads, share, job, job.trust)
    for id in range(1, threads):
        if job.failures[id].code != OK and earlier(&job.failures[id], &job.failures[0]):
            job.failures[0] = job.failures[id]
    if job.failures[0].code != OK and job.failures[0].inside >= 0:
        (<Holder*>job.steps[job.failures[0].step].aux).failed = job.failures[0].inside
    return job.failures[0].code


cdef bint earlier(const Failure* a, const Failure* b) noexcept nogil:
    return a.step < b.step or a.step == b.step and a.inside < b.inside


cdef void keep_indices(Program p) noexcept with gil:
    """Copies what the failed step followed, before anything is put back or used anew.

    All that the failed piece has followed is as it was: a thread that is ahead writes at most
    where its own piece was.
    """
    cdef Space* space
    cdef char* base
    cdef list kept = []
    cdef Py_ssize_t at = p.job.failures[0].step
    cdef Step* step = &p.steps[at]
    try:
        inside = failed_inside(p, &step)
        for (number, offset), dtype, shape in p.indices.get((at, *inside) if inside else at, ()):
            space = &p.spaces[<Py_ssize_t>number]
            base = space.base if space.slot < 0 or space.base != NULL else p.slots[space.slot].bound
            array = np.empty([at_present(p, n) for n in shape], dtype)
            if base != NULL:
                memcpy(cnp.PyArray_BYTES(array), base + <Py_ssize_t>at_present(p, offset), cnp.PyArray_NBYTES(array))
                kept.append(array)
    except Exception:           # no memory: the error names the step alone
        kept = []
    p.followed = kept


cdef int run_bound(Program p) noexcept nogil:
    """Runs the bound steps; measures them too, as long as their times are to be learned."""
    cdef Py_ssize_t i
    cdef int code
    if p.learning:
        p.job.times = p.times
    for i in range(p.n_undo):
        memcpy(p.undo[i].saved, p.undo[i].data, p.undo[i].nbytes)
    if p.n_tapes:
        empty_tapes(p)
    code = execute(&p.job, p.active)
    if code == BAD_INDEX:
        keep_indices(p)
    if code != OK:
        for i in range(p.n_undo):
            memcpy(p.undo[i].data, p.undo[i].saved, p.undo[i].nbytes)
    if p.learning and code == OK:
        p.learning -= 1
        lay_checks(p)
    p.job.times = NULL
    return code


cdef int run_once(Program p) noexcept nogil:
    """Runs the bound steps from outside of any run, in the Program's mode for subnormal numbers."""
    cdef float_mode mode
    cdef int code
    mode_enter(&mode, p.job.keep)
    p.job.mode = &mode
    code = run_bound(p)
    mode_leave(&mode)
    return code


cdef void lay_checks(Program p) noexcept nogil:
    """From measured times to check points, and whether a run is worth releasing the GIL."""
    cdef Job* job = &p.job
    cdef Py_ssize_t i, n = 0
    cdef int64_t since = 0, total = 0
    for i in range(job.count):
        if since >= LOOK_APART and i <= job.commit:
            job.checks[n] = i
            n += 1
            since = 0
        since += p.times[i]
        total += p.times[i]
    job.checks[n] = job.count + 1
    p.brief = (total < BRIEF and not p.learning and p.threads == 1 and not p.calls_python
               and not p.loops)
