# What is taken from C: the team, and the parts of CPython and NumPy that Cython's own
# declarations lack or type in a way that does not fit (an object where NULL must go).
# Owns no code of its own beyond three-line wrappers.

cdef extern from "pythread.h":
    PyLockStatus PyThread_acquire_lock_timed(PyThread_type_lock, long long, int) nogil

cdef extern from "Python.h":
    Py_ssize_t PY_SSIZE_T_MAX
    bint PyGC_Disable()
    bint PyGC_Enable()
    bint PyBool_Check(object)
    bint PyFloat_CheckExact(object)
    bint PyLong_CheckExact(object)
    bint PyUnicode_CheckExact(object)
    long long PyLong_AsLongLongAndOverflow(object, int*) except? -1
    long long PyLong_AsLongLong(object) except? -1
    double PyFloat_AsDouble(object) except? -1

cdef extern from "program/team.h":
    enum: TEAM_MAX
    ctypedef struct team_mark:
        pass
    ctypedef struct team_trust:
        int64_t solo, alone, ended
    int trust_turn(const team_trust*) noexcept nogil
    int trust_declines(team_trust*, int64_t) noexcept nogil
    void trust_ran(team_trust*, int, int, int64_t, int64_t, int64_t) noexcept nogil
    void team_setup()
    int team_forks() noexcept nogil
    int64_t team_clock() noexcept nogil
    void team_run(int, void (*)(void*, int, int) noexcept nogil, void*, team_trust*) noexcept nogil
    void team_barrier(int, int) noexcept nogil
    int64_t team_mark_get(team_mark*) noexcept nogil
    void team_mark_set(team_mark*, int64_t) noexcept nogil
    void team_mark_lower(team_mark*, int64_t) noexcept nogil

cdef extern from "cpu/subnormals.h":
    ctypedef struct float_mode:
        pass
    void mode_enter(float_mode*, bint keep) noexcept nogil
    void mode_leave(const float_mode*) noexcept nogil
    void mode_share(const float_mode*) noexcept nogil

cdef extern from *:
    """
    /* cimport numpy declares these with objects where NULL must go */
    static PyObject *program_new_array(PyObject *descr, int ndim, const Py_ssize_t *dims,
                                       void *data, int flags)
    {
        Py_INCREF(descr);
        return PyArray_NewFromDescr(&PyArray_Type, (PyArray_Descr *)descr, ndim,
                                    (npy_intp *)dims, NULL, data, flags, NULL);
    }
    static PyObject *program_new_scalar(void *data, PyObject *descr)
    {
        return PyArray_Scalar(data, (PyArray_Descr *)descr, NULL);
    }
    static int program_is_scalar_of(PyObject *value, PyObject *descr)
    {
        return Py_TYPE(value) == ((PyArray_Descr *)descr)->typeobj;
    }
    static void program_store_scalar(PyObject *value, void *to)
    {
        PyArray_ScalarAsCtype(value, to);
    }
    /* pages from the system: what CPython takes its own memory from */
    static void *take_pages(size_t size)
    {
        PyObjectArenaAllocator pages;
        PyObject_GetArenaAllocator(&pages);
        return pages.alloc(pages.ctx, size);
    }
    static void give_pages(void *at, size_t size)
    {
        PyObjectArenaAllocator pages;
        PyObject_GetArenaAllocator(&pages);
        pages.free(pages.ctx, at, size);
    }
    enum { PROGRAM_MAXDIMS = 32 };
    """
    void* take_pages(size_t) noexcept
    void give_pages(void*, size_t) noexcept
    enum: PROGRAM_MAXDIMS
    object program_new_array(PyObject* descr, int ndim, const Py_ssize_t* dims, void* data,
                             int flags)
    object program_new_scalar(void* data, PyObject* descr)
    void program_store_scalar(object value, void* to)
    bint program_is_scalar_of(object value, PyObject* descr)
