"""Loops that a team of threads walks: the same results as on one thread, failures, barriers."""

import numpy as np
import pytest

import fastgrad.compat.v1 as tf
from fastgrad.compiler.layout.nests import every


@pytest.fixture(autouse=True)
def fresh():
    tf.reset_default_graph()


def trained(cell, batch, time, inputs, units, threads, lengths=None):
    """(weights after some steps, whether a team walks the loops) of a net."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [batch, time, inputs])
        outputs, _ = tf.nn.dynamic_rnn(getattr(tf.nn.rnn_cell, cell)(units), x, lengths,
                                       dtype=tf.float32)
        loss = tf.reduce_mean(tf.square(outputs - 0.3))
        train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
        session = tf.Session(graph=graph, config=tf.ConfigProto(
            intra_op_parallelism_threads=threads))
        session.run(tf.global_variables_initializer())
        rng = np.random.RandomState(0)
        for v in tf.trainable_variables():
            v.load(0.2 * rng.randn(*v.shape.as_list()).astype("f"), session)
        feed = {x: rng.randn(batch, time, inputs).astype("f")}
        for _ in range(3):
            session.run(train, feed)
        loops = [k for k in session.plan(train, feed).kernels if k.symbol == "loop"]
        return session.run(tf.trainable_variables()), loops


@pytest.mark.parametrize("cell, sizes, lengths", [
    ("BasicLSTMCell", (64, 6, 28, 128), None),
    ("BasicLSTMCell", (48, 6, 20, 96), [6] * 20 + [3] * 28),
    ("GRUCell", (96, 5, 32, 96), None),
    ("BasicRNNCell", (128, 6, 64, 128), None)])
def test_a_team_gets_what_one_thread_gets(cell, sizes, lengths):
    one, loops = trained(cell, *sizes, 1, lengths)
    assert len(loops) == 2 and not any(k.parallel for k in loops)
    for _ in range(3):
        two, loops = trained(cell, *sizes, 2, lengths)
        assert all(k.parallel and k.barrier for k in loops)
        for a, b in zip(one, two):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_small_turns_are_one_threads():
    _, loops = trained("GRUCell", 2, 4, 2, 3, 2)
    assert not any(k.parallel for k in every(loops))


def test_what_the_first_thread_writes_is_waited_for():
    """Steps of arrays are the first thread's: barriers stand before and behind them."""
    _, loops = trained("BasicLSTMCell", 64, 6, 28, 128, 2)
    turn = loops[0].blocks[2]
    take = next(i for i, k in enumerate(turn) if k.symbol == "take")
    reader = next(k for k in turn[take + 1:] if any(v is turn[take].values[0] for v in k.values))
    between = turn[take + 1:turn.index(reader) + 1]
    assert not reader.parallel or any(k.barrier for k in between)


def test_a_turn_that_fails_on_a_team_is_told_and_undone():
    """An index outside in some turn: the user's line, variables as they were, and it runs again."""
    v = tf.Variable(tf.zeros([]))
    table = tf.placeholder(tf.float32, [128, 128])
    places = tf.placeholder(tf.int32, [6])

    def body(i, h):
        h = tf.tanh(tf.matmul(h, table))
        return i + 1, h + tf.gather(table, tf.fill([128], places[i]))
    _, h = tf.while_loop(lambda i, h: i < 6, body, [0, tf.ones([128, 128])])
    update = tf.assign_add(v, tf.reduce_sum(h))
    session = tf.Session(config=tf.ConfigProto(intra_op_parallelism_threads=2))
    session.run(tf.global_variables_initializer())
    array = np.random.RandomState(0).randn(128, 128).astype("f") / 16
    plan = session.plan(update, {table: array, places: np.arange(6)})
    assert [k.parallel for k in plan.kernels if k.symbol == "loop"] == [True]
    for _ in range(5):
        with pytest.raises(tf.errors.InvalidArgumentError, match="test_teams.py"):
            session.run(update, {table: array, places: [0, 1, 2, 300, 4, 5]})
        assert session.run(v) == 0
    assert session.run(update, {table: array, places: range(6)}) != 0
