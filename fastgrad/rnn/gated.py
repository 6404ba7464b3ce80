"""Cells of papers, as TensorFlow's `tf.contrib.rnn` has them."""

from fastgrad.errors import ShapeError
from fastgrad.linalg.matmul import matmul
from fastgrad.nn.activations import relu, sigmoid
from fastgrad.nn.normalization import bias_add
from fastgrad.ops.join import concat, split
from fastgrad.ops.pad import tile
from fastgrad.ops.unary import tanh
from fastgrad.rnn.cell import (LayerRNNCell, RNNCell, activation_of, check_step, depth_of, pair_of)
from fastgrad.rnn.lstm import LSTMStateTuple
from fastgrad.rnn.projections import Linear
from fastgrad.variables.initializers import (GlorotUniform, Ones, RandomUniform,
                                             zeros_initializer)
from fastgrad.variables.scopes import get_variable_scope, variable_scope


class _OneSize(LayerRNNCell):
    """A cell whose state and output have one width."""

    def __init__(self, num_units, activation=None, reuse=None, name=None, dtype=None, **kwargs):
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        self._num_units = num_units
        self._activation = activation_of(activation, tanh)

    state_size = property(lambda self: self._num_units)
    output_size = property(lambda self: self._num_units)


class UGRNNCell(RNNCell):
    """Update-gate recurrent network (arXiv:1611.09913): `h = g h + (1 - g) activation(c)`."""

    def __init__(self, num_units, initializer=None, forget_bias=1.0, activation=tanh, reuse=None):
        super().__init__(_reuse=reuse)
        self._num_units, self._initializer, self._linear = num_units, initializer, None
        self._forget_bias, self._activation = forget_bias, activation_of(activation, tanh)

    state_size = property(lambda self: self._num_units)
    output_size = property(lambda self: self._num_units)

    def call(self, inputs, state):
        depth_of(inputs.shape)
        check_step(self, inputs, state)
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            joined = concat([inputs, state], 1)
            if self._linear is None:
                self._linear = Linear(joined, 2 * self._num_units, True)
            gate, candidate = split(self._linear(joined), 2, 1)
            g = sigmoid(gate + self._forget_bias)
            new = g * state + (1 - g) * self._activation(candidate)
        return new, new


class IntersectionRNNCell(RNNCell):
    """+RNN (arXiv:1611.09913): gated through time, and through depth to the inputs."""

    def __init__(self, num_units, num_in_proj=None, initializer=None, forget_bias=1.0,
                 y_activation=relu, reuse=None):
        super().__init__(_reuse=reuse)
        self._num_units, self._num_in_proj, self._initializer = num_units, num_in_proj, initializer
        self._forget_bias, self._y_activation = forget_bias, activation_of(y_activation, relu)
        self._projection = self._linear = None

    state_size = property(lambda self: self._num_units)
    output_size = property(lambda self: self._num_units)

    def _projected(self, inputs):
        if depth_of(inputs.shape) == self._num_units:
            return inputs
        if not self._num_in_proj:
            raise ShapeError("Must have input size == output size for Intersection RNN. To fix, "
                             "num_in_proj should be set to num_units at cell init.")
        with variable_scope("in_projection"):
            if self._projection is None:
                self._projection = Linear(inputs, self._num_units, True)
            return self._projection(inputs)

    def call(self, inputs, state):
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            x = self._projected(inputs)
            joined = concat([x, state], 1)
            if self._linear is None:
                self._linear = Linear(joined, 4 * self._num_units, True)
            gh, h, gy, y = split(self._linear(joined), 4, 1)
            gh, gy = sigmoid(gh + self._forget_bias), sigmoid(gy + self._forget_bias)
            new = gh * state + (1 - gh) * tanh(h)
            return gy * x + (1 - gy) * self._y_activation(y), new


class NASCell(LayerRNNCell):
    """The cell that a search over architectures found (arXiv:1611.01578)."""

    def __init__(self, num_units, num_proj=None, use_bias=False, reuse=None, **kwargs):
        super().__init__(_reuse=reuse, **kwargs)
        self._num_units, self._num_proj, self._use_bias = num_units, num_proj, use_bias

    output_size = property(lambda self: self._num_units if self._num_proj is None
                           else self._num_proj)
    state_size = property(lambda self: LSTMStateTuple(self._num_units, self.output_size))

    def build(self, shape):
        n = self._num_units
        self._recurrent = self.add_variable("recurrent_kernel", [self.output_size, 8 * n])
        self._kernel = self.add_variable("kernel", [depth_of(shape), 8 * n])
        if self._use_bias:
            self._bias = self.add_variable("bias", [8 * n], zeros_initializer())
        if self._num_proj is not None:
            self._projection = self.add_variable("projection_weights", [n, self._num_proj])
        self.built = True

    def call(self, inputs, state):
        c, h = pair_of(self, state)
        check_step(self, inputs, state)
        mine = matmul(h, self._recurrent)
        if self._use_bias:
            mine = bias_add(mine, self._bias)
        m, x = split(mine, 8, 1), split(matmul(inputs, self._kernel), 8, 1)
        first = tanh(sigmoid(x[0] + m[0]) * relu(x[1] + m[1]))
        second = tanh(sigmoid(x[2] + m[2]) + relu(x[3] * m[3]))
        third = tanh(tanh(x[4] + m[4]) * sigmoid(x[5] + m[5]))
        fourth = sigmoid(tanh(x[6] + m[6]) + sigmoid(x[7] + m[7]))
        new_c = tanh(first + c) * second
        new_h = tanh(new_c * tanh(third + fourth))
        if self._num_proj is not None:
            new_h = matmul(new_h, self._projection)
        return new_h, LSTMStateTuple(new_c, new_h)


class SRUCell(_OneSize):
    """Simple recurrent unit (arXiv:1709.02755): the state meets no matrix."""

    def build(self, shape):
        n = self._num_units
        self._kernel = self.add_variable("kernel", [depth_of(shape), 4 * n])
        self._bias = self.add_variable("bias", [2 * n], zeros_initializer())
        self.built = True

    def call(self, inputs, state):
        check_step(self, inputs, state)
        x_bar, f, r, x_t = split(matmul(inputs, self._kernel), 4, 1)
        f, r = split(sigmoid(bias_add(concat([f, r], 1), self._bias)), 2, 1)
        c = f * state + (1 - f) * x_bar
        return r * self._activation(c) + (1 - r) * x_t, c


class IndRNNCell(_OneSize):
    """Independently recurrent network (arXiv:1803.04831): each unit sees its own state."""

    def build(self, shape):
        n = self._num_units
        self._kernel = self.add_variable("kernel_w", [depth_of(shape), n])
        self._own = self.add_variable("kernel_u", [1, n], RandomUniform(-1, 1))
        self._bias = self.add_variable("bias", [n], zeros_initializer())
        self.built = True

    def call(self, inputs, state):
        check_step(self, inputs, state)
        new = self._activation(bias_add(matmul(inputs, self._kernel) + state * self._own,
                                        self._bias))
        return new, new


class IndyGRUCell(_OneSize):
    """GRU each of whose units sees its own state alone (after arXiv:1803.04831)."""

    def __init__(self, num_units, activation=None, reuse=None, kernel_initializer=None,
                 bias_initializer=None, name=None, dtype=None):
        super().__init__(num_units, activation, reuse, name, dtype)
        self._kernel_initializer, self._bias_initializer = kernel_initializer, bias_initializer

    def build(self, shape):
        n, bias = self._num_units, self._bias_initializer
        for part, kernel, width, first in (("gates", "kernel_w", 2 * n, Ones()),
                                           ("candidate", "kernel", n, zeros_initializer())):
            weights = (self.add_variable(f"{part}/{kernel}", [depth_of(shape), width],
                                         self._kernel_initializer),
                       self.add_variable(f"{part}/kernel_u", [1, width], RandomUniform(-1, 1)),
                       self.add_variable(f"{part}/bias", [width], bias or first))
            setattr(self, f"_{part}", weights)
        self.built = True

    def call(self, inputs, state):
        check_step(self, inputs, state)
        w, own, bias = self._gates
        r, u = split(sigmoid(bias_add(matmul(inputs, w) + tile(state, [1, 2]) * own, bias)), 2, 1)
        w, own, bias = self._candidate
        c = self._activation(bias_add(matmul(inputs, w) + r * state * own, bias))
        new = u * state + (1 - u) * c
        return new, new


class IndyLSTMCell(LayerRNNCell):
    """LSTM each of whose units sees its own output alone (arXiv:1903.08023)."""

    def __init__(self, num_units, forget_bias=1.0, activation=None, reuse=None,
                 kernel_initializer=None, bias_initializer=None, name=None, dtype=None):
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self._num_units, self._forget_bias = num_units, forget_bias
        self._activation = activation_of(activation, tanh)
        self._kernel_initializer, self._bias_initializer = kernel_initializer, bias_initializer

    output_size = property(lambda self: self._num_units)
    state_size = property(lambda self: LSTMStateTuple(self._num_units, self._num_units))

    def build(self, shape):
        n = 4 * self._num_units
        self._kernel = self.add_variable("kernel_w", [depth_of(shape), n],
                                         self._kernel_initializer)
        self._own = self.add_variable("kernel_u", [1, n], RandomUniform(-1, 1))
        self._bias = self.add_variable("bias", [n], self._bias_initializer or zeros_initializer())
        self.built = True

    def call(self, inputs, state):
        c, h = pair_of(self, state)
        check_step(self, inputs, state)
        gates = bias_add(matmul(inputs, self._kernel) + tile(h, [1, 4]) * self._own, self._bias)
        i, j, f, o = split(gates, 4, 1)
        new_c = c * sigmoid(f + self._forget_bias) + sigmoid(i) * self._activation(j)
        new_h = self._activation(new_c) * sigmoid(o)
        return new_h, LSTMStateTuple(new_c, new_h)


class _Projected(_OneSize):
    """Base of MinimalRNNCell and CFNCell."""

    def __init__(self, units, activation="tanh", kernel_initializer="glorot_uniform",
                 bias_initializer="ones", name=None, dtype=None, **kwargs):
        super().__init__(units, activation, name=name, dtype=dtype, **kwargs)
        self._kernel_initializer = (GlorotUniform() if kernel_initializer == "glorot_uniform"
                                    else kernel_initializer)
        self._bias_initializer = Ones() if bias_initializer == "ones" else bias_initializer


class MinimalRNNCell(_Projected):
    """Minimal recurrent network (arXiv:1806.05394): the projected input, one update gate."""

    def build(self, shape):
        n = self._num_units
        self._kernel = self.add_variable("kernel", [depth_of(shape) + 2 * n, n],
                                         self._kernel_initializer)
        self._bias = self.add_variable("bias", [n], self._bias_initializer)
        self.built = True

    def call(self, inputs, state):
        check_step(self, inputs, state)
        n = self._num_units
        forward, gate = split(self._kernel, [depth_of(inputs.shape), 2 * n], 0)
        z = self._activation(matmul(inputs, forward))
        u = sigmoid(bias_add(matmul(concat([z, state], 1), gate), self._bias))
        new = u * state + (1 - u) * z
        return new, new


class CFNCell(_Projected):
    """Chaos-free network (Laurent and von Brecht, ICLR 2017)."""

    def build(self, shape):
        n, init = self._num_units, self._kernel_initializer
        self._kernel = self.add_variable("kernel", [depth_of(shape), 3 * n], init)
        self._recurrent = self.add_variable("recurrent_kernel", [n, 2 * n], init)
        self._bias = self.add_variable("bias", [2 * n], self._bias_initializer)
        self.built = True

    def call(self, inputs, state):
        check_step(self, inputs, state)
        v, w = split(self._kernel, [2 * self._num_units, self._num_units], 1)
        gates = bias_add(matmul(state, self._recurrent) + matmul(inputs, v), self._bias)
        theta, eta = split(sigmoid(gates), 2, 1)
        new = theta * self._activation(state) + (1 - eta) * self._activation(matmul(inputs, w))
        return new, new


__all__ = ["UGRNNCell", "IntersectionRNNCell", "NASCell", "SRUCell", "IndRNNCell", "IndyGRUCell",
           "IndyLSTMCell", "MinimalRNNCell", "CFNCell"]
