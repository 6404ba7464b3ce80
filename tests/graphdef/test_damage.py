"""Files cut off or with bits turned: an error of ours or a graph, and nothing changed else."""

import pathlib

import numpy as np
import pytest

import fastgrad.compat.v1 as tf

FILES = pathlib.Path(__file__).parent / "files"
DATA = (FILES / "functional_flow" / "frozen.pb").read_bytes()


def opened(data):
    """Whether the bytes are a graph; anything but an error that says so escapes."""
    from google.protobuf.message import DecodeError
    with tf.Graph().as_default() as g:
        try:
            tf.import_graph_def(tf.GraphDef.FromString(data))
        except (DecodeError, ValueError, TypeError, tf.errors.OpError):
            assert g.version == 0
            return False
        return True


@pytest.mark.parametrize("end", range(0, len(DATA), 41))
def test_cut_graphs(end):
    opened(DATA[:end])


@pytest.mark.parametrize("at", range(5, len(DATA), 29))
def test_turned_bits(at):
    data = bytearray(DATA)
    data[at] ^= 1 << at % 8
    opened(bytes(data))


def test_meta_graphs_that_are_none(tmp_path):
    for data in (b"", b"\0\1\2\3", b"hello"):
        path = tmp_path / "m.meta"
        path.write_bytes(data)
        with tf.Graph().as_default() as g:
            if data:
                with pytest.raises(OSError, match="Cannot parse file .*m.meta"):
                    tf.train.import_meta_graph(str(path))
            assert g.version == 0
    with pytest.raises(OSError, match="does not exist"):
        tf.train.import_meta_graph(str(tmp_path / "nothing.meta"))


def test_nesting_without_end():
    """A thousand lists of functions inside one another."""
    body = b""
    for _ in range(1000):
        for field in (b"\x52", b"\x12"):            # AttrValue.func, NameAttrList.attr
            size, n = b"", len(body)
            while n > 127:
                size, n = size + bytes([n & 127 | 128]), n >> 7
            body = field + size + bytes([n]) + body
    assert not opened(b"\x0a" + b"\x03" + b"\x0a\x01x" + b"\x12\xff\xff\x7f" + body)


def test_an_asset_outside_of_the_model(tmp_path):
    from fastgrad.io.graph_messages import message
    model = message("SavedModel")(saved_model_schema_version=1)
    meta = model.meta_graphs.add()
    meta.meta_info_def.tags.append("serve")
    meta.graph_def.CopyFrom(_constant_graph())
    asset = meta.asset_file_def.add(filename="../secret")
    asset.tensor_info.name = "c:0"
    (tmp_path / "saved_model.pb").write_bytes(model.SerializeToString())
    with tf.Graph().as_default() as g, tf.Session() as s:
        with pytest.raises(OSError, match="outside of the model's folder"):
            tf.saved_model.loader.load(s, ["serve"], str(tmp_path))
        assert g.version == 0


def _constant_graph():
    with tf.Graph().as_default() as g:
        tf.constant("path", name="c")
        return g.as_graph_def()


def test_no_saved_model(tmp_path):
    with tf.Graph().as_default(), tf.Session() as s:
        with pytest.raises(OSError, match="SavedModel file does not exist"):
            tf.saved_model.loader.load(s, ["serve"], str(tmp_path))


def test_a_name_in_a_collection_that_is_not_there():
    meta = tf.MetaGraphDef()
    meta.graph_def.CopyFrom(_constant_graph())
    meta.collection_def["losses"].node_list.value.append("q:0")
    with tf.Graph().as_default() as g:
        with pytest.raises(ValueError, match="'losses' names 'q:0'"):
            tf.train.import_meta_graph(meta)
        assert g.version == 0


def test_values_of_every_dtype_come_back():
    for kind in ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8",
                 "uint16", "uint32", "uint64", "bool", "complex64", "complex128"):
        array = np.arange(6).reshape(2, 3).astype(kind)
        got = tf.make_ndarray(tf.make_tensor_proto(array))
        assert got.dtype == array.dtype and (got == array).all()
    assert tf.make_ndarray(tf.make_tensor_proto(["a", "bc"])).tolist() == [b"a", b"bc"]
