"""Loops of the graph as Steps that hold blocks: while_, and the loop back over its turns.

Owns what it takes that a loop can be part of a plan: shapes and dtypes that do not change from turn to
turn, and nothing inside that Python must evaluate. Any other loop raises NotPlanned, and its session
runs it turn by turn.

Decisions
- A block is specialised by a Specialiser of its own, whose Builder hands to the one outside what
  does not hang on the turn: that is how invariant work leaves a loop.
- What a gradient needs of each turn is put on tapes, stacks: loops inside loops need nothing more.
"""

import numpy as np

from fastgrad.compiler import families
from fastgrad.compiler.blocks import Block, Nested, Tape, carried, filled, port_of, slot_of
from fastgrad.compiler.builder import Builder
from fastgrad.compiler.fuse import step_reads
from fastgrad.compiler.ir import Step, Value, const_value, root_of
from fastgrad.compiler.snapshots import snapshot_of
from fastgrad.errors import FastgradError, MissingFeedError, OpError
from fastgrad.graph.dtypes import TEXT, strong
from fastgrad.graph.nodes import Tensor
from fastgrad.graph.opdef import OPS


class NotPlanned(Exception):
    """A loop or branch that no plan can hold; a session runs it."""


# ---- blocks -----------------------------------------------------------------------------

class Inner(Builder):
    """A Builder of a block: what does not hang on the block goes to the Builder outside.

    Parameters
    ----------
    outer : Builder
    hoists : bool
        Whether the block runs more than once, so that it pays.
    """

    def __init__(self, outer, hoists):
        super().__init__(outer.rules, (), outer.calculate)
        self.fold, self.share, self.nests = outer.fold, outer.share, outer.nests
        self.outer, self.hoists = outer, hoists
        self.own = set()                # Values that hang on the block

    def build(self, opdef, inputs, attrs):
        if self.hoists and self._leaves(opdef, inputs):
            self.outer.op = self.op
            return self.outer.build(opdef, inputs, attrs)
        return super().build(opdef, inputs, attrs)

    def append(self, step):
        self.own.update(step.outs)
        return super().append(step)

    def _leaves(self, opdef, inputs):
        """Whether an operation is the same in every turn and cannot fail."""
        facts = families.of(opdef)
        return opdef.pure and facts.indices is None and not facts.foreign and not any(
            v in self.own for v in inputs)


class _Outside:
    """The operations that a block's own do not count among: they have run."""

    def __init__(self, made):
        self.made = made

    def __contains__(self, op):
        return op.id not in self.made and op.op_type != "constant"


def specialised(outer, node, fetches, bound, made, hoists=True, own=()):
    """A Specialiser that has visited what `fetches` need inside a block.

    Parameters
    ----------
    outer : Specialiser of what the block lies in
    bound : dict of Tensor to Value, what the block takes
    made : set of ids of the operations that the block may be made of
    own : Values among the bound ones that hang on the block
    """
    builder = Inner(outer.b, hoists)
    builder.own.update(own)
    inner = outer.inside(fetches, bound, _Outside(made), builder)
    try:
        for op in inner.order:
            inner.visit(op)
    except MissingFeedError:
        raise
    except (FastgradError, OpError) as e:       # a turn that runs may fail; none need run
        raise NotPlanned(str(e)) from e
    if inner.dynamic or inner.writers:
        raise NotPlanned(f"{inner.dynamic or list(inner.writers)} inside {node.name}")
    return inner


def value_in(inner, tensor):
    """The Value of a tensor in a block, of a strong dtype."""
    value = inner.env[tensor]
    if strong(value.dtype) is not value.dtype:
        value = inner.b.convert(value, strong(value.dtype))
    if value.dtype == TEXT or value.dtype.kind == "c":
        raise NotPlanned("strings and complex numbers inside a loop")
    return value


def needed(steps, values):
    """The steps that make `values`, and those that act."""
    wanted, todo = set(), [v.step for v in values if v.step is not None]
    while todo:
        step = todo.pop()
        if step not in wanted:
            wanted.add(step)
            todo += [v.step for v in step.inputs if v.step is not None]
    return [s for s in steps if s in wanted]


class Ports:
    """The inputs of a holder, and the ports that stand for them in its blocks."""

    def __init__(self):
        self.inputs, self.ports, self._of = [], [], {}

    def port(self, value):
        """What stands for an outer Value inside."""
        if value.kind in ("const", "ghost"):
            return value
        if value not in self._of:
            self._of[value] = port_of(value)
            self.inputs.append(value)
            self.ports.append(self._of[value])
        return self._of[value]

    def replace(self, steps, inside):
        """Put ports in place of what steps read of the outside; `inside`: Values of the block."""
        for step in steps:
            own = {v for v in step_reads(step) if v in inside or v.kind in ("slot", "port")}
            step.inputs = [v if v in own or v.kind in ("ghost", "const") else self.port(v)
                           for v in step.inputs]


# ---- while_ -----------------------------------------------------------------------------

def plan_while(s, node, after):
    """The Values of a loop's results."""
    cond, body, slots = node.get_attr("parts")
    count, limit = len(slots), node.get_attr("maximum_iterations")
    if node.attrs["tapes"] and s.root.staged:
        raise NotPlanned("its gradient may be evaluated in another stage")
    values = s.inputs_of(node, after)
    outside = dict(zip(node._inputs[count:], values[count:]))
    starts = [_start(s, v, t) for v, t in zip(values, slots)]
    places = [slot_of(v.shape, v.dtype) for v in starts]
    bound = {**outside, **dict(zip(slots, places))}
    tapes = _tapes_of(s, node)
    kept = list(dict.fromkeys(t for _, tensors in tapes for t in tensors))
    made = node.attrs["made"]
    test_part = specialised(s, node, cond, bound, made, own=places)
    turn = specialised(s, node, [*body, *kept], bound, made, own=places)
    test = value_in(test_part, cond[0])
    results = [value_in(turn, t) for t in body if isinstance(t, Tensor)]
    for v, place in zip(results, places):
        if v.shape != place.shape or v.dtype != place.dtype:
            raise NotPlanned(f"a loop variable of shape {place.shape} becomes {v.shape}")
    loop = _Loop(s, node, starts, places, [test_part, turn], test)
    loop.results = results
    if limit is not None:
        loop.limit = _number(s, outside[limit])
    for key, tensors in tapes:
        s.root.taped[key] = Taped(loop, dict(zip(slots, places)),
                                  {t: value_in(turn, t) for t in tensors})
    return loop.finish()


def _start(s, value, slot):
    dtype = strong(slot._dtype) if slot._dtype is not None else strong(value.dtype)
    if dtype == TEXT or dtype.kind == "c":
        raise NotPlanned("strings and complex numbers in a loop")
    return value if value.dtype is dtype else s.b.convert(value, dtype)


def _number(s, value):
    """The most turns as an int64 scalar."""
    if value.size != 1 or value.dtype.kind not in "iu":
        raise NotPlanned("maximum_iterations is no integer")
    return value if value.dtype == np.int64 else s.b.convert(value, np.dtype(np.int64))


def _tapes_of(s, node):
    """[(key, tensors of each turn)] for the gradients of a loop that this run computes."""
    if not node.attrs["tapes"]:
        return []
    keys = {o.attrs["parts"][0] for o in _with_blocks(s.root.order) if o.op_type == "while_grad"}
    return [(key, [node.graph.tensor_at(*place) for place in places])
            for key, places in node.attrs["tapes"].items() if key in keys]


def _with_blocks(operations):
    """The operations, and those that their blocks are made of."""
    todo = list(operations)
    while todo:
        op = todo.pop()
        yield op
        todo += [op.graph.operation_at(i) for i in op.attrs.get("made", ())]


class Taped:
    """What a loop can leave on tapes for a gradient.

    Attributes
    ----------
    loop : _Loop
    slots : dict Tensor -> Value of a loop variable at the beginning of a turn
    made : dict Tensor -> Value that a turn makes
    tapes : dict Value -> Tape
    """

    def __init__(self, loop, slots, made):
        self.loop, self.values, self.tapes = loop, {**slots, **made}, {}
        self.slots = list(slots.values())

    def bound(self, s):
        """{Tensor: Value in a block of `s`} of what the turns had; those that lie on tapes are new.

        What was the same in all turns is taken as it is, where it can be seen from `s`.
        """
        hang = self.loop.parts[-1].b.own
        return {t: v if v.kind == "const" or s is self.loop.s and v not in hang
                and v.kind != "slot" else Value(v.shape, v.dtype, "popped")
                for t, v in self.values.items()}

    def tape(self, tensor):
        """The tape of a tensor's values."""
        value = self.values[tensor]
        if value not in self.tapes:
            self.tapes[value] = Tape()
            self.loop.pushed.append((value, self.tapes[value]))
        return self.tapes[value]

    def turns(self):
        """The tape of the numbers of turns."""
        self.loop.counts = self.loop.counts or Tape()
        return self.loop.counts


class _Loop:
    """A loop Step in the making; its blocks are closed when all that they must leave is known."""

    def __init__(self, s, node, starts, places, parts, test):
        self.s, self.node, self.starts, self.places = s, node, starts, places
        self.parts, self.test, self.limit = parts, test, None
        self.results, self.pushed, self.counts, self.turns = [], [], None, None
        self.popped = []                # [(Value that a turn takes off a tape, Tape)]
        self.behind = ()                # Values of the loop whose tapes it takes from

    def finish(self):
        """Append the Step; its blocks come when the plan is scheduled."""
        self.step = step = Step(OPS["loop"], [], {}, self.node)
        step.outs = tuple(Value(v.shape, v.dtype, step=step) for v in self.places)
        taken = [*self.starts, *(v for part in self.parts for v in part.fed.values())]
        own = set(self.places).union(*(part.b.own for part in self.parts))
        step.inputs = list(dict.fromkeys(
            v for v in taken if v.kind not in ("const", "ghost") and v not in own))
        self.s.b.append(step)
        self.s.holders.append(self)
        return list(step.outs)

    def close(self):
        """Fill the Step with its blocks."""
        for part in self.parts:
            part.close_holders()
        ports, slots = Ports(), [[p] for p in self.places]
        inside = set().union(*(part.b.own for part in self.parts))
        start = []
        for v, place, group in zip(self.starts, self.places, slots):
            start.append(filled(place, v.splat) if v.splat is not None and place.size > 1
                         else carried(ports.port(v), place))
            group.append(start[-1].out)
        cond = needed(self.parts[0].b.steps, [self.test]) if len(self.parts) > 1 else []
        turn = self._turn(slots)
        ports.replace([*cond, *turn], inside)
        test = self.test
        if test is not None and test not in inside:
            test = ports.port(test)
        blocks = [Block(start), Block(cond, [] if test is None else [test]), Block(turn)]
        nested = Nested(blocks, ports.ports, slots, test)
        if self.limit is not None:
            nested.limit = ports.port(self.limit)
        nested.counts, nested.turns = self.counts, self.turns
        for v in self.behind:
            ports.port(v)               # nothing reads it: it puts this Step behind that one
        self.step.inputs, self.step.attrs["nested"] = ports.inputs, nested

    def _turn(self, slots):
        """The steps of a turn: what is taken off tapes, the body, what is put on tapes, and last
        the new values of the loop variables."""
        part = self.parts[-1]
        wanted = [*self.results, *(v for v, _ in self.pushed)]
        wanted += [v for h in part.holders if h.pushed or h.counts for v in h.step.outs]
        steps = needed(part.b.steps, wanted)
        pops = [_pop(v, tape) for v, tape in self.popped]
        pushes = [_push(v, tape) for v, tape in self.pushed]
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
        part.b.own.update(c.out for c in copies)
        return [*pops, *steps, *pushes, *copies, *carries]


def _push(value, tape):
    return Step(OPS["push"], [value], {"tape": tape}, None)


def _pop(value, tape):
    step = Step(OPS["pop"], [], {"tape": tape}, None)
    step.outs = (value,)
    value.step, value.kind = step, "step"
    return step


# ---- while_grad -------------------------------------------------------------------------

def plan_while_grad(s, node, after):
    """The Values of the gradients of a loop: back over its turns, whose values are on tapes."""
    key, outputs, slots, kept, varying = node.get_attr("parts")
    taped = s.root.taped.get(key)
    if taped is None:
        raise NotPlanned("the loop itself is not part of the plan")
    count, wide = len(varying), len(node.outputs) - len(varying)
    values = s.inputs_of(node, after)
    d_slots, turns = slots[len(taped.slots):], taped.bound(s)
    places = [slot_of(taped.slots[i].shape, taped.slots[i].dtype) for i in varying]
    sums = [slot_of(v.shape, strong(v.dtype)) for v in values[count:count + wide]]
    popped = {t: v for t, v in turns.items() if v.kind == "popped"}
    bound = {**dict(zip(node._inputs[count:], values[count:])), **turns,
             **dict(zip(d_slots, places))}
    turn = specialised(s, node, outputs, bound, node.attrs["made"],
                       own=[*places, *sums, *popped.values()])
    found = [value_in(turn, t) for t in outputs]
    results = found[:count] + [turn.b.step("add", a, g) for a, g in zip(sums, found[count:])]
    for v, place in zip(results, [*places, *sums]):
        if v.shape != place.shape or v.dtype != place.dtype:
            raise NotPlanned(f"a gradient of shape {place.shape} becomes {v.shape}")
    starts = [_start(s, v, t) for v, t in zip(values, d_slots)]
    starts += [repeated(v.dtype.type(0), v.shape) for v in sums]
    loop = _Loop(s, node, starts, [*places, *sums], [turn], None)
    loop.results, loop.turns = results, taped.turns()
    if taped.loop.s is s:
        loop.behind = taped.loop.step.outs[:1]
    used = {v for step in needed(turn.b.steps, results) for v in step.inputs} | set(results)
    loop.popped = [(v, taped.tape(t)) for t, v in popped.items() if v in used]
    return loop.finish()


def repeated(number, shape):
    """A constant that repeats one number."""
    return const_value(np.broadcast_to(number, shape))


PLANNED = {"while_": plan_while, "while_grad": plan_while_grad}
