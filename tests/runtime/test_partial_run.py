"""Session.partial_run: one run in parts, as in TensorFlow 1.15."""

import numpy as np
import pytest

import fastgrad.compat.v1 as tf


@pytest.fixture(autouse=True)
def session():
    tf.reset_default_graph()
    with tf.Session() as session:
        yield session


def chain():
    a, b, c = (tf.placeholder(tf.float32, [], name=n) for n in "abc")
    return a, b, c, a + b, (a + b) * c


def test_feeds_that_hang_on_what_was_fetched(session):
    a, b, c, total, scaled = chain()
    for _ in range(2):
        run = session.partial_run_setup([total, scaled], [a, b, c])
        first = session.partial_run(run, total, {a: 1, b: 2})
        assert first == 3 and session.partial_run(run, [scaled], {c: first}) == [9]
        assert isinstance(run, str)
        with pytest.raises(tf.errors.InvalidArgumentError, match="Must run 'setup'"):
            session.partial_run(run, total, {a: 1})


def test_parts_by_name_by_dict_and_without_fetches(session):
    a, b, c, total, scaled = chain()
    run = session.partial_run_setup({"t": "add:0", "s": scaled}, ["a:0", b, c])
    total = session.graph.get_tensor_by_name("add:0")
    assert session.partial_run(run, [], {"a:0": 1, b: 2}) == []
    assert session.partial_run(run, {"s": scaled}, {c: 3}) == {"s": 9}
    assert session.partial_run(run, total) == 3
    assert session.partial_run(None, scaled, {a: 1, b: 1, c: 1}) == 2      # a whole run


def test_several_at_once_and_a_graph_that_grows(session):
    a, b, c, total, scaled = chain()
    runs = [session.partial_run_setup([total, scaled], [a, b, c]) for _ in range(2)]
    for i, run in enumerate(runs):
        assert session.partial_run(run, total, {a: i, b: 2}) == i + 2
    more = total + 7
    assert session.run(more, {a: 5, b: 5}) == 17
    for i, run in enumerate(runs):
        assert session.partial_run(run, scaled, {c: 10}) == 10 * (i + 2)


REFUSED = [
    (lambda p, t, s, a, b, c: (p(t, {a: 1, b: 2}), p(s, {a: 2, c: 3})), "a:0 has already been fed"),
    (lambda p, t, s, a, b, c: (p(t, {a: 1, b: 2}), p(t)), "add:0 has already been fetched"),
    (lambda p, t, s, a, b, c: p(s, {a: 1, b: 2}), "mul:0 can't be computed"),
    (lambda p, t, s, a, b, c: p(t + 1.0, {a: 1, b: 2}), "was not specified in partial_run_setup"),
    (lambda p, t, s, a, b, c: p(t, {s: 1}), "was not specified in partial_run_setup"),
]


@pytest.mark.parametrize("wrong, words", REFUSED)
def test_what_does_not_fit_the_setup_is_refused_and_changes_nothing(wrong, words, session):
    a, b, c = (tf.placeholder(tf.float32, [], name=n) for n in "abc")
    total = a + b
    scaled = total * c
    run = session.partial_run_setup([total, scaled], [a, b, c])

    def part(fetches, feeds=None):
        return session.partial_run(run, fetches, feeds)
    with pytest.raises(tf.errors.InvalidArgumentError, match=words):
        wrong(part, total, scaled, a, b, c)
    feeds = {k: v for k, v in ((a, 1), (b, 2)) if k not in run.fed}
    assert session.partial_run(run, scaled, {**feeds, c: 5}) == 15


def test_setups_and_handles_that_are_wrong(session):
    a, b, c, total, scaled = chain()
    with pytest.raises(tf.errors.InvalidArgumentError, match="nothing to fetch"):
        session.partial_run_setup([], [])
    with pytest.raises(tf.errors.InvalidArgumentError, match="Must run 'setup'"):
        session.partial_run("a handle", total, {a: 1, b: 1})
    run = session.partial_run_setup([total, tf.no_op(name="nothing")], [a, b])
    with pytest.raises(RuntimeError, match="nothing.*is an operation"):
        session.partial_run(run, "nothing", {a: 1, b: 1})
    with tf.Session() as other, pytest.raises(tf.errors.InvalidArgumentError, match="this session"):
        other.partial_run(run, total, {a: 1, b: 1})
    with pytest.raises(RuntimeError, match="closed"):
        other.partial_run_setup([total], [a, b])
    missing = session.partial_run_setup([scaled], [a, b])
    with pytest.raises(tf.errors.InvalidArgumentError, match="must feed a value.*'c'"):
        session.partial_run(missing, scaled, {a: 1, b: 1})


def test_each_operation_runs_once(session):
    x = tf.placeholder(tf.float32, [])
    drawn, v = tf.random_uniform([]), tf.Variable(0.0)
    session.run(v.initializer)
    change = v.assign_add(1.0)
    both = drawn * x
    with tf.control_dependencies([change]):
        seen = v.read_value() + x
    run = session.partial_run_setup([drawn, both, seen], [x])
    first = session.partial_run(run, drawn)
    assert session.run(v) == 1                  # its inputs were there
    assert np.isclose(session.partial_run(run, both, {x: 2.0}), 2 * first)
    assert session.partial_run(run, seen) == 3 and session.run(v) == 1


def test_a_part_that_fails_leaves_variables_and_the_handle(session):
    x, y = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
    v = tf.Variable(1.0)
    session.run(v.initializer)
    with tf.control_dependencies([v.assign(x), tf.Assert(x > 0, ["below"])]):
        after = v.read_value() * y
    run = session.partial_run_setup([after], [x, y])
    with pytest.raises(tf.errors.InvalidArgumentError, match="assertion failed"):
        session.partial_run(run, [], {x: -5})
    assert session.run(v) == 1
    assert session.partial_run(run, after, {x: 5, y: 2}) == 10 and session.run(v) == 5


def test_strings_and_arrays_are_kept_between_parts(session):
    s, x = tf.placeholder(tf.string, []), tf.placeholder(tf.float32, [2])
    once = tf.string_join([s, "!"])
    twice, plus = tf.string_join([once, once]), x + 1.0
    scaled = plus * tf.cast(tf.equal(once, "a!"), tf.float32)
    run = session.partial_run_setup([once, twice, plus, scaled], [s, x])
    assert session.partial_run(run, once, {s: "a"}) == b"a!"
    found = session.partial_run(run, plus, {x: [1, 2]})
    found[:] = 0                                # the user's own copy
    assert session.partial_run(run, [twice])[0] == b"a!a!"
    assert session.partial_run(run, scaled).tolist() == [2, 3]


def test_a_tensor_in_the_middle_is_fed(session):
    a, b, c, total, scaled = chain()
    doubled = total * 2.0
    run = session.partial_run_setup([doubled], [total])
    with pytest.raises(tf.errors.InvalidArgumentError, match="can't be computed"):
        session.partial_run(run, doubled)
    assert session.partial_run(run, doubled, {total: 4}) == 8
