"""Operations that join tensors and take them apart, each with its gradient below it.

`concat` and `split`, `stack` and `unstack` are each other's gradients.
"""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.graph.shapes import normal_axes
from fastgrad.ops.arithmetic import zeros_like
from fastgrad.ops.shape import check_rank, known_value, number_of
from fastgrad.wording import where

SEVERAL = 2         # `outputs` of an op whose number of outputs depends on an attribute


# ---- concat and split -------------------------------------------------------------------

def _concatenated(in_shapes, attrs):
    if not in_shapes:
        raise ShapeError("concat needs at least one tensor.")
    ranks = {len(s) for s in in_shapes if s is not None}
    if len(ranks) > 1:
        raise ShapeError(f"the pieces have different ranks: {sorted(ranks)}.")
    if not ranks:
        return None
    rank = ranks.pop()
    axis, = normal_axes(attrs["axis"], rank)
    in_shapes = [(None,) * rank if s is None else s for s in in_shapes]
    rest = None
    for s in in_shapes:
        rest = shapes.merge(rest, s[:axis] + (None,) + s[axis + 1:])
    sizes = [s[axis] for s in in_shapes]
    return rest[:axis] + (None if None in sizes else sum(sizes),) + rest[axis + 1:]


@op(_concatenated, form="concat", ref=lambda *xs, axis: np.concatenate(xs, axis), name="concat",
    text=True, node="ConcatV2")
def _concat(*values, axis=0):
    pass


@door
def concat(values, axis=0, name=None):
    """Join tensors along a dimension they already have.

    Gradient: each piece gets its part of `dy`.

    Parameters
    ----------
    values : list of tensors
        Of one rank and, but for `axis`, one shape.
    axis : int

    Raises
    ------
    ShapeError
        If another dimension differs.

    Examples
    --------
    >>> Session().run(concat([[[1, 2]], [[3, 4]]], axis=0))
    array([[1, 2],
           [3, 4]])
    """
    values = list(values) if isinstance(values, (list, tuple)) else [values]
    if is_node(axis) and as_tensor(axis)._shape:
        raise ShapeError(f"the axis of a concat must be a scalar; got {where(axis)}.")
    check_rank(axis, 0, "the axis of concat")
    return _concat(*values, axis=number_of(axis), name=name)


@RegisterGradient("concat")
def concat_gradient(op, dy):
    return [concat_piece(dy, *op.inputs, axis=op.attrs["axis"], index=i)
            for i in range(len(op.inputs))]


def _piece_ref(dy, *xs, axis, index):
    start = sum(x.shape[axis] for x in xs[:index])
    cut = [slice(None)] * dy.ndim
    cut[axis] = slice(start, start + xs[index].shape[axis])
    return dy[tuple(cut)]


@op(lambda s, a: s[1 + a["index"]], casts=(0,), form="concat_piece", shape_only="rest",
    ref=_piece_ref)
def concat_piece(*values, axis=0, index=0):
    """The part of `values[0]` that input `index` of a concat had; the rest give shapes only."""


@RegisterGradient("concat_piece")
def concat_piece_gradient(op, g):
    xs = op.inputs[1:]
    pieces = [g if i == op.attrs["index"] else zeros_like(x) for i, x in enumerate(xs)]
    return [concat(pieces, op.attrs["axis"])] + [None] * len(xs)


def _part_sizes(total, parts):
    """The sizes that `split` makes: of a number of equal parts, or as given with one -1."""
    if isinstance(parts, int):
        if parts < 1:
            raise ShapeError(f"cannot split into {parts} parts.")
        if total is not None and total % parts:
            raise ShapeError(f"cannot split a dimension of {total} into {parts} equal parts.")
        return [None if total is None else total // parts] * parts
    sizes = list(parts)
    if -1 in sizes:
        rest = sum(n for n in sizes if n != -1)
        if total is not None and rest > total:
            raise ShapeError(f"the sizes {tuple(parts)} exceed the dimension's {total}.")
        sizes[sizes.index(-1)] = None if total is None else total - rest
    if None not in sizes and total is not None and sum(sizes) != total:
        raise ShapeError(f"the sizes {tuple(parts)} do not add up to the dimension's {total}.")
    return sizes


def _split_shapes(in_shapes, attrs):
    shape, parts = in_shapes[0], attrs["parts"]
    if isinstance(parts, int) and parts < 1:
        raise ShapeError(f"cannot split a dimension into {parts} equal parts.")
    if parts == ():
        raise ShapeError("cannot split a dimension into no parts.")
    if shape is None:
        return [None] * (parts if isinstance(parts, int) else len(parts))
    axis, = normal_axes(attrs["axis"], len(shape))
    return [shape[:axis] + (n,) + shape[axis + 1:] for n in _part_sizes(shape[axis], parts)]


def _split_ref(x, parts, axis):
    sizes = _part_sizes(x.shape[axis], parts)
    return np.split(x, np.cumsum(sizes)[:-1], axis)


@op(_split_shapes, form="split", outputs=SEVERAL, ref=_split_ref, name="split", text=True)
def _split(value, parts=1, axis=0):
    pass


@door
def split(value, num_or_size_splits, axis=0, num=None, name=None):
    """Cut a tensor along `axis` into equal parts, or into parts of the given sizes.

    Parameters
    ----------
    value : tensor
    num_or_size_splits : int or sequence of int
        How many equal parts; or the sizes, of which one may be -1.
    axis : int, optional
    num : int, optional
        Accepted for TensorFlow's sake.

    Returns
    -------
    list of Tensor

    Notes
    -----
    Gradient: `dx = concat(dys)`.

    Examples
    --------
    >>> Session().run(split([1, 2, 3, 4], 2))
    [array([1, 2]), array([3, 4])]
    """
    if get_default_graph().literals == "tf" and not is_node(num_or_size_splits):
        get_default_graph().unique_name("Const")        # TensorFlow makes a constant of it first
    parts = known_value(num_or_size_splits, "num_or_size_splits")
    parts = int(parts) if parts.ndim == 0 else tuple(int(n) for n in parts)
    return list(_split(value, parts=parts, axis=number_of(axis), name=name))


@RegisterGradient("split")
def split_gradient(op, *dys):
    return concat(dys, op.attrs["axis"])


# ---- stack and unstack ------------------------------------------------------------------

def _packed(in_shapes, attrs):
    one = None
    for shape in in_shapes:
        one = shapes.merge(one, shape)
    if one is None:
        return None
    axis, = normal_axes(attrs["axis"], len(one) + 1)
    return one[:axis] + (len(in_shapes),) + one[axis:]


@op(_packed, form="pack", ref=lambda *xs, axis: np.stack(xs, axis), name="stack", text=True)
def _pack(*values, axis=0):
    pass


@door
def stack(values, axis=0, name=None):
    """Join tensors of one shape along a new dimension.

    Gradient: each input gets its slice of `dy`.

    Examples
    --------
    >>> Session().run(stack([constant([1, 2]), constant([3, 4])], axis=1))
    array([[1, 3],
           [2, 4]])
    """
    if is_node(values):
        tensor = as_tensor(values)
        if tensor.graph.literals == "tf" and number_of(axis) == 0:
            return tensor                       # TensorFlow's: stacked along 0 it is already
        values = unstack(values)
    elif not isinstance(values, (list, tuple)):
        values = list(np.asarray(values))
    if not values:
        return as_tensor(np.zeros(0, np.float32))
    return _pack(*values, axis=number_of(axis), name=name)


def parallel_stack(values, name="parallel_stack"):
    """The same as `stack` along a new first dimension.

    Gradient: each input gets its slice of `dy`.
    """
    return stack(unstack(values) if is_node(values) else values, name=name)


@RegisterGradient("pack")
def pack_gradient(op, dy):
    return unstack(dy, len(op.inputs), op.attrs["axis"])


def _unpacked(in_shapes, attrs):
    shape, count = in_shapes[0], attrs["num"]
    if shape is None:
        return [None] * count
    axis, = normal_axes(attrs["axis"], len(shape))
    if shape[axis] not in (count, None):
        raise ShapeError(f"cannot unstack a dimension of {shape[axis]} into {count} tensors.")
    return [shape[:axis] + shape[axis + 1:]] * count


def _unpack_ref(x, num, axis):
    return [np.take(x, i, axis) for i in range(num)]


@op(_unpacked, form="unpack", outputs=SEVERAL, ref=_unpack_ref, name="unstack", text=True)
def _unpack(value, num=0, axis=0):
    pass


@door
def unstack(value, num=None, axis=0, name=None):
    """The slices of a tensor along a dimension, as a list of tensors without it.

    Gradient: `dx = stack(dys)`.

    Examples
    --------
    >>> Session().run(unstack(constant([[1, 2], [3, 4]])))
    [array([1, 2]), array([3, 4])]
    """
    value = as_tensor(value)
    axis = number_of(axis)
    if num is None:
        shape = value._shape
        num = None if shape is None else shape[normal_axes(axis, len(shape))[0]]
        if num is None:
            raise ValueError(f"unstack: the size of dimension {axis} of {where(value)} is not "
                             "known; give it as num=.")
    return list(_unpack(value, num=int(num), axis=axis, name=name)) if num else []


@RegisterGradient("unpack")
def unpack_gradient(op, *dys):
    return stack(dys, op.attrs["axis"])


__all__ = ["concat", "split", "stack", "unstack"]
