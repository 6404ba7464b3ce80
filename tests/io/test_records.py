"""TFRecord files, examples and event files, against those that TensorFlow 1.15.5 wrote."""

import copy
import pathlib
import pickle
import tracemalloc
import zlib

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad import errors
from fastgrad.io import protobuf, records
from fastgrad.io.checksum import masked
from fastgrad.io.text_format import merge_text

FILES = pathlib.Path(__file__).parent / "files" / "records"
GOOD = list(records.read_records(FILES / "plain.tfrecord"))


@pytest.mark.parametrize("name, kind", [("gzip", "GZIP"), ("zlib", "ZLIB")])
def test_tensorflows_files_hold_the_same_records(name, kind):
    assert len(GOOD) == 6
    options = tf.python_io.TFRecordOptions(kind)
    path = str(FILES / f"{name}.tfrecord")
    assert list(tf.python_io.tf_record_iterator(path, options)) == GOOD
    assert list(tf.io.tf_record_iterator(path, getattr(tf.io.TFRecordCompressionType, kind))) == GOOD


@pytest.mark.parametrize("name, whole", [("damaged", 4), ("cut", 5)])
def test_what_stands_before_a_damage_is_given(name, whole):
    iterator, found = tf.python_io.tf_record_iterator(str(FILES / f"{name}.tfrecord")), []
    with pytest.raises(tf.errors.DataLossError, match=f"{name}.*record at"):
        for r in iterator:
            found.append(r)
    assert found == GOOD[:whole]


@pytest.mark.parametrize("kind", [None, "", "GZIP", "ZLIB", 1, 2])
def test_written_records_come_back(tmp_path, kind):
    path, data = str(tmp_path / "r"), [b"", b"a", bytes(300_000), *GOOD]
    with tf.python_io.TFRecordWriter(path, kind and tf.python_io.TFRecordOptions(kind)) as writer:
        for d in data:
            writer.write(d)
            writer.flush()
    assert list(records.read_records(path, kind)) == data
    if kind in (1, "ZLIB"):
        assert b"".join(map(records.record, data)) == zlib.decompress(
            (tmp_path / "r").read_bytes())
    with pytest.raises(errors.FailedPreconditionError, match="closed"):
        writer.write(b"more")


def test_written_bytes_are_tensorflows(tmp_path):
    with tf.python_io.TFRecordWriter(tmp_path / "r") as writer:
        for d in GOOD:
            writer.write(d)
    assert (tmp_path / "r").read_bytes() == (FILES / "plain.tfrecord").read_bytes()


@pytest.mark.parametrize("kind", ["", "GZIP"])
def test_every_cut_and_flip_is_told(tmp_path, kind):
    """A file that is cut between two records is a shorter one; all else is an error."""
    path = tmp_path / "r"
    with records.TFRecordWriter(path, kind) as writer:
        for d in GOOD[:2]:
            writer.write(d)
    whole, ends = path.read_bytes(), [0]
    for d in GOOD[:2]:
        ends.append(ends[-1] + len(d) + 16)
    for n in range(len(whole)):
        path.write_bytes(whole[:n])
        if n in (ends if not kind else [0]):
            assert len(list(records.read_records(path, kind))) < 2
        else:
            with pytest.raises(errors.DataLossError, match="r'"):
                list(records.read_records(path, kind))
    header = 10 if kind else 0          # gzip's has a time and a system, which nobody checks
    for n in range(8 * header, 8 * len(whole)):
        damaged = bytearray(whole)
        damaged[n // 8] ^= 1 << n % 8
        path.write_bytes(damaged)
        try:
            found = list(records.read_records(path, kind))
        except errors.DataLossError as e:
            assert "r'" in str(e)
        else:                           # deflate's last byte may have bits to spare
            assert kind and found == GOOD[:2]


@pytest.mark.parametrize("kind", ["", "ZLIB"])
@pytest.mark.parametrize("size", [2**20, 2**40, 2**63, 2**64 - 1])
def test_a_lying_length_asks_for_no_memory(tmp_path, kind, size):
    length = size.to_bytes(8, "little")
    data = length + masked(length).to_bytes(4, "little") + bytes(100)
    (tmp_path / "r").write_bytes(zlib.compress(data) if kind else data)
    tracemalloc.start()
    try:
        with pytest.raises(errors.DataLossError, match="truncated record at 0"):
            list(records.read_records(tmp_path / "r", kind))
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_records_that_are_not_there(tmp_path):
    for path, kind in ((tmp_path / "no", errors.NotFoundError), (tmp_path, errors.OpError)):
        with pytest.raises(kind):
            next(records.read_records(path))
    with pytest.raises(errors.NotFoundError):
        tf.python_io.TFRecordWriter(str(tmp_path / "no" / "r"))
    with pytest.raises(ValueError, match='Not a valid compression_type: "LZ"'):
        tf.python_io.TFRecordOptions("LZ")
    with tf.python_io.TFRecordWriter(str(tmp_path / "r")) as writer:
        with pytest.raises(TypeError, match="expected bytes, str found"):
            writer.write("text")


# ---- examples ---------------------------------------------------------------------------

def example():
    made = tf.train.Example()
    feature = made.features.feature
    feature["x"].float_list.value.extend([0.1, 2, np.float32(3)])
    feature["n"].int64_list.value.append(-5)
    feature["b"].bytes_list.value[:] = [b"\xff\0a", b'"q\n']
    feature["empty"].bytes_list.SetInParent()
    return made


def test_an_example_is_a_message():
    made = example()
    data = made.SerializeToString()
    assert data.hex() == (
        "0a4c0a110a0162120c0a0a0a03ff00610a0322710a0a0b0a05656d70747912020a00"
        "0a130a016e120e1a0c0a0afbffffffffffffffff01"
        "0a150a01781210120e0a0ccdcccc3d0000004000004040")
    again = tf.train.Example.FromString(data)
    assert again == made == copy.deepcopy(made) == pickle.loads(pickle.dumps(made))
    assert again.features.feature["x"].float_list.value == [float(np.float32(0.1)), 2.0, 3.0]
    assert again.features.feature["empty"].WhichOneof("kind") == "bytes_list"
    assert again.ByteSize() == len(data) and again.HasField("features")
    f = again.features.feature["b"]
    f.int64_list.value.append(1)
    assert f.WhichOneof("kind") == "int64_list" and not f.HasField("bytes_list")
    assert not f.bytes_list.value
    f.bytes_list.value.append(b"back")
    assert f.WhichOneof("kind") == "bytes_list" and not f.int64_list.value
    f.ClearField("kind")
    assert f.WhichOneof("kind") is None
    assert again != made and "never" not in made.features.feature


def test_constructors_take_parts():
    made = tf.train.Example(features=tf.train.Features(feature={
        "n": tf.train.Feature(int64_list=tf.train.Int64List(value=range(3)))}))
    assert made.features.feature["n"].int64_list.value == [0, 1, 2]
    for wrong, kind in ((dict(value=[1.5]), TypeError), (dict(value=[2**63]), ValueError),
                        (dict(value=["1"]), TypeError), (dict(values=[1]), ValueError)):
        with pytest.raises(kind):
            tf.train.Int64List(**wrong)
    with pytest.raises(TypeError, match="bytes"):
        tf.train.BytesList(value=["text"])
    with pytest.raises(AttributeError):
        made.feature = 1
    with pytest.raises(AttributeError):
        made.features = tf.train.Features()
    with pytest.raises(AttributeError, match="its fields are features"):
        made.feature


def test_text_and_back():
    made = example()
    assert 'value: 0.1\n' in str(made) and 'value: "\\377\\000a"' in str(made)
    again = tf.train.Example()
    merge_text(str(made), again)
    assert again == made
    state = tf.train.get_checkpoint_state
    assert state(str(FILES.parent / "dtypes")).model_checkpoint_path.endswith("dtypes/model")
    saver = tf.train.SaverDef()
    merge_text("# a comment\nmax_to_keep: 0x10 sharded:true,filename_tensor_name: 'a' \"b\\n\"; "
               "keep_checkpoint_every_n_hours: 1.5f", saver)
    assert (saver.max_to_keep, saver.sharded, saver.filename_tensor_name) == (16, True, "ab\n")
    assert saver.keep_checkpoint_every_n_hours == 1.5
    for wrong in ("max_to_keep", "max_to_keep: x", "nothing: 1", "max_to_keep: 'a'", "}",
                  "max_to_keep: 99999999999", "sharded: {", "filename_tensor_name: 3"):
        with pytest.raises(protobuf.WireError, match="at byte"):
            merge_text(wrong, tf.train.SaverDef())


def test_sequence_examples():
    found = [tf.train.SequenceExample.FromString(r)
             for r in records.read_records(FILES / "sequence.tfrecord")]
    assert [len(s.feature_lists.feature_list["tokens"].feature) for s in found] == [0, 1, 2]


def test_damaged_messages_are_refused_and_unknown_fields_kept():
    data = example().SerializeToString()
    for n in range(len(data)):
        try:
            tf.train.Example.FromString(data[:n])
        except errors.DataLossError as e:
            assert "no Example" in str(e)
        else:
            assert n == 0
    more = data + protobuf.integer(99, 5) + protobuf.text(100, b"new")
    assert tf.train.Example.FromString(more).SerializeToString() == more
    with pytest.raises(errors.DataLossError):
        tf.train.Example.FromString(b"\x0b")    # a group


def test_numbers_of_any_width():
    values = [0, 1, 127, 128, -1, 2**63 - 1, -2**63, 300] * 20_000
    made = tf.train.Int64List(value=values)
    assert tf.train.Int64List.FromString(made.SerializeToString()).value == values
    for wrong in (b"\x80", b"\xff" * 9 + b"\x02", b"\xff" * 11, b"\x01\x80"):
        with pytest.raises(protobuf.WireError):
            protobuf.packed_varints(wrong)


# ---- events -----------------------------------------------------------------------------

def test_events_come_back(tmp_path):
    with fg.Graph().as_default():
        v = fg.Variable([1.0, 2.0, 3.0], name="v")
        scalar = fg.summary.scalar("loss", fg.reduce_sum(v))
        both = fg.summary.merge([scalar, fg.summary.histogram("values", v)])
        with fg.summary.FileWriter(str(tmp_path)) as writer:
            for step in (1, 2):
                writer.add_summary(fg.Session().run(both), step)
            own = tf.Summary(value=[tf.Summary.Value(tag="own", simple_value=0.5)])
            own.value.add(tag="image", image=tf.Summary.Image(height=1, width=2))
            writer.add_summary(own, 3)
            writer.add_session_log(tf.SessionLog(status=tf.SessionLog.START), 4)
            writer.add_event(tf.Event(wall_time=5.0, step=5, summary=own))
    path, = map(str, tmp_path.iterdir())
    events = list(tf.train.summary_iterator(path))
    assert events[0].file_version == "brain.Event:2" and events[0].WhichOneof("what")
    assert [e.step for e in events[1:]] == [1, 2, 3, 4, 5]
    assert [v.tag for v in events[1].summary.value] == ["loss", "values"]
    loss, values = events[1].summary.value
    assert loss.simple_value == 6.0 and loss.WhichOneof("value") == "simple_value"
    assert (values.histo.min, values.histo.max, values.histo.num) == (1, 3, 3)
    assert sum(values.histo.bucket) == 3
    assert events[3].summary == events[5].summary == own and events[5].wall_time == 5.0
    assert events[4].session_log.status == tf.SessionLog.START


def test_an_event_file_that_is_none(tmp_path):
    with records.TFRecordWriter(tmp_path / "e") as writer:
        writer.write(tf.Event(step=1).SerializeToString())
        writer.write(b"\xff\xff")
    events = tf.train.summary_iterator(str(tmp_path / "e"))
    assert next(events).step == 1
    with pytest.raises(errors.DataLossError, match="record 1 is no event"):
        next(events)
