"""TensorFlow's `tf.layers` names: what makes variables and applies `nn` to them."""

from fastgrad.layers.dense import (BatchNormalization, Dense, Dropout, Flatten, Layer,
                                   batch_normalization, dense, dropout, flatten)
from fastgrad import elsewhere as _elsewhere

__all__ = ["Layer", "Dense", "dense", "Dropout", "dropout", "BatchNormalization",
           "batch_normalization", "Flatten", "flatten"]
__getattr__ = _elsewhere.missing("fastgrad.layers")
