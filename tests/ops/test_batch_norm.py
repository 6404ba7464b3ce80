"""Batch normalisation of images: derivatives to second order, moments of hard numbers, layers."""

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad.nn.fused_batch_norm import switched_batch_norm
from fastgrad.testing import check_gradient


@pytest.fixture(autouse=True)
def fresh():
    fg.reset_default_graph()
    tf.reset_default_graph()


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


PARTS = [random(2, 3, 2, 3), 1 + 0.3 * random(3, seed=1), random(3, seed=2)]
WEIGHTS = random(2, 3, 2, 3, seed=3)            # the sum of all has no gradient


def test_derivatives_in_training():
    check_gradient(lambda x, s, o: fg.nn.fused_batch_norm(x, s, o)[0] * WEIGHTS, PARTS, order=2)


def test_derivatives_with_given_moments():
    def y(x, s, o):
        return fg.tanh(fg.nn.fused_batch_norm(x, s, o, np.zeros(3), np.full(3, 1.5),
                                              is_training=False)[0])
    check_gradient(y, PARTS, order=2)


@pytest.mark.parametrize("training", [True, False])
def test_derivatives_where_training_is_a_node(training):
    def y(x, s, o):
        now = fg.constant(np.array(training))
        return fg.tanh(switched_batch_norm(x, s, o, np.zeros(3), np.full(3, 1.5), 0.01, now)[0])
    check_gradient(y, PARTS, order=2)


def test_no_gradient_through_moments():
    x, m = fg.constant(PARTS[0]), fg.constant(np.zeros(3))
    _, mean, variance = fg.nn.fused_batch_norm(x, np.ones(3), np.zeros(3))
    assert not fg.Session().run(fg.gradients(mean, x)[0]).any()
    assert not fg.Session().run(fg.gradients(variance, x)[0]).any()
    y = fg.nn.fused_batch_norm(x, np.ones(3), np.zeros(3), m, np.ones(3), is_training=False)[0]
    assert fg.gradients(y, m) == [None]


@pytest.mark.parametrize("shape", [(64, 7, 5, 3), (3, 40, 41, 1), (2, 5, 5, 130), (1, 1, 1, 4),
                                   (5, 33, 29, 64)])
def test_moments_of_numbers_far_from_zero(shape):
    """A mean of 1000 deviations; sums of squares alone would have no digit left."""
    x = (1000 + random(*shape)).astype(np.float32)
    fed = fg.placeholder(np.float32, shape)
    y, mean, variance = fg.Session().run(list(fg.nn.fused_batch_norm(
        fed, np.ones(shape[3], np.float32), np.zeros(shape[3], np.float32), epsilon=1e-3)),
        {fed: x})
    wide = x.astype(np.float64)
    count = x.size // shape[3]
    np.testing.assert_allclose(mean, wide.mean((0, 1, 2)), rtol=1e-7)
    expected = wide.var((0, 1, 2)) * count / max(count - 1, 1)
    np.testing.assert_allclose(variance, expected, rtol=1e-4, atol=1e-9)
    flat = (wide - wide.mean((0, 1, 2))) / np.sqrt(wide.var((0, 1, 2)) + 1e-3)
    np.testing.assert_allclose(y, flat, rtol=1e-3, atol=2e-3)


def test_a_nan_stays_in_its_channel():
    x = random(2, 3, 3, 2).astype(np.float32)
    x[0, 1, 1, 0] = np.nan
    y = fg.Session().run(fg.nn.relu(fg.nn.fused_batch_norm(
        x, np.ones(2, np.float32), np.zeros(2, np.float32))[0]))
    assert np.isnan(y[..., 0]).all() and np.isfinite(y[..., 1]).all()


def test_the_plan_has_few_steps_and_the_relu_in_one():
    x = fg.placeholder(np.float32, [None, 6, 6, 8])
    s, o = (fg.Variable(np.full(8, v, np.float32)) for v in (1, 0))
    y = fg.nn.relu(fg.nn.fused_batch_norm(x, s, o)[0])
    feed = {x: random(4, 6, 6, 8).astype(np.float32)}
    shown = fg.Session().plan([y, *fg.gradients(y, [x, s, o])], feed).explain()
    assert "+relu" in shown and "numpy" not in shown.lower()
    assert shown.count("channel_parts") == shown.count("channel_grad_parts") == 1
    for act in (fg.tanh, fg.sigmoid):
        z = act(fg.nn.fused_batch_norm(x, s, o)[0])
        plain = fg.Session().run(fg.nn.fused_batch_norm(x, s, o)[0], feed)
        expected = np.tanh(plain) if act is fg.tanh else 1 / (1 + np.exp(-plain))
        np.testing.assert_allclose(fg.Session().run(z, feed), expected, rtol=2e-6, atol=1e-6)


def test_the_layer_moves_its_averages_when_told():
    x, training = fg.placeholder(np.float32, [None, 3, 3, 2]), fg.placeholder(np.bool_, [])
    y = fg.layers.batch_normalization(x, momentum=0.75, training=training)
    updates = fg.get_collection(fg.GraphKeys.UPDATE_OPS)
    mean, variance = [v for v in fg.global_variables() if "moving" in v.name]
    data = (2 + 3 * random(4, 3, 3, 2)).astype(np.float32)
    session = fg.Session()
    session.run([y, *updates], {x: data, training: False})
    assert not mean.value.any() and (variance.value == 1).all()
    now, _, _ = session.run([y, *updates], {x: data, training: True})
    np.testing.assert_allclose(now.mean((0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(mean.value, 0.25 * data.mean((0, 1, 2)), rtol=1e-5)
    np.testing.assert_allclose(variance.value, 0.75 + 0.25 * data.var((0, 1, 2), ddof=1), rtol=1e-5)
    later = session.run(y, {x: data, training: False})
    expected = (data - mean.value) / np.sqrt(variance.value + 1e-3)
    np.testing.assert_allclose(later, expected, rtol=1e-4, atol=1e-5)


def test_an_empty_batch():
    x = fg.placeholder(np.float32, [None, 3, 3, 2])
    y = fg.nn.fused_batch_norm(x, np.ones(2, np.float32), np.zeros(2, np.float32))[0]
    assert fg.Session().run(y, {x: np.zeros((0, 3, 3, 2), np.float32)}).shape == (0, 3, 3, 2)
