"""sequence_loss: the weighted cross entropy of sequences of logits."""

from fastgrad.errors import ShapeError
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import as_tensor
from fastgrad.nn.cross_entropy import sparse_softmax_cross_entropy_with_logits
from fastgrad.ops.cast import cast
from fastgrad.ops.divide import div_no_nan
from fastgrad.ops.reduce import count_nonzero, reduce_sum
from fastgrad.ops.reshape import reshape
from fastgrad.ops.shape import shape as shape_of
from fastgrad.wording import where


def _check_rank(tensor, rank, words):
    if tensor._shape is None or len(tensor._shape) != rank:
        raise ShapeError(f"{words} tensor; got {where(tensor)} of shape {tensor.shape}.")


@door
def sequence_loss(logits, targets, weights, average_across_timesteps=True,
                  average_across_batch=True, sum_over_timesteps=False, sum_over_batch=False,
                  softmax_loss_function=None, name=None):
    """Weighted cross entropy of sequences.

    Parameters
    ----------
    logits : tensor (batch, time, classes)
    targets : integer tensor (batch, time)
    weights : tensor (batch, time)
        1 for valid steps and 0 for padding.
    average_across_timesteps, average_across_batch : bool
        Divide the sums along these axes by the sums of the weights.
    sum_over_timesteps, sum_over_batch : bool
        Divide them by the number of weights that are not 0.
    softmax_loss_function : callable(labels, logits), optional

    Returns
    -------
    Tensor
        A scalar if both axes are summed, (time,) or (batch,) if one is, else (batch, time).

    Raises
    ------
    ValueError
        If a rank is wrong.
    """
    logits = as_tensor(logits)
    targets, weights = (as_tensor(t, None, logits.graph) for t in (targets, weights))
    _check_rank(logits, 3, "Logits must be a [batch_size x sequence_length x logits]")
    _check_rank(targets, 2, "Targets must be a [batch_size x sequence_length]")
    _check_rank(weights, 2, "Weights must be a [batch_size x sequence_length]")
    for a, b, axis in ((average_across_timesteps, sum_over_timesteps, "timesteps"),
                       (average_across_batch, sum_over_batch, "batch")):
        if a and b:
            raise ValueError(f"average_across_{axis} and sum_over_{axis} cannot be set to True at "
                             "same time.")
    averages = [i for i, on in enumerate((average_across_batch, average_across_timesteps)) if on]
    sums = [i for i, on in enumerate((sum_over_batch, sum_over_timesteps)) if on]
    with logits.graph.name_scope(name or "sequence_loss"):
        classes = logits._shape[2] or shape_of(logits)[2]
        entropy = softmax_loss_function or sparse_softmax_cross_entropy_with_logits
        loss = entropy(labels=reshape(targets, [-1]), logits=reshape(logits, [-1, classes]))
        loss = loss * reshape(weights, [-1])
        if len(averages) == 2:
            return div_no_nan(reduce_sum(loss), reduce_sum(weights))
        if len(sums) == 2:
            return div_no_nan(reduce_sum(loss), cast(count_nonzero(weights), loss.dtype))
        loss = reshape(loss, shape_of(logits)[0:2])
        loss.set_shape(targets.shape)
        if averages:
            return div_no_nan(reduce_sum(loss, averages), reduce_sum(weights, averages))
        if sums:
            return div_no_nan(reduce_sum(loss, sums),
                              cast(count_nonzero(weights, axis=sums), loss.dtype))
        return loss


__all__ = ["sequence_loss"]
