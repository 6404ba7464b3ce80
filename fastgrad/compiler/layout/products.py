"""Layouts of matrix products and batches of them, and which of their kernels runs.

They join the table of `emitter` when this file is imported.
"""

from fastgrad.compiler.layout.emitter import Kernel, form, letter
from fastgrad.errors import RunShapeError
from fastgrad.wording import where

BLAS_LIMIT = 2**31 - 1
ACTIVATIONS = {None: 0, "relu": 1, "sigmoid": 2, "tanh": 3}


@form("gemm")
def _gemm(e, s):
    a, b = s.inputs
    ta, tb = s.attrs["ta"], s.attrs["tb"]
    m, n = s.out.shape
    k = a.shape[0] if ta else a.shape[1]
    into = s.fused.get("into")
    alpha, beta = (s.fused["alpha"], 1.0) if into is not None else (1.0, 0.0)
    (stem, columns), count, other = _chosen(e, s, a.dtype, m, n, k), m, n
    if columns:
        stem, count, other = stem + "_across", n, m
    return [Kernel(s, f"{stem}_{letter(a.dtype)}", [s.out, a, b, s.fused.get("bias")], count,
                   ext=(other, k, int(ta), int(tb), ACTIVATIONS[s.fused.get("act")],
                        a.shape[1], b.shape[1], n), par=(alpha, beta))]


@form("bgemm")
def _bgemm(e, s):
    a, b = s.inputs
    ta, tb = s.attrs["ta"], s.attrs["tb"]
    batch, m, n = s.out.shape
    k = a.shape[1] if ta else a.shape[2]
    step_a = a.shape[1] * a.shape[2] if a.shape[0] > 1 else 0
    step_b = b.shape[1] * b.shape[2] if b.shape[0] > 1 else 0
    stem, _ = _chosen(e, s, a.dtype, m, n, k)
    return [Kernel(s, f"b{stem}_{letter(a.dtype)}", [s.out, a, b], batch,
                   ext=(m, n, k, int(ta), int(tb)), par=(1.0, 0.0), aux=(step_a, step_b))]


def _chosen(e, s, dtype, m, n, k):
    """(the fastest kernel for a product of these sizes, whether threads take columns of it)."""
    stem, columns = "gemm", False
    if dtype.kind == "f":
        stem, columns = e.choose_gemm(m, n, k, s.attrs["ta"], s.attrs["tb"], letter(dtype))
    if stem == "gemm" and max(m, n, k) > BLAS_LIMIT:    # BLAS counts in 32 bits, and would wrap
        raise RunShapeError(f"{where(s.op)}: a product of {m} x {k} and {k} x {n}; BLAS takes at "
                            f"most {BLAS_LIMIT} a dimension.", s.op)
    return stem, columns
