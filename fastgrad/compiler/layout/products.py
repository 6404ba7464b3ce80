"""Layouts of matrix products and batches of them, and which of their kernels runs."""

from fastgrad.compiler import costs, shares
from fastgrad.compiler.families import FAMILIES, family
from fastgrad.compiler.layout.emitter import Kernel, letter
from fastgrad.compiler.size import Size, about
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
    made = Kernel(s, f"{stem}_{letter(a.dtype)}", [c, a, b, s.fused.get("bias")], count,
                  ext=(other, k, int(ta), int(tb), ACTIVATIONS[s.fused.get("act")],
                       m if ta else k, k if tb else n, n), par=(alpha, beta), across=columns,
                  family=FAMILIES["gemm"])
    if not columns:
        made.choice = _choice(e, s, a.dtype, (m, n, k), turned, "{}_" + letter(a.dtype))
    return made


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
    made = Kernel(s, f"b{stem}_{letter(a.dtype)}", [s.out, a, b], batch,
                  ext=(m, n, k, int(ta), int(tb)), par=(1.0, 0.0), aux=(step_a, step_b))
    made.choice = _choice(e, s, a.dtype, (m, n, k), (ta, tb), "b{}_" + letter(a.dtype))
    return [made]


def _chosen(e, s, dtype, sizes, turned):
    """(the fastest kernel for a product of sizes m, n, k, whether threads take columns of it)."""
    (m, n, k), stem, columns = sizes, "gemm", False
    if dtype.kind == "f":
        stem, columns = e.choose_gemm(about(m), about(n), about(k), *turned, letter(dtype))
    # BLAS counts in 32 bits, and would wrap
    if stem == "gemm" and any(d > BLAS_LIMIT for d in (m, n, k)):
        raise RunShapeError(f"{where(s.op)}: a product of {m} x {k} and {k} x {n}; BLAS takes at "
                            f"most {BLAS_LIMIT} a dimension.", s.op)
    return stem, columns


def _choice(e, s, dtype, sizes, turned, name):
    """(size, limits, symbols) of a product whose sizes hang on one symbol, or None.

    The kernel that is fastest changes a few times from the least size to the largest; where it
    does is found by halving, above the smallest sizes.
    """
    changing = [d for d in sizes if isinstance(d, Size)]
    symbol = changing[0].of.only_symbol(changing) if changing else None
    if symbol is None or dtype.kind != "f":
        return None
    key = sizes, turned, name
    if key not in e.choices:
        of = changing[0].of

        def stem_at(size):
            with of.supposing([size if x is symbol else x.hint for x in of.symbols]):
                return _chosen(e, s, dtype, sizes, turned)[0]
        limits, stems = _changes(stem_at, symbol.least, min(symbol.most, MOST_ROWS))
        size = of.symbol_sizes[of.symbols.index(symbol)]
        e.choices[key] = (size, limits, tuple(map(name.format, stems))) if limits else None
    return e.choices[key]


def _changes(stem_at, least, most):
    """(the last sizes of each stem but the last one, the stems), where sizes are doubled."""
    limits, stems, low = [], [stem_at(least)], least
    while low < most:
        high = min(most, low + 1 if low < SHORT else 2 * low)
        stem = stem_at(high)
        if stem != stems[-1]:
            below, above = low, high            # the stem of `low`, and another one
            while above - below > 1:
                middle = (below + above) // 2
                if stem_at(middle) == stems[-1]:
                    below = middle
                else:
                    above = middle
            limits.append(below)
            stems.append(stem_at(above))
            high = above
        low = high
    return tuple(limits), stems


SHORT = 16                  # up to here each size is looked at
MOST_ROWS = 1 << 16         # above, the choice is the same


@family("rows_product", kernels=("rows_product",), product=True, flops=_flops,
        moved=costs.nothing)            # a strip has its operands in cache
def _rows_product(e, s):
    """A^T G over the rows of a strip."""
    a, g = s.inputs
    return [Kernel(s, f"rows_product_{letter(a.dtype)}", [s.out, a, g], a.shape[0],
                   ext=(a.shape[1], g.shape[1]))]
