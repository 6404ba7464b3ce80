"""The matrix exponential, by scaling, a rational approximation, and squaring; a NumPy step."""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.dtypes import promote_float
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.ops.arithmetic import zeros_like
from fastgrad.ops.join import concat
from fastgrad.ops.reshape import matrix_transpose
from fastgrad.ops.shape import shape

# Numerator of the diagonal Pade approximant of degree 13; exact to double rounding for matrices
# whose 1-norm is below 5.37 (Higham, SIAM J. Matrix Anal. Appl. 26, 2005).
_PADE = (64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000,
         10559470521600, 670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1)
_LARGEST = 5.371920351148152


def _square(in_shapes, _):
    known = in_shapes[0]
    if known is not None and (len(known) < 2 or not shapes.compatible(known[-1:], known[-2:-1])):
        raise ShapeError(f"expm needs square matrices; got {known}.")
    return known


def _expm_ref(x):
    if not x.size:
        return x.copy()
    a = x.astype(np.float64)
    size = np.abs(a).sum(-2).max()
    halvings = int(np.ceil(np.log2(size / _LARGEST))) if _LARGEST < size < np.inf else 0
    a = a / 2.0 ** halvings
    one = np.broadcast_to(np.eye(a.shape[-1]), a.shape)
    a2 = a @ a
    a4 = a2 @ a2
    a6 = a2 @ a4
    b = [float(c) for c in _PADE]
    odd = a @ (a6 @ (b[13] * a6 + b[11] * a4 + b[9] * a2)
               + b[7] * a6 + b[5] * a4 + b[3] * a2 + b[1] * one)
    even = a6 @ (b[12] * a6 + b[10] * a4 + b[8] * a2) + b[6] * a6 + b[4] * a4 + b[2] * a2 \
        + b[0] * one
    result = np.linalg.solve(even - odd, even + odd)
    for _ in range(halvings):
        result = result @ result
    return result.astype(x.dtype)


@op(_square, dtype=promote_float, ref=_expm_ref, name="matrix_exponential")
def expm(input):
    """Matrix exponential, the sum of `x^n / n!`.

    Gradient: the upper right block of the exponential of `[[x^T, dy], [0, x^T]]`.

    Examples
    --------
    >>> Session().run(linalg.expm([[0., 1.], [0., 0.]]))
    array([[1., 1.],
           [0., 1.]])
    """


@RegisterGradient("expm")
def expm_gradient(op, dy):
    x = matrix_transpose(as_tensor(op.inputs[0]))
    n = shape(x)[-1]
    upper, lower = concat([x, dy], -1), concat([zeros_like(x), x], -1)
    return expm(concat([upper, lower], -2))[..., :n, n:]


__all__ = ["expm"]
