# The hot front of Session.run and make_callable.
#
# Owns the way from a call's arguments to the Program that fits them, and from its results to the
# fetches' shape. Knows nothing of graphs: nodes are keys, whatever does not fit goes to a method
# of the Python subclass.
#
# Decisions
# - A node is looked up by its own hash, a feed is compared by type number, flags and dimensions:
#   no cache key is built for a call that has been seen before.
# - Lists and tuples of fetches have dicts of their own, since their results differ. Nested
#   fetches go the slow way: a namedtuple equals the tuple of its fields.
# - Feeds are collected in a tuple: it keeps the arrays alive while the GIL is away, when another
#   thread may empty the feed dict.
# - Both caches are bounded: an entry holds an arena.
# - `Session.run(fetches)`, with the parentheses of Session() forgotten, is common enough for an
#   error of its own. A method descriptor says "doesn't apply to a 'tuple' object" before our code
#   is reached, so `run` is a descriptor of `object` whose function looks at `self`, once.

cdef enum:
    MAX_ENTRIES = 8             # feed signatures remembered for each fetch
    MAX_FETCHES = 256           # fetches remembered; the oldest is dropped

cdef extern from *:
    """
    static PyTypeObject *runner_type;
    static _PyCFunctionFastWithKeywords runner_run;
    static PyMethodDef runner_method;

    static PyObject *run_of_runner(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                   PyObject *names)
    {
        if (PyObject_TypeCheck(self, runner_type))
            return runner_run(self, args, count, names);
        PyErr_SetString(PyExc_TypeError, "Session is a class: write Session().run(...)");
        return NULL;
    }
    static int look_at_self(PyTypeObject *type)
    {
        PyObject *found = PyDict_GetItemString(type->tp_dict, "run"), *ours;
        int set;
        runner_method = *((PyMethodDescrObject *)found)->d_method;
        if (runner_method.ml_flags != (METH_FASTCALL | METH_KEYWORDS)) {
            PyErr_SetString(PyExc_SystemError, "Runner.run has another calling convention");
            return -1;
        }
        runner_type = type;
        runner_run = (_PyCFunctionFastWithKeywords)(void (*)(void))runner_method.ml_meth;
        runner_method.ml_meth = (PyCFunction)(void (*)(void))run_of_runner;
        ours = PyDescr_NewMethod(&PyBaseObject_Type, &runner_method);
        if (ours == NULL)
            return -1;
        set = PyDict_SetItemString(type->tp_dict, "run", ours);
        Py_DECREF(ours);
        PyType_Modified(type);
        return set;
    }
    """
    int look_at_self(type) except -1

cdef object _fed = "fed"
cdef object _again = object()   # the answer of an Entry whose Program had become stale


@cython.final
cdef class Entry:
    """A Program and how it answers one fetch.

    Parameters
    ----------
    program : Program
    feed_keys : tuple
        The nodes fed, in the order of the Program's feeds.
    rebuild : callable, optional
        Makes the answer from the list of fetched values.
    single : bool
        The fetch is one node: the answer is its value alone.
    outputs : tuple of int, optional
        For each fetch the index of its result, -1 for None; by default the results in order.
    plan : object
        Kept for the owner, who words errors with it.
    homes : tuple, optional
        For each feed the object whose `fed` is set to its value; by default the keys.
    """
    cdef readonly Program program
    cdef readonly tuple feed_keys
    cdef readonly object rebuild
    cdef readonly bint single
    cdef readonly tuple outputs
    cdef tuple homes
    cdef public object plan
    cdef Py_ssize_t only        # of a single fetch: the index of its result, -1 for None

    def __cinit__(self, Program program not None, tuple feed_keys not None, rebuild=None,
                   bint single=False, tuple outputs=None, plan=None, tuple homes=None):
        if len(feed_keys) != program.n_feeds:
            raise ValueError(f"{len(feed_keys)} feed keys for {program.n_feeds} feeds")
        if homes is not None and len(homes) != len(feed_keys):
            raise ValueError(f"{len(homes)} homes for {len(feed_keys)} feed keys")
        if outputs is None:
            outputs = tuple(range(program.n_results))
        for index in outputs:
            if not -1 <= index < program.n_results:
                raise ValueError(f"output {index} of {program.n_results} results")
        if single and len(outputs) != 1:
            raise ValueError("a single fetch has one output")
        self.program, self.feed_keys, self.rebuild = program, feed_keys, rebuild
        self.single, self.outputs, self.plan = single, outputs, plan
        self.homes = feed_keys if homes is None else homes
        self.only = outputs[0] if single else -1

    cdef tuple from_dict(self, object feed_dict):
        """The fed values in the Program's order, or None if this dict is not for this entry."""
        cdef Program p = self.program
        cdef Py_ssize_t i
        cdef PyObject* value
        cdef tuple values
        cdef Py_ssize_t[MAX_SIZES] sizes
        if p.is_stale():
            return None
        if feed_dict is None:
            return () if p.n_feeds == 0 else None
        if not PyDict_CheckExact(feed_dict) or PyDict_Size(feed_dict) != p.n_feeds:
            return None
        forget_sizes(p, sizes)
        values = PyTuple_New(p.n_feeds)
        for i in range(p.n_feeds):
            value = PyDict_GetItemWithError(feed_dict,
                                            <object>PyTuple_GET_ITEM(self.feed_keys, i))
            if value == NULL or not fits(&p.slots[i], <object>value, sizes):
                return None
            Py_INCREF(<object>value)
            PyTuple_SET_ITEM(values, i, <object>value)
        return None if p.n_symbols and not sizes_fit(p, sizes) else values

    cdef bint takes(self, tuple values) except -1:
        """Whether positional values, in the order of the feed keys, fit."""
        cdef Program p = self.program
        cdef Py_ssize_t i
        cdef Py_ssize_t[MAX_SIZES] sizes
        forget_sizes(p, sizes)
        if p.is_stale() or PyTuple_GET_SIZE(values) != p.n_feeds:
            return False
        for i in range(p.n_feeds):
            if not fits(&p.slots[i], <object>PyTuple_GET_ITEM(values, i), sizes):
                return False
        return p.n_symbols == 0 or sizes_fit(p, sizes)

    cdef object answer(self, tuple values, Runner runner):
        """Run on values that fit, and record them as the ones fed last; `_again` if the store has
        changed meanwhile."""
        cdef tuple results = self.program.go(values, True)
        cdef Py_ssize_t i
        cdef list fetched
        if results is None:
            if self.program.outrun:
                self.program.outrun = False
                return _again
            return runner._step_failed(self, self.program.failure())
        for i in range(PyTuple_GET_SIZE(values)):
            PyObject_SetAttr(<object>PyTuple_GET_ITEM(self.homes, i), _fed,
                             <object>PyTuple_GET_ITEM(values, i))
        if self.single:
            return results[self.only] if self.only >= 0 else None
        fetched = [results[i] if i >= 0 else None for i in self.outputs]
        return fetched if self.rebuild is None else self.rebuild(fetched)


cdef int remember(list entries, Entry entry) except -1:
    entries.insert(0, entry)
    del entries[MAX_ENTRIES:]
    return 0


cdef class Runner:
    """Answers runs that were compiled before; the subclass compiles the others.

    A subclass defines ``_run_slow(fetches, feed_dict)``, which compiles, calls
    ``self._remember(fetches, entry)`` and answers, and ``_step_failed(entry, failure)``, which
    raises the error for a StepFailed; for use in a `with`, ``_entering()``, which gives a Changed,
    and ``close()``. Setting `closed` makes `run` raise RuntimeError.
    """
    cdef dict _entries          # fetch -> [Entry, ...], the latest match first
    cdef dict _list_entries     # the same for lists of fetches, by tuple
    cdef public bint closed
    cdef list _entered          # a Changed for each `with` that is open

    def __cinit__(self, *args, **kwargs):
        self._entries, self._list_entries, self._entered = {}, {}, []

    def __enter__(self):
        cdef Changed entered = self._entering()
        value = entered.__enter__()
        self._entered.append(entered)
        return value

    def __exit__(self, *_):
        if not self._entered:
            raise RuntimeError("this session was not entered by a `with`, or was left already")
        (<Changed>self._entered.pop()).put_back()
        self.close()

    def run(self, fetches, feed_dict=None, options=None, run_metadata=None):
        """Evaluate `fetches` with the placeholders in `feed_dict` set to its values.

        Parameters
        ----------
        fetches : node, its name, or a nesting of them in lists, tuples, dicts, named tuples
        feed_dict : dict, optional
            From node to array, nested list or number, which is converted to the node's dtype. Any
            tensor can be fed, not placeholders alone.
        options, run_metadata : optional
            Accepted for TensorFlow's sake.

        Returns
        -------
        The structure of `fetches`: an array or NumPy scalar for a tensor, None for an operation.
        Results never change later. A variable fetched beside its update has its old value.

        Raises
        ------
        MissingFeedError
            If a placeholder that is needed is not fed; names it and where it was made.
        FeedError
            If a value does not fit its node's shape, or is not a number of its dtype.
        FetchError
            If something fetched is no node of this session's graph.
        InvalidArgumentError
            If a step fails: an index outside its range, shapes that do not fit. Then no variable
            has changed.

        Examples
        --------
        >>> x, w = placeholder(), Variable([1.0, 2.0])
        >>> Session().run({"y": w * x, "sum": reduce_sum(w)}, {x: 3.0})
        {'y': array([3., 6.]), 'sum': np.float64(3.0)}
        """
        cdef list entries
        cdef Py_ssize_t i
        cdef tuple values
        cdef Entry entry
        if self.closed:
            raise RuntimeError("Attempted to use a closed Session.")
        entries = self.find(fetches)
        if entries is not None:
            for i in range(PyList_GET_SIZE(entries)):
                entry = <Entry>PyList_GET_ITEM(entries, i)
                values = entry.from_dict(feed_dict)
                if values is not None:
                    if i:
                        entries.insert(0, entries.pop(i))
                    answer = entry.answer(values, self)
                    if answer is not _again:
                        return answer
                    break
        return self._run_slow(fetches, feed_dict)

    cdef list find(self, object fetches):
        """The entries of a fetch that was remembered, or None."""
        cdef dict entries = self._entries
        cdef PyObject* found
        if PyList_CheckExact(fetches):
            fetches = tuple(<list>fetches)
            entries = self._list_entries
        if is_nested(fetches):
            return None
        try:
            found = PyDict_GetItemWithError(entries, fetches)
        except TypeError:               # an unhashable fetch
            return None
        return <list>found if found != NULL else None

    def _remember(self, fetches, Entry entry not None):
        """Let later runs of `fetches` that fit `entry` go straight to its Program."""
        cdef dict entries = self._entries
        if PyList_CheckExact(fetches):
            fetches = tuple(fetches)
            entries = self._list_entries
        if is_nested(fetches):
            return
        try:
            known = entries.setdefault(fetches, [])
        except TypeError:
            return
        remember(known, entry)
        if len(entries) > MAX_FETCHES:
            del entries[next(iter(entries))]

    def _forget(self):
        """Drop all remembered Programs."""
        self._entries.clear()
        self._list_entries.clear()

    def _step_failed(self, entry, failure):
        raise failure


look_at_self(Runner)


cdef bint is_nested(object fetches) noexcept:
    """A tuple that is no plain tuple of nodes: equal keys could want answers of other shapes."""
    cdef Py_ssize_t i
    if not PyTuple_Check(fetches):
        return False
    if not PyTuple_CheckExact(fetches):
        return True
    for i in range(PyTuple_GET_SIZE(fetches)):
        if PyTuple_Check(<object>PyTuple_GET_ITEM(fetches, i)):
            return True
    return False


@cython.final
cdef class Callable:
    """A fetch bound to a runner, called with its feeds in the order of the entries' feed keys.

    ``slow(*values)`` is called for values that no entry fits; it compiles, calls ``_remember`` on
    the Callable and answers.
    """
    cdef object __weakref__
    cdef Runner runner
    cdef object slow
    cdef list entries

    def __cinit__(self, Runner runner not None, slow):
        self.runner, self.slow, self.entries = runner, slow, []

    def __reduce__(self):
        return self.runner.__reduce_ex__(2)     # it says why not

    def __call__(self, *values):
        cdef Py_ssize_t i
        cdef Entry entry
        if self.runner.closed:
            raise RuntimeError("Attempted to use a closed Session.")
        for i in range(PyList_GET_SIZE(self.entries)):
            entry = <Entry>PyList_GET_ITEM(self.entries, i)
            if entry.takes(values):
                if i:
                    self.entries.insert(0, self.entries.pop(i))
                answer = entry.answer(values, self.runner)
                if answer is not _again:
                    return answer
                break
        return self.slow(*values)

    def _remember(self, Entry entry not None):
        """Let later calls whose values fit `entry` go straight to its Program."""
        remember(self.entries, entry)

    def _forget(self):
        """Drop all remembered Programs."""
        self.entries.clear()
