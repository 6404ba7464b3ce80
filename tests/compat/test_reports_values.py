"""What users of graph libraries reported, as tests: gradients and values in delicate places.

See `test_reports.py` for the rest.
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


def near(found, expected, rtol=1e-5, atol=1e-6):
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)


def of(session, build, value):
    """build(x) of a fed vector, and its gradient."""
    x = tf.placeholder(tf.float32, [None] * np.ndim(value))
    y = build(x)
    return session.run([y, tf.gradients(y, x)[0]], {x: value})


# ---- gradients where it is delicate -----------------------------------------------------

def test_the_branch_of_where_that_is_not_taken_stays_out_of_the_gradient(session):
    def guarded(x):
        safe = tf.where(x > 0, x, tf.ones_like(x))
        return tf.where(x > 0, tf.sqrt(safe), tf.zeros_like(x))
    near(of(session, guarded, [4, 0, -3])[1], [0.25, 0, 0])

    def scattered(x):
        at = tf.cast(tf.where(x > 0), tf.int32)
        return tf.scatter_nd(at, tf.log(tf.boolean_mask(x, x > 0)), tf.shape(x))
    y, slope = of(session, scattered, [2, 0, -1])
    near(y, [np.log(2), 0, 0])
    near(slope, [0.5, 0, 0])


def test_rows_of_an_embedding_table_as_gradient(session):
    table = tf.Variable(np.ones((3, 2), np.float32))
    x = tf.placeholder(tf.int32, [None])
    loss = tf.reduce_sum(tf.square(tf.nn.embedding_lookup(table, x)))
    rows, = tf.gradients(loss, table)
    (clipped,), norm = tf.clip_by_global_norm([rows], 1.0)
    start(session)
    feed = {x: [2, 0, 2]}
    found = session.run(rows, feed)
    assert isinstance(rows, tf.IndexedSlices) and found.indices.tolist() == [2, 0, 2]
    assert found.values.tolist() == [[2, 2]] * 3
    dense = np.array([[2.0, 2], [0, 0], [4, 4]])
    near(session.run(tf.convert_to_tensor(rows), feed), dense)
    near(session.run(norm, feed), np.sqrt(24))
    near(session.run(tf.convert_to_tensor(clipped), feed), dense / np.sqrt(24))
    both = tf.gradients(loss + tf.nn.l2_loss(table), table)[0]
    near(session.run(tf.convert_to_tensor(both), feed), dense + 1)


@pytest.mark.parametrize("build, at, slope", [
    (tf.reduce_prod, [0, 2, 3], [6, 0, 0]), (tf.reduce_prod, [0, 0, 3], [0, 0, 0]),
    (tf.cumprod, [1, 2, 3], [9, 4, 2]), (lambda x: tf.pow(x, 2.0), [0, -2], [0, -4]),
    (lambda x: tf.pow(x, 2.4), [0], [0]), (lambda x: tf.nn.l2_normalize(x, 0)[0], [3, 4],
                                           [16 / 125, -12 / 125]),
    (tf.abs, [0, -1], [0, -1]), (tf.nn.relu, [0, -0.0, 1], [0, 0, 1]),
    (lambda x: tf.maximum(x, 0.0), [0, 1, -1], [1, 1, 0]), (lambda x: x - x, [3], [0]),
    (tf.reduce_max, [2, 2, 1, 2], [1 / 3, 1 / 3, 0, 1 / 3]), (tf.reduce_min, [1, 1], [0.5, 0.5]),
    (lambda x: tf.reduce_max(tf.stack([x, x])), [3, 1], [1, 0]),
    (lambda x: tf.maximum(x, x), [3], [1]), (lambda x: tf.reduce_max(x) + x, [2, 3], [1, 3]),
    (lambda x: tf.segment_max(x, [0, 0, 1]), [2, 2, 5], [0.5, 0.5, 1]),
    (lambda x: tf.clip_by_norm(x, 1.0), [0, 0, 0], [1, 1, 1]),
    (lambda x: tf.clip_by_norm(x, 1.0), [3, 4], [1 / 5 - 21 / 125, 1 / 5 - 28 / 125]),
    (lambda x: tf.clip_by_value(x, -1.0, 1.0), [-2, -1, 0, 1, 2], [0, 1, 1, 1, 0]),
    (lambda x: tf.broadcast_to(x, [4, 3]), [1, 2, 3], [4, 4, 4]),
    (lambda x: tf.tile(x, [2]) * tf.range(6.0), [1, 2, 3], [3, 5, 7]),
])
def test_gradients_at_zeros_ties_and_bounds(build, at, slope, session):
    near(of(session, build, at)[1], slope)


@pytest.mark.parametrize("shapes", [((4, 1), (1, 3)), ((4, 3), ()), ((2, 4, 3), (4, 1)),
                                    ((3,), (2, 1, 1)), ((0, 3), (3,))])
@pytest.mark.parametrize("known", [True, False])
def test_gradients_of_broadcast_operands_have_the_operands_shape(shapes, known, session):
    rng = np.random.default_rng(0)
    values = [rng.random(s) + 0.5 for s in shapes]
    a, b = (tf.placeholder(tf.float64, s if known else None) for s in shapes)
    up = rng.random(np.broadcast(*values).shape)
    found = session.run(tf.gradients(a * b * up, [a, b]), dict(zip((a, b), values)))
    for dx, other, shape in zip(found, values[::-1], shapes):
        want = other * up
        want = want.sum(axis=tuple(range(want.ndim - len(shape))))
        axes = tuple(i for i, n in enumerate(shape) if n == 1)
        assert dx.shape == shape
        near(dx, want.sum(axis=axes, keepdims=True).reshape(shape), 1e-9)


def test_loops_and_their_gradients(session):
    w, x = tf.Variable(2.0), tf.placeholder(tf.float32, [9])
    power = tf.while_loop(lambda k, s: k < 5, lambda k, s: (k + 1, s * w), [0, 1.0])[1]
    doubled = tf.while_loop(lambda k, s: k < 6, lambda k, s: (k + 1, tf.add(s, s)), [0, w])[1]
    total = tf.while_loop(
        lambda k, s: k < 9, lambda k, s: (k + 1, s + tf.gather(x, k) * tf.cast(k, tf.float32)),
        [0, 0.0])[1]
    start(session)
    assert session.run([power, *tf.gradients(power, w)]) == [32, 80]
    assert session.run([doubled, *tf.gradients(doubled, w)]) == [128, 64]
    slope = tf.convert_to_tensor(tf.gradients(total, x)[0])
    found = session.run([total, slope], {x: np.arange(9)})
    assert found[0] == 204 and found[1].tolist() == list(range(9))


# ---- nothing, NaN, labels ---------------------------------------------------------------

def test_reductions_of_no_rows(session):
    x = tf.placeholder(tf.float32, [None, 3])
    w = tf.Variable(np.ones((3, 1), np.float32))
    step = tf.train.GradientDescentOptimizer(0.1).minimize(
        tf.reduce_sum(tf.square(tf.matmul(x, w))))
    made = [tf.reduce_max(x, 0), tf.reduce_min(x, 0), tf.reduce_mean(x, 0), tf.reduce_sum(x, 0)]
    start(session)
    none = {x: np.zeros((0, 3))}
    expected = [-np.inf, np.inf, np.nan, 0]
    for found, value in zip(session.run(made, none), expected):
        np.testing.assert_array_equal(found, [value] * 3)
    assert session.run(tf.nn.softmax(x), none).shape == (0, 3)
    with pytest.raises(tf.errors.InvalidArgumentError):
        session.run(tf.argmax(x, 0), none)
    session.run(step, none)
    assert session.run(w).tolist() == [[1]] * 3
    found = session.run([tf.reduce_max(x), tf.maximum(x, 0.0)], {x: [[1, np.nan, 2]]})
    assert np.isnan(found[0]) and np.isnan(found[1][0, 1])


def test_cross_entropies(session):
    z, q, y = (tf.placeholder(tf.float32, [None, 2]), tf.placeholder(tf.float32, [None, 2]),
               tf.placeholder(tf.int32, [None]))
    sparse = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=z)
    for bad in (2, -1, 100):
        with pytest.raises(tf.errors.InvalidArgumentError):
            session.run(sparse, {z: [[0, 1]], y: [bad]})
    soft = tf.nn.softmax_cross_entropy_with_logits_v2(labels=q, logits=z)
    old = tf.nn.softmax_cross_entropy_with_logits(labels=q, logits=z)
    near(session.run(soft, {z: [[99, 0], [0, 0]], q: np.zeros((2, 2))}), [0, 0])
    huge = {z: [[1e4, -1e4]], q: [[0, 1]]}
    near(session.run(soft, huge), [2e4])
    near(session.run(tf.gradients(soft, z)[0], huge), [[1, -1]])
    assert tf.gradients(old, q) == [None] and tf.gradients(soft, q) != [None]
    sigmoid = tf.nn.sigmoid_cross_entropy_with_logits(labels=q, logits=z)
    near(session.run(sigmoid, {z: [[1e4, -1e4]], q: [[1, 1]]}), [[0, 1e4]])
    with pytest.raises(ValueError, match="named"):
        tf.nn.softmax_cross_entropy_with_logits(z, q)
