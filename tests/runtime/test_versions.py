"""What a run computes from a variable depends on which writes came before: values have versions."""

import contextlib
import functools
import unittest.mock

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad.compiler import plan
from fastgrad import testing
from fastgrad.runtime import session as session_module
from fastgrad.flow.py_func import py_func
from fastgrad.graph.opdef import OPS


@pytest.fixture(autouse=True)
def graph():
    """A graph of each test's own."""
    with fg.Graph().as_default() as made:
        yield made


@pytest.fixture
def tf_graph():
    with tf.Graph().as_default() as made:
        yield made


def after(*nodes):
    """Order what is made inside after `nodes`."""
    nodes = [n for n in nodes if n is not None]
    return nodes[0].graph.control_dependencies(nodes) if nodes else contextlib.nullcontext()


def both(fetches, variables=()):
    """What a run gives, from initial values; the interpreter must give the same, and every pass
    that can be left out must not matter. Final values of `variables` are looked at too."""
    graph = fg.get_default_graph()
    initial = {v: np.array(v.value) for v in fg.global_variables()}
    values = {}
    slow = testing.reference(fetches, values=values, graph=graph)
    ends = [values.get(v, initial[v]) for v in variables]
    found = None
    for off in [frozenset(), *(frozenset([p]) for p in plan.PASSES), frozenset(plan.PASSES)]:
        for v, x in initial.items():
            v.value = x
        compile_ = functools.partial(plan.compile, off=off)
        with unittest.mock.patch.object(session_module, "compile", compile_):
            found = fg.Session().run(fetches)
        for a, b in zip(found, slow):
            assert (a is None) == (b is None)
            np.testing.assert_allclose(0 if a is None else a, 0 if b is None else b, rtol=1e-6,
                                       err_msg=str(off))
        for v, end in zip(variables, ends):
            np.testing.assert_allclose(v.value, end, rtol=1e-6, err_msg=str(off))
    return [np.asarray(f).tolist() for f in found]


def increments(v, expression, count):
    """The expression before and after each of `count` ordered increments."""
    outs = [expression(v)]
    for _ in range(count):
        with after(outs[-1]):
            up = v.assign_add(np.ones(v.shape.as_list()))
        with after(up):
            outs.append(expression(v))
    return outs


EXPRESSIONS = {
    "scaled": lambda v: v * 1.5, "passed on": fg.identity, "read": lambda v: v.read_value(),
    "plus zero": lambda v: v + 0.0, "summed": fg.reduce_sum, "reshaped": lambda v: fg.reshape(v, [-1]),
    "a view of a view": lambda v: fg.reshape(fg.expand_dims(v, 0), [1, -1]) * 2.0,
    "stopped": fg.stop_gradient, "deeper": lambda v: fg.tanh(fg.exp(v * 0.1) - v),
    "twice": lambda v: fg.stack([v.read_value(), v * 1.0]),
}


@pytest.mark.parametrize("shape", [(), (3,), (2, 2)])
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_has_a_value_for_each_version(name, shape):
    v = fg.Variable(np.ones(shape))
    outs = increments(v, EXPRESSIONS[name], 3)
    found = both(outs, [v])
    first = np.asarray(both([EXPRESSIONS[name](fg.Variable(np.ones(shape)))])[0])
    for i, value in enumerate(found):
        expected = both([EXPRESSIONS[name](fg.Variable(np.ones(shape) + i))])[0]
        np.testing.assert_allclose(value, expected)
    assert first.tolist() == found[0]


def test_a_chain_of_ordered_updates_with_one_constant():
    v, k = fg.Variable(0.0), fg.constant(1.0)
    last = None
    for _ in range(20):
        with after(last):
            last = v.assign(v * 2 + k)
    assert both([last], [v]) == [2.0 ** 20 - 1]


def test_a_matrix_squared_three_times():
    m = fg.Variable([[1.0, 1.0], [0.0, 1.0]])
    last = None
    for _ in range(3):
        with after(last):
            last = m.assign(m @ m)
    assert both([last], [m]) == [[[1, 8], [0, 1]]]


def test_versions_of_two_variables_are_told_apart():
    n, w = fg.Variable(0.0), fg.Variable(4.0)
    with after(n.assign_add(1.0)):
        a = fg.tanh(w.read_value()) * 1
        u = w.assign(a + 1)
    with after(u):
        b = fg.tanh(w.read_value()) * 1
    found = both([a, b], [n, w])
    np.testing.assert_allclose(found, [np.tanh(4), np.tanh(np.tanh(4) + 1)])


@pytest.mark.parametrize("library", [fg, tf])
def test_losses_around_training_steps_in_one_run(library):
    with library.Graph().as_default():
        w = library.Variable(np.float32(1.0))
        losses, optimizer = [library.square(w - 3.0)], library.train.GradientDescentOptimizer(0.25)
        for _ in range(3):
            with after(losses[-1]):
                step = optimizer.minimize(library.square(w - 3.0))
            with after(step):
                losses.append(library.square(w - 3.0))
        with library.Session() as session:
            session.run(library.global_variables_initializer())
            assert session.run(losses) == [4, 1, 0.25, 0.0625]


def test_steps_of_a_net_in_one_run_are_those_of_several():
    def net():
        rng = np.random.default_rng(4)
        x, y = rng.standard_normal((2, 20, 3))
        w, b = fg.Variable(rng.standard_normal((3, 3))), fg.Variable(np.zeros(3))

        def loss():
            return fg.reduce_mean(fg.square(fg.tanh(x @ w + b) - y))
        return w, b, loss
    for make in (lambda: fg.train.GradientDescentOptimizer(0.3), lambda: fg.train.AdamOptimizer(0.1),
                 lambda: fg.train.MomentumOptimizer(0.1, 0.9)):
        with fg.Graph().as_default():
            w, b, loss = net()
            steps, losses, optimizer = [], [], make()
            for _ in range(3):
                with after(*steps[-1:]):
                    losses.append(loss())
                    steps.append(optimizer.minimize(losses[-1]))
            found = fg.Session().run([losses[0], steps[-1], losses[2]])
            together = [w.value, b.value]
        with fg.Graph().as_default():
            w, b, loss = net()
            value, train = loss(), make()
            train = train.minimize(value)
            session = fg.Session()
            one_by_one = [session.run([value, train])[0] for _ in range(3)]
            np.testing.assert_allclose([found[0], found[2]], [one_by_one[0], one_by_one[2]])
            np.testing.assert_allclose(together[0], w.value)
            np.testing.assert_allclose(together[1], b.value)


def test_results_of_updates_are_values():
    v = fg.Variable([1.0, 2.0])
    first = v.assign_add([1.0, 1.0])
    seen = first * 1.0
    with after(first):
        second = v.assign(fg.reshape(first, [2]) * 10.0)
    with after(second):
        third = v.assign_sub([5.0, 5.0])
        late = fg.reshape(first, [1, 2])
    assert both([first, seen, second, third, late], [v]) == [
        [2, 3], [2, 3], [20, 30], [15, 25], [[2, 3]]]


def test_two_variables_are_swapped():
    a, b = fg.Variable([1.0, 2.0]), fg.Variable([3.0, 4.0])
    both([a.assign(b), b.assign(a)], [a, b])
    assert (a.value.tolist(), b.value.tolist()) == ([3, 4], [1, 2])


def test_rows_of_a_variable_are_moved_within_it(tf_graph):
    v = tf.Variable([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    u = tf.Variable(np.arange(4, dtype=np.float32))
    moved = tf.scatter_update(v, [2, 0, 1], v)
    added = tf.scatter_add(u, [1, 2, 3, 0], tf.reshape(u, [4]))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(moved).tolist() == [[2, 2], [3, 3], [1, 1]]
        assert session.run(added).tolist() == [3, 1, 3, 5]


def test_a_slot_may_be_the_gradient_of_its_own_variable():
    w, a = fg.Variable(np.ones(40)), fg.Variable(np.full(40, 2.0))
    step = fg.train.MomentumOptimizer(1.0, 0.5)
    op = step.apply_gradients([(w * 1.0, w)])
    both([op, a.assign(w), w], [w])
    slot = step.get_slot(w, "momentum")
    both([step.apply_gradients([(slot.read_value(), w)])], [w, slot])
    both([step.apply_gradients([(w.read_value(), w)])], [w, slot])


@pytest.mark.parametrize("where", ["before", "after", "beside"])
def test_a_read_in_tensorflows_graph_is_a_value_where_it_is_ordered(where, tf_graph):
    v = tf.Variable([1.0])
    if where == "after":
        up = v.assign_add([1.0])
        with after(up):
            read = tf.identity(v.read_value())
            with after(read):
                up = v.assign_add([1.0])
    else:
        read = v.read_value()
        with after(read if where == "before" else None):
            up = v.assign_add([1.0])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run([read, up])[0] == {"before": 1, "after": 2, "beside": 2}[where]
    assert testing.reference([read, up], values={v: np.float32([1.0])}, graph=v.graph)[0] == {
        "before": 1, "after": 2, "beside": 2}[where]


def test_a_long_chain_of_versions_compiles():
    v = fg.Variable(0.0)
    last = None
    for _ in range(3000):
        with after(last):
            last = v.assign_add(1.0)
    assert fg.Session().run([v * 1.0, last]) == [0, 3000]


def passed_on(*inputs):
    """The sum of the inputs, by Python: shapes behind it are not known before it has run."""
    return py_func(lambda *arrays: np.asarray(sum(arrays)), list(inputs), np.float64)


def test_reads_keep_their_versions_across_stages():
    v, u = fg.Variable(1.0), fg.Variable(10.0)
    old, behind_old = v * 1.5, passed_on(u * 1.0) * v
    given_old = passed_on(v)
    up = v.assign_add(1.0)
    given_new = passed_on(up, v)
    with after(up):
        between = passed_on(fg.constant(3.0))
        new, given_later = v * 1.5, passed_on(v)
    with after(between, new):
        last = v.assign_add(v * 10.0)
    with after(last):
        newest = between * v
    nodes = [old, behind_old, given_old, v * 1.0, v, up, given_new, between, new, given_later, last,
             newest]
    right = [1.5, 10, 1, 1, 1, 2, 4, 3, 3, 2, 22, 66]
    for chosen in (slice(None), [0, 7], [1, 11], [3, 11], [2, 6], [4, 9], [8, 11], [10, 4]):
        places = list(range(len(nodes)))[chosen] if isinstance(chosen, slice) else chosen
        v.value = 1.0
        found = fg.Session().run([nodes[i] for i in places])
        assert [float(x) for x in found] == [right[i] for i in places], places


def test_a_branch_reads_what_is_there_when_it_runs():
    v = fg.Variable(1.0)
    up = v.assign_add(1.0)
    with after(up):
        chosen = fg.cond(fg.constant(True), lambda: v * 10.0, lambda: v * 0.0)
    old = v * 1.0
    with after(chosen):
        end = v.assign_add(1.0)
    assert fg.Session().run([old, chosen, end]) == [1, 20, 3]


def test_every_operation_on_a_ref_says_that_it_writes():
    assert {t for t, d in OPS.items() if d.writes} == {
        t for t, d in OPS.items() if d.tensors[:1] == ("ref",)}


def test_an_assignment_of_another_shape_is_a_write_like_any_other(tf_graph):
    v = tf.Variable([1.0, 2.0], validate_shape=False)
    u = tf.Variable([5.0, 6.0, 7.0])
    old = v * 10.0
    with after(tf.assign(v, u, validate_shape=False)):
        new, last = v * 10.0, v.assign_add([1.0, 1.0, 1.0])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for found, right in zip(session.run([old, new, last]), [[10, 20], [50, 60, 70], [6, 7, 8]]):
            assert found.tolist() == right
