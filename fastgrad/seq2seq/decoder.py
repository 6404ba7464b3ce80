"""Decoding step by step: Decoder, dynamic_decode, BasicDecoder.

As in TensorFlow decoding is a while_loop: a decoder gives the first inputs, then at each step
outputs, a state and the next inputs; TensorArrays take the outputs, and the loop ends when all rows
say so. With lengths in the loop, steps behind the end of all rows are never computed.
"""

import collections

from fastgrad.errors import ShapeError
from fastgrad.flow.part import flat, refill
from fastgrad.flow.tensor_array import TensorArray
from fastgrad.flow.while_loop import while_loop
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import INT32, as_dtype
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.tensor_shape import TensorShape
from fastgrad.layers.layer import Layer
from fastgrad.ops.arithmetic import zeros_like
from fastgrad.ops.checks import get_static_value
from fastgrad.ops.logic import logical_not, logical_or
from fastgrad.ops.make import zeros
from fastgrad.ops.reduce import reduce_all
from fastgrad.ops.state import constant
from fastgrad.ops.where import select
from fastgrad.rnn.cell import assert_like_rnncell, dims_of_size, filled, sizes_of
from fastgrad.rnn.dynamic import transpose_batch_time
from fastgrad.rnn.steps import check_nesting, copied_through, replaced
from fastgrad.seq2seq.sampling import Helper
from fastgrad.variables.scopes import variable_scope


class Decoder:
    """Base of decoders: what dynamic_decode steps through.

    A subclass defines `batch_size`, `output_size`, `output_dtype`, `initialize()`, which returns
    (finished, first inputs, first state), and `step(time, inputs, state)`, which returns
    (outputs, state, next inputs, finished); `finalize(outputs, state, lengths)` may change the
    results.
    """

    @property
    def batch_size(self):
        raise NotImplementedError(f"{type(self).__name__} defines no batch_size.")

    @property
    def output_size(self):
        raise NotImplementedError(f"{type(self).__name__} defines no output_size.")

    @property
    def output_dtype(self):
        raise NotImplementedError(f"{type(self).__name__} defines no output_dtype.")

    def initialize(self, name=None):
        raise NotImplementedError(f"{type(self).__name__} defines no initialize.")

    def step(self, time, inputs, state, name=None):
        raise NotImplementedError(f"{type(self).__name__} defines no step.")

    def finalize(self, outputs, final_state, sequence_lengths):
        raise NotImplementedError

    @property
    def tracks_own_finished(self):
        """Whether `step` says for each row whether it is finished *now*; rows may come back."""
        return False


def known_batch(batch_size):
    """The batch's size as an int, None if the graph does not know it."""
    value = get_static_value(batch_size) if is_node(batch_size) else batch_size
    return None if value is None else int(value)


@door
def dynamic_decode(decoder, output_time_major=False, impute_finished=False,
                   maximum_iterations=None, parallel_iterations=32, swap_memory=False, scope=None):
    """Decode with `decoder` until all rows are finished.

    Parameters
    ----------
    decoder : Decoder
    output_time_major : bool
        Whether outputs are (time, batch, ...).
    impute_finished : bool
        Whether finished rows put out zeros and keep their state; else they are computed on.
    maximum_iterations : int or integer scalar, optional
    parallel_iterations, swap_memory : accepted, ignored
    scope : str or VariableScope, optional
        `decoder` if not given.

    Returns
    -------
    (outputs, state, lengths)

    Raises
    ------
    TypeError
        If `decoder` is no Decoder.
    """
    if not isinstance(decoder, Decoder):
        raise TypeError(f"Expected decoder to be type Decoder, but saw: {type(decoder)}")
    with variable_scope(scope, "decoder"):
        if maximum_iterations is not None:
            maximum_iterations = as_tensor(maximum_iterations, INT32)
            if maximum_iterations._shape not in ((), None):
                raise ShapeError("maximum_iterations must be a scalar; got shape "
                                 f"{maximum_iterations.shape}.")
        finished, inputs, state = decoder.initialize()
        finished = as_tensor(finished)
        if maximum_iterations is not None:
            finished = logical_or(finished, maximum_iterations <= 0)
        sizes, dtypes = sizes_of(decoder.output_size), flat(decoder.output_dtype)
        known = known_batch(decoder.batch_size)
        arrays = filled(decoder.output_size, iter([
            TensorArray(d, size=0, dynamic_size=True, element_shape=None if s is None else
                        [known, *s]) for s, d in zip(map(_static, sizes), dtypes)]))
        step = _stepper(decoder, impute_finished, lambda: _nothing(decoder, sizes, dtypes))
        _, arrays, state, _, _, lengths = while_loop(
            lambda t, a, s, i, done, n: logical_not(reduce_all(done)), step,
            (constant(0, dtype=INT32), arrays, state, inputs, finished,
             zeros_like(finished, dtype=INT32)), parallel_iterations=parallel_iterations,
            maximum_iterations=maximum_iterations, swap_memory=swap_memory)
        outputs = replaced(arrays, [a.stack() for a in flat(arrays)])
        try:
            outputs, state = decoder.finalize(outputs, state, lengths)
        except NotImplementedError:
            pass
        if not output_time_major:
            outputs = refill(outputs, iter([transpose_batch_time(t) for t in flat(outputs)]))
    return outputs, state, lengths


def _static(size):
    """The dimensions of an output without the batch; None where they are not known at all."""
    if isinstance(size, TensorShape) and size.ndims is None:
        return None
    return dims_of_size(size)


def _nothing(decoder, sizes, dtypes):
    """Zeros in the nesting of the outputs."""
    return filled(decoder.output_size, iter([
        zeros([decoder.batch_size, *dims_of_size(s)], as_dtype(d))
        for s, d in zip(sizes, dtypes)]))


def _stepper(decoder, impute, nothing):
    nothing = nothing() if impute else None

    def step(time, arrays, state, inputs, finished, lengths):
        outputs, new, next_inputs, done = decoder.step(time, inputs, state)
        if not decoder.tracks_own_finished:
            done = logical_or(done, finished)
        lengths = select(finished, lengths, zeros_like(lengths) + (time + 1))
        check_nesting("the decoder's state", state, new)
        check_nesting("the decoder's outputs", arrays, outputs)
        check_nesting("the decoder's inputs", inputs, next_inputs)
        if impute:
            outputs = copied_through(finished, nothing, outputs)
            new = copied_through(finished, state, new)
        flows = [a.write(time, t).flow for a, t in zip(flat(arrays), flat(outputs))]
        return time + 1, refill(arrays, iter(flows)), new, next_inputs, done, lengths
    return step


# ---- BasicDecoder -----------------------------------------------------------------------

class BasicDecoderOutput(collections.namedtuple("BasicDecoderOutput",
                                                ("rnn_output", "sample_id"))):
    """What BasicDecoder puts out at a step: the cell's (or layer's) output and the sample."""

    __slots__ = ()


def layer_size(size, layer):
    """The size of a cell's output behind an output layer."""
    if layer is None:
        return size
    return filled(size, iter([
        TensorShape(layer.compute_output_shape(TensorShape([None, *dims_of_size(s)])))[1:]
        for s in sizes_of(size)]))


def check_layer(layer):
    """Refuse an output layer that is none."""
    if layer is not None and not isinstance(layer, Layer):
        raise TypeError(f"output_layer must be a Layer, received: {type(layer)}")


class BasicDecoder(Decoder):
    """A cell, a helper that samples and gives the next inputs, and maybe a layer between them.

    Parameters
    ----------
    cell : RNNCell
    helper : Helper
    initial_state : tensor or nesting
    output_layer : Layer, optional
        Applied to the cell's output before it is stored and sampled.
    """

    def __init__(self, cell, helper, initial_state, output_layer=None):
        assert_like_rnncell("cell", cell)
        if not isinstance(helper, Helper):
            raise TypeError(f"helper must be a Helper, received: {type(helper)}")
        check_layer(output_layer)
        self._cell, self._helper = cell, helper
        self._initial_state, self._output_layer = initial_state, output_layer

    batch_size = property(lambda self: self._helper.batch_size)

    @property
    def output_size(self):
        return BasicDecoderOutput(layer_size(self._cell.output_size, self._output_layer),
                                  self._helper.sample_ids_shape)

    @property
    def output_dtype(self):
        dtype = flat(self._initial_state)[0].dtype
        size = layer_size(self._cell.output_size, self._output_layer)
        return BasicDecoderOutput(filled(size, iter([dtype] * len(sizes_of(size)))),
                                  self._helper.sample_ids_dtype)

    def initialize(self, name=None):
        return (*self._helper.initialize(), self._initial_state)

    def step(self, time, inputs, state, name=None):
        with time.graph.name_scope(name or "BasicDecoderStep"):
            outputs, state = self._cell(inputs, state)
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            sample_ids = self._helper.sample(time=time, outputs=outputs, state=state)
            finished, next_inputs, state = self._helper.next_inputs(
                time=time, outputs=outputs, state=state, sample_ids=sample_ids)
        return BasicDecoderOutput(outputs, sample_ids), state, next_inputs, finished


__all__ = ["Decoder", "dynamic_decode", "BasicDecoder", "BasicDecoderOutput"]
