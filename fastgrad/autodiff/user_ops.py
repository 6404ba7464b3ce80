"""Gradient functions of the user's own operations that work on arrays, called at each run."""

import numpy as np

from fastgrad.errors import GradientError
from fastgrad.graph.literals import array_of
from fastgrad.graph.nodes import Node, Tensor
from fastgrad.graph.registry import op
from fastgrad.wording import where


class OpValues:
    """What a gradient function in the tutorial's style sees of its operation.

    `inputs` and `output` are values (arrays, or tensors while the graph is built);
    everything else is the operation's own.
    """

    def __init__(self, op, inputs, output):
        self._op, self.inputs, self.output = op, inputs, output
        self.outputs = [output]

    def __getattr__(self, name):
        return getattr(self._op, name)


def _only_nodes(result):
    """Refuse arrays: a rule that made one from tensors has not used them."""
    for r in result if isinstance(result, (list, tuple)) else [result]:
        if isinstance(r, np.ndarray) or not isinstance(r, (Node, type(None), int, float)):
            raise TypeError(f"the gradient function returned {type(r).__name__}")
    return result


@op(None, dtype=None, form="python", outputs=2)
def python_gradient(*values, op=None, rule=None, why=None):
    """The gradient of a user's operation whose rule works on arrays."""


def compute_gradient_values(values, op, rule):
    """Call a rule with arrays; one array an input, in the input's shape.

    Raises
    ------
    GradientError
        If the rule returns a wrong number of values, a shape that does not fit, or complex numbers
        for an input of real ones: their imaginary part would be lost.
    """
    *inputs, output, dy = values
    result = rule(OpValues(op, list(inputs), output), dy)
    result = list(result) if isinstance(result, (list, tuple)) else [result]
    if len(result) != len(inputs):
        raise GradientError(f"the gradient of {where(op)} returned {len(result)} values for "
                            f"{len(inputs)} inputs; return one for each.")
    return [_summed(op, i, x, dx) for i, (x, dx) in enumerate(zip(inputs, result))]


def _summed(op, index, x, dx):
    if dx is None:
        return np.zeros(x.shape, x.dtype if x.dtype.kind == "f" else np.float64)
    if isinstance(dx, Tensor):
        raise GradientError(f"the gradient of {where(op)} returned a node for arrays.")
    dx = array_of(dx)               # refuses masked elements and objects
    if dx.dtype.kind not in ("fiubc" if x.dtype.kind == "c" else "fiub"):
        raise GradientError(f"the gradient of {where(op)} for input {index} has dtype {dx.dtype}; "
                            f"expected real numbers, for an input of dtype {x.dtype}. Take the "
                            "real part, or whatever the gradient is, in the rule.")
    lead = dx.ndim - x.ndim
    try:
        fits = lead >= 0 and np.broadcast_shapes(dx.shape, x.shape) == dx.shape
    except ValueError:
        fits = False
    if not fits:
        raise GradientError(f"the gradient of {where(op)} for input {index} has shape "
                            f"{dx.shape}; expected {x.shape}.")
    axes = tuple(range(lead)) + tuple(
        i for i, d in enumerate(x.shape, lead) if d == 1 and dx.shape[i] != 1)
    return dx.sum(axes, keepdims=True).reshape(x.shape)
