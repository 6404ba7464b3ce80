# The structs a Program is made of, and the three small classes around it.
#
# Owns the memory pool, a Program's own arena, slots and patches, StepFailed.
# Knows nothing of specs (build.pxi) or of running (walk.pxi).
#
# Decisions
# - Everything that steps point to (aux numbers, strips, patch lists) lives in one bump
#   allocator: addresses stay put while it grows, and one call frees it all.
# - A 0-d feed or result has a home of 16 bytes: its operands are bound once and for all, a Python
#   number needs no array, and a result leaves as a NumPy scalar.
# - A large block consists of pages straight from the system: it leaves no hole in the heap.
# - The pool's chunks grow with it: most plans are small, and a session keeps hundreds.

cdef enum:
    HOME = 16                   # bytes of a 0-d slot; complex128 is the largest dtype
    FIRST_CHUNK = 1 << 11
    LAST_CHUNK = 1 << 16
    LEAST_PAGED = 1 << 16       # bytes of a block

cdef enum Number:               # which Python number a 0-d slot takes without NumPy's help
    NO_NUMBER = 0
    NUMBER_F32
    NUMBER_F64
    NUMBER_I32
    NUMBER_I64
    NUMBER_BOOL

cdef struct Chunk:
    Chunk* next
    size_t used
    size_t size
    size_t before               # bytes of the chunks before it

cdef struct Block:              # 64-byte aligned memory
    void* start                 # NULL: none
    char* data
    size_t paged                # bytes, if they are pages from the system

cdef struct Patch:
    char** where                # the pointer to set when the slot is bound
    Py_ssize_t offset

cdef struct Slot:
    PyObject* descr             # borrowed from the Program's keep list, as is everything below
    int type_num
    int twin_num                # the other type number of the same dtype (long and long long)
    int ndim
    int number                  # enum Number
    Py_ssize_t* dims
    signed char* symbols        # for each dimension the size that it is, or -1; NULL: all are fixed
    Py_ssize_t nbytes
    Py_ssize_t itemsize
    char* home                  # the memory of a 0-d slot; NULL for an array
    char* bound                 # what the patches were last set to
    Patch* patches
    Py_ssize_t n_patches

cdef struct Space:
    char* base                  # NULL for a slot that is bound at each run
    Py_ssize_t nbytes
    Py_ssize_t slot             # index into the slots, -1 for memory that never moves
    PyObject* owner             # what a view on it keeps alive; NULL if known at run time only
    bint writable

cdef struct Undo:
    char* data                  # a variable that a failed run puts back
    char* saved
    Py_ssize_t nbytes

cdef struct RawPatch:
    Py_ssize_t fill             # which gives its offset, -1 for none
    Py_ssize_t slot
    char** where
    Py_ssize_t offset


cdef void* take(Chunk** pool, size_t size) except NULL:
    """`size` bytes, aligned to 16, that live until the pool is freed."""
    cdef Chunk* chunk = pool[0]
    cdef size_t room, before
    size = (size + 15) & ~<size_t>15
    if chunk == NULL or chunk.size - chunk.used < size:
        before = 0 if chunk == NULL else chunk.before + chunk.size
        room = max(<size_t>FIRST_CHUNK, min(before // 4, <size_t>LAST_CHUNK), size + 32)
        chunk = <Chunk*>PyMem_RawMalloc(room)
        if chunk == NULL:
            raise MemoryError("no memory for a program's steps")
        chunk.next = pool[0]
        chunk.size = room
        chunk.before = before
        chunk.used = 32         # the header, and 16-byte alignment
        pool[0] = chunk
    chunk.used += size
    return <char*>chunk + (chunk.used - size)


cdef void free_pool(Chunk* chunk) noexcept:
    cdef Chunk* after
    while chunk != NULL:
        after = chunk.next
        PyMem_RawFree(chunk)
        chunk = after


cdef int take_block(Block* block, size_t size) except -1:
    block.paged = size if size >= LEAST_PAGED else 0
    block.start = take_pages(size) if block.paged else PyMem_RawMalloc(size + 64)
    if block.start == NULL:
        raise MemoryError(f"no memory for an arena of {size} bytes")
    block.data = <char*>((<size_t>block.start + 63) & ~<size_t>63)
    return 0


cdef void free_block(Block* block) noexcept:
    if block.start != NULL and block.paged:
        give_pages(block.start, block.paged)
    elif block.start != NULL:
        PyMem_RawFree(block.start)
    block.start = block.data = NULL


@cython.internal
cdef class Arena:
    """A block of memory as an object, so that views can keep it alive."""
    cdef Block block
    cdef char* data

    def __cinit__(self, Py_ssize_t size):
        take_block(&self.block, size)
        self.data = self.block.data

    def __dealloc__(self):
        free_block(&self.block)


class StepFailed(Exception):
    """A step stopped the run: `code` says how (abi.pxd) and `step` is its index.

    `batch` is the index of the step in `Program.fit`, otherwise None; `rest` says that it was
    the Program for the rest. When a Python step raised, `__cause__` is its exception. After a bad
    index `indices` are copies of the arrays of indices that the step follows, in the order in which
    the Program was given them, and `piece` the part of the step's range that failed. `inside` leads
    to a step in a block: its place among all steps of the holder's blocks, and so on. `element` is
    the one of an array that could not be written or read.
    """
    indices, piece, inside, element = (), (0, 0), (), None

    def __init__(self, code, step, batch=None, rest=False):
        super().__init__(f"step {step} stopped the run with code {code}")
        self.code = code
        self.step = step
        self.batch = batch
        self.rest = rest
