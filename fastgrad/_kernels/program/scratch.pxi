# The memory for values on the way, which the Programs of a store share.
#
# Owns the block, its size and who uses it. Knows nothing of steps.
#
# Decisions
# - One Program of a store runs at a time (lock.pxi), so one block serves them all: plans
#   for a hundred shapes of a feed need the memory of the largest, and its lines are in cache.
#   Operands in it are patched as those on a feed are, when the block has moved.
# - Sizes come in classes, eight to an octave, so that slowly growing feeds do not move it every
#   time. Each class counts its Programs: when those of the largest have gone, the next run
#   takes a smaller block; with the last Program the block goes too.
# - A run that finds the block in use, as one that a signal handler starts amid another run, gets
#   memory of its own for that once.
# - A Program with Python steps keeps an arena of its own: views on it are made once, and a
#   callable may keep one.
# - A C struct with a count of references, since the collector may clear a Program's lock
#   before it frees the Program.

cdef enum:
    SCRATCH_CLASSES = 432       # 512 bytes to 2^62

cdef struct Scratch:
    Block block
    size_t size                 # 0: none at the moment
    long user                   # 0, or 1 + the forks before: a run of the parent does not count
    bint slack                  # Programs have gone, so that it may be too large
    Py_ssize_t refs             # the lock and the Programs
    int counts[SCRATCH_CLASSES]


cdef inline size_t class_size(int number) noexcept:
    return <size_t>(64 * (8 + (number & 7))) << (number >> 3)


cdef int class_of(size_t size) noexcept:
    """The first class that is large enough."""
    cdef int number = 0
    while class_size(number + 8) < size:
        number += 8
    while class_size(number) < size:
        number += 1
    return number


cdef Scratch* new_scratch() except NULL:
    cdef Scratch* s = <Scratch*>PyMem_RawCalloc(1, sizeof(Scratch))
    if s == NULL:
        raise MemoryError("no memory for a lock")
    s.refs = 1
    return s


cdef void empty(Scratch* s) noexcept:
    free_block(&s.block)
    s.size = 0


cdef void drop_scratch(Scratch* s) noexcept:
    if s == NULL:
        return
    s.refs -= 1
    if s.refs == 0:
        empty(s)
        PyMem_RawFree(s)


cdef void count_in(Scratch* s, int number) noexcept:
    s.counts[number] += 1
    s.refs += 1


cdef void count_out(Scratch* s, int number) noexcept:
    s.counts[number] -= 1
    if s.counts[number] == 0:
        s.slack = True
        if s.refs == 2 and not in_use(s):       # the lock and this Program: the last one
            empty(s)
    drop_scratch(s)


cdef inline bint in_use(Scratch* s) noexcept:
    return s.user == 1 + team_forks()


cdef int resize(Scratch* s, int number) except -1:
    """A block for the largest class there is, and at least for this one."""
    cdef int top = SCRATCH_CLASSES - 1
    cdef size_t size
    while top > number and s.counts[top] == 0:
        top -= 1
    size = class_size(top)
    s.slack = False
    if size == s.size:
        return 0
    empty(s)
    take_block(&s.block, size)
    s.size = size
    return 0
