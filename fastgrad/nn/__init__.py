"""TensorFlow's `tf.nn` names."""

import importlib as _importlib

from fastgrad import elsewhere as _elsewhere
from fastgrad.nn.sampled import (log_uniform_candidate_sampler, nce_loss, sampled_softmax_loss,
                                 uniform_candidate_sampler)
from fastgrad.nn.atrous import (atrous_conv2d, atrous_conv2d_transpose, conv_transpose,
                                convolution)
from fastgrad.nn.convolution import (conv1d, conv1d_transpose, conv2d, conv2d_backprop_filter,
                                     conv2d_backprop_input, conv2d_transpose, conv3d,
                                     conv3d_backprop_filter, conv3d_backprop_filter_v2,
                                     conv3d_transpose)
from fastgrad.nn.depthwise import (depthwise_conv2d, depthwise_conv2d_backprop_filter,
                                   depthwise_conv2d_backprop_input, depthwise_conv2d_native,
                                   depthwise_conv2d_native_backprop_filter,
                                   depthwise_conv2d_native_backprop_input, separable_conv2d)
from fastgrad.nn.lookup import embedding_lookup, in_top_k, top_k
from fastgrad.nn.ctc import ctc_loss
from fastgrad.nn.ctc_decoders import (ctc_beam_search_decoder, ctc_beam_search_decoder_v2,
                                      ctc_greedy_decoder)
from fastgrad.nn.morphology import dilation2d, erosion2d
from fastgrad.nn.pooling import (avg_pool, avg_pool1d, avg_pool2d, avg_pool3d, avg_pool_v2,
                                 max_pool, max_pool1d, max_pool2d, max_pool3d, max_pool_v2,
                                 max_pool_with_argmax, pool)
from fastgrad.nn.activations import (crelu, elu, leaky_relu, log_sigmoid, relu, relu6, selu,
                                     sigmoid, softplus, softsign, swish)
from fastgrad.nn.normalization import (batch_norm_with_global_normalization, batch_normalization,
                                       bias_add, moments, normalize_moments, relu_layer,
                                       sufficient_statistics, weighted_moments, xw_plus_b,
                                       zero_fraction)
from fastgrad.nn.fused_batch_norm import fused_batch_norm
from fastgrad.nn.lrn import local_response_normalization, lrn
from fastgrad.ops.space import (batch_to_space, depth_to_space, space_to_batch,
                                space_to_depth)
from fastgrad.ops.norms import l2_loss, l2_normalize
from fastgrad.nn.dropout import dropout
from fastgrad.nn.softmax import log_softmax, softmax
from fastgrad.ops.unary import tanh
from fastgrad.nn.cross_entropy import (log_poisson_loss, sigmoid_cross_entropy_with_logits,
                                       softmax_cross_entropy_with_logits,
                                       softmax_cross_entropy_with_logits_v2,
                                       sparse_softmax_cross_entropy_with_logits,
                                       weighted_cross_entropy_with_logits)

__all__ = sorted(name for name, thing in globals().items()
                 if callable(thing) and not name.startswith("_"))
_missing = _elsewhere.missing("fastgrad.nn")

# Recurrent nets, which are loaded when first asked for: `rnn` lies above this room.
LATE = {"rnn_cell": "fastgrad.rnn.rnn_cell", **{name: f"fastgrad.rnn:{name}" for name in (
    "bidirectional_dynamic_rnn", "dynamic_rnn", "raw_rnn", "static_bidirectional_rnn",
    "static_rnn", "static_state_saving_rnn")}}


def __getattr__(name):
    """Load a name of LATE at its first use."""
    if name not in LATE:
        return _missing(name)
    path, _, member = LATE[name].partition(":")
    module = _importlib.import_module(path)
    globals()[name] = found = getattr(module, member) if member else module
    return found


def __dir__():
    return sorted({*globals(), *LATE})
