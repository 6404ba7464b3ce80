/* The Python module of one CPU level's kernels; behind the translated text that has `set_blas`.
 *
 * Owns: `table` and `set_blas`. May not know: what a kernel computes.
 * Needs: FG_LEVEL, FG_LEVEL_INIT (the name of the module's init function) and FG_TABLES(USE), which
 * names the tables (table.h) that the level's objects hold. setup.py writes them.
 *
 * Decisions
 * - Hand-written, so that one translation serves every level: a module that Cython makes has its
 *   name in a hundred places.
 * - The tables are data that one loop walks; as code they were 55 kB a level.
 */
#define FG_DECLARE(text) extern const fg_row fg_table_##text[] FG_HIDDEN;
FG_TABLES(FG_DECLARE)

#define FG_NAME(text) fg_table_##text,
static const fg_row *const fg_level_tables[] = {FG_TABLES(FG_NAME) NULL};

static PyObject *fg_level_symbols(PyObject *module, PyObject *none)
{
    PyObject *made = PyDict_New();
    size_t i;
    (void)module;
    (void)none;
    for (i = 0; fg_level_tables[i] != NULL; i++) {
        const fg_row *row;
        for (row = fg_level_tables[i]; made != NULL && row->symbol != NULL; row++) {
            PyObject *address = PyLong_FromVoidPtr(row->function);
            if (address == NULL || PyDict_SetItemString(made, row->symbol, address) < 0)
                Py_CLEAR(made);
            Py_XDECREF(address);
        }
    }
    return made;
}

static PyObject *fg_level_set_blas(PyObject *module, PyObject *args)
{
    unsigned long long sgemm, dgemm, sgemv, dgemv;
    (void)module;
    if (!PyArg_ParseTuple(args, "KKKK:set_blas", &sgemm, &dgemm, &sgemv, &dgemv))
        return NULL;
    fg_take_blas((size_t)sgemm, (size_t)dgemm, (size_t)sgemv, (size_t)dgemv);
    Py_RETURN_NONE;
}

static PyMethodDef fg_level_methods[] = {
    {"table", fg_level_symbols, METH_NOARGS,
     "table()\n--\n\nSymbol -> address of every kernel of this build."},
    {"set_blas", fg_level_set_blas, METH_VARARGS,
     "set_blas(sgemm, dgemm, sgemv, dgemv, /)\n--\n\n"
     "Take the addresses of cblas_sgemm, cblas_dgemm, cblas_sgemv and cblas_dgemv (32-bit int)."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot fg_level_slots[] = {{0, NULL}};

static struct PyModuleDef fg_level_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_" FG_LEVEL,
    .m_doc = "The kernels built for CPU level " FG_LEVEL ".",
    .m_methods = fg_level_methods,
    .m_slots = fg_level_slots,
};

PyMODINIT_FUNC FG_LEVEL_INIT(void)
{
    return PyModuleDef_Init(&fg_level_module);
}
