"""One table, a row per op: the shapes, values and attributes that every op is tested on.

`test_ops.py` and `test_gradients.py` run each row; a test fails if an op in `registry.OPS` has
none. A new op gets its row here and nothing else. Rows build operations by `registry.make`, so
that ops without a public function (`tanh_grad`, `sum_to`) are met as directly as others.

A row has variants: the inputs' shapes, with attributes or static inputs where they matter.
"""

import dataclasses

import numpy as np
from fastgrad.compiler.rules import (  # noqa: F401  (registers the products that plans use)
    lower_matmul)
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.opdef import OPS
from fastgrad.graph.build import make


@dataclasses.dataclass(frozen=True)
class Variant:
    """Shapes of the tensor inputs, attributes, and values of static inputs by position."""
    shapes: tuple
    attrs: dict = dataclasses.field(default_factory=dict)
    static: dict = dataclasses.field(default_factory=dict)

    def __str__(self):
        return " ".join([str(self.shapes), str(self.attrs or ""), str(self.static or "")]).strip()


@dataclasses.dataclass(frozen=True)
class Case:
    """What an op is tested on.

    Attributes
    ----------
    variants : list of Variant
    domain : a name from DOMAINS for each input
    ulps : how far from the reference, in units of the dtype's epsilon times the result's size
    ints : whether integers are tried
    order : derivatives that exist and are checked: 0, 1 or 2
    skip : inputs without a gradient
    specials : whether rows with NaN and infinities are compared too
    """
    variants: list
    domain: tuple
    ulps: float = 0
    ints: bool = True
    order: int = 2
    skip: tuple = ()
    specials: bool = True


def build(op_type, inputs, variant):
    """The op on these nodes or arrays; its outputs, as a list of Tensors."""
    opdef, inputs = OPS[op_type], [as_tensor(x) for x in inputs]
    for i, value in sorted(variant.static.items()):
        inputs.insert(i, as_tensor(np.array(value)))
    found = make(opdef, inputs, {**opdef.attrs, **variant.attrs})
    return found if isinstance(found, list) else [found]


# ---- values -----------------------------------------------------------------------------

def _apart(random, shape, start):
    """Values at least 0.05 from each other, from those of another start, and from 0."""
    n = int(np.prod(shape))
    return (random.permutation(n) - n // 2 + start).reshape(shape) * 0.1


DOMAINS = {
    "real": lambda random, shape: 2 * random.standard_normal(shape),
    "positive": lambda random, shape: 0.5 + 2 * random.random(shape),
    "nonzero": lambda random, shape: (random.choice([-1, 1], shape) * (0.3 + random.random(shape))),
    "unit": lambda random, shape: 0.05 + 0.9 * random.random(shape),
    "apart": lambda random, shape: _apart(random, shape, 0.3),
    "apart2": lambda random, shape: _apart(random, shape, 0.8),
    "few": lambda random, shape: random.integers(-2, 3, shape),
    "bool": lambda random, shape: random.random(shape) < 0.5,
    "shares": lambda random, shape: _shares(random, shape),
    "log shares": lambda random, shape: np.log(_shares(random, shape)),
    "small whole": lambda random, shape: random.integers(0, 4, shape),
    "index": lambda random, shape: random.integers(0, 3, shape),
    "sorted index": lambda random, shape: np.sort(random.integers(0, 3, shape), axis=0),
    "permutation": lambda random, shape: random.permutation(shape[0]),
    "square": lambda random, shape: random.standard_normal(shape) * 0.3 + np.eye(shape[-1]),
    "symmetric": lambda random, shape: _symmetric(random, shape),
    "above one": lambda random, shape: 1.3 + random.random(shape),
    "inside": lambda random, shape: random.uniform(-0.6, 0.6, shape),
}
# domains that have a dtype of their own
FIXED = {"bool": np.bool_, "index": np.int64, "sorted index": np.int64, "permutation": np.int64}


def _shares(random, shape):
    """Rows that sum to 1."""
    x = 0.1 + random.random(shape)
    return x / x.sum(-1, keepdims=True) if x.ndim else x


def _symmetric(random, shape):
    """Positive definite, with eigenvalues apart."""
    x = random.standard_normal(shape) * 0.2
    return x @ np.swapaxes(x, -1, -2) + np.diag(1.0 + np.arange(shape[-1]))


def values(case, variant, dtype, seed=0):
    """Arrays for a variant; whole numbers from the same domain for integer dtypes."""
    random = np.random.default_rng(seed)
    found = []
    for name, shape in zip(case.domain, variant.shapes):
        x = DOMAINS[name](random, shape)
        kind = np.dtype(FIXED.get(name, dtype))
        if kind.kind in "iu" and name not in FIXED:
            x = np.rint(np.asarray(x) * 3)
            x = np.where(x == 0, 1, x) if name in ("nonzero", "positive", "unit") else x
            x = x % 4 if name == "small whole" else x
        found.append(np.asarray(x).astype(kind))
    return found


# ---- shapes -----------------------------------------------------------------------------

ONE = [Variant((s,)) for s in
       [(), (1,), (7,), (257,), (3, 5), (0,), (2, 0, 3), (1, 4, 1)]]
SAME = [Variant((s, s)) for s in [(), (1,), (7,), (259,), (3, 5), (0,), (2, 0, 3)]]
TWO = SAME + [Variant(s) for s in [
    ((3, 5), (5,)), ((3, 5), (3, 1)), ((5,), (3, 5)), ((1, 5), (3, 1)), ((), (4,)), ((4,), ()),
    ((2, 1, 3), (4, 1)), ((0,), (1,)), ((2, 0, 3), (3,)), ((2, 3, 4, 5), (3, 1, 5)),
    ((3, 1), (1, 7)), ((1,), (33,)), ((67,), (1,)), ((4, 33), (1, 1)), ((2, 3), (2, 1, 1))]]
THREE = [Variant(s) for s in [
    ((7,), (7,), (7,)), ((3, 5), (3, 5), (3, 5)), ((3, 1), (3, 5), (5,)), ((), (4,), (4,)),
    ((4,), (), (4,)), ((4,), (4,), ()), ((), (), ()), ((0,), (0,), (1,)), ((5,), (2, 1), (1, 5))]]
ROWS = [((1,), -1), ((7,), 0), ((3, 5), 1), ((3, 5), 0), ((2, 3, 4), 1), ((2, 3, 4), -3),
        ((0, 4), 1), ((3, 1), 1), ((2, 33), -1), ((3, 65), 1)]
ROWWISE = [Variant((s,), {"axis": a}) for s, a in ROWS]
ROWWISE2 = [Variant((s, s), {"axis": a}) for s, a in ROWS]
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
XENT = [((3, 5), (3, 5)), ((5,), (5,)), ((2, 3, 4), (2, 3, 4)), ((4, 1), (4, 1)),
        ((0, 3), (0, 3)), ((2, 33), (2, 33))]


def _static(position, pairs):
    return [Variant((s,), static={position: v}) for s, v in pairs]


# ---- the table --------------------------------------------------------------------------

_BOTH = ("real", "real")
CASES = {
    "identity": Case(ONE, ("real",)),
    "stop_gradient": Case(ONE, ("real",), order=0),
    "add": Case(TWO, _BOTH),
    "subtract": Case(TWO, _BOTH),
    "multiply": Case(TWO, _BOTH),
    "divide": Case(TWO, ("real", "nonzero")),
    "pow": Case(TWO, ("positive", "small whole"), ulps=8),
    "maximum": Case(TWO, ("apart", "apart2")),
    "minimum": Case(TWO, ("apart", "apart2")),
    "squared_difference": Case(TWO, _BOTH),
    "negative": Case(ONE, ("real",)),
    "exp": Case(ONE, ("real",), ulps=4),
    "log": Case(ONE, ("positive",), ulps=4),
    "square": Case(ONE, ("real",)),
    "sqrt": Case(ONE, ("positive",), ulps=1),
    "sqrt_grad": Case(SAME, ("positive", "real"), ulps=4),
    "abs": Case(ONE, ("apart",)),
    "sign": Case(ONE, ("apart",)),
    "tanh": Case(ONE, ("real",), ulps=4),
    "tanh_grad": Case(SAME, ("unit", "real"), ulps=4),
    "sigmoid": Case(ONE, ("real",), ulps=4),
    "sigmoid_grad": Case(SAME, ("unit", "real"), ulps=4),
    "relu": Case(ONE, ("apart",)),
    "relu_grad": Case(SAME, ("apart", "real")),
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
    "cast_like": Case(SAME, _BOTH, skip=(1,)),
    "reshape": Case(_static(1, [((), (1, 1)), ((6,), (2, 3)), ((2, 3), (-1,)), ((2, 3), (3, -1)),
                                ((0, 3), (3, 0)), ((4,), (4,)), ((1,), ())]), ("real",)),
    "reshape_like": Case([Variant(s) for s in [((6,), (2, 3)), ((), (1, 1)), ((0,), (0, 4)),
                                               ((2, 3), (2, 3))]], _BOTH, skip=(1,)),
    "rank_like": Case([Variant(s) for s in [((3,), (3, 2, 1)), ((), (2, 2)), ((0,), (0, 4)),
                                            ((2, 3), (2, 3))]], _BOTH, skip=(1,)),
    "expand_dims": Case([Variant((s,), {"axis": a}) for s, a in [
        ((), 0), ((3,), -1), ((3, 2), 1), ((0,), 0)]], ("real",)),
    "squeeze": Case([Variant((s,), {"axis": a}) for s, a in [
        ((1, 3, 1), None), ((1, 3, 1), 0), ((1, 3, 1), (0, 2)), ((1, 3, 1), -1), ((1, 0), 0),
        ((3,), None)]], ("real",)),
    "transpose": Case([Variant((s,), {"perm": p}) for s, p in [
        ((), None), ((5,), None), ((3, 5), None), ((3, 5), (0, 1)), ((2, 3, 4), (1, 2, 0)),
        ((2, 3, 4), (0, 2, 1)), ((1, 3, 1, 2), (3, 0, 1, 2)), ((0, 3), None),
        ((33, 65), None)]], ("real",)),
    "broadcast_to": Case(_static(1, [((), (3,)), ((3,), (2, 3)), ((2, 1), (2, 4)), ((1,), (0,)),
                                     ((2, 1, 3), (4, 2, 5, 3)), ((3,), (3,))]), ("real",)),
    "concat": Case(CONCAT, ("real",) * 3),
    "concat_piece": Case(PIECE, ("real",) * 4, skip=(1, 2, 3)),
    "sum_to": Case([Variant((full, small)) for small, full in LIKE], _BOTH, ulps=8, skip=(1,)),
    "broadcast_like": Case([Variant(s) for s in LIKE], _BOTH, skip=(1,)),
    "unreduce": Case(UNREDUCE, _BOTH, ulps=2, skip=(1,), ints=False),
    "shape": Case(ONE, ("real",), order=0),
    "size": Case(ONE, ("real",), order=0),
    "reduce_sum": Case(REDUCE + REDUCE_EMPTY + REDUCE_EMPTY_OUT, ("real",), ulps=16),
    "reduce_mean": Case(REDUCE + REDUCE_EMPTY + REDUCE_EMPTY_OUT, ("real",), ulps=16),
    "reduce_max": Case(REDUCE + REDUCE_EMPTY_OUT, ("apart",)),
    "reduce_min": Case(REDUCE + REDUCE_EMPTY_OUT, ("apart",)),
    "argmax": Case(ARG, ("few",), order=0),
    "argmin": Case(ARG, ("few",), order=0),
    "matmul": Case(MATMUL, _BOTH, ulps=16, specials=False),
    "matmul_grad_a": Case(GRAD_A, ("real",) * 3, ulps=16, skip=(1,), specials=False),
    "matmul_grad_b": Case(GRAD_B, ("real",) * 3, ulps=16, skip=(2,), specials=False),
    "softmax": Case(ROWWISE, ("real",), ulps=8),
    "softmax_grad": Case(ROWWISE2, ("shares", "real"), ulps=16),
    "log_softmax": Case(ROWWISE, ("real",), ulps=8),
    "log_softmax_grad": Case(ROWWISE2, ("log shares", "real"), ulps=16),
    "softmax_xent": Case([Variant(s) for s in XENT], ("real", "unit"), ulps=16),
    "softmax_xent_grad": Case([Variant((*s, s[0][:-1] + (1,))) for s in XENT] +
                              [Variant((*s, (1,) * len(s[0]))) for s in XENT],
                              ("real", "unit", "real"), ulps=16),
    "loss_seed": Case([Variant(((),))], ("real",), order=0),
}

# Ops without a row, and where they are tested instead.
ELSEWHERE = {
    "placeholder": "a source of values: test_api.py, test_errors.py",
    "constant": "a source of values: every test that writes a number",
    "variable": "a source of values: test_api_ops.py",
    "assign": "writes a variable: test_plan.py, test_fuzz.py",
    "assign_add": "writes a variable: test_plan.py, test_fuzz.py",
    "assign_sub": "writes a variable: test_plan.py, test_fuzz.py",
    "apply_gradient_descent": "writes a variable: test_plan.py, test_fuzz.py",
    "group": "has no value: test_plan.py",
    "python_gradient": "calls a user's function: test_api_gradients.py, test_fuzz.py",
    "snapshot": "made by plans only: test_plan.py",
    "gemm": "what plans make of matmul, whose row covers it",
    "bgemm": "what plans make of matmul, whose row covers it",
}
