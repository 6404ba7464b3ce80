"""Resident memory stays flat; test_freed.py says why. The million-run versions are marked slow."""

import gc

import numpy as np
import pytest

import fastgrad as fg
from fastgrad import errors
from resident import MB, linux, resident


def growth(work, warm_up, count):
    """Bytes that `count` calls of work(n) add, after `warm_up` others."""
    for n in range(warm_up):
        work(n)
    gc.collect()
    before = resident()
    for n in range(warm_up, warm_up + count):
        work(n)
    gc.collect()
    return resident() - before


def network(optimizer=fg.train.AdamOptimizer, width=16):
    x = fg.placeholder(np.float64, [None, 4])
    w, v = fg.Variable(np.ones((4, width))), fg.Variable(np.ones((width, 1)))
    loss = fg.reduce_mean(fg.square(fg.matmul(fg.tanh(fg.matmul(x, w)), v)))
    return x, loss, optimizer(0.01).minimize(loss)


@pytest.fixture(autouse=True)
def graph():
    with fg.Graph().as_default() as made:
        yield made


# ---- flat -------------------------------------------------------------------------------

def cached_runs(runs):
    x, loss, train = network()
    session, value = fg.Session(), np.ones((8, 4))

    def work(n):
        session.run([loss, train], {x: value})
        session.run(loss, {x: value})
    return growth(work, runs // 10, runs)


@linux
def test_cached_runs():
    assert cached_runs(60_000) < MB


@linux
@pytest.mark.slow
def test_a_million_cached_runs():
    assert cached_runs(1_000_000) < MB


@linux
def test_failing_runs():
    x, loss, train = network()
    i = fg.placeholder(np.int32, [None])
    picked = fg.gather(np.ones((4, 500)), i) + loss
    session = fg.Session()

    def work(n):
        for feeds in ({x: np.ones((8, 4)), i: np.full(n % 5 + 1, 4)}, {x: np.ones((8, 3))}, {}):
            with pytest.raises((ValueError, errors.InvalidArgumentError)):
                session.run([picked, train], feeds)
    assert growth(work, 300, 1500) < MB


@linux
@pytest.mark.parametrize("count", [1000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_feed_shapes(count):
    """A few plans serve every shape."""
    x, loss, train = network()
    session = fg.Session()

    def work(n):
        # a permutation of 1 to 509: memory needed later has been needed before
        session.run([loss, train], {x: np.ones((1 + n * 313 % 509, 4))})
    assert growth(work, 400, count) < MB
    assert len(session._plans) <= 4


@linux
@pytest.mark.parametrize("count", [400, pytest.param(10_000, marks=pytest.mark.slow)])
def test_feeds_of_two_free_dimensions(count):
    x = fg.placeholder(np.float32, [None, None])
    y = fg.reduce_sum(fg.tanh(fg.matmul(x, fg.transpose(x))))
    fetches, session = [y, fg.gradients(y, [x])[0]], fg.Session()
    assert growth(lambda n: session.run(fetches, {x: np.ones((1 + n % 100, 1 + n // 100 % 100))}),
                  400, count) < MB


@linux
def test_plans_of_a_store_share_their_memory():
    """Each would take 2.5 MB on its own."""
    x, loss, train = network()
    session, value = fg.Session(), np.ones((10_000, 4))
    assert growth(lambda n: session.run([loss, train], {x: value[n:]}), 5, 100) < 12 * MB


@linux
@pytest.mark.parametrize("count", [400, pytest.param(10_000, marks=pytest.mark.slow)])
def test_graphs_made_and_dropped(count):
    """No collection is asked for while they come and go."""
    def work(n):
        with fg.Graph().as_default():
            x, loss, train = network(width=64)
            session = fg.Session()
            for _ in range(2):
                session.run([loss, train], {x: np.ones((8, 4))})
    assert growth(work, 150, count) < MB


@linux
def test_sessions_of_one_graph():
    x, loss, train = network()

    def work(n):
        session = fg.Session()
        session.run([loss, train], {x: np.ones((8, 4))})
        session.make_callable(loss, [x])(np.ones((8, 4)))
    assert growth(work, 300, 700) < MB


@linux
def test_fits_and_loads():
    x, loss, train = network()
    w = fg.Variable(np.zeros(100), validate_shape=False)
    session, value = fg.Session(), np.ones((64, 4))

    def work(n):
        session.fit(train, {x: value}, batch_size=10, fetches=loss)
        w.load(np.zeros(n % 100))
    assert growth(work, 200, 400) < MB
