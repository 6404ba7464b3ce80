"""Linear-chain conditional random fields: TensorFlow's `tf.contrib.crf` names.

Scores of a sequence are those of its tags (`inputs`) and of the transitions between them; sums over
all sequences, and the best one, are recurrent nets over time.
"""

import numpy as np

from fastgrad import elsewhere as _elsewhere
from fastgrad.graph.doors import door as _door
from fastgrad.graph.dtypes import INT32
from fastgrad.graph.nodes import as_tensor as _as_tensor
from fastgrad.ops.argmax import argmax as _argmax
from fastgrad.ops.arithmetic import maximum as _maximum
from fastgrad.ops.arithmetic import zeros_like as _zeros_like
from fastgrad.ops.cast import cast as _cast
from fastgrad.ops.gather import gather as _gather
from fastgrad.ops.gather import gather_nd as _gather_nd
from fastgrad.ops.join import concat as _concat
from fastgrad.ops.join import stack as _stack
from fastgrad.ops.logsumexp import reduce_logsumexp as _logsumexp
from fastgrad.ops.make import range as _range
from fastgrad.ops.make import sequence_mask as _sequence_mask
from fastgrad.ops.order import reverse_sequence as _reverse_sequence
from fastgrad.ops.reduce import reduce_max as _reduce_max
from fastgrad.ops.reduce import reduce_sum as _reduce_sum
from fastgrad.ops.reshape import expand_dims as _expand_dims
from fastgrad.ops.reshape import reshape as _reshape
from fastgrad.ops.reshape import squeeze as _squeeze
from fastgrad.ops.shape import shape as _shape_of
from fastgrad.ops.where import select as _select
from fastgrad.rnn.cell import RNNCell as _RNNCell
from fastgrad.rnn.dynamic import dynamic_rnn as _dynamic_rnn
from fastgrad.variables.scopes import get_variable as _get_variable


def _tensors(inputs, *others):
    """The inputs, and others in their graph; a TensorFlow graph takes no list of lengths."""
    inputs = _as_tensor(inputs)
    if inputs.graph.literals == "tf":
        for t in others:
            if not hasattr(t, "dtype"):
                raise AttributeError(f"'{type(t).__name__}' object has no attribute 'dtype': tags "
                                     "and lengths of a crf are tensors or arrays.")
    return (inputs, *(_as_tensor(t, None, inputs.graph) for t in others))


def _zeros_where_empty(score, lengths):
    """The score, but 0 for sequences without a step."""
    return _select(lengths <= 0, _zeros_like(score), score)


def _mask(lengths, like, dtype):
    return _sequence_mask(lengths, _shape_of(like)[1], dtype)


# ---- scores of given tags ---------------------------------------------------------------

@_door
def crf_unary_score(tag_indices, sequence_lengths, inputs):
    """The sum of the scores of given tags, (batch,)."""
    inputs, tags, lengths = _tensors(inputs, tag_indices, sequence_lengths)
    whole = _shape_of(inputs)
    batch, steps, count = whole[0], whole[1], whole[2]
    offsets = _expand_dims(_range(batch) * steps * count, 1) + _expand_dims(
        _range(steps) * count, 0)
    places = _reshape(_cast(offsets, tags.dtype) + tags, [-1])
    scores = _reshape(_gather(_reshape(inputs, [-1]), places), [batch, steps])
    return _reduce_sum(scores * _mask(lengths, tags, inputs.dtype), 1)


@_door
def crf_binary_score(tag_indices, sequence_lengths, transition_params):
    """The sum of the scores of the transitions between given tags, (batch,)."""
    params, tags, lengths = _tensors(transition_params, tag_indices, sequence_lengths)
    places = tags[:, :-1] * params._shape[0] + tags[:, 1:]
    scores = _gather(_reshape(params, [-1]), places)
    return _reduce_sum(scores * _mask(lengths, tags, params.dtype)[:, 1:], 1)


@_door
def crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params):
    """The score of given tags, not normalised.

    Parameters
    ----------
    inputs : tensor (batch, time, tags)
    tag_indices : integer tensor (batch, time)
    sequence_lengths : integer vector (batch,)
    transition_params : tensor (tags, tags)

    Returns
    -------
    Tensor (batch,)
    """
    inputs, tags, lengths = _tensors(inputs, tag_indices, sequence_lengths)
    if inputs._shape[1] == 1:
        rows = _reshape(_range(_shape_of(inputs)[0], dtype=tags.dtype), [-1, 1])
        score = _gather_nd(_squeeze(inputs, [1]), _concat([rows, tags], 1))
        return _zeros_where_empty(score, lengths)
    return (crf_unary_score(tags, lengths, inputs)
            + crf_binary_score(tags, lengths, transition_params))


# ---- all sequences ----------------------------------------------------------------------

class CrfForwardRnnCell(_RNNCell):
    """One step of the sum over all sequences: the state is the logarithm of the sum for each tag.

    Parameters
    ----------
    transition_params : tensor (tags, tags)
    """

    def __init__(self, transition_params):
        self._transitions = _expand_dims(transition_params, 0)
        self._num_tags = self._transitions._shape[1]

    state_size = property(lambda self: self._num_tags)
    output_size = property(lambda self: self._num_tags)

    def __call__(self, inputs, state, scope=None):
        new = inputs + _logsumexp(_expand_dims(state, 2) + self._transitions, [1])
        return new, new


@_door
def crf_log_norm(inputs, sequence_lengths, transition_params):
    """The logarithm of the sum of the exponentials of all sequences' scores, (batch,)."""
    inputs, lengths, params = _tensors(inputs, sequence_lengths, transition_params)
    first, alphas = inputs[:, 0, :], None
    if inputs._shape[1] == 1:
        alphas = first
    else:
        _, alphas = _dynamic_rnn(CrfForwardRnnCell(params), inputs[:, 1:, :],
                                 sequence_length=_maximum(lengths - 1, 0), initial_state=first,
                                 dtype=inputs.dtype)
    return _zeros_where_empty(_logsumexp(alphas, [1]), lengths)


@_door
def crf_multitag_sequence_score(inputs, tag_bitmap, sequence_lengths, transition_params):
    """The logarithm of the sum over all sequences of allowed tags; `tag_bitmap` says which."""
    inputs, allowed = _tensors(inputs, tag_bitmap)
    none = _zeros_like(inputs) + float("-inf")
    filtered = _select(allowed, inputs, none)
    if inputs._shape[1] == 1:
        return _logsumexp(filtered, [1, 2])
    return crf_log_norm(filtered, sequence_lengths, transition_params)


@_door
def crf_log_likelihood(inputs, tag_indices, sequence_lengths, transition_params=None):
    """The log likelihood of given tags.

    Parameters
    ----------
    inputs : tensor (batch, time, tags)
        Scores of the tags at each step.
    tag_indices : integer tensor (batch, time)
    sequence_lengths : integer vector (batch,)
    transition_params : tensor (tags, tags), optional
        A new variable `transitions` if not given.

    Returns
    -------
    (log_likelihood, transition_params) : (batch,), and the transitions
    """
    inputs = _as_tensor(inputs)
    count = inputs._shape[2]
    if transition_params is None:
        transition_params = _get_variable("transitions", [count, count], inputs.dtype)
    score = crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params)
    norm = crf_log_norm(inputs, sequence_lengths, transition_params)
    return score - norm, transition_params


# ---- the best sequence ------------------------------------------------------------------

def viterbi_decode(score, transition_params):
    """The best tags of one sequence, with NumPy.

    Parameters
    ----------
    score : array (time, tags)
    transition_params : array (tags, tags)

    Returns
    -------
    (tags, score) : a list of int, and a number
    """
    score = np.asarray(score)
    best, back = np.zeros_like(score), np.zeros_like(score, np.int32)
    best[0] = score[0]
    for t in range(1, len(score)):
        through = best[t - 1][:, None] + transition_params
        best[t], back[t] = score[t] + through.max(0), through.argmax(0)
    tags = [int(best[-1].argmax())]
    for pointers in back[:0:-1]:
        tags.append(int(pointers[tags[-1]]))
    return tags[::-1], best[-1].max()


class CrfDecodeForwardRnnCell(CrfForwardRnnCell):
    """One step of the search for the best sequence: puts out where each tag comes from."""

    def __call__(self, inputs, state, scope=None):
        through = _expand_dims(state, 2) + self._transitions
        return _cast(_argmax(through, 1), INT32), inputs + _reduce_max(through, [1])


class CrfDecodeBackwardRnnCell(_RNNCell):
    """One step back along where the best tags come from."""

    def __init__(self, num_tags):
        self._num_tags = num_tags

    state_size = property(lambda self: 1)
    output_size = property(lambda self: 1)

    def __call__(self, inputs, state, scope=None):
        rows = _range(_shape_of(inputs)[0])
        tags = _expand_dims(_gather_nd(inputs, _stack([rows, _squeeze(state, [1])], 1)), -1)
        return tags, tags


@_door
def crf_decode(potentials, transition_params, sequence_length):
    """The best tags of each sequence.

    Parameters
    ----------
    potentials : tensor (batch, time, tags)
    transition_params : tensor (tags, tags)
    sequence_length : integer vector (batch,)

    Returns
    -------
    (decode_tags, best_score) : int32 (batch, time), zeros behind the lengths, and (batch,)
    """
    scores, params, lengths = _tensors(potentials, transition_params, sequence_length)
    if scores._shape[1] == 1:
        only = _squeeze(scores, [1])
        return _cast(_expand_dims(_argmax(only, 1), 1), INT32), _reduce_max(only, 1)
    shorter = _maximum(lengths - 1, 0)
    pointers, last = _dynamic_rnn(CrfDecodeForwardRnnCell(params), scores[:, 1:, :], shorter,
                                  scores[:, 0, :], INT32)
    first = _expand_dims(_cast(_argmax(last, 1), INT32), -1)
    tags, _ = _dynamic_rnn(CrfDecodeBackwardRnnCell(scores._shape[2]),
                           _reverse_sequence(pointers, shorter, seq_axis=1), shorter, first, INT32)
    tags = _concat([first, _squeeze(tags, [2])], 1)
    return (_reverse_sequence(tags, lengths, seq_axis=1),
            _zeros_where_empty(_reduce_max(last, 1), lengths))


__all__ = ["crf_sequence_score", "crf_log_norm", "crf_log_likelihood", "crf_unary_score",
           "crf_binary_score", "crf_multitag_sequence_score", "CrfForwardRnnCell",
           "viterbi_decode", "CrfDecodeForwardRnnCell", "CrfDecodeBackwardRnnCell", "crf_decode"]
__getattr__ = _elsewhere.missing("fastgrad.crf")
