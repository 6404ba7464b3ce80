"""Optimizer: from a loss to an operation that makes one training step.

An optimizer is symbolic: it adds gradient nodes, slot variables and one update operation a variable
to the graph. What an update does is in `ops.update`, the named optimizers in
`gradient_descent` and `adaptive`.

Decisions
- In a "tf" graph the numbers given to an optimizer become float32 first, as TensorFlow's do,
  whatever the variables' dtype; in a "numpy" graph they stay exact.
- A loss that is not a scalar is summed in a "tf" graph (TensorFlow) and refused in a "numpy" one.
"""

import numpy as np

from fastgrad.autodiff.gradients import gradients, loss_seed
from fastgrad.errors import GradientError, LossTypeError, NotVariableError, TrainTypeError
from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import is_weak, strong
from fastgrad.graph.nodes import Node, as_tensor, is_node
from fastgrad.ops.cast import cast
from fastgrad.ops.join import stack
from fastgrad.ops.state import assign_add, group
from fastgrad.variables.partitioned import SaveSliceInfo
from fastgrad.variables.scopes import get_variable, variable_scope
from fastgrad.variables.variable import Variable
from fastgrad.wording import show_names, where


class Optimizer:
    """Base of optimizers.

    A subclass defines `_create_slots(variables)` if it has slots, and `_apply_dense(grad, var)`,
    which returns an operation; `_apply_sparse(grad, var)` if lookups are not to be treated as
    dense.

    Parameters
    ----------
    use_locking : bool
        Accepted, ignored: an update is never seen half done.
    name : str
        Prefix of the operations, and name of the slots.

    Examples
    --------
    >>> w = Variable([1.0, 2.0])
    >>> optimizer = train.GradientDescentOptimizer(0.1)
    >>> pairs = optimizer.compute_gradients(reduce_sum(w * w))
    >>> step = optimizer.apply_gradients([(clip_by_norm(g, 1.0), v) for g, v in pairs])
    >>> Session().run(step)
    """

    GATE_NONE, GATE_OP, GATE_GRAPH = 0, 1, 2

    def __init__(self, use_locking, name):
        if not name:
            raise ValueError("Must specify the optimizer name")
        self._use_locking, self._name = use_locking, name
        self._slots = {}                # slot name -> {variable: slot}
        self._others = {}               # (name, graph) -> variable
        self._tensors = {}              # prepared parameters of the current apply_gradients

    def __init_subclass__(cls, **more):
        """An optimizer's constructor is a door: a wrong keyword is answered with the right one."""
        super().__init_subclass__(**more)
        if "__init__" in vars(cls):
            cls.__init__ = door(cls.__init__)

    def get_name(self):
        return self._name

    # ---- a step ----
    @door
    def minimize(self, loss, global_step=None, var_list=None, gate_gradients=GATE_OP,
                 aggregation_method=None, colocate_gradients_with_ops=False, name=None,
                 grad_loss=None):
        """An operation that changes variables so that `loss` falls.

        Parameters
        ----------
        loss : scalar node of a floating dtype
        global_step : Variable, optional
            Counts the steps.
        var_list : list of Variable, optional
            What to train; the graph's trainable variables that `loss` depends on, if not given.

        Returns
        -------
        Operation
            Its value in a run is None. What is fetched beside it is from before the step.

        Raises
        ------
        GradientError
            If `loss` depends on no variable to train, is not a scalar (not in a graph of
            `fastgrad.compat.v1`), or an operation on the way has no gradient.
        TrainTypeError
            If `loss`, or a variable of `var_list`, is of an integer dtype.
        """
        if isinstance(global_step, (list, tuple)):        # the tutorial: minimize(loss, var_list)
            global_step, var_list = None, global_step
        pairs = self.compute_gradients(loss, var_list, grad_loss=grad_loss)
        if all(g is None for g, _ in pairs):
            raise GradientError(
                "No gradients provided for any variable: loss "
                f"{where(loss)} does not depend on any variable to train: "
                f"{show_names(v.op.name for _, v in pairs)}.")
        return self.apply_gradients(pairs, global_step, name)

    @door
    def compute_gradients(self, loss, var_list=None, gate_gradients=GATE_OP,
                          aggregation_method=None, colocate_gradients_with_ops=False,
                          grad_loss=None):
        """[(gradient or None, variable), ...] of a loss, as nodes.

        Parameters
        ----------
        loss : scalar node of a floating dtype
        var_list : list of Variable, optional
            As in `minimize`.

        Returns
        -------
        list of (Tensor, IndexedSlices or None, Variable)
            To be changed (clipped, averaged) and given to `apply_gradients`.
        """
        if not is_node(loss):
            raise LossTypeError(f"minimize takes a node as loss; got {type(loss).__name__}.")
        if gate_gradients not in (self.GATE_NONE, self.GATE_OP, self.GATE_GRAPH):
            raise ValueError("gate_gradients must be one of: Optimizer.GATE_NONE, "
                             f"Optimizer.GATE_OP, Optimizer.GATE_GRAPH.  Not {gate_gradients}")
        loss = as_tensor(loss)
        _check_loss(loss)
        variables = _trained(loss, var_list)
        graph = loss.graph
        with graph.as_default():
            if grad_loss is None and graph.literals == "numpy":
                grad_loss = loss_seed(loss)
            grads = gradients(loss, variables, grad_ys=grad_loss)
        _check_variables([v for g, v in zip(grads, variables) if g is not None])
        return list(zip(grads, variables))

    @door
    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        """An operation that applies gradients to variables; pairs whose gradient is None are left
        out.

        Parameters
        ----------
        grads_and_vars : iterable of (gradient, Variable)
        global_step : Variable, optional
            Counts the steps.

        Returns
        -------
        Operation

        Raises
        ------
        GradientError
            If no gradient is left.
        """
        pairs = list(grads_and_vars)
        if not pairs:
            raise GradientError("No variables provided.")
        used = [(g, v) for g, v in pairs if g is not None]
        if not used:
            raise GradientError("No gradients provided for any variable: "
                                f"{show_names(v.op.name for _, v in pairs)}.")
        for _, v in used:
            if as_tensor(v).op.op_type != "variable":
                raise NotVariableError(f"Trying to update a Tensor: {where(as_tensor(v))} is no "
                                       "variable.")
        graph = used[0][1].graph
        with graph.as_default():
            with graph.control_dependencies(None):
                self._create_slots([v for _, v in used])
            with graph.name_scope(name or self._name) as scope:
                self._prepare(graph)
                updates = [self._update(graph, g, v) for g, v in used]
                operation = self._counted(graph, updates, global_step, scope)
        graph.add_to_collection(GraphKeys.TRAIN_OP, operation)
        return operation

    def _counted(self, graph, updates, global_step, scope):
        if global_step is None:
            return self._finish(updates, scope)
        with graph.control_dependencies([self._finish(updates, "update")]):
            one = np.ones((), strong(global_step._dtype))
            return assign_add(global_step, one, name=scope).op

    def _update(self, graph, grad, var):
        with graph.name_scope("update_" + var.op.name):
            if is_sparse(grad):
                update = self._apply_sparse(grad, var)
            else:
                update = self._apply_dense(as_tensor(grad, None, graph), var)
        if var.constraint is None:
            return update
        with graph.control_dependencies([update]):
            return var.assign(var.constraint(var)).op

    # ---- for subclasses ----
    def _create_slots(self, var_list):
        pass

    def _prepare(self, graph):
        """Make the tensors of numbers given to the constructor: `self._number(...)`."""

    def _apply_sparse(self, grad, var):
        """By default, as a dense gradient: right where untouched rows with no gradient stay."""
        return self._apply_dense(as_tensor(grad), var)

    def _apply_dense(self, grad, var):
        """The operation that updates `var`; a subclass's own."""
        raise NotImplementedError(f"{type(self).__name__} has no _apply_dense(grad, var).")

    def _finish(self, update_ops, name_scope):
        return group(*update_ops, name=name_scope)

    def _number(self, graph, key, value):
        """Prepare a parameter: a number, a node, or a callable returning one."""
        if callable(value) and not is_node(value):
            value = value()
        self._tensors[key] = as_tensor(value, None, graph, key)

    def _scalar(self, key, var):
        """A prepared parameter in the variable's dtype."""
        tensor, dtype = self._tensors[key], var._dtype
        if is_weak(tensor._dtype) or tensor._dtype == dtype:
            return tensor
        return cast(tensor, dtype)

    def _vector(self, keys, var):
        """Prepared parameters in one vector of the variable's dtype."""
        tensors = [self._tensors[k] for k in keys]
        if all(t.op.op_type == "constant" for t in tensors):
            return as_tensor(np.array([t.op.attrs["value"] for t in tensors], var._dtype), None,
                             var.graph, "hyper")
        return stack([cast(t, var._dtype) for t in tensors], name="hyper")

    # ---- slots ----
    def _slot(self, var, name, value=0.0, op_name=None):
        """The slot of a variable, made of `value` everywhere if it is not there."""
        slots = self._slots.setdefault(name, {})
        if var not in slots:
            initial = np.full(var._shape, value, var._dtype)
            slots[var] = make_slot(var, initial, op_name or self._name)
        return slots[var]

    def _other(self, name, value, graph):
        """A variable of the optimizer's own, one a graph."""
        if (name, graph) not in self._others:
            self._others[name, graph] = Variable(value, name=name, trainable=False)
        return self._others[name, graph]

    def _zeros_slot(self, var, slot_name, op_name):
        """TensorFlow's name, for optimizers of a program's own."""
        return self._slot(var, slot_name, 0.0, op_name)

    def _get_or_make_slot(self, var, val, slot_name, op_name):
        slots = self._slots.setdefault(slot_name, {})
        if var not in slots:
            slots[var] = make_slot(var, val, op_name)
        return slots[var]

    def _get_or_make_slot_with_initializer(self, var, initializer, shape, dtype, slot_name,
                                           op_name):
        return self._get_or_make_slot(var, initializer(shape, dtype), slot_name, op_name)

    def get_slot(self, var, name):
        """The slot variable `name` (such as "momentum") of a variable, or None."""
        return self._slots.get(name, {}).get(var)

    def get_slot_names(self):
        return sorted(self._slots)

    def variables(self):
        """All variables that the optimizer made, by name."""
        variables = [*self._others.values(), *(s for d in self._slots.values() for s in d.values())]
        return sorted(variables, key=lambda v: v.name)


def make_slot(var, initial, name):
    """Slot variable, named after another: `w/Momentum`, `w/Momentum_1`, ..."""
    with variable_scope(None, f"{var.op.name}/{name}") as scope:
        scope.set_partitioner(None)
        slot = get_variable("", initializer=initial, trainable=False)
    info = var.save_slice_info
    if info is not None and slot._shape == var._shape:       # a part of the whole's slot
        own = slot.op.name.removeprefix(var.op.name + "/")
        slot.save_slice_info = SaveSliceInfo(f"{info.full_name}/{own}", info.full_shape,
                                             info.var_offset, info.var_shape)
    return slot


def is_sparse(grad):
    """Whether a gradient is IndexedSlices: rows and where they belong."""
    return is_node(grad) and not isinstance(grad, Node)


def _check_loss(loss):
    if loss.graph.literals == "numpy" and loss._shape not in (None, ()):
        raise GradientError(f"loss {where(loss)} has shape {loss._shape}; expected a scalar. "
                            "Reduce it, for example with reduce_sum or reduce_mean.")
    dtype = strong(loss._dtype)
    if dtype is not None and dtype.kind != "f":
        raise TrainTypeError(
            f"loss {where(loss)} has dtype {dtype.name}; expected a floating dtype. "
            "Cast it, or feed and initialise with floats.")


def _trained(loss, var_list):
    if var_list is None:
        variables = loss.graph.get_collection(GraphKeys.TRAINABLE_VARIABLES)
    else:
        variables = list(_flat(var_list))
    for v in variables:
        if not isinstance(v, Variable):
            raise TrainTypeError(f"var_list takes Variables; got {type(v).__name__}.")
    if not variables:
        raise GradientError("there are no variables to train: No variables to optimize.")
    return variables


def _flat(nested):
    if isinstance(nested, dict):
        nested = nested.values()
    if not isinstance(nested, (Node, str)) and hasattr(nested, "__iter__"):
        for part in nested:
            yield from _flat(part)
    else:
        yield nested


def _check_variables(variables):
    whole = [v.op.name for v in variables if strong(v._dtype).kind != "f"]
    if whole:
        raise TrainTypeError(
            f"cannot train variables of an integer dtype: {show_names(whole)}. Give them floating "
            "initial values (1.0 instead of 1), or leave them out of var_list.")
