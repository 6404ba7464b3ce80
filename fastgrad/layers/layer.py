"""Layer: the base class of `tf.layers`' classes.

A layer is an object that makes its variables at its first call and shares them afterwards; the
functions make one and call it. Names are TensorFlow's: `dense/kernel:0`, `dense_1/bias:0`.
"""

import re

from fastgrad.errors import ShapeError
from fastgrad.flow.part import flat, refill
from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.dtypes import BOOL, as_dtype, strong
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.ops.cast import cast
from fastgrad.ops.shape import shape as shape_of
from fastgrad.ops.where import where
from fastgrad.variables import initializers
from fastgrad.variables.scopes import get_variable, variable_scope


def _named(module, name, said=None):
    """What an activation or initializer given as a word stands for; "linear" is none."""
    if name == "linear":
        return None
    thing = getattr(module, name, None) or getattr(module, said or name, None)
    if thing is None:
        raise ValueError(f"Unknown function or initializer: {said or name}")
    return thing() if module is initializers and not isinstance(thing, type) else thing


def _snake(name):
    """`BasicLSTMCell` as `basic_lstm_cell`: the scope of a layer that has no name."""
    words = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()


def _tensors(inputs, graph):
    """The inputs as tensors; a nesting that holds nodes stays one."""
    if isinstance(inputs, (list, tuple, dict)) and any(map(is_node, flat(inputs))):
        return refill(inputs, iter([as_tensor(n, None, graph) for n in flat(inputs)]))
    return as_tensor(inputs, None, graph)


class Layer:
    """Base of layers: a subclass defines `build(self, shape)` and `call(self, inputs, ...)`.

    Attributes
    ----------
    variables, trainable_variables, weights, trainable_weights, non_trainable_variables : lists
    losses, updates : lists
    """

    _base = "layer"

    def __init_subclass__(cls, **settings):
        super().__init_subclass__(**settings)
        name = cls.__name__
        if "_base" not in vars(cls) and name[0] != "_" and name != cls.__mro__[1].__name__:
            cls._base = _snake(name)

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
            opened = variable_scope(scope, default_name=self._given_name or self._base)
        with opened as self._scope:
            pass

    def __call__(self, inputs, *args, scope=None, **kwargs):
        node = next((n for n in flat(inputs) if is_node(n)), None)
        graph = node.graph if node is not None else self._graph
        with graph.as_default():
            x = _tensors(inputs, graph)
            again = self._scope is not None and self.built
            if self._scope is None:
                self._open(scope)
            prefix = self._scope.original_name_scope
            reuse = True if again else self._reuse
            with variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False), \
                    graph.name_scope(prefix):
                self._check(x)
                if not self.built:
                    self._dtype = as_dtype(self._dtype or strong(flat(x)[0]._dtype))
                    self.build(self._shape_of(x))
                    self.built = True
                return self._penalised(self.call(x, *args, **kwargs), graph)

    apply = __call__

    def _penalised(self, outputs, graph):
        if self._activity_regularizer is not None:
            with graph.name_scope("ActivityRegularizer"):       # the mean over the batch
                penalty = self._activity_regularizer(outputs)
                loss = penalty / cast(shape_of(outputs)[0], penalty._dtype)
            self.losses.append(loss)
            graph.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)
        return outputs

    def add_weight(self, name, shape, initializer=None, regularizer=None, trainable=True,
                   constraint=None, dtype=None):
        """A variable of the layer, by get_variable in the layer's scope."""
        if isinstance(initializer, str):
            initializer = _named(initializers, initializer + "_initializer", initializer)
        if self._scope is None:                         # a `build` that the user calls
            self._open(None)
        with variable_scope(self._scope, reuse=self.built or self._reuse,
                            auxiliary_name_scope=False):
            variable = get_variable(name, shape, dtype or self._dtype, initializer, regularizer,
                                    trainable and self.trainable, constraint=constraint)
        if variable not in self._weights:
            self._weights.append(variable)
        return variable

    add_variable = add_weight

    def _check(self, inputs):
        """Refuse inputs that are no such layer's."""

    def compute_output_shape(self, input_shape):
        """The shape of the result for inputs of a shape, where the class knows it."""
        raise NotImplementedError(f"{type(self).__name__} defines no compute_output_shape.")

    def _shape_of(self, inputs):
        """What `build` gets."""
        return inputs._shape

    def build(self, shape):
        pass

    def call(self, inputs, *args, **kwargs):
        return inputs


def _last(shape, layer):
    if shape is None or not shape or shape[-1] is None:
        raise ShapeError(f"The last dimension of the inputs to `{layer}` should be defined. Found "
                         "`None`.")
    return shape[-1]


def choose(training, yes, no):
    """`yes()` if training, else `no()`; for a node, `where` of both."""
    if not is_node(training):
        return yes() if training else no()
    a, b = yes(), no()
    return where(cast(training, BOOL), a, b)


__all__ = ["Layer"]
