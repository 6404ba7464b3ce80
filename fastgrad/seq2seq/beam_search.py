"""Beam search: BeamSearchDecoder.

The batch and the beam are two axes of everything the decoder holds, and one axis, row by row, of
what the cell gets.
"""

import collections

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.flow.part import flat, refill
from fastgrad.flow.tensor_array import TensorArray
from fastgrad.graph.dtypes import FLOAT32, INT32, INT64, as_dtype
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.tensor_shape import TensorShape
from fastgrad.nn.ctc_decoders import gather_tree
from fastgrad.nn.lookup import top_k
from fastgrad.nn.softmax import log_softmax
from fastgrad.ops.arithmetic import log, minimum, ones_like, zeros_like
from fastgrad.ops.cast import cast
from fastgrad.ops.comparison import equal
from fastgrad.ops.divide import floordiv, mod
from fastgrad.ops.gather import batch_gather, gather
from fastgrad.ops.join import concat, stack
from fastgrad.ops.logic import logical_not, logical_or
from fastgrad.ops.make import fill, one_hot, range as range_, zeros
from fastgrad.ops.pad import tile
from fastgrad.ops.reduce import reduce_max, reduce_mean, reduce_sum
from fastgrad.ops.reshape import expand_dims, reshape
from fastgrad.ops.shape import shape as shape_of, size as size_of
from fastgrad.ops.where import select
from fastgrad.rnn.cell import assert_like_rnncell
from fastgrad.rnn.steps import replaced, tensors_in
from fastgrad.seq2seq.attention_wrapper import AttentionWrapperState
from fastgrad.seq2seq.decoder import Decoder, check_layer
from fastgrad.seq2seq.beams import gather_tree_from_array
from fastgrad.seq2seq.sampling import embedding_of
from fastgrad.wording import where

BeamSearchDecoderState = collections.namedtuple("BeamSearchDecoderState", (
    "cell_state", "log_probs", "finished", "lengths", "accumulated_attention_probs"))
BeamSearchDecoderOutput = collections.namedtuple("BeamSearchDecoderOutput", (
    "scores", "predicted_ids", "parent_ids"))
FinalBeamSearchDecoderOutput = collections.namedtuple("FinalBeamDecoderOutput", (
    "predicted_ids", "beam_search_decoder_output"))


class BeamSearchDecoder(Decoder):
    """Beam search: the `beam_width` most likely sequences of each row.

    Parameters
    ----------
    cell : RNNCell
    embedding : tensor, or callable(ids)
    start_tokens : int32 vector (batch,)
    end_token : int32 scalar
    initial_state : nesting of tensors (batch * beam_width, ...)
        Tiled with `tile_batch`; so is the memory of an attention.
    beam_width : int
    output_layer : Layer, optional
    length_penalty_weight : float
        Scores are divided by `((5 + length) / 6) ** weight`.
    coverage_penalty_weight : float
        Weight of a penalty for memory that was not attended to.
    reorder_tensor_arrays : bool
        Whether TensorArrays in the last state (histories of alignments) follow the beams.

    Notes
    -----
    dynamic_decode returns `predicted_ids` (batch, time, beam), best first.
    """

    def __init__(self, cell, embedding, start_tokens, end_token, initial_state, beam_width,
                 output_layer=None, length_penalty_weight=0.0, coverage_penalty_weight=0.0,
                 reorder_tensor_arrays=True):
        assert_like_rnncell("cell", cell)
        check_layer(output_layer)
        self._cell, self._output_layer, self._beam_width = cell, output_layer, beam_width
        self._length_penalty, self._coverage_penalty = (length_penalty_weight,
                                                        coverage_penalty_weight)
        self._reorder = reorder_tensor_arrays
        self._embed = embedding_of(embedding)
        state = tensors_in(initial_state)
        graph = flat(state)[0].graph
        start = as_tensor(start_tokens, INT32, graph)
        self._end = as_tensor(end_token, INT32, graph)
        if start._shape is None or len(start._shape) != 1:
            raise ShapeError("start_tokens must be a vector")
        if self._end._shape != ():
            raise ShapeError("end_token must be a scalar")
        known = start._shape[0]
        self._batch_size = size_of(start) if known is None else known
        self._known = known
        self._initial_state = self._each(self._split, state)
        self._start_inputs = self._embed(tile(expand_dims(start, 1), [1, beam_width]))
        self._dtype = flat(self._initial_state)[0].dtype

    batch_size = property(lambda self: self._batch_size)
    tracks_own_finished = property(lambda self: True)

    @property
    def output_size(self):
        return BeamSearchDecoderOutput(*[TensorShape([self._beam_width])] * 3)

    @property
    def output_dtype(self):
        return BeamSearchDecoderOutput(self._dtype, as_dtype(INT32), as_dtype(INT32))

    def initialize(self, name=None):
        """All but the first beam of a row begin with a probability of 0."""
        first = zeros([self._batch_size], INT32)
        covered = self._attended(self._initial_state)
        infinite = np.asarray(-np.inf, self._dtype.as_numpy_dtype)
        state = BeamSearchDecoderState(
            cell_state=self._initial_state,
            log_probs=one_hot(first, self._beam_width, on_value=np.zeros_like(infinite),
                              off_value=infinite, dtype=self._dtype),
            finished=one_hot(first, self._beam_width, on_value=False, off_value=True,
                             dtype="bool"),
            lengths=zeros([self._batch_size, self._beam_width], INT64),
            accumulated_attention_probs=() if covered is None else covered)
        return state.finished, self._start_inputs, state

    # ---- batch and beam, as one axis and as two ----
    def _each(self, function, state):
        """`function` of the tensors of a state that have rows."""
        found = []
        for t in flat(state):
            if not isinstance(t, TensorArray) and t._shape is None:
                raise ShapeError(f"Expected tensor ({where(t)}) to have known rank, but ndims == "
                                 "None.")
            found.append(function(t) if not isinstance(t, TensorArray) and t._shape else
                         t.flow if isinstance(t, TensorArray) else t)
        return refill(state, iter(found))

    def _split(self, t):
        known, width = self._known, self._beam_width
        if known is not None and t._shape[0] not in (None, known * width):
            raise ShapeError(
                "Unexpected behavior when reshaping between beam width and batch size: "
                f"{where(t)} has {t._shape[0]} rows; expected batch_size * beam_width = "
                f"{known} * {width}. Tile the initial state with tile_batch, or make zero_state "
                "with batch_size * beam_width.")
        two = reshape(t, concat([[self._batch_size, width], shape_of(t)[1:]], 0))
        two.set_shape([known, width, *t._shape[1:]])
        return two

    def _merge(self, t):
        if len(t._shape) < 2:
            return t
        one = reshape(t, concat([[self._batch_size * self._beam_width], shape_of(t)[2:]], 0))
        one.set_shape([None if self._known is None else self._known * self._beam_width,
                       *t._shape[2:]])
        return one

    # ---- one step ----
    def step(self, time, inputs, state, name=None):
        with time.graph.name_scope(name or "BeamSearchDecoderStep"):
            outputs, new = self._cell(self._each(self._merge, inputs),
                                      self._each(self._merge, state.cell_state))
            outputs, new = self._each(self._split, outputs), self._each(self._split, new)
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            found, state = self._searched(outputs, new, state)
            return found, state, self._embed(found.predicted_ids), state.finished

    def _searched(self, logits, cell_state, state):
        """(output, state) of the best continuations of all beams of a row."""
        width, batch = self._beam_width, self._batch_size
        vocabulary = logits._shape[-1] or shape_of(logits)[-1]
        going = logical_not(state.finished)
        total = expand_dims(state.log_probs, 2) + self._step_scores(logits, state.finished,
                                                                   vocabulary)
        grown = one_hot(fill([batch, width], self._end), vocabulary, on_value=np.int64(0),
                        off_value=np.int64(1), dtype=INT64)
        lengths = (grown * expand_dims(cast(going, INT64), 2) + expand_dims(state.lengths, 2))
        covered = self._attended(cell_state)
        if covered is not None:
            covered = state.accumulated_attention_probs + covered * expand_dims(
                cast(going, FLOAT32), 2)
        scores = self._scores(total, lengths, state.finished, covered)
        best, places = top_k(reshape(scores, [batch, -1]), k=width)
        best.set_shape([self._known, width])
        places.set_shape([self._known, width])
        ids, parents = mod(places, vocabulary), floordiv(places, vocabulary)
        was_finished = self._along(state.finished, parents)
        new = BeamSearchDecoderState(
            cell_state=self._each(lambda t: self._along(t, parents), cell_state),
            log_probs=batch_gather(reshape(total, [batch, -1]), places),
            finished=logical_or(was_finished, equal(ids, self._end)),
            lengths=self._along(state.lengths, parents) + cast(logical_not(was_finished), INT64),
            accumulated_attention_probs=() if covered is None else self._along(covered, parents))
        return BeamSearchDecoderOutput(best, ids, parents), new

    def _along(self, t, parents):
        """What belongs to each beam's parent; (batch, beam, ...)."""
        if len(t._shape) < 2:
            return t
        width = self._beam_width
        rows = reshape(parents + expand_dims(range_(self._batch_size) * width, 1), [-1])
        whole = shape_of(t)
        flat_rows = reshape(t, concat([[self._batch_size * width], whole[2:]], 0))
        found = reshape(gather(flat_rows, rows), whole)
        found.set_shape(t.shape)
        return found

    def _step_scores(self, logits, finished, vocabulary):
        """Logarithms of the next ids; a finished beam goes on with the end token alone."""
        scores = log_softmax(logits)
        least = np.asarray(np.finfo(scores.dtype.as_numpy_dtype).min)
        row = one_hot(self._end, vocabulary, on_value=np.zeros_like(least), off_value=least,
                      dtype=scores.dtype)
        closed = zeros_like(scores) + reshape(row, [1, 1, -1])
        mask = tile(expand_dims(finished, 2), [1, 1, vocabulary])
        return select(mask, closed, scores)

    def _scores(self, total, lengths, finished, covered):
        scores = total
        weight = self._length_penalty
        if is_node(weight) or weight != 0:
            penalty = ((5.0 + cast(lengths, FLOAT32)) / 6.0) ** weight
            scores = scores / cast(penalty, scores.dtype)
        if covered is None:
            return scores
        covered = select(equal(covered, 0.0), ones_like(covered), covered)
        penalty = reduce_sum(log(minimum(covered, 1.0)), 2) * cast(finished, FLOAT32)
        return scores + expand_dims(penalty * self._coverage_penalty, 2)

    def _attended(self, cell_state):
        """The alignments of a state, if their coverage counts."""
        if not is_node(self._coverage_penalty) and self._coverage_penalty == 0:
            return None
        parts = [cell_state] if isinstance(cell_state, AttentionWrapperState) else cell_state
        found = [_mean(s.alignments) for s in (parts if isinstance(parts, (list, tuple)) else ())
                 if isinstance(s, AttentionWrapperState)]
        if not found:
            raise ValueError("coverage_penalty_weight must be 0.0 if no cell is attentional.")
        return _mean(tuple(found))

    # ---- the end ----
    def finalize(self, outputs, final_state, sequence_lengths):
        longest = cast(reduce_max(final_state.lengths, axis=1), INT32)
        ids = gather_tree(outputs.predicted_ids, outputs.parent_ids, longest, self._end)
        if self._reorder:
            found = [self._reordered(t, outputs.parent_ids, final_state.lengths) if isinstance(
                t, TensorArray) else t for t in flat(final_state.cell_state)]
            final_state = final_state._replace(cell_state=replaced(final_state.cell_state, found))
        return FinalBeamSearchDecoderOutput(ids, outputs), final_state

    def _reordered(self, array, parents, lengths):
        """A history (time, batch * beam, ...) along the final beams; others as they are."""
        known = array.element_shape
        wanted = None if self._known is None else self._known * self._beam_width
        if known.ndims is None or known.ndims < 1 or known.as_list()[0] not in (None, wanted):
            return array
        return gather_tree_from_array(array.stack(), parents, lengths)


def _mean(parts):
    """The mean of several alignments."""
    if not isinstance(parts, tuple):
        return parts
    return parts[0] if len(parts) == 1 else reduce_mean(stack(list(parts), -1), -1)


__all__ = ["BeamSearchDecoder", "BeamSearchDecoderOutput", "BeamSearchDecoderState",
           "FinalBeamSearchDecoderOutput"]
