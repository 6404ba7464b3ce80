"""A dense training step is compiled from end to end: lookups, dropout, normalisation, every optimizer.

Also that what is drawn in a plan can be drawn again, whatever runs it.
"""
import numpy as np
import pytest
import fastgrad
import fastgrad.compat.v1 as tf
from fastgrad.testing import reference

OPTIMIZERS = {
    "sgd": lambda: tf.train.GradientDescentOptimizer(0.1),
    "momentum": lambda: tf.train.MomentumOptimizer(0.1, 0.9),
    "nesterov": lambda: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "adagrad": lambda: tf.train.AdagradOptimizer(0.1),
    "adadelta": lambda: tf.train.AdadeltaOptimizer(0.1),
    "rmsprop": lambda: tf.train.RMSPropOptimizer(0.01),
    "rmsprop_centered": lambda: tf.train.RMSPropOptimizer(0.01, centered=True),
    "adam": lambda: tf.train.AdamOptimizer(0.01),
    "ftrl": lambda: tf.train.FtrlOptimizer(0.1),
    "proximal": lambda: tf.train.ProximalGradientDescentOptimizer(0.1, 0.01, 0.01),
    "proximal_adagrad": lambda: tf.train.ProximalAdagradOptimizer(0.1, 0.1, 0.01, 0.01),
}


@pytest.fixture(autouse=True)
def fresh_graph():
    tf.reset_default_graph()


def plan_of(session, train):
    """The session's plan whose fetches hold the training operation."""
    return next(p for p in session._plans.values() if train in p.fetches)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_no_numpy_step_in_a_training_plan(name):
    tf.set_random_seed(3)
    rng = np.random.default_rng(0)
    ids, keep = tf.placeholder(tf.int32, [None]), tf.placeholder(tf.float32)
    labels = tf.placeholder(tf.float32, [None, 2])
    table = tf.Variable(rng.standard_normal((30, 8)).astype(np.float32))
    h = tf.nn.dropout(tf.nn.embedding_lookup(table, ids), keep_prob=keep)
    h = tf.layers.batch_normalization(tf.layers.dense(h, 16, tf.nn.relu), training=True)
    h = tf.nn.dropout(h + tf.random_normal(tf.shape(h), stddev=0.01), 0.8)
    loss = tf.losses.softmax_cross_entropy(labels, tf.layers.dense(h, 2))
    train = OPTIMIZERS[name]().minimize(loss)
    feed = {ids: rng.integers(0, 30, 64), labels: np.eye(2)[rng.integers(0, 2, 64)], keep: 0.9}
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first = session.run(loss, feed)
        for _ in range(30):
            session.run(train, feed)
        assert session.run(loss, feed) < first
        plan = plan_of(session, train)
    assert [k.step.type for k in plan.kernels if k.symbol is None] == []
    assert "numpy" not in plan.explain().lower()


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("threads", [1, 2])
def test_repeated_rows_are_updated_by_their_sum(name, threads):
    """Against the same optimizer on a table of the touched rows, whose gradient is dense."""
    rng = np.random.default_rng(1)
    ids = rng.permutation(np.tile(rng.permutation(600)[:150], 8))
    rows, inverse = np.unique(ids, return_inverse=True)
    values = rng.standard_normal((600, 40))
    table, part = tf.Variable(values), tf.Variable(values[rows])
    weights = tf.constant(rng.standard_normal((ids.size, 40)))
    one_hot = np.eye(rows.size)[inverse]
    lookup = OPTIMIZERS[name]().minimize(
        tf.reduce_sum(tf.nn.embedding_lookup(table, ids) * weights), var_list=[table])
    dense = OPTIMIZERS[name]().minimize(
        tf.reduce_sum(tf.matmul(one_hot, part) * weights), var_list=[part])
    with tf.Session(config=tf.ConfigProto(intra_op_parallelism_threads=threads)) as session:
        session.run(tf.global_variables_initializer())
        for _ in range(3):
            session.run(lookup)
            session.run(dense)
        got, want = session.run([table, part])
    np.testing.assert_allclose(got[rows], want, rtol=1e-6, atol=1e-9)
    untouched = np.setdiff1d(np.arange(600), rows)
    np.testing.assert_array_equal(got[untouched], values[untouched])


@pytest.mark.parametrize("name, split", [("sgd", False), ("momentum", True)])
@pytest.mark.parametrize("rows", [4096, 64])
def test_only_merged_rows_are_shared_among_threads(name, split, rows):
    """Two threads at one repeated row would lose a gradient."""
    ids = tf.placeholder(tf.int64, [4096])
    table = tf.Variable(np.ones((rows, 256)))
    part = tf.IndexedSlices(tf.ones([4096, 256], tf.float64), ids, tf.constant([rows, 256]))
    train = OPTIMIZERS[name]().apply_gradients([(part, table)])
    with tf.Session(config=tf.ConfigProto(intra_op_parallelism_threads=2)) as session:
        session.run(tf.global_variables_initializer())
        session.run(train, {ids: np.arange(4096) % rows})
        kernels = plan_of(session, train).kernels
    assert [k.parallel for k in kernels if k.symbol.startswith(name + "_rows")] == [split]
    assert not any(k.parallel for k in kernels if k.symbol.startswith("merge_rows"))


@pytest.mark.parametrize("name", ["momentum", "ftrl", "sgd"])
@pytest.mark.parametrize("bad", [-1, 5])
def test_a_bad_row_leaves_the_table(name, bad):
    ids = tf.placeholder(tf.int64, [None])
    table = tf.Variable(np.ones((5, 2), np.float32))
    rows = tf.IndexedSlices(tf.ones([tf.size(ids), 2]), ids, tf.constant([5, 2]))
    train = OPTIMIZERS[name]().apply_gradients([(rows, table)])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        with pytest.raises(tf.errors.InvalidArgumentError):
            session.run(train, {ids: [0, 1, bad]})
        np.testing.assert_array_equal(session.run(table), np.ones((5, 2), np.float32))


# ---- draws ------------------------------------------------------------------------------

def drawn(threads=1, seed=7, op_seed=None, runs=2):
    """What runs of a new session on a new graph draw."""
    graph = fastgrad.Graph()
    with graph.as_default():
        fastgrad.set_random_seed(seed)
        made = [fastgrad.random_uniform((300, 200), seed=op_seed),
                fastgrad.random_normal((300, 200), seed=op_seed),
                fastgrad.nn.dropout(fastgrad.constant(np.ones((300, 200), np.float32)), 0.5,
                                    seed=op_seed)]
        session = fastgrad.Session(num_threads=threads)
        again = fastgrad.Session(num_threads=threads)
        found = [session.run(made) for _ in range(runs)]
        for a, b in zip(found, [again.run(made) for _ in range(runs)]):
            for x, y in zip(a, b):
                np.testing.assert_array_equal(x, y)
    return found


def test_seeded_graphs_draw_alike_on_any_number_of_threads():
    first, second = drawn(), drawn(threads=2)
    for a, b in zip(first, second):
        for x, y in zip(a, b):
            np.testing.assert_array_equal(x, y)


def test_every_run_and_operation_draws_anew():
    (u, z, d), (u2, z2, d2) = drawn()
    for a, b in [(u, u2), (z, z2), (d, d2)]:
        assert (a != b).mean() > 0.4
    other = drawn(seed=8)[0]
    assert (other[0] != u).mean() > 0.99


def test_a_shape_known_late_draws_as_a_plan_does():
    """The same stream, whether a kernel or NumPy draws."""
    tf.set_random_seed(5)
    size = tf.placeholder(tf.int32, [2])
    late = tf.random_uniform(size, seed=3)
    early = tf.random_uniform([4, 9], seed=3)
    with tf.Session() as session:
        for _ in range(3):
            np.testing.assert_array_equal(session.run(late, {size: [4, 9]}), session.run(early))


@pytest.mark.parametrize("first", ["step", "clip"])
@pytest.mark.parametrize("fetched", [0, 1])
def test_an_assign_beside_an_update_does_not_undo_it(first, fetched):
    """Wasserstein nets fetch [train, clip]: the clip of the old value, then the step."""
    graph = tf.Graph()
    with graph.as_default():
        w = tf.Variable([0.0, 0.45])
        loss = -tf.reduce_sum(w)
        if first == "clip":
            clip = w.assign(tf.clip_by_value(w, -0.5, 0.5))
        step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
        if first == "step":
            clip = w.assign(tf.clip_by_value(w, -0.5, 0.5))
        with tf.Session() as session:
            session.run(w.initializer)
            for _ in range(3):
                session.run([step, loss, clip] if fetched else [clip, loss, step])
            np.testing.assert_allclose(session.run(w), [0.3, 0.6], rtol=1e-6)


def test_an_assign_that_waits_for_the_update_keeps_its_place():
    with tf.Graph().as_default():
        w = tf.Variable([0.0, 0.45])
        step = tf.train.GradientDescentOptimizer(0.1).minimize(-tf.reduce_sum(w))
        with tf.control_dependencies([step]):
            clip = w.assign(tf.clip_by_value(w.read_value(), -0.5, 0.5))
        with tf.Session() as session:
            session.run(w.initializer)
            for _ in range(3):
                session.run([clip, step])
            np.testing.assert_allclose(session.run(w), [0.3, 0.5], rtol=1e-6)


@pytest.mark.parametrize("keeps_place", [False, True])
def test_the_reference_orders_an_assign_as_a_plan_does(keeps_place):
    with fastgrad.Graph().as_default():
        w = fastgrad.Variable([0.0, 0.45])
        step = fastgrad.train.GradientDescentOptimizer(0.1).minimize(-fastgrad.reduce_sum(w))
        with fastgrad.control_dependencies([step] if keeps_place else []):
            clip = w.assign(fastgrad.clip_by_value(w.read_value(), -0.5, 0.5))
        values = {}
        for fetches in [step, clip], [clip, step]:
            expected = reference(fetches, values=values)
            found = fastgrad.Session().run(fetches)
            assert [f is None or (f == e).all() for f, e in zip(found, expected)] == [True] * 2
            np.testing.assert_array_equal(w.value, values[w])
