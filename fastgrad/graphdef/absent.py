"""Nodes that cannot be built: they are there, with their names, until a run needs them."""

from fastgrad.errors import FastgradError, UnimplementedError
from fastgrad.flow.control import add_session_op, session_op
from fastgrad.graphdef.registry import dtype_of
from fastgrad.graph.registry import NotDifferentiable
from fastgrad.wording import where


class AbsentNodeError(FastgradError, UnimplementedError):
    """A run needs a node of a file whose type has no builder."""

    def __init__(self, message, op=None):
        UnimplementedError.__init__(self, message, op)


@session_op
def absent_node(session, node, inputs, known, done):
    raise AbsentNodeError(f"{where(node)} is a node of type {node.attrs['type']!r}, "
                          f"{node.attrs['why']}", node)


NotDifferentiable("absent_node")

NO_BUILDER = ("which has no builder. Add one: @fastgrad.RegisterImport({type!r}) above a function "
              "of the node that returns its outputs as tensors.")
REFUSED = {
    "PyFunc": "Python code of the program that wrote the file, which a file cannot hold. Feed its "
              "output, or map it with input_map.",
}
REFUSED.update(dict.fromkeys(("PyFuncStateless", "EagerPyFunc"), REFUSED["PyFunc"]))
# attributes that say what an output is, by the order of their meaning
_KINDS = ("dtype", "Tout", "out_type", "output_type", "DstT", "T", "_output_types")


def add_absent(node, why, outputs):
    """An operation in place of a node that cannot be built, with so many outputs."""
    number = next((node.type_number(k) for k in _KINDS if node.type_number(k)), 0)
    dtype = dtype_of(number) if number else None
    return add_session_op(absent_node, node.inputs, {"type": node.type, "why": why},
                          [(None, dtype)] * outputs, node.name + "/", node.graph)
