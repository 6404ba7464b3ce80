"""Messages as text, protobuf's text form: `name: value` a line, messages in braces."""

import re

import numpy as np

from fastgrad.io.protobuf import WireError

_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|(?P<word>[A-Za-z_][\w.]*)|(?P<sign>[{}\[\]<>:;,])
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<number>-?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[fF]?|inf\w*|nan))""",
    re.VERBOSE)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|(.))", re.DOTALL)
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f",
            b"v": b"\v"}
_ESCAPED = {10: "\\n", 13: "\\r", 9: "\\t", 34: '\\"', 39: "\\'", 92: "\\\\"}
_DEPTH = 100


# ---- writing ----------------------------------------------------------------------------

def quoted(data):
    """Bytes or a str in quotes, with what is not printable ASCII as octal numbers."""
    data = data.encode() if isinstance(data, str) else data
    return '"' + "".join(_ESCAPED.get(b) or (chr(b) if 32 <= b < 127 else f"\\{b:03o}")
                         for b in data) + '"'


def _shown(field, value):
    if isinstance(value, (str, bytes)):
        return quoted(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(np.float32(value)) if field.kind.array == "<f4" else repr(value)
    return str(value)


def to_text(message, indent=""):
    """The text of a message."""
    lines = []
    for field, value in message.ListFields():
        if field.label == "map":
            for key, part in sorted(value.items()):
                inner = f"{indent}  key: {quoted(key)}\n{indent}  value {{\n"
                lines.append(f"{indent}{field.name} {{\n{inner}{to_text(part, indent + '    ')}"
                             f"{indent}  }}\n{indent}}}\n")
            continue
        for part in value if field.label else [value]:
            if field.message is None:
                lines.append(f"{indent}{field.name}: {_shown(field, part)}\n")
            else:
                lines.append(f"{indent}{field.name} {{\n{to_text(part, indent + '  ')}"
                             f"{indent}}}\n")
    return "".join(lines)


# ---- reading ----------------------------------------------------------------------------

def merge_text(text, message):
    """Add to a message what its text says.

    Raises
    ------
    WireError
        If the text is none, or names a field that the message has not; says where.
    """
    tokens = _tokens(text)
    at = _message(tokens, 0, message, None, _DEPTH)
    if at < len(tokens) - 1:
        raise WireError(f"{tokens[at][1]!r}, outside of any field,", tokens[at][2])


def _tokens(text):
    """[(kind, text, place)], the last of kind "end"."""
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise WireError(f"{text[at:at + 20]!r}, which is no name, value or sign,", at)
        if match.lastgroup:
            found.append((match.lastgroup, match[0], at))
        at = match.end()
    return [*found, ("end", "the end", at)]


def _message(tokens, at, message, closing, depth):
    """Read fields until a closing sign or the end; returns the place of that."""
    if depth == 0:
        raise WireError(f"messages in one another, more than {_DEPTH} deep,", tokens[at][2])
    while tokens[at][0] == "word":
        name, place = tokens[at][1:]
        field = message.fields_by_name.get(name)
        if field is None:
            raise WireError(f"{name!r}, which is no field of {type(message).__name__},", place)
        at += 1
        colon = tokens[at][1] == ":"
        at += colon
        if field.message is None and not colon:
            raise WireError(f"{name!r} without a colon", place)
        many = field.label == "*" and tokens[at][1] == "["
        at = _values(tokens, at, field, message, depth, many)
        at += tokens[at][1] in (",", ";")
    if tokens[at][1] != (closing or "the end"):
        raise WireError(f"{tokens[at][1]!r} where a field or {closing or 'the end'} should be,",
                        tokens[at][2])
    return at


def _values(tokens, at, field, message, depth, many):
    at += many
    while not (many and tokens[at][1] == "]"):
        at = _value(tokens, at, field, message, depth)
        if not many:
            return at
        at += tokens[at][1] == ","
    return at + 1


def _value(tokens, at, field, message, depth):
    kind, word, place = tokens[at]
    if field.message is not None:
        if word not in ("{", "<"):
            raise WireError(f"{word!r} where message {field.name!r} should begin,", place)
        closing = "}" if word == "{" else ">"
        if field.label == "map":
            return _entry(tokens, at + 1, field, message, closing, depth)
        part = getattr(message, field.name)
        part = part.add() if field.label else part
        part.SetInParent()
        return _message(tokens, at + 1, part, closing, depth - 1) + 1
    if kind == "text":
        value = b""
        while tokens[at][0] == "text":              # neighbours are one string
            value += _unescaped(tokens[at][1][1:-1])
            at += 1
    elif kind in ("number", "word"):
        value, at = _number(word, field, place), at + 1
    else:
        raise WireError(f"{word!r} where a value should be,", place)
    try:
        if field.label:
            getattr(message, field.name).append(value)
        else:
            setattr(message, field.name, value)
    except (TypeError, ValueError) as e:
        raise WireError(f"{word!r:.80} for {field.name!r}: {e}", place) from None
    return at


def _entry(tokens, at, field, message, closing, depth):
    """A map's entry: `key: "k" value { ... }`."""
    key, place = b"", None
    while tokens[at][0] == "word":
        word = tokens[at][1]
        at += 1 + (tokens[at + 1][1] == ":")
        if word == "key" and tokens[at][0] == "text":
            key, at = _unescaped(tokens[at][1][1:-1]), at + 1
        elif word == "value" and tokens[at][1] == "{":
            place, at = at, _message(tokens, at + 1, field.message(), "}", depth - 1) + 1
        else:
            raise WireError(f"{word!r} in an entry of {field.name!r}", tokens[at][2])
    if tokens[at][1] != closing:
        raise WireError(f"{tokens[at][1]!r} in an entry of {field.name!r}", tokens[at][2])
    part = getattr(message, field.name)[key.decode()]
    if place is not None:
        _message(tokens, place + 1, part, "}", depth - 1)
    return at + 1


def _unescaped(text):
    def one(match):
        octal, hexadecimal, letter = match.groups()
        if octal is not None:
            return bytes([int(octal, 8) & 255])
        return (bytes([int(hexadecimal, 16)]) if hexadecimal is not None
                else _LETTERS.get(letter, letter))
    return _ESCAPE.sub(one, text.encode())


def _number(word, field, place):
    if word in ("true", "false") and field.kind.default is False:
        return word == "true"
    try:
        if isinstance(field.kind.default, float):
            return float(word.rstrip("fF") if word[-3:].lower() != "inf" else word)
        return int(word, 0)
    except ValueError:
        raise WireError(f"{word!r:.80}, which is no value of {field.name!r},", place) from None
