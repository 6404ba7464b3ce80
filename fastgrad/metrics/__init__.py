"""TensorFlow's `tf.metrics` names: values that are gathered over several runs."""

from fastgrad.metrics.counts import (accuracy, false_negatives, false_positives, mean,
                                     mean_absolute_error, mean_relative_error, mean_squared_error,
                                     precision, recall, root_mean_squared_error, true_negatives,
                                     true_positives)
from fastgrad.metrics.curves import (auc, mean_cosine_distance, mean_iou, mean_per_class_accuracy,
                                     mean_tensor, percentage_below, precision_at_thresholds,
                                     recall_at_thresholds)
from fastgrad import elsewhere as _elsewhere

__all__ = ["mean", "accuracy", "mean_squared_error", "root_mean_squared_error",
           "mean_absolute_error", "mean_relative_error", "true_positives", "false_positives",
           "true_negatives", "false_negatives", "precision", "recall", "auc",
           "precision_at_thresholds", "recall_at_thresholds", "mean_iou", "mean_per_class_accuracy",
           "percentage_below", "mean_cosine_distance", "mean_tensor"]
__getattr__ = _elsewhere.missing("fastgrad.metrics")
