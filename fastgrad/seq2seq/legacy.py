"""TensorFlow's `tf.contrib.legacy_seq2seq` names: models unrolled in the graph, and losses."""

import copy

from fastgrad.flow.cond import cond
from fastgrad.flow.part import flat, refill
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import FLOAT32
from fastgrad.graph.nodes import as_tensor
from fastgrad.nn.cross_entropy import sparse_softmax_cross_entropy_with_logits
from fastgrad.nn.lookup import embedding_lookup
from fastgrad.ops.cast import cast
from fastgrad.ops.join import concat
from fastgrad.ops.norms import add_n
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.reshape import reshape
from fastgrad.ops.shape import shape as shape_of
from fastgrad.rnn.cell import RNNCell
from fastgrad.rnn.projections import EmbeddingWrapper, OutputProjectionWrapper
from fastgrad.rnn.static import static_rnn
from fastgrad.seq2seq.legacy_decoders import (argmax_and_embed, attention_decoder,
                                              check_projection, embedding_attention_decoder,
                                              embedding_rnn_decoder, rnn_decoder)
from fastgrad.variables.scopes import get_variable, get_variable_scope, variable_scope


@door
def basic_rnn_seq2seq(encoder_inputs, decoder_inputs, cell, dtype=FLOAT32, scope=None):
    """An encoder and a decoder with a cell each, made alike.

    Parameters
    ----------
    encoder_inputs, decoder_inputs : lists of tensors (batch, depth)
    cell : RNNCell
    dtype : dtype
    scope : str, optional
        `basic_rnn_seq2seq` if not given.

    Returns
    -------
    (outputs, state)
    """
    with variable_scope(scope or "basic_rnn_seq2seq"):
        _, state = static_rnn(copy.deepcopy(cell), encoder_inputs, dtype=dtype)
        return rnn_decoder(decoder_inputs, state, cell)


@door
def tied_rnn_seq2seq(encoder_inputs, decoder_inputs, cell, loop_function=None, dtype=FLOAT32,
                     scope=None):
    """An encoder and a decoder with one cell."""
    with variable_scope("combined_tied_rnn_seq2seq"):
        scope = scope or "tied_rnn_seq2seq"
        _, state = static_rnn(cell, encoder_inputs, dtype=dtype, scope=scope)
        get_variable_scope().reuse_variables()
        return rnn_decoder(decoder_inputs, state, cell, loop_function, scope)


def _decoded(decode, feed_previous, like, count):
    """(outputs, state) of `decode(feed_previous, update)`; a node chooses in the run, and then
    no gradient reaches the embedding through what is fed back."""
    if isinstance(feed_previous, bool):
        return decode(feed_previous, True)

    def branch(previous):
        with variable_scope(get_variable_scope(), reuse=None if previous else True):
            outputs, state = decode(previous, False)
            return [*outputs, *flat(state)]
    found = cond(feed_previous, lambda: branch(True), lambda: branch(False))
    return found[:count], refill(like, iter(found[count:]))


@door
def embedding_rnn_seq2seq(encoder_inputs, decoder_inputs, cell, num_encoder_symbols,
                          num_decoder_symbols, embedding_size, output_projection=None,
                          feed_previous=False, dtype=None, scope=None):
    """An encoder and a decoder of ids, with an embedding each.

    Parameters
    ----------
    encoder_inputs, decoder_inputs : lists of integer vectors (batch,)
    cell : RNNCell
    num_encoder_symbols, num_decoder_symbols, embedding_size : int
    output_projection : (weights, bias), optional
        In place of a projection of the decoder's own.
    feed_previous : bool or boolean scalar
        Whether the greatest of the last outputs is the next input.
    dtype : dtype, optional
    scope : str, optional

    Returns
    -------
    (outputs, state)
    """
    with variable_scope(scope or "embedding_rnn_seq2seq") as inside:
        if dtype is not None:
            inside.set_dtype(dtype)
        encoder = EmbeddingWrapper(copy.deepcopy(cell), num_encoder_symbols, embedding_size)
        _, state = static_rnn(encoder, encoder_inputs, dtype=inside.dtype)
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)
        return _decoded(lambda previous, update: embedding_rnn_decoder(
            decoder_inputs, state, cell, num_decoder_symbols, embedding_size, output_projection,
            previous, update), feed_previous, state, len(decoder_inputs))


@door
def embedding_tied_rnn_seq2seq(encoder_inputs, decoder_inputs, cell, num_symbols, embedding_size,
                               num_decoder_symbols=None, output_projection=None,
                               feed_previous=False, dtype=None, scope=None):
    """An encoder and a decoder of ids with one cell and one embedding."""
    with variable_scope(scope or "embedding_tied_rnn_seq2seq", dtype=dtype) as inside:
        check_projection(output_projection, num_symbols)
        embedding = get_variable("embedding", [num_symbols, embedding_size], inside.dtype)
        ours, theirs = ([embedding_lookup(embedding, x) for x in xs]
                        for xs in (encoder_inputs, decoder_inputs))
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols or num_symbols)
        like = cell.zero_state(shape_of(encoder_inputs[0])[0], inside.dtype)
        return _decoded(lambda previous, update: tied_rnn_seq2seq(
            ours, theirs, cell, argmax_and_embed(embedding, output_projection, update)
            if previous else None, inside.dtype), feed_previous, like, len(decoder_inputs))


@door
def embedding_attention_seq2seq(encoder_inputs, decoder_inputs, cell, num_encoder_symbols,
                                num_decoder_symbols, embedding_size, num_heads=1,
                                output_projection=None, feed_previous=False, dtype=None,
                                scope=None, initial_state_attention=False):
    """embedding_rnn_seq2seq whose decoder looks at the encoder's outputs at each step."""
    with variable_scope(scope or "embedding_attention_seq2seq", dtype=dtype) as inside:
        encoder = EmbeddingWrapper(copy.deepcopy(cell), num_encoder_symbols, embedding_size)
        found, state = static_rnn(encoder, encoder_inputs, dtype=inside.dtype)
        states = concat([reshape(t, [-1, 1, cell.output_size]) for t in found], 1)
        size = None
        if output_projection is None:
            cell, size = OutputProjectionWrapper(cell, num_decoder_symbols), num_decoder_symbols
        return _decoded(lambda previous, update: embedding_attention_decoder(
            decoder_inputs, state, states, cell, num_decoder_symbols, embedding_size, num_heads,
            size, output_projection, previous, update,
            initial_state_attention=initial_state_attention),
            feed_previous, state, len(decoder_inputs))


@door
def one2many_rnn_seq2seq(encoder_inputs, decoder_inputs_dict, enc_cell, dec_cells_dict,
                         num_encoder_symbols, num_decoder_symbols_dict, embedding_size,
                         feed_previous=False, dtype=None, scope=None):
    """One encoder and several decoders.

    Returns
    -------
    ({name: outputs}, {name: state})
    """
    for what, cell in (("enc_cell", enc_cell), *(("dec_cell", c) for c in
                                                 dec_cells_dict.values())):
        if not isinstance(cell, RNNCell):
            raise TypeError(f"{what} is not an RNNCell: {type(cell)}")
    if set(dec_cells_dict) != set(decoder_inputs_dict):
        raise ValueError("keys of dec_cells_dict != keys of decodre_inputs_dict")
    outputs, states = {}, {}
    with variable_scope(scope or "one2many_rnn_seq2seq", dtype=dtype) as inside:
        encoder = EmbeddingWrapper(enc_cell, num_encoder_symbols, embedding_size)
        _, state = static_rnn(encoder, encoder_inputs, dtype=inside.dtype)
        for name, inputs in decoder_inputs_dict.items():
            symbols = num_decoder_symbols_dict[name]
            with variable_scope(f"one2many_decoder_{name}"):
                cell = OutputProjectionWrapper(dec_cells_dict[name], symbols)
                outputs[name], states[name] = _decoded(
                    lambda previous, _, inputs=inputs, cell=cell, symbols=symbols:
                    embedding_rnn_decoder(inputs, state, cell, symbols, embedding_size,
                                          feed_previous=previous),
                    feed_previous, state, len(inputs))
    return outputs, states


# ---- losses -----------------------------------------------------------------------------

@door
def sequence_loss_by_example(logits, targets, weights, average_across_timesteps=True,
                             softmax_loss_function=None, name=None):
    """The weighted cross entropy of each sequence.

    Parameters
    ----------
    logits : list of tensors (batch, classes)
    targets : list of integer vectors
    weights : list of vectors
    average_across_timesteps : bool
        Whether to divide by the sum of the weights.

    Returns
    -------
    Tensor (batch,)
    """
    if len(targets) != len(logits) or len(weights) != len(logits):
        raise ValueError("Lengths of logits, weights, and targets must be the same "
                         f"{len(logits)}, {len(weights)}, {len(targets)}.")
    logits = [as_tensor(t) for t in logits]
    graph = logits[0].graph
    weights = [as_tensor(t, None, graph) for t in weights]
    entropy = softmax_loss_function or sparse_softmax_cross_entropy_with_logits
    with graph.name_scope(name or "sequence_loss_by_example"):
        losses = []
        for z, target, weight in zip(logits, targets, weights):
            if softmax_loss_function is None:
                target = reshape(as_tensor(target, None, graph), [-1])
            losses.append(entropy(labels=target, logits=z) * weight)
        total = add_n(losses)
        if average_across_timesteps:
            total = total / (add_n(weights) + 1e-12)    # no division by 0 if all weights are
    return total


@door
def sequence_loss(logits, targets, weights, average_across_timesteps=True,
                  average_across_batch=True, softmax_loss_function=None, name=None):
    """The sum of sequence_loss_by_example, or its mean over the batch."""
    cost = reduce_sum(sequence_loss_by_example(
        logits, targets, weights, average_across_timesteps, softmax_loss_function, name))
    if not average_across_batch:
        return cost
    return cost / cast(shape_of(as_tensor(targets[0], None, cost.graph))[0], cost.dtype)


@door
def model_with_buckets(encoder_inputs, decoder_inputs, targets, weights, buckets, seq2seq,
                       softmax_loss_function=None, per_example_loss=False, name=None):
    """A model for several lengths, with shared weights.

    Parameters
    ----------
    buckets : list of (input length, output length), growing
    seq2seq : callable(encoder_inputs, decoder_inputs) -> (outputs, states)

    Returns
    -------
    (outputs, losses) : lists, one element a bucket
    """
    for words, listed, needed in (("encoder_inputs", encoder_inputs, buckets[-1][0]),
                                  ("targets", targets, buckets[-1][1]),
                                  ("weights", weights, buckets[-1][1])):
        if len(listed) < needed:
            raise ValueError(f"Length of {words} ({len(listed)}) must be at least that of last "
                             f"bucket ({needed}).")
    loss = sequence_loss_by_example if per_example_loss else sequence_loss
    losses, outputs = [], []
    for j, (ours, theirs) in enumerate(buckets):
        with variable_scope(get_variable_scope(), reuse=True if j else None):
            found, _ = seq2seq(encoder_inputs[:ours], decoder_inputs[:theirs])
            outputs.append(found)
            losses.append(loss(found, targets[:theirs], weights[:theirs],
                               softmax_loss_function=softmax_loss_function))
    return outputs, losses


__all__ = ["attention_decoder", "basic_rnn_seq2seq", "embedding_attention_decoder",
           "embedding_attention_seq2seq", "embedding_rnn_decoder", "embedding_rnn_seq2seq",
           "embedding_tied_rnn_seq2seq", "model_with_buckets", "one2many_rnn_seq2seq",
           "rnn_decoder", "sequence_loss", "sequence_loss_by_example", "tied_rnn_seq2seq"]
