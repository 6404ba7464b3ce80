"""Branches: Switch and Merge outside loops.

Decisions
- Both sides of a Switch are computed, and Merge takes one: side by side they are part of one
  plan, values that a gradient's branch takes from the forward one are the same values, and where
  the condition is known when a plan is made the other side is not computed at all.
- What changes something, or may refuse to run (assignments, assertions, unknown nodes), runs only
  if its side is taken; so do loops, which make no turn else.
- Values of different shapes meet in a cond, which picks one whole.
"""

from fastgrad.errors import ShapeError
from fastgrad.flow.cond import cond
from fastgrad.graph import shapes
from fastgrad.graph.dtypes import INT32
from fastgrad.graph.nodes import Operation, Tensor
from fastgrad.graphdef.links import ENTERS, EXITS, MERGES, SWITCHES, Link, is_back
from fastgrad.graphdef.registry import RegisterImport, UnsupportedNodeError
from fastgrad.ops.bundle import choose
from fastgrad.ops.logic import logical_and, logical_not
from fastgrad.ops.make import zeros
from fastgrad.ops.state import constant, group, identity, no_op
from fastgrad.variables.variable import Variable


def contexts(nodes, order):
    """{node: {(node, output) of a condition: the side on which the node is alive}}.

    A loop's nodes begin anew: inside, only what is decided inside counts. Under the frame's own
    key (a tuple) stands what decides whether the loop runs.
    """
    found = {}
    for name in order:
        node, here = nodes[name], {}
        if node.proto.op in MERGES:
            found[name] = _met(nodes, found, node)
            continue
        for link in node.data:
            here.update(_of(nodes, found, link.name, link.index))
        for other in node.control:
            here.update(found.get(other, {}))
        if node.proto.op in ENTERS:
            found.setdefault(node.frame, {}).update(here)
            here = {}
        elif node.proto.op in EXITS:
            here = dict(found.get(node.frame, {}))
        found[name] = here
    return found


def _of(nodes, found, name, index):
    """Where an output is alive."""
    here = found.get(name, {})
    node = nodes.get(name)
    if node is None or node.proto.op not in SWITCHES or len(node.data) < 2:
        return here
    pred = _condition(nodes, node.data[1])
    return here if pred is None else {**here, pred: index}


def _condition(nodes, link):
    """(node, output) of a condition, read through identities; None for that of a loop."""
    while True:
        node = nodes.get(link.name)
        if node is None or node.proto.op != "Identity" or not node.data:
            break
        link = node.data[0]
    return None if node is not None and node.proto.op == "LoopCond" else (link.name, link.index)


def _met(nodes, found, node):
    """Where a Merge is alive: what its inputs have in common."""
    sides = [_of(nodes, found, link.name, link.index) for link in node.data
             if link.name not in nodes or not is_back(nodes[link.name])]
    if not sides:
        return {}
    return {pred: side for pred, side in sides[0].items()
            if all(other.get(pred) == side for other in sides[1:])}


def alive(importer, key):
    """The truth value that a node, or a frame, is alive; None if it always is."""
    context = importer.contexts.get(key)
    if not context:
        return None
    known = importer.env.get(("alive", tuple(context.items())))
    if known is None:
        for (name, index), side in context.items():
            pred = importer.tensor(Link(name, index))
            pred = pred if side else logical_not(pred)
            known = pred if known is None else logical_and(known, pred)
        importer.env["alive", tuple(context.items())] = known
    return known


def guarded(importer, condition, node, build):
    """What a builder makes of a node, if its side is taken; zeros else."""
    node.name += "/taken"
    shown = []

    def taken():
        made = build(node)
        shown[:] = list(made.outputs) if isinstance(made, Operation) else \
            made if isinstance(made, list) else [made]
        return made if isinstance(made, Operation) and not shown else list(map(identity, shown))

    def left():
        if not shown:
            return no_op()
        return [_instead(node, t) for t in shown]
    return cond(condition, taken, left, strict=True)


def _instead(node, tensor):
    """What stands for an output of a node that did not run: of an update, the variable."""
    first = node.inputs[0] if node.inputs else None
    if isinstance(first, Variable) and first._dtype == tensor._dtype:
        return identity(first)
    if tensor._dtype is None:
        raise UnsupportedNodeError("it is in a branch, and the dtype of its output is not known.")
    shape = tensor._shape if shapes.is_known(tensor._shape) else ()
    return zeros(shape, tensor._dtype)


@RegisterImport("Switch", "RefSwitch")
def switch(node):
    return [node.inputs[0], node.inputs[0]]


@RegisterImport("Merge", "RefMerge")
def merge(node):
    importer = node.importer
    links = importer.nodes[node.proto.name].data
    if len(links) == 1:
        return [node.inputs[0], constant(0, INT32)]
    if len(links) != 2:
        raise UnsupportedNodeError(f"{len(links)} branches meet in it.")
    sides = [_of(importer.nodes, importer.contexts, link.name, link.index) for link in links]
    apart = [pred for pred, side in sides[0].items() if sides[1].get(pred, side) != side] or \
        [pred for pred in {**sides[0], **sides[1]} if (pred in sides[0]) != (pred in sides[1])]
    if not apart:
        raise UnsupportedNodeError("nothing tells which of its inputs is alive.")
    first_if = sides[0].get(apart[-1], 1 - sides[1].get(apart[-1], 1))
    pred, (a, b) = importer.tensor(Link(*apart[-1])), node.inputs
    true, false = (a, b) if first_if else (b, a)
    numbers = (0, 1) if first_if else (1, 0)
    index = choose(pred, *(constant(n, INT32) for n in numbers))
    return [_one(pred, true, false), index]


def _one(pred, true, false):
    """One of two values, by a truth value."""
    try:
        shapes.merge(true._shape, false._shape)
        agree = true._shape is not None and false._shape is not None
    except ShapeError:
        agree = False
    return choose(pred, true, false) if agree else cond(pred, lambda: true, lambda: false)


@RegisterImport("ControlTrigger", "NoOp")
def nothing(node):
    return group(name=node.name + "/")


__all__ = ["Tensor", "alive", "contexts", "guarded"]
