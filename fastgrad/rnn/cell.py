"""RNNCell: the base class of recurrent cells; LayerRNNCell: of those that make weights in `build`.

A cell is a layer of two arguments, inputs and state, that returns an output and the new state.
States are tensors or nestings of them; `state_size` has the same nesting, of widths. TensorFlow's
scripts subclass RNNCell in three ways: with `__call__` (their own scope), with `call`, or with
`build` and `call`.
"""

import contextlib
import copy

from fastgrad import nn
from fastgrad.errors import ConvertTypeError, DTypeError, ShapeError
from fastgrad.flow.part import flat, refill
from fastgrad.graph.default_graph import building, get_default_graph, kind_in_force
from fastgrad.graph.dtypes import strong
from fastgrad.graph.graph import Graph
from fastgrad.graph.nodes import is_node
from fastgrad.graph.tensor_shape import Dimension, TensorShape
from fastgrad.layers.layer import Layer, _named
from fastgrad.ops.make import zeros
from fastgrad.variables.scopes import VariableScope, get_variable_scope, variable_scope
from fastgrad.wording import where


class RNNCell(Layer):
    """Base of recurrent cells: `output, state = cell(inputs, state)`.

    A subclass defines `state_size`, `output_size` and `call(self, inputs, state)`; `build(self,
    shape)`, if there, is called first and makes weights with `self.add_variable`. Variables that
    `call` gets by `get_variable` lie in the cell's scope, the class's name in snake case.

    Attributes
    ----------
    state_size : int, TensorShape or nesting of them
        The shapes of the state without the batch.
    output_size : int or TensorShape

    Examples
    --------
    >>> class Decay(nn.rnn_cell.RNNCell):
    ...     state_size = output_size = property(lambda self: 2)
    ...     def call(self, inputs, state):
    ...         new = 0.5 * state + inputs
    ...         return new, new
    >>> cell = Decay()
    >>> output, state = cell(np.ones((1, 2)), cell.zero_state(1, float64))
    >>> Session().run(state)
    array([[1., 1.]])
    """

    _around = None
    _cells = ()                 # inside this one: their weights are its weights

    def __new__(cls, *args, **kwargs):
        """Notes whose graphs are meant; a subclass need not call `__init__`."""
        self = super().__new__(cls)
        self._kind = kind_in_force()
        return self

    def __deepcopy__(self, memo):
        """A cell of the same settings; the graph's parts that this one holds stay shared."""
        made = memo[id(self)] = object.__new__(type(self))
        for part in [n for v in vars(self).values() for n in flat(v)]:
            if is_node(part) or isinstance(part, (Graph, VariableScope)):
                memo[id(part)] = part
        made.__dict__.update((k, copy.deepcopy(v, memo)) for k, v in vars(self).items())
        return made

    def __call__(self, inputs, state, scope=None):
        with graph_in(inputs, state).as_default():
            if scope is None and self._around is None:
                self._around = get_variable_scope()
            with variable_scope(self._around if scope is None else scope,
                                custom_getter=self._tracked) as inside:
                return super().__call__(inputs, state, scope=None if scope is None else inside)

    def _tracked(self, getter, *args, **kwargs):
        """get_variable, noting whose weight it is."""
        variable = getter(*args, **kwargs)
        if not any(variable is v for v in self._weights):
            self._weights.append(variable)
        return variable

    @property
    def variables(self):
        weights = list(self._weights)
        for cell in self._cells:
            weights += getattr(cell, "variables", ())
        return list(dict.fromkeys(weights))

    weights = property(lambda self: self.variables)
    trainable_variables = property(
        lambda self: [v for v in self.variables if v.trainable] if self.trainable else [])
    trainable_weights = trainable_variables
    non_trainable_variables = property(
        lambda self: [v for v in self.variables if v not in self.trainable_variables])
    non_trainable_weights = non_trainable_variables

    @property
    def state_size(self):
        raise NotImplementedError(f"{type(self).__name__} defines no state_size.")

    @property
    def output_size(self):
        raise NotImplementedError(f"{type(self).__name__} defines no output_size.")

    def build(self, shape):
        self.built = True

    def _shape_of(self, inputs):
        shapes = [t.shape for t in flat(inputs)]
        return refill(inputs, iter(shapes)) if isinstance(inputs, (list, tuple, dict)) else \
            shapes[0]

    def zero_state(self, batch_size, dtype):
        """The state of zeros for a batch.

        Parameters
        ----------
        batch_size : int or integer scalar node
        dtype : dtype

        Returns
        -------
        Tensor, or tensors in the nesting of `state_size`
        """
        with self._zeros(batch_size):
            return zeros_of(self.state_size, batch_size, dtype)

    @contextlib.contextmanager
    def _zeros(self, batch_size):
        """The graph and the name scope of a zero state."""
        with building(self._kind):
            graph = batch_size.graph if is_node(batch_size) else get_default_graph()
            with graph.as_default(), graph.name_scope(type(self).__name__ + "ZeroState"):
                yield

    def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
        """The zero state for inputs, or for a batch's size and a dtype."""
        if inputs is not None:
            batch_size = inputs.shape[0].value if batch_size is None else batch_size
            dtype = dtype or inputs.dtype
        if batch_size is None or dtype is None:
            raise ValueError("batch_size and dtype cannot be None while constructing initial "
                             f"state: batch_size={batch_size}, dtype={dtype}")
        return self.zero_state(batch_size, dtype)


class LayerRNNCell(RNNCell):
    """Base of cells that make all their weights in `build`, by `add_variable`."""

    def _shape_of(self, inputs):
        if not self._dtype.is_floating and not self._dtype.is_complex:
            raise ConvertTypeError(f"{type(self).__name__}: RNN cell only supports floating point "
                                   f"inputs, but saw dtype {self._dtype.name}.")
        return super()._shape_of(inputs)

    def __call__(self, inputs, state, scope=None, *args, **kwargs):
        return Layer.__call__(self, inputs, state, *args, scope=scope, **kwargs)


# ---- what cells share -------------------------------------------------------------------

def graph_in(*structures):
    """The graph of the first node in nestings; the default one, if there is no node."""
    node = next((n for n in flat(list(structures)) if is_node(n)), None)
    return get_default_graph() if node is None else node.graph


def is_size(thing):
    """Whether a part of a `state_size` is one size, not a nesting of sizes."""
    return isinstance(thing, (int, TensorShape, Dimension)) or hasattr(thing, "__index__")


def dims_of_size(size):
    """A size as a list of dimensions."""
    return size.as_list() if isinstance(size, TensorShape) else [
        size.value if isinstance(size, Dimension) else int(size)]


def sizes_of(structure):
    """The sizes in a nesting of them."""
    return [structure] if is_size(structure) else [
        s for part in _parts(structure) for s in sizes_of(part)]


def _parts(structure):
    if isinstance(structure, dict):
        return [structure[k] for k in sorted(structure)]
    if not isinstance(structure, (list, tuple)):
        raise TypeError(f"a size is an int, a TensorShape or a nesting of them; got "
                        f"{structure!r}.")
    return structure


def filled(structure, values):
    """The nesting of sizes with the next of `values` for each size."""
    if is_size(structure):
        return next(values)
    if isinstance(structure, dict):
        return {k: filled(structure[k], values) for k in sorted(structure)}
    parts = [filled(part, values) for part in _parts(structure)]
    return type(structure)(*parts) if hasattr(structure, "_fields") else type(structure)(parts)


def zeros_of(structure, batch_size, dtype):
    """Zeros of (batch, *size) in the nesting of sizes."""
    return filled(structure, iter([zeros([batch_size, *dims_of_size(s)], dtype)
                                   for s in sizes_of(structure)]))


def activation_of(given, default=None):
    """A function for what a cell was given as its activation: a function, a word or None."""
    if isinstance(given, str):
        return _named(nn, given)
    return default if given is None else given


def depth_of(shape):
    """The known last dimension of a cell's inputs."""
    dims = TensorShape(shape).as_list() if TensorShape(shape).ndims is not None else [None]
    if dims[-1] is None:
        raise ShapeError("Expected inputs.shape[-1] to be known, saw shape: "
                         f"{TensorShape(shape)}")
    return dims[-1]


def pair_of(cell, state):
    """The (c, h) of an LSTM's state; a tensor is none."""
    if is_node(state) or not isinstance(state, (tuple, list)):
        shown = where(state) if is_node(state) else repr(state)
        raise TypeError(f"{type(cell).__name__}: the state is a tuple (c, h) of tensors; got "
                        f"{shown}. Make it with zero_state, or set state_is_tuple=False.")
    if len(state) != 2:
        raise ValueError(f"{type(cell).__name__}: the state has {len(state)} parts; expected two, "
                         "c and h.")
    return state


def check_step(cell, inputs, state):
    """Refuse inputs that are no floats, and states of another width."""
    if is_node(inputs) and inputs._dtype is not None and strong(inputs._dtype).kind not in "fc":
        raise DTypeError(f"{type(cell).__name__}: RNN cell only supports floating point inputs, "
                         f"but saw dtype {inputs.dtype.name}: {where(inputs)}.")
    for t, size in zip(flat(state), sizes_of(cell.state_size)):
        if is_node(t) and t._shape and t._shape[-1] not in (None, *dims_of_size(size)[-1:]):
            raise ShapeError(f"{type(cell).__name__}: the state {where(t)} has shape {t.shape}; "
                             f"expected a width of {dims_of_size(size)[-1]}.")


def assert_like_rnncell(name, cell):
    """Refuse what cannot be used as a cell."""
    wanted = [hasattr(cell, "output_size"), hasattr(cell, "state_size"),
              hasattr(cell, "zero_state"), callable(cell)]
    if not all(wanted):
        lacks = [word for word, there in zip(
            ("output_size", "state_size", "zero_state", "__call__"), wanted) if not there]
        raise TypeError(f"The argument {name!r} ({cell!r}) is not an RNNCell: it lacks "
                        f"{', '.join(lacks)}.")


__all__ = ["RNNCell", "LayerRNNCell"]
