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

from fastgrad.compiler import arrays, families
from fastgrad.compiler.arrays import NotPlanned
from fastgrad.compiler.blocks import Block, Nested, Tape, carried, filled, port_of, slot_of
from fastgrad.compiler.builder import Builder
from fastgrad.compiler.fuse import step_reads
from fastgrad.compiler.ir import Step, Value, const_value, root_of
from fastgrad.compiler.order import changed
from fastgrad.compiler.snapshots import keep_old_values, snapshot_of
from fastgrad.errors import FastgradError, MissingFeedError, OpError
from fastgrad.graph.dtypes import BOOL, INT64, TEXT, strong
from fastgrad.graph.nodes import Tensor
from fastgrad.graph.opdef import OPS


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


def specialised(outer, node, fetches, bound, made, hoists=True, own=(), forward=None):
    """A Specialiser that has visited what `fetches` need inside a block.

    Parameters
    ----------
    outer : Specialiser of what the block lies in
    bound : dict of Tensor to Value, what the block takes
    made : set of ids of the operations that the block may be made of
    own : Values among the bound ones that hang on the block
    forward : Specialiser of the turn that this one goes back over
    """
    builder = Inner(outer.b, hoists)
    builder.own.update(own)
    inner = outer.inside(fetches, bound, _Outside(made), builder)
    inner.forward = forward
    try:
        for op in inner.order:
            inner.visit(op)
    except MissingFeedError:
        raise
    except (FastgradError, OpError) as e:       # a turn that runs may fail; none need run
        raise NotPlanned(str(e)) from e
    if inner.dynamic or any(v.dtype == TEXT for step in builder.steps for v in step.outs):
        raise NotPlanned(f"{inner.dynamic} inside {node.name}")
    for op, value in inner.newest.items():
        if value.shape != inner.root._variable(op).shape:
            raise NotPlanned(f"{op.name} changes its shape")
    return inner


def bound_outside(node, tensors, values):
    """{Tensor: Value} that a block takes; the variables that it changes it reads itself."""
    changes = changed(node)
    return {t: v for t, v in zip(tensors, values) if t.op not in changes}


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
    values = s.inputs_of(node, after)
    outside = bound_outside(node, node._inputs[count:], values[count:])
    starts = [_start(s, v, t) for v, t in zip(values, slots)]
    places = [slot_of(v.shape, v.dtype) for v in starts]
    bound = {**outside, **dict(zip(slots, places))}
    tapes = [(key, _tensors_at(node, places)) for key, places in _tapes_of(s, node)]
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


def _tapes_of(s, node):
    """[(key, places of what is kept)] for the gradients of a node that this run computes."""
    if not node.attrs["tapes"]:
        return []
    if s.root.staged:
        raise NotPlanned("its gradient may be evaluated in another stage")
    keys = {o.attrs["parts"][0] for o in _with_blocks(s.root.order)
            if o.op_type in ("while_grad", "cond_grad")}
    return [(key, places) for key, places in node.attrs["tapes"].items() if key in keys]


def _tensors_at(node, places):
    return [node.graph.tensor_at(*place) for place in places]


def _with_blocks(operations):
    """The operations, and those that their blocks are made of."""
    todo = list(operations)
    while todo:
        op = todo.pop()
        yield op
        todo += [op.graph.operation_at(i) for i in op.attrs.get("made", ())]


def _taped(s, key):
    """What a loop left for the gradient in `s`: the loop lies in a block that `s` lies in as well,
    or in the turn that such a block goes back over."""
    chosen = False                      # whether the gradient's block runs in some turns only
    while s is not None:
        for level in (s, s.forward):
            if level is not None and key in level.taped:
                if chosen and s.outer is not None:
                    break               # what it leaves in the other turns would stay on the tapes
                return level.taped[key]
        chosen = chosen or s.outer is not None and not s.b.hoists
        s = s.outer
    raise NotPlanned("the loop itself is not part of the plan")


class Taped:
    """What a block can leave on tapes for a gradient.

    Attributes
    ----------
    holder : Holder
    part : Specialiser of the block
    values : dict Tensor -> Value that the block has
    slots : list of Value, the loop variables at the beginning of a turn
    tapes : dict Value -> Tape
    """

    def __init__(self, holder, part, values, slots=()):
        self.holder, self.part, self.values, self.tapes = holder, part, values, {}
        self.slots = slots

    def bound(self, s):
        """{Tensor: Value in a block of `s`} of what the turns had; those that lie on tapes are new.

        What does not hang on the block is taken as it is, where it can be seen from `s`.
        """
        hang, popped = self.part.b.own, {}
        for v in self.values.values():
            if v.kind == "const" or s is self.holder.s and v not in hang and v.kind != "slot":
                popped[v] = v
            elif v not in popped:
                popped[v] = Value(v.shape, v.dtype, "popped")
        return {t: popped[v] for t, v in self.values.items()}

    def tape(self, tensor):
        """The tape of a tensor's values."""
        value = self.values[tensor]
        if value not in self.tapes:
            self.tapes[value] = Tape()
            self.holder.pushed[self.part].append((value, self.tapes[value]))
        return self.tapes[value]

    def turns(self):
        """The tape of the numbers of turns."""
        self.holder.counts = self.holder.counts or Tape()
        return self.holder.counts

    def pop(self, holder, part, popped, results):
        """Have a block of `holder` take off what it uses of `popped`, {Tensor: Value}."""
        used = {v for step in needed(part.b.steps, results) for v in step.inputs} | set(results)
        tapes = {v: self.tape(t) for t, v in popped.items() if v in used}
        holder.popped[part] += tapes.items()


class Holder:
    """A Step with blocks in the making; they are closed when all that they must leave is known.

    Attributes
    ----------
    s : Specialiser of what it lies in
    parts : list of Specialiser, of its blocks
    places : list of Value, the results as the blocks see them
    behind : Values that it comes behind, though it reads none of them
    """

    def __init__(self, s, node, type_, taken, places, parts):
        self.s, self.places, self.parts, self.behind = s, places, parts, ()
        versions = s.versions_of(node)
        self.versions = list(versions.values())
        self.step = step = Step(OPS[type_], [], {}, node)
        results = [Value(v.shape, v.dtype, step=step) for v in places]
        news = [Value(v.shape, v.dtype, step=step, source=op) for op, v in versions.items()]
        step.outs = (*results, *news)
        if versions:
            step.attrs["versions"] = self.versions
        taken = [*taken, *(v for part in parts for v in part.fed.values()), *self.versions]
        own = set(places).union(*(part.b.own for part in parts))
        step.inputs = list(dict.fromkeys(
            v for v in taken if v.kind not in ("const", "ghost") and v not in own))
        s.b.append(step)
        step.late = step.late or bool(versions)
        s.holders.append(self)
        s.updates += news
        s.newest.update(zip(versions, news))
        self.results_outside = results
        self.pushed = {part: [] for part in parts}      # [(Value that it puts on a tape, Tape)]
        self.popped = {part: [] for part in parts}      # [(Value that it takes off a tape, Tape)]

    # whether it puts something on tapes
    leaves = property(lambda self: any(self.pushed.values()))

    def steps_of(self, part, wanted, last=()):
        """A block's steps in order: what sees old values of variables, updates, then `last`."""
        pushes = [_push(v, tape) for v, tape in self.pushed[part]]
        pops = [_pop(v, tape) for v, tape in self.popped[part]]
        last = [*pushes, *last]
        wanted = [*wanted, *part.updates, *(v for v, _ in self.pushed[part])]
        wanted += [v for h in part.holders if h.leaves for v in h.step.outs]
        steps = needed(part.b.steps, wanted)
        late = [s for s in steps if s.late]
        for s in last if late else ():
            s.late = True
        steps = [*pops, *(s for s in steps if not s.late), *late, *last]
        return keep_old_values(steps) if late else steps

    def fill(self, ports, blocks, slots, test, own):
        """Put ports in place of what is outside, and give the Step its blocks."""
        inside = set(own)
        for block in blocks:
            inside.update(v for step in block.steps for v in step.outs)
        for block in blocks:
            ports.replace(block.steps, inside)
        if test is not None and test not in inside and test.kind != "slot":
            test = ports.port(test)
        for v in (*self.behind, *self.versions):
            ports.port(v)               # it reads them, or comes behind what makes them
        self.step.inputs = ports.inputs
        self.step.attrs["nested"] = nested = Nested(blocks, ports.ports, slots, test)
        return nested


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
    taped = _taped(s, key)
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


# ---- cond_ ------------------------------------------------------------------------------

class Branch(Holder):
    """A branch in the making: two blocks with a result each for every place."""

    def __init__(self, s, node, test, places, parts, results):
        super().__init__(s, node, "branch", [test], places, parts)
        self.test, self.results = test, results

    def close(self):
        ports, slots, blocks = Ports(), [[] for _ in self.places], []
        for part, results in zip(self.parts, self.results):
            part.close_holders()
            last = [carried(v, place) for v, place in zip(results, self.places)]
            for step, group in zip(last, slots):
                group.append(step.out)
            blocks.append(Block(self.steps_of(part, results, last)))
        own = set().union(*(part.b.own for part in self.parts))
        self.fill(ports, blocks, slots, self.test, own)


def plan_cond(s, node, after):
    """The Values of a cond's results."""
    tapes = [(key, [_tensors_at(node, part) for part in places])
             for key, places in _tapes_of(s, node)]
    test, *values = s.inputs_of(node, after)
    bound = bound_outside(node, node._inputs[1:], values)
    parts = node.get_attr("parts")
    blocks = [specialised(s, node, [*part, *(t for _, kept in tapes for t in kept[i])], bound,
                          node.attrs["made"], hoists=False) for i, part in enumerate(parts)]
    branch = _branch(s, node, test, parts, blocks)
    for key, kept in tapes:
        s.taped[key] = [Taped(branch, block, {t: value_in(block, t) for t in tensors})
                        for block, tensors in zip(blocks, kept)]
    return branch.results_outside


def plan_cond_grad(s, node, after):
    """The Values of the gradients of a cond whose branches leave values on tapes."""
    key, kept, *parts = node.get_attr("parts")
    taped = _taped(s, key)
    test, *values = s.inputs_of(node, after)
    blocks, popped = [], []
    for part, left in zip(parts, taped):
        turns = left.bound(s)
        popped.append({t: v for t, v in turns.items() if v.kind == "popped"})
        bound = {**bound_outside(node, node._inputs[1:], values), **turns}
        blocks.append(specialised(s, node, part, bound, node.attrs["made"], hoists=False,
                                  own=popped[-1].values(), forward=left.part))
    branch = _branch(s, node, test, parts, blocks)
    for left, block, mine, results in zip(taped, blocks, popped, branch.results):
        left.pop(branch, block, mine, results)
    if taped[0].holder.s is s:
        branch.behind = taped[0].holder.step.outs[:1]
    return branch.results_outside


def _branch(s, node, test, parts, blocks):
    if test.size != 1:
        raise NotPlanned("a predicate of several elements")
    results = [[value_in(block, t) for t in part if isinstance(t, Tensor)]
               for block, part in zip(blocks, parts)]
    for a, b in zip(*results):
        if a.shape != b.shape or a.dtype != b.dtype:
            raise NotPlanned(f"branches of shapes {a.shape} and {b.shape}")
    if test.dtype is not BOOL:
        test = s.b.convert(test, BOOL)
    places = [slot_of(v.shape, v.dtype) for v in results[0]]
    return Branch(s, node, test, places, blocks, results)


def repeated(number, shape):
    """A constant that repeats one number."""
    return const_value(np.broadcast_to(number, shape))


PLANNED = {**arrays.PLANNED, "while_": plan_while, "while_grad": plan_while_grad,
           "cond_": plan_cond, "cond_grad": plan_cond_grad}
