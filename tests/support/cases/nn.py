"""Rows for the operations of fastgrad/nn."""

from cases.case import Case, LABELS, ONE, SAME, Variant, at, binary, saved, unary

ROWS = [((1,), -1), ((7,), 0), ((3, 5), 1), ((3, 5), 0), ((2, 3, 4), 1), ((2, 3, 4), -3),
        ((0, 4), 1), ((3, 1), 1), ((2, 33), -1), ((3, 65), 1)]
ROWWISE = [Variant((s,), {"axis": a}) for s, a in ROWS]
ROWWISE2 = [Variant((s, s), {"axis": a}) for s, a in ROWS]
XENT = [((3, 5), (3, 5)), ((5,), (5,)), ((2, 3, 4), (2, 3, 4)), ((4, 1), (4, 1)),
        ((0, 3), (0, 3)), ((2, 33), (2, 33))]

CASES = {
    # ---- activations ----
    "sigmoid": Case(ONE, ("real",), ulps=4),
    "sigmoid_grad": Case(SAME, ("unit", "real"), ulps=4),
    "relu": Case(ONE, ("apart",)),
    "relu_grad": Case(SAME, ("apart", "real")),
    "elu": unary("apart"),
    "selu": unary("apart"),
    "leaky_relu": unary("apart"),
    "relu6": unary("apart", ints=False),
    "softplus": unary(),
    "softsign": unary("apart"),
    "log_sigmoid": unary(),
    "elu_grad": saved("apart", "real", ints=False),
    "selu_grad": saved("apart", "real", ints=False),
    "leaky_relu_grad": saved("apart", "real", ints=False),
    "relu6_grad": saved("apart", "real", ints=False),
    "softplus_grad": saved("real", "real"),
    "softsign_grad": saved("apart", "real"),
    # ---- cross_entropy ----
    "softmax_xent": Case([Variant(s) for s in XENT], ("real", "unit"), ulps=16),
    "softmax_xent_grad": Case([Variant((*s, s[0][:-1] + (1,))) for s in XENT] +
                              [Variant((*s, (1,) * len(s[0]))) for s in XENT],
                              ("real", "unit", "real"), ulps=16),
    "sigmoid_xent": binary("apart", "unit", ulps=4, ints=False),
    "sparse_softmax_xent": Case(LABELS, ("real", "index"), ulps=16, skip=(1,)),
    # ---- lookup ----
    "top_k": Case([at([(7,)], {1: 3}), at([(3, 5)], {1: 2}), at([(2, 3)], {1: 0})], ("apart",)),
    # ---- softmax ----
    "softmax": Case(ROWWISE, ("real",), ulps=8),
    "softmax_grad": Case(ROWWISE2, ("shares", "real"), ulps=16),
    "log_softmax": Case(ROWWISE, ("real",), ulps=8),
    "log_softmax_grad": Case(ROWWISE2, ("log shares", "real"), ulps=16),
}
