"""Graph: operations and tensors under construction.

A Graph is made of Operations joined by Tensors (see `nodes`) and only ever grows, so an operation's
`id` is its place in a topological order. The graph holds records of its nodes (see `records`).

`Graph.literals` says what Python numbers and lists become: "numpy" follows NumPy, "tf" (the
Graph of `fastgrad.compat.v1`) makes float32 and int32 of them and refuses to mix dtypes.
"""

import contextlib

from fastgrad.errors import GraphError
from fastgrad.graph import hooks
from fastgrad.graph.default_graph import KINDS, made_default
from fastgrad.graph.drawing import drawing
from fastgrad.graph.graphviz import export_dot
from fastgrad.graph.names import Names
from fastgrad.graph.nodes import Node, Operation, Tensor, node_of, operation_of
from fastgrad.graph.records import Records
from fastgrad.uncut import Changed
from fastgrad.wording import refuse_copy, where


class Graph(Records, Names):
    """Operations and tensors under construction.

    Attributes
    ----------
    operations, placeholders, variables : list
        The nodes, in the order of their making (the tutorial's names).

    Examples
    --------
    >>> graph = Graph()
    >>> with graph.as_default():
    ...     x = placeholder(float32, [None, 2], name='x')
    >>> [op.name for op in graph.get_operations()]
    ['x']
    """

    def __init__(self):
        self._name_nothing()
        self._record_nothing()
        self._site = None            # overrides call_site() while rules build nodes
        self._control, self._finalized, self.seed = [], False, None
        self.gradient_names = {}     # operation's id -> the gradient meant, if not its type's
        self.gradient_source = None  # names the outermost call of `gradients` that is at work
        self.node_types = {}         # operation's id -> TensorFlow's type, if not the declared one
        # what files above keep with a graph; each is theirs alone
        self.store = None            # variables/store.py: the graph's own values
        self.variable_scopes = None  # variables/scopes.py
        self.growth = None           # runtime/growth.py: what was added since the first run
        self.gradient_tables = {}    # runtime/compute_gradients.py, and the session that it runs
        self.gradient_session = None
        self.hidden = set()          # graphdef/: ids of what nodes of files are made of, inside
        self.imported = {}           # graphdef/: operation's id -> the node of the file
        self.libraries = []          # graphdef/: functions that such nodes name

    # ---- the tutorial's and TensorFlow's views ----
    _ops = property(lambda self: [self.operation_at(i) for i in range(len(self._records))])
    placeholders = property(lambda self: [self.tensor_at(i, 0) for i in self._placeholders])
    variables = property(lambda self: [self.tensor_at(i, 0) for i in self._variables])

    @property
    def operations(self):
        return [node_of(op) for op in self.get_operations()
                if op.op_type not in ("placeholder", "variable")]

    def get_operations(self):
        """The operations, in the order of their making; of a file's nodes not the insides."""
        return [self.operation_at(i) for i in range(len(self._records)) if i not in self.hidden]

    def as_graph_def(self, from_version=None, add_shapes=False):
        """The graph as a GraphDef, TensorFlow's message; needs the protobuf library.

        Parameters
        ----------
        from_version : int, optional
            Leave out the operations that were there when the graph had this `version`.
        add_shapes : bool
            Add each output's static shape, in the attribute `_output_shapes`.
        """
        return hooks.graph_def(self, from_version or 0, add_shapes)

    def as_default(self):
        """Make this the default graph, now; in a `with`, until its end."""
        return made_default(self)

    def as_graph_element(self, obj, allow_tensor=True, allow_operation=True):
        """A name or node -> the node of this graph that it means."""
        if isinstance(obj, str):
            tensor = ":" in obj
            if not (allow_tensor if tensor else allow_operation):
                raise ValueError(f"{obj!r} names {'a tensor' if tensor else 'an operation'}; "
                                 f"expected {'an operation' if tensor else 'a tensor'}.")
            return self.get_tensor_by_name(obj) if tensor else self.get_operation_by_name(obj)
        if not isinstance(obj, Node):
            raise TypeError(f"Can not convert a {type(obj).__name__} into a Tensor or Operation.")
        if obj.graph is not self:
            raise GraphError(f"{where(obj)} is not an element of this graph.")
        return obj

    def finalize(self):
        """Refuse any further operation."""
        self._finalized = True

    export_dot = export_dot

    def _repr_html_(self):
        """The picture that a notebook shows."""
        return drawing(self)

    finalized = property(lambda self: self._finalized)

    def __reduce_ex__(self, protocol):
        refuse_copy("a Graph")

    version = property(lambda self: len(self._records))

    def _check_open(self):
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")

    # ---- building ----
    def add_op(self, opdef, inputs, attrs, specs, name=None, kind=Tensor):
        """A built-in operation with outputs of class `kind`, of the given (shape, dtype)."""
        op = Operation.__new__(Operation)
        op._join(self, opdef.type, inputs, attrs, opdef, name, specs, kind)
        return op

    def at(self, site):
        """Nodes made inside carry this call site: rules build them, the user wrote `site`."""
        return Changed(lambda: (None, self, "_site", site))

    def differentiating(self, name):
        """Rules called inside see the name of the outermost call of `gradients`."""
        return Changed(lambda: (None, self, "gradient_source", self.gradient_source or name))

    def control_dependencies(self, nodes):
        """Operations made inside run after `nodes`, or names of them; None clears what there is."""
        return Changed(lambda: (None, self, "_control", self._control_after(nodes)))

    def _control_after(self, nodes):
        return [] if nodes is None else self._control + [
            operation_of(self.as_graph_element(n) if isinstance(n, str) else n) for n in nodes]

    def _control_for(self, inputs):
        if not self._control:
            return ()
        mine = {t.op for t in inputs}
        return tuple(dict.fromkeys(op for op in self._control if op not in mine))

    @contextlib.contextmanager
    def attempt(self):
        """Take back every operation made inside if the block raises."""
        count, names, used = len(self._records), dict(self._by_name), dict(self._used)
        try:
            yield
        except BaseException:
            self._take_back(count)
            self._by_name, self._used = names, used
            self._exact = {name for name in self._exact if name in names}
            self.hidden = {i for i in self.hidden if i < count}
            for table in (self.imported, self.node_types, self.gradient_names):
                for i in [i for i in table if i >= count]:
                    del table[i]
            raise


KINDS["numpy"] = Graph
