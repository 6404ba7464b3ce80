"""AttentionWrapper: a cell that looks at a memory at each step."""

import collections

from fastgrad.errors import KernelError
from fastgrad.flow.asserts import assert_equal
from fastgrad.flow.part import flat, refill
from fastgrad.flow.tensor_array import TensorArray
from fastgrad.graph import shapes
from fastgrad.graph.dtypes import INT32
from fastgrad.graph.nodes import is_node
from fastgrad.graph.tensor_shape import TensorShape
from fastgrad.layers.dense import Dense
from fastgrad.linalg.matmul import matmul
from fastgrad.ops.join import concat
from fastgrad.ops.make import zeros
from fastgrad.ops.reshape import expand_dims, squeeze
from fastgrad.ops.shape import shape as shape_of
from fastgrad.ops.state import identity
from fastgrad.rnn.cell import RNNCell, assert_like_rnncell
from fastgrad.rnn.steps import check_nesting, tensors_in
from fastgrad.seq2seq.attention import AttentionMechanism

_MISFIT = ("AttentionWrapper {name}: Non-matching batch sizes between the memory (encoder output) "
           "and {what}: {a} and {b}. Are you using the BeamSearchDecoder? Tile memory and state "
           "with tile_batch(..., multiplier=beam_width).")


class AttentionWrapperState(collections.namedtuple("AttentionWrapperState", (
        "cell_state", "attention", "time", "alignments", "alignment_history",
        "attention_state"))):
    """The state of an AttentionWrapper.

    Attributes
    ----------
    cell_state : the state of the wrapped cell
    attention : tensor (batch, size), the last attention
    time : int32 scalar
    alignments : tensor (batch, memory time), or a tuple of them
    alignment_history : TensorArray, a tuple of them, or ()
    attention_state : the states of the mechanisms
    """

    __slots__ = ()

    def clone(self, **kwargs):
        """This state with some parts replaced by others of the same shapes."""
        for key, new in kwargs.items():
            old = getattr(self, key)
            check_nesting(key, old, new)
            for a, b in zip(flat(old), flat(new)):
                if is_node(a) and is_node(b) and not shapes.compatible(a._shape, b._shape):
                    raise ValueError(f"AttentionWrapperState.clone: {key} has shape {a.shape}; "
                                     f"got {b.shape}.")
        return self._replace(**kwargs)


def _attend(mechanism, output, state, layer):
    """(attention, alignments, next state) of one mechanism."""
    alignments, state = mechanism(output, state=state)
    context = squeeze(matmul(expand_dims(alignments, 1), mechanism.values), [1])
    attention = context if layer is None else layer(concat([output, context], 1))
    return attention, alignments, state


class AttentionWrapper(RNNCell):
    """A cell with attention: its input is joined with the last attention, its output queries it.

    Parameters
    ----------
    cell : RNNCell
    attention_mechanism : AttentionMechanism, or list of them
    attention_layer_size : int or list, optional
        Width of a dense layer of [output, context], which is the attention; without it the
        context itself is.
    alignment_history : bool
        Whether a TensorArray in the state keeps all alignments.
    cell_input_fn : callable(inputs, attention), optional
        What the cell gets; both joined if not given.
    output_attention : bool
        Whether the attention is the output, or the cell's output.
    initial_cell_state : nesting of tensors, optional
        In the zero state, in place of zeros.
    attention_layer : Layer or list, optional
        In place of `attention_layer_size`.
    attention_fn : callable(mechanism, output, state, layer), optional
    dtype : dtype, optional
    """

    def __init__(self, cell, attention_mechanism, attention_layer_size=None,
                 alignment_history=False, cell_input_fn=None, output_attention=True,
                 initial_cell_state=None, name=None, attention_layer=None, attention_fn=None,
                 dtype=None):
        super().__init__(name=name, dtype=dtype)
        assert_like_rnncell("cell", cell)
        self._is_multi = isinstance(attention_mechanism, (list, tuple))
        self._mechanisms = tuple(attention_mechanism) if self._is_multi else (
            attention_mechanism,)
        for m in self._mechanisms:
            if not isinstance(m, AttentionMechanism):
                raise TypeError("attention_mechanism must be an AttentionMechanism or list of "
                                f"multiple AttentionMechanism instances, saw type: "
                                f"{type(m).__name__}")
        if cell_input_fn is not None and not callable(cell_input_fn):
            raise TypeError("cell_input_fn must be callable, saw type: "
                            f"{type(cell_input_fn).__name__}")
        self._cell, self._history = cell, alignment_history
        self._cell_input_fn = cell_input_fn or (lambda x, attention: concat([x, attention], -1))
        self._output_attention, self._attention_fn = output_attention, attention_fn or _attend
        self._make_layers(attention_layer_size, attention_layer)
        self._initial = None
        if initial_cell_state is not None:
            state = tensors_in(initial_cell_state)
            last = flat(state)[-1]
            batch = last._shape[0] if last._shape and last._shape[0] is not None else shape_of(
                last)[0]
            self._initial = self._checked(state, batch, "initial_cell_state")

    def _make_layers(self, sizes, layers):
        if sizes is not None and layers is not None:
            raise ValueError("Only one of attention_layer_size and attention_layer should be set")
        count = len(self._mechanisms)
        given = layers if sizes is None else sizes
        if given is None:
            self._layers = (None,) * count
            self._size = sum(m.values._shape[-1] for m in self._mechanisms)
            return
        given = tuple(given) if isinstance(given, (list, tuple)) else (given,)
        if len(given) != count:
            raise ValueError("If provided, attention_layer_size or attention_layer must contain "
                             f"exactly one element per attention_mechanism, saw: {len(given)} vs "
                             f"{count}")
        if sizes is not None:
            self._layers = tuple(Dense(n, name="attention_layer", use_bias=False, dtype=m.dtype)
                                 for n, m in zip(given, self._mechanisms))
            self._size = sum(given)
        else:
            self._layers = given
            self._size = sum(TensorShape(layer.compute_output_shape(TensorShape(
                [None, self._cell.output_size + m.values._shape[-1]]))).as_list()[-1]
                for layer, m in zip(given, self._mechanisms))

    def _refuse_misfits(self, batch, what):
        """Compare the batch's size with the memories', where both are known; the others' sizes."""
        late = []
        for size in (m.batch_size for m in self._mechanisms):
            if is_node(batch) or is_node(size):
                late.append(size)
            elif batch != size:
                raise KernelError(_MISFIT.format(name=self.name, what=what, a=size, b=batch))
        return late

    def _checked(self, state, batch, what):
        """The state, behind checks of its size for what only a run can see."""
        graph, words = flat(state)[0].graph, _MISFIT.format(
            name=self.name, what=what, a="two", b="other sizes")
        checks = [assert_equal(batch, size, message=words)
                  for size in self._refuse_misfits(batch, what)]
        with graph.control_dependencies([c for c in checks if c is not None]):
            return refill(state, iter([t if isinstance(t, TensorArray) else identity(
                t, name="checked_cell_state") for t in flat(state)]))

    def _one_or_all(self, parts):
        parts = tuple(parts)
        return parts if self._is_multi else parts[0]

    _cells = property(lambda self: (self._cell, *(
        layer for layer in self._layers if layer is not None)))
    output_size = property(lambda self: self._size if self._output_attention
                           else self._cell.output_size)

    @property
    def state_size(self):
        sizes = [m.alignments_size for m in self._mechanisms]
        return AttentionWrapperState(
            cell_state=self._cell.state_size, time=TensorShape([]), attention=self._size,
            alignments=self._one_or_all(sizes),
            attention_state=self._one_or_all(m.state_size for m in self._mechanisms),
            alignment_history=self._one_or_all(n if self._history else () for n in sizes))

    def zero_state(self, batch_size, dtype):
        with self._zeros(batch_size):
            state = self._initial
            if state is None:
                state = self._cell.zero_state(batch_size, dtype)
            state = self._checked(state, batch_size, "the requested batch size")
            first = [m.initial_alignments(batch_size, dtype) for m in self._mechanisms]
            return AttentionWrapperState(
                cell_state=state, time=zeros([], INT32),
                attention=zeros([batch_size, self._size], dtype),
                alignments=self._one_or_all(first),
                attention_state=self._one_or_all(
                    m.initial_state(batch_size, dtype) for m in self._mechanisms),
                alignment_history=self._one_or_all(
                    TensorArray(dtype, size=0, dynamic_size=True, element_shape=a.shape)
                    if self._history else () for a in first))

    def call(self, inputs, state):
        if not isinstance(state, AttentionWrapperState):
            raise TypeError("Expected state to be instance of AttentionWrapperState. Received type "
                            f"{type(state)} instead.")
        output, cell_state = self._cell(self._cell_input_fn(inputs, state.attention),
                                        state.cell_state)
        if output._shape and output._shape[0] is not None:
            self._refuse_misfits(output._shape[0], "the query (decoder output)")
        many = (lambda parts: parts) if self._is_multi else (lambda part: [part])
        found = [self._attention_fn(m, output, s, layer) for m, s, layer in zip(
            self._mechanisms, many(state.attention_state), self._layers)]
        attention = concat([a for a, _, _ in found], 1) if len(found) > 1 else found[0][0]
        new = AttentionWrapperState(
            time=state.time + 1, cell_state=cell_state, attention=attention,
            alignments=self._one_or_all(a for _, a, _ in found),
            attention_state=self._one_or_all(s for _, _, s in found),
            alignment_history=self._one_or_all(
                h.write(state.time, a) if self._history else () for h, (_, a, _) in zip(
                    many(state.alignment_history), found)))
        return (attention if self._output_attention else output), new


__all__ = ["AttentionWrapper", "AttentionWrapperState"]
