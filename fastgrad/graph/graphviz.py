"""Draws a graph in Graphviz's language: `Graph.export_dot`, a name TensorSlow has.

Variables and placeholders are boxes, operations ellipses; an arrow goes from a value to what
uses it. Only what the user's own lines made is drawn, not the gradients and updates beside it.
"""

import os

from fastgrad.graph.nodes import Tensor, is_custom

_BOXES = {"variable": "blue", "placeholder": "darkgreen", "constant": "gray"}


def export_dot(self, filename_prefix="graph_", gradients=False):
    """Write the graph as a Graphviz file and return its text.

    Parameters
    ----------
    filename_prefix : str or path
        The file's name if it ends in `.dot`; else the file is
        `<prefix><variables>var_<operations>op.dot`, as in TensorSlow.
    gradients : bool
        Also draw what `gradients`, `minimize` and initialisers have added.

    Returns
    -------
    str
    """
    ops = drawn(self, gradients)
    drawn_ops, lines = set(ops), ["digraph {"]
    for op in ops:
        kind = "class" if is_custom(op) else op.op_type
        look = f"shape=box,color={_BOXES[op.op_type]}" if op.op_type in _BOXES else "shape=ellipse"
        lines.append(f'  n{op.id} [label="{op.name}\\n{kind}",{look}]')
    lines += [f"  n{t.op.id} -> n{op.id}" for op in ops for t in op._inputs if t.op in drawn_ops]
    text = "\n".join([*lines, "}"])
    name = os.fspath(filename_prefix)
    if not name.endswith(".dot"):
        count = sum(op.op_type not in _BOXES for op in ops)
        name = f"{name}{len(self.variables)}var_{count}op.dot"
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)
    return text


def drawn(graph, gradients=False):
    """The operations that a picture shows: the user's own, and the constants that those use."""
    ops = [op for op in graph._ops if gradients or _is_users(op)]
    if not gradients:
        ops = _without_upkeep(ops)
    used = {t.op for op in ops for t in op._inputs}
    return [op for op in ops if op.op_type != "constant" or op in used]


def _without_upkeep(ops):
    """Less what serves only the updates of variables: an optimizer's slots, rates and powers."""
    kept = set(ops)
    for op in reversed(ops):
        users = [c.op if isinstance(c, Tensor) else c for c in op.consumers]
        if users and not any(u in kept or _is_gradient(u) for u in users):
            kept.discard(op)
    return [op for op in ops if op in kept]


def _is_users(op):
    if op.op_type in _BOXES or is_custom(op):
        return not op.name.endswith("/initial_value")
    return op.opdef.pure and not _is_gradient(op)


def _is_gradient(op):
    return op.op_type == "loss_seed" or op.name.startswith("gradients")
