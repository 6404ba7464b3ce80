"""Diagonals and bands of matrices, each with its gradient below it.

A diagonal is a strided copy, so `matrix_diag` and `matrix_diag_part` have kernels; the `diag` of
more dimensions is the same after a reshape.
"""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.graph.shapes import compatible
from fastgrad.ops.arithmetic import zeros_like


def _diag_shape(in_shapes, _):
    known = in_shapes[0]
    if known is None:
        return None
    if not known:
        raise ShapeError("a diagonal needs at least one dimension.")
    return known + known[-1:]


def _matrix_diag_ref(x):
    n = x.shape[-1]
    matrices = np.zeros(x.shape + (n,), x.dtype)
    matrices[..., np.arange(n), np.arange(n)] = x
    return matrices


@op(_diag_shape, form="diag", ref=_matrix_diag_ref, name="diag")
def matrix_diag(diagonal):
    """Diagonal matrices: the given diagonals, zeros elsewhere.

    Gradient: `dx = matrix_diag_part(dy)`.

    Examples
    --------
    >>> Session().run(matrix_diag([1, 2]))
    array([[1, 0],
           [0, 2]])
    """


def _diag_part_shape(in_shapes, _):
    known = in_shapes[0]
    if known is None:
        return None
    if len(known) < 2:
        raise ShapeError(f"a matrix needs at least 2 dimensions; got {len(known)}.")
    sides = known[-2:]
    return known[:-2] + (None if None in sides else min(sides),)


@op(_diag_part_shape, form="diag_part", name="diag_part",
    ref=lambda x: np.diagonal(x, axis1=-2, axis2=-1))
def matrix_diag_part(input):
    """The diagonals of matrices.

    Gradient: `dy` on the diagonal, zeros elsewhere.

    Examples
    --------
    >>> Session().run(matrix_diag_part([[1, 2], [3, 4]]))
    array([1, 4])
    """


@RegisterGradient("matrix_diag")
def matrix_diag_gradient(op, dy):
    return matrix_diag_part(dy)


@RegisterGradient("matrix_diag_part")
def matrix_diag_part_gradient(op, dy):
    x = op.inputs[0]
    return matrix_set_diag(zeros_like(x), dy)


def _set_diag_ref(x, diagonal):
    n = min(x.shape[-2:])
    matrices = x.copy()
    matrices[..., np.arange(n), np.arange(n)] = diagonal
    return matrices


def _set_diag_shape(in_shapes, _):
    known, diagonal = in_shapes
    part = _diag_part_shape(in_shapes, _)
    if not compatible(part, diagonal):
        raise ShapeError(f"the diagonals of matrices {known} have shape {part}; got {diagonal}.")
    return known


@op(_set_diag_shape, ref=_set_diag_ref, name="MatrixSetDiag")
def matrix_set_diag(input, diagonal):
    """Matrices with their diagonals replaced.

    Gradient: `dinput` is `dy` with a zero diagonal, `ddiagonal = matrix_diag_part(dy)`.

    Examples
    --------
    >>> Session().run(matrix_set_diag([[1, 2], [3, 4]], [9, 9]))
    array([[9, 2],
           [3, 9]])
    """


@RegisterGradient("matrix_set_diag")
def matrix_set_diag_gradient(op, dy):
    part = matrix_diag_part(dy)
    return matrix_set_diag(dy, zeros_like(part)), part


def _doubled(in_shapes, _):
    if in_shapes[0] == ():
        raise ShapeError("a diagonal needs at least one dimension.")
    return None if in_shapes[0] is None else in_shapes[0] + in_shapes[0]


@op(_doubled, ref=lambda x: np.diag(x.reshape(-1)).reshape(x.shape + x.shape), name="Diag")
def diag(diagonal):
    """Diagonal tensor: twice the dimensions, `diagonal` where both halves of the index agree.

    Gradient: `dx = diag_part(dy)`.

    Examples
    --------
    >>> Session().run(diag([1, 2]))
    array([[1, 0],
           [0, 2]])
    """


def _halved(in_shapes, _):
    known = in_shapes[0]
    if known is None:
        return None
    half = len(known) // 2
    if not known or not compatible(known[:half], known[half:]):
        raise ShapeError(f"diag_part needs two equal halves of dimensions; got {known}.")
    return tuple(b if a is None else a for a, b in zip(known[:half], known[half:]))


def _diag_part_ref(x):
    half = x.shape[:x.ndim // 2]
    n = int(np.prod(half))
    return np.diagonal(x.reshape(n, n)).reshape(half)


@op(_halved, ref=_diag_part_ref, name="DiagPart")
def diag_part(input):
    """Diagonal of a tensor: its elements where both halves of the index agree.

    Gradient: `dx = diag(dy)`.

    Examples
    --------
    >>> Session().run(diag_part([[1, 2], [3, 4]]))
    array([1, 4])
    """


@RegisterGradient("diag")
def diag_gradient(op, dy):
    return diag_part(dy)


@RegisterGradient("diag_part")
def diag_part_gradient(op, dy):
    return diag(dy)


def band_mask(rows, columns, lower, upper):
    """Mask of a band of a matrix; a negative width keeps the whole side."""
    i, j = np.arange(rows)[:, None], np.arange(columns)
    return ((lower < 0) | (i - j <= lower)) & ((upper < 0) | (j - i <= upper))


def _band_ref(x, num_lower, num_upper):
    mask = band_mask(*x.shape[-2:], int(num_lower), int(num_upper))
    return np.where(mask, x, x.dtype.type(0))


def _band_shape(in_shapes, attrs):
    known = in_shapes[0]
    if known is not None and len(known) < 2:
        raise ShapeError(f"matrix_band_part needs at least 2 dimensions; got {len(known)}.")
    if attrs["_strict"] and known is not None:
        for name, size in zip(("num_lower", "num_upper"), known[-2:]):
            if size is not None and isinstance(attrs[name], np.ndarray) and attrs[name] > size:
                raise ShapeError(f"{name} is {attrs[name]}; expected a negative number or at most "
                                 f"{size}, the size of the matrix.")
    return known


@op(_band_shape, casts=(0,), static=(1, 2), ref=_band_ref, name="MatrixBandPart")
def _matrix_band_part(input, num_lower, num_upper, _strict=False):
    pass


@door
def matrix_band_part(input, num_lower, num_upper, name=None):
    """Band of matrices: zeros outside a band around the diagonal.

    Parameters
    ----------
    num_lower, num_upper : int
        How many diagonals are kept below and above; -1 keeps all.

    Notes
    -----
    Gradient: `dx = matrix_band_part(dy)`.

    Examples
    --------
    >>> Session().run(matrix_band_part([[1, 2, 3], [4, 5, 6], [7, 8, 9]], 0, -1))
    array([[1, 2, 3],
           [0, 5, 6],
           [0, 0, 9]])
    """
    x = as_tensor(input)
    return _matrix_band_part(x, num_lower, num_upper, _strict=x.graph.literals == "tf", name=name)


@RegisterGradient("matrix_band_part")
def matrix_band_part_gradient(op, dy):
    return matrix_band_part(dy, op.inputs[1], op.inputs[2]), None, None


__all__ = ["matrix_diag", "matrix_diag_part", "matrix_set_diag", "diag", "diag_part",
           "matrix_band_part"]
