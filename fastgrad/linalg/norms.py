"""Norms of vectors and matrices."""

import numpy as np

from fastgrad.graph import shapes
from fastgrad.graph.nodes import as_tensor
from fastgrad.linalg.decompose import svd
from fastgrad.ops.arithmetic import multiply, pow
from fastgrad.ops.reduce import reduce_max, reduce_sum
from fastgrad.ops.reshape import expand_dims, squeeze, transpose
from fastgrad.ops.shape import known_value, renamed
from fastgrad.ops.unary import abs as abs_, sqrt
from fastgrad.wording import where


def norm(tensor, ord="euclidean", axis=None, keepdims=None, name=None, keep_dims=None):
    """Norm of vectors or matrices.

    Parameters
    ----------
    tensor : tensor
    ord : 'euclidean', 'fro', 1, 2, np.inf or a positive number
        'euclidean' and 'fro' are the root of the sum of squares, as is 2 of vectors; 2 of matrices
        is the largest singular value.
    axis : int, pair of ints, or None
        None: all elements as one vector.

    Notes
    -----
    Gradient: as of the sums and powers it is; of the euclidean norm `dx = dy x / y`.

    Examples
    --------
    >>> Session().run(norm([3., 4.]))
    np.float64(5.0)
    """
    x = as_tensor(tensor)
    keep = bool(renamed("keepdims", keepdims, "keep_dims", keep_dims))
    strict = x.graph.literals == "tf"
    if strict and not (axis is None or isinstance(axis, int) or isinstance(axis, (list, tuple))
                       and len(axis) == len({*axis}) == 2):
        raise ValueError(f"'axis' must be None, an integer, or a tuple of 2 unique integers; got "
                         f"{axis!r:.60}.")
    if axis is not None and not isinstance(axis, int):
        axis = known_value(axis).tolist()
    matrix = isinstance(axis, (list, tuple)) and len(axis) == 2
    _check_order(ord, axis, matrix, strict)
    with x.graph.name_scope(name or "norm"):
        if matrix and ord == 2:
            return _spectral(x, axis, keep)
        if ord in ("fro", "euclidean", 2, 2.0):
            # the root's own derivative at 0 is infinite, as in TensorFlow
            total = reduce_sum(multiply(x, x), axis, True)
            found = sqrt(total)
        else:
            found = _other_norm(x, ord, axis, matrix)
        if keep:
            return found
        return squeeze(found, axis)


def _spectral(x, axis, kept):
    """Spectral norm: the largest singular value of the matrices in two dimensions of `x`."""
    if x._shape is None:
        raise ValueError("norm with ord=2 of matrices needs a tensor whose number of dimensions is "
                         f"known; {where(x)} is not such. Declare its shape.")
    count = len(x._shape)
    rows, columns = shapes.normal_axes(axis, count)
    rest = [i for i in range(count) if i not in (rows, columns)]
    largest = reduce_max(svd(transpose(x, rest + [rows, columns]), compute_uv=False), -1)
    for place in sorted((rows, columns)) if kept else ():
        largest = expand_dims(largest, place)
    return largest


def _check_order(ord, axis, matrix, strict):
    if matrix:
        if ord not in ("euclidean", "fro", 1, 2, np.inf):
            raise ValueError("'ord' must be a supported matrix norm in ['euclidean', 'fro', 1, 2, "
                             f"inf], got {ord}")
    elif isinstance(ord, str):
        if ord not in ("euclidean",) and (strict or not (ord == "fro" and axis is None)):
            raise ValueError(f"'ord' must be a supported vector norm, got {ord}")
    elif ord <= 0:
        raise ValueError(f"'ord' must be a positive number, got {ord}")


def _other_norm(x, ord, axis, matrix):
    size = abs_(x)
    if matrix:
        over, most = (axis[0], axis[1]) if ord == 1 else (axis[1], axis[0])
        return reduce_max(reduce_sum(size, over, True), most, True)
    if ord == 1:
        return reduce_sum(size, axis, True)
    if ord == np.inf:
        return reduce_max(size, axis, True)
    return pow(reduce_sum(pow(size, ord), axis, True), 1.0 / ord)


__all__ = ["norm"]
