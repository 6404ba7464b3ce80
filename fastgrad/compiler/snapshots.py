"""Snapshots: copies of variables' values that are needed after the variable has been written again.

A value that lies in a variable's memory, or is a view of it, is there only until the next update
of that variable. Reading it costs nothing as long as all readers run before. `keep_old_values` is
the pass that finds the others, and gives them a copy that is made while the value is still there.
"""

from fastgrad.compiler.ir import Step, Value, root_of, targets_of, variable_of
from fastgrad.graph.opdef import OPS
from fastgrad.graph.registry import op


@op(lambda s, a: s[0], form="move", ref=lambda x: x, pure=False)
def _snapshot(x):
    """A copy of its own: of an old value, or of what a result must not alias."""


def snapshot_of(value):
    """A Step that copies `value`; it is not scheduled yet."""
    step = Step(OPS["snapshot"], [value], {}, None)
    step.outs = (Value(value.shape, value.dtype, step=step),)
    step.late = value.step is not None and value.step.late
    return step


def keep_old_values(steps):
    """The steps, with copies of what is read after it was written over.

    Parameters
    ----------
    steps : list of Step in the order of running, none of which that is not late behind one that is

    Notes
    -----
    A version is over when the step that writes the next one runs. Its copy is made just before; of
    the version that a run finds, before the first update of all, so that what is late stays behind.
    """
    first_late = next((i for i, s in enumerate(steps) if s.late), len(steps))
    over = {}                   # root Value -> place of the step that writes over it
    copies = {}                 # value -> Step that copies it
    before = {}                 # place -> copies to make there
    for i, step in enumerate(steps):
        targets = targets_of(step)
        written = {variable_of(step.inputs[j]) for j in targets} if _reads_again(step) else ()
        for j, v in enumerate(step.inputs):
            variable = variable_of(v)
            if variable is None or j in targets:
                continue
            root = root_of(v)
            if root not in over and variable not in written:
                continue
            if v not in copies:
                copies[v] = snapshot_of(v)
                place = over.get(root, i) if copies[v].late else first_late
                before.setdefault(place, []).append(copies[v])
            step.inputs[j] = copies[v].out
        for j in targets:
            over[root_of(step.inputs[j])] = i
    if not before:
        return steps
    return [s for i, step in enumerate(steps) for s in (*before.get(i, ()), step)]


def _reads_again(step):
    """Whether an update reads an element of an operand after it has written others.

    Then the operand must not lie in the memory that it writes. An update element by element of one
    variable has read each element before it writes it.
    """
    return "versions" in step.attrs or step.opdef.writes and (
        len(step.outs) > 1 or "indices" in step.opdef.tensors)
