"""TensorFlow's `tf.distributions` with real values: Normal, Uniform, Exponential, Laplace, and the
diagonal normal of `tf.contrib`.

Draws carry gradients to the parameters, as TensorFlow's do. Those with whole values are in
`distributions.discrete`, divergences in `distributions.divergence`.
"""

import math

from fastgrad.distributions.distribution import Distribution, node_maker, unknown
from fastgrad.graph.nodes import as_tensor
from fastgrad.ops.arithmetic import log, maximum, minimum, ones_like, sign, zeros_like
from fastgrad.ops.random import random_normal, random_uniform
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.shape import shape as shape_of
from fastgrad.ops.special import erfc
from fastgrad.ops.unary import abs, exp, expm1, log1p, square
from fastgrad.ops.where import where

LOG_2PI = math.log(2 * math.pi)


class _LocationScale(Distribution):
    """Distributions of `loc + scale * z`."""

    def __init__(self, loc, scale, validate_args=False, allow_nan_stats=True, name=None):
        super().__init__({"loc": loc, "scale": scale}, validate_args, allow_nan_stats,
                         name or type(self).__name__)

    def _batch(self):
        """Of the shape of both parameters together, without arithmetic if they agree."""
        loc, scale = self.loc, self.scale
        if loc._shape == scale._shape and (loc._shape is None or None not in loc._shape):
            return loc
        if "whole" not in self.__dict__:
            with self._graph.as_default(), self._graph.name_scope(self._name):
                self.whole = loc + zeros_like(scale)
        return self.whole

    def _z(self, value):
        return (self._value(value) - self.loc) / self.scale

    @node_maker
    def mean(self):
        """The mean: `loc`, in the batch's shape."""
        return self.loc * ones_like(self.scale)

    @node_maker
    def mode(self):
        """The likeliest value: `loc`, in the batch's shape."""
        return self.loc * ones_like(self.scale)

    @node_maker
    def variance(self):
        """The square of the standard deviation."""
        return square(self.stddev())


class Normal(_LocationScale):
    """The normal distribution.

    Parameters
    ----------
    loc : float tensor
        The mean.
    scale : float tensor
        The standard deviation, positive; the shapes broadcast to the batch shape.

    Examples
    --------
    >>> Session().run(distributions.Normal(0.0, 1.0).log_prob([0.0, 1.0]))
    array([-0.9189385, -1.4189385], dtype=float32)
    """

    def __init__(self, loc, scale, validate_args=False, allow_nan_stats=True, name="Normal"):
        super().__init__(loc, scale, validate_args, allow_nan_stats, name)

    def _draw(self, sample_shape, seed):
        like = self._batch()
        z = random_normal(self._drawn_shape(sample_shape, like), dtype=like._dtype, seed=seed)
        return z * self.scale + self.loc

    @node_maker
    def log_prob(self, value):
        """`-z^2 / 2 - log(scale) - log(2 pi) / 2` with `z = (value - loc) / scale`."""
        return -0.5 * square(self._z(value)) - (0.5 * LOG_2PI + log(self.scale))

    @node_maker
    def cdf(self, value):
        """The probability of at most `value`."""
        return 0.5 * erfc(self._z(value) * -math.sqrt(0.5))

    @node_maker
    def entropy(self):
        """`log(scale) + log(2 pi e) / 2`."""
        return 0.5 + 0.5 * LOG_2PI + log(self.scale * ones_like(self.loc))

    @node_maker
    def stddev(self):
        """The standard deviation: `scale`, in the batch's shape."""
        return self.scale * ones_like(self.loc)


class Laplace(_LocationScale):
    """The Laplace distribution, of density `exp(-|value - loc| / scale) / (2 scale)`.

    Examples
    --------
    >>> Session().run(distributions.Laplace(0.0, 1.0).log_prob([0.0, 1.0]))
    array([-0.6931472, -1.6931472], dtype=float32)
    """

    def __init__(self, loc, scale, validate_args=False, allow_nan_stats=True, name="Laplace"):
        super().__init__(loc, scale, validate_args, allow_nan_stats, name)

    def _draw(self, sample_shape, seed):
        like = self._batch()
        u = random_uniform(self._drawn_shape(sample_shape, like), -1.0, 1.0, like._dtype, seed)
        # -1 itself may be drawn, and its logarithm is infinite
        return self.loc - self.scale * sign(u) * log(maximum(1 - abs(u), 1e-7))

    @node_maker
    def log_prob(self, value):
        """`-|z| - log(2 scale)` with `z = (value - loc) / scale`."""
        return -abs(self._z(value)) - math.log(2) - log(self.scale)

    @node_maker
    def cdf(self, value):
        """The probability of at most `value`."""
        z = self._z(value)
        # each side by itself: `sign` and `abs` would have no gradient at 0, where this has one
        return where(z < 0, 0.5 * exp(minimum(z, zeros_like(z))),
                     1 - 0.5 * exp(-maximum(z, zeros_like(z))))

    @node_maker
    def entropy(self):
        """`1 + log(2 scale)`."""
        return math.log(2) + 1 + log(self.scale * ones_like(self.loc))

    @node_maker
    def stddev(self):
        """The standard deviation: `scale` times the root of 2."""
        return math.sqrt(2) * self.scale * ones_like(self.loc)


class Uniform(Distribution):
    """Equal density from `low` to `high`, without `high`.

    Examples
    --------
    >>> Session().run(distributions.Uniform(0.0, 2.0).prob([1.0, 3.0]))
    array([0.5, 0. ], dtype=float32)
    """

    def __init__(self, low=0.0, high=1.0, validate_args=False, allow_nan_stats=True,
                 name="Uniform"):
        super().__init__({"low": low, "high": high}, validate_args, allow_nan_stats, name)

    def _batch(self):
        return self.range()

    @node_maker
    def range(self):
        """`high - low`."""
        return self.high - self.low

    def _draw(self, sample_shape, seed):
        wide = self.range()
        u = random_uniform(self._drawn_shape(sample_shape, wide), dtype=wide._dtype, seed=seed)
        return self.low + wide * u

    @node_maker
    def prob(self, value):
        """`1 / (high - low)` inside, 0 outside."""
        x = self._value(value) + zeros_like(self.range())
        wide = self.range() + zeros_like(x)
        return where((x < self.low) | (x >= self.high), zeros_like(x), 1 / wide)

    @node_maker
    def log_prob(self, value):
        """`-log(high - low)` inside, minus infinity outside."""
        return log(self.prob(value))

    @node_maker
    def cdf(self, value):
        """The probability of at most `value`."""
        x = (self._value(value) - self.low) / self.range()
        return maximum(1 - maximum(1 - x, 0.0), 0.0)

    @node_maker
    def mean(self):
        """The middle."""
        return (self.low + self.high) / 2

    @node_maker
    def variance(self):
        """`(high - low)^2 / 12`."""
        return square(self.range()) / 12

    @node_maker
    def entropy(self):
        """`log(high - low)`."""
        return log(self.range())


class Exponential(Distribution):
    """Waiting times of mean `1 / rate`.

    Examples
    --------
    >>> Session().run(distributions.Exponential(2.0).mean())
    np.float32(0.5)
    """

    def __init__(self, rate, validate_args=False, allow_nan_stats=True, name="Exponential"):
        super().__init__({"rate": rate}, validate_args, allow_nan_stats, name)

    def _batch(self):
        return self.rate

    def _draw(self, sample_shape, seed):
        u = random_uniform(self._drawn_shape(sample_shape, self.rate), dtype=self.rate._dtype,
                           seed=seed)
        return -log1p(-u) / self.rate

    @node_maker
    def log_prob(self, value):
        """`log(rate) - rate * value`."""
        return log(self.rate) - self.rate * self._value(value)

    @node_maker
    def cdf(self, value):
        """The probability of at most `value`."""
        return -expm1(-self.rate * self._value(value))

    @node_maker
    def mean(self):
        """`1 / rate`."""
        return 1 / self.rate

    @node_maker
    def variance(self):
        """`1 / rate^2`."""
        return 1 / square(self.rate)

    @node_maker
    def mode(self):
        """0."""
        return zeros_like(self.rate)

    @node_maker
    def entropy(self):
        """`1 - log(rate)`."""
        return 1 - log(self.rate)


class MultivariateNormalDiag(Normal):
    """Vectors of independent normal numbers: the last axis is the event.

    Parameters
    ----------
    loc : float tensor, optional
        The mean; 0 if not given.
    scale_diag : float tensor, optional
        The standard deviations; 1 if not given.

    Examples
    --------
    >>> Session().run(distributions.MultivariateNormalDiag([0., 0.], [1., 1.]).log_prob([0., 0.]))
    np.float32(-1.837877)
    """

    def __init__(self, loc=None, scale_diag=None, validate_args=False, allow_nan_stats=True,
                 name="MultivariateNormalDiag"):
        if loc is None and scale_diag is None:
            raise ValueError("MultivariateNormalDiag needs loc or scale_diag; got neither.")
        if loc is None:
            loc = zeros_like(as_tensor(scale_diag))
        if scale_diag is None:
            scale_diag = ones_like(as_tensor(loc))
        super().__init__(loc, scale_diag, validate_args, allow_nan_stats, name)

    batch_shape = property(lambda self: self._batch().shape[:-1])
    event_shape = property(lambda self: self._batch().shape[-1:])

    @node_maker
    def batch_shape_tensor(self):
        """The batch's shape as a tensor."""
        return shape_of(self._batch())[:-1]

    @node_maker
    def log_prob(self, value):
        """The sum of the elements' log-densities."""
        z = self._z(value)
        each = -0.5 * square(z) - (0.5 * LOG_2PI + log(self.scale))
        return reduce_sum(each, -1)

    @node_maker
    def entropy(self):
        """The sum of the elements' entropies."""
        return reduce_sum(0.5 + 0.5 * LOG_2PI + log(self.scale * ones_like(self.loc)), -1)

    cdf = unknown("cdf")


__all__ = ["Distribution", "Normal", "Laplace", "Uniform", "Exponential", "MultivariateNormalDiag"]
