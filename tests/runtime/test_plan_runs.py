"""How plans run: results that alias nothing, old values and new, stages, caches, large graphs."""

import resource
import sys

import numpy as np
import pytest
from child import run_python

import fastgrad as fg
from fastgrad.testing import reference


@pytest.fixture(autouse=True)
def fresh_graph():
    fg.reset_default_graph()


def random(*shape, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def node(*shape, dtype=np.float64):
    return fg.placeholder(dtype, shape)


# ---- results ----------------------------------------------------------------------------

@pytest.mark.parametrize("build", [
    lambda x, w: x, lambda x, w: w, lambda x, w: fg.identity(x), lambda x, w: fg.identity(w),
    lambda x, w: fg.reshape(x, [-1]), lambda x, w: fg.reshape(w, [2, 3]), lambda x, w: x + w,
    lambda x, w: fg.constant(np.ones(6)), lambda x, w: fg.broadcast_to(fg.constant(1.0), [6]),
    lambda x, w: fg.assign_add(w, x), lambda x, w: fg.assign(w, x), lambda x, w: x * 1.0],
    ids=range(12))
def test_results_alias_nothing(build):
    x, w = node(6), fg.Variable(random(6))
    y = build(x, w)
    session, value = fg.Session(), random(6, seed=1)
    first, again, both = (session.run(y, {x: value}), session.run(y, {x: value}),
                          session.run([y, y], {x: value}))
    arrays = [first, again, *both]
    before = [a.copy() for a in arrays]
    for i, a in enumerate(arrays):
        assert a.flags.writeable and a.flags.owndata or a.base is not value
        assert not np.shares_memory(a, value)
        assert not any(np.shares_memory(a, b) for b in arrays[:i])
    value[:] = 7
    w.load(np.zeros(6))
    session.run(y, {x: value})
    for a, b in zip(arrays, before):
        np.testing.assert_array_equal(a, b)
    first[...] = 99                                     # nor does writing one change the library
    assert not (session.run(w) == 99).any()


# ---- order of reading and writing -------------------------------------------------------

def test_variables_swap_in_one_run():
    a, b = fg.Variable([1.0, 2.0]), fg.Variable([3.0, 4.0])
    swap = fg.group(fg.assign(a, b), fg.assign(b, a))
    session = fg.Session()
    for expected in ([3, 4], [1, 2], [3, 4]):
        session.run(swap)
        np.testing.assert_array_equal(a.value, expected)
    np.testing.assert_array_equal(b.value, [1, 2])


def test_everything_reads_the_old_values():
    w = fg.Variable(2.0)
    loss = fg.square(w)
    train = fg.GradientDescentOptimizer(0.25).minimize(loss)
    session = fg.Session()
    assert session.run([loss, train, w, loss * 3.0]) == [4, None, 2, 12]
    assert session.run([w, loss]) == [1, 1]


def test_what_depends_on_an_update_sees_it():
    w = fg.Variable([1.0, 2.0])
    update = fg.assign_add(w, [10.0, 10.0])
    with fg.get_default_graph().control_dependencies([update]):
        after = fg.identity(w)
        total = fg.reduce_sum(w)
    found = fg.Session().run([w, update, after, total])
    for f, e in zip(found, ([1, 2], [11, 12], [11, 12], 23)):
        np.testing.assert_array_equal(f, e)


def test_control_dependencies_order_updates():
    w = fg.Variable(3.0)
    first = fg.assign_add(w, 1.0)
    with fg.get_default_graph().control_dependencies([first]):
        second = fg.assign(w, w * 10.0)
    session = fg.Session()
    assert session.run(second) == 40
    assert w.value == 40
    session.run(first)
    assert w.value == 41


def test_an_updates_value_is_that_of_its_moment():
    """Two updates of one variable: the first one's result is not the second one's."""
    w = fg.Variable([1.0])
    first = fg.assign(w, [5.0])
    used = first * 2.0
    with fg.get_default_graph().control_dependencies([first]):
        second = fg.assign_add(w, [1.0])
    found = fg.Session().run([first, used, second, w])
    for f, e in zip(found, reference([first, used, second, w], values={w: np.array([1.0])})):
        np.testing.assert_array_equal(f, e)
    np.testing.assert_array_equal(w.value, [6])


def test_groups_and_no_op():
    a, b = fg.Variable(1.0), fg.Variable(1.0)
    both = fg.group(fg.assign(a, 2.0), [fg.assign(b, 3.0)], fg.no_op())
    assert fg.Session().run([both, fg.no_op()]) == [None, None]
    assert (a.value, b.value) == (2, 3)


# ---- stages -----------------------------------------------------------------------------

class odd_ones(fg.Operation):
    """Its result's shape depends on values: no plan can foretell it."""

    def compute(self, x):
        return x[x % 2 == 1]


def test_operations_in_python_split_a_run_into_plans():
    x = node(4)
    h = fg.square(x) + 1.0
    picked = odd_ones(h)
    y = fg.reduce_sum(fg.tanh(picked)) + fg.reduce_sum(h)
    session = fg.Session()
    for value in ([2.0, 4.0, 6.0, 1.0], [0.0, 1.0, 2.0, 4.0]):
        feed = {x: np.array(value)}
        np.testing.assert_allclose(session.run(y, feed), reference(y, feed), rtol=1e-14)
    found = session.run([h, picked, y], feed)
    for f, e in zip(found, reference([h, picked, y], feed)):
        np.testing.assert_allclose(f, e, rtol=1e-14)
    with pytest.raises(ValueError, match="this run has no single plan: 'odd_ones'"):
        session.plan(y, feed)


def test_two_stages_one_behind_the_other():
    x = node(4)
    y = fg.reduce_sum(odd_ones(odd_ones(fg.square(x)) + 2.0))
    feed = {x: np.array([1.0, 2.0, 3.0, 5.0])}
    assert fg.Session().run(y, feed) == reference(y, feed) == 3 + 11 + 27


def test_a_shape_made_of_values():
    x, n = node(6), fg.placeholder(np.int64, (2,))
    y = fg.reshape(x, n * 1)
    session = fg.Session()
    for shape in ([2, 3], [3, 2], [6, 1]):
        assert session.run(y, {x: random(6), n: shape}).shape == tuple(shape)


def test_an_update_is_made_once_however_many_stages():
    w = fg.Variable(1.0)
    seen = odd_ones(fg.expand_dims(fg.identity(w), 0))
    update = fg.assign_add(w, fg.reduce_sum(seen))
    session = fg.Session()
    assert [float(session.run(update)) for _ in range(2)] == [2, 2]


# ---- caches -----------------------------------------------------------------------------

def test_the_plan_cache_is_bounded():
    code = ("import numpy as np, fastgrad as fg\n"
            "x = fg.placeholder(); y = x * 2.0; s = fg.Session()\n"
            "for n in range(40): s.run(x * float(n), {x: np.zeros(3)})\n"
            "print(len(s._plans))")
    found = run_python("-c", code, FASTGRAD_PLAN_CACHE="7")
    assert found.stdout.strip() == "7", found.stderr


def test_equal_runs_share_a_plan():
    x = node(None, 3)
    y, session = fg.reduce_sum(x), fg.Session()
    assert session.plan(y, {x: random(4, 3)}) is session.plan(y, {x: random(4, 3, seed=1)})
    assert session.plan(y, {x: random(4, 3)}) is not session.plan(y, {x: random(5, 3)})


def resident():
    with open("/proc/self/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * resource.getpagesize()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_10_000_feed_shapes_keep_memory_flat():
    """2,500 different shapes after as many for warming up: what is dropped is freed."""
    x = fg.placeholder(np.float64)
    y, session = fg.reduce_sum(x * 2.0), fg.Session()
    value = np.zeros(12000)
    for n in range(2500):
        session.run(y, {x: value[:n + 1]})
    before = resident()
    for n in range(2500, 5000):
        session.run(y, {x: value[:n + 1]})
    # 256 plans of up to 40 kB stay, of which half came since; leaks would be tens of MB
    assert resident() - before < 16e6
    assert len(session._plans) <= 256


def test_an_assign_that_changes_a_shape_drops_old_plans():
    w = fg.Variable(random(3), validate_shape=False)
    x = fg.placeholder(np.float64)
    session = fg.Session()
    total, update = fg.reduce_sum(w), fg.assign(w, x)
    session.run(total)
    w.load(np.ones(7))
    assert session.run(total) == 7


# ---- size -------------------------------------------------------------------------------

def test_a_chain_of_100_000_operations():
    """Forward and backward in one plan; nothing recurses, nothing is quadratic."""
    x = node(3)
    h = x
    for _ in range(50_000):
        h = fg.negative(h) * 1.00001
    g, = fg.gradients(h, [x])
    value = np.array([1.0, -2.0, 3.0])
    found, slope = fg.Session().run([h, g], {x: value})
    np.testing.assert_allclose(found, value * 1.00001 ** 50_000, rtol=1e-9)
    np.testing.assert_allclose(slope, np.full(3, 1.00001 ** 50_000), rtol=1e-9)


def test_a_wide_graph():
    x = node(4)
    terms = [x * float(i) for i in range(3000)]
    total = terms[0]
    for t in terms[1:]:
        total = total + t
    g, = fg.gradients(total, [x])
    np.testing.assert_allclose(fg.Session().run(g, {x: random(4)}), np.full(4, 2999 * 1500.0))


@pytest.mark.parametrize("make", [fg.add, fg.subtract, fg.multiply, fg.divide, fg.maximum, fg.less])
@pytest.mark.parametrize("shape", [(3, 1), (2, 3, 1), (3, 1, 1)])
def test_a_column_against_a_repeated_number(make, shape):
    """Rows long enough for a kernel to walk one by one; it repeats one side along them, not both."""
    x = fg.placeholder(np.float64, shape)
    feed = {x: np.random.default_rng(4).standard_normal(shape)}
    for length in (10, 31, 32, 600, 5000):
        number = fg.ones([1, length], np.float64) * 3.0
        fetches = [make(x, number), make(number, x)]
        for found, expected in zip(fg.Session().run(fetches, feed), reference(fetches, feed)):
            np.testing.assert_array_equal(found, expected)
