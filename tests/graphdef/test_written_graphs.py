"""Graphs that go out and come in again: training, loops, branches, what TensorFlow opens too.

`tests/support/written_files.py` writes the same for a checker with TensorFlow 1.15.
"""

import json

import numpy as np
import pytest
import written_files

import fastgrad as fg
import fastgrad.compat.v1 as tf


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("written")
    written_files.write(str(path))
    return path


@pytest.fixture(scope="module")
def cases(folder):
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["cases"]


def of(folder, case, table):
    arrays = np.load(folder / case["arrays"])
    return {name: arrays[key] for name, key in table.items()}


def answers(session, folder, case):
    want = of(folder, case, case["outputs"])
    got = session.run(list(want), of(folder, case, case["inputs"]))
    for value, array in zip(got, want.values()):
        assert value.dtype == array.dtype
        np.testing.assert_allclose(value, array, 1e-5, 1e-6)


def test_frozen_graphs(folder, cases):
    found = [c for c in cases if c["kind"] == "graph_def"]
    assert len(found) == 5
    for case in found:
        made = tf.GraphDef()
        if case.get("text"):
            from google.protobuf import text_format
            text_format.Merge((folder / case["path"]).read_text("utf-8"), made)
        else:
            made.ParseFromString((folder / case["path"]).read_bytes())
        assert not [n.op for n in made.node if n.op.startswith("Fastgrad")]
        with tf.Graph().as_default(), tf.Session() as s:
            tf.import_graph_def(made, name="")
            answers(s, folder, case)


@pytest.mark.parametrize("name", written_files.OPTIMIZERS)
def test_training_goes_on(folder, cases, name):
    case = next(c for c in cases if c["name"] == f"meta_{name}")
    train = case["train"]
    with tf.Graph().as_default(), tf.Session() as s:
        tf.train.import_meta_graph(str(folder / case["path"])).restore(
            s, str(folder / case["checkpoint"]))
        answers(s, folder, case)
        for _ in range(train["steps"]):
            s.run(train["operation"], of(folder, case, train["feed"]))
        for variable, value in of(folder, case, train["variables"]).items():
            np.testing.assert_allclose(s.run(f"{variable}:0"), value, 1e-4, 1e-5)


def test_loops_go_out_as_frames(folder):
    made = tf.GraphDef.FromString((folder / "recurrent.pb").read_bytes())
    kinds = [n.op for n in made.node]
    assert kinds.count("LoopCond") == 2 and kinds.count("TensorArrayV3") >= 2
    assert {"Enter", "Exit", "NextIteration", "Switch", "Merge"} <= set(kinds)


def test_loops_within_loops():
    with tf.Graph().as_default() as g, tf.Session() as s:
        n = tf.placeholder(tf.int32, [], name="n")

        def outer(i, a):
            _, b = tf.while_loop(lambda j, b: j < i, lambda j, b: (j + 1, b + i * j),
                                 [tf.constant(0), a])
            return i + 1, tf.cond(b > 5, lambda: b - 1, lambda: b)
        _, total = tf.while_loop(lambda i, a: i < n, outer, [tf.constant(0), tf.constant(0)])
        tf.identity(total, name="y")
        want = s.run("y:0", {"n:0": 5})
        data = g.as_graph_def()
    with tf.Graph().as_default(), tf.Session() as s:
        tf.import_graph_def(data, name="")
        assert s.run("y:0", {"n:0": 5}) == want


@pytest.mark.parametrize("most", [3, "int32", "int64", "inner"])
def test_loops_with_most_turns(most):
    with tf.Graph().as_default() as g, tf.Session() as s:
        n = tf.placeholder("int64" if most == "int64" else "int32", [], name="n")
        limit = 3 if most == 3 else n

        def turn(i, a):
            if most == "inner":
                a, = tf.while_loop(lambda b: b < 100, lambda b: [b * 2], [a],
                                   maximum_iterations=i, return_same_structure=True)
            return i + 1, a + i
        i, total = tf.while_loop(lambda i, a: i < 5, turn, [tf.constant(0), tf.constant(1)],
                                 maximum_iterations=limit)
        tf.identity(total + i, name="y")
        want = [s.run("y:0", {"n:0": k}) for k in (0, 2, 3, 5, 9)]
        data = g.as_graph_def()
    assert not [n.op for n in data.node if n.op.startswith("Fastgrad")]
    with tf.Graph().as_default(), tf.Session() as s:
        tf.import_graph_def(data, name="")
        assert [s.run("y:0", {"n:0": k}) for k in (0, 2, 3, 5, 9)] == want


def test_a_recurrent_model_is_saved_and_loaded(tmp_path):
    with tf.Graph().as_default(), tf.Session() as s:
        feed, names = written_files.recurrent()
        s.run(tf.global_variables_initializer())
        graph = tf.get_default_graph()
        want = s.run(names, feed)
        fg.save_model(str(tmp_path / "m"), {k[:-2]: graph.get_tensor_by_name(k) for k in feed},
                      {k[:-2]: graph.get_tensor_by_name(k) for k in names}, s)
    got = fg.load_model(str(tmp_path / "m"))(**{k[:-2]: v for k, v in feed.items()})
    for name, value in zip(names, want):
        np.testing.assert_allclose(got[name[:-2]], value, 1e-6)


def test_placeholders_with_defaults():
    with tf.Graph().as_default() as g:
        tf.placeholder_with_default([1.0, 2.0], [None], name="p")
        node = next(n for n in g.as_graph_def().node if n.name == "p")
    assert node.op == "PlaceholderWithDefault" and node.attr["shape"].shape.dim[0].size == -1


def test_shapes_on_demand():
    with tf.Graph().as_default() as g:
        tf.placeholder(tf.float32, [None, 3], name="x")
        node = g.as_graph_def(add_shapes=True).node[0]
    assert [d.size for d in node.attr["_output_shapes"].list.shape[0].dim] == [-1, 3]
