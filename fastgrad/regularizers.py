"""The names of regularizers of weights, and what applies them."""

from fastgrad.layers.regularizers import (apply_regularization, l1_l2_regularizer, l1_regularizer,
                                          l2_regularizer, sum_regularizer)

__all__ = ["l1_regularizer", "l2_regularizer", "l1_l2_regularizer", "sum_regularizer",
           "apply_regularization"]
