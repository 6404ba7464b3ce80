"""Transposed convolutions as layers, over two and three dimensions."""

from fastgrad import nn
from fastgrad.graph.doors import door
from fastgrad.layers.convolution import Convolution
from fastgrad.layers.windows import FORMATS, channels_of, full
from fastgrad.ops.join import stack
from fastgrad.ops.shape import shape as shape_of
from fastgrad.variables.initializers import zeros_initializer


class _Transposed(Convolution):
    """Base of transposed convolutions: kernels hold (sizes, filters, channels)."""

    def build(self, shape):
        channels = channels_of(shape, self._first, self.name)
        self.kernel = self.add_weight("kernel", [*self.kernel_size, self.filters, channels],
                                      *self._kernel)
        self._build_bias(self.filters)

    def _grown(self, n, k, stride):
        """The size that `n` windows of `k` pixels span."""
        return n * stride + (max(k - stride, 0) if self.padding == "valid" else 0)

    def _convolved(self, x):
        known, n, whole = x._shape, self._rank, None
        at = 2 if self._first else 1
        if None in (known[0], *known[at:at + n]):
            whole = shape_of(x)
        dims = [whole[i] if d is None else d for i, d in enumerate(known)]
        inner = [self._grown(d, k, s) for d, k, s in zip(dims[at:at + n], self.kernel_size,
                                                         self.strides)]
        outer = [dims[0], self.filters, *inner] if self._first else [dims[0], *inner, self.filters]
        apply = nn.conv2d_transpose if n == 2 else nn.conv3d_transpose
        y = apply(x, self.kernel, stack(outer) if whole is not None else outer,
                  full(self.strides, self._first), self.padding.upper(), FORMATS[n][self._first])
        static = [None if d is None else self._grown(d, k, s) for d, k, s in zip(
            known[at:at + n], self.kernel_size, self.strides)]
        y.set_shape([known[0], self.filters, *static] if self._first else
                    [known[0], *static, self.filters])
        return y


class Conv2DTranspose(_Transposed):
    """Transposed convolution over images; see `conv2d_transpose`."""

    _base, _rank = "conv2d_transpose", 2

    def __init__(self, filters, kernel_size, strides=(1, 1), padding="valid",
                 data_format="channels_last", activation=None, use_bias=True, **settings):
        super().__init__(filters, kernel_size, strides, padding, data_format, 1, activation,
                         use_bias, **settings)


class Conv3DTranspose(_Transposed):
    """Transposed convolution over volumes; see `conv3d_transpose`."""

    _base, _rank = "conv3d_transpose", 3

    def __init__(self, filters, kernel_size, strides=(1, 1, 1), padding="valid",
                 data_format="channels_last", activation=None, use_bias=True, **settings):
        super().__init__(filters, kernel_size, strides, padding, data_format, 1, activation,
                         use_bias, **settings)


@door
def conv2d_transpose(inputs, filters, kernel_size, strides=(1, 1), padding="valid",
                     data_format="channels_last", activation=None, use_bias=True,
                     kernel_initializer=None, bias_initializer=zeros_initializer(),
                     kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                     kernel_constraint=None, bias_constraint=None, trainable=True, name=None,
                     reuse=None):
    """A layer of filters that draw on larger images: the transpose of `conv2d`.

    The result has `size * strides` pixels with 'same' padding, and what the windows reach beyond
    with 'valid'. Its kernel is (height, width, filters, channels).
    """
    layer = Conv2DTranspose(
        filters, kernel_size, strides, padding, data_format, activation, use_bias,
        kernel_initializer=kernel_initializer, bias_initializer=bias_initializer,
        kernel_regularizer=kernel_regularizer, bias_regularizer=bias_regularizer,
        activity_regularizer=activity_regularizer, kernel_constraint=kernel_constraint,
        bias_constraint=bias_constraint, trainable=trainable, name=name, _scope=name, _reuse=reuse)
    return layer(inputs)


@door
def conv3d_transpose(inputs, filters, kernel_size, strides=(1, 1, 1), padding="valid",
                     data_format="channels_last", activation=None, use_bias=True,
                     kernel_initializer=None, bias_initializer=zeros_initializer(),
                     kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                     kernel_constraint=None, bias_constraint=None, trainable=True, name=None,
                     reuse=None):
    """A layer of filters that draw on larger volumes; see `conv2d_transpose`."""
    layer = Conv3DTranspose(
        filters, kernel_size, strides, padding, data_format, activation, use_bias,
        kernel_initializer=kernel_initializer, bias_initializer=bias_initializer,
        kernel_regularizer=kernel_regularizer, bias_regularizer=bias_regularizer,
        activity_regularizer=activity_regularizer, kernel_constraint=kernel_constraint,
        bias_constraint=bias_constraint, trainable=trainable, name=name, _scope=name, _reuse=reuse)
    return layer(inputs)


__all__ = ["Conv2DTranspose", "Conv3DTranspose", "conv2d_transpose", "conv3d_transpose"]
