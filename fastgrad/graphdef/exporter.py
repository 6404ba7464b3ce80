"""as_graph_def: the operations of a graph as a GraphDef that TensorFlow imports.

Decisions
- A node that came from a file goes out as it came, with the names that it has here.
- Any other operation is written as the nodes that TensorFlow needs for it (`writer`): its own name
  is the last one's, and axes and shapes, which are attributes here, are constants beside it.
- What came out of a file's nodes on the way in is left out, unless something else uses it.
"""

import numpy as np

from fastgrad.graph import hooks
from fastgrad.graph.dtypes import TEXT
from fastgrad.graph.interned import decoded
from fastgrad.graphdef import tables
from fastgrad.graphdef.flow_out import inside
from fastgrad.graphdef.order_out import orders
from fastgrad.graphdef.writer import PRODUCER, NotWritableError, Shape, Writer, set_attr
from fastgrad.io.graph_messages import message
from fastgrad.io.tensor_proto import proto_of


@hooks.fills("graph_def")
def _for_users(graph, from_version, add_shapes):
    return as_graph_def(graph, shapes=add_shapes, first=from_version)


def as_graph_def(graph, strict=False, shapes=False, first=0, wanted=None):
    """The GraphDef of a graph.

    Parameters
    ----------
    strict : bool
        Refuse operations that TensorFlow has no node for; else they have a type of their own, and
        TensorFlow refuses them if it is asked to import the graph.
    shapes : bool
        Add the attribute `_output_shapes`.
    wanted : list of Tensor and Operation, optional
        What is to be computed: nothing else goes out than what these need.

    Raises
    ------
    NotWritableError
        If `strict` and there is such an operation; names it.
    """
    made = message("GraphDef")()
    made.versions.producer = PRODUCER
    writer = Writer(op.name for op in graph._ops)
    needed = [op for op in graph._ops[first:] if _is_needed(graph, op)] if wanted is None else \
        _behind(graph, wanted)
    writer.waits = orders([op for op in needed if op.id not in graph.imported])
    parts = set().union(*(inside(op) for op in needed if op.id not in graph.hidden))
    for op in needed:
        if op.id in parts and op.id not in graph.imported:
            continue
        if op.id in graph.imported:
            _imported(writer, graph, op)
        else:
            _written(writer, op, strict)
    made.node.extend(writer.nodes)
    names = set()
    for function in [*graph.libraries, *writer.functions]:
        if function.signature.name not in names:
            names.add(function.signature.name)
            made.library.function.append(function)
    if shapes:
        _add_shapes(graph, made)
    return made


def _behind(graph, wanted):
    """The operations that some need, in order; of a file's nodes those that its inputs name."""
    todo, found = [getattr(n, "op", n) for n in wanted], {}
    while todo:
        op = todo.pop()
        if op.id in found:
            continue
        found[op.id] = op
        if op.id in graph.imported:
            todo += [graph.operation_at(graph._by_name[text.lstrip("^").partition(":")[0]])
                     for text in graph.imported[op.id].input]
        else:
            todo += [t.op for t in op._inputs] + list(op.control_inputs)
    return [found[i] for i in sorted(found)]


def _is_needed(graph, op):
    """Whether an operation is a node of its own: not what a file's node is made of inside."""
    if op.id not in graph.hidden:
        return True
    todo, seen = [op], set()
    while todo:
        one = todo.pop()
        for id in {i for out in one._record.outs for i in out.consumers}:
            if id in seen or id in graph.imported:
                continue
            if id not in graph.hidden:
                return True
            seen.add(id)
            todo.append(graph.operation_at(id))
    return False


def _imported(writer, graph, op):
    node = message("NodeDef")()
    node.CopyFrom(graph.imported[op.id])
    if node.op == "Const" and op.op_type in ("constant", "filled", "filled_as"):
        proto_of(_value(op), node.attr["dtype"].type, node.attr["value"].tensor)
    writer.nodes.append(node)


def _value(op):
    """The array of a constant of a file, also where it is written as one number repeated."""
    if op.op_type == "constant":
        array = op.attrs["value"]
        return decoded(array) if array.dtype == TEXT else array
    dims, number = (t.op.attrs["value"] for t in op._inputs) if len(op._inputs) == 2 else (
        op.attrs["shape"], op.attrs["number"])
    return np.broadcast_to(number, tuple(int(n) for n in np.ravel(dims)))


def _written(writer, op, strict):
    before = len(writer.nodes)
    try:
        writer.write(op)
    except NotWritableError:
        if strict:
            raise
        del writer.nodes[before:]
        node = message("NodeDef")(name=op.name, op=f"Fastgrad>{op.op_type}")
        node.input.extend([writer.ref(t) for t in op._inputs])
        node.input.extend("^" + c.name for c in op.control_inputs)
        writer.nodes.append(node)


def _add_shapes(graph, made):
    for node in made.node:
        known = graph._by_name.get(node.name)
        if known is None:
            continue
        outputs = graph.operation_at(known).outputs
        set_attr(node.attr["_output_shapes"],
                 [None if t._shape is None else Shape(t._shape) for t in outputs])


__all__ = ["as_graph_def", "tables"]
