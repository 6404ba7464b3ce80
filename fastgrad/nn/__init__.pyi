"""Types of `fastgrad.nn`. Written by tests/types/make_stubs.py; do not edit."""

from builtins import bool as _bool
from typing import Any
from fastgrad import Tensor, _TopK
from fastgrad.typing import DTypeLike, ShapeLike, TensorLike

__all__ = [
    "atrous_conv2d", "atrous_conv2d_transpose", "avg_pool", "avg_pool1d", "avg_pool2d",
    "avg_pool3d", "avg_pool_v2", "batch_norm_with_global_normalization", "batch_normalization",
    "batch_to_space", "bias_add", "conv1d", "conv1d_transpose", "conv2d",
    "conv2d_backprop_filter", "conv2d_backprop_input", "conv2d_transpose", "conv3d",
    "conv3d_backprop_filter", "conv3d_backprop_filter_v2", "conv3d_transpose", "conv_transpose",
    "convolution", "crelu", "ctc_beam_search_decoder", "ctc_beam_search_decoder_v2",
    "ctc_greedy_decoder", "ctc_loss", "depth_to_space", "depthwise_conv2d",
    "depthwise_conv2d_backprop_filter", "depthwise_conv2d_backprop_input",
    "depthwise_conv2d_native", "depthwise_conv2d_native_backprop_filter",
    "depthwise_conv2d_native_backprop_input", "dilation2d", "dropout", "elu", "embedding_lookup",
    "erosion2d", "fused_batch_norm", "in_top_k", "l2_loss", "l2_normalize", "leaky_relu",
    "local_response_normalization", "log_poisson_loss", "log_sigmoid", "log_softmax",
    "log_uniform_candidate_sampler", "lrn", "max_pool", "max_pool1d", "max_pool2d", "max_pool3d",
    "max_pool_v2", "max_pool_with_argmax", "moments", "nce_loss", "normalize_moments", "pool",
    "relu", "relu6", "relu_layer", "sampled_softmax_loss", "selu", "separable_conv2d", "sigmoid",
    "sigmoid_cross_entropy_with_logits", "softmax", "softmax_cross_entropy_with_logits",
    "softmax_cross_entropy_with_logits_v2", "softplus", "softsign", "space_to_batch",
    "space_to_depth", "sparse_softmax_cross_entropy_with_logits", "sufficient_statistics",
    "swish", "tanh", "top_k", "uniform_candidate_sampler", "weighted_cross_entropy_with_logits",
    "weighted_moments", "xw_plus_b", "zero_fraction"]

from fastgrad import batch_to_space as batch_to_space
from fastgrad.rnn import bidirectional_dynamic_rnn as bidirectional_dynamic_rnn
from fastgrad import depth_to_space as depth_to_space
from fastgrad.rnn import dynamic_rnn as dynamic_rnn
from fastgrad import log_sigmoid as log_sigmoid
from fastgrad.rnn import raw_rnn as raw_rnn
from fastgrad.rnn import rnn_cell as rnn_cell
from fastgrad import sigmoid as sigmoid
from fastgrad import softmax as softmax
from fastgrad import space_to_batch as space_to_batch
from fastgrad import space_to_depth as space_to_depth
from fastgrad.rnn import static_bidirectional_rnn as static_bidirectional_rnn
from fastgrad.rnn import static_rnn as static_rnn
from fastgrad.rnn import static_state_saving_rnn as static_state_saving_rnn
from fastgrad import tanh as tanh

def atrous_conv2d(
        value: TensorLike, filters: TensorLike, rate: TensorLike, padding: TensorLike,
        name: str | None = None
) -> Tensor: ...
def atrous_conv2d_transpose(
        value: TensorLike, filters: TensorLike, output_shape: ShapeLike, rate: TensorLike,
        padding: TensorLike, name: str | None = None
) -> Tensor: ...
def avg_pool(
        value: TensorLike | None = None, ksize: TensorLike | None = None,
        strides: TensorLike | None = None, padding: TensorLike | None = None,
        data_format: Any = 'NHWC', name: str | None = None, input: TensorLike | None = None
) -> Tensor: ...
def avg_pool1d(
        input: TensorLike, ksize: TensorLike, strides: TensorLike, padding: TensorLike,
        data_format: Any = 'NWC', name: str | None = None
) -> Tensor: ...
def avg_pool2d(
        input: TensorLike, ksize: TensorLike, strides: TensorLike, padding: TensorLike,
        data_format: Any = None, name: str | None = None
) -> Tensor: ...
def avg_pool3d(
        input: TensorLike, ksize: TensorLike, strides: TensorLike, padding: TensorLike,
        data_format: Any = 'NDHWC', name: str | None = None
) -> Tensor: ...
def batch_norm_with_global_normalization(
        t: TensorLike | None = None, m: TensorLike | None = None, v: TensorLike | None = None,
        beta: TensorLike | None = None, gamma: TensorLike | None = None,
        variance_epsilon: TensorLike | None = None,
        scale_after_normalization: TensorLike | None = None, name: str | None = None,
        input: TensorLike | None = None, mean: TensorLike | None = None,
        variance: TensorLike | None = None
) -> Tensor: ...
def batch_normalization(
        x: TensorLike, mean: TensorLike, variance: TensorLike, offset: TensorLike,
        scale: TensorLike, variance_epsilon: TensorLike, name: str | None = None
) -> Tensor: ...
def bias_add(
        value: TensorLike, bias: TensorLike, data_format: Any = None, name: str | None = None
) -> Tensor: ...
def conv1d(
        value: TensorLike | None = None, filters: TensorLike | None = None,
        stride: TensorLike | None = None, padding: TensorLike | None = None,
        use_cudnn_on_gpu: TensorLike | None = None, data_format: Any = None,
        name: str | None = None, input: TensorLike | None = None,
        dilations: TensorLike | None = None
) -> Tensor: ...
def conv1d_transpose(
        input: TensorLike, filters: TensorLike, output_shape: ShapeLike, strides: TensorLike,
        padding: str = 'SAME', data_format: Any = 'NWC', dilations: TensorLike | None = None,
        name: str | None = None
) -> Tensor: ...
def conv2d(
        input: TensorLike, filter: TensorLike | None = None, strides: TensorLike | None = None,
        padding: TensorLike | None = None, use_cudnn_on_gpu: _bool = True,
        data_format: Any = 'NHWC', dilations: TensorLike | None = None, name: str | None = None,
        filters: TensorLike | None = None
) -> Tensor: ...
def conv2d_backprop_filter(
        input: TensorLike, filter_sizes: TensorLike, out_backprop: TensorLike,
        strides: TensorLike, padding: TensorLike, use_cudnn_on_gpu: _bool = True,
        data_format: Any = 'NHWC', dilations: TensorLike | None = None, name: str | None = None
) -> Tensor: ...
def conv2d_backprop_input(
        input_sizes: TensorLike, filter: TensorLike | None = None,
        out_backprop: TensorLike | None = None, strides: TensorLike | None = None,
        padding: TensorLike | None = None, use_cudnn_on_gpu: _bool = True,
        data_format: Any = 'NHWC', dilations: TensorLike | None = None, name: str | None = None,
        filters: TensorLike | None = None
) -> Tensor: ...
def conv2d_transpose(
        value: TensorLike | None = None, filter: TensorLike | None = None,
        output_shape: ShapeLike = None, strides: TensorLike | None = None, padding: str = 'SAME',
        data_format: Any = 'NHWC', name: str | None = None, input: TensorLike | None = None,
        filters: TensorLike | None = None, dilations: TensorLike | None = None
) -> Tensor: ...
def conv3d(
        input: TensorLike, filter: TensorLike | None = None, strides: TensorLike | None = None,
        padding: TensorLike | None = None, data_format: Any = 'NDHWC',
        dilations: TensorLike | None = None, name: str | None = None,
        filters: TensorLike | None = None
) -> Tensor: ...
def conv3d_backprop_filter(
        input: TensorLike, filter_sizes: TensorLike, out_backprop: TensorLike,
        strides: TensorLike, padding: TensorLike, data_format: Any = 'NDHWC',
        dilations: TensorLike | None = None, name: str | None = None
) -> Tensor: ...
def conv3d_transpose(
        value: TensorLike, filter: TensorLike | None = None, output_shape: ShapeLike = None,
        strides: TensorLike | None = None, padding: str = 'SAME', data_format: Any = 'NDHWC',
        name: str | None = None, input: TensorLike | None = None,
        filters: TensorLike | None = None, dilations: TensorLike | None = None
) -> Tensor: ...
def conv_transpose(
        input: TensorLike, filters: TensorLike, output_shape: ShapeLike, strides: TensorLike,
        padding: str = 'SAME', data_format: Any = None, dilations: TensorLike | None = None,
        name: str | None = None
) -> Tensor: ...
def convolution(
        input: TensorLike, filter: TensorLike | None = None, padding: TensorLike | None = None,
        strides: TensorLike | None = None, dilation_rate: TensorLike | None = None,
        name: str | None = None, data_format: Any = None, filters: TensorLike | None = None,
        dilations: TensorLike | None = None
) -> Tensor: ...
def crelu(features: TensorLike, name: str | None = None, axis: TensorLike = -1) -> Tensor: ...
def ctc_beam_search_decoder(
        inputs: TensorLike, sequence_length: TensorLike, beam_width: TensorLike = 100,
        top_paths: TensorLike = 1, merge_repeated: _bool = True
) -> Tensor: ...
def ctc_beam_search_decoder_v2(
        inputs: TensorLike, sequence_length: TensorLike, beam_width: TensorLike = 100,
        top_paths: TensorLike = 1
) -> Tensor: ...
def ctc_greedy_decoder(
        inputs: TensorLike, sequence_length: TensorLike, merge_repeated: _bool = True
) -> Tensor: ...
def ctc_loss(
        labels: TensorLike, inputs: TensorLike | None = None,
        sequence_length: TensorLike | None = None, preprocess_collapse_repeated: _bool = False,
        ctc_merge_repeated: _bool = True, ignore_longer_outputs_than_inputs: _bool = False,
        time_major: _bool = True, logits: TensorLike | None = None
) -> Tensor: ...
def depthwise_conv2d(
        input: TensorLike, filter: TensorLike, strides: TensorLike, padding: TensorLike,
        rate: TensorLike | None = None, name: str | None = None, data_format: Any = None,
        dilations: TensorLike | None = None
) -> Tensor: ...
def depthwise_conv2d_backprop_filter(
        input: TensorLike, filter_sizes: TensorLike, out_backprop: TensorLike,
        strides: TensorLike, padding: TensorLike, data_format: Any = 'NHWC',
        dilations: TensorLike | None = None, name: str | None = None
) -> Tensor: ...
def depthwise_conv2d_backprop_input(
        input_sizes: TensorLike, filter: TensorLike, out_backprop: TensorLike,
        strides: TensorLike, padding: TensorLike, data_format: Any = 'NHWC',
        dilations: TensorLike | None = None, name: str | None = None
) -> Tensor: ...
def depthwise_conv2d_native(
        input: TensorLike, filter: TensorLike, strides: TensorLike, padding: TensorLike,
        data_format: Any = 'NHWC', dilations: TensorLike | None = None, name: str | None = None
) -> Tensor: ...
def dilation2d(
        input: TensorLike, filter: TensorLike | None = None, strides: TensorLike | None = None,
        rates: TensorLike | None = None, padding: TensorLike | None = None,
        name: str | None = None, filters: TensorLike | None = None,
        dilations: TensorLike | None = None
) -> Tensor: ...
def dropout(
        x: TensorLike, keep_prob: TensorLike | None = None, noise_shape: ShapeLike = None,
        seed: int | None = None, name: str | None = None, rate: TensorLike | None = None
) -> Tensor: ...
def elu(features: TensorLike, name: str | None = None) -> Tensor: ...
def embedding_lookup(
        params: Any, ids: TensorLike, partition_strategy: Any = 'mod', name: str | None = None,
        validate_indices: _bool | None = True, max_norm: TensorLike | None = None
) -> Tensor: ...
def erosion2d(
        value: TensorLike, kernel: TensorLike, strides: TensorLike, rates: TensorLike,
        padding: TensorLike, name: str | None = None
) -> Tensor: ...
def fused_batch_norm(
        x: TensorLike, scale: TensorLike, offset: TensorLike, mean: TensorLike | None = None,
        variance: TensorLike | None = None, epsilon: TensorLike = 0.001,
        data_format: Any = 'NHWC', is_training: TensorLike = True, name: str | None = None
) -> tuple[Tensor, Tensor, Tensor]: ...
def in_top_k(
        predictions: TensorLike, targets: TensorLike, k: TensorLike, name: str | None = None
) -> Tensor: ...
def l2_loss(t: TensorLike, name: str | None = None) -> Tensor: ...
def l2_normalize(
        x: TensorLike, axis: TensorLike | None = None, epsilon: TensorLike = 1e-12,
        name: str | None = None, dim: TensorLike | None = None
) -> Tensor: ...
def leaky_relu(
        features: TensorLike, alpha: TensorLike = 0.2, name: str | None = None
) -> Tensor: ...
def local_response_normalization(
        input: TensorLike, depth_radius: TensorLike = 5, bias: TensorLike = 1,
        alpha: TensorLike = 1, beta: TensorLike = 0.5, name: str | None = None
) -> Tensor: ...
def log_poisson_loss(
        targets: TensorLike, log_input: TensorLike, compute_full_loss: _bool = False,
        name: str | None = None
) -> Tensor: ...
def log_softmax(
        logits: TensorLike, axis: TensorLike | None = None, name: str | None = None,
        dim: TensorLike | None = None
) -> Tensor: ...
def log_uniform_candidate_sampler(
        true_classes: TensorLike, num_true: TensorLike, num_sampled: TensorLike,
        unique: TensorLike, range_max: TensorLike, seed: int | None = None,
        name: str | None = None
) -> tuple[Tensor, Tensor, Tensor]: ...
def max_pool(
        value: TensorLike | None = None, ksize: TensorLike | None = None,
        strides: TensorLike | None = None, padding: TensorLike | None = None,
        data_format: Any = 'NHWC', name: str | None = None, input: TensorLike | None = None
) -> Tensor: ...
def max_pool1d(
        input: TensorLike, ksize: TensorLike, strides: TensorLike, padding: TensorLike,
        data_format: Any = 'NWC', name: str | None = None
) -> Tensor: ...
def max_pool2d(
        input: TensorLike, ksize: TensorLike, strides: TensorLike, padding: TensorLike,
        data_format: Any = None, name: str | None = None
) -> Tensor: ...
def max_pool3d(
        input: TensorLike, ksize: TensorLike, strides: TensorLike, padding: TensorLike,
        data_format: Any = 'NDHWC', name: str | None = None
) -> Tensor: ...
def max_pool_with_argmax(
        input: TensorLike, ksize: TensorLike, strides: TensorLike, padding: TensorLike,
        data_format: Any = 'NHWC', Targmax: TensorLike | None = None, name: str | None = None,
        output_dtype: DTypeLike | None = None, include_batch_in_index: _bool = False
) -> Tensor: ...
def moments(
        x: TensorLike, axes: TensorLike, shift: TensorLike | None = None, name: str | None = None,
        keep_dims: _bool | None = None, keepdims: _bool | None = None
) -> tuple[Tensor, Tensor]: ...
def nce_loss(
        weights: Any, biases: TensorLike, labels: TensorLike, inputs: TensorLike,
        num_sampled: TensorLike, num_classes: TensorLike, num_true: TensorLike = 1,
        sampled_values: Any = None, remove_accidental_hits: _bool = False,
        partition_strategy: Any = 'mod', name: str | None = 'nce_loss'
) -> Tensor: ...
def normalize_moments(
        counts: TensorLike, mean_ss: TensorLike, variance_ss: TensorLike,
        shift: TensorLike | None, name: str | None = None
) -> tuple[Tensor, Tensor]: ...
def pool(
        input: TensorLike, window_shape: TensorLike, pooling_type: TensorLike,
        padding: TensorLike, dilation_rate: TensorLike | None = None,
        strides: TensorLike | None = None, name: str | None = None, data_format: Any = None,
        dilations: TensorLike | None = None
) -> Tensor: ...
def relu(features: TensorLike, name: str | None = None) -> Tensor: ...
def relu6(features: TensorLike, name: str | None = None) -> Tensor: ...
def relu_layer(
        x: TensorLike, weights: TensorLike, biases: TensorLike, name: str | None = None
) -> Tensor: ...
def sampled_softmax_loss(
        weights: Any, biases: TensorLike, labels: TensorLike, inputs: TensorLike,
        num_sampled: TensorLike, num_classes: TensorLike, num_true: TensorLike = 1,
        sampled_values: Any = None, remove_accidental_hits: _bool = True,
        partition_strategy: Any = 'mod', name: str | None = 'sampled_softmax_loss',
        seed: int | None = None
) -> Tensor: ...
def selu(features: TensorLike, name: str | None = None) -> Tensor: ...
def separable_conv2d(
        input: TensorLike, depthwise_filter: TensorLike, pointwise_filter: TensorLike,
        strides: TensorLike, padding: TensorLike, rate: TensorLike | None = None,
        name: str | None = None, data_format: Any = None, dilations: TensorLike | None = None
) -> Tensor: ...
def sigmoid_cross_entropy_with_logits(
        _sentinel: Any = None, labels: TensorLike | None = None, logits: TensorLike | None = None,
        name: str | None = None
) -> Tensor: ...
def softmax_cross_entropy_with_logits(
        _sentinel: Any = None, labels: TensorLike | None = None, logits: TensorLike | None = None,
        dim: TensorLike = -1, name: str | None = None, axis: TensorLike | None = None
) -> Tensor: ...
def softmax_cross_entropy_with_logits_v2(
        labels: TensorLike, logits: TensorLike, axis: TensorLike | None = None,
        name: str | None = None, dim: TensorLike | None = None
) -> Tensor: ...
def softplus(features: TensorLike, name: str | None = None) -> Tensor: ...
def softsign(features: TensorLike, name: str | None = None) -> Tensor: ...
def sparse_softmax_cross_entropy_with_logits(
        _sentinel: Any = None, labels: TensorLike | None = None, logits: TensorLike | None = None,
        name: str | None = None
) -> Tensor: ...
def sufficient_statistics(
        x: TensorLike, axes: TensorLike, shift: TensorLike | None = None,
        keep_dims: _bool | None = None, name: str | None = None, keepdims: _bool | None = None
) -> tuple[Any, Tensor, Tensor, Any]: ...
def swish(features: TensorLike, name: str | None = None) -> Tensor: ...
def top_k(
        input: TensorLike, k: TensorLike = 1, sorted: _bool = True, name: str | None = None
) -> _TopK: ...
def uniform_candidate_sampler(
        true_classes: TensorLike, num_true: TensorLike, num_sampled: TensorLike,
        unique: TensorLike, range_max: TensorLike, seed: int | None = None,
        name: str | None = None
) -> tuple[Tensor, Tensor, Tensor]: ...
def weighted_cross_entropy_with_logits(
        labels: TensorLike | None = None, logits: TensorLike | None = None,
        pos_weight: TensorLike | None = None, name: str | None = None,
        targets: TensorLike | None = None
) -> Tensor: ...
def weighted_moments(
        x: TensorLike, axes: TensorLike, frequency_weights: TensorLike, name: str | None = None,
        keep_dims: _bool | None = None, keepdims: _bool | None = None
) -> tuple[Tensor, Tensor]: ...
def xw_plus_b(
        x: TensorLike, weights: TensorLike, biases: TensorLike, name: str | None = None
) -> Tensor: ...
def zero_fraction(value: TensorLike, name: str | None = None) -> Tensor: ...
avg_pool_v2 = avg_pool2d
conv3d_backprop_filter_v2 = conv3d_backprop_filter
depthwise_conv2d_native_backprop_filter = depthwise_conv2d_backprop_filter
depthwise_conv2d_native_backprop_input = depthwise_conv2d_backprop_input
lrn = local_response_normalization
max_pool_v2 = max_pool2d
