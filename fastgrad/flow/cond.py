"""Conditional execution: cond and case; loops are in `while_loop`.

Decisions
- A plan holds both branches if it can (`compiler/blocks`). Otherwise `cond` is evaluated between
  plans: first the predicate and what the branches take from outside, then a plan of the taken
  branch alone, then the rest. Only the taken branch's side effects happen, and a NaN in the other
  one reaches no gradient.
- The gradient of a cond is a cond of the branches' gradients. What these need of the values that
  the branches made is computed again, outside, if nothing can tell: by pure operations that do not
  fail. Otherwise the branch that runs leaves it on a tape, as a loop does; then there is no second
  order.
"""

import numpy as np

from fastgrad.errors import ConvertTypeError, KernelError
from fastgrad.flow.control import add_session_op, session_op
from fastgrad.flow.part import (Part, common, flat, is_smooth, part_gradients, predicate, refill,
                                run_part, tensors_of)
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import strong
from fastgrad.graph.nodes import Tensor, as_tensor, is_node
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient
from fastgrad.wording import where


# ---- cond -------------------------------------------------------------------------------

@session_op
def cond_(session, node, inputs, known, done):
    taken = 0 if bool(inputs[0]) else 1
    graph, part = node.graph, node.get_attr("parts")[taken]
    kept = {key: [graph.tensor_at(*place) for place in places[taken]]
            for key, places in node.attrs["tapes"].items()}
    wanted = list(dict.fromkeys(t for tensors in kept.values() for t in tensors))
    found = run_part([*part, *wanted], session, dict(zip(node._inputs[1:], inputs[1:])), known,
                     done)
    made = dict(zip(wanted, found[len(found) - len(wanted):]))
    for key, tensors in kept.items():
        session.tapes.setdefault(key, []).append([made[t] for t in tensors])
    return [np.asarray(v, t._dtype) for v, t in zip(found, node.outputs)]


@session_op
def cond_grad(session, node, inputs, known, done):
    key, kept, *parts = node.get_attr("parts")
    taken, tape = 0 if bool(inputs[0]) else 1, session.tapes.get(key)
    if not tape:
        raise KernelError(f"{where(node)} goes back through a branch that did not run: were the "
                          "results of the cond fed?", node)
    here = {**dict(zip(node._inputs[1:], inputs[1:])), **dict(zip(kept[taken], tape.pop()))}
    found = run_part(parts[taken], session, here, known, done)
    return [np.asarray(v, t._dtype) for v, t in zip(found, node.outputs)]


NotDifferentiable("cond_grad")


@door
def cond(pred, true_fn=None, false_fn=None, strict=False, name=None, fn1=None, fn2=None):
    """Conditional: the result of `true_fn()` or `false_fn()`; only the branch taken runs.

    Parameters
    ----------
    pred : boolean scalar node
    true_fn, false_fn : callables
        Return nodes in the same nesting, of the same dtypes.
    strict : bool
        Keep a list of one node a list.

    Notes
    -----
    Gradient: that of the branch taken.

    Examples
    --------
    >>> x = placeholder(float64, [])
    >>> size = cond(x < 0.0, lambda: -x, lambda: x * 1.0)
    >>> Session().run(size, {x: -3.0})
    np.float64(3.0)
    """
    true_fn, false_fn = true_fn or fn1, false_fn or fn2
    if not callable(true_fn) or not callable(false_fn):
        raise TypeError("true_fn and false_fn must be callable.")
    if isinstance(pred, bool):
        raise TypeError("pred must not be a Python bool")
    graph = pred.graph if is_node(pred) else get_default_graph()
    with graph.as_default(), graph.name_scope(name or "cond"):
        parts = Part(graph, true_fn), Part(graph, false_fn)
        op = _cond_op(predicate(as_tensor(pred, None, graph), "cond"), parts)
    structure = parts[0].structure
    if graph.literals == "tf":
        _check_alike(structure, parts[1].structure)
    if not op.outputs or not flat(structure):
        return op
    if all(isinstance(n, Tensor) for n in parts[0].outputs):
        result = refill(structure, iter(op.outputs))
    else:
        return op
    single = isinstance(result, (list, tuple)) and len(result) == 1
    return result[0] if single and not strict else result


def _check_alike(true, false):
    """Refuse branches that return nothing, or nestings that differ."""
    for what, structure in (("true_fn", true), ("false_fn", false)):
        if structure is None:
            raise ValueError(f"cond: {what} must have a return value.")
    if _outline(true) != _outline(false):
        raise ValueError(f"cond: true_fn and false_fn must return the same nesting; got "
                         f"{true!r:.80} and {false!r:.80}.")


def _outline(structure):
    if isinstance(structure, dict):
        return {k: _outline(v) for k, v in structure.items()}
    if isinstance(structure, (list, tuple)):
        # a list of one element is treated as that element
        parts = [_outline(part) for part in structure]
        return parts[0] if len(parts) == 1 else (type(structure).__name__, parts)
    return None


def _cond_op(pred, parts):
    pairs = list(zip(parts[0].tensors, parts[1].tensors))
    if len(parts[0].tensors) != len(parts[1].tensors):
        raise ValueError(
            f"true_fn and false_fn must return the same number of tensors; got "
            f"{len(parts[0].tensors)} and {len(parts[1].tensors)}.")
    for a, b in pairs:
        if strong(a._dtype) != strong(b._dtype):
            raise ConvertTypeError("true_fn and false_fn must return tensors of one "
                                   f"dtype: {where(a)} "
                             f"has {a.dtype}, {where(b)} has {b.dtype}.")
    specs = [(common(a._shape, b._shape), strong(a._dtype)) for a, b in pairs]
    outside = list(dict.fromkeys(parts[0].outside + parts[1].outside))
    with pred.graph.control_dependencies(parts[0].before + parts[1].before):
        return add_session_op(cond_, [pred, *outside], {
            "parts": [p.outputs for p in parts], "tapes": {},
            "made": frozenset(op.id for p in parts for op in p.made)}, specs, "Merge", pred.graph)


@RegisterGradient("cond_")
def cond_gradient(op, *dys):
    pred, *outside = op._inputs
    wanted = [t for t in outside if is_smooth(t)]

    def branch(outputs):
        return part_gradients([(y, dy) for y, dy in zip(tensors_of(outputs), dys)
                               if dy.dtype is None or dy.dtype.is_floating], wanted)
    graph = pred.graph
    if not wanted:
        return [None] * len(op._inputs)
    parts = [Part(graph, lambda part=part: branch(part)) for part in op.get_attr("parts")]
    inner = op.get_attr("made")
    kept = [[t for t in part.outside if t.op.id in inner] for part in parts]
    if _can_be_repeated([t for tensors in kept for t in tensors], inner):
        made = _cond_op(pred, parts).outputs
    else:
        made = _taped_gradient(op, pred, parts, kept, wanted)
    by_tensor = dict(zip(wanted, made))
    return [None] + [by_tensor.get(t) for t in outside]


def _can_be_repeated(tensors, inner):
    """Whether a branch's values can be computed outside of it: nobody could tell that they are."""
    todo, seen = [t.op for t in tensors], set()
    while todo:
        op = todo.pop()
        if op in seen or op.id not in inner:
            continue
        seen.add(op)
        opdef = op.opdef
        if opdef is None or not opdef.pure or opdef.dynamic or op.control_inputs or any(
                op._inputs[i].op.op_type != "constant" for i in opdef.whole):
            return False
        todo += [t.op for t in op._inputs]
    return True


def _taped_gradient(op, pred, parts, kept, wanted):
    """The gradients of a cond whose branches leave on a tape what these need."""
    gone, key = {t for tensors in kept for t in tensors}, object()
    op.attrs["tapes"][key] = [[(t.op.id, t.value_index) for t in tensors] for tensors in kept]
    outside = dict.fromkeys(t for p in parts for t in p.outside if t not in gone)
    with pred.graph.control_dependencies(parts[0].before + parts[1].before):
        # the results come last: they put the cond before its gradient
        return add_session_op(cond_grad, [pred, *outside, *op.outputs], {
            "parts": (key, kept, *(p.outputs for p in parts)),
            "made": frozenset(o.id for p in parts for o in p.made)},
            [(t._shape, strong(t._dtype)) for t in wanted], "cond_grad", pred.graph).outputs


@door
def case(pred_fn_pairs, default=None, exclusive=False, strict=False, name="case"):
    """Result of the function of the first true predicate; of `default()` if none is true.

    Parameters
    ----------
    pred_fn_pairs : list of (boolean node, callable), or a dict of them
    exclusive : bool
        Refuse, at run time, more than one true predicate.

    Examples
    --------
    >>> x = constant(2)
    >>> ways = [(x < 1, lambda: constant(10)), (x < 3, lambda: constant(20))]
    >>> Session().run(case(ways, default=lambda: constant(30)))
    np.int64(20)
    """
    pairs = list(pred_fn_pairs.items() if isinstance(pred_fn_pairs, dict) else pred_fn_pairs)
    for pair in pairs:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not callable(pair[1]):
            raise TypeError("case: each element is a pair of a predicate and a callable.")
    if default is not None and not callable(default):
        raise TypeError("case: default must be callable.")
    if any(isinstance(p, bool) for p, _ in pairs):
        raise TypeError("case: a predicate is a Python bool; expected a boolean node.")
    if not pairs:
        raise ValueError("case: there is no pair of a predicate and a callable.")
    graph = next((p.graph for p, _ in pairs if is_node(p)), get_default_graph())
    preds = [p for p, _ in pairs]
    with graph.as_default(), graph.name_scope(name or "case"):
        check = [_so_many(preds, 1, len(preds))] if default is None else []
        if default is None:             # the last function is the default, as in TensorFlow
            (_, default), pairs = pairs[-1], pairs[:-1]
        if exclusive and pairs:
            check.append(_so_many(preds[:len(pairs)], 0, 1))
        with graph.control_dependencies(check):
            return _chain(pairs, default, strict)


def _chain(pairs, default, strict):
    if not pairs:
        return default()
    (pred, fn), rest = pairs[0], pairs[1:]
    return cond(pred, fn, lambda: _chain(rest, default, strict), strict=strict)


@session_op
def at_most_one(session, node, inputs, known, done):
    true = sum(bool(v) for v in inputs)
    if not node.attrs["least"] <= true <= node.attrs["most"]:
        what = f"{true} predicates are true" if true else "no predicate is true"
        raise KernelError(f"{where(node)}: {what}.", node)
    return []


def _so_many(preds, least, most):
    return add_session_op(at_most_one, [as_tensor(p) for p in preds],
                          {"least": least, "most": most}, [], "exclusive")


def smart_cond(pred, true_fn=None, false_fn=None, name=None):
    """cond, or the branch itself if the predicate is a Python value."""
    if is_node(pred):
        if pred.op.op_type == "constant":
            pred = bool(pred.op.attrs["value"])
        else:
            return cond(pred, true_fn, false_fn, name=name)
    return true_fn() if pred else false_fn()


__all__ = ["cond", "case"]
