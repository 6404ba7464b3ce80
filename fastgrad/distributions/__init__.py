"""TensorFlow's `tf.distributions` names."""

from fastgrad.distributions.continuous import (Distribution, Exponential, Laplace,
                                               MultivariateNormalDiag, Normal, Uniform)
from fastgrad.distributions.discrete import Bernoulli, Categorical
from fastgrad.distributions.divergence import kl_divergence
from fastgrad import elsewhere as _elsewhere

__all__ = ["Distribution", "Normal", "Laplace", "Uniform", "Exponential", "MultivariateNormalDiag",
           "Bernoulli", "Categorical", "kl_divergence"]
__getattr__ = _elsewhere.missing("fastgrad.distributions")
