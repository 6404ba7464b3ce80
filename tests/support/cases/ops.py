"""Rows for the operations of fastgrad/ops, and the one of autodiff."""

import numpy as np
from cases.case import BOTH, Case, LABELS, ONE, SAME, TWO, Variant, at, binary, saved, static, unary

from fastgrad.graph.opdef import OPS

THREE = [Variant(s) for s in [
    ((7,), (7,), (7,)), ((3, 5), (3, 5), (3, 5)), ((3, 1), (3, 5), (5,)), ((), (4,), (4,)),
    ((4,), (), (4,)), ((4,), (4,), ()), ((), (), ()), ((0,), (0,), (1,)), ((5,), (2, 1), (1, 5))]]
REDUCE = [Variant((s,), {"axis": a, "keepdims": k}) for s, a, k in [
    ((), None, False), ((7,), None, False), ((7,), 0, True), ((3, 5), None, True),
    ((3, 5), 0, False), ((3, 5), 1, False), ((3, 5), -1, True), ((2, 3, 4), 1, False),
    ((2, 3, 4), (0, 2), False), ((2, 3, 4), (1, 2), True), ((2, 3, 4), (0, 1), False),
    ((2, 1, 4), 1, False), ((2, 3, 4, 5), (0, 2), True), ((1, 1), None, False),
    ((3, 5), (), False), ((257,), 0, False), ((5, 131), 1, False), ((131, 5), 0, False)]]
REDUCE_EMPTY = [Variant((s,), {"axis": a, "keepdims": k}) for s, a, k in [
    ((0,), None, False), ((2, 0), 1, True), ((0, 3), 0, False), ((2, 0, 3), (0, 1), False)]]
REDUCE_EMPTY_OUT = [Variant((s,), {"axis": a, "keepdims": k}) for s, a, k in [
    ((0, 3), 1, False), ((2, 0, 3), 2, True)]]
ARG = [Variant((s,), {"axis": a}) for s, a in [
    ((7,), 0), ((3, 5), 0), ((3, 5), 1), ((2, 3, 4), 1), ((2, 3, 4), -1), ((1,), 0), ((0, 3), 1),
    ((2, 131), 1), ((131, 2), 0)]]
CONCAT = [Variant(s, {"axis": a}) for s, a in [
    (((3,), (4,)), 0), (((3, 2), (3, 4), (3, 1)), 1), (((2, 3), (0, 3), (4, 3)), 0),
    (((2, 1, 3), (2, 4, 3)), -2), (((5,),), 0), (((0,), (0,)), 0)]]
PIECE = [Variant((OPS["concat"].infer(list(v.shapes), v.attrs), *v.shapes),
                 {**v.attrs, "index": i})
         for v in CONCAT for i in range(len(v.shapes))]
UNREDUCE = [Variant((OPS["reduce_sum"].infer([v.shapes[0]], v.attrs), v.shapes[0]),
                    {**v.attrs, "mean": m}) for v in REDUCE for m in (False, True)]
LIKE = [((), ()), ((3, 5), (3, 5)), ((5,), (3, 5)), ((3, 1), (3, 5)), ((), (4,)), ((1,), (0,)),
        ((2, 1, 1), (2, 3, 4)), ((1, 1), (3, 5))]
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

CASES = {
    # ---- arithmetic ----
    "add": Case(TWO, BOTH),
    "subtract": Case(TWO, BOTH),
    "multiply": Case(TWO, BOTH),
    "divide": Case(TWO, ("real", "nonzero")),
    "pow": Case(TWO, ("positive", "small whole"), ulps=8),
    "maximum": Case(TWO, ("apart", "apart2")),
    "minimum": Case(TWO, ("apart", "apart2")),
    "squared_difference": Case(TWO, BOTH),
    "negative": Case(ONE, ("real",)),
    "log": Case(ONE, ("positive",), ulps=4),
    "sign": Case(ONE, ("apart",)),
    "where": Case(THREE, ("bool", "real", "real"), skip=(0,)),
    "less": Case(TWO, ("few", "few"), order=0),
    "less_equal": Case(TWO, ("few", "few"), order=0),
    "greater": Case(TWO, ("few", "few"), order=0),
    "greater_equal": Case(TWO, ("few", "few"), order=0),
    "equal": Case(TWO, ("few", "few"), order=0),
    "not_equal": Case(TWO, ("few", "few"), order=0),
    "zeros_like": Case(ONE, ("real",), order=0),
    "ones_like": Case(ONE, ("real",), order=0),
    "cast": Case([Variant(v.shapes, {"dtype": np.dtype(d)}) for v in ONE for d in
                  ("float64", "float32", "int32", "int64", "bool")], ("few",), order=0,
                 specials=False),
    "cast_like": Case(SAME, BOTH, skip=(1,)),
    # ---- unary ----
    "exp": Case(ONE, ("real",), ulps=4),
    "square": Case(ONE, ("real",)),
    "sqrt": Case(ONE, ("positive",), ulps=1),
    "sqrt_grad": Case(SAME, ("positive", "real"), ulps=4),
    "abs": Case(ONE, ("apart",)),
    "tanh": Case(ONE, ("real",), ulps=4),
    "tanh_grad": Case(SAME, ("unit", "real"), ulps=4),
    "expm1": unary(),
    "log1p": unary("positive"),
    "reciprocal": unary("nonzero"),
    "rsqrt": unary("positive"),
    "floor": unary(order=0),
    "ceil": unary(order=0),
    "round": unary(order=0),
    "rint": unary(order=0),
    "reciprocal_grad": saved("nonzero", "real"),
    "rsqrt_grad": saved("positive", "real"),
    # ---- trig ----
    "acos": unary("inside"),
    "asin": unary("inside"),
    "atan": unary(),
    "atanh": unary("inside"),
    "acosh": unary("above one"),
    "asinh": unary(),
    "sinh": unary(),
    "cosh": unary(),
    "sin": unary(),
    "cos": unary(),
    "tan": unary("inside", ulps=8),
    # ---- divide ----
    "div": binary("real", "nonzero"),
    "realdiv": binary("real", "nonzero"),
    "div_no_nan": binary("real", "nonzero", ints=False),
    "floordiv": binary("positive", "nonzero", order=0),
    "floormod": binary("positive", "nonzero", order=0),
    "truncatediv": binary("real", "nonzero", order=0),
    "truncatemod": binary("real", "nonzero", order=0),
    # ---- special ----
    "erf": unary(),
    "erfc": unary(ulps=8),
    "lgamma": unary("positive", ulps=16),
    "digamma": unary("positive", ulps=16),
    "atan2": binary("nonzero", "nonzero", ulps=4),
    "xdivy": binary("nonzero", "nonzero", ints=False),
    "xlogy": binary("nonzero", "positive", ulps=4, ints=False),
    # ---- logic ----
    "is_nan": unary(order=0, ints=False),
    "is_inf": unary(order=0, ints=False),
    "is_finite": unary(order=0, ints=False),
    "approximate_equal": Case(SAME, ("few", "few"), order=0, specials=False),
    "logical_and": binary("bool", "bool", order=0, specials=False),
    "logical_or": binary("bool", "bool", order=0, specials=False),
    "logical_xor": binary("bool", "bool", order=0, specials=False),
    "logical_not": Case(ONE, ("bool",), order=0, specials=False),
    # ---- state ----
    "identity_n": Case([at([(3,), (2, 2)]), at([()])], ("real", "real")),
    "choose": Case([at([(), (3, 5), (3, 5)]), at([(), (), ()])], ("bool", "real", "real"),
                   skip=(0,)),
    **{f"{_inner}_over": Case(
        [at([(3, 5)], {1: [0]}, keepdims=True), at([(2, 3, 4)], {1: [-1, 0]}),
         at([(4,)], {1: np.zeros(0, np.int64)}), at([(2, 3)], {1: [0, 1]})],
        ("bool",) if _inner in ("reduce_all", "reduce_any") else ("apart",), ulps=8,
        order=1 if _inner in ("reduce_sum", "reduce_mean", "reduce_max", "reduce_min") else 0,
        ints=_inner != "reduce_mean", specials=False)
       for _inner in ("reduce_sum", "reduce_mean", "whole_mean", "reduce_max", "reduce_min",
                      "reduce_prod", "reduce_all", "reduce_any")},
    "transpose_by": Case([at([(2, 3)], {1: [1, 0]}), at([(2, 3, 4)], {1: [2, 0, 1]})], ("real",)),
    "identity": Case(ONE, ("real",)),
    "stop_gradient": Case(ONE, ("real",), order=0),
    # ---- reshape ----
    "reshape": Case(static(1, [((), (1, 1)), ((6,), (2, 3)), ((2, 3), (-1,)), ((2, 3), (3, -1)),
                                ((0, 3), (3, 0)), ((4,), (4,)), ((1,), ())]), ("real",)),
    "reshape_like": Case([Variant(s) for s in [((6,), (2, 3)), ((), (1, 1)), ((0,), (0, 4)),
                                               ((2, 3), (2, 3))]], BOTH, skip=(1,)),
    "rank_like": Case([Variant(s) for s in [((3,), (3, 2, 1)), ((), (2, 2)), ((0,), (0, 4)),
                                            ((2, 3), (2, 3))]], BOTH, skip=(1,)),
    "expand_dims": Case([Variant((s,), {"axis": a}) for s, a in [
        ((), 0), ((3,), -1), ((3, 2), 1), ((0,), 0)]], ("real",)),
    "squeeze": Case([Variant((s,), {"axis": a}) for s, a in [
        ((1, 3, 1), None), ((1, 3, 1), 0), ((1, 3, 1), (0, 2)), ((1, 3, 1), -1), ((1, 0), 0),
        ((3,), None)]], ("real",)),
    "transpose": Case([Variant((s,), {"perm": p}) for s, p in [
        ((), None), ((5,), None), ((3, 5), None), ((3, 5), (0, 1)), ((2, 3, 4), (1, 2, 0)),
        ((2, 3, 4), (0, 2, 1)), ((1, 3, 1, 2), (3, 0, 1, 2)), ((0, 3), None),
        ((33, 65), None)]], ("real",)),
    "broadcast_to": Case(static(1, [((), (3,)), ((3,), (2, 3)), ((2, 1), (2, 4)), ((1,), (0,)),
                                     ((2, 1, 3), (4, 2, 5, 3)), ((3,), (3,))]), ("real",)),
    "sum_to": Case([Variant((full, small)) for small, full in LIKE], BOTH, ulps=8, skip=(1,)),
    "broadcast_like": Case([Variant(s) for s in LIKE], BOTH, skip=(1,)),
    "unreduce": Case(UNREDUCE, BOTH, ulps=2, skip=(1,), ints=False),
    "matrix_transpose": Case(
        [at([(2, 3)]), at([(2, 3, 4)]), at([(0, 3)])], ("real",)),
    # ---- shape ----
    "shape": Case(ONE, ("real",), order=0),
    "size": Case(ONE, ("real",), order=0),
    "rank": unary(order=0),
    # ---- join ----
    "concat": Case(CONCAT, ("real",) * 3),
    "concat_piece": Case(PIECE, ("real",) * 4, skip=(1, 2, 3)),
    "pack": Case([at([(3,)] * 2, axis=0), at([(3, 2)] * 3, axis=1), at([()] * 2, axis=0),
                  at([(0,)] * 2, axis=-1)], ("real",) * 3),
    # ---- pad ----
    "tile": Case([at([(3,)], {1: [2]}), at([(2, 3)], {1: [3, 2]}), at([(2,)], {1: [0]})],
                 ("real",)),
    "reverse": Case([at([(5,)], axis=(0,)), at([(3, 4)], axis=(1,)), at([(3, 4)], axis=(0, 1)),
                     at([(0,)], axis=(0,))], ("real",)),
    "pad": Case(PADS, ("real",)),
    "mirror_pad": Case(MIRRORS, ("real",)),
    "slice": Case([at([(5,)], {1: [1], 2: [3]}), at([(3, 4)], {1: [0, 1], 2: [2, -1]})],
                  ("real",)),
    # ---- make ----
    "one_hot": Case([at([(3,), (), ()], {1: 4}, axis=-1), at([(2, 3), (), ()], {1: 3}, axis=0),
                     at([(0,), (), ()], {1: 3}, axis=-1)], ("index", "real", "real"), order=0),
    # ---- where ----
    "invert_permutation": Case([at([(5,)]), at([(1,)])], ("permutation",), order=0),
    # ---- order ----
    "roll": Case([at([(5,)], shift=(2,), axis=(0,)), at([(3, 4)], shift=(-1, 1), axis=(0, 1))],
                 ("real",)),
    "reverse_sequence": Case([at([(2, 3), (2,)], seq_axis=1, batch_axis=0)], ("real", "index"),
                             skip=(1,)),
    "argsort": Case([at([(7,)], axis=-1, descending=d) for d in (False, True)] + [
        at([(3, 5)], axis=0), at([(0,)], axis=-1)], ("apart",), order=0),
    # ---- reduce ----
    "reduce_sum": Case(REDUCE + REDUCE_EMPTY + REDUCE_EMPTY_OUT, ("real",), ulps=16),
    "reduce_mean": Case(REDUCE + REDUCE_EMPTY + REDUCE_EMPTY_OUT, ("real",), ulps=16),
    "reduce_max": Case(REDUCE + REDUCE_EMPTY_OUT, ("apart",)),
    "reduce_min": Case(REDUCE + REDUCE_EMPTY_OUT, ("apart",)),
    "argmax": Case(ARG, ("few",), order=0),
    "argmin": Case(ARG, ("few",), order=0),
    "reduce_prod": Case(REDUCED, ("nonzero",), ulps=8),
    "reduce_all": Case(REDUCED, ("bool",), order=0, specials=False),
    "reduce_any": Case(REDUCED, ("bool",), order=0, specials=False),
    # ---- scan ----
    "cumsum": Case(SCANS, ("real",), ulps=8),
    "cumprod": Case(SCANS, ("nonzero",), ulps=8),
    # ---- gather ----
    "gather": Case([at([(4,), (3,)], axis=0), at([(4, 2), (2, 2)], axis=0),
                    at([(2, 4), (5,)], axis=1), at([(4, 2), ()], axis=0),
                    at([(4, 2), (0,)], axis=0)], ("real", "index"), skip=(1,)),
    "gather_nd": Case([at([(4, 3), (2, 1)]), at([(4, 3), (5, 2)])], ("real", "index"), skip=(1,)),
    "scatter_nd": Case([at([(2, 1), (2,)], {2: [4]}), at([(2, 1), (2, 3)], {2: [4, 3]})],
                       ("index", "real"), skip=(0,)),
    "tensor_scatter_add": Case(SCATTER, ("real", "index", "real"), ulps=4, skip=(1,)),
    "tensor_scatter_sub": Case(SCATTER, ("real", "index", "real"), ulps=4, skip=(1,)),
    "take_label": Case(LABELS, ("real", "index"), order=0),
    # ---- segment ----
    "segment_sum": Case(SEGMENTS, ("real", "sorted index"), ulps=8, skip=(1,)),
    "segment_max": Case(SEGMENTS, ("apart", "sorted index"), skip=(1,), order=1),
    "segment_min": Case(SEGMENTS, ("apart", "sorted index"), skip=(1,), order=1),
    "segment_prod": Case(SEGMENTS, ("real", "sorted index"), ulps=8, order=0),
    "unsorted_segment_sum": Case(UNSORTED, ("real", "index"), ulps=8, skip=(1,)),
    "unsorted_segment_max": Case(FULL, ("apart", "index"), skip=(1,), order=1),
    "unsorted_segment_min": Case(FULL, ("apart", "index"), skip=(1,), order=1),
    # ---- norms ----
    "add_n": Case([at([(3,)]), at([(3, 2)] * 3), at([(0,)] * 2)], ("real",) * 3),
    # ---- gradients ----
    "loss_seed": Case([Variant(((),))], ("real",), order=0),
}
