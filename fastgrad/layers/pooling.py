"""Pools as layers: maxima and means of windows, over one, two and three dimensions."""

from fastgrad import nn
from fastgrad.graph.doors import door
from fastgrad.layers.layer import Layer
from fastgrad.layers.windows import FORMATS, check_rank, full, is_first, padding_of, sizes
from fastgrad.ops.reshape import expand_dims, squeeze, transpose


class _Pooling(Layer):
    """Base of pools over `_rank` dimensions by `_pools`, the functions for 2 and 3."""

    def __init__(self, pool_size, strides, padding="valid", data_format="channels_last", name=None,
                 **settings):
        super().__init__(name=name, **settings)
        strides = pool_size if strides is None else strides
        self.pool_size = sizes(pool_size, self._rank, "pool_size")
        self.strides = sizes(strides, self._rank, "strides")
        self.padding = padding_of(padding)
        self.data_format, self._first = data_format, is_first(data_format)

    def _check(self, inputs):
        check_rank(inputs, self._rank + 2, self.name)

    def call(self, inputs):
        return getattr(self, f"_over_{self._rank}")(inputs)

    def _over_1(self, x):
        """A sequence is an image of one column."""
        at = 3 if self._first else 2
        y = self._pools[0](expand_dims(x, at), full((*self.pool_size, 1), self._first),
                           full((*self.strides, 1), self._first), self.padding.upper(),
                           data_format=FORMATS[2][self._first])
        return squeeze(y, [at])

    def _over_2(self, x):
        return self._pools[0](x, full(self.pool_size, self._first),
                              full(self.strides, self._first), self.padding.upper(),
                              data_format=FORMATS[2][self._first])

    def _over_3(self, x):
        if self._first:
            x = transpose(x, (0, 2, 3, 4, 1))
        y = self._pools[1](x, full(self.pool_size, False), full(self.strides, False),
                           self.padding.upper())
        return transpose(y, (0, 4, 1, 2, 3)) if self._first else y


class _Max(_Pooling):
    _pools = nn.max_pool, nn.max_pool3d


class _Mean(_Pooling):
    _pools = nn.avg_pool, nn.avg_pool3d


class MaxPooling1D(_Max):
    """Largest elements of windows of sequences; see `max_pooling1d`."""

    _base, _rank = "max_pooling1d", 1


class MaxPooling2D(_Max):
    """Largest elements of windows of images; see `max_pooling2d`."""

    _base, _rank = "max_pooling2d", 2


class MaxPooling3D(_Max):
    """Largest elements of windows of volumes; see `max_pooling3d`."""

    _base, _rank = "max_pooling3d", 3


class AveragePooling1D(_Mean):
    """Means of windows of sequences; see `average_pooling1d`."""

    _base, _rank = "average_pooling1d", 1


class AveragePooling2D(_Mean):
    """Means of windows of images; see `average_pooling2d`."""

    _base, _rank = "average_pooling2d", 2


class AveragePooling3D(_Mean):
    """Means of windows of volumes; see `average_pooling3d`."""

    _base, _rank = "average_pooling3d", 3


@door
def max_pooling1d(inputs, pool_size, strides, padding="valid", data_format="channels_last",
                  name=None):
    """The largest element of each window of sequences (n, width, channels).

    Gradient: to the first of the largest.
    """
    return MaxPooling1D(pool_size, strides, padding, data_format, name)(inputs)


@door
def max_pooling2d(inputs, pool_size, strides, padding="valid", data_format="channels_last",
                  name=None):
    """The largest element of each window of images.

    Parameters
    ----------
    inputs : node (n, height, width, channels)
    pool_size, strides : int or pairs of int
        The window, and the steps between windows.
    padding : 'valid' or 'same', in any case
        Padding is never the largest.
    data_format : 'channels_last' or 'channels_first'
    name : str, optional

    Notes
    -----
    Gradient: to the first of the largest.
    """
    return MaxPooling2D(pool_size, strides, padding, data_format, name)(inputs)


@door
def max_pooling3d(inputs, pool_size, strides, padding="valid", data_format="channels_last",
                  name=None):
    """The largest element of each window of volumes (n, depth, height, width, channels).

    Gradient: to the first of the largest.
    """
    return MaxPooling3D(pool_size, strides, padding, data_format, name)(inputs)


@door
def average_pooling1d(inputs, pool_size, strides, padding="valid", data_format="channels_last",
                      name=None):
    """The mean of each window of sequences (n, width, channels).

    Gradient: `dy` shared out evenly.
    """
    return AveragePooling1D(pool_size, strides, padding, data_format, name)(inputs)


@door
def average_pooling2d(inputs, pool_size, strides, padding="valid", data_format="channels_last",
                      name=None):
    """The mean of each window of images, over what lies inside; see `max_pooling2d`.

    Gradient: `dy` shared out evenly.
    """
    return AveragePooling2D(pool_size, strides, padding, data_format, name)(inputs)


@door
def average_pooling3d(inputs, pool_size, strides, padding="valid", data_format="channels_last",
                      name=None):
    """The mean of each window of volumes (n, depth, height, width, channels).

    Gradient: `dy` shared out evenly.
    """
    return AveragePooling3D(pool_size, strides, padding, data_format, name)(inputs)


__all__ = ["MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "AveragePooling1D",
           "AveragePooling2D", "AveragePooling3D", "max_pooling1d", "max_pooling2d",
           "max_pooling3d", "average_pooling1d", "average_pooling2d", "average_pooling3d"]
