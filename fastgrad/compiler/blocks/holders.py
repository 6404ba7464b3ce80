"""Steps that hold blocks, in the making: what a block takes from outside, what it leaves on tapes.

Decisions
- A block is specialised by a Specialiser of its own, whose Builder hands to the one outside what
  does not hang on the block: that is how invariant work leaves a loop.
- What a gradient needs of a block that ran is put on tapes, stacks: blocks inside loops need
  nothing more, since gradients go back in the order in which they were put there.
- A holder's blocks are closed when a plan is scheduled: then all is known that they must leave.
"""

from fastgrad.compiler import families
from fastgrad.compiler.blocks.arrays import NotPlanned
from fastgrad.compiler.blocks.layout import Nested, Tape, port_of
from fastgrad.compiler.builder import Builder
from fastgrad.compiler.fuse import step_reads
from fastgrad.compiler.ir import Step, Value
from fastgrad.compiler.order import changed
from fastgrad.compiler.snapshots import keep_old_values
from fastgrad.errors import FastgradError, MissingFeedError, OpError
from fastgrad.graph.dtypes import TEXT, strong
from fastgrad.graph.opdef import OPS


class Inner(Builder):
    """A Builder of a block: what does not hang on the block goes to the Builder outside.

    Parameters
    ----------
    outer : Builder
    hoists : bool
        Whether the block runs more than once, so that it pays.
    """

    def __init__(self, outer, hoists):
        super().__init__(outer.rules, (), outer.calculate, outer.sizes)
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


# ---- tapes ------------------------------------------------------------------------------

def tapes_of(s, node):
    """[(key, places of what is kept)] for the gradients of a node that this run computes."""
    if not node.attrs["tapes"]:
        return []
    if s.root.staged:
        raise NotPlanned("its gradient may be evaluated in another stage")
    keys = {o.attrs["parts"][0] for o in with_blocks(s.root.order)
            if o.op_type in ("while_grad", "cond_grad")}
    return [(key, places) for key, places in node.attrs["tapes"].items() if key in keys]


def tensors_at(node, places):
    return [node.graph.tensor_at(*place) for place in places]


def with_blocks(operations):
    """The operations, and those that their blocks are made of."""
    todo = list(operations)
    while todo:
        op = todo.pop()
        yield op
        todo += [op.graph.operation_at(i) for i in op.attrs.get("made", ())]


def taped_by(s, key):
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


def _push(value, tape):
    return Step(OPS["push"], [value], {"tape": tape}, None)


def _pop(value, tape):
    step = Step(OPS["pop"], [], {"tape": tape}, None)
    step.outs = (value,)
    value.step, value.kind = step, "step"
    return step
