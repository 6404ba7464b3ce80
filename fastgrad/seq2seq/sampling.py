"""Helpers of BasicDecoder: what is sampled from an output, and what goes in next.

Decisions
- Inputs behind the last step are never used. TensorFlow guards each step with a `cond` so that it
  does not read them; here the index is 0 instead, so that a loop's body stays free of branches.
"""

from fastgrad.errors import ShapeError
from fastgrad.flow.part import flat, refill
from fastgrad.flow.tensor_array import TensorArray
from fastgrad.graph.dtypes import INT32, as_dtype
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.tensor_shape import TensorShape
from fastgrad.nn.lookup import embedding_lookup
from fastgrad.ops.argmax import argmax
from fastgrad.ops.arithmetic import zeros_like
from fastgrad.ops.cast import cast
from fastgrad.ops.comparison import equal
from fastgrad.ops.join import concat
from fastgrad.ops.make import fill
from fastgrad.ops.random import multinomial
from fastgrad.ops.reduce import reduce_all
from fastgrad.ops.reshape import reshape
from fastgrad.ops.shape import shape as shape_of, size as size_of
from fastgrad.ops.where import select
from fastgrad.rnn.dynamic import transpose_batch_time
from fastgrad.rnn.steps import tensors_in
from fastgrad.wording import where


class Helper:
    """Base of helpers.

    A subclass defines `batch_size`, `sample_ids_shape` (without the batch), `sample_ids_dtype`,
    `initialize()`, which returns (finished, inputs), `sample(time, outputs, state)` and
    `next_inputs(time, outputs, state, sample_ids)`, which returns (finished, inputs, state).
    """

    @property
    def batch_size(self):
        raise NotImplementedError("batch_size has not been implemented")

    @property
    def sample_ids_shape(self):
        raise NotImplementedError("sample_ids_shape has not been implemented")

    @property
    def sample_ids_dtype(self):
        raise NotImplementedError("sample_ids_dtype has not been implemented")

    def initialize(self, name=None):
        raise NotImplementedError("initialize has not been implemented")

    def sample(self, time, outputs, state, name=None):
        raise NotImplementedError("sample has not been implemented")

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        raise NotImplementedError("next_inputs has not been implemented")


class _Ids(Helper):
    """Helpers whose sample is one int32 a row."""

    batch_size = property(lambda self: self._batch_size)
    sample_ids_shape = property(lambda self: TensorShape([]))
    sample_ids_dtype = property(lambda self: as_dtype(INT32))


class CustomHelper(Helper):
    """A helper of three functions.

    Parameters
    ----------
    initialize_fn : callable() -> (finished, inputs)
    sample_fn : callable(time, outputs, state) -> sample_ids
    next_inputs_fn : callable(time, outputs, state, sample_ids) -> (finished, inputs, state)
    sample_ids_shape : shape, optional
    sample_ids_dtype : dtype, optional
    """

    def __init__(self, initialize_fn, sample_fn, next_inputs_fn, sample_ids_shape=None,
                 sample_ids_dtype=None):
        self._initialize, self._sample, self._next = initialize_fn, sample_fn, next_inputs_fn
        self._batch_size, self._shape = None, TensorShape(sample_ids_shape or [])
        self._dtype = as_dtype(sample_ids_dtype or INT32)

    @property
    def batch_size(self):
        if self._batch_size is None:
            raise ValueError("batch_size accessed before initialize was called")
        return self._batch_size

    sample_ids_shape = property(lambda self: self._shape)
    sample_ids_dtype = property(lambda self: self._dtype)

    def initialize(self, name=None):
        finished, inputs = self._initialize()
        if self._batch_size is None:
            self._batch_size = size_of(finished)
        return finished, inputs

    def sample(self, time, outputs, state, name=None):
        return self._sample(time=time, outputs=outputs, state=state)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        return self._next(time=time, outputs=outputs, state=state, sample_ids=sample_ids)


# ---- teacher forcing --------------------------------------------------------------------

def rows_in_order(t):
    """A TensorArray of the rows, which may be read more than once."""
    return TensorArray(t.dtype, size=shape_of(t)[0], element_shape=t._shape[1:],
                       clear_after_read=False).unstack(t)


class TrainingHelper(_Ids):
    """Teacher forcing: the inputs are given; the sample is the argmax.

    Parameters
    ----------
    inputs : tensor (batch, time, ...)
    sequence_length : integer vector
    time_major : bool
    """

    def __init__(self, inputs, sequence_length, time_major=False, name=None):
        self._inputs = tensors_in(inputs)
        graph = flat(self._inputs)[0].graph
        with graph.as_default(), graph.name_scope(name or "TrainingHelper"):
            self._sequence_length = as_tensor(sequence_length, None, graph)
            if self._sequence_length._shape is None or len(self._sequence_length._shape) != 1:
                raise ShapeError("Expected sequence_length to be a vector, but received shape: "
                                 f"{self._sequence_length.shape}")
            steps = flat(self._inputs) if time_major else [
                transpose_batch_time(t) for t in flat(self._inputs)]
            self._arrays = [rows_in_order(t) for t in steps]
            self._batch_size = size_of(self._sequence_length)

    inputs = property(lambda self: self._inputs)
    sequence_length = property(lambda self: self._sequence_length)

    def _read(self, time):
        return refill(self._inputs, iter([array.read(time) for array in self._arrays]))

    def initialize(self, name=None):
        return equal(self._sequence_length, 0), self._read(0)

    def sample(self, time, outputs, state, name=None):
        return cast(argmax(outputs, axis=-1), INT32)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        finished = self._sequence_length <= cast(time + 1, self._sequence_length.dtype)
        return finished, self._read(index_unless(reduce_all(finished), time + 1)), state


def index_unless(finished, index):
    """The index, or 0 where all is finished."""
    return select(finished, zeros_like(index), index)


def embedding_of(embedding):
    """A function of ids for an embedding, which may be one already."""
    return embedding if callable(embedding) else lambda ids: embedding_lookup(embedding, ids)


def categorical_sample(logits, dtype=INT32, sample_shape=(), seed=None):
    """A draw of a class for each row of logits."""
    logits = as_tensor(logits)
    whole = shape_of(logits)
    rows = logits if logits._shape is not None and len(logits._shape) == 2 else reshape(
        logits, concat([[-1], whole[-1:]], 0))
    drawn = reshape(multinomial(rows, 1, seed=seed), whole[:-1])
    return cast(drawn, dtype)


# ---- feeding back -----------------------------------------------------------------------

class GreedyEmbeddingHelper(_Ids):
    """The argmax of the outputs, embedded, is the next input.

    Parameters
    ----------
    embedding : tensor, or callable(ids)
    start_tokens : int32 vector
    end_token : int32 scalar
        A row that puts it out is finished.
    """

    def __init__(self, embedding, start_tokens, end_token):
        self._embed = embedding_of(embedding)
        graph = next((t.graph for t in (start_tokens, end_token, embedding) if is_node(t)), None)
        self._start = as_tensor(start_tokens, INT32, graph)
        self._end = as_tensor(end_token, INT32, self._start.graph)
        if self._start._shape is None or len(self._start._shape) != 1:
            raise ShapeError("start_tokens must be a vector")
        if self._end._shape != ():
            raise ShapeError("end_token must be a scalar")
        self._batch_size = size_of(self._start)
        self._start_inputs = self._embed(self._start)

    def initialize(self, name=None):
        return fill([self._batch_size], False), self._start_inputs

    def sample(self, time, outputs, state, name=None):
        _one_tensor(outputs)
        return cast(argmax(outputs, axis=-1), INT32)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        return equal(sample_ids, self._end), self._embed(sample_ids), state


def _one_tensor(outputs):
    if not is_node(outputs):
        raise TypeError(f"Expected outputs to be a single Tensor, got: {type(outputs)}")


class SampleEmbeddingHelper(GreedyEmbeddingHelper):
    """A draw by the outputs as logits, embedded, is the next input.

    Parameters
    ----------
    embedding, start_tokens, end_token : see GreedyEmbeddingHelper
    softmax_temperature : float or scalar, optional
        By which the logits are divided.
    seed : int, optional
    """

    def __init__(self, embedding, start_tokens, end_token, softmax_temperature=None, seed=None):
        super().__init__(embedding, start_tokens, end_token)
        self._temperature, self._seed = softmax_temperature, seed

    def sample(self, time, outputs, state, name=None):
        _one_tensor(outputs)
        logits = outputs if self._temperature is None else outputs / self._temperature
        return categorical_sample(logits, seed=self._seed)


class InferenceHelper(Helper):
    """A helper for inference with functions of one's own.

    Parameters
    ----------
    sample_fn : callable(outputs) -> sample
    sample_shape : shape
        Without the batch.
    sample_dtype : dtype
    start_inputs : tensor
    end_fn : callable(sample) -> boolean vector
    next_inputs_fn : callable(sample) -> inputs, optional
        The sample itself if not given.
    """

    def __init__(self, sample_fn, sample_shape, sample_dtype, start_inputs, end_fn,
                 next_inputs_fn=None):
        self._sample_fn, self._end_fn, self._next_fn = sample_fn, end_fn, next_inputs_fn
        self._shape, self._dtype = TensorShape(sample_shape), as_dtype(sample_dtype)
        self._start_inputs = as_tensor(start_inputs)
        if self._start_inputs._shape == ():
            raise ShapeError(f"start_inputs have a row for each sequence; {where(start_inputs)} is "
                             "a scalar.")
        self._batch_size = shape_of(self._start_inputs)[0]

    batch_size = property(lambda self: self._batch_size)
    sample_ids_shape = property(lambda self: self._shape)
    sample_ids_dtype = property(lambda self: self._dtype)

    def initialize(self, name=None):
        return fill([self._batch_size], False), self._start_inputs

    def sample(self, time, outputs, state, name=None):
        return self._sample_fn(outputs)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        inputs = sample_ids if self._next_fn is None else self._next_fn(sample_ids)
        return self._end_fn(sample_ids), inputs, state


__all__ = ["Helper", "TrainingHelper", "GreedyEmbeddingHelper", "SampleEmbeddingHelper",
           "CustomHelper", "InferenceHelper"]
