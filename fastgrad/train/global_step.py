"""The global step: the variable that counts the steps of training."""

from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import INT64, strong
from fastgrad.variables.initializers import zeros_initializer
from fastgrad.variables.scopes import get_variable


def global_step(sess, global_step_tensor):
    """The value of a global step variable in a session.

    Examples
    --------
    >>> step = train.get_or_create_global_step()
    >>> session = Session()
    >>> session.run(global_variables_initializer())
    >>> train.global_step(session, step)
    0
    """
    return int(sess.run(global_step_tensor))


@door
def get_global_step(graph=None):
    """The graph's global step variable, or None.

    Examples
    --------
    >>> train.get_global_step() is None
    True
    """
    graph = graph or get_default_graph()
    steps = graph.get_collection(GraphKeys.GLOBAL_STEP)
    if len(steps) == 1:
        return _checked(steps[0])
    if not steps and "global_step" in graph._by_name:
        return _checked(graph.get_tensor_by_name("global_step:0"))
    return None


def _checked(step):
    dtype = strong(step._dtype)
    if dtype.kind not in "iu":
        raise TypeError(f"Existing \"global_step\" does not have integer type: {dtype.name}")
    return step


@door
def create_global_step(graph=None):
    """Make the graph's global step; ValueError if it has one.

    Examples
    --------
    >>> train.create_global_step().name
    'global_step:0'
    """
    graph = graph or get_default_graph()
    if get_global_step(graph) is not None:
        raise ValueError('"global_step" already exists.')
    with graph.as_default(), graph.name_scope(None):
        return get_variable(GraphKeys.GLOBAL_STEP, [], INT64, zeros_initializer(),
                            trainable=False,
                            collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP])


@door
def get_or_create_global_step(graph=None):
    """The graph's global step, made if it is not there.

    Examples
    --------
    >>> train.get_or_create_global_step() is train.get_or_create_global_step()
    True
    """
    graph = graph or get_default_graph()
    step = get_global_step(graph)
    return create_global_step(graph) if step is None else step


@door
def assert_global_step(global_step_tensor):
    """Refuse what cannot be a global step.

    Examples
    --------
    >>> train.assert_global_step(train.create_global_step())
    """
    _checked(global_step_tensor)


__all__ = ["global_step", "get_global_step", "create_global_step", "get_or_create_global_step",
           "assert_global_step"]
