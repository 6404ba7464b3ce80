"""Variables that begin with a checkpoint's values, partitioned variables, and what is to be restored."""

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad.__main__ import main
from fastgrad.io import tensors
from fastgrad.io.checkpoint import open_checkpoint


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


def partitioned(parts, name="table", **settings):
    return tf.get_variable(name, [7, 2], partitioner=tf.fixed_size_partitioner(parts), **settings)


@pytest.fixture
def saved(tmp_path):
    """The path of a checkpoint of net/w, net/b and a partitioned net/table."""
    with tf.Graph().as_default(), tf.Session() as session:
        with tf.variable_scope("net"):
            tf.get_variable("w", initializer=[[1.0, 2.0]])
            tf.get_variable("b", initializer=tf.constant(["x", "yz"]))
            partitioned(3, initializer=tf.constant(np.arange(14.0).reshape(7, 2), tf.float32))
        session.run(tf.global_variables_initializer())
        return tf.train.Saver().save(session, str(tmp_path / "model"), 5, write_meta_graph=False)


def initial(*variables):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run([tf.convert_to_tensor(v) for v in variables])


# ---- init_from_checkpoint ---------------------------------------------------------------

def test_one_variable_by_object_or_by_name(saved):
    mine = tf.get_variable("mine", [1, 2])
    words = tf.get_variable("words", initializer=tf.constant(["", ""]))
    tf.train.init_from_checkpoint(saved, {"net/w": mine, "net/b": "words"})
    w, b = initial(mine, words)
    assert w.tolist() == [[1, 2]] and b.tolist() == [b"x", b"yz"]


def test_a_scope_and_the_root(saved, tmp_path):
    with tf.variable_scope("other"):
        w = tf.get_variable("w", [1, 2])
        table = partitioned(2)
    tf.train.init_from_checkpoint(str(tmp_path), {"net/": "other/"})        # the folder's latest
    found = initial(w, table)
    assert found[0].tolist() == [[1, 2]] and found[1].tolist() == np.arange(14).reshape(7, 2).tolist()
    with tf.Graph().as_default():
        with tf.variable_scope("net"):
            w = tf.get_variable("w", [1, 2])
        tf.train.init_from_checkpoint(saved, {"/": "/"})
        assert initial(w)[0].tolist() == [[1, 2]]


def test_parts_of_a_partitioned_variable(saved):
    table = partitioned(4)
    whole = tf.get_variable("whole", [7, 2])
    tf.train.init_from_checkpoint(saved, {"net/table": list(table)})
    tf.train.init_from_checkpoint(saved, {"net/table": whole})
    for found in initial(table, whole):
        assert found.tolist() == np.arange(14).reshape(7, 2).tolist()


def test_what_init_from_checkpoint_refuses(saved):
    v = tf.get_variable("v", [3])
    before = v.initializer
    for where, assignment, kind, words in (
            (saved, {"none": v}, ValueError, "Tensor none is not found in"),
            (saved, {"net/w": v}, ValueError, "Shape of variable v:0"),
            (saved, {"net/w": "nothing"}, ValueError, "should map to scope only"),
            (saved, {"none/": "/"}, ValueError, "Tensor none/v .* is not found"),
            (saved, {"net/w": 3}, TypeError, "got a int"),
            (saved + "0", {"net/w": v}, tf.errors.NotFoundError, "no checkpoint")):
        with pytest.raises(kind, match=words):
            tf.train.init_from_checkpoint(where, assignment)
    assert v.initializer is before


def test_plain_variables_begin_with_a_checkpoint_too(saved):
    with fg.Graph().as_default():
        v = fg.Variable(np.zeros((1, 2), np.float32), name="v")
        fg.train.init_from_checkpoint(saved, {"net/w": v})
        assert v.value.tolist() == [[1, 2]]
        v.value = [[5, 5]]
        fg.Session().run(fg.global_variables_initializer())
        assert v.value.tolist() == [[1, 2]] and not v.consumers()


# ---- partitioned variables --------------------------------------------------------------

def test_a_partitioned_variable_is_one_tensor():
    table = partitioned(3, initializer=tf.constant_initializer(2.0))
    assert [v.op.name for v in table] == [f"table/part_{i}" for i in range(3)]
    assert [v.shape.as_list() for v in table] == [[3, 2], [2, 2], [2, 2]]
    assert table.shape.as_list() == [7, 2] and table.dtype == tf.float32 and len(table) == 3
    assert [v.save_slice_info.spec for v in table][1] == "7 2 3,2:0,2"
    assert tf.trainable_variables() == list(table)
    loss = tf.reduce_sum(tf.nn.embedding_lookup(table, [0, 6], "div") * 3.0) + (table * 1.0)[0, 0]
    train = tf.train.MomentumOptimizer(0.1, 0.5).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        assert np.allclose(session.run(tf.convert_to_tensor(table))[[0, 3, 6]],
                           [[1.6, 1.7], [2, 2], [1.7, 1.7]])
        slots = [v for v in tf.global_variables() if "Momentum" in v.name]
        assert {v.save_slice_info.full_name for v in slots} == {"table/Momentum"}
        session.run(table.assign(np.arange(14).reshape(7, 2)))
        assert session.run(table[5]).tolist() == [10, 11]


def test_partitioned_variables_are_shared_and_refused():
    with tf.variable_scope("s", partitioner=tf.fixed_size_partitioner(2)):
        table = tf.get_variable("t", [4, 2])
        scalar = tf.get_variable("scalar", [])
        assert len(table) == 2 and scalar.save_slice_info is None
    with tf.variable_scope("s", reuse=True, partitioner=tf.fixed_size_partitioner(2)):
        assert list(tf.get_variable("t", [4, 2])) == list(table)
        with pytest.raises(ValueError, match="specified shape"):
            tf.get_variable("t", [5, 2])
        with pytest.raises(ValueError, match="does not exist"):
            tf.get_variable("u", [4, 2])
    with pytest.raises(ValueError, match="already exists"):
        tf.get_variable("s/t", [4, 2], partitioner=tf.fixed_size_partitioner(2))
    for parts, words in (([2, 2], "along one dimension"), ([0, 1], "zero partitions"),
                         ([2], "does not match"), (3, "must return a sequence")):
        with pytest.raises(ValueError, match=words):
            tf.get_variable("bad", [4, 2], partitioner=lambda shape, dtype, p=parts: p)


def test_partitioners_cut_as_tensorflows():
    shape, kind = tf.TensorShape([1000, 10]), tf.float32
    assert tf.fixed_size_partitioner(3, 1)(shape=shape, dtype=kind) == [1, 3]
    size = tf.variable_axis_size_partitioner
    assert size(4000)(shape=shape, dtype=kind) == [10, 1]
    assert size(4000, max_shards=4)(shape=shape, dtype=kind) == [4, 1]
    assert size(1)(shape=shape, dtype=kind) == [1000, 1]
    least = tf.min_max_variable_partitioner
    assert least(8, min_slice_size=16 << 10)(shape=shape, dtype=kind) == [3, 1]
    assert least(2, min_slice_size=16 << 10)(shape=shape, dtype=kind) == [2, 1]


@pytest.mark.parametrize("into", [1, 2, 7])
def test_a_partition_is_restored_into_another(saved, into):
    with tf.variable_scope("net"):
        table = partitioned(into) if into > 1 else tf.get_variable("table", [7, 2])
    with tf.Session() as session:
        tf.train.Saver({"net/table": table}).restore(session, saved)
        assert session.run(tf.convert_to_tensor(table)).tolist() == (
            np.arange(14).reshape(7, 2).tolist())
        tf.train.Saver().restore(session, saved)


def test_a_part_alone_is_a_variable_or_a_slice(saved, tmp_path):
    """Under a name of its own it is whole; in a list it is a slice, and others may lack."""
    table = partitioned(3, initializer=tf.constant_initializer(4.0))
    first, last = list(table)[0], list(table)[-1]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver({"own": first}).save(session, str(tmp_path / "one"),
                                                   write_meta_graph=False)
        assert tf.train.load_variable(path, "own").tolist() == [[4, 4]] * 3
        other = tf.get_variable("other", initializer=[7.0])
        session.run(other.initializer)
        some = tf.train.Saver([first, last, other])
        path = some.save(session, str(tmp_path / "some"), write_meta_graph=False)
        assert tf.train.load_variable(path, "other").tolist() == [7]
        with pytest.raises(tf.errors.DataLossError, match="do not make up 'table'"):
            tf.train.load_variable(path, "table")
        session.run(table.assign(np.zeros((7, 2))))
        some.restore(session, path)
        assert session.run(tf.convert_to_tensor(table))[:, 0].tolist() == [4, 4, 4, 0, 0, 4, 4]


# ---- Saver ------------------------------------------------------------------------------

def test_forms_by_name_and_by_argument(tmp_path):
    with fg.Graph().as_default():
        v, session = fg.Variable([1.0, 2.0], name="v"), fg.Session()
        paths = [fg.train.Saver().save(session, str(tmp_path / "a")),
                 fg.train.Saver().save(session, str(tmp_path / "b.safetensors"), 3),
                 fg.train.Saver(format="safetensors").save(session, str(tmp_path / "c"))]
        assert paths[1].endswith("b-3.safetensors")
        assert [open_checkpoint(p).form for p in paths] == ["TensorFlow V2", "safetensors",
                                                            "safetensors"]
        (tmp_path / "old.index").write_bytes(tensors.encoded({"v": np.array([3.0, 4.0])}))
        for path in [*paths, str(tmp_path / "old")]:
            v.value = [0.0, 0.0]
            fg.train.Saver().restore(session, path)
            assert v.value.tolist() == ([3, 4] if path.endswith("old") else [1, 2])
        with pytest.raises(ValueError, match="format must be one of"):
            fg.train.Saver(format="hdf5")


def test_what_fits_by_size_only(saved):
    v = tf.get_variable("v", [2, 1])
    with tf.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError, match="has shape .2, 1"):
            tf.train.Saver({"net/w": v}).restore(session, saved)
        tf.train.Saver({"net/w": v}, reshape=True).restore(session, saved)
        assert session.run(v).tolist() == [[1], [2]]
        n = tf.get_variable("n", [1, 2], tf.int32)
        with pytest.raises(tf.errors.InvalidArgumentError, match="dtype int32; .*has float32"):
            tf.train.Saver({"net/w": n}).restore(session, saved)


def test_the_list_is_tensorflows(tmp_path, monkeypatch):
    v = tf.get_variable("v", [1])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rel").mkdir()
    with tf.Session() as session:
        session.run(v.initializer)
        for path, shown in ((str(tmp_path / "abs"), str(tmp_path / "abs")), ("rel/m", "m")):
            saver = tf.train.Saver(max_to_keep=2)
            for step in range(3):
                saver.save(session, path, step, write_meta_graph=False)
            listed = (tmp_path / ("rel" if "rel" in path else "") / "checkpoint").read_text()
            assert listed == "".join(
                f'{key}: "{shown}-{n}"\n' for key, n in (
                    ("model_checkpoint_path", 2), ("all_model_checkpoint_paths", 1),
                    ("all_model_checkpoint_paths", 2)))
        assert saver.last_checkpoints == ["rel/m-1", "rel/m-2"]
        assert tf.train.latest_checkpoint("rel") == "rel/m-2"
        other = tf.train.Saver(max_to_keep=1)
        other.recover_last_checkpoints(["rel/m-1", "rel/none", "rel/m-2"])
        assert other.last_checkpoints == ["rel/m-1", "rel/m-2"]
        other.save(session, "rel/m", 9, write_meta_graph=False)
        assert sorted(p.name for p in (tmp_path / "rel").glob("*.index")) == ["m-9.index"]
    state = tf.train.get_checkpoint_state("rel")
    assert isinstance(state, tf.train.CheckpointState)
    assert state.model_checkpoint_path == "rel/m-9"


def test_a_damage_at_the_last_variable_changes_none(saved, tmp_path):
    with tf.variable_scope("net"):
        b = tf.get_variable("b", initializer=tf.constant(["", ""]))
        w = tf.get_variable("w", [1, 2])
    data = tmp_path / "model-5.data-00000-of-00001"
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        before = session.run([b, w])
        data.write_bytes(data.read_bytes()[:-1] + b"!")
        with pytest.raises(tf.errors.DataLossError, match="'net/w', at bytes .* wrong checksum"):
            tf.train.Saver().restore(session, saved)
        data.unlink()
        with pytest.raises(tf.errors.NotFoundError, match="00000-of-00001"):
            tf.train.Saver().restore(session, saved)
        assert all(map(np.array_equal, before, session.run([b, w])))
        assert session.run(b).tolist() == [b"", b""]


def test_readers_under_their_old_names(saved):
    assert tf.pywrap_tensorflow.NewCheckpointReader(saved).get_tensor("net/w").tolist() == [[1, 2]]
    assert len(tf.train.get_checkpoint_mtimes([saved, saved + "0"])) == 1


# ---- contrib.framework ------------------------------------------------------------------

def test_variables_are_found_by_name():
    framework = tf.contrib.framework
    with tf.variable_scope("a"):
        v, w = (framework.model_variable(n, [2]) for n in "vw")
    with tf.variable_scope("b"):
        u = framework.variable("v", [2])
    assert framework.get_variables("a") == [v, w]
    assert framework.get_variables_by_name("v") == [v, u]
    assert framework.get_variables_by_suffix("w") == [w]
    assert framework.get_model_variables() == [v, w] == tf.model_variables()
    assert framework.get_unique_variable("b/v") is u
    assert framework.get_variables_to_restore(exclude=["a/w"]) == [v, u]
    assert framework.get_variables_to_restore(include=["a"]) == [v, w]
    assert framework.filter_variables([u, v, w], ["v"], ["b"]) == [v]
    for call, kind in ((lambda: framework.get_unique_variable("b/none"), ValueError),
                       (lambda: framework.get_variables_to_restore("a"), TypeError)):
        with pytest.raises(kind):
            call()


def test_assigning_from_a_checkpoint(saved):
    framework = tf.contrib.framework
    w, table, other = tf.get_variable("w", [1, 2]), partitioned(2), tf.get_variable("other", [1])
    operation, feed = framework.assign_from_checkpoint(
        saved, {"net/w": w, "net/table": list(table)})
    restore = framework.assign_from_checkpoint_fn(
        saved, {"net/w": w, "none": other}, ignore_missing_vars=True)
    with tf.Session() as session:
        session.run(operation, feed)
        assert session.run(w).tolist() == [[1, 2]]
        assert session.run(tf.convert_to_tensor(table))[6].tolist() == [12, 13]
        session.run(w.assign([[0.0, 0.0]]))
        restore(session)
        assert session.run(w).tolist() == [[1, 2]]
        framework.assign_from_values_fn({"w": np.array([[7, 8]])})(session)
        assert session.run(w).tolist() == [[7, 8]]
    with pytest.raises(ValueError, match="Checkpoint is missing variable .none"):
        framework.assign_from_checkpoint(saved, {"none": other})
    assert framework.assign_from_checkpoint_fn(saved, [other], ignore_missing_vars=True) is None


# ---- inspect ----------------------------------------------------------------------------

def test_inspect_prints_what_is_there(saved, tmp_path, capsys):
    for path in (saved, saved + ".index", saved + ".data-00000-of-00001", str(tmp_path)):
        assert main(["inspect", path]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].endswith("TensorFlow V2, 3 tensors, 18 elements, 3 parts of partitioned ones")
        assert [line.split() for line in lines[1:]] == [
            ["name", "dtype", "shape", "sum", "min", "max"], ["net/b", "string", "2", "3", "bytes"],
            ["net/table", "float32", "7x2", "91", "0", "13"],
            ["net/w", "float32", "1x2", "3", "1", "2"]]
    with tf.python_io.TFRecordWriter(str(tmp_path / "r")) as writer:
        writer.write(tf.train.Example(features=tf.train.Features(feature={
            "x": tf.train.Feature(float_list=tf.train.FloatList(value=[1]))})).SerializeToString())
        writer.write(tf.Event(step=1, summary=tf.Summary(value=[
            tf.Summary.Value(tag="loss", simple_value=2)])).SerializeToString())
    assert main(["inspect", str(tmp_path / "r")]) == 0
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()[1:]] == [
        ["float", "x"], ["simple_value", "loss"]]
    (tmp_path / "junk").write_bytes(b"junk" * 20)
    for wrong in ("junk", "none"):
        assert main(["inspect", str(tmp_path / wrong)]) == 1
        assert wrong in capsys.readouterr().err
    data = tmp_path / "model-5.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:-1] + b"!")
    assert main(["inspect", "--quick", saved]) == 0 and main(["inspect", saved]) == 1
    assert "wrong checksum" in capsys.readouterr().err
