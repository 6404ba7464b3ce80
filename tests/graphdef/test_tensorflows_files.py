"""Files that TensorFlow 1.15.5 wrote from models of our own, and the values that it gave."""

import collections
import json
import pathlib

import numpy as np
import pytest

import fastgrad.compat.v1 as tf

FILES = pathlib.Path(__file__).parent / "files"
ENTRIES = json.loads((FILES / "index.json").read_text(encoding="utf-8"))
VALUES = np.load(FILES / "values.npz")
TOLERANCE = {"float16": 4e-3, "float32": 2e-4, "float64": 1e-8}


def of(*kinds):
    found = [e for e in ENTRIES if e["kind"] in kinds]
    return pytest.mark.parametrize("e", found, ids=[e["name"] for e in found])


def all_of(references):
    return {k: VALUES[v["array"]] for k, v in references.items()}


def same(got, want, rtol=None):
    got = np.asarray(got)
    assert got.dtype == want.dtype and got.shape == want.shape
    rtol = rtol or TOLERANCE.get(want.dtype.name, 0)
    np.testing.assert_allclose(got, want, rtol, rtol / 10)


def graph_def(e):
    if e["kind"] == "graph_def":
        return tf.GraphDef.FromString((FILES / e["path"].removeprefix("files/")).read_bytes())
    from google.protobuf import text_format
    made = tf.GraphDef()
    text_format.Merge((FILES / e["path"].removeprefix("files/")).read_text("utf-8"), made)
    return made


def run(session, e, prefix=""):
    got = session.run([prefix + n for n in e["outputs"]],
                      {prefix + k: v for k, v in all_of(e["inputs"]).items()})
    for value, want in zip(got, all_of(e["outputs"]).values()):
        same(value, want, e.get("rtol"))


@of("graph_def", "graph_def_text")
def test_outputs(e):
    with tf.Graph().as_default() as g, tf.Session() as s:
        tf.import_graph_def(graph_def(e))
        run(s, e, "import/")
        for node in graph_def(e).node:
            assert g.get_operation_by_name("import/" + node.name).type == node.op


@of("graph_def", "graph_def_text")
def test_outputs_after_a_round_trip(e):
    with tf.Graph().as_default() as g:
        tf.import_graph_def(graph_def(e), name="")
        again = g.as_graph_def()
    assert collections.Counter(n.op for n in again.node) == collections.Counter(
        n.op for n in graph_def(e).node)
    with tf.Graph().as_default(), tf.Session() as s:
        tf.import_graph_def(tf.GraphDef.FromString(again.SerializeToString()), name="")
        run(s, e)


@of("graph_def", "graph_def_text")
def test_outputs_of_mapped_inputs(e):
    with tf.Graph().as_default(), tf.Session() as s:
        feed = all_of(e["inputs"])
        mine = {k: tf.placeholder(v.dtype, [None] * v.ndim) for k, v in feed.items()}
        if any(v.ndim < 2 for v in feed.values()):
            mine = {k: tf.constant(v) for k, v in feed.items()}
        outputs = tf.import_graph_def(graph_def(e), mine, list(e["outputs"]), name="net")
        got = s.run(outputs, {mine[k]: v for k, v in feed.items()
                              if mine[k].op.type == "Placeholder"})
        for value, want in zip(got, all_of(e["outputs"]).values()):
            same(value, want, e.get("rtol"))


# ---- meta graphs ------------------------------------------------------------------------

def restored(e, session):
    saver = tf.train.import_meta_graph(str(FILES / e["path"].removeprefix("files/")))
    saver.restore(session, str(FILES / e["checkpoint"].removeprefix("files/")))
    return saver


@of("meta_graph")
def test_outputs_of_a_meta_graph(e):
    with tf.Graph().as_default() as g, tf.Session() as s:
        restored(e, s)
        run(s, e)
        assert [v.name for v in tf.trainable_variables()] == e["trainable"]
        for key, count in e["collections"].items():
            assert len(g.get_collection(key)) == count
        assert collections.Counter(o.type for o in g.get_operations()) == e["node_types"]


@of("meta_graph")
def test_one_more_step_of_training(e):
    step = e["step"]
    with tf.Graph().as_default(), tf.Session() as s:
        restored(e, s)
        feed = all_of(step["feed"])
        same(s.run(step["loss"], feed), VALUES[step["before"]["array"]], 1e-3)
        s.run(step["train"], feed)
        same(s.run(step["loss"], feed), VALUES[step["after"]["array"]], 1e-3)
        for name, value in all_of(step["variables"]).items():
            np.testing.assert_allclose(s.run(name + ":0"), value, 2e-3, 2e-4)


@of("meta_graph")
def test_a_meta_graph_goes_out_and_comes_back(e, tmp_path):
    with tf.Graph().as_default(), tf.Session() as s:
        restored(e, s)
        path = tf.train.Saver().save(s, str(tmp_path / "again"))
    with tf.Graph().as_default(), tf.Session() as s:
        tf.train.import_meta_graph(path + ".meta").restore(s, path)
        run(s, e)
        assert [v.name for v in tf.trainable_variables()] == e["trainable"]


# ---- SavedModels ------------------------------------------------------------------------

def answers(session, meta, e):
    for key, wanted in e["signatures"].items():
        signature = meta.signature_def[key]
        feed = {signature.inputs[k].name: v for k, v in all_of(wanted["feed"]).items()}
        for k, v in all_of(wanted["values"]).items():
            same(session.run(signature.outputs[k].name, feed), v)


@of("saved_model")
def test_signatures(e):
    with tf.Graph().as_default(), tf.Session() as s:
        folder = str(FILES / e["path"].removeprefix("files/"))
        assert tf.saved_model.loader.maybe_saved_model_directory(folder)
        answers(s, tf.saved_model.loader.load(s, e["tags"], folder), e)


@of("saved_model")
def test_signatures_of_a_model_written_again(e, tmp_path):
    folder = str(FILES / e["path"].removeprefix("files/"))
    with tf.Graph().as_default(), tf.Session() as s:
        meta = tf.saved_model.loader.load(s, e["tags"], folder)
        builder = tf.saved_model.builder.SavedModelBuilder(str(tmp_path / "copy"))
        builder.add_meta_graph_and_variables(s, e["tags"], dict(meta.signature_def))
        builder.save(as_text=True)
    with tf.Graph().as_default(), tf.Session() as s:
        answers(s, tf.saved_model.load(s, e["tags"], str(tmp_path / "copy")), e)


def test_other_tags_are_refused():
    with tf.Graph().as_default() as g, tf.Session() as s:
        with pytest.raises(RuntimeError, match="nonsense.*could not be found.*it has"):
            tf.saved_model.loader.load(s, ["nonsense"], str(FILES / "regression" / "saved_model"))
        assert g.version == 0


def test_a_predictor():
    e = next(e for e in ENTRIES if e["kind"] == "saved_model" and e["tags"] == ["serve"])
    wanted = e["signatures"]["serving_default"]
    predict = tf.contrib.predictor.from_saved_model(str(FILES / e["path"].removeprefix("files/")))
    got = predict(all_of(wanted["feed"]))
    for k, v in all_of(wanted["values"]).items():
        same(got[k], v)
