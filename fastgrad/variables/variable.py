"""Variables; their values live in a Store, see `store`.

A Variable is the tensor of its current value. The value itself is in a Store: every graph
has one, which its sessions share (the tutorial's habit), and a session may have its own.
A store's buffers never move while they keep their shape, so plans hold pointers to them.

Values are copied in and out: nothing a user holds aliases a variable.
"""

import inspect

import numpy as np

from fastgrad import elsewhere
from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.collection import GraphKeys, global_variables, local_variables
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import TEXT, strong, to_np
from fastgrad.graph.interned import readable
from fastgrad.graph.literals import array_of, converted
from fastgrad.graph.names import repr_of_variable
from fastgrad.graph.nodes import Tensor, as_tensor, is_node
from fastgrad.ops.cast import cast
from fastgrad.ops.state import (_assign, _assign_add, _assign_sub, _variable, assign_shaped,
                                constant, group, identity)
from fastgrad.variables.store import store_of
from fastgrad.variables.value_copy import value_copy
from fastgrad.wording import markup, where


KINDS = {}                  # Graph.literals -> class of its variables; compat adds its own


def _lasting(name):
    """An attribute of a Variable that its graph keeps; None until it is set."""
    def get(self):
        return self.graph.given(self._out.more.get(name))

    def set_(self, value):
        self._out.more[name] = self.graph.kept(value)
    return property(get, set_)


class Variable(Tensor):
    """A tensor whose value lasts from run to run and can be trained.

    Parameters
    ----------
    initial_value : array, nested list, number, tensor, or callable returning one
        Arrays keep their dtype; lists and numbers become what `np.array` makes of them.
    trainable : bool
        Whether optimizers update it when no `var_list` is given.
    name : str, optional
    dtype : dtype, optional
        Converts the initial value.

    Attributes
    ----------
    value : ndarray
        The current value in the graph's store, copied; assign to it to change it. Writing to a
        part of it raises TypeError: it would change the copy.
    initializer : Operation
        Puts the initial value back.
    initial_value : Tensor

    Examples
    --------
    >>> W = Variable([1.0, 2.0])
    >>> _ = Session().run(W.assign(W * 3.0))
    >>> W.value
    array([3., 6.])
    """

    __slots__ = ()

    def __new__(cls, initial_value=None, trainable=True, collections=None, validate_shape=True,
                caching_device=None, name=None, variable_def=None, dtype=None,
                expected_shape=None, import_scope=None, constraint=None, **ignored):
        if not ignored.keys() <= IGNORED:
            _refuse_keyword(cls, min(ignored.keys() - IGNORED))
        graph = initial_value.graph if is_node(initial_value) else get_default_graph()
        name = graph.unique_name(name or "Variable")
        with graph.as_default(), graph.control_dependencies(None), graph.name_scope(name + "/"):
            initial = _initial_tensor(initial_value, to_np(dtype))
        kind = strong(initial._dtype)
        shape = initial._shape if validate_shape else None
        if graph.literals == "tf":
            _check_stated(initial, validate_shape, collections, constraint)
        node = graph.add_op(_variable.opdef, [],
                            {"dtype": kind, "shape": shape, "initial": initial},
                            [(shape, kind)], name + "/", KINDS.get(graph.literals, cls))
        self = node.outputs[0]
        self._out.more = {"trainable": bool(trainable), "constraint": constraint}
        with graph.control_dependencies(None), graph.name_scope(name + "/"):
            give = _assign if validate_shape else assign_shaped
            self.initializer = give(self, self._first_value(), name="Assign").op
        self._out.consumers = ()        # the user's nodes consume it, not what it brings along
        graph._variables.append(node.id)
        _collect(graph, self, trainable, collections)
        return self

    def __init__(self, *_, **__):
        pass                      # __new__ has done it

    initial_value = property(lambda self: self.op.get_attr("initial"))
    trainable, constraint, initializer, _read, save_slice_info = map(
        _lasting, ("trainable", "constraint", "initializer", "_read", "save_slice_info"))

    @property
    def value(self):
        store = store_of(self.graph)
        with store.lock.read():
            return value_copy(np.asarray(readable(store.copy_of(self.op))))

    @value.setter
    def value(self, value):
        self.load(value)

    @door
    def load(self, value, session=None):
        """Set the value now, without a run.

        Raises
        ------
        ShapeError
            If the shape of `value` is not the variable's.
        DTypeError
            If the variable's dtype cannot hold it: fractions or large numbers for integers.
        """
        dtype = self.op.attrs["dtype"]
        array = array_of(value, TEXT if dtype == TEXT else None)
        if dtype is not None:
            array = converted(array, dtype, where(self))
        if not shapes.compatible(self._shape, array.shape):
            raise ShapeError(f"{where(self)} has shape {self._shape}; "
                             f"got a value of shape {array.shape}.")
        store = session.store if session is not None else store_of(self.graph)
        with store.lock.run():
            store.set(self.op, array)

    def read_value(self):
        """A node with the value at its place among control dependencies."""
        return identity(self, name="read" if self.graph.literals == "tf" else None)

    def _snapshot(self):
        """The one node that reads the variable without control dependencies."""
        if self._read is None:
            with self.graph.control_dependencies(None):
                self._read = identity(self, name=self.op.name + "/read/")
        return self._read

    def initialized_value(self):
        return self.initial_value

    def _first_value(self):
        """What the initializer assigns."""
        return self.initial_value

    def assign(self, value, use_locking=False, name=None, read_value=True):
        """A node that sets the variable and has its new value.

        Parameters
        ----------
        value : tensor, array or number
            Of the variable's shape; converted to its dtype.

        Examples
        --------
        >>> v = Variable([1.0, 2.0])
        >>> Session().run(v.assign(v * 2.0))
        array([2., 4.])
        """
        return self._update(_assign, value, name or "Assign")

    def assign_add(self, delta, use_locking=False, name=None, read_value=True):
        """A node that adds in place and has the new value."""
        return self._update(_assign_add, delta, name or "AssignAdd")

    def assign_sub(self, delta, use_locking=False, name=None, read_value=True):
        """A node that subtracts in place and has the new value."""
        return self._update(_assign_sub, delta, name or "AssignSub")

    @door
    def _update(self, build, value, name):
        try:
            return build(self, value, name=name)
        except ShapeError:
            raise ShapeError(f"{where(self)} has shape {self._shape}; cannot assign a value of "
                             f"shape {as_tensor(value)._shape}.") from None

    __repr__ = __str__ = repr_of_variable

    def _repr_html_(self):
        """The line that a notebook shows; in a TensorFlow graph values are the sessions'."""
        line = repr(self)[1:-1]
        if self.graph.literals != "tf" and self.dtype.is_floating:
            value = self.value
            if value.size:
                line += (f", from {value.min():.4g} to {value.max():.4g}, mean {value.mean():.4g}, "
                         f"standard deviation {value.std():.4g}")
        return f"<code>{markup(line)}</code>"


def bare_variable(graph, dtype, shape, name, is_handle=False):
    """A variable without an initial value, in no collection: what a file's node is.

    Parameters
    ----------
    dtype : numpy.dtype
    shape : tuple or None
    name : str
        With a "/" behind it, taken as it is.
    is_handle : bool
        Whether the file's graph holds it as a resource.
    """
    node = graph.add_op(_variable.opdef, [], {"dtype": dtype, "shape": shape, "initial": None},
                        [(shape, dtype)], name, KINDS.get(graph.literals, Variable))
    self = node.outputs[0]
    self._out.more = {"trainable": False, "constraint": None, "is_handle": is_handle}
    graph._variables.append(node.id)
    return self


# TensorFlow's, of no meaning here
IGNORED = {"use_resource", "synchronization", "aggregation", "shape"}


def _refuse_keyword(cls, name):
    known = [p for p in inspect.signature(cls.__new__).parameters][1:-1]
    meant = elsewhere.keyword(name, known)
    hint = f". Did you mean {meant!r}?" if meant is not None else ""
    raise TypeError(f"{cls.__name__}() got an unexpected keyword argument {name!r}{hint}")


def _initial_tensor(value, dtype):
    if value is None:
        raise ValueError("Variable needs an initial_value: an array, number or tensor.")
    if callable(value) and not is_node(value):
        with get_default_graph().name_scope("Initializer"):
            value = value()
    if is_node(value):
        tensor = as_tensor(value)
        if dtype is not None and tensor.graph.literals == "tf":
            return as_tensor(tensor, dtype)
        if dtype is not None and tensor._dtype != dtype:
            tensor = cast(tensor, dtype)
        return tensor
    return constant(value, dtype, name="initial_value")


def _is_fed(tensor):
    """Whether a tensor hangs on a placeholder, so that its shape may differ from run to run."""
    seen, todo = set(), [tensor.op]
    while todo:
        op = todo.pop()
        if op.op_type == "placeholder":
            return True
        if op not in seen:
            seen.add(op)
            todo += [t.op for t in op._inputs]
    return False


def _check_stated(initial, validate_shape, collections, constraint):
    """Refuse what TensorFlow refuses."""
    if validate_shape and not shapes.is_known(initial._shape) and _is_fed(initial):
        raise ShapeError("a Variable's initial_value must have a shape that is known; "
                         f"{where(initial)} has {initial._shape}. Set it, or give "
                         "validate_shape=False.")
    if collections is not None and not isinstance(collections, (list, tuple, set)):
        raise ValueError("collections must be a list, tuple or set of names; got a "
                         f"{type(collections).__name__}.")
    if constraint is not None and not callable(constraint):
        raise ValueError("a Variable's constraint must be a function of it.")


def _collect(graph, variable, trainable, collections):
    keys = [*collections] if collections is not None else [GraphKeys.GLOBAL_VARIABLES]
    if trainable and GraphKeys.TRAINABLE_VARIABLES not in keys:
        keys.append(GraphKeys.TRAINABLE_VARIABLES)
    graph.add_to_collections(keys, variable)


@door
def variables_initializer(var_list, name="init"):
    """An operation that puts the initial values of `var_list` in.

    Examples
    --------
    >>> v = Variable(1.0)
    >>> session = Session()
    >>> session.run(v.assign(5.0))
    np.float64(5.0)
    >>> session.run(variables_initializer([v]))
    >>> session.run(v)
    np.float64(1.0)
    """
    return group(*[v.initializer for v in var_list], name=name)


@door
def global_variables_initializer():
    """An operation that puts the initial values of all global variables in.

    In a graph of `fastgrad` variables have them from the start, so that this undoes a training; in
    a session of `fastgrad.compat.v1` they have none until it has run.

    Examples
    --------
    >>> w, session = Variable(1.0), Session()
    >>> w.value = 5.0
    >>> session.run(global_variables_initializer())
    >>> w.value
    array(1.)
    """
    return variables_initializer(global_variables())


@door
def local_variables_initializer():
    """An operation that puts the initial values of all local variables in (metrics).

    Examples
    --------
    >>> Session().run(local_variables_initializer())
    """
    return variables_initializer(local_variables())


__all__ = ["Variable", "variables_initializer", "global_variables_initializer",
           "local_variables_initializer"]
