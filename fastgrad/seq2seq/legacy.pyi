"""Types of `fastgrad.seq2seq.legacy`. Written by tests/types/make_stubs.py; do not edit."""

from builtins import bool as _bool
from typing import Any
from fastgrad.typing import DTypeLike

__all__ = [
    "attention_decoder", "basic_rnn_seq2seq", "embedding_attention_decoder",
    "embedding_attention_seq2seq", "embedding_rnn_decoder", "embedding_rnn_seq2seq",
    "embedding_tied_rnn_seq2seq", "model_with_buckets", "one2many_rnn_seq2seq", "rnn_decoder",
    "sequence_loss", "sequence_loss_by_example", "tied_rnn_seq2seq"]

def attention_decoder(
        decoder_inputs: Any, initial_state: Any, attention_states: Any, cell: Any,
        output_size: Any = None, num_heads: Any = 1, loop_function: Any = None,
        dtype: DTypeLike | None = None, scope: Any = None, initial_state_attention: _bool = False
) -> Any: ...
def basic_rnn_seq2seq(
        encoder_inputs: Any, decoder_inputs: Any, cell: Any, dtype: DTypeLike = ...,
        scope: Any = None
) -> Any: ...
def embedding_attention_decoder(
        decoder_inputs: Any, initial_state: Any, attention_states: Any, cell: Any,
        num_symbols: Any, embedding_size: Any, num_heads: Any = 1, output_size: Any = None,
        output_projection: Any = None, feed_previous: _bool = False,
        update_embedding_for_previous: _bool = True, dtype: DTypeLike | None = None,
        scope: Any = None, initial_state_attention: _bool = False
) -> Any: ...
def embedding_attention_seq2seq(
        encoder_inputs: Any, decoder_inputs: Any, cell: Any, num_encoder_symbols: Any,
        num_decoder_symbols: Any, embedding_size: Any, num_heads: Any = 1,
        output_projection: Any = None, feed_previous: _bool = False,
        dtype: DTypeLike | None = None, scope: Any = None, initial_state_attention: _bool = False
) -> Any: ...
def embedding_rnn_decoder(
        decoder_inputs: Any, initial_state: Any, cell: Any, num_symbols: Any, embedding_size: Any,
        output_projection: Any = None, feed_previous: _bool = False,
        update_embedding_for_previous: _bool = True, scope: Any = None
) -> Any: ...
def embedding_rnn_seq2seq(
        encoder_inputs: Any, decoder_inputs: Any, cell: Any, num_encoder_symbols: Any,
        num_decoder_symbols: Any, embedding_size: Any, output_projection: Any = None,
        feed_previous: _bool = False, dtype: DTypeLike | None = None, scope: Any = None
) -> Any: ...
def embedding_tied_rnn_seq2seq(
        encoder_inputs: Any, decoder_inputs: Any, cell: Any, num_symbols: Any,
        embedding_size: Any, num_decoder_symbols: Any = None, output_projection: Any = None,
        feed_previous: _bool = False, dtype: DTypeLike | None = None, scope: Any = None
) -> Any: ...
def model_with_buckets(
        encoder_inputs: Any, decoder_inputs: Any, targets: Any, weights: Any, buckets: Any,
        seq2seq: Any, softmax_loss_function: Any = None, per_example_loss: _bool = False,
        name: str | None = None
) -> Any: ...
def one2many_rnn_seq2seq(
        encoder_inputs: Any, decoder_inputs_dict: Any, enc_cell: Any, dec_cells_dict: Any,
        num_encoder_symbols: Any, num_decoder_symbols_dict: Any, embedding_size: Any,
        feed_previous: _bool = False, dtype: DTypeLike | None = None, scope: Any = None
) -> Any: ...
def rnn_decoder(
        decoder_inputs: Any, initial_state: Any, cell: Any, loop_function: Any = None,
        scope: Any = None
) -> Any: ...
def sequence_loss(
        logits: Any, targets: Any, weights: Any, average_across_timesteps: _bool = True,
        average_across_batch: _bool = True, softmax_loss_function: Any = None,
        name: str | None = None
) -> Any: ...
def sequence_loss_by_example(
        logits: Any, targets: Any, weights: Any, average_across_timesteps: _bool = True,
        softmax_loss_function: Any = None, name: str | None = None
) -> Any: ...
def tied_rnn_seq2seq(
        encoder_inputs: Any, decoder_inputs: Any, cell: Any, loop_function: Any = None,
        dtype: DTypeLike = ..., scope: Any = None
) -> Any: ...
