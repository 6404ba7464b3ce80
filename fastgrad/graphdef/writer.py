"""Operations as nodes of a GraphDef, and the table of functions that write them.

A writer of an operation's type gets the Writer and the operation, and adds the nodes that
TensorFlow needs for it; the last bears the operation's name. Files of this folder that end in
`_out` fill the table.
"""

import numpy as np

from fastgrad.errors import GraphError
from fastgrad.graph.dtypes import TEXT, strong
from fastgrad.graph.interned import decoded
from fastgrad.graph.opdef import computing_dtype
from fastgrad.graph.reference import in_casts
from fastgrad.io.graph_messages import message
from fastgrad.io.tensor_proto import fill_shape, proto_of, type_number
from fastgrad.wording import where

WRITERS = {}                # op type -> function of a Writer and an operation
PRODUCER = 134              # TensorFlow 1.15's version of graphs


class NotWritableError(GraphError):
    """An operation that TensorFlow has no node for."""


def entering(writers):
    """The decorator that enters a function in a table, once for each operation type it writes."""
    def writes(*op_types):
        def register(fn):
            for op_type in op_types:
                assert op_type not in writers, op_type
                writers[op_type] = fn
            return fn
        return register
    return writes


writes = entering(WRITERS)


class Shape(tuple):
    """A shape among attributes, which is no list of numbers."""


def number_of(dtype):
    """The DataType of a tensor's dtype."""
    dtype = strong(dtype)
    return 0 if dtype is None else 7 if dtype == TEXT else type_number(dtype)


class Type(int):
    """A DataType among attributes."""


def set_attr(target, value):
    """Write a Python value into an AttrValue."""
    if isinstance(value, Type):
        target.type = value
    elif isinstance(value, np.dtype):
        target.type = number_of(value)
    elif isinstance(value, bool):
        target.b = value
    elif isinstance(value, (int, np.integer)):
        target.i = int(value)
    elif isinstance(value, float):
        target.f = value
    elif isinstance(value, (str, bytes)):
        target.s = value.encode() if isinstance(value, str) else value
    elif isinstance(value, np.ndarray):
        proto_of(decoded(value) if value.dtype == TEXT else value, proto=target.tensor)
    elif isinstance(value, Shape):
        target.shape.SetInParent()
        fill_shape(target.shape, value)
    elif value is None:
        target.shape.unknown_rank = True
    elif hasattr(value, "attr"):
        target.func.CopyFrom(value)
    else:
        _set_list(target.list, value)


def _set_list(target, values):
    target.SetInParent()
    for v in values:
        if isinstance(v, Type):
            target.type.append(v)
        elif isinstance(v, np.dtype):
            target.type.append(number_of(v))
        elif isinstance(v, Shape) or v is None:
            fill_shape(target.shape.add(), v)
        elif isinstance(v, (str, bytes)):
            target.s.append(v.encode() if isinstance(v, str) else v)
        elif isinstance(v, float):
            target.f.append(v)
        elif isinstance(v, (bool, np.bool_)):
            target.b.append(bool(v))
        else:
            target.i.append(int(v))


class Writer:
    """Collects the nodes of a GraphDef.

    Attributes
    ----------
    nodes : list of NodeDef
    refs : dict of Tensor to str
        What a tensor is called, where it is not `operation:index`.
    functions : list of FunctionDef
    waits : dict of Operation to list of Operation
        Whom an operation waits for besides its control inputs.
    """

    def __init__(self, taken=()):
        self.nodes, self.refs, self.functions = [], {}, []
        self._taken, self.op, self.waits = set(taken), None, {}
        self.pivot = None               # what a node without inputs waits for, inside a part

    # ---- names ----
    def unique(self, name):
        candidate, count = name, 0
        while candidate in self._taken:
            count += 1
            candidate = f"{name}_{count}"
        self._taken.add(candidate)
        return candidate

    def ref(self, tensor):
        """A tensor as a node's input."""
        known = self.refs.get(tensor)
        if known is not None:
            return known
        return f"{tensor.op.name}:{tensor.index}" if tensor.index else tensor.op.name

    # ---- nodes ----
    def node(self, type, inputs=(), name=None, control=True, **attrs):
        """Add a node; its name, for others' inputs.

        Without a name it is a part of the operation at hand, and has one under the operation's.
        """
        made = message("NodeDef")(op=type)
        made.name = self.unique(f"{self.op.name}/{type}") if name is None else name
        made.input.extend(inputs)
        if name is not None and control and self.op is not None:
            after = dict.fromkeys([*self.op.control_inputs, *self.waits.get(self.op, ())])
            made.input.extend("^" + c.name for c in after)
        if self.pivot is not None and not made.input:
            made.input.append("^" + self.pivot)
        for key, value in attrs.items():
            set_attr(made.attr[key], value)
        self.nodes.append(made)
        return made.name

    def last(self, type, inputs=(), **attrs):
        """The node that bears the operation's name."""
        return self.node(type, inputs, self.op.name, **attrs)

    def const(self, value, name="Const", dtype=None):
        """A constant under the operation's name, for an input."""
        array = np.asarray(value) if dtype is None else np.asarray(value, dtype)
        kind = Type(7) if array.dtype.kind in "OSU" or array.dtype == TEXT else array.dtype
        return self.node("Const", (), self.unique(f"{self.op.name}/{name}"), control=False,
                         dtype=kind, value=array)

    def cast(self, ref, have, want):
        """An input converted to another dtype."""
        have, want = strong(have), strong(want)
        if have == want or want is None or have is None:
            return ref
        return self.node("Cast", [ref], SrcT=have, DstT=want, Truncate=False)

    def operands(self, op):
        """The inputs of an operation, those converted that its declaration converts."""
        dtypes = [t._dtype for t in op._inputs]
        want = computing_dtype(op.opdef, dtypes)
        casts = in_casts(op.opdef, len(dtypes))
        return [self.cast(self.ref(t), t._dtype, want if i in casts else t._dtype)
                for i, t in enumerate(op._inputs)]

    # ---- operations ----
    def write(self, op):
        """Add the nodes of an operation."""
        self.op = op
        writer = None if op.opdef is None else WRITERS.get(op.op_type)
        try:
            if writer is None:
                raise NotWritableError(f"{where(op)}: TensorFlow has no node for an operation "
                                       f"{op.op_type!r}.")
            writer(self, op)
        finally:
            self.op = None
