"""TensorFlow's `tf.layers` names: what makes variables and applies `nn` to them."""

from fastgrad.layers.convolution import Conv1D, Conv2D, Conv3D, conv1d, conv2d, conv3d
from fastgrad.layers.dense import Dense, Dropout, Flatten, dense, dropout, flatten
from fastgrad.layers.layer import Layer
from fastgrad.layers.normalization import BatchNormalization, batch_normalization
from fastgrad.layers.pooling import (AveragePooling1D, AveragePooling2D, AveragePooling3D,
                                     MaxPooling1D, MaxPooling2D, MaxPooling3D, average_pooling1d,
                                     average_pooling2d, average_pooling3d, max_pooling1d,
                                     max_pooling2d, max_pooling3d)
from fastgrad.layers.separable import (SeparableConv1D, SeparableConv2D, separable_conv1d,
                                       separable_conv2d)
from fastgrad.layers.transposed import (Conv2DTranspose, Conv3DTranspose, conv2d_transpose,
                                        conv3d_transpose)
from fastgrad import elsewhere as _elsewhere

__all__ = ["Layer", "Dense", "dense", "Dropout", "dropout", "BatchNormalization",
           "batch_normalization", "Flatten", "flatten", "Conv1D", "Conv2D", "Conv3D", "conv1d",
           "conv2d", "conv3d", "Conv2DTranspose", "Conv3DTranspose", "conv2d_transpose",
           "conv3d_transpose", "SeparableConv1D", "SeparableConv2D", "separable_conv1d",
           "separable_conv2d", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D",
           "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "average_pooling1d",
           "average_pooling2d", "average_pooling3d", "max_pooling1d", "max_pooling2d",
           "max_pooling3d"]
__getattr__ = _elsewhere.missing("fastgrad.layers")
