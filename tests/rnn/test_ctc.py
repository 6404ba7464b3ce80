"""CTC loss and decoders against sums over all paths."""

import itertools

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf


@pytest.fixture(autouse=True)
def fresh():
    fg.reset_default_graph()
    tf.reset_default_graph()


def sparse(lib, rows):
    places = [[b, i] for b, row in enumerate(rows) for i in range(len(row))]
    values = np.array([v for row in rows for v in row], np.int32)
    return lib.SparseTensor(np.reshape(places, (-1, 2)).astype(np.int64), lib.constant(values),
                            [len(rows), max(map(len, rows))])


def collapsed(path, blank):
    return [c for c, _ in itertools.groupby(path) if c != blank]


def mass(logits, wanted):
    """The logarithm of the probability of all paths that collapse to `wanted`."""
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    classes = p.shape[1]
    total = sum(np.prod([row[c] for row, c in zip(p, path)])
                for path in itertools.product(range(classes), repeat=len(p))
                if collapsed(path, classes - 1) == list(wanted))
    return np.log(total)


ROWS = [[0, 1], [1, 1], [0], [1, 0, 1]]
LENGTHS = [4, 5, 2, 5]


def test_loss_is_minus_the_mass_of_all_paths():
    logits = np.random.RandomState(0).randn(5, 4, 3)
    loss = fg.nn.ctc_loss(sparse(fg, ROWS), logits, LENGTHS)
    want = [-mass(logits[:n, b], row) for b, (row, n) in enumerate(zip(ROWS, LENGTHS))]
    np.testing.assert_allclose(fg.Session().run(loss), want, rtol=1e-12)


@pytest.mark.parametrize("collapse, merge", [(False, True), (True, True), (False, False)])
def test_gradient(collapse, merge):
    logits = fg.placeholder(fg.float64, [None, None, 3])
    loss = fg.nn.ctc_loss(sparse(fg, ROWS), logits, LENGTHS, collapse, merge)
    fg.testing.check_gradient(loss, [logits], {logits: np.random.RandomState(1).randn(5, 4, 3)})


def test_no_path_is_an_infinite_loss_without_a_slope():
    """Two equal labels need a blank between, so three steps."""
    logits = fg.placeholder(fg.float64, [2, 1, 2])
    loss = fg.nn.ctc_loss(sparse(fg, [[0, 0]]), logits, [2])
    value, slope = fg.Session().run([loss, fg.gradients(loss, logits)[0]],
                                    {logits: np.zeros((2, 1, 2))})
    assert value == np.inf and not slope.any()


@pytest.mark.parametrize("rows, lengths, words", [
    ([[0], []], [3, 3], "Labels length is zero"),
    ([[0, 1, 0, 1], [0]], [3, 3], "Not enough time"),
    ([[0], [-1]], [3, 3], "nonnegative"),
    ([[0], [5, 1]], [3, 3], "below the blank"),
    ([[0], [1]], [3, 4], "sequence_length of row 1 is 4"),
])
def test_bad_labels_and_lengths_fail_in_the_run(rows, lengths, words):
    v = tf.Variable(np.zeros((3, 2, 3), np.float32))
    loss = tf.nn.ctc_loss(sparse(tf, rows), v, lengths)
    train = tf.train.GradientDescentOptimizer(1.0).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        with pytest.raises(tf.errors.InvalidArgumentError, match=words):
            session.run(train)
        assert not session.run(v).any()


def test_labels_that_are_not_sparse_are_refused():
    with pytest.raises(TypeError, match="SparseTensor"):
        fg.nn.ctc_loss(np.zeros((1, 2), np.int32), np.zeros((3, 1, 3)), [3])
    with pytest.raises(ValueError, match="one number a row"):
        fg.nn.ctc_loss(sparse(fg, [[0]]), np.zeros((3, 2, 3)), [3])


def test_a_wide_beam_finds_the_most_likely_labels():
    """With room for all prefixes the search is exact."""
    logits = np.random.RandomState(2).randn(4, 3, 3) * 2
    paths, scores = fg.nn.ctc_beam_search_decoder(logits, [4, 3, 4], 100, 3, False)
    session = fg.Session()
    found = [session.run(fg.sparse_to_dense(p.indices, p.dense_shape, p.values, -1))
             for p in paths]
    values = session.run(scores)
    for b, n in enumerate([4, 3, 4]):
        every = {labels: mass(logits[:n, b], labels) for k in range(n + 1)
                 for labels in itertools.product(range(2), repeat=k)
                 if k + sum(x == y for x, y in zip(labels, labels[1:])) <= n}
        best = sorted(every, key=every.get, reverse=True)[:3]
        np.testing.assert_allclose(values[b], [every[k] for k in best], rtol=1e-10)
        assert [tuple(x for x in f[b] if x >= 0) for f in found] == best


def test_greedy_takes_the_greatest_at_each_step():
    logits = np.full((5, 2, 3), -1.0)
    for t, (a, b) in enumerate([(0, 2), (0, 1), (2, 1), (0, 2), (1, 0)]):
        logits[t, 0, a] = logits[t, 1, b] = t + 1
    session = fg.Session()
    for merge, want in ((True, [[0, 0, 1], [1]]), (False, [[0, 0, 0, 1], [1, 1]])):
        (labels,), score = fg.nn.ctc_greedy_decoder(logits, [5, 4], merge)
        dense, score = session.run([fg.sparse_to_dense(
            labels.indices, labels.dense_shape, labels.values, -1), score])
        assert [[x for x in row if x >= 0] for row in dense.tolist()] == want
        assert score.tolist() == [[-15.0], [-10.0]]


def test_top_paths_beyond_the_beam_are_refused():
    _, scores = fg.nn.ctc_beam_search_decoder(np.zeros((2, 1, 3)), [2], 2, 3)
    with pytest.raises(fg.errors.InvalidArgumentError, match="more than the beam_width"):
        fg.Session().run(scores)
