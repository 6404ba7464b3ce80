"""Convolutional nets are compiled from end to end, and right whatever is fused and however many
threads there are: random nets against the reference, each pass left out in turn."""

import functools
import unittest.mock

import numpy as np
import pytest

import fastgrad as fg
from fastgrad.compiler import plan
from fastgrad.runtime import session as session_module
from fastgrad.testing import reference
from fastgrad.variables.store import store_of

OFF = [frozenset(), *(frozenset((name,)) for name in plan.PASSES), frozenset(plan.PASSES)]


@pytest.fixture(autouse=True)
def fresh_graph():
    fg.reset_default_graph()


def variable(random, *shape):
    return fg.Variable(random.standard_normal(shape) / np.sqrt(np.prod(shape[:-1])))


def convolution(random, h, channels):
    size, filters = random.choice([1, 2, 3, 5], 2), int(random.choice([1, 3, 8, 16, 19]))
    w = variable(random, *size, channels, filters)
    dilation = int(random.choice([1, 1, 1, 2]))
    stride = 1 if dilation > 1 else int(random.choice([1, 1, 2, 3]))
    return fg.nn.conv2d(h, w, stride, "SAME", dilations=dilation), filters


def depthwise(random, h, channels):
    several, stride = int(random.choice([1, 1, 2])), int(random.choice([1, 2]))
    w = variable(random, 3, 3, channels, several)
    return fg.nn.depthwise_conv2d(h, w, [1, stride, stride, 1], "SAME"), channels * several


def pool(random, h, channels):
    kind = fg.nn.max_pool if random.random() < 0.7 else fg.nn.avg_pool
    return kind(h, int(random.choice([2, 3])), int(random.choice([1, 2])), "SAME"), channels


def transposed(random, h, channels):
    w = variable(random, 3, 3, 4, channels)
    n, rows, cols, _ = h.get_shape().as_list()
    return fg.nn.conv2d_transpose(h, w, [n, 2 * rows, 2 * cols, 4], 2), 4


def net(seed):
    """(training operation, loss, variables, feed) of a random net of doubles."""
    random = np.random.default_rng(seed)
    n, channels = int(random.choice([1, 2, 5, 9])), int(random.choice([1, 3, 4]))
    size = tuple(random.integers(5, 15, 2))
    x = fg.placeholder(np.float64, (n, *map(int, size), channels))
    feed = {x: random.standard_normal((n, *size, channels))}
    h = x
    for layer in random.choice([convolution, convolution, depthwise, pool, transposed], 4):
        h, channels = layer(random, h, channels)
        if random.random() < 0.7:
            h = fg.nn.bias_add(h, variable(random, channels))
        h = random.choice([fg.nn.relu, fg.nn.relu, fg.tanh, fg.sigmoid, fg.identity])(h)
    logits = fg.matmul(fg.reduce_mean(h, [1, 2]), variable(random, channels, 3))
    loss = fg.reduce_mean(fg.square(logits - 1.0))
    train = fg.train.GradientDescentOptimizer(0.1).minimize(loss)
    return train, loss, fg.trainable_variables(), feed


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("seed", range(12))
def test_random_nets(seed, threads):
    train, loss, variables, feed = net(seed)
    graph = loss.graph
    start = {v: store_of(graph).buffer(v.op).copy() for v in variables}
    values = {v: x.copy() for v, x in start.items()}
    expected = [reference([loss, train], feed, values, graph)[0] for _ in range(3)]
    for off in OFF:
        for v, x in start.items():
            store_of(graph).buffer(v.op)[...] = x
        compile_ = functools.partial(plan.compile, off=off, threads=threads)
        with unittest.mock.patch.object(session_module, "compile",
                                        lambda *a, **k: compile_(*a, **{**k, "threads": threads})):
            session = fg.Session(graph=graph)
            found = [session.run([loss, train], feed)[0] for _ in range(3)]
        np.testing.assert_allclose(found, expected, rtol=1e-9, err_msg=f"without {sorted(off)}")
        for v in variables:
            np.testing.assert_allclose(store_of(graph).buffer(v.op), values[v], rtol=1e-8,
                                       atol=1e-10, err_msg=f"without {sorted(off)}")


def test_no_numpy_step_in_a_training_plan():
    """A net of images trains without NumPy; biases, activations and updates are fused."""
    random = np.random.default_rng(0)
    x = fg.placeholder(np.float32, (None, 12, 12, 1))
    labels = fg.placeholder(np.int64, (None,))

    def weights(*shape):
        return fg.Variable((random.standard_normal(shape) * 0.1).astype(np.float32))
    h = x
    for channels, filters in ((1, 16), (16, 32)):
        h = fg.nn.conv2d(h, weights(3, 3, channels, filters), 1, "SAME")
        h = fg.nn.max_pool(fg.nn.relu(fg.nn.bias_add(h, weights(filters))), 2, 2, "VALID")
    h = fg.nn.relu(fg.nn.bias_add(fg.nn.conv2d(h, weights(1, 1, 32, 16), 1, "SAME"), weights(16)))
    h = fg.reshape(h, (-1, 144))
    loss = fg.reduce_mean(fg.nn.sparse_softmax_cross_entropy_with_logits(
        labels=labels, logits=fg.matmul(h, weights(144, 10))))
    train = fg.train.GradientDescentOptimizer(0.5).minimize(loss)
    feed = {x: random.standard_normal((20, 12, 12, 1)), labels: random.integers(0, 10, 20)}
    session = fg.Session()
    first = session.run(loss, feed)
    for _ in range(30):
        session.run(train, feed)
    assert session.run(loss, feed) < first
    made = next(p for p in session._plans.values() if train in p.fetches)
    assert [k.step.type for k in made.kernels if k.symbol is None] == []
    symbols = [k.symbol for k in made.kernels]
    assert symbols.count("convolve_f32") == symbols.count("max_pool_f32") == 2
    assert symbols.count("convolve_filter_f32") == 2 and symbols.count("convolve_back_f32") == 1
    marks = made.explain()
    assert marks.count("+bias +relu") == 3 and marks.count("+update") == 4
    assert symbols.count("relu_grad_f32") == 1          # those before a pool go with its gradient


@pytest.mark.parametrize("batch", [1, 3, 8, 33])
def test_threads_do_not_change_a_bit(batch):
    """The same numbers by one thread and by two, whether they share images or rows."""
    random = np.random.default_rng(batch)
    x = fg.placeholder(np.float32, (None, 16, 15, 3))
    w = fg.Variable(random.standard_normal((3, 3, 3, 20)).astype(np.float32))
    v = fg.Variable(random.standard_normal((5, 5, 20, 7)).astype(np.float32))
    h = fg.nn.max_pool(fg.nn.relu(fg.nn.conv2d(x, w, 1, "SAME")), 2, 2, "SAME")
    y = fg.nn.conv2d(h, v, [1, 2, 1, 1], "SAME")
    grads = fg.gradients(fg.reduce_sum(fg.square(y)), [x, w, v])
    feed = {x: random.standard_normal((batch, 16, 15, 3)).astype(np.float32)}
    found = []
    for threads in (1, 2):
        with unittest.mock.patch.object(session_module, "compile", lambda *a, t=threads, **k:
                                        plan.compile(*a, **{**k, "threads": t})):
            found.append(fg.Session().run([y, *grads], feed))
    for a, b in zip(*found):
        assert a.tobytes() == b.tobytes()
