"""The compiled updates against a NumPy transcription of TensorFlow 1.15's formulas, three steps each.

Owns the checks of update.pxi.in and update_rows.pxi.in, on every CPU level that this machine runs.
"""
import numpy as np
import pytest
from fastgrad.ops.update import table_size
from fastgrad.graph.opdef import OPS
from step import BAD_INDEX, DTYPES, EACH_LEVEL, OK, level, run_split, run_step

pytestmark = EACH_LEVEL
N = 37
LR = 0.05
MU, RHO, MOMENTUM, EPSILON = 0.9, 0.95, 0.7, 1e-3
B1, B2 = 0.9, 0.99
L1, L2, SHRINK = 0.02, 0.3, 0.1


@pytest.fixture(params=["f32", "f64"])
def dtype(request):
    return request.param


def start(dtype, slots, shape=(N,), seed=0):
    """The variable (mixed signs) and its slots (positive), as the kernel's arrays and a float64 copy."""
    rng = np.random.default_rng(seed)
    arrays = [rng.standard_normal(shape)] + [rng.random(shape) + 0.1 for _ in range(slots)]
    arrays = [a.astype(DTYPES[dtype]) for a in arrays]
    return arrays, [a.astype(np.float64) for a in arrays]


def gradients(dtype, shape=(N,), steps=3):
    rng = np.random.default_rng(99)
    return [rng.standard_normal(shape).astype(DTYPES[dtype]) for _ in range(steps)]


def agree(got, want, dtype):
    tolerance = 1e-5 if dtype == "f32" else 1e-12
    for g, w in zip(got, want):
        np.testing.assert_allclose(g, w, rtol=tolerance, atol=tolerance)


def number(value, dtype):
    return np.array([value], DTYPES[dtype])


def run(symbol, dtype, slots, formula, after=(), ext=(), par=(), lr_at=None):
    """Three steps through the kernel, with lr as an operand and as par[0], against `formula`."""
    for lr in (number(LR, dtype), None):
        got, want = start(dtype, slots)
        for t, g in enumerate(gradients(dtype), start=1):
            more = [a(t) if callable(a) else a for a in after]
            pars = par if par else [0.0 if lr is not None else LR]
            assert run_split(f"{symbol}_{dtype}", [*got, g, lr, *more], ext, pars) == OK
            formula(t, g.astype(np.float64), *want)
        agree(got, want, dtype)


def hyper(dtype, *values):
    return np.array(values, DTYPES[dtype])


def sgd(t, g, w):
    w -= LR * g


def momentum(t, g, w, accum):
    accum[...] = MU * accum + g
    w -= LR * accum


def nesterov(t, g, w, accum):
    accum[...] = MU * accum + g
    w -= LR * g + LR * MU * accum


def adagrad(t, g, w, accum):
    accum += g * g
    w -= LR * g / np.sqrt(accum)


def adadelta(t, g, w, accum, accum_update):
    accum[...] = RHO * accum + (1 - RHO) * g * g
    u = np.sqrt(accum_update + EPSILON) / np.sqrt(accum + EPSILON) * g
    w -= LR * u
    accum_update[...] = RHO * accum_update + (1 - RHO) * u * u


def rmsprop(t, g, w, ms, mom):
    ms += (g * g - ms) * (1 - RHO)
    mom[...] = MOMENTUM * mom + LR * g / np.sqrt(ms + EPSILON)
    w -= mom


def rmsprop_centered(t, g, w, mg, ms, mom):
    ms += (g * g - ms) * (1 - RHO)
    mg += (g - mg) * (1 - RHO)
    mom[...] = MOMENTUM * mom + LR * g / np.sqrt(ms - mg * mg + EPSILON)
    w -= mom


def adam(t, g, w, m, v):
    m += (g - m) * (1 - B1)
    v += (g * g - v) * (1 - B2)
    w -= LR * np.sqrt(1 - B2**t) / (1 - B1**t) * m / (np.sqrt(v) + EPSILON)


def ftrl(power, shrink=0.0):
    def formula(t, g, w, accum, linear):
        after = accum + g * g
        linear += g + 2 * shrink * w - (after**-power - accum**-power) / LR * w
        accum[...] = after
        quadratic = after**-power / LR + 2 * L2
        w[...] = np.where(np.abs(linear) > L1, (np.sign(linear) * L1 - linear) / quadratic, 0)
    return formula


def test_sgd(dtype):
    run("sgd", dtype, 0, sgd)


def test_momentum(dtype):
    run("momentum", dtype, 1, momentum, [number(MU, dtype)], [0])
    run("momentum", dtype, 1, nesterov, [number(MU, dtype)], [1])
    run("momentum", dtype, 1, momentum, [None], [0], [LR, MU])


def test_adagrad(dtype):
    run("adagrad", dtype, 1, adagrad)


def test_adadelta(dtype):
    run("adadelta", dtype, 2, adadelta, [hyper(dtype, RHO, EPSILON)])


def test_rmsprop(dtype):
    run("rmsprop", dtype, 2, rmsprop, [hyper(dtype, RHO, MOMENTUM, EPSILON)])


def test_rmsprop_centered(dtype):
    def formula(t, g, w, mg, ms, mom):
        rmsprop_centered(t, g, w, mg, ms, mom)
    for lr in (number(LR, dtype), None):
        got, want = start(dtype, 3)
        got[2] += 4      # ms must stay above mg squared
        want[2] += 4
        for t, g in enumerate(gradients(dtype), start=1):
            assert run_split(f"rmsprop_centered_{dtype}", [*got, g, lr, hyper(dtype, RHO, MOMENTUM, EPSILON)],
                             par=[LR]) == OK
            formula(t, g.astype(np.float64), *want)
        agree(got, want, dtype)


def test_adam(dtype):
    powers = [lambda t: number(B1**t, dtype), lambda t: number(B2**t, dtype)]
    run("adam", dtype, 2, adam, [hyper(dtype, B1, B2, EPSILON), *powers])


@pytest.mark.parametrize("power", [-0.5, -0.3, 0.0])
def test_ftrl(dtype, power):
    run("ftrl", dtype, 2, ftrl(power), [hyper(dtype, L1, L2, power, 0)])
    run("ftrl", dtype, 2, ftrl(power, SHRINK), [hyper(dtype, L1, L2, power, SHRINK)])


def shrunk(moved, rate):
    return np.sign(moved) * np.maximum(np.abs(moved) - rate * L1, 0) / (1 + rate * L2)


def proximal(t, g, w):
    w[...] = shrunk(w - LR * g, LR)


def proximal_adagrad(t, g, w, accum):
    accum += g * g
    rate = LR / np.sqrt(accum)
    w[...] = shrunk(w - rate * g, rate)


ROWS = {
    "sgd_rows": (0, sgd, lambda d: [], []),
    "momentum_rows": (1, momentum, lambda d: [number(MU, d)], [0]),
    "adagrad_rows": (1, adagrad, lambda d: [], []),
    "adadelta_rows": (2, adadelta, lambda d: [hyper(d, RHO, EPSILON)], []),
    "rmsprop_rows": (2, rmsprop, lambda d: [hyper(d, RHO, MOMENTUM, EPSILON)], []),
    "rmsprop_centered_rows": (3, rmsprop_centered,
                              lambda d: [hyper(d, RHO, MOMENTUM, EPSILON)], []),
    "ftrl_rows": (2, ftrl(-0.5), lambda d: [hyper(d, L1, L2, -0.5, 0)], []),
    "proximal_rows": (0, proximal, lambda d: [hyper(d, L1, L2)], []),
    "proximal_adagrad_rows": (1, proximal_adagrad, lambda d: [hyper(d, L1, L2)], []),
}


@pytest.mark.parametrize("symbol", ROWS)
@pytest.mark.parametrize("i", ["i32", "i64"])
def test_rows(symbol, i, dtype):
    slots, formula, more, flags = ROWS[symbol]
    index = np.array([4, 0, 6, 1], DTYPES[i])
    for lr in (number(LR, dtype), None):
        got, want = start(dtype, slots, (7, 5))
        if slots == 3:
            got[2] += 4      # ms must stay above mg squared
            want[2] += 4
        for t, g in enumerate(gradients(dtype, (4, 5)), start=1):
            arrays = [*got, g, index, lr, *more(dtype)]
            ext = [4, 5, 7, *flags]
            if symbol != "sgd_rows":
                unused = [*got, g, np.full_like(index, -1), lr, *more(dtype)]
                assert run_step(f"{symbol}_{i}_{dtype}", unused, ext, [LR], hi=4) == OK
            assert run_split(f"{symbol}_{i}_{dtype}", arrays, ext, [LR], hi=4) == OK
            touched = [a[index] for a in want]
            formula(t, g.astype(np.float64), *touched)
            for a, new in zip(want, touched):
                a[index] = new
        agree(got, want, dtype)
        # A bad index, even one of another thread's rows, leaves everything as it was.
        before = [a.copy() for a in got]
        for bad in (-1 if symbol == "sgd_rows" else -2, 7):         # -1 is what merge_rows left over
            wrong = index.copy()
            wrong[3] = bad
            arrays[slots + 2] = wrong
            assert run_step(f"{symbol}_{i}_{dtype}", arrays, ext, [LR], lo=0, hi=2) == BAD_INDEX
        agree(got, before, dtype)


def test_sgd_rows_takes_repeated_rows_one_by_one(dtype):
    (w,), _ = start(dtype, 0, (3, 5))
    index, g = np.array([2, 0, 2, 2], np.int64), gradients(dtype, (4, 5))[0]
    want = w.astype(np.float64)
    np.subtract.at(want, index, LR * g.astype(np.float64))
    arrays = [w, g, index, number(LR, dtype)]
    assert run_step(f"sgd_rows_i64_{dtype}", arrays, [4, 5, 3], lo=0, hi=4) == OK
    agree([w], [want], dtype)


def merged(index, rows, dtype, i, limit):
    """(code, kept, total, table) of merge_rows on a dirty output and table."""
    kept, total = np.full(len(index), 77, DTYPES[i]), np.full(rows.shape, 77, DTYPES[dtype])
    table = np.full(table_size(len(index)), 77, np.int32)
    code = run_step(f"merge_rows_{i}_{dtype}",
                    [kept, total, table, np.asarray(index, DTYPES[i]), rows],
                    [len(index), rows.shape[1], limit, table.size], lo=0, hi=1)
    return code, kept, total, table


@pytest.mark.parametrize("i", ["i32", "i64"])
@pytest.mark.parametrize("count, limit", [(0, 1), (1, 1), (2, 1), (9, 4), (300, 40), (257, 10**9)])
def test_merge_rows(dtype, i, count, limit):
    rng = np.random.default_rng(count)
    index = rng.integers(0, limit, count).astype(DTYPES[i])
    rows = rng.standard_normal((count, 6)).astype(DTYPES[dtype])
    code, *found = merged(index, rows, dtype, i, limit)
    assert code == OK
    for got, want in zip(found, OPS["merge_rows"].ref(index, rows, limit)):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("bad", [-1, -5, 4])
def test_merge_rows_lets_no_bad_index_through(dtype, bad):
    code, kept, total, table = merged([0, 3, bad], np.ones((3, 2), DTYPES[dtype]), dtype, "i64", 4)
    assert code == BAD_INDEX
    assert (kept == 77).all() and (total == 77).all() and (table == 77).all()
