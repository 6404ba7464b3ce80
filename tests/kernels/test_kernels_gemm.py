"""Matrix products against NumPy: every symbol, every transposition, epilogue and split of the rows.

Owns the checks of gemm.pxi.in, skinny.pxi.in and choose.py, on every CPU level that this machine runs.
"""
import itertools

import numpy as np
import pytest
from fastgrad import _kernels
from fastgrad._kernels import choose
from fastgrad._kernels.choose import choose_gemm
from step import DTYPES, EACH_LEVEL, OK, level, run_split

pytestmark = EACH_LEVEL
STEMS = ["gemm", "gemm_rows", "gemm_dots", "gemm_cols", "gemm_tiny", "gemm_tiles"]
ALL = [*STEMS, "gemm_rows_across", "gemm_tiles_across"]
SIZES = [0, 1, 2, 3, 5, 8, 17, 64]
TOLERANCE = {"f32": 2e-5, "f64": 1e-13}
ACTS = [lambda c: c, lambda c: np.maximum(c, 0), lambda c: 1 / (1 + np.exp(-c)), np.tanh]


def random(shape, dtype, seed):
    return (2 * np.random.default_rng(seed).standard_normal(shape)).astype(DTYPES[dtype])   # integers vary


def padded(array, pad):
    """The array inside a wider one of NaN, and its leading dimension."""
    wide = np.full((array.shape[0], array.shape[1] + pad), np.nan, array.dtype)
    wide[:, :array.shape[1]] = array
    return wide, wide.shape[1]


def check(stem, dtype, m, n, k, ta=0, tb=0, alpha=1.0, beta=0.0, bias=False, act=0, pad=0, cuts=(), fill=np.nan):
    a = random((k, m) if ta else (m, k), dtype, 1)
    b = random((n, k) if tb else (k, n), dtype, 2)
    c = random((m, n), dtype, 3) if beta else np.full((m, n), fill, DTYPES[dtype])
    z = random(n, dtype, 4) if bias else None
    want = alpha * (a.T if ta else a).astype(np.float64) @ (b.T if tb else b).astype(np.float64)
    want = want + (beta * c.astype(np.float64) if beta else 0)
    want = ACTS[act](want + (z if bias else 0))
    (aa, lda), (bb, ldb), (cc, ldc) = padded(a, pad), padded(b, pad), padded(c, pad)
    other, hi = (m, n) if stem.endswith("across") else (n, m)
    code = run_split(f"{stem}_{dtype}", [cc, aa, bb, z], [other, k, ta, tb, act, lda, ldb, ldc], [alpha, beta],
                     hi=hi, cuts=cuts)
    assert code == OK
    limit = TOLERANCE[dtype] * (1 + np.sqrt(k))
    np.testing.assert_allclose(cc[:, :n], want, rtol=limit, atol=limit)
    assert np.isnan(cc[:, n:]).all(), "the padding of C was written"


@pytest.mark.parametrize("stem", ALL)
@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("ta", [0, 1])
@pytest.mark.parametrize("tb", [0, 1])
def test_grid(stem, dtype, ta, tb):
    for i, (m, n, k) in enumerate(itertools.product(SIZES, SIZES, SIZES)):
        # The settings turn with different periods, so that their pairs all occur.
        check(stem, dtype, m, n, k, ta, tb, alpha=(1.0, -0.5)[i % 2], beta=(0.0, 1.0, 0.5)[i % 3],
              bias=i % 5 < 3, act=i % 4, pad=(0, 0, 3)[i % 7 % 3], cuts=((), (1, 3, 17))[i % 11 % 2])


@pytest.mark.parametrize("stem", ALL)
@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("shape", [(1, 40, 700), (700, 2, 40), (40, 2, 1300), (2, 40, 1300), (300, 9, 600),
                                   (5, 530, 3), (530, 5, 6), (33, 47, 29), (300, 300, 2)])
def test_long_sides(stem, dtype, shape):
    for ta, tb in itertools.product((0, 1), (0, 1)):
        check(stem, dtype, *shape, ta=ta, tb=tb)
        check(stem, dtype, *shape, ta=ta, tb=tb, alpha=0.5, beta=2.0, bias=True, act=1, pad=1, cuts=(3, 17))


@pytest.mark.parametrize("stem", ["gemm_rows", "gemm_dots", "gemm_cols", "gemm_tiny"])
@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("ta", [0, 1])
def test_bits_do_not_depend_on_where_operands_lie(stem, dtype, ta):
    """The same numbers at every place of a cache line, for rows of many lengths."""
    size = np.dtype(DTYPES[dtype]).itemsize
    for n, k in itertools.product((1, 2, 3), (7, 16, 20, 100)):
        m = 70
        b, room = random((k, n), dtype, 2), np.full(m * k * size + 128, 0xff, np.uint8)
        data, start, first = random((k, m) if ta else (m, k), dtype, 1), -room.ctypes.data % 64, None
        for skip in range(0, 64, size):
            a = room[start + skip:][:m * k * size].view(data.dtype).reshape(data.shape)
            a[...] = data
            c = np.zeros((m, n), data.dtype)
            assert run_split(f"{stem}_{dtype}", [c, a, b, None], [n, k, ta, 0, 0, a.shape[1], n, n],
                             [1, 0], hi=m) == OK
            first = c if first is None else first
            assert np.array_equal(c, first), (n, k, skip)


@pytest.mark.parametrize("stem", ALL)
@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_blocks_of_rows(stem, dtype):
    """More rows than one block of the epilogue."""
    check(stem, dtype, 1500, 100, 9, bias=True, act=3)
    check(stem, dtype, 1500, 100, 9, ta=1, tb=1, bias=True, act=2)


@pytest.mark.parametrize("stem", ALL)
@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("k", [0, 2, 20])
def test_beta_zero_does_not_read_c(stem, dtype, k):
    for garbage in (np.nan, np.inf):
        for ta, tb in itertools.product((0, 1), (0, 1)):
            check(stem, dtype, 9, 3, k, ta, tb, bias=True, act=1, fill=garbage)


@pytest.mark.parametrize("stem", ALL)
@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("bias", [False, True])
def test_relu_keeps_nan(stem, dtype, bias):
    a, b = random((6, 5), dtype, 1), random((5, 4), dtype, 2)
    a[2, 3] = np.nan
    c, z = np.zeros((6, 4), a.dtype), np.zeros(4, a.dtype) if bias else None
    other, hi = (6, 4) if stem.endswith("across") else (4, 6)
    run_split(f"{stem}_{dtype}", [c, a, b, z], [other, 5, 0, 0, 1, 5, 4, 4], [1, 0], hi=hi)
    assert np.isnan(c[2]).all() and not np.isnan(np.delete(c, 2, 0)).any()


@pytest.mark.parametrize("symbol", [f"b{stem}_{d}" for stem in STEMS for d in ("f32", "f64")]
                         + ["bgemm_i32", "bgemm_i64"])
def test_batch(symbol):
    dtype = symbol[-3:]
    for m, n, k, ta, tb in itertools.product((0, 1, 3, 10), (1, 4, 9), (0, 2, 17), (0, 1), (0, 1)):
        for repeat_a, repeat_b in ((0, 0), (1, 0), (0, 1)):
            a = random((1 if repeat_a else 4, *((k, m) if ta else (m, k))), dtype, 1)
            b = random((1 if repeat_b else 4, *((n, k) if tb else (k, n))), dtype, 2)
            c = np.zeros((4, m, n), a.dtype)
            want = (a.swapaxes(1, 2) if ta else a) @ (b.swapaxes(1, 2) if tb else b)
            strides = [0 if repeat_a else m * k, 0 if repeat_b else n * k]
            assert run_split(symbol, [c, a, b], [m, n, k, ta, tb], [1, 0], [strides], hi=4, cuts=(1,)) == OK
            np.testing.assert_allclose(c, want, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", ["i32", "i64"])
def test_integers_wrap_as_numpy(dtype):
    rng = np.random.default_rng(0)
    low, high = np.iinfo(DTYPES[dtype]).min, np.iinfo(DTYPES[dtype]).max
    for m, n, k, ta, tb in itertools.product((0, 1, 7), (1, 9), (0, 3, 17), (0, 1), (0, 1)):
        a = rng.integers(low, high, (k, m) if ta else (m, k), DTYPES[dtype])
        b = rng.integers(low, high, (n, k) if tb else (k, n), DTYPES[dtype])
        c = np.full((m, n), 7, a.dtype)
        assert run_split(f"gemm_{dtype}", [c, a, b, None], [n, k, ta, tb, 0, a.shape[1], b.shape[1], n], [1, 0],
                         hi=m) == OK
        np.testing.assert_array_equal(c, (a.T if ta else a) @ (b.T if tb else b))


def test_choice_names_symbols_that_exist():
    names = _kernels.symbols()
    for m, n, k, ta, tb in itertools.product((1, 4, 30, 1000), (1, 4, 30, 1000), (1, 4, 30, 1000), (0, 1), (0, 1)):
        for dtype in ("f32", "f64", "i32", "i64"):
            for built, wide in (("v4", True), ("v4", False), ("v3", False), ("base", False)):
                stem = choose_gemm(m, n, k, ta, tb, dtype, built, wide)
                assert f"{stem}_{dtype}" in names and f"b{stem}_{dtype}" in names


def test_every_count_has_a_cost():
    for (built, way, dtype), costs in choose.COSTS.items():
        for stem, known in costs.items():
            assert len(known) == len(choose.counts(stem, 33, 17, 40, way, dtype, built)), stem


@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_small_sums_of_outer_products(dtype):
    """Every shape that `gemm_tiny` makes of a transposed A, whatever rows are left over."""
    for m, n, k in itertools.product((1, 2, 3, 4), (1, 2, 3, 4), (0, 1, 2, 3, 5, 8, 17, 33, 100)):
        check("gemm_tiny", dtype, m, n, k, ta=1, tb=0, alpha=-0.5, beta=(0.0, 1.0)[k % 2])


def plain(a, b):
    """A product by NumPy's own loops: its BLAS starts threads, which crawl on a loaded machine."""
    return np.einsum("ik,kj->ij", a, b)


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("ta,tb", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_tiles_at_every_edge(dtype, ta, tb):
    """Heights and widths around a tile's, panels read in place and packed, depths around a panel's.

    A sum of k products in any order is off by at most k * eps * (|A| |B|): Higham's gamma_k, with a
    few roundings more for alpha, beta and bias; twice that where NumPy's sum is no more exact."""
    eps = np.finfo(DTYPES[dtype]).eps
    shapes = [(m, n, 33) for m in (1, 13, 14, 15, 27, 29, 113, 127) for n in (15, 16, 17, 31, 32, 33, 64, 127)]
    shapes += [(30, 33, k) for k in (1023, 1024, 1025, 2049)] + [(200, 64, 130), (40, 1024, 300)]
    for i, (m, n, k) in enumerate(shapes):
        a = random((k, m) if ta else (m, k), dtype, i)
        b = random((n, k) if tb else (k, n), dtype, i + 1)
        c, z = random((m, n), dtype, i + 2), random(n, dtype, i + 3)
        exact = [(x.T if t else x).astype(np.float64) for x, t in ((a, ta), (b, tb))]
        want = np.maximum(-0.5 * plain(*exact) + 2 * c.astype(np.float64) + z, 0)
        limit = 2 * (k + 4) * eps * (plain(*map(abs, exact)) + 2 * abs(c) + abs(z))
        (aa, lda), (bb, ldb), (cc, ldc) = padded(a, i % 2), padded(b, i % 3), padded(c, i % 5)
        assert run_split(f"gemm_tiles_{dtype}", [cc, aa, bb, z], [n, k, ta, tb, 1, lda, ldb, ldc], [-0.5, 2.0],
                         hi=m, cuts=((), (m // 2,))[i % 2]) == OK
        assert (abs(cc[:, :n] - want) <= limit).all(), (m, n, k)
        assert np.isnan(cc[:, n:]).all(), "the padding of C was written"


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("tb", [0, 1])
def test_tiles_spread_no_nan(dtype, tb):
    """A NaN or infinity in a row of A or a column of B reaches that row or column alone, and C is the
    same to the bit each time."""
    a, b = random((61, 130), dtype, 1), random((45, 130) if tb else (130, 45), dtype, 2)
    a[17, 129], a[40, 3] = np.nan, np.inf
    (b if tb else b.T)[44, 0] = -np.inf
    ext = [45, 130, 0, tb, 0, 130, b.shape[1], 45]
    found = [np.empty((61, 45), a.dtype) for _ in range(2)]
    for c in found:
        assert run_split(f"gemm_tiles_{dtype}", [c, a, b, None], ext, [1, 0], hi=61) == OK
    with np.errstate(invalid="ignore"):
        want = plain(a.astype(np.float64), (b.T if tb else b).astype(np.float64))
    np.testing.assert_array_equal(np.isnan(found[0]), np.isnan(want))
    np.testing.assert_array_equal(np.isinf(found[0]), np.isinf(want))
    np.testing.assert_array_equal(found[0], found[1])


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("ta,tb", [(0, 0), (0, 1), (1, 0)])
def test_tiles_are_the_same_to_the_bit_however_rows_are_cut(dtype, ta, tb):
    """Each element is one sum in the order of k, whatever tile it lies in: so any number of threads
    gives the same bits."""
    m, n, k = 67, 45, 1100
    a, b = random((k, m) if ta else (m, k), dtype, 1), random((n, k) if tb else (k, n), dtype, 2)
    ext = [n, k, ta, tb, 1, a.shape[1], b.shape[1], n]
    found = []
    for cuts in ((), (33,), (1, 2, 16, 40)):
        c, z = random((m, n), dtype, 3), random(n, dtype, 4)
        assert run_split(f"gemm_tiles_{dtype}", [c, a, b, z], ext, [-0.5, 1.0], hi=m, cuts=cuts) == OK
        found.append(c)
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("offset", [1, 3])
def test_tiles_take_operands_that_are_not_aligned(dtype, offset):
    """Fed arrays are aligned to their items only."""
    a, b = random((50, 70), dtype, 1), random((70, 64), dtype, 2)
    shifted = [np.empty(x.size + offset, x.dtype)[offset:].reshape(x.shape) for x in (plain(a, b), a, b)]
    shifted[1][...], shifted[2][...] = a, b
    assert run_split(f"gemm_tiles_{dtype}", [*shifted, None], [64, 70, 0, 0, 0, 70, 64, 64], [1, 0], hi=50) == OK
    bound = 70 * np.finfo(a.dtype).eps * plain(abs(a), abs(b)).max()
    np.testing.assert_allclose(shifted[0], plain(a.astype(np.float64), b.astype(np.float64)), rtol=0, atol=bound)
