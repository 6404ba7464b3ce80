"""Layers for dense networks: dense, dropout, flatten."""

from fastgrad import nn
from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import is_node
from fastgrad.graph.tensor_shape import TensorShape, to_shape
from fastgrad.layers.layer import Layer, _last, _named, choose
from fastgrad.layers.windows import is_first
from fastgrad.linalg.matmul import matmul
from fastgrad.linalg.tensordot import tensordot
from fastgrad.nn import bias_add, dropout as drop
from fastgrad.ops.reshape import reshape, transpose
from fastgrad.ops.shape import shape as shape_of
from fastgrad.ops.state import identity
from fastgrad.variables.initializers import zeros_initializer
from fastgrad.wording import where


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

    def compute_output_shape(self, input_shape):
        """The shape of the result for inputs of a shape."""
        dims = to_shape(input_shape)
        if dims is None or len(dims) < 2:
            raise ShapeError(f"Dense takes inputs of rank 2 or more; got shape {input_shape}.")
        return TensorShape([*dims[:-1], self.units])

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
        Size of the result's last dimension.
    activation : callable(node) -> node, optional
    use_bias : bool
    kernel_initializer, bias_initializer : callable, optional
        Glorot's uniform one and zeros if not given.
    kernel_regularizer, bias_regularizer, activity_regularizer : callable(node) -> scalar, optional
        Results join GraphKeys.REGULARIZATION_LOSSES.
    trainable : bool
    name : str, optional
        Scope of the variables `name/kernel` (inputs, units) and `name/bias` (units,).
    reuse : bool, optional
        Share the variables of the layer of this name.

    Returns
    -------
    Tensor
        (..., units), in the dtype of `inputs`.

    Raises
    ------
    ValueError
        If the last dimension of `inputs` is not known, or the name is taken and `reuse` is off.

    Examples
    --------
    >>> x = placeholder(float32, [None, 3])
    >>> h = dense(x, 4, activation=nn.relu, name="first")
    >>> h.shape.as_list(), [v.name for v in global_variables()]
    ([None, 4], ['first/kernel:0', 'first/bias:0'])
    """
    layer = Dense(units, activation, use_bias, kernel_initializer, bias_initializer,
                  kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint,
                  bias_constraint, trainable, name, _scope=name, _reuse=reuse)
    return layer(inputs)


class Dropout(Layer):
    """Zeros a share of the inputs while training; see `dropout`."""

    _base = "dropout"

    def __init__(self, rate=0.5, noise_shape=None, seed=None, name=None, **settings):
        super().__init__(name=name, **settings)
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed

    def call(self, inputs, training=False):
        return choose(training,
                      lambda: drop(inputs, rate=self.rate, noise_shape=self._noise(inputs),
                                   seed=self.seed),
                      lambda: identity(inputs))

    def _noise(self, inputs):
        """The shape of the mask; None in it is the size of the inputs there."""
        if self.noise_shape is None or is_node(self.noise_shape):
            return self.noise_shape
        whole = shape_of(inputs)
        return [whole[i] if n is None else n for i, n in enumerate(self.noise_shape)]


@door
def dropout(inputs, rate=0.5, noise_shape=None, seed=None, training=False, name=None):
    """Zero a share `rate` of the inputs and scale up the others, if `training`.

    Parameters
    ----------
    training : bool or boolean scalar node
    """
    return Dropout(rate, noise_shape, seed, name=name)(inputs, training=training)


class Flatten(Layer):
    """Keeps the first dimension and joins the others."""

    _base = "flatten"

    def __init__(self, data_format="channels_last", name=None, **settings):
        super().__init__(name=name, **settings)
        self._first = is_first(data_format)

    def _check(self, inputs):
        if inputs._shape is None and inputs.graph.literals == "tf":
            raise ShapeError(f"Input 0 of layer {self.name} is incompatible with the layer: its "
                             "rank is undefined, but the layer requires a defined rank.")

    def call(self, inputs):
        known = inputs._shape
        if self._first and known is not None and len(known) > 2:        # as if channels were last
            inputs = transpose(inputs, (0, *range(2, len(known)), 1))
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
    return Flatten(data_format, name)(inputs)


__all__ = ["Dense", "dense", "Dropout", "dropout", "Flatten", "flatten"]
