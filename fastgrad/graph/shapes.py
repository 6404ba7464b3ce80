"""Static shapes: what is known of a tensor's dimensions before it has a value.

A shape is a tuple of ints with None for an unknown dimension, or None for an unknown rank. Users
see `TensorShape`, TensorFlow's name (`tensor_shape`). The rules here serve twice: while the graph
is built, with unknowns, and when a plan is specialised, without.
"""

import math

import numpy as np

from fastgrad.errors import ShapeError


def size_of(shape):
    return math.prod(shape)


def as_array(dims, dtype):
    """Dimensions as an array, of objects where some are no plain numbers (sizes of a plan)."""
    plain = all(isinstance(n, (int, np.integer))
                for n in (dims if isinstance(dims, tuple) else (dims,)))
    return np.array(dims, dtype if plain else object)


def power_of_two(n):
    """The least power of two that is not below `n`, a number or a size of a plan."""
    return 1 << max(0, n - 1).bit_length() if isinstance(n, int) else n.power_of_two()


def is_known(shape):
    return shape is not None and None not in shape


def broadcast(shapes):
    """The shape of an elementwise result; raises ValueError naming the two that clash."""
    out = shapes[0]
    for shape in shapes[1:]:
        if shape is out or shape and out and len(shape) == len(out) and shape == out:
            continue
        if shape is None or out is None:
            return None
        out = _broadcast_two(out, shape)
    return out


def _broadcast_two(a, b):
    if len(a) < len(b):
        a, b = b, a
    lead = len(a) - len(b)
    out = list(a)
    for i, m in enumerate(b, lead):
        n = a[i]
        if n == m or m == 1:
            continue
        if n == 1:
            out[i] = m
        elif n is None or m is None:
            out[i] = n if m is None else m
        else:
            raise ShapeError(f"shapes {a} and {b} do not broadcast: {n} against {m}")
    return tuple(out)


def normal_axes(axis, rank):
    """`axis` (None, number, sequence, array) -> sorted tuple of numbers in [0, rank)."""
    if axis is None:
        return tuple(range(rank))
    axes = [int(a) for a in np.atleast_1d(axis)]
    for a in axes:
        if not -rank <= a < rank:
            raise ShapeError(f"axis {a} is out of range for rank {rank}")
    normal = tuple(sorted({a % rank for a in axes}))
    if len(normal) != len(axes):
        raise ShapeError(f"axis {tuple(axes)} names a dimension twice")
    return normal


def reduce_shape(shape, axis, keepdims):
    """The shape left by a reduction over `axis`."""
    if shape is None:
        return () if axis is None and not keepdims else None
    axes = normal_axes(axis, len(shape))
    if keepdims:
        return tuple(1 if i in axes else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def compatible(static, actual):
    """Whether a value of shape `actual` may stand where `static` was declared."""
    if static is None or actual is None:
        return True
    return len(static) == len(actual) and all(
        s is None or a is None or s == a for s, a in zip(static, actual))


def merge(a, b):
    """The more that is known of two descriptions of one shape; ShapeError if they clash."""
    if a is None or b is None:
        return b if a is None else a
    if not compatible(a, b):
        raise ShapeError(f"shapes {a} and {b} are not compatible")
    return tuple(m if n is None else n for n, m in zip(a, b))
