"""Batch normalization as a layer.

Images, of rank 4 with features in the second or last dimension, go through the fused operation as
TensorFlow's do: their moving variance follows the one over n - 1. A `training` that is a node
chooses between batch and moving statistics, not between two results: these are small, and the step
stays one plan.
"""

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import BOOL
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.layers.layer import Layer, choose
from fastgrad.nn import batch_normalization as normalize, fused_batch_norm, moments
from fastgrad.nn.fused_batch_norm import check_images, switched_batch_norm
from fastgrad.ops.arithmetic import maximum
from fastgrad.ops.cast import cast
from fastgrad.ops.make import ones, zeros
from fastgrad.ops.reshape import reshape
from fastgrad.ops.shape import size
from fastgrad.ops.state import assign_sub
from fastgrad.ops.unary import rsqrt
from fastgrad.variables.initializers import ones_initializer, zeros_initializer


class BatchNormalization(Layer):
    """Normalises over the batch; see `batch_normalization`."""

    _base = "batch_normalization"

    def __init__(self, axis=-1, momentum=0.99, epsilon=1e-3, center=True, scale=True,
                 beta_initializer=zeros_initializer(), gamma_initializer=ones_initializer(),
                 moving_mean_initializer=zeros_initializer(),
                 moving_variance_initializer=ones_initializer(), beta_regularizer=None,
                 gamma_regularizer=None, beta_constraint=None, gamma_constraint=None,
                 trainable=True, name=None, fused=None, **settings):
        super().__init__(trainable, name, **settings)
        self.axis, self.momentum, self.epsilon = axis, momentum, epsilon
        self.center, self.scale, self.fused = center, scale, fused
        self._beta = (beta_initializer, beta_regularizer, True, beta_constraint)
        self._gamma = (gamma_initializer, gamma_regularizer, True, gamma_constraint)
        self._moving = moving_mean_initializer, moving_variance_initializer
        self.gamma = self.beta = None

    def build(self, shape):
        if shape is None:
            raise ShapeError("batch_normalization needs inputs of a known rank.")
        self._at = shapes.normal_axes(list(self.axis) if isinstance(self.axis, (list, tuple))
                                      else self.axis, len(shape))
        for at in self._at:
            if shape[at] is None:
                raise ShapeError(f"batch_normalization: dimension {at} of the inputs must be "
                                 "known.")
        if self.fused is None or self.fused:
            self.fused = len(shape) == 4 and self._at in ((1,), (3,))
        if self.fused:
            check_images(self._dtype, self._graph)
        n = [shape[self._at[0]]] if len(self._at) == 1 else self._spread(shape)
        self._build(n)
        self.moving_mean = self.add_weight("moving_mean", n, self._moving[0], trainable=False)
        self.moving_variance = self.add_weight("moving_variance", n, self._moving[1],
                                               trainable=False)

    def _build(self, n):
        if self.scale:
            self.gamma = self.add_weight("gamma", n, *self._gamma)
        if self.center:
            self.beta = self.add_weight("beta", n, *self._beta)

    def _spread(self, shape):
        """The shape of one value a feature that broadcasts to the inputs."""
        return [n if i in self._at else 1 for i, n in enumerate(shape)]

    def call(self, inputs, training=False):
        if self.fused and not (is_node(training) and self._at == (1,)):
            return self._fused_call(inputs, training)
        mean, variance = self.moving_mean, self.moving_variance
        if is_node(training) or training:
            axes = [i for i in range(len(inputs._shape)) if i not in self._at]
            now = moments(inputs, axes, keep_dims=len(self._at) > 1)
            mean = choose(training, lambda: now[0], lambda: self.moving_mean)
            variance = choose(training, lambda: now[1], lambda: self.moving_variance)
            self._track(inputs, mean, self._unbiased(inputs, variance, now[1], training))
        spread, last = self._spread(inputs._shape), self._at == (len(inputs._shape) - 1,)
        mean, variance, beta, gamma = (
            v if v is None or last or len(self._at) > 1 else reshape(v, spread)
            for v in (mean, variance, self.beta, self.gamma))
        if not self.fused:
            return normalize(inputs, mean, variance, beta, gamma, self.epsilon)
        slope = rsqrt(variance + self.epsilon)
        y = (inputs - mean) * (slope if gamma is None else slope * gamma)
        return y if beta is None else y + beta

    def _fused_call(self, inputs, training):
        n, kind = [inputs._shape[self._at[0]]], self._dtype
        scale = ones(n, kind) if self.gamma is None else self.gamma
        offset = zeros(n, kind) if self.beta is None else self.beta
        place = "NCHW" if self._at == (1,) else "NHWC"
        if is_node(training):
            y, mean, variance = switched_batch_norm(
                inputs, scale, offset, self.moving_mean, self.moving_variance, self.epsilon,
                cast(training, BOOL), "cond/Merge")
            self._track(inputs, mean, variance)
            return y
        if not training:
            return fused_batch_norm(inputs, scale, offset, self.moving_mean, self.moving_variance,
                                    self.epsilon, place, False)[0]
        y, mean, variance = fused_batch_norm(inputs, scale, offset, epsilon=self.epsilon,
                                             data_format=place)
        self._track(inputs, mean, variance)
        return y

    def _unbiased(self, inputs, chosen, variance, training):
        """What the moving variance moves to: of images, the unbiased estimate."""
        if not self._over_less_one(inputs):
            return chosen
        count = cast(size(inputs), variance._dtype) / inputs._shape[self._at[0]]
        return choose(training, lambda: variance * (count / maximum(count - 1.0, 1.0)),
                      lambda: self.moving_variance)

    def _over_less_one(self, inputs):
        return self.fused

    def _track(self, inputs, mean, variance):
        if not self.trainable:
            return
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            self._move(inputs.graph, moving, value)

    def _move(self, graph, moving, value):
        update = assign_sub(moving, (moving - as_tensor(value)) * (1.0 - self.momentum),
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
    move the averages that are used otherwise; run them with each step.

    Parameters
    ----------
    axis : int, or sequence of int
        The dimensions of features.
    momentum : float
        The share of a moving average that stays at an update.
    epsilon : float
        Added to the variance.
    training : bool or boolean scalar node
    fused : bool, optional
        Whether images take the fused operation, which refuses float64 in a TensorFlow graph; they
        do if not given.
    """
    if renorm or virtual_batch_size is not None or adjustment is not None:
        raise NotImplementedError("batch_normalization: renorm, virtual_batch_size and adjustment "
                                  "are not there.")
    layer = BatchNormalization(
        axis, momentum, epsilon, center, scale, beta_initializer, gamma_initializer,
        moving_mean_initializer, moving_variance_initializer, beta_regularizer,
        gamma_regularizer, beta_constraint, gamma_constraint, trainable, name, fused,
        _scope=name, _reuse=reuse)
    return layer(inputs, training=training)


__all__ = ["BatchNormalization", "batch_normalization"]
