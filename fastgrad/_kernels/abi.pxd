# The whole contract between the plan (Python) and the kernels (Cython).
#
# Python decides shapes, layout and which kernel runs; it fills Steps. A kernel
# is a plain function over one Step and a range of rows; it knows pointers,
# extents and arithmetic, and nothing else. This file owns no code.
#
# Decisions
# - One kernel signature for everything. The range [lo, hi) is counted in the
#   unit that the kernel's family names (elements or rows), so the same loop
#   serves a whole array, a cache tile of a strip, and one thread's share.
# - Operands are byte pointers, outputs first and then inputs, in the order of the
#   family's comment in families.md. Arena buffers are 64-byte aligned and contiguous
#   in C order; fed arrays are contiguous and aligned to their item size only.
# - An output may share memory with an input only where the op's declaration says
#   `inplace`, and then both start at the same address and have the same layout.
# - A kernel allocates nothing, tests no dtype, raises nothing. Scratch it needs is its last
#   operand: each piece of the range that a thread runs has `scratch` bytes of it to itself.
# - A nonzero return code stops the run; Python words the error from the step's index.

cdef enum:
    MAX_OPERANDS = 8       # pointers of one step
    MAX_EXTENTS = 8        # extents of one step; more go through `aux`

cdef enum Code:
    OK = 0
    PYTHON_ERROR = 1       # a Python step raised; the exception is kept by the Program
    BAD_INDEX = 2          # gather/scatter/one-hot: an index outside the table
    INTERRUPTED = 3        # a signal handler raised (Ctrl-C)
    NO_MEMORY = 4          # a tape could not grow
    ARRAY_RANGE = 5        # an element that the array does not have,
    ARRAY_WRITTEN = 6      # is written, and was written before,
    ARRAY_READ = 7         # or was read before and so cleared;
    ARRAY_CLEARED = 8      # is read, and was read before,
    ARRAY_MISSING = 9      # or was never written, and has no known shape

cdef struct Step:
    int (*fn)(const Step*, Py_ssize_t, Py_ssize_t) noexcept nogil
    char* ptr[8]           # operands, outputs first (MAX_OPERANDS)
    Py_ssize_t ext[8]      # extents, strides and flags; the family names each one (MAX_EXTENTS)
    double par[2]          # scalar parameters (a scale, a slope, a learning rate)
    const Py_ssize_t* aux  # shapes and strides of n-d steps, owned by the Program
    Py_ssize_t lo          # the whole range of the step is [lo, hi)
    Py_ssize_t hi
    Py_ssize_t grain       # threads cut the range at multiples of this (1: anywhere)
    int parallel           # 1: the team splits [lo, hi); 0: the first thread runs it alone
    int barrier            # 1: the team waits for all its threads before this step
    int scratch_at         # the operand that is scratch,
    Py_ssize_t scratch     # and its bytes a piece; 0: the kernel has none

ctypedef int (*kernel_t)(const Step*, Py_ssize_t, Py_ssize_t) noexcept nogil
