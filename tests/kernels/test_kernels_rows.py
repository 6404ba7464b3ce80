"""The families reduce, arg, rowwise, xent and sparse_xent, kernel by kernel, against NumPy, at
every CPU level."""
import numpy as np
import pytest
from step import BAD_INDEX, DTYPES, OK, level, run_split, run_step

FLOATS, INTS = ["f32", "f64"], ["i32", "i64"]
ROWS = [(1, 1), (3, 2), (100, 2), (65, 3), (7, 10), (130, 16), (5, 17), (4, 31), (3, 33),
        (2, 100), (3, 1030), (1, 40000)]
COLS = [(1, 1, 1), (1, 100, 2), (1, 1000, 10), (3, 4, 5), (2, 7, 1), (1, 33, 600),
        (1, 20000, 2), (4, 1, 3), (2, 300, 70),
        (2, 9, 20), (1, 33, 64), (1, 40, 130), (1, 1030, 17), (1, 2100, 31)]
REDUCE = {"sum": np.sum, "prod": np.prod, "max": np.max, "min": np.min, "all": np.all,
          "any": np.any}
CASES = [(n, d) for n in ("sum", "prod", "max", "min") for d in FLOATS + INTS]
CASES += [("all", "b1"), ("any", "b1")]


def numbers(d, shape, seed=0):
    rng = np.random.default_rng(seed)
    if d == "b1":
        return rng.random(shape) < 0.9
    if d in INTS:
        return rng.integers(-9, 9, shape).astype(DTYPES[d])
    return rng.normal(0, 1, shape).astype(DTYPES[d])


def both_ways(symbol, out, inputs, **step):
    """Run whole and in pieces, compare bitwise, return the result."""
    assert run_step(symbol, [out, *inputs], **step) == OK
    pieces = np.zeros_like(out)
    assert run_split(symbol, [pieces, *inputs], **step) == OK
    assert pieces.tobytes() == out.tobytes()
    return out


def reduced(name, x):
    """NumPy's reduction over axis 1, of floats in float64, of integers in their own type."""
    if x.dtype.kind == "f":
        return REDUCE[name](x.astype(np.float64), axis=1)
    own = {"dtype": x.dtype} if name in ("sum", "prod") else {}
    return REDUCE[name](x, axis=1, **own)


@pytest.mark.parametrize("name, d", CASES)
def test_reduce(level, name, d):
    tolerance = 1e-5 if d == "f32" else 1e-13
    for o, r in ROWS:
        x = numbers(d, (o, r), r)
        if name == "prod" and d in FLOATS:
            x = np.exp(x / r ** 0.5).astype(x.dtype)
        got = both_ways(f"{name}_rows_{d}", np.zeros(o, DTYPES[d]), [x], ext=(r,), par=(1.0,))
        np.testing.assert_allclose(got, reduced(name, x), rtol=tolerance,
                                   atol=tolerance * r ** 0.5, err_msg=str((o, r)))
    for o, r, i in COLS:
        x = numbers(d, (o, r, i), r)
        if name == "prod" and d in FLOATS:
            x = np.exp(x / r ** 0.5).astype(x.dtype)
        got = both_ways(f"{name}_cols_{d}", np.zeros((o, i), DTYPES[d]), [x], ext=(o, r, i),
                        par=(1.0,), hi=i)
        np.testing.assert_allclose(got, reduced(name, x), rtol=tolerance,
                                   atol=tolerance * r ** 0.5, err_msg=str((o, r, i)))


@pytest.mark.parametrize("d", FLOATS)
def test_mean_is_a_scaled_sum(level, d):
    x = numbers(d, (5, 300))
    got = both_ways(f"sum_rows_{d}", np.zeros(5, DTYPES[d]), [x], ext=(300,), par=(1 / 300,))
    np.testing.assert_allclose(got, x.mean(axis=1), rtol=1e-4, atol=1e-7)
    got = both_ways(f"sum_cols_{d}", np.zeros(300, DTYPES[d]), [x], ext=(1, 5, 300), par=(0.2,))
    np.testing.assert_allclose(got, x.mean(axis=0), rtol=1e-4, atol=1e-6)


def test_a_few_numbers_are_added_in_order(level):
    """To the bit as NumPy and TensorFlow add them: small results are compared by eye."""
    for n in range(1, 8):
        x = numbers("f32", (200, n), n)
        found = np.zeros(200, np.float32)
        assert run_step("sum_rows_f32", [found, x], ext=[n], par=[1.0]) == OK
        expected = x[:, 0].copy()
        for column in x.T[1:]:
            expected += column
        assert np.array_equal(found, expected)


def test_long_float32_sum_is_as_exact_as_numpys(level):
    x = np.random.default_rng(1).random(3_000_000, np.float32)
    exact = x.sum(dtype=np.float64)
    y = np.zeros(1, np.float32)
    run_step("sum_rows_f32", [y, x], ext=(x.size,), par=(1.0,))
    assert abs(y[0] - exact) <= 2 * max(abs(x.sum() - exact), np.spacing(np.float32(exact)))
    run_step("sum_cols_f32", [y, x], ext=(1, x.size, 1), par=(1.0,))
    assert abs(y[0] - exact) <= 4 * max(abs(x.sum() - exact), np.spacing(np.float32(exact)))


@pytest.mark.parametrize("name, d, want", [
    ("sum", "f32", 0), ("prod", "f64", 1), ("max", "f32", -np.inf), ("min", "f64", np.inf),
    ("max", "i32", np.iinfo(np.int32).min), ("all", "b1", True), ("any", "b1", False)])
def test_empty_reductions(level, name, d, want):
    x, y = np.zeros(0, DTYPES[d]), np.ones(4, DTYPES[d])
    run_step(f"{name}_rows_{d}", [y, x], ext=(0,), par=(1.0,))
    assert (y == want).all()
    y = np.ones(4, DTYPES[d])
    run_step(f"{name}_cols_{d}", [y, x], ext=(1, 0, 4), par=(1.0,))
    assert (y == want).all()


@pytest.mark.parametrize("d", FLOATS)
@pytest.mark.parametrize("name", ["max", "min"])
def test_nan_wins(level, name, d):
    for r in (1, 2, 3, 10, 33, 100, 2000):
        for at in {0, r // 2, r - 1}:
            x = numbers(d, (2, r))
            x[0, at] = np.nan
            y = np.zeros(2, DTYPES[d])
            run_step(f"{name}_rows_{d}", [y, x], ext=(r,))
            assert np.isnan(y[0]) and y[1] == REDUCE[name](x[1])
            where = np.zeros(2, np.int64)
            run_step(f"arg{name}_rows_{d}", [where, x], ext=(r,))
            assert where[0] == at
            columns = np.ascontiguousarray(x.T)
            run_step(f"{name}_cols_{d}", [y, columns], ext=(1, r, 2))
            assert np.isnan(y[0]) and y[1] == REDUCE[name](x[1])
            run_step(f"arg{name}_cols_{d}", [where, columns], ext=(1, r, 2))
            assert where[0] == at


@pytest.mark.parametrize("d", FLOATS + INTS)
@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
def test_scan(level, name, d):
    """The running total of each block [o, :, i], bit by bit NumPy's; also from the end."""
    total, start = {"cumsum": (np.cumsum, 0), "cumprod": (np.cumprod, 1)}[name]
    for o, r, i in [(1, 1, 1), (3, 7, 1), (2, 5, 3), (1, 4, 33), (4, 0, 2), (2, 300, 1)]:
        x = numbers(d, (o, r, i), r + i)
        for exclusive in (0, 1):
            for reverse in (0, 1):
                turned = x[:, ::-1] if reverse else x
                want = total(turned, axis=1, dtype=x.dtype)
                if exclusive and r:
                    want = np.concatenate([np.full((o, 1, i), start, x.dtype), want[:, :-1]], 1)
                want = want[:, ::-1] if reverse else want
                got = both_ways(f"{name}_{d}", np.zeros((o, r, i), DTYPES[d]), [x],
                                ext=(r, i, exclusive, reverse), hi=o)
                np.testing.assert_array_equal(got, want, err_msg=str((o, r, i)))


@pytest.mark.parametrize("d", FLOATS + INTS)
@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_arg(level, name, d):
    for o, r in ROWS:
        x = numbers(d, (o, r), r).round()       # with many ties
        got = both_ways(f"{name}_rows_{d}", np.zeros(o, np.int64), [x], ext=(r,))
        np.testing.assert_array_equal(got, getattr(np, name)(x, axis=1))
    for o, r, i in COLS:
        x = numbers(d, (o, r, i), r).round()
        got = both_ways(f"{name}_cols_{d}", np.zeros((o, i), np.int64), [x], ext=(o, r, i), hi=i)
        np.testing.assert_array_equal(got, getattr(np, name)(x, axis=1))


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def log_softmax(x):
    t = x - x.max(axis=1, keepdims=True)
    return t - np.log(np.exp(t).sum(axis=1, keepdims=True))


@pytest.mark.parametrize("d", FLOATS)
@pytest.mark.parametrize("o, n", ROWS)
def test_rowwise(level, o, n, d):
    rtol = 2e-6 if d == "f32" else 1e-14
    x, dy = 5 * numbers(d, (o, n), n), numbers(d, (o, n), n + 1)
    exact, slope = x.astype(np.float64), dy.astype(np.float64)
    p, l = softmax(exact), log_softmax(exact)
    y = both_ways(f"softmax_{d}", np.zeros_like(x), [x], ext=(n,), hi=o)
    np.testing.assert_allclose(y, p, rtol=4 * rtol, atol=0)
    y = both_ways(f"log_softmax_{d}", np.zeros_like(x), [x], ext=(n,), hi=o)
    np.testing.assert_allclose(y, l, rtol=rtol, atol=8 * rtol)
    for name in ("softmax", "log_softmax"):
        y, z = np.zeros_like(x), x.copy()
        run_step(f"{name}_{d}", [y, x], ext=(n,), hi=o)
        run_step(f"{name}_{d}", [z, z], ext=(n,), hi=o)
        assert y.tobytes() == z.tobytes(), "in place"
    y = both_ways(f"softmax_grad_{d}", np.zeros_like(x), [p.astype(x.dtype), dy], ext=(n,), hi=o)
    want = (slope - (slope * p).sum(axis=1, keepdims=True)) * p
    np.testing.assert_allclose(y, want, rtol=10 * rtol, atol=rtol)
    saved = l.astype(x.dtype)
    y = both_ways(f"log_softmax_grad_{d}", np.zeros_like(x), [saved, dy], ext=(n,), hi=o)
    scale = 1 + np.abs(slope.sum(axis=1)).max()
    want = slope - p * slope.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(y, want, rtol=40 * rtol, atol=rtol * scale * 5)


@pytest.mark.parametrize("d", FLOATS)
@pytest.mark.parametrize("n", [2, 3, 10, 16, 17, 40, 600])
def test_rows_with_special_values(level, n, d):
    x = np.zeros((5, n), DTYPES[d])
    x[0, n // 2] = np.nan
    x[1] = -np.inf
    x[2, 0] = np.inf
    x[3, 0] = -np.inf
    x[4] = np.linspace(-1e30, 1e30, n)
    for name in ("softmax", "log_softmax"):
        y = np.zeros_like(x)
        run_step(f"{name}_{d}", [y, x], ext=(n,), hi=5)
        assert np.isnan(y[:3]).all(), name
        assert not np.isnan(y[3:]).any()


def xent(z, c, scale):
    loss = -(c * log_softmax(z)).sum(axis=1)
    return loss, scale * (c.sum(axis=1, keepdims=True) * softmax(z) - c)


@pytest.mark.parametrize("d", FLOATS)
@pytest.mark.parametrize("o, n", [(1, 1), (1, 2), (63, 2), (100, 2), (129, 2), (32, 10), (70, 16),
                                  (9, 17), (3, 100), (2, 1500)])
def test_xent(level, o, n, d):
    rtol = 4e-6 if d == "f32" else 2e-14
    z, c = 4 * numbers(d, (o, n), n), np.random.default_rng(n).random((o, n)).astype(DTYPES[d])
    want_loss, want_dz = xent(z.astype(np.float64), c.astype(np.float64), 0.125)
    size = c.sum(axis=1).max()
    loss, dz = np.zeros(o, DTYPES[d]), np.zeros_like(z)
    assert run_step(f"xent_{d}", [loss, dz, z, c, None], ext=(n,), par=(0.125,), hi=o) == OK
    np.testing.assert_allclose(loss, want_loss, rtol=rtol, atol=rtol * size)
    np.testing.assert_allclose(dz, want_dz, rtol=rtol, atol=rtol * size)
    scale = np.array([0.125], DTYPES[d])
    for parts in ([loss, None], [None, dz], [loss, dz]):
        again = [None if p is None else np.full_like(p, 7) for p in parts]
        assert run_split(f"xent_{d}", [*again, z, c, scale], ext=(n,), hi=o) == OK
        assert all(p is None or p.tobytes() == q.tobytes() for p, q in zip(parts, again))
    own = z.copy()
    run_step(f"xent_{d}", [None, own, own, c, scale], ext=(n,), hi=o)
    assert own.tobytes() == dz.tobytes(), "dz over z"


@pytest.mark.parametrize("d", FLOATS)
@pytest.mark.parametrize("n", [2, 3, 16, 17, 600])
def test_xent_is_finite_for_finite_logits(level, n, d):
    z = np.zeros((4, n), DTYPES[d])
    z[0, 0], z[1, 0], z[2, 0], z[3, 0] = 1e4, -1e4, 1e30, -1e30
    c = np.zeros_like(z)
    c[:, 1] = 1
    loss, dz = np.zeros(4, DTYPES[d]), np.zeros_like(z)
    run_step(f"xent_{d}", [loss, dz, z, c, None], ext=(n,), par=(1.0,), hi=4)
    rest = np.log(n - 1)
    np.testing.assert_allclose(loss, [1e4, rest, 1e30, rest], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(dz[0], np.eye(n)[0] - np.eye(n)[1], atol=1e-6)
    assert np.isfinite(dz).all()
    z[0, 1], z[1] = np.nan, -np.inf
    run_step(f"xent_{d}", [loss, dz, z, c, None], ext=(n,), par=(1.0,), hi=4)
    assert np.isnan(loss[:2]).all() and np.isnan(dz[:2]).all()


@pytest.mark.parametrize("d", FLOATS)
@pytest.mark.parametrize("label_type", INTS)
@pytest.mark.parametrize("o, n", [(1, 2), (100, 2), (32, 10), (70, 16), (9, 17), (2, 1500)])
def test_sparse_xent(level, o, n, label_type, d):
    rtol = 4e-6 if d == "f32" else 2e-14
    z = 4 * numbers(d, (o, n), n)
    label = np.random.default_rng(n).integers(0, n, o).astype(DTYPES[label_type])
    want_loss, want_dz = xent(z.astype(np.float64), np.eye(n)[label], 0.5)
    loss, dz = np.zeros(o, DTYPES[d]), np.zeros_like(z)
    symbol = f"sparse_xent_{label_type}_{d}"
    assert run_step(symbol, [loss, dz, z, label, None], ext=(n,), par=(0.5,), hi=o) == OK
    np.testing.assert_allclose(loss, want_loss, rtol=rtol, atol=rtol * 4)
    np.testing.assert_allclose(dz, want_dz, rtol=rtol, atol=rtol)
    for parts in ([loss, None], [None, dz]):
        again = [None if p is None else np.full_like(p, 7) for p in parts]
        assert run_split(symbol, [*again, z, label, None], ext=(n,), par=(0.5,), hi=o) == OK
        assert all(p is None or p.tobytes() == q.tobytes() for p, q in zip(parts, again))
    for bad in (-1, n):
        label[o // 2] = bad
        assert run_step(symbol, [loss, dz, z, label, None], ext=(n,), par=(0.5,), hi=o) == BAD_INDEX
