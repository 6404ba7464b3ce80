"""Graph, Session and Variable as TensorFlow 1 has them.

One mechanism, two defaults: a graph here makes float32 and int32 of Python numbers and refuses to
mix dtypes; a session has a store of its own, empty until an initializer or a restore
fills it; a Variable's `value()` is a method.
"""

from fastgrad.graph import graph as _graph
from fastgrad.ops import state as _ops_state
from fastgrad.runtime import session as _session
from fastgrad.variables import variable as _variable
from fastgrad.flow.cond import cond
from fastgrad.compat.binding import InTF
from fastgrad.flow.control import is_variable_initialized
from fastgrad.ops.scatter import (scatter_add, scatter_nd_add, scatter_nd_sub, scatter_nd_update,
                                  scatter_sub, scatter_update)
from fastgrad.runtime.session import get_default_session
from fastgrad.uncut import Changed
from fastgrad.variables.store import Store
from fastgrad.graph.default_graph import KINDS as _KINDS


# TensorFlow's operation types that no name of ours resembles
_TYPES = {"multiply": ("mul",), "subtract": ("sub",), "negative": ("neg",),
          "divide": ("realdiv", "div", "truediv"), "add": ("addv2",), "reduce_sum": ("sum",),
          "reduce_mean": ("mean",), "reduce_max": ("max",), "reduce_min": ("min",),
          "reduce_prod": ("prod",), "softmax_cross_entropy_with_logits":
          ("softmaxcrossentropywithlogits",), "rint": ("rint", "round")}


def _plain(name):
    return name.replace("_", "").lower()


def _type_names(opdef):
    """Under which names, without case and underscores, TensorFlow may know an operation."""
    return [_plain(opdef.type), _plain(opdef.name), *_TYPES.get(opdef.type, ())]


class Graph(_graph.Graph):
    """A graph with TensorFlow's dtype habits; `as_default()` takes effect in a `with`."""

    literals = "tf"
    _overrides = {}

    def add_op(self, opdef, *args, **kwargs):
        op = super().add_op(opdef, *args, **kwargs)
        if self._overrides or self.gradient_names:
            self.gradient_names.pop(op.id, None)       # of an operation that was taken back
            names = [self._overrides[k] for k in _type_names(opdef) if k in self._overrides]
            self.gradient_names.update((op.id, name) for name in names[:1])
        return op

    def gradient_override_map(self, op_type_map):
        """Operations made inside have other gradients: {type of operation: registered name}."""
        if not isinstance(op_type_map, dict):
            raise TypeError(f"op_type_map must be a dictionary mapping strings to strings; got a "
                            f"{type(op_type_map).__name__}.")
        if not all(isinstance(n, str) for pair in op_type_map.items() for n in pair):
            raise TypeError("op_type_map must be a dictionary mapping strings to strings.")
        return Changed(lambda: (None, self, "_overrides", {
            **self._overrides, **{_plain(k): v for k, v in op_type_map.items()}}))


def placeholder(dtype, shape=None, name=None):
    """A node whose value is fed at each run.

    Parameters
    ----------
    dtype : dtype
        Fed values are converted to it.
    shape : sequence of int or None, optional
        What fed values must look like; None is a free dimension. Without one, any shape.
    name : str, optional
    """
    if dtype is None:
        raise TypeError("placeholder: None is no dtype; TensorFlow's placeholders have one.")
    return _ops_state.placeholder(dtype, shape, name)


class Session(_session.Session, metaclass=InTF):
    """Runs operations of a graph; its variables have no values until they are initialized.

    Parameters
    ----------
    target : str
        Accepted, ignored.
    graph : Graph, optional
        The default graph at this moment, if not given.
    config : ConfigProto, optional
        Accepted; `intra_op_parallelism_threads` limits the threads of a run.
    subnormals : {"flush", "keep"}
        Whether runs count subnormal numbers as zero, as TensorFlow's do; see `fastgrad.Session`.
    """

    def _make_store(self):
        return Store()


class InteractiveSession(Session):
    """A session that is the default one from its making until `close()`."""

    def __init__(self, target="", graph=None, config=None, *, subnormals="flush"):
        super().__init__(target, graph, config, subnormals=subnormals)
        self._interactive = self.as_default()
        self._interactive.__enter__()

    def close(self):
        if self._interactive is not None:
            entered, self._interactive = self._interactive, None
            entered.__exit__(None, None, None)
        super().close()


def _variable_reads(tensor):
    """The operations behind a tensor whose values hang on variables, inputs before users."""
    seen, todo = set(), [tensor.op]
    while todo:
        op = todo.pop()
        if op in seen or op.op_type in ("variable", "is_initialized") or op.opdef is None:
            continue
        seen.add(op)
        todo.extend(t.op for t in _valued_inputs(op))
    found = {}
    for op in sorted(seen, key=lambda op: op.id):
        if any(isinstance(t, _variable.Variable) or t.op in found for t in _valued_inputs(op)):
            found[op] = True
    return list(found)


def _valued_inputs(op):
    return [t for i, t in enumerate(op._inputs) if i not in op.opdef.shape_only]


class Variable(_variable.Variable, metaclass=InTF):
    """A tensor whose value lasts from run to run and can be trained.

    The constructor is that of `fastgrad.Variable`; Python numbers become float32 or int32.
    """

    __slots__ = ()

    def value(self):
        """A node with the value, read without regard to control dependencies."""
        return self._snapshot()

    def initialized_value(self):
        """The value if there is one, else the initial value: for initial values of others."""
        graph = self.graph
        with graph.as_default(), graph.control_dependencies(None):
            return cond(is_variable_initialized(self), self.read_value,
                        lambda: self.initializer.inputs[1])

    def _first_value(self):
        """The initial value; variables in it that have no value yet give their initial one."""
        reads = _variable_reads(self.initial_value)
        instead = {t: t.initialized_value() for op in reads for t in op._inputs
                   if isinstance(t, _variable.Variable)}
        if isinstance(self.initial_value, _variable.Variable):
            return self.initial_value.initialized_value()
        for op in reads:
            inputs = [instead.get(t, t) for t in op._inputs]
            made = self.graph.add_op(op.opdef, inputs, dict(op.attrs),
                                     [(t._shape, t._dtype) for t in op.outputs],
                                     op.name.rpartition("/")[2])
            instead.update(zip(op.outputs, made.outputs))
        return instead.get(self.initial_value, self.initial_value)

    def __bool__(self):
        return True

    def assign(self, value, use_locking=False, name=None, read_value=True):
        made = super().assign(value, name=name)
        return made if read_value else made.op

    def assign_add(self, delta, use_locking=False, name=None, read_value=True):
        made = super().assign_add(delta, name=name)
        return made if read_value else made.op

    def assign_sub(self, delta, use_locking=False, name=None, read_value=True):
        made = super().assign_sub(delta, name=name)
        return made if read_value else made.op

    def load(self, value, session=None):
        session = session or get_default_session()
        if session is None:
            raise ValueError("Either session argument should be provided or default session "
                             "should be established")
        super().load(value, session)

    def scatter_add(self, sparse_delta, use_locking=False, name=None):
        return scatter_add(self, sparse_delta.indices, sparse_delta.values, name=name)

    def scatter_sub(self, sparse_delta, use_locking=False, name=None):
        return scatter_sub(self, sparse_delta.indices, sparse_delta.values, name=name)

    def scatter_update(self, sparse_delta, use_locking=False, name=None):
        return scatter_update(self, sparse_delta.indices, sparse_delta.values, name=name)

    def scatter_nd_add(self, indices, updates, name=None):
        return scatter_nd_add(self, indices, updates, name=name)

    def scatter_nd_sub(self, indices, updates, name=None):
        return scatter_nd_sub(self, indices, updates, name=name)

    def scatter_nd_update(self, indices, updates, name=None):
        return scatter_nd_update(self, indices, updates, name=name)


_KINDS["tf"] = Graph
_variable.KINDS["tf"] = Variable

__all__ = ["Graph", "Session", "InteractiveSession", "Variable"]
