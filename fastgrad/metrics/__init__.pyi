"""Types of `fastgrad.metrics`. Written by tests/types/make_stubs.py; do not edit."""

from collections.abc import Iterable
from fastgrad import Tensor
from fastgrad.typing import TensorLike

__all__ = [
    "accuracy", "auc", "false_negatives", "false_positives", "mean", "mean_absolute_error",
    "mean_cosine_distance", "mean_iou", "mean_per_class_accuracy", "mean_relative_error",
    "mean_squared_error", "mean_tensor", "percentage_below", "precision",
    "precision_at_thresholds", "recall", "recall_at_thresholds", "root_mean_squared_error",
    "true_negatives", "true_positives"]

def accuracy(
        labels: TensorLike, predictions: TensorLike, weights: TensorLike | None = None,
        metrics_collections: str | Iterable[str] | None = None,
        updates_collections: str | Iterable[str] | None = None, name: str | None = None
) -> tuple[Tensor, Tensor]: ...
def auc(
        labels: TensorLike, predictions: TensorLike, weights: TensorLike | None = None,
        num_thresholds: TensorLike = 200, metrics_collections: str | Iterable[str] | None = None,
        updates_collections: str | Iterable[str] | None = None, curve: str = 'ROC',
        name: str | None = None, summation_method: str = 'trapezoidal',
        thresholds: TensorLike | None = None
) -> tuple[Tensor, Tensor]: ...
def false_negatives(
        labels: TensorLike, predictions: TensorLike, weights: TensorLike | None = None,
        metrics_collections: str | Iterable[str] | None = None,
        updates_collections: str | Iterable[str] | None = None, name: str | None = None
) -> tuple[Tensor, Tensor]: ...
def false_positives(
        labels: TensorLike, predictions: TensorLike, weights: TensorLike | None = None,
        metrics_collections: str | Iterable[str] | None = None,
        updates_collections: str | Iterable[str] | None = None, name: str | None = None
) -> tuple[Tensor, Tensor]: ...
def mean(
        values: TensorLike, weights: TensorLike | None = None,
        metrics_collections: str | Iterable[str] | None = None,
        updates_collections: str | Iterable[str] | None = None, name: str | None = None
) -> tuple[Tensor, Tensor]: ...
def mean_absolute_error(
        labels: TensorLike, predictions: TensorLike, weights: TensorLike | None = None,
        metrics_collections: str | Iterable[str] | None = None,
        updates_collections: str | Iterable[str] | None = None, name: str | None = None
) -> tuple[Tensor, Tensor]: ...
def mean_cosine_distance(
        labels: TensorLike, predictions: TensorLike, dim: TensorLike,
        weights: TensorLike | None = None, metrics_collections: str | Iterable[str] | None = None,
        updates_collections: str | Iterable[str] | None = None, name: str | None = None
) -> tuple[Tensor, Tensor]: ...
def mean_iou(
        labels: TensorLike, predictions: TensorLike, num_classes: TensorLike,
        weights: TensorLike | None = None, metrics_collections: str | Iterable[str] | None = None,
        updates_collections: str | Iterable[str] | None = None, name: str | None = None
) -> tuple[Tensor, Tensor]: ...
def mean_per_class_accuracy(
        labels: TensorLike, predictions: TensorLike, num_classes: TensorLike,
        weights: TensorLike | None = None, metrics_collections: str | Iterable[str] | None = None,
        updates_collections: str | Iterable[str] | None = None, name: str | None = None
) -> tuple[Tensor, Tensor]: ...
def mean_relative_error(
        labels: TensorLike, predictions: TensorLike, normalizer: TensorLike,
        weights: TensorLike | None = None, metrics_collections: str | Iterable[str] | None = None,
        updates_collections: str | Iterable[str] | None = None, name: str | None = None
) -> tuple[Tensor, Tensor]: ...
def mean_squared_error(
        labels: TensorLike, predictions: TensorLike, weights: TensorLike | None = None,
        metrics_collections: str | Iterable[str] | None = None,
        updates_collections: str | Iterable[str] | None = None, name: str | None = None
) -> tuple[Tensor, Tensor]: ...
def mean_tensor(
        values: TensorLike, weights: TensorLike | None = None,
        metrics_collections: str | Iterable[str] | None = None,
        updates_collections: str | Iterable[str] | None = None, name: str | None = None
) -> tuple[Tensor, Tensor]: ...
def percentage_below(
        values: TensorLike, threshold: TensorLike, weights: TensorLike | None = None,
        metrics_collections: str | Iterable[str] | None = None,
        updates_collections: str | Iterable[str] | None = None, name: str | None = None
) -> tuple[Tensor, Tensor]: ...
def precision(
        labels: TensorLike, predictions: TensorLike, weights: TensorLike | None = None,
        metrics_collections: str | Iterable[str] | None = None,
        updates_collections: str | Iterable[str] | None = None, name: str | None = None
) -> tuple[Tensor, Tensor]: ...
def precision_at_thresholds(
        labels: TensorLike, predictions: TensorLike, thresholds: TensorLike,
        weights: TensorLike | None = None, metrics_collections: str | Iterable[str] | None = None,
        updates_collections: str | Iterable[str] | None = None, name: str | None = None
) -> tuple[Tensor, Tensor]: ...
def recall(
        labels: TensorLike, predictions: TensorLike, weights: TensorLike | None = None,
        metrics_collections: str | Iterable[str] | None = None,
        updates_collections: str | Iterable[str] | None = None, name: str | None = None
) -> tuple[Tensor, Tensor]: ...
def recall_at_thresholds(
        labels: TensorLike, predictions: TensorLike, thresholds: TensorLike,
        weights: TensorLike | None = None, metrics_collections: str | Iterable[str] | None = None,
        updates_collections: str | Iterable[str] | None = None, name: str | None = None
) -> tuple[Tensor, Tensor]: ...
def root_mean_squared_error(
        labels: TensorLike, predictions: TensorLike, weights: TensorLike | None = None,
        metrics_collections: str | Iterable[str] | None = None,
        updates_collections: str | Iterable[str] | None = None, name: str | None = None
) -> tuple[Tensor, Tensor]: ...
def true_negatives(
        labels: TensorLike, predictions: TensorLike, weights: TensorLike | None = None,
        metrics_collections: str | Iterable[str] | None = None,
        updates_collections: str | Iterable[str] | None = None, name: str | None = None
) -> tuple[Tensor, Tensor]: ...
def true_positives(
        labels: TensorLike, predictions: TensorLike, weights: TensorLike | None = None,
        metrics_collections: str | Iterable[str] | None = None,
        updates_collections: str | Iterable[str] | None = None, name: str | None = None
) -> tuple[Tensor, Tensor]: ...
