"""LSTMs with other gates: layer normalisation, coupled input and forget gates, the block cells."""

from fastgrad.linalg.matmul import matmul
from fastgrad.nn.activations import sigmoid
from fastgrad.nn.clip import clip_by_value
from fastgrad.nn.dropout import dropout
from fastgrad.nn.normalization import batch_normalization, bias_add, moments
from fastgrad.ops.join import concat, split
from fastgrad.ops.pad import slice_
from fastgrad.ops.state import stop_gradient
from fastgrad.ops.unary import tanh
from fastgrad.rnn.basic import GRUCell
from fastgrad.rnn.cell import RNNCell, activation_of, check_step, depth_of, pair_of
from fastgrad.rnn.lstm import LSTMCell, LSTMStateTuple
from fastgrad.variables.initializers import Constant, zeros_initializer
from fastgrad.variables.scopes import get_variable, variable_scope


def normalized(x, scope, gain, shift, dtype=None):
    """Layer normalisation over the last axis, with `gamma` and `beta` of a scope (1607.06450)."""
    width = [x._shape[-1]]
    with variable_scope(scope):
        gamma = get_variable("gamma", width, dtype, Constant(gain))
        beta = get_variable("beta", width, dtype, Constant(shift))
    mean, variance = moments(x, [-1], keep_dims=True)
    return batch_normalization(x, mean, variance, beta, gamma, 1e-12)


class LayerNormBasicLSTMCell(RNNCell):
    """LSTM with layer normalisation (arXiv:1607.06450) and recurrent dropout (arXiv:1603.05118).

    Parameters
    ----------
    num_units : int
    forget_bias : float
    input_size : accepted, ignored
    activation : callable or str
    layer_norm : bool
    norm_gain, norm_shift : float
        First values of gamma and beta.
    dropout_keep_prob : float or scalar tensor
        Of the candidates.
    dropout_prob_seed : int, optional
    reuse : bool, optional
    """

    def __init__(self, num_units, forget_bias=1.0, input_size=None, activation=tanh,
                 layer_norm=True, norm_gain=1.0, norm_shift=0.0, dropout_keep_prob=1.0,
                 dropout_prob_seed=None, reuse=None):
        super().__init__(_reuse=reuse)
        self._num_units, self._forget_bias = num_units, forget_bias
        self._activation = activation_of(activation, tanh)
        self._layer_norm, self._gain, self._shift = layer_norm, norm_gain, norm_shift
        self._keep_prob, self._seed = dropout_keep_prob, dropout_prob_seed

    state_size = property(lambda self: LSTMStateTuple(self._num_units, self._num_units))
    output_size = property(lambda self: self._num_units)

    def _norm(self, x, scope):
        return normalized(x, scope, self._gain, self._shift, x.dtype) if self._layer_norm else x

    def call(self, inputs, state):
        c, h = pair_of(self, state)
        check_step(self, inputs, state)
        n, dtype = self._num_units, inputs.dtype
        kernel = get_variable("kernel", [depth_of(inputs.shape) + n, 4 * n], dtype)
        gates = matmul(concat([inputs, h], 1), kernel)
        if not self._layer_norm:
            gates = bias_add(gates, get_variable("bias", [4 * n], dtype))
        i, j, f, o = (self._norm(part, scope) for part, scope in zip(
            split(gates, 4, 1), ("input", "transform", "forget", "output")))
        g = self._activation(j)
        if not isinstance(self._keep_prob, float) or self._keep_prob < 1:
            g = dropout(g, self._keep_prob, seed=self._seed)
        new_c = self._norm(c * sigmoid(f + self._forget_bias) + sigmoid(i) * g, "state")
        new_h = self._activation(new_c) * sigmoid(o)
        return new_h, LSTMStateTuple(new_c, new_h)


class CoupledInputForgetGateLSTMCell(RNNCell):
    """LSTM whose input gate is 1 minus its forget gate (arXiv:1503.04069).

    Parameters
    ----------
    num_units : int
    use_peepholes : bool
    initializer : accepted, ignored, as in TensorFlow
    num_proj : int, optional
    proj_clip : float, optional
    num_unit_shards, num_proj_shards : accepted, ignored
    forget_bias : float
    state_is_tuple : bool
    activation : callable or str
    reuse : bool, optional
    layer_norm : bool
    norm_gain, norm_shift : float
    """

    def __init__(self, num_units, use_peepholes=False, initializer=None, num_proj=None,
                 proj_clip=None, num_unit_shards=1, num_proj_shards=1, forget_bias=1.0,
                 state_is_tuple=True, activation=tanh, reuse=None, layer_norm=False,
                 norm_gain=1.0, norm_shift=0.0):
        super().__init__(_reuse=reuse)
        self._num_units, self._use_peepholes = num_units, use_peepholes
        self._num_proj, self._proj_clip = num_proj, proj_clip
        self._forget_bias, self._state_is_tuple = forget_bias, state_is_tuple
        self._activation = activation_of(activation, tanh)
        self._layer_norm, self._gain, self._shift = layer_norm, norm_gain, norm_shift

    output_size = property(lambda self: self._num_proj or self._num_units)

    @property
    def state_size(self):
        c, h = self._num_units, self.output_size
        return LSTMStateTuple(c, h) if self._state_is_tuple else c + h

    def _norm(self, x, scope):
        return normalized(x, scope, self._gain, self._shift) if self._layer_norm else x

    def call(self, inputs, state):
        n, dtype = self._num_units, inputs.dtype
        if self._state_is_tuple:
            c, h = pair_of(self, state)
        else:
            c, h = slice_(state, [0, 0], [-1, n]), slice_(state, [0, n], [-1, self.output_size])
        check_step(self, inputs, state)
        kernel = get_variable("W_0", [depth_of(inputs.shape) + self.output_size, 3 * n], dtype)
        bias = get_variable("B", [3 * n], dtype, zeros_initializer())
        gates = matmul(concat([inputs, h], 1), kernel)
        if not self._layer_norm:
            gates = bias_add(gates, bias)
        j, f, o = (self._norm(part, scope) for part, scope in zip(
            split(gates, 3, 1), ("transform", "forget", "output")))
        f = f + self._forget_bias
        if self._use_peepholes:
            f = f + get_variable("W_F_diag", [n], dtype) * c
            peephole = get_variable("W_O_diag", [n], dtype)
        f = sigmoid(f)
        new_c = self._norm(f * c + (1 - f) * self._activation(j), "state")
        if self._use_peepholes:
            o = o + peephole * new_c
        new_h = sigmoid(o) * self._activation(new_c)
        if self._num_proj is not None:
            new_h = matmul(new_h, get_variable("W_P_0", [n, self._num_proj], dtype))
            if self._proj_clip is not None:
                new_h = clip_by_value(new_h, -self._proj_clip, self._proj_clip)
        return new_h, (LSTMStateTuple(new_c, new_h) if self._state_is_tuple
                       else concat([new_c, new_h], 1))


# ---- the block cells: here the same operations as in the others ----------------------------

class LSTMBlockCell(LSTMCell):
    """LSTMCell with the settings of TensorFlow's block operation; it makes the same variables.

    Parameters
    ----------
    num_units : int
    forget_bias : float
    cell_clip : float, optional
        None or a negative number: no clipping.
    use_peephole : bool
    dtype : dtype, optional
    reuse : bool, optional
    name : str
    """

    _peepholes = "ifo"

    def __init__(self, num_units, forget_bias=1.0, cell_clip=None, use_peephole=False, dtype=None,
                 reuse=None, name="lstm_cell"):
        clip = cell_clip if cell_clip is not None and cell_clip >= 0 else None
        super().__init__(num_units, use_peephole, clip, forget_bias=forget_bias, reuse=reuse,
                         name=name, dtype=dtype)

    def _clipped(self, c):
        """The block operation's gradient passes where it clips."""
        return c + stop_gradient(super()._clipped(c) - c)


class GRUBlockCell(GRUCell):
    """GRUCell whose variables are `w_ru`, `b_ru`, `w_c` and `b_c`."""

    _names = "w_ru", "b_ru", "w_c", "b_c"

    def __init__(self, num_units=None, cell_size=None, reuse=None, name="gru_cell"):
        if (cell_size is None) == (num_units is None):
            raise ValueError("Exactly one of num_units or cell_size must be provided.")
        super().__init__(cell_size if num_units is None else num_units, reuse=reuse, name=name)


class GRUBlockCellV2(GRUBlockCell):
    """GRUBlockCell with the variables of GRUCell."""

    _names = GRUCell._names


__all__ = ["LayerNormBasicLSTMCell", "CoupledInputForgetGateLSTMCell", "LSTMBlockCell",
           "GRUBlockCell", "GRUBlockCellV2"]
