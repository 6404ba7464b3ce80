"""The names of initial values of variables, TensorFlow's `tf.initializers` among them."""

from fastgrad.variables.initializers import (Constant, GlorotNormal, GlorotUniform, Identity,
                                             Initializer, Ones, Orthogonal, RandomNormal,
                                             RandomUniform, TruncatedNormal, UniformUnitScaling,
                                             VarianceScaling, Zeros, constant_initializer,
                                             glorot_normal_initializer, glorot_uniform_initializer,
                                             he_normal, he_uniform, lecun_normal, lecun_uniform,
                                             ones_initializer, orthogonal_initializer,
                                             random_normal_initializer, random_uniform_initializer,
                                             truncated_normal_initializer,
                                             uniform_unit_scaling_initializer,
                                             variance_scaling_initializer, zeros_initializer)
from fastgrad import elsewhere as _elsewhere

__all__ = ["zeros_initializer", "ones_initializer", "constant_initializer",
           "random_uniform_initializer", "random_normal_initializer",
           "truncated_normal_initializer", "uniform_unit_scaling_initializer",
           "variance_scaling_initializer", "orthogonal_initializer", "glorot_uniform_initializer",
           "glorot_normal_initializer", "Initializer", "Zeros", "Ones", "Constant", "RandomUniform",
           "RandomNormal", "TruncatedNormal", "UniformUnitScaling", "VarianceScaling",
           "GlorotUniform", "GlorotNormal", "lecun_normal", "lecun_uniform", "he_normal",
           "he_uniform", "Orthogonal", "Identity"]
__getattr__ = _elsewhere.missing("fastgrad.initializers")
