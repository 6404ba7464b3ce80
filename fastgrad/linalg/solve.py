"""Solving linear systems and factoring matrices, each with its gradient below it.

All work on the last two dimensions; what stands before them is a batch. They are NumPy steps, which
call the LAPACK that NumPy brings. The gradients are those of TensorFlow (and of Giles, "An extended
collection of matrix derivative results for forward and reverse mode", 2008).
"""

from collections import namedtuple

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.linalg.diagonal import matrix_band_part, matrix_diag_part, matrix_set_diag
from fastgrad.linalg.matmul import matmul
from fastgrad.ops.arithmetic import log, multiply
from fastgrad.ops.make import eye
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.reshape import expand_dims, matrix_transpose
from fastgrad.ops.shape import scoped, shape


def _square(in_shapes, _=None):
    known = in_shapes[0]
    if known is None:
        return None
    if len(known) < 2:
        raise ShapeError(f"Shape must be at least rank 2 but is rank {len(known)}.")
    if None not in known[-2:] and known[-2] != known[-1]:
        raise ShapeError(f"Dimensions must be equal, but are {known[-2]} and {known[-1]}.")
    return known


def _t(x):
    return np.swapaxes(x, -1, -2)


def _lapack(fn):
    """Decorator of a NumPy routine: its failure gets TensorFlow's words."""
    def run(*arrays, **attrs):
        try:
            return fn(*arrays, **attrs)
        except np.linalg.LinAlgError as e:
            raise ValueError(f"Input matrix is not invertible, or the factorisation failed: {e}.") \
                from None
    return run


# ---- inverse, determinant ---------------------------------------------------------------

@op(_square, name="MatrixInverse",
    ref=_lapack(lambda x, adjoint: np.linalg.inv(_t(x) if adjoint else x)))
def _matrix_inverse(input, adjoint=False):
    pass


@door
def matrix_inverse(input, adjoint=False, name=None):
    """Inverse of square matrices, of their transposes if `adjoint`.

    Gradient: `dx = -y^T dy y^T`.

    Examples
    --------
    >>> Session().run(matrix_inverse([[2., 0.], [0., 4.]]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    return _matrix_inverse(input, adjoint=bool(adjoint), name=name)


@RegisterGradient("matrix_inverse")
def matrix_inverse_gradient(op, dy):
    y, adjoint = op.outputs[0], op.attrs["adjoint"]
    dx = -matmul(y, matmul(dy, y, transpose_b=True), transpose_a=True)
    return matrix_transpose(dx) if adjoint else dx


def _scalar_of(in_shapes, _):
    known = _square(in_shapes)
    return None if known is None else known[:-2]


@op(_scalar_of, ref=np.linalg.det, name="MatrixDeterminant")
def matrix_determinant(input):
    """Determinant of square matrices.

    Gradient: `dx = dy y inv(x)^T`.

    Examples
    --------
    >>> Session().run(matrix_determinant([[4., 2.], [2., 5.]]))
    np.float64(15.999999999999998)
    """


@RegisterGradient("matrix_determinant")
def matrix_determinant_gradient(op, dy):
    inverse = matrix_inverse(op.inputs[0], adjoint=True)
    return expand_dims(expand_dims(dy * op.outputs[0], -1), -1) * inverse


def _slogdet_ref(x):
    sign, size = np.linalg.slogdet(x)
    return sign, size


@op(lambda s, a: [_scalar_of(s, a)] * 2, outputs=2, ref=_slogdet_ref, name="LogMatrixDeterminant")
def _slogdet(input):
    pass


LogDet = namedtuple("SelfAdjointDet", ["sign", "log_abs_determinant"])


@door
def slogdet(input, name=None):
    """(sign, logarithm of the absolute value) of the determinant of square matrices.

    Gradient: of the logarithm, `dx = dy inv(x)^T`.

    Examples
    --------
    >>> Session().run(linalg.slogdet([[0., 2.], [2., 0.]]))
    SelfAdjointDet(sign=np.float64(-1.0), log_abs_determinant=np.float64(1.3862943611198906))
    """
    return LogDet(*_slogdet(input, name=name))


@RegisterGradient("slogdet")
def slogdet_gradient(op, _, dy):
    return expand_dims(expand_dims(dy, -1), -1) * matrix_inverse(op.inputs[0], adjoint=True)


# ---- systems ----------------------------------------------------------------------------

def _solved(in_shapes, _):
    matrix, rhs = _square(in_shapes), in_shapes[1]
    if rhs is not None and len(rhs) < 2:
        raise ShapeError(f"Shape must be at least rank 2 but is rank {len(rhs)}.")
    if matrix is None or rhs is None:
        return rhs
    if None not in (matrix[-1], rhs[-2]) and matrix[-1] != rhs[-2]:
        raise ShapeError(f"Dimensions must be equal, but are {matrix[-1]} and {rhs[-2]}.")
    return rhs


@op(_solved, name="MatrixSolve", ref=_lapack(
    lambda a, b, adjoint: np.linalg.solve(_t(a) if adjoint else a, b)))
def _matrix_solve(matrix, rhs, adjoint=False):
    pass


@door
def matrix_solve(matrix, rhs, adjoint=False, name=None):
    """Solution x of linear systems `matrix x = rhs`; of the transposed matrix if `adjoint`.

    Gradient: `drhs = inv(a)^T dy`, `da = -drhs y^T`.

    Examples
    --------
    >>> Session().run(matrix_solve([[2., 0.], [0., 4.]], [[2.], [2.]]))
    array([[1. ],
           [0.5]])
    """
    return _matrix_solve(matrix, rhs, adjoint=bool(adjoint), name=name)


@RegisterGradient("matrix_solve")
def matrix_solve_gradient(op, dy):
    a, adjoint, y = op.inputs[0], op.attrs["adjoint"], op.outputs[0]
    drhs = matrix_solve(a, dy, adjoint=not adjoint)
    da = -matmul(y, drhs, transpose_b=True) if adjoint else -matmul(drhs, y, transpose_b=True)
    return da, drhs


def _triangular_ref(a, b, lower, adjoint):
    a = np.tril(a) if lower else np.triu(a)
    return np.linalg.solve(_t(a) if adjoint else a, b)


@op(_solved, name="MatrixTriangularSolve", ref=_lapack(_triangular_ref))
def _matrix_triangular_solve(matrix, rhs, lower=True, adjoint=False):
    pass


@door
def matrix_triangular_solve(matrix, rhs, lower=True, adjoint=False, name=None):
    """Solution of triangular systems: only the lower (or upper) triangle of the matrix is read.

    Gradient: as of `matrix_solve`, within the triangle.

    Examples
    --------
    >>> Session().run(matrix_triangular_solve([[2., 0.], [1., 4.]], [[2.], [9.]]))
    array([[1.],
           [2.]])
    """
    return _matrix_triangular_solve(matrix, rhs, lower=bool(lower), adjoint=bool(adjoint),
                                    name=name)


@RegisterGradient("matrix_triangular_solve")
def matrix_triangular_solve_gradient(op, dy):
    a, at, y = op.inputs[0], op.attrs, op.outputs[0]
    drhs = matrix_triangular_solve(a, dy, at["lower"], not at["adjoint"])
    da = -matmul(y, drhs, transpose_b=True) if at["adjoint"] else \
        -matmul(drhs, y, transpose_b=True)
    return (matrix_band_part(da, -1, 0) if at["lower"] else matrix_band_part(da, 0, -1)), drhs


@scoped("matrix_solve_ls", last=True)
def matrix_solve_ls(matrix, rhs, l2_regularizer=0.0, fast=True, name=None):
    """Least squares solution of `matrix x = rhs`, by the normal equations.

    Gradient: as of the products and the solution.

    Examples
    --------
    >>> Session().run(matrix_solve_ls([[1., 0.], [1., 1.], [1., 2.]], [[1.], [3.], [5.]]))
    array([[1.],
           [2.]])
    """
    a, b = as_tensor(matrix), as_tensor(rhs)
    rows, columns = (None, None) if a._shape is None else a._shape[-2:]
    if rows is not None and columns is not None and rows < columns:
        gram = matmul(a, a, transpose_b=True) + l2_regularizer * eye(rows, dtype=a.dtype)
        return matmul(a, matrix_solve(gram, b), transpose_a=True, name=name)
    size = shape(a)[-1] if columns is None else columns
    gram = matmul(a, a, transpose_a=True) + l2_regularizer * eye(size, dtype=a.dtype)
    return matrix_solve(gram, matmul(a, b, transpose_a=True), name=name)


# ---- Cholesky ---------------------------------------------------------------------------

def _cholesky_ref(x):
    try:
        return np.linalg.cholesky(np.tril(x) + _t(np.tril(x, -1)))
    except np.linalg.LinAlgError:
        raise ValueError("Cholesky decomposition was not successful. The input might not be "
                         "valid.") from None


@op(_square, ref=_cholesky_ref, name="Cholesky")
def cholesky(input):
    """Cholesky factor of positive definite matrices: the lower triangular L with `L L^T = x`.

    Gradient: `dx = sym(L^-T phi(L^T dL) L^-1)`, phi the lower triangle with half the diagonal.

    Examples
    --------
    >>> Session().run(cholesky([[4., 2.], [2., 5.]]))
    array([[2., 0.],
           [1., 2.]])
    """


@RegisterGradient("cholesky")
def cholesky_gradient(op, dy):
    lower = op.outputs[0]
    middle = matmul(lower, dy, transpose_a=True)
    middle = matrix_set_diag(middle, 0.5 * matrix_diag_part(middle))
    middle = matrix_band_part(middle, -1, 0)
    left = matrix_triangular_solve(lower, middle, adjoint=True)
    dx = matrix_transpose(matrix_triangular_solve(lower, matrix_transpose(left), adjoint=True))
    return 0.5 * (dx + matrix_transpose(dx))


@door
def cholesky_solve(chol, rhs, name=None):
    """Solution of `L L^T x = rhs` from a Cholesky factor L.

    Gradient: as of two triangular solutions.

    Examples
    --------
    >>> Session().run(cholesky_solve([[2., 0.], [1., 2.]], [[4.], [6.]]))
    array([[0.5],
           [1. ]])
    """
    chol = as_tensor(chol)
    with chol.graph.name_scope(name or "cholesky_solve"):
        return matrix_triangular_solve(chol, matrix_triangular_solve(chol, rhs), adjoint=True)


@scoped("logdet", last=True)
def logdet(matrix, name=None):
    """Logarithm of the determinant of symmetric positive definite matrices.

    Gradient: `dx = dy inv(x)`.

    Examples
    --------
    >>> Session().run(linalg.logdet([[4., 2.], [2., 5.]]))
    np.float64(2.772588722239781)
    """
    factor = cholesky(matrix)
    return multiply(reduce_sum(log(matrix_diag_part(factor)), [-1]), 2.0, name=name)


__all__ = ["matrix_inverse", "matrix_determinant", "slogdet", "matrix_solve",
           "matrix_triangular_solve", "matrix_solve_ls", "cholesky", "cholesky_solve", "logdet"]
