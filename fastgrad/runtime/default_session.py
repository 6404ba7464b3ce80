"""The default session: what `with session:` makes, and `eval()` and `run()` of nodes use.

Each thread has a stack of its own.
"""

import threading

from fastgrad.errors import GraphError
from fastgrad.graph import hooks
from fastgrad.graph.default_graph import Default
from fastgrad.uncut import Changed
from fastgrad.wording import where


class _Sessions(threading.local):
    def __init__(self):
        self.stack = []


_sessions = _Sessions()


class Entered(Changed):
    """A session as the default one, its graph as the default graph, for a `with`."""

    def __init__(self, session):
        self.session = session

    def changes(self):
        graph = Default(self.session.graph).changes()
        return (self.session, _sessions.stack, None, self.session, *graph[1:])


def get_default_session():
    """The session of the innermost `with`, or None.

    Examples
    --------
    >>> with Session() as session:
    ...     get_default_session() is session
    True
    """
    return _sessions.stack[-1] if _sessions.stack else None


@hooks.fills("run_in")
def _run_in(session, node, feed_dict, what):
    session = session or get_default_session()
    if session is None:
        raise ValueError(f"Cannot {what} {where(node)}: No default session is registered. Use "
                         "`with session:` or pass session=.")
    if session.graph is not node.graph:
        raise GraphError(f"Cannot {what} {where(node)}: it is not in the session's graph.")
    return session.run(node, feed_dict)
