"""Cells made of cells: MultiRNNCell, and wrappers for residuals, highways, devices, dropout."""

import hashlib
import numbers

from fastgrad.errors import ShapeError
from fastgrad.flow.part import flat, refill
from fastgrad.graph import shapes
from fastgrad.graph.nodes import is_node
from fastgrad.nn.activations import sigmoid
from fastgrad.nn.dropout import dropout
from fastgrad.nn.normalization import xw_plus_b
from fastgrad.ops.join import concat
from fastgrad.ops.pad import slice_
from fastgrad.ops.random import random_uniform
from fastgrad.ops.unary import floor
from fastgrad.rnn.cell import (RNNCell, assert_like_rnncell, dims_of_size, graph_in, is_size,
                               sizes_of)
from fastgrad.rnn.lstm import LSTMStateTuple
from fastgrad.variables.initializers import Constant
from fastgrad.variables.scopes import get_variable, variable_scope
from fastgrad.wording import where


class MultiRNNCell(RNNCell):
    """Cells one on another: the output of each is the input of the next.

    Parameters
    ----------
    cells : list of cells
        Each an object of its own: the same one twice shares its weights.
    state_is_tuple : bool
        Whether the state is a tuple with the state of each; else one tensor.
    """

    def __init__(self, cells, state_is_tuple=True):
        super().__init__()
        if not isinstance(cells, (list, tuple)):
            raise TypeError(f"cells must be a list or tuple, but saw: {cells}.")
        if not cells:
            raise ValueError("Must specify at least one cell for MultiRNNCell.")
        for cell in cells:
            assert_like_rnncell("cells", cell)
        if not state_is_tuple and not all(is_size(c.state_size) for c in cells):
            raise ValueError("Some cells return tuples of states, but the flag state_is_tuple is "
                             f"not set. State sizes are: {[c.state_size for c in cells]}")
        self._cells, self._state_is_tuple = list(cells), state_is_tuple

    @property
    def state_size(self):
        sizes = [c.state_size for c in self._cells]
        return tuple(sizes) if self._state_is_tuple else sum(sizes)

    output_size = property(lambda self: self._cells[-1].output_size)

    def zero_state(self, batch_size, dtype):
        if not self._state_is_tuple:
            return super().zero_state(batch_size, dtype)
        with self._zeros(batch_size):
            return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)

    def call(self, inputs, state):
        states, place, x = [], 0, inputs
        if self._state_is_tuple and (is_node(state) or not isinstance(state, (list, tuple))
                                     or len(state) != len(self._cells)):
            raise ValueError(f"Expected state to be a tuple of length {len(self._cells)}, but "
                             f"received: {state}")
        for i, cell in enumerate(self._cells):
            with variable_scope(f"cell_{i}"):
                if self._state_is_tuple:
                    mine = state[i]
                else:
                    mine = slice_(state, [0, place], [-1, cell.state_size])
                    place += cell.state_size
                x, new = cell(x, mine)
                states.append(new)
        return x, tuple(states) if self._state_is_tuple else concat(states, 1)


# ---- wrappers ---------------------------------------------------------------------------

class CellWrapper(RNNCell):
    """Base of wrappers that add no scope: a cell, called by `_wrapped(inputs, state, scope=)`."""

    def __init__(self, cell, **kwargs):
        super().__init__(**kwargs)
        assert_like_rnncell("cell", cell)
        self.cell = cell

    # of TensorFlow's wrappers, which add no scope, the weights are none
    _cells = property(lambda self: () if self._kind == "tf" else (self.cell,))
    wrapped_cell = property(lambda self: self.cell)
    state_size = property(lambda self: self.cell.state_size)
    output_size = property(lambda self: self.cell.output_size)

    def zero_state(self, batch_size, dtype):
        return self.cell.zero_state(batch_size, dtype)

    def __call__(self, inputs, state, scope=None):
        with graph_in(inputs, state).as_default():
            return self._wrapped(inputs, state, **({} if scope is None else {"scope": scope}))


class DeviceWrapper(CellWrapper):
    """A cell whose device is given; everything runs on this CPU."""

    def __init__(self, cell, device, **kwargs):
        super().__init__(cell, **kwargs)
        self._device = device

    def _wrapped(self, inputs, state, **scope):
        return self.cell(inputs, state, **scope)


def _check_alike(inputs, outputs):
    """Refuse outputs that cannot be added to the inputs."""
    if len(flat(inputs)) != len(flat(outputs)):
        raise ValueError("The two structures don't have the same nested structure: "
                         f"{inputs!r:.80} and {outputs!r:.80}.")
    for x, y in zip(flat(inputs), flat(outputs)):
        if not shapes.compatible(x._shape, y._shape):
            raise ShapeError(f"Shapes {x.shape} and {y.shape} are incompatible: the inputs "
                             f"{where(x)} and the outputs {where(y)} of a cell are added.")


class ResidualWrapper(CellWrapper):
    """A cell whose inputs are added to its outputs.

    Parameters
    ----------
    cell : RNNCell
    residual_fn : callable(inputs, outputs), optional
        The outputs; the sum if not given.
    """

    def __init__(self, cell, residual_fn=None, **kwargs):
        super().__init__(cell, **kwargs)
        self._residual_fn = residual_fn

    def _wrapped(self, inputs, state, **scope):
        outputs, state = self.cell(inputs, state, **scope)
        if self._residual_fn is not None:
            return self._residual_fn(inputs, outputs), state
        _check_alike(inputs, outputs)
        added = [x + y for x, y in zip(flat(inputs), flat(outputs))]
        return refill(inputs, iter(added)), state


class HighwayWrapper(CellWrapper):
    """A cell with a highway around it: `carry inputs + transform outputs` (arXiv:1505.00387).

    Parameters
    ----------
    couple_carry_transform_gates : bool
        Whether `transform` is `1 - carry`.
    carry_bias_init : float
    """

    def __init__(self, cell, couple_carry_transform_gates=True, carry_bias_init=1.0):
        super().__init__(cell)
        self._coupled, self._bias_init = couple_carry_transform_gates, carry_bias_init

    def _gate(self, x, name, bias):
        n = x._shape[1]
        weight = get_variable(name + "_w", [n, n])
        return sigmoid(xw_plus_b(x, weight, get_variable(
            name + "_b", [n], initializer=Constant(bias))))

    def _wrapped(self, inputs, state, **scope):
        outputs, state = self.cell(inputs, state, **scope)
        _check_alike(inputs, outputs)
        mixed = []
        for x, y in zip(flat(inputs), flat(outputs)):
            carry = self._gate(x, "carry", self._bias_init)
            transform = 1 - carry if self._coupled else self._gate(
                x, "transform", -self._bias_init)
            mixed.append(x * carry + y * transform)
        return refill(inputs, iter(mixed)), state


# ---- dropout ----------------------------------------------------------------------------

def _all_but_memory(part):
    """Which parts of a state may be dropped: all but the memory of an LSTM."""
    return LSTMStateTuple(c=False, h=True) if isinstance(part, LSTMStateTuple) else True


def _verdicts(visit, structure):
    """Of each tensor of a nesting, whether `visit` says True of it and of what it lies in."""
    said = visit(structure)
    if not isinstance(structure, (list, tuple, dict)):
        return [bool(said)]
    children = [structure[k] for k in sorted(structure)] if isinstance(structure, dict) \
        else list(structure)
    if isinstance(said, bool):
        each = [said] * len(children)
    else:
        each = [said[k] for k in sorted(said)] if isinstance(said, dict) else list(said)
    return [v and yes for child, yes in zip(children, each) for v in _verdicts(visit, child)]


def _probability(name, value):
    """A keep probability as a float, or the tensor that is fed."""
    if is_node(value):
        if value.op.op_type != "constant":
            return value
        value = value.op.attrs["value"]
    value = float(value)
    if not 0 <= value <= 1:
        raise ValueError(f"Parameter {name} must be between 0 and 1: {value}")
    return value


class DropoutWrapper(CellWrapper):
    """A cell with dropout of its inputs, outputs or state, anew at each step.

    Parameters
    ----------
    cell : RNNCell
    input_keep_prob, output_keep_prob, state_keep_prob : float or scalar tensor
        The share that stays. Dropout of the state changes what the next step sees, and leaves the
        memory `c` of an LSTM alone.
    variational_recurrent : bool
        Whether all steps and rows of a run share one mask (Gal and Ghahramani, arXiv:1512.05287).
    input_size : size or nesting of sizes, optional
        Of the inputs; needed for a variational mask of the inputs.
    dtype : dtype, optional
        Needed for variational masks.
    seed : int, optional
    dropout_state_filter_visitor : callable, optional
        Of a part of the state: whether it may be dropped.
    """

    def __init__(self, cell, input_keep_prob=1.0, output_keep_prob=1.0, state_keep_prob=1.0,
                 variational_recurrent=False, input_size=None, dtype=None, seed=None,
                 dropout_state_filter_visitor=None, **kwargs):
        super().__init__(cell, dtype=dtype, **kwargs)
        if dropout_state_filter_visitor is not None and not callable(dropout_state_filter_visitor):
            raise TypeError("dropout_state_filter_visitor must be callable")
        self._filter = dropout_state_filter_visitor or _all_but_memory
        self._keep = {"input": _probability("input_keep_prob", input_keep_prob),
                      "state": _probability("state_keep_prob", state_keep_prob),
                      "output": _probability("output_keep_prob", output_keep_prob)}
        self._seed, self._noise = seed, None
        if variational_recurrent:
            self._noise = self._noises(input_size, dtype)

    def _noises(self, input_size, dtype):
        """Uniform numbers, one for each element of a row, that all steps share."""
        if dtype is None:
            raise ValueError("When variational_recurrent=True, dtype must be provided")
        sizes = {"state": self.cell.state_size, "output": self.cell.output_size}
        if self._drops("input"):
            if input_size is None:
                raise ValueError("When variational_recurrent=True and input_keep_prob < 1.0 or is "
                                 "unknown, input_size must be provided")
            sizes["input"] = input_size
        return {part: [random_uniform([1, *dims_of_size(s)], dtype=dtype,
                                      seed=self._seed_of(part, i))
                       for i, s in enumerate(sizes_of(size))] for part, size in sizes.items()}

    def _drops(self, part):
        keep = self._keep[part]
        return not isinstance(keep, numbers.Real) or keep < 1

    def _seed_of(self, part, index):
        """A seed for each tensor, as TensorFlow derives it."""
        if self._seed is None:
            return None
        text = f"{self._seed}{part}_{index}".encode()
        return int(hashlib.md5(text, usedforsecurity=False).hexdigest()[:8], 16) & 0x7FFFFFFF

    def _wrapped(self, inputs, state, **scope):
        inputs = self._dropped("input", inputs)
        output, state = self.cell(inputs, state, **scope)
        return self._dropped("output", output), self._dropped("state", state)

    def _dropped(self, part, structure):
        if not self._drops(part):
            return structure
        values = flat(structure)
        which = _verdicts(self._filter, structure) if part == "state" else [True] * len(values)
        found = [self._drop(part, i, v) if yes else v
                 for i, (v, yes) in enumerate(zip(values, which))]
        return refill(structure, iter(found))

    def _drop(self, part, index, value):
        keep = self._keep[part]
        if self._noise is None:
            return dropout(value, keep_prob=keep, seed=self._seed_of(part, index))
        dropped = value / keep * floor(keep + self._noise[part][index])
        dropped.set_shape(value.shape)
        return dropped


__all__ = ["MultiRNNCell", "DropoutWrapper", "ResidualWrapper", "DeviceWrapper", "HighwayWrapper"]
