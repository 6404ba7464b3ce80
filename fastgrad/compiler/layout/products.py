"""Layouts of matrix products and batches of them, and which of their kernels runs."""

from fastgrad.compiler import costs, shares
from fastgrad.compiler.families import FAMILIES, family
from fastgrad.compiler.layout.emitter import Kernel, letter
from fastgrad.errors import RunShapeError
from fastgrad.wording import where
from fastgrad.graph.shapes import size_of

BLAS = frozenset(("gemm_f32", "gemm_f64", "bgemm_f32", "bgemm_f64"))    # symbols that call it
BLAS_LIMIT = 2**31 - 1
ACTIVATIONS = {None: 0, "relu": 1, "sigmoid": 2, "tanh": 3}
WAYS = ("", "_rows", "_dots", "_cols", "_tiny", "_tiles")


def _flops(k):
    """Two for each row of the range, column and depth, which are the first extents."""
    return 2 * k.count * k.ext[0] * k.ext[1]


@family("gemm", kernels=("gemm",), endings=(*WAYS, "_rows_across", "_tiles_across"), product=True,
        share=shares.product, flops=_flops, tiles=frozenset(("rows",)),
        epilogue=frozenset(("bias", "act", "into")))
def _gemm(e, s):
    a, b = s.inputs
    k = a.shape[0] if s.attrs["ta"] else a.shape[1]
    m, n = s.out.shape
    return [gemm_kernel(e, s, (s.out, a, b), (m, k, n), (s.attrs["ta"], s.attrs["tb"]))]


def gemm_kernel(e, s, values, sizes, turned):
    """The kernel of C = op(A) op(B), with what fusion has added to the step.

    Parameters
    ----------
    values : C, A, B
    sizes : (m, k, n), of C [m, n]
    turned : whether A and B are transposed
    """
    (c, a, b), (m, k, n), (ta, tb) = values, sizes, turned
    into = s.fused.get("into")
    alpha, beta = (s.fused["alpha"], 1.0) if into is not None else (1.0, 0.0)
    (stem, columns), count, other = _chosen(e, s, a.dtype, (m, n, k), turned), m, n
    if columns:
        stem, count, other = stem + "_across", n, m
    return Kernel(s, f"{stem}_{letter(a.dtype)}", [c, a, b, s.fused.get("bias")], count,
                  ext=(other, k, int(ta), int(tb), ACTIVATIONS[s.fused.get("act")],
                       m if ta else k, k if tb else n, n), par=(alpha, beta), across=columns,
                  family=FAMILIES["gemm"])


@family("bgemm", kernels=("bgemm",), endings=WAYS, product=True, share=shares.batch,
        flops=lambda k: 2 * k.count * size_of(k.ext[:3]))
def _bgemm(e, s):
    a, b = s.inputs
    ta, tb = s.attrs["ta"], s.attrs["tb"]
    batch, m, n = s.out.shape
    k = a.shape[1] if ta else a.shape[2]
    step_a = a.shape[1] * a.shape[2] if a.shape[0] > 1 else 0
    step_b = b.shape[1] * b.shape[2] if b.shape[0] > 1 else 0
    stem, _ = _chosen(e, s, a.dtype, (m, n, k), (ta, tb))
    return [Kernel(s, f"b{stem}_{letter(a.dtype)}", [s.out, a, b], batch,
                   ext=(m, n, k, int(ta), int(tb)), par=(1.0, 0.0), aux=(step_a, step_b))]


def _chosen(e, s, dtype, sizes, turned):
    """(the fastest kernel for a product of sizes m, n, k, whether threads take columns of it)."""
    (m, n, k), stem, columns = sizes, "gemm", False
    if dtype.kind == "f":
        stem, columns = e.choose_gemm(m, n, k, *turned, letter(dtype))
    if stem == "gemm" and max(m, n, k) > BLAS_LIMIT:    # BLAS counts in 32 bits, and would wrap
        raise RunShapeError(f"{where(s.op)}: a product of {m} x {k} and {k} x {n}; BLAS takes at "
                            f"most {BLAS_LIMIT} a dimension.", s.op)
    return stem, columns


@family("rows_product", kernels=("rows_product",), product=True, flops=_flops,
        moved=costs.nothing)            # a strip has its operands in cache
def _rows_product(e, s):
    """A^T G over the rows of a strip."""
    a, g = s.inputs
    return [Kernel(s, f"rows_product_{letter(a.dtype)}", [s.out, a, g], a.shape[0],
                   ext=(a.shape[1], g.shape[1]))]
