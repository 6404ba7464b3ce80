"""ONNX models that come in: node by node against onnx's reference, and nets."""

import numpy as np
import pytest

import fastgrad as fg
from fastgrad import onnx as fastgrad_onnx

onnx = pytest.importorskip("onnx", reason="onnx is not installed: pip install fastgrad[onnx]")
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

R = np.random.RandomState(3)
X = R.randn(2, 3).astype(np.float32)
IMAGE = R.randn(2, 4, 7, 6).astype(np.float32)
LINE = R.randn(2, 4, 9).astype(np.float32)


def weights(*shape):
    return R.randn(*shape).astype(np.float32)


def ints(*numbers):
    return np.array(numbers, np.int64)


def model(kind, x, *others, opset=17, domain="", outputs=("y",), dims=None, **attrs):
    """A model of one node: an input and constants."""
    names = ["x"] + [f"c{i}" if c is not None else "" for i, c in enumerate(others)]
    node = helper.make_node(kind, names, list(outputs), domain=domain, name="node", **attrs)
    graph = helper.make_graph(
        [node], "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, dims or [
            None, *x.shape[1:]])],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in outputs],
        [numpy_helper.from_array(c, f"c{i}") for i, c in enumerate(others) if c is not None])
    return helper.make_model(graph, opset_imports=[
        helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 3)])


CASES = [
    *[(kind, X, (), {}) for kind in (
        "Abs Neg Exp Floor Ceil Round Sign Tanh Sigmoid Relu Erf Sin Softplus Softsign Identity "
        "HardSigmoid HardSwish LeakyRelu Elu Selu ThresholdedRelu Reciprocal").split()],
    ("Add", X, (weights(3),), {}), ("Sub", X, (weights(1),), {}), ("Mul", X, (weights(2, 3),), {}),
    ("Div", X, (weights(3),), {}), ("Pow", np.abs(X), (np.float32([2.0]),), {}),
    ("Max", X, (weights(3), weights(3)), {}), ("Clip", X, (np.float32(-0.5), np.float32(0.5)), {}),
    ("Elu", X, (), {"alpha": 0.5}), ("PRelu", X, (weights(3),), {}),
    ("Softmax", X, (), {"axis": 0}), ("LogSoftmax", X, (), {}),
    ("ReduceSum", X, (ints(1),), {"keepdims": 0}), ("ReduceMean", X, (), {"axes": [0]}),
    ("ReduceMax", X, (), {"axes": [-1], "keepdims": 0}), ("ReduceL2", X, (), {"axes": [1]}),
    ("ReduceLogSumExp", X, (), {"axes": [1]}), ("ReduceSum", X, (), {}),
    ("MatMul", X, (weights(3, 4),), {}),
    ("Gemm", X, (weights(4, 3), weights(4)), {"transB": 1, "alpha": 0.5, "beta": 2.0}),
    ("Transpose", X, (), {"perm": [1, 0]}), ("Reshape", X, (ints(0, -1, 1),), {}),
    ("Flatten", IMAGE, (), {"axis": 2}), ("Unsqueeze", X, (ints(0, -1),), {}),
    ("Squeeze", X[:, :1], (ints(1),), {}), ("Slice", X, (ints(-1), ints(-9), ints(1), ints(-1)), {}),
    ("Concat", X, (weights(2, 3),), {"axis": 1}), ("Gather", X, (ints(0, -1),), {"axis": 1}),
    ("Pad", X, (ints(0, 1, 0, 2), np.float32(7.0)), {}), ("Tile", X, (ints(1, 2),), {}),
    ("Expand", X, (ints(2, 1, 3),), {}), ("CumSum", X, (ints(1)[0],), {"reverse": 1}),
    ("Conv", IMAGE, (weights(5, 4, 3, 2), weights(5)), {"pads": [1, 0, 2, 1], "strides": [2, 1]}),
    ("Conv", IMAGE, (weights(4, 1, 3, 3),), {"group": 4}),
    ("Conv", IMAGE, (weights(6, 2, 3, 3),), {"group": 2, "dilations": [2, 1]}),
    ("Conv", IMAGE, (weights(5, 4, 3, 2),), {"auto_pad": "SAME_UPPER"}),
    ("Conv", LINE, (weights(3, 4, 3), weights(3)), {"pads": [1, 1]}),
    ("ConvTranspose", IMAGE, (weights(4, 3, 4, 4), weights(3)),
     {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
    ("MaxPool", IMAGE, (), {"kernel_shape": [3, 2], "strides": [2, 2], "pads": [1, 0, 1, 1]}),
    ("MaxPool", LINE, (), {"kernel_shape": [3], "strides": [2]}),
    ("AveragePool", IMAGE, (), {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
    ("AveragePool", IMAGE, (), {"kernel_shape": [2, 2], "pads": [1, 1, 0, 0],
                                "count_include_pad": 1}),
    ("GlobalAveragePool", IMAGE, (), {}), ("GlobalMaxPool", IMAGE, (), {}),
    ("BatchNormalization", IMAGE, (weights(4), weights(4), weights(4), np.abs(weights(4))), {}),
    ("LayerNormalization", X, (weights(3), weights(3)), {}),
    ("InstanceNormalization", IMAGE, (weights(4), weights(4)), {}),
]


@pytest.mark.parametrize("kind,x,others,attrs", CASES,
                         ids=[f"{i}-{c[0]}" for i, c in enumerate(CASES)])
def test_node(kind, x, others, attrs):
    made = model(kind, x, *others, **attrs)
    want, = ReferenceEvaluator(made).run(None, {"x": x})
    got = fastgrad_onnx.load(made)(x)
    assert got.dtype == want.dtype and got.shape == want.shape
    np.testing.assert_allclose(got, want, 2e-5, 2e-5)


def test_resize():
    made = model("Resize", IMAGE, None, np.float32([1, 1, 2, 2]), mode="nearest", nearest_mode="floor",
                 coordinate_transformation_mode="asymmetric")
    got = fastgrad_onnx.load(made)(IMAGE)
    np.testing.assert_array_equal(got, IMAGE.repeat(2, 2).repeat(2, 3))


@pytest.mark.parametrize("count", [2, 3])
def test_a_linear_classifier(count):
    """Of scikit-learn: two classes may have one row of coefficients or two."""
    w, b = weights(count, 3), weights(count)
    made = model("LinearClassifier", X, domain="ai.onnx.ml", outputs=("label", "p"),
                 coefficients=w.ravel().tolist(), intercepts=b.tolist(),
                 classlabels_ints=list(range(5, 5 + count)), post_transform="SOFTMAX")
    got = fastgrad_onnx.load(made)(X)
    z = X @ w.T + b
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    np.testing.assert_allclose(got["p"], p, 1e-5)
    np.testing.assert_array_equal(got["label"], 5 + p.argmax(1))


def test_a_file_with_several_nodes_and_names(tmp_path):
    nodes = [helper.make_node("MatMul", ["in:0", "w"], ["h 1"]),
             helper.make_node("Relu", ["h 1"], ["out"])]
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("in:0", TensorProto.FLOAT, ["n", 3])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(weights(3, 2), "w")])
    path = tmp_path / "m.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    loaded = fastgrad_onnx.load(str(path))
    assert list(loaded.inputs) == ["in:0"] and loaded(X).shape == (2, 2)
    assert loaded.inputs["in:0"].shape.as_list() == [None, 3]


def test_nodes_that_are_not_there_are_all_named():
    graph = helper.make_graph(
        [helper.make_node("Mystery", ["x"], ["a"], name="one"),
         helper.make_node("Riddle", ["a"], ["y"], name="two")], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])])
    with pytest.raises(fg.errors.UnimplementedError, match="2 node.*Mystery.*'one'.*Riddle.*'two'"):
        fastgrad_onnx.load(helper.make_model(graph))


@pytest.mark.parametrize("data", [b"", b"hello", b"\x08\x07\x3a\xff\xff\xff\x7f"])
def test_files_that_are_none(tmp_path, data):
    path = tmp_path / "m.onnx"
    path.write_bytes(data)
    with pytest.raises(fg.errors.DataLossError, match="m.onnx.*no ONNX model"):
        fastgrad_onnx.load(str(path))


def test_a_name_that_nothing_makes():
    graph = helper.make_graph(
        [helper.make_node("Relu", ["q"], ["y"])], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])])
    with pytest.raises(fg.errors.DataLossError, match="names 'q'"):
        fastgrad_onnx.load(helper.make_model(graph))
