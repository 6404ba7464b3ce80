"""Sums of many numbers are as exact as their dtype, whichever way they run."""

import numpy as np
import pytest

import fastgrad as fg
from fastgrad import _kernels

# numbers of which a running sum rounds the same way again and again
NUMBERS = [0.1, 0.3, 0.7, 1 / 3, 0.017]
LEAST = {np.float32: 1e-7, np.float64: 2e-14}


@pytest.fixture(params=_kernels.available_levels)
def level(request):
    before = _kernels.level
    _kernels.load(request.param)
    yield request.param
    _kernels.load(before)


def error(found, exact):
    exact = np.asarray(exact, np.float64)
    return float(np.max(np.abs(np.asarray(found, np.float64) - exact) / exact))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sums(level, dtype, threads):
    session = fg.Session(num_threads=threads)
    for number, n in zip(NUMBERS, (1_000_003, 300_000, 70_001, 4096, 20_000)):
        x = np.full(n, number, dtype)
        exact = float(x[0]) * n
        node = fg.placeholder(dtype, [None])
        fetches = [fg.reduce_sum(node), fg.reduce_mean(node) * n,
                   fg.nn.l2_loss(node) * (2 / float(x[0])), fg.norm(node) ** 2 / x[0]]
        for found in session.run(fetches, {node: x})[:2]:
            assert error(found, exact) < LEAST[dtype]
        for found in session.run(fetches, {node: x})[2:]:
            assert error(found, exact) < 4 * LEAST[dtype]       # squares are rounded too


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("columns", [1, 2, 3, 4, 7, 8, 10, 16, 33, 100, 600])
def test_columns(level, dtype, columns):
    session, node = fg.Session(num_threads=2), fg.placeholder(dtype, [None, columns])
    whole, middle = fg.reduce_sum(node, 0), fg.reduce_sum(fg.reshape(node, [2, -1, columns]), 1)
    for number in NUMBERS[:3]:
        rows = 500_000 // columns // 2 * 2
        feed = {node: np.full((rows, columns), number, dtype)}
        each = float(dtype(number))
        first, second = session.run([whole, middle], feed)
        assert error(first, each * rows) < LEAST[dtype]
        assert error(second, each * rows / 2) < LEAST[dtype]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sums_of_every_length(level, dtype):
    """Of whole numbers, which add up exactly: each element is there once."""
    session, node = fg.Session(), fg.placeholder(dtype, [None, None])
    rows, columns = fg.reduce_sum(node, 1), fg.reduce_sum(node, 0)
    for n in [*range(70), 127, 129, 255, 256, 257, 1023, 1024, 1025, 2111, 33_000]:
        x = np.arange(3 * n, dtype=dtype).reshape(3, n) % 17
        for value in x, np.ascontiguousarray(x.T):
            found = session.run([rows, columns], {node: value})
            np.testing.assert_array_equal(found[0], value.sum(1, dtype=np.float64))
            np.testing.assert_array_equal(found[1], value.sum(0, dtype=np.float64))


@pytest.mark.parametrize("threads", [1, 2])
def test_losses_over_many_classes(level, threads):
    n = 200_000
    z = fg.placeholder(np.float32, [2, n])
    labels = np.full((2, n), 1 / n, np.float32)
    session = fg.Session(num_threads=threads)
    fetches = [fg.nn.softmax_cross_entropy_with_logits(labels=labels, logits=z),
               fg.reduce_logsumexp(z, 1), fg.reduce_sum(fg.nn.softmax(z), 1)]
    losses, total, one = session.run(fetches, {z: np.full((2, n), 0.3, np.float32)})
    assert error(losses, np.log(n)) < 3e-7
    assert error(total, np.log(n) + float(np.float32(0.3))) < 2e-7
    assert error(one, 1.0) < 3e-7


@pytest.mark.parametrize("m, n", [(1, 1), (4, 1), (1, 5), (3, 3), (8, 8), (16, 1)])
@pytest.mark.parametrize("ta, tb", [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_products_with_a_huge_inner_dimension(level, dtype, ta, tb, m, n):
    k = 200_001
    a = np.full((k, m) if ta else (m, k), 0.1, dtype)
    b = np.full((n, k) if tb else (k, n), 1.0, dtype)
    x, y = fg.placeholder(dtype, a.shape), fg.placeholder(dtype, b.shape)
    bias = np.arange(n, dtype=dtype)
    product = fg.matmul(x, y, transpose_a=ta, transpose_b=tb)
    for threads in 1, 2:
        found, shifted = fg.Session(num_threads=threads).run(
            [product, fg.nn.relu(product * dtype(-0.5) + bias + dtype(20_000))], {x: a, y: b})
        exact = float(a.flat[0]) * k
        # as of a thousand numbers added one after the other, not of all
        assert error(found, np.full((m, n), exact)) < (3e-5 if dtype is np.float32 else 5e-14)
        assert error(shifted, np.broadcast_to(20_000 + bias - exact / 2, (m, n))) < 1e-4
