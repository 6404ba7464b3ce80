"""Strings under TensorFlow's names: constants, feeds, fetches, moving, joining, edit distance."""

import numpy as np
import pytest

import fastgrad.compat.v1 as tf


@pytest.fixture(autouse=True)
def session():
    tf.reset_default_graph()
    with tf.Session() as session:
        yield session


def test_constants_are_fetched_as_bytes(session):
    hello = tf.constant("Hello, \u00e9")
    assert hello.dtype == tf.string and hello.shape == ()
    assert str(hello) == 'Tensor("Const:0", shape=(), dtype=string)'
    assert session.run(hello) == hello.eval() == "Hello, \u00e9".encode()
    found = session.run([tf.constant(["a", b"bc"]), tf.constant(3)])
    assert found[0].dtype == object and found[0].tolist() == [b"a", b"bc"] and found[1] == 3


def test_feeds(session):
    x, y = tf.placeholder(tf.string), tf.placeholder("string", [None, 2])
    for value in ("one", "two"):
        assert session.run(tf.identity(x), {x: value}) == value.encode()
    same = tf.equal(y, "a")
    for value in ([["a", "b"]], np.array([["a", "b"]]), np.array([[b"a", b"b"]], object)):
        assert session.run(same, {y: value}).tolist() == [[True, False]]
    with pytest.raises(TypeError, match="expected a string; got 3"):
        session.run(same, {y: [[3, 4]]})
    with pytest.raises(ValueError, match="shape"):
        session.run(same, {y: ["a", "b"]})


def test_a_fed_string_is_fetched_as_it_was_fed(session):
    x, n = tf.placeholder(tf.string), tf.placeholder(tf.int32)
    for text in ("Hello", "World"):
        found, number = session.run([x, n], {x: text, n: 3})
        assert str(found) == text and number == 3
        assert str(session.run(x, {x: text})) == text


def test_moving(session):
    x = tf.constant(["a", "b", "c", "d"])
    assert session.run(tf.gather(x, [2, 0])).tolist() == [b"c", b"a"]
    assert session.run(tf.reshape(x, [2, 2])[1]).tolist() == [b"c", b"d"]
    assert session.run(tf.concat([x, ["e"]], 0)).tolist() == [b"a", b"b", b"c", b"d", b"e"]
    assert session.run(tf.stack([x[1:2], x[:1]])).tolist() == [[b"b"], [b"a"]]
    assert session.run(tf.not_equal(x, "b")).tolist() == [True, False, True, True]
    v = tf.Variable("old")
    session.run(v.initializer)
    assert session.run(v) == b"old" and session.run(v.assign("new")) == b"new"


def test_joining(session):
    a, b = tf.constant("Hello "), tf.constant("World")
    assert session.run(a + b) == b"Hello World" and session.run(b + a) == b"WorldHello "
    assert session.run([a + "you", "say " + a]) == [b"Hello you", b"say Hello "]
    assert session.run(tf.string_join([["x", "y"], b], "-")).tolist() == [b"x-World", b"y-World"]
    numbers = session.run([tf.as_string(t) for t in ([1, 20], 0.5, True)])
    assert [np.asarray(n).tolist() for n in numbers] == [[b"1", b"20"], b"0.500000", b"true"]
    with pytest.raises(TypeError, match="Use as_string"):
        tf.string_join([a, tf.constant(1)])


@pytest.mark.parametrize("build", [lambda a: tf.multiply(a, a), tf.exp, tf.reduce_sum,
                                   lambda a: tf.cast(a, tf.float32), lambda a: tf.add(a, 1.0)])
def test_arithmetic_of_strings_is_refused(build, session):
    with pytest.raises((TypeError, ValueError)):
        session.run(build(tf.constant(["a", "b"])))


# ---- sparse tensors, edit distance --------------------------------------------------------

def sparse(words):
    """Each word a row of letters."""
    places = [[i, 0, j] for i, word in enumerate(words) for j in range(len(word))]
    return tf.SparseTensorValue(places, list("".join(words)), [len(words), 1, 1])


WORDS, TRUTH = ["bear", "bar", "tensor", "flow"], ["beers"] * 4


@pytest.mark.parametrize("normalize", [False, True])
def test_edit_distance(normalize, session):
    expected = np.array([[2], [3], [5], [5]], "f4") / (5 if normalize else 1)
    found = tf.edit_distance(tf.SparseTensor(*sparse(WORDS)), tf.SparseTensor(*sparse(TRUTH)),
                             normalize=normalize)
    assert found.dtype == tf.float32 and np.array_equal(session.run(found), expected)
    ours, theirs = tf.sparse_placeholder(tf.string), tf.sparse_placeholder(tf.string)
    fed = tf.edit_distance(ours, theirs, normalize) + 0.0
    for _ in range(2):
        assert np.array_equal(
            session.run(fed, {ours: sparse(WORDS), theirs: tuple(sparse(TRUTH))}), expected)


def test_edit_distance_of_numbers_and_of_nothing(session):
    ours = tf.SparseTensor([[0, 0], [0, 1], [2, 0]], [1, 2, 9], [4, 2])
    truth = tf.SparseTensor([[0, 0], [1, 0]], [2, 5], [4, 1])
    assert session.run(tf.edit_distance(ours, truth, False)).tolist() == [1, 1, 1, 0]
    assert session.run(tf.edit_distance(ours, truth)).tolist() == [1, 1, np.inf, 0]


def test_sparse_tensors_are_fetched_and_refused(session):
    found = session.run(tf.SparseTensor([[0, 1]], ["a"], [1, 2]))
    assert found.indices.tolist() == [[0, 1]] and found.values.tolist() == [b"a"]
    words = tf.sparse_placeholder(tf.string)
    with pytest.raises(TypeError, match="must be a SparseTensorValue"):
        session.run(words, {words: "abc"})
    with pytest.raises(TypeError, match="edit_distance takes SparseTensors"):
        tf.edit_distance(tf.constant(["a"]), words)
