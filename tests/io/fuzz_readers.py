"""Coverage-guided fuzzing of the readers of files; run by hand, with atheris installed:

    python tests/io/fuzz_readers.py READER FOLDER -max_total_time=600

READER is one of those below, FOLDER holds what has been found so far. Bytes come as they are, and
as the entries of tables whose checksums are right. Whatever comes, a reader gives values or one of
the library's errors, and asks for memory in proportion to the bytes.
"""

import os
import resource
import sys
import tempfile

import atheris

from fastgrad import errors

for _name in [n for n in sys.modules if n.startswith("fastgrad.io.")]:
    del sys.modules[_name]              # to be imported anew, and by the full name: only these are looked at
with atheris.instrument_imports(include=["fastgrad.io"]):
    from fastgrad.io.checkpoint import open_checkpoint
    from fastgrad.io.checkpoint_state import get_checkpoint_state
    from fastgrad.io.event_protos import Event
    from fastgrad.io.example_features import example_features, sequence_features
    from fastgrad.io.example_protos import Example, SequenceExample
    from fastgrad.io.protobuf import WireError, integer, text as text_field
    from fastgrad.io.records import read_records
    from fastgrad.io.table import table_pieces
    from fastgrad.io.text_format import merge_text
    from fastgrad.io.train_protos import SaverDef

FOLDER = tempfile.mkdtemp()
PREFIX = os.path.join(FOLDER, "m")


def put(name, data):
    with open(os.path.join(FOLDER, name), "wb") as f:
        f.write(data)


def everything(prefix):
    stored = open_checkpoint(prefix)
    for name in stored:
        stored.view(name)


def entries(data):
    """Keys and values of bytes: a length each, in order of keys."""
    found, at = {}, 0
    while at + 2 < len(data) and len(found) < 50:
        key, value = data[at] % 20, data[at + 1]
        at += 2
        found[data[at:at + key]] = data[at + key:at + key + value]
        at += key + value
    return sorted(found.items())


HEADER = integer(1, 1) + text_field(3, integer(1, 1))


def bundle(data):
    """The entries of an index behind a right header, and a file of values."""
    rows = [(k, v) for k, v in entries(data) if k] if data[:1] != b"\0" else entries(data[1:])
    rows = [(b"", HEADER), *rows] if data[:1] != b"\0" else rows
    put("m.index", b"".join(table_pieces(rows)))
    put("m.data-00000-of-00001", data[:64].ljust(64, b"\1"))
    everything(PREFIX)


def index(data):
    put("m.index", data)
    put("m.data-00000-of-00001", bytes(64))
    everything(PREFIX)


def slices(data):
    """The entries of a table of version 1."""
    put("one", b"".join(table_pieces(entries(data))))
    everything(os.path.join(FOLDER, "one"))


def safetensors(data):
    put("s.safetensors", data)
    everything(os.path.join(FOLDER, "s.safetensors"))


def records(data):
    put("r", data)
    list(read_records(os.path.join(FOLDER, "r")))


def zipped(data):
    put("z", data)
    list(read_records(os.path.join(FOLDER, "z"), "GZIP"))


def message(kind):
    def read(data):
        made = kind.FromString(data)
        assert kind.FromString(made.SerializeToString()) == made
        again = kind()
        merge_text(str(made), again)
    return read


def features(data):
    example_features(data)
    sequence_features(data)


def state(data):
    put("checkpoint", data)
    get_checkpoint_state(FOLDER)


def text(data):
    merge_text(data.decode("utf-8", "replace"), SaverDef())
    merge_text(data.decode("utf-8", "replace"), Example())


READERS = {"bundle": bundle, "index": index, "slices": slices, "safetensors": safetensors,
           "records": records, "zipped": zipped, "example": message(Example),
           "sequence": message(SequenceExample), "event": message(Event), "features": features,
           "state": state, "text": text}


def main():
    read = READERS[sys.argv.pop(1)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def one(data):
        try:
            read(data)
        except (errors.FastgradError, WireError):
            pass
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 400_000, f"{grown} kB more than before"      # the fuzzer's own included
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
