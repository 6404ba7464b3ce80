"""Separable convolutions as layers: each channel by itself, then all at each pixel."""

from fastgrad import nn
from fastgrad.graph.doors import door
from fastgrad.layers.convolution import Convolution
from fastgrad.layers.windows import channels_of, full
from fastgrad.ops.reshape import expand_dims, squeeze
from fastgrad.variables.initializers import zeros_initializer


class _Separable(Convolution):
    """Base of separable convolutions: two kernels, depthwise and pointwise."""

    def __init__(self, filters, kernel_size, strides=1, padding="valid",
                 data_format="channels_last", dilation_rate=1, depth_multiplier=1,
                 activation=None, use_bias=True, depthwise_initializer=None,
                 pointwise_initializer=None, bias_initializer=zeros_initializer(),
                 depthwise_regularizer=None, pointwise_regularizer=None, bias_regularizer=None,
                 activity_regularizer=None, depthwise_constraint=None, pointwise_constraint=None,
                 bias_constraint=None, trainable=True, name=None, **settings):
        super().__init__(filters, kernel_size, strides, padding, data_format, dilation_rate,
                         activation, use_bias, None, bias_initializer, None, bias_regularizer,
                         activity_regularizer, None, bias_constraint, trainable, name, **settings)
        self.depth_multiplier = int(depth_multiplier)
        self._depthwise = (depthwise_initializer, depthwise_regularizer, True,
                           depthwise_constraint)
        self._pointwise = (pointwise_initializer, pointwise_regularizer, True,
                           pointwise_constraint)

    def build(self, shape):
        channels = channels_of(shape, self._first, self.name)
        self.depthwise_kernel = self.add_weight(
            "depthwise_kernel", [*self.kernel_size, channels, self.depth_multiplier],
            *self._depthwise)
        self.pointwise_kernel = self.add_weight(
            "pointwise_kernel", [1] * self._rank + [channels * self.depth_multiplier, self.filters],
            *self._pointwise)
        self._build_bias(self.filters)

    def _separated(self, x, deep, point, strides, rates):
        return nn.separable_conv2d(x, deep, point, full(strides, self._first),
                                   self.padding.upper(), rates,
                                   data_format="NCHW" if self._first else "NHWC")

    def _convolved(self, x):
        return self._separated(x, self.depthwise_kernel, self.pointwise_kernel, self.strides,
                               self.dilation_rate)


class SeparableConv2D(_Separable):
    """Separable convolution over images; see `separable_conv2d`."""

    _base, _rank = "separable_conv2d", 2


class SeparableConv1D(_Separable):
    """Separable convolution over sequences; see `separable_conv1d`."""

    _base, _rank = "separable_conv1d", 1

    def call(self, inputs):
        """A sequence is an image of one row."""
        row = 2 if self._first else 1
        kernels = [expand_dims(k, 0) for k in (self.depthwise_kernel, self.pointwise_kernel)]
        y = self._separated(expand_dims(inputs, row), *kernels, self.strides * 2,
                            (1, *self.dilation_rate))
        return self._activated(squeeze(self._biased(y), [row]))


@door
def separable_conv1d(inputs, filters, kernel_size, strides=1, padding="valid",
                     data_format="channels_last", dilation_rate=1, depth_multiplier=1,
                     activation=None, use_bias=True, depthwise_initializer=None,
                     pointwise_initializer=None, bias_initializer=zeros_initializer(),
                     depthwise_regularizer=None, pointwise_regularizer=None,
                     bias_regularizer=None, activity_regularizer=None, depthwise_constraint=None,
                     pointwise_constraint=None, bias_constraint=None, trainable=True, name=None,
                     reuse=None):
    """A separable layer over sequences (n, width, channels); see `separable_conv2d`."""
    layer = SeparableConv1D(
        filters, kernel_size, strides, padding, data_format, dilation_rate, depth_multiplier,
        activation, use_bias, depthwise_initializer, pointwise_initializer, bias_initializer,
        depthwise_regularizer, pointwise_regularizer, bias_regularizer, activity_regularizer,
        depthwise_constraint, pointwise_constraint, bias_constraint, trainable, name, _scope=name,
        _reuse=reuse)
    return layer(inputs)


@door
def separable_conv2d(inputs, filters, kernel_size, strides=(1, 1), padding="valid",
                     data_format="channels_last", dilation_rate=(1, 1), depth_multiplier=1,
                     activation=None, use_bias=True, depthwise_initializer=None,
                     pointwise_initializer=None, bias_initializer=zeros_initializer(),
                     depthwise_regularizer=None, pointwise_regularizer=None,
                     bias_regularizer=None, activity_regularizer=None, depthwise_constraint=None,
                     pointwise_constraint=None, bias_constraint=None, trainable=True, name=None,
                     reuse=None):
    """A separable layer over images: a filter for each channel, then sums over channels.

    Parameters
    ----------
    inputs : node (n, height, width, channels), its channels known
    filters : int
        The channels of the result.
    depth_multiplier : int
        Filters for each channel of the inputs.

    Notes
    -----
    Its variables are `depthwise_kernel` (height, width, channels, depth_multiplier),
    `pointwise_kernel` (1, 1, channels * depth_multiplier, filters) and `bias`. Other arguments are
    as those of `conv2d`.
    """
    layer = SeparableConv2D(
        filters, kernel_size, strides, padding, data_format, dilation_rate, depth_multiplier,
        activation, use_bias, depthwise_initializer, pointwise_initializer, bias_initializer,
        depthwise_regularizer, pointwise_regularizer, bias_regularizer, activity_regularizer,
        depthwise_constraint, pointwise_constraint, bias_constraint, trainable, name, _scope=name,
        _reuse=reuse)
    return layer(inputs)


__all__ = ["SeparableConv1D", "SeparableConv2D", "separable_conv1d", "separable_conv2d"]
