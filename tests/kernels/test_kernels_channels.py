"""The families of batch normalisation, kernel by kernel, against NumPy, at every CPU level."""
import numpy as np
import pytest
from step import DTYPES, EACH_LEVEL, OK, level, run_split, run_step

pytestmark = EACH_LEVEL

# rows, channels, rows of a block: one, few and many channels, blocks that do not fit
SIZES = [(1, 1, 1), (7, 1, 3), (130, 3, 50), (65, 16, 8), (200, 33, 64), (9, 127, 4), (5, 128, 2),
         (6, 300, 4), (1000, 5, 1000)]


def numbers(d, *shape, seed=0):
    return np.random.default_rng(seed).normal(1, 2, shape).astype(DTYPES[d])


def close(found, expected, d):
    eps = np.finfo(DTYPES[d]).eps
    np.testing.assert_allclose(found, expected, rtol=200 * eps,
                               atol=200 * eps * (1 + np.abs(expected).max()))


def both_ways(symbol, outs, inputs, **step):
    """Whole and in pieces, bitwise alike."""
    assert run_step(symbol, [*outs, *inputs], **step) == OK
    pieces = [np.zeros_like(o) for o in outs]
    assert run_split(symbol, [*pieces, *inputs], **step) == OK
    for p, o in zip(pieces, outs):
        assert p.tobytes() == o.tobytes()
    return outs


@pytest.mark.parametrize("d", ["f32", "f64"])
@pytest.mark.parametrize("rows, c, block", SIZES)
def test_moments(d, rows, c, block):
    x, kind = numbers(d, rows, c), DTYPES[d]
    blocks = -(-rows // block)
    part, = both_ways(f"channel_parts_{d}", [np.zeros((blocks, 3, c), kind)], [x], hi=blocks,
                      ext=(rows, c, block))
    mean, variance, inverse = both_ways(
        f"channel_moments_{d}", [np.zeros(c, kind) for _ in range(3)], [part], hi=c,
        ext=(rows, c, block), par=(0.01,))
    wide = x.astype(np.float64)
    close(mean, wide.mean(0), d)
    close(variance, wide.var(0) * rows / max(rows - 1, 1), d)
    close(inverse, 1 / np.sqrt(wide.var(0) + 0.01), d)


@pytest.mark.parametrize("d", ["f32", "f64"])
@pytest.mark.parametrize("rows, c, block", SIZES)
def test_sums_for_the_gradient(d, rows, c, block):
    kind, blocks = DTYPES[d], -(-rows // block)
    dy, x = numbers(d, rows, c), numbers(d, rows, c, seed=1)
    mean, inverse = x.mean(0), numbers(d, c, seed=2)
    part, = both_ways(f"channel_grad_parts_{d}", [np.zeros((blocks, 2, c), kind)], [dy, x, mean],
                      hi=blocks, ext=(rows, c, block))
    found = both_ways(f"channel_sums_{d}", [np.zeros(c, kind) for _ in range(4)],
                      [part, inverse], hi=c, ext=(rows, c, block))
    plain = dy.astype(np.float64).sum(0)
    both = (dy.astype(np.float64) * (x - mean)).sum(0)
    size = np.abs(dy.astype(np.float64) * (x - mean)).sum(0).max()
    for value, expected in zip(found, (plain, both * inverse, plain / rows,
                                       both * inverse ** 2 / rows)):
        np.testing.assert_allclose(value, expected, atol=100 * np.finfo(kind).eps * size * 10)


@pytest.mark.parametrize("d", ["f32", "f64"])
@pytest.mark.parametrize("rows, c, _", SIZES)
@pytest.mark.parametrize("in_place", [False, True])
def test_each_row(d, rows, c, _, in_place):
    x, dy = numbers(d, rows, c), numbers(d, rows, c, seed=1)
    x[0, 0] = np.nan
    mean, slope, offset, along = (numbers(d, c, seed=s) for s in (2, 3, 4, 5))
    for relu in (0, 1):
        y = x.copy() if in_place else np.zeros_like(x)
        assert run_step(f"channel_affine_{d}", [y, y if in_place else x, mean, slope, offset],
                        hi=rows, ext=(c, relu)) == OK
        expected = (x - mean) * slope + offset
        expected = np.where(expected < 0, 0, expected) if relu else expected
        assert np.isnan(y[0, 0])
        y[0, 0] = expected[0, 0] = 0
        close(y, expected, d)
    x[0, 0] = 1
    dx = dy.copy() if in_place else np.zeros_like(x)
    assert run_step(f"channel_grad_{d}", [dx, dx if in_place else dy, x, mean, slope, offset,
                                          along], hi=rows, ext=(c,)) == OK
    close(dx, slope * (dy - offset - (x - mean) * along), d)
