"""The default graph: which graph a call builds on.

Decisions
- `Graph().as_default()` makes the graph the default at once, as in the tutorial; used in a
  `with`, leaving restores the one before, as in TensorFlow.
- The two namespaces, fastgrad and `fastgrad.compat.v1`, have an implicit default graph each;
  `building(kind)` says whose is meant.
"""

import threading

from fastgrad.uncut import Changed


class _Current(threading.local):
    graph = None
    literals = "numpy"      # whose implicit graph a call means


class _Shared:
    graph = None            # what threads see that never chose a graph: the main thread's


_current, _shared = _Current(), _Shared()
_implicit = {}          # literals -> the graph used while nobody chose one
KINDS = {}              # literals -> class of the implicit graph; `graph` and compat add theirs


class Default(Changed):
    """What `as_default()` returns. A "numpy" graph is the default from its making on."""

    def __init__(self, graph):
        self.graph = graph

    def changes(self):
        changes = self.graph, _current, "graph", self.graph
        if threading.current_thread() is threading.main_thread():
            changes += _shared, "graph", self.graph
        return changes

    def __getattr__(self, name):
        """`graph = Graph().as_default()` (TensorSlow) can be used as the graph itself."""
        return getattr(self.graph, name)


def made_default(graph):
    """The Default of a graph, which takes effect now if the graph is a "numpy" one."""
    default = Default(graph)
    if graph.literals != "numpy":
        return default
    try:
        return default.begin()
    except BaseException:           # an interrupt behind the change: there will be no `with`
        if default.open:
            default.__exit__()
        raise


def building(kind):
    """Calls inside mean the implicit graph of this kind ("numpy" or "tf")."""
    return Changed(lambda: (None, _current, "literals", kind))


def kind_in_force():
    """Whose implicit graph calls mean now: "numpy" or "tf"."""
    return _current.literals


def get_default_graph():
    """The graph that new operations join.

    Examples
    --------
    >>> get_default_graph() is constant(1.0).graph
    True
    """
    graph = _current.graph or _shared.graph or _implicit.get(_current.literals)
    if graph is None:
        graph = _implicit[_current.literals] = KINDS[_current.literals]()
    return graph


def reset_default_graph():
    """Make a new, empty graph the default.

    Examples
    --------
    >>> reset_default_graph()
    >>> len(get_default_graph().get_operations())
    0
    """
    _current.graph = _shared.graph = None
    _implicit[_current.literals] = KINDS[_current.literals]()
