"""Assertions in a graph: operations that fail the run when a condition does not hold.

What is known when the graph is built is checked at once. Otherwise the check is evaluated between
plans, so it costs; put assertions on what is cheap, or leave them out of hot loops.
"""

import numpy as np

from fastgrad.errors import DTypeError, KernelError, ShapeError
from fastgrad.flow.control import add_session_op, session_op
from fastgrad.graph.build import check_truth
from fastgrad.graph.collection import global_variables, local_variables
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.dtypes import DTYPES, as_dtype, strong
from fastgrad.graph.interned import readable
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.ops.comparison import equal, greater, greater_equal, less, less_equal, not_equal
from fastgrad.ops.logic import is_finite
from fastgrad.ops.reduce import reduce_all
from fastgrad.ops.state import identity, no_op
from fastgrad.wording import where


@session_op
def assert_(session, node, inputs, known, done):
    if not np.all(inputs[0]):
        shown = " ".join(f"[{str(readable(v))[:60]}]" for v in inputs[1:])
        raise KernelError(f"assertion failed: {where(node)}: {node.attrs['message']} {shown}", node)
    return []


def Assert(condition, data, summarize=None, name=None):
    """Fail the run with the values of `data` unless `condition` holds.

    Returns
    -------
    Operation
        Put it in `control_dependencies`.
    """
    graph = condition.graph if is_node(condition) else get_default_graph()
    inputs = [as_tensor(condition, None, graph)]
    check_truth(inputs[0], "Assert")
    if graph.literals == "tf" and inputs[0]._shape not in (None, ()):
        raise ShapeError(f"Assert: {where(inputs[0])} has shape {inputs[0]._shape}; expected one "
                         "truth value. Reduce it, say with reduce_all.")
    texts = [d for d in data if isinstance(d, str)]
    inputs += [as_tensor(d, None, graph) for d in data if not isinstance(d, str)]
    return _assertion(inputs, " ".join(texts), name or "Assert", graph)


def _assertion(inputs, message, name, graph):
    """The operation; an InvalidArgumentError now if the values are all known."""
    if all(t.op.op_type == "constant" for t in inputs):
        values = [t.op.attrs["value"] for t in inputs]
        if not np.all(values[0]):
            raise KernelError(f"assertion failed: {message} "
                              + " ".join(f"[{str(readable(v))[:60]}]" for v in values[1:]))
        return no_op(name)
    return add_session_op(assert_, inputs, {"message": message}, [], name, graph)


def _comparison(test, reference, sign):
    def check(x, y, data=None, summarize=None, message=None, name=None):
        node = next((v for v in (x, y) if is_node(v)), None)
        graph = node.graph if node is not None else get_default_graph()
        with graph.as_default(), graph.name_scope(name or check.__name__):
            a = as_tensor(x, None, graph)
            b = as_tensor(y, a._dtype if graph.literals == "tf" and not is_node(y) else None, graph)
            text = f"{message or ''} Condition x {sign} y did not hold. x, y:"
            held = test(a, b)           # refuses what cannot be compared
            if a.op.op_type == b.op.op_type == "constant":
                left, right = (readable(t.op.attrs["value"]) for t in (a, b))
                if not np.all(reference(left, right)):
                    raise KernelError(f"{text} {left!s:.60}, {right!s:.60}")
                return no_op("static_checks_determined_all_ok")
            return _assertion([reduce_all(held), a, b], text, "Assert", graph)
    return check


def _named(name, test, reference, sign):
    assertion = _comparison(test, reference, sign)
    assertion.__name__ = assertion.__qualname__ = name
    assertion.__doc__ = f"Fail the run unless `x {sign} y` for all elements; returns an operation."
    return assertion


assert_equal = _named("assert_equal", equal, np.equal, "==")
assert_none_equal = _named("assert_none_equal", not_equal, np.not_equal, "!=")
assert_less = _named("assert_less", less, np.less, "<")
assert_less_equal = _named("assert_less_equal", less_equal, np.less_equal, "<=")
assert_greater = _named("assert_greater", greater, np.greater, ">")
assert_greater_equal = _named("assert_greater_equal", greater_equal, np.greater_equal, ">=")


def assert_positive(x, data=None, summarize=None, message=None, name=None):
    """Fail the run unless `x > 0` for all elements."""
    return assert_less(_zero(x), x, data, summarize, message, name or "assert_positive")


def assert_negative(x, data=None, summarize=None, message=None, name=None):
    """Fail the run unless `x < 0` for all elements."""
    return assert_less(x, _zero(x), data, summarize, message, name or "assert_negative")


def assert_non_negative(x, data=None, summarize=None, message=None, name=None):
    """Fail the run unless `x >= 0` for all elements."""
    return assert_less_equal(_zero(x), x, data, summarize, message, name or "assert_non_negative")


def assert_non_positive(x, data=None, summarize=None, message=None, name=None):
    """Fail the run unless `x <= 0` for all elements."""
    return assert_less_equal(x, _zero(x), data, summarize, message, name or "assert_non_positive")


def _zero(x):
    dtype = strong(as_tensor(x)._dtype)
    return np.zeros((), dtype)


# ---- ranks and types: known when the graph is built -------------------------------------

def _rank_check(name, holds, words):
    def check(x, rank, data=None, summarize=None, message=None, name=None):
        tensor = as_tensor(x)
        own = None if tensor._shape is None else len(tensor._shape)
        if own is not None and not holds(own, rank):
            raise ShapeError(f"{message or ''} {where(tensor)} has rank {own}; expected "
                             f"{words} {rank}.")
        return no_op("static_checks_determined_all_ok")
    check.__name__ = check.__qualname__ = name
    check.__doc__ = f"Refuse a tensor whose static rank is not {words} `rank`."
    return check


assert_rank = _rank_check("assert_rank", lambda a, b: a == int(b), "rank")
assert_rank_at_least = _rank_check("assert_rank_at_least", lambda a, b: a >= int(b), "at least")
assert_rank_in = _rank_check("assert_rank_in", lambda a, b: a in [int(r) for r in b], "one of")


def check_numerics(tensor, message, name=None):
    """Check for NaN and infinity: `tensor`; the run fails with `message` if an element is one.

    Gradient: `dx = dy`.
    """
    x = as_tensor(tensor)
    with x.graph.name_scope(name or "CheckNumerics"):
        check = _assertion([reduce_all(is_finite(x))], f"{message} : Tensor had NaN or Inf values",
                           "Assert", x.graph)
        with x.graph.control_dependencies([check]):
            return identity(x)


def verify_tensor_all_finite(t=None, msg=None, name=None, x=None, message=None):
    """The same as `check_numerics`."""
    return check_numerics(x if t is None else t, message if msg is None else msg,
                          name or "VerifyFinite")


def assert_scalar(tensor, name=None, message=None):
    """Check that a tensor may be a scalar; returns it."""
    scalar = as_tensor(tensor)
    if scalar._shape not in (None, ()):
        raise ShapeError(f"{message or ''}Expected scalar shape for {where(scalar)}; got "
                         f"{scalar._shape}.")
    return scalar


def assert_type(tensor, tf_type, message=None, name=None):
    """Refuse a tensor of another dtype."""
    found = as_tensor(tensor)
    if found.dtype != as_dtype(tf_type):
        raise DTypeError(f"{message or ''} {where(found)} must be of type {tf_type}; it is "
                         f"{found.dtype}.")
    return no_op("statically_determined_correct_type")


def assert_near(x, y, rtol=None, atol=None, data=None, summarize=None, message=None, name=None):
    """Fail the run unless `|x - y| <= atol + rtol * |y|` for all elements.

    Both tolerances are ten times the dtype's spacing at 1, if not given.
    """
    graph = next((v.graph for v in (x, y) if is_node(v)), None) or get_default_graph()
    with graph.as_default(), graph.name_scope(name or "assert_near"):
        a = as_tensor(x, None, graph)
        b = as_tensor(y, a._dtype if graph.literals == "tf" and not is_node(y) else None, graph)
        slack = 10 * float(np.finfo(strong(a._dtype)).eps)
        rtol, atol = (np.asarray(slack if v is None else v, a._dtype) if not is_node(v) else v
                      for v in (rtol, atol))
        near = less_equal(abs(a - b), abs(b) * rtol + atol)
        return _assertion([reduce_all(near), a, b], f"{message or ''} x and y not equal to "
                          "tolerance. x, y:", "Assert", graph)


def assert_integer(x, message=None, name=None):
    """Refuse a tensor that holds no integers."""
    integers = as_tensor(x)
    if integers.dtype is not None and not integers.dtype.is_integer:
        raise DTypeError(f"{message or ''} Expected x to be integer type; {where(integers)} has "
                         f"dtype {integers.dtype.name}.")
    return no_op("statically_determined_was_integer")


def assert_same_float_dtype(tensors=None, dtype=None):
    """The one floating dtype of all tensors and `dtype`; float32 if there is none.

    Raises
    ------
    ValueError
        If there are several, or one that is not floating.
    """
    dtypes = [] if dtype is None else [as_dtype(dtype)]
    dtypes += [as_tensor(t).dtype for t in tensors or ()]
    if len(set(dtypes)) > 1 or not all(d.is_floating for d in dtypes):
        raise ValueError("expected one floating dtype; got "
                         + ", ".join(d.name for d in dtypes) + ".")
    return dtypes[0] if dtypes else DTYPES["float32"]


def assert_proper_iterable(values):
    """Refuse what is iterated over by mistake: a tensor, an array, a string, a number."""
    if isinstance(values, (str, bytes, np.ndarray)) or is_node(values) or not hasattr(
            values, "__iter__"):
        raise TypeError("Expected argument \"values\" to be a \"proper\" iterable; got a "
                        f"{type(values).__name__}.")


def assert_variables_initialized(var_list=None):
    """An operation that fails if a variable has no value."""
    variables = global_variables() + local_variables() if var_list is None else list(var_list)
    graph = variables[0].graph if variables else get_default_graph()
    return add_session_op(check_initialized, [], {"variables": [v.op for v in variables]}, [],
                          "assert_variables_initialized", graph)


@session_op
def check_initialized(session, node, inputs, known, done):
    for v in node.get_attr("variables"):
        if not session.store.has(v):
            session.store.buffer(v)               # raises what reading it raises
    return []


__all__ = ["Assert", "check_numerics", "verify_tensor_all_finite", "assert_equal",
           "assert_none_equal", "assert_less", "assert_less_equal", "assert_greater",
           "assert_greater_equal", "assert_positive", "assert_negative", "assert_non_negative",
           "assert_non_positive", "assert_rank", "assert_rank_at_least", "assert_rank_in",
           "assert_near", "assert_integer", "assert_same_float_dtype", "assert_proper_iterable",
           "assert_scalar", "assert_type", "assert_variables_initialized"]
