"""Recurrent nets as loops of the graph: dynamic_rnn, bidirectional_dynamic_rnn.

Decisions
- As in TensorFlow a net is a while_loop over TensorArrays: one of the inputs, cut by step, and one
  of the outputs. What a program does with its cell is thus the loop's business alone.
- The loop ends with the longest sequence of the batch; what is never written is zeros.
- A row that has ended keeps its state and puts out zeros (`select` by rows).
"""

from fastgrad.errors import ConvertTypeError, ShapeError
from fastgrad.flow.part import flat, refill
from fastgrad.flow.tensor_array import TensorArray
from fastgrad.flow.while_loop import while_loop
from fastgrad.graph import shapes
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import INT32, strong
from fastgrad.ops.arithmetic import maximum, minimum
from fastgrad.ops.join import concat
from fastgrad.ops.order import reverse_sequence
from fastgrad.ops.pad import reverse
from fastgrad.ops.reduce import reduce_max
from fastgrad.ops.reshape import transpose
from fastgrad.ops.shape import shape as shape_of
from fastgrad.ops.state import constant, identity
from fastgrad.rnn.cell import (assert_like_rnncell, dims_of_size, graph_in, sizes_of,
                               zeros_of)
from fastgrad.rnn.static import _listed, _state_at
from fastgrad.rnn.steps import (batch_size_of, check_nesting, copied_through, first_state,
                                lengths_of, state_dtype, tensors_in)
from fastgrad.variables.scopes import variable_scope
from fastgrad.wording import where


class UnknownRankError(ShapeError, TypeError):
    """Inputs of which not even the rank is known; TensorFlow's class for it is TypeError."""


def transpose_batch_time(x):
    """`x` with its first two axes exchanged."""
    if x._shape is None:
        raise UnknownRankError(f"{where(x)} has no known shape: a net over sequences needs to know "
                               "their depth. Use set_shape.")
    if len(x._shape) < 2:
        raise ShapeError(f"Expected input tensor {where(x)} to have rank at least 2, but saw "
                         f"shape: {x.shape}")
    return transpose(x, [1, 0, *range(2, len(x._shape))])


def _check_inputs(inputs):
    """Refuse inputs (time, batch, depth) of unknown depth or of several lengths."""
    for t in inputs:
        if t._shape is None or len(t._shape) < 3:
            raise ShapeError(f"Shape {t.shape} must have rank at least 3: {where(t)} is no batch "
                             "of sequences of vectors.")
        if not shapes.is_known(t._shape[2:]):
            raise ShapeError("Input size (depth of inputs) must be accessible via shape "
                             f"inference, but saw value None: {where(t)} of shape {t.shape}.")
        for axis, what in ((0, "Time steps"), (1, "Batch_size")):
            if t._shape[axis] != inputs[0]._shape[axis]:
                raise ShapeError(f"{what} is not the same for all the elements in the input: "
                                 f"{where(inputs[0])} and {where(t)}.")


@door
def dynamic_rnn(cell, inputs, sequence_length=None, initial_state=None, dtype=None,
                parallel_iterations=None, swap_memory=False, time_major=False, scope=None):
    """A recurrent net as a loop of the graph, over sequences of any length.

    Parameters
    ----------
    cell : RNNCell
    inputs : tensor (batch, time, depth), or nesting of such
    sequence_length : integer vector (batch,), optional
        How many steps of each row are valid. Outputs behind are zeros, and the state stays.
    initial_state : tensor (batch, units) or nesting, optional
        Zeros if not given.
    dtype : dtype, optional
        Of the state and the outputs; needed without `initial_state`.
    parallel_iterations, swap_memory : accepted, ignored
    time_major : bool
        Whether inputs and outputs are (time, batch, depth).
    scope : str or VariableScope, optional
        `rnn` if not given.

    Returns
    -------
    (outputs, state) : (batch, time, units), and the state after the last valid step

    Raises
    ------
    ValueError
        If the depth of the inputs is not known, or neither a state nor a dtype is given.
    InvalidArgumentError
        In the run: another number of lengths than of rows.

    Examples
    --------
    >>> x = placeholder(float64, [None, None, 2])
    >>> outputs, state = nn.dynamic_rnn(nn.rnn_cell.GRUCell(3), x, [2, 1], dtype=float64)
    >>> found = Session().run(outputs, {x: np.ones((2, 4, 2))})
    >>> found.shape, (found != 0).any(2).astype(int).tolist()
    ((2, 4, 3), [[1, 1, 0, 0], [1, 0, 0, 0]])
    """
    assert_like_rnncell("cell", cell)
    if not flat(inputs):
        raise ValueError(f"inputs are a tensor or a nesting of tensors; got {inputs!r}.")
    graph = graph_in(inputs)
    with graph.as_default(), variable_scope(scope or "rnn"):
        inputs = tensors_in(inputs, graph)
        steps = flat(inputs) if time_major else [transpose_batch_time(t) for t in flat(inputs)]
        lengths = None if sequence_length is None else identity(
            lengths_of(sequence_length, graph), name="sequence_length")
        _check_inputs(steps)
        batch_size = batch_size_of(steps, 1)
        state = first_state(cell, initial_state, batch_size, dtype, graph,
                            "If there is no initial_state, you must give a dtype.")
        outputs, state = _loop(cell, refill(inputs, iter(steps)), state, batch_size, lengths,
                               state_dtype(dtype, state), parallel_iterations or 32, swap_memory)
        if not time_major:
            outputs = refill(outputs, iter([transpose_batch_time(t) for t in flat(outputs)]))
        return outputs, state


def _arrays(name, count, specs):
    """TensorArrays of `count` elements for (element shape, dtype)s."""
    return tuple(TensorArray(dtype, size=count, element_shape=shape,
                             tensor_array_name=f"{name}_{i}")
                 for i, (shape, dtype) in enumerate(specs))


def _loop(cell, inputs, state, batch_size, lengths, dtype, parallel, swap):
    steps, sizes = flat(inputs), sizes_of(cell.output_size)
    time_steps = shape_of(steps[0])[0]
    known_time, known_batch = steps[0]._shape[:2]
    zero_output = zeros_of(cell.output_size, batch_size, dtype)
    with get_default_graph().name_scope("dynamic_rnn"):
        made = _arrays("output", time_steps, [([known_batch, *dims_of_size(s)], dtype)
                                              for s in sizes])
        read = [array.unstack(t) for array, t in zip(_arrays(
            "input", time_steps, [(t._shape[1:], t.dtype) for t in steps]), steps)]
    last = time_steps if lengths is None else minimum(
        time_steps, maximum(1, reduce_max(lengths)))
    found = []

    def step(time, arrays, old):
        now = [array.read(time) for array in read]
        for t, whole in zip(now, steps):
            t.set_shape(whole.shape[1:])
        output, new = cell(refill(inputs, iter(now)), old)
        check_nesting("the cell's state", old, new)
        if lengths is not None:
            done = lengths <= time
            output = copied_through(done, zero_output, output)
            new = copied_through(done, old, new)
        _check_dtypes(flat(output), dtype)
        found[:] = [output, new]
        return time + 1, tuple(a.write(time, y) for a, y in zip(arrays, flat(output))), new

    _, arrays, final = while_loop(
        lambda time, *_: time < last, step,
        (constant(0, dtype=INT32, name="time"), made, state), parallel_iterations=parallel,
        maximum_iterations=time_steps, swap_memory=swap)
    outputs = [array.stack() for array in arrays]
    for t, size in zip(outputs, sizes):
        t.set_shape([known_time, known_batch, *dims_of_size(size)])
    return refill(found[0], iter(outputs)), refill(found[1], iter(flat(final)))


def _check_dtypes(outputs, dtype):
    for t in outputs:
        if t._dtype is not None and strong(t._dtype) != dtype.as_numpy_dtype:
            raise ConvertTypeError(f"the cell puts out {where(t)} of dtype {t.dtype.name}; the "
                                   f"loop's dtype is {dtype.name}.")


# ---- both directions --------------------------------------------------------------------

@door
def bidirectional_dynamic_rnn(cell_fw, cell_bw, inputs, sequence_length=None,
                              initial_state_fw=None, initial_state_bw=None, dtype=None,
                              parallel_iterations=None, swap_memory=False, time_major=False,
                              scope=None):
    """Two loops over sequences, one from the front and one from the last valid step back.

    Parameters
    ----------
    cell_fw, cell_bw : RNNCell
    inputs : tensor (batch, time, depth)
    sequence_length : integer vector, optional
    initial_state_fw, initial_state_bw : tensors or nestings, optional
    dtype : dtype, optional
    parallel_iterations, swap_memory : accepted, ignored
    time_major : bool
    scope : str, optional
        `bidirectional_rnn` if not given, with `fw` and `bw` inside.

    Returns
    -------
    ((outputs_fw, outputs_bw), (state_fw, state_bw))
    """
    assert_like_rnncell("cell_fw", cell_fw)
    assert_like_rnncell("cell_bw", cell_bw)
    time_axis, batch_axis = (0, 1) if time_major else (1, 0)

    def turned(structure):
        found = [reverse(t, [time_axis]) if sequence_length is None else
                 reverse_sequence(t, sequence_length, time_axis, batch_axis)
                 for t in flat(structure)]
        return refill(structure, iter(found))
    settings = dict(sequence_length=sequence_length, dtype=dtype, swap_memory=swap_memory,
                    parallel_iterations=parallel_iterations, time_major=time_major)
    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as inside:
            fw, state_fw = dynamic_rnn(cell_fw, inputs, initial_state=initial_state_fw,
                                       scope=inside, **settings)
        with variable_scope("bw") as inside:
            bw, state_bw = dynamic_rnn(cell_bw, turned(tensors_in(inputs)),
                                       initial_state=initial_state_bw, scope=inside, **settings)
        return (fw, turned(bw)), (state_fw, state_bw)


@door
def stack_bidirectional_dynamic_rnn(cells_fw, cells_bw, inputs, initial_states_fw=None,
                                    initial_states_bw=None, dtype=None, sequence_length=None,
                                    parallel_iterations=None, time_major=False, scope=None,
                                    swap_memory=False):
    """bidirectional_dynamic_rnn layer on layer: each gets the joined outputs of the one below.

    Returns
    -------
    (outputs, states_fw, states_bw) : the states as tuples, one a layer
    """
    _listed(cells_fw, cells_bw, "cells_fw")
    _listed(cells_bw, cells_fw, "cells_bw")
    states_fw, states_bw = [], []
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for i, (fw, bw) in enumerate(zip(cells_fw, cells_bw)):
            with variable_scope(f"cell_{i}"):
                outputs, (last_fw, last_bw) = bidirectional_dynamic_rnn(
                    fw, bw, inputs, sequence_length,
                    _state_at(initial_states_fw, i, cells_fw, "initial_states_fw"),
                    _state_at(initial_states_bw, i, cells_bw, "initial_states_bw"), dtype,
                    parallel_iterations, swap_memory, time_major)
                inputs = concat(list(outputs), 2)
            states_fw.append(last_fw)
            states_bw.append(last_bw)
    return inputs, tuple(states_fw), tuple(states_bw)


__all__ = ["dynamic_rnn", "bidirectional_dynamic_rnn", "stack_bidirectional_dynamic_rnn"]
