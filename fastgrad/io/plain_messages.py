"""Messages of Protocol Buffers as Python objects, made of tables: no library, no generated code.

Owns: what a message does for its user, by protobuf's names: attributes, `HasField`, `WhichOneof`,
`SerializeToString`, `FromString`, `CopyFrom` and so on. Which messages there are is said by those
that declare them: `example_protos` and `event_protos`.

Decisions
- A field that is a message is there to be filled, `e.features.feature["x"].int64_list.value`, and
  is set with the first change below it; so each part knows what it is a part of.
- Maps are written in the order of their keys, so that equal messages are equal bytes; fields that
  the table does not have are kept as bytes.
"""

import re

from fastgrad.errors import DamagedFileError
from fastgrad.io import protobuf
from fastgrad.io.message_fields import SCALARS, Field, Map, Repeated
from fastgrad.io.protobuf import BYTES, WireError
from fastgrad.io.text_format import to_text

_DEPTH = 100                # protobuf's limit of nesting too
_ROW = re.compile(r"(\d+) (?:(\w+)/)?(\w+) (map )?([\w.]+)(\*?)")


class Message:
    """A message; its fields are its attributes. Made by `declare`."""

    __slots__ = ("_values", "_unknown", "_parent", "_cases", "__weakref__")
    fields_by_name = fields_by_number = None
    _oneofs = {}

    def __init__(self, **values):
        _set = object.__setattr__
        _set(self, "_values", {})
        _set(self, "_cases", {})            # oneof -> the name of the field that is set
        _set(self, "_unknown", b"")
        _set(self, "_parent", None)         # (message, name of this field in it)
        for name, value in values.items():
            field = self._field(name)
            if value is not None:
                field.fill(self, value)

    @classmethod
    def _field(cls, name):
        try:
            return cls.fields_by_name[name]
        except KeyError:
            raise ValueError(f'Protocol message {cls.__name__} has no "{name}" field.') from None

    # ---- attributes ---------------------------------------------------------------------

    def __getattr__(self, name):
        field = self.fields_by_name.get(name)
        if field is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}; its "
                                 f"fields are {', '.join(self.fields_by_name)}")
        values = self._values
        if name not in values:
            default = field.default(self)
            if field.is_scalar:
                return default
            values[name] = default
        return values[name]

    def __setattr__(self, name, value):
        field = self.fields_by_name.get(name)
        if field is None or not field.is_scalar:
            raise AttributeError(
                f"Assignment not allowed to {'no' if field is None else 'repeated or message'} "
                f'field "{name}" in protocol message object.')
        self._values[name] = field.checked(value)
        self._now_set(field)

    def _now_set(self, field):
        """A field was set: another of the same oneof is not, and what this is a part of is."""
        if field.oneof:
            before = self._cases.get(field.oneof)
            if before not in (None, field.name):
                self._drop(before)
                self._cases.pop(before, None)
            self._cases[field.oneof] = field.name
        self._changed(field.name)

    def _drop(self, name):
        part = self._values.pop(name, None)
        if isinstance(part, Message):
            object.__setattr__(part, "_parent", None)

    def _changed(self, name=None):
        if self._parent is not None:
            parent, own = self._parent
            parent._part_changed(own)

    def _part_changed(self, name):
        field = self.fields_by_name[name]
        if field.label == "" and self._cases.get(name) is not True:
            self._cases[name] = True                # a message field that is there
            self._now_set(field)
        else:
            self._changed()

    def SetInParent(self):
        """Have this message be there in the one it is a part of, though nothing is set."""
        self._changed()

    # ---- which fields are set -----------------------------------------------------------

    def _is_set(self, field):
        value = self._values.get(field.name)
        if value is None:
            return False
        if field.oneof:
            return self._cases.get(field.oneof) == field.name
        if field.label:
            return len(value) > 0
        return bool(self._cases.get(field.name)) if field.message else not field.is_default(value)

    def HasField(self, name):
        """Whether a message, or a field of a oneof, is set; also whether one of a oneof is."""
        if name in self._oneofs:
            return name in self._cases
        field = self._field(name)
        if field.label or not (field.message or field.oneof):
            raise ValueError(f'Field "{type(self).__name__}.{name}" does not have presence.')
        return self._is_set(field)

    def WhichOneof(self, oneof_group):
        """The name of the field of a oneof that is set, or None."""
        if oneof_group not in self._oneofs:
            raise ValueError(f'Protocol message {type(self).__name__} has no oneof '
                             f'"{oneof_group}" field.')
        return self._cases.get(oneof_group)

    def ListFields(self):
        """[(field, value)] of what is set, by number."""
        return [(f, self._values[f.name]) for _, f in sorted(self.fields_by_number.items())
                if self._is_set(f)]

    def ClearField(self, field_name):
        """Take a field out."""
        if field_name in self._oneofs:
            field_name = self._cases.get(field_name)
            if field_name is None:
                return
        field = self._field(field_name)
        self._drop(field_name)
        self._cases.pop(field_name, None)
        if field.oneof and self._cases.get(field.oneof) == field_name:
            del self._cases[field.oneof]
        self._changed()

    def Clear(self):
        """Take everything out."""
        for name in list(self._values):
            self._drop(name)
        self._cases.clear()
        object.__setattr__(self, "_unknown", b"")
        self._changed()

    def IsInitialized(self, errors=None):
        """True: no field is required."""
        return True

    # ---- bytes --------------------------------------------------------------------------

    def SerializeToString(self, **_):
        """The message as bytes."""
        return b"".join([f.encode(v) for f, v in self.ListFields()] + [self._unknown])

    SerializePartialToString = SerializeToString

    def ByteSize(self):
        """How many bytes `SerializeToString` gives."""
        return len(self.SerializeToString())

    def ParseFromString(self, serialized):
        """Take the place of everything in this message by that of bytes; returns their number.

        Raises
        ------
        DamagedFileError
            If the bytes are no such message.
        """
        self.Clear()
        return self.MergeFromString(serialized)

    def MergeFromString(self, serialized):
        """Add what bytes hold; of damaged ones, what stands before the damage."""
        try:
            self._read(memoryview(serialized), _DEPTH)
        except WireError as e:
            raise DamagedFileError(f"these {len(serialized)} bytes are no {type(self).__name__}: "
                                   f"{e}.") from None
        return len(serialized)

    @classmethod
    def FromString(cls, s):
        """A new message of bytes."""
        made = cls()
        made.ParseFromString(s)
        return made

    def _read(self, data, depth):
        if depth == 0:
            raise WireError(f"messages in one another, more than {_DEPTH} deep,", 0)
        start, known = 0, self.fields_by_number
        for number, wire, value, at in protobuf.fields(data):
            end = at + len(value) if wire == BYTES else None
            field = known.get(number)
            if field is None or not field.read(self, wire, value, at, depth):
                end = at + len(value) if wire == BYTES else _behind(data, wire, at)
                object.__setattr__(self, "_unknown", self._unknown + bytes(data[start:end]))
            start = end if end is not None else _behind(data, wire, at)

    # ---- several ------------------------------------------------------------------------

    def MergeFrom(self, other):
        """Add another's fields: repeated ones are joined, messages merged."""
        if type(other) is not type(self):
            raise TypeError(f"Parameter to MergeFrom() must be instance of same class: expected "
                            f"{type(self).__name__} got {type(other).__name__}.")
        for field, value in other.ListFields():
            field.merge(self, value)
        if other._unknown:
            object.__setattr__(self, "_unknown", self._unknown + other._unknown)
            self._changed()

    def CopyFrom(self, other):
        """Be equal to another."""
        if other is not self:
            self.Clear()
            self.MergeFrom(other)
            self._changed()

    def __eq__(self, other):
        if type(other) is not type(self):
            return NotImplemented
        return self.SerializeToString() == other.SerializeToString()

    __hash__ = None

    def __deepcopy__(self, memo):
        made = type(self)()
        made.CopyFrom(self)
        return made

    __copy__ = lambda self: self.__deepcopy__(None)

    def __reduce__(self):
        return type(self).FromString, (self.SerializeToString(),)

    def __dir__(self):
        return [*super().__dir__(), *self.fields_by_name]

    def __str__(self):
        return to_text(self)

    __repr__ = __str__


def _behind(data, wire, at):
    if wire == protobuf.VARINT:
        return protobuf.read_varint(data, at, len(data))[1]
    return at + (4 if wire == protobuf.FIXED32 else 8)


def declare(table, module):
    """Make message classes.

    Parameters
    ----------
    table : dict
        From the name of a message ("Summary.Value" for one inside another) to its fields, as
        "1 value float*, 2 map feature Feature, 3 kind/name bytes": number, name (behind the name
        of its oneof), type; `*` for a repeated one.
    module : str
        The name of the module that shows them.

    Returns
    -------
    dict from name to class
    """
    made = {name: type(name.rpartition(".")[2], (Message,), {
        "__slots__": (), "__module__": module, "__qualname__": name,
        "__doc__": f"TensorFlow's message {name.rpartition('.')[2]}."}) for name in table}
    for name, text in table.items():
        cls, rows = made[name], []
        for row in filter(None, map(str.strip, text.split(","))):
            number, oneof, own, is_map, kind, many = _ROW.fullmatch(row).groups()
            label = "map" if is_map else many
            rows.append(Field(int(number), own, kind, label, oneof,
                              None if kind in SCALARS else made[kind]))
        cls.fields_by_name = {f.name: f for f in rows}
        cls.fields_by_number = {f.number: f for f in rows}
        cls._oneofs = {f.oneof: None for f in rows if f.oneof}
        outer = name.rpartition(".")[0]
        if outer:
            setattr(made[outer], cls.__name__, cls)
    return made


__all__ = ["Map", "Message", "Repeated", "declare"]
