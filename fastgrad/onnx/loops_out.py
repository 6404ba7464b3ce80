"""Writers of loops, branches and TensorArrays: ONNX's Loop, If, and sequences.

A TensorArray is a sequence: its flow, which orders reads and writes here, carries the sequence
there. Elements are written in their order, as recurrent nets do. The condition of a loop stands
twice, before the first turn and at the end of each.
"""

import numpy as np

from fastgrad.graph.dtypes import strong
from fastgrad.graph.nodes import Tensor
from fastgrad.graphdef.flow_out import inside
from fastgrad.onnx.array_out import whole
from fastgrad.onnx.package import NUMBERS, UnsupportedOnnxError
from fastgrad.onnx.tables import writes
from fastgrad.wording import where

FLOWS = ("tensor_array_write", "tensor_array_scatter", "tensor_array_split")


def _flow_of(w, tensor):
    """The dtype of the elements if a tensor is the flow of a TensorArray, else None."""
    while tensor.op.op_type in ("identity", "identity_n") and tensor not in w.flows:
        tensor = tensor.op._inputs[tensor.index]
    if tensor in w.flows:
        return w.flows[tensor]
    op = tensor.op
    if op.op_type == "tensor_array" and tensor.index == 1 or op.op_type in FLOWS:
        return strong(op.attrs["dtype"])
    if op.op_type == "while_":
        return _flow_of(w, op._inputs[tensor.index])
    return None


def _info(w, name, tensor, elements):
    if elements is not None:
        return w.helper.make_tensor_sequence_value_info(name, NUMBERS[elements], None)
    return w.helper.make_tensor_value_info(name, NUMBERS[strong(tensor._dtype)], None)


def _part(w, op, outputs, names):
    """What the outputs of a part are called, its operations written among `w.nodes`."""
    owned, order, todo = inside(op), {}, [t.op for t in outputs]
    while todo:
        one = todo.pop()
        if one.id not in order and one.id in owned:
            order[one.id] = one
            todo += [t.op for t in one._inputs]
    before = w.names
    w.names = {**before, **names}
    try:
        for i in sorted(order):
            if order[i].op_type != "constant":
                w.write(order[i])
        return [w.ref(t) for t in outputs]
    finally:
        w.names, w.op = before, op


def _graph(w, op, name, inputs, build):
    """A graph inside a node; `build` gives (names, value infos) of its outputs."""
    nodes, w.nodes = w.nodes, []
    try:
        refs, kinds = build()
        outputs = []
        for i, (ref, (tensor, elements)) in enumerate(zip(refs, kinds)):
            own = w.unique(f"{op.name}/{name}_{i}")
            w.node("Identity", [ref], outputs=[own])
            outputs.append(w.helper.make_value_info(own, _type(w, tensor, elements)))
        return w.helper.make_graph(w.nodes, w.unique(f"{op.name}/{name}"), inputs, outputs)
    finally:
        w.nodes = nodes


def _type(w, tensor, elements):
    if tensor is None:
        return w.helper.make_tensor_type_proto(NUMBERS[strong(bool)], None)
    return _info(w, "", tensor, elements).type


@writes("while_")
def loop(w, op):
    test, body, slots = op.get_attr("parts")
    starts = op._inputs[:len(slots)]
    flows = [_flow_of(w, t) for t in starts]
    w.flows.update((s, f) for s, f in zip(slots, flows) if f is not None)
    refs = [w.ref(t) for t in starts]
    first, = _part(w, op, test, dict(zip(slots, refs)))
    inner = [w.unique(f"{op.name}/variable") for _ in slots]
    turn, going = w.unique(f"{op.name}/turn"), w.unique(f"{op.name}/going")

    def build():
        made = _part(w, op, body, dict(zip(slots, inner)))
        again, = _part(w, op, test, dict(zip(slots, made)))
        return [again, *made], [(None, None), *zip(slots, flows)]
    inputs = [w.helper.make_tensor_value_info(turn, NUMBERS[strong(int)], []),
              w.helper.make_tensor_value_info(going, NUMBERS[strong(bool)], []),
              *(_info(w, n, s, f) for n, s, f in zip(inner, slots, flows))]
    graph = _graph(w, op, "body", inputs, build)
    return w.node("Loop", [_limit(w, op), first, *refs], len(slots), body=graph)


def _limit(w, op):
    """What maximum_iterations is called, as int64; empty without."""
    limit = op.get_attr("maximum_iterations")
    if limit is None:
        return ""
    if limit.op.op_type == "constant":
        return w.const(np.asarray(limit.op.attrs["value"], np.int64), limit.op.name)
    return w.ref(limit) if strong(limit._dtype) == np.int64 else w.cast(w.ref(limit), np.int64)


@writes("cond_")
def branch(w, op):
    sides = {}
    for name, outputs in zip(("then_branch", "else_branch"), op.get_attr("parts")):
        if not outputs or not all(isinstance(t, Tensor) for t in outputs):
            raise UnsupportedOnnxError(f"{where(op)}: a branch that changes something has no form "
                                       "in ONNX.", op)
        sides[name] = _graph(
            w, op, name, [], lambda outputs=outputs: (
                _part(w, op, outputs, {}), [(t, _flow_of(w, t)) for t in outputs]))
    return w.node("If", [w.ref(op._inputs[0])], len(op.outputs), **sides)


# ---- TensorArrays -----------------------------------------------------------------------

@writes("tensor_array")
def tensor_array(w, op):
    made = w.node("SequenceEmpty", [], dtype=NUMBERS[strong(op.attrs["dtype"])])
    return [made, made]


@writes("tensor_array_write")
def array_write(w, op):
    return w.node("SequenceInsert", [w.ref(op._inputs[3]), w.ref(op._inputs[2])])


@writes("tensor_array_scatter")
def array_scatter(w, op):
    return w.node("SplitToSequence", [w.ref(op._inputs[2])], axis=0, keepdims=0)


@writes("tensor_array_read")
def array_read(w, op):
    return w.node("SequenceAt", [w.ref(op._inputs[2]), whole(w, op, 1)])


@writes("tensor_array_gather")
def array_gather(w, op):
    return w.node("ConcatFromSequence", [w.ref(op._inputs[2])], axis=0, new_axis=1)


@writes("tensor_array_concat")
def array_concat(w, op):
    made = w.node("ConcatFromSequence", [w.ref(op._inputs[1])], axis=0, new_axis=0)
    return [made, made]


@writes("tensor_array_size")
def array_size(w, op):
    """The size that the array was made with, as nothing may be written yet."""
    source = op._inputs[0]
    while source.op.op_type == "identity":
        source = source.op._inputs[0]
    return w.ref(source.op._inputs[0])
