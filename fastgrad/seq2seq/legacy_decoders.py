"""Decoders unrolled in the graph, of `tf.contrib.legacy_seq2seq`: plain, embedding, attention."""

from fastgrad.errors import ShapeError
from fastgrad.flow.part import flat
from fastgrad.graph import shapes
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.linalg.tensordot import tensordot
from fastgrad.nn.lookup import embedding_lookup
from fastgrad.nn.normalization import xw_plus_b
from fastgrad.nn.softmax import softmax
from fastgrad.ops.argmax import argmax
from fastgrad.ops.cast import cast
from fastgrad.ops.join import concat
from fastgrad.ops.make import zeros
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.reshape import reshape
from fastgrad.ops.shape import shape as shape_of
from fastgrad.ops.state import stop_gradient
from fastgrad.ops.unary import tanh
from fastgrad.rnn.projections import linear
from fastgrad.variables.scopes import get_variable, get_variable_scope, variable_scope
from fastgrad.wording import where


def argmax_and_embed(embedding, output_projection=None, update_embedding=True):
    """A loop function: the embedding of the greatest of the last outputs."""
    def loop_function(previous, _):
        if output_projection is not None:
            previous = xw_plus_b(previous, *output_projection)
        embedded = embedding_lookup(embedding, argmax(previous, 1))
        return embedded if update_embedding else stop_gradient(embedded)
    return loop_function


def check_projection(output_projection, num_symbols):
    """Refuse a projection (weights, bias) that does not lead to the symbols."""
    if output_projection is None:
        return
    for thing, wanted in zip(output_projection, ((None, num_symbols), (num_symbols,))):
        t = as_tensor(thing)
        if not shapes.compatible(t._shape, wanted):
            raise ShapeError(f"output_projection: {where(t)} has shape {t.shape}; expected "
                             f"{wanted}.")


@door
def rnn_decoder(decoder_inputs, initial_state, cell, loop_function=None, scope=None):
    """A decoder unrolled in the graph.

    Parameters
    ----------
    decoder_inputs : list of tensors (batch, depth)
    initial_state : tensor or nesting
    cell : RNNCell
    loop_function : callable(output, i), optional
        Makes the input of step i > 0 of the last output; else the given one is taken.
    scope : str, optional
        `rnn_decoder` if not given.

    Returns
    -------
    (outputs, state)
    """
    with variable_scope(scope or "rnn_decoder"):
        state, outputs = initial_state, []
        for i, x in enumerate(decoder_inputs):
            if loop_function is not None and outputs:
                with variable_scope("loop_function", reuse=True):
                    x = loop_function(outputs[-1], i)
            if i:
                get_variable_scope().reuse_variables()
            output, state = cell(x, state)
            outputs.append(output)
    return outputs, state


@door
def embedding_rnn_decoder(decoder_inputs, initial_state, cell, num_symbols, embedding_size,
                          output_projection=None, feed_previous=False,
                          update_embedding_for_previous=True, scope=None):
    """rnn_decoder of ids, which are looked up in a variable `embedding`.

    Parameters
    ----------
    decoder_inputs : list of integer vectors (batch,)
    feed_previous : bool
        Whether the greatest of the last outputs is the next input; the first one counts alone.
    output_projection : (weights, bias), optional
        From outputs to symbols, for `feed_previous`.
    update_embedding_for_previous : bool
        Whether gradients reach the embedding through what was fed back.
    """
    with variable_scope(scope or "embedding_rnn_decoder"):
        check_projection(output_projection, num_symbols)
        embedding = get_variable("embedding", [num_symbols, embedding_size])
        loop = argmax_and_embed(embedding, output_projection,
                                update_embedding_for_previous) if feed_previous else None
        return rnn_decoder((embedding_lookup(embedding, i) for i in decoder_inputs),
                           initial_state, cell, loop)


class _Heads:
    """The attention of a legacy decoder: `num_heads` looks at the states of an encoder."""

    def __init__(self, states, num_heads, dtype):
        self._size, self._dtype, self._count = states._shape[2], dtype, num_heads
        self._length = states._shape[1] or shape_of(states)[1]
        self._states, self._features, self._v = states, [], []
        for a in range(num_heads):
            n = self._size
            w = get_variable(f"AttnW_{a}", [1, 1, n, n], dtype)
            self._features.append(tensordot(states, reshape(w, [n, n]), [[2], [0]]))
            self._v.append(get_variable(f"AttnV_{a}", [n], dtype))

    def nothing(self, batch_size):
        """Zeros in place of the first reads."""
        found = [zeros([batch_size, self._size], self._dtype) for _ in range(self._count)]
        for t in found:
            t.set_shape([None, self._size])
        return found

    def __call__(self, query):
        """What each head reads for a state."""
        query, reads = query if is_node(query) else concat(flat(query), 1), []
        for a in range(self._count):
            with variable_scope(f"Attention_{a}"):
                y = cast(reshape(linear(query, self._size, True), [-1, 1, self._size]),
                         self._dtype)
                weights = softmax(reduce_sum(self._v[a] * tanh(self._features[a] + y), [2]))
                read = reduce_sum(reshape(weights, [-1, self._length, 1]) * self._states, [1])
                reads.append(reshape(read, [-1, self._size]))
        return reads


def _check_attention(inputs, states, num_heads):
    if not inputs:
        raise ValueError("Must provide at least 1 input to attention decoder.")
    if num_heads < 1:
        raise ValueError("With less than 1 heads, use a non-attention decoder.")
    if states._shape is None or len(states._shape) != 3 or states._shape[2] is None:
        raise ShapeError(f"Shape[2] of attention_states must be known: {states.shape}: "
                         f"{where(states)}")


@door
def attention_decoder(decoder_inputs, initial_state, attention_states, cell, output_size=None,
                      num_heads=1, loop_function=None, dtype=None, scope=None,
                      initial_state_attention=False):
    """A decoder unrolled in the graph that looks at an encoder's states at each step.

    Parameters
    ----------
    decoder_inputs : list of tensors (batch, depth)
    initial_state : tensor or nesting
    attention_states : tensor (batch, time, size)
    cell : RNNCell
    output_size : int, optional
        The cell's if not given.
    num_heads : int
    loop_function : callable(output, i), optional
    dtype : dtype, optional
        The scope's if not given.
    scope : str, optional
        `attention_decoder` if not given.
    initial_state_attention : bool
        Whether the first input sees a read with the initial state, or zeros.

    Returns
    -------
    (outputs, state)
    """
    states = as_tensor(attention_states)
    _check_attention(decoder_inputs, states, num_heads)
    size = cell.output_size if output_size is None else output_size
    with variable_scope(scope or "attention_decoder", dtype=dtype) as inside:
        dtype, heads = inside.dtype, _Heads(states, num_heads, inside.dtype)
        reads = heads(initial_state) if initial_state_attention else heads.nothing(
            shape_of(decoder_inputs[0])[0])
        state, outputs = initial_state, []
        for i, x in enumerate(decoder_inputs):
            if i:
                get_variable_scope().reuse_variables()
            if loop_function is not None and outputs:
                with variable_scope("loop_function", reuse=True):
                    x = loop_function(outputs[-1], i)
            if not x._shape or x._shape[-1] is None:
                raise ShapeError(f"Could not infer input size from input: {where(x)}")
            mixed = linear([cast(t, dtype) for t in (x, *reads)], x._shape[-1], True)
            output, state = cell(mixed, state)
            reuse = True if i == 0 and initial_state_attention else None
            with variable_scope(get_variable_scope(), reuse=reuse):
                reads = heads(state)
            with variable_scope("AttnOutputProjection"):
                outputs.append(linear([cast(output, dtype), *reads], size, True))
    return outputs, state


@door
def embedding_attention_decoder(decoder_inputs, initial_state, attention_states, cell, num_symbols,
                                embedding_size, num_heads=1, output_size=None,
                                output_projection=None, feed_previous=False,
                                update_embedding_for_previous=True, dtype=None, scope=None,
                                initial_state_attention=False):
    """attention_decoder of ids, which are looked up in a variable `embedding`."""
    size = cell.output_size if output_size is None else output_size
    if output_projection is not None:
        check_projection(output_projection, num_symbols)
    with variable_scope(scope or "embedding_attention_decoder", dtype=dtype):
        embedding = get_variable("embedding", [num_symbols, embedding_size])
        loop = argmax_and_embed(embedding, output_projection,
                                update_embedding_for_previous) if feed_previous else None
        return attention_decoder(
            [embedding_lookup(embedding, i) for i in decoder_inputs], initial_state,
            attention_states, cell, size, num_heads, loop,
            initial_state_attention=initial_state_attention)


__all__ = ["rnn_decoder", "embedding_rnn_decoder", "attention_decoder",
           "embedding_attention_decoder"]
