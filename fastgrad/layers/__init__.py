"""TensorFlow's `tf.layers` names: what makes variables and applies `nn` to them."""

from fastgrad.layers.normalization import BatchNormalization, batch_normalization
from fastgrad.layers.dense import Dense, Dropout, Flatten, dense, dropout, flatten
from fastgrad.layers.layer import Layer
from fastgrad import elsewhere as _elsewhere

__all__ = ["Layer", "Dense", "dense", "Dropout", "dropout", "BatchNormalization",
           "batch_normalization", "Flatten", "flatten"]
__getattr__ = _elsewhere.missing("fastgrad.layers")
