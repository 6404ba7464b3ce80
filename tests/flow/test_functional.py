"""map_fn, scan, foldl, foldr and make_template; check_numerics."""

import numpy as np
import pytest

import fastgrad.compat.v1 as tf

A = np.arange(6, dtype="f4").reshape(3, 2)


@pytest.fixture(autouse=True)
def fresh():
    tf.reset_default_graph()


def run(*nodes, feed=None):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        found = session.run(list(nodes), feed)
    return found[0] if len(nodes) == 1 else found


def test_map_fn():
    w = tf.Variable([2.0, 3.0])
    found = tf.map_fn(lambda row: tf.reduce_sum(row * w), A)
    assert found.shape.as_list() == [3]
    value, slope = run(found, tf.gradients(found, w)[0])
    assert value.tolist() == (A @ [2, 3]).tolist() and slope.tolist() == A.sum(0).tolist()


def test_map_fn_over_several():
    total = tf.map_fn(lambda pair: pair[0] + pair[1], (A, A * 10), dtype=tf.float32)
    both = tf.map_fn(lambda x: (x, x > 2), np.float32([1, 3]), dtype=(tf.float32, tf.bool))
    assert isinstance(both, tuple)
    total, (same, large) = run(total, both)
    assert total.tolist() == (A * 11).tolist()
    assert same.tolist() == [1, 3] and large.tolist() == [False, True]


def test_scan():
    running = tf.scan(lambda total, x: total + x, A)
    started = tf.scan(lambda total, x: total * 2 + x, np.float32([1, 2, 3]), initializer=1.0)
    backwards = tf.scan(lambda total, x: total + x, np.float32([1, 2, 3]), reverse=True)
    pairs = tf.scan(lambda s, x: (s[0] + x, s[1] - x), np.float32([1, 2]), initializer=(0.0, 0.0))
    found = run(running, started, backwards, *pairs)
    expected = [np.cumsum(A, 0), [3, 8, 19], [6, 5, 3], [1, 3], [-1, -3]]
    for f, e in zip(found, expected, strict=True):
        assert f.tolist() == np.asarray(e).tolist()


def test_folds():
    left = tf.foldl(lambda total, x: total * 2 + x, np.float32([1, 2, 3]))
    right = tf.foldr(lambda total, x: total * 2 + x, np.float32([1, 2, 3]))
    started = tf.foldl(lambda total, x: total + x, A, initializer=np.float32([10, 20]))
    left, right, started = run(left, right, started)
    assert left == 11 and right == 17 and started.tolist() == [16, 29]


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="scan.*lengths.*2.*3"):
        tf.scan(lambda s, x: s, (np.float32([1, 2]), np.float32([1, 2, 3])))


def test_a_template_makes_its_variables_once():
    def line(x, bias):
        w = tf.get_variable("w", [2, 1], initializer=tf.ones_initializer())
        return tf.matmul(x, w) + bias
    made = tf.make_template("line", line, bias=1.0)
    one, other = made(A), made(A * 2)
    second = tf.make_template("line", line)(A, bias=0.0)
    assert [v.name for v in tf.global_variables()] == ["line/w:0", "line_1/w:0"]
    one, other, second = run(one, other, second)
    assert one.ravel().tolist() == [2, 6, 10] and other.ravel().tolist() == [3, 11, 19]
    assert second.ravel().tolist() == [1, 5, 9]


def test_check_numerics():
    x = tf.placeholder(tf.float32, [None])
    y = tf.check_numerics(tf.log(x), "log of x")
    z = tf.verify_tensor_all_finite(x, "x itself")
    value, same, slope = run(y, z, tf.gradients(y, x)[0], feed={x: [1, 2]})
    np.testing.assert_allclose(value, np.log([1, 2]), rtol=1e-6)
    assert same.tolist() == [1, 2] and slope.tolist() == [1, 0.5]
    with pytest.raises(tf.errors.InvalidArgumentError, match="log of x : Tensor had NaN or Inf"):
        run(y, feed={x: [0]})
