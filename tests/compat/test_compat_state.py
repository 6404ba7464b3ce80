"""The TensorFlow 1 names: graphs, names, choice, Python functions, checkpoints, summaries."""

import os
import re
import struct
import zlib

import numpy as np
import pytest
from child import run_python

import fastgrad
import fastgrad.compat.v1 as tf
from fastgrad.io import events, tensors
from fastgrad.io.checksum import masked
from fastgrad.io.records import record


@pytest.fixture(autouse=True)
def fresh():
    tf.reset_default_graph()


def initialized():
    session = tf.Session()
    session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    return session


def test_the_two_namespaces_have_a_default_graph_each():
    assert tf.get_default_graph() is not fastgrad.get_default_graph()
    assert tf.constant(1.0).dtype == tf.float32 and tf.constant(1).dtype == tf.int32
    assert fastgrad.constant(1.0).dtype == fastgrad.float64
    x = tf.placeholder(tf.float64, [2])
    assert (2 * x).dtype == tf.float64 and (2 * x).graph is tf.get_default_graph()


def test_mixed_dtypes_are_refused_with_both_named():
    with pytest.raises(TypeError, match="float32.*int32"):
        tf.constant(1.0) + tf.constant(1)


@pytest.mark.parametrize("name", ["float", float])
def test_float_names_float32(name):
    """As in `tf.placeholder("float", [None, 784])`, and in `tf.cast(right, "float")`."""
    assert tf.placeholder(name).dtype == tf.float32
    assert tf.cast(np.arange(2), name).dtype == tf.zeros([2], dtype=name).dtype == tf.float32


def test_nodes_print_as_tensorflow_prints_them():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    w = tf.Variable(tf.zeros([3, 1]), name="w")
    y = tf.matmul(x, w, name="y")
    assert str(y) == 'Tensor("y:0", shape=(?, 1), dtype=float32)'
    assert str(tf.placeholder(tf.int32, name="n")) == 'Tensor("n:0", dtype=int32)'
    assert repr(y) == "<tf.Tensor 'y:0' shape=(?, 1) dtype=float32>"
    assert str(w) == repr(w) == "<tf.Variable 'w:0' shape=(3, 1) dtype=float32_ref>"
    assert repr(y.shape) == "TensorShape([Dimension(None), Dimension(1)])"
    assert repr(tf.no_op(name="go")).startswith("<tf.Operation 'go' type=")
    mine = fastgrad.constant(2.0, name="mine")
    assert str(mine) == repr(mine) and str(mine).startswith("<fastgrad.Tensor 'mine")


def test_literals_are_named_under_their_operation():
    x = tf.placeholder(tf.float32, [2])
    assert (x + 1.0).op.inputs[1].name == "add/y:0"
    assert (1.0 - x).op.inputs[0].name == "sub/x:0"
    assert tf.constant(3.0).name == "Const:0"


def test_an_initial_value_may_use_variables_that_have_none_yet():
    w = tf.Variable(tf.random_normal([3]))
    twice = tf.Variable(tf.reshape(w * 2.0, [3, 1]))
    same, third = tf.Variable(w), tf.Variable(twice + w)
    for _ in range(2):
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            first, second, copy, last = session.run([w, twice, same, third])
            assert np.array_equal(second, 2 * first[:, None]) and np.array_equal(copy, first)
            assert np.array_equal(last, second + first)
            session.run(w.assign([1.0, 2.0, 3.0]))
            session.run(twice.initializer)
            assert session.run(twice).tolist() == [[2.0], [4.0], [6.0]]


def test_only_the_taken_branch_runs_and_no_nan_comes_from_the_other():
    x, v = tf.placeholder(tf.float32, []), tf.Variable(1.0)
    changed = tf.cond(x > 0.0, lambda: v.assign_add(x), lambda: tf.identity(v))
    logs = tf.cond(x > 0.0, lambda: tf.log(x), lambda: x * 3.0)
    slope, = tf.gradients(logs, x)
    with initialized() as session:
        assert session.run(changed, {x: -1.0}) == 1.0
        assert session.run(changed, {x: 2.0}) == 3.0
        assert session.run(v) == 3.0
        assert session.run(slope, {x: 0.0}) == 3.0
        assert session.run(slope, {x: 4.0}) == 0.25


def test_updates_before_a_python_function_run_once():
    v = tf.Variable(1.0)
    with tf.control_dependencies([v.assign_add(1.0)]):
        doubled = tf.py_func(lambda a: a * 2, [v], tf.float32)
        with tf.control_dependencies([doubled]):
            last = v.assign_add(10.0)
    with initialized() as session:
        assert session.run([doubled, last]) == [4.0, 12.0]
        assert session.run(v) == 12.0


def test_while_loop():
    x = tf.placeholder(tf.float32, [])
    _, power = tf.while_loop(lambda i, a: i < 5, lambda i, a: (i + 1, a * x),
                             [tf.constant(0), tf.constant(1.0)])
    assert tf.Session().run(power, {x: 2.0}) == 32.0


def test_print_writes_once_a_run(capsys):
    x = tf.placeholder(tf.float32, [])
    y = tf.Print(x, [x * 2.0], "twice ") + x
    assert tf.Session().run(y, {x: 3.0}) == 6.0
    assert capsys.readouterr().err == "twice [6]\n"


def test_names_that_are_missing_say_what_to_do():
    with pytest.raises(NotImplementedError, match="fractional_max_pool is not in fastgrad"):
        tf.nn.fractional_max_pool
    assert not hasattr(tf, "no_such_name")
    assert not isinstance(1, tf.GraphDef)

def test_confusion_matrix():
    labels, guesses = [0, 1, 2, 2], tf.placeholder(tf.int64)
    with tf.Session() as session:
        found = session.run(tf.confusion_matrix(labels, [0, 2, 2, 1]))
        assert found.dtype == np.int32 and found.tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 1]]
        given = tf.confusion_matrix(labels, guesses, 4, tf.float32, weights=[0.5, 1.0, 1.0, 2.0])
        assert given.shape == (4, 4)
        assert session.run(given, {guesses: [3, 2, 2, 2]}).tolist() == [
            [0, 0, 0, 0.5], [0, 0, 1, 0], [0, 0, 3, 0], [0, 0, 0, 0]]
        with pytest.raises(ValueError, match="negative"):
            session.run(given, {guesses: [-1, 0, 0, 0]})


# ---- checkpoints ------------------------------------------------------------------------

def test_save_makes_one_folder(tmp_path):
    v = tf.Variable([1.0, 2.0])
    saver = tf.train.Saver()
    with tf.Session() as session:
        session.run(v.initializer)
        path = saver.save(session, str(tmp_path / "made" / "model"))
        assert tf.train.latest_checkpoint(str(tmp_path / "made")) == path
        with pytest.raises(ValueError, match="doesn't exist, can't save"):
            saver.save(session, str(tmp_path / "not" / "there" / "model"))


def test_save_and_restore(tmp_path):
    v, w = tf.Variable([1.0, 2.0], name="v"), tf.Variable(7, name="w")
    keeper = tf.train.Saver(max_to_keep=2)
    with initialized() as session:
        for step in range(3):
            session.run(v.assign_add([1.0, 1.0]))
            path = keeper.save(session, str(tmp_path / "model"), global_step=step)
    assert path == tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "model-2")
    assert not tf.train.checkpoint_exists(str(tmp_path / "model-0"))
    assert len(tf.train.get_checkpoint_state(str(tmp_path)).all_model_checkpoint_paths) == 2
    with tf.Session() as session:
        keeper.restore(session, path)
        assert session.run(v).tolist() == [4.0, 5.0] and session.run(w) == 7


def test_saving_makes_one_folder(tmp_path):
    tf.Variable(1.0)
    with initialized() as session:
        path = tf.train.Saver().save(session, str(tmp_path / "model" / "net"))
        assert tf.train.latest_checkpoint(str(tmp_path / "model")) == path
        with pytest.raises(ValueError, match="Parent directory of .* doesn't exist, can't save"):
            tf.train.Saver().save(session, str(tmp_path / "no" / "such" / "net"))


@pytest.mark.parametrize("damage", ["cut", "header", "text"])
def test_a_damaged_checkpoint_is_told_and_changes_nothing(tmp_path, damage):
    v = tf.Variable([1.0, 2.0], name="v")
    keeper = tf.train.Saver()
    with initialized() as session:
        path = keeper.save(session, str(tmp_path / "model"))
        file = path + ".index"
        data = open(file, "rb").read()
        changed = {"cut": data[:-3], "header": struct.pack("<Q", 1 << 40) + data[8:],
                   "text": b"not a checkpoint"}[damage]
        open(file, "wb").write(changed)
        with pytest.raises(tf.errors.DataLossError, match="damaged|no checkpoint"):
            keeper.restore(session, path)
        assert session.run(v).tolist() == [1.0, 2.0]


def test_restore_checks_names_shapes_and_dtypes(tmp_path):
    with tf.Graph().as_default():
        tf.Variable([1.0, 2.0], name="v")
        with initialized() as session:
            path = tf.train.Saver().save(session, str(tmp_path / "m"))
    for make, error in ((lambda: tf.Variable([1.0], name="v"), "shape"),
                        (lambda: tf.Variable([1, 2], name="v"), "dtype"),
                        (lambda: tf.Variable([1.0, 2.0], name="u"), "not found")):
        with tf.Graph().as_default():
            make()
            with tf.Session() as session, pytest.raises(fastgrad.errors.FastgradError, match=error):
                tf.train.Saver().restore(session, path)


def test_the_plain_layout_is_that_of_safetensors(tmp_path):
    arrays = {"a": np.arange(6.0).reshape(2, 3), "s": np.float32(2.5), "e": np.zeros((0, 2), "i4")}
    path = tmp_path / "x"
    path.write_bytes(tensors._encoded(arrays))
    found = tensors.read_tensors(str(path))
    for key, value in arrays.items():
        np.testing.assert_array_equal(found[key], value)
        assert found[key].dtype == np.asarray(value).dtype


# ---- summaries --------------------------------------------------------------------------

def records(path):
    data, at = open(path, "rb").read(), 0
    while at < len(data):
        size, = struct.unpack_from("<Q", data, at)
        body = data[at + 12:at + 12 + size]
        assert record(body) == data[at:at + size + 16]
        yield body
        at += size + 16


def test_event_files_hold_what_was_added(tmp_path):
    x = tf.placeholder(tf.float32, [3])
    tf.summary.scalar("total", tf.reduce_sum(x))
    tf.summary.histogram("values", x)
    merged = tf.summary.merge_all()
    with tf.Session() as session, tf.summary.FileWriter(str(tmp_path), session.graph) as writer:
        total, found = session.run([tf.reduce_sum(x), merged], {x: [1.0, 2.0, 3.0]})
        writer.add_summary(found, 5)
        writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag="own", simple_value=2.0)]), 6)
    assert total == 6.0 and isinstance(found, bytes)
    name, = os.listdir(tmp_path)
    bodies = list(records(tmp_path / name))
    assert len(bodies) == 4 and b"brain.Event:2" in bodies[0] and b"Placeholder" in bodies[1]
    assert b"total" in bodies[2] and struct.pack("<f", 6.0) in bodies[2] and b"own" in bodies[3]


def pixels_of(picture):
    """The pixels of a PNG whose lines are not filtered: what `summary.image` writes."""
    width, height, _, colour = struct.unpack(">IIBB", picture[16:26])
    start = picture.index(b"IDAT") + 4
    size = struct.unpack(">I", picture[start - 8:start - 4])[0]
    lines = np.frombuffer(zlib.decompress(picture[start:start + size]), np.uint8)
    return lines.reshape(height, -1)[:, 1:].reshape(height, width, {0: 1, 2: 3, 6: 4}[colour])


def pictures_in(summary):
    return [summary[m.start():] for m in re.finditer(rb"\x89PNG", summary)]


@pytest.mark.parametrize("image, want", [
    ([[[0.0], [1.5]], [[3.0], [0.75]]], [[0, 127], [255, 63]]),          # the largest is 255
    ([[[-2.0], [0.0]], [[1.0], [2.0]]], [[1, 128], [191, 255]]),         # 0 is 128
    ([[[0.0], [0.0]], [[0.0], [0.0]]], [[0, 0], [0, 0]]),
    ([[[np.nan], [1.0]], [[0.0], [0.5]]], [[255, 255], [0, 127]])])      # what is no number is full
def test_image_summary(image, want):
    """The pixels that TensorFlow 1.15.5 writes for these images."""
    batch = np.array([image] * 4, np.float32)
    s = tf.summary.image("seen", tf.constant(batch), max_outputs=2)
    with tf.Session() as session:
        found = session.run(s)
    assert b"seen/image/0" in found and b"seen/image/1" in found and b"image/2" not in found
    assert len(pictures_in(found)) == 2
    for picture in pictures_in(found):
        assert pixels_of(picture)[..., 0].tolist() == want


def test_image_summary_refuses_other_shapes_and_dtypes():
    with pytest.raises(ValueError, match="1, 3 or 4"):
        tf.summary.image("i", tf.zeros([2, 3, 3, 2]))
    with pytest.raises(TypeError, match="uint8 or floats"):
        tf.summary.image("i", tf.zeros([2, 3, 3, 1], tf.int32))
    assert tf.summary.image("rgb", tf.zeros([1, 2, 2, 3]), 1).op.attrs["parts"] == [
        ("image", "rgb", 1)]


def test_tensorboard_reads_the_files(tmp_path):
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    with tf.summary.FileWriter(str(tmp_path)) as writer:
        for step in range(3):
            writer.add_summary(events.scalar_value("loss", 1.0 / (1 + step)), step)
        writer.add_summary(events.histogram_value("w", np.arange(10.0)), 2)
    found = reader.EventAccumulator(str(tmp_path))
    found.Reload()
    assert [e.step for e in found.Scalars("loss")] == [0, 1, 2]
    assert found.Histograms("w")[0].histogram_value.num == 10


def test_tensorboard_reads_a_training_run(tmp_path):
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    w = tf.Variable([3.0, -4.0], name="w")
    loss = tf.reduce_sum(tf.square(w))
    tf.summary.scalar("loss", loss)
    tf.summary.histogram("weights", w)
    merged = tf.summary.merge_all()
    train = tf.train.GradientDescentOptimizer(0.25).minimize(loss)
    with initialized() as session, tf.summary.FileWriter(str(tmp_path), session.graph) as writer:
        for step in range(2):
            writer.add_summary(session.run([merged, train])[0], step)
    found = reader.EventAccumulator(str(tmp_path), {"histograms": 0}).Reload()
    assert [(e.step, e.value) for e in found.Scalars("loss")] == [(0, 25.0), (1, 6.25)]
    weights = found.Histograms("weights")[1].histogram_value
    assert (weights.min, weights.max, weights.sum, weights.num) == (-2.0, 1.5, -0.5, 2.0)
    kinds = {n.name: n.op for n in found.Graph().node}
    assert kinds["loss"] == "ScalarSummary" and kinds["weights"] == "HistogramSummary"
    assert kinds["Merge/MergeSummary"] == "MergeSummary"


@pytest.mark.parametrize("numbers, encoded", [        # the bytes are TensorFlow 1.15.5's
    ([-1.5, -2.0, 3.0, 0.0, 0.0, 1e-13, 1e30, 7.0],
        "0af7010a01682af1010900000000000000c01100000040593e29461900000000000020402100000040593e2946"
        "2980ecd0eee4e9634c3260e011f10c744d01c0dc94cd2e8d75ffbf794cfae2d3fff9bf8545cc9fc0a2f7bf0000"
        "00000000000011ea2d819997713d68bc10359a0707400d9cc5a0295509402988ead0c2261b40612f354cd6dd1d"
        "404c549f0223831544ffffffffffffef7f3a600000000000000000000000000000f03f00000000000000000000"
        "00000000f03f000000000000000000000000000008400000000000000000000000000000f03f00000000000000"
        "00000000000000f03f0000000000000000000000000000f03f"),
    ([],
        "0a2b0a01682a2609ffffffffffffef7f11ffffffffffffefff3208ffffffffffffef7f3a080000000000000000"),
    ([0.5],
        "0a660a01682a6109000000000000e03f11000000000000e03f19000000000000f03f21000000000000e03f2900"
        "0000000000d03f3218fae55a25d31fde3fb03125ee8091e03fffffffffffffef7f3a1800000000000000000000"
        "00000000f03f0000000000000000"),
])
def test_a_histogram_is_tensorflows_to_the_byte(numbers, encoded):
    summary = tf.summary.histogram("h", tf.constant(np.array(numbers, np.float32)))
    assert tf.Session().run(summary).hex() == encoded


@pytest.mark.parametrize("size", [0, 9, 1023, 1024, 1025, 5000])
def test_checksums_of_long_records_are_those_of_byte_after_byte(size):
    data, crc = np.random.default_rng(size).bytes(size), 0xFFFFFFFF
    for byte in data:
        for bit in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if (crc ^ byte >> bit) & 1 else 0)
    crc ^= 0xFFFFFFFF
    assert masked(data) == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


# ---- the switch -------------------------------------------------------------------------

SCRIPT = """
import tensorflow as tf
import tensorflow.compat.v1 as tf1
from tensorflow.python.framework import ops
ops.reset_default_graph()
tf.app.flags.DEFINE_integer("steps", 3, "how many")
def main(argv):
    w = tf.Variable(3.0)
    step = tf.train.GradientDescentOptimizer(0.25).minimize(w * w)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(tf.app.flags.FLAGS.steps):
            session.run(step)
        print(session.run(w), tf1 is tf, argv[1:])
if __name__ == "__main__":
    tf.app.run()
"""


def test_a_script_runs_unedited(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    done = run_python("-m", "fastgrad", "run", str(path), "--steps=2", "x")
    assert done.stdout == "0.75 True ['x']\n", done.stderr


def test_a_script_sees_the_numpy_of_its_time(tmp_path):
    path = tmp_path / "script.py"
    path.write_text("import numpy as np\nimport tensorflow as tf\n"
                    "print(tf.Session().run([tf.constant(2.5), tf.constant(3)]),\n"
                    "      np.zeros(1, np.float).dtype, np.NaN, np.product([2, 3]))\n")
    done = run_python("-m", "fastgrad", "run", str(path))
    assert done.stdout == "[2.5, 3] float64 nan 6\n", done.stderr


def test_get_variable_shares_what_had_to_be_named_otherwise():
    taken = tf.Variable(1.0, name="w")
    with tf.variable_scope("", reuse=tf.AUTO_REUSE):
        one, two = tf.get_variable("w", []), tf.get_variable("w", [])
    assert one is two and one is not taken and one.name == "w_1:0"
