"""refused: a tensor that a graph may have and no run may compute.

TensorFlow builds some operations for which a CPU has no kernel, and says so in the run: its error
is raised at the same place, where programs expect it.
"""

from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.wording import where


def _refuse(session, node, inputs, known, done):
    raise node.attrs["kind"](f"{where(node)}: {node.attrs['message']}", node)


@op(lambda s, a: s[0], evaluate=_refuse, pure=False, dynamic=True, name="Identity")
def _refused(x, kind=None, message=""):
    pass


@RegisterGradient("refused")
def refused_gradient(op, dy):
    return dy


def refused(x, kind, message):
    """`x`, whose computation raises an error of the class `kind`; a gradient can be built."""
    return _refused(as_tensor(x), kind=kind, message=message)
