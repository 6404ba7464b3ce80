"""TensorFlow's `graph_util`: parts of GraphDefs, and variables frozen to constants."""

from fastgrad.graph.dtypes import TEXT
from fastgrad.graph.interned import decoded
from fastgrad.graphdef.registry import ImportNodeError
from fastgrad.io.graph_messages import message
from fastgrad.io.tensor_proto import proto_of

VARIABLES = ("Variable", "VariableV2", "VarHandleOp")


def _name(text):
    return text.lstrip("^").partition(":")[0]


def _check(graph_def):
    if getattr(getattr(graph_def, "DESCRIPTOR", None), "full_name", None) != "tensorflow.GraphDef":
        raise TypeError("graph_def must be a graph_pb2.GraphDef proto.")


def extract_sub_graph(graph_def, dest_nodes):
    """The GraphDef of what some nodes need, in the order of the file.

    Parameters
    ----------
    graph_def : GraphDef
    dest_nodes : list of str
        Names of nodes.
    """
    _check(graph_def)
    if isinstance(dest_nodes, str):
        raise TypeError("dest_nodes must be a list.")
    nodes = {n.name: n for n in graph_def.node}
    for name in dest_nodes:
        if name not in nodes:
            raise AssertionError(f"{name} is not in graph")
    todo, needed = list(dest_nodes), set()
    while todo:
        name = todo.pop()
        if name not in needed:
            needed.add(name)
            if name not in nodes:
                raise ImportNodeError(f"a node has the input {name!r}, which is not in the graph.")
            todo += map(_name, nodes[name].input)
    return _with_nodes(graph_def, [n for n in graph_def.node if n.name in needed])


def _with_nodes(graph_def, nodes):
    made = message("GraphDef")()
    made.versions.CopyFrom(graph_def.versions)
    made.library.CopyFrom(graph_def.library)
    made.node.extend(nodes)
    return made


def convert_variables_to_constants(sess, input_graph_def, output_node_names,
                                   variable_names_whitelist=None,
                                   variable_names_blacklist=None):
    """A frozen graph: what some nodes need, with the variables' values in it as constants.

    Parameters
    ----------
    sess : Session
        Has the values.
    input_graph_def : GraphDef
    output_node_names : list of str
    variable_names_whitelist, variable_names_blacklist : sets of str, optional
        Which variables become constants, or do not.

    Raises
    ------
    StateError
        If a variable has no value.
    """
    part = extract_sub_graph(input_graph_def, output_node_names)
    nodes = {n.name: n for n in part.node}
    frozen = {}
    for node in part.node:
        if node.op in VARIABLES and (
                variable_names_whitelist is None or node.name in variable_names_whitelist) and \
                node.name not in (variable_names_blacklist or ()):
            op = sess.graph.get_operation_by_name(node.name)
            value = sess.store.copy_of(op)
            frozen[node.name] = decoded(value) if value.dtype == TEXT else value
    return _with_nodes(part, [_frozen(n, nodes, frozen) for n in part.node])


def _behind(name, nodes):
    """The node behind Identities and control flow that only pass a handle on."""
    node = nodes.get(_name(name))
    while node is not None and node.op in ("Identity", "Enter", "Switch") and node.input:
        node = nodes.get(_name(node.input[0]))
    return node.name if node is not None else None


def _frozen(node, nodes, frozen):
    made = message("NodeDef")()
    if node.name in frozen:
        made.name, made.op, made.device = node.name, "Const", node.device
        made.attr["dtype"].type = node.attr["dtype"].type
        proto_of(frozen[node.name], node.attr["dtype"].type, made.attr["value"].tensor)
        return made
    made.CopyFrom(node)
    if node.op == "ReadVariableOp" and _behind(node.input[0], nodes) in frozen:
        made.op = "Identity"
        made.attr["T"].CopyFrom(node.attr["dtype"])
        del made.attr["dtype"]
    elif node.op in ("Enter", "Switch", "Identity") and "T" in node.attr \
            and node.attr["T"].type == 20 and _behind(node.name, nodes) in frozen:
        made.attr["T"].type = nodes[_behind(node.name, nodes)].attr["dtype"].type
    elif node.op == "ResourceGather" and _behind(node.input[0], nodes) in frozen:
        made.op = "Gather"
        made.attr["Tparams"].CopyFrom(node.attr["dtype"])
        for key in ("dtype", "batch_dims"):
            if key in made.attr:
                del made.attr[key]
    return made


def remove_training_nodes(input_graph, protected_nodes=None):
    """A graph without the nodes that only training needs: CheckNumerics, and Identities that
    nothing hangs on by control.

    Parameters
    ----------
    input_graph : GraphDef
    protected_nodes : list of str, optional
        Names of nodes that stay.
    """
    _check(input_graph)
    protected = set(protected_nodes or ())
    kinds = {n.name: n.op for n in input_graph.node}
    kept = [n for n in input_graph.node if n.op != "CheckNumerics" or n.name in protected]
    kept = [_without(n, {m.name: m.input[0] for m in input_graph.node
                         if m.op == "CheckNumerics" and m.name not in protected and m.input})
            for n in kept]
    with_control = {n.name for n in kept if any(i.startswith("^") for i in n.input)}
    controlling = {_name(i) for n in kept for i in n.input if i.startswith("^")}
    spliced = {n.name: n.input[0] for n in kept
               if n.op == "Identity" and n.name not in protected | with_control | controlling
               and len(n.input) == 1 and kinds.get(_name(n.input[0])) != "Switch"}
    made = message("GraphDef")()
    made.node.extend(_without(n, spliced) for n in kept if n.name not in spliced)
    made.library.CopyFrom(input_graph.library)
    made.versions.CopyFrom(input_graph.versions)
    return made


def _without(node, spliced):
    """The node, its inputs past the nodes that go."""
    made = message("NodeDef")()
    made.CopyFrom(node)
    for i, text in enumerate(made.input):
        seen = set()
        while not text.startswith("^") and _name(text) in spliced and _name(text) not in seen:
            seen.add(_name(text))
            text = spliced[_name(text)]
        made.input[i] = text
    return made


def tensor_shape_from_node_def_name(graph, input_name):
    """The static shape of a node's output, by its name."""
    name = input_name if ":" in input_name else f"{input_name}:0"
    return graph.get_tensor_by_name(name).get_shape()


__all__ = ["extract_sub_graph", "convert_variables_to_constants", "remove_training_nodes",
           "tensor_shape_from_node_def_name"]
