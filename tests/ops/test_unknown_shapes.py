"""Operations of tensors whose shape, or dtype, only a run knows: values and gradients are the same.

A placeholder without a shape is common in TensorFlow code, and a rule that asks for `_shape[-1]`
fails on it. Each row of `cases` is run with its inputs declared in full and again with less.
"""

import numpy as np
import pytest
from cases import CASES, build, values

import fastgrad as fg

DECLARED = {
    "all": lambda a: (a.dtype, a.shape),
    "rank": lambda a: (a.dtype, (None,) * a.ndim),
    "dtype": lambda a: (a.dtype,),
    "nothing": lambda a: (),
}


@pytest.fixture(autouse=True)
def fresh_graph():
    fg.reset_default_graph()


def results(op_type, variant, order, declared):
    """The outputs, their gradients and second gradients, as arrays."""
    case = CASES[op_type]
    arrays = values(case, variant, "float64")
    nodes = [fg.placeholder(*DECLARED[declared](a)) for a in arrays]
    outs = build(op_type, nodes, variant)
    found = list(outs)
    xs = [n for n, a in zip(nodes, arrays) if a.dtype.kind == "f"]
    kinds = [fg.Session().run(o, dict(zip(nodes, arrays))).dtype.kind for o in outs]
    ys = [fg.reduce_sum(o * (i + 0.7) * o) for i, (o, k) in enumerate(zip(outs, kinds))
          if k == "f"]
    for _ in range(order if ys and xs else 0):
        grads = [fg.convert_to_tensor(g) for g in fg.gradients(ys, xs) if g is not None]
        found += grads
        ys = [fg.reduce_sum(fg.square(g) * (i + 0.3)) for i, g in enumerate(grads)]
        if not ys:
            break
    return fg.Session().run(found, dict(zip(nodes, arrays)))


# ---- every op ---------------------------------------------------------------------------

@pytest.mark.parametrize("op_type", [t for t, c in CASES.items() if c.domain])
def test_op(op_type):
    case = CASES[op_type]
    for variant in case.variants:
        if sum(int(np.prod(s)) for s in variant.shapes) > 60:
            continue
        expected = results(op_type, variant, case.order, "all")
        for declared in list(DECLARED)[1:]:
            found = results(op_type, variant, case.order, declared)
            assert len(found) == len(expected), (variant, declared)
            for f, e in zip(found, expected):
                assert f.dtype == e.dtype, (variant, declared)
                np.testing.assert_allclose(f, e, 1e-9, 1e-9, err_msg=f"{variant} {declared}")


# ---- functions made of several ----------------------------------------------------------

A, B, V = (np.random.default_rng(7).standard_normal(s) for s in [(4, 3), (3, 2), (3,)])
IDS = np.array([0, 2, 2, 1])
FUNCTIONS = {
    "tensordot": (lambda a, b: fg.tensordot(a, b, 1), A, B),
    "tensordot of scalars": (lambda a, b: fg.tensordot(a, b, 0), V, A),
    "tensordot, all": (lambda a, b: fg.tensordot(a, b, 2), A, A),
    "segment_mean": (lambda a: fg.segment_mean(a, [0, 0, 1, 3]), A),
    "unsorted_segment_mean": (lambda a: fg.unsorted_segment_mean(a, IDS, 4), A),
    "unsorted_segment_sqrt_n": (lambda a: fg.unsorted_segment_sqrt_n(a, IDS, 3), A),
    "bias_add": (lambda a, b: fg.nn.bias_add(a, b, "NCHW"), A, V),
    "cross-entropy along axis 0": (
        lambda a, b: fg.nn.softmax_cross_entropy_with_logits_v2(fg.exp(b), a, axis=0), A, A),
    "matrix_solve_ls": (lambda a, b: fg.matrix_solve_ls(a, b), A, A[:, :2]),
    "weighted_moments": (lambda a, b: fg.nn.weighted_moments(a, [0], fg.exp(b))[1], A, A),
    "clip_by_average_norm": (lambda a: fg.clip_by_average_norm(a, 0.5), A),
    "lookup in shards": (lambda a, b: fg.nn.embedding_lookup([a, b], [0, 3, 5, 2]), A, A[1:] * 2),
    "boolean_mask": (lambda a: fg.boolean_mask(a, [True, False, True, True]), A),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("declared", list(DECLARED)[1:])
def test_function(name, declared):
    fn, *arrays = FUNCTIONS[name]
    found = []
    for how in ("all", declared):
        nodes = [fg.placeholder(*DECLARED[how](a)) for a in arrays]
        y = fn(*nodes)
        grads = fg.gradients(fg.reduce_sum(fg.square(y)), nodes)
        found.append(fg.Session().run([y, *map(fg.convert_to_tensor, grads)],
                                      dict(zip(nodes, arrays))))
    for expected, f in zip(*found):
        assert f.dtype == expected.dtype
        np.testing.assert_allclose(f, expected, 1e-10, 1e-10)


@pytest.mark.parametrize("make", [
    lambda x: fg.einsum("ij->j", x), lambda x: fg.tensordot(x, x, [[0], [0]]),
    lambda x: fg.gather(x, fg.cast(x, np.int32), batch_dims=1),
    lambda x: fg.nn.embedding_lookup(x, x, max_norm=1.0)])
def test_what_needs_a_rank_names_the_node(make):
    x = fg.placeholder(np.int64, name="loose")
    with pytest.raises(ValueError, match="number of dimensions is known; .*'loose'.*set_shape"):
        make(x)


def test_qr_and_svd_say_that_their_gradients_need_a_shape():
    x = fg.placeholder(np.float64)
    q, r = fg.qr(x)
    with pytest.raises(NotImplementedError, match="qr has a gradient only"):
        fg.gradients(fg.reduce_sum(q), [x])
    s, u, v = fg.svd(x, full_matrices=True)
    with pytest.raises(NotImplementedError, match="svd has no gradient with full_matrices"):
        fg.gradients(fg.reduce_sum(u), [x])
