"""Builders of TensorArrays, and of the stacks on which loops keep values for gradients."""

import numpy as np

from fastgrad.errors import KernelError
from fastgrad.flow.control import add_session_op, session_op
from fastgrad.graph.dtypes import FLOAT32, INT32, INT64
from fastgrad.graph.opdef import OPS
from fastgrad.graph.registry import NotDifferentiable
from fastgrad.graphdef.registry import RegisterImport, UnsupportedNodeError
from fastgrad.ops.state import group, identity
from fastgrad.wording import where


def _array_op(node, op_type, inputs, specs, **attrs):
    opdef = OPS.get(op_type)
    if opdef is None:
        raise UnsupportedNodeError(f"there is no operation {op_type!r}.")
    return add_session_op(opdef, inputs, attrs, specs, node.name + "/", node.graph)


@RegisterImport("TensorArrayV3", "TensorArrayV2", "TensorArray")
def tensor_array(node):
    return _array_op(node, "tensor_array", [node.inputs[0]], [((), INT64), ((), FLOAT32)],
                     dtype=node.dtype("dtype"), shape=node.attr("element_shape"),
                     same=bool(node.attr("identical_element_shapes", False)),
                     dynamic=bool(node.attr("dynamic_size", False)),
                     clears=bool(node.attr("clear_after_read", True)))


@RegisterImport("TensorArrayGradV3", "TensorArrayGradV2", effect=True)
def tensor_array_grad(node):
    made = _array_op(node, "tensor_array_grad", node.inputs, [((), INT64)], dtype=None,
                     source=node.attr("source", ""))
    with node.graph.control_dependencies([made]):
        return [made.outputs[0], identity(node.inputs[1])]


@RegisterImport("TensorArrayWriteV3", effect=True)
def tensor_array_write(node):
    return _array_op(node, "tensor_array_write", node.inputs, [((), FLOAT32)],
                     dtype=node.dtype("T"))


@RegisterImport("TensorArrayScatterV3", effect=True)
def tensor_array_scatter(node):
    return _array_op(node, "tensor_array_scatter", node.inputs, [((), FLOAT32)],
                     dtype=node.dtype("T"))


@RegisterImport("TensorArraySplitV3", effect=True)
def tensor_array_split(node):
    return _array_op(node, "tensor_array_split", node.inputs, [((), FLOAT32)],
                     dtype=node.dtype("T"))


def _element(node):
    """What is known of an element's shape: that of the array, if the node does not say."""
    handle = node.inputs[0].op
    stated = node.attr("element_shape")
    while stated is None and handle.op_type == "identity":
        handle = handle._inputs[0].op
    return handle.attrs.get("shape") if stated is None else stated


@RegisterImport("TensorArrayReadV3", effect=True)
def tensor_array_read(node):
    kind = node.dtype("dtype")
    return _array_op(node, "tensor_array_read", node.inputs, [(_element(node), kind)], dtype=kind)


@RegisterImport("TensorArrayGatherV3", effect=True)
def tensor_array_gather(node):
    shape = _element(node)
    count = node.inputs[1]._shape
    known = None if shape is None else (count[0] if count else None, *shape)
    return _array_op(node, "tensor_array_gather", node.inputs, [(known, node.dtype("dtype"))],
                     dtype=node.dtype("dtype"), shape=shape)


@RegisterImport("TensorArrayConcatV3", effect=True)
def tensor_array_concat(node):
    rest = node.attr("element_shape_except0")
    known = None if rest is None else (None, *rest)
    return _array_op(node, "tensor_array_concat", node.inputs,
                     [(known, node.dtype("dtype")), ((None,), INT64)],
                     dtype=node.dtype("dtype"), shape=None if rest is None else known)


@RegisterImport("TensorArraySizeV3")
def tensor_array_size(node):
    return _array_op(node, "tensor_array_size", node.inputs, [((), INT32)], dtype=None)


@RegisterImport("TensorArrayCloseV3")
def tensor_array_close(node):
    return group(name=node.name + "/")


# ---- stacks -----------------------------------------------------------------------------

@session_op
def stack_of_values(session, node, inputs, known, done):
    key = "stack", len(session.tapes)
    session.tapes[key] = []
    return [np.array(key[1], INT64)]


def _stack(session, node, handle):
    values = session.tapes.get(("stack", int(handle)))
    if values is None:
        raise KernelError(f"{where(node)}: its stack was not made in this run: was the handle fed?",
                          node)
    return values


@session_op
def stack_push(session, node, inputs, known, done):
    _stack(session, node, inputs[0]).append(np.array(inputs[1]))
    return [np.asarray(inputs[1])]


@session_op
def stack_pop(session, node, inputs, known, done):
    values = _stack(session, node, inputs[0])
    if not values:
        raise KernelError(f"{where(node)}: there is nothing left to take from its stack.", node)
    return [values.pop()]


for _type in ("stack_of_values", "stack_push", "stack_pop"):
    NotDifferentiable(_type)


@RegisterImport("StackV2", "Stack")
def stack(node):
    return add_session_op(stack_of_values, [], {}, [((), INT64)], node.name + "/", node.graph)


def _made_by(tensor):
    """The operation behind a handle."""
    while tensor.op.op_type == "identity":
        tensor = tensor.op._inputs[0]
    return tensor.op


@RegisterImport("StackPushV2", "StackPush", effect=True)
def push(node):
    value = node.inputs[1]
    node.importer.pushed[_made_by(node.inputs[0]).id] = value._shape
    return add_session_op(stack_push, node.inputs, {}, [(value._shape, value._dtype)],
                          node.name + "/", node.graph)


@RegisterImport("StackPopV2", "StackPop", effect=True)
def pop(node):
    shape = node.importer.pushed.get(_made_by(node.inputs[0]).id)
    return add_session_op(stack_pop, node.inputs, {}, [(shape, node.dtype("elem_type"))],
                          node.name + "/", node.graph)


@RegisterImport("StackCloseV2", "StackClose")
def close(node):
    return group(name=node.name + "/")
