"""Batch normalization as a layer.

A `training` that is a node chooses between batch and moving statistics with `where`: both are
cheap, and the step stays one plan.
"""

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import is_node
from fastgrad.layers.layer import Layer, choose
from fastgrad.nn import batch_normalization as normalize, moments
from fastgrad.ops.cast import cast
from fastgrad.ops.reshape import reshape
from fastgrad.ops.shape import size
from fastgrad.ops.state import assign_sub
from fastgrad.variables.initializers import ones_initializer, zeros_initializer


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
    move the averages that are used otherwise; run them with each step.

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


__all__ = ["BatchNormalization", "batch_normalization"]
