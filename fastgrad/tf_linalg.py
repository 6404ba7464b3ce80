"""TensorFlow's `tf.linalg` names."""

from fastgrad import elsewhere as _elsewhere
from fastgrad.ops_array import matrix_transpose
from fastgrad.ops_expm import expm
from fastgrad.ops_linalg import matmul
from fastgrad.ops_make import eye
from fastgrad.ops_matrix import matrix_band_part as band_part
from fastgrad.ops_matrix import matrix_diag as diag
from fastgrad.ops_matrix import matrix_diag_part as diag_part
from fastgrad.ops_matrix import matrix_set_diag as set_diag
from fastgrad.ops_matrix import diag as tensor_diag
from fastgrad.ops_matrix import diag_part as tensor_diag_part
from fastgrad.ops_norm import l2_normalize
from fastgrad.ops_clip import global_norm
from fastgrad.ops_solve import matrix_determinant as det
from fastgrad.ops_solve import matrix_inverse as inv
from fastgrad.ops_solve import matrix_solve as solve
from fastgrad.ops_solve import matrix_solve_ls as lstsq
from fastgrad.ops_solve import matrix_triangular_solve as triangular_solve
from fastgrad.ops_factor import self_adjoint_eig as eigh
from fastgrad.ops_factor import self_adjoint_eigvals as eigvalsh
from fastgrad.ops_factor import qr, svd
from fastgrad.ops_solve import cholesky, cholesky_solve, logdet, slogdet
from fastgrad.ops_tensordot import cross, einsum, matvec, norm, tensordot, trace

transpose = adjoint = matrix_transpose

__all__ = [name for name in dir() if not name.startswith("_")]
__getattr__ = _elsewhere.missing("fastgrad.linalg")
