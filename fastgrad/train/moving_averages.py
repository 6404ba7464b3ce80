"""Exponential moving averages of variables and tensors."""

import numpy as np

from fastgrad.graph.collection import (GraphKeys, global_variables, moving_average_variables,
                                       trainable_variables)
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.dtypes import FLOAT32, strong
from fastgrad.graph.nodes import as_tensor
from fastgrad.ops.arithmetic import minimum, pow
from fastgrad.ops.cast import cast
from fastgrad.ops.state import assign, assign_sub, group
from fastgrad.train.optimizer import make_slot
from fastgrad.variables.initializers import zeros_initializer
from fastgrad.variables.scopes import get_variable, variable_scope
from fastgrad.variables.variable import Variable
from fastgrad.wording import where


class ExponentialMovingAverage:
    """Exponential moving averages, `average -= (1 - decay) * (average - variable)`.

    Parameters
    ----------
    decay : float
    num_updates : scalar node, optional
        The decay is then `min(decay, (1 + n) / (10 + n))`: quick at the start.
    zero_debias : bool
        Correct the averages of plain tensors for their start at zero.

    Examples
    --------
    >>> v = Variable(1.0)
    >>> average = train.ExponentialMovingAverage(0.9)
    >>> update = average.apply([v])
    >>> session = Session()
    >>> session.run(global_variables_initializer())
    >>> session.run(v.assign(2.0))
    np.float64(2.0)
    >>> session.run(update)
    >>> session.run(average.average(v))
    np.float64(1.1)
    """

    def __init__(self, decay, num_updates=None, zero_debias=False,
                 name="ExponentialMovingAverage"):
        self._decay, self._num_updates = decay, num_updates
        self._zero_debias, self._name = zero_debias, name
        self._averages = {}
        self._graph = get_default_graph()

    name = property(lambda self: self._name)

    def apply(self, var_list=None):
        """An operation that updates the averages of `var_list` (the trainable variables)."""
        variables = self._graph.get_collection(GraphKeys.TRAINABLE_VARIABLES) \
            if var_list is None else list(var_list)
        graph = variables[0].graph if variables else self._graph
        with graph.as_default():
            for v in variables:
                self._prepare(v, graph)
            with graph.name_scope(self._name) as scope:
                decay = as_tensor(self._decay, None, graph, "decay")
                if self._num_updates is not None:
                    n = cast(self._num_updates, FLOAT32, name="num_updates")
                    decay = minimum(cast(decay, FLOAT32), (1.0 + n) / (10.0 + n))
                updates = [assign_moving_average(
                    self._averages[v], v, decay,
                    self._zero_debias and not isinstance(v, Variable)) for v in variables]
                return group(*updates, name=scope)

    def _prepare(self, v, graph):
        dtype = strong(v._dtype)
        if dtype is None or dtype.kind != "f":
            raise TypeError(f"The variables must be half, float, or double: {where(v)}.")
        if v in self._averages:
            return
        if isinstance(v, Variable):
            initial = v.initialized_value()
            graph.add_to_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, v)
        else:
            initial = np.zeros(v.get_shape().as_list(), dtype)
        with graph.control_dependencies(None):
            self._averages[v] = make_slot(v, initial, self._name)

    def average(self, var):
        """The variable that holds the average of `var`, or None."""
        return self._averages.get(var)

    def average_name(self, var):
        """The name of that variable, also before it exists."""
        if var in self._averages:
            return self._averages[var].op.name
        return var.graph.unique_name(f"{var.op.name}/{self._name}", mark_as_used=False)

    def variables_to_restore(self, moving_avg_variables=None):
        """{name in a checkpoint: variable}: averages stand for the variables that have one."""
        if moving_avg_variables is None:
            moving_avg_variables = trainable_variables() + moving_average_variables()
        averaged = dict.fromkeys(moving_avg_variables)
        by_name = {self.average_name(v): v for v in averaged}
        for v in global_variables():
            if v not in averaged and v.op.name not in by_name:
                by_name[v.op.name] = v
        return by_name


def assign_moving_average(variable, value, decay, zero_debias=True, name=None):
    """Update of a moving average: moves `variable` towards `value` by a share of `1 - decay`."""
    graph = variable.graph
    with graph.name_scope(name or "AssignMovingAvg") as scope:
        rate = cast(1.0 - as_tensor(decay, None, graph), variable._dtype)
        if not zero_debias:
            return assign_sub(variable, (variable - value) * rate, name=scope)
        with variable_scope(variable.op.name), graph.control_dependencies(None):
            biased, steps = [get_variable(n, shape, variable.dtype, zeros_initializer(),
                                          trainable=False)
                             for n, shape in (("biased", variable.get_shape().as_list()),
                                              ("local_step", []))]
        moved = assign_sub(biased, (biased - value) * rate)
        share = 1 - pow(1 - rate, steps.assign_add(np.ones((), variable._dtype)))
        return assign(variable, moved / share, name=scope)


__all__ = ["ExponentialMovingAverage", "assign_moving_average"]
