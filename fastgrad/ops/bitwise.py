"""Bitwise operations on integers: and, or, xor, not, shifts (TensorFlow's `tf.bitwise`)."""

import numpy as np

from fastgrad.errors import DTypeError
from fastgrad.graph.build import call
from fastgrad.graph.dtypes import strong
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import NotDifferentiable, op
from fastgrad.ops.arithmetic import elementwise
from fastgrad.wording import where


def _bits(ref, name):
    """Declare an op of integers; the public function refuses anything else."""
    def declare(fn):
        build = op(elementwise, ref=ref, name=name)(fn)
        NotDifferentiable(build.opdef.type)

        def public(*operands, name=None, **named):
            bits = call(build.opdef, (*operands, *named.values()), {}, name)
            for t in bits.op._inputs:
                if t._dtype is not None and strong(t._dtype).kind not in "iu":
                    raise DTypeError(f"{build.opdef.name}: {where(as_tensor(t))} has dtype "
                                     f"{t.dtype.name}; expected integers. Use cast().")
            return bits
        public.__name__ = public.__qualname__ = fn.__name__
        public.__doc__, public.opdef = fn.__doc__, build.opdef
        return public
    return declare


@_bits(np.bitwise_and, "BitwiseAnd")
def bitwise_and(x, y):
    """Bitwise and, `x & y`.

    Gradient: none.
    """


@_bits(np.bitwise_or, "BitwiseOr")
def bitwise_or(x, y):
    """Bitwise or, `x | y`.

    Gradient: none.
    """


@_bits(np.bitwise_xor, "BitwiseXor")
def bitwise_xor(x, y):
    """Bitwise exclusive or, `x ^ y`.

    Gradient: none.
    """


@_bits(np.invert, "Invert")
def invert(x):
    """Bitwise not, `~x`.

    Gradient: none.
    """


def _shift(ref):
    """Shifts by less than the width, as TensorFlow does: C leaves others undefined."""
    def run(x, y):
        return ref(x, np.clip(y, 0, 8 * x.dtype.itemsize - 1).astype(x.dtype))
    return run


@_bits(_shift(np.left_shift), "LeftShift")
def left_shift(x, y):
    """Bitwise left shift, `x << y`, by 0 to the width less one.

    Gradient: none.
    """


@_bits(_shift(np.right_shift), "RightShift")
def right_shift(x, y):
    """Arithmetic right shift, `x >> y`, by 0 to the width less one; the sign stays.

    Gradient: none.
    """


__all__ = ["bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift"]
