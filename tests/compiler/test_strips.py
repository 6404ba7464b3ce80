"""Strips: elementwise ones and row strips give what their steps give one by one.

Results are compared with the plan that has no strips and with the reference interpreter; the
structure of a plan is read from its kernels.
"""

import numpy as np
import pytest

import fastgrad as fg
from fastgrad.compiler import plan as compiler
from fastgrad import testing
from fastgrad.compiler.place import root_of
from fastgrad.runtime.streams import Streams

ROWS, WIDTH = 5000, 40


def problem(hidden=(), classes=2, dtype="float64", loss="tutorial", rows=ROWS, width=WIDTH,
            act=fg.tanh, update=True):
    """(graph, fetches, feed) of a training step on many rows."""
    rng = np.random.default_rng(len(hidden) + classes)
    g = fg.Graph()
    with g.as_default():
        x = fg.placeholder(dtype, [None, width])
        c = fg.placeholder(dtype, [None, classes])
        h = x
        for i, (a, b) in enumerate(zip((width, *hidden), (*hidden, classes))):
            w = fg.Variable((rng.standard_normal((a, b)) / np.sqrt(a)).astype(dtype))
            h = fg.matmul(h, w) + fg.Variable(np.zeros(b, dtype))
            h = act(h) if i < len(hidden) else h
        if loss == "tutorial":
            total = fg.negative(fg.reduce_sum(fg.reduce_sum(c * fg.log(fg.nn.softmax(h)), axis=1)))
        elif loss == "squares":
            total = fg.reduce_mean(fg.square(h - c))
        elif loss == "sigmoid":
            total = fg.reduce_mean(fg.nn.sigmoid_cross_entropy_with_logits(labels=c, logits=h))
        else:
            total = fg.reduce_mean(fg.nn.softmax_cross_entropy_with_logits_v2(labels=c, logits=h))
        gradients = fg.gradients(total, g.variables)
        rate = 1e-3 if loss != "tutorial" else 1e-5
        step = fg.GradientDescentOptimizer(rate).minimize(total)
    labels = np.eye(classes)[rng.integers(0, classes, rows)] if classes > 1 \
        else rng.integers(0, 2, (rows, 1))
    feed = {x: rng.standard_normal((rows, width)).astype(dtype), c: labels.astype(dtype)}
    return g, total, gradients, step, feed


def row_strips(plan):
    return [k for k in plan.kernels if k.symbol == "row strip"]


def run(g, fetches, feed, threads=1, without=()):
    """Results of one run by a plan of its own."""
    session = fg.Session(graph=g, num_threads=threads)
    made = session.plan(fetches, feed)
    if without:
        made = compiler.compile(made.fetches, made.feeds, session.store, frozenset(without),
                                threads, streams=Streams())
    return made, made.program.run([np.ascontiguousarray(feed[t]) for t in made.feeds])


PROBLEMS = [
    dict(), dict(dtype="float32"), dict(loss="mean"), dict(hidden=(8,)), dict(hidden=(8, 6)),
    dict(hidden=(8,), dtype="float32", act=fg.nn.relu, loss="mean"), dict(width=64, classes=1,
    loss="sigmoid"), dict(loss="squares", classes=1), dict(loss="squares", classes=3),
    dict(classes=5), dict(rows=4096 + 17), dict(rows=4096, width=41), dict(width=33, classes=3),
    dict(hidden=(5,), act=fg.sigmoid, classes=1, loss="squares")]


@pytest.mark.parametrize("case", PROBLEMS)
def test_row_strip_equals_its_steps(case):
    case = {"width": 64, **case} if case.get("dtype") == "float32" else case
    g, loss, gradients, _, feed = problem(**case)
    plan, found = run(g, [loss, *gradients], feed)
    assert len(row_strips(plan)) == 1, plan.explain()
    single = case.get("dtype") == "float32"
    plain, expected = run(g, [loss, *gradients], feed, without=["strips"])
    assert not row_strips(plain)
    slow = testing.reference([loss, *gradients], feed, graph=g)
    for a, b, c in zip(found, expected, slow):
        scale = np.abs(c).max()
        np.testing.assert_allclose(a, b, rtol=1e-4 if single else 1e-11, atol=scale * (
            1e-5 if single else 1e-13))
        np.testing.assert_allclose(a, c, rtol=1e-3 if single else 1e-9, atol=scale * (
            1e-4 if single else 1e-11))


@pytest.mark.parametrize("case", [dict(), dict(hidden=(8,)), dict(loss="mean", classes=3)])
def test_training_through_a_row_strip(case):
    g, loss, _, step, feed = problem(**case)
    values = {v: v.value.copy() for v in g.variables}
    session = fg.Session(graph=g, num_threads=1)
    assert row_strips(session.plan([step, loss], feed))
    for _ in range(3):
        _, found = session.run([step, loss], feed)
        _, expected = testing.reference([step, loss], feed, values, g)
        np.testing.assert_allclose(found, expected, rtol=1e-9)
    for v in g.variables:
        np.testing.assert_allclose(v.value, values[v], rtol=1e-9,
                                   atol=1e-12)


def test_results_do_not_depend_on_threads():
    g, loss, gradients, _, feed = problem(hidden=(8,))
    _, one = run(g, [loss, *gradients], feed, 1)
    for threads in (1, 2, 3, 5):
        plan, found = run(g, [loss, *gradients], feed, threads)
        assert plan.threads == threads
        for a, b in zip(one, found):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15)
        again = plan.program.run([np.ascontiguousarray(feed[t]) for t in plan.feeds])
        assert all(np.array_equal(a, b) for a, b in zip(found, again))


def test_updates_are_bitwise_the_same_for_all_threads():
    """Blocks do not depend on the threads; neither does the order in which they are added."""
    weights = []
    for threads in (1, 2, 3):
        g, _, _, step, feed = problem()
        run(g, [step], feed, threads)
        weights.append([v.value.copy() for v in g.variables])
    for found in weights[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(weights[0], found))


@pytest.mark.parametrize("change", [
    dict(rows=2000), dict(classes=20), dict(width=8), dict(width=784, classes=10),
    dict(width=200, hidden=(50,), classes=3)])
def test_no_row_strip_where_it_does_not_pay(change):
    g, loss, gradients, _, feed = problem(**change)
    plan, found = run(g, [loss, *gradients], feed)
    assert not row_strips(plan)
    _, plain = run(g, [loss, *gradients], feed, without=["strips"])
    for a, b in zip(found, plain):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15)


def test_scratch_of_a_strip_never_overlaps():
    """Two private values of a strip that are alive at once lie in different slots."""
    for case in (dict(), dict(hidden=(8, 6)), dict(loss="sigmoid", classes=1, width=64)):
        g, loss, gradients, _, feed = problem(**case)
        plan, _ = run(g, [loss, *gradients], feed)
        strip, = row_strips(plan)
        limit = strip.step.strip
        assert limit.slots * limit.slot_bytes <= 65536
        check_lifetimes(strip.parts)


def check_lifetimes(parts):
    made, last = {}, {}
    for i, k in enumerate(parts):
        for v in k.values[k.writes:]:
            if v is not None:
                last[root_of(v)] = i
        for v in k.values[:k.writes]:
            if v is not None and v.storage.kind == "scratch":
                made[v] = i
    for v, start in made.items():
        for u, other in made.items():
            if u is not v and u.storage.index == v.storage.index and start <= other:
                inplace = other == last.get(v, start) and v in [
                    root_of(x) for x in parts[other].values[parts[other].writes:] if x is not None]
                assert last.get(v, start) < other or inplace and start < other


def test_a_fetched_row_value_is_whole():
    g, loss, gradients, _, feed = problem()
    hidden = next(t for t in g.operations if getattr(t, "op", t).type == "softmax")
    plan, found = run(g, [hidden, loss, *gradients], feed)
    np.testing.assert_allclose(found[0], testing.reference(hidden, feed, graph=g), rtol=1e-10)
    np.testing.assert_allclose(found[0].sum(1), 1, rtol=1e-12)


def test_batch_statistics_cut_a_strip():
    """A mean over all rows that feeds the backward pass cannot be in the strip."""
    g = fg.Graph()
    with g.as_default():
        x = fg.placeholder("float64", [None, WIDTH])
        w = fg.Variable(np.linspace(-1, 1, WIDTH).reshape(WIDTH, 1))
        h = fg.matmul(x, w)
        centred = h - fg.reduce_mean(h, axis=0, keepdims=True)
        loss = fg.reduce_mean(fg.square(centred) * centred)
        gradient, = fg.gradients(loss, [w])
    feed = {x: np.random.default_rng(0).standard_normal((ROWS, WIDTH))}
    _, found = run(g, [loss, gradient], feed)
    for a, b in zip(found, testing.reference([loss, gradient], feed, graph=g)):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


# ---- elementwise strips -----------------------------------------------------------------

def chain(n, dtype):
    g = fg.Graph()
    with g.as_default():
        x = fg.placeholder(dtype, [n])
        y = fg.placeholder(dtype, [n])
        h = fg.tanh(x * y) + 0.5
        h = fg.exp(-fg.square(h)) * x
        out = fg.maximum(h, y) - h / 3.0
    return g, x, y, out


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [16384, 50_001])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_elementwise_strip_equals_its_steps(n, dtype, threads):
    g, x, y, out = chain(n, dtype)
    rng = np.random.default_rng(n)
    feed = {t: rng.standard_normal(n).astype(dtype) for t in (x, y)}
    plan, found = run(g, [out], feed, threads)
    assert [k.symbol for k in plan.kernels] == ["strip"] and plan.arena_bytes == 0
    _, expected = run(g, [out], feed, without=["strips"])
    assert np.array_equal(found[0], expected[0])
    np.testing.assert_allclose(found[0], testing.reference(out, feed, graph=g), rtol=1e-4,
                               atol=1e-5)


def test_short_steps_stay_apart():
    g, x, y, out = chain(1000, "float64")
    feed = {x: np.ones(1000), y: np.ones(1000)}
    plan, _ = run(g, [out], feed)
    assert all(k.symbol != "strip" for k in plan.kernels)


def test_shapes_that_differ_by_dimensions_of_one():
    """They lie alike in memory, so they join a strip, by elements."""
    rng = np.random.default_rng(0)
    x, y = fg.placeholder(np.float64, (1, 2, 30_000)), fg.placeholder(np.float64, (2, 30_000))
    feed = {x: rng.standard_normal((1, 2, 30_000)), y: rng.standard_normal((2, 30_000))}
    found = fg.Session().run(fg.exp(fg.abs(fg.tanh(x * 2.0)) * y + 1.0), feed)
    expected = np.exp(np.abs(np.tanh(feed[x] * 2.0)) * feed[y] + 1.0)
    np.testing.assert_allclose(found, expected, rtol=1e-13)
