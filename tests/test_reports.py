"""What users of TensorFlow 1 reported, as tests: cond and its surroundings, shapes that change.

Each test is a situation in which a program computed something else than was written.
"""

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


def test_a_loop_variable_keeps_its_dtype():
    with pytest.raises(tf.errors.InvalidArgumentError, match="int32 at the start and float32"):
        tf.while_loop(lambda i: tf.less(i, 3), lambda i: tf.cast(i, tf.float32), [tf.constant(0)])


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
