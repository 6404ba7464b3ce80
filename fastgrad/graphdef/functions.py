"""Functions of a graph's library: calls, and branches and loops that name functions.

A call is written out where it stands: the nodes of the function are inside the node that calls it.
"""

from fastgrad.flow.cond import cond
from fastgrad.flow.while_loop import while_loop
from fastgrad.graph.tensor_shape import TensorShape
from fastgrad.graphdef import links
from fastgrad.graphdef.registry import (ImportNodeError, RegisterImport, UnsupportedNodeError)
from fastgrad.io.graph_messages import message
from fastgrad.ops.cast import cast
from fastgrad.ops.state import identity

DEEPEST = 50            # calls within calls

# what the outputs of nodes with several are called, in their order
OUTPUTS = {
    "Switch": ("output_false", "output_true"), "RefSwitch": ("output_false", "output_true"),
    "Merge": ("output", "value_index"), "TopKV2": ("values", "indices"),
    "TopK": ("values", "indices"), "Unique": ("y", "idx"),
    "UniqueWithCounts": ("y", "idx", "count"),
    "SoftmaxCrossEntropyWithLogits": ("loss", "backprop"),
    "SparseSoftmaxCrossEntropyWithLogits": ("loss", "backprop"),
    "BroadcastGradientArgs": ("r0", "r1"), "TensorArrayV3": ("handle", "flow"),
    "FusedBatchNorm": ("y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"),
    "FusedBatchNormV2": ("y", "batch_mean", "batch_variance", "reserve_space_1",
                         "reserve_space_2"),
    "FusedBatchNormV3": ("y", "batch_mean", "batch_variance", "reserve_space_1",
                         "reserve_space_2", "reserve_space_3"),
    "ListDiff": ("out", "idx"), "Svd": ("s", "u", "v"), "Qr": ("q", "r"),
    "SelfAdjointEigV2": ("e", "v"), "LogMatrixDeterminant": ("sign", "log_abs_determinant"),
}


def call(node, name, inputs):
    """The outputs of a function on some tensors, its nodes under the node's name."""
    from_library = node.importer.library.get(name)
    if from_library is None:
        raise UnsupportedNodeError(f"the graph has no function {name!r}.")
    depth = getattr(node.importer, "depth", 0) + 1
    if depth > DEEPEST:
        raise ImportNodeError(f"function {name!r} calls itself: {DEEPEST} calls within calls.")
    arguments = [a.name for a in from_library.signature.input_arg]
    if len(arguments) != len(inputs):
        raise ImportNodeError(f"function {name!r} takes {len(arguments)} values; node "
                              f"{node.name!r} gives {len(inputs)}.")
    protos = [_plain(p, arguments, from_library) for p in from_library.node_def]
    known = links.linked(protos, arguments)
    graph = node.graph
    names = {n: graph.exact_name(f"{node.name}/{n}") for n in known}
    inner = type(node.importer)(graph, known, names, node.importer.library)
    inner.depth = depth
    inner.mapped.update({(a, 0): t for a, t in zip(arguments, inputs)})
    first = graph.version
    inner.run()
    graph.hidden.update(range(first, graph.version))
    for i in range(first, graph.version):
        graph.imported.pop(i, None)
    found = []
    for out in from_library.signature.output_arg:
        if out.name not in from_library.ret:
            raise ImportNodeError(f"function {name!r} does not say what its result {out.name!r} "
                                  "is.")
        found.append(inner.tensor(_link(from_library.ret[out.name], arguments, from_library)))
    return found


def _plain(proto, arguments, function):
    """A node of a function with its inputs written as in a graph."""
    made = message("NodeDef")()
    made.CopyFrom(proto)
    del made.input[:]
    for text in proto.input:
        if text.startswith("^"):
            made.input.append(text)
            continue
        link = _link(text, arguments, function)
        made.input.append(f"{link.name}:{link.index}")
    return made


def _link(text, arguments, function):
    """The Link of `argument` or `node:output:k`."""
    if text.count(":") < 2:
        link = links.parsed(text, function.signature.name)
        return link
    name, output, index = text.rsplit(":", 2)
    node = next((n for n in function.node_def if n.name == name), None)
    if node is None or not index.isdigit():
        raise ImportNodeError(f"function {function.signature.name!r}: {text!r} names no output.")
    outputs = OUTPUTS.get(node.op, ())
    return links.Link(name, (outputs.index(output) if output in outputs else 0) + int(index))


def _name(node, attr):
    value = node.attr(attr)
    if value is None or not hasattr(value, "attr"):
        raise UnsupportedNodeError(f"its attribute {attr!r} names no function.")
    return value.name


def results(node, made):
    return [identity(t) for t in made]


@RegisterImport("PartitionedCall", "StatefulPartitionedCall")
def partitioned_call(node):
    name = _name(node, "f") if node.type.endswith("PartitionedCall") else node.type
    return results(node, call(node, name, node.inputs))


@RegisterImport("If", "StatelessIf")
def functional_if(node):
    pred, *values = node.inputs
    if pred._dtype.kind != "b":
        pred = cast(pred, bool)

    def branch(attr):
        return lambda: results(node, call(node, _name(node, attr), values))
    return cond(pred, branch("then_branch"), branch("else_branch"), strict=True)


@RegisterImport("While", "StatelessWhile")
def functional_while(node):
    test, body = _name(node, "cond"), _name(node, "body")
    return list(while_loop(
        lambda *v: call(node, test, list(v))[0], lambda *v: call(node, body, list(v)),
        list(node.inputs), shape_invariants=[TensorShape(None)] * len(node.inputs),
        return_same_structure=True))
