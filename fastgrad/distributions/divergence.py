"""The Kullback-Leibler divergence of two distributions, a formula for each pair of kinds."""

from fastgrad.distributions.continuous import MultivariateNormalDiag, Normal, Uniform
from fastgrad.distributions.discrete import Bernoulli, Categorical
from fastgrad.distributions.distribution import FORMULAS, kl_divergence
from fastgrad.nn.activations import sigmoid, softplus
from fastgrad.nn.softmax import log_softmax, softmax
from fastgrad.ops.arithmetic import log, zeros_like
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.unary import square
from fastgrad.ops.where import where


def _normals(a, b):
    ratio = square(a.scale / b.scale)
    return 0.5 * square((a.loc - b.loc) / b.scale) + 0.5 * (ratio - 1 - log(ratio))


def _diagonal(a, b):
    return reduce_sum(_normals(a, b), -1)


def _categoricals(a, b):
    return reduce_sum(softmax(a.logits) * (log_softmax(a.logits) - log_softmax(b.logits)), -1)


def _bernoullis(a, b):
    return (sigmoid(a.logits) * (softplus(-b.logits) - softplus(-a.logits))
            + sigmoid(-a.logits) * (softplus(b.logits) - softplus(a.logits)))


def _uniforms(a, b):
    nats = log(b.range()) - log(a.range())
    inside = (b.low <= a.low) & (a.high <= b.high)
    return where(inside & (nats == nats), nats, zeros_like(nats) + float("inf"))


# the most special first
FORMULAS += [(MultivariateNormalDiag, _diagonal), (Normal, _normals), (Categorical, _categoricals),
             (Bernoulli, _bernoullis), (Uniform, _uniforms)]


__all__ = ["kl_divergence"]
