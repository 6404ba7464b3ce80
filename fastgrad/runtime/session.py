"""Session: runs a graph.

A run that was seen before goes straight from `Runner.run` (compiled) to its Program. This file owns
the way there, once `fetches` has said what is meant: the cache of plans, and evaluating in stages
what must be evaluated in Python.
"""

import functools
import weakref
from functools import partial

import numpy as np

from fastgrad.compiler.order import changed, written
from fastgrad.compiler.plan import Callable, Runner, Staging, compile, with_subnormals
from fastgrad.compiler.staging import Before
from fastgrad.errors import ClosedError, FeedTypeError, GraphError, InvalidArgumentError
from fastgrad.graph import hooks
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import TEXT
from fastgrad.graph.graph import Graph
from fastgrad.graph.interned import keeping
from fastgrad.graph.reference import evaluate
from fastgrad.runtime import growth
from fastgrad.runtime.default_session import Entered, get_default_session
from fastgrad.runtime.fetches import (answered, convert, feed_key, feeds_of, fetch, flatten,
                                      handed_out, leaves, spread)
from fastgrad.runtime.fit import fit
from fastgrad.runtime.options import checks_numerics, keeps_subnormals, threads_of
from fastgrad.runtime.partial import partial_run, partial_run_setup
from fastgrad.runtime.plans import Plans
from fastgrad.runtime.stages import compute
from fastgrad.runtime.streams import Streams
from fastgrad.uncut import Changed
from fastgrad.variables.store import store_of
from fastgrad.wording import markup, refuse_copy, where


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
    subnormals : {"flush", "keep"}
        Numbers below the smallest normal one (1.2e-38 in float32, 2.2e-308 in float64) count as
        zero in what a run computes, as in TensorFlow: processors take up to a hundred times as
        long for them. "keep" computes with them. Only runs are concerned, and in them no Python
        code of the user's, which sees what its own thread has set.

    Notes
    -----
    Sessions of one graph share its variables, which have their initial values from the start.
    A cached run allocates nothing but its results, and results never change later.
    Any thread may call `run`; runs on the same variables take turns. A signal handler cannot
    wait for the run that it interrupts: what it runs on the same variables raises StateError,
    and so does a save or `value` when a part of them is written.
    Random operations without seeds draw numbers of their own in every session and forked child.

    Examples
    --------
    >>> x = placeholder()
    >>> with Session() as session:
    ...     session.run(x * 2.0, {x: [1.0, 2.0]})
    array([2., 4.])
    """

    def __init__(self, target="", graph=None, config=None, *, num_threads=None,
                 check_numerics=None, subnormals="flush"):
        if isinstance(target, Graph):
            target, graph = "", target
        if graph is not None and not isinstance(graph, Graph):
            raise TypeError(f"graph must be a Graph; got {type(graph).__name__}.")
        self.graph = graph or get_default_graph()
        self.store = self._make_store()
        if num_threads is None:             # 0, in a ConfigProto, for all
            num_threads = getattr(config, "intra_op_parallelism_threads", None) or None
        self.num_threads = threads_of(num_threads)
        self.check_numerics = checks_numerics(check_numerics)
        self._keep = keeps_subnormals(subnormals)
        self.streams = Streams()
        self._closed = False
        self._plans = Plans()
        self._store_version = self.store.version
        self.history = None         # of the last `fit`, whole or broken off
        self.tapes = {}             # what the loops of this run leave for their gradients
        self.arrays = {}            # the elements of this run's TensorArrays, by number
        self._undo = {}             # in a run of several stages: values before it, by variable
        self._staged = False

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
        for callable_ in self._callables:
            callable_._forget()
        self._plans.clear()

    def as_default(self):
        """Make this the default session in a `with`, for `Tensor.eval` and `Operation.run`."""
        return Entered(self)

    def _entering(self):
        if self.closed:
            raise ClosedError("Attempted to use a closed Session.")
        return Entered(self)

    def __reduce_ex__(self, protocol):
        refuse_copy(f"a {type(self).__name__}")

    def _repr_html_(self):
        """The line that a notebook shows."""
        kind, variables = type(self).__name__, len(self.graph.variables)
        line = (f"{'closed ' * self.closed}{kind} of a graph of {len(self.graph.operations)} "
                f"operations and {variables} variable{'s' * (variables != 1)}, at most "
                f"{self.num_threads} thread{'s' * (self.num_threads != 1)}, {len(self._plans)} "
                f"plan{'s' * (len(self._plans) != 1)} kept")
        if self.history is not None:
            line += f"; last fit: {repr(self.history)[10:-1]}"
        return f"<code>{markup(line)}</code>"

    # ---- running ----
    @door
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

    @door
    def make_callable(self, fetches, feed_list=None, accept_options=False):
        """A function of the values of `feed_list`, quicker than `run` with a dict.

        Parameters
        ----------
        fetches : as in `run`
        feed_list : list of nodes, optional
            What is fed, in the order of the function's parameters. A nesting of nodes (the state
            of a recurrent net) takes a nesting of values.

        Returns
        -------
        callable
            Takes one value for each element of `feed_list`; returns what `run` would. It ends with
            this session.

        Raises
        ------
        FeedError
            By the function, if a value does not fit its node, or there are too many or too few.

        Examples
        --------
        >>> x = placeholder(float64, [3])
        >>> total = Session().make_callable(reduce_sum(x), [x])
        >>> total([1.0, 2.0, 3.0])
        np.float64(6.0)
        """
        if self.closed:
            raise ClosedError("Attempted to use a closed Session.")
        if any(isinstance(k, tuple) for k in feed_list or ()):
            return spread(self.make_callable(fetches, leaves(feed_list)), feed_list)
        nodes, rebuild, single = flatten(fetches, self.graph)
        keys = [feed_key(k, self.graph) for k in feed_list or ()]

        @door
        def slow(*values):
            if len(values) != len(keys):
                raise FeedTypeError(f"this callable takes one value for each of the {len(keys)} "
                                    f"nodes of its feed_list; got {len(values)}.")
            with keeping():
                feeds = {k: convert(k, v) for k, v in zip(keys, values)}
                found = self._evaluate_whole(
                    nodes, feeds, lambda plan: made()._remember(plan.entry(rebuild, single)))
                return answered(feeds, found, rebuild, single)
        function = Callable(self, slow)
        made = weakref.ref(function)   # a cycle would keep the plans' memory until a collection
        self._callables.add(function)
        return function

    @property
    def _callables(self):
        return self.__dict__.setdefault("_made", weakref.WeakSet())

    @door
    def plan(self, fetches, feed_dict=None):
        """The Plan of a run, for `explain()` and `profile()`.

        Parameters
        ----------
        fetches, feed_dict : as in `run`
            Only shapes and dtypes of the fed values count.

        Returns
        -------
        Plan
            `print(plan.explain())` shows one line a step, `plan.profile(feed_dict)` adds times.

        Raises
        ------
        ValueError
            If the run is made of several plans: an operation runs in Python, or shapes depend
            on values.

        Examples
        --------
        >>> x = placeholder(float32, [None, 3])
        >>> plan = Session().plan(exp(x), {x: np.ones((2, 3))})
        >>> [kernel.symbol for kernel in plan.kernels]
        ['exp_f32']
        """
        nodes, _, _ = flatten(fetches, self.graph)
        feeds = self._feeds(feed_dict)
        with self.store.lock:
            self._drop_stale()
            plan = self._plan(nodes, feeds)
        if isinstance(plan, Staging):
            raise ValueError(
                f"this run has no single plan: {where(plan.ops[0])} is evaluated in Python first.")
        plan.feeds_of = functools.partial(feeds_of, graph=self.graph)
        return plan

    fit, partial_run_setup, partial_run = fit, partial_run_setup, partial_run

    def _evaluate_whole(self, nodes, feeds, remember, done=()):
        """Values of the nodes; the stages of a run, like its steps, are all done or none."""
        with self.store.lock.run():     # no other's run between two stages, or while planning
            try:
                return self._evaluate_within(nodes, feeds, remember, done)
            finally:
                self.store.settle()

    def _evaluate_within(self, nodes, feeds, remember=None, done=()):
        """The same for who has the lock."""
        self._drop_stale()
        with self.store.undoing() as undo, Changed(lambda: (
                None, self, "_undo", undo, self, "_staged", False, self, "tapes", {},
                self, "arrays", {})):
            return self._evaluate(nodes, feeds, remember, done)

    def _evaluate(self, nodes, feeds, remember=None, done=(), after=None):
        """Values of the nodes, in as many stages as shapes demand."""
        python = {}                                    # tensor -> what a compute() returned
        known, done = dict(feeds), set(done)
        while True:
            wanted = [n for n in nodes if n not in python and n not in done]
            plan = self._plan(wanted, known, done, after)
            if not isinstance(plan, Staging):
                break
            remember, after = None, after or plan.after
            self._stage(plan, known, python, done, after)
        results = iter(self._run_plan(plan, known, remember))
        # a value that Python made may be fetched twice and is still fed to later stages
        return [handed_out(python[n]) if n in python else None if n in done else next(results)
                for n in nodes]

    def _stage(self, staging, known, python, done, after):
        """Evaluate what a Staging names and add the values to `known`."""
        self._staged = True
        for variable in staging.old:
            if Before(variable) not in known and self.store.can_read(variable):
                known[Before(variable)] = self.store.copy_of(variable)
        fetched = self._evaluate(staging.fetches, known, done=done, after=after)
        values = dict(zip(staging.fetches, fetched))
        calculate = partial(with_subnormals, self._keep)
        done.update(staging.effects)
        for t in staging.crossing:
            known[t] = values[t]
        for op in staging.ops:
            targets = len(written(op))          # variables that it only writes
            inputs = [None] * targets + [self._input(t, op, values, known, after)
                                         for t in op._inputs[targets:]]
            if op.opdef is not None and op.opdef.evaluate is not None:
                made = dict(zip(op.outputs, op.opdef.evaluate(self, op, inputs, known, done)))
                python.update(made)
                known.update((t, v) for t, v in made.items() if v.dtype != object)
                continue
            if op.opdef is not None:
                made = self.store.lock.let_in(partial(
                    evaluate, op, inputs, self.streams,
                    calculate=calculate))
                for t, array in zip(op.outputs, made):
                    python[t] = known[t] = array
                continue
            result = compute(op, [np.asarray(v) for v in inputs], self.store.lock.let_in)
            python[op.outputs[0]] = result
            known[op.outputs[0]] = np.zeros(0) if result is None else np.asarray(result)

    def _input(self, tensor, op, values, known, after):
        """The value of an input of an operation that is evaluated in Python.

        None for the variables of a cond: the branch that is taken reads them.
        """
        variable = tensor.op
        if variable.op_type != "variable" or tensor in known:
            return values.get(tensor, known.get(tensor))
        if op.op_type in ("cond_", "cond_grad"):
            return None
        before = known.get(Before(variable))
        if before is None or any(variable in changed(w) for w in after.get(op, ())):
            return self.store.copy_of(variable)
        return before

    def _plan(self, nodes, feeds, done=(), after=None, exact=False):
        key = (tuple(nodes), tuple((t, v.dtype, v.ndim) for t, v in feeds.items()),
               frozenset(done), self._staged)
        shapes = tuple(v.shape for v in feeds.values())
        plan = self._plans.find(key, shapes, exact)
        if plan is not None:
            return plan
        growth.look(self.graph)
        sizes, shapes = self._plans.to_make(key, shapes, exact)
        plan = compile(nodes, {t: (v.dtype, shape) for (t, v), shape in zip(
                           feeds.items(), shapes)}, self.store,
                       threads=self.num_threads, done=done,
                       check=self.check_numerics, streams=self.streams, after=after,
                       keep=self._keep, sizes=sizes, staged=self._staged)
        if isinstance(plan, Staging) or not plan.fresh:
            self._plans.keep(key, shapes, plan)
        return plan

    def _run_plan(self, plan, feeds, remember):
        entry = plan.entry()
        if self._staged and plan.writes:
            self.store.remember(plan.writes, self._undo)
            self.store.lock.halfway = True
        self.store.anticipate([op for op in plan.writes if op.attrs["dtype"] == TEXT],
                              keeping.holders())
        try:
            values = plan.run([feeds[t] for t in plan.feeds], self.store)
        except Exception as failed:
            self._step_failed(entry, failed)
        if remember is not None and not plan.fresh and not plan.text:
            remember(plan)
        return [values[i] if i >= 0 else None for i in entry.outputs]

    def _write(self, op, value):
        """Set a variable between two stages of a run; what follows sees it."""
        self.store.remember([op], self._undo)
        self.store.lock.halfway = True
        if value.dtype == TEXT:
            self.store.anticipate([op], value)
        self.store.set(op, value)
        self._drop_stale()

    @door
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
        version = self.store.version
        if self._store_version != version:
            self._plans.clear()
            self._forget()
            for callable_ in self._callables:
                callable_._forget()
            self._store_version = version       # last: an interrupt leaves it to the next run

    def _node(self, node):
        """The Tensor or Operation that a fetched node or name means."""
        return fetch(node, self.graph)

    def _whole_plan(self, nodes, feeds):
        """The Plan of a run, or None if the run is made of several."""
        with self.store.lock:
            self._drop_stale()
            plan = self._plan(nodes, feeds, exact=True)
        return None if isinstance(plan, Staging) or plan.fresh or plan.text else plan

    def _feeds(self, feed_dict, whole=True):
        """Fed values by tensor; if not `whole`, arrays may have any number of rows."""
        return feeds_of(feed_dict, self.graph, whole)


@hooks.fills("initial_value")
def _initial_value(tensor):
    """Evaluate a variable's initial value, whatever it depends on; which of a graph's sessions will
    read it is not known, so that subnormal numbers are kept."""
    if tensor.op.op_type == "constant":
        return tensor.op.attrs["value"]
    return Session(graph=tensor.graph, subnormals="keep")._evaluate_within([tensor], {})[0]


__all__ = ["Session", "get_default_session", "InvalidArgumentError", "GraphError"]
