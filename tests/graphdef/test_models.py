"""save_model and load_model, and what graphs look like that go out."""

import time

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from child import run_python


def made(folder, **names):
    """A dense net of `fastgrad`, saved; its weights and an input."""
    with fg.Graph().as_default():
        x = fg.placeholder(fg.float32, [None, 3], name="x")
        w = fg.Variable(np.arange(6, dtype=np.float32).reshape(3, 2))
        h = fg.nn.relu(fg.matmul(x, w) + 1.0)
        p = fg.nn.softmax(h, name="p")
        fg.train.AdamOptimizer(0.1).minimize(fg.reduce_sum(p * p))
        session = fg.Session()
        fg.save_model(folder, {"x": x}, {"p": p, **{k: h for k in names}}, session)
        data = np.float32([[0.1, -0.2, 0.3], [1, 2, 3]])
        return data, session.run([p, h], {x: data})


def test_one_call_each(tmp_path):
    data, (p, _) = made(str(tmp_path / "m"))
    model = fg.load_model(str(tmp_path / "m"))
    np.testing.assert_array_equal(model(data), p)
    np.testing.assert_array_equal(model(x=data), p)
    assert repr(model) == "<fastgrad model: x (None, 3) -> p (None, 2)>"
    for wrong in (dict(args=()), dict(args=(data, data)), dict(args=(), y=data)):
        with pytest.raises(fg.errors.FeedTypeError, match="this model takes x; got"):
            model(*wrong.pop("args"), **wrong)


def test_several_outputs_are_a_dict(tmp_path):
    data, (p, h) = made(str(tmp_path / "m"), h=True)
    got = fg.load_model(str(tmp_path / "m"))(data)
    assert list(got) == ["h", "p"]
    np.testing.assert_array_equal(got["h"], h)


def test_another_process_needs_no_code(tmp_path):
    data, (p, _) = made(str(tmp_path / "m"))
    np.save(tmp_path / "x.npy", data)
    code = ("import fastgrad, numpy as np, sys; "
            "y = fastgrad.load_model(sys.argv[1] + '/m')(np.load(sys.argv[1] + '/x.npy')); "
            "np.save(sys.argv[1] + '/y.npy', y)")
    run_python("-c", code, str(tmp_path))
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), p)


def test_training_is_left_out(tmp_path):
    made(str(tmp_path / "m"))
    from fastgrad.graphdef.saved_model import meta_graph_of
    kinds = {n.op for n in meta_graph_of(str(tmp_path / "m"), "serve").graph_def.node}
    assert "ApplyAdam" not in kinds and "MatMul" in kinds


def test_a_folder_that_holds_something_is_refused(tmp_path):
    (tmp_path / "other").write_text("mine")
    with pytest.raises(AssertionError, match="already exists, and isn't empty"):
        made(str(tmp_path))
    assert [p.name for p in tmp_path.iterdir()] == ["other"]


def test_what_tensorflow_has_no_node_for_is_named(tmp_path):
    class Mine(fg.Operation):
        def compute(self, x):
            return x
    with fg.Graph().as_default():
        x = fg.placeholder(fg.float32, [2])
        y = fg.convert_to_tensor(Mine(x, name="mine"))
        with pytest.raises(fg.errors.GraphError, match="'mine'.*no node"):
            fg.save_model(str(tmp_path / "m"), x, y, fg.Session())
    assert not (tmp_path / "m").exists()


def test_a_signature_that_is_not_there(tmp_path):
    made(str(tmp_path / "m"))
    with pytest.raises(ValueError, match="Available signatures are \\['serving_default'\\]"):
        fg.load_model(str(tmp_path / "m"), "other")


def test_simple_save(tmp_path):
    with tf.Graph().as_default(), tf.Session() as s:
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        y = tf.layers.dense(x, 3, name="d")
        s.run(tf.global_variables_initializer())
        tf.saved_model.simple_save(s, str(tmp_path / "m"), {"a": x}, {"b": y})
        want = s.run(y, {x: [[1.0, 2.0]]})
    np.testing.assert_array_equal(fg.load_model(str(tmp_path / "m"))(a=[[1.0, 2.0]]), want)


def test_freezing(tmp_path):
    with tf.Graph().as_default() as g, tf.Session() as s:
        x = tf.placeholder(tf.float32, [2, 2], name="x")
        v = tf.Variable([[1.0], [2.0]], name="v")
        y = tf.matmul(x, v, name="y")
        tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(y))
        s.run(tf.global_variables_initializer())
        frozen = tf.graph_util.convert_variables_to_constants(s, g.as_graph_def(), ["y"])
        assert sorted(n.op for n in frozen.node) == ["Const", "MatMul", "Placeholder"]
        with pytest.raises(AssertionError, match="q is not in graph"):
            tf.graph_util.extract_sub_graph(g.as_graph_def(), ["q"])
    path = tf.train.write_graph(frozen, str(tmp_path), "f.pbtxt")
    assert 'op: "MatMul"' in open(path, encoding="utf-8").read()
    with tf.Graph().as_default(), tf.Session() as s:
        out, = tf.import_graph_def(frozen, return_elements=["y:0"])
        assert s.run(out, {"import/x:0": np.eye(2)}).tolist() == [[1.0], [2.0]]


def test_training_nodes_go():
    with tf.Graph().as_default() as g:
        x = tf.placeholder(tf.float32, [2], name="x")
        tf.negative(tf.identity(tf.identity(x, name="a"), name="b"), name="y")
        made = tf.graph_util.remove_training_nodes(g.as_graph_def())
        kept = tf.graph_util.remove_training_nodes(g.as_graph_def(), ["b"])
    assert [(n.name, list(n.input)) for n in made.node] == [("x", []), ("y", ["x"])]
    assert [n.name for n in kept.node] == ["x", "b", "y"]


def test_reads_come_before_updates_in_what_goes_out():
    """The product that passes a gradient on reads a weight that the same step changes."""
    with tf.Graph().as_default() as g:
        x = tf.placeholder(tf.float32, [2, 2], name="x")
        v, w = tf.Variable(np.eye(2, dtype=np.float32)), tf.Variable(np.ones((2, 1), np.float32))
        loss = tf.reduce_sum(tf.matmul(tf.tanh(tf.matmul(x, v)), w))
        tf.train.GradientDescentOptimizer(0.1).minimize(loss, name="train")
        nodes = {n.name: n for n in g.as_graph_def().node}
    update = next(n for n in nodes.values()
                  if n.op == "ApplyGradientDescent" and n.input[0] == w.op.name)
    readers = {n.name for n in nodes.values() if w.op.name in n.input and n is not update
               and n.op == "MatMul"}
    assert len(readers) == 2 and readers <= {t[1:] for t in update.input if t[0] == "^"}


def test_a_model_answers_as_fast_as_a_callable(tmp_path):
    """No more than the call of one function on top, whatever the machine."""
    data, _ = made(str(tmp_path / "m"))
    model = fg.load_model(str(tmp_path / "m"))
    plain = model.session.make_callable(model.outputs["p"], [model.inputs["x"]])

    def best(f):
        times = []
        for _ in range(300):
            start = time.perf_counter()
            f(data)
            times.append(time.perf_counter() - start)
        return min(times)
    assert best(model) < 3 * best(plain) + 5e-6


def test_without_protobuf_it_says_what_to_install():
    code = ("import sys; sys.modules['google.protobuf'] = None; import fastgrad.compat.v1 as tf\n"
            "try: tf.GraphDef\n"
            "except ImportError as e: print(e)")
    done = run_python("-c", code)
    assert "pip install 'fastgrad[tf]'" in done.stdout
