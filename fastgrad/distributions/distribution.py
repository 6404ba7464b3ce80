"""Distribution: the base class of `tf.distributions`, and kl_divergence.

A distribution holds the tensors of its parameters and makes new nodes at each call. Its graph is
that of its parameters.
"""

import functools

from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.dtypes import FLOAT32, INT32, to_np
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.tensor_shape import TensorShape
from fastgrad.ops.arithmetic import log
from fastgrad.ops.cast import cast
from fastgrad.ops.join import concat
from fastgrad.ops.shape import plain_shape, shape as shape_of
from fastgrad.ops.unary import exp, sqrt


def node_maker(method):
    """A method that makes nodes: in the distribution's graph, under its name."""
    @functools.wraps(method)
    def call(self, *args, name=None, **kwargs):
        with self._graph.as_default(), self._graph.name_scope(self._name), \
                self._graph.name_scope(name or method.__name__):
            return method(self, *args, **kwargs)
    return call


class Distribution:
    """Base class: names, shapes, and what follows from `log_prob` and `mean`.

    A subclass has `_batch()`, a tensor whose shape is the batch's, and of `log_prob`, `_draw`,
    `mean`, `variance`, `entropy`, `mode`, `cdf` those that it can tell.

    Examples
    --------
    >>> normal = distributions.Normal(0.0, 1.0)
    >>> Session().run([normal.mean(), normal.stddev(), normal.cdf(0.0)])
    [np.float32(0.0), np.float32(1.0), np.float32(0.5)]
    """

    reparameterization_type = "FULLY_REPARAMETERIZED"

    def __init__(self, parameters, validate_args, allow_nan_stats, name):
        self._graph = next((p.graph for p in parameters.values() if is_node(p)),
                           None) or get_default_graph()
        with self._graph.as_default(), self._graph.name_scope(name) as scope:
            self._name = scope
            self._parameters = self._same_dtype(parameters)
        self.validate_args, self.allow_nan_stats = validate_args, allow_nan_stats

    def _same_dtype(self, given):
        """The parameters as tensors of one dtype: that of the first node or array, or float32."""
        dtype = next((to_np(p.dtype) for p in given.values() if hasattr(p, "dtype")), None)
        if dtype is None or dtype.kind != "f":
            dtype = FLOAT32
        return {k: None if p is None else as_tensor(p, dtype, self._graph, k)
                for k, p in given.items()}

    def __getattr__(self, name):
        """The tensors of the parameters, by their names."""
        found = self.__dict__.get("_parameters", {}).get(name)
        if found is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return found

    def __repr__(self):
        return (f"<{type(self).__name__} {self._name!r} batch_shape={self.batch_shape} "
                f"event_shape={self.event_shape} dtype={self.dtype.name}>")

    # -- shapes
    name = property(lambda self: self._name)
    parameters = property(lambda self: dict(self._parameters))
    dtype = property(lambda self: self._batch().dtype)
    batch_shape = property(lambda self: self._batch().shape)
    event_shape = property(lambda self: TensorShape([]))

    @node_maker
    def batch_shape_tensor(self):
        """The batch's shape as a tensor."""
        return shape_of(self._batch())

    def _drawn_shape(self, sample_shape, like):
        """The shape of draws: `sample_shape`, then that of `like`."""
        if not is_node(sample_shape):
            sample_shape = plain_shape(sample_shape)
        known = None if is_node(sample_shape) else like._shape
        if known is not None and None not in known:
            return [*sample_shape.tolist(), *known]
        first = as_tensor(sample_shape, None, self._graph)
        if first._shape == ():
            first = first[None]
        return concat([cast(first, INT32), shape_of(like)], 0)

    # -- what users call
    @node_maker
    def sample(self, sample_shape=(), seed=None):
        """Random values, of shape `sample_shape` + batch shape + event shape."""
        return self._draw(sample_shape, seed)

    def _sample_n(self, n, seed=None):
        """`sample` by the name that some scripts call."""
        return self.sample(n, seed)

    @node_maker
    def prob(self, value):
        """The density, or probability, at `value`."""
        return exp(self.log_prob(value))

    @node_maker
    def log_cdf(self, value):
        """The logarithm of the probability of at most `value`."""
        return log(self.cdf(value))

    @node_maker
    def survival_function(self, value):
        """The probability of more than `value`."""
        return 1 - self.cdf(value)

    @node_maker
    def stddev(self):
        """The standard deviation."""
        return sqrt(self.variance())

    def kl_divergence(self, other, name="kl_divergence"):
        """Kullback-Leibler divergence KL(self || other), in nats."""
        return kl_divergence(self, other, name=name)

    @node_maker
    def cross_entropy(self, other):
        """The entropy and the divergence from `other`."""
        return self.entropy() + self.kl_divergence(other)

    def _value(self, value):
        return as_tensor(value, None if is_node(value) else self._batch()._dtype, self._graph)


def unknown(what):
    """A method that says that a distribution cannot tell `what`."""
    def method(self, *_, **__):
        raise NotImplementedError(f"{what} is not implemented for {type(self).__name__}.")
    method.__name__ = what
    return method


for _what in ("log_prob", "cdf", "mean", "variance", "entropy", "mode"):
    setattr(Distribution, _what, unknown(_what))


# (class, formula of two of them), filled by `distributions.divergence`
FORMULAS = []


def kl_divergence(distribution_a, distribution_b, allow_nan_stats=True, name=None):
    """Kullback-Leibler divergence KL(distribution_a || distribution_b), in nats.

    Parameters
    ----------
    distribution_a, distribution_b : Distribution
        Of one kind: Normal, MultivariateNormalDiag, Categorical, Bernoulli or Uniform.

    Returns
    -------
    tensor of the batch's shape

    Raises
    ------
    NotImplementedError
        If there is no formula for the pair.

    Examples
    --------
    >>> near, far = distributions.Normal(0., 1.), distributions.Normal(1., 1.)
    >>> Session().run(distributions.kl_divergence(near, far))
    np.float32(0.5)
    """
    a, b = distribution_a, distribution_b
    for kind, formula in FORMULAS:
        if isinstance(a, kind) != isinstance(b, kind):
            break
        if isinstance(a, kind):
            with a._graph.as_default(), a._graph.name_scope(name or "KullbackLeibler"):
                return formula(a, b)
    raise NotImplementedError(f"No kl_divergence of {type(a).__name__} and {type(b).__name__}.")
