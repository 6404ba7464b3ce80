"""The collected losses of a graph: adding one, listing them, their total."""

from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.ops.arithmetic import add
from fastgrad.ops.state import constant


@door
def add_loss(loss, loss_collection=GraphKeys.LOSSES):
    """Collect a loss of one's own.

    Examples
    --------
    >>> losses.add_loss(constant(2.0))
    >>> len(losses.get_losses())
    1
    """
    if loss_collection:
        loss.graph.add_to_collection(loss_collection, loss)


@door
def get_losses(scope=None, loss_collection=GraphKeys.LOSSES):
    """The losses collected in the default graph.

    Examples
    --------
    >>> loss = losses.mean_squared_error([1.], [2.])
    >>> losses.get_losses() == [loss]
    True
    """
    return get_default_graph().get_collection(loss_collection, scope)


@door
def get_regularization_losses(scope=None):
    """The penalties that regularizers of variables have added.

    Examples
    --------
    >>> losses.get_regularization_losses()
    []
    """
    return get_default_graph().get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


@door
def get_regularization_loss(scope=None, name="total_regularization_loss"):
    """The sum of the regularization losses; 0 if there is none.

    Examples
    --------
    >>> Session().run(losses.get_regularization_loss())
    np.float64(0.0)
    """
    found = get_regularization_losses(scope)
    return _sum(found, name) if found else constant(0.0)


@door
def get_total_loss(add_regularization_losses=True, name="total_loss", scope=None):
    """The sum of all losses collected.

    Examples
    --------
    >>> loss = losses.mean_squared_error([1.], [3.])
    >>> Session().run(losses.get_total_loss())
    np.float64(4.0)
    """
    found = get_losses(scope)
    if add_regularization_losses:
        found = found + get_regularization_losses(scope)
    if not found:
        raise ValueError("get_total_loss: no loss has been collected.")
    return _sum(found, name)


def _sum(values, name):
    graph = values[0].graph
    with graph.name_scope(name):
        total = values[0]
        for v in values[1:]:
            total = add(total, v)
        return total


__all__ = ["add_loss", "get_losses", "get_regularization_losses", "get_regularization_loss",
           "get_total_loss"]
