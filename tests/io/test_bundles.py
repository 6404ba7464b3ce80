"""TensorFlow's checkpoints: its own files are read and made again; damaged and lying ones refused.

The files below `files` were written by TensorFlow 1.15.5.
"""

import pathlib
import tracemalloc

import numpy as np
import pytest

from fastgrad import errors
from fastgrad.io import protobuf, tensor_bundle
from fastgrad.io.bundle_writer import BundleBytes, Partitioned
from fastgrad.io.checkpoint import open_checkpoint
from fastgrad.io.checksum import masked
from fastgrad.io.slices import index_of, shape_proto, slice_key, slice_proto
from fastgrad.io.table import read_table, table_pieces

FILES = pathlib.Path(__file__).parent / "files"


def draws(seed, *shape):
    return np.random.RandomState(seed).randn(*shape)


# What the file `dtypes` was made of.
VALUES = {
    "a_string": np.array([[b"alpha", b"b"], [b"", "\u00fcber".encode()]], object),
    "a_scalar_string": np.array(b"only one", object),
    "i64": np.array([[-2**40, 5]]), "i32": np.arange(24, dtype=np.int32).reshape(2, 3, 4),
    "i16": np.array([-300, 300], np.int16), "i8": np.array([-3, 3], np.int8),
    "u8": np.array([0, 255], np.uint8), "yes": np.array([True, False, True]),
    "half": draws(20, 3, 2).astype(np.float32).astype(np.float16), "double": draws(21, 2, 2),
    "complex": np.array([1 + 2j, -3j], np.complex64), "scalar": np.array(2.5, np.float32),
    "empty": np.zeros((0, 4), np.float32), "rank4": draws(22, 1, 2, 1, 3).astype(np.float32),
    "global_step": np.array(0)}


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and (
        (a == b).all() if a.dtype == object else a.tobytes() == b.tobytes())


def copied(prefix, folder):
    """A copy of a checkpoint, for tests to damage; returns (its path, its files)."""
    for path in prefix.parent.glob(prefix.name + "*"):
        (folder / path.name).write_bytes(path.read_bytes())
    return str(folder / prefix.name), sorted(folder.glob(prefix.name + "*"))


@pytest.fixture
def small(tmp_path):
    """A checkpoint of every kind of entry, as few bytes as can be."""
    made = BundleBytes({
        "w": np.array([1.5, -2.0], np.float32), "s": np.array([b"one", b""], object),
        "cut": Partitioned((3, 2), [(((0, 2), (0, 2)), np.arange(4).reshape(2, 2)),
                                    (((2, 1), (0, 2)), np.array([[7, 8]]))])})
    (tmp_path / "m.index").write_bytes(made.index())
    (tmp_path / "m.data-00000-of-00001").write_bytes(b"".join(made.pieces))
    return str(tmp_path / "m")


# ---- TensorFlow's own -------------------------------------------------------------------

@pytest.mark.parametrize("name", ["dtypes/model", "dtypes/old_format"])
def test_tensorflows_files_give_their_values(name):
    stored = open_checkpoint(str(FILES / name))
    assert sorted(stored) == sorted(n for n in VALUES if n in stored)
    assert len(stored) >= len(VALUES) - 1            # version 1 has no empty tensors
    for key in stored:
        assert same(stored[key], VALUES[key]), key
        assert stored[key].flags.writeable


@pytest.mark.parametrize("two, one", [("shards/two", "shards/two_v1-?????-of-00002"),
                                      ("embedding/model", "embedding/old_format")])
def test_versions_and_partitions_agree(two, one):
    new, old = open_checkpoint(str(FILES / two)), open_checkpoint(str(FILES / one))
    assert set(old) == set(new) and len(new) >= 4
    for key in new:
        assert same(new[key], old[key]), key
        for part in new.entries[key].slices:
            own = new.part(key, part)
            assert same(own, old.part(key, part)) and same(own, new[key][index_of(part, own.shape)])
    assert any(e.slices for e in new.entries.values())


def test_a_slice_that_crosses_parts():
    stored = open_checkpoint(str(FILES / "embedding/model"))
    assert len(stored.entries["emb/table"].slices) == 3
    whole = stored["emb/table"]
    assert same(stored.part("emb/table", ((5, 9), (0, -1))).copy(), whole[5:14])
    with pytest.raises(errors.DamagedFileError, match="does not lie in it"):
        stored.part("emb/table", ((15, 9), (0, 8)))


@pytest.mark.parametrize("name", ["dtypes/model", "embedding/model"])
def test_what_is_written_is_tensorflows_to_the_byte(name):
    stored = tensor_bundle.read(str(FILES / name))
    made = BundleBytes({
        n: Partitioned(e.shape, [(p, stored.part(n, p)) for p in e.slices]) if e.slices
        else stored[n] for n, e in stored.entries.items()})
    assert made.index() == (FILES / (name + ".index")).read_bytes()
    assert b"".join(made.pieces) == (FILES / (name + ".data-00000-of-00001")).read_bytes()


def test_tables_of_many_blocks(tmp_path):
    """Keys are shortened in the list of blocks; entries longer than a block stand alone."""
    random = np.random.default_rng(0)
    rows = sorted({bytes([random.integers(0, 256) for _ in range(random.integers(0, 9))]):
                   random.bytes(int(random.integers(0, 20_000))) for _ in range(300)}.items())
    data = b"".join(table_pieces(rows))
    assert len(data) > 8 * 2**18
    assert [(k, bytes(v)) for k, v, _ in read_table(memoryview(data), "t")] == rows
    assert read_table(memoryview(b"".join(table_pieces([]))), "t") == []


# ---- damaged ----------------------------------------------------------------------------

def refused(prefix):
    """Whether reading everything raises one of the library's errors, which names a file."""
    try:
        dict(open_checkpoint(prefix))
    except errors.FastgradError as e:
        assert isinstance(e, (errors.DataLossError, errors.NotFoundError, errors.OutOfRangeError,
                              errors.UnimplementedError)), e
        return prefix.rpartition("/")[2].partition("-?")[0] in str(e)
    return False


@pytest.mark.parametrize("source", ["small", "dtypes/old_format", "shards/two_v1"])
def test_every_cut_and_every_flipped_bit_is_refused(source, small, tmp_path):
    prefix, files = small, sorted(tmp_path.glob("m.*"))
    if source != "small":
        prefix, files = copied(FILES / source, tmp_path)
        prefix += "-?????-of-00002" * source.startswith("shards")
    dict(open_checkpoint(prefix))
    for path in files[:2]:
        whole = path.read_bytes()
        for n in range(len(whole)):
            path.write_bytes(whole[:n])
            assert refused(prefix), (path, n)
        for n in range(0, 8 * len(whole), 1 if source == "small" else 7):
            damaged = bytearray(whole)
            damaged[n // 8] ^= 1 << n % 8
            path.write_bytes(damaged)
            assert refused(prefix), (path, n)
        path.write_bytes(whole)
    dict(open_checkpoint(prefix))


def test_a_file_that_is_not_there(small, tmp_path):
    (tmp_path / "m.data-00000-of-00001").unlink()
    stored = open_checkpoint(small)
    assert "w" in stored and stored.entries["w"].shape == (2,)
    with pytest.raises(errors.NotFoundError, match="data-00000-of-00001.*"):
        stored["w"]
    (tmp_path / "m.data-00000-of-00001").write_bytes(b"123")
    with pytest.raises(errors.OutOfRangeError, match="has 3 bytes; 'w' should lie at bytes"):
        open_checkpoint(small)["w"]
    with pytest.raises(errors.NotFoundError, match="no checkpoint at"):
        open_checkpoint(str(tmp_path / "n"))
    with pytest.raises(errors.NotFoundError):
        open_checkpoint(str(tmp_path))


# ---- lying ------------------------------------------------------------------------------

def entry(dtype=1, shape=(2,), shard=0, offset=0, size=8, crc=0, more=b""):
    return b"".join((protobuf.integer(1, dtype), protobuf.text(2, shape_proto(shape)),
                     protobuf.integer(3, shard), protobuf.integer(4, offset),
                     protobuf.integer(5, size), protobuf.fixed32(6, crc), more))


def part(*slice_):
    return protobuf.text(7, slice_proto(slice_))


HEADER = b"", protobuf.integer(1, 1) + protobuf.text(3, protobuf.integer(1, 1))
HUGE = 2**62
LIES = {
    "no header": [(b"w", entry())],
    "another shard": [HEADER, (b"w", entry(shard=1))],
    "a huge shard": [HEADER, (b"w", entry(shard=2**63))],
    "behind the end": [HEADER, (b"w", entry(offset=HUGE))],
    "a size too large": [HEADER, (b"w", entry(size=2**40, shape=(2**38,)))],
    "sizes that differ": [HEADER, (b"w", entry(size=12))],
    "a negative size": [HEADER, (b"w", entry(size=-8))],
    "a shape that overflows": [HEADER, (b"w", entry(shape=(2**33, 2**33), size=8))],
    "an empty huge shape": [HEADER, (b"w", entry(shape=(0, HUGE, HUGE), size=0))],
    "a negative dimension": [HEADER, (b"w", entry(shape=(-1, -2)))],
    "too many dimensions": [HEADER, (b"w", entry(shape=(1,) * 200 + (2,)))],
    "no dtype": [HEADER, (b"w", entry(dtype=0))],
    "a dtype of no file": [HEADER, (b"w", entry(dtype=20))],
    "strings of no size": [HEADER, (b"w", entry(dtype=7, shape=(2**40,), size=2**40 + 4))],
    "strings that are none": [HEADER, (b"w", entry(dtype=7, shape=(3,), size=8))],
    "one byte twice": [HEADER, (b"v", entry(crc=1)), (b"w", entry(offset=4))],
    "no text": [HEADER, (b"\xff\xfe", entry())],
    "a part that is not there": [HEADER, (b"w", entry(more=part((0, 2))))],
    "parts that overlap": [HEADER, (b"w", entry(more=part((0, 2)) + part((0, 2))))],
    "parts that leave it": [HEADER, (b"w", entry(more=part((0, 1)) + part((5, 1))))],
    "parts of a huge whole": [
        HEADER, (slice_key("w", ((0, -1),)), entry()),
        (b"w", entry(shape=(HUGE,), more=part((0, -1))))],
    "parts of parts": [HEADER, (slice_key("w", ((0, -1),)), entry(more=part((0, -1)))),
                       (b"w", entry(more=part((0, -1))))],
    "big-endian": [(b"", protobuf.integer(1, 1) + protobuf.integer(2, 1))],
    "a later version": [(b"", protobuf.text(3, protobuf.integer(2, 9)))],
    "wire types": [HEADER, (b"w", protobuf.text(1, b"1") + protobuf.integer(2, 1))],
    "keys twice": [HEADER, (b"w", entry()), (b"w", entry())],
    "keys out of order": [HEADER, (b"w", entry()), (b"v", entry())],
}


@pytest.mark.parametrize("lie", LIES)
def test_lies_are_refused_without_memory(lie, tmp_path):
    prefix = str(tmp_path / "m")
    (tmp_path / "m.index").write_bytes(b"".join(table_pieces(LIES[lie])))
    (tmp_path / "m.data-00000-of-00001").write_bytes(bytes(8))
    refused(prefix)                             # whatever is loaded once
    tracemalloc.start()
    try:
        assert refused(prefix)
        assert tracemalloc.get_traced_memory()[1] < 300_000
    finally:
        tracemalloc.stop()


def test_a_compressed_table_is_refused(small, tmp_path):
    """In the list of blocks, so that the first block is not reached."""
    whole = bytearray((tmp_path / "m.index").read_bytes())
    _, at = protobuf.read_varint(whole, len(whole) - 48, len(whole))
    size, at = protobuf.read_varint(whole, at, len(whole))
    offset, _ = protobuf.read_varint(whole, len(whole) - 48, len(whole))
    whole[offset + size] = 1
    whole[offset + size + 1:offset + size + 5] = masked(
        bytes(whole[offset:offset + size + 1])).to_bytes(4, "little")
    (tmp_path / "m.index").write_bytes(whole)
    with pytest.raises(errors.UnimplementedError, match="compressed .kind 1"):
        open_checkpoint(small)


def test_names_are_no_paths(tmp_path):
    """Whatever a name looks like, no file but the checkpoint's is opened or written."""
    names = ["../../up", "/etc/passwd", "a/../b", "..", "C:\\x", "nul\0l"]
    made = BundleBytes({n: np.array([i]) for i, n in enumerate(names)})
    (tmp_path / "m.index").write_bytes(made.index())
    (tmp_path / "m.data-00000-of-00001").write_bytes(b"".join(made.pieces))
    stored = open_checkpoint(str(tmp_path / "m"))
    assert {n: int(stored[n][0]) for n in stored} == {n: i for i, n in enumerate(names)}


def test_random_bytes_in_place_of_entries_are_refused_or_right(small, tmp_path):
    """Entries of a table whose checksums are right: what the parser itself must stand."""
    random, path = np.random.default_rng(1), tmp_path / "m.index"
    rows = [(k, bytes(v)) for k, v, _ in read_table(memoryview(path.read_bytes()), "m")]
    right = dict(open_checkpoint(small))
    for _ in range(400):
        changed = list(rows)
        i = int(random.integers(0, len(rows)))
        value = bytearray(changed[i][1])
        for _ in range(int(random.integers(1, 4))):
            if value:
                value[random.integers(0, len(value))] = random.integers(0, 256)
        changed[i] = changed[i][0], bytes(value)
        path.write_bytes(b"".join(table_pieces(changed)))
        try:
            found = dict(open_checkpoint(small))
        except errors.FastgradError as e:
            assert "m." in str(e)
        else:
            assert all(n in right or n for n in found)
