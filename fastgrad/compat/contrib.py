"""The parts of TensorFlow's `tf.contrib.layers` and `tf.contrib.framework` that dense networks use.

Functions decorated with `add_arg_scope` take defaults from the `arg_scope`s around them.
"""

import functools
import threading

from fastgrad.variables import initializers
from fastgrad import layers
from fastgrad.graph import shapes
from fastgrad.train.moving_averages import assign_moving_average
from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.nn import dropout as drop
from fastgrad.nn import embedding_lookup
from fastgrad.nn import relu as _relu
from fastgrad.nn import relu6 as _relu6
from fastgrad.ops.make import one_hot
from fastgrad.ops.cast import cast
from fastgrad.ops.state import identity
from fastgrad.layers.regularizers import (apply_regularization, l1_l2_regularizer, l1_regularizer,
                                          l2_regularizer, sum_regularizer)
from fastgrad.variables.scopes import get_variable, variable_scope
from fastgrad.uncut import Changed
from fastgrad.layers.layer import choose
from fastgrad.graph.dtypes import INT64


# ---- arg_scope --------------------------------------------------------------------------

class _Scopes(threading.local):
    def __init__(self):
        self.stack = [{}]


_scopes = _Scopes()
_takers = set()


def _key(fn):
    return getattr(fn, "_arg_scope_key", None)


def add_arg_scope(fn):
    """Decorator: the function takes defaults from `arg_scope`."""
    key = f"{fn.__module__}.{fn.__qualname__}"
    _takers.add(key)

    @functools.wraps(fn)
    def call(*args, **kwargs):
        return fn(*args, **{**_scopes.stack[-1].get(key, {}), **kwargs})
    call._arg_scope_key = key
    return call


def has_arg_scope(fn):
    """Whether `arg_scope` may name the function."""
    return _key(fn) in _takers


def arg_scope(list_ops_or_scope, **kwargs):
    """In a `with`: the functions named take these keyword arguments by default.

    Parameters
    ----------
    list_ops_or_scope : list of functions, or what an earlier arg_scope gave
    """
    if isinstance(list_ops_or_scope, dict):
        if kwargs:
            raise ValueError("When attempting to re-use a scope by suppling a dictionary, kwargs "
                             "must be empty.")
        found = dict(list_ops_or_scope)
    else:
        found = dict(_scopes.stack[-1])
        for fn in list_ops_or_scope:
            if not has_arg_scope(fn):
                raise ValueError(f"{getattr(fn, '__name__', fn)} is not decorated with "
                                 "@add_arg_scope")
            found[_key(fn)] = {**found.get(_key(fn), {}), **kwargs}
    return Changed(lambda: (found, _scopes.stack, None, found))


def current_arg_scope():
    """The defaults in force, for `arg_scope` to open again."""
    return _scopes.stack[-1]


def arg_scoped_arguments(fn):
    """The keyword arguments that `fn` takes from the scopes in force."""
    return dict(_scopes.stack[-1].get(_key(fn), {}))


# ---- initializers -----------------------------------------------------------------------

def xavier_initializer(uniform=True, seed=None, dtype="float32"):
    """Glorot's initializer, uniform or normal."""
    kind = "uniform" if uniform else "truncated_normal"
    return initializers.VarianceScaling(1.0, "fan_avg", kind, seed, dtype)


def variance_scaling_initializer(factor=2.0, mode="FAN_IN", uniform=False, seed=None,
                                 dtype="float32"):
    """Random numbers of variance `factor / n`, n the inputs, outputs or their mean."""
    kind = "uniform" if uniform else "truncated_normal"
    return initializers.VarianceScaling(factor, mode.lower(), kind, seed, dtype)


# ---- layers -----------------------------------------------------------------------------

def _collected(variables, collections, name):
    """Add variables to a list of collections, or to those a dict has for the name."""
    keys = collections.get(name, []) if isinstance(collections, dict) else collections or []
    for v in variables:
        v.graph.add_to_collections([GraphKeys.MODEL_VARIABLES, *keys], v)


def _output(tensor, collections, activation=None):
    if activation is not None:
        tensor = activation(tensor)
    if collections:
        tensor.graph.add_to_collections(collections, tensor)
    return tensor


class _Named(layers.Dense):
    """Dense whose variables are called weights and biases."""

    def add_weight(self, name, *args, **kwargs):
        return super().add_weight({"kernel": "weights", "bias": "biases"}[name], *args, **kwargs)


@add_arg_scope
def fully_connected(inputs, num_outputs, activation_fn=_relu, normalizer_fn=None,
                    normalizer_params=None, weights_initializer=xavier_initializer(),
                    weights_regularizer=None, biases_initializer=initializers.Zeros(),
                    biases_regularizer=None, reuse=None, variables_collections=None,
                    outputs_collections=None, trainable=True, scope=None):
    """A layer of `num_outputs` units, with relu unless told otherwise.

    Parameters
    ----------
    normalizer_fn : callable, optional
        Takes the place of the biases: called with the product and `normalizer_params`.
    """
    x = as_tensor(inputs)
    with variable_scope(scope, "fully_connected", [x], reuse=reuse) as inside:
        layer = _Named(num_outputs, None, normalizer_fn is None and biases_initializer is not None,
                       weights_initializer, biases_initializer, weights_regularizer,
                       biases_regularizer, trainable=trainable, _scope=inside, _reuse=reuse)
        y = layer(x)
        _collected([layer.kernel], variables_collections, "weights")
        if layer.bias is not None:
            _collected([layer.bias], variables_collections, "biases")
        if normalizer_fn is not None:
            y = normalizer_fn(y, **(normalizer_params or {}))
        return _output(y, outputs_collections, activation_fn)


linear = functools.partial(fully_connected, activation_fn=None)
relu = functools.partial(fully_connected, activation_fn=_relu)
relu6 = functools.partial(fully_connected, activation_fn=_relu6)


@add_arg_scope
def batch_norm(inputs, decay=0.999, center=True, scale=False, epsilon=0.001, activation_fn=None,
               param_initializers=None, param_regularizers=None,
               updates_collections=GraphKeys.UPDATE_OPS, is_training=True, reuse=None,
               variables_collections=None, outputs_collections=None, trainable=True,
               batch_weights=None, fused=None, data_format="NHWC",
               zero_debias_moving_mean=False, scope=None, **_):
    """Normalise over the batch; see `layers.batch_normalization`.

    Parameters
    ----------
    updates_collections : str or None
        None runs the updates of the moving averages together with the result.
    """
    x = as_tensor(inputs)
    given, penal = param_initializers or {}, param_regularizers or {}
    with variable_scope(scope, "BatchNorm", [x], reuse=reuse) as inside:
        layer = _Tracked(
            1 if data_format == "NCHW" else -1, decay, epsilon, center, scale,
            given.get("beta", initializers.Zeros()), given.get("gamma", initializers.Ones()),
            given.get("moving_mean", initializers.Zeros()),
            given.get("moving_variance", initializers.Ones()), penal.get("beta"),
            penal.get("gamma"), trainable=trainable, _scope=inside, _reuse=reuse)
        layer.collections = updates_collections
        layer.fused = fused is not False and x._shape is not None and len(x._shape) in (2, 4)
        y = layer(x, training=is_training)
        for v in layer.variables:
            _collected([v], variables_collections, v.op.name.rsplit("/", 1)[-1])
        if updates_collections is None and layer.updates:
            with x.graph.control_dependencies(layer.updates):
                y = identity(y)
        return _output(y, outputs_collections, activation_fn)


class _Tracked(layers.BatchNormalization):
    """Batch normalisation whose updates go to collections of the caller's choice."""

    collections, fused = GraphKeys.UPDATE_OPS, False

    def build(self, shape):
        """TensorFlow's fused kernel makes beta first, and takes the unbiased variance."""
        if self.fused and self.scale and self.center:
            axis, = shapes.normal_axes(self.axis, len(shape))
            self.beta = self.add_weight("beta", [shape[axis]], *self._beta)
            self.center = False
            super().build(shape)
            self.center = True
        else:
            super().build(shape)

    def _is_image(self, inputs):
        return self.fused

    def _track(self, inputs, mean, variance):
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            update = assign_moving_average(moving, value, self.momentum, zero_debias=False)
            self.updates.append(update)
            if self.collections is not None:
                inputs.graph.add_to_collections(self.collections, update)


@add_arg_scope
def dropout(inputs, keep_prob=0.5, noise_shape=None, is_training=True, outputs_collections=None,
            scope=None, seed=None):
    """Keep a share `keep_prob` of the inputs, scaled up, if training."""
    x = as_tensor(inputs)
    with variable_scope(scope, "Dropout", [x]):
        rate = 1.0 - keep_prob if is_node(keep_prob) else 1 - keep_prob
        y = choose(is_training, lambda: drop(x, rate=rate, noise_shape=noise_shape,
                                                    seed=seed), lambda: identity(x))
        return _output(y, outputs_collections)


@add_arg_scope
def flatten(inputs, outputs_collections=None, scope=None):
    """`inputs` as (batch, everything else)."""
    x = as_tensor(inputs)
    with x.graph.name_scope(scope or "Flatten"):
        return _output(layers.Flatten().call(x), outputs_collections)


def embed_sequence(ids, vocab_size=None, embed_dim=None, unique=False, initializer=None,
                   regularizer=None, trainable=True, scope=None, reuse=None):
    """Ids as rows of a variable `embeddings` of the scope, made or shared."""
    if not (reuse or (vocab_size and embed_dim)):
        raise ValueError("Must specify vocab size and embedding dimension when not reusing. Got "
                         f"vocab_size={vocab_size} and embed_dim={embed_dim}")
    shape = None if vocab_size is None or embed_dim is None else [vocab_size, embed_dim]
    with variable_scope(scope, "EmbedSequence", reuse=reuse):
        table = get_variable(
            "embeddings", shape, None, initializer, regularizer, trainable,
            [GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES])
        return embedding_lookup(table, as_tensor(ids))


@add_arg_scope
def one_hot_encoding(labels, num_classes, on_value=1.0, off_value=0.0, outputs_collections=None,
                     scope=None):
    """Class numbers as rows with a 1."""
    x = as_tensor(labels)
    with x.graph.name_scope(scope or "OneHotEncoding"):
        return _output(one_hot(cast(x, INT64), num_classes, on_value=on_value,
                       off_value=off_value), outputs_collections)


@add_arg_scope
def stack(inputs, layer, stack_args, **kwargs):
    """Apply `layer` once for each element of `stack_args`."""
    scope, reuse = kwargs.pop("scope", None), kwargs.pop("reuse", None)
    with variable_scope(scope, "Stack", reuse=reuse):
        name = getattr(layer, "__name__", "layer")
        for i, args in enumerate(stack_args):
            args = args if isinstance(args, (list, tuple)) else [args]
            inputs = layer(inputs, *args, scope=f"{name}_{i + 1}", **kwargs)
        return inputs


__all__ = ["xavier_initializer", "variance_scaling_initializer", "fully_connected", "linear",
           "relu", "relu6", "batch_norm", "dropout", "flatten", "one_hot_encoding",
           "embed_sequence", "stack", "l1_regularizer", "l2_regularizer", "l1_l2_regularizer",
           "sum_regularizer", "apply_regularization"]
