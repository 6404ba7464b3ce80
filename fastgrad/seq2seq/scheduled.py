"""Scheduled sampling (arXiv:1506.03099): teacher forcing that now and then feeds back a sample."""

from fastgrad.errors import ShapeError
from fastgrad.graph.dtypes import INT32
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.nn.activations import sigmoid
from fastgrad.ops.arithmetic import zeros_like
from fastgrad.ops.cast import cast
from fastgrad.ops.comparison import less
from fastgrad.ops.join import concat
from fastgrad.ops.random import random_uniform
from fastgrad.ops.reduce import reduce_all
from fastgrad.ops.reshape import reshape
from fastgrad.ops.shape import shape as shape_of
from fastgrad.ops.where import select
from fastgrad.rnn.dynamic import transpose_batch_time
from fastgrad.seq2seq.sampling import (TrainingHelper, categorical_sample, embedding_of,
                                       index_unless, rows_in_order)


def _probability(value, graph):
    p = as_tensor(value, None, graph)
    if p._shape is None or len(p._shape) > 1:
        raise ShapeError("sampling_probability must be either a scalar or a vector. saw shape: "
                         f"{p.shape}")
    return p


def bernoulli_sample(probs=None, logits=None, dtype=INT32, sample_shape=(), seed=None):
    """Draws of 0 and 1: one for each probability, or `sample_shape` for a scalar one."""
    p = sigmoid(logits) if probs is None else as_tensor(probs)
    shape = _vector(sample_shape) if p._shape == () else shape_of(p)
    return cast(less(random_uniform(shape, seed=seed, dtype=p.dtype), p), dtype)


def _vector(shape):
    if is_node(shape):
        return reshape(shape, [-1])
    return [shape] if isinstance(shape, int) else list(shape)


class ScheduledEmbeddingTrainingHelper(TrainingHelper):
    """Teacher forcing that now and then takes the embedding of a sample of its own outputs.

    Parameters
    ----------
    inputs, sequence_length, time_major : see TrainingHelper
    embedding : tensor, or callable(ids)
    sampling_probability : float, scalar or vector
    seed, scheduling_seed : int, optional
        Of the sample, and of the choice whether to take it.
    """

    def __init__(self, inputs, sequence_length, embedding, sampling_probability, time_major=False,
                 seed=None, scheduling_seed=None, name=None):
        super().__init__(inputs, sequence_length, time_major, name)
        self._embed = embedding_of(embedding)
        self._p = _probability(sampling_probability, self._sequence_length.graph)
        self._seed, self._scheduling_seed = seed, scheduling_seed

    def sample(self, time, outputs, state, name=None):
        """-1 for rows that take the given input, else an id."""
        take = bernoulli_sample(self._p, dtype="bool", sample_shape=self.batch_size,
                                seed=self._scheduling_seed)
        ids = categorical_sample(outputs, seed=self._seed)
        return select(take, ids, zeros_like(ids) - 1)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        finished, given, state = super().next_inputs(time, outputs, state, sample_ids)
        taken = self._embed(select(sample_ids > -1, sample_ids, zeros_like(sample_ids)))
        return finished, select(sample_ids > -1, taken, given), state


class ScheduledOutputTrainingHelper(TrainingHelper):
    """Teacher forcing that now and then takes its own last output as the next input.

    Parameters
    ----------
    inputs, sequence_length, time_major : see TrainingHelper
    sampling_probability : float, scalar or vector
    seed : int, optional
    next_inputs_fn : callable(outputs), optional
        What of the outputs goes in; they themselves if not given.
    auxiliary_inputs : tensor (batch, time, ...), optional
        Joined to the inputs in any case.
    """

    def __init__(self, inputs, sequence_length, sampling_probability, time_major=False, seed=None,
                 next_inputs_fn=None, auxiliary_inputs=None, name=None):
        whole, self._more = as_tensor(inputs), None
        if auxiliary_inputs is not None:
            more = as_tensor(auxiliary_inputs, None, whole.graph)
            whole = concat([whole, more], -1)
            self._more = rows_in_order(more if time_major else transpose_batch_time(more))
        super().__init__(whole, sequence_length, time_major, name)
        self._p = _probability(sampling_probability, self._sequence_length.graph)
        self._seed, self._next_inputs_fn = seed, next_inputs_fn

    def sample(self, time, outputs, state, name=None):
        """Whether a row takes its output."""
        return bernoulli_sample(self._p, sample_shape=self.batch_size, seed=self._seed)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        finished, given, state = super().next_inputs(time, outputs, state, sample_ids)
        own = outputs if self._next_inputs_fn is None else self._next_inputs_fn(outputs)
        if self._more is not None:
            own = concat([own, self._more.read(index_unless(reduce_all(finished), time + 1))], -1)
        return finished, select(cast(sample_ids, "bool"), own, given), state


__all__ = ["ScheduledEmbeddingTrainingHelper", "ScheduledOutputTrainingHelper"]
