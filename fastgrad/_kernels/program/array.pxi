# Arrays of tensors in the arena: elements that are written once, read, cleared.
#
# Owns the steps that work on them. An array is its elements, one behind the other, and a flag for each:
# the rules are TensorFlow's, and a step that breaks one stops the run with a code of its own.
#
# Decisions
# - An array of gradients has no flags: its elements begin as zeros, and writes add up.
# - Elements are moved as bytes. Sums are of float32 and float64, by loops that the compiler vectorises
#   for the base level: they move more than they compute.

cdef enum:                      # an element
    EMPTY = 0
    WRITTEN = 1
    CLEARED = 2

cdef struct Access:
    Py_ssize_t size             # elements of the array
    Py_ssize_t row              # bytes of an element
    Py_ssize_t count            # elements that the step works on
    int index_size              # bytes of an index
    bint clears                 # what is read cannot be read again
    int zeros                   # what was never written is zero: never, if others were, always
    int number                  # of what is added up: NUMBER_F32 or NUMBER_F64
    int64_t at                  # the element that was refused


cdef inline int64_t index_at(const char* index, Py_ssize_t i, int size) noexcept nogil:
    return (<const int32_t*>index)[i] if size == 4 else (<const int64_t*>index)[i]


cdef inline int refuse(Access* a, int64_t at, int code) noexcept nogil:
    a.at = at
    return code


cdef int run_put(const Step* s, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    """ptr: flow, flags, elements, indices, values"""
    cdef Access* a = <Access*>s.aux
    cdef char* flags = s.ptr[1]
    cdef Py_ssize_t i
    cdef int64_t at
    (<float*>s.ptr[0])[0] = <float>0.0
    for i in range(a.count):
        at = index_at(s.ptr[3], i, a.index_size)
        if at < 0 or at >= a.size:
            return refuse(a, at, ARRAY_RANGE)
        if flags[at] != EMPTY:
            return refuse(a, at, ARRAY_WRITTEN if flags[at] == WRITTEN else ARRAY_READ)
        memcpy(s.ptr[2] + at * a.row, s.ptr[4] + i * a.row, a.row)
        flags[at] = WRITTEN
    return OK


cdef bint nothing_written(const char* flags, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        if flags[i] != EMPTY:
            return False
    return True


cdef int run_take(const Step* s, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    """ptr: values, flags or NULL, elements, indices"""
    cdef Access* a = <Access*>s.aux
    cdef char* flags = s.ptr[1]
    cdef Py_ssize_t i
    cdef int64_t at
    for i in range(a.count):
        at = index_at(s.ptr[3], i, a.index_size)
        if at < 0 or at >= a.size:
            return refuse(a, at, ARRAY_RANGE)
        if flags != NULL:
            if flags[at] == CLEARED:
                return refuse(a, at, ARRAY_CLEARED)
            if flags[at] == EMPTY and (a.zeros == 0 or a.zeros == 1
                                       and nothing_written(flags, a.size)):
                return refuse(a, at, ARRAY_MISSING)
            flags[at] = CLEARED if a.clears else WRITTEN
        memcpy(s.ptr[0] + i * a.row, s.ptr[2] + at * a.row, a.row)
    return OK


cdef int run_gain(const Step* s, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    """Adds to elements. ptr: flow, elements, indices, values"""
    cdef Access* a = <Access*>s.aux
    cdef Py_ssize_t i
    cdef int64_t at
    (<float*>s.ptr[0])[0] = <float>0.0
    for i in range(a.count):
        at = index_at(s.ptr[2], i, a.index_size)
        if at < 0 or at >= a.size:
            return refuse(a, at, ARRAY_RANGE)
        if a.number == NUMBER_F32:
            add_floats(<float*>(s.ptr[1] + at * a.row), <const float*>(s.ptr[3] + i * a.row),
                       a.row // 4)
        else:
            add_doubles(<double*>(s.ptr[1] + at * a.row), <const double*>(s.ptr[3] + i * a.row),
                        a.row // 8)
    return OK


cdef void add_floats(float* y, const float* x, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        y[i] += x[i]


cdef void add_doubles(double* y, const double* x, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        y[i] += x[i]


cdef int read_access(Program p, Step* step, tuple spec) except -1:
    """("put" or "take" or "gain", operands, size, row, count, index size, clears, zeros, dtype)"""
    cdef Access* a = <Access*>take(&p.pool, sizeof(Access))
    cdef tuple operands
    cdef Py_ssize_t i, whole
    if PyTuple_GET_SIZE(spec) != 9:
        raise ValueError("an access to an array has 9 fields")
    name, operands = spec[0], as_counted(spec[1], MAX_OPERANDS, "operands")
    read_number(p, spec[2], &a.size)
    read_number(p, spec[3], &a.row)
    read_number(p, spec[4], &a.count)
    a.index_size = spec[5]
    a.clears, a.zeros, a.number = spec[6], spec[7], number_kind(read_dtype(spec[8]))
    if PyTuple_GET_SIZE(operands) != (5 if name == "put" else 4) or a.size < 0 or a.row < 0 or (
            a.count < 0 or a.index_size not in (4, 8)):
        raise ValueError(f"a malformed access to an array: {spec}")
    if name == "gain" and a.number != NUMBER_F32 and a.number != NUMBER_F64:
        raise ValueError(f"elements of {spec[8]} cannot be added up")
    if a.row and max(a.size, a.count) > PY_SSIZE_T_MAX // a.row:
        raise ValueError(f"{max(a.size, a.count)} elements of {a.row} bytes")
    whole = a.size * a.row
    room = {"put": (4, a.size, whole, a.count * a.index_size, a.count * a.row),
            "take": (a.count * a.row, a.size, whole, a.count * a.index_size),
            "gain": (4, whole, a.count * a.index_size, a.count * a.row)}[name]
    for i in range(PyTuple_GET_SIZE(operands)):
        read_operand(p, operands[i], &step.ptr[i], room[i])
    step.fn = run_put if name == "put" else run_take if name == "take" else run_gain
    step.aux = <const Py_ssize_t*>a
    return 0
