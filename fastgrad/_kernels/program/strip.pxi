# Strips: a run of elementwise steps executed tile by tile, so that intermediates stay in cache.
#
# Owns the reading and the running of a strip. Knows nothing of what its kernels compute.
#
# Decisions
# - A strip is an ordinary step whose kernel is run_strip: threads cut its range as any other.
# - Scratch lies on the thread's stack: no allocation, and no two threads share it.
# - The range may count rows instead of elements: a substep then says how many units of its own
#   range a row is (`units`).
# - A substep is copied before its pointers are moved (192 bytes, about 4 ns a kernel call):
#   the template stays untouched, so any number of threads can run it.

cdef enum:
    STRIP_SCRATCH = 1 << 16     # bytes; a thread's stack must hold them

cdef struct Sub:
    Step step                   # operands at element 0; in scratch: the offset as a pointer
    Py_ssize_t advance[8]       # bytes an operand moves for each element; 0 stays
    Py_ssize_t units            # of the kernel's range to one of the strip's
    unsigned int scratch        # bit i: operand i lies in the thread's scratch
    int count                   # operands

cdef struct Strip:
    Py_ssize_t tile
    Py_ssize_t count
    Sub* subs


cdef int run_strip(const Step* s, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef char room[STRIP_SCRATCH + 64]
    cdef char* scratch = <char*>((<size_t>room + 63) & ~<size_t>63)
    cdef const Strip* strip = <const Strip*>s.aux
    cdef const Sub* sub
    cdef Step moved
    cdef Py_ssize_t at = lo, j
    cdef int i, code
    while at < hi:
        for j in range(strip.count):
            sub = &strip.subs[j]
            moved = sub.step
            for i in range(sub.count):
                if sub.scratch >> i & 1:
                    moved.ptr[i] = scratch + <Py_ssize_t>sub.step.ptr[i]
                else:
                    moved.ptr[i] += at * sub.advance[i]
            code = moved.fn(&moved, 0, min(strip.tile, hi - at) * sub.units)
            if code != OK:
                return code
        at += strip.tile
    return OK


cdef int read_strip(Program p, Step* step, tuple spec) except -1:
    cdef Strip* strip = <Strip*>take(&p.pool, sizeof(Strip))
    cdef Py_ssize_t i, scratch
    cdef tuple subs
    if PyTuple_GET_SIZE(spec) != 9:
        raise ValueError("a strip has 9 fields")
    subs = as_tuple(spec[3], "substeps")
    strip.tile, scratch, strip.count = spec[1], spec[2], PyTuple_GET_SIZE(subs)
    if strip.tile < 1 or scratch < 0 or scratch > STRIP_SCRATCH:
        raise ValueError(f"a tile of {strip.tile} with {scratch} bytes of scratch")
    strip.subs = <Sub*>take(&p.pool, strip.count * sizeof(Sub) + 1)
    memset(strip.subs, 0, strip.count * sizeof(Sub))
    read_range(p, step, spec, 4)
    for i in range(strip.count):
        read_sub(p, &strip.subs[i], subs[i], scratch, step.hi)
    step.fn = run_strip
    step.aux = <const Py_ssize_t*>strip
    return 0


cdef int read_sub(Program p, Sub* sub, object spec, Py_ssize_t scratch,
                  Py_ssize_t hi) except -1:
    cdef tuple fields = as_tuple(spec, "a substep")
    cdef tuple operands, advances
    cdef Py_ssize_t i, advance
    if not 5 <= PyTuple_GET_SIZE(fields) <= 6:
        raise ValueError("a substep has 5 or 6 fields")
    sub.units = 1
    if PyTuple_GET_SIZE(fields) == 6:
        read_number(p, fields[5], &sub.units)
    if sub.units < 1 or hi > PY_SSIZE_T_MAX // sub.units:
        raise ValueError(f"{sub.units} units over a range of {hi}")
    operands = as_counted(fields[1], MAX_OPERANDS, "operands")
    advances = as_tuple(fields[2], "advances")
    if PyTuple_GET_SIZE(advances) != PyTuple_GET_SIZE(operands):
        raise ValueError("a substep needs one advance for each operand")
    for i in range(PyTuple_GET_SIZE(operands)):
        operand, advance = operands[i], present(advances[i])
        if PyTuple_CheckExact(operand) and PyTuple_GET_SIZE(operand) == 2 and operand[0] == -1:
            if not 0 <= operand[1] < scratch:
                raise ValueError(f"offset {operand[1]} of {scratch} bytes of scratch")
            sub.step.ptr[i] = <char*><Py_ssize_t>operand[1]
            sub.scratch |= 1 << i
            continue
        if advance < 0 or advance and hi > PY_SSIZE_T_MAX // advance:
            raise ValueError(f"an advance of {advance} bytes over {hi} elements")
        if read_operand(p, operand, &sub.step.ptr[i], advance * hi) != NULL:
            read_number(p, advances[i], &sub.advance[i])
    sub.count = <int>PyTuple_GET_SIZE(operands)
    return read_kernel(p, &sub.step, fields[0], fields[3], fields[4])
