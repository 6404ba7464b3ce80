"""Checkpoints in safetensors layout; what is saved is of one moment, what is restored is whole."""

import json
import struct
import threading
import unittest.mock

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad import errors
from fastgrad.io import tensors
from fastgrad.io.checkpoint import open_checkpoint


@pytest.fixture(autouse=True)
def graph():
    with fg.Graph().as_default() as made:
        yield made


@pytest.fixture
def saved(tmp_path):
    """(session, saver, path, file, variables) of a small checkpoint."""
    variables = [fg.Variable(np.arange(6.0).reshape(2, 3), name="w"),
                 fg.Variable(np.arange(3, dtype=np.int32), name="b"),
                 fg.Variable(True, name="on", trainable=False)]
    session, keeper = fg.Session(), fg.train.Saver(format="safetensors")
    path = keeper.save(session, str(tmp_path / "net"))
    return session, keeper, path, tmp_path / "net.index", variables


def values(variables):
    return [v.value for v in variables]


def refused(saved, damaged):
    """Whether restoring a damaged file is an error that names it and changes nothing."""
    session, keeper, path, file, variables = saved
    file.write_bytes(damaged)
    before = values(variables)
    try:
        keeper.restore(session, path)
    except errors.FastgradError as e:
        assert isinstance(e, (errors.DataLossError, errors.NotFoundError, errors.StateError)), e
        assert "net" in str(e)
    else:
        return False
    return all(map(np.array_equal, before, values(variables)))


def test_every_cut_is_refused(saved):
    whole = saved[3].read_bytes()
    for n in range(len(whole)):
        assert refused(saved, whole[:n]), n
    assert refused(saved, whole + b"\0") and refused(saved, whole + whole)
    saved[3].write_bytes(whole)
    saved[1].restore(saved[0], saved[2])


def test_every_flipped_bit_is_refused(saved):
    whole = saved[3].read_bytes()
    for i in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[i // 8] ^= 1 << i % 8
        assert refused(saved, bytes(damaged)), (i, whole[max(i // 8 - 20, 0):i // 8 + 20])


def test_bytes_that_move_are_refused(saved):
    whole, random = saved[3].read_bytes(), np.random.default_rng(0)
    for _ in range(300):
        i, j, n = random.integers(0, len(whole), 2).tolist() + [int(random.integers(1, 30))]
        damaged = bytearray(whole)
        damaged[i:i + n] = random.bytes(n) if random.random() < 0.5 else whole[j:j + n]
        if damaged != whole:
            assert refused(saved, bytes(damaged))


def test_entries_that_change_places_are_refused(saved):
    """Two variables of one shape whose names are exchanged in the header."""
    whole = saved[3].read_bytes()
    size, = struct.unpack("<Q", whole[:8])
    header = json.loads(whole[8:8 + size])
    header["w"], header["b"] = header["b"], header["w"]
    text = json.dumps(header, separators=(",", ":")).encode().ljust(size)
    assert len(text) == size and refused(saved, whole[:8] + text + whole[8 + size:])


def test_hostile_headers_are_refused(saved):
    """Headers that no writer makes: wrong kinds of everything, nesting, sizes beyond memory."""
    whole = saved[3].read_bytes()
    size, = struct.unpack("<Q", whole[:8])
    header = json.loads(whole[8:8 + size])
    parts = [[], "w", 5, None, True, {}, [[]], [{}], {"w": 5}, {"w": []}, {"w": None},
             {"__metadata__": []}, {"__metadata__": None}, {"__metadata__": 1}]
    for place in ("dtype", "shape", "data_offsets"):
        for value in (None, 5, "F64", [], {}, [None, 1], ["0", "8"], [[0], [8]], [0.0, 48.0],
                      [-8, 0], [True, 6], [2**70, 0], [0, 2**70], [2**63, 2**63], [1] * 70,
                      [0] * 70, [1e400, 1], {"a": 1}):
            parts.append({**header, "w": {**header["w"], place: value}})
    parts += [{**header, "__metadata__": about} for about in ([], 1, "x", None, {"writer": []})]
    texts = [json.dumps(p) for p in parts if p != header]
    for deep in (10**5, 10**6):
        texts += ["[" * deep, '{"a":' * deep, '{"w":' + "[" * deep + "]" * deep + "}"]
    texts += ["", " ", "{", "9" * 5000, '{"w":' + "9" * 5000 + "}", "\ud800", '"\\ud800"']
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        for length in (len(data), 2**63, 2**64 - 1, len(data) + 10**9):
            assert refused(saved, struct.pack("<Q", length) + data + whole[8 + size:]), text[:80]


def test_files_of_others_need_no_digest(saved):
    """A safetensors file that another program wrote is read; only what it says can be checked."""
    session, keeper, path, file, variables = saved
    right = dict(zip("w b on".split(), values(variables)))
    with unittest.mock.patch.object(tensors, "_signed", lambda arrays: {"format": "np"}):
        data = tensors._encoded(right)
    assert b"sha256" not in data
    for v in variables:
        v.load(np.zeros_like(v.value))
    file.write_bytes(data)
    keeper.restore(session, path)
    assert all(map(np.array_equal, right.values(), values(variables)))
    assert refused(saved, data[:-1]) and refused(saved, data + b"\0")


def test_the_safetensors_package_reads_and_writes_the_same(saved, tmp_path):
    numpy_side = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed")
    session, keeper, path, file, variables = saved
    with unittest.mock.patch.dict("sys.modules", {"safetensors.numpy": None}):
        keeper.save(session, str(tmp_path / "own"))
    for name in ("net", "own"):
        found = numpy_side.load_file(tmp_path / f"{name}.index")
        assert all(np.array_equal(found[v.op.name], v.value) for v in variables)
        keeper.restore(session, str(tmp_path / name))


def test_a_checkpoint_is_of_one_moment(tmp_path):
    """Saved while another thread trains: every variable is from between the same two runs."""
    one, two = fg.Variable(np.zeros(20_000)), fg.Variable(np.zeros(()))
    session, keeper = fg.Session(), fg.train.Saver()
    step, done = fg.group(one.assign_add(np.ones(20_000)), two.assign_add(1.0)), threading.Event()

    def train():
        while not done.is_set():
            session.run(step)
    thread = threading.Thread(target=train)
    thread.start()
    try:
        for n in range(60):
            path = keeper.save(session, str(tmp_path / "m"))
            found = open_checkpoint(path)
            a, b = found[one.op.name], found[two.op.name]
            assert (a == b).all(), n
    finally:
        done.set()
        thread.join()


def test_restoring_is_all_or_nothing(saved):
    session, keeper, path, file, variables = saved
    for v in variables:
        v.load(np.zeros_like(v.value))
    real, calls = session.store.set, []

    def interrupted(op, value):
        calls.append(op)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(op, value)
    with unittest.mock.patch.object(session.store, "set", interrupted):
        with pytest.raises(KeyboardInterrupt):
            keeper.restore(session, path)
    assert not any(v.value.any() for v in variables)
    keeper.restore(session, path)
    assert variables[0].value.any()


def test_a_damaged_list_of_checkpoints(saved, tmp_path):
    """Cut or spoilt anywhere: what it says, nothing, or an error that names the file."""
    listed = tmp_path / "checkpoint"
    whole = listed.read_bytes()
    hostile = [b"[" * 10**5, b"[]", b"{}", b"5", b"null", b"9" * 5000]
    for damaged in [b"model_checkpoint_path: " + h for h in hostile] + [
            whole[:n] for n in range(len(whole))] + [
            whole[:n] + bytes([whole[n] ^ 1 << k]) + whole[n + 1:]
            for n in range(len(whole)) for k in range(8)]:
        listed.write_bytes(damaged)
        try:
            found = fg.train.latest_checkpoint(str(tmp_path))
        except errors.DataLossError as e:
            assert "checkpoint' is no list of checkpoints" in str(e)
        else:
            assert found in (None, saved[2])


def test_a_reader_shows_what_a_checkpoint_holds(tmp_path):
    with tf.Graph().as_default():
        w = tf.Variable([[1.0, 2.0]], name="layer/w")
        n = tf.Variable(3, name="n")
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            path = tf.train.Saver([w, n]).save(session, str(tmp_path / "model"), 7)
    for reader in (tf.train.NewCheckpointReader(path), tf.train.load_checkpoint(path),
                   tf.train.load_checkpoint(str(tmp_path))):
        assert reader.get_variable_to_shape_map() == {"layer/w": [1, 2], "n": []}
        assert reader.get_variable_to_dtype_map() == {"layer/w": tf.float32, "n": tf.int32}
        assert reader.get_tensor("layer/w").tolist() == [[1, 2]] and reader.get_tensor("n") == 3
        assert reader.has_tensor("n") and not reader.has_tensor("m")
        assert b"layer/w (DT_FLOAT) [1,2]" in reader.debug_string()
    with pytest.raises(tf.errors.NotFoundError, match="Key m not found in .*layer/w"):
        reader.get_tensor("m")
    with pytest.raises(tf.errors.NotFoundError):
        tf.train.load_checkpoint(str(tmp_path / "none"))
