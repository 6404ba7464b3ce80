"""Types of `fastgrad.initializers`. Written by tests/types/make_stubs.py; do not edit."""

from builtins import bool as _bool
from typing import Any
from fastgrad import DType, Tensor
from fastgrad.typing import DTypeLike, ShapeLike, TensorLike

__all__ = [
    "Constant", "GlorotNormal", "GlorotUniform", "Identity", "Initializer", "Ones", "Orthogonal",
    "RandomNormal", "RandomUniform", "TruncatedNormal", "UniformUnitScaling", "VarianceScaling",
    "Zeros", "constant_initializer", "glorot_normal_initializer", "glorot_uniform_initializer",
    "he_normal", "he_uniform", "lecun_normal", "lecun_uniform", "ones_initializer",
    "orthogonal_initializer", "random_normal_initializer", "random_uniform_initializer",
    "truncated_normal_initializer", "uniform_unit_scaling_initializer",
    "variance_scaling_initializer", "zeros_initializer"]

class Initializer:
    dtype: DType
    def __call__(
            self, shape: ShapeLike, dtype: DTypeLike | None = None, partition_info: Any = None
    ) -> Tensor: ...
    def get_config(self) -> dict[str, Any]: ...
    @classmethod
    def from_config(cls, config: Any) -> Any: ...


class Identity(Initializer):
    def __init__(self, gain: TensorLike = 1.0, dtype: DTypeLike = 'float32') -> None: ...
    def __call__(
            self, shape: ShapeLike, dtype: DTypeLike | None = None, partition_info: Any = None
    ) -> Tensor: ...
    gain: Any


class constant_initializer(Initializer):
    def __init__(
            self, value: TensorLike = 0, dtype: DTypeLike = 'float32', verify_shape: _bool = False
    ) -> None: ...
    def __call__(
            self, shape: ShapeLike, dtype: DTypeLike | None = None, partition_info: Any = None,
            verify_shape: TensorLike | None = None
    ) -> Tensor: ...
    value: Any
    verify_shape: Any


class ones_initializer(Initializer):
    def __init__(self, dtype: DTypeLike = 'float32') -> None: ...
    def __call__(
            self, shape: ShapeLike, dtype: DTypeLike | None = None, partition_info: Any = None
    ) -> Tensor: ...


class orthogonal_initializer(Initializer):
    def __init__(
            self, gain: TensorLike = 1.0, seed: int | None = None, dtype: DTypeLike = 'float32'
    ) -> None: ...
    def __call__(
            self, shape: ShapeLike, dtype: DTypeLike | None = None, partition_info: Any = None
    ) -> Tensor: ...
    gain: Any
    seed: Any


class random_normal_initializer(Initializer):
    def __init__(
            self, mean: TensorLike = 0.0, stddev: TensorLike = 1.0, seed: int | None = None,
            dtype: DTypeLike = 'float32'
    ) -> None: ...
    def __call__(
            self, shape: ShapeLike, dtype: DTypeLike | None = None, partition_info: Any = None
    ) -> Tensor: ...
    mean: Any
    seed: Any
    stddev: Any


class random_uniform_initializer(Initializer):
    def __init__(
            self, minval: TensorLike = 0, maxval: TensorLike | None = None,
            seed: int | None = None, dtype: DTypeLike = 'float32'
    ) -> None: ...
    def __call__(
            self, shape: ShapeLike, dtype: DTypeLike | None = None, partition_info: Any = None
    ) -> Tensor: ...
    maxval: Any
    minval: Any
    seed: Any


class truncated_normal_initializer(Initializer):
    def __init__(
            self, mean: TensorLike = 0.0, stddev: TensorLike = 1.0, seed: int | None = None,
            dtype: DTypeLike = 'float32'
    ) -> None: ...
    def __call__(
            self, shape: ShapeLike, dtype: DTypeLike | None = None, partition_info: Any = None
    ) -> Tensor: ...
    mean: Any
    seed: Any
    stddev: Any


class uniform_unit_scaling_initializer(Initializer):
    def __init__(
            self, factor: TensorLike = 1.0, seed: int | None = None, dtype: DTypeLike = 'float32'
    ) -> None: ...
    def __call__(
            self, shape: ShapeLike, dtype: DTypeLike | None = None, partition_info: Any = None
    ) -> Tensor: ...
    factor: Any
    seed: Any


class variance_scaling_initializer(Initializer):
    def __init__(
            self, scale: TensorLike = 1.0, mode: str = 'fan_in',
            distribution: Any = 'truncated_normal', seed: int | None = None,
            dtype: DTypeLike = 'float32'
    ) -> None: ...
    def __call__(
            self, shape: ShapeLike, dtype: DTypeLike | None = None, partition_info: Any = None
    ) -> Tensor: ...
    distribution: Any
    mode: Any
    scale: Any
    seed: Any


class zeros_initializer(Initializer):
    def __init__(self, dtype: DTypeLike = 'float32') -> None: ...
    def __call__(
            self, shape: ShapeLike, dtype: DTypeLike | None = None, partition_info: Any = None
    ) -> Tensor: ...


class glorot_normal_initializer(variance_scaling_initializer):
    def __init__(self, seed: int | None = None, dtype: DTypeLike = 'float32') -> None: ...
    def get_config(self) -> dict[str, Any]: ...


class glorot_uniform_initializer(variance_scaling_initializer):
    def __init__(self, seed: int | None = None, dtype: DTypeLike = 'float32') -> None: ...
    def get_config(self) -> dict[str, Any]: ...

def he_normal(seed: int | None = None) -> Initializer: ...
def he_uniform(seed: int | None = None) -> Initializer: ...
def lecun_normal(seed: int | None = None) -> Initializer: ...
def lecun_uniform(seed: int | None = None) -> Initializer: ...
Constant = constant_initializer
Ones = ones_initializer
Orthogonal = orthogonal_initializer
RandomNormal = random_normal_initializer
RandomUniform = random_uniform_initializer
TruncatedNormal = truncated_normal_initializer
UniformUnitScaling = uniform_unit_scaling_initializer
VarianceScaling = variance_scaling_initializer
Zeros = zeros_initializer
GlorotNormal = glorot_normal_initializer
GlorotUniform = glorot_uniform_initializer
