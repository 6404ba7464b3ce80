"""Decoders: beam search against all sequences, helpers, attention, tile_batch, gather_tree."""

import itertools

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad import seq2seq
from fastgrad.nn import rnn_cell

VOCABULARY, END, STEPS = 4, 3, 3


@pytest.fixture(autouse=True)
def fresh():
    fg.reset_default_graph()
    tf.reset_default_graph()


def decoder_cell():
    cell, layer = rnn_cell.GRUCell(3), fg.layers.Dense(VOCABULARY, name="out")
    embedding = fg.get_variable("embedding", [VOCABULARY, 2], fg.float64,
                                fg.random_normal_initializer(0, 2, seed=1))
    return cell, layer, embedding


def test_a_wide_beam_finds_the_best_sequences():
    """With a beam as wide as there are sequences the search is exact."""
    cell, layer, embedding = decoder_cell()
    width, start = VOCABULARY ** STEPS, fg.constant(np.random.RandomState(0).randn(1, 3))
    decoder = seq2seq.BeamSearchDecoder(
        cell, embedding, [0], END, seq2seq.tile_batch(start, width), width, output_layer=layer)
    outputs, state, _ = seq2seq.dynamic_decode(decoder, maximum_iterations=STEPS)
    ids = fg.placeholder(fg.int32, [None, STEPS])
    inputs = fg.nn.embedding_lookup(embedding, fg.concat([fg.zeros_like(ids[:, :1]), ids[:, :-1]],
                                                         1))
    with fg.variable_scope("decoder", reuse=True):
        hidden, _ = fg.nn.dynamic_rnn(cell, inputs, initial_state=fg.tile(
            start, [fg.shape(ids)[0], 1]))
    scores = fg.nn.log_softmax(layer(hidden))
    session = fg.Session()
    found, masses = session.run([outputs.predicted_ids, state.log_probs])
    every = [s for s in itertools.product(range(VOCABULARY), repeat=STEPS)
             if all(b == END for a, b in zip(s, s[1:]) if a == END)]
    logs = session.run(scores, {ids: every})
    def total(s, rows):
        n = s.index(END) + 1 if END in s else STEPS
        return sum(rows[t][s[t]] for t in range(n))
    want = {s: total(s, rows) for s, rows in zip(every, logs)}
    best = sorted(want, key=want.get, reverse=True)[:8]
    assert [tuple(found[0, :, k]) for k in range(8)] == best
    np.testing.assert_allclose(masses[0, :8], [want[s] for s in best], rtol=1e-9)


def test_gather_tree_follows_parents_and_stops_at_the_end():
    ids = np.array([[[1, 2, 3]], [[4, 5, 6]], [[7, 8, 9]]], np.int32)
    parents = np.array([[[0, 0, 0]], [[0, 1, 1]], [[2, 1, 2]]], np.int32)
    found = fg.Session().run(seq2seq.gather_tree(ids, parents, [3], 10))
    assert found[:, 0, :].T.tolist() == [[2, 6, 7], [2, 5, 8], [2, 6, 9]]
    found = fg.Session().run(seq2seq.gather_tree(ids, parents, [3], 6))
    assert found[:, 0, 0].tolist() == [2, 6, 6]
    with pytest.raises(fg.errors.InvalidArgumentError, match="parent_ids"):
        fg.Session().run(seq2seq.gather_tree(ids, parents + 1, [3], 10))


def test_greedy_decoding_is_a_beam_of_one():
    cell, layer, embedding = decoder_cell()
    start = fg.constant(np.random.RandomState(4).randn(2, 3))
    with fg.variable_scope("decoder"):
        cell(fg.zeros([1, 2], fg.float64), fg.zeros([1, 3], fg.float64))
        layer(fg.zeros([1, 3], fg.float64))
    one = seq2seq.BeamSearchDecoder(cell, embedding, [0, 1], END, start, 1, output_layer=layer)
    two = seq2seq.BasicDecoder(
        cell, seq2seq.GreedyEmbeddingHelper(embedding, [0, 1], END), start, layer)
    a, _, _ = seq2seq.dynamic_decode(one, maximum_iterations=4)
    b, _, lengths = seq2seq.dynamic_decode(two, maximum_iterations=4)
    beam, greedy, n = fg.Session().run([a.predicted_ids, b.sample_id, lengths])
    for row in range(2):
        assert beam[row, :n[row], 0].tolist() == greedy[row, :n[row]].tolist()


def test_a_custom_helper_and_inference():
    cell = rnn_cell.BasicRNNCell(2)
    helper = seq2seq.CustomHelper(
        lambda: (fg.fill([3], False), fg.zeros([3, 2], fg.float64)),
        lambda time, outputs, state: fg.cast(fg.argmax(outputs, -1), fg.int32),
        lambda time, outputs, state, sample_ids: (fg.fill([3], time >= 2), outputs, state))
    first = fg.ones([3, 2], fg.float64)
    out, _, lengths = seq2seq.dynamic_decode(seq2seq.BasicDecoder(cell, helper, first))
    other = seq2seq.InferenceHelper(lambda y: y, [2], fg.float64, fg.zeros([3, 2], fg.float64),
                                    lambda y: fg.fill([3], False))
    same, _, _ = seq2seq.dynamic_decode(seq2seq.BasicDecoder(cell, other, first),
                                        maximum_iterations=3, scope="again")
    a, n, b = fg.Session().run([out.rnn_output, lengths, same.sample_id])
    assert n.tolist() == [3, 3, 3]
    np.testing.assert_allclose(a, b)


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_scheduled_sampling_at_its_ends(p):
    """Never is teacher forcing; always is feeding back."""
    x = np.random.RandomState(6).randn(2, 4, 3)
    cell = rnn_cell.GRUCell(3)
    state = cell.zero_state(2, fg.float64)
    given = seq2seq.TrainingHelper(x, [4, 3])
    mixed = seq2seq.ScheduledOutputTrainingHelper(x, [4, 3], p)
    a, _, _ = seq2seq.dynamic_decode(seq2seq.BasicDecoder(cell, given, state))
    b, _, _ = seq2seq.dynamic_decode(seq2seq.BasicDecoder(cell, mixed, state), scope="b")
    h, own = x[:, 0], []
    node, s = fg.placeholder(fg.float64, [2, 3]), fg.placeholder(fg.float64, [2, 3])
    session, now = fg.Session(), np.zeros((2, 3))
    step = cell(node, s)[1]
    for _ in range(4):
        now = h = session.run(step, {node: h, s: now})
        own.append(h)
    taught, found = session.run([a.rnn_output, b.rnn_output])
    np.testing.assert_allclose(found, np.stack(own, 1) if p else taught, rtol=1e-10)


def test_scheduled_embeddings_and_samples_are_ids():
    cell, layer, embedding = decoder_cell()
    ids = np.array([[0, 1, 2], [2, 1, 0]], np.int32)
    inputs = fg.nn.embedding_lookup(embedding, ids)
    state = cell.zero_state(2, fg.float64)
    for k, helper in enumerate((
            seq2seq.ScheduledEmbeddingTrainingHelper(inputs, [3, 3], embedding, 0.5, seed=2),
            seq2seq.SampleEmbeddingHelper(embedding, [0, 0], END, 0.5, seed=3))):
        out, _, _ = seq2seq.dynamic_decode(
            seq2seq.BasicDecoder(cell, helper, state, layer), maximum_iterations=3, scope=f"s{k}")
        found = fg.Session().run(out.sample_id)
        assert found.dtype == np.int32 and (-1 <= found).all() and (found < VOCABULARY).all()


# ---- attention --------------------------------------------------------------------------

MEMORY = np.random.RandomState(8).randn(2, 5, 3)


@pytest.mark.parametrize("kind", ["LuongAttention", "BahdanauAttention", "LuongMonotonicAttention",
                                  "BahdanauMonotonicAttention"])
def test_gradients_through_attention(kind):
    memory = fg.placeholder(fg.float64, [2, None, 3])
    mechanism = getattr(seq2seq, kind)(4, memory, [5, 2], dtype=fg.float64)
    cell = seq2seq.AttentionWrapper(rnn_cell.GRUCell(4), mechanism, 3)
    x = fg.placeholder(fg.float64, [2, 3, 2])
    outputs, state = fg.nn.dynamic_rnn(cell, x, dtype=fg.float64)
    feed = {x: np.random.RandomState(9).randn(2, 3, 2), memory: MEMORY}
    fg.testing.check_gradient(outputs, [x, memory], feed)
    alignments = fg.Session().run(state.alignments, feed)
    assert not alignments[1, 2:].any() and (alignments >= 0).all()


def test_ways_of_monotonic_attention_agree():
    p, before = np.random.RandomState(1).uniform(0.1, 0.9, (2, 6)), np.eye(6)[[0, 2]]
    one, two = fg.Session().run([seq2seq.monotonic_attention(p, before, mode)
                                 for mode in ("recursive", "parallel")])
    np.testing.assert_allclose(one, two, rtol=1e-9)
    hard = fg.Session().run(seq2seq.monotonic_attention((p > 0.5) * 1.0, before, "hard"))
    assert set(hard.sum(1)) <= {0.0, 1.0}
    with pytest.raises(ValueError, match="mode must be"):
        seq2seq.monotonic_attention(p, before, "soft")


def test_several_mechanisms_and_their_history():
    many = [seq2seq.LuongAttention(4, MEMORY, dtype=fg.float64),
            seq2seq.BahdanauAttention(2, MEMORY, dtype=fg.float64)]
    cell = seq2seq.AttentionWrapper(rnn_cell.GRUCell(4), many, [3, 2], alignment_history=True)
    decoder = seq2seq.BasicDecoder(
        cell, seq2seq.TrainingHelper(np.ones((2, 3, 2)), [3, 2]), cell.zero_state(2, fg.float64))
    out, state, _ = seq2seq.dynamic_decode(decoder)
    values = fg.Session().run([out.rnn_output, *(h.stack() for h in state.alignment_history)])
    assert [v.shape for v in values] == [(2, 3, 5), (3, 2, 5), (3, 2, 5)]
    np.testing.assert_allclose(values[1].sum(2), 1)
    assert cell.zero_state(2, fg.float64).clone(attention=fg.zeros([2, 5])).attention is not None


def test_a_memory_that_was_not_tiled_is_refused():
    cell = tf.contrib.seq2seq.AttentionWrapper(
        tf.nn.rnn_cell.GRUCell(4), tf.contrib.seq2seq.LuongAttention(4, tf.constant(
            MEMORY.astype("f"))))
    with pytest.raises(tf.errors.InvalidArgumentError, match="tile_batch"):
        cell.zero_state(6, tf.float32)


@pytest.mark.parametrize("build, kind, words", [
    (lambda: seq2seq.dynamic_decode(3), TypeError, "Expected decoder to be type Decoder"),
    (lambda: seq2seq.BasicDecoder(rnn_cell.GRUCell(2), 3, None), TypeError, "must be a Helper"),
    (lambda: seq2seq.TrainingHelper(fg.zeros([2, 3, 2]), 3), ValueError, "to be a vector"),
    (lambda: seq2seq.GreedyEmbeddingHelper(fg.zeros([3, 2]), [[1]], 0), ValueError,
     "must be a vector"),
    (lambda: seq2seq.AttentionWrapper(rnn_cell.GRUCell(2), 3), TypeError, "AttentionMechanism"),
    (lambda: seq2seq.BeamSearchDecoder(rnn_cell.GRUCell(2), fg.zeros([3, 2]), [0, 0], 1,
                                       fg.zeros([2, 2]), 3), ValueError, "tile_batch"),
    (lambda: seq2seq.sequence_loss(fg.zeros([2, 3]), fg.zeros([2, 3]), fg.zeros([2, 3])),
     ValueError, "Logits must be"),
    (lambda: seq2seq.tile_batch(fg.constant(1.0), 2), ValueError, "rank of 1 or more"),
    (lambda: seq2seq.LuongAttention(3, fg.zeros([1, 2, 3]), probability_fn=3), TypeError,
     "callable"),
])
def test_bad_decoders_are_refused_with_words(build, kind, words):
    with pytest.raises(kind, match=words):
        build()


def test_targets_outside_the_vocabulary_fail_in_the_run():
    """As in TensorFlow on a CPU, with variables as they were."""
    v = tf.Variable(np.zeros((1, 2, 3), np.float32))
    y = tf.placeholder(tf.int32, [1, 2])
    loss = tf.contrib.seq2seq.sequence_loss(v, y, tf.ones([1, 2]))
    train = tf.train.GradientDescentOptimizer(1.0).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        with pytest.raises(tf.errors.InvalidArgumentError, match="test_beams.py"):
            session.run(train, {y: [[1, 3]]})
        assert not session.run(v).any()
        session.run(train, {y: [[1, 2]]})
