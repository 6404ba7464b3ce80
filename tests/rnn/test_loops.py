"""dynamic_rnn, static_rnn, raw_rnn and both directions: against a loop in NumPy, and bad input."""

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad.nn import rnn_cell

X = np.random.RandomState(3).randn(3, 5, 2)
LENGTHS = np.array([5, 0, 2])


@pytest.fixture(autouse=True)
def fresh():
    fg.reset_default_graph()
    tf.reset_default_graph()


def by_hand(cell, x, lengths):
    """Outputs and last state of a BasicRNNCell, row by row."""
    w, b = fg.Session().run(cell.variables)
    outputs, states = np.zeros((*x.shape[:2], len(b))), np.zeros((len(x), len(b)))
    for row, n in enumerate(lengths):
        for t in range(n):
            states[row] = np.tanh(np.concatenate([x[row, t], states[row]]) @ w + b)
            outputs[row, t] = states[row]
    return outputs, states


@pytest.mark.parametrize("known", [(3, 5), (None, None)])
@pytest.mark.parametrize("kind", ["dynamic", "time_major", "static", "raw"])
def test_lengths_end_each_row(kind, known):
    cell = rnn_cell.BasicRNNCell(4)
    steps = 5 if kind == "static" else known[1]
    x, n = fg.placeholder(fg.float64, [known[0], steps, 2]), fg.placeholder(fg.int32, [None])
    if kind == "static":
        outputs, state = fg.nn.static_rnn(cell, fg.unstack(x, axis=1), dtype=fg.float64,
                                          sequence_length=n)
        outputs = fg.stack(outputs, 1)
    elif kind == "raw":
        outputs, state = raw(cell, x, n)
    else:
        major = kind == "time_major"
        whole = fg.transpose(x, [1, 0, 2]) if major else x
        outputs, state = fg.nn.dynamic_rnn(cell, whole, n, dtype=fg.float64, time_major=major)
        outputs = fg.transpose(outputs, [1, 0, 2]) if major else outputs
    session = fg.Session()
    for lengths in (LENGTHS, np.array([1, 5, 5])):
        found = session.run([outputs, state], {x: X, n: lengths})
        for a, b in zip(found, by_hand(cell, X, lengths)):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def raw(cell, x, n):
    array = fg.TensorArray(fg.float64, size=5, clear_after_read=False).unstack(
        fg.transpose(x, [1, 0, 2]))
    batch = fg.shape(x)[0]

    def loop(time, output, state, _):
        if output is None:
            return n <= 0, array.read(0), cell.zero_state(batch, fg.float64), None, None
        done = n <= time
        return done, array.read(fg.minimum(time, 4)), state, output, None
    outputs, state, nothing = fg.nn.raw_rnn(cell, loop)
    assert nothing is None
    return fg.transpose(outputs.stack(), [1, 0, 2]), state


@pytest.mark.parametrize("lengths", [None, [2, 4]])
def test_gradients_of_inputs_states_and_weights(lengths):
    """Against central differences, through the loop and the lengths."""
    cell = rnn_cell.MultiRNNCell([rnn_cell.LSTMCell(3, use_peepholes=True, num_proj=2),
                                  rnn_cell.GRUCell(2)])
    x = fg.placeholder(fg.float64, [2, 4, 2])
    outputs, state = fg.nn.dynamic_rnn(cell, x, lengths, dtype=fg.float64)
    loss = fg.reduce_sum(outputs * np.arange(16.0).reshape(2, 4, 2)) + fg.reduce_sum(
        state[0].c * state[0].c)
    fg.testing.check_gradient(loss, [x, *cell.variables], {x: X[:2, :4]})


def test_both_directions_join_what_two_loops_give():
    fw, bw = rnn_cell.GRUCell(3), rnn_cell.GRUCell(3)
    x = fg.placeholder(fg.float64, [None, None, 2])
    (a, b), states = fg.nn.bidirectional_dynamic_rnn(fw, bw, x, LENGTHS, dtype=fg.float64)
    with fg.variable_scope("again"):
        one, last = fg.nn.dynamic_rnn(bw, fg.reverse_sequence(x, LENGTHS, 1, 0), LENGTHS,
                                      dtype=fg.float64)
    back = fg.reverse_sequence(one, LENGTHS, 1, 0)
    found = fg.Session().run([a, b, states, back, last], {x: X})
    np.testing.assert_array_equal(found[1], found[3])
    np.testing.assert_array_equal(found[2][1], found[4])
    joined, _, _ = fg.rnn.stack_bidirectional_dynamic_rnn(
        [rnn_cell.GRUCell(2)], [rnn_cell.GRUCell(2)], x, dtype=fg.float64)
    assert fg.Session().run(joined, {x: X}).shape == (3, 5, 4)


def test_a_state_is_fed_and_fetched_step_by_step():
    """One step at a time gives what the whole loop gives."""
    cell = rnn_cell.MultiRNNCell([rnn_cell.BasicLSTMCell(3), rnn_cell.GRUCell(2)])
    x = fg.placeholder(fg.float64, [1, None, 2])
    zero = cell.zero_state(1, fg.float64)
    outputs, state = fg.nn.dynamic_rnn(cell, x, initial_state=zero)
    session = fg.Session()
    whole = session.run(outputs, {x: X[:1]})
    now, steps = session.run(zero), []
    for t in range(5):
        one, now = session.run([outputs, state], {x: X[:1, t:t + 1], zero: now})
        steps.append(one)
    np.testing.assert_allclose(np.concatenate(steps, 1), whole, rtol=1e-12)
    step, now = session.make_callable([outputs, state], [x, zero]), session.run(zero)
    for t in range(5):
        one, now = step(X[:1, t:t + 1], now)
        np.testing.assert_array_equal(one, steps[t])
    with pytest.raises(fg.errors.FeedTypeError, match="takes 2 values"):
        step(X[:1, :1])
    with pytest.raises(fg.errors.FeedTypeError, match="takes 2 values for"):
        step(X[:1, :1], now[0])


def test_state_saving():
    saved = {}

    class Saver:
        def state(self, name):
            return fg.ones([1, 2], fg.float64)

        def save_state(self, name, value):
            saved[name] = value
            return fg.identity(value)
    cell = rnn_cell.BasicLSTMCell(2)
    outputs, state = fg.nn.static_state_saving_rnn(
        cell, [fg.ones([1, 3], fg.float64)] * 2, Saver(), ("c", "h"))
    assert sorted(saved) == ["c", "h"] and len(outputs) == 2
    c, kept = fg.Session().run([state.c, saved["c"]])
    np.testing.assert_array_equal(c, kept)
    with pytest.raises(ValueError, match="same type as cell.state_size"):
        fg.nn.static_state_saving_rnn(cell, [fg.ones([1, 3])], Saver(), "c")


def lengths_of(n, kind=tf.int32):
    return tf.placeholder(kind, [n])


@pytest.mark.parametrize("build, kind, words", [
    (lambda c: tf.nn.dynamic_rnn(c, tf.zeros([1, 2, 2])), ValueError, "must give a dtype"),
    (lambda c: tf.nn.dynamic_rnn(c, tf.zeros([4, 2]), dtype=tf.float32), ValueError,
     "rank at least 3"),
    (lambda c: tf.nn.dynamic_rnn(c, tf.placeholder(tf.float32, [2, 3, None]), dtype=tf.float32),
     ValueError, "depth of inputs"),
    (lambda c: tf.nn.dynamic_rnn("cell", tf.zeros([1, 2, 2]), dtype=tf.float32), TypeError,
     "is not an RNNCell"),
    (lambda c: tf.nn.dynamic_rnn(c, tf.zeros([1, 2, 2]), [[1]], dtype=tf.float32), ValueError,
     "vector of length batch_size"),
    (lambda c: tf.nn.dynamic_rnn(c, (tf.zeros([1, 2, 2]), tf.zeros([1, 3, 2])),
                                 dtype=tf.float32), ValueError, "Time steps is not the same"),
    (lambda c: tf.nn.dynamic_rnn(c, tf.zeros([1, 2, 2]), initial_state=tf.zeros([1, 5])),
     ValueError, "expected a width of 2"),
    (lambda c: tf.nn.dynamic_rnn(c, tf.zeros([1, 2, 2]), initial_state=(tf.zeros([1, 2]),) * 2),
     TypeError, "nested structure"),
    (lambda c: tf.nn.dynamic_rnn(c, tf.zeros([1, 2, 2], tf.int32), dtype=tf.float32), TypeError,
     "Expected int32|floating point"),
    (lambda c: tf.nn.static_rnn(c, [], dtype=tf.float32), ValueError, "must not be empty"),
    (lambda c: tf.nn.static_rnn(c, tf.zeros([3, 2, 2]), dtype=tf.float32), TypeError,
     "must be a sequence"),
    (lambda c: tf.nn.raw_rnn(c, 3), TypeError, "must be a callable"),
    (lambda c: [tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(2), tf.zeros([1, 2, 2]),
                                  dtype=tf.float32) for _ in range(2)], ValueError,
     "already exists"),
    (lambda c: tf.contrib.rnn.stack_bidirectional_dynamic_rnn([c], [], tf.zeros([1, 2, 2])),
     ValueError, "must be a list|same depth|at least one"),
])
def test_bad_nets_are_refused_with_words(build, kind, words):
    with pytest.raises(kind, match=words):
        build(tf.nn.rnn_cell.GRUCell(2))


def test_a_wrong_number_of_lengths_fails_in_the_run_and_changes_nothing():
    x, n = tf.placeholder(tf.float32, [None, None, 2]), tf.placeholder(tf.int32, [None])
    outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(2), x, n, dtype=tf.float32)
    train = tf.train.GradientDescentOptimizer(0.5).minimize(tf.reduce_sum(outputs))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        before = session.run(tf.trainable_variables())
        with pytest.raises(tf.errors.InvalidArgumentError, match="test_loops.py"):
            session.run(train, {x: X[:, :3], n: [1, 2]})
        for a, b in zip(before, session.run(tf.trainable_variables())):
            np.testing.assert_array_equal(a, b)
        session.run(train, {x: X[:, :3], n: [1, 2, 9]})      # beyond the end: the end


def test_variables_of_a_body_outlive_it():
    """A loop's body may make variables: they are trained, as those made outside."""
    def body(i, h):
        w = fg.get_variable("w", [2, 2], fg.float64)
        return i + 1, fg.tanh(fg.matmul(h, w))
    _, y = fg.while_loop(lambda i, h: i < 3, body, [0, fg.constant(X[:, 0])])
    w, = fg.trainable_variables()
    fg.testing.check_gradient(fg.reduce_sum(y), [w])
