"""Types of `fastgrad.linalg`. Written by tests/types/make_stubs.py; do not edit."""

from fastgrad import Tensor
from fastgrad.typing import TensorLike

__all__ = [
    "adjoint", "band_part", "cholesky", "cholesky_solve", "cross", "det", "diag", "diag_part",
    "eigh", "eigvalsh", "einsum", "expm", "eye", "global_norm", "inv", "l2_normalize", "logdet",
    "lstsq", "matmul", "matrix_transpose", "matvec", "norm", "qr", "set_diag", "slogdet", "solve",
    "svd", "tensor_diag", "tensor_diag_part", "tensordot", "trace", "transpose",
    "triangular_solve"]

from fastgrad import matrix_transpose as _matrix_transpose
adjoint = _matrix_transpose
from fastgrad import matrix_band_part as _matrix_band_part
band_part = _matrix_band_part
from fastgrad import cholesky as cholesky
from fastgrad import cholesky_solve as cholesky_solve
from fastgrad import cross as cross
from fastgrad import matrix_determinant as _matrix_determinant
det = _matrix_determinant
from fastgrad import matrix_diag as _matrix_diag
diag = _matrix_diag
from fastgrad import matrix_diag_part as _matrix_diag_part
diag_part = _matrix_diag_part
from fastgrad import self_adjoint_eig as _self_adjoint_eig
eigh = _self_adjoint_eig
from fastgrad import self_adjoint_eigvals as _self_adjoint_eigvals
eigvalsh = _self_adjoint_eigvals
from fastgrad import einsum as einsum
from fastgrad import eye as eye
from fastgrad import global_norm as global_norm
from fastgrad import matrix_inverse as _matrix_inverse
inv = _matrix_inverse
from fastgrad.nn import l2_normalize as l2_normalize
from fastgrad import logdet as logdet
from fastgrad import matrix_solve_ls as _matrix_solve_ls
lstsq = _matrix_solve_ls
from fastgrad import matmul as matmul
from fastgrad import matrix_transpose as matrix_transpose
from fastgrad import matvec as matvec
from fastgrad import norm as norm
from fastgrad import qr as qr
from fastgrad import matrix_set_diag as _matrix_set_diag
set_diag = _matrix_set_diag
from fastgrad import slogdet as slogdet
from fastgrad import matrix_solve as _matrix_solve
solve = _matrix_solve
from fastgrad import svd as svd
from fastgrad import diag as _diag
tensor_diag = _diag
from fastgrad import diag_part as _diag_part
tensor_diag_part = _diag_part
from fastgrad import tensordot as tensordot
from fastgrad import trace as trace
from fastgrad import matrix_transpose as _matrix_transpose
transpose = _matrix_transpose
from fastgrad import matrix_triangular_solve as _matrix_triangular_solve
triangular_solve = _matrix_triangular_solve

def expm(input: TensorLike, name: str | None = None) -> Tensor: ...
