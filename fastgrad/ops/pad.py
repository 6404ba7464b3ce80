"""Padding, tiling, reversing and slicing, each op with its gradient below it."""

import numpy as np

from fastgrad.errors import DTypeError, RunShapeError, ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import BOOL, TEXT, is_whole
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.ops.arithmetic import _where, ones_like
from fastgrad.ops.join import stack
from fastgrad.ops.partial_value import partial_value
from fastgrad.ops.shape import check_rank, dims_of, known_value, plain_shape, shape, whole_numbers
from fastgrad.ops.slice import _int32
from fastgrad.ops.state import stop_gradient
from fastgrad.wording import where


# ---- pad --------------------------------------------------------------------------------

def _padded(in_shapes, attrs):
    known, widths = in_shapes[0], attrs["paddings"]
    if known is None and isinstance(widths, np.ndarray):
        return (None,) * len(widths)
    if known is None or widths is None or not isinstance(widths, np.ndarray):
        return None if known is None else (None,) * len(known)
    if widths.shape != (len(known), 2):
        raise ShapeError(f"paddings must have shape ({len(known)}, 2); got {widths.shape}.")
    if (widths < 0).any():
        raise ShapeError(f"Paddings must be non-negative; got {widths.tolist()}.")
    return tuple(None if n is None else n + a + b for n, (a, b) in zip(known, widths.tolist()))


@op(_padded, casts=(0,), static=(1,), form="pad", name="Pad",
    ref=lambda x, paddings, value: np.pad(x, paddings, constant_values=value), text=True)
def _pad(tensor, paddings, value=0):
    pass


@RegisterGradient("pad")
def pad_gradient(op, dy):
    x, paddings = op.inputs
    return _slice(dy, paddings[:, 0], shape(x)), None


def _mirror_ref(x, paddings, mode):
    return np.pad(x, paddings, mode=mode)


def _mirrored(in_shapes, attrs):
    known, widths = in_shapes[0], attrs["paddings"]
    padded = _padded(in_shapes, attrs)
    if known is not None and isinstance(widths, np.ndarray):
        for axis, (n, pair) in enumerate(zip(known, widths)):
            if n == 0 and pair.any():
                raise ShapeError(f"dimension {axis} has no elements to mirror.")
            most = None if n is None else n - (attrs["mode"] == "reflect")
            if attrs["_strict"] and n is not None and pair.max() > most:
                raise ShapeError(f"paddings {pair.tolist()} of dimension {axis} are more than the "
                                 f"{most} elements there are to mirror.")
    return padded


@op(_mirrored, casts=(0,), static=(1,), ref=_mirror_ref, name="MirrorPad", text=True)
def _mirror_pad(tensor, paddings, mode="reflect", _strict=False):
    pass


@RegisterGradient("mirror_pad")
def mirror_pad_gradient(op, dy):
    x, paddings = op.inputs
    return _mirror_pad_grad(dy, x, paddings, mode=op.attrs["mode"]), None


def mirror_index(n, widths, mode):
    """Which element of a dimension each element of the padded one repeats."""
    return np.pad(np.arange(n), tuple(int(w) for w in widths), mode=mode)


def _mirror_grad_ref(dy, x, paddings, mode):
    for axis, n in enumerate(x.shape):
        dx = np.zeros(dy.shape[:axis] + (n,) + dy.shape[axis + 1:], dy.dtype)
        index = (slice(None),) * axis + (mirror_index(n, paddings[axis], mode),)
        np.add.at(dx, index, dy)
        dy = dx
    return dy


@op(lambda s, a: s[1], casts=(0,), shape_only=(1,), static=(2,), ref=_mirror_grad_ref)
def _mirror_pad_grad(dy, x, paddings, mode="reflect"):
    """The gradient of a mirrored padding: each element gets the sum over its images."""


@RegisterGradient("mirror_pad_grad")
def mirror_pad_grad_gradient(op, g):
    return _mirror_pad(g, op.inputs[2], mode=op.attrs["mode"]), None, None


@door
def pad(tensor, paddings, mode="CONSTANT", name=None, constant_values=0):
    """Padding of each dimension at both ends.

    Parameters
    ----------
    tensor : tensor of rank n
    paddings : integer tensor (n, 2)
        How many elements go before and after each dimension.
    mode : 'CONSTANT', 'REFLECT' or 'SYMMETRIC'
        What they are: `constant_values`, a mirror image without, or with, the border.

    Notes
    -----
    Gradient: the part of `dy` that was `tensor`; for the mirrors, each element's images added.

    Examples
    --------
    >>> Session().run(pad([[1, 2]], [[0, 1], [1, 0]]))
    array([[0, 1, 2],
           [0, 0, 0]])
    """
    kind = mode.upper()
    if not is_node(paddings):
        paddings = known_value(paddings, "paddings")
        paddings = whole_numbers(paddings.ravel()).reshape(paddings.shape)
    if kind == "CONSTANT":
        if as_tensor(tensor)._dtype == TEXT and constant_values:
            constant_values = as_tensor(constant_values, TEXT)
        if is_node(constant_values):
            return _pad_with(as_tensor(tensor), paddings, as_tensor(constant_values), name)
        x = as_tensor(tensor)
        if np.asarray(constant_values).dtype.kind not in "fiubc":
            raise DTypeError(f"pad: {where(x)} has dtype {x.dtype}; expected constant_values of "
                             f"it, got {constant_values!r:.60}.")
        if np.ndim(constant_values) and x.graph.literals == "tf":
            raise RunShapeError("pad: constant_values must be a scalar; got "
                                f"{constant_values!r:.60}.")
        if isinstance(constant_values, float) and x.graph.literals == "tf" and is_whole(
                x._dtype):
            raise DTypeError(f"pad: {where(x)} has dtype {x._dtype}; expected constant_values of "
                             f"it, got {constant_values}.")
        default = "PadV2" if constant_values else None          # TensorFlow's two operations
        return _pad(tensor, paddings, value=constant_values, name=name or default)
    if kind in ("REFLECT", "SYMMETRIC"):
        x = as_tensor(tensor)                   # NumPy mirrors again and again, TensorFlow once
        return _mirror_pad(x, paddings, mode=kind.lower(), _strict=x.graph.literals == "tf",
                           name=name)
    raise ValueError(f"Unknown padding mode: {mode}")


def _pad_with(x, paddings, value, name):
    """Padding with the number in a tensor, which has no gradient, as in TensorFlow."""
    known = None if value._dtype == TEXT else partial_value(value)
    if known is not None:
        return _pad(x, paddings, value=known, name=name or "PadV2")
    with x.graph.name_scope(name or "PadV2"):
        inside = _pad(ones_like(x, BOOL), paddings)
        return _where(inside, _pad(x, paddings), stop_gradient(value))


# ---- tile and reverse -------------------------------------------------------------------

def _tiled(in_shapes, attrs):
    known, times = in_shapes[0], dims_of(attrs["multiples"])
    if known is None or times is None:
        return times if known is None and times is None else (
            (None,) * len(known if times is None else times))
    if len(times) != len(known):
        raise ShapeError(f"multiples must have {len(known)} numbers; got {len(times)}.")
    return tuple(None if None in (n, t) else n * t for n, t in zip(known, times))


@op(_tiled, casts=(0,), static=(1,), name="Tile",
    ref=lambda x, multiples: np.tile(x, dims_of(multiples)), text=True)
def _tile(input, multiples):
    pass


@door
def tile(input, multiples, name=None):
    """The tensor repeated `multiples[i]` times along each dimension i.

    Gradient: `dy` summed over the repeats.

    Examples
    --------
    >>> Session().run(tile([1, 2], [2]))
    array([1, 2, 1, 2])
    """
    check_rank(multiples, 1, "the multiples of tile")
    return _tile(input, plain_shape(multiples), name=name)


@RegisterGradient("tile")
def tile_gradient(op, dy):
    return _tile_grad(dy, *op.inputs), None


def _tile_grad_ref(dy, x, multiples):
    pairs = [n for pair in zip(dims_of(multiples), x.shape) for n in pair]
    return dy.reshape(pairs).sum(tuple(range(0, len(pairs), 2)), dtype=dy.dtype)


@op(lambda s, a: s[1], casts=(0,), shape_only=(1,), static=(2,), ref=_tile_grad_ref)
def _tile_grad(dy, x, multiples):
    """The sum over the repeats of `x`."""


@RegisterGradient("tile_grad")
def tile_grad_gradient(op, g):
    return _tile(g, op.inputs[2]), None, None


def _reverse_ref(x, axis):
    return np.flip(x, shapes.normal_axes(axis, x.ndim))


def _reversed(in_shapes, attrs):
    if in_shapes[0] is not None:
        shapes.normal_axes(attrs["axis"], len(in_shapes[0]))
    return in_shapes[0]


@op(_reversed, form="reverse", ref=_reverse_ref, name="ReverseV2", text=True)
def _reverse(tensor, axis=()):
    pass


@door
def reverse(tensor, axis, name=None):
    """Reversal along the dimensions `axis`.

    Gradient: `dx = reverse(dy, axis)`.

    Examples
    --------
    >>> Session().run(reverse([1, 2, 3], axis=[0]))
    array([3, 2, 1])
    """
    check_rank(axis, 1, "the axis of reverse")
    axes = tuple(int(a) for a in np.atleast_1d(known_value(axis)))
    return _reverse(tensor, axis=axes, name=name)


@RegisterGradient("reverse")
def reverse_gradient(op, dy):
    return reverse(dy, op.attrs["axis"])


reverse_v2 = reverse


def _slice_shape(in_shapes, attrs):
    known, begin, sizes = in_shapes[0], dims_of(attrs["begin"]), dims_of(attrs["size"])
    if sizes is None:
        return None if known is None else (None,) * len(known)
    begin = (None,) * len(sizes) if begin is None else begin
    known = (None,) * len(sizes) if known is None else known
    if not len(known) == len(begin) == len(sizes):
        raise ShapeError(f"begin and size must have {len(known)} numbers; got {len(begin)} and "
                         f"{len(sizes)}.")
    dims = []
    for n, b, c in zip(known, begin, sizes):
        if c == -1:
            c = None if n is None or b is None else n - b
        if None not in (n, b, c) and not (0 <= b <= n and 0 <= c <= n - b):
            raise ShapeError(f"a slice from {b} of size {c} does not fit a dimension of {n}.")
        dims.append(c)
    return tuple(dims)


def _slice_ref(x, begin, size):
    _slice_shape([x.shape], {"begin": begin, "size": size})         # refuses what does not fit
    return x[tuple(slice(b, None if c == -1 else b + c)
                   for b, c in zip(dims_of(begin), dims_of(size)))]


@op(_slice_shape, casts=(0,), static=(1, 2), ref=_slice_ref, name="Slice", text=True)
def _slice(input_, begin, size):
    pass


@RegisterGradient("slice")
def slice_gradient(op, dy):
    x, begin, _ = op.inputs
    after = shape(x) - shape(dy) - _int32(begin)
    return pad(dy, stack([_int32(begin), after], 1)), None, None


def slice_(input_, begin, size, name=None):
    """Slice of `size` elements from `begin` on; a size of -1 means up to the end.

    Gradient: `dy` padded with zeros.
    """
    return _slice(input_, plain_shape(begin), plain_shape(size), name=name)


__all__ = ["pad", "tile", "reverse", "reverse_v2"]
