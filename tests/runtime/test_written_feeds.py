"""Feeds that another thread writes while a run reads them where they lie.

The numbers of such a run are anybody's. It ends in numbers or in an error, and touches nothing that
is not its own.
"""

import contextlib
import itertools
import threading

import numpy as np
import pytest

import fastgrad as fg
from fastgrad import errors


@pytest.fixture(autouse=True)
def graph():
    with fg.Graph().as_default() as made:
        yield made


@contextlib.contextmanager
def written_meanwhile(*changes):
    """Another thread fills arrays, again and again with the next of their values."""
    stop = threading.Event()

    def write():
        for n in itertools.count():
            if stop.is_set():
                return
            for array, values in changes:
                array[:] = values[n % len(values)]

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()


def test_feeds_mutated_while_running():
    x = fg.placeholder(np.float64, [None, 64])
    i = fg.placeholder(np.int32, [None])
    table = fg.Variable(np.ones((100, 64)))
    y = fg.reduce_sum(fg.matmul(x, np.ones((64, 64))) + fg.gather(table, i))
    values, index = np.ones((256, 64)), np.zeros(256, np.int32)
    session = fg.Session()
    with written_meanwhile((values, [0, 1, 2]), (index, [0, 99, 1000, -7])):
        for _ in range(300):
            try:
                assert np.isfinite(session.run(y, {x: values, i: index}))
            except errors.KernelError:
                pass                                    # an index was out of range just then
    values[:], index[:] = 1, 0
    assert session.run(y, {x: values, i: index}) == 256 * 64 * 65
    assert np.array_equal(table.value, np.ones((100, 64)))


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize("make", [
    lambda w, i: fg.train.GradientDescentOptimizer(0.0).minimize(fg.reduce_sum(fg.gather(w, i))),
    lambda w, i: fg.train.AdagradOptimizer(0.0).minimize(fg.reduce_sum(fg.gather(w, i))),
    lambda w, i: fg.nn.sparse_softmax_cross_entropy_with_logits(labels=i, logits=w),
    lambda w, i: fg.reduce_sum(fg.one_hot(i, 4) * w),
    lambda w, i: fg.reduce_sum(fg.gather(fg.gradients(fg.reduce_sum(fg.gather(w, i)), w)[0], i))],
    ids=["sgd", "adagrad", "labels", "one_hot", "scatter"])
def test_indices_mutated_while_running(make, dtype):
    """An index that is looked at twice may be another one by then; wild ones would crash."""
    i, w = fg.placeholder(dtype, [None]), fg.Variable(np.ones((20000, 4), np.float32))
    y, index = make(w, i), np.zeros(20000, dtype)
    session = fg.Session()
    session.run(y, {i: index})
    with written_meanwhile((index, [0, 3, np.iinfo(dtype).max // 2, -(10**9)])):
        for _ in range(300):
            try:
                session.run(y, {i: index})
            except errors.KernelError:
                pass
    assert np.array_equal(w.value, np.ones((20000, 4)))
