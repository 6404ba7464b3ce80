"""parse_example, parse_single_example and decode_raw, with TensorFlow 1.15's results and refusals."""

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf

Fixed, Var, Sequence = tf.FixedLenFeature, tf.VarLenFeature, tf.FixedLenSequenceFeature


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


def example(**features):
    made = tf.train.Example()
    for name, values in features.items():
        kind = {bytes: "bytes_list", float: "float_list", int: "int64_list"}[type(values[0])]
        getattr(made.features.feature[name], kind).value.extend(values)
    return made.SerializeToString()


A = example(x=[1.0, 2.0, 3.0], n=[5], t=[b"a", b"b"])
B = example(x=[4.0, 5.0, 6.0], t=[b"c"])
C = example(x=[1.0])


def run(features, *serialized):
    return tf.Session().run(tf.parse_example(list(serialized), features))


def test_every_kind_of_feature():
    found = run({"x": Fixed([3], tf.float32), "n": Fixed([], tf.int64, 7), "t": Var(tf.string)},
                A, B)
    assert found["x"].tolist() == [[1, 2, 3], [4, 5, 6]] and found["x"].dtype == np.float32
    assert found["n"].tolist() == [5, 7] and found["n"].dtype == np.int64
    assert found["t"].indices.tolist() == [[0, 0], [0, 1], [1, 0]]
    assert found["t"].values.tolist() == [b"a", b"b", b"c"]
    assert found["t"].dense_shape.tolist() == [2, 2]


def test_sequences_are_filled_up():
    padded = Sequence([], tf.float32, allow_missing=True, default_value=-1.0)
    assert run({"x": padded}, A, B, C)["x"].tolist() == [[1, 2, 3], [4, 5, 6], [1, -1, -1]]
    found = run({"t": Sequence([], tf.string, True), "no": Sequence([2], tf.int64, True)}, A, B)
    assert found["t"].tolist() == [[b"a", b"b"], [b"c", b""]] and found["no"].shape == (2, 0, 2)


def test_sparse_features_have_places_of_their_own():
    one, two = example(i=[3, 1], v=[1.0, 2.0]), example(i=[0], v=[3.0])
    found = run({"s": tf.SparseFeature("i", "v", tf.float32, 5)}, one, two)["s"]
    assert found.indices.tolist() == [[0, 1], [0, 3], [1, 0]]
    assert found.values.tolist() == [2, 1, 3] and found.dense_shape.tolist() == [2, 5]
    with pytest.raises(tf.errors.InvalidArgumentError, match="lies outside size .3"):
        run({"s": tf.SparseFeature("i", "v", tf.float32, 3)}, one)


def test_one_example_has_no_batch():
    features = {"x": Fixed([3], tf.float32), "t": Var(tf.string),
                "q": Sequence([], tf.int64, True)}
    parsed = tf.parse_single_example(tf.constant(A), features)
    assert parsed["x"].shape.as_list() == [3] and parsed["x"].op.name == (
        "ParseSingleExample/ParseSingleExample")
    found = tf.Session().run(parsed)
    assert found["x"].tolist() == [1, 2, 3] and found["q"].shape == (0,)
    assert found["t"].indices.tolist() == [[0], [1]] and found["t"].dense_shape.tolist() == [2]


def test_fed_batches_of_any_size():
    serialized = tf.placeholder(tf.string, [None])
    parsed = tf.parse_example(serialized, {"x": Fixed([3], tf.float32), "t": Var(tf.string)})
    assert parsed["x"].shape.as_list() == [None, 3]
    total, words = tf.reduce_sum(parsed["x"]), tf.sparse_tensor_to_dense(parsed["t"], "-")
    with tf.Session() as session:
        assert session.run(total, {serialized: [A, B, A]}) == 27
        assert session.run(words, {serialized: [B, A]}).tolist() == [[b"c", b"-"], [b"a", b"b"]]
        assert session.run([total, words], {serialized: []})[1].shape == (0, 0)


def test_what_the_run_refuses():
    for features, words in (
            ({"n": Fixed([], tf.int64)}, "Feature: n .data type: int64. is required but could not"),
            ({"x": Fixed([3], tf.int64)}, "Data types don't match. Data type: float but expected"),
            ({"x": Var(tf.int64)}, "Key: x, Index: 0. Data types don't match"),
            ({"x": Fixed([2], tf.float32)}, "Values size: 3 but output shape: .2"),
            ({"x": Sequence([2], tf.float32, True)}, "not a multiple of stride length. Saw 3")):
        with pytest.raises(tf.errors.InvalidArgumentError, match=words):
            run(features, A, B)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Could not parse example input, "
                                                             "number 1 of 2"):
        run({"x": Fixed([3], tf.float32)}, A, b"\xff\xff")


def test_what_the_graph_refuses():
    for features, kind, words in (
            ({}, ValueError, "Missing: features was"),
            ({"n": 3}, ValueError, "Invalid feature n:3"),
            ({"x": Fixed([None], tf.float32)}, ValueError, "Consider using FixedLenSequence"),
            ({"x": Fixed([3], tf.float64)}, TypeError, "float64; examples hold"),
            ({"t": Sequence([], tf.string)}, ValueError, "requires allow_missing to be True"),
            ({"n": Fixed([2], tf.int64, [1])}, ValueError, "1 elements to shape .2")):
        with pytest.raises(kind, match=words):
            tf.parse_example([A], features)
    with pytest.raises(ValueError, match="must be rank 1 but is rank 0. Use parse_single_example"):
        tf.parse_example(tf.constant(A), {"x": Fixed([3], tf.float32)})


def test_decode_raw():
    def raw(strings, *args, **kwargs):
        return tf.Session().run(tf.decode_raw(strings, *args, **kwargs))
    assert raw([b"\1\0\2\0", b"\3\0\4\0"], tf.int16).tolist() == [[1, 2], [3, 4]]
    assert raw(b"\1\0\2\0", tf.int16, little_endian=False).tolist() == [256, 512]
    assert raw(b"\1\0\2", tf.bool).tolist() == [True, False, True]
    assert raw(np.array([b"", b""], object), tf.float32).shape == (2, 0)
    for strings, words in ((b"\1\0\2", "length 3 that is not a multiple of 2"),
                           ([b"\1\0", b"\1"], "element 1 has size 1 != 2")):
        with pytest.raises(tf.errors.InvalidArgumentError, match=words):
            raw(strings, tf.int16)
    with fg.Graph().as_default():
        assert fg.Session().run(fg.decode_raw([b"ab"], fg.uint8)).tolist() == [[97, 98]]
