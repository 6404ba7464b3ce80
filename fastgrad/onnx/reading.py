"""ONNX models as graphs of this library: one table, node type to function.

Decisions
- A model becomes operations of a graph of its own, with TensorFlow's dtypes, which run in compiled
  plans; images keep their channels first inside, and are turned where a convolution needs it.
- Nodes whose types are not there are all named before anything is built.
- Nothing of a file is run; a model's size bounds what is asked for before a run.
"""

import os

import numpy as np

from fastgrad.compat.state import Graph, Session
from fastgrad.errors import DamagedFileError
from fastgrad.graph.nodes import as_tensor
from fastgrad.graphdef.registry import known_value
from fastgrad.models import Model
from fastgrad.onnx import images_in, learning_in, math_in, moves_in
from fastgrad.onnx.package import TYPES, UnsupportedOnnxError, package
from fastgrad.onnx.tables import BUILDERS
from fastgrad.ops.state import constant, placeholder

FILES = images_in, learning_in, math_in, moves_in           # which fill the table
ML = "ai.onnx.ml"


class OnnxNode:
    """A node, as its builder gets it.

    Attributes
    ----------
    inputs : list of Tensor, or None for one that is left out
    attrs : dict of str to what the attribute is
    opset : int, of the node's domain
    outputs : int, how many are asked for
    """

    def __init__(self, proto, inputs, opset, helper):
        self.type, self.name, self.inputs, self.opset = proto.op_type, proto.name, inputs, opset
        self.outputs = len(proto.output)
        self.attrs = {a.name: helper.get_attribute_value(a) for a in proto.attribute}

    def attr(self, name, default=None):
        value = self.attrs.get(name, default)
        return value.decode() if isinstance(value, bytes) else value

    def has(self, index):
        return index < len(self.inputs) and self.inputs[index] is not None

    def value(self, index, default=None):
        """The value of an input, which must not depend on the run."""
        if not self.has(index):
            return default
        try:
            return np.asarray(known_value(self.inputs[index], f"input {index}"))
        except Exception as e:
            raise UnsupportedOnnxError(f"node {self.name!r} of type {self.type}: {e}") from None

    def axes(self, index, name="axes"):
        """Axes as an attribute, or, in newer models, as an input; None if not given."""
        if name in self.attrs:
            return [int(a) for a in np.ravel(self.attrs[name])]
        value = self.value(index)
        return None if value is None else [int(a) for a in np.ravel(value)]

    def wrong(self, why):
        return UnsupportedOnnxError(f"node {self.name!r} of type {self.type}: {why}.")


def read_model(path):
    """See `fastgrad.onnx.load`."""
    model = path
    if not hasattr(model, "graph"):
        try:
            with open(path, "rb") as file:
                data = file.read()
            model = package().load_model_from_string(data)
            if not model.graph.node:
                raise ValueError("it has no nodes")
        except FileNotFoundError:
            raise
        except ImportError:
            raise
        except Exception as e:
            raise DamagedFileError(f"{os.fspath(path)!r} is no ONNX model, or a damaged one: "
                                   f"{e}.") from None
    _refuse_unknown(model)
    graph = Graph()
    with graph.attempt(), graph.as_default():
        tensors, inputs = _sources(model, path)
        opsets = {o.domain: o.version for o in model.opset_import}
        for proto in model.graph.node:
            _build(proto, tensors, opsets)
        outputs = {o.name: _of(tensors, o.name) for o in model.graph.output}
    return Model(Session(graph=graph), inputs, outputs)


def _domain(proto):
    return "" if proto.domain == "ai.onnx" else proto.domain


def _refuse_unknown(model):
    wrong = [n for n in model.graph.node if (_domain(n), n.op_type) not in BUILDERS]
    if wrong:
        shown = ", ".join(dict.fromkeys(f"{n.op_type} ({n.name or n.output[0]!r})"
                                        for n in wrong[:8]))
        raise UnsupportedOnnxError(f"{len(wrong)} node(s) of the model are of types that are not "
                                   f"there: {shown}.")


def _sources(model, path):
    """({name: tensor} of initializers and inputs, {name: placeholder})"""
    folder = os.path.dirname(os.fspath(path)) if isinstance(path, (str, os.PathLike)) else ""
    helper, tensors, inputs = package("onnx.numpy_helper"), {}, {}
    for one in model.graph.initializer:
        tensors[one.name] = constant(helper.to_array(one, folder), name=_clean(one.name))
    for one in model.graph.input:
        if one.name in tensors:
            continue
        kind = one.type.tensor_type
        if kind.elem_type not in TYPES:
            raise UnsupportedOnnxError(f"the input {one.name!r} is no tensor of numbers.")
        shape = [d.dim_value if d.HasField("dim_value") and d.dim_value > 0 else None
                 for d in kind.shape.dim] if kind.HasField("shape") else None
        inputs[one.name] = tensors[one.name] = placeholder(TYPES[kind.elem_type], shape,
                                                           name=_clean(one.name))
    return tensors, inputs


def _clean(name):
    """A name that a graph takes."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "_.-/") else "_" for c in name)
    return kept if kept[:1].isalnum() else f"n{kept}"


def _of(tensors, name):
    if name not in tensors:
        raise DamagedFileError(f"the model names {name!r}, which nothing before makes.")
    return tensors[name]


def _build(proto, tensors, opsets):
    inputs = [_of(tensors, name) if name else None for name in proto.input]
    node = OnnxNode(proto, inputs, opsets.get(proto.domain, opsets.get("", 1)),
                    package("onnx.helper"))
    try:
        made = BUILDERS[_domain(proto), proto.op_type](node)
    except UnsupportedOnnxError:
        raise
    except Exception as e:
        raise DamagedFileError(f"node {proto.name!r} of type {proto.op_type}: {e}") from e
    made = made if isinstance(made, (list, tuple)) else [made]
    if len(made) < sum(bool(name) for name in proto.output):
        raise node.wrong(f"{len(proto.output)} outputs are asked for; {len(made)} are there")
    tensors.update({name: as_tensor(t) for name, t in zip(proto.output, made) if name})
