# The working memory of OpenBLAS, which ends the process when it gets none.
#
# Owns: the look, before a run, at whether there is room for it.
#
# Decisions
# - OpenBLAS takes a buffer (32 MiB of addresses, of which it touches what a product needs) at a
#   call that finds all earlier ones in use, and keeps it. The first is taken at import
#   (`_kernels/__init__.py`): runs one after the other on one thread never need another.
# - A run that may need more of them asks the system for as many, gives them back and raises
#   MemoryError if there were none: 2 us, before any step has run. After some runs of that many
#   threads OpenBLAS has its buffers, and nobody asks any more.

cdef extern from *:
    """
    #ifdef _WIN32
    static int program_room_for(size_t bytes) { return 1; }
    #else
    #include <sys/mman.h>
    static int program_room_for(size_t bytes)
    {
        void *found = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return found != MAP_FAILED && (munmap(found, bytes), 1);
    }
    #endif
    """
    bint program_room_for(size_t) noexcept nogil

cdef enum:
    BLAS_RUNS = 16              # that have had so many buffers: OpenBLAS has kept them

cdef size_t blas_bytes = 32 << 20
cdef int blas_kept = 0          # buffers that OpenBLAS has for certain
cdef int blas_users = 0         # threads of the runs that go on, which may be in a product
cdef int blas_runs = 0          # with one user more than buffers are kept
cdef int blas_forks = 0


class NoWorkingMemory(MemoryError):
    """OpenBLAS has no room for the buffers of a product, and would end the process."""


def room_for(size_t bytes):
    """Whether the system would give that much memory now."""
    return program_room_for(bytes)


def set_blas_memory(size_t bytes, int kept):
    """Say how large a buffer of OpenBLAS is, and how many it has."""
    global blas_bytes, blas_kept
    blas_bytes, blas_kept = bytes, kept


cdef int enter_blas(Program p) except -1:
    """Before a run with products by OpenBLAS."""
    global blas_users, blas_kept, blas_runs, blas_forks
    cdef int missing
    if blas_forks != team_forks():              # the other runs are of the parent process
        blas_forks = team_forks()
        blas_users = 0
    missing = blas_users + p.threads - blas_kept
    if missing > 0:
        if not program_room_for(missing * blas_bytes):
            raise NoWorkingMemory(f"there is no room for the {missing * blas_bytes >> 20} MiB in which "
                              "OpenBLAS multiplies matrices; it would end the process.")
        if not p.job.trust.solo and not p.job.trust.alone:      # the whole team works
            blas_runs += 1
            if blas_runs == BLAS_RUNS:
                blas_runs = 0
                blas_kept += 1
    blas_users += p.threads
    return 0


cdef void leave_blas(Program p) noexcept:
    global blas_users
    if blas_forks == team_forks():
        blas_users -= p.threads
