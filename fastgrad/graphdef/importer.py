"""import_graph_def: the nodes of a GraphDef become operations of a graph.

Decisions
- A node is one operation that bears its name and type. What else it is made of is hidden: it is
  not among `Graph.get_operations`.
- A node that cannot be built (no builder, a value that must be known before the run) is an
  operation all the same, and an error only in a run that needs it.
- Loops become this library's own (`loops`), branches are told apart where they meet (`branches`).
- If anything fails, the graph is as it was.
"""

import collections

from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import Operation, as_tensor, is_node, operation_of
from fastgrad.graphdef import branches, links, loops, tables
from fastgrad.graphdef.absent import NO_BUILDER, REFUSED, add_absent
from fastgrad.graphdef.registry import (BUILDERS, EFFECTS, FileNode, ImportNodeError,
                                        UnsupportedNodeError)
from fastgrad.io.graph_messages import message
from fastgrad.ops.bundle import bundle
from fastgrad.variables.variable import Variable
from fastgrad.wording import call_site


class Importer:
    """Builds the nodes of one GraphDef.

    Attributes
    ----------
    graph : Graph
    nodes : dict of str to Linked
    names : dict of str to str
        What each node is called in the graph.
    env : dict of str to list of Tensor
        The outputs of the nodes that are built; of the frame that is being built.
    after : dict of str to Operation
    library : dict of str to FunctionDef
    """

    def __init__(self, graph, nodes, names, library=None):
        self.graph, self.nodes, self.names = graph, nodes, names
        self.library = library or {}
        self.env, self.after, self.mapped = {}, {}, {}
        self.pushed = {}                # a stack's operation -> the shape of what is put on it
        self.named = set()              # names that an operation bears
        self.old_shapes = False         # whether a placeholder of shape () may have any
        self.outputs = _counts(nodes)
        order = links.sorted_names(nodes)
        links.find_frames(nodes, order)
        self.contexts = branches.contexts(nodes, order)
        self.frames = collections.defaultdict(dict)
        for name, node in nodes.items():
            for depth in range(len(node.frame) + 1):
                self.frames[node.frame[:depth]][name] = node

    def run(self):
        self.build(self.frames[()], ())

    def build(self, nodes, frame):
        """Build those of `nodes` that are directly in `frame`, and the loops among them."""
        depth = len(frame)

        def unit(name):
            inner = self.nodes[name].frame
            return name if len(inner) == depth else inner[:depth + 1]
        for one in links.sorted_names(nodes, unit):
            if isinstance(one, tuple):
                loops.build(self, one)
            elif one not in self.env:
                self.one(one)

    # ---- one node ----
    def tensor(self, link):
        """The Tensor that an input means."""
        mapped = self.mapped.get((link.name, link.index))
        if mapped is not None:
            return mapped
        outputs = self.env[link.name]
        if link.index >= len(outputs):
            raise ImportNodeError(f"{link.name}:{link.index} is no output: node {link.name!r} of "
                                  f"type {self.nodes[link.name].proto.op} has {len(outputs)}.")
        return outputs[link.index]

    def one(self, name):
        """Build one node in the frame at hand."""
        node = self.nodes[name]
        inputs = [_direct(self.tensor(link)) for link in node.data]
        controls = [self.after[c] for c in node.control if c in self.after]
        self.add(name, lambda full: self.outputs_of(node, full, inputs), controls)

    def add(self, name, build, controls=()):
        """Note the outputs that `build(full name)` makes for a node."""
        graph, full = self.graph, self.names[name]
        first = graph.version
        if name in self.named:          # a loop's body needs what its condition has made
            full = graph.exact_name(full + "/again")
        node = self.nodes[name]
        with graph.control_dependencies(controls):
            with graph.name_scope(full + "/"):
                made = build(full)
            outputs, op = _as_outputs(made)
            if op is None or op.name != full or op.id < first or list(op.outputs) != outputs:
                op = bundle(graph, outputs, full)
                outputs = op.outputs
        graph.hidden.update(i for i in range(first, graph.version)
                            if i != op.id and i not in graph.imported)
        if name in self.named:
            graph.hidden.add(op.id)
        else:
            graph.node_types[op.id] = node.proto.op
            graph.imported[op.id] = self.kept(node)
        self.named.add(name)
        self.env[name], self.after[name] = outputs, op

    def kept(self, node):
        """What is kept of the node in the file, with the names that things have here."""
        kept = message("NodeDef")()
        kept.CopyFrom(node.proto)
        kept.name = self.names[node.proto.name]
        if node.proto.op == "Const" and "value" in kept.attr:
            del kept.attr["value"]                  # the operation has it
        del kept.input[:]
        for link in node.data:
            mapped = self.mapped.get((link.name, link.index))
            name, index = ((mapped.op.name, mapped.index) if mapped is not None
                           else (self.names[link.name], link.index))
            kept.input.append(f"{name}:{index}" if index else name)
        kept.input.extend("^" + (self.after[c].name if (c, None) in self.mapped else self.names[c])
                          for c in node.control)
        for i, place in enumerate(kept.attr["_class"].list.s if "_class" in kept.attr else ()):
            other = place.removeprefix(b"loc:@").decode()
            kept.attr["_class"].list.s[i] = b"loc:@" + self.names.get(other, other).encode()
        return kept

    def outputs_of(self, node, full, inputs):
        """What the builder of a node makes of its inputs."""
        file_node = FileNode(node.proto, full, inputs, self.graph, self)
        alive = branches.alive(self, node.proto.name)
        op = node.proto.op
        build = self.builder(node)
        if alive is not None and (op in EFFECTS or op not in BUILDERS and op not in self.library):
            return branches.guarded(self, alive, file_node, build)
        return build(file_node)

    def builder(self, node):
        """The function that builds a node; it makes an absent one of what cannot be built."""
        name, op = node.proto.name, node.proto.op
        count = self.outputs[name]

        def build(file_node):
            if op in REFUSED:
                return add_absent(file_node, REFUSED[op], count)
            function = BUILDERS.get(op)
            if function is None and op not in self.library:
                return add_absent(file_node, NO_BUILDER.format(type=op), count)
            try:
                if function is None:
                    from_library = BUILDERS["PartitionedCall"]
                    return from_library(file_node)
                return function(file_node)
            except UnsupportedNodeError as e:
                return add_absent(file_node, f"which cannot be built: {e}", count)
            except ImportNodeError:
                raise
            except Exception as e:
                raise ImportNodeError(f"node {name!r} of type {op}: {e}") from e
        return build


def _direct(tensor):
    """The variable itself where a node takes what an Identity passes on of it: TensorFlow hands on
    the variable's memory, so that the node sees the value at its own time."""
    op = tensor.op
    if op.op_type == "identity" and not op.control_inputs:
        source = op._inputs[0]
        if isinstance(source, Variable) and not source._out.more.get("is_handle"):
            return source
    return tensor


def _counts(nodes):
    """{name: the number of outputs that its users ask for}, at least 1."""
    counts = dict.fromkeys(nodes, 1)
    for node in nodes.values():
        for link in node.data:
            if link.name in counts:
                counts[link.name] = max(counts[link.name], link.index + 1)
    return counts


def _as_outputs(made):
    """(list of Tensor, the operation that makes them all or None) of what a builder returned."""
    if isinstance(made, Operation):
        return list(made.outputs), made
    outputs = [as_tensor(t) for t in (made if isinstance(made, (list, tuple)) else [made])]
    ops = {t.op for t in outputs}
    return outputs, ops.pop() if len(ops) == 1 else None


# ---- what users call --------------------------------------------------------------------

@door
def import_graph_def(graph_def, input_map=None, return_elements=None, name=None, op_dict=None,
                     producer_op_list=None):
    """Add the nodes of a GraphDef to the default graph.

    Parameters
    ----------
    graph_def : GraphDef
    input_map : dict of str to Tensor, optional
        What stands for outputs of the file's nodes (`"x:0"`, `"x"`).
    return_elements : list of str, optional
        Names of the file's operations and tensors that are wanted.
    name : str
        What comes before all names; "import" if not given, nothing if empty.

    Returns
    -------
    list of Operation and Tensor, or None without `return_elements`

    Raises
    ------
    ValueError
        If the GraphDef is no graph: an input names no node, names are not unique, a node cannot
        have these inputs. The graph is then as it was.
    """
    graph_def = _graph_def_of(graph_def)
    graph = get_default_graph()
    with graph.attempt(), graph.at(call_site()):
        prefix = _prefix(graph, name)
        importer = imported(graph, graph_def, prefix, input_map or {})
        if return_elements is None:
            return None
        return [_element(importer, text) for text in return_elements]


def imported(graph, graph_def, prefix, input_map):
    """The Importer that has added a GraphDef's nodes under a prefix."""
    nodes = links.linked(graph_def.node)
    names = {n: graph.exact_name(f"{prefix}/{n}" if prefix else n) for n in nodes}
    importer = Importer(graph, nodes, names,
                        {f.signature.name: f for f in graph_def.library.function})
    importer.old_shapes = graph_def.versions.producer < 24
    _map_inputs(importer, input_map)
    with graph.name_scope(None):
        importer.run()
    graph.libraries.extend(importer.library.values())
    return importer


def _map_inputs(importer, input_map):
    for key, value in input_map.items():
        text = key.decode() if isinstance(key, bytes) else key
        link = links.parsed(text, "input_map")
        if link.name not in importer.nodes:
            raise ImportNodeError("Attempted to map inputs that were not found in graph_def: "
                                  f"[{text}]")
        if link.index is None:
            importer.mapped[link.name, None] = operation_of(value)
        elif not is_node(value):
            raise ImportNodeError(f"input_map: {text!r} is mapped to {value!r:.60}; expected a "
                                  "tensor.")
        else:
            importer.mapped[link.name, link.index] = as_tensor(value)


def _prefix(graph, name):
    """The scope of the nodes, without a slash behind it."""
    if name == "":
        return graph.get_name_scope()
    if name is not None and name.endswith("/"):
        return name[:-1]
    return graph.unique_name(name or "import")


def _graph_def_of(given):
    if getattr(getattr(given, "DESCRIPTOR", None), "full_name", None) != "tensorflow.GraphDef":
        raise TypeError("graph_def must be a GraphDef proto; got a "
                        f"{type(given).__name__}.")
    mine = message("GraphDef")
    return given if isinstance(given, mine) else mine.FromString(given.SerializeToString())


def _element(importer, text):
    link = links.parsed(text, "return_elements")
    if link.name not in importer.nodes:
        raise ImportNodeError(f"Requested return_element {text!r} not found in graph_def.")
    if ":" not in text:
        return importer.after[link.name]
    return importer.tensor(link) if (link.name, link.index) not in importer.mapped else \
        importer.mapped[link.name, link.index]


__all__ = ["import_graph_def", "tables"]
