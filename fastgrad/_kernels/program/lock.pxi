# The lock of a variable store: who may run now, who is next, and what a fork leaves of both.
#
# Decision: a few integers guarded by the GIL, 2 ns to take; an operating system lock (20 ns to
# take and again to release) is touched only when somebody has to wait.

cdef int64_t PATIENCE = 1000000     # ns that a waiter lets others pass


cdef struct Waiter:
    # A thread that waits for a StoreLock; lives on that thread's stack.
    PyThread_type_lock gate
    unsigned long thread
    Waiter* next
    bint woken                  # its gate is open
    bint late                   # out of patience: the next drop hands it the lock
    bint granted                # the lock is its own


cdef class StoreLock:
    """One run at a time on the variables of a store; the thread that has it may take it again.

    A context manager. Raise `version` when a variable gets another buffer: what a Runner
    remembers of the Programs made before is then no longer used.

    Waiters queue. A thread that comes while the first waiter is still waking takes the lock
    before it, which spares a change of threads for every short run. A waiter that has lost such
    races for a millisecond is handed the lock: a loop of runs would win them for ever, since it
    holds the GIL whenever the lock is free.
    """
    cdef public long version
    cdef unsigned long owner
    cdef Py_ssize_t depth       # 0: free
    cdef Waiter* first
    cdef int forks
    cdef Scratch* scratch       # of the Programs that run under this lock

    def __cinit__(self):
        self.scratch = new_scratch()

    def __dealloc__(self):
        drop_scratch(self.scratch)

    cdef int take(self) except -1:
        cdef unsigned long me = PyThread_get_thread_ident()
        if self.depth and self.owner == me:
            self.depth += 1
            return 0
        self.look_for_fork()
        if self.depth:
            return self.wait(me)
        self.owner = me
        self.depth = 1
        return 0

    cdef inline void look_for_fork(self) noexcept:
        if self.forks != team_forks():      # who had it or waits is a thread of the parent process
            self.forks = team_forks()
            self.first = NULL
            self.depth = 0

    cdef int wait(self, unsigned long me) except -1:
        """Queue, and return with the lock; a signal handler's exception gives it up.

        A signal handler runs within this wait, so it may fork, or want the lock itself. Then two
        waiters are this thread's, and what the first is granted serves the second as well.
        """
        cdef Waiter waiter
        cdef Waiter** link = &self.first
        cdef PyLockStatus status
        cdef int64_t start = team_clock()
        waiter.gate = PyThread_allocate_lock()
        if waiter.gate == NULL:
            raise MemoryError("no memory for a lock")
        PyThread_acquire_lock(waiter.gate, NOWAIT_LOCK)
        waiter.thread = me
        waiter.next = NULL
        waiter.woken = waiter.late = waiter.granted = False
        while link[0] != NULL:
            link = &link[0].next
        link[0] = &waiter
        try:
            while not waiter.granted:
                with nogil:                 # not for ever: a signal may come to another thread
                    status = PyThread_acquire_lock_timed(waiter.gate, 50000, 1)
                if status == PY_LOCK_ACQUIRED:
                    waiter.woken = False
                self.look_for_fork()
                if not self.depth:
                    self.hand(&waiter)
                elif self.owner == me and not waiter.granted:
                    self.leave(&waiter)
                    waiter.granted = True
                    self.depth += 1
                waiter.late = team_clock() - start > PATIENCE
                PyErr_CheckSignals()
        except BaseException:
            if waiter.granted:
                self.drop()
            else:
                self.leave(&waiter)
                self.wake()
            raise
        finally:
            PyThread_free_lock(waiter.gate)
        return 0

    cdef void leave(self, Waiter* waiter) noexcept:
        cdef Waiter** link = &self.first
        while link[0] != NULL and link[0] != waiter:
            link = &link[0].next
        if link[0] != NULL:
            link[0] = waiter.next

    cdef void hand(self, Waiter* waiter) noexcept:
        self.leave(waiter)
        waiter.granted = True
        self.owner = waiter.thread
        self.depth = 1

    cdef void wake(self) noexcept:
        """The first waiter, if there is one and the lock is free; hand it the lock if it is late."""
        cdef Waiter* waiter = self.first
        if waiter == NULL or self.depth or self.forks != team_forks():
            return
        if waiter.late:
            self.hand(waiter)
        if not waiter.woken:
            waiter.woken = True
            PyThread_release_lock(waiter.gate)

    cdef void drop(self) noexcept:
        self.depth -= 1
        if self.first != NULL:
            self.wake()

    def __enter__(self):
        self.take()
        return self

    def __exit__(self, *_):
        if not self.depth or self.owner != PyThread_get_thread_ident():
            raise RuntimeError("this thread does not hold the lock")
        self.drop()
