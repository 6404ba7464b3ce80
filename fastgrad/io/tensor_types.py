"""TensorFlow's numbers for dtypes, and which NumPy dtype holds the values of each.

Quantized numbers are the integers that they are stored as. NumPy has no bfloat16: such values
are read as float32, which holds every one of them.
"""

import numpy as np

_FLOAT32 = np.dtype(np.float32)

# number -> (TensorFlow's name, dtype of an element in a file, dtype of what a reader gives)
_ROWS = {
    1: ("float32", "f4"), 2: ("float64", "f8"), 3: ("int32", "i4"), 4: ("uint8", "u1"),
    5: ("int16", "i2"), 6: ("int8", "i1"), 7: ("string", "O"), 8: ("complex64", "c8"),
    9: ("int64", "i8"), 10: ("bool", "?"), 11: ("qint8", "i1"), 12: ("quint8", "u1"),
    13: ("qint32", "i4"), 14: ("bfloat16", "u2"), 15: ("qint16", "i2"), 16: ("quint16", "u2"),
    17: ("uint16", "u2"), 18: ("complex128", "c16"), 19: ("float16", "f2"), 22: ("uint32", "u4"),
    23: ("uint64", "u8")}
STRING, BFLOAT16 = 7, 14
NAMES = {n: name for n, (name, _) in _ROWS.items()}
STORED = {n: np.dtype(code).newbyteorder("<") for n, (_, code) in _ROWS.items()}
READ = {n: _FLOAT32 if n == BFLOAT16 else d.newbyteorder("=") for n, d in STORED.items()}
_NUMBERS = {d: n for n, d in reversed(READ.items()) if n not in range(11, 17)}

# what protobuf's text form calls them: DT_FLOAT, DT_HALF, ...
_ENUM = {"float32": "FLOAT", "float64": "DOUBLE", "float16": "HALF"}
ENUM_NAMES = {n: "DT_" + _ENUM.get(name, name.upper()) for n, name in NAMES.items()}


def number_of(dtype):
    """TensorFlow's number of a NumPy dtype; TypeError if it has none."""
    dtype = np.dtype(dtype).newbyteorder("=")
    if dtype.kind in "SUO":
        return STRING
    if dtype not in _NUMBERS:
        raise TypeError(f"dtype {dtype} has no number in TensorFlow's files; expected one of "
                        f"{', '.join(NAMES.values())}.")
    return _NUMBERS[dtype]


def widened(bits):
    """bfloat16 numbers, given as their bits, as float32."""
    return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)
