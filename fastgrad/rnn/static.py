"""Recurrent nets unrolled in the graph: static_rnn and what is made of it."""

from fastgrad.errors import ShapeError
from fastgrad.flow.part import flat, refill
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.ops.join import concat, stack, unstack
from fastgrad.ops.order import reverse_sequence
from fastgrad.ops.state import identity
from fastgrad.rnn.cell import (assert_like_rnncell, filled, graph_in, is_size, sizes_of,
                               zeros_of)
from fastgrad.rnn.steps import (batch_size_of, copied_through, first_state, lengths_of,
                                state_dtype, tensors_in)
from fastgrad.variables.scopes import variable_scope
from fastgrad.wording import where


def _sequence(inputs):
    """Inputs as a list, a tensor or a nesting a step."""
    if not isinstance(inputs, (list, tuple)):
        raise TypeError("inputs must be a sequence: a list with a tensor for each step"
                        + (f"; got {where(inputs)}. Use unstack." if is_node(inputs) else "."))
    if not inputs:
        raise ValueError("inputs must not be empty")
    graph = graph_in(inputs)
    return [tensors_in(x, graph) for x in inputs]


def _check_depths(inputs):
    for t in flat(inputs):
        if t._shape is None or len(t._shape) < 2 and t._shape != (t._shape or (None,))[:1]:
            raise ShapeError(f"Shape {t.shape} must have rank at least 2: {where(t)}.")
        for i, n in enumerate(t._shape[1:]):
            if n is None:
                raise ShapeError(f"Input size (dimension {i} of inputs) must be accessible via "
                                 f"shape inference, but saw value None: {where(t)}.")


@door
def static_rnn(cell, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None):
    """A recurrent net unrolled in the graph: one call of the cell a step.

    Parameters
    ----------
    cell : RNNCell
    inputs : list of tensors (batch, depth), or of nestings of them
        One a step.
    initial_state : tensor or nesting, optional
        Zeros if not given.
    dtype : dtype, optional
        Of the zeros; needed without `initial_state`.
    sequence_length : integer vector, optional
        How many steps of each row are valid: outputs behind are zeros, and the state stays.
    scope : str or VariableScope, optional
        `rnn` if not given.

    Returns
    -------
    (outputs, state) : list of outputs, and the last state

    Raises
    ------
    ValueError
        If there are no inputs, their depth is not known, or neither a state nor a dtype is given.

    Examples
    --------
    >>> x = placeholder(float64, [None, 3, 2])
    >>> outputs, state = nn.static_rnn(nn.rnn_cell.GRUCell(4), unstack(x, axis=1), dtype=float64)
    >>> len(outputs), state.shape.as_list()
    (3, [None, 4])
    """
    assert_like_rnncell("cell", cell)
    steps = _sequence(inputs)
    graph = flat(steps)[0].graph
    with graph.as_default(), variable_scope(scope or "rnn") as inside:
        _check_depths(steps)
        batch_size = batch_size_of(flat(steps), 0)
        state = first_state(cell, initial_state, batch_size, dtype, graph,
                            "If no initial_state is provided, dtype must be specified")
        lengths = None
        if sequence_length is not None:
            lengths = lengths_of(sequence_length, graph)
            zeros = zeros_of(cell.output_size, batch_size, state_dtype(dtype, state))
        outputs = []
        for time, x in enumerate(steps):
            if time:
                inside.reuse_variables()
            output, new = cell(x, state)
            if lengths is not None:
                done = lengths <= time
                output, new = copied_through(done, zeros, output), copied_through(done, state, new)
            state = new
            outputs.append(output)
        return outputs, state


@door
def static_state_saving_rnn(cell, inputs, state_saver, state_name, sequence_length=None,
                            scope=None):
    """static_rnn whose state comes from an object and goes back to it.

    Parameters
    ----------
    state_saver : object
        With `state(name)` and `save_state(name, value)`.
    state_name : str, or tuple of them in the nesting of the cell's state
    """
    size = cell.state_size
    nested = not is_size(size)
    if nested != isinstance(state_name, (list, tuple)):
        raise ValueError("state_name should be the same type as cell.state_size. state_name: "
                         f"{state_name}, cell.state_size: {size}")
    names = flat(state_name)
    if len(names) != len(sizes_of(size)):
        raise ValueError(f"#elems(state_name) != #elems(state_size): {len(names)} vs. "
                         f"{len(sizes_of(size))}")
    state = filled(size, iter([state_saver.state(n) for n in names]))
    outputs, state = static_rnn(cell, inputs, state, sequence_length=sequence_length, scope=scope)
    saved = [state_saver.save_state(n, s) for n, s in zip(names, flat(state))]
    with flat(state)[0].graph.control_dependencies(saved):
        last = [identity(t) for t in flat(outputs[-1])]
        outputs[-1] = refill(outputs[-1], iter(last))
        state = refill(state, iter([identity(t) for t in flat(state)]))
    return outputs, state


def _reversed(steps, lengths):
    """The steps from the last valid one of each row to the first."""
    if lengths is None:
        return steps[::-1]
    columns = []
    for parts in zip(*[flat(x) for x in steps]):
        whole = reverse_sequence(stack(list(parts)), lengths, 0, 1)
        columns.append(unstack(whole, num=len(steps)))
    return [refill(x, iter(parts)) for x, parts in zip(steps, zip(*columns))]


@door
def static_bidirectional_rnn(cell_fw, cell_bw, inputs, initial_state_fw=None,
                             initial_state_bw=None, dtype=None, sequence_length=None, scope=None):
    """Two unrolled nets, one from the front and one from the back; outputs joined along axis 1.

    Parameters
    ----------
    cell_fw, cell_bw : RNNCell
    inputs : list of tensors (batch, depth)
    initial_state_fw, initial_state_bw : tensors or nestings, optional
    dtype : dtype, optional
    sequence_length : integer vector, optional
        The second net begins with the last valid step of each row.
    scope : str, optional
        `bidirectional_rnn` if not given, with `fw` and `bw` inside.

    Returns
    -------
    (outputs, state_fw, state_bw)
    """
    assert_like_rnncell("cell_fw", cell_fw)
    assert_like_rnncell("cell_bw", cell_bw)
    steps = _sequence(inputs)
    graph = flat(steps)[0].graph
    with graph.as_default(), variable_scope(scope or "bidirectional_rnn"):
        if sequence_length is not None:
            sequence_length = as_tensor(sequence_length, None, graph)
        with variable_scope("fw") as inside:
            fw, state_fw = static_rnn(cell_fw, steps, initial_state_fw, dtype, sequence_length,
                                      inside)
        with variable_scope("bw") as inside:
            bw, state_bw = static_rnn(cell_bw, _reversed(steps, sequence_length),
                                      initial_state_bw, dtype, sequence_length, inside)
        outputs = []
        for a, b in zip(fw, _reversed(bw, sequence_length)):
            joined = [concat([x, y], 1) for x, y in zip(flat(a), flat(b))]
            outputs.append(refill(a, iter(joined)))
    return outputs, state_fw, state_bw


def _listed(cells, other, words):
    if not isinstance(cells, list) or not cells:
        raise ValueError(f"{words} must be a list of at least one cell")
    if len(cells) != len(other):
        raise ValueError("Forward and Backward cells must have the same depth.")


def _state_at(states, i, cells, words):
    """The first state of layer `i`, where they are given."""
    if states is None:
        return None
    if not isinstance(states, list) or len(states) != len(cells):
        raise ValueError(f"{words} must be a list of states (one per layer)")
    return states[i]


@door
def stack_bidirectional_rnn(cells_fw, cells_bw, inputs, initial_states_fw=None,
                            initial_states_bw=None, dtype=None, sequence_length=None, scope=None):
    """static_bidirectional_rnn layer on layer: each gets the joined outputs of the one below.

    Returns
    -------
    (outputs, states_fw, states_bw) : the states as tuples, one a layer
    """
    _listed(cells_fw, cells_bw, "cells_fw")
    _listed(cells_bw, cells_fw, "cells_bw")
    states_fw, states_bw = [], []
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for i, (fw, bw) in enumerate(zip(cells_fw, cells_bw)):
            with variable_scope(f"cell_{i}") as inside:
                inputs, last_fw, last_bw = static_bidirectional_rnn(
                    fw, bw, inputs, _state_at(initial_states_fw, i, cells_fw, "initial_states_fw"),
                    _state_at(initial_states_bw, i, cells_bw, "initial_states_bw"), dtype,
                    sequence_length, inside)
            states_fw.append(last_fw)
            states_bw.append(last_bw)
    return inputs, tuple(states_fw), tuple(states_bw)


__all__ = ["static_rnn", "static_state_saving_rnn", "static_bidirectional_rnn",
           "stack_bidirectional_rnn"]
