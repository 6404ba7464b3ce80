"""Cells of one state: BasicRNNCell and GRUCell."""

from fastgrad.linalg.matmul import matmul
from fastgrad.nn.activations import sigmoid
from fastgrad.nn.normalization import bias_add
from fastgrad.ops.join import concat, split
from fastgrad.ops.unary import tanh
from fastgrad.rnn.cell import LayerRNNCell, activation_of, check_step, depth_of
from fastgrad.variables.initializers import Constant, zeros_initializer


class BasicRNNCell(LayerRNNCell):
    """The most basic cell: `output = new_state = activation([inputs, state] kernel + bias)`.

    Parameters
    ----------
    num_units : int
    activation : callable or str, optional
        tanh if not given.
    reuse : bool, optional
    name : str, optional
        Of the scope, `basic_rnn_cell` if not given.
    dtype : dtype, optional
        Of the weights; that of the inputs if not given.
    """

    def __init__(self, num_units, activation=None, reuse=None, name=None, dtype=None, **kwargs):
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        self._num_units = num_units
        self._activation = activation_of(activation, tanh)

    state_size = property(lambda self: self._num_units)
    output_size = property(lambda self: self._num_units)

    def build(self, shape):
        self._kernel = self.add_variable("kernel", [depth_of(shape) + self._num_units,
                                                    self._num_units])
        self._bias = self.add_variable("bias", [self._num_units], zeros_initializer())
        self.built = True

    def call(self, inputs, state):
        check_step(self, inputs, state)
        gate_inputs = matmul(concat([inputs, state], 1), self._kernel)
        output = self._activation(bias_add(gate_inputs, self._bias))
        return output, output


class GRUCell(LayerRNNCell):
    """Gated recurrent unit (Cho et al. 2014, arXiv:1406.1078).

    `r, u = sigmoid([x, h] gates + b)`, `c = activation([x, r h] candidate + b)`,
    `h = u h + (1 - u) c`.

    Parameters
    ----------
    num_units : int
    activation : callable or str, optional
        tanh if not given.
    reuse : bool, optional
    kernel_initializer, bias_initializer : callable, optional
        Of both kernels and biases; the gates' bias begins with ones, the candidate's with zeros,
        if not given.
    name : str, optional
        Of the scope, `gru_cell` if not given.
    dtype : dtype, optional
    """

    def __init__(self, num_units, activation=None, reuse=None, kernel_initializer=None,
                 bias_initializer=None, name=None, dtype=None, **kwargs):
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        self._num_units = num_units
        self._activation = activation_of(activation, tanh)
        self._kernel_initializer, self._bias_initializer = kernel_initializer, bias_initializer

    state_size = property(lambda self: self._num_units)
    output_size = property(lambda self: self._num_units)
    _names = "gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias"

    def build(self, shape):
        n, rows = self._num_units, depth_of(shape) + self._num_units
        kernel, bias = self._kernel_initializer, self._bias_initializer
        names = iter(self._names)
        self._gate_kernel = self.add_variable(next(names), [rows, 2 * n], kernel)
        self._gate_bias = self.add_variable(
            next(names), [2 * n], Constant(1.0) if bias is None else bias)
        self._candidate_kernel = self.add_variable(next(names), [rows, n], kernel)
        self._candidate_bias = self.add_variable(
            next(names), [n], zeros_initializer() if bias is None else bias)
        self.built = True

    def call(self, inputs, state):
        check_step(self, inputs, state)
        gates = sigmoid(bias_add(matmul(concat([inputs, state], 1), self._gate_kernel),
                                 self._gate_bias))
        r, u = split(gates, 2, 1)
        candidate = self._activation(bias_add(
            matmul(concat([inputs, r * state], 1), self._candidate_kernel),
            self._candidate_bias))
        new = u * state + (1 - u) * candidate
        return new, new


__all__ = ["BasicRNNCell", "GRUCell"]
