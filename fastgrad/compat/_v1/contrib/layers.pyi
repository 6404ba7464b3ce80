"""Types of `fastgrad.compat._v1.contrib.layers`. Written by tests/types/make_stubs.py; do not edit."""

from builtins import bool as _bool
from collections.abc import Callable, Iterable
from typing import Any
from fastgrad.typing import DTypeLike, ShapeLike, TensorLike

from fastgrad.regularizers import apply_regularization as apply_regularization
from fastgrad.regularizers import l1_l2_regularizer as l1_l2_regularizer
from fastgrad.regularizers import l1_regularizer as l1_regularizer
from fastgrad.regularizers import l2_regularizer as l2_regularizer
from fastgrad.regularizers import sum_regularizer as sum_regularizer

def avg_pool2d(
        inputs: Any, kernel_size: Any, stride: Any = 2, padding: str = 'VALID',
        data_format: Any = 'NHWC', outputs_collections: Any = None, scope: Any = None
) -> Any: ...
def avg_pool3d(
        inputs: Any, kernel_size: Any, stride: Any = 2, padding: str = 'VALID',
        data_format: Any = 'NDHWC', outputs_collections: Any = None, scope: Any = None
) -> Any: ...
def batch_norm(
        inputs: Any, decay: Any = 0.999, center: _bool = True, scale: _bool = False,
        epsilon: Any = 0.001, activation_fn: Any = None, param_initializers: Any = None,
        param_regularizers: Any = None,
        updates_collections: str | Iterable[str] | None = 'update_ops',
        is_training: TensorLike = True, reuse: Any = None, variables_collections: Any = None,
        outputs_collections: Any = None, trainable: _bool | None = True,
        batch_weights: Any = None, fused: Any = None, data_format: Any = 'NHWC',
        zero_debias_moving_mean: _bool = False, scope: Any = None, **_: Any
) -> Any: ...
def bias_add(
        inputs: Any, activation_fn: Any = None,
        initializer: Callable[..., Any] | TensorLike | None = ...,
        regularizer: Callable[..., Any] | None = None, reuse: Any = None,
        variables_collections: Any = None, outputs_collections: Any = None,
        trainable: _bool | None = True, data_format: Any = 'NHWC', scope: Any = None
) -> Any: ...
def conv1d(inputs: Any, num_outputs: Any, kernel_size: Any, *args: Any, **kwargs: Any) -> Any: ...
def conv2d(inputs: Any, num_outputs: Any, kernel_size: Any, *args: Any, **kwargs: Any) -> Any: ...
def conv2d_transpose(
        inputs: Any, num_outputs: Any, kernel_size: Any, stride: Any = 1, padding: str = 'SAME',
        data_format: Any = 'NHWC', activation_fn: Any = ..., normalizer_fn: Any = None,
        normalizer_params: Any = None, weights_initializer: Any = ...,
        weights_regularizer: Any = None, biases_initializer: Any = ...,
        biases_regularizer: Any = None, reuse: Any = None, variables_collections: Any = None,
        outputs_collections: Any = None, trainable: _bool | None = True, scope: Any = None
) -> Any: ...
def conv3d(inputs: Any, num_outputs: Any, kernel_size: Any, *args: Any, **kwargs: Any) -> Any: ...
def conv3d_transpose(
        inputs: Any, num_outputs: Any, kernel_size: Any, stride: Any = 1, padding: str = 'SAME',
        data_format: Any = 'NDHWC', activation_fn: Any = ..., normalizer_fn: Any = None,
        normalizer_params: Any = None, weights_initializer: Any = ...,
        weights_regularizer: Any = None, biases_initializer: Any = ...,
        biases_regularizer: Any = None, reuse: Any = None, variables_collections: Any = None,
        outputs_collections: Any = None, trainable: _bool | None = True, scope: Any = None
) -> Any: ...
def convolution(
        inputs: Any, num_outputs: Any, kernel_size: Any, stride: Any = 1, padding: str = 'SAME',
        data_format: Any = None, rate: Any = 1, activation_fn: Any = ...,
        normalizer_fn: Any = None, normalizer_params: Any = None, weights_initializer: Any = ...,
        weights_regularizer: Any = None, biases_initializer: Any = ...,
        biases_regularizer: Any = None, reuse: Any = None, variables_collections: Any = None,
        outputs_collections: Any = None, trainable: _bool | None = True, scope: Any = None,
        conv_dims: Any = None
) -> Any: ...
def dropout(
        inputs: Any, keep_prob: Any = 0.5, noise_shape: ShapeLike = None,
        is_training: TensorLike = True, outputs_collections: Any = None, scope: Any = None,
        seed: int | None = None
) -> Any: ...
def embed_sequence(
        ids: Any, vocab_size: Any = None, embed_dim: Any = None, unique: _bool = False,
        initializer: Callable[..., Any] | TensorLike | None = None,
        regularizer: Callable[..., Any] | None = None, trainable: _bool | None = True,
        scope: Any = None, reuse: Any = None
) -> Any: ...
def flatten(inputs: Any, outputs_collections: Any = None, scope: Any = None) -> Any: ...
def fully_connected(
        inputs: Any, num_outputs: Any, activation_fn: Any = ..., normalizer_fn: Any = None,
        normalizer_params: Any = None, weights_initializer: Any = ...,
        weights_regularizer: Any = None, biases_initializer: Any = ...,
        biases_regularizer: Any = None, reuse: Any = None, variables_collections: Any = None,
        outputs_collections: Any = None, trainable: _bool | None = True, scope: Any = None
) -> Any: ...
def instance_norm(
        inputs: Any, center: _bool = True, scale: _bool = True, epsilon: Any = 1e-06,
        activation_fn: Any = None, param_initializers: Any = None, reuse: Any = None,
        variables_collections: Any = None, outputs_collections: Any = None,
        trainable: _bool | None = True, data_format: Any = 'NHWC', scope: Any = None
) -> Any: ...
def layer_norm(
        inputs: Any, center: _bool = True, scale: _bool = True, activation_fn: Any = None,
        reuse: Any = None, variables_collections: Any = None, outputs_collections: Any = None,
        trainable: _bool | None = True, begin_norm_axis: Any = 1, begin_params_axis: Any = -1,
        scope: Any = None
) -> Any: ...
def linear(
        inputs: Any, num_outputs: Any, *, activation_fn: Any = None, normalizer_fn: Any = None,
        normalizer_params: Any = None, weights_initializer: Any = ...,
        weights_regularizer: Any = None, biases_initializer: Any = ...,
        biases_regularizer: Any = None, reuse: Any = None, variables_collections: Any = None,
        outputs_collections: Any = None, trainable: _bool | None = True, scope: Any = None
) -> Any: ...
def max_pool2d(
        inputs: Any, kernel_size: Any, stride: Any = 2, padding: str = 'VALID',
        data_format: Any = 'NHWC', outputs_collections: Any = None, scope: Any = None
) -> Any: ...
def max_pool3d(
        inputs: Any, kernel_size: Any, stride: Any = 2, padding: str = 'VALID',
        data_format: Any = 'NDHWC', outputs_collections: Any = None, scope: Any = None
) -> Any: ...
def one_hot_encoding(
        labels: Any, num_classes: Any, on_value: Any = 1.0, off_value: Any = 0.0,
        outputs_collections: Any = None, scope: Any = None
) -> Any: ...
def relu(
        inputs: Any, num_outputs: Any, *, activation_fn: Any = ..., normalizer_fn: Any = None,
        normalizer_params: Any = None, weights_initializer: Any = ...,
        weights_regularizer: Any = None, biases_initializer: Any = ...,
        biases_regularizer: Any = None, reuse: Any = None, variables_collections: Any = None,
        outputs_collections: Any = None, trainable: _bool | None = True, scope: Any = None
) -> Any: ...
def relu6(
        inputs: Any, num_outputs: Any, *, activation_fn: Any = ..., normalizer_fn: Any = None,
        normalizer_params: Any = None, weights_initializer: Any = ...,
        weights_regularizer: Any = None, biases_initializer: Any = ...,
        biases_regularizer: Any = None, reuse: Any = None, variables_collections: Any = None,
        outputs_collections: Any = None, trainable: _bool | None = True, scope: Any = None
) -> Any: ...
def repeat(inputs: Any, repetitions: Any, layer: Any, *args: Any, **kwargs: Any) -> Any: ...
def separable_conv2d(
        inputs: Any, num_outputs: Any, kernel_size: Any, depth_multiplier: Any = 1,
        stride: Any = 1, padding: str = 'SAME', data_format: Any = 'NHWC', rate: Any = 1,
        activation_fn: Any = ..., normalizer_fn: Any = None, normalizer_params: Any = None,
        weights_initializer: Any = ..., pointwise_initializer: Any = None,
        weights_regularizer: Any = None, biases_initializer: Any = ...,
        biases_regularizer: Any = None, reuse: Any = None, variables_collections: Any = None,
        outputs_collections: Any = None, trainable: _bool | None = True, scope: Any = None
) -> Any: ...
def stack(inputs: Any, layer: Any, stack_args: Any, **kwargs: Any) -> Any: ...
def variance_scaling_initializer(
        factor: Any = 2.0, mode: str = 'FAN_IN', uniform: _bool = False, seed: int | None = None,
        dtype: DTypeLike = 'float32'
) -> Any: ...
def xavier_initializer(
        uniform: _bool = True, seed: int | None = None, dtype: DTypeLike = 'float32'
) -> Any: ...
convolution1d = conv1d
convolution2d = conv2d
convolution2d_transpose = conv2d_transpose
convolution3d = conv3d
convolution3d_transpose = conv3d_transpose
separable_convolution2d = separable_conv2d
xavier_initializer_conv2d = xavier_initializer
