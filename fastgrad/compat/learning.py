"""`tf.contrib.slim.learning`: a step that runs a network's updates and returns the loss."""

from fastgrad.flow.control import control_dependencies, with_dependencies
from fastgrad.graph.collection import GraphKeys, get_collection
from fastgrad.graph.nodes import as_tensor
from fastgrad.nn.clip import clip_by_norm
from fastgrad.ops.arithmetic import multiply
from fastgrad.train.global_step import get_or_create_global_step


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


__all__ = ["clip_gradient_norms", "create_train_op", "multiply_gradients"]
