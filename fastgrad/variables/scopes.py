"""Variable scopes and get_variable, as TensorFlow 1 has them.

A variable scope prefixes variables, opens a name scope too (see `name_scope`), and names the same
variables when it is opened again. The state (current scope, variables by name, how often a scope
was opened) is the graph's.
"""

import functools
import inspect

from fastgrad.graph import collection, shapes
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import DTYPES, as_dtype
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.tensor_shape import to_shape
from fastgrad.uncut import Changed
from fastgrad.variables.initial_value import _initial, _stated_dtype
from fastgrad.variables.partitioned import PartitionedVariable, make_partitioned, partitions_of
from fastgrad.variables.variable import Variable
from fastgrad.wording import show_shape, show_site


class _AutoReuse:
    """What `reuse=` takes to make variables the first time and share them afterwards."""

    def __bool__(self):
        return True

    def __repr__(self):
        return "AUTO_REUSE"


AUTO_REUSE = _AutoReuse()


class _State:
    """What a graph knows of its variable scopes."""

    def __init__(self):
        self.current = VariableScope(False)
        self.variables = {}             # full name -> record of the Variable's operation
        self.partitioned = {}           # full name -> what a PartitionedVariable is made of
        self.opened = {}                # scope name -> how often it was opened

    def close_below(self, name):
        for key in self.opened:
            if not name or key.startswith(name + "/"):
                self.opened[key] = 0


def _state(graph=None):
    graph = graph or get_default_graph()
    if graph.variable_scopes is None:
        graph.variable_scopes = _State()
    return graph.variable_scopes


class VariableScope:
    """The settings under which get_variable makes or finds variables.

    Attributes
    ----------
    name, original_name_scope : str
    reuse : bool or AUTO_REUSE
    initializer, regularizer, custom_getter, constraint : callables or None
    dtype : DType

    Examples
    --------
    >>> with variable_scope('layer') as scope:
    ...     w = get_variable('w', [2])
    >>> with variable_scope(scope, reuse=True):
    ...     get_variable('w', [2]) is w
    True
    """

    def __init__(self, reuse, name="", initializer=None, regularizer=None, caching_device=None,
                 partitioner=None, custom_getter=None, name_scope="", dtype=None,
                 use_resource=None, constraint=None):
        self._name, self._reuse, self.original_name_scope = name, reuse, name_scope
        self.initializer, self.regularizer = initializer, regularizer
        self.custom_getter, self.constraint = custom_getter, constraint
        self.caching_device, self.partitioner = None, partitioner
        self.use_resource = use_resource
        self._dtype = dtype or DTYPES["float32"]

    name = property(lambda self: self._name)
    reuse = property(lambda self: self._reuse)
    dtype = property(lambda self: self._dtype)

    def reuse_variables(self):
        self._reuse = True

    def set_initializer(self, initializer):
        self.initializer = initializer

    def set_regularizer(self, regularizer):
        self.regularizer = regularizer

    def set_custom_getter(self, custom_getter):
        self.custom_getter = custom_getter

    def set_dtype(self, dtype):
        self._dtype = as_dtype(dtype)

    def set_use_resource(self, use_resource):
        self.use_resource = use_resource

    def set_caching_device(self, caching_device):
        self.caching_device = caching_device

    def set_partitioner(self, partitioner):
        self.partitioner = partitioner

    def get_collection(self, name):
        return collection.get_collection(name, self._name + "/" if self._name else "")

    def trainable_variables(self):
        return self.get_collection(collection.GraphKeys.TRAINABLE_VARIABLES)

    def global_variables(self):
        return self.get_collection(collection.GraphKeys.GLOBAL_VARIABLES)

    def local_variables(self):
        return self.get_collection(collection.GraphKeys.LOCAL_VARIABLES)

    def copy(self, **changes):
        """These settings with some changed; None leaves a setting."""
        settings = dict(reuse=self._reuse, name=self._name, initializer=self.initializer,
                        regularizer=self.regularizer, partitioner=self.partitioner,
                        custom_getter=self.custom_getter, name_scope=self.original_name_scope,
                        dtype=self._dtype, use_resource=self.use_resource,
                        constraint=self.constraint)
        settings.update((k, v) for k, v in changes.items() if v is not None)
        return VariableScope(**settings)

    def get_variable(self, name, shape=None, dtype=None, initializer=None, regularizer=None,
                     reuse=None, trainable=None, collections=None, caching_device=None,
                     partitioner=None, validate_shape=True, use_resource=None,
                     custom_getter=None, constraint=None, **_):
        """The variable `scope/name`, made or found; see `get_variable`."""
        getter = custom_getter or self.custom_getter
        reuse = self._reuse if reuse is None else reuse
        dtype = _stated_dtype(initializer, dtype) or self._dtype
        settings = dict(
            name=f"{self._name}/{name}" if self._name else name, shape=shape, dtype=dtype,
            initializer=self.initializer if initializer is None else initializer,
            regularizer=self.regularizer if regularizer is None else regularizer,
            reuse=reuse, trainable=trainable, collections=collections,
            caching_device=caching_device,
            partitioner=self.partitioner if partitioner is None else partitioner,
            validate_shape=validate_shape, use_resource=use_resource,
            constraint=self.constraint if constraint is None else constraint)
        graph = get_default_graph()
        with graph.name_scope(None):
            return getter(getter=_get, **settings) if getter else _get(**settings)


def _get(name, shape=None, dtype=None, initializer=None, regularizer=None, reuse=None,
         trainable=None, collections=None, validate_shape=True, constraint=None,
         partitioner=None, **_):
    """The variable of this full name: what custom getters get as `getter`."""
    known = _state().variables
    shape, dtype = to_shape(shape), as_dtype(dtype)
    if partitioner is not None and shape != ():
        return _get_partitioned(
            name, shape, dtype, initializer, reuse, partitioner, regularizer=regularizer,
            trainable=trainable, collections=collections, validate_shape=validate_shape,
            constraint=constraint)
    value = initializer is not None and not (callable(initializer) and not is_node(initializer))
    if value and shape is not None:
        raise ValueError("If initializer is a constant, do not specify shape.")
    found = _known(name)
    if found is not None:
        return _shared(found, name, shape, dtype, reuse, value)
    if reuse is True:
        raise ValueError(
            f"Variable {name} does not exist, or was not created with get_variable(). Did you mean "
            "to set reuse=AUTO_REUSE in variable_scope?")
    initial, kind = (initializer, None) if value else _initial(name, shape, dtype, initializer)
    found = Variable(
        initial, trainable=True if trainable is None else trainable, collections=collections,
        validate_shape=validate_shape, name=name, dtype=kind, constraint=constraint)
    known[name] = found.op._record
    if regularizer is not None:
        with found.graph.name_scope(name + "/Regularizer/"):
            loss = regularizer(found)
        if loss is not None:
            found.graph.add_to_collection(collection.GraphKeys.REGULARIZATION_LOSSES, loss)
    return found


def _get_partitioned(name, shape, dtype, initializer, reuse, partitioner, **settings):
    """The PartitionedVariable of this full name."""
    state, graph = _state(), get_default_graph()
    if _known(name) is not None:
        raise ValueError("A partitioner was provided, but an unpartitioned version of the "
                         f"variable was found: {name}. Perhaps a variable of the same name was "
                         "already created without partitioning?")
    if is_node(initializer) or initializer is not None and not callable(initializer):
        shape = shapes.merge(shape, as_tensor(initializer)._shape)
    known = state.partitioned.get(name)
    found = known and PartitionedVariable(name, *map(graph.given, known))
    if found is None and reuse is True:
        raise ValueError(
            f"PartitionedVariable {name} does not exist, or was not created with get_variable(). "
            "Did you mean to set reuse=False or reuse=AUTO_REUSE in variable_scope?")
    wanted = None if reuse is True else partitions_of(partitioner, shape, dtype)
    if found is None:
        found = make_partitioned(_get, name, shape, dtype, initializer, wanted, reuse=reuse,
                                 **settings)
        state.partitioned[name] = (shape, dtype, graph.kept(list(found)), wanted)
        return found
    if not reuse:
        raise ValueError(f"Partitioned variable with name {name} already exists. Did you mean to "
                         "set reuse=True or reuse=AUTO_REUSE in variable_scope?")
    for what, got, there in (("shape", shape, found.shape), ("dtype", dtype, found.dtype),
                             ("partitions", wanted, found._get_partitions())):
        fits = (shapes.compatible(got, tuple(there)) if what == "shape" else
                got is None or got == there)
        if not fits:
            raise ValueError(f"Trying to reuse partitioned variable {name}, but specified {what} "
                             f"{got} and found {what} {there}.")
    return found


def _known(name):
    """The variable that get_variable has made under this full name, or None."""
    graph, record = get_default_graph(), _state().variables.get(name)
    if record is None or not graph.keeps(record):       # a gradient's rule made it and failed
        return None
    return graph.tensor_at(record.id, 0)


def variables_by_name(graph):
    """{full name: [variables]} of what get_variable has made in a graph: one, or the parts of a
    partitioned one."""
    state = _state(graph)
    with graph.as_default():
        single = {name: _known(name) for name in state.variables}
    found = {name: [v] for name, v in single.items()
             if v is not None and v.save_slice_info is None}
    found.update((name, [graph.given(v) for v in parts])
                 for name, (_, _, parts, _) in state.partitioned.items())
    return found


def _shared(found, name, shape, dtype, reuse, value):
    if not reuse:
        site = found.op.site
        at = f" It was made at {show_site(site)}." if site else ""
        raise ValueError(
            f"Variable {name} already exists, disallowed. Did you mean to set reuse=True or "
            f"reuse=AUTO_REUSE in variable_scope?{at}")
    if not shapes.compatible(found._shape, shape):
        raise ValueError(f"Trying to share variable {name}, but specified shape "
                         f"{show_shape(shape)} and found shape {show_shape(found._shape)}.")
    if dtype is not None and not value and dtype != found._dtype:
        raise ValueError(f"Trying to share variable {name}, but specified dtype {dtype.name} and "
                         f"found dtype {found._dtype.name}.")
    return found


@door
def get_variable(name, shape=None, dtype=None, initializer=None, regularizer=None,
                 trainable=None, collections=None, caching_device=None, partitioner=None,
                 validate_shape=True, use_resource=None, custom_getter=None, constraint=None,
                 synchronization=None, aggregation=None):
    """The variable of this name in the current variable scope: made, or shared if `reuse` is on.

    Parameters
    ----------
    name : str
    shape : sequence of int, optional
        Needed unless `initializer` is a value.
    dtype : dtype, optional
        float32 if not given, or the scope's.
    initializer : callable(shape, dtype), array or tensor, optional
        Glorot's uniform one for floats and zeros otherwise, or the scope's.
    regularizer : callable(variable) -> scalar, optional
        Its result joins GraphKeys.REGULARIZATION_LOSSES.

    Raises
    ------
    ValueError
        If it exists and is not to be reused, or the other way round, or differs in shape or dtype.

    Examples
    --------
    >>> with variable_scope("net"):
    ...     first = get_variable("w", [2, 3])
    >>> with variable_scope("net", reuse=True):
    ...     again = get_variable("w")
    >>> again is first, first.name
    (True, 'net/w:0')
    """
    return get_variable_scope().get_variable(
        name, shape, dtype, initializer, regularizer, None, trainable, collections,
        partitioner=partitioner, validate_shape=validate_shape, custom_getter=custom_getter,
        constraint=constraint)


@door
def get_local_variable(name, *args, **kwargs):
    """get_variable in GraphKeys.LOCAL_VARIABLES, not trainable.

    Examples
    --------
    >>> count = get_local_variable('count', [], initializer=zeros_initializer())
    >>> local_variables() == [count]
    True
    """
    kwargs["trainable"] = False
    kwargs["collections"] = [*(kwargs.get("collections") or ()),
                             collection.GraphKeys.LOCAL_VARIABLES]
    return get_variable(name, *args, **kwargs)


get_local_variable.__signature__ = inspect.signature(get_variable)


@door
def get_variable_scope():
    """The VariableScope in force.

    Examples
    --------
    >>> with variable_scope('net'):
    ...     get_variable_scope().name
    'net'
    """
    return _state().current


class variable_scope(Changed):
    """Open a variable scope (and a name scope) in a `with`.

    Parameters
    ----------
    name_or_scope : str, VariableScope or None
    default_name : str, optional
        Made unique and used if `name_or_scope` is None.
    reuse : bool, AUTO_REUSE or None
        None inherits.
    initializer, regularizer, custom_getter, constraint, dtype : optional
        Defaults for get_variable inside.
    auxiliary_name_scope : bool
        Whether a name scope is opened too.

    Examples
    --------
    >>> with variable_scope('layer'):
    ...     w = get_variable('w', [2, 3])
    >>> w.name
    'layer/w:0'
    """

    def __init__(self, name_or_scope, default_name=None, values=None, initializer=None,
                 regularizer=None, caching_device=None, partitioner=None, custom_getter=None,
                 reuse=None, dtype=None, use_resource=None, constraint=None,
                 auxiliary_name_scope=True):
        if name_or_scope is None and default_name is None:
            raise TypeError("If default_name is None then name_or_scope is required")
        if not isinstance(name_or_scope, (str, VariableScope, type(None))):
            raise TypeError("VariableScope: name_or_scope must be a string or VariableScope.")
        if reuse not in (None, True, False, AUTO_REUSE):
            raise ValueError("The reuse parameter must be True or False or None.")
        if name_or_scope is None and reuse:
            raise ValueError("reuse=True cannot be used without a name_or_scope")
        self._given, self._default_name = name_or_scope, default_name
        self._settings = dict(initializer=initializer, regularizer=regularizer,
                              partitioner=partitioner, dtype=as_dtype(dtype),
                              use_resource=use_resource, constraint=constraint)
        self._reuse, self._getter, self._names = reuse, custom_getter, auxiliary_name_scope
        node = next((v for v in values or () if is_node(v)), None)
        self._graph = get_default_graph() if node is None else node.graph

    def changes(self):
        state = _state(self._graph)
        old, given = state.current, self._given
        if given is None:
            given = _unique(state, self._default_name)
            label = self._default_name
        else:
            label = given.name.split("/")[-1] if isinstance(given, VariableScope) else given
        named = self._names and label
        prefix, *renamed = self._graph.name_scope(label).changes() if named else (
            self._graph._scope,)
        scope = self._open(state, old, given, prefix)
        changes = scope, state, "current", scope, *renamed
        count = state.opened.get(scope.name, 0) + 1
        if isinstance(self._given, VariableScope):      # leaves the counts as they were
            return (*changes, state, "opened", {**state.opened, scope.name: count})
        state.opened[scope.name] = count
        return changes

    def _open(self, state, old, given, prefix):
        base = given if isinstance(given, VariableScope) else old
        reuse = self._reuse or (base.reuse if given is base else old.reuse)
        getter = self._getter
        if getter is not None and base.custom_getter is not None:
            getter = _nested(getter, base.custom_getter)
        if given is base:
            return base.copy(reuse=reuse, custom_getter=getter, **self._settings)
        name = f"{old.name}/{given}" if old.name and given else given or old.name
        return old.copy(reuse=reuse, name=name, name_scope=prefix, custom_getter=getter,
                        **self._settings)

    def left(self, scope):
        if not isinstance(self._given, VariableScope):
            _state(self._graph).close_below(scope.name)


def _unique(state, prefix):
    """`prefix`, or `prefix_1`, ...: the first that was not opened in the current scope."""
    name = f"{state.current.name}/{prefix}" if state.current.name else prefix
    count = 0
    while state.opened.get(f"{name}_{count}" if count else name, 0):
        count += 1
    return f"{prefix}_{count}" if count else prefix


def _nested(new, old):
    """A custom getter whose `getter` is the outer scope's custom getter."""
    def both(getter, *args, **kwargs):
        return new(*args, getter=functools.partial(old, getter=getter), **kwargs)
    return both


@door
def variable_op_scope(values, name_or_scope, default_name=None, **settings):
    """variable_scope under its old name and argument order."""
    return variable_scope(name_or_scope, default_name, values, **settings)


variable_op_scope.__signature__ = inspect.signature(variable_scope)


__all__ = ["AUTO_REUSE", "VariableScope", "get_variable", "get_local_variable",
           "get_variable_scope", "variable_scope", "variable_op_scope"]
