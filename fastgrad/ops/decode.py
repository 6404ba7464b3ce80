"""Bytes as numbers: decode_raw."""

import numpy as np

from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import TEXT, to_np
from fastgrad.graph.interned import decoded
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import NotDifferentiable, op


def _raw_ref(strings, out_type, little_endian):
    texts, width = decoded(strings), out_type.itemsize
    flat = texts.reshape(-1).tolist()
    size = len(flat[0]) if flat else 0
    for i, text in enumerate(flat):
        if len(text) != size:
            raise ValueError("DecodeRaw requires input strings to all be the same size, but "
                             f"element {i} has size {len(text)} != {size}")
    if size % width:
        raise ValueError(f"Input to DecodeRaw has length {size} that is not a multiple of {width}, "
                         f"the size of {out_type.name}")
    stored = out_type.newbyteorder("<" if little_endian else ">")
    if out_type.kind == "b":
        numbers = np.frombuffer(b"".join(flat), np.uint8) != 0
    else:
        numbers = np.frombuffer(b"".join(flat), stored).astype(out_type)
    return numbers.reshape((*texts.shape, size // width))


@op(lambda s, a: None if s[0] is None else (*s[0], None), dtype=None,
    out=lambda d, a: a["out_type"], dynamic=True, ref=_raw_ref, name="DecodeRaw", text=True)
def _decode_raw(strings, out_type=None, little_endian=True):
    pass


NotDifferentiable("decode_raw")


@door
def decode_raw(input_bytes=None, out_type=None, little_endian=True, name=None, bytes=None):
    """The numbers that bytes are.

    Parameters
    ----------
    input_bytes : string tensor
        All of one length.
    out_type : dtype

    Returns
    -------
    Tensor
        One dimension more than `input_bytes`.

    Examples
    --------
    >>> Session().run(decode_raw([b"ab"], int16))
    array([[25185]], dtype=int16)
    """
    given = bytes if input_bytes is None else input_bytes
    if given is None or out_type is None:
        raise ValueError("decode_raw needs bytes and an out_type.")
    return _decode_raw(as_tensor(given, TEXT), out_type=to_np(out_type),
                       little_endian=little_endian, name=name)


__all__ = ["decode_raw"]
