"""Operations as nodes of an ONNX model.

Decisions
- A model is written from this library's operations, so that it does not matter where a graph comes
  from: code, or a file of TensorFlow.
- Sizes that a run decides are names in the shapes of inputs ("N" for the first dimension).
- All operations that have no form in ONNX are named at once, and nothing is written.
"""

import numpy as np

from fastgrad.graph.dtypes import TEXT, strong
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.opdef import computing_dtype
from fastgrad.graph.reference import in_casts
from fastgrad.io.whole_files import write_whole
from fastgrad.graphdef.flow_out import inside
from fastgrad.onnx import array_out, image_out, loops_out, math_out, tables
from fastgrad.onnx.package import NUMBERS, UnsupportedOnnxError, package
from fastgrad.version import __version__
from fastgrad.wording import where

WRITERS = tables.WRITERS
FILES = array_out, image_out, loops_out, math_out       # which fill the table


class Writer:
    """Collects the nodes of a model.

    Attributes
    ----------
    nodes, initializers : lists of protobuf messages
    names : dict of Tensor to str
    flows : dict of Tensor to dtype
        Loop variables that carry a sequence, and the dtype of its elements.
    """

    def __init__(self, session, names=None, taken=None):
        self.session, self.helper = session, package("onnx.helper")
        self.nodes, self.initializers = [], []
        self.names, self._taken = dict(names or {}), taken if taken is not None else set()
        self._known, self.op, self.flows = {}, None, {}

    def unique(self, name):
        candidate, count = name, 0
        while candidate in self._taken:
            count += 1
            candidate = f"{name}_{count}"
        self._taken.add(candidate)
        return candidate

    def ref(self, tensor):
        """What a tensor is called; variables and constants become initializers."""
        name = self.names.get(tensor)
        if name is None:
            op = tensor.op
            if op.op_type == "variable":
                name = self.const(self.session.store.copy_of(op), op.name)
            elif op.op_type == "constant":
                name = self.const(np.asarray(op.attrs["value"], strong(tensor._dtype)), op.name)
            else:
                raise UnsupportedOnnxError(f"{where(op)} is needed, and is no input.", op)
            self.names[tensor] = name
        return name

    def const(self, array, name="const"):
        """An initializer with a value."""
        array = np.ascontiguousarray(array).reshape(np.shape(array))
        if array.dtype == TEXT or array.dtype not in NUMBERS:
            raise UnsupportedOnnxError(f"a constant of dtype {array.dtype} has no form in ONNX.")
        key = array.dtype.str, array.shape, array.tobytes() if array.size < 65 else id(array)
        if key not in self._known:
            name = self.unique(name)
            self.initializers.append(package("onnx.numpy_helper").from_array(array, name))
            self._known[key] = name, array
        return self._known[key][0]

    def ints(self, values, name="ints"):
        return self.const(np.asarray(values, np.int64), name)

    def node(self, kind, inputs, count=1, outputs=None, domain=None, **attrs):
        """Add a node; the name of its output, or the list of them."""
        outputs = outputs or [self.unique(f"{self.op.name}/{kind}") for _ in range(count)]
        self.nodes.append(self.helper.make_node(kind, list(inputs), outputs, domain=domain,
                                                **attrs))
        return outputs[0] if len(outputs) == 1 else outputs

    def cast(self, ref, dtype):
        return self.node("Cast", [ref], to=NUMBERS[np.dtype(dtype)])

    def inputs(self, op):
        """The inputs of an operation in the dtype that it computes in."""
        kinds = [t._dtype for t in op._inputs]
        want = computing_dtype(op.opdef, kinds)
        casts = in_casts(op.opdef, len(kinds))
        return [self.cast(self.ref(t), want)
                if i in casts and want is not None and strong(t._dtype) != strong(want)
                else self.ref(t) for i, t in enumerate(op._inputs)]

    def write(self, op):
        """Add the nodes of an operation, and note what its outputs are called."""
        self.op = op
        made = WRITERS[op.op_type](self, op)
        made = [made] if isinstance(made, str) else list(made)
        self.names.update(zip(op.outputs, made))


def operations(outputs, inputs):
    """The operations that outputs need, inputs given, in order."""
    todo, found = [t.op for t in outputs if t not in inputs], {}
    while todo:
        op = todo.pop()
        if op.id not in found:
            found[op.id] = op
            todo += [t.op for t in op._inputs if t not in inputs]
    return [found[i] for i in sorted(found)]


SOURCES = ("variable", "constant")


def unwritable(ops):
    """The operations among some, and in the loops among them, that have no form in ONNX."""
    every = {op.id: op for op in ops}
    for op in ops:
        every.update((i, op.graph.operation_at(i)) for i in inside(op))
    return [op for op in every.values() if op.op_type not in SOURCES and op.op_type not in WRITERS]


def write_model(path, inputs, outputs, session, opset):
    """See `fastgrad.onnx.export`."""
    if opset < 17:
        raise ValueError(f"opset must be at least 17; got {opset}.")
    inputs, outputs = _named(inputs), _named(outputs)
    given = {t: name for name, t in inputs.items()}
    for name, t in inputs.items():
        if t._shape is None:
            raise UnsupportedOnnxError(f"the rank of the input {name!r}, {where(t)}, is not known: "
                                       "state it with set_shape.", t.op)
    ops = operations(outputs.values(), given)
    wrong = unwritable(ops)
    if wrong:
        shown = ", ".join(dict.fromkeys(f"{o.op_type} ({where(o)})" for o in wrong[:8]))
        raise UnsupportedOnnxError(f"ONNX has no form for {len(wrong)} operation(s) that the "
                                   f"outputs need: {shown}.", wrong[0])
    writer = Writer(session, given, set(inputs) | set(outputs))
    for op in ops:
        if op.op_type not in SOURCES:
            writer.write(op)
    made = _model(writer, inputs, outputs, opset)
    if any(t._shape is None for t in outputs.values()):     # ONNX wants to know the rank
        made = package("onnx.shape_inference").infer_shapes(made)
        for name, value in zip(outputs, made.graph.output):
            if not value.type.tensor_type.HasField("shape"):
                raise UnsupportedOnnxError(f"the rank of the output {name!r} is not known: state "
                                           "it with set_shape.", outputs[name].op)
    package("onnx.checker").check_model(made)
    write_whole(path, [made.SerializeToString()])
    return path


def _model(writer, inputs, outputs, opset):
    helper = writer.helper
    for name, t in outputs.items():
        writer.op = t.op
        writer.node("Identity", [writer.ref(t)], outputs=[name])
    graph = helper.make_graph(
        writer.nodes, "fastgrad", [info(helper, n, t) for n, t in inputs.items()],
        [info(helper, n, t) for n, t in outputs.items()], writer.initializers)
    return helper.make_model(graph, producer_name="fastgrad", producer_version=__version__,
                             opset_imports=[helper.make_opsetid("", opset)],
                             ir_version=8 if opset < 19 else 9)


def info(helper, name, tensor):
    """The ValueInfo of an input or output."""
    shape = tensor._shape
    if tensor._dtype is None:
        raise UnsupportedOnnxError(f"{where(tensor)} has no dtype; ONNX's inputs have one.")
    dims = None if shape is None else [
        n if n is not None else "N" if i == 0 else f"{name}_{i}" for i, n in enumerate(shape)]
    return helper.make_tensor_value_info(name, NUMBERS[strong(tensor._dtype)], dims)


def _named(given):
    if is_node(given):
        given = [given]
    if not isinstance(given, dict):
        given = {as_tensor(t).op.name.rpartition("/")[2]: t for t in given}
    return {str(k): as_tensor(t) for k, t in given.items()}
