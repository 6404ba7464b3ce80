"""TensorFlow's `tf.distributions` with whole values: Bernoulli and Categorical.

Both take logits or probabilities and give both as attributes. Draws carry no gradient.
"""

from fastgrad.distributions.distribution import Distribution, node_maker
from fastgrad.graph.dtypes import INT32, as_dtype, to_np
from fastgrad.nn.activations import sigmoid, softplus
from fastgrad.nn.cross_entropy import (sigmoid_cross_entropy_with_logits,
                                       sparse_softmax_cross_entropy_with_logits)
from fastgrad.nn.softmax import log_softmax, softmax
from fastgrad.ops.argmax import argmax
from fastgrad.ops.arithmetic import add, log, multiply, zeros_like
from fastgrad.ops.cast import cast
from fastgrad.ops.join import concat
from fastgrad.ops.make import zeros
from fastgrad.ops.random import multinomial, random_uniform
from fastgrad.ops.reduce import reduce_prod, reduce_sum
from fastgrad.ops.reshape import expand_dims, reshape, transpose
from fastgrad.ops.shape import shape as shape_of
from fastgrad.ops.unary import log1p, sqrt


class _Discrete(Distribution):
    """Either logits or probabilities are given; the other is made when it is asked for."""

    reparameterization_type = "NOT_REPARAMETERIZED"

    def __init__(self, logits=None, probs=None, dtype=INT32, validate_args=False,
                 allow_nan_stats=True, name=None):
        if (logits is None) == (probs is None):
            raise ValueError(f"{type(self).__name__} takes logits or probs; got "
                             f"{'neither' if probs is None else 'both'}.")
        self._made = to_np(dtype)
        super().__init__({"logits": logits, "probs": probs}, validate_args, allow_nan_stats,
                         name or type(self).__name__)

    dtype = property(lambda self: as_dtype(self._made))

    def __getattr__(self, name):
        if name not in ("logits", "probs") or "_parameters" not in self.__dict__:
            return super().__getattr__(name)
        if self._parameters[name] is None:
            with self._graph.as_default(), self._graph.name_scope(self._name):
                self._parameters[name] = (self._to_logits(self._parameters["probs"])
                                          if name == "logits"
                                          else self._to_probs(self._parameters["logits"]))
        return self._parameters[name]

    def _given(self):
        found = self.__dict__["_parameters"]
        return found["probs"] if found["logits"] is None else found["logits"]


class Bernoulli(_Discrete):
    """1 with probability `probs`, else 0.

    Parameters
    ----------
    logits, probs : float tensor
        `log(p / (1 - p))`, or p: one of the two.
    dtype : dtype of the values

    Examples
    --------
    >>> Session().run(distributions.Bernoulli(probs=0.25).log_prob([1, 0]))
    array([-1.3862944 , -0.28768212], dtype=float32)
    """

    _to_probs = staticmethod(sigmoid)

    def __init__(self, logits=None, probs=None, dtype=INT32, validate_args=False,
                 allow_nan_stats=True, name="Bernoulli"):
        super().__init__(logits, probs, dtype, validate_args, allow_nan_stats, name)

    @staticmethod
    def _to_logits(p):
        return log(p) - log1p(-p)

    def _batch(self):
        return self._given()

    def _draw(self, sample_shape, seed):
        p = self.probs
        u = random_uniform(self._drawn_shape(sample_shape, p), dtype=p._dtype, seed=seed)
        return cast(u < p, self._made)

    @node_maker
    def log_prob(self, event):
        """The logarithm of the probability of 1 where `event` is 1, of 0 where it is 0."""
        logits = self.logits
        event = cast(self._value(event), logits._dtype)
        return -sigmoid_cross_entropy_with_logits(labels=event + zeros_like(logits),
                                                  logits=logits + zeros_like(event))

    @node_maker
    def mean(self):
        """The probability of 1."""
        return self.probs + 0

    @node_maker
    def variance(self):
        """`p (1 - p)`."""
        return multiply(self.probs, 1 - self.probs)

    @node_maker
    def stddev(self):
        """The root of the variance."""
        return sqrt(self.variance())

    @node_maker
    def mode(self):
        """1 where that is likelier than 0."""
        return cast(self.probs > 0.5, self._made)

    @node_maker
    def entropy(self):
        """`-p log(p) - (1 - p) log(1 - p)`."""
        logits = self.logits
        return add(softplus(-logits), logits * (1 - sigmoid(logits)))


class Categorical(_Discrete):
    """Classes 0 to n - 1.

    Parameters
    ----------
    logits, probs : float tensor (..., n)
        Unnormalised log-probabilities, or probabilities: one of the two.
    dtype : dtype of the values

    Examples
    --------
    >>> Session().run(distributions.Categorical(probs=[0.2, 0.8]).entropy())
    np.float32(0.50040245)
    """

    _to_probs, _to_logits = staticmethod(softmax), staticmethod(log)

    def __init__(self, logits=None, probs=None, dtype=INT32, validate_args=False,
                 allow_nan_stats=True, name="Categorical"):
        super().__init__(logits, probs, dtype, validate_args, allow_nan_stats, name)

    def _batch(self):
        return self._given()

    batch_shape = property(lambda self: self._given().shape[:-1])
    event_size = property(lambda self: self._given().shape[-1].value)

    @node_maker
    def batch_shape_tensor(self):
        """The batch's shape as a tensor."""
        return shape_of(self._given())[:-1]

    def _draw(self, sample_shape, seed):
        """Draws for each row lie side by side; the axis of draws comes first."""
        logits = self.logits
        whole = self._drawn_shape(sample_shape, logits[..., 0])
        rows = logits if len(logits._shape) == 2 else reshape(logits, [-1, logits._shape[-1]])
        count = reduce_prod(concat([zeros([0], INT32), sample_shape], 0)) \
            if hasattr(sample_shape, "op") else _product(sample_shape)
        drawn = transpose(multinomial(rows, count, seed), [1, 0])
        return reshape(cast(drawn, self._made), whole)

    @node_maker
    def log_prob(self, k):
        """The logarithm of the probability of class `k`."""
        k, logits = cast(self._value(k), INT32), self.logits
        if k._shape is None or k._shape != logits._shape[:-1]:
            k = k + zeros_like(logits[..., 0], INT32)
            logits = logits + expand_dims(zeros_like(k, logits._dtype), -1)
        return -sparse_softmax_cross_entropy_with_logits(labels=k, logits=logits)

    @node_maker
    def mode(self):
        """The likeliest class."""
        return cast(argmax(self.logits, -1), self._made)

    @node_maker
    def entropy(self):
        """`-sum(p log(p))`."""
        logits = self.logits
        return -reduce_sum(softmax(logits) * log_softmax(logits), -1)


def _product(sample_shape):
    """How many draws a shape given as a number or a list means."""
    if isinstance(sample_shape, int):
        return sample_shape
    found = 1
    for d in sample_shape:
        found *= int(d)
    return found


__all__ = ["Bernoulli", "Categorical"]
