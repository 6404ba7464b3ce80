"""TensorFlow's `tf.nn` names."""

from fastgrad import elsewhere as _elsewhere
from fastgrad.nn.sampled import (log_uniform_candidate_sampler, nce_loss, sampled_softmax_loss,
                                 uniform_candidate_sampler)
from fastgrad.nn.lookup import embedding_lookup, in_top_k, top_k
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
__getattr__ = _elsewhere.missing("fastgrad.nn")
