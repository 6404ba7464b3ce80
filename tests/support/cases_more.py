"""The table's second half: rows for the ops beyond the tutorial's, in the form of `cases.py`.

`at` builds variants with inputs whose values must be known when a plan is made, by position.
"""

import cases
import fastgrad.compat.v1  # noqa: F401  (registers the ops that are imported when first used)
from cases import ONE, SAME, TWO, Case, Variant


def at(shapes, static=None, **attrs):
    return Variant(tuple(shapes), attrs, static or {})


def unary(domain="real", ulps=4, **fields):
    return Case(ONE, (domain,), ulps=ulps, **fields)


def binary(*domains, **fields):
    return Case(TWO, domains or ("real", "real"), **fields)


def saved(*domains, **fields):
    return Case(SAME, domains, ulps=4, **fields)


SQUARES = [at([(1, 1)]), at([(3, 3)]), at([(2, 4, 4)])]
SCANS = [at([s], axis=a, exclusive=e, reverse=r) for s, a in
         [((5,), 0), ((3, 4), 1), ((3, 4), 0), ((2, 3, 4), 1), ((0,), 0)]
         for e in (False, True) for r in (False, True)]
REDUCED = [at([s], axis=a, keepdims=k) for s, a, k in [
    ((), None, False), ((7,), None, True), ((3, 5), 0, False), ((3, 5), 1, True),
    ((2, 3, 4), (0, 2), False), ((0, 3), 0, False), ((0, 3), 1, False), ((2, 33), 1, False)]]
PADS = [at([(3,)], {1: [[1, 2]]}), at([(2, 3)], {1: [[0, 1], [2, 0]]}),
        at([(0, 2)], {1: [[1, 1], [0, 0]]})]
MIRRORS = [at([(4,)], {1: [[1, 2]]}, mode=m) for m in ("reflect", "symmetric")] + [
    at([(3, 4)], {1: [[1, 0], [2, 1]]}, mode=m) for m in ("reflect", "symmetric")]
SEGMENTS = [at([(4,), (4,)]), at([(4, 3), (4,)]), at([(5, 2, 2), (5,)])]
UNSORTED = [at([(4,), (4,)], {2: 3}), at([(4, 3), (4,)], {2: 4}), at([(0, 2), (0,)], {2: 3})]
FULL = [at([(9,), (9,)], {2: 3}), at([(9, 2), (9,)], {2: 3})]      # no segment without a row
SCATTER = [at([(4,), (2, 1), (2,)]), at([(4, 3), (2, 1), (2, 3)])]
LABELS = [at([(4, 3), (4,)]), at([(2, 4, 5), (2, 4)]), at([(1, 3), (1,)]), at([(33, 7), (33,)])]

MORE_CASES = {
    # ---- elementwise ----
    "acos": unary("inside"), "asin": unary("inside"), "atan": unary(), "atanh": unary("inside"),
    "acosh": unary("above one"), "asinh": unary(), "sinh": unary(), "cosh": unary(),
    "sin": unary(), "cos": unary(), "tan": unary("inside", ulps=8),
    "erf": unary(), "erfc": unary(ulps=8), "expm1": unary(), "log1p": unary("positive"),
    "lgamma": unary("positive", ulps=16), "digamma": unary("positive", ulps=16),
    "reciprocal": unary("nonzero"), "rsqrt": unary("positive"),
    "floor": unary(order=0), "ceil": unary(order=0), "round": unary(order=0),
    "rint": unary(order=0), "elu": unary("apart"), "selu": unary("apart"),
    "leaky_relu": unary("apart"), "relu6": unary("apart", ints=False),
    "softplus": unary(), "softsign": unary("apart"), "log_sigmoid": unary(),
    "is_nan": unary(order=0, ints=False), "is_inf": unary(order=0, ints=False),
    "is_finite": unary(order=0, ints=False),
    "elu_grad": saved("apart", "real", ints=False), "selu_grad": saved("apart", "real", ints=False),
    "leaky_relu_grad": saved("apart", "real", ints=False),
    "relu6_grad": saved("apart", "real", ints=False),
    "softplus_grad": saved("real", "real"), "softsign_grad": saved("apart", "real"),
    "reciprocal_grad": saved("nonzero", "real"), "rsqrt_grad": saved("positive", "real"),
    "atan2": binary("nonzero", "nonzero", ulps=4),
    "div": binary("real", "nonzero"), "realdiv": binary("real", "nonzero"),
    "div_no_nan": binary("real", "nonzero", ints=False),
    "floordiv": binary("positive", "nonzero", order=0),
    "floormod": binary("positive", "nonzero", order=0),
    "truncatediv": binary("real", "nonzero", order=0),
    "truncatemod": binary("real", "nonzero", order=0),
    "xdivy": binary("nonzero", "nonzero", ints=False),
    "xlogy": binary("nonzero", "positive", ulps=4, ints=False),
    "sigmoid_xent": binary("apart", "unit", ulps=4, ints=False),
    "approximate_equal": Case(SAME, ("few", "few"), order=0, specials=False),
    "logical_and": binary("bool", "bool", order=0, specials=False),
    "logical_or": binary("bool", "bool", order=0, specials=False),
    "logical_xor": binary("bool", "bool", order=0, specials=False),
    "logical_not": Case(ONE, ("bool",), order=0, specials=False),
    "add_n": Case([at([(3,)]), at([(3, 2)] * 3), at([(0,)] * 2)], ("real",) * 3),
    # ---- shapes and movement ----
    "rank": unary(order=0), "matrix_transpose": Case(
        [at([(2, 3)]), at([(2, 3, 4)]), at([(0, 3)])], ("real",)),
    "pack": Case([at([(3,)] * 2, axis=0), at([(3, 2)] * 3, axis=1), at([()] * 2, axis=0),
                  at([(0,)] * 2, axis=-1)], ("real",) * 3),
    "tile": Case([at([(3,)], {1: [2]}), at([(2, 3)], {1: [3, 2]}), at([(2,)], {1: [0]})],
                 ("real",)),
    "reverse": Case([at([(5,)], axis=(0,)), at([(3, 4)], axis=(1,)), at([(3, 4)], axis=(0, 1)),
                     at([(0,)], axis=(0,))], ("real",)),
    "pad": Case(PADS, ("real",)), "mirror_pad": Case(MIRRORS, ("real",)),
    "roll": Case([at([(5,)], shift=(2,), axis=(0,)), at([(3, 4)], shift=(-1, 1), axis=(0, 1))],
                 ("real",)),
    "reverse_sequence": Case([at([(2, 3), (2,)], seq_axis=1, batch_axis=0)], ("real", "index"),
                             skip=(1,)),
    "argsort": Case([at([(7,)], axis=-1, descending=d) for d in (False, True)] + [
        at([(3, 5)], axis=0), at([(0,)], axis=-1)], ("apart",), order=0),
    "diag": Case([at([(3,)]), at([(2, 3)])], ("real",)),
    "diag_part": Case([at([(3, 3)]), at([(2, 3, 2, 3)])], ("real",)),
    "matrix_diag": Case([at([(3,)]), at([(2, 3)])], ("real",)),
    "matrix_diag_part": Case([at([(3, 3)]), at([(2, 3, 4)])], ("real",)),
    "matrix_set_diag": Case([at([(3, 3), (3,)]), at([(2, 3, 4), (2, 3)])], ("real", "real")),
    "matrix_band_part": Case([at([(4, 4)], {1: 1, 2: 0}), at([(2, 3, 4)], {1: -1, 2: 1})],
                             ("real",)),
    "slice": Case([at([(5,)], {1: [1], 2: [3]}), at([(3, 4)], {1: [0, 1], 2: [2, -1]})],
                  ("real",)),
    # ---- indices ----
    "gather": Case([at([(4,), (3,)], axis=0), at([(4, 2), (2, 2)], axis=0),
                    at([(2, 4), (5,)], axis=1), at([(4, 2), ()], axis=0),
                    at([(4, 2), (0,)], axis=0)], ("real", "index"), skip=(1,)),
    "gather_nd": Case([at([(4, 3), (2, 1)]), at([(4, 3), (5, 2)])], ("real", "index"), skip=(1,)),
    "scatter_nd": Case([at([(2, 1), (2,)], {2: [4]}), at([(2, 1), (2, 3)], {2: [4, 3]})],
                       ("index", "real"), skip=(0,)),
    "tensor_scatter_add": Case(SCATTER, ("real", "index", "real"), ulps=4, skip=(1,)),
    "tensor_scatter_sub": Case(SCATTER, ("real", "index", "real"), ulps=4, skip=(1,)),
    "segment_sum": Case(SEGMENTS, ("real", "sorted index"), ulps=8, skip=(1,)),
    "segment_max": Case(SEGMENTS, ("apart", "sorted index"), skip=(1,), order=1),
    "segment_min": Case(SEGMENTS, ("apart", "sorted index"), skip=(1,), order=1),
    "segment_prod": Case(SEGMENTS, ("real", "sorted index"), ulps=8, order=0),
    "unsorted_segment_sum": Case(UNSORTED, ("real", "index"), ulps=8, skip=(1,)),
    "unsorted_segment_max": Case(FULL, ("apart", "index"), skip=(1,), order=1),
    "unsorted_segment_min": Case(FULL, ("apart", "index"), skip=(1,), order=1),
    "one_hot": Case([at([(3,), (), ()], {1: 4}, axis=-1), at([(2, 3), (), ()], {1: 3}, axis=0),
                     at([(0,), (), ()], {1: 3}, axis=-1)], ("index", "real", "real"), order=0),
    "invert_permutation": Case([at([(5,)]), at([(1,)])], ("permutation",), order=0),
    "top_k": Case([at([(7,)], {1: 3}), at([(3, 5)], {1: 2}), at([(2, 3)], {1: 0})], ("apart",)),
    "take_label": Case(LABELS, ("real", "index"), order=0),
    "sparse_softmax_xent": Case(LABELS, ("real", "index"), ulps=16, skip=(1,)),
    # ---- reductions, scans ----
    "reduce_prod": Case(REDUCED, ("nonzero",), ulps=8),
    "reduce_all": Case(REDUCED, ("bool",), order=0, specials=False),
    "reduce_any": Case(REDUCED, ("bool",), order=0, specials=False),
    "cumsum": Case(SCANS, ("real",), ulps=8), "cumprod": Case(SCANS, ("nonzero",), ulps=8),
    # ---- matrices ----
    "matrix_inverse": Case(SQUARES, ("square",), ulps=32, ints=False),
    "matrix_determinant": Case(SQUARES, ("square",), ulps=32, ints=False),
    "expm": Case(SQUARES, ("square",), ulps=64, ints=False),
    "matrix_solve": Case([at([(3, 3), (3, 2)], adjoint=a) for a in (False, True)],
                         ("square", "real"), ulps=32, ints=False),
    "cholesky": Case(SQUARES, ("symmetric",), ulps=32, ints=False, order=0),
    "qr": Case(SQUARES, ("square",), ulps=64, ints=False, order=0),
    "slogdet": Case(SQUARES, ("symmetric",), ulps=32, ints=False, order=0),
}

CASES = {**cases.CASES, **MORE_CASES}

# Ops without a row, by the reason for it.
ELSEWHERE = dict(cases.ELSEWHERE)
for _reason, _types in {
    "updates of optimizers, against their formulas: test_kernels_update.py": """
        apply_adadelta apply_adadelta_rows apply_adagrad apply_adagrad_rows apply_adam
        apply_centered_rms_prop apply_centered_rms_prop_rows apply_ftrl apply_ftrl_rows
        apply_gradient_descent_rows apply_momentum apply_momentum_rows apply_rms_prop
        apply_rms_prop_rows apply_proximal_adagrad_rows apply_proximal_gradient_descent_rows
        assign_mul merge_rows scatter_elements scatter_rows""",
    "draws: a plan and the reference have streams of their own": """
        candidates dropout_mask dropout_mask_as multinomial random_integers random_poisson random_shuffle
        standard_gamma standard_normal standard_uniform truncated_normal""",
    "of strings: test_text.py": "as_string edit_distance string_join",
    "evaluated by a session between plans, which the reference does without": """
        assert_ assign_shaped at_most_one check_initialized cond_ is_initialized print_ py_function
        report_uninitialized summary_ while_ while_grad""",
    "only the plan's own form of another op whose row covers it": "whole_mean orthonormal not_zero",
    "results of a size that depends on values, by the same ref on both sides": """
        bincount confusion_matrix dynamic_partition dynamic_stitch histogram setdiff1d unique
        unique_with_counts
        where_indices""",
    "no input but static ones: folded, so that ref is all there is": """
        eye filled filled_as linspace range""",
    "hold a function of the program's own: test_api_gradients.py": "own_gradient own_gradients",
    "LAPACK through NumPy on both sides": """
        matrix_triangular_solve self_adjoint_eig svd""",
    "a gradient op of one above, whose own second order covers it": """
        gather_grad mirror_pad_grad product_of_others sparse_softmax_xent_grad
        strided_slice_grad tile_grad""",
    "what derivatives of products are made of, with theirs: test_zeros.py": """
        in_rows out_of_rows recurrence shifted""",
    "through operators and functions of the API: indexing, split, unstack, scatter": """
        bitcast in_top_k polygamma put_in_order searchsorted select split strided_slice
        take_in_order tensor_scatter_update unpack unsorted_segment_prod""",
    "integers and shapes, or a check on the way, against TensorFlow's values: tf1/variants.py": """
        bitwise_and bitwise_or bitwise_xor invert left_shift right_shift broadcast_dynamic_shape
        ensure_shape shape_ends_with sparse_to_dense weights_of""",
}.items():
    ELSEWHERE.update((_t, _reason) for _t in _types.split())
