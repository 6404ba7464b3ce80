"""TensorFlow's `tf.nn` names."""

from fastgrad import elsewhere as _elsewhere
from fastgrad.ops_candidates import (log_uniform_candidate_sampler, nce_loss, sampled_softmax_loss,
                                     uniform_candidate_sampler)
from fastgrad.ops_lookup import embedding_lookup, in_top_k, top_k
from fastgrad.ops_nn import (crelu, elu, leaky_relu, log_sigmoid, relu, relu6, selu,
                             sigmoid, softplus, softsign, swish)
from fastgrad.ops_norm import (batch_norm_with_global_normalization, batch_normalization, bias_add,
                               fused_batch_norm, l2_loss, l2_normalize, moments, normalize_moments,
                               relu_layer,
                               sufficient_statistics, weighted_moments, xw_plus_b, zero_fraction)
from fastgrad.ops_dropout import dropout
from fastgrad.ops_softmax import log_softmax, softmax
from fastgrad.ops_unary import tanh
from fastgrad.ops_xent import (log_poisson_loss, sigmoid_cross_entropy_with_logits,
                               softmax_cross_entropy_with_logits,
                               softmax_cross_entropy_with_logits_v2,
                               sparse_softmax_cross_entropy_with_logits,
                               weighted_cross_entropy_with_logits)

__all__ = [name for name in dir() if not name.startswith("_")]
__getattr__ = _elsewhere.missing("fastgrad.nn")
