"""The parts of TensorFlow's `tf.contrib.slim` that are its own: variables by scope, training."""

from fastgrad.flow.control import control_dependencies, with_dependencies
from fastgrad.graph.collection import GraphKeys, get_collection
from fastgrad.graph.nodes import as_tensor
from fastgrad.compat.arg_scope import add_arg_scope
from fastgrad.nn.clip import clip_by_norm
from fastgrad.ops.arithmetic import multiply
from fastgrad.train.global_step import get_or_create_global_step
from fastgrad.variables.scopes import get_variable


# ---- variables --------------------------------------------------------------------------

def get_variables(scope=None, suffix=None, collection=GraphKeys.GLOBAL_VARIABLES):
    """The variables of a collection whose names begin with `scope` and end with `suffix`.

    Parameters
    ----------
    scope : str or variable scope, optional
    suffix : str, optional
    """
    scope = getattr(scope, "name", scope)
    found = get_collection(collection, scope)
    return found if suffix is None else [v for v in found if v.op.name.endswith(suffix)]


def get_model_variables(scope=None, suffix=None):
    """The variables of layers; see `get_variables`."""
    return get_variables(scope, suffix, GraphKeys.MODEL_VARIABLES)


def get_trainable_variables(scope=None, suffix=None):
    """The variables that train; see `get_variables`."""
    return get_variables(scope, suffix, GraphKeys.TRAINABLE_VARIABLES)


def get_local_variables(scope=None, suffix=None):
    """The local variables; see `get_variables`."""
    return get_variables(scope, suffix, GraphKeys.LOCAL_VARIABLES)


def get_variables_by_name(given_name, scope=None):
    """The variables whose names end in this part; see `get_variables`."""
    return get_variables(scope, f"/{given_name}") + [
        v for v in get_variables(scope) if v.op.name == given_name]


def get_variables_by_suffix(suffix, scope=None):
    """The variables whose names end so; see `get_variables`."""
    return get_variables(scope, suffix)


def get_unique_variable(var_op_name):
    """The variable of this name.

    Raises
    ------
    ValueError
        If there is none.
    """
    found = [v for v in get_variables(var_op_name) if v.op.name == var_op_name]
    if not found:
        raise ValueError(f"Couldn't find variable {var_op_name}")
    return found[0]


def get_variables_to_restore(include=None, exclude=None):
    """All variables whose names begin with one of `include`, without those of `exclude`."""
    found = get_variables() if include is None else [
        v for scope in include for v in get_variables(scope)]
    gone = {v for scope in exclude or () for v in get_variables(scope)}
    return [v for v in found if v not in gone]


@add_arg_scope
def variable(name, shape=None, dtype="float32", initializer=None, regularizer=None, trainable=True,
             collections=None, caching_device=None, device=None, **_):
    """`get_variable`, with defaults from an arg_scope."""
    return get_variable(name, shape, dtype, initializer, regularizer, trainable,
                        collections=collections)


@add_arg_scope
def model_variable(name, shape=None, dtype="float32", initializer=None, regularizer=None,
                   trainable=True, collections=None, **_):
    """`variable`, which counts as a layer's."""
    found = variable(name, shape, dtype, initializer, regularizer, trainable, collections)
    found.graph.add_to_collection(GraphKeys.MODEL_VARIABLES, found)
    return found


# ---- training ---------------------------------------------------------------------------

def clip_gradient_norms(gradients_to_variables, max_norm):
    """Gradients of at most this norm, each by itself."""
    return [(g if g is None else clip_by_norm(g, max_norm), v) for g, v in gradients_to_variables]


def multiply_gradients(grads_and_vars, gradient_multipliers):
    """Gradients times the factors that a dict has for their variables, or for their names."""
    if not gradient_multipliers:
        raise ValueError("`gradient_multipliers` is empty.")
    found = []
    for g, v in grads_and_vars:
        key = next((k for k in (v, v.op.name) if k in gradient_multipliers), None)
        if key is not None and g is None:
            raise ValueError(f"Requested multiple of `None` gradient of {v.op.name}.")
        found.append((g if key is None else multiply(g, gradient_multipliers[key]), v))
    return found


class _Own:
    """Stands for a global step that was not given."""


def create_train_op(total_loss, optimizer, global_step=_Own, update_ops=None,
                    variables_to_train=None, clip_gradient_norm=0, summarize_gradients=False,
                    gate_gradients=1, aggregation_method=None, colocate_gradients_with_ops=False,
                    gradient_multipliers=None, check_numerics=True):
    """A tensor that, when it is run, updates the network and returns the loss.

    Parameters
    ----------
    total_loss : scalar node
    optimizer : Optimizer
    global_step : variable or None, optional
        The graph's own if not given.
    update_ops : list of operations, optional
        Run before the loss; those of GraphKeys.UPDATE_OPS if not given.
    variables_to_train : list of variables, optional
    clip_gradient_norm : float
        The largest norm that a gradient may have; 0: any.
    gradient_multipliers : dict variable or its name -> factor, optional
    """
    step = get_or_create_global_step() if global_step is _Own else global_step
    updates = get_collection(GraphKeys.UPDATE_OPS) if update_ops is None else list(update_ops)
    loss = as_tensor(total_loss)
    if updates:
        with control_dependencies(updates):
            loss = with_dependencies(updates, loss, "update_barrier")
    found = optimizer.compute_gradients(loss, variables_to_train)
    if gradient_multipliers:
        found = multiply_gradients(found, gradient_multipliers)
    if clip_gradient_norm > 0:
        found = clip_gradient_norms(found, clip_gradient_norm)
    update = optimizer.apply_gradients(found, global_step=step)
    train = with_dependencies([update], loss, "train_op")
    train.graph.add_to_collection(GraphKeys.TRAIN_OP, train)
    return train


__all__ = ["get_variables", "get_model_variables", "get_trainable_variables",
           "get_local_variables", "get_variables_by_name", "get_variables_by_suffix",
           "get_unique_variable", "get_variables_to_restore", "variable", "model_variable"]
