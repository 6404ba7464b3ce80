"""Pools as programs call them: TensorFlow's functions and their arguments.

The operations are in `pooling_ops`. One dimension is two of which one is 1, as in TensorFlow. In a
`compat.v1` graph 'NCHW' is an error of the run, as TensorFlow's on a CPU; fastgrad's own graphs
have it.
"""

from collections import namedtuple

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import INT64, to_np
from fastgrad.graph.nodes import as_tensor
from fastgrad.nn import windows as win
from fastgrad.nn.convolution_call import (FIRST, FORMATS, LAST, check_windows, steps_of, to_first,
                                          to_last)
from fastgrad.nn.pooling_ops import (_avg_pool, _avg_pool3d, _max_pool, _max_pool3d,
                                     _max_pool_with_argmax)
from fastgrad.ops.reshape import expand_dims, squeeze
from fastgrad.ops.shape import renamed, scoped


# ---- what the functions share -----------------------------------------------------------

def _pool(op, x, ksize, strides, padding, dilations, data_format, name):
    """A pool of windows that have a number for each dimension of the image."""
    if win.channels_first(data_format) and x.graph.literals != "tf":
        rank = len(ksize)
        turned = (win.last(v, data_format) for v in (ksize, strides, dilations))
        ksize, strides, dilations = turned
        y = _pool(op, to_last(x, rank), ksize, strides, padding, dilations, LAST[rank - 2], None)
        return to_first(y, rank, name)
    y = op(x, ksize=ksize, strides=strides, padding=padding, dilations=dilations,
           data_format=data_format, name=name)
    first = y[0] if isinstance(y, list) else y
    check_windows(x, win.last(ksize, data_format)[1:-1], first, strides, dilations, padding,
                  data_format)
    return y


def _of(op, n, value, ksize, strides, padding, data_format, name):
    """A pool over `n` dimensions, with arguments as programs give them."""
    x = as_tensor(value)
    data_format = win.format_of(data_format, FORMATS[n], LAST[n])
    first = win.channels_first(data_format)
    if np.ndim(ksize) == 0 and ksize == 0 or np.ndim(ksize) and 0 in list(ksize):
        raise ValueError("ksize cannot be zero.")
    if ksize is None or strides is None:
        raise TypeError(f"a pool needs ksize and strides; got {ksize!r} and {strides!r}.")
    ksize = win.sequence(ksize, n, first, "ksize")
    strides = win.sequence(strides, n, first, "strides")
    return _pool(op, x, ksize, strides, win.padding_of(padding, first, False), (1,) * (n + 2),
                 data_format, name)


def _of_line(op, value, ksize, strides, padding, data_format, name):
    """A pool over one dimension: over two, of which the first is 1."""
    if data_format not in (None, "NWC", "NCW"):
        raise ValueError(f'data_format must be "NWC" or "NCW"; got {data_format!r}.')
    first = win.channels_first(data_format)
    at = 2 if first else 1
    sizes = []
    for given, what in ((ksize, "ksize"), (strides, "strides")):
        line = win.sequence(given, 1, first, what)
        sizes.append((*line[:at], 1, *line[at:]))
    y = _pool(op, expand_dims(value, at), *sizes, win.padding_of(padding, first, False), (1,) * 4,
              FIRST[1] if first else LAST[1], name)
    return squeeze(y, [at])


# ---- two dimensions ---------------------------------------------------------------------

@door
def max_pool(value=None, ksize=None, strides=None, padding=None, data_format="NHWC", name=None,
             input=None):
    """Maxima of windows that slide over images.

    Parameters
    ----------
    value : tensor (n, height, width, channels)
    ksize, strides : int, or sequence of 1, 2 or 4 of them
        The window's size, and the pixels between windows. With 4, a window over channels alone
        may take the maximum of groups of them.
    padding : 'SAME' or 'VALID'
        'SAME' has ceil(size / stride) windows, whose pixels outside of the image never win.
    data_format : 'NHWC' or 'NCHW'
        With 'NCHW' the run fails in a `compat.v1` graph, as TensorFlow's on a CPU.

    Raises
    ------
    ShapeError
        If a 'VALID' window is larger than the image.

    Notes
    -----
    Gradient: `dy` to the first maximum, in row order, of each window.

    Examples
    --------
    >>> image = np.array([[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 1.0, 6.0]]).reshape(1, 2, 4, 1)
    >>> Session().run(nn.max_pool(image, 2, 2, "VALID"))[0, :, :, 0]
    array([[5., 6.]])
    """
    return _of(_max_pool, 2, renamed("value", value, "input", input), ksize, strides, padding,
               data_format, name)


@door
def avg_pool(value=None, ksize=None, strides=None, padding=None, data_format="NHWC", name=None,
             input=None):
    """Means of windows that slide over images.

    Parameters
    ----------
    value : tensor (n, height, width, channels), of floats
    ksize, strides, padding, data_format
        As those of `max_pool`; a mean is over the pixels inside of the image.

    Notes
    -----
    Gradient: `dy` divided by the window's pixels, to each of them.
    """
    return _of(_avg_pool, 2, renamed("value", value, "input", input), ksize, strides, padding,
               data_format, name)


@door
def max_pool_v2(input, ksize, strides, padding, data_format=None, name=None):
    """Maxima of windows over images of one, two or three dimensions.

    Gradient: as of `max_pool`.
    """
    return _any_rank((_max_pool, _max_pool3d), input, ksize, strides, padding, data_format, name)


@door
def avg_pool_v2(input, ksize, strides, padding, data_format=None, name=None):
    """Means of windows over images of one, two or three dimensions.

    Gradient: as of `avg_pool`.
    """
    return _any_rank((_avg_pool, _avg_pool3d), input, ksize, strides, padding, data_format, name)


def _any_rank(ops, input, ksize, strides, padding, data_format, name):
    x = as_tensor(input)
    n = 2 if x._shape is None else len(x._shape) - 2
    if n == 1:
        return _of_line(ops[0], x, ksize, strides, padding, data_format, name)
    if n not in (2, 3):
        raise ShapeError(f"Input tensor must be of rank 3, 4 or 5 but was {n + 2}.")
    return _of(ops[n - 2], n, x, ksize, strides, padding, data_format, name)


max_pool2d = max_pool_v2
avg_pool2d = avg_pool_v2


# ---- one and three dimensions -----------------------------------------------------------

@scoped("MaxPool1d", last=True)
def max_pool1d(input, ksize, strides, padding, data_format="NWC", name=None):
    """Maxima of windows over sequences (n, width, channels).

    Gradient: as of `max_pool`.
    """
    return _of_line(_max_pool, input, ksize, strides, padding, data_format, name)


@scoped("AvgPool1D", last=True)
def avg_pool1d(input, ksize, strides, padding, data_format="NWC", name=None):
    """Means of windows over sequences (n, width, channels).

    Gradient: as of `avg_pool`.
    """
    return _of_line(_avg_pool, input, ksize, strides, padding, data_format, name)


@door
def max_pool3d(input, ksize, strides, padding, data_format="NDHWC", name=None):
    """Maxima of windows over volumes (n, depth, height, width, channels).

    Gradient: as of `max_pool`.
    """
    return _of(_max_pool3d, 3, input, ksize, strides, padding, data_format, name)


@door
def avg_pool3d(input, ksize, strides, padding, data_format="NDHWC", name=None):
    """Means of windows over volumes (n, depth, height, width, channels).

    Gradient: as of `avg_pool`.
    """
    return _of(_avg_pool3d, 3, input, ksize, strides, padding, data_format, name)


MaxPoolWithArgmax = namedtuple("MaxPoolWithArgmax", ["output", "argmax"])


# ---- with places, and any number of dimensions ------------------------------------------

@door
def max_pool_with_argmax(input, ksize, strides, padding, data_format="NHWC", Targmax=None,
                         name=None, output_dtype=None, include_batch_in_index=False):
    """Maxima of windows over images, and where they are.

    Parameters
    ----------
    input : tensor (n, height, width, channels)
    ksize, strides : sequence of 4 ints
    padding : 'SAME' or 'VALID'
    include_batch_in_index : bool
        Whether a place counts through the whole batch, and not through its image.

    Returns
    -------
    output : Tensor
    argmax : Tensor of int64
        `(y * width + x) * channels + c` of the first maximum.

    Notes
    -----
    Gradient: `dy` to the first maximum of each window; it has none itself.
    """
    if data_format != "NHWC":
        raise ValueError("Data formats other than 'NHWC' are not yet supported")
    ksize, strides = win.full_list(ksize, 4, "ksize"), win.full_list(strides, 4, "strides")
    whole = to_np(renamed("Targmax", Targmax, "output_dtype", output_dtype)) or INT64

    def op(x, **attrs):
        return _max_pool_with_argmax(x, include_batch_in_index=bool(include_batch_in_index),
                                     _targmax=whole, _strict=x.graph.literals == "tf", **attrs)
    y, at = _pool(op, as_tensor(input), ksize, strides, win.padding_of(padding, explicit=False),
                  (1,) * 4, data_format, name)
    return MaxPoolWithArgmax(y, at)


def pool(input, window_shape, pooling_type, padding, dilation_rate=None, strides=None, name=None,
         data_format=None, dilations=None):
    """Maxima or means of windows over one, two or three dimensions.

    Parameters
    ----------
    input : tensor (n, sizes..., channels)
    window_shape : sequence of ints
    pooling_type : 'MAX' or 'AVG'
    padding : 'SAME', or 'VALID' with any dilation
    dilation_rate, strides : sequences of ints; 1 if left out, not both above it

    Notes
    -----
    Gradient: as of `max_pool` and `avg_pool`.
    """
    return _scoped_pool(f"{pooling_type.lower()}_pool")(
        input, window_shape, pooling_type, padding,
        renamed("dilation_rate", dilation_rate, "dilations", dilations), strides, name=name,
        data_format=data_format)


def _scoped_pool(default):
    return scoped(default, last=True)(_pool_of)


def _pool_of(input, window_shape, pooling_type, padding, dilation_rate, strides, name=None,
             data_format=None):
    x, n = as_tensor(input), len(window_shape)
    if not 1 <= n <= 3:
        raise ValueError("It is required that 1 <= num_spatial_dims <= 3.")
    if x._shape is not None and len(x._shape) != n + 2:
        raise ShapeError(f"Shape {x._shape} must have rank {n + 2}")
    steps, rates = steps_of(n, strides, dilation_rate)
    window = win.whole(window_shape, "window_shape")
    if padding == "SAME" and max(rates) > 1:
        raise ValueError("pooling with SAME padding is not implemented for dilation_rate > 1")
    if any(s > k for s, k in zip(steps, window)):
        raise ValueError(f"strides {steps} larger than the window {window} are not supported.")
    ops = {"MAX": (_max_pool, _max_pool, _max_pool3d), "AVG": (_avg_pool, _avg_pool, _avg_pool3d)}
    if pooling_type not in ops:
        raise ValueError(f"{n}-D {pooling_type} pooling is not supported; use 'MAX' or 'AVG'.")
    op, first = ops[pooling_type][n - 1], win.channels_first(data_format)
    padding = win.padding_of(padding, first, False)
    if n == 1:
        at = 2 if first else 1
        line = [(1, 1, 1, v[0]) if first else (1, 1, v[0], 1) for v in (window, steps, rates)]
        y = _pool(op, expand_dims(x, at), line[0], line[1], padding, line[2],
                  FIRST[1] if first else LAST[1], name)
        return squeeze(y, [at])
    full = [win.sequence(v, n, first, "window") for v in (window, steps, rates)]
    data_format = win.format_of(data_format, FORMATS[n], LAST[n])
    return _pool(op, x, full[0], full[1], padding, full[2], data_format, name)


__all__ = ["max_pool", "avg_pool", "max_pool_v2", "avg_pool_v2", "max_pool2d", "avg_pool2d",
           "max_pool1d", "avg_pool1d", "max_pool3d", "avg_pool3d", "max_pool_with_argmax", "pool"]
