"""Grey-scale morphology: dilation and erosion of images by a structuring function.

A dilation is a convolution with sums for products and the maximum for the sum. Its two gradients
are operations without gradients of their own, as in TensorFlow. The first maximum, in row order of
the filter, gets the gradient of equal ones.
"""

import numpy as np

from fastgrad.errors import LateUnimplementedError, ShapeError
from fastgrad.graph.dtypes import promote
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.nn import windows as win
from fastgrad.nn.pooling_twins import lowest
from fastgrad.ops.arithmetic import negative
from fastgrad.ops.pad import reverse
from fastgrad.ops.shape import renamed, scoped


# ---- shapes -----------------------------------------------------------------------------

def _windows(filter_shape, attrs):
    return win.windows_of(filter_shape[:2], attrs["strides"], attrs["rates"], attrs["padding"],
                          "NHWC")


def _dilated(in_shapes, attrs):
    x, w = in_shapes[:2]
    x, w = x or (None,) * 4, w or (None,) * 3
    if len(x) != 4 or len(w) != 3:
        raise ShapeError(f"a dilation takes an image of rank 4 and a filter of rank 3; got {x} "
                         f"and {w}.")
    for name in ("strides", "rates"):
        win.check_steps(attrs[name], name.capitalize())
    if None not in (x[-1], w[-1]) and x[-1] != w[-1]:
        raise ShapeError(f"Dimensions must be equal, but are {x[-1]} and {w[-1]}: the channels of "
                         "image and filter.")
    windows = _windows(w, attrs)
    outputs = windows.outputs(x[1:-1])
    result = (x[0], *outputs, x[-1] if w[-1] is None else w[-1])
    win.check_outputs(outputs, x[1:-1], windows)
    for name in ("strides", "rates"):
        if attrs[name][0] != 1 or attrs[name][-1] != 1:
            raise LateUnimplementedError(f"{name.capitalize()} is only supported across spatial "
                                         f"dimensions; got {list(attrs[name])}.", result)
    return result


# ---- NumPy ------------------------------------------------------------------------------

def _sums(x, w, attrs):
    """x + w in all windows, (n, places..., elements, channels); and the windows."""
    windows = _windows(w.shape, attrs)
    outputs = windows.outputs(x.shape[1:-1])
    view = win.patches(x, windows, outputs, lowest(x.dtype))
    if x.dtype.kind != "f":                 # the lowest whole number wraps around
        inside = win.patches(np.ones((1, *x.shape[1:-1], 1), bool), windows, outputs)
        sums = np.where(inside, view + w, lowest(x.dtype))
    else:
        sums = view + w
    elements = sums.shape[3] * sums.shape[4]
    return sums.reshape(*sums.shape[:3], elements, sums.shape[-1]), windows, outputs


def _dilation_ref(x, w, attrs):
    sums, _, _ = _sums(x, w, attrs)
    return sums.max(-2, initial=lowest(x.dtype))


def _best(sums):
    """Which element of each window wins; a NaN is a maximum."""
    return sums.argmax(-2)


def _to_input_ref(x, w, dy, attrs):
    sums, windows, outputs = _sums(x, w, attrs)
    image = x.shape[1:-1]
    pads = win.spans(windows, image, outputs)
    padded = win.padded_zeros(x.shape, pads, dy.dtype)
    best = _best(sums) if dy.size else np.zeros(dy.shape, int)
    for i, (_, where) in enumerate(win.taps(windows, outputs)):
        padded[(slice(None), *where)] += np.where(best == i, dy, 0)
    return win.unpadded(padded, pads, image)


def _to_filter_ref(x, w, dy, attrs):
    sums, _, _ = _sums(x, w, attrs)
    best = _best(sums) if dy.size else np.zeros(dy.shape, int)
    dw = np.zeros((sums.shape[-2], w.shape[-1]), dy.dtype)
    for i in range(len(dw)):
        dw[i] = np.where(best == i, dy, 0).sum((0, 1, 2), dtype=dy.dtype)
    return dw.reshape(w.shape)


# ---- the operations ---------------------------------------------------------------------

_UNIT = (1, 1, 1, 1)


@op(_dilated, ref=lambda x, w, **a: _dilation_ref(x, w, a), name="Dilation2D", dtype=promote)
def _dilation2d(input, filter, strides=_UNIT, rates=_UNIT, padding="SAME"):
    """Maximum over windows of the sums with a filter."""


@op(lambda s, a: s[0], ref=lambda x, w, dy, **a: _to_input_ref(x, w, dy, a),
    name="Dilation2DBackpropInput")
def _dilation2d_backprop_input(input, filter, out_backprop, strides=_UNIT, rates=_UNIT,
                               padding="SAME"):
    """The gradient of `dilation2d` to its image."""


@op(lambda s, a: s[1], ref=lambda x, w, dy, **a: _to_filter_ref(x, w, dy, a),
    name="Dilation2DBackpropFilter")
def _dilation2d_backprop_filter(input, filter, out_backprop, strides=_UNIT, rates=_UNIT,
                                padding="SAME"):
    """The gradient of `dilation2d` to its filter."""


@RegisterGradient("dilation2d")
def dilation2d_gradient(op, dy):
    x, w = op.inputs
    return (_dilation2d_backprop_input(x, w, dy, **op.attrs),
            _dilation2d_backprop_filter(x, w, dy, **op.attrs))


@scoped("Dilation2D", last=True)
def dilation2d(input, filter=None, strides=None, rates=None, padding=None, name=None, filters=None,
               dilations=None):
    """Grey-scale dilation: the maximum over a window of its pixels plus a filter.

    Parameters
    ----------
    input : tensor (n, height, width, channels)
    filter : tensor (height, width, channels)
    strides, rates : sequence of 4 ints
    padding : 'SAME' or 'VALID'
        Pixels outside of the image never win.

    Notes
    -----
    Gradient: `dy` to the pixel, and the element of the filter, that won; it has none itself.
    """
    w = renamed("filter", filter, "filters", filters)
    rates = win.full_list(renamed("rates", rates, "dilations", dilations), 4, "rates")
    return _dilation2d(input, w, strides=win.full_list(strides, 4, "strides"), rates=rates,
                       padding=win.padding_of(padding, explicit=False), name=name)


@scoped("erosion2d", last=True)
def erosion2d(value, kernel, strides, rates, padding, name=None):
    """Grey-scale erosion: the minimum over a window of its pixels minus a mirrored filter.

    Parameters
    ----------
    value : tensor (n, height, width, channels)
    kernel : tensor (height, width, channels)
    strides, rates, padding
        As those of `dilation2d`.

    Notes
    -----
    Gradient: as of `dilation2d`.
    """
    return negative(dilation2d(negative(value), reverse(kernel, [0, 1]), strides, rates, padding))


__all__ = ["dilation2d", "erosion2d"]
