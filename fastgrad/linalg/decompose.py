"""Matrix decompositions: eigenvalues, singular values, QR; each with its gradient below it.

NumPy steps on the last two dimensions, as in `linalg.solve`. Signs of vectors are LAPACK's choice;
the gradients hold for any.
"""

from collections import namedtuple

import numpy as np

from fastgrad.errors import DTypeError, ShapeError
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import strong
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.linalg.diagonal import (matrix_band_part, matrix_diag, matrix_diag_part,
                                      matrix_set_diag)
from fastgrad.linalg.matmul import matmul
from fastgrad.linalg.solve import _lapack, _square, _t, matrix_triangular_solve
from fastgrad.ops.arithmetic import _where, divide, ones_like, zeros_like
from fastgrad.ops.comparison import equal
from fastgrad.ops.reshape import expand_dims, matrix_transpose
from fastgrad.ops.unary import reciprocal
from fastgrad.wording import where


# ---- eigenvalues and singular values ----------------------------------------------------

def _eigen_shapes(in_shapes, _):
    known = _square(in_shapes)
    return [None if known is None else known[:-1], known]


# An eigenvector's sign is free, and scripts print it: small matrices get TensorFlow's, which is
# what a QR iteration from Householder's tridiagonal form ends with. Larger ones keep LAPACK's.
_SIGNED = 8


def _eigen_ref(x):
    x = np.tril(x) + _t(np.tril(x, -1))
    values, vectors = np.linalg.eigh(x)
    if 1 < x.shape[-1] <= _SIGNED and np.isfinite(x).all():
        for place in np.ndindex(x.shape[:-2]):
            along = (vectors[place] * _by_rotations(x[place])).sum(0)
            vectors[place] *= np.where(along < 0, -1, 1).astype(x.dtype)
    return values, vectors


def _tridiagonal(a):
    """Householder's tridiagonal form: (diagonal, subdiagonal, q) with `a = q t q^T`."""
    n = len(a)
    q = np.eye(n, dtype=a.dtype)
    for i in range(n - 1):
        column = a[i + 1:, i].copy()
        below = column[1:] @ column[1:]
        if below <= np.finfo(a.dtype).tiny:
            continue
        length = np.copysign(np.sqrt(column[0] ** 2 + below), -column[0] or -1)
        tau, column[0] = (length - column[0]) / length, column[0] - length
        column /= column[0]
        rest = a[i + 1:, i + 1:]
        moved = tau * (rest @ column)
        moved -= tau / 2 * (moved @ column) * column
        rest -= np.outer(column, moved) + np.outer(moved, column)
        a[i + 1, i] = length
        q[:, i + 1:] -= np.outer(q[:, i + 1:] @ column, tau * column)
    return np.diag(a).copy(), np.diag(a, -1).copy(), q


def _rotation(x, z):
    """Givens rotation: (cosine, sine) that turn (x, z) into the first axis."""
    if z == 0:
        return (-1 if x < 0 else 1), 0
    if x == 0:
        return 0, (1 if z < 0 else -1)
    if abs(x) > abs(z):
        c = np.copysign(1 / np.sqrt(1 + (z / x) ** 2), x)
        return c, -z / x * c
    s = -np.copysign(1 / np.sqrt(1 + (x / z) ** 2), z)
    return -x / z * s, s


def _sweep(d, e, q, start, end):
    """One implicit QR step with Wilkinson's shift, on rows `start` to `end`."""
    half, last, shift = (d[end - 1] - d[end]) / 2, e[end - 1], d[end]
    if half == 0:
        shift = shift - abs(last)
    else:
        shift = shift - last * last / (half + np.copysign(np.hypot(half, last), half))
    x, z = d[start] - shift, e[start]
    for k in range(start, end):
        c, s = _rotation(x, z)
        left, right = s * d[k] + c * e[k], s * e[k] + c * d[k + 1]
        d[k] = c * (c * d[k] - s * e[k]) - s * (c * e[k] - s * d[k + 1])
        d[k + 1], e[k] = s * left + c * right, c * left - s * right
        if k > start:
            e[k - 1] = c * e[k - 1] - s * z
        x = e[k]
        if k + 1 < end:
            z, e[k + 1] = -s * e[k + 1], c * e[k + 1]
        q[:, k], q[:, k + 1] = c * q[:, k] - s * q[:, k + 1], s * q[:, k] + c * q[:, k + 1]


def _by_rotations(a):
    """The eigenvectors of a symmetric matrix by ascending eigenvalue."""
    d, e, q = _tridiagonal(a / (abs(a).max() or 1))
    start, end, small = 0, len(d) - 1, 2 * np.finfo(a.dtype).eps
    for _ in range(30 * len(d)):                       # as many as TensorFlow allows
        near = start + np.flatnonzero(
            abs(e[start:end]) <= small * (abs(d[start:end]) + abs(d[start + 1:end + 1])))
        e[near] = 0
        while end > 0 and e[end - 1] == 0:
            end -= 1
        if end == 0:
            break
        start = end - 1
        while start > 0 and e[start - 1] != 0:
            start -= 1
        _sweep(d, e, q, start, end)
    return q[:, np.argsort(d, kind="stable")]


@op(_eigen_shapes, outputs=2, ref=_lapack(_eigen_ref), name="SelfAdjointEigV2")
def _self_adjoint_eig(tensor):
    pass


@door
def self_adjoint_eig(tensor, name=None):
    """Eigendecomposition of symmetric matrices: (ascending eigenvalues, eigenvectors as columns).

    Up to 8 x 8, the eigenvectors have the signs that TensorFlow gives them.

    Gradient: `dx = v (diag(de) + f * (v^T dv)) v^T` with `f_ij = 1 / (e_j - e_i)`; the lower
    triangle of it.

    Examples
    --------
    >>> values, vectors = Session().run(self_adjoint_eig([[2., 0.], [0., 3.]]))
    >>> values
    array([2., 3.])
    """
    return tuple(_self_adjoint_eig(tensor, name=name))


@door
def self_adjoint_eigvals(tensor, name=None):
    """The eigenvalues of symmetric matrices, in ascending order.

    Gradient: as of `self_adjoint_eig`.

    Examples
    --------
    >>> Session().run(self_adjoint_eigvals([[2., 0.], [0., 3.]]))
    array([2., 3.])
    """
    return _self_adjoint_eig(tensor, name=name)[0]


def _gaps(e):
    """`1 / (e_j - e_i)`, zeros on the diagonal."""
    differences = expand_dims(e, -2) - expand_dims(e, -1)
    flat = matrix_set_diag(differences, ones_like(e))
    return matrix_set_diag(reciprocal(flat), zeros_like(e))


@RegisterGradient("self_adjoint_eig")
def self_adjoint_eig_gradient(op, de, dv):
    e, v = op.outputs
    inner = matrix_diag(de) + _gaps(e) * matmul(v, dv, transpose_a=True)
    dx = matmul(v, matmul(inner, v, transpose_b=True))
    # only the lower triangle of the input is read
    lower = matrix_band_part(dx + matrix_transpose(dx), -1, 0)
    return matrix_set_diag(lower, 0.5 * matrix_diag_part(lower))


def _sides(known):
    """(number of rows, number of columns) of matrices of this shape."""
    if len(known) < 2:
        raise ShapeError(f"Shape must be at least rank 2 but is rank {len(known)}.")
    return known[-2:]


def _floating(x, what):
    """NumPy makes floats of integers here and TensorFlow does not; the result has one dtype."""
    x = as_tensor(x)
    if x._dtype is not None and strong(x._dtype).kind in "iub":
        raise DTypeError(f"{what}: {where(x)} has dtype {x._dtype}; expected a floating dtype. Use "
                         "cast().")
    return x


def _svd_shapes(in_shapes, attrs):
    known, full = in_shapes[0], attrs["full_matrices"]
    if known is None:
        return [None] * 3
    m, n = _sides(known)
    p = None if None in (m, n) else min(m, n)
    lead = known[:-2]
    return [lead + (p,), lead + (m, m if full else p), lead + (n, n if full else p)]


def _svd_ref(x, full_matrices):
    u, s, vt = np.linalg.svd(x, full_matrices=full_matrices)
    return s, u, _t(vt)


@op(_svd_shapes, outputs=3, ref=_lapack(_svd_ref), name="Svd")
def _svd(tensor, full_matrices=False):
    pass


@door
def svd(tensor, full_matrices=False, compute_uv=True, name=None):
    """Singular value decomposition: (values in descending order, u, v) with `x = u diag(s) v^T`.

    Gradient: of the values `u diag(ds) v^T`; of the vectors for full-rank matrices without
    `full_matrices`.

    Examples
    --------
    >>> s, u, v = Session().run(svd([[3., 0.], [0., 4.]]))
    >>> s
    array([4., 3.])
    """
    tensor = _floating(tensor, "svd")
    s, u, v = _svd(tensor, full_matrices=bool(full_matrices), name=name)
    return (s, u, v) if compute_uv else s


@RegisterGradient("svd")
def svd_gradient(op, ds, du, dv):
    s, u, v = op.outputs
    known = op.inputs[0]._shape
    if op.attrs["full_matrices"] and (known is None or known[-1] != known[-2]):
        raise NotImplementedError("svd has no gradient with full_matrices for matrices that are "
                                  "not known to be square.")
    squares = s * s
    gaps = matrix_set_diag(expand_dims(squares, -2) - expand_dims(squares, -1), ones_like(s))
    f = matrix_set_diag(reciprocal(gaps), zeros_like(s))
    row, column = expand_dims(s, -2), expand_dims(s, -1)
    ju = f * matmul(u, du, transpose_a=True)
    jv = f * matmul(v, dv, transpose_a=True)
    inner = (matrix_diag(ds) + (ju + matrix_transpose(ju)) * row
             + column * (jv + matrix_transpose(jv)))
    dx = matmul(u, matmul(inner, v, transpose_b=True))
    safe = _where(equal(s, zeros_like(s)), ones_like(s), s)
    # what lies outside the spans of u and v
    outside_u = divide(du - matmul(u, matmul(u, du, transpose_a=True)), expand_dims(safe, -2))
    outside_v = divide(dv - matmul(v, matmul(v, dv, transpose_a=True)), expand_dims(safe, -2))
    return (dx + matmul(outside_u, v, transpose_b=True)
            + matmul(u, outside_v, transpose_b=True))


def _qr_shapes(in_shapes, attrs):
    known, full = in_shapes[0], attrs["full_matrices"]
    if known is None:
        return [None] * 2
    m, n = _sides(known)
    p = m if full else None if None in (m, n) else min(m, n)
    return [known[:-2] + (m, p), known[:-2] + (p, n)]


def _qr_ref(x, full_matrices):
    flat = x.reshape((-1,) + x.shape[-2:])
    parts = [np.linalg.qr(one, "complete" if full_matrices else "reduced") for one in flat]
    q, r = (np.stack([p[i] for p in parts]) for i in range(2))
    return q.reshape(x.shape[:-2] + q.shape[1:]), r.reshape(x.shape[:-2] + r.shape[1:])


@op(_qr_shapes, outputs=2, ref=_lapack(_qr_ref), name="Qr")
def _qr(input, full_matrices=False):
    pass


QR = namedtuple("Qr", ["q", "r"])


@door
def qr(input, full_matrices=False, name=None):
    """QR decomposition, (q, r): `x = q r`, q with orthonormal columns, r an upper triangle.

    Gradient: `dx = (dq + q sym(r dr^T - dq^T q)) r^-T`, for matrices with no fewer rows than
    columns.

    Examples
    --------
    >>> q, r = Session().run(qr([[3., 1.], [4., 2.]]))
    >>> np.allclose(q @ r, [[3, 1], [4, 2]])
    True
    """
    return QR(*_qr(_floating(input, "qr"), full_matrices=bool(full_matrices), name=name))


@RegisterGradient("qr")
def qr_gradient(op, dq, dr):
    q, r = op.outputs
    known = r._shape
    if known is None or known[-1] is None or known[-2] != known[-1]:
        raise NotImplementedError("qr has a gradient only for full-rank matrices with no fewer "
                                  "rows than columns, and without full_matrices for tall ones.")

    def solved(x):
        """`x r^-T`"""
        return matrix_transpose(matrix_triangular_solve(r, matrix_transpose(x), lower=False))
    qdq = matmul(q, dq, transpose_a=True)
    skew = qdq - matrix_transpose(qdq)
    rdr = matmul(r, dr, transpose_b=True)
    skew_r = rdr - matrix_transpose(rdr)
    lower = matrix_band_part(skew + skew_r, -1, 0)
    first = matmul(q, dr + solved(lower))
    return first + solved(dq - matmul(q, qdq))


__all__ = ["self_adjoint_eig", "self_adjoint_eigvals", "svd", "qr"]
