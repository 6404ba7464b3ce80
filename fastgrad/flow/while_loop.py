"""Loops: while_loop and its gradient.

Decisions
- A plan holds the loop if it can (`compiler/blocks`). Otherwise it runs between plans: one plan for
  the condition, one for the body, a turn.
- The gradient of a loop is a loop back over its turns. It needs the values of each turn: the
  loop variables and what the body made of them, draws included. The forward loop puts these on
  a tape, one for each gradient that was built; the session keeps the tapes of a run.
"""

import numpy as np

from fastgrad.errors import KernelError, ShapeError, TurnTypeError
from fastgrad.flow.control import add_session_op, session_op
from fastgrad.flow.tensor_array import TensorArray
from fastgrad.flow.part import (Part, common, flat, is_smooth, part_gradients, predicate, refill,
                                run_part)
from fastgrad.graph import shapes
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import strong
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient
from fastgrad.graph.tensor_shape import TensorShape, to_shape
from fastgrad.ops.arithmetic import zeros_like
from fastgrad.ops.state import identity, placeholder
from fastgrad.wording import where


@session_op
def while_(session, node, inputs, known, done):
    cond_part, body, slots = node.get_attr("parts")
    count, limit = len(slots), node.get_attr("maximum_iterations")
    values = [np.asarray(v) for v in inputs[:count]]
    outside = dict(zip(node._inputs[count:], inputs[count:]))
    limit = None if limit is None else int(outside[limit])
    graph = node.graph
    tapes = [(session.tapes.setdefault(key, []), [graph.tensor_at(*place) for place in places])
             for key, places in node.attrs["tapes"].items()]
    for tape, _ in tapes:
        tape.append([])
    wanted = list(dict.fromkeys(t for _, kept in tapes for t in kept))
    turns = 0
    while limit is None or turns < limit:
        here = {**outside, **dict(zip(slots, values))}
        if not bool(run_part(cond_part, session, here, known, done)[0]):
            break
        turn = [np.asarray(v) for v in run_part([*body, *wanted], session, here, known, done)]
        extra = dict(zip(wanted, turn[len(turn) - len(wanted):]))
        for tape, kept in tapes:
            tape[-1].append((values, [extra[t] for t in kept]))
        values = turn[:len(turn) - len(wanted)]
        turns += 1
    return values


@session_op
def while_grad(session, node, inputs, known, done):
    key, outputs, slots, inner, varying = node.get_attr("parts")
    count, wide = len(varying), len(node.outputs) - len(varying)
    tape = session.tapes.get(key)
    if not tape:
        raise KernelError(f"{where(node)} goes back over the turns of a loop, which did not run: "
                          "were its results fed?", node)
    dys = [np.asarray(v) for v in inputs[:count]]
    sums = [np.zeros(np.shape(v), np.asarray(v).dtype) for v in inputs[count:count + wide]]
    outside = dict(zip(node._inputs[count:], inputs[count:]))
    for values, made in reversed(tape.pop()):
        here = {**outside, **dict(zip(slots, [*values, *dys])), **dict(zip(inner, made))}
        found = [np.asarray(v) for v in run_part(outputs, session, here, known, done)]
        dys, sums = found[:count], [a + b for a, b in zip(sums, found[count:])]
    return [np.asarray(v, t._dtype) for v, t in zip([*dys, *sums], node.outputs)]


NotDifferentiable("while_grad")


@RegisterGradient("while_")
def while_gradient(op, *dys):
    cond_part, body, slots = op.get_attr("parts")
    if not op.attrs["back_prop"]:
        return [None] * len(op._inputs)
    graph, count = op.outputs[0].graph, len(slots)
    varying, reached = _reached(slots, body, [i for i, dy in enumerate(dys) if dy is not None])
    wide = [t for t in op._inputs[count:] if t in reached and is_smooth(t)]
    with graph.control_dependencies(None):
        d_slots = [placeholder(slots[i]._dtype, None, name="slope") for i in varying]
    for slot, i in zip(d_slots, varying):
        slot._declare(body[i]._shape)
    part = Part(graph, lambda: part_gradients(
        [(body[i], d) for i, d in zip(varying, d_slots)], [slots[i] for i in varying] + wide))
    inner = op.get_attr("made")
    # a constant that comes behind an update would have it run again
    kept = [t for t in part.outside if t.op.id in inner
            and (t.op.op_type != "constant" or t.op.control_inputs)]
    outside = [t for t in part.outside if t.op.id not in inner and t not in slots
               and t not in d_slots and t not in wide]
    key = object()
    # by its number, since a node would hold its graph
    op.attrs["tapes"][key] = [(t.op.id, t.value_index) for t in kept]
    specs = ([(slots[i]._shape, slots[i]._dtype) for i in varying]
             + [(t._shape, strong(t._dtype)) for t in wide])
    # the loop's results come last: they put the loop before its gradient
    starts = [zeros_like(op.outputs[i]) if dys[i] is None else dys[i] for i in varying]
    made = add_session_op(while_grad, [*starts, *wide, *outside, *op.outputs],
                          {"parts": (key, part.outputs, [*slots, *d_slots], kept, varying),
                           "made": frozenset(o.id for o in part.made)},
                          specs, "while_grad", graph).outputs
    found = {**dict(zip(varying, made)), **dict(zip(wide, made[len(varying):]))}
    return [found.get(i) for i in range(count)] + [found.get(t) for t in op._inputs[count:]]


while_gradient.takes_none = True


def _reached(slots, body, wanted):
    """The loop variables that have a gradient if `wanted` have one, and all tensors on the way."""
    places, reached, todo = {t: i for i, t in enumerate(slots)}, set(), list(wanted)
    varying = set()
    while todo:
        i = todo.pop()
        if i in varying or not is_smooth(slots[i]):
            continue
        varying.add(i)
        tensors = [body[i]]
        while tensors:
            t = tensors.pop()
            if t in reached:
                continue
            reached.add(t)
            if t in places:
                todo.append(places[t])
            elif t.op.op_type != "stop_gradient":
                tensors += t.op._inputs
    return sorted(varying), reached


@door
def while_loop(cond, body, loop_vars, shape_invariants=None, parallel_iterations=10,
               back_prop=True, swap_memory=False, name=None, maximum_iterations=None,
               return_same_structure=False):
    """Repeat `loop_vars = body(*loop_vars)` while `cond(*loop_vars)` holds.

    Parameters
    ----------
    cond : callable
        Of the loop variables; returns a boolean scalar node.
    body : callable
        Returns as many nodes, of the same dtypes.
    loop_vars : list or tuple of nodes
        Nestings are kept.
    shape_invariants : nesting of TensorShape, optional
        What is known of the shapes in every turn, for variables whose shapes change.
    back_prop : bool
        If False, no gradient flows through the loop.
    maximum_iterations : int or integer scalar node, optional

    Notes
    -----
    A loop whose variables keep their shapes runs inside of the compiled plan. Any other, or one
    with an operation that Python computes, runs turn by turn.

    Gradient: that of the turns that were made, back from the last one.

    Examples
    --------
    >>> i, product = while_loop(lambda i, p: i < 6, lambda i, p: (i + 1, p * i), [1, 1])
    >>> Session().run(product)
    np.int64(120)
    """
    start = [n.flow if isinstance(n, TensorArray) else n for n in flat(loop_vars)]
    if not start:
        raise ValueError("No loop variables provided")
    for what, function in (("cond", cond), ("body", body)):
        if not callable(function):
            raise TypeError(f"{what} must be callable.")
    graph = next((n.graph for n in start if is_node(n)), get_default_graph())
    with graph.as_default(), graph.name_scope(name or "while"):
        start = [as_tensor(n, None, graph) for n in start]
        declared = _declared(start, shape_invariants)
        with graph.control_dependencies(None):
            slots = [placeholder(strong(t._dtype), None, name="slot") for t in start]
        for slot, shape in zip(slots, declared):
            slot._declare(shape)
        args = refill(list(loop_vars), iter(slots))
        parts = Part(graph, lambda: cond(*args)), Part(graph, lambda: body(*args))
        made = _loop(graph, start, slots, parts, {
            "maximum_iterations": None if maximum_iterations is None else as_tensor(
                maximum_iterations, None, graph), "back_prop": back_prop},
            shape_invariants is not None)
        if maximum_iterations is not None and graph.literals == "tf":
            graph.unique_name("Exit")                   # the name of TensorFlow's counter
        exits = [_exit(graph, t) for t in made.outputs]
    results = refill(list(loop_vars), iter(exits))
    if len(results) == 1 and not return_same_structure:
        return results[0]
    return tuple(results) if isinstance(loop_vars, tuple) else results


def _exit(graph, result):
    """A result of a loop as TensorFlow names it."""
    tensor = identity(result, name="Exit")
    graph.node_types[tensor.op.id] = "Exit"
    return tensor


def _declared(start, invariants):
    """The shapes of the loop variables inside the loop."""
    if invariants is None:
        return [t._shape for t in start]
    # a TensorShape is a leaf here, as is a list of dimensions in place of one
    declared = [to_shape(s) for s in _leaves(invariants)]
    if len(declared) != len(start):
        raise ValueError(f"while_loop: {len(declared)} shape_invariants for {len(start)} loop "
                         "variables.")
    for t, shape in zip(start, declared):
        if not shapes.compatible(shape, t._shape):
            raise ShapeError(f"while_loop: the shape invariant {shape} does not fit {where(t)} of "
                             f"shape {t._shape}, with which the loop begins.")
    return declared


def _leaves(invariants):
    if isinstance(invariants, TensorShape) or invariants is None:
        return [invariants]
    parts = ([invariants[k] for k in sorted(invariants)] if isinstance(invariants, dict)
             else list(invariants))
    return [leaf for part in parts for leaf in _leaves(part)]


def _loop(graph, start, slots, parts, attrs, invariant):
    predicate(parts[0].tensors[0], "while_loop")
    if len(parts[1].tensors) != len(start):
        raise ValueError(f"The body returned {len(parts[1].tensors)} values for "
                         f"{len(start)} loop variables.")
    _check_turn(slots, parts[1].tensors)
    limit = attrs["maximum_iterations"]
    outside = dict.fromkeys([*parts[0].outside, *parts[1].outside,
                             *([] if limit is None else [limit])])
    specs = [(s._shape if invariant else common(s._shape, o._shape), s._dtype)
             for s, o in zip(slots, parts[1].tensors)]
    with graph.control_dependencies(parts[0].before + parts[1].before):
        return add_session_op(while_, [*start, *(t for t in outside if t not in slots)], {
            "parts": [*(p.outputs for p in parts), slots],
            "made": frozenset(op.id for p in parts for op in p.made), "tapes": {},
            **attrs}, specs, "LoopCond", graph)


def _check_turn(slots, found):
    """Refuse another dtype, and a shape that a turn changes where the graph follows TensorFlow."""
    for slot, t in zip(slots, found):
        known = slot._dtype is not None and t._dtype is not None
        if known and slot._dtype != strong(t._dtype):
            raise TurnTypeError(f"while_loop: a loop variable has dtype {slot.dtype.name} at the "
                                f"start and {t.dtype.name} after a turn: {where(t)}. Use cast().")
        if slot.graph.literals == "tf" and not shapes.compatible(slot._shape, t._shape):
            raise ShapeError(f"while_loop: a loop variable has shape {slot._shape} at the start "
                             f"and {t._shape} after a turn: {where(t)}. State what holds in every "
                             "turn with shape_invariants.")


__all__ = ["while_loop"]
