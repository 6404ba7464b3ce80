"""Loops of the graph as Steps that hold blocks: while_, and the loop back over its turns.

Owns what it takes that a loop can be part of a plan: shapes and dtypes that do not change from turn
to turn, and nothing inside that Python must evaluate. Any other loop raises NotPlanned, and its
session runs it turn by turn.
"""

from fastgrad.compiler.blocks.arrays import NotPlanned
from fastgrad.compiler.blocks.holders import (Holder, Ports, Taped, bound_outside, specialised,
                                              taped_by, tapes_of, tensors_at, value_in)
from fastgrad.compiler.blocks.layout import Block, carried, filled, slot_of
from fastgrad.compiler.ir import repeated, root_of
from fastgrad.compiler.snapshots import snapshot_of
from fastgrad.graph.dtypes import INT64, TEXT, strong
from fastgrad.graph.nodes import Tensor


def plan_while(s, node, after):
    """The Values of a loop's results."""
    cond, body, slots = node.get_attr("parts")
    count, limit = len(slots), node.get_attr("maximum_iterations")
    values = s.inputs_of(node, after)
    outside = bound_outside(node, node._inputs[count:], values[count:])
    starts = [_start(s, v, t) for v, t in zip(values, slots)]
    places = [slot_of(v.shape, v.dtype) for v in starts]
    bound = {**outside, **dict(zip(slots, places))}
    tapes = [(key, tensors_at(node, places)) for key, places in tapes_of(s, node)]
    kept = list(dict.fromkeys(t for _, tensors in tapes for t in tensors))
    made = node.attrs["made"]
    test_part = specialised(s, node, cond, bound, made, own=places)
    if test_part.writers:
        raise NotPlanned("the condition changes a variable")
    turn = specialised(s, node, [*body, *kept], bound, made, own=places)
    test = value_in(test_part, cond[0])
    results = [value_in(turn, t) for t in body if isinstance(t, Tensor)]
    for v, place in zip(results, places):
        if v.shape != place.shape or v.dtype != place.dtype:
            raise NotPlanned(f"a loop variable of shape {place.shape} becomes {v.shape}")
    limit = None if limit is None else _number(s, outside[limit])
    loop = Loop(s, node, starts, places, [test_part, turn], test, results, limit)
    for key, tensors in tapes:
        s.taped[key] = Taped(loop, turn, {**dict(zip(slots, places)), **{
            t: value_in(turn, t) for t in tensors}}, places)
    return loop.results_outside


def _start(s, value, slot):
    dtype = strong(slot._dtype) if slot._dtype is not None else strong(value.dtype)
    if dtype == TEXT or dtype.kind == "c":
        raise NotPlanned("strings and complex numbers in a loop")
    return value if value.dtype is dtype else s.b.convert(value, dtype)


def _number(s, value):
    """The most turns as an int64 scalar."""
    if value.size != 1 or strong(value.dtype).kind not in "iu":
        raise NotPlanned("maximum_iterations is no integer")
    return value if value.dtype is INT64 else s.b.convert(value, INT64)


class Loop(Holder):
    """A loop in the making.

    Attributes
    ----------
    results : list of Value, of the loop variables behind a turn
    counts, turns : Tape that the number of turns is put on or taken off, or None
    limit : Value of the most turns, or None
    """

    def __init__(self, s, node, starts, places, parts, test, results, limit=None):
        super().__init__(s, node, "loop", [*starts, *([] if limit is None else [limit])], places,
                         parts)
        self.starts, self.test, self.limit, self.results = starts, test, limit, results
        self.counts = self.turns = None

    leaves = property(lambda self: self.counts is not None)

    def close(self):
        """Fill the Step with its blocks."""
        for part in self.parts:
            part.close_holders()
        ports, slots = Ports(), [[p] for p in self.places]
        start = []
        for v, place, group in zip(self.starts, self.places, slots):
            start.append(filled(place, v.splat) if v.splat is not None and place.size > 1
                         else carried(v, place))
            group.append(start[-1].out)
        cond = self.steps_of(self.parts[0], [self.test]) if len(self.parts) > 1 else []
        turn = self._turn(slots)
        blocks = [Block(start), Block(cond, [] if self.test is None else [self.test]), Block(turn)]
        limit = None if self.limit is None else ports.port(self.limit)
        own = set(self.places).union(*(part.b.own for part in self.parts))
        nested = self.fill(ports, blocks, slots, self.test, own)
        nested.limit, nested.counts, nested.turns = limit, self.counts, self.turns

    def _turn(self, slots):
        """The steps of a turn; last the new values of the loop variables."""
        copies, carries = [], []
        for v, place, group in zip(self.results, self.places, slots):
            root = root_of(v)
            if root is place:
                continue                        # it stays as it is
            if root.kind == "slot":
                copies.append(snapshot_of(v))   # another variable's place, which is written too
                v = copies[-1].out
            carries.append(carried(v, place))
            group.append(carries[-1].out)
        return self.steps_of(self.parts[-1], self.results, [*copies, *carries])


# ---- while_grad -------------------------------------------------------------------------

def plan_while_grad(s, node, after):
    """The Values of the gradients of a loop: back over its turns, whose values are on tapes."""
    key, outputs, slots, kept, varying = node.get_attr("parts")
    taped = taped_by(s, key)
    count, wide = len(varying), len(node.outputs) - len(varying)
    values = s.inputs_of(node, after)
    d_slots, turns = slots[len(taped.slots):], taped.bound(s)
    places = [slot_of(taped.slots[i].shape, taped.slots[i].dtype) for i in varying]
    sums = [slot_of(v.shape, strong(v.dtype)) for v in values[count:count + wide]]
    popped = {t: v for t, v in turns.items() if v.kind == "popped"}
    bound = {**bound_outside(node, node._inputs[count:], values[count:]), **turns,
             **dict(zip(d_slots, places))}
    turn = specialised(s, node, outputs, bound, node.attrs["made"],
                       own=[*places, *sums, *popped.values()], forward=taped.part)
    found = [value_in(turn, t) for t in outputs]
    results = found[:count] + [turn.b.step("add", a, g) for a, g in zip(sums, found[count:])]
    for v, place in zip(results, [*places, *sums]):
        if v.shape != place.shape or v.dtype != place.dtype:
            raise NotPlanned(f"a gradient of shape {place.shape} becomes {v.shape}")
    starts = [_start(s, v, t) for v, t in zip(values, d_slots)]
    starts += [repeated(v.dtype.type(0), v.shape) for v in sums]
    loop = Loop(s, node, starts, [*places, *sums], [turn], None, results)
    loop.turns = taped.turns()
    taped.pop(loop, turn, popped, results)
    if taped.holder.s is s:
        loop.behind = taped.holder.step.outs[:1]
    return loop.results_outside
