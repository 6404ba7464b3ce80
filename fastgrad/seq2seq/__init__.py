"""TensorFlow's `tf.contrib.seq2seq` names: decoders, helpers, attention, beam search."""

from fastgrad import elsewhere as _elsewhere
from fastgrad.seq2seq.attention import *
from fastgrad.seq2seq.attention_wrapper import AttentionWrapper, AttentionWrapperState
from fastgrad.seq2seq.beam_search import *
from fastgrad.seq2seq.beams import gather_tree, gather_tree_from_array, tile_batch
from fastgrad.seq2seq.decoder import BasicDecoder, BasicDecoderOutput, Decoder, dynamic_decode
from fastgrad.seq2seq.loss import sequence_loss
from fastgrad.seq2seq.monotonic import *
from fastgrad.seq2seq.sampling import *
from fastgrad.seq2seq.scheduled import *

__all__ = sorted(name for name, thing in globals().items()
                 if callable(thing) and not name.startswith("_"))
__getattr__ = _elsewhere.missing("fastgrad.seq2seq")
