"""Convolutions as programs call them: TensorFlow's functions and their arguments.

The operations are in `convolution_ops`. One dimension is two of which one is 1, as in TensorFlow.

In a `compat.v1` graph, as TensorFlow 1.15 on a CPU, NCHW and dilations of `conv2d_transpose` and of
`conv2d`'s gradient are errors of the run. fastgrad's own graphs have all of them.
"""

import numpy as np

from fastgrad.graph.doors import door
from fastgrad.graph.nodes import as_tensor
from fastgrad.nn import windows as win
from fastgrad.nn.convolution_call import (FORMATS, attributes, flat_attributes, forward, operands,
                                          to_filter, to_input)
from fastgrad.nn.convolution_ops import (
    _conv2d, _conv2d_backprop_filter, _conv2d_backprop_input, _conv3d, _conv3d_backprop_filter,
    _conv3d_backprop_input)
from fastgrad.ops.join import concat
from fastgrad.ops.reshape import expand_dims, squeeze
from fastgrad.ops.shape import plain_shape, renamed, scoped


# ---- two dimensions ---------------------------------------------------------------------

@door
def conv2d(input, filter=None, strides=None, padding=None, use_cudnn_on_gpu=True,
           data_format="NHWC", dilations=None, name=None, filters=None):
    """Convolution over images: sums of products with a filter that slides over them.

    Parameters
    ----------
    input : tensor (n, height, width, channels), of floats
    filter : tensor (height, width, channels, filters)
    strides, dilations : int, or sequence of 1, 2 or 4 of them
        Pixels between windows, and between the pixels of a window; 1 if left out.
    padding : 'SAME', 'VALID', or four pairs of numbers
        'SAME' gives ceil(size / stride) windows, 'VALID' those that lie inside of the image;
        pairs say how many zeros go before and after each dimension.
    data_format : 'NHWC' or 'NCHW'
        With 'NCHW' the run fails in a `compat.v1` graph, as TensorFlow's on a CPU.

    Returns
    -------
    Tensor
        (n, height, width, filters)

    Raises
    ------
    ShapeError
        If the channels do not fit, or a 'VALID' window is larger than the image.

    Notes
    -----
    Gradient: `conv2d_backprop_input`, `conv2d_backprop_filter`. A `compat.v1` graph has none for
    dilations, as TensorFlow; `atrous_conv2d` has.

    Examples
    --------
    >>> image = np.arange(9.0).reshape(1, 3, 3, 1)
    >>> edge = nn.conv2d(image, np.array([-1.0, 1.0]).reshape(1, 2, 1, 1), 1, "VALID")
    >>> Session().run(edge)[0, :, :, 0]
    array([[1., 1.],
           [1., 1.],
           [1., 1.]])
    """
    x, w = operands(input, renamed("filter", filter, "filters", filters))
    data_format = win.format_of(data_format, FORMATS[2], "NHWC")
    return forward(_conv2d, x, w, attributes(x.graph, 2, strides, padding, data_format, dilations),
                    name)


@door
def conv2d_backprop_input(input_sizes, filter=None, out_backprop=None, strides=None, padding=None,
                          use_cudnn_on_gpu=True, data_format="NHWC", dilations=None, name=None,
                          filters=None):
    """The gradient of `conv2d` to its image, whose shape is `input_sizes`.

    Gradient: to the filter `conv2d_backprop_filter(g, dy)`, to `dy` `conv2d(g, filter)`.
    """
    dy, w = operands(out_backprop, renamed("filter", filter, "filters", filters))
    attrs = attributes(dy.graph, 2, strides, padding, data_format or "NHWC", dilations)
    return to_input(_conv2d_backprop_input, plain_shape(input_sizes), w, dy, attrs, name)


@door
def conv2d_backprop_filter(input, filter_sizes, out_backprop, strides, padding,
                           use_cudnn_on_gpu=True, data_format="NHWC", dilations=None, name=None):
    """The gradient of `conv2d` to its filter, whose shape is `filter_sizes`.

    Gradient: to the image `conv2d_backprop_input(g, dy)`, to `dy` `conv2d(input, g)`.
    """
    x, dy = operands(input, out_backprop, "gradient")
    attrs = attributes(x.graph, 2, strides, padding, data_format or "NHWC", dilations)
    return to_filter(_conv2d_backprop_filter, x, plain_shape(filter_sizes), dy, attrs, name)


@scoped("conv2d_transpose", last=True)
def conv2d_transpose(value=None, filter=None, output_shape=None, strides=None, padding="SAME",
                     data_format="NHWC", name=None, input=None, filters=None, dilations=None):
    """Transposed convolution: the image whose gradient `value` would be.

    Parameters
    ----------
    value : tensor (n, height, width, channels)
    filter : tensor (height, width, filters, channels)
    output_shape : integer tensor of 4 numbers
        (n, height, width, filters); any size from which `conv2d` with these arguments makes that
        of `value`.

    Notes
    -----
    Gradient: to `value` `conv2d(dy, filter)`, to the filter `conv2d_backprop_filter`.
    """
    x, w = operands(renamed("value", value, "input", input),
                     renamed("filter", filter, "filters", filters))
    data_format = win.format_of(data_format, FORMATS[2], "NHWC")
    attrs = attributes(x.graph, 2, strides, padding, data_format, dilations, explicit=False)
    return to_input(_conv2d_backprop_input, plain_shape(output_shape), w, x, attrs, name)


# ---- one dimension ----------------------------------------------------------------------

@scoped("conv1d", last=True)
def conv1d(value=None, filters=None, stride=None, padding=None, use_cudnn_on_gpu=None,
           data_format=None, name=None, input=None, dilations=None):
    """Convolution over sequences.

    Parameters
    ----------
    value : tensor (n, width, channels)
    filters : tensor (width, channels, filters)
    stride, padding, dilations, data_format
        As those of `conv2d`, with one dimension; 'NWC' or 'NCW'.

    Notes
    -----
    Gradient: as of `conv2d`.
    """
    x, w = operands(renamed("value", value, "input", input), filters)
    attrs = flat_attributes(x.graph, stride, padding, data_format, dilations)
    at = 2 if win.channels_first(attrs["data_format"]) else 1
    y = forward(_conv2d, expand_dims(x, at), expand_dims(w, 0), attrs, name)
    return squeeze(y, [at])


@scoped("conv1d_transpose", last=True)
def conv1d_transpose(input, filters, output_shape, strides, padding="SAME", data_format="NWC",
                     dilations=None, name=None):
    """Transposed convolution over sequences; see `conv2d_transpose`.

    Gradient: as of `conv2d_transpose`.
    """
    x, w = operands(input, filters)
    attrs = flat_attributes(x.graph, strides, padding, data_format, dilations)
    at = 2 if win.channels_first(attrs["data_format"]) else 1
    sizes = as_tensor(plain_shape(output_shape))
    sizes = concat([sizes[:at], np.ones(1, sizes._dtype or np.int32), sizes[at:]], 0)
    y = to_input(_conv2d_backprop_input, sizes, expand_dims(w, 0), expand_dims(x, at), attrs, name)
    return squeeze(y, [at])


# ---- three dimensions -------------------------------------------------------------------

def _solid_attrs(graph, strides, padding, data_format, dilations, what="strides"):
    strides = (1,) * 5 if strides is None and what is None else win.full_list(strides, 5, "strides")
    dilations = (1,) * 5 if dilations is None else win.full_list(dilations, 5, "dilations")
    return dict(strides=strides, padding=win.padding_of(padding, explicit=False),
                dilations=dilations, _strict=graph.literals == "tf",
                data_format=win.format_of(data_format, FORMATS[3], "NDHWC"))


@door
def conv3d(input, filter=None, strides=None, padding=None, data_format="NDHWC", dilations=None,
           name=None, filters=None):
    """Convolution over volumes.

    Parameters
    ----------
    input : tensor (n, depth, height, width, channels)
    filter : tensor (depth, height, width, channels, filters)
    strides, dilations : sequence of 5 ints
    padding : 'SAME' or 'VALID'

    Notes
    -----
    Gradient: as of `conv2d`.
    """
    x, w = operands(input, renamed("filter", filter, "filters", filters))
    return forward(_conv3d, x, w, _solid_attrs(x.graph, strides, padding, data_format, dilations),
                    name)


@scoped("conv3d_transpose", last=True)
def conv3d_transpose(value, filter=None, output_shape=None, strides=None, padding="SAME",
                     data_format="NDHWC", name=None, input=None, filters=None, dilations=None):
    """Transposed convolution over volumes; see `conv2d_transpose`.

    Gradient: as of `conv2d_transpose`.
    """
    x, w = operands(renamed("value", value, "input", input),
                     renamed("filter", filter, "filters", filters))
    strides = win.sequence(strides, 3, win.channels_first(data_format), "strides")
    dilations = win.sequence(dilations, 3, win.channels_first(data_format), "dilations")
    attrs = _solid_attrs(x.graph, strides, padding, data_format, dilations)
    return to_input(_conv3d_backprop_input, plain_shape(output_shape), w, x, attrs, name)


@door
def conv3d_backprop_filter(input, filter_sizes, out_backprop, strides, padding,
                           data_format="NDHWC", dilations=None, name=None):
    """The gradient of `conv3d` to its filter, whose shape is `filter_sizes`.

    Gradient: as of `conv2d_backprop_filter`.
    """
    x, dy = operands(input, out_backprop, "gradient")
    attrs = _solid_attrs(x.graph, strides, padding, data_format, dilations)
    return to_filter(_conv3d_backprop_filter, x, plain_shape(filter_sizes), dy, attrs, name)


conv3d_backprop_filter_v2 = conv3d_backprop_filter


__all__ = [
    "conv2d", "conv2d_backprop_input", "conv2d_backprop_filter", "conv2d_transpose", "conv1d",
    "conv1d_transpose", "conv3d", "conv3d_transpose", "conv3d_backprop_filter",
    "conv3d_backprop_filter_v2"]
