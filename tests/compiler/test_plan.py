"""What the compiler makes of graphs: every pass by itself, memory, and what a plan tells of itself.

How plans run (order of updates, stages, caches) is in test_plan_runs.py. Passes are tested by
what `explain()` prints or the plan's steps are, and by results that do not depend on them.
Whether results are right for graphs of any kind is the matter of test_fuzz.py.
"""

import numpy as np
import pytest

import fastgrad as fg
from fastgrad.compiler import plan as plan_module
from fastgrad.testing import reference
from fastgrad.runtime.streams import Streams


@pytest.fixture(autouse=True)
def fresh_graph():
    fg.reset_default_graph()


def random(*shape, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def plan(fetches, feed=None, off=()):
    """The Plan of a run with passes left out."""
    session = fg.Session()
    nodes = fetches if isinstance(fetches, list) else [fetches]
    nodes = [n.outputs[0] if hasattr(n, "compute") and n.outputs else n for n in nodes]
    feeds = {k: (np.asarray(v).dtype, np.shape(v)) for k, v in (feed or {}).items()}
    return plan_module.compile(nodes, feeds, session.store, off=frozenset(off), streams=Streams())


def kinds(fetches, feed=None, off=()):
    """The op types of the steps, in order, without the copies of results."""
    return [k.step.type for k in plan(fetches, feed, off).kernels]


def node(*shape, dtype=np.float64):
    return fg.placeholder(dtype, shape)


def test_unknown_pass_is_refused():
    x = node(2)
    with pytest.raises(ValueError, match="no pass is called 'fuze'; there are fold, share"):
        plan(x + 1.0, {x: random(2)}, off=["fuze"])


# ---- prune ------------------------------------------------------------------------------

def test_only_what_is_needed_runs():
    x = node(2)
    y = fg.exp(x)
    fg.log(x), fg.tanh(y)
    assert kinds(y, {x: random(2)}) == ["exp"]


def test_feeding_cuts_what_lies_behind():
    x = node(2)
    h = fg.exp(x)
    y = fg.tanh(h)
    assert kinds(y, {h: random(2)}) == ["tanh"]
    np.testing.assert_allclose(fg.Session().run(y, {h: [0.5, 1.0]}), np.tanh([0.5, 1.0]))


# ---- fold -------------------------------------------------------------------------------

def test_constants_fold():
    x = node(300)
    y = x + fg.exp(fg.constant(np.full(300, 2.0)) * 3.0)
    assert kinds(y, {x: random(300)}) == ["add"]
    assert kinds(y, {x: random(300)}, off=["fold"]) == ["multiply", "exp", "add"]


def test_shapes_of_fed_tensors_fold():
    """A shape is known when the plan is made, so that no step computes one."""
    x = fg.placeholder(np.float64)
    y = fg.tanh(x) / fg.cast(fg.size(x), np.float64)
    assert kinds(y, {x: random(3, 4)}) == ["tanh", "divide"]


def test_a_large_constant_is_left_to_run():
    many = fg.constant(np.ones(70000)) + fg.constant(np.arange(70000.0))
    assert kinds(many) == ["add"]


# ---- share ------------------------------------------------------------------------------

def test_equal_steps_are_shared():
    x = node(4)
    y = fg.exp(x) * fg.tanh(x) + fg.exp(x)
    assert sorted(kinds(y, {x: random(4)})) == ["add", "exp", "multiply", "tanh"]
    assert kinds(y, {x: random(4)}, off=["share"]).count("exp") == 2


def test_different_attributes_are_not_shared():
    x = node(3, 3)
    y = fg.reduce_sum(x, 0) + fg.reduce_sum(x, 1)
    assert kinds(y, {x: random(3, 3)}).count("reduce_sum") == 2


# ---- simplify ---------------------------------------------------------------------------

@pytest.mark.parametrize("build, expected", [
    (lambda x: fg.negative(fg.negative(fg.exp(x))), ["exp"]),
    (lambda x: fg.exp(x) * 1.0, ["exp"]),
    (lambda x: fg.exp(x) + 0.0, ["exp"]),
    (lambda x: fg.exp(x) - 0.0, ["exp"]),
    (lambda x: fg.exp(x) / 1.0, ["exp"]),
    (lambda x: x * -1.0, ["negative"]),
    (lambda x: fg.exp(x) - (-fg.tanh(x)), ["exp", "tanh", "add"]),
    (lambda x: fg.exp(x) + (-fg.tanh(x)), ["exp", "tanh", "subtract"]),
    (lambda x: x ** 2, ["square"]),
    (lambda x: x ** 3, ["square", "multiply"]),
    (lambda x: fg.square(-x), ["square"]),
    (lambda x: fg.reduce_sum(fg.reduce_sum(x, 1)), ["reduce_sum"]),
    (lambda x: fg.transpose(fg.transpose(fg.exp(x))), ["exp"]),
    (lambda x: fg.transpose(fg.transpose(x, (1, 0))) + 1.0, ["add"]),
    (lambda x: fg.reduce_sum(fg.expand_dims(x, 0)), ["reduce_sum"]),
], ids=lambda value: str(value) if isinstance(value, list) else "of")
def test_identities(build, expected):
    x = node(3, 4)
    value = random(3, 4)
    y = build(x)
    assert kinds(y, {x: value}) == expected
    assert kinds(y, {x: value}, off=["simplify"]) != expected or len(expected) == 1
    np.testing.assert_allclose(fg.Session().run(y, {x: value}), reference(y, {x: value}),
                               rtol=1e-13)


def test_an_identity_that_widens_the_shape_stays():
    """x * ones has the shape of ones, so it is no identity for a smaller x."""
    x = node(1, 3)
    y = x * fg.ones_like(fg.constant(np.zeros((4, 3))))
    assert fg.Session().run(y, {x: random(1, 3)}).shape == (4, 3)
    z = x + fg.zeros_like(fg.constant(np.zeros((4, 3))))
    assert fg.Session().run(z, {x: random(1, 3)}).shape == (4, 3)


# ---- stabilise --------------------------------------------------------------------------

@pytest.mark.parametrize("off", [(), plan_module.PASSES], ids=["all passes", "no passes"])
def test_log_of_softmax_is_stable_whatever_is_off(off):
    z = node(2, 3)
    y = fg.log(fg.softmax(z))
    g, = fg.gradients(fg.reduce_sum(y * np.array([1.0, 0.0, 0.0])), [z])
    feed = {z: np.array([[1e4, -1e4, 0.0], [0.0, 1e4, 1.0]])}
    made = plan([y, g], feed, off)
    found, slope = made.program.run([feed[z]])
    np.testing.assert_array_equal(found, [[0, -2e4, -1e4], [-1e4, 0, 1 - 1e4]])
    np.testing.assert_array_equal(slope, [[0, 0, 0], [1, -1, 0]])


# ---- fuse -------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh"])
def test_matmul_bias_activation_is_one_step(name):
    x, w, b = node(8, 3), node(3, 5), node(5)
    function = {"relu": fg.nn.relu, "sigmoid": fg.sigmoid, "tanh": fg.tanh}[name]
    feed = {x: random(8, 3), w: random(3, 5, seed=1), b: random(5, seed=2)}
    for y in (function(fg.matmul(x, w) + b), function(b + fg.matmul(x, w))):
        made = plan(y, feed)
        assert [k.step.type for k in made.kernels] == ["gemm"]
        assert f"+bias +{name}" in made.explain()
        assert kinds(y, feed, off=["fuse"]) == ["gemm", "add", name]
        np.testing.assert_allclose(fg.Session().run(y, feed), reference(y, feed), rtol=1e-13)


def test_a_product_that_is_used_twice_is_not_absorbed():
    x, w, b = node(8, 3), node(3, 5), node(5)
    h = fg.matmul(x, w)
    feed = {x: random(8, 3), w: random(3, 5), b: random(5)}
    assert kinds([fg.nn.relu(h + b), h], feed).count("gemm") == 1
    found = fg.Session().run([fg.nn.relu(h + b), h], feed)
    for f, e in zip(found, reference([fg.nn.relu(h + b), h], feed)):
        np.testing.assert_allclose(f, e, rtol=1e-13)


def tutorial_perceptron(n=20):
    x, c = node(n, 2), node(n, 2)
    w, b = fg.Variable(random(2, 2)), fg.Variable(random(2, seed=1))
    p = fg.softmax(fg.add(fg.matmul(x, w), b))
    loss = fg.negative(fg.reduce_sum(fg.reduce_sum(fg.multiply(c, fg.log(p)), axis=1)))
    train = fg.train.GradientDescentOptimizer(0.01).minimize(loss)
    feed = {x: random(n, 2, seed=2), c: np.eye(2)[np.arange(n) % 2]}
    return loss, train, feed, (w, b)


def test_the_tutorials_training_step():
    """Product with bias, one cross-entropy with its gradient, updates: and no NumPy steps."""
    loss, train, feed, _ = tutorial_perceptron()
    made = plan([loss, train], feed)
    found = [k.step.type for k in made.kernels]
    assert found.count("softmax_xent") == 1 and "softmax_xent_grad" not in found
    assert found.count("gemm") == 2 and "softmax" not in found and "log" not in found
    text = made.explain()
    assert "+bias" in text and "+gradient" in text and "+update" in text
    assert "numpy:" not in text, text


def test_the_gradient_is_never_stored():
    """W -= lr X^T g is one product into W."""
    x, w = node(50, 4), fg.Variable(random(4, 3))
    loss = fg.reduce_sum(fg.square(fg.matmul(x, w)))
    grad, = fg.gradients(loss, [w])
    train = fg.GradientDescentOptimizer(0.01).minimize(loss)
    feed = {x: random(50, 4)}
    assert "apply_gradient_descent" not in kinds(train, feed)
    assert plan(train, feed).explain().count("+update") == 1
    fetched = kinds([train, grad], feed)
    assert fetched.count("gemm") >= 2                  # fetching the gradient stores it
    values = {}
    expected = reference([train, loss, grad], feed, values)
    found = fg.Session().run([train, loss, grad], feed)
    for f, e in zip(found[1:], expected[1:]):
        np.testing.assert_allclose(f, e, rtol=1e-13)
    np.testing.assert_allclose(w.value, values[w], rtol=1e-13)


def test_a_product_with_an_updated_operand_is_not_moved():
    """The second layer's gradient needs the old W2, which the same run changes."""
    x = node(6, 3)
    w1, w2 = fg.Variable(random(3, 4)), fg.Variable(random(4, 2, seed=1))
    loss = fg.reduce_sum(fg.square(fg.matmul(fg.tanh(fg.matmul(x, w1)), w2)))
    train = fg.GradientDescentOptimizer(0.1).minimize(loss)
    values, feed = {}, {x: random(6, 3, seed=2)}
    session = fg.Session()
    for _ in range(3):
        reference(train, feed, values)
        session.run(train, feed)
    for w in (w1, w2):
        np.testing.assert_allclose(w.value, values[w], rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float16", "int32"])
def test_dtypes_without_kernels_are_not_fused(dtype):
    x, w, b = (fg.placeholder(dtype) for _ in range(3))
    y = fg.nn.relu(fg.matmul(x, w) + b)
    feed = {x: np.ones((2, 3), dtype), w: np.ones((3, 2), dtype), b: np.ones(2, dtype)}
    np.testing.assert_array_equal(fg.Session().run(y, feed), np.full((2, 2), 4, dtype))


# ---- in place and the arena -------------------------------------------------------------

def test_in_place_marks():
    x = node(100)
    y = fg.tanh(fg.exp(fg.negative(x)) + 1.0) * 2.0
    feed = {x: random(100)}
    marked = plan([fg.reduce_sum(y)], feed, off=["fuse"]).explain()
    assert marked.count("in place") >= 3
    assert plan([fg.reduce_sum(y)], feed, off=["inplace", "fuse"]).explain().count(
        "in place") == 0


def test_a_fed_array_is_never_worked_on_in_place():
    x = node(100)
    value = random(100)
    before = value.copy()
    fg.Session().run(fg.reduce_sum(fg.negative(x)), {x: value})
    np.testing.assert_array_equal(value, before)


def test_a_value_that_is_read_later_is_not_overwritten():
    x = node(50)
    h = fg.exp(x)
    y = fg.reduce_sum(fg.negative(h) * fg.tanh(h) + h)
    feed = {x: random(50)}
    np.testing.assert_allclose(fg.Session().run(y, feed), reference(y, feed), rtol=1e-13)


def live_peak(made):
    """The most bytes of arena memory that are live at once, by the lifetimes of storages."""
    storages = {v.storage for s in made.steps for v in s.outs if v.storage.kind == "arena"}
    return max(sum(-(-s.bytes // 64) * 64 for s in storages if s.first <= i <= s.last)
               for i in range(len(made.steps)))


@pytest.mark.parametrize("depth", [3, 30])
def test_the_arena_is_as_large_as_the_peak(depth):
    """First fit in order of use: a chain needs two layers, whatever its depth."""
    x = node(64, 64)
    h = x
    for i in range(depth):
        h = fg.matmul(h, fg.constant(random(64, 64, seed=i)))
    made = plan(fg.reduce_sum(h), {x: random(64, 64)})
    assert live_peak(made) <= made.arena_bytes <= 3 * 64 * 64 * 8
    assert made.arena_bytes <= 1.25 * live_peak(made)


def test_live_values_never_overlap():
    x = node(20)
    terms = [fg.exp(x * float(i)) for i in range(6)]
    y = fg.reduce_sum(terms[0] * terms[5]) + fg.reduce_sum(terms[1] / terms[4]) * \
        fg.reduce_sum(terms[2] - terms[3])
    made = plan(y, {x: random(20)})
    storages = list({v.storage for s in made.steps for v in s.outs if v.storage.kind == "arena"})
    for i, a in enumerate(storages):
        assert a.offset % 64 == 0
        for b in storages[:i]:
            together = a.first <= b.last and b.first <= a.last
            assert not together or a.offset + a.bytes <= b.offset or b.offset + b.bytes <= a.offset


# ---- what a plan tells ------------------------------------------------------------------

def test_explain_has_a_line_for_each_step():
    loss, train, feed, _ = tutorial_perceptron()
    made = fg.Session().plan([loss, train], feed)
    lines = made.explain().splitlines()
    assert lines[0].split()[:4] == ["step", "kernel", "result", "operands"]
    assert len(lines) == len(made.kernels) + 2
    assert lines[-1].startswith(f"{len(made.kernels)} steps, arena {made.arena_bytes} bytes")
    assert sum("test_plan.py:" in line for line in lines) >= len(made.kernels) - 1


def test_profile_adds_times():
    loss, train, feed, _ = tutorial_perceptron()
    text = fg.Session().plan([loss, train], feed).profile(feed, repeat=3)
    assert "GFLOP/s" in text.splitlines()[0] and text.splitlines()[-1].endswith(" us")
