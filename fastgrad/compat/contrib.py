"""The parts of TensorFlow's `tf.contrib.layers` that networks without images use.

Those over images are in `contrib_images`. Functions decorated with `add_arg_scope` take defaults
from the `arg_scope`s around them.
"""

import functools

from fastgrad.variables import initializers
from fastgrad import layers
from fastgrad.compat.arg_scope import add_arg_scope
from fastgrad.compat.outputs import collected_variables, output
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
from fastgrad.layers.layer import choose
from fastgrad.graph.dtypes import INT64


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
        collected_variables([layer.kernel], variables_collections, "weights")
        if layer.bias is not None:
            collected_variables([layer.bias], variables_collections, "biases")
        if normalizer_fn is not None:
            y = normalizer_fn(y, **(normalizer_params or {}))
        return output(y, outputs_collections, activation_fn, inside.original_name_scope)


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
            penal.get("gamma"), trainable=trainable, fused=fused, _scope=inside, _reuse=reuse)
        layer.collections = updates_collections
        rank = None if x._shape is None else len(x._shape)
        layer.unbiased = fused is not False and rank in (2, 4)
        layer.beta_first = (layer.unbiased and rank == 2 or zero_debias_moving_mean
                            or updates_collections != GraphKeys.UPDATE_OPS)
        y = layer(x, training=is_training)
        for v in layer.variables:
            collected_variables([v], variables_collections, v.op.name.rsplit("/", 1)[-1])
        if updates_collections is None and layer.updates:
            with x.graph.control_dependencies(layer.updates):
                y = identity(y)
        return output(y, outputs_collections, activation_fn, inside.original_name_scope)


class _Tracked(layers.BatchNormalization):
    """Batch normalisation whose updates go to collections of the caller's choice."""

    collections, unbiased, beta_first = GraphKeys.UPDATE_OPS, False, False

    def _build(self, n):
        """Where TensorFlow's own layer does not do, it makes beta first."""
        if self.beta_first and self.scale and self.center:
            self.beta = self.add_weight("beta", n, *self._beta)
            self.gamma = self.add_weight("gamma", n, *self._gamma)
        else:
            super()._build(n)

    def _over_less_one(self, inputs):
        return self.unbiased

    def _move(self, graph, moving, value):
        update = assign_moving_average(moving, value, self.momentum, zero_debias=False)
        update = update if self.beta_first else update.op       # as the layer itself has them
        self.updates.append(update)
        if self.collections is not None:
            graph.add_to_collections(self.collections, update)


@add_arg_scope
def dropout(inputs, keep_prob=0.5, noise_shape=None, is_training=True, outputs_collections=None,
            scope=None, seed=None):
    """Keep a share `keep_prob` of the inputs, scaled up, if training."""
    x = as_tensor(inputs)
    with variable_scope(scope, "Dropout", [x]) as inside:
        rate = 1.0 - keep_prob if is_node(keep_prob) else 1 - keep_prob
        y = choose(is_training, lambda: drop(x, rate=rate, noise_shape=noise_shape,
                                                    seed=seed), lambda: identity(x))
        return output(y, outputs_collections, alias=inside.original_name_scope)


@add_arg_scope
def flatten(inputs, outputs_collections=None, scope=None):
    """`inputs` as (batch, everything else)."""
    x = as_tensor(inputs)
    with x.graph.name_scope(scope or "Flatten") as inside:
        return output(layers.flatten(x), outputs_collections, alias=inside)


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
        return output(one_hot(cast(x, INT64), num_classes, on_value=on_value,
                       off_value=off_value), outputs_collections)


@add_arg_scope
def repeat(inputs, repetitions, layer, *args, **kwargs):
    """Apply `layer` several times, with the same arguments.

    The scopes are `scope/scope_1` and so on; the layer's name stands for a `scope` not given.
    """
    given = kwargs.pop("scope", None)
    with variable_scope(given, "Repeat", [inputs]):
        name = given or _name_of(layer, "repeat")
        for i in range(repetitions):
            inputs = layer(inputs, *args, scope=f"{name}_{i + 1}", **kwargs)
        return inputs


@add_arg_scope
def stack(inputs, layer, stack_args, **kwargs):
    """Apply `layer` once for each element of `stack_args`; for scopes see `repeat`."""
    given, reuse = kwargs.pop("scope", None), kwargs.pop("reuse", None)
    with variable_scope(given, "Stack", [inputs], reuse=reuse):
        name = given or _name_of(layer, "stack")
        for i, args in enumerate(stack_args):
            args = args if isinstance(args, (list, tuple)) else [args]
            inputs = layer(inputs, *args, scope=f"{name}_{i + 1}", **kwargs)
        return inputs


def _name_of(layer, default):
    return getattr(getattr(layer, "func", layer), "__name__", default)


xavier_initializer_conv2d = xavier_initializer

__all__ = ["xavier_initializer", "xavier_initializer_conv2d", "variance_scaling_initializer",
           "fully_connected", "linear", "relu", "relu6", "batch_norm", "dropout", "flatten",
           "one_hot_encoding", "embed_sequence", "repeat", "stack", "l1_regularizer",
           "l2_regularizer", "l1_l2_regularizer", "sum_regularizer", "apply_regularization"]
