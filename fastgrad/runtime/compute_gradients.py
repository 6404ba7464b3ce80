"""compute_gradients: the gradients of a loss for every node that it depends on, as arrays.

Builds the gradient graph of a loss once, and runs it in a session that the graph keeps.
"""

from fastgrad.autodiff.gradients import ancestors, walk
from fastgrad.errors import FetchTypeError, GradientError, MissingFeedError
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import Node, Operation, node_of
from fastgrad.runtime.fetches import feed_key
from fastgrad.runtime.session import Session
from fastgrad.wording import where


@door
def compute_gradients(loss, feed_dict=None):
    """Gradients of a scalar loss with respect to every node that it depends on, as arrays.

    Parameters
    ----------
    loss : node
    feed_dict : dict, optional
        Values of placeholders; one that is missing keeps the value fed most recently.

    Returns
    -------
    dict
        From node (Variables and placeholders included) to an array of the node's shape,
        at the variables' current values.

    Raises
    ------
    GradientError
        If `loss` is not a scalar or an operation on the way has no gradient.
    MissingFeedError
        If a placeholder has no value yet.

    Examples
    --------
    >>> x, w = placeholder(), Variable([1.0, 2.0])
    >>> found = compute_gradients(reduce_sum(square(w * x)), {x: [3.0, 4.0]})
    >>> found[w], found[x]
    (array([18., 64.]), array([ 6., 32.]))
    """
    if not isinstance(loss, Node):
        raise FetchTypeError(f"compute_gradients takes a node; got {type(loss).__name__}.")
    tensor = loss.outputs[0] if isinstance(loss, Operation) else loss
    graph = tensor.graph
    table = graph.gradient_tables
    if tensor not in table:
        table[tensor] = _gradient_nodes(tensor)
    nodes, grads, placeholders = table[tensor]
    session = graph.gradient_session
    if session is None:
        session = graph.gradient_session = Session(graph=graph)
    feeds = {feed_key(k, graph): v for k, v in (feed_dict or {}).items()}
    for p in placeholders:
        if p not in feeds:
            feeds[p] = _fed_last(p)
    return dict(zip(nodes, session.run(grads, feeds)))


def _gradient_nodes(tensor):
    order = ancestors([tensor])
    if tensor._shape not in ((), None):
        raise GradientError(f"loss {where(tensor)} has shape {tensor._shape}; expected a scalar. "
                            "Reduce it, for example with reduce_sum or reduce_mean.")
    everything = [t for op in order for t in op.outputs]
    with tensor.graph.name_scope("gradients"):
        by_tensor = walk([tensor], [None], everything)
    nodes = [t for t in everything if t in by_tensor]
    placeholders = [t for t in everything if t.op.op_type == "placeholder"]
    return [node_of(t) for t in nodes], [by_tensor[t] for t in nodes], placeholders


def _fed_last(p):
    if not hasattr(p, "fed"):
        raise MissingFeedError(f"{where(p)} has not been fed yet. Run the session first, or pass "
                               "feed_dict= to compute_gradients.", p.op)
    return p.fed


__all__ = ["compute_gradients"]
