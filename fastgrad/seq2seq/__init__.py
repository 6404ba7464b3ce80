"""TensorFlow's `tf.contrib.seq2seq` names: decoders, helpers, attention, beam search."""

from fastgrad import elsewhere as _elsewhere
from fastgrad.seq2seq.attention import *
from fastgrad.seq2seq.attention_wrapper import AttentionWrapper, AttentionWrapperState
from fastgrad.seq2seq.beam_search import *
from fastgrad.seq2seq.decoder import BasicDecoder, BasicDecoderOutput, Decoder, dynamic_decode
from fastgrad.seq2seq.helper import *
from fastgrad.seq2seq.loss import sequence_loss

__all__ = sorted(name for name, thing in globals().items()
                 if callable(thing) and not name.startswith("_"))
__getattr__ = _elsewhere.missing("fastgrad.seq2seq")
