"""Losses over a few sampled classes, and the samplers that draw them: nce_loss and its kin.

A loss over all classes of a large vocabulary costs a product with the whole table. These compare
the true classes with `num_sampled` others, so that a step reads and updates only their rows.
A sampler is one random op; the expected counts that correct the logits are ordinary arithmetic.
"""

import numpy as np

from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import FLOAT32, INT64
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import NotDifferentiable, op
from fastgrad.linalg.matmul import matmul
from fastgrad.nn.cross_entropy import (sigmoid_cross_entropy_with_logits,
                                       softmax_cross_entropy_with_logits_v2)
from fastgrad.nn.lookup import embedding_lookup
from fastgrad.ops.arithmetic import log, multiply, ones_like, zeros_like
from fastgrad.ops.cast import cast
from fastgrad.ops.comparison import equal
from fastgrad.ops.join import concat
from fastgrad.ops.random import seeds_of
from fastgrad.ops.reduce import reduce_any, reduce_sum
from fastgrad.ops.reshape import expand_dims, reshape
from fastgrad.ops.state import stop_gradient
from fastgrad.ops.unary import expm1, log1p
from fastgrad.ops.where import where

_FAR = np.float32(-np.finfo(np.float32).max)


# ---- samplers ---------------------------------------------------------------------------

def _draw(generator, count, range_max, skewed):
    """Random classes < `range_max`: uniform, or P(k) = log((k + 2) / (k + 1)) / log(range + 1)."""
    if not skewed:
        return generator.integers(0, range_max, count)
    classes = np.exp(generator.random(count) * np.log1p(range_max)).astype(np.int64) - 1
    return np.minimum(classes, range_max - 1)


def _candidates_ref(generator, num_sampled, range_max, unique, skewed, seeds):
    """The sampled classes, followed by the number of draws."""
    classes = _draw(generator, num_sampled, range_max, skewed)
    if not unique:
        return np.append(classes, num_sampled)
    while True:
        _, first = np.unique(classes, return_index=True)
        if first.size >= num_sampled:
            first = np.sort(first)[:num_sampled]
            return np.append(classes[first], first[-1] + 1 if num_sampled else 0)
        more = _draw(generator, classes.size + num_sampled, range_max, skewed)
        classes = np.append(classes, more)


@op(lambda s, a: (a["num_sampled"] + 1,), dtype=None, out=INT64, form="random", pure=False,
    draw=_candidates_ref, name="CandidateSampler")
def _candidates(num_sampled=0, range_max=0, unique=True, skewed=True, seeds=None):
    pass


NotDifferentiable("candidates")


def _expected(classes, tries, range_max, unique, skewed):
    """Expected counts of classes among the draws."""
    if skewed:
        at = cast(classes, FLOAT32)
        chance = log((at + 2.0) / (at + 1.0)) * np.float32(1 / np.log1p(range_max))
    else:
        chance = cast(zeros_like(classes), FLOAT32) + np.float32(1 / range_max)
    return -expm1(tries * log1p(-chance)) if unique else tries * chance


def _sampler(skewed, op_name, true_classes, num_true, num_sampled, unique, range_max, seed, name):
    if unique and num_sampled > range_max:
        raise ValueError(f"{op_name}: {num_sampled} different classes are wanted, but range_max "
                         f"is {range_max}.")
    true_classes = as_tensor(true_classes)
    graph = get_default_graph()
    with graph.name_scope(name or op_name):
        drawn = _candidates(num_sampled=num_sampled, range_max=range_max, unique=unique,
                            skewed=skewed, seeds=seeds_of(graph, seed))
        sampled, tries = drawn[:num_sampled], cast(drawn[num_sampled], FLOAT32)
        return (sampled, _expected(true_classes, tries, range_max, unique, skewed),
                _expected(sampled, tries, range_max, unique, skewed))


@door
def log_uniform_candidate_sampler(true_classes, num_true, num_sampled, unique, range_max,
                                  seed=None, name=None):
    """Sampler of classes by a log-uniform distribution: for words numbered by falling frequency.

    Parameters
    ----------
    true_classes : integer tensor (batch, num_true)
    num_true, num_sampled, range_max : int
    unique : bool
        Whether a class comes once at most.
    seed : int, optional

    Returns
    -------
    (sampled, true_expected_count, sampled_expected_count)
        int64 (num_sampled,), float32 (batch, num_true), float32 (num_sampled,).

    Examples
    --------
    >>> labels = constant([[0], [1]])
    >>> found = nn.log_uniform_candidate_sampler(labels, 1, 4, True, 10, seed=1)
    >>> Session().run(found[0]).shape
    (4,)
    """
    return _sampler(True, "LogUniformCandidateSampler", true_classes, num_true, num_sampled,
                    unique, range_max, seed, name)


@door
def uniform_candidate_sampler(true_classes, num_true, num_sampled, unique, range_max, seed=None,
                              name=None):
    """Sampler of classes that are all equally likely; see `log_uniform_candidate_sampler`.

    Examples
    --------
    >>> labels = constant([[0], [1]])
    >>> candidates, true, sampled = nn.uniform_candidate_sampler(labels, 1, 4, True, 10, seed=1)
    >>> Session().run(candidates).shape
    (4,)
    """
    return _sampler(False, "UniformCandidateSampler", true_classes, num_true, num_sampled,
                    unique, range_max, seed, name)


# ---- losses -----------------------------------------------------------------------------

def _sampled_logits(weights, biases, labels, inputs, num_sampled, num_classes, num_true,
                    sampled_values, remove_accidental_hits, partition_strategy, seed):
    """(logits, labels) of the true and the sampled classes, (batch, num_true + num_sampled)."""
    labels, inputs = cast(labels, INT64), as_tensor(inputs)
    if sampled_values is None:
        sampled_values = log_uniform_candidate_sampler(
            labels, num_true, num_sampled, True, num_classes, seed)
    sampled, true_count, sampled_count = (stop_gradient(v) for v in sampled_values)
    flat = reshape(labels, [-1])
    classes = concat([flat, cast(sampled, INT64)], 0)
    rows = embedding_lookup(weights, classes, partition_strategy)
    offsets = embedding_lookup(biases, classes, partition_strategy)
    # the sampled classes are last, and how many they are is known
    width, dtype = rows._shape[-1], inputs._dtype
    true_rows = reshape(rows[:-num_sampled], [-1, num_true, width])
    true = reduce_sum(multiply(expand_dims(inputs, 1), true_rows), -1)
    true += reshape(offsets[:-num_sampled], [-1, num_true])
    others = matmul(inputs, rows[-num_sampled:], transpose_b=True) + offsets[-num_sampled:]
    if remove_accidental_hits:
        hits = reduce_any(equal(expand_dims(labels, 2), reshape(sampled, [1, 1, -1])), 1)
        others = where(hits, zeros_like(others) + _FAR, others)
    true -= cast(log(true_count), dtype)
    others -= cast(log(sampled_count), dtype)
    return (concat([true, others], 1),
            concat([ones_like(true) / float(num_true), zeros_like(others)], 1))


@door
def nce_loss(weights, biases, labels, inputs, num_sampled, num_classes, num_true=1,
             sampled_values=None, remove_accidental_hits=False, partition_strategy="mod",
             name="nce_loss"):
    """Noise-contrastive estimation: the true classes against sampled ones, each by a sigmoid.

    Parameters
    ----------
    weights : tensor (num_classes, width), or a list of its shards
    biases : tensor (num_classes,)
    labels : integer tensor (batch, num_true)
    inputs : tensor (batch, width)
    num_sampled, num_classes, num_true : int
    sampled_values : what a candidate sampler returns, optional
        Of `log_uniform_candidate_sampler`, if not given.
    remove_accidental_hits : bool
        Whether a sampled class that is a true one of the row does not count.

    Returns
    -------
    Tensor (batch,)

    Notes
    -----
    Gradient: to `inputs`, and to the rows of `weights` and `biases` that were read.

    Examples
    --------
    >>> w, b = Variable(np.zeros((10, 3))), Variable(np.zeros(10))
    >>> loss = nn.nce_loss(w, b, labels=[[1], [2]], inputs=np.ones((2, 3)), num_sampled=4,
    ...     num_classes=10)
    >>> Session().run(loss).shape
    (2,)
    """
    with as_tensor(inputs).graph.name_scope(name):
        logits, wanted = _sampled_logits(
            weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
            remove_accidental_hits, partition_strategy, None)
        return reduce_sum(sigmoid_cross_entropy_with_logits(labels=wanted, logits=logits), 1)


@door
def sampled_softmax_loss(weights, biases, labels, inputs, num_sampled, num_classes, num_true=1,
                         sampled_values=None, remove_accidental_hits=True,
                         partition_strategy="mod", name="sampled_softmax_loss", seed=None):
    """Softmax cross-entropy over the true classes and sampled ones; parameters as of `nce_loss`.

    Gradient: to `inputs`, and to the rows of `weights` and `biases` that were read.

    Examples
    --------
    >>> w, b, x = Variable(np.zeros((10, 3))), Variable(np.zeros(10)), np.ones((2, 3))
    >>> loss = nn.sampled_softmax_loss(w, b, [[1], [2]], x, num_sampled=4, num_classes=10)
    >>> Session().run(loss).shape
    (2,)
    """
    with as_tensor(inputs).graph.name_scope(name):
        logits, wanted = _sampled_logits(
            weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
            remove_accidental_hits, partition_strategy, seed)
        return softmax_cross_entropy_with_logits_v2(labels=stop_gradient(wanted), logits=logits)


__all__ = ["log_uniform_candidate_sampler", "uniform_candidate_sampler", "nce_loss",
           "sampled_softmax_loss"]
