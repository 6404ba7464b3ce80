"""ONNX models that are written: checked by onnx, and equal to a run here under its interpreter."""

import json
import pathlib

import numpy as np
import pytest
import written_files

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad import onnx as fastgrad_onnx
from fastgrad.__main__ import main

onnx = pytest.importorskip("onnx", reason="onnx is not installed: pip install fastgrad[onnx]")
FILES = pathlib.Path(__file__).parents[1] / "graphdef" / "files"
ENTRIES = {e["name"]: e for e in json.loads((FILES / "index.json").read_text(encoding="utf-8"))}
VALUES = np.load(FILES / "values.npz")


def answers(path, names, feed):
    """Under ONNX Runtime, where it is there, and under onnx's own reference."""
    try:
        import onnxruntime
        return onnxruntime.InferenceSession(path).run(names, feed)
    except ImportError:
        from onnx.reference import ReferenceEvaluator
        return ReferenceEvaluator(path).run(names, feed)


def same(path, names, feed, want):
    model = onnx.load(path)
    onnx.checker.check_model(model)
    assert model.opset_import[0].version >= 17
    for got, value in zip(answers(path, names, feed), want):
        assert got.dtype == value.dtype and got.shape == value.shape
        np.testing.assert_allclose(got, value, 2e-5, 2e-6)


def exported(tmp_path, build):
    path = str(tmp_path / "m.onnx")
    with tf.Graph().as_default() as g, tf.Session() as s:
        made = build()
        feed, names = made if isinstance(made, tuple) else (made, ["out/BiasAdd:0"])
        s.run(tf.global_variables_initializer())
        want = s.run(names, feed)
        tensors = {f"y{i}": g.get_tensor_by_name(n) for i, n in enumerate(names)}
        fastgrad_onnx.export(path, {k[:-2]: g.get_tensor_by_name(k) for k in feed}, tensors, s)
    same(path, list(tensors), {k[:-2]: v for k, v in feed.items()}, want)
    return path


@pytest.mark.parametrize("build", [written_files.convolutional, written_files.recurrent],
                         ids=["convolutional", "recurrent"])
def test_nets(tmp_path, build):
    exported(tmp_path, build)


@pytest.mark.parametrize("most", [0, 3, 9, None])
def test_loops_with_most_turns(tmp_path, most):
    def build():
        n = tf.placeholder(tf.int32, [], name="n")
        limit = n if most is None else most

        def turn(i, a):
            a, = tf.while_loop(lambda b: b < 100, lambda b: [b * 2], [a], maximum_iterations=i,
                               return_same_structure=True)
            return i + 1, a + i
        _, total = tf.while_loop(lambda i, a: i < 5, turn, [tf.constant(0), tf.constant(1)],
                                 maximum_iterations=limit)
        tf.identity(total + n, name="y")
        return {"n:0": np.array(4, np.int32)}, ["y:0"]
    exported(tmp_path, build)


def arrays():
    feed, names = written_files.arrays()
    # what ONNX has no form for: the gradient of tanh; places of an unknown order
    return feed, names[:-1]


def test_arrays(tmp_path):
    exported(tmp_path, arrays)


@pytest.mark.parametrize("name", ["lenet", "mobile", "array_ops", "lstm"])
def test_graphs_of_tensorflow(tmp_path, name):
    e = ENTRIES[f"public/frozen/{name}"]
    path = str(tmp_path / "m.onnx")
    main(["export", str(FILES / e["path"].removeprefix("files/")), path,
          "--inputs", ",".join(e["inputs"]), "--outputs", ",".join(e["outputs"])])
    feed = {k[:-2]: VALUES[v["array"]] for k, v in e["inputs"].items()}
    names = [k[:-2] if k.endswith(":0") else k.replace(":", "_") for k in e["outputs"]]
    for got, v in zip(answers(path, names, feed), e["outputs"].values()):
        np.testing.assert_allclose(got, VALUES[v["array"]], 2e-4, 2e-5)


def test_a_saved_model(tmp_path):
    with fg.Graph().as_default():
        x = fg.placeholder(fg.float32, [None, 3], name="x")
        w = fg.Variable(np.arange(6, dtype=np.float32).reshape(3, 2))
        fg.save_model(str(tmp_path / "m"), x, fg.nn.softmax(fg.matmul(x, w), name="p"),
                      fg.Session())
    assert main(["export", str(tmp_path / "m"), str(tmp_path / "m.onnx")]) == 0
    data = np.float32([[0.1, 0.2, 0.3]])
    same(str(tmp_path / "m.onnx"), ["p"], {"x": data},
         [fg.load_model(str(tmp_path / "m"))(data)])


def test_what_has_no_form_is_named(tmp_path):
    with tf.Graph().as_default(), tf.Session() as s:
        x = tf.placeholder(tf.float32, [2], name="x")
        y = tf.add(tf.lgamma(x, name="a"), tf.random_uniform([2], name="b"), name="y")
        with pytest.raises(fg.errors.UnimplementedError, match="(?s)3 operation.*'a'.*'b"):
            fastgrad_onnx.export(str(tmp_path / "m.onnx"), x, tf.digamma(y, name="c"), s)
        with pytest.raises(ValueError, match="at least 17"):
            fastgrad_onnx.export(str(tmp_path / "m.onnx"), x, y, s, opset=9)
        z = tf.placeholder(tf.float32, name="z")
        with pytest.raises(ValueError, match="rank of the input 'z'.*set_shape"):
            fastgrad_onnx.export(str(tmp_path / "m.onnx"), z, tf.negative(z), s)
    assert not list(tmp_path.iterdir())
