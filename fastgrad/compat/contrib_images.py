"""The parts of TensorFlow's `tf.contrib.layers` that work on images, sequences and volumes."""

from fastgrad import layers
from fastgrad.compat.arg_scope import add_arg_scope
from fastgrad.compat.contrib import xavier_initializer
from fastgrad.compat.outputs import collected_variables, output
from fastgrad.errors import ShapeError
from fastgrad.graph.nodes import as_tensor
from fastgrad.layers.windows import check_rank
from fastgrad.nn import batch_normalization as normalize, bias_add as add_bias
from fastgrad.nn import depthwise_conv2d, moments, relu
from fastgrad.ops.reshape import reshape
from fastgrad.variables import initializers
from fastgrad.variables.scopes import get_variable, variable_scope

PLACES = {None: "channels_last", "NWC": "channels_last", "NHWC": "channels_last",
          "NDHWC": "channels_last", "NCW": "channels_first", "NCHW": "channels_first",
          "NCDHW": "channels_first"}
NAMES = {"kernel": "weights", "depthwise_kernel": "depthwise_weights",
         "pointwise_kernel": "pointwise_weights", "bias": "biases"}


def _place(data_format):
    if data_format not in PLACES:
        raise ValueError(f"Invalid data_format: {data_format!r}")
    return PLACES[data_format]


def _renamed(kind):
    """A layer whose variables have contrib's names."""
    def add_weight(self, name, *args, **kwargs):
        return kind.add_weight(self, NAMES[name], *args, **kwargs)
    return type(kind.__name__, (kind,), {"add_weight": add_weight})


CONVOLUTIONS = {1: _renamed(layers.Conv1D), 2: _renamed(layers.Conv2D), 3: _renamed(layers.Conv3D)}
TRANSPOSED = {2: _renamed(layers.Conv2DTranspose), 3: _renamed(layers.Conv3DTranspose)}
SEPARABLE = _renamed(layers.SeparableConv2D)


def _collect(layer, collections):
    for attribute, name in NAMES.items():
        variable = getattr(layer, attribute, None)
        if variable is not None:
            collected_variables([variable], collections, name)


def _finished(layer, y, given, inside):
    """The layer's result behind its normalizer and activation."""
    _collect(layer, given["variables_collections"])
    if given["normalizer_fn"] is not None:
        y = given["normalizer_fn"](y, **(given["normalizer_params"] or {}))
    return output(y, given["outputs_collections"], given["activation_fn"],
                  inside.original_name_scope)


# ---- convolutions -----------------------------------------------------------------------

@add_arg_scope
def convolution(inputs, num_outputs, kernel_size, stride=1, padding="SAME", data_format=None,
                rate=1, activation_fn=relu, normalizer_fn=None, normalizer_params=None,
                weights_initializer=xavier_initializer(), weights_regularizer=None,
                biases_initializer=initializers.Zeros(), biases_regularizer=None, reuse=None,
                variables_collections=None, outputs_collections=None, trainable=True, scope=None,
                conv_dims=None):
    """A layer of filters over the dimensions between the batch and the channels.

    Parameters
    ----------
    inputs : node of rank 3, 4 or 5
    num_outputs : int
        How many filters.
    kernel_size, stride, rate : int or sequences of int
    padding : 'SAME' or 'VALID'
    activation_fn : callable(node) -> node, or None
    normalizer_fn : callable, optional
        Takes the place of the biases: called with the sums and `normalizer_params`.
    scope : str, optional
        Of the variables `weights` and `biases`.
    """
    given, x = dict(locals()), as_tensor(inputs)
    rank = None if x._shape is None else len(x._shape)
    if rank not in ((3, 4, 5) if conv_dims is None else (conv_dims + 2,)):
        raise ShapeError(f"Convolution expects input with rank {(conv_dims or 2) + 2}, got {rank}")
    with variable_scope(scope, "Conv", [x], reuse=reuse) as inside:
        layer = CONVOLUTIONS[rank - 2](
            num_outputs, kernel_size, stride, padding, _place(data_format), rate, None,
            normalizer_fn is None and biases_initializer is not None, weights_initializer,
            biases_initializer, weights_regularizer, biases_regularizer, trainable=trainable,
            _scope=inside, _reuse=reuse)
        return _finished(layer, layer(x), given, inside)


def _over(dims, name):
    """`convolution` for inputs of one rank; scopes of `repeat` take its name."""
    def layer(inputs, num_outputs, kernel_size, *args, **kwargs):
        return convolution(inputs, num_outputs, kernel_size, *args, conv_dims=dims, **kwargs)
    layer.__name__ = layer.__qualname__ = name
    layer.__doc__ = f"A layer of filters over {dims} dimension(s); see `convolution`."
    return add_arg_scope(layer)


convolution1d, convolution2d, convolution3d = (
    _over(n, f"convolution{n}d") for n in (1, 2, 3))
conv1d, conv2d, conv3d = convolution1d, convolution2d, convolution3d


def _transpose(dims, default, given):
    x = as_tensor(given["inputs"])
    check_rank(x, dims + 2, default)
    with variable_scope(given["scope"], default, [x], reuse=given["reuse"]) as inside:
        layer = TRANSPOSED[dims](
            given["num_outputs"], given["kernel_size"], given["stride"], given["padding"],
            _place(given["data_format"]), None,
            given["normalizer_fn"] is None and given["biases_initializer"] is not None,
            kernel_initializer=given["weights_initializer"],
            bias_initializer=given["biases_initializer"],
            kernel_regularizer=given["weights_regularizer"],
            bias_regularizer=given["biases_regularizer"], trainable=given["trainable"],
            _scope=inside, _reuse=given["reuse"])
        return _finished(layer, layer(x), given, inside)


@add_arg_scope
def convolution2d_transpose(
        inputs, num_outputs, kernel_size, stride=1, padding="SAME", data_format="NHWC",
        activation_fn=relu, normalizer_fn=None, normalizer_params=None,
        weights_initializer=xavier_initializer(), weights_regularizer=None,
        biases_initializer=initializers.Zeros(), biases_regularizer=None, reuse=None,
        variables_collections=None, outputs_collections=None, trainable=True, scope=None):
    """A layer of filters that draw on larger images; see `layers.conv2d_transpose`."""
    return _transpose(2, "Conv2d_transpose", dict(locals()))


@add_arg_scope
def convolution3d_transpose(
        inputs, num_outputs, kernel_size, stride=1, padding="SAME", data_format="NDHWC",
        activation_fn=relu, normalizer_fn=None, normalizer_params=None,
        weights_initializer=xavier_initializer(), weights_regularizer=None,
        biases_initializer=initializers.Zeros(), biases_regularizer=None, reuse=None,
        variables_collections=None, outputs_collections=None, trainable=True, scope=None):
    """A layer of filters that draw on larger volumes; see `layers.conv3d_transpose`."""
    return _transpose(3, "Conv3d_transpose", dict(locals()))


conv2d_transpose, conv3d_transpose = convolution2d_transpose, convolution3d_transpose


@add_arg_scope
def separable_convolution2d(
        inputs, num_outputs, kernel_size, depth_multiplier=1, stride=1, padding="SAME",
        data_format="NHWC", rate=1, activation_fn=relu, normalizer_fn=None,
        normalizer_params=None, weights_initializer=xavier_initializer(),
        pointwise_initializer=None, weights_regularizer=None,
        biases_initializer=initializers.Zeros(), biases_regularizer=None, reuse=None,
        variables_collections=None, outputs_collections=None, trainable=True, scope=None):
    """A separable layer over images; without `num_outputs` the depthwise half alone.

    Its variables are `depthwise_weights`, `pointwise_weights` and `biases`; for the arguments see
    `convolution` and `layers.separable_conv2d`.
    """
    given, x = dict(locals()), as_tensor(inputs)
    check_rank(x, 4, "SeparableConv2d")
    with variable_scope(scope, "SeparableConv2d", [x], reuse=reuse) as inside:
        biased = normalizer_fn is None and biases_initializer is not None
        kind = SEPARABLE if num_outputs is not None else _DEPTHWISE
        layer = kind(num_outputs, kernel_size, stride, padding, _place(data_format), rate,
                     depth_multiplier, None, biased, weights_initializer,
                     pointwise_initializer or weights_initializer, biases_initializer,
                     weights_regularizer, weights_regularizer, biases_regularizer,
                     trainable=trainable, _scope=inside, _reuse=reuse)
        return _finished(layer, layer(x), given, inside)


class _Depthwise(layers.SeparableConv2D):
    """The depthwise half of a separable convolution."""

    def build(self, shape):
        channels = shape[1 if self._first else -1]
        if channels is None:
            raise ShapeError(f"{self.name}: the channels of the inputs must be known; got {shape}.")
        self.depthwise_kernel = self.add_weight(
            "depthwise_kernel", [*self.kernel_size, channels, self.depth_multiplier],
            *self._depthwise)
        self._build_bias(channels * self.depth_multiplier)

    def _convolved(self, x):
        steps = [1, 1, *self.strides] if self._first else [1, *self.strides, 1]
        return depthwise_conv2d(x, self.depthwise_kernel, steps, self.padding.upper(),
                                self.dilation_rate,
                                data_format="NCHW" if self._first else "NHWC")


_DEPTHWISE = _renamed(_Depthwise)
separable_conv2d = separable_convolution2d


# ---- pools ------------------------------------------------------------------------------

def _pool(kind, default, given):
    x = as_tensor(given["inputs"])
    with x.graph.name_scope(given["scope"] or default) as inside:
        place = _place(given["data_format"])
        pooled = kind(given["kernel_size"], given["stride"], given["padding"], place)
        return output(pooled.call(x), given["outputs_collections"], alias=inside)


def _checked_pool(kind, rank, default, given):
    check_rank(as_tensor(given["inputs"]), rank, default)
    return _pool(kind, default, given)


@add_arg_scope
def max_pool2d(inputs, kernel_size, stride=2, padding="VALID", data_format="NHWC",
               outputs_collections=None, scope=None):
    """The largest element of each window of images; see `layers.max_pooling2d`."""
    return _checked_pool(layers.MaxPooling2D, 4, "MaxPool2D", dict(locals()))


@add_arg_scope
def avg_pool2d(inputs, kernel_size, stride=2, padding="VALID", data_format="NHWC",
               outputs_collections=None, scope=None):
    """The mean of each window of images; see `layers.average_pooling2d`."""
    return _checked_pool(layers.AveragePooling2D, 4, "AvgPool2D", dict(locals()))


@add_arg_scope
def max_pool3d(inputs, kernel_size, stride=2, padding="VALID", data_format="NDHWC",
               outputs_collections=None, scope=None):
    """The largest element of each window of volumes; see `layers.max_pooling3d`."""
    return _checked_pool(layers.MaxPooling3D, 5, "MaxPool3D", dict(locals()))


@add_arg_scope
def avg_pool3d(inputs, kernel_size, stride=2, padding="VALID", data_format="NDHWC",
               outputs_collections=None, scope=None):
    """The mean of each window of volumes; see `layers.average_pooling3d`."""
    return _checked_pool(layers.AveragePooling3D, 5, "AvgPool3D", dict(locals()))


# ---- normalisations and biases ----------------------------------------------------------

def _parameter(name, shape, initializer, trainable, collections, regularizer=None):
    variable = get_variable(name, shape, initializer=initializer, trainable=trainable,
                            regularizer=regularizer)
    collected_variables([variable], collections, name)
    return variable


@add_arg_scope
def bias_add(inputs, activation_fn=None, initializer=initializers.Zeros(), regularizer=None,
             reuse=None, variables_collections=None, outputs_collections=None, trainable=True,
             data_format="NHWC", scope=None):
    """Inputs plus a variable `biases`, one a channel."""
    x = as_tensor(inputs)
    with variable_scope(scope, "BiasAdd", [x], reuse=reuse) as inside:
        n = x._shape[1 if data_format == "NCHW" else -1]
        biases = _parameter("biases", [n], initializer, trainable, variables_collections,
                            regularizer)
        return output(add_bias(x, biases, data_format), outputs_collections, activation_fn,
                      inside.original_name_scope)


@add_arg_scope
def layer_norm(inputs, center=True, scale=True, activation_fn=None, reuse=None,
               variables_collections=None, outputs_collections=None, trainable=True,
               begin_norm_axis=1, begin_params_axis=-1, scope=None):
    """Normalise each example over its dimensions from `begin_norm_axis` on.

    Variables `beta` and `gamma` have the dimensions from `begin_params_axis` on.
    """
    x = as_tensor(inputs)
    if x._shape is None:
        raise ShapeError("layer_norm: Inputs have undefined rank.")
    rank = len(x._shape)
    first, params = begin_norm_axis % rank, list(x._shape[begin_params_axis % rank:])
    if None in params:
        raise ShapeError(f"layer_norm: the sizes from {begin_params_axis} on must be known; got "
                         f"{x._shape}.")
    with variable_scope(scope, "LayerNorm", [x], reuse=reuse) as inside:
        beta = _parameter("beta", params, initializers.Zeros(), trainable,
                          variables_collections) if center else None
        gamma = _parameter("gamma", params, initializers.Ones(), trainable,
                           variables_collections) if scale else None
        mean, variance = moments(x, list(range(first, rank)), keep_dims=True)
        y = normalize(x, mean, variance, beta, gamma, 1e-12)
        return output(y, outputs_collections, activation_fn, inside.original_name_scope)


@add_arg_scope
def instance_norm(inputs, center=True, scale=True, epsilon=1e-6, activation_fn=None,
                  param_initializers=None, reuse=None, variables_collections=None,
                  outputs_collections=None, trainable=True, data_format="NHWC", scope=None):
    """Normalise each channel of each image by itself."""
    x, given = as_tensor(inputs), param_initializers or {}
    if x._shape is None:
        raise ShapeError("instance_norm: Inputs have undefined rank.")
    rank, at = len(x._shape), 1 if data_format == "NCHW" else len(x._shape) - 1
    if x._shape[at] is None:
        raise ShapeError(f"instance_norm: the channels must be known; got {x._shape}.")
    spread = [1 if i != at else x._shape[i] for i in range(rank)]
    with variable_scope(scope, "InstanceNorm", [x], reuse=reuse) as inside:
        found = []
        for wanted, name, kind in ((center, "beta", initializers.Zeros),
                                   (scale, "gamma", initializers.Ones)):
            variable = _parameter(name, [x._shape[at]], given.get(name) or kind(), trainable,
                                  variables_collections) if wanted else None
            found.append(variable if variable is None or at == rank - 1 else
                         reshape(variable, spread))
        axes = [i for i in range(1, rank) if i != at]
        mean, variance = moments(x, axes, keep_dims=True)
        y = normalize(x, mean, variance, *found, epsilon)
        return output(y, outputs_collections, activation_fn, inside.original_name_scope)


__all__ = ["convolution", "convolution1d", "convolution2d", "convolution3d", "conv1d", "conv2d",
           "conv3d", "convolution2d_transpose", "convolution3d_transpose", "conv2d_transpose",
           "conv3d_transpose", "separable_convolution2d", "separable_conv2d", "max_pool2d",
           "avg_pool2d", "max_pool3d", "avg_pool3d", "bias_add", "layer_norm", "instance_norm"]
