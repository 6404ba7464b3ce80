"""Convolutions as operations: values, gradients to the image and to the filter, their gradients.

A convolution is three operations that are each other's gradients: the sum over windows, what it
passes back to the image (TensorFlow's `backprop_input`), and to the filter (`backprop_filter`).
There are three such triples: over two and three dimensions, and depthwise. All three triples share
their rules here, which work for any number of dimensions; `convolution` has the public functions.

`_strict` marks operations of a `compat.v1` graph, which refuse what TensorFlow 1.15 refuses on a
CPU in the run: dilated gradients, and depthwise strides that differ.
"""

import numpy as np

from fastgrad.errors import LateShapeError, LateUnimplementedError, ShapeError
from fastgrad.graph.dtypes import promote_float
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.nn import windows as win
from fastgrad.ops.shape import dims_of, shape


# ---- shapes -----------------------------------------------------------------------------

def _windows(filter_shape, attrs):
    return win.windows_of(filter_shape[:-2], attrs["strides"], attrs["dilations"],
                          attrs["padding"], attrs["data_format"])


def _check(x, w, rank, attrs):
    """Image and filter with unknowns for what is not known; refuses ranks and steps."""
    x = (None,) * rank if x is None else win.last(x, attrs["data_format"])
    w = (None,) * rank if w is None else w
    for known, what in ((x, "input"), (w, "filter")):
        if len(known) != rank:
            raise ShapeError(f"the {what} must be rank {rank} but is rank {len(known)}.")
    for name in ("strides", "dilations"):
        if len(attrs[name]) != rank:
            raise ShapeError(f"{name} must contain {rank} values; got {list(attrs[name])}.")
        win.check_steps(attrs[name], "Stride" if name == "strides" else "Dilation rate")
    return x, w


def _channels(depth, wanted, depthwise, result):
    if None in (depth, wanted) or depth == wanted:
        return
    text = f"the input has {depth} channels and the filter takes {wanted}."
    if not depthwise and wanted and depth % wanted == 0:
        raise LateUnimplementedError(f"{text} Convolutions in groups are not supported.", result)
    raise ShapeError(text)


def _convolved(in_shapes, attrs, rank, depthwise):
    x, w = _check(*in_shapes, rank, attrs)
    windows = _windows(w, attrs)
    outputs = windows.outputs(x[1:-1])
    filters = w[-1]
    if depthwise:
        filters = None if None in w[-2:] else w[-2] * w[-1]
    result = win.in_format((x[0], *outputs, filters), attrs["data_format"])
    _channels(x[-1], w[-2], depthwise, result)
    win.check_outputs(outputs, x[1:-1], windows)
    win.check_on_cpu(attrs, result, "convolution")
    if attrs["_strict"]:
        _check_strict(attrs, result, rank == 5, depthwise)
    return result


def _check_strict(attrs, result, no_dilation, depthwise):
    if no_dilation and any(d > 1 for d in attrs["dilations"]):
        raise LateShapeError("TensorFlow has this operation on a CPU only without dilations; use "
                             "atrous_conv2d or convolution.", result)
    inner = win.last(attrs["strides"], attrs["data_format"])[1:-1]
    if depthwise and len(set(inner)) > 1:
        raise LateShapeError("depthwise convolutions need equal strides; got "
                             f"{list(attrs['strides'])}.", result)


def _back(sizes, x, w, dy, rank, attrs, depthwise, what):
    """The shape of a gradient, given by `sizes`; refuses a dy that is no such convolution's."""
    known = dims_of(sizes)
    if known is not None and len(known) != rank:
        raise ShapeError(f"the sizes of the {what} must be {rank} numbers; got {list(known)}.")
    known = (None,) * rank if known is None else known
    if any(n is not None and n < 0 for n in known):
        raise ShapeError(f"Invalid sizes of the {what}: {list(known)}.")
    x, w = (known, w) if what == "input" else (x, known)
    _check(x, w, rank, attrs)
    if attrs["_strict"]:
        _check_strict(attrs, known, not depthwise, depthwise)
    try:
        expected = _convolved([x, w], {**attrs, "_strict": False}, rank, depthwise)
    except LateShapeError as e:
        e.shape = known
        raise
    except ShapeError as e:
        raise LateShapeError(str(e), known) from None
    if dy is not None and (len(dy) != rank or any(
            None not in (a, b) and a != b for a, b in zip(dy, expected))):
        raise LateShapeError(f"a convolution of an image {tuple(x or ())} by a filter "
                             f"{tuple(w or ())} gives {tuple(expected)}; the gradient has shape "
                             f"{tuple(dy)}.", known)
    return known


def _inferences(rank, depthwise):
    """The three shape rules of a triple. Static inputs are among the shapes while a graph is built
    and not when a plan is made, so operands are counted from both ends."""
    def forward(s, a):
        return _convolved(s, a, rank, depthwise)

    def to_input(s, a):
        return _back(a["input_sizes"], None, s[-2], s[-1], rank, a, depthwise, "input")

    def to_filter(s, a):
        return _back(a["filter_sizes"], s[0], None, s[-1], rank, a, depthwise, "filter")
    return forward, to_input, to_filter


# ---- NumPy ------------------------------------------------------------------------------

def _geometry(x_shape, w_shape, attrs):
    windows = _windows(w_shape, attrs)
    image = x_shape[1:-1]
    outputs = windows.outputs(image)
    return windows, image, outputs, win.spans(windows, image, outputs)


def _forward(x, w, attrs):
    windows, _, outputs, _ = _geometry(x.shape, w.shape, attrs)
    n, taps = len(outputs), w.ndim - 2
    view = win.patches(x, windows, outputs)
    inner = tuple(range(1 + n, 1 + n + taps + 1))
    return np.tensordot(view, w, (inner, tuple(range(taps + 1))))


def _to_input(sizes, w, dy, attrs):
    windows, image, outputs, pads = _geometry(sizes, w.shape, attrs)
    padded = win.padded_zeros(sizes, pads, dy.dtype)
    for at, where in win.taps(windows, outputs):
        padded[(slice(None), *where)] += np.matmul(dy, w[at].T)
    return win.unpadded(padded, pads, image)


def _to_filter(x, sizes, dy, attrs):
    windows, _, outputs, _ = _geometry(x.shape, sizes, attrs)
    places = tuple(range(1 + len(outputs)))
    return np.tensordot(win.patches(x, windows, outputs), dy, (places, places))


def _depthwise(x, w, attrs):
    windows, _, outputs, _ = _geometry(x.shape, w.shape, attrs)
    y = np.einsum("nxyijc,ijcm->nxycm", win.patches(x, windows, outputs), w)
    return y.reshape(*y.shape[:3], y.shape[3] * y.shape[4])


def _by_channel(dy, w_shape):
    return dy.reshape(*dy.shape[:3], *w_shape[2:])


def _depthwise_to_input(sizes, w, dy, attrs):
    windows, image, outputs, pads = _geometry(sizes, w.shape, attrs)
    padded, dy = win.padded_zeros(sizes, pads, dy.dtype), _by_channel(dy, w.shape)
    for at, where in win.taps(windows, outputs):
        padded[(slice(None), *where)] += (dy * w[at]).sum(-1, dtype=dy.dtype)
    return win.unpadded(padded, pads, image)


def _depthwise_to_filter(x, sizes, dy, attrs):
    windows, _, outputs, _ = _geometry(x.shape, sizes, attrs)
    return np.einsum("nxyijc,nxycm->ijcm", win.patches(x, windows, outputs),
                     _by_channel(dy, sizes))


def _twins(forward, to_input, to_filter):
    """The three NumPy references of a triple, on its operands and attributes."""
    return (lambda x, w, **a: forward(x, w, a),
            lambda w, dy, input_sizes, **a: to_input(dims_of(input_sizes), w, dy, a),
            lambda x, dy, filter_sizes, **a: to_filter(x, dims_of(filter_sizes), dy, a))


# ---- the operations ---------------------------------------------------------------------

_FULL = _twins(_forward, _to_input, _to_filter)
_APART = _twins(_depthwise, _depthwise_to_input, _depthwise_to_filter)


def _declare(place, rank, name, depthwise=False, **kernel):
    """The decorator of operation `place` of a triple: forward, to the input, to the filter."""
    infer = _inferences(rank, depthwise)[place]
    ref = (_APART if depthwise else _FULL)[place]
    static = [dict(), dict(static=(0,), casts=(1, 2)), dict(static=(1,), casts=(0, 2))][place]
    return op(infer, dtype=promote_float, ref=ref, name=name, **static, **kernel)


@_declare(0, 4, "Conv2D", form="convolve", kernel="convolve")
def _conv2d(input, filter, strides=(1, 1, 1, 1), padding="SAME", dilations=(1, 1, 1, 1),
            data_format="NHWC", _strict=False):
    """Sum over windows of the products with a filter."""


@_declare(1, 4, "Conv2DBackpropInput", form="convolve_back_product")
def _conv2d_backprop_input(input_sizes, filter, out_backprop, strides=(1, 1, 1, 1),
                           padding="SAME", dilations=(1, 1, 1, 1), data_format="NHWC",
                           _strict=False):
    """The gradient of `conv2d` to its image."""


@_declare(2, 4, "Conv2DBackpropFilter", form="convolve_filter", kernel="convolve_filter")
def _conv2d_backprop_filter(input, filter_sizes, out_backprop, strides=(1, 1, 1, 1),
                            padding="SAME", dilations=(1, 1, 1, 1), data_format="NHWC",
                            _strict=False):
    """The gradient of `conv2d` to its filter."""


@_declare(0, 5, "Conv3D")
def _conv3d(input, filter, strides=(1,) * 5, padding="SAME", dilations=(1,) * 5,
            data_format="NDHWC", _strict=False):
    """As `conv2d`, over three dimensions."""


@_declare(1, 5, "Conv3DBackpropInputV2")
def _conv3d_backprop_input(input_sizes, filter, out_backprop, strides=(1,) * 5, padding="SAME",
                           dilations=(1,) * 5, data_format="NDHWC", _strict=False):
    """The gradient of `conv3d` to its image."""


@_declare(2, 5, "Conv3DBackpropFilterV2")
def _conv3d_backprop_filter(input, filter_sizes, out_backprop, strides=(1,) * 5, padding="SAME",
                            dilations=(1,) * 5, data_format="NDHWC", _strict=False):
    """The gradient of `conv3d` to its filter."""


@_declare(0, 4, "DepthwiseConv2dNative", depthwise=True,
          form="depthwise", kernel="depthwise")
def _depthwise_conv2d(input, filter, strides=(1, 1, 1, 1), padding="SAME",
                      dilations=(1, 1, 1, 1), data_format="NHWC", _strict=False):
    """Sum over windows of the products with a filter of each channel's own."""


@_declare(1, 4, "DepthwiseConv2dNativeBackpropInput", depthwise=True,
          form="depthwise_back", kernel="depthwise_back")
def _depthwise_conv2d_backprop_input(input_sizes, filter, out_backprop, strides=(1, 1, 1, 1),
                                     padding="SAME", dilations=(1, 1, 1, 1),
                                     data_format="NHWC", _strict=False):
    """The gradient of `depthwise_conv2d` to its image."""


@_declare(2, 4, "DepthwiseConv2dNativeBackpropFilter", depthwise=True,
          form="depthwise_filter", kernel="depthwise_filter")
def _depthwise_conv2d_backprop_filter(input, filter_sizes, out_backprop, strides=(1, 1, 1, 1),
                                      padding="SAME", dilations=(1, 1, 1, 1),
                                      data_format="NHWC", _strict=False):
    """The gradient of `depthwise_conv2d` to its filter."""


# ---- gradients --------------------------------------------------------------------------

def _register(forward, to_input, to_filter):
    """Gradients of a triple: each of the three is linear in both operands."""
    @RegisterGradient(forward.opdef.type)
    def of_forward(op, dy):
        x, w = op.inputs
        return (to_input(shape(x), w, dy, **op.attrs), to_filter(x, shape(w), dy, **op.attrs))

    @RegisterGradient(to_input.opdef.type)
    def of_input(op, g):
        _, w, dy = op.inputs
        return None, to_filter(g, shape(w), dy, **op.attrs), forward(g, w, **op.attrs)

    @RegisterGradient(to_filter.opdef.type)
    def of_filter(op, g):
        x, _, dy = op.inputs
        return to_input(shape(x), g, dy, **op.attrs), None, forward(x, g, **op.attrs)


_register(_conv2d, _conv2d_backprop_input, _conv2d_backprop_filter)
_register(_conv3d, _conv3d_backprop_input, _conv3d_backprop_filter)
_register(_depthwise_conv2d, _depthwise_conv2d_backprop_input, _depthwise_conv2d_backprop_filter)
