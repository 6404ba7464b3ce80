"""Order, and Python inside a graph: control dependencies, tuple, py_func, Print, assertions.

A session op is evaluated between plans by its `evaluate(session, op, inputs, known, done)`, which
returns one array an output; see `Session._stage`.
"""

import sys

import numpy as np

from fastgrad.graph.collection import global_variables, local_variables
from fastgrad.graph.doors import door
from fastgrad.errors import (ComputeError, DTypeError, InternalError, NotNumbersError,
                             OutOfRangeError, PythonError, ResourceExhaustedError,
                             UnimplementedError)
from fastgrad.wording import where
from fastgrad.graph.nodes import as_tensor, graph_of
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.interned import encoded, readable
from fastgrad.graph.literals import returned
from fastgrad.ops.state import group, identity
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient, op
from fastgrad.graph.dtypes import BOOL, TEXT, to_np


def session_op(evaluate):
    """The OpDef of an operation that its session evaluates, named after the function that does."""
    return op(None, dtype=None, evaluate=evaluate, pure=False, dynamic=True,
              outputs=None)(evaluate).opdef


def add_session_op(opdef, inputs, attrs, specs, name, graph=None):
    """An operation of the graph that its session evaluates; `specs` are (shape, dtype)s."""
    graph = graph or graph_of(inputs)
    return graph.add_op(opdef, inputs, attrs, specs, name)


@door
def control_dependencies(control_inputs):
    """In a `with`: operations made inside run after `control_inputs`; None clears them."""
    return get_default_graph().control_dependencies(control_inputs)


def with_dependencies(dependencies, output_tensor, name=None):
    """`output_tensor`, available after `dependencies` have run."""
    with as_tensor(output_tensor).graph.control_dependencies(dependencies):
        return identity(output_tensor, name=name or "control_dependency")


def tuple_(tensors, name=None, control_inputs=None):
    """The same tensors, available when all of them (and `control_inputs`) have been computed."""
    given = [t if t is None else as_tensor(t) for t in tensors]
    some = [t for t in given if t is not None]
    if not some:
        raise ValueError(f"Must have at least one Tensor: {tensors}")
    graph = graph_of(some)
    with graph.name_scope(name or "tuple"):
        with graph.control_dependencies([group(*some, *(control_inputs or ()))]):
            return [t if t is None else identity(t, name="control_dependency") for t in given]


# ---- Python functions -------------------------------------------------------------------

class PythonEndError(ComputeError, OutOfRangeError):
    """A Python function of the program raised StopIteration."""


class PythonMemoryError(ComputeError, ResourceExhaustedError):
    """A Python function of the program raised MemoryError."""


class PythonMissingError(ComputeError, UnimplementedError):
    """A Python function of the program raised NotImplementedError."""


class PythonResultError(ComputeError, InternalError):
    """A Python function of the program returned what is no array; TensorFlow's class for it."""


@session_op
def py_function(session, node, inputs, known, done):
    try:
        found = node.attrs["func"](*[readable(v) for v in inputs])
    except Exception as e:
        kind = next((k for raised, k in _RAISED if isinstance(e, raised)), PythonError)
        raise kind(f"{where(node)} raised {type(e).__name__}: {e}", node) from e
    found = found if isinstance(found, (list, tuple)) else [found] if node.outputs else []
    if len(found) != len(node.outputs):
        raise ComputeError(f"{where(node)} returned {len(found)} values; expected "
                                   f"{len(node.outputs)}.", node)
    if any(v is None for v in found):
        raise ComputeError(f"{where(node)} returned None; expected {len(found)} value(s).", node)
    return [_returned(node, v, t._dtype) for v, t in zip(found, node.outputs)]


def _returned(node, value, dtype):
    """One of the values that the function returned, as what was declared."""
    try:
        return returned(value, dtype, node.graph.literals == "tf")
    except DTypeError as e:
        kind = PythonResultError if isinstance(e, NotNumbersError) else ComputeError
        raise kind(f"the result of {where(node)} does not fit its Tout: {e}", node) from None


# TensorFlow's classes for what a function raises
_RAISED = (((TypeError, ValueError), ComputeError), (StopIteration, PythonEndError),
           (MemoryError, PythonMemoryError), (NotImplementedError, PythonMissingError))

NotDifferentiable("py_function")


@door
def py_func(func, inp, Tout, stateful=True, name=None):
    """A Python function of arrays as an operation; it has no gradient.

    Parameters
    ----------
    func : callable
        Takes one array an input, returns an array or a list of them.
    inp : list of nodes
    Tout : dtype or list of dtypes
        Of the results; a list gives a list. A result of another dtype is an error, but where the
        declared one holds its values as they are (a TensorFlow graph takes no other at all).
    """
    if not callable(func):
        raise ValueError(f"Expected func to be callable, got func of type {type(func)}")
    graph = graph_of([as_tensor(t) for t in inp if hasattr(t, "graph")])
    many = isinstance(Tout, (list, tuple))
    dtypes = [to_np(d) for d in (Tout if many else [Tout])]
    if any(d is None for d in dtypes):          # `in` would find float64, which equals None
        raise DTypeError("py_func: a Tout is None; expected the dtype of each result.")
    inputs = [as_tensor(t, None, graph) for t in inp]
    made = add_session_op(py_function, inputs, {"func": func}, [(None, d) for d in dtypes],
                          name or "PyFunc", graph)
    if many:
        return list(made.outputs) if made.outputs else made
    return made.outputs[0]


@session_op
def print_(session, node, inputs, known, done):
    left = node.attrs["first_n"]
    if left is None or left > 0:
        node.attrs["first_n"] = left and left - 1
        shown = [_summary(np.asarray(readable(v)), node.attrs["summarize"]) for v in inputs[1:]]
        print(f"{node.attrs['message']}{''.join(f'[{s}]' for s in shown)}", file=sys.stderr)
    return [np.asarray(inputs[0])]


def _summary(array, most):
    flat = array.reshape(-1)
    text = " ".join(f"{v:g}" if array.dtype.kind == "f" else v.decode(errors="replace")
                    if isinstance(v, bytes) else str(v) for v in flat[:most])
    return text + ("..." if flat.size > most else "")


@RegisterGradient("print_")
def print_gradient(op, dy):
    return [dy] + [None] * (len(op.inputs) - 1)


@door
def Print(input_, data, message=None, first_n=None, summarize=None, name=None):
    """`input_`, and at each run a line with the values of `data` on standard error.

    Parameters
    ----------
    first_n : int, optional
        Print only so often.
    summarize : int
        Elements shown of each tensor; 3 if not given.

    Notes
    -----
    Gradient: passes to `input_`.
    """
    x = as_tensor(input_)
    inputs = [x, *(as_tensor(d, None, x.graph) for d in data)]
    attrs = {"message": message or "", "first_n": None if first_n in (None, -1) else first_n,
             "summarize": summarize or 3}
    return add_session_op(print_, inputs, attrs, [(x._shape, x._dtype)], name or "Print").outputs[0]


# ---- state of variables -----------------------------------------------------------------

@session_op
def is_initialized(session, node, inputs, known, done):
    return [np.array(session.store.has(node.get_attr("variable")))]


@session_op
def report_uninitialized(session, node, inputs, known, done):
    names = [v.name for v in node.get_attr("variables") if not session.store.has(v)]
    return [encoded(names)]


NotDifferentiable("is_initialized")
NotDifferentiable("report_uninitialized")


@door
def is_variable_initialized(variable):
    """Whether a variable has a value in the session that runs this."""
    return add_session_op(is_initialized, [], {"variable": variable.op}, [((), BOOL)],
                          "IsVariableInitialized", variable.graph).outputs[0]


@door
def report_uninitialized_variables(var_list=None, name="report_uninitialized_variables"):
    """The names, as bytes, of variables without a value in the session that runs this."""
    found = global_variables() + local_variables() if var_list is None else list(var_list)
    graph = found[0].graph if found else get_default_graph()
    return add_session_op(report_uninitialized, [], {"variables": [v.op for v in found]},
                          [((None,), TEXT)], name, graph).outputs[0]


__all__ = ["control_dependencies", "py_func", "Print", "is_variable_initialized",
           "report_uninitialized_variables"]
