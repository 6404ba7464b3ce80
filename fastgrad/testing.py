"""The slow twin of the compiled plan, and a check of gradients: for our operations and users' own.

`reference` evaluates a graph operation by operation with the NumPy function each declares as
its `ref`: no plan, no rewriting, no shared memory. What it computes is what a plan must compute,
up to rounding. `check_gradient` compares symbolic gradients with central differences.

Nothing in the package imports this file, and it uses nothing of the compiler but how a run treats
subnormal numbers and what an operation changes.
"""

import numpy as np

from fastgrad.errors import DTypeError, GradientError, MissingFeedError, UnimplementedError
from fastgrad.wording import where
from fastgrad.autodiff.user_ops import compute_gradient_values
from fastgrad.autodiff.gradients import gradients
from fastgrad.graph.graph import Graph
from fastgrad.graph.nodes import Node, Tensor, as_tensor, is_custom
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.ops.arithmetic import multiply
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.state import placeholder
from fastgrad.graph.reference import evaluate
from fastgrad.runtime.fetches import convert, feed_key, flatten
from fastgrad.compiler.order import changed
from fastgrad.compiler.shown import variable_shown
from fastgrad.compiler.plan import with_subnormals
from fastgrad.runtime.session import Session
from fastgrad.graph.dtypes import is_weak
from fastgrad.runtime.streams import Streams
from fastgrad.variables.store import store_of

# ---- the reference interpreter ----------------------------------------------------------


def reference(fetches, feed_dict=None, values=None, graph=None, subnormals="flush"):
    """Evaluate nodes as `Session.run` would, by NumPy alone.

    Parameters
    ----------
    fetches : node, or list, tuple or dict of nodes
    feed_dict : dict, optional
    values : dict from Variable to array, optional
        The variables' values. One that is missing is copied from the graph's store; updates
        write here and never to the store, so that passing the same dict again and again is
        a training loop beside the compiled one.
    graph : Graph, optional
        The graph of the first fetch, or the default graph.
    subnormals : {"flush", "keep"}
        As of a Session.

    Returns
    -------
    What `Session.run` returns: arrays in the structure of `fetches`, None for an operation.

    Examples
    --------
    >>> x = placeholder()
    >>> reference(reduce_sum(square(x)), {x: [1.0, 2.0]})
    np.float64(5.0)
    """
    graph = graph or (fetches.graph if isinstance(fetches, Node) else get_default_graph())
    nodes, rebuild, single = flatten(fetches, graph)
    feeds = {}
    for key, value in (feed_dict or {}).items():
        tensor = feed_key(key, graph)
        feeds[tensor] = convert(tensor, value)
    found = Interpreter(feeds, values, subnormals).run(nodes)
    if single:
        return found[0]
    return found if rebuild is None else rebuild(found)


class Interpreter:
    """Evaluates operations one by one and keeps what it has found.

    Updates take place in the order in which their operations were made, but an assign before the
    updates of its variable that it does not need: it would undo them. A variable is read as it
    was before the run, unless the reader depends on one of the variable's updates.

    Parameters
    ----------
    feeds : dict Tensor -> array
    values : dict Variable -> array, optional
        See `reference`, as of `subnormals`.
    """

    def __init__(self, feeds, values=None, subnormals="flush"):
        self.keep = subnormals == "keep"
        self.streams = Streams()            # draws of its own: no session's are disturbed
        self.env = dict(feeds)              # tensor -> array
        self.fed = set(feeds)
        self.values = {} if values is None else values
        self.old = {}                       # variable -> its value before the run
        self.done = set()
        self.updates = []                   # operations that wrote a variable
        self.after = {}                     # operation -> the updates it depends on
        self.tapes, self.arrays = {}, {}    # what loops and TensorArrays keep, as in a session

    def run(self, fetches):
        """Arrays for tensors, None for operations."""
        for op in self._needed(fetches):
            self._visit(op)
            self.done.add(op)               # not one that failed
        return [np.array(self._fetched(f))[()] if isinstance(f, Tensor) else None
                for f in fetches]

    def _fetched(self, tensor):
        shown = variable_shown(tensor, self.updates, self.after, self.fed)
        found = None if shown is None else self.values.get(shown.outputs[0])
        return self._read(tensor, frozenset()) if found is None else found

    def _needed(self, fetches):
        """Operations not yet evaluated, in topological order: an id is a place in one."""
        needed = self._behind([getattr(f, "op", f) for f in fetches if f not in self.fed])
        updates = [op for op in needed if _written(op)]
        first = set()
        for assign in updates:
            rivals = {u for u in updates
                      if u.op_type != "assign" and assign._inputs[0] in _written(u)}
            behind = self._behind([assign]) if rivals and assign.op_type == "assign" else rivals
            if not behind & rivals:
                first |= behind
        return sorted(needed, key=lambda op: (op not in first, op.id))

    def _behind(self, todo):
        """These operations and all that they need, but for what is evaluated."""
        seen = set()
        while todo:
            op = todo.pop()
            if op not in seen and op not in self.done:
                seen.add(op)
                todo.extend(t.op for t in op._inputs if t not in self.fed)
                todo.extend(op.control_inputs)
        return seen

    def _visit(self, op):
        after = frozenset()
        for dep in [t.op for t in op._inputs if t not in self.fed] + list(op.control_inputs):
            after |= self.after.get(dep, frozenset())
        written, changes = _written(op), [v.outputs[0] for v in changed(op)]
        if changes:
            self.updates.append(op)
        if after or changes:
            self.after[op] = after | {op} if changes else after
        for variable in changes:
            self._read(variable, after)     # of what a block writes, keep what was before
        if op.op_type == "variable":
            return
        inputs = [self._read(t, after, i < len(written)) for i, t in enumerate(op._inputs)]
        for i, (t, value) in enumerate(zip(op.outputs, self.evaluate(op, inputs))):
            if t not in self.fed:
                self.env[t] = value
            if i < len(written):
                self.values[written[i]] = value

    def _read(self, tensor, after, updated=False):
        """The value of an input; `updated` says that the reader writes it."""
        if tensor.op.op_type != "variable" or (tensor in self.fed and not updated):
            return self.env[tensor]
        if tensor not in self.values:
            self.values[tensor] = store_of(tensor.graph).buffer(tensor.op).copy()
        self.old.setdefault(tensor, self.values[tensor])
        if updated or any(tensor.op in changed(w) for w in after):
            return self.values[tensor]
        return self.old[tensor]

    def evaluate(self, op, inputs):
        """The output arrays of one operation."""
        if is_custom(op):
            return [np.asarray(op.compute(*inputs))]
        if op.op_type == "placeholder":
            raise MissingFeedError(f"You must feed a value for {where(op)}.", op)
        if op.op_type in BLOCKS or op.op_type.startswith("tensor_array"):
            return op.opdef.evaluate(self, op, inputs, self.env, self.done)
        with np.errstate(all="ignore"):
            if op.op_type == "python_gradient":
                return _python_gradient(op, inputs)
            return with_subnormals(self.keep, _apply, op, inputs, self.streams)


    def _evaluate(self, nodes, known, done=()):
        """What the block of a loop or a branch makes, of what is known outside of it."""
        inner = object.__new__(type(self))
        inner.__dict__.update(self.__dict__)
        inner.env, inner.fed, inner.done = dict(known), set(known), set(done)
        inner.old, inner.updates, inner.after = {}, [], {}
        return inner.run(nodes)


# operations that evaluate blocks by `_evaluate` of a session, or of the reference
BLOCKS = {"while_", "while_grad", "cond_", "cond_grad", "at_most_one"}


def _written(op):
    """The variables that an operation updates: its first inputs, one an output."""
    return op._inputs[:op.opdef.outputs] if op.opdef is not None and op.opdef.writes else ()


def _apply(op, inputs, streams):
    """A built-in operation: the dtype rules of its declaration, then its NumPy twin."""
    if op.opdef.outputs == 0:
        return []
    if op.opdef.evaluate is not None:
        raise UnimplementedError(f"reference: {where(op)} is evaluated by a session, which the "
                                 "reference does without. Feed its value.", op)
    return evaluate(op, inputs, streams, [_weak_or_own(t, v) for t, v in zip(op._inputs, inputs)])


def _weak_or_own(tensor, value):
    """The dtype that the rules see: a Python number's type, else the array's."""
    return tensor._dtype if is_weak(tensor._dtype) else value.dtype


def _python_gradient(op, inputs):
    node, dy = op.get_attr("op"), inputs[-1]
    found = compute_gradient_values(inputs, node, op.attrs["rule"])
    return [np.asarray(dx, x.dtype if x.dtype.kind == "f" else dy.dtype)
            for dx, x in zip(found, inputs)]


# ---- gradients against differences ------------------------------------------------------

# Five-point central differences at step h are off by h^4 times the fifth derivative and by
# rounding, eps / h. Both are near eps^(4/5), 3e-13, at h = eps^(1/5). Tolerating 1e-8 leaves
# room for fifth derivatives 10,000 times the function; a wrong formula is off by far more.
_STEP = float(np.finfo(np.float64).eps) ** 0.2
_TOLERANCE = 1e-8
_STENCIL = ((-2, 1 / 12), (-1, -8 / 12), (1, 8 / 12), (2, -1 / 12))


def check_gradient(y, xs, feed_dict=None, *, order=1, seed=0, tolerance=_TOLERANCE):
    """Compare the gradient of `y` with central differences, in float64.

    Both are projected: `y` on random weights, each `x` on a random direction, so that the cost
    does not depend on the sizes. An error in any single element shows with probability 1.

    Parameters
    ----------
    y : node, or callable taking one node for each of `xs`
    xs : list of nodes; of arrays if `y` is callable
        Where nodes are given, `feed_dict` holds the point; Variables that it does not name
        are taken at their current values.
    feed_dict : dict, optional
    order : int
        2 checks the gradient of the gradient too.
    seed : int
        Of the random weights and directions.
    tolerance : float
        How far the two may be apart, relative to the size of what is added up.

    Returns
    -------
    float
        The largest relative difference found.

    Raises
    ------
    AssertionError
        If the two differ; says for which x.
    DTypeError
        If an x or y is not float64: differences in float32 cannot tell right from wrong.

    Examples
    --------
    >>> check_gradient(lambda x: tanh(x) * x, [[0.5, -1.0]], order=2) < 1e-8
    True
    """
    if not isinstance(y, Node):
        with Graph().as_default():
            points = [np.asarray(x, np.float64) for x in xs]
            nodes = [placeholder(np.float64, p.shape) for p in points]
            return check_gradient(as_tensor(y(*nodes)), nodes, dict(zip(nodes, points)),
                                  order=order, seed=seed, tolerance=tolerance)
    y = as_tensor(y)
    xs = [as_tensor(x) for x in (xs if isinstance(xs, (list, tuple)) else [xs])]
    session = Session(graph=y.graph)
    feeds = dict(feed_dict or {})
    feeds.update((x, session.run(x, feeds)) for x in xs if x not in feeds)
    feeds.update((x, np.asarray(feeds[x])) for x in xs)
    with y.graph.as_default():
        return _check(session, y, xs, feeds, order, np.random.default_rng(seed), tolerance)


def _check(session, y, xs, feeds, order, random, tolerance):
    value = session.run(y, feeds)
    for node, v in [(y, value), *((x, feeds[x]) for x in xs)]:
        if v.dtype != np.float64:
            raise DTypeError(f"check_gradient: {where(node)} has dtype {v.dtype}; expected "
                             "float64. Make the graph of float64 values to check it.")
    weights = random.standard_normal(np.shape(value))
    grads = [g if g is None else as_tensor(g) for g in gradients(y, xs, grad_ys=weights)]
    along = [random.standard_normal(feeds[x].shape) for x in xs]
    worst = 0.0
    for i, (x, g, d) in enumerate(zip(xs, grads, along)):
        exact = np.zeros(d.shape) if g is None else session.run(g, feeds)
        worst = max(worst, _compare(session, y, x, i, exact, d, weights, feeds, tolerance))
    parts = [reduce_sum(multiply(g, d)) for g, d in zip(grads, along) if g is not None]
    if order > 1 and parts:
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return max(worst, _check(session, total, xs, feeds, order - 1, random, tolerance))
    return worst


def _compare(session, y, x, index, exact, direction, weights, feeds, tolerance):
    """The relative difference for one x; AssertionError if it is too large."""
    if exact.shape != direction.shape:
        raise AssertionError(f"the gradient of {where(y)} to {where(x)} has shape {exact.shape}; "
                             f"expected {direction.shape}, the shape of x.")
    if not exact.size:
        return 0.0
    numeric = size = 0.0
    for steps, factor in _STENCIL:
        moved = session.run(y, {**feeds, x: feeds[x] + steps * _STEP * direction})
        numeric += factor * np.sum(moved * weights) / _STEP
        size = max(size, float(np.sum(np.abs(moved * weights))))
    symbolic = float(np.sum(exact * direction))
    scale = max(size, float(np.sum(np.abs(exact * direction))), 1e-300)
    error = float(abs(symbolic - numeric) / scale)
    if not error <= tolerance:                    # also when it is NaN
        raise AssertionError(
            f"the gradient of {where(y)} to input {index}, {where(x)}, along a random direction "
            f"is {symbolic:.12g}; central differences give {numeric:.12g} (relative difference "
            f"{error:.2g}, tolerated {tolerance:.2g}).")
    return error


__all__ = ["reference", "check_gradient", "Interpreter", "GradientError"]
