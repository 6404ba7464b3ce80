"""The bits of integers: and, or, xor, not, shifts (TensorFlow's `tf.bitwise`)."""

import numpy as np

from fastgrad.errors import DTypeError
from fastgrad.graph.build import call
from fastgrad.graph.dtypes import strong
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import NotDifferentiable, op
from fastgrad.ops.arithmetic import elementwise
from fastgrad.wording import where


def _bits(ref, name):
    """Declares an op of integers; the public function refuses anything else."""
    def declare(fn):
        build = op(elementwise, ref=ref, name=name)(fn)
        NotDifferentiable(build.opdef.type)

        def public(*operands, name=None, **named):
            found = call(build.opdef, (*operands, *named.values()), {}, name)
            for t in found.op._inputs:
                if t._dtype is not None and strong(t._dtype).kind not in "iu":
                    raise DTypeError(f"{build.opdef.name}: {where(as_tensor(t))} has dtype "
                                     f"{t.dtype.name}; expected integers. Use cast().")
            return found
        public.__name__ = public.__qualname__ = fn.__name__
        public.__doc__, public.opdef = fn.__doc__, build.opdef
        return public
    return declare


@_bits(np.bitwise_and, "BitwiseAnd")
def bitwise_and(x, y):
    """The bits that both integers have.

    Gradient: none.
    """


@_bits(np.bitwise_or, "BitwiseOr")
def bitwise_or(x, y):
    """The bits that either integer has.

    Gradient: none.
    """


@_bits(np.bitwise_xor, "BitwiseXor")
def bitwise_xor(x, y):
    """The bits that one of two integers has.

    Gradient: none.
    """


@_bits(np.invert, "Invert")
def invert(x):
    """The bits that an integer does not have.

    Gradient: none.
    """


def _shift(ref):
    """A shift by less than the width, as TensorFlow does; C leaves others undefined."""
    def run(x, y):
        return ref(x, np.clip(y, 0, 8 * x.dtype.itemsize - 1).astype(x.dtype))
    return run


@_bits(_shift(np.left_shift), "LeftShift")
def left_shift(x, y):
    """The bits moved up by `y` places, from 0 to the width less one.

    Gradient: none.
    """


@_bits(_shift(np.right_shift), "RightShift")
def right_shift(x, y):
    """The bits moved down by `y` places, from 0 to the width less one; the sign stays.

    Gradient: none.
    """


__all__ = ["bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift"]
