"""Optimizers: the compiled updates against their formulas, rows of lookups, slots, names."""

import numpy as np
import pytest

import fastgrad.compat.v1 as tf
from fastgrad import testing
from fastgrad.graph.opdef import OPS

OPTIMIZERS = {
    "sgd": lambda: tf.train.GradientDescentOptimizer(0.1),
    "momentum": lambda: tf.train.MomentumOptimizer(0.05, 0.9),
    "nesterov": lambda: tf.train.MomentumOptimizer(0.05, 0.9, use_nesterov=True),
    "adagrad": lambda: tf.train.AdagradOptimizer(0.2),
    "adadelta": lambda: tf.train.AdadeltaOptimizer(1.0),
    "rmsprop": lambda: tf.train.RMSPropOptimizer(0.02, momentum=0.5),
    "centered": lambda: tf.train.RMSPropOptimizer(0.02, centered=True),
    "adam": lambda: tf.train.AdamOptimizer(0.1),
    "ftrl": lambda: tf.train.FtrlOptimizer(0.2, l1_regularization_strength=0.01),
    "proximal": lambda: tf.train.ProximalGradientDescentOptimizer(0.1, 0.01, 0.02),
    "proximal_adagrad": lambda: tf.train.ProximalAdagradOptimizer(0.2, 0.1, 0.01, 0.02),
}


@pytest.fixture(autouse=True)
def fresh():
    tf.reset_default_graph()


def model():
    rng = np.random.RandomState(0)
    x = tf.placeholder(tf.float32, [None, 3])
    w, b = tf.Variable(rng.randn(3, 2).astype("f4"), name="w"), tf.Variable(tf.zeros([2]), name="b")
    loss = tf.reduce_mean(tf.square(tf.tanh(tf.matmul(x, w) + b) - 0.5))
    return loss, {x: rng.randn(8, 3).astype("f4")}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_step_is_compiled_and_lowers_the_loss(name):
    loss, feed = model()
    step = OPTIMIZERS[name]().minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first = session.run(loss, feed)
        kernels = session.plan(step, feed).kernels
        assert [k.step.type for k in kernels if k.symbol is None] == []
        for _ in range(20):
            session.run(step, feed)
        assert session.run(loss, feed) < first


@pytest.mark.parametrize("name", [n for n in OPTIMIZERS if not n.startswith("proximal")])
def test_compiled_update_agrees_with_its_reference(name):
    """One step from random slots: the kernel and the op's NumPy formula."""
    optimizer = OPTIMIZERS[name]()
    v = tf.Variable(np.linspace(-1, 1, 7), name="v")
    g = tf.placeholder(tf.float64, [7])
    step = optimizer.apply_gradients([(g, v)])
    node = next(o for o in tf.get_default_graph().get_operations() if o.op_type.startswith("apply_"))
    rng = np.random.RandomState(1)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        grad = rng.randn(7)
        for t in node._inputs[1:node.opdef.outputs]:
            t.load(rng.rand(7) + 0.5, session)
        operands = session.run(list(node._inputs), {g: grad})
        want = OPS[node.op_type].ref(*operands, **node.attrs)
        session.run(step, {g: grad})
        found = session.run(list(node._inputs[:node.opdef.outputs]))
    for a, b in zip(found, want if isinstance(want, (tuple, list)) else [want]):
        np.testing.assert_allclose(a, b, rtol=1e-10)


@pytest.mark.parametrize("name", [n for n in OPTIMIZERS if n not in ("adam", "proximal_adagrad")])
def test_lookup_gradients_leave_other_rows_alone(name):
    optimizer = OPTIMIZERS[name]()
    table = tf.Variable(np.arange(10.0, dtype="f4").reshape(5, 2), name="table")
    rows = tf.nn.embedding_lookup(table, [1, 3, 1])
    step = optimizer.minimize(tf.reduce_sum(tf.square(rows)))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        before = session.run(table)
        session.run(step)
        after = session.run(table)
    moved = (before != after).any(1)
    assert moved.tolist() == [False, True, False, True, False]


def test_slots_and_names():
    loss, _ = model()
    adam = tf.train.AdamOptimizer()
    adam.minimize(loss)
    assert [v.name for v in adam.variables()] == [
        "b/Adam:0", "b/Adam_1:0", "beta1_power:0", "beta2_power:0", "w/Adam:0", "w/Adam_1:0"]
    assert adam.get_slot_names() == ["m", "v"]
    assert adam.get_slot(tf.trainable_variables()[0], "v").name == "w/Adam_1:0"


def test_a_constraint_is_applied_after_the_update():
    v = tf.Variable([1.0, -2.0], constraint=lambda x: tf.clip_by_value(x, 0.0, 0.75))
    step = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(v))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(step)
        assert session.run(v).tolist() == [0.75, 0.0]


def test_metrics_run_over_batches():
    x, y = tf.placeholder(tf.int32, [None]), tf.placeholder(tf.int32, [None])
    value, update = tf.metrics.accuracy(x, y)
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        assert session.run(update, {x: [1, 2], y: [1, 1]}) == 0.5
        assert session.run(update, {x: [1, 1], y: [1, 1]}) == 0.75
        assert session.run(value) == 0.75


READERS = {"variable": lambda w: w, "identity": tf.identity, "value": lambda w: w.value(),
           "read_value": lambda w: w.read_value()}
UPDATES = {"descent": lambda w: tf.train.GradientDescentOptimizer(0.1).minimize(w * w),
           "adam": lambda w: tf.train.AdamOptimizer(0.5).minimize(w * w),
           "assign": lambda w: tf.assign(w, w - 1.0), "assign_add": lambda w: w.assign_add(1.0)}


@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("reader", READERS)
def test_a_variable_fetched_beside_its_update_is_the_updated_one(reader, update):
    # TensorFlow 1.15.5, 60 runs of 60: the fetch is the variable's own memory
    w = tf.Variable(5.0)
    fetch, train, double = READERS[reader](w), UPDATES[update](w), w * 2.0
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(3):
            before = session.run(w)
            twice, _, shown, again = session.run([double, train, fetch, w])
            assert shown == again == session.run(w) != before and twice == 2 * before


def test_the_slow_twin_shows_updated_variables_too():
    w = tf.Variable(5.0)
    fetches = [tf.identity(w), w, w * 2.0, w * 1.0, w.assign_sub(1.0)]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(fetches) == [4.0, 4.0, 10.0, 5.0, 4.0]
    given = {w: np.float32(5.0)}
    assert testing.reference(fetches, values=given, graph=w.graph) == [4.0, 4.0, 10.0, 5.0, 4.0]


def test_variables_to_train_come_in_any_collection():
    weights = {"a": tf.Variable(1.0), "b": tf.Variable(2.0), "c": tf.Variable(3.0)}
    loss = tf.add_n([w * w for w in weights.values()])
    trains = [tf.train.GradientDescentOptimizer(0.5).minimize(loss, var_list=chosen) for chosen in (
        {k: weights[k] for k in "a"}.values(), {"b": weights["b"]}, {weights["c"]})]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for train in trains:
            session.run(train)
        assert session.run(list(weights.values())) == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("quotient", [
    lambda i: i / (i + 1), lambda i: tf.truediv(i * i, 2), lambda i: tf.realdiv(1 / i, 2.0),
    lambda i: tf.unsorted_segment_mean(i, [0, 0], 1)], ids=["both", "number", "twice", "mean"])
def test_integers_that_are_divided_have_no_gradient(quotient):
    """TensorFlow casts them first, and a cast has none; here the rule met two dtypes and raised."""
    x, w = tf.placeholder(tf.float32, [2]), tf.Variable(2.0)
    share = tf.cast(quotient(tf.cast(x > 0, tf.int32) + 1), tf.float32)
    found = tf.gradients(tf.reduce_sum(share * w * x), [w, x])
    i = tf.placeholder(tf.int32, [2])
    assert tf.gradients(tf.reduce_sum(quotient(i)), i) == [None]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        dw, dx = session.run(found, {x: [-1.0, 3.0]})
        np.testing.assert_allclose(dx, 2 * session.run(share, {x: [-1.0, 3.0]}) * np.ones(2))
        np.testing.assert_allclose(dw, np.sum(dx * [-1.0, 3.0]) / 2, rtol=1e-6)


X = np.float32([[1, 2], [3, 5]])
ONE, OTHER = [[1, 1], [0, 1]], [[1, 1], [1, 0]]

WEIGHTED = {        # what TensorFlow 1.15 gave: weights without a last dimension are of the rows
    "rows": (lambda: tf.metrics.mean(X, weights=[1.0, 0.0]), 1.5),
    "columns": (lambda: tf.metrics.mean(X, weights=[[1.0, 0.0]]), 2.0),
    "one dimension more": (lambda: tf.metrics.mean([1.0, 2.0], weights=[[1.0], [0.0]]), 1.0),
    "counts": (lambda: tf.metrics.true_positives(ONE, OTHER, weights=[1.0, 0.0]), 2.0),
    "precision": (lambda: tf.metrics.precision(ONE, OTHER, weights=[0.0, 1.0]), 0.0),
    "accuracy": (lambda: tf.metrics.accuracy(ONE, OTHER, weights=[0.0, 1.0]), 0.0),
    "a column": (lambda: tf.metrics.accuracy([1, 0], [1, 1], weights=[[2.0], [1.0]]), 2 / 3),
    "each value": (lambda: tf.metrics.mean_tensor(X, weights=[1.0, 0.0]), [[1.0, 2.0], [0, 0]]),
}


@pytest.mark.parametrize("name", WEIGHTED)
def test_weights_of_metrics(name):
    make, want = WEIGHTED[name]
    _, update = make()
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        np.testing.assert_allclose(session.run(update), want, rtol=1e-6)


def test_weights_that_do_not_fit_a_metric():
    for weights in ([1.0, 0.0, 1.0], [[1.0, 2.0, 3.0]], [[[1.0, 0.0], [0.0, 1.0]]]):
        with pytest.raises(ValueError):
            tf.metrics.mean(X, weights=weights)
