"""Convolutions over any number of dimensions, and dilated ones, as programs call them.

Filters are dilated themselves, where TensorFlow moves the image into batches: the same values and
gradients. The operations are in `convolution_ops`.
"""

from fastgrad.errors import ShapeError
from fastgrad.graph.doors import door
from fastgrad.nn import windows as win
from fastgrad.nn.convolution import conv1d_transpose, conv2d_transpose, conv3d_transpose
from fastgrad.nn.convolution_call import (FORMATS, LAST, flat_attributes, forward, operands,
                                          steps_of, to_input)
from fastgrad.nn.convolution_ops import _conv2d, _conv2d_backprop_input, _conv3d
from fastgrad.ops.reshape import expand_dims, squeeze
from fastgrad.ops.shape import plain_shape, renamed, scoped
from fastgrad.wording import where


def spatial_rank(x, w):
    """How many dimensions a convolution slides over, known from either operand."""
    known = w._shape if w._shape is not None else x._shape
    if known is None:
        raise ValueError(f"convolution: rank of input or filter must be known; {where(x)} and "
                         f"{where(w)} have none. Call set_shape.")
    rank = len(x._shape if x._shape is not None else known)
    if rank not in (3, 4, 5):
        raise ShapeError(f"Input tensor must be of rank 3, 4 or 5 but was {rank}.")
    return rank - 2


@scoped("convolution", last=True)
def convolution(input, filter=None, padding=None, strides=None, dilation_rate=None, name=None,
                data_format=None, filters=None, dilations=None):
    """Convolution over one, two or three dimensions.

    Parameters
    ----------
    input : tensor (n, sizes..., channels)
    filter : tensor (sizes..., channels, filters)
    padding : 'SAME' or 'VALID'
    strides, dilation_rate : sequences of ints, one a dimension; not both above 1

    Notes
    -----
    Gradient: as of `conv2d`, dilated or not.
    """
    x, w = operands(input, renamed("filter", filter, "filters", filters))
    n = spatial_rank(x, w)
    strides, rates = steps_of(n, strides, renamed("dilation_rate", dilation_rate, "dilations",
                                                  dilations))
    if n == 1:
        return conv1d_of(x, w, strides, padding, data_format, rates, name)
    attrs = solid(n, strides, padding, data_format, rates)
    return forward(_conv2d if n == 2 else _conv3d, x, w, attrs, name)


def conv1d_of(x, w, strides, padding, data_format, rates, name):
    attrs = flat_attributes(x.graph, strides, padding, data_format, rates)
    attrs["_strict"] = False
    at = 2 if win.channels_first(attrs["data_format"]) else 1
    y = forward(_conv2d, expand_dims(x, at), expand_dims(w, 0), attrs, name)
    return squeeze(y, [at])


def solid(n, strides, padding, data_format, rates):
    """The attributes of strides and dilations that are given for the `n` dimensions alone."""
    data_format = win.format_of(data_format, FORMATS[n], LAST[n])
    first = win.channels_first(data_format)
    return dict(strides=win.sequence(strides, n, first, "strides"),
                padding=win.padding_of(padding, first),
                dilations=win.sequence(rates, n, first, "dilation_rate"),
                data_format=data_format, _strict=False)


@door
def conv_transpose(input, filters, output_shape, strides, padding="SAME", data_format=None,
                   dilations=None, name=None):
    """Transposed convolution over one, two or three dimensions; see `conv2d_transpose`.

    Gradient: as of `conv2d_transpose`.
    """
    x, w = operands(input, filters)
    n = spatial_rank(x, w)
    functions = {1: conv1d_transpose, 2: conv2d_transpose, 3: conv3d_transpose}
    return functions[n](x, w, output_shape, strides, padding, dilations=dilations, name=name,
                        data_format=data_format or ("NWC" if n == 1 else LAST[n]))


@scoped("convolution", last=True)
def atrous_conv2d(value, filters, rate, padding, name=None):
    """Convolution by a filter with `rate - 1` pixels between its pixels.

    Parameters
    ----------
    value : tensor (n, height, width, channels)
    filters : tensor (height, width, channels, filters)
    rate : int
    padding : 'SAME' or 'VALID'

    Notes
    -----
    Gradient: as of `conv2d`.
    """
    x, w = operands(value, filters)
    _, rates = steps_of(2, None, [_rate_of(rate)] * 2)
    return forward(_conv2d, x, w, solid(2, None, padding, None, rates), name)


def _rate_of(rate):
    rate, = win.whole([rate], "rate")
    if rate < 1:
        raise ValueError(f"rate must be positive; got {rate}.")
    return rate


@scoped("atrous_conv2d_transpose", last=True)
def atrous_conv2d_transpose(value, filters, output_shape, rate, padding, name=None):
    """The transpose of `atrous_conv2d`; see `conv2d_transpose`.

    Gradient: as of `conv2d_transpose`.
    """
    x, w = operands(value, filters)
    attrs = solid(2, None, padding, None, [_rate_of(rate)] * 2)
    return to_input(_conv2d_backprop_input, plain_shape(output_shape), w, x, attrs, name)


__all__ = ["convolution", "conv_transpose", "atrous_conv2d", "atrous_conv2d_transpose"]
