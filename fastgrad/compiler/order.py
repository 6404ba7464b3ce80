"""The operations that a run needs, in the order in which it takes them."""

from fastgrad.graph.nodes import Tensor


def order_of(fetches, fed, done=()):
    """The operations the fetches need, in topological order; feeding cuts what is behind.

    Those in `done` have run in an earlier stage of the same run.
    """
    return sorted(behind(fetches, fed, done), key=lambda o: o.id)


def behind(nodes, fed=(), done=()):
    """The operations that `nodes`, tensors and operations, need, their own among them.

    Feeding cuts what is behind, and those in `done` have run already.
    """
    todo = [n.op if isinstance(n, Tensor) else n for n in nodes if n not in fed]
    needed = set()
    while todo:
        node = todo.pop()
        if node not in needed and node not in done:
            needed.add(node)
            todo.extend(t.op for t in node._inputs if t not in fed)
            todo.extend(node.control_inputs)
    return needed


def assigns_first(order, writers):
    """The order in which an assign comes before updates of its variable that it does not need.

    Nothing else tells which comes first when a run fetches both. An update adds to the value it
    finds, so that the assign of a value made from the old one must not come behind and undo it;
    TensorFlow starts the assign first, as it waits for less. What an assign needs moves with it.

    Parameters
    ----------
    order : operations in topological order
    writers : dict of operation to the variables it writes
    """
    updated = {v for o, variables in writers.items() if o.op_type != "assign" for v in variables}
    assigns = [o for o in writers if o.op_type == "assign" and writers[o][0] in updated]
    moved = set()
    for node in assigns:
        needed = behind([node])
        if not any(o.op_type != "assign" and writers[node][0] in writers.get(o, ())
                   for o in needed):
            moved |= needed
    if not moved:
        return order
    return [o for o in order if o in moved] + [o for o in order if o not in moved]


def changed(node):
    """The variables that an operation writes, by itself or in a block that it holds."""
    found = dict.fromkeys(written(node))
    for id in node.attrs.get("made", ()) if node.opdef is not None else ():
        found.update(dict.fromkeys(changed(node.graph.operation_at(id))))
    return tuple(found)


def written(node):
    """The variables that an operation writes: its first inputs, one an output."""
    if node.opdef is None or not node.opdef.writes:
        return ()
    return tuple(t.op for t in node._inputs[:node.opdef.outputs])
