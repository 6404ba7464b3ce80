"""TensorProto and NumPy arrays, both ways; knows nothing of graphs.

Decisions
- A value list that is shorter than the shape repeats its last element, and an empty one means
  zeros, so that a few bytes may stand for any number of elements. Such a tensor is a view that
  repeats one element, and takes no memory before somebody needs it whole.
- Quantised dtypes have no NumPy dtype; they are the integers that they are stored as. bfloat16 is
  widened to float32, exactly.
"""

import math

import numpy as np

from fastgrad.errors import DamagedFileError
from fastgrad.io.graph_messages import message

# number of a DataType -> (NumPy's dtype, the typed list that holds its values)
TYPES = {
    1: ("<f4", "float_val"), 2: ("<f8", "double_val"), 3: ("<i4", "int_val"),
    4: ("u1", "int_val"), 5: ("<i2", "int_val"), 6: ("i1", "int_val"), 7: ("O", "string_val"),
    8: ("<c8", "scomplex_val"), 9: ("<i8", "int64_val"), 10: ("?", "bool_val"),
    11: ("i1", "int_val"), 12: ("u1", "int_val"), 13: ("<i4", "int_val"), 14: ("<u2", "half_val"),
    15: ("<i2", "int_val"), 16: ("<u2", "int_val"), 17: ("<u2", "int_val"),
    18: ("<c16", "dcomplex_val"), 19: ("<f2", "half_val"), 22: ("<u4", "uint32_val"),
    23: ("<u8", "uint64_val")}
QUANTISED = (11, 12, 13, 15, 16)
_NUMBERS = {np.dtype(kind): number for number, (kind, _) in TYPES.items()
            if number not in QUANTISED and number not in (7, 14)}
MOST = 1 << 62                      # elements


def type_number(dtype):
    """TensorFlow's number of a NumPy dtype; strings are objects."""
    dtype = np.dtype(dtype)
    return 7 if dtype.kind in "OSU" else _NUMBERS[dtype.newbyteorder("<")]


def shape_of(proto, where="a tensor"):
    """The shape of a TensorShapeProto: a tuple with None for unknown, or None without a rank."""
    if proto.unknown_rank:
        return None
    if any(d.size < -1 for d in proto.dim):
        raise DamagedFileError(f"{where} has a dimension of {min(d.size for d in proto.dim)}.")
    return tuple(None if d.size == -1 else d.size for d in proto.dim)


def array_of(proto, where="a tensor"):
    """The array of a TensorProto; strings as bytes in an array of objects.

    Raises
    ------
    DamagedFileError
        If the dtype is unknown or the values do not fit the shape; names `where`.
    """
    known = TYPES.get(proto.dtype)
    if known is None:
        raise DamagedFileError(f"{where} has dtype {type_name(proto.dtype)}, which has no values "
                               "that can be read.")
    kind, field = known
    shape = shape_of(proto.tensor_shape, where)
    if shape is None or None in shape:
        raise DamagedFileError(f"{where} has values and the shape {shape}; expected known sizes.")
    count = math.prod(shape)
    if count > MOST:
        raise DamagedFileError(f"{where} has the impossible shape {shape}.")
    if proto.tensor_content:
        flat = _content(proto, np.dtype(kind), count, where)
    else:
        flat = _listed(getattr(proto, field), proto.dtype, kind)
        if len(flat) > count:
            raise DamagedFileError(f"{where} has {len(flat)} values for the shape {shape}.")
        flat = _repeated(flat, count, kind)
    if proto.dtype == 14:
        flat = (flat.astype(np.uint32) << 16).view(np.float32)
    return flat.reshape(shape)


def type_name(number):
    """`DT_FLOAT` for 1."""
    values = message("TensorProto").DESCRIPTOR.fields_by_name["dtype"].enum_type.values_by_number
    return values[number].name if number in values else f"number {number}"


def _content(proto, dtype, count, where):
    if dtype.kind == "O" or len(proto.tensor_content) != count * dtype.itemsize:
        raise DamagedFileError(f"{where} has {len(proto.tensor_content)} bytes for {count} elements"
                               f" of {type_name(proto.dtype)}.")
    return np.frombuffer(proto.tensor_content, dtype)


def _listed(values, number, kind):
    if number == 19:
        return np.array(values, np.uint16).view(np.float16)
    if kind == "O":
        strings = np.empty(len(values), object)
        strings[:] = list(values)
        return strings
    if number in (8, 18):
        parts = np.array(values, np.float32 if number == 8 else np.float64)
        return parts[:parts.size // 2 * 2].view(kind)
    array = np.array(values, np.int64) if kind[-2:] in ("i1", "u1", "i2", "u2") else \
        np.array(values, kind)
    return array.astype(kind)


def _repeated(flat, count, kind):
    if len(flat) == count:
        return flat
    last = flat[-1:] if len(flat) else np.array([b"" if kind == "O" else 0], kind)
    if len(flat) <= 1:
        return np.broadcast_to(last, (count,))
    return np.concatenate([flat, np.repeat(last, count - len(flat))])


def fill_shape(proto, shape):
    """Write a static shape into a TensorShapeProto."""
    if shape is None:
        proto.unknown_rank = True
        return proto
    for n in shape:
        proto.dim.add(size=-1 if n is None else int(n))
    return proto


def proto_of(array, number=None, proto=None):
    """The TensorProto of an array; `number` is the DataType, if not that of its dtype."""
    array = np.asarray(array)
    proto = message("TensorProto")() if proto is None else proto
    proto.dtype = type_number(array.dtype) if number is None else number
    proto.tensor_shape.SetInParent()
    fill_shape(proto.tensor_shape, array.shape)
    if array.dtype.kind in "OSU":
        proto.string_val.extend(v.encode() if isinstance(v, str) else bytes(v)
                                for v in array.reshape(-1).tolist())
    elif array.size == 1 and array.dtype.kind in "fiub" and number is None:
        field = TYPES[proto.dtype][1]
        value = array.reshape(1).view(np.uint16) if field == "half_val" else array.reshape(1)
        getattr(proto, field).extend(value.tolist())
    elif proto.dtype == 14:
        bits = np.ascontiguousarray(array, np.float32).view(np.uint32) >> 16
        proto.tensor_content = bits.astype("<u2").tobytes()
    else:
        kind = array.dtype.newbyteorder("<")
        proto.tensor_content = np.ascontiguousarray(array).astype(kind, copy=False).tobytes()
    return proto
