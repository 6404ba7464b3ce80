"""The drawing kernels against their NumPy twin, and the statistics of what they draw.

Owns the checks of random.pxi.in and philox.h, on every CPU level that this machine runs.
"""
import numpy as np
import pytest
from fastgrad.runtime.streams import Counted, _words
from step import DTYPES, EACH_LEVEL, OK, level, run_split, run_step

pytestmark = EACH_LEVEL
N = 200_000


@pytest.fixture(params=["f32", "f64"])
def dtype(request):
    return request.param


def draw(symbol, dtype, size, seeds=(1, 2), runs=0, run=run_step, **more):
    """`size` numbers of run `runs` of the stream with these seeds."""
    stream, y = Counted(seeds), np.full(size + 1, 77, DTYPES[dtype])
    stream.state[1] = runs
    assert run(f"{symbol}_{dtype}", [y, stream.state, *more.pop("after", ())], hi=size, **more) == OK
    assert y[size] == 77 and stream.state[1] == runs
    return y[:size]


def test_philox_is_philox():
    """The known answers of Random123's kat_vectors for philox4x32, 10 rounds, counter and key 0."""
    words = _words(np.zeros(2, np.uint64), 1)[0, :, 0]
    assert [hex(w) for w in words] == ["0x6627e8d5", "0xe169c58d", "0xbc57ac4c", "0x9b00dbd8"]


@pytest.mark.parametrize("size", [1, 31, 32, 63, 64, 65, 1000])
@pytest.mark.parametrize("runs", [0, 5, 2**40 + 1])
def test_uniform_is_its_twin(dtype, size, runs):
    twin = Counted((1, 2))
    twin.state[1] = runs
    want = twin.uniform((size,), np.dtype(DTYPES[dtype]))
    np.testing.assert_array_equal(draw("random_uniform", dtype, size, runs=runs), want)
    assert twin.state[1] == runs + 1


def test_normal_is_its_twin(dtype):
    want = Counted((1, 2)).normal((5000,), np.dtype(DTYPES[dtype]))
    tolerance = 3e-6 if dtype == "f32" else 1e-13
    np.testing.assert_allclose(draw("random_normal", dtype, 5000), want, tolerance, tolerance)


@pytest.mark.parametrize("symbol", ["random_uniform", "random_normal", "dropout_mask"])
def test_a_cut_range_draws_the_same(dtype, symbol):
    more = {"after": (np.array([0.3], DTYPES[dtype]),)} if symbol == "dropout_mask" else {}
    whole = draw(symbol, dtype, 400, **more)
    cut = draw(symbol, dtype, 400, run=run_split, cuts=(1, 3, 17, 64, 100, 257), **more)
    np.testing.assert_array_equal(whole, cut)


def test_uniform_numbers(dtype):
    u = draw("random_uniform", dtype, N).astype(np.float64)
    assert u.min() >= 0 and u.max() < 1
    assert abs(u.mean() - 0.5) < 0.004 and abs(u.var() - 1 / 12) < 0.002
    counts = np.bincount((u * 64).astype(int), minlength=64)
    assert ((counts - N / 64) ** 2 / (N / 64)).sum() < 120             # chi-square, 63 degrees
    for lag in (1, 16, 32, 64):
        assert abs(np.corrcoef(u[lag:], u[:-lag])[0, 1]) < 0.01


def test_normal_numbers(dtype):
    z = draw("random_normal", dtype, N).astype(np.float64)
    assert np.isfinite(z).all()
    assert abs(z.mean()) < 0.01 and abs(z.var() - 1) < 0.015
    assert abs((z**3).mean()) < 0.03 and abs((z**4).mean() - 3) < 0.1
    assert abs((np.abs(z) < 1).mean() - 0.6827) < 0.005 and (np.abs(z) > 3).mean() < 0.004
    for lag in (1, 16, 32, 64):
        assert abs(np.corrcoef(z[lag:], z[:-lag])[0, 1]) < 0.01


def test_streams_and_runs_are_unlike(dtype):
    drawn = [draw("random_uniform", dtype, 20_000, seeds, runs) for seeds, runs in
             [((1, 2), 0), ((1, 2), 1), ((1, 3), 0), ((2, 1), 0), (None, 0), (None, 0)]]
    for i, a in enumerate(drawn):
        for b in drawn[:i]:
            assert abs(np.corrcoef(a, b)[0, 1]) < 0.04 and not (a == b).all()


def test_dropout_mask(dtype):
    rate = np.array([0.3], DTYPES[dtype])
    mask = draw("dropout_mask", dtype, N, after=(rate,))
    np.testing.assert_array_equal(mask, draw("random_uniform", dtype, N) >= rate)
    np.testing.assert_array_equal(mask, draw("dropout_mask", dtype, N, after=(None,), par=[rate[0]]))
    assert abs(mask.mean() - 0.7) < 0.005


def test_stream_advance():
    state = Counted((1, 2)).state
    key = state[0]
    assert run_step("stream_advance", [state], hi=1) == OK
    assert state.tolist() == [key, 1]
