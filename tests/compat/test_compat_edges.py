"""Operations at their edges: empty lists, unknown ranks, other sizes of bits, as TensorFlow has them."""

import numpy as np
import pytest

import fastgrad.compat.v1 as tf


@pytest.fixture(autouse=True)
def fresh():
    tf.reset_default_graph()


# what TensorFlow 1.15 gave; the shape is the one known before a run
GAVE = {
    "mask of nothing": (lambda: tf.sequence_mask(tf.constant([], tf.int32)), (0, 0),
                        np.zeros((0, 0), bool)),
    "mask below 0": (lambda: tf.sequence_mask([1, -3]), (2, 1), [[True], [False]]),
    "mean of integers": (lambda: tf.segment_mean([1, 2, 4], [0, 0, 1]), (None,), [1, 4]),
    "stack of a tensor": (lambda: tf.stack(tf.placeholder_with_default([1.0, 2.0], None)), None,
                          [1.0, 2.0]),
    "stack of nothing": (lambda: tf.stack([]), (0,), np.zeros(0, np.float32)),
    "norm of nothing": (lambda: tf.global_norm([None]), (), 0.0),
    "bias of integers": (lambda: tf.nn.bias_add(tf.ones([1, 2]), [1, 2]), (1, 2), [[2.0, 3.0]]),
    "a column of labels": (lambda: tf.confusion_matrix([[0], [1]], [0, 1], 2), (2, 2),
                           [[1, 0], [0, 1]]),
    "the count of statistics": (lambda: tf.nn.sufficient_statistics(
        tf.placeholder_with_default(np.ones((3, 2), np.float32), None), [0])[0], (), 3.0),
}


@pytest.mark.parametrize("name", GAVE)
def test_edges_that_tensorflow_answers(name):
    make, shape, value = GAVE[name]
    found = make()
    assert (None if shape is None else list(shape)) == (
        None if found.shape.ndims is None else found.shape.as_list())
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(found), value)


def test_polygamma_at_infinity():
    """The limit, where TensorFlow's series gives NaN."""
    with tf.Session() as session:
        found = session.run(tf.polygamma([1.0, 1.0, np.inf], [np.inf, -np.inf, 1.0]))
    np.testing.assert_array_equal(found, [0.0, np.nan, np.nan])


def test_spectral_norm():
    x = np.array([[[2.0, 1.0], [0.0, 3.0]], [[1.0, 5.0], [2.0, 0.5]]])
    with tf.Session() as session:
        found = session.run([tf.norm(x, ord=2, axis=[1, 2]),
                             tf.norm(x, ord=2, axis=[-1, 0], keepdims=True)])
    np.testing.assert_allclose(found[0], np.linalg.norm(x, 2, (1, 2)))
    np.testing.assert_allclose(found[1], np.linalg.norm(x, 2, (2, 0), keepdims=True))


def test_the_weights_of_a_bincount_have_a_gradient():
    weights = tf.constant([1.0, 2.0, 3.0])
    count = tf.bincount([1, 1, 3], weights=weights)
    cut = tf.bincount([1, 1, 3], weights=weights, maxlength=2)
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(tf.gradients(count * [1.0, 2.0, 3.0, 4.0],
                                                               weights)[0]), [2.0, 2.0, 4.0])
        np.testing.assert_array_equal(session.run(tf.gradients(cut, weights)[0]), [1.0, 1.0, 0.0])


def test_bits_read_as_a_wider_or_a_narrower_dtype():
    with tf.Session() as session:
        np.testing.assert_array_equal(
            session.run(tf.bitcast(tf.constant([1.0, 2.0], tf.float64), tf.int32)),
            [[0, 1072693248], [0, 1073741824]])
        wide = tf.bitcast(tf.constant([1.0, 2.0]), tf.float64)
        assert wide.shape.as_list() == [] and session.run(wide) == 2.000000473111868
    with pytest.raises(ValueError):
        tf.bitcast(tf.constant([1.0, 2.0, 3.0]), tf.float64)


def test_padding_with_the_number_in_a_tensor():
    x, value = tf.placeholder(tf.float32, [2]), tf.placeholder(tf.float32, [])
    found = tf.pad(x, [[1, 2]], constant_values=value)
    assert found.shape.as_list() == [5] and tf.gradients(found, value) == [None]
    with tf.Session() as session:
        y, dx = session.run([found, tf.gradients(found * [1.0, 2, 3, 4, 5], x)[0]],
                            {x: [np.inf, np.nan], value: 3.0})
    np.testing.assert_array_equal(y, np.float32([3, np.inf, np.nan, 3, 3]))
    np.testing.assert_array_equal(dx, [2.0, 3.0])
    with pytest.raises(TypeError):
        tf.pad(tf.constant([1]), [[1, 0]], constant_values=5.5)


def test_coordinates_in_each_item_of_a_batch():
    values = np.arange(24.0).reshape(2, 3, 4)
    x = tf.constant(values)
    rows = tf.gather_nd(x, [[0], [1]], batch_dims=1)
    items = tf.gather_nd(x, [[[0], [1], [3]], [[1], [2], [0]]], batch_dims=2)
    assert rows.shape.as_list() == [2, 4] and items.shape.as_list() == [2, 3]
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(rows), values[[0, 1], [0, 1]])
        np.testing.assert_array_equal(session.run(items), [[0, 5, 11], [13, 18, 20]])
        np.testing.assert_array_equal(session.run(tf.gradients(rows, x)[0])[1].sum(1), [0, 4, 0])
    with pytest.raises(ValueError, match="batch_dims"):
        tf.gather_nd(x, [[0], [1]], batch_dims=2)


def test_places_are_integers():
    with pytest.raises(TypeError):
        tf.argmax([[1.0, 2.0]], 1, output_type=tf.float32)
