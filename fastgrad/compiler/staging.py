"""What a run must evaluate first, where shapes depend on values: the stage before a plan.

A plan of its own runs `Staging.fetches`, then its operations are evaluated in Python, and what is
left is planned with their values fed.
"""

from fastgrad.compiler.order import behind, changed, written
from fastgrad.graph.nodes import Tensor


BRANCHES = ("cond_", "cond_grad")       # they read variables when they run


class Staging:
    """What must be evaluated before the rest can be planned.

    Attributes
    ----------
    ops : operations to evaluate in Python
    fetches : tensors to run first: the inputs of `ops`, then `crossing`
    crossing : tensors made on the way that the rest needs too
    effects : operations on the way that must not run again: they changed something
    old : variable operations that the effects write and that the rest reads as they were before
    after : dict operation -> the updates of the whole run that it comes after
    sizes : Sizes of the feeds that change, or None
    """

    def __init__(self, ops, fetches, crossing, effects, old, after):
        self.ops, self.fetches, self.crossing = ops, fetches, crossing
        self.effects, self.old, self.after = effects, old, after
        self.sizes = None

    def close(self, sizes):
        """It is made; `sizes` say for which shapes it is right, None for those alone."""
        self.sizes = sizes
        if sizes is not None:
            sizes.close()


class Before:
    """What stands among fed tensors for a variable as it was before the run.

    Of a variable that an earlier stage of the run has written, for readers of the version before.
    """

    __slots__ = ("op",)

    def __init__(self, op):
        self.op = op

    def __eq__(self, other):
        return isinstance(other, Before) and other.op is self.op

    def __hash__(self):
        return hash(("before", self.op))

    _out = property(lambda self: self.op.outputs[0]._out)


def staging_of(s, sources):
    """What to evaluate first: what the dynamic operations wait for, then their inputs.

    Parameters
    ----------
    s : Specialiser
        That has visited all operations, and found `dynamic` ones.
    sources : op types that runs start from
    """
    before = [c for o in s.dynamic for c in o.control_inputs if c not in s.done]
    ops = [] if before else list(s.dynamic)
    inputs = before or [t for o in ops for t in needed_inputs(o)]
    inside = behind(inputs, s.fed, s.done)
    gone = inside | set(ops)
    wanted = {f for f in s.fetches if isinstance(f, Tensor)}
    for node in s.order:
        if node not in gone:
            wanted.update(node._inputs)
    crossing = [t for o in s.order if o in inside and o.op_type not in sources
                for t in o.outputs if t in wanted and t not in s.fed]
    effects = [o for o in s.order if o in inside and o in s.writers] + before
    effects += [o for o in ops if not o.outputs]
    return Staging(ops, list(dict.fromkeys(inputs + crossing)), crossing, effects,
                   _read_before(s, [*effects, *ops], inside), s.after)


def _read_before(s, effects, inside):
    """The variables that `effects` write and that what is left reads as the run finds them."""
    gone = {v for o in effects for v in changed(o)}
    if not gone:
        return []
    readers = [(f, ()) for f in s.fetches if isinstance(f, Tensor)]
    for node in s.order:
        if node not in inside and node.op_type not in BRANCHES:
            first = len(written(node))
            readers += [(t, s.after.get(node, ())) for t in node._inputs[first:]]
    return list(dict.fromkeys(t.op for t, after in readers if t.op in gone
                              and t not in s.fed
                              and not any(t.op in changed(w) for w in after)))


def needed_inputs(node):
    """What must be run before a node is evaluated in a stage; variables are read at its place."""
    return [t for t in node._inputs if t.op.op_type != "variable"]
