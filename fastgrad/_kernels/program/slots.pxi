# Feeds in, results out: what happens between a call and the first step.
#
# Owns the test whether a value fits a slot, the binding of slots, fresh results, views.
# Knows nothing of steps.
#
# Decisions
# - A value fits only if it can be used as it is; converting is Python's work. A Python number
#   or NumPy scalar for a 0-d slot is copied into the slot's home, where it costs 10 ns.
# - A Python int fits a float slot, as in NumPy; a float does not fit an integer slot.


cdef inline bint array_fits(const Slot* slot, object value, Py_ssize_t* sizes) noexcept:
    cdef int num = cnp.PyArray_TYPE(value)
    cdef int flags = cnp.PyArray_FLAGS(value)
    if num != slot.type_num and num != slot.twin_num:
        return False
    if num == cnp.NPY_VOID and cnp.PyArray_ITEMSIZE(value) != 8:        # of strings: eight bytes
        return False
    if cnp.PyArray_NDIM(value) != slot.ndim or cnp.PyArray_ISBYTESWAPPED(value):
        return False
    if flags & cnp.NPY_ARRAY_CARRAY_RO != cnp.NPY_ARRAY_CARRAY_RO:
        return False
    if slot.symbols != NULL:
        return dims_fit(slot, <const Py_ssize_t*>cnp.PyArray_DIMS(value), sizes)
    return slot.ndim == 0 or memcmp(slot.dims, cnp.PyArray_DIMS(value),
                                    slot.ndim * sizeof(Py_ssize_t)) == 0


cdef bint number_fits(const Slot* slot, object value) except -1:
    """Whether put_number() can store `value`, which is no array, in a 0-d slot."""
    cdef int overflow = 0
    cdef long long whole
    if program_is_scalar_of(value, slot.descr):
        return True
    if PyFloat_CheckExact(value):
        return slot.number == NUMBER_F32 or slot.number == NUMBER_F64
    if PyBool_Check(value):
        return slot.number == NUMBER_BOOL
    if PyLong_CheckExact(value) and slot.number != NO_NUMBER and slot.number != NUMBER_BOOL:
        whole = PyLong_AsLongLongAndOverflow(value, &overflow)
        return overflow == 0 and (slot.number != NUMBER_I32 or whole == <int32_t>whole)
    return False


cdef inline bint fits(const Slot* slot, object value, Py_ssize_t* sizes) except -1:
    """Whether a value fits a slot; `sizes` are those that feeds have said so far, -1 for none."""
    if cnp.PyArray_CheckExact(value):
        return array_fits(slot, value, sizes)
    return slot.home != NULL and number_fits(slot, value)


cdef int put_number(Slot* slot, object value) except -1:
    """Stores a value that fits into the home of a 0-d slot."""
    cdef double real
    if cnp.PyArray_CheckExact(value):
        memcpy(slot.home, cnp.PyArray_DATA(value), slot.itemsize)
    elif program_is_scalar_of(value, slot.descr):
        program_store_scalar(value, slot.home)
    elif slot.number == NUMBER_BOOL:
        slot.home[0] = value is True
    elif slot.number == NUMBER_I32:
        (<int32_t*>slot.home)[0] = <int32_t>PyLong_AsLongLong(value)
    elif slot.number == NUMBER_I64:
        (<int64_t*>slot.home)[0] = PyLong_AsLongLong(value)
    else:
        real = PyFloat_AsDouble(value)
        if slot.number == NUMBER_F32:
            (<float*>slot.home)[0] = <float>real
        else:
            (<double*>slot.home)[0] = real
    return 0


cdef object slot_text(const Slot* slot):
    return f"{<object>slot.descr} of shape {tuple([slot.dims[i] for i in range(slot.ndim)])}"


cdef tuple checked_feeds(Program p, object feeds):
    """The feeds as a tuple, each of which fits its slot."""
    cdef tuple values = tuple(feeds)
    cdef Py_ssize_t i
    cdef Py_ssize_t[MAX_SIZES] sizes
    forget_sizes(p, sizes)
    if PyTuple_GET_SIZE(values) != p.n_feeds:
        raise ValueError(f"{PyTuple_GET_SIZE(values)} feeds for {p.n_feeds} slots")
    for i, value in enumerate(values):
        if fits(&p.slots[i], value, sizes):
            continue
        if not cnp.PyArray_CheckExact(value):
            raise TypeError(f"feed {i} is a {type(value).__name__}, not an ndarray"
                            f" ({slot_text(&p.slots[i])})")
        raise ValueError(f"feed {i} is {value.dtype} of shape {value.shape}; the slot is a"
                         f" C-contiguous aligned {slot_text(&p.slots[i])}")
    if p.n_symbols and not sizes_fit(p, sizes):
        raise ValueError("the feeds have sizes that this Program is not for")
    return values


cdef inline void bind(Slot* slot, char* base) noexcept nogil:
    cdef Py_ssize_t i
    if base != slot.bound:
        slot.bound = base
        for i in range(slot.n_patches):
            slot.patches[i].where[0] = base + slot.patches[i].offset


cdef int bind_feeds(Program p, tuple feeds) except -1:
    cdef Py_ssize_t i
    cdef Slot* slot
    cdef PyObject* value
    for i in range(p.n_feeds):
        slot = &p.slots[i]
        value = PyTuple_GET_ITEM(feeds, i)
        if slot.home != NULL:
            put_number(slot, <object>value)
        else:
            p.owners[i] = value
            bind(slot, cnp.PyArray_BYTES(<object>value))
    return 0


cdef tuple bind_results(Program p):
    """Fresh arrays for the results; None where a scalar will come (never a hole: the collector
    may show this tuple to others)."""
    cdef tuple results = PyTuple_New(p.n_results)
    cdef Py_ssize_t i
    cdef Slot* slot = p.slots + p.n_feeds
    cdef object array
    for i in range(p.n_results):
        array = None
        if slot.home == NULL:
            array = program_new_array(slot.descr, slot.ndim, slot.dims, NULL, 0)
            p.owners[p.n_feeds + i] = <PyObject*>array
            bind(slot, cnp.PyArray_BYTES(array))
        Py_INCREF(array)
        PyTuple_SET_ITEM(results, i, array)
        slot += 1
    return results


cdef tuple with_scalars(Program p, tuple results):
    """Puts the NumPy scalars of the 0-d results in their places."""
    cdef Py_ssize_t i
    cdef Slot* slot = p.slots + p.n_feeds
    cdef object scalar
    for i in range(p.n_results):
        if slot.home != NULL:
            scalar = program_new_scalar(slot.home, slot.descr)
            Py_INCREF(scalar)
            PyTuple_SET_ITEM(results, i, scalar)    # what it replaces is None
        slot += 1
    return results


cdef object new_view(View* view, PyObject* owner):
    """An array over the view's memory that keeps the memory's owner alive."""
    cdef object array = program_new_array(view.descr, view.ndim, view.dims, view.data,
                                          view.flags)
    cnp.set_array_base(array, <object>owner)
    return array
