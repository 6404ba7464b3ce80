"""An index outside its range: the error names it, its place and the range, and nothing is written."""

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad.errors import InvalidArgumentError

TABLE = np.arange(6, dtype=np.float32).reshape(3, 2)


def table():
    return fg.placeholder(np.float32, [None, 2], name="t")


def indices(dtype=np.int32):
    return fg.placeholder(dtype, None, name="i")


LOOKUPS = [
    (lambda t, i: fg.gather(t, i), [[0, 1], [7, 1]], "index 7 at indices[1, 0] lies outside [0, 3)"),
    (lambda t, i: fg.gather(t, i), 3, "index 3 lies outside [0, 3)"),
    (lambda t, i: fg.gather(t, i, axis=1), [[0, 5]], "index 5 at indices[0, 1] lies outside [0, 2)"),
    (lambda t, i: fg.gather(t + 0, i), [-1, 9], "index -1 at indices[0] lies outside [0, 3)"),
    (lambda t, i: fg.nn.embedding_lookup(t, i), [0, -1],
     "index -1 at indices[1] lies outside [0, 3)"),
    (lambda t, i: fg.nn.embedding_lookup([t, t], i), [5, 6],
     "index 6 at indices[1] lies outside [0, 6)"),
    (lambda t, i: fg.nn.embedding_lookup([t, t], i, "div"), [5, -2],
     "index -2 at indices[1] lies outside [0, 6)"),
    (lambda t, i: fg.gather_nd(t, i), [[0, 1], [2, 2]],
     "the coordinates [2, 2] at indices[1] lie outside the shape (3, 2)"),
    (lambda t, i: fg.scatter_nd(i, t, [4, 2]), [[0], [1], [4]],
     "the coordinates [4] at indices[2] lie outside the shape (4,)"),
    (lambda t, i: fg.nn.sparse_softmax_cross_entropy_with_logits(labels=i, logits=t), [0, 1, 5],
     "label 5 at labels[2] lies outside [0, 2): there are 2 classes"),
    (lambda t, i: fg.losses.sparse_softmax_cross_entropy(i, t), [0, -3, 5],
     "label -3 at labels[1] lies outside [0, 2): there are 2 classes"),
    (lambda t, i: fg.unsorted_segment_sum(t, i, 2), [0, 1, 2],
     "segment id 2 at segment_ids[2] lies outside [0, 2): there are 2 segments"),
    (lambda t, i: fg.unsorted_segment_prod(t, i, 2), [-1, 4, 2],
     "segment id 4 at segment_ids[1] lies outside [0, 2): there are 2 segments"),
    (lambda t, i: fg.unsorted_segment_max(t, i, 2), [-1, 4, 2],
     "segment id 4 at segment_ids[1] lies outside [0, 2): there are 2 segments"),
    (lambda t, i: tf.segment_mean(t, i), [0, 2, 1],
     "segment ids are not increasing: 1 at segment_ids[2] comes after 2"),
    (lambda t, i: tf.reverse_sequence(t, i, seq_axis=1), [0, 3, 2],
     "length 3 at seq_lengths[1] lies outside [0, 3)"),
    (lambda t, i: tf.dynamic_partition(t, i, 2), [0, 2, 1],
     "partition 2 at partitions[1] lies outside [0, 2)"),
    (lambda t, i: tf.batch_gather(fg.stack([t, t]), fg.reshape(i, [2, 1])), [0, 3],
     "index 3 at indices[1, 0] lies outside [0, 3)"),
    (lambda t, i: tf.sparse_to_dense(i, [3], 1.0), [0, 5],
     "the coordinates [5] at indices[1] lie outside the shape (3,)"),
]


@pytest.mark.parametrize("build, index, text", LOOKUPS)
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize("check", [False, True])
def test_lookups(build, index, text, dtype, check):
    t, i = table(), indices(dtype)
    session = fg.Session(check_numerics=check)
    fetch = build(t, i)
    for _ in range(2):
        with pytest.raises(InvalidArgumentError) as caught:
            session.run(fetch, {t: TABLE, i: index})
        assert text in str(caught.value) and "test_bad_indices.py" in str(caught.value)
        assert not str(caught.value).endswith("..")


@pytest.mark.parametrize("make", [
    lambda v, i, t: tf.scatter_add(v, i, t), lambda v, i, t: tf.scatter_update(v, i, t),
    lambda v, i, t: tf.scatter_nd_add(v, fg.reshape(i, [-1, 1]), t),
    lambda v, i, t: fg.train.GradientDescentOptimizer(.1).minimize(
        fg.reduce_sum(fg.square(fg.gather(v, i) - t))),
    lambda v, i, t: fg.train.AdagradOptimizer(.1).minimize(
        fg.reduce_sum(fg.square(fg.gather(v, i) - t)))])
def test_updates_are_left_out_whole(make):
    v, i, t = fg.Variable(TABLE), indices(), table()
    step = make(v, i, t)
    session = fg.Session()
    with pytest.raises(InvalidArgumentError, match="5.* at indices.1"):
        session.run(step, {i: [0, 5, 1], t: TABLE})
    np.testing.assert_array_equal(v.value, TABLE)
    session.run(step, {i: [0, 2, 1], t: TABLE + 1})
    assert not np.array_equal(v.value, TABLE)


@pytest.mark.parametrize("bad", [(40_000,), (59_999, 7), (0,), (31_000, 30_000, 100)])
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_the_first_is_named_whatever_the_threads(threads, bad):
    t, i = fg.placeholder(np.float32, [50, 8]), fg.placeholder(np.int64, [60_000])
    y = fg.reduce_sum(fg.tanh(fg.gather(t, i) * 2.0), 1)
    session = fg.Session(num_threads=threads)
    right = np.arange(60_000) % 50
    wrong = right.copy()
    wrong[list(bad)] = [50 + b for b in range(len(bad))]
    first = min(bad)
    for _ in range(5):
        session.run(y, {t: np.ones((50, 8), np.float32), i: right})
        with pytest.raises(InvalidArgumentError) as caught:
            session.run(y, {t: np.ones((50, 8), np.float32), i: wrong})
        assert f"index {wrong[first]} at indices[{first}] lies outside [0, 50)" in str(caught.value)


@pytest.mark.parametrize("made", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_strip_by_rows(threads, made):
    """Labels that the strip makes itself are there after the failure too."""
    rows = 20_000
    x, w = fg.placeholder(np.float32, [rows, 64]), fg.Variable(np.zeros((64, 3), np.float32))
    label = fg.placeholder(np.float32 if made else np.int64, [rows])
    labels = fg.cast(label * 1.0, np.int64) if made else label
    loss = fg.reduce_mean(fg.nn.sparse_softmax_cross_entropy_with_logits(
        labels=labels, logits=fg.matmul(x, w)))
    step = fg.train.GradientDescentOptimizer(0.1).minimize(loss)
    session = fg.Session(num_threads=threads)
    feed = {x: np.ones((rows, 64), np.float32), label: np.zeros(rows)}
    assert "row strip" in session.plan(step, feed).explain()
    session.run(step, feed)
    before = w.value
    feed[label] = feed[label].copy()
    feed[label][[13_001, 13_007]] = 3, 4
    with pytest.raises(InvalidArgumentError,
                       match=r"label 3 at labels\[13001\] lies outside \[0, 3\): there are 3"):
        session.run(step, feed)
    np.testing.assert_array_equal(w.value, before)


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("batch", [4, 7])
def test_fit(shuffle, batch):
    v, i = fg.Variable(TABLE), fg.placeholder(np.int32, [None])
    step = fg.train.GradientDescentOptimizer(0.1).minimize(fg.reduce_sum(fg.gather(v, i)))
    data = np.zeros(40, np.int32)
    data[33] = 8
    with pytest.raises(InvalidArgumentError, match=r"index 8 at indices\[\d\] lies outside \[0, 3"):
        fg.Session().fit(step, {i: data}, batch_size=batch, epochs=2, shuffle=shuffle)


def test_an_index_that_an_update_makes():
    """It is read before the variable that it lay in is put back."""
    n, v = fg.Variable(np.zeros(2, np.int64)), fg.Variable(TABLE)
    moved = n.assign_add([2, 5])
    step = tf.scatter_add(v, moved, TABLE[:2])
    session = fg.Session()
    with pytest.raises(InvalidArgumentError, match=r"index 5 at indices\[1\]"):
        session.run(step)
    assert not n.value.any()
    np.testing.assert_array_equal(v.value, TABLE)


def test_a_callable_and_the_running_session_after_it():
    t, i = table(), indices()
    session = fg.Session()
    call = session.make_callable(fg.gather(t, i), [t, i])
    for _ in range(3):
        np.testing.assert_array_equal(call(TABLE, [2]), TABLE[2:])
        with pytest.raises(InvalidArgumentError, match=r"index 3 at indices\[0\]"):
            call(TABLE, [3])


def test_ids_of_shards_of_different_lengths():
    """Where the shard that an id falls to is short, there is no row; the next shard's is not it."""
    short, long = np.zeros((1, 2), np.float32), np.ones((4, 2), np.float32)
    i = indices()
    y = fg.nn.embedding_lookup([short, long], i)
    np.testing.assert_array_equal(fg.Session().run(y, {i: [0, 1, 3]}), [[0, 0], [1, 1], [1, 1]])
    with pytest.raises(InvalidArgumentError):
        fg.Session().run(y, {i: [2]})


def test_segments_against_numpy():
    rng = np.random.default_rng(0)
    ids, data = rng.integers(-2, 5, 50), rng.standard_normal((50, 3))
    expected = np.zeros((5, 3))
    np.add.at(expected, ids[ids >= 0], data[ids >= 0])
    x, i = fg.placeholder(np.float64, [50, 3]), fg.placeholder(np.int32, [50])
    found = fg.Session().run(fg.unsorted_segment_sum(x, i, 5), {x: data, i: ids})
    np.testing.assert_allclose(found, expected)
