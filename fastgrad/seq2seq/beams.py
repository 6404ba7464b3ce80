"""Beams of sequences: tile_batch, gather_tree_from_array."""

from fastgrad.errors import ShapeError
from fastgrad.flow.part import flat, refill
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import INT32
from fastgrad.nn.ctc_decoders import gather_tree
from fastgrad.ops.cast import cast
from fastgrad.ops.gather import gather_nd
from fastgrad.ops.join import concat, stack
from fastgrad.ops.make import range as range_
from fastgrad.ops.make import sequence_mask
from fastgrad.ops.pad import tile
from fastgrad.ops.reduce import reduce_max
from fastgrad.ops.reshape import expand_dims, reshape, transpose
from fastgrad.ops.shape import shape as shape_of
from fastgrad.ops.where import select
from fastgrad.rnn.steps import tensors_in
from fastgrad.wording import where


@door
def tile_batch(t, multiplier, name=None):
    """Each row of the batch `multiplier` times, for a beam search.

    Parameters
    ----------
    t : tensor (batch, ...), or nesting of them
    multiplier : int

    Returns
    -------
    The same nesting, (batch * multiplier, ...)
    """
    tensors = tensors_in(t)
    return refill(tensors, iter([_tiled(x, multiplier, name) for x in flat(tensors)]))


def _tiled(t, multiplier, name):
    if not t._shape:
        raise ShapeError(f"tile_batch: {where(t)} must have a known rank of 1 or more; got shape "
                         f"{t.shape}.")
    with t.graph.name_scope(name or "tile_batch"):
        whole = shape_of(t)
        wide = tile(expand_dims(t, 1), [1, multiplier] + [1] * (len(t._shape) - 1))
        tiled = reshape(wide, concat([[whole[0] * multiplier], whole[1:]], 0))
    rows = t._shape[0]
    tiled.set_shape([None if rows is None else rows * multiplier, *t._shape[1:]])
    return tiled


@door
def gather_tree_from_array(t, parent_ids, sequence_length):
    """Values (time, batch, beam, ...) along the beams, as `gather_tree` follows ids.

    Parameters
    ----------
    t : tensor (time, batch, beam, ...) or (time, batch * beam, ...)
    parent_ids : int32 tensor (time, batch, beam)
    sequence_length : integer tensor (batch, beam)
    """
    whole = shape_of(parent_ids)
    steps, batch, width = (known or whole[i] for i, known in enumerate(parent_ids._shape))
    beams = tile(reshape(range_(width), [1, 1, -1]), [steps, batch, 1])
    longest = cast(reduce_max(sequence_length, axis=1), INT32)
    along = gather_tree(beams, parent_ids, longest, width + 1)
    valid = transpose(sequence_mask(sequence_length, steps), [2, 0, 1])
    along = select(valid, along, beams)
    time_at = tile(reshape(range_(steps), [-1, 1, 1]), [1, batch, width])
    batch_at = tile(reshape(range_(batch), [1, -1, 1]), [steps, 1, width])
    rows = reshape(t, [steps, batch, width, -1])
    return reshape(gather_nd(rows, stack([time_at, batch_at, along], -1)), shape_of(t))


__all__ = ["tile_batch", "gather_tree_from_array", "gather_tree"]
