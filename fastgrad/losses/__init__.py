"""TensorFlow's `tf.losses`: weighted losses that are collected, so that `get_total_loss` finds
them."""

from fastgrad import elsewhere as _elsewhere
from fastgrad.losses.collection import (add_loss, get_losses, get_regularization_loss,
                                        get_regularization_losses, get_total_loss)
from fastgrad.losses.formulas import (absolute_difference, cosine_distance, hinge_loss, huber_loss,
                                      log_loss, mean_pairwise_squared_error, mean_squared_error,
                                      sigmoid_cross_entropy, softmax_cross_entropy,
                                      sparse_softmax_cross_entropy)
from fastgrad.losses.row_weights import sample_weight
from fastgrad.losses.weighted import Reduction, compute_weighted_loss

__all__ = ["Reduction", "compute_weighted_loss", "absolute_difference", "mean_squared_error",
           "huber_loss", "log_loss", "hinge_loss", "cosine_distance", "sigmoid_cross_entropy",
           "softmax_cross_entropy", "sparse_softmax_cross_entropy",
           "mean_pairwise_squared_error", "sample_weight", "add_loss", "get_losses",
           "get_regularization_losses", "get_regularization_loss", "get_total_loss"]
__getattr__ = _elsewhere.missing("fastgrad.losses")
