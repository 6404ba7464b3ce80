# Context managers that no interrupt can cut.
#
# Python looks at signals between bytecodes. A handler that raises (Ctrl-C) may do so after a state
# was changed and before the `try` that would put it back, or as a Python `__exit__` begins. Entering
# and leaving one of these is a single call of C, in which nobody looks.


cdef class Changed:
    """Attributes with other values, in a `with`.

    Parameters
    ----------
    plan : callable, optional
        What `changes` calls; subclasses may define that method instead.
    """
    cdef object plan
    cdef list entered           # for each `with` that is open: its value, the values before
    cdef bint begun

    def __cinit__(self, *_, **__):
        self.entered = []

    def __init__(self, plan=None):
        if plan is not None and not callable(plan):
            raise TypeError("plan is a function that says what to change")
        self.plan = plan

    @property
    def open(self):
        """Whether it was entered and not left."""
        return len(self.entered) > 0

    def changes(self):
        """What to change, called on entry before anything is changed: what `as` gets, then an
        owner, a name and a new value for each attribute (plain ones: no property, no
        `__setattr__` in Python). With None for the name the owner is a list: a stack."""
        return self.plan()

    def left(self, value):
        """Called at the end, when all values are back, with what `as` had got."""

    def begin(self):
        """Enter now; the `with` that may follow only leaves."""
        self.enter()
        self.begun = True
        return self

    def __enter__(self):
        if self.begun:
            self.begun = False
        else:
            self.enter()
        return (<tuple>self.entered[len(self.entered) - 1])[0]

    def __exit__(self, *_):
        self.left(self.put_back())

    cdef int enter(self) except -1:
        cdef tuple found = self.changes()
        cdef list before = []
        cdef Py_ssize_t i
        if len(found) % 3 != 1:
            raise TypeError("changes() gives a value, and three things for each change")
        for i in range(1, len(found), 3):
            owner, name = found[i], found[i + 1]
            if name is None and not isinstance(owner, list):
                raise TypeError("a stack is a list")
            before.append((owner, name, found[i + 2] if name is None else getattr(owner, name)))
        self.entered.append((found[0], before))
        try:
            for i in range(1, len(found), 3):
                owner, name = found[i], found[i + 1]
                if name is None:
                    (<list>owner).append(found[i + 2])
                else:
                    setattr(owner, name, found[i + 2])
        except BaseException:           # no memory, say
            self.put_back()
            raise
        return 0

    cdef object put_back(self):
        cdef Py_ssize_t i
        cdef list before
        if not self.entered:
            raise RuntimeError("this `with` was left already")
        self.begun = False
        found, before = self.entered.pop()
        for owner, name, value in reversed(before):
            if name is not None:
                setattr(owner, name, value)
                continue
            for i in range(len(owner) - 1, -1, -1):     # not always the last: left in any order
                if owner[i] is value:
                    del owner[i]
                    break
        return found


cdef class Acquired:
    """What `take(*arguments)` gives, for a `with` that ends with `release(it)`.

    Both are functions of C: a file's number from `os.open` is never lost on its way to a name.
    """
    cdef object take, release, held
    cdef tuple arguments

    def __cinit__(self, take, tuple arguments not None, release):
        if not callable(take) or not callable(release):
            raise TypeError("take and release are functions")
        self.take, self.arguments, self.release = take, arguments, release

    def __enter__(self):
        self.held = self.take(*self.arguments)
        return self.held

    def __exit__(self, *_):
        self.release(self.held)


cdef class Uncollected:
    """No garbage collection in a `with`."""
    cdef bint enabled

    def __enter__(self):
        self.enabled = PyGC_Disable()

    def __exit__(self, *_):
        if self.enabled:
            PyGC_Enable()
