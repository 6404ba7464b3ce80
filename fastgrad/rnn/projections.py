"""Cells with a projection or an embedding of their own: TensorFlow's `tf.contrib.rnn` wrappers."""

import math

from fastgrad.errors import ShapeError
from fastgrad.graph.nodes import is_node
from fastgrad.linalg.matmul import matmul
from fastgrad.nn.lookup import embedding_lookup
from fastgrad.nn.normalization import bias_add
from fastgrad.ops.join import concat
from fastgrad.ops.reshape import reshape
from fastgrad.rnn.cell import RNNCell, assert_like_rnncell
from fastgrad.variables.initializers import Constant, RandomUniform
from fastgrad.variables.scopes import get_variable, get_variable_scope
from fastgrad.wording import where


class Linear:
    """`sum of args[i] W[i]`, and a bias: variables `kernel` and `bias` of the scope in force."""

    def __init__(self, args, output_size, build_bias, bias_initializer=None,
                 kernel_initializer=None):
        parts = [args] if is_node(args) else args
        rows = 0
        for t in parts:
            if t._shape is None or len(t._shape) != 2 or t._shape[1] is None:
                raise ShapeError(f"linear takes tensors (batch, n) with n known; got {where(t)} of "
                                 f"shape {t.shape}.")
            rows += t._shape[1]
        dtype = parts[0].dtype
        self.kernel = get_variable("kernel", [rows, output_size], dtype, kernel_initializer)
        self.bias = get_variable(
            "bias", [output_size], dtype,
            Constant(0.0) if bias_initializer is None else bias_initializer) if build_bias else None

    def __call__(self, args):
        parts = [args] if is_node(args) else args
        y = matmul(parts[0] if len(parts) == 1 else concat(parts, 1), self.kernel)
        return y if self.bias is None else bias_add(y, self.bias)


def linear(args, output_size, bias, bias_initializer=None, kernel_initializer=None):
    """`Linear` made and applied."""
    return Linear(args, output_size, bias, bias_initializer, kernel_initializer)(args)


class _Wrapper(RNNCell):
    """A cell in the scope of this one."""

    def __init__(self, cell, reuse):
        super().__init__(_reuse=reuse)
        assert_like_rnncell("cell", cell)
        self._cell, self._linear = cell, None

    _cells = property(lambda self: (self._cell,))
    state_size = property(lambda self: self._cell.state_size)
    output_size = property(lambda self: self._cell.output_size)

    def zero_state(self, batch_size, dtype):
        return self._cell.zero_state(batch_size, dtype)


class EmbeddingWrapper(_Wrapper):
    """A cell of integer inputs, which are looked up in an embedding of the cell's own."""

    def __init__(self, cell, embedding_classes, embedding_size, initializer=None, reuse=None):
        super().__init__(cell, reuse)
        if embedding_classes <= 0 or embedding_size <= 0:
            raise ValueError("Both embedding_classes and embedding_size must be > 0: "
                             f"{embedding_classes}, {embedding_size}.")
        self._classes, self._size = embedding_classes, embedding_size
        self._initializer = initializer

    def call(self, inputs, state):
        root = math.sqrt(3)                 # of a uniform distribution with a variance of 1
        initializer = (self._initializer or get_variable_scope().initializer
                       or RandomUniform(-root, root))
        first = state[0] if isinstance(state, tuple) else state
        embedding = get_variable("embedding", [self._classes, self._size], first.dtype,
                                 initializer)
        return self._cell(embedding_lookup(embedding, reshape(inputs, [-1])), state)


class InputProjectionWrapper(_Wrapper):
    """A cell whose inputs are projected to `num_proj` values first."""

    def __init__(self, cell, num_proj, activation=None, input_size=None, reuse=None):
        super().__init__(cell, reuse)
        self._num_proj, self._activation = num_proj, activation

    def call(self, inputs, state):
        if self._linear is None:
            self._linear = Linear(inputs, self._num_proj, True)
        projected = self._linear(inputs)
        if self._activation:
            projected = self._activation(projected)
        return self._cell(projected, state)


class OutputProjectionWrapper(_Wrapper):
    """A cell whose outputs are projected to `output_size` values."""

    def __init__(self, cell, output_size, activation=None, reuse=None):
        super().__init__(cell, reuse)
        if output_size < 1:
            raise ValueError(f"Parameter output_size must be > 0: {output_size}.")
        self._output_size, self._activation = output_size, activation

    output_size = property(lambda self: self._output_size)

    def call(self, inputs, state):
        output, state = self._cell(inputs, state)
        if self._linear is None:
            self._linear = Linear(output, self._output_size, True)
        projected = self._linear(output)
        return (self._activation(projected) if self._activation else projected), state


__all__ = ["EmbeddingWrapper", "InputProjectionWrapper", "OutputProjectionWrapper"]
