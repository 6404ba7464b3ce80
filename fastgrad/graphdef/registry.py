"""The one table from TensorFlow's node types to functions that build them, and what they are given.

A builder is a function of a `FileNode`; it returns the tensors of the node's outputs, in their
order (one tensor, a list, or an operation without outputs). Files of this folder that end in
`_in` fill the table; users add to it with `RegisterImport`.
"""

import numpy as np

from fastgrad.errors import GraphError
from fastgrad.graph import hooks
from fastgrad.graph.build import make
from fastgrad.graph.dtypes import NUMBERED, TEXT
from fastgrad.graph.opdef import OPS
from fastgrad.graph.registry import _refuse_twice
from fastgrad.io.tensor_proto import array_of, shape_of, type_name

BUILDERS = {}               # node type -> function of a FileNode
EFFECTS = set()             # node types that change something, or may refuse to run
_sites = {}
# quantised integers are what they are stored as
_STORED = {11: "int8", 12: "uint8", 13: "int32", 15: "int16", 16: "uint16", 14: "float32"}


class UnsupportedNodeError(Exception):
    """A builder cannot make this node; a run that needs it says why."""


class UnknownValueError(UnsupportedNodeError):
    """A value that must be known when the graph is built depends on the run."""


class RegisterImport:
    """Decorator: the function below builds the nodes of a type that files hold.

    Parameters
    ----------
    *types : str
        TensorFlow's node types.
    effect : bool
        Whether such a node changes something, so that it must not run in a branch that is not
        taken.

    Raises
    ------
    RegisteredError
        If a type has a builder already; names its file and line.

    Examples
    --------
    >>> from fastgrad.graphdef.registry import RegisterImport
    >>> @RegisterImport("Cube")
    ... def cube(node):
    ...     return node.inputs[0] ** 3
    """

    def __init__(self, *types, effect=False):
        self.types, self.effect = types, effect

    def __call__(self, build):
        for type in self.types:
            self.add(type, build)
            if self.effect:
                EFFECTS.add(type)
        return build

    @staticmethod
    def add(type, build):
        """The same without a decorator."""
        site = (build.__code__.co_filename, build.__code__.co_firstlineno)
        _refuse_twice(_sites, type, "import of", lambda known: known, site)
        BUILDERS[type], _sites[type] = build, site


def dtype_of(number):
    """NumPy's dtype (TEXT for strings) of a DataType; None for handles and what has no values."""
    number -= 100 * (number > 100)
    name = NUMBERED.get(number, _STORED.get(number))
    return None if name is None else TEXT if name == "string" else np.dtype(name)


def decoded(value, where):
    """What an AttrValue holds, as plain Python and NumPy."""
    kind = value.WhichOneof("value")
    if kind == "list":
        for field, each in value.list.ListFields():
            return [_item(field.name, v, where) for v in each]
        return []
    return None if kind is None else _item(kind, getattr(value, kind), where)


def _item(kind, value, where):
    if kind == "s":
        return value.decode("utf-8", "surrogateescape")
    if kind == "type":
        return dtype_of(value)
    if kind == "shape":
        return shape_of(value, where)
    if kind == "tensor":
        return array_of(value, where)
    return value


class FileNode:
    """A node of a file, as its builder gets it.

    Attributes
    ----------
    type, name : str
        The name in the graph.
    inputs : list of Tensor
    graph : Graph
    proto : NodeDef
    library : dict of str to FunctionDef
    """

    def __init__(self, proto, name, inputs, graph, importer):
        self.proto, self.type, self.name = proto, proto.op, name
        self.inputs, self.graph, self.importer = inputs, graph, importer

    def attr(self, name, default=None):
        """An attribute; `default` where the file leaves it out."""
        if name not in self.proto.attr:
            return default
        found = decoded(self.proto.attr[name], f"the attribute {name!r} of node {self.name!r}")
        return default if found is None else found

    def type_number(self, name):
        """The DataType of an attribute, as a number; 0 if it is not there."""
        return self.proto.attr[name].type if name in self.proto.attr else 0

    def dtype(self, name, default=None):
        """The dtype of an attribute; refuses what has no values here."""
        number = self.type_number(name)
        if not number:
            return None if default is None else np.dtype(default)
        found = dtype_of(number)
        if found is None:
            raise UnsupportedNodeError(f"its attribute {name!r} is {type_name(number)}.")
        return found

    def op(self, op_type, *inputs, **attrs):
        """The operation that bears the node's name; its output, or the list of them."""
        opdef = OPS.get(op_type)
        if opdef is None:
            raise UnsupportedNodeError(f"there is no operation {op_type!r}.")
        return make(opdef, list(inputs), {**opdef.attrs, **attrs}, self.name + "/", self.graph)

    def part(self, op_type, *inputs, **attrs):
        """An operation on the way, with a name of its own."""
        opdef = OPS.get(op_type)
        if opdef is None:
            raise UnsupportedNodeError(f"there is no operation {op_type!r}.")
        return make(opdef, list(inputs), {**opdef.attrs, **attrs}, None, self.graph)

    def value(self, index):
        """The value of an input, which must not depend on the run."""
        return known_value(self.inputs[index], f"its input {index}")

    def is_known(self, index):
        try:
            self.value(index)
        except UnknownValueError:
            return False
        return True

    def ints(self, index):
        """Such a value as a list of int; of a single number, that number."""
        found = self.value(index)
        return found.tolist()


def known_value(tensor, what):
    """The value of a tensor that does not depend on the run, as an array."""
    op = tensor.op
    while op.op_type == "identity" and op._inputs[0].op.op_type in ("identity", "constant"):
        tensor = op._inputs[0]
        op = tensor.op
    if op.op_type == "constant":
        return op.attrs["value"]
    value = hooks.partial_value(tensor) if tensor._dtype is not None \
        and tensor._dtype != TEXT and tensor._dtype.kind in "iub" else None
    if value is None or _has_none(value):
        raise UnknownValueError(f"{what} must be known before the run, and is computed in it.")
    return np.asarray(value, tensor._dtype)


def _has_none(value):
    return any(map(_has_none, value)) if isinstance(value, list) else value is None


class ImportNodeError(GraphError):
    """A graph of a file that is no graph, or a node that cannot be."""
