"""Named arrays as bytes in safetensors layout, and back.

A header of JSON (names, dtypes, shapes, places), then the bytes: it can be read without this
library and holds nothing that could run. Through the `safetensors` package where it is installed,
else by the same layout written here; never pickle.

The header's metadata hold a digest of all names, shapes and dtypes and of every byte, so that a
flipped bit is found; files that other programs wrote have none and are taken as they are.
"""

import hashlib
import json
import struct

import numpy as np
import math

from fastgrad.errors import DamagedFileError, NotInFileError, StateError

_CODES = {"float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32",
          "int16": "I16", "int8": "I8", "uint8": "U8", "uint16": "U16", "uint32": "U32",
          "uint64": "U64", "bool": "BOOL"}
_DTYPES = {code: np.dtype(name) for name, code in _CODES.items()}
_WRITER, _DIGEST = "writer", "sha256"         # keys of the metadata


def encoded(arrays):
    """{name: array} as bytes in safetensors layout."""
    try:
        from safetensors.numpy import save
    except ImportError:
        return _encoded(arrays)
    arrays = {k: np.asarray(v, order="C") for k, v in arrays.items()}
    return save(arrays, metadata=_signed(arrays))


def _digest(arrays):
    """A digest of names, dtypes, shapes and values, whatever the layout."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name], order="C")
        digest.update(json.dumps([name, array.dtype.name, array.shape]).encode())
        digest.update(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
    return digest.hexdigest()


def _signed(arrays):
    return {_WRITER: "fastgrad", _DIGEST: _digest(arrays)}


def _encoded(arrays):
    header, pieces, at = {"__metadata__": _signed(arrays)}, [], 0
    for name, array in arrays.items():
        array = np.asarray(array, order="C")
        code = _CODES.get(array.dtype.name)
        if code is None:
            raise StateError(f"variable {name!r} has dtype {array.dtype}, which cannot be saved.")
        header[name] = {"dtype": code, "shape": list(array.shape),
                        "data_offsets": [at, at + array.nbytes]}
        pieces.append(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
        at += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([struct.pack("<Q", len(text)), text, *pieces])


def read_tensors(path):
    """{name: array} of a file in safetensors layout.

    Raises
    ------
    NotInFileError
        If there is no such file.
    DamagedFileError
        If it is cut off, or no such file at all.
    """
    try:
        with open(path, "rb") as f:
            data = f.read()
    except FileNotFoundError:
        raise NotInFileError(f"there is no checkpoint at {path!r}.") from None
    try:
        return _decoded(data)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as e:
        raise DamagedFileError(f"{path!r} is no checkpoint, or a damaged one: "
                               f"{type(e).__name__}: {e}") from None


def _decoded(data):
    if len(data) < 8:
        raise ValueError(f"it has {len(data)} bytes")
    size, = struct.unpack("<Q", data[:8])
    if size > len(data) - 8:
        raise ValueError(f"its header should have {size} bytes, {len(data) - 8} are left")
    header = json.loads(data[8:8 + size].decode())
    about = header.pop("__metadata__", {}) if isinstance(header, dict) else None
    if not isinstance(about, dict) or not all(isinstance(v, str) for v in about.values()):
        raise ValueError("its header is no table of tensors")
    body, by_name, used = memoryview(data)[8 + size:], {}, 0
    for name, entry in header.items():
        dtype, shape = _DTYPES[entry["dtype"]], tuple(entry["shape"])
        start, end = entry["data_offsets"]
        if not all(type(n) is int and n >= 0 for n in (*shape, start, end)):
            raise ValueError(f"the place or shape of tensor {name!r} is not made of whole numbers")
        size = math.prod(shape) * dtype.itemsize
        if not 0 <= start <= end <= len(body) or end - start != size:
            raise ValueError(f"tensor {name!r} of shape {shape} should lie at bytes {start} to "
                             f"{end} of {len(body)}")
        by_name[name] = np.frombuffer(body[start:end], dtype.newbyteorder("<")).reshape(shape)
        used = max(used, end)
    if used != len(body):
        raise ValueError(f"it has {len(body) - used} bytes too many")
    if _DIGEST in about or about.get(_WRITER) == "fastgrad":
        if about != _signed(by_name):             # one bit can spoil one of the two
            raise ValueError("its contents do not match their digest")
    return by_name
