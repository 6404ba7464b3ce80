"""Types of `fastgrad.layers`. Written by tests/types/make_stubs.py; do not edit."""

from builtins import bool as _bool
from collections.abc import Callable
from typing import Any
from fastgrad import Tensor, Variable
from fastgrad.typing import DTypeLike, ShapeLike, TensorLike

__all__ = [
    "AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "BatchNormalization", "Conv1D",
    "Conv2D", "Conv2DTranspose", "Conv3D", "Conv3DTranspose", "Dense", "Dropout", "Flatten",
    "Layer", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "SeparableConv1D", "SeparableConv2D",
    "average_pooling1d", "average_pooling2d", "average_pooling3d", "batch_normalization",
    "conv1d", "conv2d", "conv2d_transpose", "conv3d", "conv3d_transpose", "dense", "dropout",
    "flatten", "max_pooling1d", "max_pooling2d", "max_pooling3d", "separable_conv1d",
    "separable_conv2d"]

class Layer:
    def __init__(
            self, trainable: _bool | None = True, name: str | None = None,
            dtype: DTypeLike | None = None,
            activity_regularizer: Callable[..., Any] | None = None, _scope: Any = None,
            _reuse: Any = None, **_: Any
    ) -> None: ...
    @property
    def name(self) -> str: ...
    @property
    def scope_name(self) -> Any: ...
    @property
    def dtype(self) -> Any: ...
    @property
    def variables(self) -> list[Variable]: ...
    @property
    def weights(self) -> list[Variable]: ...
    @property
    def trainable_variables(self) -> list[Variable]: ...
    @property
    def trainable_weights(self) -> list[Variable]: ...
    @property
    def non_trainable_variables(self) -> list[Variable]: ...
    @property
    def non_trainable_weights(self) -> list[Variable]: ...
    def __call__(
            self, inputs: TensorLike, *args: TensorLike, scope: Any = None, **kwargs: Any
    ) -> Tensor: ...
    def apply(
            self, inputs: TensorLike, *args: TensorLike, scope: Any = None, **kwargs: Any
    ) -> Tensor: ...
    def add_weight(
            self, name: str, shape: ShapeLike,
            initializer: Callable[..., Any] | TensorLike | None = None,
            regularizer: Callable[..., Any] | None = None, trainable: _bool | None = True,
            constraint: Callable[..., Any] | None = None, dtype: DTypeLike | None = None
    ) -> Variable: ...
    def add_variable(
            self, name: str, shape: ShapeLike,
            initializer: Callable[..., Any] | TensorLike | None = None,
            regularizer: Callable[..., Any] | None = None, trainable: _bool | None = True,
            constraint: Callable[..., Any] | None = None, dtype: DTypeLike | None = None
    ) -> Variable: ...
    def compute_output_shape(self, input_shape: TensorLike) -> Any: ...
    def build(self, shape: ShapeLike) -> None: ...
    def call(self, inputs: TensorLike, *args: Any, **kwargs: Any) -> Tensor: ...
    built: Any
    losses: Any
    trainable: Any
    updates: Any


class BatchNormalization(Layer):
    def __init__(
            self, axis: Any = -1, momentum: TensorLike = 0.99, epsilon: TensorLike = 0.001,
            center: _bool = True, scale: _bool = True,
            beta_initializer: Callable[..., Any] | TensorLike | None = ...,
            gamma_initializer: Callable[..., Any] | TensorLike | None = ...,
            moving_mean_initializer: Callable[..., Any] | TensorLike | None = ...,
            moving_variance_initializer: Callable[..., Any] | TensorLike | None = ...,
            beta_regularizer: Callable[..., Any] | None = None,
            gamma_regularizer: Callable[..., Any] | None = None,
            beta_constraint: Callable[..., Any] | None = None,
            gamma_constraint: Callable[..., Any] | None = None, trainable: _bool | None = True,
            name: str | None = None, fused: Any = None, **settings: Any
    ) -> None: ...
    def build(self, shape: ShapeLike) -> None: ...
    def call(self, inputs: TensorLike, training: TensorLike = False) -> Tensor: ...
    axis: Any
    beta: Any
    center: Any
    epsilon: Any
    fused: Any
    gamma: Any
    momentum: Any
    moving_mean: Any
    moving_variance: Any
    scale: Any


class Dense(Layer):
    def __init__(
            self, units: Any, activation: Callable[..., Any] | None = None,
            use_bias: _bool = True,
            kernel_initializer: Callable[..., Any] | TensorLike | None = None,
            bias_initializer: Callable[..., Any] | TensorLike | None = ...,
            kernel_regularizer: Callable[..., Any] | None = None,
            bias_regularizer: Callable[..., Any] | None = None,
            activity_regularizer: Callable[..., Any] | None = None,
            kernel_constraint: Callable[..., Any] | None = None,
            bias_constraint: Callable[..., Any] | None = None, trainable: _bool | None = True,
            name: str | None = None, **settings: Any
    ) -> None: ...
    def build(self, shape: ShapeLike) -> None: ...
    def compute_output_shape(self, input_shape: TensorLike) -> Any: ...
    def call(self, inputs: TensorLike) -> Tensor: ...
    activation: Any
    bias: Any
    kernel: Any
    units: Any
    use_bias: Any


class Dropout(Layer):
    def __init__(
            self, rate: TensorLike = 0.5, noise_shape: ShapeLike = None, seed: int | None = None,
            name: str | None = None, **settings: Any
    ) -> None: ...
    def call(self, inputs: TensorLike, training: TensorLike = False) -> Tensor: ...
    noise_shape: Any
    rate: Any
    seed: Any


class Flatten(Layer):
    def __init__(
            self, data_format: Any = 'channels_last', name: str | None = None, **settings: Any
    ) -> None: ...
    def call(self, inputs: TensorLike) -> Tensor: ...


class Conv1D(Layer):
    def __init__(
            self, filters: TensorLike, kernel_size: TensorLike, strides: TensorLike = 1,
            padding: str = 'valid', data_format: Any = 'channels_last',
            dilation_rate: TensorLike = 1, activation: Callable[..., Any] | None = None,
            use_bias: _bool = True,
            kernel_initializer: Callable[..., Any] | TensorLike | None = None,
            bias_initializer: Callable[..., Any] | TensorLike | None = ...,
            kernel_regularizer: Callable[..., Any] | None = None,
            bias_regularizer: Callable[..., Any] | None = None,
            activity_regularizer: Callable[..., Any] | None = None,
            kernel_constraint: Callable[..., Any] | None = None,
            bias_constraint: Callable[..., Any] | None = None, trainable: _bool | None = True,
            name: str | None = None, **settings: Any
    ) -> None: ...
    def build(self, shape: ShapeLike) -> None: ...
    def call(self, inputs: TensorLike) -> Tensor: ...
    activation: Any
    bias: Any
    data_format: Any
    dilation_rate: Any
    filters: Any
    kernel: Any
    kernel_size: Any
    padding: Any
    strides: Any
    use_bias: Any


class Conv2D(Layer):
    def __init__(
            self, filters: TensorLike, kernel_size: TensorLike, strides: TensorLike = 1,
            padding: str = 'valid', data_format: Any = 'channels_last',
            dilation_rate: TensorLike = 1, activation: Callable[..., Any] | None = None,
            use_bias: _bool = True,
            kernel_initializer: Callable[..., Any] | TensorLike | None = None,
            bias_initializer: Callable[..., Any] | TensorLike | None = ...,
            kernel_regularizer: Callable[..., Any] | None = None,
            bias_regularizer: Callable[..., Any] | None = None,
            activity_regularizer: Callable[..., Any] | None = None,
            kernel_constraint: Callable[..., Any] | None = None,
            bias_constraint: Callable[..., Any] | None = None, trainable: _bool | None = True,
            name: str | None = None, **settings: Any
    ) -> None: ...
    def build(self, shape: ShapeLike) -> None: ...
    def call(self, inputs: TensorLike) -> Tensor: ...
    activation: Any
    bias: Any
    data_format: Any
    dilation_rate: Any
    filters: Any
    kernel: Any
    kernel_size: Any
    padding: Any
    strides: Any
    use_bias: Any


class Conv3D(Layer):
    def __init__(
            self, filters: TensorLike, kernel_size: TensorLike, strides: TensorLike = 1,
            padding: str = 'valid', data_format: Any = 'channels_last',
            dilation_rate: TensorLike = 1, activation: Callable[..., Any] | None = None,
            use_bias: _bool = True,
            kernel_initializer: Callable[..., Any] | TensorLike | None = None,
            bias_initializer: Callable[..., Any] | TensorLike | None = ...,
            kernel_regularizer: Callable[..., Any] | None = None,
            bias_regularizer: Callable[..., Any] | None = None,
            activity_regularizer: Callable[..., Any] | None = None,
            kernel_constraint: Callable[..., Any] | None = None,
            bias_constraint: Callable[..., Any] | None = None, trainable: _bool | None = True,
            name: str | None = None, **settings: Any
    ) -> None: ...
    def build(self, shape: ShapeLike) -> None: ...
    def call(self, inputs: TensorLike) -> Tensor: ...
    activation: Any
    bias: Any
    data_format: Any
    dilation_rate: Any
    filters: Any
    kernel: Any
    kernel_size: Any
    padding: Any
    strides: Any
    use_bias: Any


class AveragePooling1D(Layer):
    def __init__(
            self, pool_size: TensorLike, strides: TensorLike, padding: str = 'valid',
            data_format: Any = 'channels_last', name: str | None = None, **settings: Any
    ) -> None: ...
    def call(self, inputs: TensorLike) -> Tensor: ...
    data_format: Any
    padding: Any
    pool_size: Any
    strides: Any


class AveragePooling2D(Layer):
    def __init__(
            self, pool_size: TensorLike, strides: TensorLike, padding: str = 'valid',
            data_format: Any = 'channels_last', name: str | None = None, **settings: Any
    ) -> None: ...
    def call(self, inputs: TensorLike) -> Tensor: ...
    data_format: Any
    padding: Any
    pool_size: Any
    strides: Any


class AveragePooling3D(Layer):
    def __init__(
            self, pool_size: TensorLike, strides: TensorLike, padding: str = 'valid',
            data_format: Any = 'channels_last', name: str | None = None, **settings: Any
    ) -> None: ...
    def call(self, inputs: TensorLike) -> Tensor: ...
    data_format: Any
    padding: Any
    pool_size: Any
    strides: Any


class Conv2DTranspose(Layer):
    def __init__(
            self, filters: TensorLike, kernel_size: TensorLike, strides: Any = ...,
            padding: str = 'valid', data_format: Any = 'channels_last',
            activation: Callable[..., Any] | None = None, use_bias: _bool = True, **settings: Any
    ) -> None: ...
    def build(self, shape: ShapeLike) -> None: ...
    def call(self, inputs: TensorLike) -> Tensor: ...
    kernel: Any
    activation: Any
    bias: Any
    data_format: Any
    dilation_rate: Any
    filters: Any
    kernel_size: Any
    padding: Any
    strides: Any
    use_bias: Any


class Conv3DTranspose(Layer):
    def __init__(
            self, filters: TensorLike, kernel_size: TensorLike, strides: Any = ...,
            padding: str = 'valid', data_format: Any = 'channels_last',
            activation: Callable[..., Any] | None = None, use_bias: _bool = True, **settings: Any
    ) -> None: ...
    def build(self, shape: ShapeLike) -> None: ...
    def call(self, inputs: TensorLike) -> Tensor: ...
    kernel: Any
    activation: Any
    bias: Any
    data_format: Any
    dilation_rate: Any
    filters: Any
    kernel_size: Any
    padding: Any
    strides: Any
    use_bias: Any


class MaxPooling1D(Layer):
    def __init__(
            self, pool_size: TensorLike, strides: TensorLike, padding: str = 'valid',
            data_format: Any = 'channels_last', name: str | None = None, **settings: Any
    ) -> None: ...
    def call(self, inputs: TensorLike) -> Tensor: ...
    data_format: Any
    padding: Any
    pool_size: Any
    strides: Any


class MaxPooling2D(Layer):
    def __init__(
            self, pool_size: TensorLike, strides: TensorLike, padding: str = 'valid',
            data_format: Any = 'channels_last', name: str | None = None, **settings: Any
    ) -> None: ...
    def call(self, inputs: TensorLike) -> Tensor: ...
    data_format: Any
    padding: Any
    pool_size: Any
    strides: Any


class MaxPooling3D(Layer):
    def __init__(
            self, pool_size: TensorLike, strides: TensorLike, padding: str = 'valid',
            data_format: Any = 'channels_last', name: str | None = None, **settings: Any
    ) -> None: ...
    def call(self, inputs: TensorLike) -> Tensor: ...
    data_format: Any
    padding: Any
    pool_size: Any
    strides: Any


class SeparableConv1D(Layer):
    def call(self, inputs: TensorLike) -> Tensor: ...
    def __init__(
            self, filters: TensorLike, kernel_size: TensorLike, strides: TensorLike = 1,
            padding: str = 'valid', data_format: Any = 'channels_last',
            dilation_rate: TensorLike = 1, depth_multiplier: TensorLike = 1,
            activation: Callable[..., Any] | None = None, use_bias: _bool = True,
            depthwise_initializer: TensorLike | None = None,
            pointwise_initializer: TensorLike | None = None,
            bias_initializer: Callable[..., Any] | TensorLike | None = ...,
            depthwise_regularizer: TensorLike | None = None,
            pointwise_regularizer: TensorLike | None = None,
            bias_regularizer: Callable[..., Any] | None = None,
            activity_regularizer: Callable[..., Any] | None = None,
            depthwise_constraint: TensorLike | None = None,
            pointwise_constraint: TensorLike | None = None,
            bias_constraint: Callable[..., Any] | None = None, trainable: _bool | None = True,
            name: str | None = None, **settings: Any
    ) -> None: ...
    def build(self, shape: ShapeLike) -> None: ...
    depth_multiplier: Any
    depthwise_kernel: Any
    pointwise_kernel: Any
    activation: Any
    bias: Any
    data_format: Any
    dilation_rate: Any
    filters: Any
    kernel: Any
    kernel_size: Any
    padding: Any
    strides: Any
    use_bias: Any


class SeparableConv2D(Layer):
    def __init__(
            self, filters: TensorLike, kernel_size: TensorLike, strides: TensorLike = 1,
            padding: str = 'valid', data_format: Any = 'channels_last',
            dilation_rate: TensorLike = 1, depth_multiplier: TensorLike = 1,
            activation: Callable[..., Any] | None = None, use_bias: _bool = True,
            depthwise_initializer: TensorLike | None = None,
            pointwise_initializer: TensorLike | None = None,
            bias_initializer: Callable[..., Any] | TensorLike | None = ...,
            depthwise_regularizer: TensorLike | None = None,
            pointwise_regularizer: TensorLike | None = None,
            bias_regularizer: Callable[..., Any] | None = None,
            activity_regularizer: Callable[..., Any] | None = None,
            depthwise_constraint: TensorLike | None = None,
            pointwise_constraint: TensorLike | None = None,
            bias_constraint: Callable[..., Any] | None = None, trainable: _bool | None = True,
            name: str | None = None, **settings: Any
    ) -> None: ...
    def build(self, shape: ShapeLike) -> None: ...
    def call(self, inputs: TensorLike) -> Tensor: ...
    depth_multiplier: Any
    depthwise_kernel: Any
    pointwise_kernel: Any
    activation: Any
    bias: Any
    data_format: Any
    dilation_rate: Any
    filters: Any
    kernel: Any
    kernel_size: Any
    padding: Any
    strides: Any
    use_bias: Any

def average_pooling1d(
        inputs: TensorLike, pool_size: TensorLike, strides: TensorLike, padding: str = 'valid',
        data_format: Any = 'channels_last', name: str | None = None
) -> Tensor: ...
def average_pooling2d(
        inputs: TensorLike, pool_size: TensorLike, strides: TensorLike, padding: str = 'valid',
        data_format: Any = 'channels_last', name: str | None = None
) -> Tensor: ...
def average_pooling3d(
        inputs: TensorLike, pool_size: TensorLike, strides: TensorLike, padding: str = 'valid',
        data_format: Any = 'channels_last', name: str | None = None
) -> Tensor: ...
def batch_normalization(
        inputs: TensorLike, axis: Any = -1, momentum: TensorLike = 0.99,
        epsilon: TensorLike = 0.001, center: _bool = True, scale: _bool = True,
        beta_initializer: Callable[..., Any] | TensorLike | None = ...,
        gamma_initializer: Callable[..., Any] | TensorLike | None = ...,
        moving_mean_initializer: Callable[..., Any] | TensorLike | None = ...,
        moving_variance_initializer: Callable[..., Any] | TensorLike | None = ...,
        beta_regularizer: Callable[..., Any] | None = None,
        gamma_regularizer: Callable[..., Any] | None = None,
        beta_constraint: Callable[..., Any] | None = None,
        gamma_constraint: Callable[..., Any] | None = None, training: TensorLike = False,
        trainable: _bool | None = True, name: str | None = None, reuse: Any = None,
        renorm: Any = False, fused: Any = None, virtual_batch_size: Any = None,
        adjustment: Any = None, **_: Any
) -> Tensor: ...
def conv1d(
        inputs: TensorLike, filters: TensorLike, kernel_size: TensorLike, strides: TensorLike = 1,
        padding: str = 'valid', data_format: Any = 'channels_last', dilation_rate: TensorLike = 1,
        activation: Callable[..., Any] | None = None, use_bias: _bool = True,
        kernel_initializer: Callable[..., Any] | TensorLike | None = None,
        bias_initializer: Callable[..., Any] | TensorLike | None = ...,
        kernel_regularizer: Callable[..., Any] | None = None,
        bias_regularizer: Callable[..., Any] | None = None,
        activity_regularizer: Callable[..., Any] | None = None,
        kernel_constraint: Callable[..., Any] | None = None,
        bias_constraint: Callable[..., Any] | None = None, trainable: _bool | None = True,
        name: str | None = None, reuse: Any = None
) -> Tensor: ...
def conv2d(
        inputs: TensorLike, filters: TensorLike, kernel_size: TensorLike, strides: Any = ...,
        padding: str = 'valid', data_format: Any = 'channels_last', dilation_rate: Any = ...,
        activation: Callable[..., Any] | None = None, use_bias: _bool = True,
        kernel_initializer: Callable[..., Any] | TensorLike | None = None,
        bias_initializer: Callable[..., Any] | TensorLike | None = ...,
        kernel_regularizer: Callable[..., Any] | None = None,
        bias_regularizer: Callable[..., Any] | None = None,
        activity_regularizer: Callable[..., Any] | None = None,
        kernel_constraint: Callable[..., Any] | None = None,
        bias_constraint: Callable[..., Any] | None = None, trainable: _bool | None = True,
        name: str | None = None, reuse: Any = None
) -> Tensor: ...
def conv2d_transpose(
        inputs: TensorLike, filters: TensorLike, kernel_size: TensorLike, strides: Any = ...,
        padding: str = 'valid', data_format: Any = 'channels_last',
        activation: Callable[..., Any] | None = None, use_bias: _bool = True,
        kernel_initializer: Callable[..., Any] | TensorLike | None = None,
        bias_initializer: Callable[..., Any] | TensorLike | None = ...,
        kernel_regularizer: Callable[..., Any] | None = None,
        bias_regularizer: Callable[..., Any] | None = None,
        activity_regularizer: Callable[..., Any] | None = None,
        kernel_constraint: Callable[..., Any] | None = None,
        bias_constraint: Callable[..., Any] | None = None, trainable: _bool | None = True,
        name: str | None = None, reuse: Any = None
) -> Tensor: ...
def conv3d(
        inputs: TensorLike, filters: TensorLike, kernel_size: TensorLike, strides: Any = ...,
        padding: str = 'valid', data_format: Any = 'channels_last', dilation_rate: Any = ...,
        activation: Callable[..., Any] | None = None, use_bias: _bool = True,
        kernel_initializer: Callable[..., Any] | TensorLike | None = None,
        bias_initializer: Callable[..., Any] | TensorLike | None = ...,
        kernel_regularizer: Callable[..., Any] | None = None,
        bias_regularizer: Callable[..., Any] | None = None,
        activity_regularizer: Callable[..., Any] | None = None,
        kernel_constraint: Callable[..., Any] | None = None,
        bias_constraint: Callable[..., Any] | None = None, trainable: _bool | None = True,
        name: str | None = None, reuse: Any = None
) -> Tensor: ...
def conv3d_transpose(
        inputs: TensorLike, filters: TensorLike, kernel_size: TensorLike, strides: Any = ...,
        padding: str = 'valid', data_format: Any = 'channels_last',
        activation: Callable[..., Any] | None = None, use_bias: _bool = True,
        kernel_initializer: Callable[..., Any] | TensorLike | None = None,
        bias_initializer: Callable[..., Any] | TensorLike | None = ...,
        kernel_regularizer: Callable[..., Any] | None = None,
        bias_regularizer: Callable[..., Any] | None = None,
        activity_regularizer: Callable[..., Any] | None = None,
        kernel_constraint: Callable[..., Any] | None = None,
        bias_constraint: Callable[..., Any] | None = None, trainable: _bool | None = True,
        name: str | None = None, reuse: Any = None
) -> Tensor: ...
def dense(
        inputs: TensorLike, units: Any, activation: Callable[..., Any] | None = None,
        use_bias: _bool = True, kernel_initializer: Callable[..., Any] | TensorLike | None = None,
        bias_initializer: Callable[..., Any] | TensorLike | None = ...,
        kernel_regularizer: Callable[..., Any] | None = None,
        bias_regularizer: Callable[..., Any] | None = None,
        activity_regularizer: Callable[..., Any] | None = None,
        kernel_constraint: Callable[..., Any] | None = None,
        bias_constraint: Callable[..., Any] | None = None, trainable: _bool | None = True,
        name: str | None = None, reuse: Any = None
) -> Tensor: ...
def dropout(
        inputs: TensorLike, rate: TensorLike = 0.5, noise_shape: ShapeLike = None,
        seed: int | None = None, training: TensorLike = False, name: str | None = None
) -> Tensor: ...
def flatten(
        inputs: TensorLike, name: str | None = None, data_format: Any = 'channels_last'
) -> Tensor: ...
def max_pooling1d(
        inputs: TensorLike, pool_size: TensorLike, strides: TensorLike, padding: str = 'valid',
        data_format: Any = 'channels_last', name: str | None = None
) -> Tensor: ...
def max_pooling2d(
        inputs: TensorLike, pool_size: TensorLike, strides: TensorLike, padding: str = 'valid',
        data_format: Any = 'channels_last', name: str | None = None
) -> Tensor: ...
def max_pooling3d(
        inputs: TensorLike, pool_size: TensorLike, strides: TensorLike, padding: str = 'valid',
        data_format: Any = 'channels_last', name: str | None = None
) -> Tensor: ...
def separable_conv1d(
        inputs: TensorLike, filters: TensorLike, kernel_size: TensorLike, strides: TensorLike = 1,
        padding: str = 'valid', data_format: Any = 'channels_last', dilation_rate: TensorLike = 1,
        depth_multiplier: TensorLike = 1, activation: Callable[..., Any] | None = None,
        use_bias: _bool = True, depthwise_initializer: TensorLike | None = None,
        pointwise_initializer: TensorLike | None = None,
        bias_initializer: Callable[..., Any] | TensorLike | None = ...,
        depthwise_regularizer: TensorLike | None = None,
        pointwise_regularizer: TensorLike | None = None,
        bias_regularizer: Callable[..., Any] | None = None,
        activity_regularizer: Callable[..., Any] | None = None,
        depthwise_constraint: TensorLike | None = None,
        pointwise_constraint: TensorLike | None = None,
        bias_constraint: Callable[..., Any] | None = None, trainable: _bool | None = True,
        name: str | None = None, reuse: Any = None
) -> Tensor: ...
def separable_conv2d(
        inputs: TensorLike, filters: TensorLike, kernel_size: TensorLike, strides: Any = ...,
        padding: str = 'valid', data_format: Any = 'channels_last', dilation_rate: Any = ...,
        depth_multiplier: TensorLike = 1, activation: Callable[..., Any] | None = None,
        use_bias: _bool = True, depthwise_initializer: TensorLike | None = None,
        pointwise_initializer: TensorLike | None = None,
        bias_initializer: Callable[..., Any] | TensorLike | None = ...,
        depthwise_regularizer: TensorLike | None = None,
        pointwise_regularizer: TensorLike | None = None,
        bias_regularizer: Callable[..., Any] | None = None,
        activity_regularizer: Callable[..., Any] | None = None,
        depthwise_constraint: TensorLike | None = None,
        pointwise_constraint: TensorLike | None = None,
        bias_constraint: Callable[..., Any] | None = None, trainable: _bool | None = True,
        name: str | None = None, reuse: Any = None
) -> Tensor: ...
