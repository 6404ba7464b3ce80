"""Reshaping and transposing, each op with its gradient below it."""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.graph.shapes import is_known, normal_axes, size_of
from fastgrad.ops.shape import check_rank, dims_of, known_value, number_of, plain_shape, renamed


# ---- reshape ----------------------------------------------------------------------------

def _reshaped(in_shapes, attrs):
    want, have = dims_of(attrs["shape"]), in_shapes[0]
    if want is None:
        return None
    known = [d for d in want if d is not None]
    if want.count(-1) > 1 or any(d < -1 for d in known):
        raise ShapeError(f"shape {want} may have one -1 and no other negative number.")
    if not is_known(have) or len(known) < len(want):
        return tuple(None if d == -1 else d for d in want)
    total, rest = size_of(have), size_of(d for d in want if d != -1)
    if -1 in want and rest and total % rest == 0:
        want = tuple(total // rest if d == -1 else d for d in want)
    if -1 in want or size_of(want) != total:
        raise ShapeError(f"cannot reshape {total} elements into {want}.")
    return want


@op(_reshaped, casts=(0,), view=0, static=(1,), name="Reshape",
    ref=lambda x, shape: x.reshape(dims_of(shape)), text=True)
def _reshape(tensor, shape):
    pass


@door
def reshape(tensor, shape, name=None):
    """The same elements in C order under another shape; one dimension may be -1.

    Gradient: `dx = reshape(dy, shape of x)`.

    Examples
    --------
    >>> Session().run(reshape([[1, 2, 3], [4, 5, 6]], [3, -1]))
    array([[1, 2],
           [3, 4],
           [5, 6]])
    """
    check_rank(shape, 1, "the shape of reshape")
    return _reshape(tensor, plain_shape(shape), name=name)


@op(lambda s, a: s[1], casts=(0,), view=0, shape_only=(1,),
    ref=lambda x, like: x.reshape(like.shape), text=True)
def reshape_like(x, like):
    """`x` under the shape of `like`."""


def _lengthened(in_shapes, _):
    x, like = in_shapes
    return None if x is None or like is None else x + (1,) * (len(like) - len(x))


@op(_lengthened, casts=(0,), view=0, shape_only=(1,),
    ref=lambda x, like: x.reshape(x.shape + (1,) * (like.ndim - x.ndim)), text=True)
def rank_like(x, like):
    """`x` with dimensions of 1 at its end, as many as `like` has more."""


@RegisterGradient("rank_like")
@RegisterGradient("reshape")
def rank_like_gradient(op, dy):
    return reshape_like(dy, op.inputs[0]), None


@RegisterGradient("reshape_like")
def reshape_like_gradient(op, dy):
    return reshape_like(dy, op.inputs[0]), None


def _ended(in_shapes, attrs):
    known, dims = in_shapes[0], attrs["dims"]
    if known is None:
        return None
    if not shapes.compatible(known[-len(dims):], dims):
        text = ", ".join("?" if n is None else str(n) for n in dims)
        raise ShapeError(f"expected a shape (..., {text}); got {known}.")
    return known[:-len(dims)] + shapes.merge(known[-len(dims):], dims)


@op(_ended, view=0, ref=lambda x, dims: x, name="EnsureShape", text=True)
def shape_ends_with(x, dims=(None,)):
    """Check of the last dimensions, in the run where the graph does not know them.

    Gradient: `dx = dy`.
    """


@RegisterGradient("shape_ends_with")
def shape_ends_with_gradient(op, dy):
    return dy


def check_weights(weights, values):
    """Refuse weights that are no scalar and have a dimension other than 1 or the values' own."""
    if weights and values is not None and (len(weights) != len(values) or any(
            a not in (1, None) and b is not None and a != b for a, b in zip(weights, values))):
        raise ShapeError(f"weights can not be broadcast to values. values.shape={values}. "
                         f"weights.shape={weights}.")
    return weights


@op(lambda s, a: check_weights(*s), view=0, shape_only=(1,), ref=lambda weights, values: weights)
def weights_of(weights, values):
    """Check of the weights' shape, in the run where the graph does not know it.

    Gradient: `dweights = dy`.
    """


@RegisterGradient("weights_of")
def weights_of_gradient(op, dy):
    return dy, None


def _expanded(in_shapes, attrs):
    shape = in_shapes[0]
    if shape is None:
        return None
    axis, = normal_axes(attrs["axis"], len(shape) + 1)
    return shape[:axis] + (1,) + shape[axis:]


@op(_expanded, view=0, ref=lambda x, axis: np.expand_dims(x, axis), name="ExpandDims", text=True)
def _expand_dims(x, axis=0):
    pass


@door
def expand_dims(input, axis=None, name=None, dim=None):
    """Insert a dimension of 1 at `axis`.

    Gradient: `dx = reshape(dy, shape of x)`.

    Examples
    --------
    >>> Session().run(expand_dims([1, 2], axis=1))
    array([[1],
           [2]])
    """
    axis = number_of(renamed("axis", axis, "dim", dim))
    if axis is None:
        raise ValueError("expand_dims needs an axis.")
    return _expand_dims(input, axis=axis, name=name)


def _squeezed(in_shapes, attrs):
    shape, axis = in_shapes[0], attrs["axis"]
    if shape is None or (axis is None and None in shape):
        return None
    if axis is None:
        return tuple(d for d in shape if d != 1)
    axes = normal_axes(axis, len(shape))
    for a in axes:
        if shape[a] not in (1, None):
            raise ShapeError(f"cannot squeeze dimension {a} of size {shape[a]}.")
    return tuple(d for i, d in enumerate(shape) if i not in axes)


def _squeeze_ref(x, axis):
    return np.squeeze(x, axis if axis is None else normal_axes(axis, x.ndim))


@op(_squeezed, view=0, ref=_squeeze_ref, name="Squeeze", text=True)
def _squeeze(x, axis=None):
    pass


@door
def squeeze(input, axis=None, name=None, squeeze_dims=None):
    """Remove dimensions of 1: those in `axis`, or all.

    Gradient: `dx = reshape(dy, shape of x)`.

    Examples
    --------
    >>> Session().run(squeeze([[[1], [2]]]))
    array([1, 2])
    """
    axis = renamed("axis", axis, "squeeze_dims", squeeze_dims)
    if axis is not None and not isinstance(axis, int):
        axis = tuple(int(a) for a in np.atleast_1d(known_value(axis))) or None
    return _squeeze(input, axis=axis, name=name)


@RegisterGradient("expand_dims")
@RegisterGradient("squeeze")
def expand_dims_gradient(op, dy):
    return reshape_like(dy, op.inputs[0])


# ---- transpose --------------------------------------------------------------------------

def _permuted(in_shapes, attrs):
    shape, perm = in_shapes[0], attrs["perm"]
    if shape is None:
        return None if perm is None else (None,) * len(perm)
    perm = range(len(shape))[::-1] if perm is None else perm
    if sorted(perm) != list(range(len(shape))):
        raise ShapeError(f"perm {tuple(perm)} is no permutation of {len(shape)} dimensions.")
    return tuple(shape[p] for p in perm)


@op(_permuted, form="transpose", ref=lambda x, perm: np.transpose(x, perm), name="transpose",
    text=True)
def _transpose(x, perm=None):
    pass


@door
def transpose(a, perm=None, name=None, conjugate=False):
    """Permute the dimensions; without `perm`, reverse them.

    Gradient: the inverse permutation of `dy`.

    Examples
    --------
    >>> Session().run(transpose([[1, 2, 3], [4, 5, 6]]))
    array([[1, 4],
           [2, 5],
           [3, 6]])
    """
    if perm is not None:
        check_rank(perm, 1, "the perm of transpose")
        perm = tuple(int(p) for p in known_value(perm, "perm"))
        perm = tuple(p + len(perm) if p < 0 else p for p in perm)
    return _transpose(a, perm=perm, name=name)


@RegisterGradient("transpose")
def transpose_gradient(op, dy):
    perm = op.attrs["perm"]
    return transpose(dy, None if perm is None else np.argsort(perm))


@op(lambda s, a: None if s[0] is None else _permuted(s, {"perm": _swapped(len(s[0]))}),
    ref=lambda x: np.swapaxes(x, -1, -2), name="transpose", text=True)
def _matrix_transpose(a):
    pass


def _swapped(rank):
    if rank < 2:
        raise ShapeError(f"matrix_transpose needs at least 2 dimensions; got {rank}.")
    return tuple(range(rank - 2)) + (rank - 1, rank - 2)


@door
def matrix_transpose(a, name=None, conjugate=False):
    """Swap the last two dimensions.

    Gradient: `dx = matrix_transpose(dy)`.

    Examples
    --------
    >>> Session().run(matrix_transpose([[[1, 2, 3], [4, 5, 6]]]))
    array([[[1, 4],
            [2, 5],
            [3, 6]]])
    """
    a = as_tensor(a)
    with a.graph.name_scope(name or "matrix_transpose"):
        return _matrix_transpose(a)


@RegisterGradient("matrix_transpose")
def matrix_transpose_gradient(op, dy):
    return matrix_transpose(dy)


__all__ = ["reshape", "expand_dims", "squeeze", "transpose", "matrix_transpose"]
