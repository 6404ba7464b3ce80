"""Control inputs that keep reads of variables before their updates, in graphs that go out.

A run of this library reads the values that variables had before the run, unless an operation comes
after an update. TensorFlow runs whatever is ready: a product that reads a weight may come after the
step that changes it. So an update waits for what reads its variable and belongs to the same work,
that is, what other operations need that are grouped with the update.
"""

import collections


def written(op):
    """The variables that an operation updates: its first inputs, one an output."""
    if op.opdef is None or not op.opdef.writes:
        return set()
    return {t.op for t in op._inputs[:op.opdef.outputs]}


def behind(op):
    """The operations that one needs, itself among them."""
    todo, needed = [op], set()
    while todo:
        one = todo.pop()
        if one not in needed:
            needed.add(one)
            todo += [t.op for t in one._inputs]
            todo += one.control_inputs
    return needed


def orders(ops):
    """{update: list of operations that it must wait for} among operations of a graph."""
    updates = {op: written(op) for op in ops if written(op)}
    readers = collections.defaultdict(list)
    for op in ops:
        count = op.opdef.outputs if op in updates else 0
        for t in op._inputs[count:]:
            if t.op.op_type == "variable":
                readers[t.op].append(op)
    waits = collections.defaultdict(list)
    for group in [op for op in ops if op.op_type == "group" and len(op.control_inputs) > 1]:
        needed = behind(group)
        mine = [op for op in updates if op in needed]
        if len(mine) > 1:
            for update in mine:
                _wait(update, updates, readers, needed, waits)
    return waits


def _wait(update, updates, readers, needed, waits):
    for variable in updates[update]:
        for reader in readers[variable]:
            if reader is update or reader not in needed or reader in waits[update]:
                continue
            if not _reaches(reader, update, waits):
                waits[update].append(reader)


def _reaches(op, other, waits):
    """Whether `op` comes after `other` already."""
    todo, seen = [op], set()
    while todo:
        one = todo.pop()
        if one is other:
            return True
        if one not in seen:
            seen.add(one)
            todo += [t.op for t in one._inputs]
            todo += [*one.control_inputs, *waits.get(one, ())]
    return False
