"""What a run does for a TensorArray: session operations on the arrays that the session keeps.

Each takes the handle first, and after what it works on the flow (see `tensor_array`).
"""

import functools

import numpy as np

from fastgrad.errors import KernelError
from fastgrad.flow.control import session_op
from fastgrad.flow.elements import Elements, RefusedError
from fastgrad.graph.dtypes import FLOAT32, INT32, INT64
from fastgrad.wording import where

FLOW = np.zeros((), FLOAT32)


# ---- what a run does --------------------------------------------------------------------

def _array_op(evaluate):
    """A session op that is given the array that its first input means, and returns a list."""
    @functools.wraps(evaluate)
    def words(session, node, inputs, known, done):
        handle, *values = inputs
        elements = session.arrays.get(int(handle))
        if elements is None:
            raise KernelError(f"{where(node)}: its array was not made in this run: was the handle "
                              "fed?", node)
        try:
            return evaluate(session, node, elements, *map(np.asarray, values))
        except RefusedError as e:
            raise KernelError(f"{where(node)}: {e}", node) from None
    opdef = session_op(words)
    opdef.node = _node_type(opdef.type)
    return opdef


def _node_type(name):
    """TensorFlow's type: its third version of these operations."""
    return "".join(map(str.capitalize, name.split("_"))) + "V3"


def _kept(session, elements):
    """The number of an array that the session keeps for the rest of the run."""
    number = len(session.arrays) + 1
    session.arrays[number] = elements
    return np.array(number, INT64)


@session_op
def tensor_array(session, node, inputs, known, done):
    a = node.attrs
    try:
        elements = Elements(a["dtype"], int(inputs[0]), a["shape"], a["same"], a["dynamic"],
                            a["clears"])
    except RefusedError as e:
        raise KernelError(f"{where(node)}: {e}", node) from None
    return [_kept(session, elements), FLOW]


tensor_array.node = _node_type("tensor_array")


@_array_op
def tensor_array_grad(session, node, elements, flow):
    source = node.attrs["source"]
    if source not in elements.slopes:
        elements.slopes[source] = int(_kept(session, elements.slope()))
    return [np.array(elements.slopes[source], INT64)]


@_array_op
def tensor_array_write(session, node, elements, index, value, flow):
    elements.write(int(index), value)
    return [FLOW]


@_array_op
def tensor_array_scatter(session, node, elements, indices, value, flow):
    elements.scatter(indices, value)
    return [FLOW]


@_array_op
def tensor_array_split(session, node, elements, value, lengths, flow):
    elements.split(value, lengths)
    return [FLOW]


@_array_op
def tensor_array_read(session, node, elements, index, flow):
    return [elements.read(int(index))]


@_array_op
def tensor_array_gather(session, node, elements, indices, flow):
    return [elements.gather(indices, node.attrs["shape"])]


@_array_op
def tensor_array_concat(session, node, elements, flow):
    return list(elements.concat(node.attrs["shape"]))


@_array_op
def tensor_array_size(session, node, elements, flow):
    return [np.array(len(elements), INT32)]


@_array_op
def tensor_array_close(session, node, elements):
    elements.closed = True
    return []
