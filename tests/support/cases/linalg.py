"""Rows for the operations of fastgrad/linalg."""

import numpy as np
from cases.case import BOTH, Case, Variant, at

from fastgrad.graph.opdef import OPS

MATMUL = [Variant(s, {"transpose_a": ta, "transpose_b": tb}) for s, ta, tb in [
    (((3,), (3,)), False, False), (((4, 3), (3,)), False, False), (((3,), (3, 4)), False, False),
    (((4, 3), (3, 5)), False, False), (((3, 4), (3, 5)), True, False),
    (((4, 3), (5, 3)), False, True), (((3, 4), (5, 3)), True, True),
    (((1, 1), (1, 1)), False, False),
    (((17, 33), (33, 9)), False, False), (((2, 4, 3), (3, 5)), False, False),
    (((2, 4, 3), (2, 3, 5)), False, False), (((4, 3), (2, 3, 5)), False, False),
    (((2, 3, 4), (3, 5)), True, False), (((2, 4, 3), (1, 5, 3)), False, True),
    (((2, 1, 4, 3), (3, 3, 5)), False, False), (((2, 4, 3), (3,)), False, False),
    (((3,), (2, 3, 4)), False, False), (((0, 3), (3, 5)), False, False),
    (((4, 0), (0, 5)), False, False), (((0, 4, 3), (3, 5)), False, False),
    (((200, 2), (2, 100)), False, False), (((128, 70), (70, 130)), False, False),
    (((300, 3), (300, 2)), True, False), (((65, 40), (40, 2)), False, False),
    (((2, 5, 3), (2, 4, 3)), False, True), (((2, 3, 4), (2, 3, 5)), True, False)]]


def _product(variant):
    a, b = (np.zeros(s) for s in variant.shapes)
    found = OPS["matmul"].ref(a, b, **variant.attrs)
    return found.shape


GRAD_A = [Variant((_product(v), *v.shapes), v.attrs) for v in MATMUL]
GRAD_B = [Variant((_product(v), *v.shapes), v.attrs) for v in MATMUL]
SQUARES = [at([(1, 1)]), at([(3, 3)]), at([(2, 4, 4)])]

CASES = {
    # ---- decompose ----
    "qr": Case(SQUARES, ("square",), ulps=64, ints=False, order=0),
    # ---- diagonal ----
    "diag": Case([at([(3,)]), at([(2, 3)])], ("real",)),
    "diag_part": Case([at([(3, 3)]), at([(2, 3, 2, 3)])], ("real",)),
    "matrix_diag": Case([at([(3,)]), at([(2, 3)])], ("real",)),
    "matrix_diag_part": Case([at([(3, 3)]), at([(2, 3, 4)])], ("real",)),
    "matrix_set_diag": Case([at([(3, 3), (3,)]), at([(2, 3, 4), (2, 3)])], ("real", "real")),
    "matrix_band_part": Case([at([(4, 4)], {1: 1, 2: 0}), at([(2, 3, 4)], {1: -1, 2: 1})],
                             ("real",)),
    # ---- expm ----
    "expm": Case(SQUARES, ("square",), ulps=64, ints=False),
    # ---- matmul ----
    "matmul": Case(MATMUL, BOTH, ulps=16, specials=False),
    "matmul_grad_a": Case(GRAD_A, ("real",) * 3, ulps=16, skip=(1,), specials=False),
    "matmul_grad_b": Case(GRAD_B, ("real",) * 3, ulps=16, skip=(2,), specials=False),
    # ---- solve ----
    "matrix_inverse": Case(SQUARES, ("square",), ulps=32, ints=False),
    "matrix_determinant": Case(SQUARES, ("square",), ulps=32, ints=False),
    "matrix_solve": Case([at([(3, 3), (3, 2)], adjoint=a) for a in (False, True)],
                         ("square", "real"), ulps=32, ints=False),
    "cholesky": Case(SQUARES, ("symmetric",), ulps=32, ints=False, order=0),
    "slogdet": Case(SQUARES, ("symmetric",), ulps=32, ints=False, order=0),
}
