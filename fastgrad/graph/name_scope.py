"""name_scope: a prefix for the names of operations, made unique each time it is opened."""

from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import is_node
from fastgrad.uncut import Changed


class name_scope(Changed):
    """Prefix the names of operations made in a `with`; `as` gives the prefix, ending in "/".

    Parameters
    ----------
    name : str or None
        None takes `default_name`; "" or None without one leaves all scopes; a name that ends in
        "/" opens exactly that scope again.
    default_name : str, optional
    values : list, optional
        Nodes whose graph is meant.

    Examples
    --------
    >>> with name_scope('head'):
    ...     y = identity(1.0, name='y')
    >>> y.name
    'head/y:0'
    """

    def __init__(self, name, default_name=None, values=None):
        if name is None and default_name is None and values is not None:
            raise TypeError("name_scope: give name or default_name beside values.")
        self.name = default_name if name is None else name
        node = next((v for v in values or () if is_node(v)), None)
        self._graph = get_default_graph() if node is None else node.graph

    def changes(self):
        return self._graph.name_scope(self.name).changes()


@door
def op_scope(values, name, default_name=None):
    """name_scope under its old name and argument order."""
    return name_scope(name, default_name, values)


__all__ = ["name_scope", "op_scope"]
