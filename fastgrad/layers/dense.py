"""TensorFlow's `tf.layers` for dense networks: dense, dropout, batch_normalization, flatten.

A layer is an object that makes its variables at its first call and shares them afterwards; the
functions make one and call it. Names are TensorFlow's: `dense/kernel:0`, `dense_1/bias:0`.

A `training` that is a node chooses between batch and moving statistics with `where`: both are
cheap,
and the step stays one plan.
"""

from fastgrad.variables import initializers
from fastgrad import nn
from fastgrad.graph import shapes
from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.doors import door
from fastgrad.errors import ShapeError
from fastgrad.wording import where
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.variables.initializers import ones_initializer, zeros_initializer
from fastgrad.nn import batch_normalization as normalize
from fastgrad.nn import bias_add
from fastgrad.nn import dropout as drop
from fastgrad.nn import moments
from fastgrad.ops.reshape import reshape
from fastgrad.linalg.matmul import matmul
from fastgrad.ops.arithmetic import cast
from fastgrad.ops.shape import shape as shape_of
from fastgrad.ops.shape import size
from fastgrad.ops.state import assign_sub, identity
from fastgrad.linalg.tensordot import tensordot
from fastgrad.ops.where import where
from fastgrad.variables.scopes import get_variable, variable_scope
from fastgrad.graph.dtypes import BOOL, as_dtype, strong


def _named(module, name, said=None):
    """What an activation or initializer given as a word stands for; "linear" is none."""
    if name == "linear":
        return None
    found = getattr(module, name, None) or getattr(module, said or name, None)
    if found is None:
        raise ValueError(f"Unknown function or initializer: {said or name}")
    return found() if module is initializers and not isinstance(found, type) else found


class Layer:
    """Base of layers: a subclass defines `build(self, shape)` and `call(self, inputs, ...)`.

    Attributes
    ----------
    variables, trainable_variables, weights, trainable_weights, non_trainable_variables : lists
    losses, updates : lists
    """

    _base = "layer"

    def __init__(self, trainable=True, name=None, dtype=None, activity_regularizer=None,
                 _scope=None, _reuse=None, **_):
        self.trainable, self._given_name, self._dtype = trainable, name, dtype
        self._reuse, self._activity_regularizer = _reuse, activity_regularizer
        self.built, self._scope, self._weights = False, None, []
        self._graph = get_default_graph()
        self.losses, self.updates = [], []
        if _scope is not None:
            self._open(_scope)

    name = property(lambda self: self._scope.name if self._scope else
                    self._given_name or self._base)
    scope_name = property(lambda self: self._scope.name)
    dtype = property(lambda self: self._dtype)
    variables = property(lambda self: list(self._weights))
    weights = variables
    trainable_variables = property(
        lambda self: [v for v in self._weights if v.trainable] if self.trainable else [])
    trainable_weights = trainable_variables
    non_trainable_variables = property(
        lambda self: [v for v in self._weights if v not in self.trainable_variables])
    non_trainable_weights = non_trainable_variables

    def _open(self, scope):
        if self._reuse:
            opened = variable_scope(scope or self._given_name or self._base)
        else:
            opened = variable_scope(scope or self._given_name, default_name=self._base)
        with opened as self._scope:
            pass

    def __call__(self, inputs, *args, scope=None, **kwargs):
        node = inputs if is_node(inputs) else None
        graph = node.graph if node is not None else self._graph
        with graph.as_default():
            x = as_tensor(inputs, None, graph)
            again = self._scope is not None and self.built
            if self._scope is None:
                self._open(scope)
            prefix = self._scope.original_name_scope
            reuse = True if again else self._reuse
            with variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False), \
                    graph.name_scope(prefix):
                if not self.built:
                    self._dtype = as_dtype(self._dtype or strong(x._dtype))
                    self.build(x._shape)
                    self.built = True
                return self._penalised(self.call(x, *args, **kwargs), graph)

    apply = __call__

    def _penalised(self, outputs, graph):
        if self._activity_regularizer is not None:
            loss = self._activity_regularizer(outputs)
            self.losses.append(loss)
            graph.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)
        return outputs

    def add_weight(self, name, shape, initializer=None, regularizer=None, trainable=True,
                   constraint=None, dtype=None):
        """A variable of the layer, by get_variable in the layer's scope."""
        if isinstance(initializer, str):
            initializer = _named(initializers, initializer + "_initializer", initializer)
        found = get_variable(name, shape, dtype or self._dtype, initializer, regularizer,
                             trainable and self.trainable, constraint=constraint)
        self._weights.append(found)
        return found

    add_variable = add_weight

    def build(self, shape):
        pass

    def call(self, inputs):
        return inputs


def _last(shape, layer):
    if shape is None or not shape or shape[-1] is None:
        raise ShapeError(f"The last dimension of the inputs to `{layer}` should be defined. Found "
                         "`None`.")
    return shape[-1]


class Dense(Layer):
    """`activation(inputs kernel + bias)` over the last dimension; see `dense`."""

    _base = "dense"

    def __init__(self, units, activation=None, use_bias=True, kernel_initializer=None,
                 bias_initializer=zeros_initializer(), kernel_regularizer=None,
                 bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
                 bias_constraint=None, trainable=True, name=None, **settings):
        super().__init__(trainable, name, activity_regularizer=activity_regularizer, **settings)
        if isinstance(activation, str):
            activation = _named(nn, activation)
        self.units, self.activation, self.use_bias = int(units), activation, use_bias
        self._kernel = (kernel_initializer, kernel_regularizer, True, kernel_constraint)
        self._bias = (bias_initializer, bias_regularizer, True, bias_constraint)
        self.bias = None

    def build(self, shape):
        self.kernel = self.add_weight("kernel", [_last(shape, "Dense"), self.units],
                                      *self._kernel)
        if self.use_bias:
            self.bias = self.add_weight("bias", [self.units], *self._bias)

    def call(self, inputs):
        rank = len(inputs._shape)
        if rank == 2:
            y = matmul(inputs, self.kernel)
        else:
            y = tensordot(inputs, self.kernel, [[rank - 1], [0]])
        if self.use_bias:
            y = bias_add(y, self.bias)
        return y if self.activation is None else self.activation(y)


@door
def dense(inputs, units, activation=None, use_bias=True, kernel_initializer=None,
          bias_initializer=zeros_initializer(), kernel_regularizer=None, bias_regularizer=None,
          activity_regularizer=None, kernel_constraint=None, bias_constraint=None, trainable=True,
          name=None, reuse=None):
    """A fully connected layer: `activation(inputs kernel + bias)`.

    Parameters
    ----------
    inputs : node of rank 2 or more, its last dimension known
    units : int
    kernel_initializer : callable, optional
        Glorot's uniform one if not given.
    reuse : bool, optional
        Share the variables of the layer of this name.
    """
    layer = Dense(units, activation, use_bias, kernel_initializer, bias_initializer,
                  kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint,
                  bias_constraint, trainable, name, _scope=name, _reuse=reuse)
    return layer(inputs)


def choose(training, yes, no):
    """`yes()` if training, else `no()`; for a node, `where` of both."""
    if not is_node(training):
        return yes() if training else no()
    a, b = yes(), no()
    return where(cast(training, BOOL), a, b)


class Dropout(Layer):
    """Zeros a share of the inputs while training; see `dropout`."""

    _base = "dropout"

    def __init__(self, rate=0.5, noise_shape=None, seed=None, name=None, **settings):
        super().__init__(name=name, **settings)
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed

    def call(self, inputs, training=False):
        return choose(training,
                      lambda: drop(inputs, rate=self.rate, noise_shape=self.noise_shape,
                                   seed=self.seed),
                      lambda: identity(inputs))


@door
def dropout(inputs, rate=0.5, noise_shape=None, seed=None, training=False, name=None):
    """Zero a share `rate` of the inputs and scale up the others, if `training`.

    Parameters
    ----------
    training : bool or boolean scalar node
    """
    return Dropout(rate, noise_shape, seed, name=name)(inputs, training=training)


class BatchNormalization(Layer):
    """Normalises over the batch; see `batch_normalization`."""

    _base = "batch_normalization"

    def __init__(self, axis=-1, momentum=0.99, epsilon=1e-3, center=True, scale=True,
                 beta_initializer=zeros_initializer(), gamma_initializer=ones_initializer(),
                 moving_mean_initializer=zeros_initializer(),
                 moving_variance_initializer=ones_initializer(), beta_regularizer=None,
                 gamma_regularizer=None, beta_constraint=None, gamma_constraint=None,
                 trainable=True, name=None, **settings):
        super().__init__(trainable, name, **settings)
        self.axis, self.momentum, self.epsilon = axis, momentum, epsilon
        self.center, self.scale = center, scale
        self._beta = (beta_initializer, beta_regularizer, True, beta_constraint)
        self._gamma = (gamma_initializer, gamma_regularizer, True, gamma_constraint)
        self._moving = moving_mean_initializer, moving_variance_initializer
        self.gamma = self.beta = None

    def build(self, shape):
        if shape is None:
            raise ShapeError("batch_normalization needs inputs of a known rank.")
        axis = self.axis[0] if isinstance(self.axis, (list, tuple)) else self.axis
        self._at, = shapes.normal_axes(axis, len(shape))
        n = shape[self._at]
        if n is None:
            raise ShapeError(f"batch_normalization: dimension {self._at} of the inputs must be "
                             "known.")
        if self.scale:
            self.gamma = self.add_weight("gamma", [n], *self._gamma)
        if self.center:
            self.beta = self.add_weight("beta", [n], *self._beta)
        self.moving_mean = self.add_weight("moving_mean", [n], self._moving[0], trainable=False)
        self.moving_variance = self.add_weight("moving_variance", [n], self._moving[1],
                                               trainable=False)

    def call(self, inputs, training=False):
        rank = len(inputs._shape)
        axes = [i for i in range(rank) if i != self._at]
        mean, variance = self.moving_mean, self.moving_variance
        if is_node(training) or training:
            now = moments(inputs, axes)
            mean = choose(training, lambda: now[0], lambda: self.moving_mean)
            variance = choose(training, lambda: now[1], lambda: self.moving_variance)
            self._track(inputs, mean, self._unbiased(inputs, variance, now[1], axes, training))
        spread = [1] * rank
        spread[self._at] = inputs._shape[self._at]
        fit = [v if v is None or self._at == rank - 1 else reshape(v, spread)
               for v in (mean, variance, self.beta, self.gamma)]
        return normalize(inputs, *fit, self.epsilon)

    def _unbiased(self, inputs, chosen, variance, axes, training):
        """What the moving variance moves to: of images, the unbiased estimate."""
        if not self._is_image(inputs):
            return chosen
        count = cast(size(inputs), variance._dtype) / inputs._shape[self._at]
        return choose(training, lambda: variance * (count / (count - 1.0)),
                      lambda: self.moving_variance)

    def _is_image(self, inputs):
        return len(inputs._shape) == 4

    def _track(self, inputs, mean, variance):
        graph = inputs.graph
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            update = assign_sub(moving, (moving - value) * (1.0 - self.momentum),
                                name="AssignMovingAvg")
            self.updates.append(update.op)
            graph.add_to_collection(GraphKeys.UPDATE_OPS, update.op)


@door
def batch_normalization(inputs, axis=-1, momentum=0.99, epsilon=1e-3, center=True, scale=True,
                        beta_initializer=zeros_initializer(),
                        gamma_initializer=ones_initializer(),
                        moving_mean_initializer=zeros_initializer(),
                        moving_variance_initializer=ones_initializer(), beta_regularizer=None,
                        gamma_regularizer=None, beta_constraint=None, gamma_constraint=None,
                        training=False, trainable=True, name=None, reuse=None, renorm=False,
                        fused=None, virtual_batch_size=None, adjustment=None, **_):
    """Normalise over the batch (Ioffe and Szegedy, 2015).

    While training, the batch's mean and variance are used, and operations in GraphKeys.UPDATE_OPS
    move the
    averages that are used otherwise; run them with each step.

    Parameters
    ----------
    axis : int
        The dimension of features.
    training : bool or boolean scalar node
    """
    if renorm or virtual_batch_size is not None or adjustment is not None:
        raise NotImplementedError("batch_normalization: renorm, virtual_batch_size and adjustment "
                                  "are not there.")
    layer = BatchNormalization(
        axis, momentum, epsilon, center, scale, beta_initializer, gamma_initializer,
        moving_mean_initializer, moving_variance_initializer, beta_regularizer,
        gamma_regularizer, beta_constraint, gamma_constraint, trainable, name, _scope=name,
        _reuse=reuse)
    return layer(inputs, training=training)


class Flatten(Layer):
    """Keeps the first dimension and joins the others."""

    _base = "flatten"

    def call(self, inputs):
        known = inputs._shape
        if known == ():
            raise ShapeError(f"flatten: {where(inputs)} has no dimensions; expected 1 or more.")
        if known is not None and shapes.is_known(known[1:]):
            return reshape(inputs, [-1 if known[0] is None else known[0],
                                    shapes.size_of(known[1:])])
        return reshape(inputs, [shape_of(inputs)[0], -1])


@door
def flatten(inputs, name=None, data_format="channels_last"):
    """`inputs` as (batch, everything else)."""
    return Flatten(name=name)(inputs)


__all__ = ["Layer", "Dense", "dense", "Dropout", "dropout", "BatchNormalization",
           "batch_normalization", "Flatten", "flatten"]
