"""Python functions as operations: py_func and Print.

They are session ops: see `control`.
"""

import sys

import numpy as np

from fastgrad.errors import (ComputeError, DTypeError, InternalError, NotNumbersError,
                             OutOfRangeError, PythonError, ResourceExhaustedError,
                             UnimplementedError)
from fastgrad.flow.control import add_session_op, session_op
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import to_np
from fastgrad.graph.interned import readable
from fastgrad.graph.literals import returned
from fastgrad.graph.nodes import as_tensor, graph_of
from fastgrad.graph.registry import RegisterGradient
from fastgrad.wording import where


class PythonEndError(ComputeError, OutOfRangeError):
    """A Python function of the program raised StopIteration."""


class PythonMemoryError(ComputeError, ResourceExhaustedError):
    """A Python function of the program raised MemoryError."""


class PythonMissingError(ComputeError, UnimplementedError):
    """A Python function of the program raised NotImplementedError."""


class PythonResultError(ComputeError, InternalError):
    """A Python function of the program returned no array; InternalError is TensorFlow's class."""


@session_op
def py_function(session, node, inputs, known, done):
    try:
        results = node.attrs["func"](*[readable(v) for v in inputs])
    except Exception as e:
        kind = next((k for raised, k in _RAISED if isinstance(e, raised)), PythonError)
        raise kind(f"{where(node)} raised {type(e).__name__}: {e}", node) from e
    results = results if isinstance(results, (list, tuple)) else [results] if node.outputs else []
    if len(results) != len(node.outputs):
        raise ComputeError(f"{where(node)} returned {len(results)} values; expected "
                                   f"{len(node.outputs)}.", node)
    if any(v is None for v in results):
        raise ComputeError(f"{where(node)} returned None; expected {len(results)} value(s).", node)
    return [_returned(node, v, t._dtype) for v, t in zip(results, node.outputs)]


def _returned(node, value, dtype):
    """A value that the function returned, converted to the declared dtype."""
    try:
        return returned(value, dtype, node.graph.literals == "tf")
    except DTypeError as e:
        kind = PythonResultError if isinstance(e, NotNumbersError) else ComputeError
        raise kind(f"the result of {where(node)} does not fit its Tout: {e}", node) from None


# TensorFlow's classes for what a function raises
_RAISED = (((TypeError, ValueError), ComputeError), (StopIteration, PythonEndError),
           (MemoryError, PythonMemoryError), (NotImplementedError, PythonMissingError))


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

    Examples
    --------
    >>> double = py_func(lambda x: x * 2, [constant([1.0, 2.0])], float64)
    >>> Session().run(double)
    array([2., 4.])
    """
    if not callable(func):
        raise ValueError(f"Expected func to be callable, got func of type {type(func)}")
    graph = graph_of([as_tensor(t) for t in inp if hasattr(t, "graph")])
    many = isinstance(Tout, (list, tuple))
    dtypes = [to_np(d) for d in (Tout if many else [Tout])]
    if any(d is None for d in dtypes):          # `in` would find float64, which equals None
        raise DTypeError("py_func: a Tout is None; expected the dtype of each result.")
    inputs = [as_tensor(t, None, graph) for t in inp]
    op = add_session_op(py_function, inputs, {"func": func}, [(None, d) for d in dtypes],
                        name or "PyFunc", graph)
    if many:
        return list(op.outputs) if op.outputs else op
    return op.outputs[0]


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
    """Identity of `input_` that prints the values of `data` on standard error at each run.

    Parameters
    ----------
    first_n : int, optional
        Print only so often.
    summarize : int
        Elements shown of each tensor; 3 if not given.

    Notes
    -----
    Gradient: passes to `input_`.

    Examples
    --------
    >>> x = constant(2.0)
    >>> Session().run(Print(x, [x], 'seen: ') * 3)
    np.float64(6.0)
    """
    x = as_tensor(input_)
    inputs = [x, *(as_tensor(d, None, x.graph) for d in data)]
    attrs = {"message": message or "", "first_n": None if first_n in (None, -1) else first_n,
             "summarize": summarize or 3}
    return add_session_op(print_, inputs, attrs, [(x._shape, x._dtype)], name or "Print").outputs[0]


__all__ = ["py_func", "Print"]
