"""Session.partial_run: one run in several parts, each with feeds of its own.

A part runs what the feeds so far allow: whatever of the declared fetches, and of what changes
variables on the way to them, needs no feed that is still to come. Each operation runs once: what
a part made and a later one needs is kept in the handle, which is the user's.
"""

import weakref

import numpy as np

from fastgrad.compiler.order import order_of
from fastgrad.errors import ClosedError, PartError
from fastgrad.graph.dtypes import TEXT
from fastgrad.graph.interned import held, keeping
from fastgrad.graph.nodes import Tensor
from fastgrad.runtime.fetches import answered, feed_key, flatten, handed_out
from fastgrad.wording import where

_LASTING = ("constant", "variable", "placeholder")      # read where they are needed


class Handle(str):
    """What `partial_run_setup` returns: a name, and how far the run is.

    Attributes
    ----------
    session : callable, gives the session if it is still there
    fetches : list of Tensor or Operation that were declared
    feeds : set of Tensor that were declared
    known : dict of Tensor to array: what was fed, and what was made and is still needed
    fed, fetched : sets of Tensor
    done : set of Operation that have run
    """

    def __new__(cls, session, fetches, feeds):
        self = super().__new__(cls, f"partial_run_{id(session)}_{session.graph.version}")
        self.session = weakref.ref(session)
        self.fetches, self.feeds = fetches, frozenset(feeds)
        self.known, self.fed, self.fetched, self.done = {}, set(), set(), set()
        return self

    def is_over(self):
        tensors = [n for n in self.fetches if isinstance(n, Tensor)]
        return bool(tensors) and self.fetched.issuperset(tensors)


def partial_run_setup(session, fetches, feeds=None):
    """Prepare a run in several parts; see `partial_run`.

    Parameters
    ----------
    fetches : as in `run`
        Everything that the parts will fetch.
    feeds : list of nodes, optional
        Everything that they will feed.

    Returns
    -------
    str
        The handle that `partial_run` takes.

    Raises
    ------
    PartError
        If nothing is fetched.
    """
    if session.closed:
        raise ClosedError("Attempted to use a closed Session.")
    nodes, _, _ = flatten(fetches, session.graph)
    if not nodes:
        raise PartError("partial_run_setup: there is nothing to fetch. Give all nodes that the "
                        "parts will fetch.")
    return Handle(session, nodes, [feed_key(k, session.graph) for k in feeds or ()])


def partial_run(session, handle, fetches, feed_dict=None):
    """One part of a run: what `fetches` give with the feeds of this part and those before.

    Parameters
    ----------
    handle : what `partial_run_setup` returned
    fetches : as in `run`
        Declared in the setup, and fetched by no part before; no operations.
    feed_dict : dict, optional
        Of nodes that were declared in the setup and not fed by a part before.

    Raises
    ------
    PartError
        If a fetch or feed was not declared, came in a part before, or cannot be computed yet.

    Notes
    -----
    Operations that change variables run once, as soon as their inputs are there. A part that fails
    leaves variables and the handle as they were.
    """
    if handle is None:
        return session.run(fetches, feed_dict)
    if session.closed:
        raise ClosedError("Attempted to use a closed Session.")
    if not isinstance(handle, Handle) or handle.session() is not session or handle.is_over():
        raise PartError("Must run 'setup' before performing partial runs: the handle is none of "
                        "this session's, or all its fetches were made.")
    with keeping():
        nodes, rebuild, single = flatten(fetches, session.graph, feed_dict)
        feeds = session._feeds(feed_dict)
        _check(handle, nodes, feeds)
        known = _with_part(session, handle, nodes, {**handle.known, **feeds})
        handle.fed.update(feeds)
        handle.fetched.update(nodes)
        return answered(feeds, [handed_out(known[n]) for n in nodes], rebuild, single)


def _check(handle, nodes, feeds):
    for t in feeds:
        if t not in handle.feeds:
            raise PartError(f"The feed {t.name} was not specified in partial_run_setup: "
                            f"{where(t)}.", t.op)
        if t in handle.fed:
            raise PartError(f"The feed {t.name} has already been fed: {where(t)}.", t.op)
    for n in nodes:
        if not isinstance(n, Tensor):
            raise RuntimeError(f"partial_run: {where(n)} is an operation; fetch tensors, and name "
                               "operations in partial_run_setup, where they run by themselves.")
        if n not in handle.fetches:
            raise PartError(f"The fetch {n.name} was not specified in partial_run_setup: "
                            f"{where(n)}.", n.op)
        if n in handle.fetched:
            raise PartError(f"The fetch {n.name} has already been fetched: {where(n)}.", n.op)


def _with_part(session, handle, nodes, known):
    """Run what can be run; the handle then knows what was made. Returns all known values."""
    to_come = handle.feeds.difference(known)
    fed = {*known, *to_come}
    order = order_of(handle.fetches, fed, handle.done)
    waiting = _waiting(order, to_come, known)
    for n in nodes:
        if n in to_come or n not in known and n.op in waiting:
            raise PartError(f"Fetch {n.name} can't be computed from the feeds that have been fed "
                            f"so far: {where(n)}.", n.op)
    wanted = [n for n in handle.fetches if n not in fed and getattr(n, "op", n) not in waiting]
    wanted += [o for o in order if _changes(o) and o not in waiting and o not in wanted]
    wanted = [n for n in wanted if getattr(n, "op", n) not in handle.done]
    inside = {o for o in order_of(wanted, known, handle.done) if o.op_type not in _LASTING}
    needed = [t for o in order if o in waiting for t in o._inputs
              if t.op in inside and t not in known]
    values = session._evaluate_whole([*wanted, *needed], known, None, handle.done)
    made = {t: _kept(v) for t, v in zip([*wanted, *needed], values) if isinstance(t, Tensor)}
    handle.known = {**known, **made}
    handle.done |= inside
    return handle.known


def _waiting(order, to_come, known):
    """The operations that need a feed which is still to come."""
    waiting = set()
    for o in order:
        if any(t in to_come or t not in known and t.op in waiting for t in o._inputs) or any(
                c in waiting for c in o.control_inputs) or any(t in to_come for t in o.outputs):
            waiting.add(o)
    return waiting


def _changes(op):
    return op.opdef is not None and (op.opdef.writes or op.opdef.evaluate is not None)


def _kept(value):
    """A value of one part for the others."""
    value = np.asarray(value)
    return held(value) if value.dtype == TEXT else value
