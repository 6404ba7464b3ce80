"""Session: runs a graph; and compute_gradients, which runs one for the user.

A run that was seen before goes straight from `Runner.run` (compiled) to its Program. This file owns
the way there, once `fetches` has said what is meant: the cache of plans, and
evaluating in stages what must be evaluated in Python.
"""

import weakref
from collections import OrderedDict

import numpy as np

from fastgrad import config, variable
from fastgrad.default_session import Entered, get_default_session
from fastgrad.errors import (ClosedError, ComputeError, FeedTypeError, FetchTypeError,
                             GradientError, GraphError, InvalidArgumentError, MissingFeedError,
                             RunShapeError, refuse_copy, where)
from fastgrad.fetches import answered, convert, fed_parts, feed_key, fetch, flatten, handed_out
from fastgrad.fit import fit
from fastgrad.gradients import ancestors, walk
from fastgrad.graph import Graph, Node, Operation, get_default_graph, node_of
from fastgrad.interned import keeping
from fastgrad.partial import partial_run, partial_run_setup
from fastgrad.plan import Callable, Runner, Staging, compile
from fastgrad.shapes import TEXT
from fastgrad.specialise import evaluate
from fastgrad.streams import Streams
from fastgrad.variable import store_of


class Session(Runner):
    """Runs operations of a graph.

    Parameters
    ----------
    graph : Graph, optional
        The default graph at this moment, if not given.
    config : optional
        Accepted for TensorFlow's sake.
    num_threads : int, optional
        Threads that a run may use; FASTGRAD_THREADS, or the CPUs there are, if not given.
    check_numerics : bool, optional
        Raise NumericsError at the first step that makes a NaN or an infinity, with its inputs'
        ranges. Such runs are slow; others pay nothing. FASTGRAD_CHECK if not given.

    Notes
    -----
    Sessions of one graph share its variables, which have their initial values from the start.
    A cached run allocates nothing but its results, and results never change later.
    Any thread may call `run`; runs on the same variables take turns.

    Examples
    --------
    >>> x = placeholder()
    >>> with Session() as session:
    ...     session.run(x * 2.0, {x: [1.0, 2.0]})
    array([2., 4.])
    """

    def __init__(self, target="", graph=None, config=None, *, num_threads=None,
                 check_numerics=None):
        if isinstance(target, Graph):
            target, graph = "", target
        if graph is not None and not isinstance(graph, Graph):
            raise TypeError(f"graph must be a Graph; got {type(graph).__name__}.")
        self.graph = graph or get_default_graph()
        self.store = self._make_store()
        if num_threads is None:             # 0, in a ConfigProto, for all
            num_threads = getattr(config, "intra_op_parallelism_threads", None) or None
        self.num_threads = _threads(num_threads)
        self.check_numerics = _checks(check_numerics)
        self.streams = Streams()
        self._closed = False
        self._plans = OrderedDict()
        self._store_version = self.store.version
        self._entered = []
        self.tapes = {}             # what the loops of this run leave for their gradients
        self._undo = None           # in a run of several stages: values before it, by variable

    def _make_store(self):
        return store_of(self.graph)

    sess_str = property(lambda self: "")
    graph_def = property(lambda self: self.graph)

    # ---- lifetime ----
    # Hides the Runner's own flag, whose error has not our class: what is forgotten goes the
    # slow way, and that way asks here.
    closed = property(lambda self: self._closed)

    def close(self):
        """Free the plans; any later run raises."""
        self._closed = True
        self._forget()
        for made in self._callables:
            made._forget()
        self._plans.clear()

    def as_default(self):
        """Make this the default session in a `with`, for `Tensor.eval` and `Operation.run`."""
        return Entered(self)

    def __enter__(self):
        if self.closed:
            raise ClosedError("Attempted to use a closed Session.")
        entered = Entered(self, close=True)
        self._entered.append(entered)
        return entered.__enter__()

    def __exit__(self, *error):
        self._entered.pop().__exit__(*error)

    def __reduce_ex__(self, protocol):
        refuse_copy(f"a {type(self).__name__}")

    # ---- running ----
    def _run_slow(self, fetches, feed_dict):
        """A run whose plan is not at hand: convert, compile if need be, remember."""
        if not self.graph.version and self.graph.literals == "tf":
            raise RuntimeError("The Session graph is empty. Add operations to the graph before "
                               "calling run().")
        nodes, rebuild, single = flatten(fetches, self.graph, feed_dict)

        def remember(plan):
            self._remember(fetches, plan.entry(rebuild, single))
        with keeping():
            feeds = self._feeds(feed_dict)
            values = self._evaluate_whole(nodes, feeds, remember)
            return answered(feeds, values, rebuild, single)

    def make_callable(self, fetches, feed_list=None, accept_options=False):
        """A function of the values of `feed_list`, quicker than `run` with a dict.

        Parameters
        ----------
        fetches : as in `run`
        feed_list : list of nodes, optional
        """
        if self.closed:
            raise ClosedError("Attempted to use a closed Session.")
        nodes, rebuild, single = flatten(fetches, self.graph)
        keys = [feed_key(k, self.graph) for k in feed_list or ()]

        def slow(*values):
            if len(values) != len(keys):
                raise FeedTypeError(f"this callable takes one value for each of the {len(keys)} "
                                    f"nodes of its feed_list; got {len(values)}.")
            with keeping():
                feeds = {k: convert(k, v) for k, v in zip(keys, values)}
                found = self._evaluate_whole(
                    nodes, feeds, lambda plan: made()._remember(plan.entry(rebuild, single)))
                return answered(feeds, found, rebuild, single)
        found = Callable(self, slow)
        made = weakref.ref(found)   # a cycle would keep the plans' memory until a collection
        self._callables.add(found)
        return found

    @property
    def _callables(self):
        return self.__dict__.setdefault("_made", weakref.WeakSet())

    def plan(self, fetches, feed_dict=None):
        """The Plan of a run, for `explain()` and `profile()`.

        Raises
        ------
        ValueError
            If the run is made of several plans, because shapes depend on values.
        """
        nodes, _, _ = flatten(fetches, self.graph)
        feeds = self._feeds(feed_dict)
        with self.store.lock:
            self._drop_stale()
            plan = self._plan(nodes, feeds)
        if isinstance(plan, Staging):
            raise ValueError(
                f"this run has no single plan: {where(plan.ops[0])} is evaluated in Python first.")
        return plan

    fit, partial_run_setup, partial_run = fit, partial_run_setup, partial_run

    def _evaluate_whole(self, nodes, feeds, remember, done=()):
        """Values of the nodes; the stages of a run, like its steps, are all done or none."""
        with self.store.lock:       # no other thread's run between two stages, or while planning
            self._drop_stale()
            outer, self._undo = self._undo, None
            tapes, self.tapes = self.tapes, {}
            try:
                return self._evaluate(nodes, feeds, remember, done)
            except BaseException:
                self.store.put_back(self._undo or {})
                raise
            finally:
                self._undo, self.tapes = outer, tapes

    def _evaluate(self, nodes, feeds, remember=None, done=()):
        """Values of the nodes, in as many stages as shapes demand."""
        python = {}                                    # tensor -> what a compute() returned
        known, done = dict(feeds), set(done)
        while True:
            wanted = [n for n in nodes if n not in python and n not in done]
            plan = self._plan(wanted, known, done)
            if not isinstance(plan, Staging):
                break
            remember = None
            self._stage(plan, known, python, done)
        found = iter(self._run_plan(plan, known, remember))
        # a value that Python made may be fetched twice and is still fed to later stages
        return [handed_out(python[n]) if n in python else None if n in done else next(found)
                for n in nodes]

    def _stage(self, staging, known, python, done):
        """Evaluate what a Staging names and add the values to `known`."""
        self._undo = {} if self._undo is None else self._undo
        found = self._evaluate(staging.fetches, known, done=done)
        values = dict(zip(staging.fetches, found))
        done.update(staging.effects)
        for t in staging.crossing:
            known[t] = values[t]
        for op in staging.ops:
            inputs = [values.get(t) for t in op._inputs]
            if op.opdef is not None and op.opdef.form == "session":
                made = dict(zip(op.outputs, op.opdef.ref(self, op, inputs, known, done)))
                python.update(made)
                known.update((t, v) for t, v in made.items() if v.dtype != object)
                continue
            if op.opdef is not None:
                for t, array in zip(op.outputs, _evaluate_builtin(op, inputs, self.streams)):
                    python[t] = known[t] = array
                continue
            result = _compute(op, [np.asarray(v) for v in inputs])
            python[op.outputs[0]] = result
            known[op.outputs[0]] = np.zeros(0) if result is None else np.asarray(result)

    def _plan(self, nodes, feeds, done=()):
        key = (tuple(nodes), tuple((t, v.dtype, v.shape) for t, v in feeds.items()),
               frozenset(done))
        plan = self._plans.get(key)
        if plan is not None:
            self._plans.move_to_end(key)
            return plan
        plan = compile(nodes, {t: (v.dtype, v.shape) for t, v in feeds.items()}, self.store,
                       threads=self.num_threads, done=done,
                       check=self.check_numerics, streams=self.streams)
        if isinstance(plan, Staging) or not plan.fresh:
            self._plans[key] = plan
            if len(self._plans) > config.PLAN_CACHE:
                self._plans.popitem(last=False)
        return plan

    def _run_plan(self, plan, feeds, remember):
        entry, texts = plan.entry(), [op for op in plan.writes if op.attrs["dtype"] == TEXT]
        self.store.anticipate(texts, keeping.holders())
        if self._undo is not None:
            for op in plan.writes:
                if op not in self._undo:
                    self._undo[op] = self.store.copy_of(op) if self.store.has(op) else None
        try:
            values = plan.run([feeds[t] for t in plan.feeds])
        except Exception as failed:
            self.store.settle(texts)
            self._step_failed(entry, failed)
        for op, buffer in plan.fresh.items():
            self.store.adopt(op, buffer)
        self.store.settle(texts)
        if remember is not None and not plan.fresh and not plan.text:
            remember(plan)
        return [values[i] if i >= 0 else None for i in entry.outputs]

    def _write(self, op, value):
        """Set a variable between two stages of a run; what follows sees it."""
        if op not in self._undo:
            self._undo[op] = self.store.copy_of(op) if self.store.has(op) else None
        self.store.set(op, value)
        self._drop_stale()

    def _step_failed(self, entry, failure):
        """Word a failure that the compiled run reports by step."""
        if not hasattr(failure, "step"):
            raise failure
        worded, cause = entry.plan.failure(failure), failure.__cause__
        if worded is cause:                     # what is raised will have `failure` for context
            cause = failure.__cause__ = failure.__context__ = None
        try:
            raise worded from cause
        finally:
            del worded, cause, failure      # an error whose frame holds it would not be freed

    def _drop_stale(self):
        """Forget plans that point to variables' old memory."""
        if self.closed:
            raise ClosedError("Attempted to use a closed Session.")
        if self._store_version != self.store.version:
            self._store_version = self.store.version
            self._plans.clear()
            self._forget()
            for made in self._callables:
                made._forget()

    def _node(self, node):
        """The Tensor or Operation that a fetched node or name means."""
        return fetch(node, self.graph)

    def _whole_plan(self, nodes, feeds):
        """The Plan of a run, or None if the run is made of several."""
        with self.store.lock:
            self._drop_stale()
            plan = self._plan(nodes, feeds)
        return None if isinstance(plan, Staging) or plan.fresh or plan.text else plan

    def _feeds(self, feed_dict, whole=True):
        """Fed values by tensor; if not `whole`, arrays may have any number of rows."""
        if feed_dict is None:
            return {}
        if not hasattr(feed_dict, "items"):
            raise FeedTypeError(f"feed_dict must be a dict from nodes to values; got "
                                f"{type(feed_dict).__name__}.")
        found = {}
        for key, value in fed_parts(feed_dict):
            tensor = feed_key(key, self.graph)
            found[tensor] = convert(tensor, value, whole)
        return found


def _checks(check_numerics):
    return config.CHECK if check_numerics is None else bool(check_numerics)


def _threads(num_threads):
    if num_threads is None:
        return config.THREADS
    if not isinstance(num_threads, int) or num_threads < 1:
        raise ValueError(f"num_threads must be a whole number of 1 or more; got {num_threads!r}.")
    return num_threads


# ---- operations in Python ---------------------------------------------------------------

def _evaluate_builtin(op, inputs, streams):
    """The outputs of an operation whose shape depends on values; its failure worded."""
    try:
        return evaluate(op, [np.asarray(v) for v in inputs], streams)
    except RunShapeError:
        raise
    except (ValueError, IndexError) as e:
        raise RunShapeError(f"{where(op)}: {e}", op) from e


def _compute(op, inputs):
    """Call a user's compute(); its result as an array, or None."""
    inputs = [x.view() for x in inputs]
    for x in inputs:
        x.flags.writeable = False
    try:
        result = op.compute(*inputs)
    except Exception as e:
        raise ComputeError(f"compute() of {where(op)} raised {type(e).__name__}: {e}",
                           op) from e
    if result is None:
        return None
    try:
        if np.ma.is_masked(result):
            raise ValueError("its masked elements would be taken for numbers")
        array = np.array(result, order="C")             # a view, x.T say, is laid out anew
    except Exception as e:
        raise ComputeError(f"compute() of {where(op)} returned {type(result).__name__}, "
                           f"which is no array: {e}", op) from e
    if array.dtype.kind not in "fiubc":
        raise ComputeError(f"compute() of {where(op)} returned {type(result).__name__} with dtype "
                           f"{array.dtype}; expected numbers.", op)
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    return array if array.ndim else array[()]


# ---- gradients of everything ------------------------------------------------------------

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
    """
    if not isinstance(loss, Node):
        raise FetchTypeError(f"compute_gradients takes a node; got {type(loss).__name__}.")
    tensor = loss.outputs[0] if isinstance(loss, Operation) else loss
    graph = tensor.graph
    table = graph.__dict__.setdefault("_gradient_tables", {})
    if tensor not in table:
        table[tensor] = _gradient_nodes(tensor)
    nodes, grads, placeholders = table[tensor]
    session = graph.__dict__.get("_gradient_session")
    if session is None:
        session = graph._gradient_session = Session(graph=graph)
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
        found = walk([tensor], [None], everything)
    nodes = [t for t in everything if t in found]
    placeholders = [t for t in everything if t.op.type == "placeholder"]
    return [node_of(t) for t in nodes], [found[t] for t in nodes], placeholders


def _fed_last(p):
    if not hasattr(p, "fed"):
        raise MissingFeedError(f"{where(p)} has not been fed yet. Run the session first, or pass "
                               "feed_dict= to compute_gradients.", p.op)
    return p.fed


def _initial_value(tensor):
    """Evaluate a variable's initial value, whatever it depends on."""
    if tensor.op.type == "constant":
        return tensor.op.attrs["value"]
    return Session(graph=tensor.graph).run(tensor)


variable._evaluator[0] = _initial_value

__all__ = ["Session", "compute_gradients", "get_default_session", "InvalidArgumentError",
           "GraphError"]
