"""Control dependencies and tuple; whether variables are initialized; the form of session ops.

A session op is evaluated between plans by its `evaluate(session, op, inputs, known, done)`, which
returns one array an output; see `Session._stage`.
"""

import numpy as np

from fastgrad.graph.collection import global_variables, local_variables
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import BOOL, TEXT
from fastgrad.graph.interned import encoded
from fastgrad.graph.nodes import as_tensor, graph_of
from fastgrad.graph.registry import NotDifferentiable, op
from fastgrad.ops.state import group, identity


def session_op(evaluate):
    """The OpDef of an operation that its session evaluates, named after the function that does."""
    return op(None, dtype=None, evaluate=evaluate, pure=False, dynamic=True,
              outputs=None)(evaluate).opdef


def add_session_op(opdef, inputs, attrs, specs, name, graph=None):
    """Add an operation that sessions evaluate in Python; `specs` are (shape, dtype)s."""
    graph = graph or graph_of(inputs)
    return graph.add_op(opdef, inputs, attrs, specs, name)


@door
def control_dependencies(control_inputs):
    """Control dependencies: operations made in the `with` run after these; None clears them.

    Parameters
    ----------
    control_inputs : list of nodes, or None
        Only operations *made* inside wait, not those that are merely mentioned there.

    Examples
    --------
    >>> v = Variable(1.0)
    >>> with control_dependencies([v.assign(10.0)]):
    ...     after = v + 1.0
    >>> Session().run(after)
    np.float64(11.0)
    """
    return get_default_graph().control_dependencies(control_inputs)


def with_dependencies(dependencies, output_tensor, name=None):
    """`output_tensor`, available after `dependencies` have run."""
    with as_tensor(output_tensor).graph.control_dependencies(dependencies):
        return identity(output_tensor, name=name or "control_dependency")


def tuple_(tensors, name=None, control_inputs=None):
    """The same tensors, available when all of them (and `control_inputs`) have been computed."""
    listed = [t if t is None else as_tensor(t) for t in tensors]
    some = [t for t in listed if t is not None]
    if not some:
        raise ValueError(f"Must have at least one Tensor: {tensors}")
    graph = graph_of(some)
    with graph.name_scope(name or "tuple"):
        with graph.control_dependencies([group(*some, *(control_inputs or ()))]):
            return [t if t is None else identity(t, name="control_dependency") for t in listed]


# ---- Python functions -------------------------------------------------------------------


NotDifferentiable("py_function")


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
    """Whether a variable has a value in the session that runs this.

    Examples
    --------
    >>> v = Variable(1.0)
    >>> Session().run(is_variable_initialized(v))
    np.False_
    """
    return add_session_op(is_initialized, [], {"variable": variable.op}, [((), BOOL)],
                          "IsVariableInitialized", variable.graph).outputs[0]


@door
def report_uninitialized_variables(var_list=None, name="report_uninitialized_variables"):
    """The names, as bytes, of variables without a value in the session that runs this.

    Examples
    --------
    >>> v = Variable(1.0)
    >>> len(Session().run(report_uninitialized_variables()))
    1
    """
    variables = global_variables() + local_variables() if var_list is None else list(var_list)
    graph = variables[0].graph if variables else get_default_graph()
    return add_session_op(report_uninitialized, [], {"variables": [v.op for v in variables]},
                          [((None,), TEXT)], name, graph).outputs[0]


__all__ = ["control_dependencies", "is_variable_initialized", "report_uninitialized_variables"]
