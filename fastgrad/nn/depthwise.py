"""Depthwise and separable convolutions as programs call them.

`rate` dilates the filter itself, where TensorFlow moves the image into batches: the same values and
gradients. The operations are in `convolution_ops`.
"""

from fastgrad.errors import ShapeError
from fastgrad.graph.build import describe
from fastgrad.graph.doors import door
from fastgrad.nn import windows as win
from fastgrad.nn.convolution import conv2d
from fastgrad.nn.convolution_call import FORMATS, forward, operands, to_filter, to_input
from fastgrad.nn.convolution_ops import (_depthwise_conv2d, _depthwise_conv2d_backprop_filter,
                                         _depthwise_conv2d_backprop_input)
from fastgrad.ops.shape import plain_shape, renamed, scoped, shape
from fastgrad.ops.space import (batch_to_space_nd, required_space_to_batch_paddings,
                                space_to_batch_nd)


def _depthwise_attrs(graph, strides, padding, data_format, dilations):
    return dict(strides=win.full_list(strides, 4, "strides"),
                padding=win.padding_of(padding, explicit=False),
                dilations=win.full_list([1] * 4 if dilations is None else dilations, 4,
                                        "dilations"),
                data_format=win.format_of(data_format, FORMATS[2], "NHWC"),
                _strict=graph.literals == "tf")


@door
def depthwise_conv2d_native(input, filter, strides, padding, data_format="NHWC", dilations=None,
                            name=None):
    """Convolution of each channel by filters of its own.

    Parameters
    ----------
    input : tensor (n, height, width, channels)
    filter : tensor (height, width, channels, multiplier)
        Output channel `c * multiplier + m` is channel c by its filter m.
    strides, dilations : sequence of 4 ints
    padding : 'SAME' or 'VALID'

    Notes
    -----
    Gradient: `depthwise_conv2d_native_backprop_input` and `..._filter`.
    """
    x, w = operands(input, filter)
    attrs = _depthwise_attrs(x.graph, strides, padding, data_format, dilations)
    return forward(_depthwise_conv2d, x, w, attrs, name)


@door
def depthwise_conv2d_native_backprop_input(input_sizes, filter, out_backprop, strides, padding,
                                           data_format="NHWC", dilations=None, name=None):
    """The gradient of `depthwise_conv2d_native` to its image, whose shape is `input_sizes`.

    Gradient: as of `conv2d_backprop_input`.
    """
    dy, w = operands(out_backprop, filter)
    attrs = _depthwise_attrs(dy.graph, strides, padding, data_format, dilations)
    return to_input(_depthwise_conv2d_backprop_input, plain_shape(input_sizes), w, dy, attrs, name)


@door
def depthwise_conv2d_native_backprop_filter(input, filter_sizes, out_backprop, strides, padding,
                                            data_format="NHWC", dilations=None, name=None):
    """The gradient of `depthwise_conv2d_native` to its filter, whose shape is `filter_sizes`.

    Gradient: as of `conv2d_backprop_filter`.
    """
    x, dy = operands(input, out_backprop, "gradient")
    attrs = _depthwise_attrs(x.graph, strides, padding, data_format, dilations)
    return to_filter(_depthwise_conv2d_backprop_filter, x, plain_shape(filter_sizes), dy, attrs,
                      name)


depthwise_conv2d_backprop_input = depthwise_conv2d_native_backprop_input
depthwise_conv2d_backprop_filter = depthwise_conv2d_native_backprop_filter


def _rate(rate, dilations, n, data_format):
    """A rate, `n` numbers or one, as dilations of the whole image."""
    rate = renamed("rate", rate, "dilations", dilations)
    return win.sequence(rate, n, win.channels_first(data_format), "rate")


@scoped("depthwise", last=True)
def depthwise_conv2d(input, filter, strides, padding, rate=None, name=None, data_format=None,
                     dilations=None):
    """Convolution of each channel by filters of its own, dilated by `rate`.

    Parameters
    ----------
    input : tensor (n, height, width, channels)
    filter : tensor (height, width, channels, multiplier)
    strides : sequence of 4 ints
    padding : 'SAME' or 'VALID'
    rate : int, or sequence of 2
        Pixels between the pixels of a window. With strides too, windows move by `strides` in the
        image of every `rate`-th pixel, as TensorFlow's do.

    Notes
    -----
    Gradient: as of `depthwise_conv2d_native`.
    """
    x, w = operands(input, filter)
    rates = _rate(rate, dilations, 2, data_format)
    if max(rates) > 1 and max(strides) > 1:
        return _by_batches(x, w, strides, padding, rates, data_format, name)
    attrs = _depthwise_attrs(x.graph, strides, padding, data_format, rates)
    return forward(_depthwise_conv2d, x, w, attrs, name)


def _by_batches(x, w, strides, padding, rates, data_format, name):
    """A dilated convolution that moves within each image of every `rate`-th pixel.

    That is no dilated filter; TensorFlow moves such images into the batch, and so is it done here.
    """
    if win.channels_first(data_format) or w._shape is None or None in w._shape[:2]:
        raise ValueError("depthwise_conv2d with a rate and strides above 1 needs channels in the "
                         f"last dimension and a filter of known size; got {describe(w)}, "
                         f"data_format {data_format!r}.")
    block, spread = rates[1:3], [0, 0]
    if win.padding_of(padding, explicit=False) == "SAME":
        spread = [(n - 1) * r for n, r in zip(w._shape, block)]
    pads, crops = required_space_to_batch_paddings(
        shape(x)[1:3], block, [[n // 2, n - n // 2] for n in spread])
    y = depthwise_conv2d_native(space_to_batch_nd(x, block, pads), w, strides, "VALID")
    return batch_to_space_nd(y, block, crops, name=name)


@scoped("separable_conv2d", last=True)
def separable_conv2d(input, depthwise_filter, pointwise_filter, strides, padding, rate=None,
                     name=None, data_format=None, dilations=None):
    """Separable convolution: a depthwise one, then one of 1 x 1 that mixes the channels.

    Parameters
    ----------
    input : tensor (n, height, width, channels)
    depthwise_filter : tensor (height, width, channels, multiplier)
    pointwise_filter : tensor (1, 1, channels * multiplier, filters)
    strides, padding, rate
        As those of `depthwise_conv2d`.

    Notes
    -----
    Gradient: as of its two convolutions.
    """
    x, depthwise = operands(input, depthwise_filter)
    _, pointwise = operands(x, pointwise_filter)
    known = pointwise._shape
    if known is not None and len(known) == 4 and any(n not in (None, 1) for n in known[:2]):
        raise ShapeError(f"separable_conv2d: the pointwise filter {describe(pointwise)} must have "
                         "1 for its first two dimensions.")
    data_format = win.format_of(data_format, FORMATS[2], "NHWC")
    y = depthwise_conv2d(x, depthwise, strides, padding, rate, "depthwise", data_format, dilations)
    return conv2d(y, pointwise, 1, "VALID", data_format=data_format, name=name)


__all__ = [
    "depthwise_conv2d", "depthwise_conv2d_native", "depthwise_conv2d_native_backprop_input",
    "depthwise_conv2d_native_backprop_filter", "depthwise_conv2d_backprop_input",
    "depthwise_conv2d_backprop_filter", "separable_conv2d"]
