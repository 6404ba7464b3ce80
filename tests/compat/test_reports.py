"""What users of graph libraries reported, as tests: each a program that computed, or said,
something else than was written, here or elsewhere.
"""

import collections
import os
import select
import threading

import numpy as np
import pytest

import fastgrad.compat.v1 as tf


@pytest.fixture(autouse=True)
def session():
    tf.reset_default_graph()
    with tf.Session() as session:
        yield session


def start(session):
    session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])


def near(found, expected, rtol=1e-5, atol=1e-6):
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)


# ---- cond -------------------------------------------------------------------------------

def test_only_what_is_made_inside_a_branch_is_conditional(session):
    p = tf.placeholder(tf.bool, [])
    a, b, c = (tf.Variable(0.0) for _ in range(3))

    def branch(counter, value):
        with tf.control_dependencies([counter.assign_add(1.0)]):
            return c.assign(value)
    chosen = tf.cond(p, lambda: branch(a, 2.0), lambda: branch(b, 3.0))
    start(session)
    for taken, after in ((True, [1, 0, 2]), (False, [1, 1, 3]), (True, [2, 1, 2])):
        assert session.run(chosen, {p: taken}) == after[2]
        assert session.run([a, b, c]) == after


@pytest.mark.parametrize("taken", [True, False])
def test_what_is_made_outside_and_a_branch_depends_on_runs_either_way(taken, session):
    p = tf.placeholder(tf.bool, [])
    u, w, n = tf.Variable(1.0), tf.Variable(1.0), tf.Variable(0)
    sets = u.assign(2.0), w.assign(3.0)
    counted = tf.group(n.assign_add(1))

    def after(change, v):
        with tf.control_dependencies([change, counted]):
            return v.read_value()
    chosen = tf.cond(p, lambda: after(sets[0], u), lambda: after(sets[1], w))
    start(session)
    assert session.run(chosen, {p: taken}) == (2 if taken else 3)
    assert session.run([u, w, n]) == [2, 3, 1]
    alone = tf.cond(p, lambda: counted, lambda: tf.no_op())
    session.run(alone, {p: taken})
    assert session.run(n) == 2


def test_what_is_made_outside_and_a_loop_depends_on_runs_once(session):
    n = tf.Variable(0)
    counted = n.assign_add(1)

    def body(i):
        with tf.control_dependencies([counted]):
            return i + 1
    end = tf.while_loop(lambda i: i < 5, body, [tf.constant(0)])
    start(session)
    assert session.run(end) == 5 and session.run(n) == 1
    assert session.run([end, n.read_value()])[0] == 5 and session.run(n) == 2


@pytest.mark.parametrize("first, then", [
    (tf.int32, tf.float32), (tf.float32, tf.float64), (tf.float64, tf.int32)])
def test_a_loop_variable_keeps_its_dtype(first, then):
    start = tf.zeros([], first)
    with pytest.raises(tf.errors.InvalidArgumentError,
                       match=f"{first.name} at the start and {then.name}"):
        tf.while_loop(lambda i: i < 3, lambda i: tf.cast(i, then), [start])


def test_gradients_of_a_cond_are_those_of_the_branch(session):
    p = tf.placeholder(tf.bool, [])
    u, w = tf.Variable(3.0), tf.Variable(5.0)
    slopes = tf.gradients(tf.cond(p, lambda: u * u, lambda: w * 4.0), [u, w])
    start(session)
    assert session.run(slopes, {p: True}) == [6, 0]
    assert session.run(slopes, {p: False}) == [0, 4]


def test_cond_guards_an_empty_batch(session):
    x = tf.placeholder(tf.float32, [None])
    mean = tf.cond(tf.equal(tf.size(x), 0), lambda: tf.constant(-1.0), lambda: tf.reduce_mean(x))
    assert session.run(mean, {x: []}) == -1 and session.run(mean, {x: [1, 3]}) == 2


# ---- variables whose shape is not validated ---------------------------------------------

def test_a_variable_takes_another_shape_where_that_is_not_validated(session):
    v = tf.Variable([1.0], validate_shape=False)
    longer = tf.assign(v, [1.0, 2.0, 3.0], validate_shape=False)
    doubled = v * 2
    start(session)
    assert session.run(doubled).tolist() == [2]
    assert session.run(longer).tolist() == [1, 2, 3]
    assert session.run([v, doubled])[1].tolist() == [2, 4, 6]
    with pytest.raises(tf.errors.InvalidArgumentError):
        session.run(v.assign([1.0]))
    assert session.run(v).tolist() == [1, 2, 3]
    start(session)
    assert session.run(v).tolist() == [1]


def test_a_variable_that_grows_by_what_it_has(session):
    v, x = tf.Variable([0.0], validate_shape=False), tf.placeholder(tf.float32, [None])
    grow = tf.assign(v, tf.concat([v, x], 0), validate_shape=False)
    with tf.control_dependencies([grow]):
        total = tf.reduce_sum(v.read_value())
    start(session)
    assert session.run([grow, total], {x: [1, 2]})[1] == 3
    assert session.run(total, {x: [4]}) == 7 and session.run(v).tolist() == [0, 1, 2, 4]
    with tf.control_dependencies([grow]):
        failing = tf.Assert(tf.placeholder_with_default(False, []), ["no"])
    with pytest.raises(tf.errors.InvalidArgumentError):
        session.run(failing, {x: [9]})
    assert session.run(v).tolist() == [0, 1, 2, 4]          # all of a run or nothing


def test_a_declared_shape_gives_way_too(session):
    v = tf.Variable([1.0, 2.0, 3.0])
    start(session)
    assert session.run(tf.assign(v, [5.0], validate_shape=False)).tolist() == [5]
    assert session.run(v).tolist() == [5]


# ---- state: graphs, seeds, optimizers, metrics ------------------------------------------

def test_a_graph_that_grows_in_a_loop_stays_right(session):
    v, x = tf.Variable(np.zeros(3, np.float32)), tf.placeholder(tf.float32, [None])
    start(session)
    for i in range(30):
        session.run(tf.assign(v, np.full(3, i, np.float32)))
        assert session.run(x * float(i), {x: [2]}) == [2 * i]
    assert session.run(v).tolist() == [29] * 3
    tf.get_default_graph().finalize()
    with pytest.raises(RuntimeError, match="finalized"):
        x + 1.0


def test_batch_normalization_moves_its_averages_by_update_ops_alone(session):
    x, training = tf.placeholder(tf.float32, [None, 2]), tf.placeholder(tf.bool, [])
    y = tf.layers.batch_normalization(x, training=training, momentum=0.9, name="bn")
    tf.layers.batch_normalization(x, training=False, name="bn", reuse=True)
    updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    moving = tf.global_variables()[2:]
    start(session)
    data = np.array([[1.0, 10], [3, 30]])
    near(session.run(y, {x: data, training: True}), [[-1, -1], [1, 1]], atol=1e-3)
    near(session.run(moving), [[0, 0], [1, 1]])
    session.run(updates, {x: data, training: True})
    near(session.run(moving), [[0.2, 2], [1, 10.9]])
    session.run(updates, {x: data, training: False})
    near(session.run(moving), [[0.2, 2], [1, 10.9]])
    assert len(updates) == 2 and len(tf.trainable_variables()) == 2


def test_streams_of_random_numbers():
    tf.set_random_seed(1)
    a, b = tf.random_uniform([4]), tf.random_uniform([4])
    c, d = (tf.random_uniform([4], seed=5) for _ in range(2))
    drop = tf.nn.dropout(tf.ones([100]), 0.5, seed=3)
    with tf.Session() as one, tf.Session() as two:
        first = one.run([a, b, c, d])
        assert not np.array_equal(first[0], first[1]) and np.array_equal(first[2], first[3])
        assert not np.array_equal(one.run(a), first[0])         # goes on
        assert np.array_equal(two.run(a), first[0])             # starts again
        assert set(np.unique(one.run(drop))) == {0, 2}


def test_metrics_count_batches_until_they_are_reset(session):
    labels, guesses = tf.placeholder(tf.int64, [None]), tf.placeholder(tf.int64, [None])
    value, update = tf.metrics.accuracy(labels, guesses)
    with pytest.raises(tf.errors.FailedPreconditionError):
        session.run(update, {labels: [1], guesses: [1]})
    for _ in range(2):
        start(session)
        assert session.run(value) == 0
        near(session.run(update, {labels: [1, 1], guesses: [1, 0]}), 0.5)
        near(session.run(update, {labels: [1] * 4, guesses: [1] * 4}), 5 / 6)
        near(session.run(value), 5 / 6)


def test_slots_of_optimizers_where_variables_are_shared(session):
    def model():
        w = tf.get_variable("w", [], initializer=tf.constant_initializer(1.0))
        return w, tf.square(w - 3.0)
    with tf.variable_scope("net") as scope:
        w, loss = model()
    with tf.variable_scope(scope, reuse=True):
        again, second = model()
    adam = tf.train.AdamOptimizer(0.5)
    step, _ = adam.minimize(loss), adam.minimize(second)
    tf.train.MomentumOptimizer(0.1, 0.9, name="M").minimize(loss)
    assert again is w and [v.op.name for v in tf.global_variables()] == [
        "net/w", "beta1_power", "beta2_power", "net/w/Adam", "net/w/Adam_1", "net/w/M"]
    start(session)
    session.run(step)
    near(session.run(w), 1.5, 1e-4)


def test_schedules(session):
    step, w = tf.train.get_or_create_global_step(), tf.Variable(1.0)
    rate = tf.train.exponential_decay(1.0, step, 1, 0.1)
    train = tf.train.GradientDescentOptimizer(rate).minimize(w, global_step=step)
    at = tf.placeholder(tf.int64, [])
    pieces = tf.train.piecewise_constant(at, [100, 110], [1.0, 0.5, 0.1])
    start(session)
    for _ in range(3):
        session.run(train)
    near(session.run([w, step]), [1 - 1.11, 3])
    near([session.run(pieces, {at: k}) for k in (0, 100, 101, 110, 111)], [1, 1, 0.5, 0.5, 0.1])
    with pytest.raises(ValueError):
        tf.train.piecewise_constant(at, [100.5, 110.0], [1.0, 0.5, 0.1])


def test_part_of_a_checkpoint_under_another_name(session, tmp_path):
    tf.Variable([1, 2, 3], name="v1"), tf.Variable([4.0, 5.0], name="v2")
    start(session)
    path = tf.train.Saver().save(session, str(tmp_path / "model"), global_step=7)
    tf.reset_default_graph()
    other, extra = tf.Variable([0, 0, 0], name="weights"), tf.Variable([9.0], name="extra")
    with tf.Session() as fresh:
        start(fresh)
        tf.train.Saver({"v1": other}).restore(fresh, path)
        with pytest.raises(tf.errors.NotFoundError):
            tf.train.Saver().restore(fresh, path)
        assert fresh.run(other).tolist() == [1, 2, 3] and fresh.run(extra) == [9]
    assert sorted(name for name, _ in tf.train.list_variables(path)) == ["v1", "v2"]


# ---- what comes out, and who it belongs to ----------------------------------------------

def test_arrays_that_were_fed_or_fetched_stay_what_they_were(session):
    v, x = tf.Variable(np.zeros(3, np.float32)), tf.placeholder(tf.float32, [3])
    add, doubled = tf.assign_add(v, np.ones(3, np.float32)), x * 2
    start(session)
    first = session.run(v)
    session.run(add)
    assert first.tolist() == [0] * 3
    first += 100
    assert session.run(v).tolist() == [1] * 3
    fed = np.array([1, 2, 3], np.float32)
    out = session.run([x, doubled, doubled], {x: fed})
    fed += 1
    out[1] += 1
    assert out[0].tolist() == [1, 2, 3] and out[2].tolist() in ([2, 4, 6], [3, 5, 7])
    assert session.run(x + 0, {x: np.arange(6, dtype=np.float32)[::2]}).tolist() == [0, 2, 4]


def test_threads_share_a_session_and_graphs_do_not_mix(session):
    v = tf.Variable(0.0)
    add = tf.assign_add(v, 1.0)
    start(session)
    threads = [threading.Thread(target=lambda: [session.run(add) for _ in range(100)])
               for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert session.run(v) == 400
    with tf.Graph().as_default():
        stranger = tf.constant(1.0)
        with pytest.raises(ValueError, match="not an element of this"):
            session.run(stranger)
        with pytest.raises((TypeError, ValueError), match="not an element of this"):
            session.run(v, {stranger: 1.0})


def test_sessions_and_forked_children_have_values_of_their_own(session):
    v = tf.Variable(1.0)
    add = tf.assign_add(v, 1.0)
    with tf.Session() as other:
        start(session)
        with pytest.raises(tf.errors.FailedPreconditionError):
            other.run(v)
        start(other)
        session.run(add)
        assert [session.run(v), other.run(v)] == [2, 1]
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            session.run(add)
            os.write(write, str(float(session.run(v))).encode())
        finally:
            os._exit(0)
    try:
        assert select.select([read], [], [], 20)[0] and os.read(read, 100) == b"3.0"
    finally:
        os.waitpid(child, 0)
    assert session.run(v) == 2


def test_nestings_names_and_collections(session):
    Pair = collections.namedtuple("Pair", "a b")
    x = tf.constant(2.0, name="x")
    y = tf.add(x, 1.0, name="y")
    tf.no_op(name="nothing")
    found = session.run({"p": Pair(x, [y, y]), "q": (x,)})
    assert found == {"p": Pair(2, [3, 3]), "q": (2,)} and session.run("nothing") is None
    for wrong, kind in ((None, TypeError), ([x, None], TypeError), ("nosuch:0", ValueError)):
        with pytest.raises(kind):
            session.run(wrong)
    assert [tf.constant(1.0, name=n).name for n in "xX"] == ["x_1:0", "X_2:0"]
    with tf.variable_scope("v"):
        tf.get_variable("w", [1])
    with pytest.raises(ValueError, match="does not exist"), tf.variable_scope("n", reuse=True):
        tf.get_variable("w", [1])
    assert [t.name for t in tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, "v/")] == ["v/w:0"]


def test_tensors_among_python_operators(session):
    x, a = tf.constant([1.0, 2.0, 3.0]), np.array([10, 20, 30], np.float32)
    n, d = tf.constant([7, -7, 7, -7]), tf.constant([2, 2, -2, -2])
    near(session.run([a + x, a * x, a - x]), [[11, 22, 33], [10, 40, 90], [9, 18, 27]])
    near(session.run(2 ** x), [2, 4, 8])
    assert [v.tolist() for v in session.run([n // d, n % d])] == [[3, -4, -4, 3], [1, 1, -1, -1]]
    assert (x == 1.0) is False and x == x and x in [n, x]
    for refused in (lambda: bool(x > 1), lambda: len(x), lambda: list(x)):
        with pytest.raises(TypeError):
            refused()
    with pytest.raises(tf.errors.InvalidArgumentError, match="zero"):
        session.run(n // tf.constant([0, 1, 1, 1]))
    for mixed in (lambda: x + tf.constant(1), lambda: n + 0.5):
        with pytest.raises((TypeError, ValueError)):
            mixed()
