# Python steps: a callable that gets views on the operands and writes its outputs.
#
# Owns the reading and the running of such a step, and the views. Words no error: an exception
# is kept in the Program, and run() raises it.
#
# Decisions
# - A view on the Program's own arena or on a fixed array never moves and is made once; a view on
#   a feed or a result is made at each run. Every view has a base that keeps its memory alive, so a
#   callable that keeps one reads stale numbers at worst.
# - What the callable returns is ignored: it writes into its outputs.
# - A callable that does what a kernel would do (`foreign` is false) runs in the run's mode for
#   subnormal numbers, as a kernel does; NumPy's loops follow it. Any other sees its caller's.
# - It runs on the thread that called run(), inside a team too, since only that one can take
#   the GIL.

cdef struct View:
    char* data                  # patched like any operand
    PyObject* descr
    PyObject* ready             # the array, if its memory never moves; borrowed
    PyObject* owner             # of memory that never moves, if the shape does; borrowed
    Py_ssize_t slot             # whose array owns the memory otherwise
    Py_ssize_t* dims
    int ndim
    int flags

cdef struct ViewList:
    View* items
    Py_ssize_t count
    PyObject* ready             # the whole tuple, if no view moves

cdef struct PyStep:
    PyObject* program           # borrowed: the step belongs to it
    PyObject* callable
    bint foreign                # the caller's code, which sees the caller's own mode
    Step* home                  # the Program's own step that this is, or that holds it
    ViewList outs
    ViewList ins


cdef tuple make_views(Program p, ViewList* views):
    cdef tuple made
    cdef View* view
    cdef Py_ssize_t i
    if views.ready != NULL:
        return <tuple>views.ready
    made = PyTuple_New(views.count)
    for i in range(views.count):
        view = &views.items[i]
        if view.ready != NULL:
            array = <object>view.ready
        else:
            array = new_view(view, view.owner if view.owner != NULL else p.owners[view.slot])
        Py_INCREF(array)
        PyTuple_SET_ITEM(made, i, array)
    return made


cdef int run_python(const Step* s, Py_ssize_t lo, Py_ssize_t hi) noexcept with gil:
    cdef PyStep* call = <PyStep*>s.aux
    cdef Program p = <Program>call.program
    cdef int forks = team_forks()
    cdef int code = OK
    cdef StoreLock lock = p.lock
    cdef bint shut = lock.shut, halfway = lock.halfway
    lock.shut = False
    if call.home - p.steps > p.job.commit:
        lock.halfway = True
    if call.foreign:
        mode_leave(p.job.mode)
    try:
        (<object>call.callable)(make_views(p, &call.outs), make_views(p, &call.ins))
        if p.threads > 1 and team_forks() != forks:
            raise RuntimeError("the process forked inside a step; the child has none of the"
                               " threads that share this run")
    except BaseException as error:
        p.error = error
        code = PYTHON_ERROR
    finally:
        lock.shut, lock.halfway = shut, halfway
    if call.foreign:
        mode_enter(p.job.mode, p.job.keep)
    return code


def with_subnormals(bint keep, function, *args, **kwargs):
    """What `function` returns, computed as runs of a Program compute: with subnormal numbers kept,
    or counted as zero."""
    cdef float_mode mode
    mode_enter(&mode, keep)
    try:
        return function(*args, **kwargs)
    finally:
        mode_leave(&mode)


cdef int read_python(Program p, Step* step, tuple spec) except -1:
    cdef PyStep* call = <PyStep*>take(&p.pool, sizeof(PyStep))
    cdef tuple outs, ins
    if not 3 <= PyTuple_GET_SIZE(spec) <= 4:
        raise ValueError("a Python step is (callable, outs, ins[, foreign])")
    call.foreign = spec[3] if PyTuple_GET_SIZE(spec) == 4 else True
    outs, ins = as_tuple(spec[1], "outs"), as_tuple(spec[2], "ins")
    p.keep.append(spec[0])
    call.program, call.callable, call.home = <PyObject*>p, <PyObject*>spec[0], p.home
    read_views(p, &call.outs, outs, True)
    read_views(p, &call.ins, ins, False)
    step.fn = run_python
    step.aux = <const Py_ssize_t*>call
    step.hi = step.grain = step.barrier = 1
    return 0


cdef int read_views(Program p, ViewList* views, tuple specs, bint writable) except -1:
    """One view for each operand; those whose memory never moves are made here."""
    cdef Py_ssize_t i
    cdef Py_ssize_t moving = 0
    cdef list ready = []
    views.count = PyTuple_GET_SIZE(specs)
    views.items = <View*>take(&p.pool, views.count * sizeof(View) + 1)
    views.ready = NULL
    for i in range(views.count):
        array = read_view(p, &views.items[i], specs[i], writable)
        moving += array is None
        ready.append(array)
        p.keep.append(array)
    if not moving:
        all_ready = tuple(ready)
        p.keep.append(all_ready)
        views.ready = <PyObject*>all_ready
    return 0


cdef object read_view(Program p, View* view, object spec, bint writable):
    cdef Py_ssize_t dims[PROGRAM_MAXDIMS]
    cdef Py_ssize_t nbytes
    cdef tuple fields = as_tuple(spec, "a view")
    cdef cnp.dtype descr
    cdef bint moves = isinstance(fields[0][1], Expression)
    cdef int i
    cdef Space* space
    if PyTuple_GET_SIZE(fields) != 3 or fields[0] is None:
        raise ValueError("a view is (operand, dtype, shape)")
    descr = read_dtype(fields[1])
    p.keep.append(descr)
    view.descr = <PyObject*>descr
    view.ndim = read_shape(fields[2], dims, descr.itemsize, &nbytes)
    view.dims = <Py_ssize_t*>take(&p.pool, view.ndim * sizeof(Py_ssize_t) + 1)
    memcpy(view.dims, dims, view.ndim * sizeof(Py_ssize_t))
    for i in range(view.ndim):
        read_number(p, fields[2][i], &view.dims[i])
        moves = moves or isinstance(fields[2][i], Expression)
    view.flags = cnp.NPY_ARRAY_CARRAY if writable else cnp.NPY_ARRAY_CARRAY_RO
    space = read_operand(p, fields[0], &view.data, nbytes)
    if writable and not space.writable:
        raise ValueError("an output lies in a feed or in a read-only array")
    view.slot, view.ready, view.owner = space.slot, NULL, space.owner
    if space.owner == NULL or moves:
        return None
    array = new_view(view, space.owner)
    view.ready = <PyObject*>array
    return array
