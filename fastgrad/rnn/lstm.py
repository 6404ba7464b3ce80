"""Long short-term memory: LSTMStateTuple, BasicLSTMCell, LSTMCell.

One kernel makes the four gates: its rows are the inputs, then the state; its columns i, j (the
candidate), f, o. The forget gate's bias is added in every step and is no part of the variable.
"""

import collections

from fastgrad.linalg.matmul import matmul
from fastgrad.nn.activations import sigmoid
from fastgrad.nn.clip import clip_by_value
from fastgrad.nn.normalization import bias_add
from fastgrad.ops.join import concat, split
from fastgrad.ops.pad import slice_
from fastgrad.ops.unary import tanh
from fastgrad.rnn.cell import LayerRNNCell, activation_of, check_step, depth_of, pair_of
from fastgrad.variables.initializers import zeros_initializer


class LSTMStateTuple(collections.namedtuple("LSTMStateTuple", ("c", "h"))):
    """The state of an LSTM: `c`, the memory, and `h`, the output."""

    __slots__ = ()

    @property
    def dtype(self):
        """The dtype of both."""
        if self.c.dtype != self.h.dtype:
            raise TypeError(f"Inconsistent internal state: {self.c.dtype} vs {self.h.dtype}")
        return self.c.dtype


class BasicLSTMCell(LayerRNNCell):
    """Basic long short-term memory (Zaremba et al. 2014, arXiv:1409.2329).

    `c = c sigmoid(f + forget_bias) + sigmoid(i) activation(j)`,
    `h = activation(c) sigmoid(o)`, where `i, j, f, o = [x, h] kernel + bias`.

    Parameters
    ----------
    num_units : int
    forget_bias : float
    state_is_tuple : bool
        Whether states are LSTMStateTuples; else c and h in one tensor.
    activation : callable or str, optional
        tanh if not given.
    reuse : bool, optional
    name : str, optional
        Of the scope, `basic_lstm_cell` if not given.
    dtype : dtype, optional
    """

    def __init__(self, num_units, forget_bias=1.0, state_is_tuple=True, activation=None, reuse=None,
                 name=None, dtype=None, **kwargs):
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        self._num_units, self._forget_bias = num_units, forget_bias
        self._state_is_tuple = state_is_tuple
        self._activation = activation_of(activation, tanh)

    @property
    def state_size(self):
        n = self._num_units
        return LSTMStateTuple(n, n) if self._state_is_tuple else 2 * n

    output_size = property(lambda self: self._num_units)

    def build(self, shape):
        n = self._num_units
        self._kernel = self.add_variable("kernel", [depth_of(shape) + n, 4 * n])
        self._bias = self.add_variable("bias", [4 * n], zeros_initializer())
        self.built = True

    def call(self, inputs, state):
        c, h = pair_of(self, state) if self._state_is_tuple else split(state, 2, 1)
        check_step(self, inputs, state)
        gates = bias_add(matmul(concat([inputs, h], 1), self._kernel), self._bias)
        i, j, f, o = split(gates, 4, 1)
        new_c = c * sigmoid(f + self._forget_bias) + sigmoid(i) * self._activation(j)
        new_h = self._activation(new_c) * sigmoid(o)
        return new_h, (LSTMStateTuple(new_c, new_h) if self._state_is_tuple
                       else concat([new_c, new_h], 1))


class LSTMCell(LayerRNNCell):
    """Long short-term memory with peepholes, projection and clipping (Sak et al. 2014).

    Parameters
    ----------
    num_units : int
    use_peepholes : bool
        Whether the gates look at the memory: i and f at the old one, o at the new one.
    cell_clip : float, optional
        The memory is clipped to +-cell_clip before the output gate.
    initializer : callable, optional
        Of the kernel, the peepholes and the projection.
    num_proj : int, optional
        Width of a projection of the output, which is then `h`.
    proj_clip : float, optional
        The projected output is clipped to +-proj_clip.
    num_unit_shards, num_proj_shards : accepted, ignored
    forget_bias : float
    state_is_tuple : bool
    activation : callable or str, optional
        tanh if not given.
    reuse : bool, optional
    name : str, optional
        Of the scope, `lstm_cell` if not given.
    dtype : dtype, optional
    """

    def __init__(self, num_units, use_peepholes=False, cell_clip=None, initializer=None,
                 num_proj=None, proj_clip=None, num_unit_shards=None, num_proj_shards=None,
                 forget_bias=1.0, state_is_tuple=True, activation=None, reuse=None, name=None,
                 dtype=None, **kwargs):
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        self._num_units, self._use_peepholes = num_units, use_peepholes
        self._cell_clip, self._proj_clip = cell_clip, proj_clip
        self._initializer, self._num_proj = initializer, num_proj
        self._forget_bias, self._state_is_tuple = forget_bias, state_is_tuple
        self._activation = activation_of(activation, tanh)

    output_size = property(lambda self: self._num_proj or self._num_units)
    _peepholes = "fio"                      # in the order of their making

    @property
    def state_size(self):
        c, h = self._num_units, self.output_size
        return LSTMStateTuple(c, h) if self._state_is_tuple else c + h

    def build(self, shape):
        n, init = self._num_units, self._initializer
        self._kernel = self.add_variable("kernel", [depth_of(shape) + self.output_size, 4 * n],
                                         init)
        self._bias = self.add_variable("bias", [4 * n], zeros_initializer())
        if self._use_peepholes:
            made = {g: self.add_variable(f"w_{g}_diag", [n], init) for g in self._peepholes}
            self._w_f, self._w_i, self._w_o = (made[g] for g in "fio")
        if self._num_proj is not None:
            self._projection = self.add_variable("projection/kernel", [n, self._num_proj], init)
        self.built = True

    def call(self, inputs, state):
        n, act = self._num_units, self._activation
        if self._state_is_tuple:
            c, h = pair_of(self, state)
        else:
            c = slice_(state, [0, 0], [-1, n])
            h = slice_(state, [0, n], [-1, self.output_size])
        check_step(self, inputs, state)
        gates = bias_add(matmul(concat([inputs, h], 1), self._kernel), self._bias)
        i, j, f, o = split(gates, 4, 1)
        f = f + self._forget_bias
        if self._use_peepholes:
            f, i = f + self._w_f * c, i + self._w_i * c
        new_c = sigmoid(f) * c + sigmoid(i) * act(j)
        if self._cell_clip is not None:
            new_c = self._clipped(new_c)
        if self._use_peepholes:
            o = o + self._w_o * new_c
        new_h = self._projected(sigmoid(o) * act(new_c))
        return new_h, (LSTMStateTuple(new_c, new_h) if self._state_is_tuple
                       else concat([new_c, new_h], 1))

    def _clipped(self, c):
        return clip_by_value(c, -self._cell_clip, self._cell_clip)

    def _projected(self, h):
        if self._num_proj is None:
            return h
        h = matmul(h, self._projection)
        if self._proj_clip is None:
            return h
        return clip_by_value(h, -self._proj_clip, self._proj_clip)


__all__ = ["LSTMStateTuple", "BasicLSTMCell", "LSTMCell"]
