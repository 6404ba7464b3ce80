"""`tf.contrib.framework`: finding variables, making them, and filling them from checkpoints."""

import re

import numpy as np

from fastgrad.compat.app import logging
from fastgrad.compat.arg_scope import add_arg_scope
from fastgrad.graph.collection import GraphKeys, get_collection
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.ops.state import group, placeholder
from fastgrad.train.checkpoint_reader import CheckpointReader
from fastgrad.train.saver import Saver
from fastgrad.variables.scopes import VariableScope, get_variable
from fastgrad.variables.variable import Variable


# ---- finding variables ------------------------------------------------------------------

def get_variables(scope=None, suffix=None, collection=GraphKeys.GLOBAL_VARIABLES):
    """The variables of a collection, by the beginning and the end of their names."""
    if isinstance(scope, VariableScope):
        scope = scope.name
    if suffix is not None:
        scope = (scope or "") + ".*" + (suffix if ":" in suffix else suffix + ":")
    return get_collection(collection, scope)


def get_model_variables(scope=None, suffix=None):
    """The variables that layers made, by name."""
    return get_variables(scope, suffix, GraphKeys.MODEL_VARIABLES)


def get_local_variables(scope=None, suffix=None):
    """The local variables, by name."""
    return get_variables(scope, suffix, GraphKeys.LOCAL_VARIABLES)


def get_trainable_variables(scope=None, suffix=None):
    """The trainable variables, by name."""
    return get_variables(scope, suffix, GraphKeys.TRAINABLE_VARIABLES)


def get_variables_by_suffix(suffix, scope=None):
    """The variables whose names end so."""
    return get_variables(scope, suffix)


def get_variables_by_name(given_name, scope=None):
    """The variables that have this name below their scope."""
    return get_variables(scope, f"/{given_name}:|^{given_name}:")


def get_unique_variable(var_op_name):
    """The variable of exactly this full name; ValueError if there is none."""
    candidates = get_variables(var_op_name)
    if not candidates:
        raise ValueError(f"Couldn't find variable {var_op_name}")
    for v in candidates:
        if v.op.name == var_op_name:
            return v
    raise ValueError(f"Variable {var_op_name} does not uniquely identify a variable")


def get_variables_to_restore(include=None, exclude=None):
    """All variables, or those in the scopes `include`, less those in the scopes `exclude`."""
    for name, scopes in (("include", include), ("exclude", exclude)):
        if scopes is not None and not isinstance(scopes, (list, tuple)):
            raise TypeError(f"{name} is provided but is not a list or a tuple.")
    found = [v for s in ([None] if include is None else include) for v in get_variables(s)]
    left_out = {v for s in exclude or () for v in get_variables(s)}
    return [v for v in found if v not in left_out]


def filter_variables(var_list, include_patterns=None, exclude_patterns=None, reg_search=True):
    """The variables whose names match one of some patterns and none of others."""
    matches = re.search if reg_search else re.match

    def any_of(patterns, v):
        return any(matches(p, v.name) for p in patterns)
    return [v for v in var_list
            if (include_patterns is None or any_of(include_patterns, v))
            and not (exclude_patterns is not None and any_of(exclude_patterns, v))]


def get_variable_full_name(var):
    """The name of a variable in checkpoints: that of the whole for a part."""
    return var.save_slice_info.full_name if var.save_slice_info else var.op.name


# ---- making variables -------------------------------------------------------------------

@add_arg_scope
def variable(name, shape=None, dtype=None, initializer=None, regularizer=None, trainable=True,
             collections=None, caching_device=None, device=None, partitioner=None,
             custom_getter=None, use_resource=None, synchronization=None, aggregation=None):
    """get_variable, with defaults from `arg_scope`."""
    keys = [GraphKeys.GLOBAL_VARIABLES] if collections is None else dict.fromkeys(collections)
    return get_variable(name, shape, dtype, initializer, regularizer, trainable, list(keys),
                        partitioner=partitioner, custom_getter=custom_getter)


@add_arg_scope
def model_variable(name, shape=None, dtype="float32", initializer=None, regularizer=None,
                   trainable=True, collections=None, caching_device=None, device=None,
                   partitioner=None, custom_getter=None, use_resource=None, synchronization=None,
                   aggregation=None):
    """get_variable in the collection of model variables too."""
    keys = [*(collections or ()), GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES]
    return variable(name, shape, dtype, initializer, regularizer, trainable, keys,
                    partitioner=partitioner, custom_getter=custom_getter)


def add_model_variable(var):
    """Add a variable to the collection of model variables."""
    if var not in get_collection(GraphKeys.MODEL_VARIABLES):
        get_default_graph().add_to_collection(GraphKeys.MODEL_VARIABLES, var)


def global_variable(initial_value, validate_shape=True, name=None, use_resource=None):
    """A global variable that is not trainable."""
    return Variable(initial_value, False, [GraphKeys.GLOBAL_VARIABLES], validate_shape, name=name)


def local_variable(initial_value, validate_shape=True, name=None, use_resource=None):
    """A local variable, which savers leave out."""
    return Variable(initial_value, False, [GraphKeys.LOCAL_VARIABLES], validate_shape, name=name)


# ---- filling them -----------------------------------------------------------------------

def _fed(var, value, feeds):
    """An assignment to a variable of a value that is fed."""
    hole = placeholder(var.dtype, var.get_shape(), name=f"placeholder/{var.op.name}")
    feeds[hole] = value
    return var.assign(hole)


def assign_from_values(var_names_to_values):
    """(operation, feed) that set variables, by name, to arrays; the graph does not hold these."""
    feeds, made = {}, []
    for name, value in var_names_to_values.items():
        found = get_collection(GraphKeys.GLOBAL_VARIABLES, name)
        if not found:
            raise ValueError(f"Variable {name} wasn't found")
        exact = found if len(found) == 1 else [v for v in found if v.op.name == name]
        if not exact:
            raise ValueError(f"Variable {name} doesn't uniquely identify a variable")
        shape = [int(n) for n in exact[0].get_shape()]
        made.append(_fed(exact[0], np.asarray(value).reshape(shape), feeds))
    return group(*made), feeds


def assign_from_values_fn(var_names_to_values):
    """A function of a session that sets variables to arrays."""
    operation, feeds = assign_from_values(var_names_to_values)
    return lambda session: session.run(operation, feeds)


def assign_from_checkpoint(model_path, var_list, ignore_missing_vars=False):
    """(operation, feed) that set variables to a checkpoint's values.

    Parameters
    ----------
    model_path : str
    var_list : list of Variable, or dict from name in the checkpoint to a variable or the parts of
        a partitioned one
    ignore_missing_vars : bool
        Leave out, with a warning, what the checkpoint lacks.

    Raises
    ------
    ValueError
        If the checkpoint lacks a variable, or has another shape.
    """
    grouped = {}
    if isinstance(var_list, dict):
        grouped = {k: v if isinstance(v, (tuple, list)) else [v] for k, v in var_list.items()}
    else:
        for v in var_list:
            grouped.setdefault(get_variable_full_name(v), []).append(v)
    reader, feeds, made = CheckpointReader(model_path), {}, []
    for name, variables in grouped.items():
        if not reader.has_tensor(name):
            if not ignore_missing_vars:
                raise ValueError(f"Checkpoint is missing variable [{name}]")
            logging.warning("Checkpoint is missing variable [%s]", name)
            continue
        value = np.asarray(reader.get_tensor(name))
        for v in variables:
            made.append(_fed(v, _own(name, v, value), feeds))
    return group(*made), feeds


def _own(name, v, value):
    """A variable's part of a value."""
    info = v.save_slice_info
    if info is not None:
        return value[tuple(slice(o, o + n) for o, n in zip(info.var_offset, info.var_shape))]
    if tuple(v.get_shape().as_list()) != value.shape:
        raise ValueError(f"Total size of new array must be unchanged for {name} lh_shape: "
                         f"[{value.shape}], rh_shape: [{v.get_shape()}]")
    return value


def assign_from_checkpoint_fn(model_path, var_list, ignore_missing_vars=False,
                              reshape_variables=False):
    """A function of a session that sets variables to a checkpoint's values; None if it would set
    none."""
    if not var_list:
        raise ValueError("var_list cannot be empty")
    if ignore_missing_vars:
        reader = CheckpointReader(model_path)
        named = var_list if isinstance(var_list, dict) else {v.op.name: v for v in var_list}
        for name in named:
            if not reader.has_tensor(name):
                logging.warning("Variable %s missing in checkpoint %s", name, model_path)
        var_list = {name: v for name, v in named.items() if reader.has_tensor(name)}
        if not var_list:
            logging.warning("No Variables to restore")
            return None
    saver = Saver(var_list, reshape=reshape_variables)
    return lambda session: saver.restore(session, model_path)


__all__ = ["add_model_variable", "assign_from_checkpoint", "assign_from_checkpoint_fn",
           "assign_from_values", "assign_from_values_fn", "filter_variables",
           "get_local_variables", "get_model_variables", "get_trainable_variables",
           "get_unique_variable", "get_variable_full_name", "get_variables",
           "get_variables_by_name", "get_variables_by_suffix", "get_variables_to_restore",
           "global_variable", "local_variable", "model_variable", "variable"]
