"""Which matrix product to run: the symbol's stem for given sizes, decided when a plan is made.

Owns: `choose_gemm`, `shares_columns`. May not know: Steps, addresses, graphs.

Decisions
- All six symbols compute every product, so this is about time only.
- Up to SMALL multiplications the time of each way is estimated, and the least one taken: counts of
  what it does (`counts`: register tiles, vector multiply-adds, elements packed) times what one of
  them costs (choose_costs.py). `python -m bench.gemm_costs` fits those costs and tells what the
  choice loses; rules with thresholds, which were here before, lost 12 to 30 % on average, most of
  it on products narrower than a vector.
- A transposed A and a C of up to 4 x 4 have a kernel of their own with AVX-512 (outer.h).
- BLAS is a candidate there if it runs its AVX-512 kernels for small products and k is 32 or more,
  where it adds up the lanes of many sums at once. Below that it is slower by factors, and so is
  A B^T with a C of more than BLAS_C elements, for which it packs both operands.
- Above SMALL caches decide, and the bounds are measured ones: 700 random shapes per transposition
  and dtype, the sides from 1 to 2000, each way timed against OpenBLAS 0.3.34 on one thread of a
  4 GHz Zen 5. The bounds of `rows` in work are where B no longer stays in the L2 cache.
- `tiles` takes what is left to products of middle size (tiles.h). Random shapes with sides from 6
  to 2048, 1600 a transposition in f32 and 1200 in f64 (v3: a third), every way timed in its
  thread's CPU time. Geometric mean of (time of the choice / time of the best way), NN, NT, TN:
  |                            | without `tiles`    | with it            |
  | v4, f32, m n k > SMALL     | 1.21 / 1.27 / 1.23 | 1.04 / 1.03 / 1.08 |
  | v4, f64, m n k > SMALL     | 1.25 / 1.34 / 1.28 | 1.05 / 1.05 / 1.09 |
  | v3, f32, m n k > SMALL     | 1.12 / 1.08 / 1.11 | 1.04 / 1.02 / 1.07 |
  | v3, f64, m n k > SMALL     | 1.16 / 1.16 / 1.15 | 1.04 / 1.03 / 1.07 |
- `tiles` streams A from the shared cache once a panel of B, so above HUGE the packing of BLAS is
  repaid. So it is sooner where rows of a transposed A lie a multiple of 2 kB apart and share cache
  sets, and without AVX-512 by C's size too (1000x1000x256 takes `tiles` 1.04 times as long).
- With AVX-512 that is late: 3400 random shapes of 1e6 to 2.5e9 multiplications, one thread and two.
  f32 from 5e8 on: BLAS 1.03 to 1.08 times as long as `tiles`; f64: 1.15 to 1.25 times.
- Columns are shared out where B, which every thread would pack, is large beside A. Two threads,
  time by rows / time by columns, random shapes (mean, worst of 275): A B^T with n >= m 1.13, 0.93;
  A B and A^T B with n >= 2m and 4 MB of B 1.06, 0.91. Below that, and for tall C, rows are as fast.
"""

import re
from operator import mul
from pathlib import Path

from fastgrad._kernels.choose_costs import COSTS

SMALL = 1_000_000     # m * n * k up to which times are estimated
# m * n * k from which BLAS is as fast as `tiles`
HUGE = {("v4", "f32"): 3_000_000_000, ("v4", "f64"): 9_000_000_000,
        ("v3", "f32"): 500_000_000, ("v3", "f64"): 500_000_000}
WIDE = 500_000        # elements of C = A^T B from which that holds in v3, whatever k
ACROSS_WORK = 2_000_000         # m * n * k of A B^T from which threads share out columns,
ACROSS_BYTES = 4_000_000        # and bytes of B for other products
VECTOR = {"v4": 64, "v3": 32, "base": 16}       # bytes
ITEM = {"f32": 4, "f64": 8}
BLAS_C = 1200         # elements of C = A B^T up to which BLAS has a kernel for small products
SIZES = {name: int(size) for name, size in re.findall(      # of panels and tiles, as they are built
    r"^#define FG_(\w+) (\d+)", (Path(__file__).parent / "products" / "sizes.h").read_text("utf-8"),
    re.MULTILINE)}
PACK, PACK_K = SIZES["PACK"], SIZES["PACK_K"]


def choose_gemm(m, n, k, ta, tb, dtype, level="v4", wide_blas=True):
    """The stem of the fastest symbol for C[m, n] = op(A)[m, k] op(B)[k, n].

    Parameters
    ----------
    m, n, k : int
        Sizes; m is all rows of C, not one thread's share.
    ta, tb : bool
        Whether A and B are transposed.
    dtype : str
        "f32", "f64", "i32" or "i64".
    level : str
        The loaded CPU level: "v4" (AVX-512), "v3" (AVX2) or "base".
    wide_blas : bool
        Whether BLAS runs AVX-512 kernels.

    Returns
    -------
    str
        "gemm", "gemm_rows", "gemm_dots", "gemm_cols", "gemm_tiny" or "gemm_tiles". `bgemm` has the
        same six.

    Examples
    --------
    >>> choose_gemm(100, 2, 2, False, False, "f64")
    'gemm_tiny'
    >>> choose_gemm(128, 256, 784, False, False, "f32")
    'gemm_tiles'
    >>> choose_gemm(4096, 1024, 1024, False, False, "f32")
    'gemm'
    """
    if dtype not in ITEM or (ta and tb) or min(m, n, k) == 0:
        return "gemm"
    if not ta and n <= 4 and k <= 4:
        return "gemm_tiny"
    if ta and m <= 4 and n <= 4 and level == "v4":
        return "gemm_tiny"
    if m * n * k <= SMALL:
        return _least(m, n, k, way_of(ta, tb), dtype, level, wide_blas)
    wide = wide_blas and level == "v4"
    if level != "base" and _fits_tiles(m, n, k, ta, tb, dtype, level):
        return "gemm_tiles"
    if ta:
        return (_tn_wide if wide else _tn)(m, n, k, dtype)
    if tb:
        return (_nt_wide if wide else _nt)(m, n, k, dtype)
    return (_nn_wide if wide else _nn)(m, n, k, dtype)


def shares_columns(stem, m, n, k, tb, dtype):
    """Whether threads that make a product of `stem` take columns of C each, not rows.

    The symbol then is that of the stem with `_across` behind it.
    """
    if stem == "gemm_rows":
        return m == 1
    if stem != "gemm_tiles":
        return False
    if tb:
        return n >= m and m * n * k >= ACROSS_WORK
    return n >= 2 * m and n * k * ITEM[dtype] >= ACROSS_BYTES


# ---- small: by estimated time -----------------------------------------------------------

def candidates(m, n, k, way, level, wide_blas):
    """Stems whose time is estimated; `way` is "NN", "NT" or "TN"."""
    found = ["gemm_cols"] if way == "TN" else ["gemm_dots"]
    if way != "NT" or k <= PACK_K:
        found.append("gemm_rows")
    if level != "base":
        found.append("gemm_tiles")
    if wide_blas and level == "v4" and k >= 32 and (way == "NN" or way == "NT" and m * n <= BLAS_C):
        found.append("gemm")
    return found


def way_of(ta, tb):
    return "TN" if ta else "NT" if tb else "NN"


def _least(m, n, k, way, dtype, level, wide_blas):
    costs = COSTS[level, way, dtype]
    times = {stem: sum(map(mul, costs[stem], counts(stem, m, n, k, way, dtype, level)))
             for stem in candidates(m, n, k, way, level, wide_blas)}
    return min(times, key=times.get)


def counts(stem, m, n, k, way, dtype, level):
    """How often a product does what; the first is 1, for what every call costs."""
    return (1, *_COUNTS[stem](m, n, k, way, VECTOR[level] // ITEM[dtype], level == "v4"))


def _ceil(a, b):
    return -(-a // b)


def _tiles(m, n, k, way, w, wide):
    panels, vectors = _ceil(n, 2 * w), _ceil(n, w)
    columns = panels * _ceil(m, SIZES["HIGH_WIDE" if wide else "HIGH_NARROW"])
    last = n - (panels - 1) * 2 * w
    packed = k if last not in (w, 2 * w) else 0
    found = (columns, m * vectors * k, k * columns, m * vectors, packed)
    return found + _turned(k, n, w) if way == "NT" else found


def _turned(k, n, w):
    """Elements that a transposition moves in squares of vectors, and others."""
    whole = n // w * (k // w) * w * w
    return whole, n * k - whole


def _rows(m, n, k, way, w, wide):
    some = min(n, PACK // k) if way == "NT" else n
    panels, last = divmod(n, some)
    tiles, bands = (panels * c for c in _bands(m, some, w, wide))
    if last:
        more = _bands(m, last, w, wide)
        tiles, bands = tiles + more[0], bands + more[1]
    vectors, part = _ceil(n, w), n % w > 0
    found = (tiles, bands, m * vectors * k, k * tiles, m * vectors, m * part, k * bands * part)
    return found + _turned(k, n, w) if way == "NT" else found


def _bands(m, n, w, wide):
    """Tiles and bands of rows that `rows` makes (rows.h)."""
    eights = m // 8 if wide and n < 4 * w else 0
    left = m - 8 * eights
    heights = ((eights, SIZES["BAND_8"]),
               (left // 4, SIZES["BAND_4_WIDE" if wide else "BAND_4_NARROW"]),
               (left % 4 // 2, SIZES["BAND_2"]), (left % 2, SIZES["BAND_1"]))
    return (sum(count * _band(n, w, most) for count, most in heights),
            sum(count for count, _ in heights))


def _band(n, w, most):
    """Tiles of a band: of `most` vectors, then of two, one, and a part of one."""
    wide, left = divmod(n // w, most)
    return wide + (left // 2 + left % 2 if most > 2 else left) + (n % w > 0)


def _dots(m, n, k, way, w, wide):
    turned = way == "NT" and m < n
    if turned:
        m, n = n, m
    vectors = _ceil(k, w)
    eights = m // 8 * 8 if wide and n <= 3 else 0
    short = eights if n <= 2 and k <= 2 * w and not turned else 0       # see `eight_short`
    found = ((m - eights) * n * vectors, (m - eights) * n, (eights - short) * n * vectors,
             (eights - short) * n, m * _ceil(n, SIZES["SKINNY"]) * vectors, short * n)
    return found + ((0, k, k * n)[min(n, 3) - 1],) if way == "NN" else found


def _cols(m, n, k, way, w, wide):
    vectors, passes = _ceil(m, w), _ceil(n, 4)
    return (k * n * vectors, k * passes * vectors, k * passes * _ceil(vectors, 6), m * n)


def _blas(m, n, k, way, w, wide):
    return (m * _ceil(n, w) * k, m * n, m * k, n * k, m, n, k, m * n * _ceil(k, w),
            _ceil(m, 4) * _ceil(n, 4) * k, (n % 4 == 3) * m * k)


_COUNTS = {"gemm_tiles": _tiles, "gemm_rows": _rows, "gemm_dots": _dots, "gemm_cols": _cols,
           "gemm": _blas}


# ---- large: by measured bounds ----------------------------------------------------------

def _fits_tiles(m, n, k, ta, tb, dtype, level):
    work = m * n * k
    if k < 24 or n < 10 or work > HUGE[level, dtype] or m < (12 if work > 4 * SMALL else 24):
        return False
    if n <= 16:                         # one vector of f32
        return m > (128 if tb else 32) and not ta
    if ta and (m * n > WIDE and level == "v3" or k > 256 and m * ITEM[dtype] % 2048 == 0):
        return False
    return n > 32 or not ta


def _rows_or_blas(m, n, k, work):
    return "gemm_rows" if m * n * k <= work or min(m, k) <= 8 else "gemm"


def _nn_wide(m, n, k, dtype):
    if m > 4 and n <= (12 if dtype == "f32" else 4) and (k > 64 or n == 1 and k <= 16):
        return "gemm_dots"
    return _rows_or_blas(m, n, k, 8_000_000 if dtype == "f32" else 24_000_000)


def _tn_wide(m, n, k, dtype):
    if n == 1 and m >= 128:
        return "gemm_cols"
    if m * k > 65_000 and n <= (24 if dtype == "f32" else 48):
        return "gemm_cols"
    return _rows_or_blas(m, n, k, 4_000_000 if dtype == "f32" else 24_000_000)


def _nt_wide(m, n, k, dtype):
    if min(m, n) <= 2 and (k <= 32 or max(m, n) > 48):
        return "gemm_dots"
    if k > 32 and (m <= 8 and n > 128 or n <= 4 and m > 128):
        return "gemm_dots"
    long = dtype == "f64" and k <= 256 and m * n > 10_000
    if long or k <= (128 if dtype == "f32" else 96):
        return _rows_or_blas(m, n, k, 8_000_000 if dtype == "f32" else 24_000_000)
    return "gemm_dots" if m * n * k <= 8_000_000 else "gemm"


def _nn(m, n, k, dtype):
    if n <= (4 if dtype == "f32" else 2):
        return "gemm_dots" if k > 8 or n == 1 else "gemm_rows"
    return _rows_or_blas(m, n, k, 4_000_000)


def _tn(m, n, k, dtype):
    if n <= (12 if m >= 64 and k > 32 else 4):
        return "gemm_cols"
    return _rows_or_blas(m, n, k, 4_000_000)


def _nt(m, n, k, dtype):
    if k <= 8 or k <= 32 and n > 2 and m > (2 if dtype == "f32" else 8):
        return _rows_or_blas(m, n, k, 4_000_000)
    if m * n <= (4000 if k > 128 else 1000) or min(m, n) <= 12:
        return "gemm_dots"
    return "gemm_dots" if dtype == "f64" and m * n * k <= 4_000_000 else "gemm"
