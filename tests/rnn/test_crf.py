"""Conditional random fields and legacy_seq2seq: against all sequences, and against TensorFlow's ways."""

import itertools

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad import crf
from fastgrad.seq2seq import legacy

SCORES = np.random.RandomState(0).randn(3, 4, 3)
MOVES = np.random.RandomState(1).randn(3, 3)
LENGTHS = [4, 1, 2]


@pytest.fixture(autouse=True)
def fresh():
    fg.reset_default_graph()
    tf.reset_default_graph()


def score(row, tags):
    return sum(SCORES[row, t, tag] for t, tag in enumerate(tags)) + sum(
        MOVES[a, b] for a, b in zip(tags, tags[1:]))


def every(row):
    return {tags: score(row, tags) for tags in itertools.product(range(3), repeat=LENGTHS[row])}


@pytest.mark.parametrize("known", [(3, 4, 3), (None, None, 3)])
def test_likelihood_and_decoding(known):
    x = fg.placeholder(fg.float64, known)
    tags = np.random.RandomState(2).randint(0, 3, (3, 4))
    likelihood, _ = crf.crf_log_likelihood(x, tags, LENGTHS, MOVES)
    best, top = crf.crf_decode(x, MOVES, LENGTHS)
    found, best, top = fg.Session().run([likelihood, best, top], {x: SCORES})
    for row, n in enumerate(LENGTHS):
        scores = every(row)
        norm = np.logaddexp.reduce(list(scores.values()))
        np.testing.assert_allclose(found[row], score(row, tuple(tags[row, :n])) - norm)
        wanted = max(scores, key=scores.get)
        assert tuple(best[row, :n]) == wanted and not best[row, n:].any()
        np.testing.assert_allclose(top[row], scores[wanted])
        decoded = crf.viterbi_decode(SCORES[row, :n], MOVES)
        assert tuple(decoded[0]) == wanted
        np.testing.assert_allclose(decoded[1], scores[wanted])


def test_gradient():
    x, moves = fg.placeholder(fg.float64, [3, 4, 3]), fg.placeholder(fg.float64, [3, 3])
    likelihood, _ = crf.crf_log_likelihood(x, np.zeros((3, 4), np.int32), LENGTHS, moves)
    fg.testing.check_gradient(likelihood, [x, moves], {x: SCORES, moves: MOVES})


def test_sums_over_allowed_tags():
    allowed = np.ones((3, 4, 3), bool)
    allowed[0, 1, 2] = allowed[2, 0, 0] = False
    found = fg.Session().run(crf.crf_multitag_sequence_score(SCORES, allowed, LENGTHS, MOVES))
    for row in range(3):
        scores = [s for tags, s in every(row).items()
                  if all(allowed[row, t, tag] for t, tag in enumerate(tags))]
        np.testing.assert_allclose(found[row], np.logaddexp.reduce(scores))


def test_a_list_of_lengths_is_refused_as_in_tensorflow():
    with pytest.raises(AttributeError, match="dtype"):
        tf.contrib.crf.crf_log_norm(tf.zeros([1, 2, 3]), [2], tf.zeros([3, 3]))


# ---- legacy_seq2seq -----------------------------------------------------------------------

IDS = np.array([[0, 1], [2, 0], [1, 1]], np.int32)


@pytest.mark.parametrize("model", ["embedding_rnn_seq2seq", "embedding_attention_seq2seq",
                                   "embedding_tied_rnn_seq2seq"])
def test_feeding_back_can_be_chosen_in_the_run(model):
    """A node in place of True or False: both share all weights."""
    symbols = (3,) if "tied" in model else (3, 3)
    steps = [fg.constant(column) for column in IDS]
    back = fg.placeholder(fg.bool, [])
    build = getattr(legacy, model)
    outputs, state = build(steps, steps, fg.nn.rnn_cell.GRUCell(4), *symbols, 2,
                           feed_previous=back)
    with fg.variable_scope(fg.get_variable_scope(), reuse=True):
        same, _ = build(steps, steps, fg.nn.rnn_cell.GRUCell(4), *symbols, 2)
        fed, _ = build(steps, steps, fg.nn.rnn_cell.GRUCell(4), *symbols, 2, feed_previous=True)
    session = fg.Session()
    for on, other in ((False, same), (True, fed)):
        a, b = session.run([outputs, other], {back: on})
        np.testing.assert_array_equal(a, b)
    assert session.run(state, {back: True}).shape == (2, 4)


def test_one_encoder_and_several_decoders():
    steps = [fg.constant(column) for column in IDS]
    cells = {name: fg.nn.rnn_cell.GRUCell(4) for name in "ab"}
    outputs, states = legacy.one2many_rnn_seq2seq(
        steps, {"a": steps, "b": steps[:2]}, fg.nn.rnn_cell.GRUCell(4), cells, 3,
        {"a": 3, "b": 5}, 2)
    found = fg.Session().run(outputs)
    assert [y.shape for y in found["a"]] == [(2, 3)] * 3
    assert [y.shape for y in found["b"]] == [(2, 5)] * 2 and sorted(states) == ["a", "b"]


def test_buckets_share_weights():
    steps = [fg.constant(column) for column in IDS]
    weights = [fg.ones([2], fg.float32)] * 3
    outputs, losses = legacy.model_with_buckets(
        steps, steps, steps, weights, [(2, 2), (3, 3)],
        lambda x, y: legacy.embedding_rnn_seq2seq(x, y, fg.nn.rnn_cell.GRUCell(4), 3, 3, 2))
    assert [len(o) for o in outputs] == [2, 3] and len(fg.trainable_variables()) == 12
    assert all(np.isfinite(fg.Session().run(losses)))
    with pytest.raises(ValueError, match="at least that of last bucket"):
        legacy.model_with_buckets(steps[:1], steps, steps, weights, [(2, 2)], None)
