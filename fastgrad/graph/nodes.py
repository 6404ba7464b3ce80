"""Node, Tensor and Operation: what a graph is made of.

An operation's `id` is its place in a topological order. Nodes hold their graph, and the graph holds
records of them (see `records`): nothing here forms a ring. Nothing here computes: what an operation
means is declared in `registry`, values live in sessions.

The tutorial's user holds *nodes*. A node is the Tensor of a built-in operation, and the Operation
itself where the user subclassed it. `node_of` translates.
"""

from fastgrad.errors import ConvertTypeError, DTypeError, GraphError
from fastgrad.graph import hooks, shapes
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.dtypes import as_dtype, strong
from fastgrad.graph.names import repr_of_operation, repr_of_tensor, str_of_tensor
from fastgrad.graph.opdef import node_type
from fastgrad.graph.records import Output, Place, Records
from fastgrad.graph.tensor_shape import TensorShape, to_shape
from fastgrad.graph.valueless import Valueless
from fastgrad.wording import call_site, refuse_copy, where


class Node(Valueless):
    """Base of Tensor and Operation; `ops.operators` gives it the arithmetic operators."""

    __slots__ = ()

    def __reduce_ex__(self, protocol):
        refuse_copy(where(self))

    def __deepcopy__(self, memo):
        refuse_copy(where(self))

    def __iter__(self):
        """Iterate over the first dimension, which must be known; a TensorFlow graph refuses."""
        shape = as_tensor(self)._shape
        if not shape or shape[0] is None or self.graph.literals == "tf":
            self._no_value("iterate over")
        return (self[i] for i in range(shape[0]))


class Tensor(Node):
    """One output of an operation: a symbolic array.

    Attributes
    ----------
    op : Operation
    name : str
        `"op_name:index"`.
    dtype : DType or None
        None while it is unknown (an untyped placeholder, and what depends on it).
    shape : TensorShape
    graph : Graph

    Examples
    --------
    >>> x = constant([[1.0, 2.0]], name='x')
    >>> x.name, x.shape, x.dtype
    ('x:0', TensorShape([Dimension(1), Dimension(2)]), fastgrad.float64)
    >>> Session().run(x[0, 1] + 1)
    np.float64(3.0)
    """

    __slots__ = ("op", "index", "_out", "_shape", "_dtype", "__weakref__")

    name = property(lambda self: f"{self.op.name}:{self.index}")
    graph = property(lambda self: self.op.graph)
    value_index = property(lambda self: self.index)
    device = property(lambda self: "")
    shape = property(lambda self: TensorShape(self._shape))
    dtype = property(lambda self: as_dtype(strong(self._dtype)))
    input_nodes = property(lambda self: self.op.input_nodes)
    consumers = property(lambda self: _Consumers(self.graph, self._out.consumers))

    @property
    def fed(self):
        """The value fed last; AttributeError if there was none."""
        return self._out.fed

    @fed.setter
    def fed(self, value):
        self._out.fed = value

    def _placed(self):
        return Place(self.graph.place_of(self.op), self.index)

    def _declare(self, shape):
        """Take `shape` for the static shape, whatever it was."""
        self._shape = self._out.shape = shape

    def get_shape(self):
        return self.shape

    def eval(self, feed_dict=None, session=None):
        """The value of this node: `session.run(node, feed_dict)` in the default session."""
        return hooks.run_in(session, self, feed_dict, "evaluate tensor")

    def set_shape(self, shape):
        """State what else is known of the shape; ShapeError if it contradicts."""
        self._declare(shapes.merge(self._shape, to_shape(shape)))

    __repr__, __str__ = repr_of_tensor, str_of_tensor


class _Consumers(list):
    """The nodes that use a tensor (tutorial: a list); called, the operations (TensorFlow)."""

    def __init__(self, graph, ids):
        self._ops = [graph.operation_at(i) for i in ids]
        super().__init__(node_of(op) for op in self._ops)

    def __call__(self):
        return list(self._ops)


class Operation(Node):
    """A node that computes; subclass it to write your own.

    A subclass defines `compute(self, *values)`, which receives one array an input and returns
    an array. Its gradient is registered under the class name with `RegisterGradient`.

    Parameters
    ----------
    *input_nodes : nodes, arrays or numbers
        Or a single list of them, as in the tutorial.
    name : str, optional

    Examples
    --------
    >>> class cube(Operation):
    ...     def compute(self, x):
    ...         return x ** 3
    >>> Session().run(cube(constant(2.0)))
    np.float64(8.0)
    """

    __slots__ = ("graph", "op_type", "name", "attrs", "opdef", "site", "id", "_record", "_ins",
                 "_after", "__weakref__")

    def __init__(self, *input_nodes, name=None):
        if len(input_nodes) == 1 and isinstance(input_nodes[0], (list, tuple)):
            input_nodes = input_nodes[0]
        inputs = [as_tensor(n) for n in input_nodes]
        graph = graph_of(inputs)
        self._join(graph, type(self).__name__, inputs, {}, None, name, [(None, None)])

    def _join(self, graph, op_type, inputs, attrs, opdef, name, specs, kind=Tensor):
        """Add the operation to its graph, the one place that gives it name, number, line."""
        graph._check_open()
        self.graph = graph
        self.op_type = op_type
        self.name = graph.unique_name(name or op_type)
        self.attrs = attrs
        if any(isinstance(v, (Node, list, tuple)) for v in attrs.values()):
            self.attrs = {k: graph.kept(v) for k, v in attrs.items()}
        self.opdef = opdef
        self.site = graph._site or call_site()
        self._ins, self._after = inputs, graph._control_for(inputs)
        graph._record(self, tuple([Output(kind, s, d) for s, d in specs]))

    def _placed(self):
        return Place(self.graph.place_of(self))

    @property
    def _inputs(self):
        """The tensors that it takes."""
        inputs = self._ins
        if inputs is None:
            places = iter(self._record.inputs)
            self._ins = inputs = [self.graph.tensor_at(i, k) for i, k in zip(places, places)]
        return inputs

    @property
    def control_inputs(self):
        """The operations that it runs after, besides those that make its inputs."""
        operations = self._after
        if operations is None:
            self._after = operations = tuple(map(self.graph.operation_at, self._record.after))
        return operations

    @property
    def outputs(self):
        """The tensors that it makes."""
        tensors = []
        for i, out in enumerate(self._record.outs):
            t = out.alive()
            tensors.append(Records._output(self, i) if t is None else t)
        return tensors

    # The tutorial's operations assign `self.inputs` and `self.output` inside compute();
    # those values must not disturb the graph, whose own edges are in `_inputs`.
    @property
    def inputs(self):
        values = getattr(self, "_values", self)
        return self._inputs if values is self else values

    @inputs.setter
    def inputs(self, values):
        self._values = values

    @property
    def output(self):
        value = getattr(self, "_value", self)
        if value is not self:
            return value
        return self.outputs[0] if self._record.outs else None

    @output.setter
    def output(self, value):
        self._value = value

    input_nodes = property(lambda self: [node_of(t) for t in self._inputs])
    consumers = property(
        lambda self: _Consumers(self.graph, [c for o in self._record.outs for c in o.consumers]))

    @property
    def type(self):
        """The type's name: TensorFlow's in a TensorFlow graph, else the declared function's."""
        graph = self.graph
        if graph.literals != "tf":
            return self.op_type
        return graph.node_types.get(self.id) or node_type(self)

    node_def = property(lambda self: self)
    device = property(lambda self: "")

    def __bool__(self):
        return self.graph.literals == "tf" or super().__bool__()

    def compute(self, *values):
        raise NotImplementedError(
            f"operation {type(self).__name__!r} defines no compute(self, *values)")

    def eval(self, feed_dict=None, session=None):
        """The value of this node: `session.run(node, feed_dict)` in the default session."""
        return hooks.run_in(session, self, feed_dict, "evaluate tensor")

    def run(self, feed_dict=None, session=None):
        """Run this operation in the default session."""
        hooks.run_in(session, self, feed_dict, "run operation")

    def get_attr(self, name):
        """The value of an attribute (axis, keepdims, ...); ValueError if there is none."""
        if name not in self.attrs:
            raise ValueError(f"{where(self)} has no attribute {name!r}")
        return self.graph.given(self.attrs[name])

    __repr__ = repr_of_operation


# read by `records.holder_of`
Tensor._whole, Tensor._keeps_dict = Tensor, False
Operation._whole, Operation._keeps_dict = Operation, True


def is_custom(op):
    """Whether the operation is a user's subclass with a Python compute()."""
    return op.opdef is None


def node_of(thing):
    """What the user holds for an Operation or Tensor."""
    op = thing.op if isinstance(thing, Tensor) else thing
    if is_custom(op):
        return op
    if isinstance(thing, Tensor):
        return thing
    return op.outputs[0] if len(op._record.outs) == 1 else op


def operation_of(node):
    """The operation of a node; TypeError for anything else."""
    operation = getattr(as_tensor(node) if is_node(node) and not isinstance(node, Node) else node,
                        "op", node)
    if not isinstance(operation, Operation):
        raise TypeError(f"Can not convert a {type(node).__name__} into a Tensor or Operation.")
    return operation


def graph_of(inputs):
    """The graph all inputs share, or the default one; GraphError if they differ."""
    graph = None
    for t in inputs:
        if graph is None:
            graph = t.op.graph
        elif t.op.graph is not graph:
            first = next(u for u in inputs if u.op.graph is graph)
            raise GraphError(
                f"{where(t)} and {where(first)} belong to different graphs. "
                "Make both under the same `with graph.as_default():`.")
    return graph or get_default_graph()


def as_tensor(value, dtype=None, graph=None, name=None):
    """A node as it is, anything else as a constant; in a "numpy" graph Python numbers stay weak.

    Parameters
    ----------
    value : node, array, number, nested list, or an object with `_as_tensor()`
    dtype : numpy.dtype, optional
    graph : Graph, optional
        Where a constant goes; the default graph, if not given.
    name : str, optional
        Of a constant; "Const" if not given.

    Raises
    ------
    DTypeError
        If `value` is a tensor of another dtype than `dtype`, or cannot be an array.
    """
    if isinstance(value, Tensor):
        if dtype is not None and value._dtype is not None and value._dtype != dtype:
            raise ConvertTypeError(f"{where(value)} has dtype {value._dtype}; expected {dtype}")
        return value
    if isinstance(value, Operation):
        if len(value.outputs) != 1:
            raise DTypeError(f"{where(value)} has {len(value.outputs)} outputs and cannot be "
                             "used as one tensor; use one of its outputs.")
        return as_tensor(value.outputs[0], dtype)
    if hasattr(value, "_as_tensor"):                     # IndexedSlices
        return as_tensor(value._as_tensor(), dtype)
    return hooks.make_constant(value, dtype, graph, name)


def is_node(value):
    """Whether a value stands for a tensor already."""
    return isinstance(value, Node) or hasattr(value, "_as_tensor")
