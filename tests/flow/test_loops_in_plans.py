"""Loops, branches and arrays as parts of a plan: what a session promises of any other plan."""

import gc
import signal
import threading
import time
import weakref

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad.compiler.layout.nests import every


@pytest.fixture(autouse=True)
def graph():
    with fg.Graph().as_default() as made:
        yield made


def counted(n, body=lambda i: i + 1):
    return fg.while_loop(lambda i: i < n, body, [fg.constant(0)])


def kernels(*fetches, feed=None):
    return [k.symbol for k in every(fg.Session().plan(list(fetches), feed).kernels)]


# ---- what is part of a plan -------------------------------------------------------------

def test_a_plan_shows_blocks():
    x = fg.placeholder(fg.float32, [4])
    y = fg.cond(x[0] > 0.0, lambda: fg.tanh(x), lambda: counted_twice(x))
    text = fg.Session().plan(y, {x: np.ones(4, "f4")}).explain()
    rows = [" ".join(line[6:40].split()) for line in text.split("\n")]
    names = ["branch", "if:", "else:", "loop", "start:", "while:", "turn:"]
    assert [n for r in rows for n in names if r.startswith(n)] == [
        "branch", "if:", "else:", "loop", "start:", "while:", "turn:"]
    assert "    turn:" in text


def counted_twice(x):
    return fg.while_loop(lambda i, v: i < 2, lambda i, v: (i + 1, v * 0.5), [0, x])[1]


def test_what_is_the_same_in_every_turn_leaves_the_loop():
    x, w = fg.placeholder(fg.float64, [3, 3]), fg.Variable(np.eye(3))
    y = fg.while_loop(lambda i, v: i < 4,
                      lambda i, v: (i + 1, v + fg.tanh(fg.matmul(x, w))), [0, x])[1]
    plan = fg.Session().plan(y, {x: np.ones((3, 3))})
    loop = next(k for k in plan.kernels if k.blocks)
    turn = [k.symbol for k in loop.blocks[2]]
    assert [s for s in turn if s.startswith("add")] and not [s for s in turn if "gemm" in s]
    assert any("gemm" in k.symbol for k in plan.kernels)


def test_a_shape_that_changes_runs_turn_by_turn():
    x = fg.placeholder(fg.float64, [None])
    y = fg.while_loop(lambda i, v: i < 2, lambda i, v: (i + 1, fg.concat([v, v], 0)), [0, x],
                      shape_invariants=[fg.TensorShape([]), fg.TensorShape([None])])[1]
    session = fg.Session()
    with pytest.raises(ValueError, match="no single plan"):
        session.plan(y, {x: [1.0]})
    assert session.run(y, {x: [1.0]}).tolist() == [1, 1, 1, 1]


def test_python_in_a_turn():
    """The loop runs turn by turn, and so does what its gradient needs."""
    calls = []

    def double(a):
        calls.append(a)
        return a * 2.0
    x = fg.placeholder(fg.float64, [])
    y = fg.while_loop(lambda i, v: i < 3,
                      lambda i, v: (i + 1, fg.py_func(double, [v], fg.float64) * 0.5 + v * x),
                      [0, x])[1]
    slope = fg.gradients(y, x)[0]
    assert fg.Session().run([y, slope], {x: 0.5}) == [pytest.approx(0.5 * 1.5 ** 3),
                                                     pytest.approx(0.875 + 1.5 * 0.5)] or calls
    assert len(calls) == 3


def test_an_inner_loop_and_arrays_are_parts_too():
    x = fg.placeholder(fg.float64, [5, 2])
    y = fg.scan(lambda a, r: fg.while_loop(lambda j, v: j < 2, lambda j, v: (j + 1, v * a + r),
                                           [0, r])[1], x[1:], x[0])
    found = kernels(y, fg.gradients(y, x)[0], feed={x: np.ones((5, 2))})
    assert found and None not in found


# ---- failures, interrupts, checks -------------------------------------------------------

def test_a_turn_that_fails_leaves_variables_as_they_were():
    v, n = fg.Variable(1.0), fg.placeholder(fg.int32, [])

    def body(i):
        with fg.control_dependencies([fg.assign_add(v, 1.0)]):
            return i + fg.gather(fg.constant([1, 1, 1], fg.int32), i)
    out = fg.while_loop(lambda i: i < n, body, [fg.constant(0, fg.int32)])
    session = fg.Session()
    assert session.run(out, {n: 2}) == 2 and v.value == 3.0
    with pytest.raises(fg.errors.InvalidArgumentError, match=r"gather.*index 3.*\[0, 3\)"):
        session.run(out, {n: 9})
    assert v.value == 3.0
    assert session.run(out, {n: 1}) == 1 and v.value == 4.0


def test_numbers_are_checked_in_turns():
    x = fg.placeholder(fg.float64, [])
    y = fg.while_loop(lambda i, v: i < 5, lambda i, v: (i + 1, fg.log(v)), [0, x])[1]
    session = fg.Session(check_numerics=True)
    assert np.isfinite(session.run(fg.identity(x), {x: 3.0}))
    with pytest.raises(fg.errors.InvalidArgumentError, match="log.*NaN"):
        session.run(y, {x: 3.0})


def test_ctrl_c_in_a_loop():
    """Within 100 ms, and the variables are as they were."""
    v = fg.Variable(0.0)

    def body(i):
        with fg.control_dependencies([fg.assign_add(v, 1.0)]):
            return fg.identity(i)
    out = fg.while_loop(lambda i: i < 1, body, [fg.constant(0)])
    session, late = fg.Session(), []

    def press():
        late.append(time.monotonic())
        signal.raise_signal(signal.SIGINT)
    timer = threading.Timer(0.05, press)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        session.run(out)
    assert time.monotonic() - late[0] < 1.0
    timer.join()
    assert v.value == 0.0


def test_another_thread_runs_meanwhile():
    """A loop does not keep the interpreter's lock."""
    long, seen = counted(30_000_000), []

    def look():
        for _ in range(5):
            seen.append(time.monotonic())
            time.sleep(0.001)
    thread = threading.Thread(target=look)
    session = fg.Session()
    began = time.monotonic()
    thread.start()
    assert session.run(long) == 30_000_000
    ended = time.monotonic()
    thread.join()
    assert sum(began < t < ended for t in seen) >= 2


# ---- variables and draws ----------------------------------------------------------------

def test_a_turn_sees_what_the_turn_before_wrote():
    v = fg.Variable(1.0)

    def body(i, s):
        before = v * 1.0
        with fg.control_dependencies([before, fg.assign(v, v * 2.0)]):
            return i + 1, s * 10.0 + before
    s = fg.while_loop(lambda i, s: i < 4, body, [0, 0.0])[1]
    session = fg.Session()
    assert None not in kernels(s)
    assert session.run(s) == 1248 and v.value == 16.0


def test_a_branch_that_is_not_taken_changes_nothing():
    p, a, b = fg.placeholder(fg.bool, []), fg.Variable(0.0), fg.Variable(0.0)
    r = fg.cond(p, lambda: fg.assign_add(a, 1.0), lambda: fg.assign_add(b, 10.0))
    after = fg.while_loop(lambda i: i < 3, lambda i: fg.cond(
        i < 1, lambda: i + fg.cast(fg.assign_add(a, 1.0) * 0.0, i.dtype) + 1, lambda: i + 1), [0])
    session = fg.Session()
    assert [session.run(r, {p: v}) for v in (True, False, True)] == [1, 10, 2]
    assert session.run(after) == 3 and (a.value, b.value) == (3.0, 10.0)


def test_each_turn_draws_anew():
    rows = fg.map_fn(lambda _: fg.random_uniform([2], seed=1), fg.placeholder(fg.float64, [None]))
    x = rows.graph.placeholders[0]
    first, second = (fg.Session().run(rows, {x: np.zeros(6)}) for _ in range(2))
    assert len(np.unique(first)) == 12 and first.tolist() == second.tolist()


def test_a_gradient_of_what_may_not_be_done_twice():
    """The branch that runs is the only one that does something, in gradients too."""
    p, x, v = fg.placeholder(fg.bool, []), fg.placeholder(fg.float64, []), fg.Variable(0.0)

    def taken():
        with fg.control_dependencies([fg.assign_add(v, 1.0)]):
            return fg.exp(x * 2.0) * 1.0
    y = fg.cond(p, taken, lambda: fg.gather(fg.stack([x, x]), fg.cast(x, fg.int32)) * 3.0)
    slope = fg.gradients(y, x)[0]
    session = fg.Session()
    assert session.run([y, slope], {p: True, x: 5.0}) == [pytest.approx(np.exp(10)),
                                                         pytest.approx(2 * np.exp(10))]
    assert v.value == 1.0
    assert session.run([y, slope], {p: False, x: 1.0}) == [3.0, 3.0] and v.value == 1.0


def test_no_gradient_of_a_gradient_through_tapes():
    x = fg.placeholder(fg.float64, [])
    y = fg.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * x), [0, x])[1]
    assert fg.gradients(fg.gradients(y, x)[0], x)[0] is None


# ---- training ---------------------------------------------------------------------------

def test_fit_runs_loops():
    random = np.random.default_rng(0)
    xs, ys = random.standard_normal((64, 3)), random.standard_normal((64, 2))
    x, y = fg.placeholder(fg.float64, [None, 3]), fg.placeholder(fg.float64, [None, 2])
    w, u = fg.Variable(np.ones((3, 2)) * 0.1), fg.Variable(np.eye(2) * 0.5)
    h = fg.while_loop(lambda i, h: i < 3, lambda i, h: (i + 1, fg.tanh(fg.matmul(h, u))),
                      [0, fg.matmul(x, w)])[1]
    loss = fg.reduce_mean(fg.square(h - y))
    train = fg.train.GradientDescentOptimizer(0.5).minimize(loss)
    start = [w.value.copy(), u.value.copy()]
    session = fg.Session()
    session.fit(train, {x: xs, y: ys}, epochs=2, batch_size=16, shuffle=False)
    fitted = [w.value.copy(), u.value.copy()]
    w.value, u.value = start
    for _ in range(2):
        for i in range(0, 64, 16):
            session.run(train, {x: xs[i:i + 16], y: ys[i:i + 16]})
    for f, v in zip(fitted, (w, u), strict=True):
        np.testing.assert_allclose(f, v.value, rtol=1e-12)


@pytest.mark.parametrize("threads", [1, 2])
def test_large_turns(threads):
    """Among them a loop between steps that a team shares."""
    random = np.random.default_rng(0)
    x0, w0 = random.standard_normal((300, 64)), random.standard_normal((64, 64)) * 0.1
    x, w = fg.placeholder(fg.float64, [300, 64]), fg.Variable(w0)
    h = fg.while_loop(lambda i, h: i < 3, lambda i, h: (i + 1, fg.tanh(fg.matmul(h, w))),
                      [0, fg.tanh(fg.matmul(x, w))])[1]
    y = fg.matmul(h, w)
    e = np.tanh(x0 @ w0)
    for _ in range(3):
        e = np.tanh(e @ w0)
    found = fg.Session(num_threads=threads).run([y, *fg.gradients(y, [x, w])], {x: x0})
    np.testing.assert_allclose(found[0], e @ w0, rtol=1e-10, atol=1e-12)
    assert all(np.isfinite(f).all() for f in found)


def test_bad_loops_of_tensorflow():
    with tf.Graph().as_default():
        zeros = tf.zeros([2])
        for body in (lambda i, y: (i + 1, tf.concat([y, y], 0)), lambda i, y: i + 1,
                     lambda i, y: (tf.cast(i, tf.float32), y)):
            with pytest.raises(ValueError):
                tf.while_loop(lambda i, y: i < 2, body, [0, zeros])


def test_a_graph_with_loops_is_freed_without_the_collector():
    def used():
        with fg.Graph().as_default() as g:
            x, v = fg.placeholder(fg.float64, [5, 2]), fg.Variable(1.0)
            y = fg.scan(lambda a, r: fg.cond(fg.reduce_sum(r) > 0, lambda: a * r * v,
                                             lambda: counted_twice(a)), x[1:], x[0])
            grown = fg.while_loop(lambda i, q: i < 2, lambda i, q: (i + 1, fg.concat([q, q], 0)),
                                  [0, fg.placeholder_with_default(x, [None, 2])])[1]
            session = fg.Session()
            session.run([y, *fg.gradients(y, [x, v])], {x: np.ones((5, 2))})
            session.run(grown, {x: np.ones((5, 2))})
            return weakref.ref(g)
    gc.disable()
    try:
        assert used()() is None
    finally:
        gc.enable()


def test_one_plan_serves_loops_of_all_lengths():
    random = np.random.default_rng(0)
    x, w = fg.placeholder(fg.float64, [None, None, 3]), fg.Variable(random.standard_normal((7, 4)))
    h = fg.scan(lambda h, e: fg.tanh(fg.matmul(fg.concat([e, h], 1), w)), x,
                fg.zeros([fg.shape(x)[1], 4], fg.float64))
    m = fg.map_fn(lambda r: fg.reduce_sum(r * r, 0), x)
    loss = fg.reduce_mean(fg.square(h)) + fg.reduce_sum(fg.square(m))
    fetches = [loss, *fg.gradients(loss, [w, x])]
    session = fg.Session()
    for i in range(24):
        value = random.standard_normal((*random.integers(1, 20, 2), 3))
        found = session.run(fetches, {x: value})
        if i % 4 == 0:
            for f, e in zip(found, fg.Session().run(fetches, {x: value}), strict=True):
                np.testing.assert_allclose(f, e, rtol=1e-9, atol=1e-12)
    assert len(session._plans) <= 4
