"""Which variable a fetch shows, as the run leaves it."""

from fastgrad.compiler.order import behind, changed


def variable_shown(tensor, updates, after, fed):
    """The variable whose value at the end of the run a fetch shows, or None.

    In TensorFlow the fetch of a variable, or of an identity of it, is the variable's own memory, so
    that beside a training step it holds the updated value. An identity that the graph puts
    before or after an update is a value: the one that the variable has at that place.

    Parameters
    ----------
    updates : operations of the run, all that write variables among them
    after : dict of operation to the updates that it comes after
    """
    if tensor.graph.literals != "tf":
        return None
    copies = []
    while tensor.op.op_type == "identity" and tensor not in fed:
        copies.append(tensor.op)
        tensor = tensor.op._inputs[0]
    if tensor.op.op_type != "variable" or tensor in fed:
        return None
    mine = {u for u in updates if tensor.op in changed(u)}
    ordered = copies and (any(mine & after.get(c, frozenset()) for c in copies)
                          or not behind(mine).isdisjoint(copies))
    return None if ordered else tensor.op
