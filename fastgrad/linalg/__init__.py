"""TensorFlow's `tf.linalg` names."""

from fastgrad import elsewhere as _elsewhere
from fastgrad.ops.reshape import matrix_transpose
from fastgrad.linalg.expm import expm
from fastgrad.linalg.matmul import matmul
from fastgrad.ops.make import eye
from fastgrad.linalg.diagonal import matrix_band_part as band_part
from fastgrad.linalg.diagonal import matrix_diag as diag
from fastgrad.linalg.diagonal import matrix_diag_part as diag_part
from fastgrad.linalg.diagonal import matrix_set_diag as set_diag
from fastgrad.linalg.diagonal import diag as tensor_diag
from fastgrad.linalg.diagonal import diag_part as tensor_diag_part
from fastgrad.ops.norms import l2_normalize
from fastgrad.ops.norms import global_norm
from fastgrad.linalg.solve import matrix_determinant as det
from fastgrad.linalg.solve import matrix_inverse as inv
from fastgrad.linalg.solve import matrix_solve as solve
from fastgrad.linalg.solve import matrix_solve_ls as lstsq
from fastgrad.linalg.solve import matrix_triangular_solve as triangular_solve
from fastgrad.linalg.decompose import self_adjoint_eig as eigh
from fastgrad.linalg.decompose import self_adjoint_eigvals as eigvalsh
from fastgrad.linalg.decompose import qr, svd
from fastgrad.linalg.solve import cholesky, cholesky_solve, logdet, slogdet
from fastgrad.linalg.tensordot import cross, einsum, matvec, tensordot, trace
from fastgrad.linalg.norms import norm

transpose = adjoint = matrix_transpose

__all__ = sorted(name for name, thing in globals().items()
                 if callable(thing) and not name.startswith("_"))
__getattr__ = _elsewhere.missing("fastgrad.linalg")
