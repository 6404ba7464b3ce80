"""Draws a graph in Graphviz's language: `Graph.export_dot`, a name TensorSlow has.

Variables and placeholders are boxes, operations ellipses; an arrow goes from a value to what
uses it. Only what the user's own lines made is drawn, not the gradients and updates beside it.
"""

import os

from fastgrad.graph.nodes import is_custom

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
    ops = [op for op in self._ops if gradients or _is_users(op)]
    used = {t.op for op in ops for t in op._inputs}
    ops = [op for op in ops if op.type != "constant" or op in used]
    kept, lines = set(ops), ["digraph {"]
    for op in ops:
        kind = "class" if is_custom(op) else op.type
        look = f"shape=box,color={_BOXES[op.type]}" if op.type in _BOXES else "shape=ellipse"
        lines.append(f'  n{op.id} [label="{op.name}\\n{kind}",{look}]')
    lines += [f"  n{t.op.id} -> n{op.id}" for op in ops for t in op._inputs if t.op in kept]
    text = "\n".join([*lines, "}"])
    name = os.fspath(filename_prefix)
    if not name.endswith(".dot"):
        drawn = sum(op.type not in _BOXES for op in ops)
        name = f"{name}{len(self.variables)}var_{drawn}op.dot"
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)
    return text


def _is_users(op):
    if op.type in _BOXES or is_custom(op):
        return not op.name.endswith("/initial_value")
    return op.opdef.pure and op.type != "loss_seed" and not op.name.startswith("gradients")
