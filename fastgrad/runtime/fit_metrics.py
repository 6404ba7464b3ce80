"""What `Session.fit` reports by name: fetches of the user's, and metrics that it builds.

A metric by name is made from the training's own cross-entropy, whose logits and labels say what
was guessed and what is right. It is made once a graph.
"""

from fastgrad.compiler.order import behind
from fastgrad.errors import FetchError, FetchTypeError
from fastgrad.graph.dtypes import FLOAT32, strong
from fastgrad.ops.argmax import argmax
from fastgrad.ops.cast import cast
from fastgrad.ops.comparison import equal, greater
from fastgrad.ops.reduce import reduce_mean

# operations whose first inputs are logits and labels, and how they tell what is right
_SPARSE = ("sparse_softmax_xent", "sparse_softmax_xent_grad")
_ONE_HOT = ("softmax_xent", "softmax_xent_grad")
_YES_NO = ("sigmoid_xent",)


def reported(session, train_op, fetches, metrics):
    """(names, nodes) of all that is reported."""
    names, nodes = named(fetches)
    more = () if metrics is None else metrics
    if isinstance(more, str):
        more = [more]
    if hasattr(more, "items"):
        found = list(more.items())
    else:
        found = [(name, name) for name in more]
    for name, node in found:
        if isinstance(node, str) and node in METRICS:
            node = _made(session, train_op, node)
        elif not hasattr(more, "items"):
            raise FetchError(f"fit: metrics has no {node!r:.60}; there is "
                             f"{', '.join(map(repr, METRICS))}. Of others give the node: "
                             "metrics={'name': node}.")
        if name in names:
            raise FetchError(f"fit: {name!r} is the name of two of fetches and metrics.")
        names.append(name)
        nodes.append(node)
    return names, nodes


def named(fetches):
    """(names, nodes) of what is fetched."""
    if fetches is None:
        return [], []
    if isinstance(fetches, dict):
        return list(fetches), list(fetches.values())
    nodes = list(fetches) if isinstance(fetches, (list, tuple)) else [fetches]
    return [getattr(n, "name", str(n)).partition(":")[0] for n in nodes], nodes


def accuracy(kind, logits, labels):
    """The share of rows (of sigmoid's: of numbers) that are guessed right."""
    if kind in _SPARSE:
        guess = argmax(logits, -1, output_type=strong(labels._dtype))
        right = equal(guess, labels)
    elif kind in _ONE_HOT:
        right = equal(argmax(logits, -1), argmax(labels, -1))
    else:
        right = equal(greater(logits, 0), greater(labels, 0.5))
    return reduce_mean(cast(right, FLOAT32))


METRICS = {"accuracy": accuracy}


def _made(session, train_op, name):
    kind, logits, labels = _entropy(session, train_op)
    graph, key = session.graph, f"fit/{name}/{logits.op.id}/{labels.op.id}"
    if not graph.get_collection(key):
        with graph.as_default(), graph.control_dependencies(None), graph.name_scope(name):
            graph.add_to_collection(key, METRICS[name](kind, logits, labels))
    return graph.get_collection(key)[0]


def _entropy(session, train_op):
    """(type, logits, labels) of the only cross-entropy that is trained."""
    needed, found = behind([session._node(train_op)]), {}
    for op in session.graph.get_operations():
        if op.op_type in (*_SPARSE, *_ONE_HOT, *_YES_NO):
            logits, labels = op._inputs[:2]
            if logits.op in needed:
                found.setdefault((logits, labels), op.op_type)
    if len(found) != 1:
        raise FetchTypeError(f"fit: a metric by name is made from the training's cross-entropy, "
                             f"of which there are {len(found) or 'none'}. Give the node: "
                             "metrics={'name': node}.")
    ((logits, labels), kind), = found.items()
    return kind, logits, labels
