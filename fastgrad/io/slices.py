"""Parts of partitioned tensors: where they lie, as text, as protobuf and as keys of checkpoints.

A slice is a tuple of (start, length), one a dimension; length -1 is the whole dimension.
"""

import math
import re

from fastgrad.io import protobuf
from fastgrad.io.protobuf import WireError

_SPECIAL = re.compile(b"[\0\xff]")          # bytes that end a name in a key, and so are marked


def parse_shape_and_slice(spec):
    """(full shape, slice, shape of the slice) of "20 8 0,7:0,8"; ("-" is a whole dimension).

    Raises
    ------
    ValueError
        If the text has another form, or the slice leaves the shape.
    """
    *dims, last = spec.split(" ")
    try:
        full = tuple(int(n) for n in dims)
        part = tuple((0, -1) if p == "-" else tuple(int(n) for n in p.split(","))
                     for p in (last.split(":") if last else ()))
        if any(len(p) != 2 for p in part):
            raise ValueError
    except ValueError:
        raise ValueError(f"{spec!r} is no shape and slice; expected such as '20 8 0,7:0,8'."
                         ) from None
    shape = slice_shape(part, full)
    if shape is None:
        raise ValueError(f"{spec!r}: the slice {part} does not lie in shape {full}.")
    return full, part, shape


def slice_shape(part, full):
    """The shape of a slice of a tensor of shape `full`; None if it does not lie in it."""
    if len(part) != len(full):
        return None
    shape = tuple(n - start if length == -1 else length
                  for (start, length), n in zip(part, full))
    inside = all(0 <= start and 0 <= length and start + length <= n
                 for (start, _), length, n in zip(part, shape, full))
    return shape if inside else None


def index_of(part, shape):
    """The NumPy index that takes a slice of this shape out of its tensor."""
    return tuple(slice(start, start + n) for (start, _), n in zip(part, shape))


def tile(parts, full):
    """Whether slices cover a tensor of shape `full`, each element once; shapes of the slices too.

    Returns
    -------
    list of tuple, or None
    """
    shapes = [slice_shape(p, full) for p in parts]
    if None in shapes or sum(map(math.prod, shapes)) != math.prod(full):
        return None
    boxes = [tuple((start, start + n) for (start, _), n in zip(p, shape))
             for p, shape in zip(parts, shapes) if math.prod(shape)]
    return shapes if not _any_meet(boxes) else None


def _any_meet(boxes):
    """Whether two boxes share an element; those that cannot are told apart by the first dimension
    that cuts them."""
    if len(boxes) < 2:
        return False
    for axis in range(len(boxes[0])):
        ordered = sorted(boxes, key=lambda b: b[axis])
        groups, end = [], None
        for box in ordered:
            if end is None or box[axis][0] >= end:
                groups.append([])
                end = box[axis][1]
            groups[-1].append(box)
            end = max(end, box[axis][1])
        if len(groups) > 1:
            return any(_any_meet(g) for g in groups)
    return True


# ---- protobuf ---------------------------------------------------------------------------

def read_slice(data):
    """The slice of a TensorSliceProto."""
    part = []
    for number, wire, value, at in protobuf.fields(data):
        if number != 1 or wire != protobuf.BYTES:
            continue
        extent = {1: 0, 2: -1}
        for n, kind, v, place in protobuf.fields(value):
            if n in extent:
                if kind != protobuf.VARINT:
                    raise WireError(f"an extent whose field {n} is no number", at + place)
                extent[n] = protobuf.signed(v)
        part.append((extent[1], extent[2]))
    return tuple(part)


def slice_proto(part):
    """A slice as a TensorSliceProto."""
    return b"".join(protobuf.text(1, (protobuf.integer(1, start) if start else b"")
                                  + (b"" if length == -1 else protobuf.integer(2, length)))
                    for start, length in part)


def read_shape(data):
    """The shape of a TensorShapeProto.

    Raises
    ------
    WireError
        If a dimension is negative or the rank unknown: such are no shapes of arrays.
    """
    shape = []
    for number, wire, value, at in protobuf.fields(data):
        if number == 3 and value:
            raise WireError("a shape of unknown rank", at)
        if number != 2 or wire != protobuf.BYTES:
            continue
        size = 0
        for n, kind, v, _ in protobuf.fields(value):
            if n == 1 and kind == protobuf.VARINT:
                size = protobuf.signed(v)
        if size < 0:
            raise WireError(f"a dimension of {size}", at)
        shape.append(size)
    return tuple(shape)


def shape_proto(shape):
    """A shape as a TensorShapeProto."""
    return b"".join(protobuf.text(2, protobuf.integer(1, n) if n else b"") for n in shape)


# ---- keys -------------------------------------------------------------------------------

def slice_key(name, part):
    """The key under which a checkpoint has a part of a tensor: sorted as (name, slice) are."""
    name = name.encode() if isinstance(name, str) else name
    name = _SPECIAL.sub(lambda found: found[0] + bytes([255 - found[0][0]]), name)
    rank = len(part)
    size = (rank.bit_length() + 7) // 8
    return b"".join((b"\0", name, b"\0\1", bytes([size]), rank.to_bytes(size, "big"),
                     *(_ordered(n) for pair in part for n in pair)))


def _ordered(n):
    """A signed number so that the order of bytes is that of numbers."""
    x = ~n if n < 0 else n
    size = x.bit_length() // 7 + 1              # 7 bits and a sign bit more in each
    bits = 8 * size
    number = (n & ((1 << bits) - 1)) ^ (((1 << size) - 1) << (bits - size))
    return number.to_bytes(size, "big")
