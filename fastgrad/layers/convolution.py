"""Convolutions as layers, over one, two and three dimensions."""

from fastgrad import nn
from fastgrad.graph.doors import door
from fastgrad.layers.layer import Layer, _named
from fastgrad.layers.windows import (FORMATS, channels_of, check_rank, full, is_first, padding_of,
                                     sizes)
from fastgrad.nn import bias_add
from fastgrad.ops.pad import pad
from fastgrad.variables.initializers import zeros_initializer


class Convolution(Layer):
    """Base of convolutions over `_rank` dimensions; see `conv2d` for the arguments."""

    _rank, _paddings = 2, ()

    def __init__(self, filters, kernel_size, strides=1, padding="valid",
                 data_format="channels_last", dilation_rate=1, activation=None, use_bias=True,
                 kernel_initializer=None, bias_initializer=zeros_initializer(),
                 kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, bias_constraint=None, trainable=True, name=None,
                 **settings):
        super().__init__(trainable, name, activity_regularizer=activity_regularizer, **settings)
        if isinstance(activation, str):
            activation = _named(nn, activation)
        n = self._rank
        self.filters = filters if filters is None else int(filters)
        self.kernel_size = sizes(kernel_size, n, "kernel_size")
        self.strides = sizes(strides, n, "strides")
        self.dilation_rate = sizes(dilation_rate, n, "dilation_rate")
        self.padding = padding_of(padding, *self._paddings)
        self.data_format, self._first = data_format, is_first(data_format)
        self.activation, self.use_bias = activation, use_bias
        self._kernel = (kernel_initializer, kernel_regularizer, True, kernel_constraint)
        self._bias = (bias_initializer, bias_regularizer, True, bias_constraint)
        self.kernel = self.bias = None
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(f"`strides` > 1 not supported in conjunction with `dilation_rate` > 1;"
                             f" got {self.strides} and {self.dilation_rate}.")

    def _check(self, inputs):
        check_rank(inputs, self._rank + 2, self.name)

    def build(self, shape):
        channels = channels_of(shape, self._first, self.name)
        self.kernel = self.add_weight("kernel", [*self.kernel_size, channels, self.filters],
                                      *self._kernel)
        self._build_bias(self.filters)

    def _build_bias(self, count):
        if self.use_bias:
            self.bias = self.add_weight("bias", [count], *self._bias)

    def call(self, inputs):
        return self._activated(self._biased(self._convolved(inputs)))

    def _convolved(self, x):
        where = FORMATS[self._rank][self._first]
        padding = self.padding.upper()
        if self.padding == "causal":
            before = (self.kernel_size[0] - 1) * self.dilation_rate[0]
            x = pad(x, [[0, 0], *([[0, 0], [before, 0]] if self._first else
                                  [[before, 0], [0, 0]])])
            padding = "VALID"
        if max(self.dilation_rate) > 1 or self._rank == 1:
            scope = {"name": "conv1d"} if self._rank == 1 else {}
            return nn.convolution(x, self.kernel, padding, self.strides, self.dilation_rate,
                                  data_format=where, **scope)
        apply = nn.conv2d if self._rank == 2 else nn.conv3d
        return apply(x, self.kernel, full(self.strides, self._first), padding, data_format=where)

    def _biased(self, y):
        if self.bias is None:
            return y
        return bias_add(y, self.bias, "NCHW" if self._first else "NHWC")

    def _activated(self, y):
        return y if self.activation is None else self.activation(y)


class Conv1D(Convolution):
    """Convolution over sequences; see `conv1d`."""

    _base, _rank, _paddings = "conv1d", 1, ("causal",)


class Conv2D(Convolution):
    """Convolution over images; see `conv2d`."""

    _base, _rank = "conv2d", 2


class Conv3D(Convolution):
    """Convolution over volumes; see `conv3d`."""

    _base, _rank = "conv3d", 3


@door
def conv1d(inputs, filters, kernel_size, strides=1, padding="valid", data_format="channels_last",
           dilation_rate=1, activation=None, use_bias=True, kernel_initializer=None,
           bias_initializer=zeros_initializer(), kernel_regularizer=None, bias_regularizer=None,
           activity_regularizer=None, kernel_constraint=None, bias_constraint=None,
           trainable=True, name=None, reuse=None):
    """A layer of filters over sequences (n, width, channels); see `conv2d`.

    `padding` may be 'causal' too: no result depends on what comes after it.
    """
    layer = Conv1D(filters, kernel_size, strides, padding, data_format, dilation_rate, activation,
                   use_bias, kernel_initializer, bias_initializer, kernel_regularizer,
                   bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint,
                   trainable, name, _scope=name, _reuse=reuse)
    return layer(inputs)


@door
def conv2d(inputs, filters, kernel_size, strides=(1, 1), padding="valid",
           data_format="channels_last", dilation_rate=(1, 1), activation=None, use_bias=True,
           kernel_initializer=None, bias_initializer=zeros_initializer(), kernel_regularizer=None,
           bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
           bias_constraint=None, trainable=True, name=None, reuse=None):
    """A layer of filters over images: `activation(conv2d(inputs, kernel) + bias)`.

    Parameters
    ----------
    inputs : node (n, height, width, channels), its channels known
    filters : int
        How many; the channels of the result.
    kernel_size, strides, dilation_rate : int or pairs of int
    padding : 'valid' or 'same', in any case
    data_format : 'channels_last' or 'channels_first'
        With the latter the run fails in a TensorFlow graph, as TensorFlow's on a CPU.
    activation : callable(node) -> node, optional
    use_bias : bool
    kernel_initializer, bias_initializer : callable, optional
        Glorot's uniform one and zeros if not given.
    kernel_regularizer, bias_regularizer, activity_regularizer : callable(node) -> scalar, optional
        Results join GraphKeys.REGULARIZATION_LOSSES.
    trainable : bool
    name : str, optional
        Scope of the variables `name/kernel` (height, width, channels, filters) and `name/bias`.
    reuse : bool, optional
        Share the variables of the layer of this name.

    Returns
    -------
    Tensor

    Raises
    ------
    ValueError
        If the inputs are no images, their channels are not known, or a number does not fit.

    Examples
    --------
    >>> x = placeholder(float32, [None, 8, 8, 3])
    >>> h = conv2d(x, 16, 3, padding="same", activation=nn.relu, name="first")
    >>> h.shape.as_list(), [v.shape.as_list() for v in global_variables()]
    ([None, 8, 8, 16], [[3, 3, 3, 16], [16]])
    """
    layer = Conv2D(filters, kernel_size, strides, padding, data_format, dilation_rate, activation,
                   use_bias, kernel_initializer, bias_initializer, kernel_regularizer,
                   bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint,
                   trainable, name, _scope=name, _reuse=reuse)
    return layer(inputs)


@door
def conv3d(inputs, filters, kernel_size, strides=(1, 1, 1), padding="valid",
           data_format="channels_last", dilation_rate=(1, 1, 1), activation=None, use_bias=True,
           kernel_initializer=None, bias_initializer=zeros_initializer(), kernel_regularizer=None,
           bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
           bias_constraint=None, trainable=True, name=None, reuse=None):
    """A layer of filters over volumes (n, depth, height, width, channels); see `conv2d`."""
    layer = Conv3D(filters, kernel_size, strides, padding, data_format, dilation_rate, activation,
                   use_bias, kernel_initializer, bias_initializer, kernel_regularizer,
                   bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint,
                   trainable, name, _scope=name, _reuse=reuse)
    return layer(inputs)



__all__ = ["Conv1D", "Conv2D", "Conv3D", "conv1d", "conv2d", "conv3d"]
