"""Rearrangements of images between space, depth and batch, each op with its gradient below it.

Plans make reshapes, transpositions, paddings and slices of all of them.
"""

import numpy as np

from fastgrad.errors import InvalidArgumentError, ShapeError
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.graph.shapes import size_of
from fastgrad.ops.checks import get_static_value
from fastgrad.ops.join import stack
from fastgrad.ops.refused import refused
from fastgrad.ops.reshape import transpose
from fastgrad.ops.shape import dims_of, plain_shape


# ---- space and depth --------------------------------------------------------------------

def _block_of(in_shape, size):
    if in_shape is None:
        return (None,) * 4
    if len(in_shape) != 4:
        raise ShapeError(f"the input must have 4 dimensions; got {in_shape}.")
    if size < 2:
        raise ShapeError(f"block_size must be at least 2; got {size}.")
    return in_shape


def _over(n, size, what):
    """The dimension n in parts of `size`."""
    if n is not None and n % size:
        raise ShapeError(f"{what} {n} does not divide into blocks of {size}.")
    return None if n is None else n // size


def _deep(in_shapes, attrs):
    k = attrs["block_size"]
    n, h, w, c = _block_of(in_shapes[0], k)
    return n, _over(h, k, "height"), _over(w, k, "width"), None if c is None else c * k * k


def _to_depth_ref(x, block_size):
    n, h, w, c = x.shape
    k = block_size
    return x.reshape(n, h // k, k, w // k, k, c).transpose(0, 1, 3, 2, 4, 5).reshape(
        n, h // k, w // k, k * k * c)


@op(_deep, ref=_to_depth_ref, name="SpaceToDepth", text=True)
def _space_to_depth(input, block_size=2):
    pass


@RegisterGradient("space_to_depth")
def space_to_depth_gradient(op, dy):
    return _depth_to_space(dy, **op.attrs)


def _wide(in_shapes, attrs):
    k = attrs["block_size"]
    n, h, w, c = _block_of(in_shapes[0], k)
    return n, None if h is None else h * k, None if w is None else w * k, _over(c, k * k, "depth")


def _to_space_ref(x, block_size):
    n, h, w, c = x.shape
    k = block_size
    return x.reshape(n, h, w, k, k, c // (k * k)).transpose(0, 1, 3, 2, 4, 5).reshape(
        n, h * k, w * k, c // (k * k))


@op(_wide, ref=_to_space_ref, name="DepthToSpace", text=True)
def _depth_to_space(input, block_size=2):
    pass


@RegisterGradient("depth_to_space")
def depth_to_space_gradient(op, dy):
    return _space_to_depth(dy, **op.attrs)


def _in_format(build, input, block_size, data_format, name):
    """The operation on channels last, whatever the format; a TensorFlow graph refuses others."""
    if data_format == "NHWC":
        return build(input, block_size=int(block_size), name=name)
    if data_format != "NCHW":
        raise ValueError(f"data_format must be NHWC or NCHW; got {data_format!r}.")
    x = as_tensor(input)
    if x.graph.literals == "tf":
        x = refused(x, InvalidArgumentError,
                    "Only NHWC data_format supported on CPU. Got NCHW.")
    with x.graph.name_scope(name or build.opdef.name) as scope:
        y = build(transpose(x, (0, 2, 3, 1)), block_size=int(block_size))
        return transpose(y, (0, 3, 1, 2), name=scope)


@door
def space_to_depth(input, block_size, name=None, data_format="NHWC"):
    """Blocks of `block_size` by `block_size` pixels as the channels of one pixel.

    Gradient: `dx = depth_to_space(dy)`.

    Examples
    --------
    >>> x = np.arange(4.0).reshape(1, 2, 2, 1)
    >>> Session().run(space_to_depth(x, 2)).tolist()
    [[[[0.0, 1.0, 2.0, 3.0]]]]
    """
    return _in_format(_space_to_depth, input, block_size, data_format, name)


@door
def depth_to_space(input, block_size, name=None, data_format="NHWC"):
    """Channels as blocks of `block_size` by `block_size` pixels: undoes `space_to_depth`.

    Gradient: `dx = space_to_depth(dy)`.
    """
    return _in_format(_depth_to_space, input, block_size, data_format, name)


# ---- space and batch --------------------------------------------------------------------

def _pairs(value, count, what):
    """`value` (array, or partly known lists) as a list of pairs with None for the unknown."""
    if value is None:
        return None if count is None else [(None, None)] * count
    pairs = [tuple(p) if isinstance(p, (list, np.ndarray)) else (None, None) for p in value]
    if any(len(p) != 2 for p in pairs) or count not in (None, len(pairs)):
        raise ShapeError(f"{what} must have shape ({count}, 2); got {np.shape(value)}.")
    if any(n is not None and n < 0 for p in pairs for n in p):
        raise ShapeError(f"{what} must not be negative; got {pairs}.")
    return [tuple(None if n is None else int(n) for n in p) for p in pairs]


def _blocks(block, in_shape, count):
    """(sizes of the block, the input's shape), where either tells the other's length."""
    sizes = dims_of(block)
    count = len(sizes) if sizes is not None else count
    if sizes is not None and any(k is not None and k < 1 for k in sizes):
        raise ShapeError(f"block_shape must be at least 1; got {sizes}.")
    if in_shape is not None and count is not None and len(in_shape) < count + 1:
        raise ShapeError(f"the input must have at least {count + 1} dimensions; got {in_shape}.")
    return (None,) * (count or 0) if sizes is None else sizes, in_shape, count


def _batched(in_shapes, attrs):
    widths = attrs["paddings"]
    sizes, known, count = _blocks(attrs["block_shape"], in_shapes[0],
                                  None if widths is None else len(widths))
    pads = _pairs(widths, count, "paddings")
    if known is None or count is None:
        return None if known is None else (None,) * len(known)
    inner = []
    for n, k, pair in zip(known[1:], sizes, pads):
        whole = None if n is None or None in pair else n + sum(pair)
        inner.append(None if whole is None or k is None else _over(whole, k, "the padded size"))
    times = None if None in sizes else size_of(sizes)
    first = None if known[0] is None or times is None else known[0] * times
    return (first, *inner, *known[1 + count:])


def _to_batch_ref(x, block_shape, paddings):
    sizes, m = tuple(int(k) for k in block_shape), len(block_shape)
    x = np.pad(x, [(0, 0), *[tuple(p) for p in paddings], *[(0, 0)] * (x.ndim - 1 - m)])
    shape, order = split_spaces(x.shape, sizes)
    return x.reshape(shape).transpose(order).reshape(
        (x.shape[0] * size_of(sizes), *[n // k for n, k in zip(x.shape[1:], sizes)],
         *x.shape[1 + m:]))


def split_spaces(shape, sizes):
    """(the shape with each space as (parts, block), the order that brings blocks to the front)."""
    m, apart = len(sizes), [shape[0]]
    for n, k in zip(shape[1:], sizes):
        apart += [n // k, k]
    order = (*range(2, 2 * m + 1, 2), 0, *range(1, 2 * m, 2),
             *range(2 * m + 1, m + len(shape)))
    return (*apart, *shape[1 + m:]), order


@op(_batched, casts=(0,), static=(1, 2), ref=_to_batch_ref, name="SpaceToBatchND", text=True)
def _space_to_batch_nd(input, block_shape, paddings):
    pass


@RegisterGradient("space_to_batch_nd")
def space_to_batch_nd_gradient(op, dy):
    return _batch_to_space_nd(dy, *op.inputs[1:]), None, None


def _spaced(in_shapes, attrs):
    widths = attrs["crops"]
    sizes, known, count = _blocks(attrs["block_shape"], in_shapes[0],
                                  None if widths is None else len(widths))
    cuts = _pairs(widths, count, "crops")
    if known is None or count is None:
        return None if known is None else (None,) * len(known)
    inner = []
    for n, k, pair in zip(known[1:], sizes, cuts):
        full = None if n is None or k is None else n * k
        inner.append(None if full is None or None in pair else full - sum(pair))
        if inner[-1] is not None and inner[-1] < 0:
            raise ShapeError(f"crops {pair} are more than the {full} there are.")
    times = None if None in sizes else size_of(sizes)
    first = None if known[0] is None or times is None else _over(known[0], times, "the batch")
    return (first, *inner, *known[1 + count:])


def _to_spaces_ref(x, block_shape, crops):
    sizes, m = tuple(int(k) for k in block_shape), len(block_shape)
    shape, order = joined_spaces(x.shape, sizes)
    x = x.reshape(shape).transpose(order).reshape(
        (x.shape[0] // size_of(sizes), *[n * k for n, k in zip(x.shape[1:], sizes)],
         *x.shape[1 + m:]))
    return x[(slice(None), *[slice(int(a), n - int(b))
                             for n, (a, b) in zip(x.shape[1:], crops)])]


def joined_spaces(shape, sizes):
    """(the shape with the blocks before the batch, the order that puts each behind its space)."""
    m, order = len(sizes), []
    for i in range(m):
        order += [m + 1 + i, i]
    return ((*sizes, shape[0] // size_of(sizes), *shape[1:]),
            (m, *order, *range(2 * m + 1, m + len(shape))))


@op(_spaced, casts=(0,), static=(1, 2), ref=_to_spaces_ref, name="BatchToSpaceND", text=True)
def _batch_to_space_nd(input, block_shape, crops):
    pass


@RegisterGradient("batch_to_space_nd")
def batch_to_space_nd_gradient(op, dy):
    return _space_to_batch_nd(dy, *op.inputs[1:]), None, None


@door
def space_to_batch_nd(input, block_shape, paddings, name=None):
    """Blocks of the padded spatial dimensions moved into the batch.

    Parameters
    ----------
    input : tensor (batch, space, ...)
    block_shape : integers (m,)
        Sizes of a block in the first m dimensions after the batch.
    paddings : integers (m, 2)
        Zeros before and after each of these.

    Notes
    -----
    Gradient: `dx = batch_to_space_nd(dy)`, cropped by the paddings.
    """
    return _space_to_batch_nd(input, plain_shape(block_shape), paddings, name=name)


@door
def batch_to_space_nd(input, block_shape, crops, name=None):
    """The batch dealt out to blocks of the spatial dimensions: undoes `space_to_batch_nd`.

    Gradient: `dx = space_to_batch_nd(dy)`, padded by the crops.
    """
    return _batch_to_space_nd(input, plain_shape(block_shape), crops, name=name)


def _of_rank_four(tensor):
    if tensor._shape is None:
        tensor.set_shape([None] * 4)
    return tensor


@door
def space_to_batch(input, paddings, block_size=None, name=None, block_shape=None):
    """`space_to_batch_nd` of images with square blocks.

    Gradient: as of `space_to_batch_nd`.
    """
    sizes = block_shape if block_size is None else [block_size, block_size]
    return _of_rank_four(space_to_batch_nd(input, sizes, paddings, name=name))


@door
def batch_to_space(input, crops, block_size, name=None, block_shape=None):
    """`batch_to_space_nd` of images with square blocks.

    Gradient: as of `batch_to_space_nd`.
    """
    sizes = block_shape if block_size is None else [block_size, block_size]
    return _of_rank_four(batch_to_space_nd(input, sizes, crops, name=name))


@door
def required_space_to_batch_paddings(input_shape, block_shape, base_paddings=None, name=None):
    """(paddings, crops) that make blocks fit: integers (m, 2) for the two `space_to_batch` ways.

    Parameters
    ----------
    input_shape, block_shape : integers (m,)
    base_paddings : integers (m, 2), optional
        The least padding; zeros if not given.
    """
    shape, block = as_tensor(plain_shape(input_shape)), as_tensor(plain_shape(block_shape))
    with shape.graph.name_scope(name or "required_space_to_batch_paddings"):
        m = block._shape[0]
        base = as_tensor(np.zeros((m, 2), np.int32) if base_paddings is None else base_paddings)
        known = [get_static_value(v) for v in (shape, block, base)]
        if all(v is not None for v in known):
            start, end = known[2][:, 0], known[2][:, 1]
            extra = (-(known[0] + start + end)) % known[1]
            none = np.zeros_like(extra)
            return tuple(as_tensor(np.stack(p, 1).astype(np.int32))
                         for p in ((start, end + extra), (none, extra)))
        start, end = base[:, 0], base[:, 1]
        extra = (0 - (shape + start + end)) % block
        return stack([start, end + extra], 1), stack([0 * extra, extra], 1)


__all__ = ["space_to_depth", "depth_to_space", "space_to_batch", "batch_to_space",
           "space_to_batch_nd", "batch_to_space_nd", "required_space_to_batch_paddings"]
