"""tf.distributions: densities by their formulas, draws by their moments, divergences by sums."""

import math

import numpy as np
import pytest

import fastgrad.compat.v1 as tf

ds = tf.distributions


@pytest.fixture(autouse=True)
def fresh():
    tf.reset_default_graph()


def value(*nodes, feed=None):
    with tf.Session() as session:
        found = session.run(list(nodes), feed)
    return found[0] if len(nodes) == 1 else found


def test_normal_against_its_formula():
    x, m, s = np.float32([-1, 0, 2.5]), np.float32([0, 1, 2]), np.float32([0.5, 1, 3])
    d = ds.Normal(m, s)
    z = (x - m) / s
    log_prob = -0.5 * z * z - np.log(s) - 0.5 * math.log(2 * math.pi)
    cdf = [0.5 * math.erfc(-float(v) / math.sqrt(2)) for v in z]
    found = value(d.log_prob(x), d.prob(x), d.cdf(x), d.entropy(), d.mean(), d.stddev(),
                  d.variance(), d.mode())
    expected = (log_prob, np.exp(log_prob), cdf, 0.5 * np.log(2 * np.pi * np.e * s * s), m, s,
                s * s, m)
    for f, e in zip(found, expected, strict=True):
        assert f.dtype == np.float32
        np.testing.assert_allclose(f, e, rtol=1e-5)


def test_parameters_are_float32_and_kept():
    d = ds.Normal(loc=0., scale=[1., 2.])
    assert d.dtype == tf.float32 and d.batch_shape.as_list() == [2]
    assert d.event_shape.as_list() == [] and d.name == "Normal/"
    assert d.sample(3).shape.as_list() == [3, 2] and d.sample([4, 1]).shape.as_list() == [4, 1, 2]
    assert d.sample().shape.as_list() == [2] and d._sample_n(1).shape.as_list() == [1, 2]
    assert d.loc.dtype == d.scale.dtype == d.log_prob(0.).dtype == tf.float32
    assert value(d.batch_shape_tensor()).tolist() == [2]


def test_draws_have_the_moments():
    tf.set_random_seed(3)
    kinds = [ds.Normal([1., -2.], 0.5), ds.Uniform([0., -1.], [1., 3.]), ds.Exponential([1., 4.]),
             ds.Laplace([1., -2.], 0.5), ds.Bernoulli(probs=[0.2, 0.7])]
    for d in kinds:
        drawn, mean, deviation = value(d.sample(20000, seed=1), d.mean(), d.stddev())
        assert drawn.shape == (20000, 2)
        np.testing.assert_allclose(drawn.mean(0), mean, atol=0.05)
        np.testing.assert_allclose(drawn.std(0), deviation, atol=0.05)


def test_unknown_batch():
    x = tf.placeholder(tf.float32, [None, 1])
    a = tf.squeeze(ds.Normal(2 * x, tf.nn.softplus(x)).sample(1), axis=0)
    assert a.shape.as_list() == [None, 1]
    assert value(a, feed={x: np.ones((7, 1), "f4")}).shape == (7, 1)


def test_normal_draws_carry_gradients():
    m, s = tf.constant([1., 2.]), tf.constant([0.5, 3.])
    d = ds.Normal(m, s)
    drawn = d.sample(5, seed=1)
    found, dm, dsd = value(drawn, *tf.gradients(drawn, [m, s]))
    np.testing.assert_allclose(dm, [5, 5])
    np.testing.assert_allclose(dsd, ((found - [1, 2]) / [0.5, 3]).sum(0), rtol=1e-4)


def test_gradient_of_log_prob():
    m, s, x = 0.5, 2.0, -1.0
    mean, deviation = tf.constant(m), tf.constant(s)
    grads = value(*tf.gradients(ds.Normal(mean, deviation).log_prob(x), [mean, deviation]))
    np.testing.assert_allclose(grads, [(x - m) / s**2, (x - m)**2 / s**3 - 1 / s], rtol=1e-5)


def test_categorical():
    logits = np.float32([[0, 1, 2], [3, 0, 0]])
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    for d in (ds.Categorical(logits), ds.Categorical(logits=logits), ds.Categorical(probs=p)):
        lp, q, h, top, drawn = value(d.log_prob([2, 1]), d.prob([2, 1]), d.entropy(), d.mode(),
                                     d.sample(4))
        np.testing.assert_allclose(lp, np.log(p[[0, 1], [2, 1]]), rtol=1e-5)
        np.testing.assert_allclose(q, p[[0, 1], [2, 1]], rtol=1e-5)
        np.testing.assert_allclose(h, -(p * np.log(p)).sum(1), rtol=1e-5)
        assert top.tolist() == [2, 0] and top.dtype == drawn.dtype == np.int32
        assert drawn.shape == (4, 2)
    assert d.batch_shape.as_list() == [2] and d.sample().shape.as_list() == [2]
    assert value(ds.Categorical([0., 1.]).sample()).shape == ()


def test_categorical_draws_follow_the_probabilities():
    tf.set_random_seed(1)
    p = np.float32([[0.1, 0.2, 0.7], [0.5, 0.5, 0.0]])
    drawn = value(ds.Categorical(probs=p).sample(20000))
    found = np.stack([(drawn == k).mean(0) for k in range(3)], 1)
    np.testing.assert_allclose(found, p, atol=0.02)


def test_log_prob_of_many_draws_of_a_categorical():
    d = ds.Categorical(np.float32([[0, 1, 2], [3, 0, 0]]))
    assert value(d.log_prob([[0, 1], [1, 2], [2, 0]])).shape == (3, 2)


def test_bernoulli():
    z = np.float32([-2, 0.5])
    p = 1 / (1 + np.exp(-z))
    for d in (ds.Bernoulli(logits=z), ds.Bernoulli(probs=p), ds.Bernoulli(z)):
        ones, zeros, h, top = value(d.log_prob([1., 1.]), d.log_prob([0., 0.]), d.entropy(),
                                    d.mode())
        np.testing.assert_allclose(ones, np.log(p), rtol=1e-5)
        np.testing.assert_allclose(zeros, np.log(1 - p), rtol=1e-5)
        np.testing.assert_allclose(h, -p * np.log(p) - (1 - p) * np.log(1 - p), rtol=1e-5)
        assert top.tolist() == [0, 1] and d.sample().dtype == tf.int32


def test_uniform_exponential_laplace():
    u, e, la = ds.Uniform(-1., 3.), ds.Exponential(2.), ds.Laplace(1., 2.)
    found = value(u.prob([-2., 0., 3.]), u.entropy(), u.cdf([-2., 0., 4.]), e.log_prob(0.5),
                  e.entropy(), e.cdf(0.5), la.log_prob(-1.), la.entropy(), la.cdf([-1., 3.]))
    expected = ([0, 0.25, 0], math.log(4), [0, 0.25, 1], math.log(2) - 1, 1 - math.log(2),
                1 - math.exp(-1), -1 - math.log(4), 1 + math.log(4),
                [0.5 * math.exp(-1), 1 - 0.5 * math.exp(-1)])
    for f, x in zip(found, expected, strict=True):
        np.testing.assert_allclose(f, x, rtol=1e-5)


def test_divergences():
    a, b = ds.Normal([0., 1.], [1., 2.]), ds.Normal(0.5, [2., 0.5])
    ma, sa, mb, sb = (np.array(v) for v in ([0, 1], [1, 2], 0.5, [2, 0.5]))
    expected = np.log(sb / sa) + (sa**2 + (ma - mb)**2) / (2 * sb**2) - 0.5
    np.testing.assert_allclose(value(ds.kl_divergence(a, b)), expected, rtol=1e-5)
    np.testing.assert_allclose(value(a.kl_divergence(b)), expected, rtol=1e-5)
    np.testing.assert_allclose(value(a.cross_entropy(b)),
                               expected + np.log(sa * np.sqrt(2 * np.pi * np.e)), rtol=1e-5)
    p, q = np.float32([0.2, 0.3, 0.5]), np.float32([0.4, 0.4, 0.2])
    np.testing.assert_allclose(
        value(ds.kl_divergence(ds.Categorical(probs=p), ds.Categorical(probs=q))),
        (p * np.log(p / q)).sum(), rtol=1e-5)
    np.testing.assert_allclose(
        value(ds.kl_divergence(ds.Bernoulli(probs=p), ds.Bernoulli(probs=q))),
        p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q)), rtol=1e-5)


def test_diagonal_normal():
    m, s = np.float32([[0, 1], [2, 3]]), np.float32([[1, 2], [0.5, 1]])
    d = tf.contrib.distributions.MultivariateNormalDiag(loc=m, scale_diag=s)
    one = ds.Normal(m, s)
    x = np.float32([[0.5, 0.5], [1, 1]])
    lp, h, each, entropies, drawn = value(d.log_prob(x), d.entropy(), one.log_prob(x),
                                          one.entropy(), d.sample(3))
    np.testing.assert_allclose(lp, each.sum(1), rtol=1e-5)
    np.testing.assert_allclose(h, entropies.sum(1), rtol=1e-5)
    assert drawn.shape == (3, 2, 2)
    assert d.event_shape.as_list() == [2] and d.batch_shape.as_list() == [2]
    other = tf.contrib.distributions.MultivariateNormalDiag(m + 1, s)
    np.testing.assert_allclose(value(ds.kl_divergence(d, other)),
                               (0.5 / s**2).sum(1), rtol=1e-5)


def test_wrong_use_says_so():
    with pytest.raises(TypeError, match="dtype"):
        ds.Normal(tf.constant(0.), tf.constant(1., tf.float64))
    with pytest.raises(ValueError, match="logits.*probs"):
        ds.Categorical()
    with pytest.raises(NotImplementedError, match="Normal.*Uniform"):
        ds.kl_divergence(ds.Normal(0., 1.), ds.Uniform(0., 1.))
    with pytest.raises(NotImplementedError, match="mode"):
        ds.Uniform(0., 1.).mode()
    with pytest.raises(AttributeError, match="StudentT"):
        ds.StudentT  # noqa: B018


def test_the_contrib_names_are_the_same():
    assert tf.contrib.distributions.Normal is ds.Normal
    assert tf.contrib.distributions.kl_divergence is ds.kl_divergence
    assert isinstance(ds.Normal(0., 1.), ds.Distribution)
