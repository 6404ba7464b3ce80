"""AttentionCellWrapper: a cell that attends to its own last outputs."""

from fastgrad.flow.part import flat
from fastgrad.linalg.tensordot import tensordot
from fastgrad.nn.softmax import softmax
from fastgrad.ops.join import concat
from fastgrad.ops.pad import slice_
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.reshape import expand_dims, reshape
from fastgrad.ops.unary import tanh
from fastgrad.rnn.cell import RNNCell, assert_like_rnncell, depth_of, is_size
from fastgrad.rnn.projections import Linear
from fastgrad.variables.scopes import get_variable, variable_scope


class AttentionCellWrapper(RNNCell):
    """A cell that attends to its own last outputs (arXiv:1601.06733).

    Parameters
    ----------
    cell : RNNCell
    attn_length : int
        How many outputs are remembered.
    attn_size, attn_vec_size, input_size : int, optional
        Width of the outputs, of the attention's hidden layer and of the mixed inputs.
    state_is_tuple : bool
    reuse : bool, optional
    """

    def __init__(self, cell, attn_length, attn_size=None, attn_vec_size=None, input_size=None,
                 state_is_tuple=True, reuse=None):
        super().__init__(_reuse=reuse)
        assert_like_rnncell("cell", cell)
        if not is_size(cell.state_size) and not state_is_tuple:
            raise ValueError("Cell returns tuple of states, but the flag state_is_tuple is not "
                             f"set. State size is: {cell.state_size}")
        if attn_length <= 0:
            raise ValueError(f"attn_length should be greater than zero, got {attn_length}")
        self._cell, self._length, self._input_size = cell, attn_length, input_size
        self._size = cell.output_size if attn_size is None else attn_size
        self._vec_size = self._size if attn_vec_size is None else attn_vec_size
        self._state_is_tuple = state_is_tuple
        self._linears = {}

    _cells = property(lambda self: (self._cell,))
    output_size = property(lambda self: self._size)

    @property
    def state_size(self):
        sizes = self._cell.state_size, self._size, self._size * self._length
        return sizes if self._state_is_tuple else sum(sizes)

    def _linear(self, name, args, size):
        if name not in self._linears:
            self._linears[name] = Linear(args, size, True)
        return self._linears[name](args)

    def call(self, inputs, state):
        n, width = self._length, self._size
        if self._state_is_tuple:
            state, attended, memory = state
        else:
            first = self._cell.state_size
            parts = [slice_(state, [0, at], [-1, size]) for at, size in (
                (0, first), (first, width), (first + width, width * n))]
            state, attended, memory = parts
        memory = reshape(memory, [-1, n, width])
        mixed = self._linear("input", [inputs, attended],
                             self._input_size or depth_of(inputs.shape))
        output, new_state = self._cell(mixed, state)
        query = concat(flat(new_state), 1) if self._state_is_tuple else new_state
        attended, kept = self._attention(query, memory)
        with variable_scope("attn_output_projection"):
            output = self._linear("output", [output, attended], width)
        memory = reshape(concat([kept, expand_dims(output, 1)], 1), [-1, n * width])
        found = new_state, attended, memory
        return output, found if self._state_is_tuple else concat(list(found), 1)

    def _attention(self, query, memory):
        n, width, hidden = self._length, self._size, self._vec_size
        with variable_scope("attention"):
            w = get_variable("attn_w", [1, 1, width, hidden])
            v = get_variable("attn_v", [hidden])
            features = tensordot(memory, reshape(w, [width, hidden]), [[2], [0]])
            y = reshape(self._linear("query", query, hidden), [-1, 1, hidden])
            a = softmax(reduce_sum(v * tanh(features + y), [2]))
            found = reduce_sum(reshape(a, [-1, n, 1]) * memory, [1])
            return reshape(found, [-1, width]), slice_(memory, [0, 1, 0], [-1, -1, -1])


__all__ = ["AttentionCellWrapper"]
