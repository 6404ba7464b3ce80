"""One session fed with changing sizes gives what sessions give that were made for each.

Operations, nets, random graphs; errors of sizes that disagree; how many plans there are.
"""

import threading

import numpy as np
import pytest
from cases import CASES, build, values

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad.errors import FastgradError
from fastgrad.runtime import session as session_module

SIZES = (5, 1, 0, 2, 17, 5, 64, 300)
FAILURES = FastgradError, np.linalg.LinAlgError
MOST = 40_000                   # elements of one operand


@pytest.fixture(autouse=True)
def fresh_graph():
    fg.reset_default_graph()


def outcome(session, fetches, feed):
    """What a run returns, or its failure as text."""
    try:
        return session.run(fetches, feed)
    except FAILURES as failure:
        return f"{type(failure).__name__}: {failure}"


def compare(found, expected, what):
    """Equal but for the rounding of constants that the one folds and the other computes."""
    if isinstance(expected, str) or isinstance(found, str):
        assert found == expected, what
        return
    for i, (f, e) in enumerate(zip(found, expected)):
        f, e = np.asarray(f), np.asarray(e)
        assert f.shape == e.shape and f.dtype == e.dtype, f"{what}, fetch {i}"
        np.testing.assert_allclose(f, e, 1e-11 if f.dtype == np.float64 else 1e-4, 1e-12,
                                   err_msg=f"{what}, fetch {i}")


# ---- every operation --------------------------------------------------------------------

def with_derivatives(op_type, variant, nodes, order):
    """The outputs, their gradients and second gradients."""
    found = [o for o in build(op_type, nodes, variant)]
    xs = [n for n in nodes if n._dtype == np.float64]
    ys = [fg.reduce_sum(o * (i + 0.7) * o) for i, o in enumerate(found) if o._dtype is not None
          and np.dtype(o._dtype).kind == "f"]
    for _ in range(order if ys and xs else 0):
        grads = [fg.convert_to_tensor(g) for g in fg.gradients(ys, xs) if g is not None]
        if not grads:
            break
        found += grads
        ys = [fg.reduce_sum(fg.square(g) * (i + 0.3)) for i, g in enumerate(grads)]
    return found


def longer(case, variant, n):
    """The variant's arrays with n where its first operand has its first dimension, or None."""
    first = variant.shapes[0][0]
    shapes = tuple((n, *s[1:]) if s[:1] == (first,) else s for s in variant.shapes)
    if any(np.prod(s, dtype=float) > MOST for s in shapes):
        return None
    changed = type(variant)(shapes, variant.attrs, variant.static)
    try:
        return values(case, changed, "float64", seed=n)
    except (ValueError, IndexError):            # no such value in the domain
        return None


# but for a gradient, whose first operand has a size that follows from the others'
ROWS = [t for t, c in CASES.items() if c.domain and t != "concat_piece"]


@pytest.mark.parametrize("op_type", ROWS)
def test_op(op_type):
    case = CASES[op_type]
    for variant in case.variants:
        if not variant.shapes or not variant.shapes[0] or variant.shapes[0][0] < 2:
            continue
        fg.reset_default_graph()
        first = variant.shapes[0][0]
        arrays = values(case, variant, "float64")
        nodes = [fg.placeholder(a.dtype, (None, *a.shape[1:]) if a.shape[:1] == (first,)
                                else a.shape) for a in arrays]
        try:
            fetches = with_derivatives(op_type, variant, nodes, case.order)
        except (FastgradError, NotImplementedError, ValueError):
            continue                            # it asks for a size while the graph is built
        session = fg.Session()
        for n in SIZES:
            arrays = longer(case, variant, n)
            if arrays is not None:
                feed = dict(zip(nodes, arrays))
                expected = outcome(fg.Session(), fetches, feed)
                compare(outcome(session, fetches, feed), expected, f"{variant}, {n}")


# ---- a net whose batches have any length ------------------------------------------------

def policy():
    """A net that is trained on episodes: (feeds of n rows, fetches, initializer, graph)."""
    graph = tf.Graph()
    with graph.as_default():
        x = tf.placeholder(tf.float32, [None, 8], "states")
        taken = tf.placeholder(tf.int32, [None], "taken")
        gain = tf.placeholder(tf.float32, [None], "gain")
        h, draw = x, np.random.default_rng(3)
        for m, n in ((8, 64), (64, 64), (64, 4)):
            w = tf.Variable(draw.standard_normal((m, n)).astype(np.float32) * 0.3)
            h = tf.matmul(h, w) + tf.Variable(np.zeros(n, np.float32))
            h = tf.tanh(h) if n == 64 else h
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=taken, logits=h)
        loss = tf.reduce_mean(each * gain)
        train = tf.train.AdamOptimizer(1e-3).minimize(loss)
        initializer = tf.global_variables_initializer()

    def feeds(n):
        draw = np.random.default_rng(n)
        return {x: draw.standard_normal((n, 8)).astype(np.float32),
                taken: draw.integers(0, 4, n).astype(np.int32),
                gain: draw.standard_normal(n).astype(np.float32)}
    return feeds, [train, loss], initializer, graph


@pytest.fixture
def compiled(monkeypatch):
    """The plans that sessions have made since."""
    made, compile_ = [], session_module.compile

    def counted(*args, **kwargs):
        made.append(compile_(*args, **kwargs))
        return made[-1]
    monkeypatch.setattr(session_module, "compile", counted)
    return made


def same_kernels(session, alone, fetches, feed):
    """Whether the plan for all sizes runs the kernels that one for this size has."""
    plans = [s.plan(fetches, feed) for s in (session, alone)]
    return [[at_size(k, len(next(iter(feed.values())))) for k in p.kernels]
            for p in plans] == [[k.symbol for k in plans[1].kernels]] * 2


def at_size(kernel, n):
    if kernel.choice is None:
        return kernel.symbol
    _, limits, symbols = kernel.choice
    return symbols[sum(n > limit for limit in limits)]


@pytest.mark.parametrize("threads", [1, 2])
def test_lengths_give_the_same_bits(threads, compiled):
    """Each run as a session gives it that knows no other length, from the same weights."""
    feeds, fetches, initializer, graph = policy()
    session = tf.Session(graph=graph, num_threads=threads)
    session.run(initializer)
    with graph.as_default():
        variables = tf.global_variables()
    lengths = [50, 57, 300, 2, 420, 31, 50, 211, 3, 128, 64, 420, 20]
    for n in lengths:
        feed, before = feeds(n), session.run(variables)
        found = session.run(fetches, feed)[1]
        alone = tf.Session(graph=graph, num_threads=threads)
        for v, value in zip(variables, before):
            v.load(value, alone)
        expected, alike = alone.run(fetches, feed)[1], same_kernels(session, alone, fetches, feed)
        same = np.testing.assert_array_equal if alike else np.testing.assert_allclose
        same(found, expected)
        for f, e in zip(session.run(variables), alone.run(variables)):
            same(f, e, err_msg=f"after {n}", **({} if alike else {"rtol": 1e-5, "atol": 1e-7}))
    mine = [p for p in session._plans.values() if fetches[0] in p.fetches]
    assert len(mine) == 1 and mine[0].sizes is not None


def test_no_plan_is_made_after_the_second_length(compiled):
    feeds, fetches, initializer, graph = policy()
    session = tf.Session(graph=graph)
    session.run(initializer)
    for n in (30, 25):
        session.run(fetches, feeds(n))
    before = len(compiled)
    for n in np.random.default_rng(0).integers(20, 421, 100):
        session.run(fetches, feeds(int(n)))
    assert len(compiled) == before


def test_sizes_that_outgrow_a_plan_get_a_larger_one(compiled):
    x = fg.placeholder(np.float32, [None, 500])
    y, session = fg.reduce_sum(fg.tanh(x) * x), fg.Session()
    for n in range(2, 3000, 13):
        value = np.full((n, 500), 0.5, np.float32)
        np.testing.assert_allclose(session.run(y, {x: value}), n * 500 * 0.5 * np.tanh(0.5), 1e-4)
    assert len(compiled) <= 12 and len(session._plans) <= 4


def test_a_plan_says_its_sizes(compiled):
    feeds, fetches, initializer, graph = policy()
    session = tf.Session(graph=graph)
    session.run(initializer)
    for n in (30, 25):
        session.run(fetches, feeds(n))
    text = session.plan(fetches, feeds(200)).explain()
    assert "float32[n,64]" in text and "float32[64,4]" in text
    assert ("\nn = dimension 0 of states:0, dimension 0 of taken:0, dimension 0 of gain:0: 2 to "
            in text)
    profile = session.plan(fetches, feeds(200)).profile(feeds(123))
    assert "float32[n,64]" in profile and "GFLOP/s" in profile


@pytest.mark.parametrize("fed", [(), (32,), (32, 40, 50)])
def test_sizes_that_disagree(fed):
    feeds, fetches, initializer, graph = policy()
    session = tf.Session(graph=graph)
    session.run(initializer)
    for n in fed:
        session.run(fetches, feeds(n))
    with graph.as_default():
        variables = tf.global_variables()
    before = session.run(variables)
    wrong = {**feeds(32), "taken:0": feeds(31)[next(t for t in feeds(1) if "taken" in t.name)]}
    with pytest.raises(tf.errors.InvalidArgumentError, match=(
            r"test_changing_sizes.py:\d+\): shapes \(32,\) and \(31,\) are not compatible. Inputs: "
            r"'add_2' \(32, 4\), 'taken' \(31,\)")):
        session.run(fetches, {k: v for k, v in wrong.items()
                              if k == "taken:0" or "taken" not in k.name})
    for f, e in zip(session.run(variables), before):
        np.testing.assert_array_equal(f, e)
    session.run(fetches, feeds(33))


def test_sizes_that_part():
    """Two dimensions that were equal when the plan was made are two sizes from then on."""
    x, y = fg.placeholder(np.float64, [None]), fg.placeholder(np.float64, [None])
    z, session = fg.reduce_sum(fg.exp(x)) * fg.exp(y), fg.Session()
    for m, n in ((3, 3), (4, 4), (5, 5), (6, 5), (7, 9), (4, 4), (2, 50), (1, 3), (5, 0)):
        np.testing.assert_allclose(session.run(z, {x: np.ones(m), y: np.zeros(n)}),
                                   np.full(n, m * np.e))
    assert sum(p.sizes is not None for p in session._plans.values()) <= 4


def test_threads_with_sizes_of_their_own():
    feeds, fetches, initializer, graph = policy()
    session = tf.Session(graph=graph)
    session.run(initializer)
    other = tf.Session(graph=graph)
    other.run(initializer)
    loss = fetches[1]
    expected = {n: float(other.run(loss, feeds(n))) for n in range(2, 60)}
    wrong = []

    def work(start):
        for n in range(start, 60, 2):
            for _ in range(20):
                found = float(session.run(loss, feeds(n)))
                if abs(found - expected[n]) > 1e-6:
                    wrong.append((n, found))
    workers = [threading.Thread(target=work, args=(i,)) for i in (2, 3, 2)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert not wrong


def test_a_run_that_fails_leaves_sizes_usable():
    """A bad index, at one size and then another: the error gives that run's numbers."""
    table = fg.Variable(np.arange(12.0).reshape(6, 2))
    i = fg.placeholder(np.int32, [None])
    y, session = fg.gather(table, i), fg.Session()
    for n in (3, 4, 9):
        session.run(y, {i: np.zeros(n, np.int32)})
    for n in (7, 20):
        bad = np.zeros(n, np.int32)
        bad[n - 2] = 6
        with pytest.raises(FastgradError, match=rf"index 6 at indices\[{n - 2}\] lies"):
            session.run(y, {i: bad})
        assert session.run(y, {i: np.ones(n + 1, np.int32)}).shape == (n + 1, 2)


@pytest.mark.parametrize("make", [
    lambda x, n: x[1:] - x[:-1], lambda x, n: x[::-2, 1:], lambda x, n: x[-1],
    lambda x, n: fg.reshape(x, [n * 2, -1]), lambda x, n: fg.zeros([n, 3]) + x[:, :1],
    lambda x, n: fg.tile(fg.constant([[1.0, 2.0]]), [n, 1]) * x[:, :1],
    lambda x, n: x / fg.cast(n, x.dtype), lambda x, n: fg.range(1, n + 1, 2),
    lambda x, n: fg.gather_nd(x, fg.stack([fg.range(n), fg.zeros([n], np.int32)], 1)),
    lambda x, n: fg.reshape(x, [fg.reduce_prod(fg.shape(x))]),
    lambda x, n: fg.pad(x, [[1, 2], [0, 0]]), lambda x, n: fg.slice(x, [1, 0], [n - 1, 2]),
    lambda x, n: fg.matmul(fg.ones([n, 3]), fg.ones([3, 2])) * x[:, :1],
    lambda x, n: fg.where(x[:, :1] > 0, x, fg.ones([n, 4])),
    lambda x, n: fg.one_hot(fg.range(n), 3) * x[:, :1],
    lambda x, n: fg.concat([x, fg.fill([n, 2], 7.0)], 1)])
def test_shapes_computed_of_shapes_need_no_stage(make, compiled):
    x = fg.placeholder(np.float64, [None, 4])
    y = make(x, fg.shape(x)[0])
    fetches = [y, *fg.gradients(y, [x])] if y.dtype == np.float64 else [y]
    fetches = [fg.convert_to_tensor(f) for f in fetches if f is not None]
    session = fg.Session()
    for n in (5, 7, 9, 33, 300, 4):
        feed = {x: np.random.default_rng(n).standard_normal((n, 4))}
        compare(session.run(fetches, feed), fg.Session().run(fetches, feed), n)
    mine = session._plans.values()
    assert len(mine) == 1 and not mine[0].sizes.pinned and not any(
        isinstance(p, session_module.Staging) for p in compiled)


def test_rows_of_a_table_are_trained_at_any_size(compiled):
    """The kernel that merges equal indices has a hash table of a power of two."""
    i = fg.placeholder(np.int32, [None])
    table = fg.Variable(np.ones((20, 3)))
    train = fg.train.AdagradOptimizer(0.1).minimize(
        fg.reduce_sum(fg.square(fg.gather(table, i))))
    session, other = fg.Session(), fg.Session()
    for n in (3, 5, 4, 17, 40, 2, 9):
        feed = {i: np.random.default_rng(n).integers(0, 20, n).astype(np.int32)}
        before = {v: v.value.copy() for v in fg.global_variables()}
        session.run(train, feed)
        after = [v.value.copy() for v in before]
        for v, value in before.items():
            v.load(value)
        other._plans.clear()
        other._forget()
        other.run(train, feed)
        for v, value in zip(before, after):
            np.testing.assert_array_equal(v.value, value)
    assert [p.sizes is None for p in session._plans.values()] == [False]


def test_a_watched_session():
    x = fg.placeholder(np.float64, [None])
    y, session = fg.log(x) + 1.0, fg.Session(check_numerics=True)
    for n in (3, 4, 9):
        session.run(y, {x: np.ones(n)})
    with pytest.raises(fg.errors.NumericsError, match=r"of shape \(6,\), first at \(5,\)"):
        session.run(y, {x: np.array([1.0, 1, 1, 1, 1, -1])})


def test_callables_and_fits():
    x = fg.placeholder(np.float64, [None, 3], name="x")
    w = fg.Variable(np.ones((3, 1)))
    loss = fg.reduce_mean(fg.square(fg.matmul(x, w) - 2.0))
    session = fg.Session()
    call = session.make_callable(loss, [x])
    for n in (4, 7, 9, 1, 0, 300):
        data = np.random.default_rng(n).standard_normal((n, 3))
        expected = np.square(data.sum(1) - 2).mean() if n else np.nan
        np.testing.assert_allclose(call(data), expected)
    train = fg.GradientDescentOptimizer(0.01).minimize(loss)
    data = np.random.default_rng(1).standard_normal((50, 3))
    for batch in (8, 7, 50, 13):                # with short last batches
        history = session.fit(train, {x: data}, batch_size=batch, epochs=2, fetches=[loss])
        assert history.steps == 2 * -(-50 // batch)
    for n in (8, 2, 30):
        session.run(train, {x: data[:n]})
