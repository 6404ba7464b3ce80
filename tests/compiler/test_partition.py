"""Partition: who runs what, where threads wait, and that results do not depend on it.

The properties are checked on the kernels of real plans; `replay` walks a plan's kernels in
Python and finds races that no barrier prevents.
"""

import time
import unittest.mock

import numpy as np
import pytest
from random_graphs import program

import fastgrad as fg
from fastgrad.compiler import partition
from fastgrad.compiler.size import at
from fastgrad import testing
from fastgrad.compiler import plan as compiler
from fastgrad.runtime import session as session_module
from fastgrad.runtime.streams import Streams

SHAPES = {"mlp": (128, (200, 96, 96, 10)), "odd": (129, (101, 67, 33, 3)),
          "deep": (64, (64,) * 12 + (10,)), "wide": (96, (300, 256, 10)),
          "few rows": (3, (600, 500, 500, 10)), "tall": (5000, (40, 8, 2)),
          "narrow": (4096, (8, 4, 2)), "broad": (48, (700, 1500, 1501, 10))}


def network(name, act=fg.tanh, dtype="float32"):
    batch, sizes = SHAPES[name]
    rng = np.random.default_rng(len(sizes))
    g = fg.Graph()
    with g.as_default():
        x = fg.placeholder(dtype, [None, sizes[0]])
        c = fg.placeholder(dtype, [None, sizes[-1]])
        h = x
        for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
            w = fg.Variable((rng.standard_normal((a, b)) / np.sqrt(a)).astype(dtype))
            h = fg.matmul(h, w) + fg.Variable(np.full(b, 0.1, dtype))
            h = act(h) if i < len(sizes) - 2 else h
        loss = fg.reduce_mean(fg.nn.softmax_cross_entropy_with_logits_v2(labels=c, logits=h))
        gradients = fg.gradients(loss, g.variables)
        step = fg.GradientDescentOptimizer(0.1).minimize(loss)
    labels = np.eye(sizes[-1], dtype=dtype)[rng.integers(0, sizes[-1], batch)]
    return g, loss, gradients, step, {x: rng.standard_normal((batch, sizes[0])).astype(dtype),
                                      c: labels}


def plan_of(g, fetches, feed, threads, without=()):
    session = fg.Session(graph=g, num_threads=threads)
    made = session.plan(fetches, feed)
    if without:
        made = compiler.compile(made.fetches, made.feeds, session.store, frozenset(without),
                                threads, streams=Streams())
    return made


def run(plan, feed):
    return plan.program.run([np.ascontiguousarray(feed[t]) for t in plan.feeds])


@pytest.fixture(params=SHAPES)
def made(request):
    return network(request.param)


@pytest.fixture
def always(monkeypatch):
    """Split whatever can be split."""
    monkeypatch.setattr(partition, "PLAN_AT_LEAST_US", 0.0)
    monkeypatch.setattr(partition, "STEP_AT_LEAST_US", 0.0)
    monkeypatch.setattr(partition, "PIECE_AT_LEAST_US", 0.0)


# ---- results ----------------------------------------------------------------------------

def close(found, expected, bound=2e-4):
    for a, b in zip(found, expected):
        np.testing.assert_allclose(a, b, rtol=bound, atol=bound * max(1e-3, np.abs(b).max()))


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_results_for_any_number_of_threads(made, threads, always):
    g, loss, gradients, _, feed = made
    fetches = [loss, *gradients]
    plan = plan_of(g, fetches, feed, threads)
    assert plan.threads == threads
    found = run(plan, feed)
    close(found, testing.reference(fetches, feed, graph=g))
    for _ in range(3):
        assert all(np.array_equal(a, b) for a, b in zip(found, run(plan, feed)))


@pytest.mark.parametrize("name", compiler.PASSES)
def test_each_pass_off(made, name, always):
    g, loss, gradients, _, feed = made
    fetches = [loss, *gradients]
    found = run(plan_of(g, fetches, feed, 2, [name]), feed)
    close(found, testing.reference(fetches, feed, graph=g))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_training_follows_the_reference(threads, always):
    g, loss, _, step, feed = network("odd", dtype="float64")
    values = {v: v.value.copy() for v in g.variables}
    session = fg.Session(graph=g, num_threads=threads)
    for _ in range(4):
        session.run(step, feed)
        testing.reference(step, feed, values, g)
    for v in g.variables:
        np.testing.assert_allclose(v.value, values[v], rtol=1e-9, atol=1e-12)


# ---- races ------------------------------------------------------------------------------

def pieces(k, id, threads, symbols=()):
    """[(memory, start, stop, writes)] that thread `id` touches: its rows of aligned operands."""
    share = partition.share_of(k) if k.parallel else None
    if share is None and id:
        return []
    found = []
    for i, v in enumerate(k.values):
        if v is None or v.storage is None or v.known:
            continue
        s = v.storage
        memory = "arena" if s.kind == "arena" else s
        size = at(v.size, symbols) * v.dtype.itemsize
        lo, hi = 0, size
        if share is not None:
            count = at(share.units, symbols)
            units = [(count * t + threads - 1) // threads for t in (id, id + 1)]
            if units[0] == units[1]:
                continue
            if share.aligned[i]:
                lo, hi = (size // count * u for u in units)
            elif i < k.writes and not k.across:     # pieces of its own that are not runs of rows
                lo, hi = (size * u // count for u in units)
        found.append((memory, s.offset + lo, s.offset + hi, i < k.writes))
    return found


def races(kernels, threads, symbols=()):
    """Pairs of kernels between which two threads could meet in one piece of memory, for these
    values of the plan's symbols."""
    since, found = [], []
    for number, k in enumerate(kernels):
        if k.barrier:
            since = []
        touched = [(id, *p) for id in range(threads) for p in pieces(k, id, threads, symbols)]
        for id, memory, start, stop, writes in touched:
            for other, id2, memory2, start2, stop2, writes2 in since:
                if (id != id2 and memory == memory2 and (writes or writes2)
                        and start < stop2 and start2 < stop):
                    found.append((other, number))
        since += [(number, *t) for t in touched]
    return found


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("what", ["loss", "gradients", "step"])
def test_no_races(made, threads, what, always):
    g, loss, gradients, step, feed = made
    fetches = {"loss": [loss], "gradients": [loss, *gradients], "step": [step]}[what]
    for without in ((), ("inplace",), ("fuse",), ("strips",)):
        plan = plan_of(g, fetches, feed, threads, without)
        assert races(plan.kernels, threads) == [], plan.explain()


@pytest.mark.parametrize("threads", [2, 3])
def test_no_races_at_any_size(made, threads, always):
    """In a plan that serves batches of any length."""
    g, loss, gradients, step, feed = made
    for fetches in ([loss], [loss, *gradients], [step]):
        session = fg.Session(graph=g, num_threads=threads)
        for fed in (feed, {t: np.concatenate([v, v[:2]]) for t, v in feed.items()}):
            plan = session.plan(fetches, fed)
        symbol, = plan.sizes.symbols
        assert symbol.least == 2 and symbol.most >= 1.25 * len(next(iter(feed.values())))
        for n in (2, 3, 5, 8, 31, 64, symbol.hint, symbol.most - 1, symbol.most):
            assert races(plan.kernels, threads, [n]) == [], f"{n}\n{plan.explain()}"


@pytest.mark.parametrize("seed", range(8))
def test_no_races_in_random_graphs(seed, always):
    """Among them memory that is used again for a value of other length, cut into as large rows."""
    random = np.random.default_rng(seed)
    for _ in range(10):
        check_races(program(random.bytes(80)))


def check_races(p):
    for fetches in ([*p.outs, *p.grads, *p.second], p.updates):
        for threads in (2, 3):
            for plan in plans_of(p.graph, fetches, p.feed, threads):
                assert races(plan.kernels, threads) == [], f"{p}\n{plan.explain()}"


def plans_of(g, fetches, feed, threads):
    """Every plan of a run: there are several where shapes depend on values."""
    made = []

    def recorded(*args, **options):
        found = compiler.compile(*args, **options)
        made.extend([found] if isinstance(found, compiler.Plan) else [])
        return found
    with unittest.mock.patch.object(session_module, "compile", recorded):
        fg.Session(graph=g, num_threads=threads).run(fetches, feed)
    return made


def test_the_race_finder_has_teeth():
    g, _, _, step, feed = network("mlp")
    plan = plan_of(g, [step], feed, 2)
    for k in plan.kernels:
        k.barrier = False
    assert races(plan.kernels, 2)


# ---- where threads wait -----------------------------------------------------------------

def test_forward_and_backward_without_barriers():
    """Each thread carries its rows through all layers and back; weight gradients wait once."""
    for name in ("mlp", "deep", "wide"):
        g, _, _, step, feed = network(name, fg.nn.relu)
        plan = plan_of(g, [step], feed, 2)
        assert plan.threads == 2
        barriers = [i for i, k in enumerate(plan.kernels) if k.barrier]
        rows = [i for i, k in enumerate(plan.kernels)
                if k.step.type == "gemm" and not k.step.attrs["ta"]]
        assert len(barriers) == 1 and max(rows) < barriers[0], plan.explain()
        assert all(k.parallel for k in plan.kernels[:barriers[0]])
        assert all(k.parallel for k in plan.kernels if k.step.type == "gemm"
                   and partition.cost_us(k) > partition.PIECE_AT_LEAST_US)


@pytest.mark.parametrize("threads", [2, 3])
def test_one_row_is_split_by_columns(threads):
    """Inference of a single row: the weights are most of the work, and each thread reads its part."""
    rng, sizes = np.random.default_rng(0), (784, 256, 277, 10)
    g = fg.Graph()
    with g.as_default():
        x = h = fg.placeholder("float32", [None, sizes[0]])
        for i, o in zip(sizes, sizes[1:]):
            w = fg.Variable((rng.normal(size=(i, o)) / np.sqrt(i)).astype(np.float32))
            h = fg.tanh(fg.matmul(h, w) + fg.Variable(rng.normal(size=o).astype(np.float32)))
    feed = {x: rng.normal(size=(1, sizes[0])).astype(np.float32)}
    plan = plan_of(g, [h], feed, threads)
    assert plan.threads == threads
    assert [k.parallel for k in plan.kernels if k.step.type == "gemm"] == [True, True, False]
    assert races(plan.kernels, threads) == [], plan.explain()
    found = [fg.Session(graph=g, num_threads=n).run(h, feed) for n in (1, threads, threads)]
    np.testing.assert_array_equal(found[1], found[2])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5, atol=1e-6)


def test_large_weights_are_split_by_columns():
    """Each thread packs its part of them; weight gradients, tall as they are, are split by rows."""
    g, loss, gradients, _, feed = network("broad")
    plan = plan_of(g, [loss, *gradients], feed, 2)
    across = {(k.step.attrs["ta"], k.step.attrs["tb"]): k for k in plan.kernels if k.across}
    assert set(across) == {(False, False), (False, True)} and "split by columns" in plan.explain()
    assert all(k.parallel and k.ext[0] == 48 for k in across.values())
    found = [run(plan_of(g, [loss, *gradients], feed, n), feed) for n in (1, 2, 3, 2)]
    assert all(np.array_equal(a, b) for a, b in zip(found[1], found[3]))
    for other in found[1:3]:
        close(other, found[0], 1e-5)


def test_small_plans_stay_on_one_thread():
    g = fg.Graph()
    with g.as_default():
        x = fg.placeholder("float32", [None, 8])
        w = fg.Variable(np.ones((8, 4), np.float32))
        loss = fg.reduce_sum(fg.tanh(fg.matmul(x, w)))
        step = fg.GradientDescentOptimizer(0.1).minimize(loss)
    plan = plan_of(g, [step], {x: np.ones((32, 8), np.float32)}, 2)
    assert plan.threads == 1 and not any(k.parallel or k.barrier for k in plan.kernels)


def test_a_long_chain_is_cut_in_linear_time():
    n, g = 3000, fg.Graph()
    with g.as_default():
        x = fg.placeholder("float64", [8192])
        h = [x]
        for i in range(n):
            h.append(fg.tanh(h[-1]) if i % 2 else h[-1] + 1.0)
        loss = fg.reduce_sum(h[-1])
        gradient, = fg.gradients(loss, [x])
    plan = plan_of(g, [gradient], {x: np.ones(8192)}, 2)
    assert plan.threads == 2
    start = time.process_time()
    partition.partition(plan.kernels, 2)
    assert time.process_time() - start < 100e-6 * len(plan.kernels)
    assert races(plan.kernels[:300], 2) == []
