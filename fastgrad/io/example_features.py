"""What is in a serialized `Example` or `SequenceExample`, as arrays: for operations that parse.

A feature is (kind, values): "float" and a float32 array, "int64" and an int64 array, "string" and a
list of bytes. One without any kind is not there.
"""

import numpy as np

from fastgrad.io.protobuf import BYTES, FIXED32, VARINT, WireError, fields, packed_varints, signed

_KINDS = {1: "string", 2: "float", 3: "int64"}


def example_features(data):
    """{name: feature} of an Example, or of a SequenceExample's context.

    Raises
    ------
    WireError
        If the bytes are no such message.
    """
    found = {}
    for number, wire, value, _ in fields(data):
        if number == 1 and wire == BYTES:
            found.update(_map(value, _feature))
    return {name: feature for name, feature in found.items() if feature is not None}


def sequence_features(data):
    """({name: feature}, {name: [features]}) of a SequenceExample: its context and its lists."""
    lists = {}
    for number, wire, value, _ in fields(data):
        if number == 2 and wire == BYTES:
            lists.update(_map(value, _feature_list))
    return example_features(data), lists


def _map(data, read):
    """{key: what `read` makes of the value} of a message with one map."""
    found = {}
    for number, wire, entry, at in fields(data):
        if number != 1 or wire != BYTES:
            continue
        key, value = "", b""
        for part, kind, inner, _ in fields(entry):
            if part == 1 and kind == BYTES:
                key = _text(inner, at)
            elif part == 2 and kind == BYTES:
                value = inner
        found[key] = read(value)
    return found


def _text(data, at):
    try:
        return str(data, "utf-8")
    except UnicodeDecodeError:
        raise WireError("a name that is no text", at) from None


def _feature_list(data):
    return [_feature(value) for number, wire, value, _ in fields(data)
            if number == 1 and wire == BYTES]


def _feature(data):
    kind, pieces = None, []
    for number, wire, value, _ in fields(data):
        if number in _KINDS and wire == BYTES:
            if kind != number:
                kind, pieces = number, []
            pieces.append(value)
    if kind is None:
        return None
    return _KINDS[kind], _VALUES[kind](pieces)


def _strings(pieces):
    return [bytes(value) for piece in pieces for number, wire, value, _ in fields(piece)
            if number == 1 and wire == BYTES]


def _floats(pieces):
    found = []
    for piece in pieces:
        for number, wire, value, at in fields(piece):
            if number == 1 and wire == BYTES:
                if len(value) % 4:
                    raise WireError(f"{len(value)} bytes of numbers of 4", at)
                found.append(np.frombuffer(value, "<f4"))
            elif number == 1 and wire == FIXED32:
                found.append(np.frombuffer(value.to_bytes(4, "little"), "<f4"))
    return _joined(found, np.float32)


def _integers(pieces):
    found = []
    for piece in pieces:
        for number, wire, value, _ in fields(piece):
            if number == 1 and wire == BYTES:
                found.append(packed_varints(value).view(np.int64))
            elif number == 1 and wire == VARINT:
                found.append(np.array([signed(value)]))
    return _joined(found, np.int64)


def _joined(found, dtype):
    return found[0] if len(found) == 1 else np.concatenate(found or [np.empty(0, dtype)])


_VALUES = {1: _strings, 2: _floats, 3: _integers}
