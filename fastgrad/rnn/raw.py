"""raw_rnn: a recurrent net whose inputs and states a function makes."""

from fastgrad.flow.part import flat, refill
from fastgrad.flow.tensor_array import TensorArray
from fastgrad.flow.while_loop import while_loop
from fastgrad.graph import shapes
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import INT32
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.tensor_shape import TensorShape
from fastgrad.ops.join import concat
from fastgrad.ops.logic import logical_not, logical_or
from fastgrad.ops.make import zeros
from fastgrad.ops.reduce import reduce_all
from fastgrad.ops.shape import shape as shape_of
from fastgrad.ops.state import constant
from fastgrad.rnn.cell import assert_like_rnncell, dims_of_size, filled, graph_in, sizes_of
from fastgrad.rnn.steps import batch_size_of, check_nesting, copied_through, tensors_in
from fastgrad.variables.scopes import variable_scope


@door
def raw_rnn(cell, loop_fn, parallel_iterations=None, swap_memory=False, scope=None):
    """A recurrent net whose inputs and states a function makes, step by step.

    Parameters
    ----------
    cell : RNNCell
    loop_fn : callable(time, output, state, loop_state)
        Returns (finished, input, state, emit, loop_state) for step `time`. In the first call
        `output` and the states are None; what it returns as `emit` then is one element, without
        the batch, of the shape and dtype of what is emitted (None: the cell's output).
    parallel_iterations, swap_memory : accepted, ignored
    scope : str or VariableScope, optional
        `rnn` if not given.

    Returns
    -------
    (emitted, state, loop_state) : TensorArrays in the nesting of `emit`, and the last states

    Notes
    -----
    Rows that have finished emit zeros and keep their state; the loop ends when all have.
    """
    assert_like_rnncell("cell", cell)
    if not callable(loop_fn):
        raise TypeError("loop_fn must be a callable")
    with variable_scope(scope or "rnn"):
        finished, first, state, emit, loop_state = loop_fn(constant(0, dtype=INT32), None, None,
                                                           None)
        graph = graph_in(first)
        first, state = tensors_in(first, graph), tensors_in(state, graph)
        check_nesting("the first state of loop_fn", cell.state_size, state)
        batch_size = batch_size_of(flat(first), 0)
        specs, emit = _emitted(cell, emit, state)
        known = batch_size if isinstance(batch_size, int) else None
        arrays = refill(emit, iter([TensorArray(
            dtype, size=0, dynamic_size=True, element_shape=[known, *static],
            name=f"rnn_output_{i}") for i, (_, static, dtype) in enumerate(specs)]))
        nothing = refill(emit, iter([zeros(_joined(batch_size, size), dtype)
                                     for size, _, dtype in specs]))
        counted = constant(0, dtype=INT32) if loop_state is None else loop_state
        _, _, _, arrays, final, last = while_loop(
            lambda time, done, *_: logical_not(reduce_all(done)),
            _raw_step(cell, loop_fn, nothing),
            (constant(0, dtype=INT32), as_tensor(finished, None, graph), first, arrays, state,
             counted), parallel_iterations=parallel_iterations or 32, swap_memory=swap_memory)
        return arrays, final, None if loop_state is None else last


def _raw_step(cell, loop_fn, nothing):
    def step(time, finished, x, arrays, state, loop_state):
        output, new = cell(x, state)
        check_nesting("the cell's state", state, new)
        done, x_next, new, emit, next_loop_state = loop_fn(time + 1, output, new, loop_state)
        check_nesting("the state of loop_fn", state, new)
        check_nesting("the input of loop_fn", x, x_next)
        check_nesting("what loop_fn emits", nothing, emit)
        emit, new = tensors_in(emit), tensors_in(new)
        emit, new = copied_through(finished, nothing, emit), copied_through(finished, state, new)
        written = [a.write(time, y).flow for a, y in zip(flat(arrays), flat(emit))]
        return (time + 1, logical_or(finished, done), tensors_in(x_next),
                refill(arrays, iter(written)), new,
                loop_state if next_loop_state is None else next_loop_state)
    return step


def _emitted(cell, emit, state):
    """([(size, static size, dtype)], nesting) of what is emitted, a row of the batch."""
    if emit is None:
        dtype = flat(state)[0].dtype
        sizes = [dims_of_size(s) for s in sizes_of(cell.output_size)]
        return [(s, s, dtype) for s in sizes], filled(cell.output_size, iter(range(len(sizes))))
    emit = tensors_in(emit)
    return [(list(t._shape) if shapes.is_known(t._shape) else shape_of(t),
             TensorShape(t._shape).as_list(), t.dtype) for t in flat(emit)], emit


def _joined(batch_size, size):
    """(batch, *size), where either may be a tensor."""
    if is_node(size):
        return concat([[batch_size], size], 0)
    return [batch_size, *size]


__all__ = ["raw_rnn"]
