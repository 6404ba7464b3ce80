"""Runs one kernel by its symbol on NumPy arrays, without a graph: the door that kernel tests use.

Owns the ctypes mirror of `struct Step` (fastgrad/_kernels/abi.pxd). Knows nothing of any kernel.
"""
import ctypes

import numpy as np
import pytest
from fastgrad import _kernels

OK, PYTHON_ERROR, BAD_INDEX, INTERRUPTED = range(4)


@pytest.fixture(params=_kernels.available_levels)
def level(request):
    """Each CPU level that this machine has. A file imports it, and asks for it in tests, or for all
    of them by `pytestmark = EACH_LEVEL`."""
    before = _kernels.level
    _kernels.load(request.param)
    yield request.param
    _kernels.load(before)


EACH_LEVEL = pytest.mark.usefixtures("level")


class Step(ctypes.Structure):
    """Mirror of `struct Step`, field by field."""
    _fields_ = [("fn", ctypes.c_void_p), ("ptr", ctypes.c_void_p * 8),
                ("ext", ctypes.c_ssize_t * 8), ("par", ctypes.c_double * 2),
                ("aux", ctypes.c_void_p), ("lo", ctypes.c_ssize_t), ("hi", ctypes.c_ssize_t),
                ("grain", ctypes.c_ssize_t), ("parallel", ctypes.c_int), ("barrier", ctypes.c_int),
                ("scratch_at", ctypes.c_int), ("scratch", ctypes.c_ssize_t)]


KERNEL = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Step), ctypes.c_ssize_t, ctypes.c_ssize_t)

DTYPES = {"f32": np.float32, "f64": np.float64, "i32": np.int32, "i64": np.int64, "u8": np.uint8,
          "b1": np.bool_}


def make_step(symbol, arrays, ext=(), par=(), aux=()):
    """A Step over `arrays` (outputs first, None for NULL), which must outlive it; `aux` is kept."""
    step = Step()
    step.fn = _kernels.address(symbol)
    for i, array in enumerate(arrays):
        if array is not None:
            assert array.flags.c_contiguous, "kernels take contiguous operands"
            step.ptr[i] = array.ctypes.data
    for i, value in enumerate(ext):
        step.ext[i] = value
    for i, value in enumerate(par):
        step.par[i] = value
    flat = np.concatenate([np.ravel(a) for a in aux]) if len(aux) else []
    step.kept = np.ascontiguousarray(flat, np.intp)
    step.aux = step.kept.ctypes.data
    return step


def run_step(symbol, arrays, ext=(), par=(), aux=(), lo=0, hi=None):
    """Run the kernel over [lo, hi), return its code; `hi` defaults to the first output's size."""
    step = make_step(symbol, arrays, ext, par, aux)
    if hi is None:
        hi = arrays[0].size
    return KERNEL(step.fn)(ctypes.byref(step), lo, hi)


def run_split(symbol, arrays, ext=(), par=(), aux=(), hi=None, cuts=(1, 3, 17)):
    """Run the kernel over [0, hi) in pieces that meet at `cuts`; the first code that is not OK."""
    if hi is None:
        hi = arrays[0].size
    edges = [0, *(c for c in cuts if c < hi), hi]
    for lo, end in zip(edges, edges[1:]):
        code = run_step(symbol, arrays, ext, par, aux, lo, end)
        if code:
            return code
    return OK
