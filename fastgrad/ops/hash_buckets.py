"""Strings in buckets: string_to_hash_bucket_fast.

The bucket is FarmHash's 64-bit fingerprint, modulo their number, so that it is TensorFlow's.
"""

import struct

import numpy as np

from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import INT64
from fastgrad.graph.interned import decoded
from fastgrad.graph.registry import NotDifferentiable, op

_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
_ALL = (1 << 64) - 1


def _at(s, i):
    return struct.unpack_from("<Q", s, i)[0]


def _turned(x, n):
    x &= _ALL
    return (x >> n | x << (64 - n)) & _ALL


def _mixed(x):
    x &= _ALL
    return x ^ x >> 47


def _two(u, v, mul):
    a = _mixed((u ^ v) * mul)
    b = _mixed((v ^ a) * mul)
    return b * mul & _ALL


def _short(s):
    n = len(s)
    mul = _K2 + n * 2 & _ALL
    if n >= 8:
        a, b = _at(s, 0) + _K2 & _ALL, _at(s, n - 8)
        return _two(_turned(b, 37) * mul + a & _ALL, (_turned(a, 25) + b) * mul & _ALL, mul)
    if n >= 4:
        a, b = struct.unpack_from("<I", s, 0)[0], struct.unpack_from("<I", s, n - 4)[0]
        return _two(n + (a << 3), b, mul)
    if n:
        y, z = s[0] + (s[n >> 1] << 8), n + (s[n - 1] << 2)
        return _mixed(y * _K2 ^ z * _K0) * _K2 & _ALL
    return _K2


def _middle(s):
    n = len(s)
    mul = _K2 + n * 2 & _ALL
    first = _K1 if n <= 32 else _K2
    a, b = _at(s, 0) * first & _ALL, _at(s, 8)
    c, d = _at(s, n - 8) * mul & _ALL, _at(s, n - 16) * _K2 & _ALL
    y = _turned(a + b, 43) + _turned(c, 30) + d & _ALL
    z = _two(y, a + _turned(b + _K2, 18) + c & _ALL, mul)
    if n <= 32:
        return z
    e, f = _at(s, 16) * mul & _ALL, _at(s, 24)
    g, h = (y + _at(s, n - 32)) * mul & _ALL, (z + _at(s, n - 24)) * mul & _ALL
    return _two(_turned(e + f, 43) + _turned(g, 30) + h & _ALL,
                e + _turned(f + a, 18) + g & _ALL, mul)


def _weak(s, i, a, b):
    w, x, y, z = struct.unpack_from("<4Q", s, i)
    a = a + w & _ALL
    b = _turned(b + a + z, 21)
    c = a
    a = a + x + y & _ALL
    return a + z & _ALL, b + _turned(a, 44) + c & _ALL


def _long(s):
    n, x = len(s), 81
    y = x * _K1 + 113 & _ALL
    z = _mixed(y * _K2 + 113) * _K2 & _ALL
    v, w, x = (0, 0), (0, 0), x * _K2 + _at(s, 0) & _ALL

    def turn(i, mul, x, y, z, v, w, nine=1):
        x = _turned(x + y + v[0] + _at(s, i + 8), 37) * mul & _ALL
        y = _turned(y + v[1] + _at(s, i + 48), 42) * mul & _ALL
        x ^= w[1] * nine & _ALL
        y = y + v[0] * nine + _at(s, i + 40) & _ALL
        z = _turned(z + w[0], 33) * mul & _ALL
        v = _weak(s, i, v[1] * mul & _ALL, x + w[0] & _ALL)
        w = _weak(s, i + 32, z + w[1] & _ALL, y + _at(s, i + 16) & _ALL)
        return z, y, x, v, w
    for i in range(0, (n - 1) // 64 * 64, 64):
        x, y, z, v, w = turn(i, _K1, x, y, z, v, w)
    mul = _K1 + ((z & 0xFF) << 1) & _ALL
    w = w[0] + (n - 1 & 63) & _ALL, w[1]
    v = v[0] + w[0] & _ALL, v[1]
    w = w[0] + v[0] & _ALL, w[1]
    x, y, z, v, w = turn(n - 64, mul, x, y, z, v, w, 9)
    return _two(_two(v[0], w[0], mul) + _mixed(y) * _K0 + z & _ALL,
                _two(v[1], w[1], mul) + x & _ALL, mul)


def fingerprint(data):
    """The fingerprint of bytes, a number of 64 bits."""
    return _short(data) if len(data) <= 16 else _middle(data) if len(data) <= 64 else _long(data)


def _bucket_ref(input, num_buckets):
    texts = decoded(input)
    return np.array([fingerprint(t) % num_buckets for t in texts.reshape(-1).tolist()],
                    np.int64).reshape(texts.shape)


@op(lambda s, a: s[0], dtype=None, out=INT64, ref=_bucket_ref, text=True,
    name="StringToHashBucketFast")
def _string_to_hash_bucket_fast(input, num_buckets=1):
    pass


@door
def string_to_hash_bucket_fast(input, num_buckets, name=None):
    """Numbers in [0, num_buckets) for strings: the same for equal ones, as TensorFlow's.

    Parameters
    ----------
    input : string tensor
    num_buckets : int

    Notes
    -----
    Gradient: none.

    Examples
    --------
    >>> Session().run(string_to_hash_bucket_fast(as_string([7, 8, 7]), 10)).tolist()
    [8, 7, 8]
    """
    if num_buckets < 1:
        raise ValueError(f"num_buckets must be at least 1; got {num_buckets}.")
    return _string_to_hash_bucket_fast(input, num_buckets=int(num_buckets), name=name)


NotDifferentiable("string_to_hash_bucket_fast")
__all__ = ["string_to_hash_bucket_fast"]
