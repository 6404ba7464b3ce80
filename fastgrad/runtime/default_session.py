"""The default session: what `with session:` makes, and `eval()` and `run()` of nodes use.

Each thread has a stack of its own.
"""

import threading

from fastgrad.graph.default_graph import Default
from fastgrad.errors import GraphError
from fastgrad.wording import where
from fastgrad.graph.nodes import Operation, Tensor
from fastgrad.uncut import Changed


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
    """The session of the innermost `with`, or None."""
    return _sessions.stack[-1] if _sessions.stack else None


def _eval(self, feed_dict=None, session=None):
    """The value of this node: `session.run(node, feed_dict)` in the default session."""
    return _session_for(self, session, "evaluate tensor").run(self, feed_dict)


def _run(self, feed_dict=None, session=None):
    """Run this operation in the default session."""
    _session_for(self, session, "run operation").run(self, feed_dict)


def _session_for(node, session, what):
    session = session or get_default_session()
    if session is None:
        raise ValueError(f"Cannot {what} {where(node)}: No default session is registered. Use "
                         "`with session:` or pass session=.")
    if session.graph is not node.graph:
        raise GraphError(f"Cannot {what} {where(node)}: it is not in the session's graph.")
    return session


Tensor.eval = _eval
Operation.eval = _eval
Operation.run = _run
