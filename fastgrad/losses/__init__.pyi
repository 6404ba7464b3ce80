"""Types of `fastgrad.losses`. Written by tests/types/make_stubs.py; do not edit."""

from builtins import bool as _bool
from collections.abc import Iterable
from typing import Any
from fastgrad import Tensor
from fastgrad.typing import DTypeLike, TensorLike

__all__ = [
    "Reduction", "absolute_difference", "add_loss", "compute_weighted_loss", "cosine_distance",
    "get_losses", "get_regularization_loss", "get_regularization_losses", "get_total_loss",
    "hinge_loss", "huber_loss", "log_loss", "mean_pairwise_squared_error", "mean_squared_error",
    "sample_weight", "sigmoid_cross_entropy", "softmax_cross_entropy",
    "sparse_softmax_cross_entropy"]

class Reduction:
    NONE: str
    SUM: str
    SUM_OVER_BATCH_SIZE: str
    MEAN: str
    SUM_BY_NONZERO_WEIGHTS: str
    SUM_OVER_NONZERO_WEIGHTS: str
    @classmethod
    def all(cls) -> Any: ...
    @classmethod
    def validate(cls, key: str) -> Any: ...

def absolute_difference(
        labels: TensorLike, predictions: TensorLike, weights: TensorLike = 1.0, scope: Any = None,
        loss_collection: str | Iterable[str] | None = 'losses',
        reduction: Any = 'weighted_sum_by_nonzero_weights'
) -> Tensor: ...
def add_loss(loss: TensorLike, loss_collection: str | Iterable[str] | None = 'losses') -> None: ...
def compute_weighted_loss(
        losses: TensorLike, weights: TensorLike = 1.0, scope: Any = None,
        loss_collection: str | Iterable[str] | None = 'losses',
        reduction: Any = 'weighted_sum_by_nonzero_weights'
) -> Tensor: ...
def cosine_distance(
        labels: TensorLike, predictions: TensorLike, axis: TensorLike | None = None,
        weights: TensorLike = 1.0, scope: Any = None,
        loss_collection: str | Iterable[str] | None = 'losses',
        reduction: Any = 'weighted_sum_by_nonzero_weights', dim: TensorLike | None = None
) -> Tensor: ...
def get_losses(
        scope: Any = None, loss_collection: str | Iterable[str] | None = 'losses'
) -> list[Any]: ...
def get_regularization_loss(
        scope: Any = None, name: str | None = 'total_regularization_loss'
) -> Tensor: ...
def get_regularization_losses(scope: Any = None) -> list[Any]: ...
def get_total_loss(
        add_regularization_losses: _bool = True, name: str | None = 'total_loss',
        scope: Any = None
) -> Tensor: ...
def hinge_loss(
        labels: TensorLike, logits: TensorLike, weights: TensorLike = 1.0, scope: Any = None,
        loss_collection: str | Iterable[str] | None = 'losses',
        reduction: Any = 'weighted_sum_by_nonzero_weights'
) -> Tensor: ...
def huber_loss(
        labels: TensorLike, predictions: TensorLike, weights: TensorLike = 1.0,
        delta: TensorLike = 1.0, scope: Any = None,
        loss_collection: str | Iterable[str] | None = 'losses',
        reduction: Any = 'weighted_sum_by_nonzero_weights'
) -> Tensor: ...
def log_loss(
        labels: TensorLike, predictions: TensorLike, weights: TensorLike = 1.0,
        epsilon: TensorLike = 1e-07, scope: Any = None,
        loss_collection: str | Iterable[str] | None = 'losses',
        reduction: Any = 'weighted_sum_by_nonzero_weights'
) -> Tensor: ...
def mean_pairwise_squared_error(
        labels: TensorLike, predictions: TensorLike, weights: TensorLike = 1.0, scope: Any = None,
        loss_collection: str | Iterable[str] | None = 'losses'
) -> Tensor: ...
def mean_squared_error(
        labels: TensorLike, predictions: TensorLike, weights: TensorLike = 1.0, scope: Any = None,
        loss_collection: str | Iterable[str] | None = 'losses',
        reduction: Any = 'weighted_sum_by_nonzero_weights'
) -> Tensor: ...
def sample_weight(dtype: DTypeLike = ...) -> Tensor: ...
def sigmoid_cross_entropy(
        multi_class_labels: TensorLike, logits: TensorLike, weights: TensorLike = 1.0,
        label_smoothing: TensorLike = 0, scope: Any = None,
        loss_collection: str | Iterable[str] | None = 'losses',
        reduction: Any = 'weighted_sum_by_nonzero_weights'
) -> Tensor: ...
def softmax_cross_entropy(
        onehot_labels: TensorLike, logits: TensorLike, weights: TensorLike = 1.0,
        label_smoothing: TensorLike = 0, scope: Any = None,
        loss_collection: str | Iterable[str] | None = 'losses',
        reduction: Any = 'weighted_sum_by_nonzero_weights'
) -> Tensor: ...
def sparse_softmax_cross_entropy(
        labels: TensorLike, logits: TensorLike, weights: TensorLike = 1.0, scope: Any = None,
        loss_collection: str | Iterable[str] | None = 'losses',
        reduction: Any = 'weighted_sum_by_nonzero_weights'
) -> Tensor: ...
