"""Sampled classes: how often they come, and the losses over them against NumPy's formulas."""

import numpy as np
import pytest

import fastgrad.compat.v1 as tf


@pytest.fixture(autouse=True)
def fresh():
    tf.reset_default_graph()
    tf.set_random_seed(5)


RNG = np.random.default_rng(1)
WEIGHTS, BIASES = RNG.normal(size=(8, 3)).astype("f4"), RNG.normal(size=8).astype("f4")
INPUTS, LABELS = RNG.normal(size=(4, 3)).astype("f4"), np.array([[1], [0], [5], [2]])
SAMPLED = (np.array([5, 3, 0]), np.full((4, 1), 0.5, "f4"), np.array([0.25, 0.5, 0.75], "f4"))


def logits_of(drop_hits):
    true = (INPUTS * WEIGHTS[LABELS[:, 0]]).sum(1, keepdims=True) + BIASES[LABELS]
    others = INPUTS @ WEIGHTS[SAMPLED[0]].T + BIASES[SAMPLED[0]]
    true, others = true - np.log(SAMPLED[1]), others - np.log(SAMPLED[2])
    if drop_hits:
        others[LABELS == SAMPLED[0]] = -np.inf
    return np.concatenate([true, others], 1)


def value(tensor):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(tensor)


@pytest.mark.parametrize("drop_hits", [False, True])
def test_nce_loss(drop_hits):
    found = value(tf.nn.nce_loss(WEIGHTS, BIASES, LABELS, INPUTS, 3, 8, sampled_values=SAMPLED,
                                 remove_accidental_hits=drop_hits))
    logits = logits_of(drop_hits)
    assert np.allclose(found, np.logaddexp(0, logits * [-1, 1, 1, 1]).sum(1), rtol=1e-5)


def test_sampled_softmax_loss():
    found = value(tf.nn.sampled_softmax_loss(WEIGHTS, BIASES, LABELS, INPUTS, 3, 8,
                                             sampled_values=SAMPLED))
    logits = logits_of(True)
    assert np.allclose(found, np.logaddexp.reduce(logits, 1) - logits[:, 0], rtol=1e-5)


def test_only_rows_that_were_read_are_updated():
    weights, biases = tf.Variable(WEIGHTS), tf.Variable(BIASES)
    loss = tf.reduce_mean(tf.nn.nce_loss(
        weights=weights, biases=biases, labels=tf.constant(LABELS, tf.int32), inputs=INPUTS,
        num_sampled=3, num_classes=8, sampled_values=SAMPLED))
    assert all(isinstance(g, tf.IndexedSlices) for g in tf.gradients(loss, [weights, biases]))
    step = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(step)
        changed = (session.run(weights) != WEIGHTS).any(1)
    assert changed.tolist() == [True, True, True, True, False, True, False, False]


def test_log_uniform_draws_fall_off_with_the_class():
    drawn, true, counts = value(tf.random.log_uniform_candidate_sampler(
        [[0], [3]], 1, 20000, False, 10))
    chance = np.log1p(1 / np.arange(1, 11)) / np.log(11)
    assert np.allclose(np.bincount(drawn, minlength=10) / 20000, chance, atol=0.02)
    assert np.allclose(true[:, 0], 20000 * chance[[0, 3]], rtol=1e-4)
    assert np.allclose(counts, 20000 * chance[drawn], rtol=1e-4)


@pytest.mark.parametrize("sampler", ["log_uniform", "uniform"])
def test_unique_draws_differ_and_are_expected_once_at_most(sampler):
    sampler = getattr(tf.nn, sampler + "_candidate_sampler")
    drawn, true, counts = value(sampler(np.array([[0, 1]]), 2, 90, True, 100))
    assert drawn.dtype == np.int64 and len(set(drawn)) == 90 and 0 <= min(drawn) <= max(drawn) < 100
    assert true.shape == (1, 2) and (counts > 0).all() and (counts <= 1).all()
    everything, _, _ = value(sampler(np.array([[0]]), 1, 7, True, 7))
    assert sorted(everything) == list(range(7))


def test_more_different_classes_than_there_are_is_refused():
    with pytest.raises(ValueError, match="9 different classes.*range_max is 8"):
        tf.nn.nce_loss(WEIGHTS, BIASES, LABELS, INPUTS, 9, 8)


def test_words_are_told_apart():
    """Skip-gram on a text of two groups of words: a step draws anew, and the loss falls."""
    ids, near = tf.placeholder(tf.int32, [16]), tf.placeholder(tf.int32, [16, 1])
    table = tf.Variable(tf.random_uniform([20, 8], -1.0, 1.0))
    weights, biases = tf.Variable(tf.truncated_normal([20, 8])), tf.Variable(tf.zeros([20]))
    loss = tf.reduce_mean(tf.nn.nce_loss(weights, biases, near, tf.nn.embedding_lookup(table, ids),
                                         4, 20))
    step = tf.train.GradientDescentOptimizer(1.0).minimize(loss)
    rng, losses = np.random.default_rng(3), []
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(400):
            words = rng.integers(0, 20, 16)
            pairs = (words + 2 * rng.integers(0, 10, 16)) % 20
            losses.append(session.run([loss, step], {ids: words, near: pairs[:, None]})[0])
    assert np.mean(losses[-50:]) < 0.6 * np.mean(losses[:20])
