"""Part: the subgraph that a function builds, evaluated by itself and differentiated.

The branches of `cond` and the bodies of `while_loop` and `map_fn` are Parts.
"""

import numpy as np

from fastgrad.autodiff.gradients import gradients
from fastgrad.errors import ShapeError
from fastgrad.flow.tensor_array import TensorArray
from fastgrad.graph.build import check_truth
from fastgrad.graph.dtypes import strong
from fastgrad.graph.nodes import Node, Tensor, as_tensor
from fastgrad.ops.arithmetic import zeros_like
from fastgrad.ops.cast import cast
from fastgrad.wording import where


class Part:
    """The subgraph that a function builds: its outputs and the tensors it takes from outside.

    Attributes
    ----------
    structure : what the function returned
    outputs : list of Tensor or Operation
    outside : list of Tensor
    before : list of Operation
        Made outside and needed by control dependencies: they run whatever becomes of the part.
    made : set of Operation
        What is evaluated with the part.
    """

    def __init__(self, graph, build):
        first = graph.version
        with graph.control_dependencies(None):
            self.structure = build()
            self.outputs = [_output(n, graph) for n in flat(self.structure)]
        # a variable that the function makes lasts beyond it, and so lies outside
        made = {graph.operation_at(i) for i in range(first, graph.version)}
        variables = {op for op in made if op.op_type == "variable"}
        self.made = made = made - variables - {v.outputs[0].initializer for v in variables}
        outside = {t: None for t in self.outputs if isinstance(t, Tensor) and t.op not in made}
        before = {n: None for n in self.outputs if not isinstance(n, Tensor) and n not in made}
        reached, todo = set(), [getattr(n, "op", n) for n in self.outputs]
        while todo:
            node = todo.pop()
            if node in made and node not in reached:
                reached.add(node)
                outside.update((t, None) for t in node._inputs if t.op not in made)
                before.update((c, None) for c in node.control_inputs if c not in made)
                todo += [t.op for t in node._inputs] + list(node.control_inputs)
        # numbers that a gradient may be asked for; other constants are folded in the part's plan
        self.outside = [t for t in outside if t.op.op_type != "constant" or is_smooth(t)]
        self.before = list(before)

    tensors = property(lambda self: tensors_of(self.outputs))


def is_smooth(tensor):
    return tensor._dtype is not None and strong(tensor._dtype).kind in "fc"


def tensors_of(nodes):
    return [n for n in nodes if isinstance(n, Tensor)]


def run_part(outputs, session, values, known, done):
    """Arrays of the tensors among a part's outputs; its operations run too.

    A part reads variables when it runs, not as they were before the whole run.
    """
    known = {t: v for t, v in known.items() if isinstance(t, Tensor)}
    known_values = {t: np.asarray(v) for t, v in values.items() if t.op.op_type != "variable"}
    computed = session._evaluate(outputs, {**known, **known_values}, done=done)
    return [v for n, v in zip(outputs, computed) if isinstance(n, Tensor)]


def _output(node, graph):
    if isinstance(node, TensorArray):
        return node.flow                        # what orders its writes
    if isinstance(node, Node) and not isinstance(node, Tensor) and not node.outputs:
        return node
    return as_tensor(node, None, graph)


def flat(structure):
    if structure is None:
        return []
    if isinstance(structure, dict):
        return [n for k in sorted(structure) for n in flat(structure[k])]
    if isinstance(structure, (list, tuple)):
        return [n for part in structure for n in flat(part)]
    return [structure]


def refill(structure, values):
    if isinstance(structure, dict):
        return {k: refill(structure[k], values) for k in sorted(structure)}
    if isinstance(structure, (list, tuple)):
        parts = [refill(part, values) for part in structure]
        return type(structure)(*parts) if hasattr(structure, "_fields") else type(structure)(parts)
    value = next(values)
    return structure.with_flow(value) if isinstance(structure, TensorArray) else value


def predicate(tensor, what):
    """Check of a predicate: a TensorFlow graph refuses numbers and vectors."""
    check_truth(tensor, what)
    if tensor.graph.literals == "tf" and tensor._shape not in (None, ()):
        raise ShapeError(f"{what}: {where(tensor)} has shape {tensor._shape}; expected one truth "
                         "value. Reduce it, say with reduce_all.")
    return tensor


def common(a, b):
    if a is None or b is None or len(a) != len(b):
        return None
    return tuple(m if m == n else None for m, n in zip(a, b))


def part_gradients(pairs, wanted):
    """Gradients of a part from its results, `pairs` of (tensor, its gradient), to its inputs.

    Paths from one of `wanted` to another outside the part are differentiated by the caller. A
    gradient has the dtype of what it is for, whatever it is a sum of: both branches of a `cond`
    give one.
    """
    ys, dys = [y for y, _ in pairs], [dy for _, dy in pairs]
    dxs = gradients(ys, wanted, dys, stop_gradients=wanted) if ys else [None] * len(wanted)
    return [zeros_like(t) if g is None else _as(g, t) for t, g in zip(wanted, dxs)]


def _as(gradient, tensor):
    g = as_tensor(gradient)
    if tensor._dtype is None or g._dtype is None or strong(g._dtype) == strong(tensor._dtype):
        return g
    return cast(g, strong(tensor._dtype))
