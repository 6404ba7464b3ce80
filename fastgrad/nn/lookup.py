"""Embeddings and the largest elements of rows: embedding_lookup, top_k, in_top_k."""

from collections import namedtuple

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import BOOL, INT32, strong
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient, op
from fastgrad.nn.clip import clip_by_norm
from fastgrad.ops.arithmetic import _where, ones_like
from fastgrad.ops.cast import cast_to
from fastgrad.ops.comparison import less
from fastgrad.ops.gather import gather
from fastgrad.ops.join import concat, stack
from fastgrad.ops.make import range as range_
from fastgrad.ops.order import put_in_order
from fastgrad.ops.scan import cumsum
from fastgrad.ops.shape import check_rank, known_value, shape
from fastgrad.wording import where

TopKV2 = namedtuple("TopKV2", ["values", "indices"])


# ---- embeddings -------------------------------------------------------------------------

def embedding_lookup(params, ids, partition_strategy="mod", name=None, validate_indices=True,
                     max_norm=None):
    """The rows of a table at `ids`.

    Parameters
    ----------
    params : tensor, or list of tensors
        Several tensors are shards of one table: id i is row i // n of shard i % n ('mod'), or
        the shards follow each other ('div').
    ids : integer tensor
    max_norm : float, optional
        Rows with a larger l2 norm are scaled down to it.

    Returns
    -------
    Tensor
        The shape of `ids`, then that of a row.

    Raises
    ------
    InvalidArgumentError
        In the run, if an id is no row; names it. No variable changes.

    Notes
    -----
    Gradient: an IndexedSlices with `dy` at `ids`, so that optimizers touch those rows only.

    Examples
    --------
    >>> Session().run(embedding_lookup(constant([[1., 2.], [3., 4.]]), [1, 1, 0]))
    array([[3., 4.],
           [3., 4.],
           [1., 2.]])
    """
    if params is None or (isinstance(params, (list, tuple)) and not params):
        raise ValueError("Need at least one param")
    parts = getattr(params, "_get_variable_list", None)         # of a partitioned variable
    tables = (parts() if parts else list(params) if isinstance(params, (list, tuple))
              else [params])
    with as_tensor(tables[0]).graph.name_scope(name or "embedding_lookup"):
        if len(tables) == 1:
            # TensorFlow's name: it ends in an identity
            rows = gather(tables[0], ids, name="Identity")
        else:
            rows = _from_shards(tables, as_tensor(ids), partition_strategy)
    if max_norm is None:
        return rows
    ids = as_tensor(ids)
    if ids._shape is None or rows._shape is None:
        raise ValueError("embedding_lookup with max_norm needs tensors whose number of dimensions "
                         f"is known; {where(ids if ids._shape is None else rows)} is not such. "
                         "Declare its shape, or call set_shape.")
    return clip_by_norm(rows, max_norm, axes=list(range(len(ids._shape), len(rows._shape))))


def _from_shards(tables, ids, strategy):
    tables = [as_tensor(t) for t in tables]
    whole, count = concat(tables, 0), len(tables)
    if strategy == "mod":
        sizes = cast_to(stack([shape(t)[0] for t in tables]), ids)
        starts = cumsum(sizes, exclusive=True)
        # checks the row within the part, not only the id
        ids = gather(range_(shape(whole)[0]), ids)
        shard, row = ids % count, ids // count
        place = gather(starts, shard) + row
        ids = _where(less(row, gather(sizes, shard)), place, -ones_like(place))
    elif strategy != "div":
        raise ValueError(f"Unrecognized partition strategy: {strategy}")
    return gather(whole, ids, name="Identity")


# ---- the best of each row ---------------------------------------------------------------

def _top_shape(in_shapes, attrs):
    known, k = in_shapes[0], attrs["k"]
    if known is None:
        return [None, None]
    if not known:
        raise ShapeError("top_k needs at least one dimension.")
    k = None if k is None else int(np.asarray(k).item())
    if k is not None and k < 0:
        raise ShapeError(f"k must be non-negative; got {k}.")
    if k is not None and known[-1] is not None and known[-1] < k:
        raise ShapeError(f"input must have at least k columns. Had {known[-1]}, needed {k}.")
    return [known[:-1] + (k,)] * 2


def _top_ref(x, k, sorted):
    order = np.argsort(-x if x.dtype.kind == "f" else -x.astype(np.int64), -1, kind="stable")
    order = order[..., :int(k)]
    return np.take_along_axis(x, order, -1), order.astype(np.int32)


@op(_top_shape, casts=(0,), static=(1,), outputs=2, ref=_top_ref, name="TopKV2",
    out=lambda d, a: [strong(d[0]), INT32])
def _top_k(input, k, sorted=True):
    pass


@door
def top_k(input, k=1, sorted=True, name=None):
    """The `k` largest elements of each row and their places; the first of equals comes first.

    Returns
    -------
    (values, indices) : namedtuple
        Indices are int32.

    Notes
    -----
    Gradient: `dy` at the places of the values, else 0.

    Examples
    --------
    >>> Session().run(nn.top_k([1., 5., 3.], k=2))
    TopKV2(values=array([5., 3.]), indices=array([1, 2], dtype=int32))
    """
    check_rank(k, 0, "the k of top_k")
    return TopKV2(*_top_k(input, k, sorted=bool(sorted), name=name))


@RegisterGradient("top_k")
def top_k_gradient(op, dvalues, _):
    return put_in_order(dvalues, op.outputs[1], op.inputs[0]), None


def _in_top_ref(predictions, targets, k):
    n = predictions.shape[-1]
    valid = (targets >= 0) & (targets < n)
    own = predictions[np.arange(len(targets)), np.where(valid, targets, 0)]
    above = (predictions > own[:, None]).sum(-1)
    return valid & np.isfinite(predictions).all(-1) & (above < int(k))


def _in_top_shape(in_shapes, _):
    predictions, targets = in_shapes[:2]
    if predictions is not None and len(predictions) != 2:
        raise ShapeError(f"predictions must be 2-dimensional; got {predictions}.")
    return shapes.merge(None if predictions is None else predictions[:1], targets)


@op(_in_top_shape, casts=(0,), static=(2,), whole=(1,), out=BOOL,
    ref=_in_top_ref, name="InTopKV2")
def _in_top_k(predictions, targets, k):
    pass


NotDifferentiable("in_top_k")


@door
def in_top_k(predictions, targets, k, name=None):
    """Whether fewer than `k` classes of a row are above the target's; ties count as in.

    Gradient: none.

    Examples
    --------
    >>> Session().run(nn.in_top_k([[0.1, 0.9], [0.8, 0.2]], [1, 1], k=1))
    array([ True, False])
    """
    predictions = as_tensor(predictions)
    with predictions.graph.name_scope(name or "in_top_k"):
        return _in_top_k(predictions, targets, k)


def nth_element(input, n, reverse=False, name=None):
    """The `n`-th smallest element of each row, counted from 0.

    Gradient: none.
    """
    x = as_tensor(input)
    n = int(known_value(n, "n")) if is_node(n) else int(n)
    values = _top_k(x if reverse else -x, n + 1)[0][..., n]
    return values if reverse else -values


__all__ = ["embedding_lookup", "top_k", "in_top_k", "nth_element"]
