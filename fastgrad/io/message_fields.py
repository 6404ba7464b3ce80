"""The fields of messages: kinds of values, how each is checked, written and read."""

import operator
import struct

import numpy as np

from fastgrad.io import protobuf
from fastgrad.io.protobuf import BYTES, FIXED32, FIXED64, VARINT, WireError


# ---- kinds ------------------------------------------------------------------------------

def _whole(low, high):
    def checked(value):
        if isinstance(value, (float, np.floating, str, bytes)) or value is None:
            raise TypeError(f"{value!r:.60} has type {type(value).__name__}, but expected one of: "
                            "int")
        number = operator.index(value)
        if not low <= number <= high:
            raise ValueError(f"Value out of range: {number}")
        return number
    return checked


def _real(value):
    if isinstance(value, (str, bytes)) or value is None:
        raise TypeError(f"{value!r:.60} has type {type(value).__name__}, but expected one of: "
                        "int, float")
    return float(value)


def _real32(value):
    with np.errstate(over="ignore"):
        return float(np.float32(_real(value)))


def _bytes(value):
    if not isinstance(value, (bytes, bytearray)):
        raise TypeError(f"{value!r:.60} has type {type(value).__name__}, but expected one of: "
                        "bytes")
    return bytes(value)


def _str(value):
    if isinstance(value, bytes):
        return value.decode()
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.60} has type {type(value).__name__}, but expected one of: "
                        "bytes, str")
    return str(value)


def _text(data):
    try:
        return str(data, "utf-8")
    except UnicodeDecodeError:
        raise WireError("a string that is not UTF-8", 0) from None


class _Kind:
    """How values of one type are held and stored.

    Attributes
    ----------
    wire : int
    default
    checked : callable(value) -> what is held
    put, take : callables
        What is held -> its bytes, without a key; and the reverse, of an int or a memoryview.
    array : numpy dtype, optional
        Of many fixed numbers.
    """

    def __init__(self, wire, default, checked, put, take, array=None):
        self.wire, self.default, self.checked = wire, default, checked
        self.put, self.take, self.array = put, take, array


def _float_of(code, size):
    return lambda bits: struct.unpack(code, bits.to_bytes(size, "little"))[0]


def _int32(n):
    n &= 0xFFFFFFFF
    return n - (1 << 32) if n >> 31 else n


def _sized(data):
    return protobuf.varint(len(data)) + data


_INT32, _INT64 = _whole(-1 << 31, (1 << 31) - 1), _whole(-1 << 63, (1 << 63) - 1)
SCALARS = {
    "double": _Kind(FIXED64, 0.0, _real, struct.Struct("<d").pack, _float_of("<d", 8), "<f8"),
    "float": _Kind(FIXED32, 0.0, _real32, struct.Struct("<f").pack, _float_of("<f", 4), "<f4"),
    "int32": _Kind(VARINT, 0, _INT32, protobuf.varint, _int32),
    "int64": _Kind(VARINT, 0, _INT64, protobuf.varint, protobuf.signed),
    "uint32": _Kind(VARINT, 0, _whole(0, (1 << 32) - 1), protobuf.varint,
                    lambda n: n & 0xFFFFFFFF),
    "uint64": _Kind(VARINT, 0, _whole(0, (1 << 64) - 1), protobuf.varint, int),
    "bool": _Kind(VARINT, False, lambda v: bool(_INT64(v)), protobuf.varint, bool),
    "string": _Kind(BYTES, "", _str, lambda v: _sized(v.encode()), _text),
    "bytes": _Kind(BYTES, b"", _bytes, _sized, bytes),
}


# ---- values of repeated fields and maps -------------------------------------------------

class _Part:
    """A list or dict that tells its message of each change."""

    def _changed(self):
        self._owner._part_changed(self._field.name)


class Repeated(_Part, list):
    """The values of a repeated field: a list of one type."""

    def __init__(self, owner, field):
        super().__init__()
        self._owner, self._field = owner, field

    def append(self, value):
        super().append(self._field.element(value))
        self._changed()

    def insert(self, key, value):
        super().insert(key, self._field.element(value))
        self._changed()

    def extend(self, elem_seq):
        super().extend(self._field.elements(elem_seq))
        self._changed()

    def __iadd__(self, other):
        self.extend(other)
        return self

    MergeFrom = extend

    def add(self, **values):
        """A new message at the end, filled with `values`."""
        if self._field.message is None:
            raise AttributeError("add() makes messages; use append() for values.")
        made = self._field.message(**values)
        super().append(made)
        self._changed()
        return made

    def __setitem__(self, key, value):
        if self._field.message is not None:
            raise TypeError("messages of a repeated field cannot be replaced; use CopyFrom().")
        one = not isinstance(key, slice)
        super().__setitem__(key, self._field.element(value) if one
                            else self._field.elements(value))
        self._changed()

    def __delitem__(self, key):
        super().__delitem__(key)
        self._changed()

    def pop(self, key=-1):
        value = super().pop(key)
        self._changed()
        return value

    def remove(self, elem):
        super().remove(elem)
        self._changed()

    def __reduce_ex__(self, protocol):
        return list, (list(self),)

    def __deepcopy__(self, memo):
        return list(self)


class Map(_Part, dict):
    """The values of a map field: a message for each string, made when first asked for."""

    def __init__(self, owner, field):
        super().__init__()
        self._owner, self._field = owner, field

    def __missing__(self, key):
        made = self._field.message()
        super().__setitem__(_str(key), made)
        self._changed()
        return made

    def get_or_create(self, key):
        """The message of a key, made if there is none."""
        return self[key]

    def __setitem__(self, key, value):
        raise ValueError("May not set values directly, call my_map[key].CopyFrom(value)")

    def __delitem__(self, key):
        super().__delitem__(key)
        self._changed()

    def MergeFrom(self, other):
        """Take another's entries in the place of those of the same key."""
        for key, value in other.items():
            self[key].CopyFrom(value)

    def __reduce_ex__(self, protocol):
        return dict, (dict(self),)


# ---- fields -----------------------------------------------------------------------------

class Field:
    """One row of a message's table.

    Attributes
    ----------
    label : {"", "*", "map"}
    oneof : str or None
    message : class or None
        Of the field's values, if they are messages.
    """

    def __init__(self, number, name, kind, label, oneof, message):
        self.number, self.name, self.label, self.oneof = number, name, label, oneof
        self.message, self.kind = message, SCALARS.get(kind)
        self.is_scalar = not label and message is None

    def default(self, owner):
        if self.label:
            return (Map if self.label == "map" else Repeated)(owner, self)
        if self.message is None:
            return self.kind.default
        made = self.message()
        object.__setattr__(made, "_parent", (owner, self.name))
        return made

    def is_default(self, value):
        return value == self.kind.default and str(value) != "-0.0"

    def checked(self, value):
        return self.kind.checked(value)

    def element(self, value):
        """A value as a repeated field holds it."""
        if self.message is None:
            return self.checked(value)
        if not isinstance(value, self.message):
            raise TypeError(f"Parameter to append() must be {self.message.__name__}; got "
                            f"{type(value).__name__}.")
        made = self.message()
        made.CopyFrom(value)
        return made

    def elements(self, values):
        if self.kind and self.kind.array and isinstance(values, np.ndarray) and (
                values.dtype.kind in "fiu" and values.ndim == 1):
            with np.errstate(over="ignore"):
                return values.astype(self.kind.array).tolist()
        return [self.element(v) for v in values]

    def fill(self, owner, value):
        """Set from a constructor's argument: messages also as dict."""
        if self.is_scalar:
            setattr(owner, self.name, value)
        elif self.label == "*":
            part = getattr(owner, self.name)
            if self.message is None:
                part.extend(value)
            for v in value if self.message else ():
                part.add(**v) if isinstance(v, dict) else part.append(v)
        elif self.label == "map":
            for key, v in value.items():
                getattr(owner, self.name)[key].CopyFrom(self._message(v))
        else:
            self.merge(owner, self._message(value))

    def _message(self, value):
        made = self.message(**value) if isinstance(value, dict) else value
        if not isinstance(made, self.message):
            raise TypeError(f"field {self.name!r} takes a {self.message.__name__}; got "
                            f"{type(value).__name__}.")
        return made

    def merge(self, owner, value):
        if self.is_scalar:
            setattr(owner, self.name, value)
        elif self.label:
            getattr(owner, self.name).MergeFrom(value)
        else:
            part = getattr(owner, self.name)
            part.MergeFrom(value)
            part._changed()

    # ---- bytes --------------------------------------------------------------------------

    def encode(self, value):
        if self.label == "map":
            entries = [protobuf.text(1, k) + protobuf.text(2, v.SerializeToString())
                       for k, v in sorted(value.items())]
            return b"".join(protobuf.text(self.number, e) for e in entries)
        if self.message is not None:
            parts = value if self.label else [value]
            return b"".join(protobuf.text(self.number, p.SerializeToString()) for p in parts)
        key = protobuf.varint(self.number << 3 | self.kind.wire)
        if not self.label:
            return key + self.kind.put(value)
        if self.kind.wire == BYTES:
            return b"".join(key + self.kind.put(v) for v in value)
        packed = (np.array(value, self.kind.array).tobytes() if self.kind.array
                  else protobuf.numbers(value))
        return protobuf.text(self.number, packed)

    def read(self, owner, wire, value, at, depth):
        """Take a field that was read; whether it is one of this kind."""
        if self.message is not None:
            if wire == BYTES:
                self._read_message(owner, value, at, depth)
            return wire == BYTES
        if wire == self.kind.wire:
            value = self._taken(value, at)
            if self.label:
                list.append(getattr(owner, self.name), value)
            else:
                owner._values[self.name] = value
            owner._part_changed(self.name) if self.label else owner._now_set(self)
        elif wire == BYTES and self.label and self.kind.wire != BYTES:
            list.extend(getattr(owner, self.name), self._unpacked(value, at))
            owner._part_changed(self.name)
        else:
            return False
        return True

    def _taken(self, value, at):
        try:
            return self.kind.take(value)
        except WireError as e:
            raise WireError(f"field {self.name!r}: {e}", at) from None

    def _unpacked(self, value, at):
        if self.kind.array is None:
            return [self.kind.take(n) for n in protobuf.packed_varints(value).tolist()]
        width = np.dtype(self.kind.array).itemsize
        if len(value) % width:
            raise WireError(f"field {self.name!r}: {len(value)} bytes of numbers of {width}", at)
        return np.frombuffer(value, self.kind.array).tolist()

    def _read_message(self, owner, value, at, depth):
        try:
            if self.label == "map":
                key, rest = "", self.message()
                for number, wire, part, _ in protobuf.fields(value):
                    if number == 1 and wire == BYTES:
                        key = _text(part)
                    elif number == 2 and wire == BYTES:
                        rest._read(part, depth - 1)
                dict.__setitem__(getattr(owner, self.name), key, rest)
                owner._part_changed(self.name)
                return
            part = self.message() if self.label else getattr(owner, self.name)
            part._read(value, depth - 1)
            if self.label:
                list.append(getattr(owner, self.name), part)
                owner._part_changed(self.name)
            else:
                part._changed()
        except WireError as e:
            raise WireError(f"in field {self.name!r}, {e}, which begins", at) from None
