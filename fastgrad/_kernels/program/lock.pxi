# The lock of a variable store: who may run now, who is next, and what a fork leaves of both.
#
# Decisions
# - A few integers guarded by the GIL, 2 ns to take; an operating system lock (20 ns to take and
#   again to release) is touched only when somebody has to wait.
# - A thread may take what it has, for that is how a run's parts nest, and how an operation in
#   Python runs the session. But a signal handler runs in the midst of anything, and it cannot wait
#   for what it interrupted. So who comes from outside takes a Turn, which is refused while the run
#   below it is `shut`: at every moment except inside its operations in Python.

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
    cdef bint shut              # the holder's run is not inside an operation in Python
    cdef public bint halfway    # the holder's run has written some variables, not yet all
    cdef object refusal         # class of the error for who cannot have a turn
    cdef Waiter* first
    cdef int forks
    cdef Scratch* scratch       # of the Programs that run under this lock

    def __cinit__(self, refusal=RuntimeError):
        self.scratch = new_scratch()
        self.refusal = refusal

    def __dealloc__(self):
        drop_scratch(self.scratch)

    def run(self):
        """A Turn that may change variables; refused from within a run."""
        return Turn(self, False, False)

    def read(self):
        """A Turn that only reads one; refused in a run that has written some and is not done."""
        return Turn(self, True, False)

    def read_all(self):
        """A Turn that reads several: operations of such a run are refused too."""
        return Turn(self, True, True)

    def let_in(self, function, *arguments):
        """Call an operation in Python for the holder: it may run on the same variables."""
        cdef bint shut = self.shut
        self.shut = False
        try:
            return function(*arguments)
        finally:
            self.shut = shut

    cdef bint mine(self) noexcept:
        return self.depth > 0 and self.owner == PyThread_get_thread_ident()

    cdef int begin(self) except -1:
        """take() for a run from outside."""
        if self.shut and self.mine():
            raise self.refusal(
                "a run on these variables is going on further up in this thread. What interrupted "
                "it, a signal handler, cannot wait for its end: let the handler note what is to be "
                "done, and do it after the run.")
        self.take()
        self.shut = True
        return 0

    cdef void end(self) noexcept:
        self.shut = False
        self.drop()

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
            self.shut = self.halfway = False

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
        if not self.depth:
            self.shut = self.halfway = False
        if self.first != NULL:
            self.wake()

    def undoing(self, dict buffers not None):
        """For the holder, a `with` that puts values back if an exception ends it: an Undoing."""
        return Undoing(self, buffers)

    def __enter__(self):
        self.take()
        return self

    def __exit__(self, *_):
        if not self.depth or self.owner != PyThread_get_thread_ident():
            raise RuntimeError("this thread does not hold the lock")
        self.drop()


@cython.final
cdef class Turn:
    """A turn on the variables of a store, for a `with`: see StoreLock.run, read and read_all."""
    cdef StoreLock lock
    cdef bint reads, several, shut

    def __cinit__(self, StoreLock lock not None, bint reads, bint several):
        self.lock, self.reads, self.several = lock, reads, several

    def __enter__(self):
        cdef StoreLock lock = self.lock
        if not self.reads:
            lock.begin()
            return
        if lock.halfway and lock.mine() and (lock.shut or self.several):
            raise lock.refusal(
                "a run on these variables is going on further up in this thread and has written a "
                "part of them: they cannot be read before its end. A signal handler should note "
                "what is to be done, and do it after the run.")
        lock.take()
        self.shut, lock.shut = lock.shut, True

    def __exit__(self, *_):
        if not self.reads:
            self.lock.end()
            return
        self.lock.shut = self.shut
        self.lock.drop()


@cython.final
cdef class Undoing:
    """Buffers get their old values back if an exception ends the `with`, all of them at once.

    What `as` gets is a dict to be filled with copies of buffers, None where there was none, each
    before it is written.
    """
    cdef StoreLock lock
    cdef dict buffers, before

    def __cinit__(self, StoreLock lock not None, dict buffers not None):
        self.lock, self.buffers = lock, buffers

    def __enter__(self):
        self.before = {}
        return self.before

    def __exit__(self, kind, *_):
        if kind is None:
            return
        for key, value in self.before.items():
            old = self.buffers.get(key)
            if value is None:
                if old is not None:
                    del self.buffers[key]
            elif old is not None and old.shape == value.shape and old.dtype == value.dtype:
                cnp.PyArray_CopyInto(old, value)
                continue
            else:
                self.buffers[key] = value
            if old is not None:
                self.lock.version += 1
