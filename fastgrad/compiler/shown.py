"""Which variable a fetch shows, as the run leaves it."""


def variable_shown(tensor, updates, after, fed):
    """The variable whose value at the end of the run a fetch shows, or None.

    In TensorFlow the fetch of a variable, or of an identity of it, is the variable's own memory, so
    that beside a training step it holds the updated value. An identity that the graph puts
    before or after an update is a value: the one that the variable has at that place.

    Parameters
    ----------
    updates : the operations of the run that write variables
    after : dict of operation to the updates that it comes after
    """
    if tensor.graph.literals != "tf":
        return None
    copies = []
    while tensor.op.type == "identity" and tensor not in fed:
        copies.append(tensor.op)
        tensor = tensor.op._inputs[0]
    if tensor.op.type != "variable" or tensor in fed:
        return None
    mine = {u for u in updates if tensor in u._inputs[:u.opdef.outputs]}
    ordered = any(mine & after.get(c, frozenset()) for c in copies) or _reaches(mine, copies)
    return None if ordered else tensor.op


def _reaches(ops, wanted):
    """Whether operations need, on whatever way, one of `wanted`."""
    wanted, seen, todo = set(wanted), set(), list(ops) if wanted else []
    while todo:
        op = todo.pop()
        if op in wanted:
            return True
        if op not in seen:
            seen.add(op)
            todo += [t.op for t in op._inputs]
            todo += op.control_inputs
    return False
