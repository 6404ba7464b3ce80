"""Lowers the gradient of a convolution to its image to the form that the kernel takes.

The kernel reads the filter with its last two dimensions turned, since rows of that are what a tile
multiplies by; a transposition makes it, once for all threads.
"""

from fastgrad.compiler.fuse import KERNEL_DTYPES
from fastgrad.compiler.layout.convolutions import Geometry
from fastgrad.compiler.rewrite import rule
from fastgrad.graph.opdef import OPS
from fastgrad.graph.registry import op

TURNED = (0, 1, 3, 2)


def _back_ref(w, dy, sizes, **attrs):
    return OPS["conv2d_backprop_input"].ref(w.transpose(TURNED), dy, input_sizes=list(sizes),
                                            **attrs)


@op(lambda s, a: a["sizes"], form="convolve_back", kernel="convolve_back", ref=_back_ref)
def _convolve_back(w, dy, sizes=(), strides=(), padding="SAME", dilations=(), data_format="NHWC",
                   _strict=False):
    """The gradient of `conv2d` to its image, by the turned filter."""


@rule("lower", "conv2d_backprop_input")
def _turn(b, s):
    w, dy = s.inputs
    if (s.out.dtype.name not in KERNEL_DTYPES
            or Geometry(s.out.shape, w.shape, s.attrs).product() is not None):
        return None
    attrs = {k: v for k, v in s.attrs.items() if k != "input_sizes"}
    return b.step("convolve_back", b.step("transpose", w, perm=TURNED), dy, sizes=s.out.shape,
                  **attrs)
