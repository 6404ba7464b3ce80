"""From the graph to scheduled Steps for one set of fetches and fed shapes.

The passes here: *prune and order* (iterative, so that long chains work), *specialise* (every
shape and dtype becomes known; the Builder rewrites as it goes), *schedule* (steps that nothing
needs go, and everything that reads old values runs before the first update).

Shapes that depend on values (a user's Python operation, a reshape to a computed shape) cannot be
known here. Then the result is a Staging: which operations to evaluate first, by a plan of
their own, before what is left can be planned with their values fed.
"""


from fastgrad.errors import MissingFeedError, StateError
from fastgrad.wording import where
from fastgrad.compiler import blocks, families
from fastgrad.compiler.shown import variable_shown
from fastgrad.compiler.order import assigns_first, changed, order_of, written
from fastgrad.graph.nodes import Tensor, is_custom
from fastgrad.compiler.ir import Step, Value, root_of, variable_of
from fastgrad.graph.reference import evaluate
from fastgrad.graph.dtypes import strong
from fastgrad.compiler.snapshots import keep_old_values, snapshot_of
from fastgrad.compiler.staging import Before, staging_of


class Body:
    """Scheduled steps.

    Attributes
    ----------
    steps : list of Step, in the order of running
    results : list of Value, one for each fetched tensor
    feeds : list of Value
    variables : dict variable operation -> Value
    """

    def __init__(self, steps, results, feeds, variables):
        self.steps, self.results = steps, results
        self.feeds, self.variables = feeds, variables


class Specialiser:
    """Builds the steps of one plan.

    Parameters
    ----------
    fetches : list of Tensor or Operation
    feeds : dict Tensor -> (dtype, shape)
    store : Store
    builder : Builder
    done : operations that ran in an earlier stage of the same run
    streams : Streams, the session's random generators
    after : what the first Staging of the run says of order, in later stages
    bound : dict Tensor -> Value, in place of `feeds` for a block: what it takes from outside
    outer : Specialiser of what a block lies in, if it is one
    staged : bool
        Whether this is one of several stages of a run: what loops leave is then the session's.
    """

    def __init__(self, fetches, feeds, store, builder, done=(), streams=None, after=None,
                 bound=None, outer=None, staged=False):
        self.fetches, self.store, self.b = fetches, store, builder
        self.streams = streams
        self.outer, self.blocks = outer, []
        self.staged = staged
        self.holders, self.taped, self.forward = [], {}, None       # see `blocks`
        self.arrays = {}                # of TensorArrays
        self.order, self.done = order_of(fetches, bound or feeds, done), done
        self.feeds = [Value(shape, dtype, "feed", source=i)
                      for i, (dtype, shape) in enumerate(feeds.values())]
        self.env = dict(zip(feeds, self.feeds)) if bound is None else dict(bound)
        self.fed = feeds if bound is None else bound
        self.variables = {}
        self.writers = {o: changed(o) for o in self.order if changed(o)}
        self.order = assigns_first(self.order, self.writers)
        self.after = dict(after or {})  # operation -> update operations it comes after
        self.blocked = set()            # operations behind one that must be evaluated first
        self.dynamic = []
        self.updates = []
        self.newest = {}                # variable operation -> its Value after the updates so far

    def run(self):
        """A Body, or a Staging."""
        for node in self.order:
            self.visit(node)
        if self.dynamic:
            return staging_of(self, _SOURCES)
        self.close_holders()
        return self._schedule()

    # ---- blocks ----
    root = property(lambda self: self if self.outer is None else self.outer.root)

    def inside(self, fetches, bound, done, builder):
        """A Specialiser of a block, which takes `bound` from here."""
        inner = Specialiser(fetches, {}, self.store, builder, done, self.streams, None, bound, self)
        self.root.blocks.append(inner)
        return inner

    def release(self):
        """Let go of what blocks and the Steps that hold them know of each other: a ring."""
        for s in (self, *self.blocks):
            for ring in (s.holders, s.taped, s.arrays, s.blocks):
                ring.clear()

    def inputs_of(self, node, after):
        """The Values of an operation's inputs."""
        self.b.op = node
        return [self._read(t, node, i, after) for i, t in enumerate(node._inputs)]

    def close_holders(self):
        """Fill the Steps that hold blocks, once all that they must leave is known."""
        for holder in self.holders:
            holder.close()

    def _planned(self, node, after):
        """Whether a loop or a branch could be made a Step of this plan."""
        plan = blocks.PLANNED.get(node.op_type) if self.b.nests else None
        if plan is None:
            return False
        try:
            made = plan(self, node, after)
        except (blocks.NotPlanned, StateError):  # what was made for it is not needed
            return False
        for t, value in zip(node.outputs, made):
            self.env.setdefault(t, value)
        return True

    def versions_of(self, node):
        """The variables that an operation with blocks changes: {operation: its Value before}."""
        return {op: self.newest.get(op) or self._variable(op) for op in self.writers.get(node, ())}

    def visit(self, node):
        if node.outputs and all(t in self.env for t in node.outputs):
            return                                                   # fed
        after = self._comes_after(node)
        if any(t.op in self.blocked for t in node._inputs if t not in self.env) or any(
                c in self.blocked for c in node.control_inputs):
            self.blocked.add(node)
        elif is_custom(node):
            self._stage(node)
        elif node.opdef.dynamic:
            if not self._at_once(node) and not self._planned(node, after):
                self._stage(node)
        elif node.op_type in _SOURCES:
            _SOURCES[node.op_type](self, node)
        elif node.outputs or node.op_type != "group":
            self._build(node, after)

    def _comes_after(self, node):
        """The updates that `node` depends on; the node itself if it is one."""
        after = frozenset()
        for dep in (*(t.op for t in node._inputs if t not in self.env or t.op in self.after),
                    *node.control_inputs):
            after |= self.after.get(dep, frozenset())
        if node in self.writers:
            after |= {node}
        if after:
            self.after[node] = after
        return after

    def _at_once(self, node):
        """Evaluate a dynamic op now if it hangs on constants alone; whether that was so."""
        inputs = [self.env.get(t) for t in node._inputs]
        if not node.opdef.pure or any(v is None or not v.known for v in inputs):
            return False
        arrays = evaluate(node, [v.const for v in inputs], calculate=self.b.calculate)
        for t, array in zip(node.outputs, arrays):
            self.env[t] = Value(array.shape, array.dtype, "const", const=array)
        return True

    def _stage(self, node):
        self.blocked.add(node)
        self.dynamic.append(node)

    # ---- one operation ----
    def _build(self, node, after):
        b, opdef = self.b, node.opdef
        b.op = node
        inputs = [self._read(t, node, i, after) for i, t in enumerate(node._inputs)]
        if any(not inputs[i].known for i in opdef.static):
            self._stage(node)
            return
        if families.of(opdef).foreign:
            outs = self._python_step(node, inputs)
        else:
            outs = b.build(opdef, inputs, self._attrs(node))
        for t, v in zip(node.outputs, outs):
            if t not in self.env:
                self.env[t] = v
        if node in self.writers:
            self.updates.append(outs[0])
            for variable, value in zip(self.writers[node], outs):
                value.source, self.newest[variable] = variable, value

    def _attrs(self, node):
        """The node's attributes, and for a random operation its generator."""
        if node.opdef.draw is None:
            return node.attrs
        return {**node.attrs, "_generator": self.streams.of(node)}

    def _read(self, tensor, node, index, after):
        """The Value of an input; of a variable the version that this operation must see."""
        op = tensor.op
        if index < len(written(node)):
            return self.newest.get(op) or self._variable(op, self._new_shape(node))
        if tensor in self.env:
            return self.env[tensor]
        if any(op in changed(w) for w in after if w is not node):
            return self.newest.get(op) or self._variable(op)
        return self._found(op)

    def _found(self, op):
        """A variable as the run finds it."""
        if self.outer is not None:
            changes = any(op in variables for variables in self.writers.values())
            return self._variable(op) if changes else self.outer._found(op)
        return self.env.get(Before(op)) or self._variable(op)

    def _variable(self, op, shape=None):
        """The Value of a variable; `shape` is what an update is about to give it."""
        value = self.variables.get(op)
        if self.outer is not None:
            return self._variable_in_block(op) if value is None else value
        if value is not None:
            if shape is None and not self.store.has(op):
                self._old_of_fresh(op, value)
            return value
        if self.store.has(op) or shape is None:
            buffer = self.store.buffer(op)
            value = Value(buffer.shape, buffer.dtype, "var", source=op)
        else:
            value = Value(shape, op.attrs["dtype"], "var", source=op)
        self.variables[op] = value
        return value

    def _variable_in_block(self, op):
        """A variable as a turn, or a branch, finds it."""
        if not self.store.has(op):
            raise blocks.NotPlanned(f"{op.name} has no value yet")
        found = self.root._variable(op)
        self.variables[op] = value = Value(found.shape, found.dtype, "var", source=op)
        self.b.own.add(value)
        return value

    def _old_of_fresh(self, op, value):
        """Make the initial value of a variable that this run assigns but also reads before."""
        buffer = self.store.buffer(op)
        if buffer.shape != value.shape:
            raise StateError(f"{where(op)} has shape {buffer.shape} and is given shape "
                             f"{value.shape} in the run that reads it; use two runs.", op)

    def _new_shape(self, node):
        """The shape an assign gives a variable that has no value yet; None for other updates."""
        if node.op_type != "assign":
            return None
        declared = node._inputs[0]._shape
        if declared is not None and None not in declared:
            return declared                     # a value of another shape is the build's error
        value = self.env.get(node._inputs[1])
        return None if value is None else value.shape

    def _python_step(self, node, inputs):
        """The gradient of a user's operation by arrays: shapes are those of its inputs."""
        step = Step(node.opdef, inputs, node.attrs, node)
        dy = inputs[-1]
        step.outs = tuple(
            Value(v.shape, v.dtype if v.dtype.kind == "f" else dy.dtype, step=step)
            for v in inputs[:len(node.outputs)])
        self.b.append(step)
        return step.outs

    # ---- schedule ----
    def _schedule(self):
        """Needed steps only; all that see old values first, then updates and what follows."""
        wanted = [f for f in self.fetches if isinstance(f, Tensor)]
        values = [self._fetched(t) for t in wanted]
        early, late = self._copies(values)
        left = [v for h in self.holders if h.leaves for v in h.step.outs]
        needed = self._needed(values + self.updates + left + [s.inputs[0] for s in early + late])
        steps = [s for s in self.b.steps if s in needed and not s.late] + early
        after = {}
        for s in late:
            after.setdefault(s.inputs[0].step, []).append(s)
        for s in self.b.steps:
            if s in needed and s.late:
                steps += [s, *after.pop(s, ())]
        for rest in after.values():
            steps += rest
        steps = keep_old_values(steps)
        for i, s in enumerate(steps):
            s.index = i
        results = [self._own.get(i, v) for i, v in enumerate(values)]
        return Body(steps, results, self.feeds, self.variables)

    def _fetched(self, tensor):
        shown = variable_shown(tensor, [*self.writers, *self.done], self.after, self.fed)
        if shown is not None:
            value = self.newest.get(shown) or self._variable(shown)
        else:
            value = self.env.get(tensor) or self._found(tensor.op)
        if strong(value.dtype) is not value.dtype:
            value = self.b.convert(value, strong(value.dtype))
        return value

    def _copies(self, values):
        """Copy steps for results that no step of their own would make in a fresh array."""
        self._own, early, late, taken = {}, [], [], set()
        for i, v in enumerate(values):
            root = root_of(v)
            if root.step is not None and root not in taken and variable_of(root) is None:
                taken.add(root)
                continue
            step = snapshot_of(v)
            (late if step.late else early).append(step)
            self._own[i] = step.outs[0]
        return early, late

    def _needed(self, values):
        needed, todo = set(), [v.step for v in values if v.step is not None]
        while todo:
            step = todo.pop()
            if step not in needed:
                needed.add(step)
                todo.extend(v.step for v in step.inputs if v.step is not None)
        return needed


# ---- operations that a run starts from --------------------------------------------------

def _placeholder(s, node):
    x = node.outputs[0]
    like = x._shape if x._shape is not None else "any shape"
    kind = x._dtype.name if x._dtype is not None else "any dtype"
    raise MissingFeedError(
        f"You must feed a value for {where(node)}: {kind}, shape {like}. "
        f"Pass feed_dict={{{node.name}: value}} to run().", node)


def _constant(s, node):
    array = node.attrs["value"]
    s.env[node.outputs[0]] = Value(array.shape, node.attrs["weak"] or array.dtype, "const",
                                   const=array)


def _read_later(s, node):
    """Nothing here: what an operation reads of it is looked up at that place (`Specialiser._read`).

    A variable that is only assigned need not have a value; a summary's value is made after the run.
    """


_SOURCES = {"placeholder": _placeholder, "constant": _constant, "variable": _read_later,
            "summary_": _read_later}
