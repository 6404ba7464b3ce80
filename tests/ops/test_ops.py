"""Every op of `cases` on every dtype and CPU level: the compiled plan against the reference.

Each variant runs twice: on fed arrays, and between two products by a fed 1, so that operands lie in
the arena, where the step may work in place. Owns also what is true of all ops: inputs are
unchanged, shapes and dtypes are those the graph foretold, NaN and infinities come through.
"""

import numpy as np
import pytest
from cases import CASES, ELSEWHERE, Variant, build, values

import fastgrad as fg
import fastgrad.compat.v1     # noqa: F401 - registers what only TensorFlow's names reach
from fastgrad.graph.opdef import OPS
from fastgrad.graph.shapes import compatible
from fastgrad.testing import reference
from step import EACH_LEVEL, level

pytestmark = EACH_LEVEL

DTYPES = ["float32", "float64", "int32", "int64"]


def test_every_op_has_a_row():
    assert sorted(set(OPS) - set(CASES) - set(ELSEWHERE)) == []
    assert sorted((set(CASES) | set(ELSEWHERE)) - set(OPS)) == []
    assert not set(CASES) & set(ELSEWHERE)


def pairs():
    return [pytest.param(op_type, dtype, id=f"{op_type}-{dtype}") for op_type, case in CASES.items()
            for dtype in DTYPES if case.ints or dtype.startswith("float")]


def compare(found, expected, ulps, what, summed=0.0):
    """Same shape, dtype, NaNs and infinities; values within `ulps` of the largest result, or of
    the largest of what was summed to it."""
    __tracebackhide__ = True
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape, f"{what}: {found.shape} is not {expected.shape}"
    assert found.dtype == expected.dtype, f"{what}: {found.dtype} is not {expected.dtype}"
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(found, expected, err_msg=what)
        return
    finite = expected[np.isfinite(expected)]
    size = float(np.abs(finite).max()) if finite.size else 0.0
    size = max(size, summed)
    eps = float(np.finfo(expected.dtype).eps)
    np.testing.assert_allclose(found, expected, rtol=ulps * eps, atol=ulps * eps * size,
                               equal_nan=True, err_msg=what)


def times_one(node, feed):
    """The node times a fed 1, which no rewriting can drop."""
    one = fg.placeholder(node._dtype, ())
    feed[one] = np.ones((), node._dtype)
    return node * one


def check(op_type, case, variant, arrays, chained=False):
    """One variant: compiled against reference, with inputs left as they were."""
    what = f"{op_type} {variant} chained={chained}"
    with fg.Graph().as_default() as graph:
        nodes = [fg.placeholder(a.dtype, a.shape) for a in arrays]
        feed = {n: a.copy() for n, a in zip(nodes, arrays)}
        inputs = [times_one(n, feed) for n in nodes] if chained else nodes
        ys = build(op_type, inputs, variant)
        known = [(y._shape, y._dtype) for y in ys]
        if chained:
            ys = [times_one(y, feed) if y._dtype.kind == "f" else y for y in ys]
        expected = reference(ys, feed)
        found = fg.Session(graph=graph).run(ys, feed)
    finite = [np.abs(a[np.isfinite(a)]).max(initial=0) for a in arrays if case.ulps >= 8]
    for f, e, (shape, dtype) in zip(found, expected, known):
        assert compatible(shape, np.shape(f)) and f.dtype == dtype, f"{what}: foretold {shape}"
        compare(f, e, case.ulps, what, float(max(finite, default=0)))
    for n, a in zip(nodes, arrays):
        np.testing.assert_array_equal(feed[n], a, err_msg=f"{what} changed its input")


@pytest.mark.parametrize("op_type, dtype", pairs())
@pytest.mark.parametrize("chained", [False, True], ids=["fed", "chained"])
def test_op(op_type, dtype, chained):
    case = CASES[op_type]
    for variant in case.variants:
        check(op_type, case, variant, values(case, variant, dtype), chained)


# ---- NaN, infinities, edges of the range ------------------------------------------------

def specials(dtype):
    info = np.finfo(dtype)
    return np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -2.5, info.max, info.min,
                     info.tiny, -info.tiny, info.smallest_subnormal, 88.0, -104.0, 710.0, -746.0],
                    dtype)


def special_arrays(count, dtype):
    """All pairs of special values for two inputs; each with ordinary ones for more."""
    s = specials(dtype)
    if count == 1:
        return [s]
    a, b = np.meshgrid(s, s)
    return [a.ravel(), b.ravel(), np.resize(s, a.size)][:count]


ELEMENTWISE = [t for t, c in CASES.items() if c.specials and OPS[t].form in
               ("map", "map_grad", "zip", "select")]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("op_type", ELEMENTWISE)
@pytest.mark.parametrize("chained", [False, True], ids=["fed", "chained"])
@pytest.mark.parametrize("subnormals", ["flush", "keep"])
def test_special_values(op_type, dtype, chained, subnormals):
    case = CASES[op_type]
    arrays = special_arrays(len(case.domain), dtype)
    if case.domain[0] == "bool":
        arrays[0] = arrays[0] > 0
    with np.errstate(all="ignore"):
        for n in (arrays[0].size, 1, 5) if subnormals == "flush" else (arrays[0].size,):
            cut = [a[:n] for a in arrays]
            check_elements(op_type, case, Variant(tuple(a.shape for a in cut)), cut, chained,
                           subnormals)


def check_elements(op_type, case, variant, arrays, chained, subnormals):
    """As `check`, but every element within ulps of itself: a large one excuses none."""
    with fg.Graph().as_default() as graph:
        nodes = [fg.placeholder(a.dtype, a.shape) for a in arrays]
        inputs = [fg.where(fg.not_equal(n, n), n, n) for n in nodes] if chained else nodes
        (y,), feed = build(op_type, inputs, variant), dict(zip(nodes, arrays))
        expected = reference(y, feed, subnormals=subnormals)
        found = fg.Session(graph=graph, subnormals=subnormals).run(y, feed)
    eps = float(np.finfo(expected.dtype).eps) if expected.dtype.kind == "f" else 0
    tiny = float(np.finfo(expected.dtype).tiny) if expected.dtype.kind == "f" else 0
    np.testing.assert_allclose(found, expected, rtol=max(case.ulps, 1) * eps, atol=tiny,
                               equal_nan=True, err_msg=f"{op_type} of {arrays}")


NAN_KEEPERS = ["relu", "maximum", "minimum", "softmax", "log_softmax", "reduce_max", "reduce_min",
               "reduce_sum", "reduce_mean", "sigmoid", "tanh", "exp", "log", "sqrt", "abs", "sign",
               "square", "negative", "add", "multiply", "squared_difference"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("op_type", NAN_KEEPERS)
def test_nan_is_never_swallowed(op_type, dtype):
    """Wherever in a row of any length the NaN stands, the result has one."""
    for n in (1, 2, 7, 16, 33):
        for at in {0, n // 2, n - 1}:
            x = np.full((2, n), -1.0, dtype)
            x[1, at] = np.nan
            others = [np.zeros((2, n), dtype)] * (len(OPS[op_type].tensors) - 1)
            attrs = {"axis": 1} if "axis" in OPS[op_type].attrs else {}
            with fg.Graph().as_default() as graph:
                nodes = [fg.placeholder(dtype, x.shape) for _ in (x, *others)]
                y, = build(op_type, nodes, Variant((), attrs))
                for first, rest in ((x, others), (None, None)):
                    feed = dict(zip(nodes, [x, *others] if first is not None else [*others, x]))
                    found = fg.Session(graph=graph).run(y, feed)
                    assert np.isnan(found[1]).any(), (op_type, n, at)
                    assert not np.isnan(found[0]).any() or op_type in ("log", "sqrt")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("op_type", ["reduce_sum", "reduce_mean", "reduce_max", "reduce_min",
                                     "argmax", "argmin", "softmax", "log_softmax"])
def test_rows_with_special_values(op_type, dtype, axis):
    case = CASES[op_type]
    rows = np.array([[1, 2, np.nan], [np.inf, 1, 2], [-np.inf, 1, 2], [np.inf, -np.inf, 0],
                     [np.inf, np.inf, 1], [-np.inf, -np.inf, -np.inf], [0.0, -0.0, 0.0],
                     [np.nan, np.inf, np.nan]], dtype)
    x = rows if axis == 1 else np.ascontiguousarray(rows.T)
    attrs = {"axis": axis, **({"keepdims": False} if "keepdims" in OPS[op_type].attrs else {})}
    with np.errstate(all="ignore"):
        check(op_type, case, Variant((x.shape,), attrs), [x])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_matmul_carries_nan_and_infinity(dtype):
    """A NaN reaches its own row or column and no other element."""
    for m, n, k in [(1, 1, 1), (3, 4, 5), (17, 9, 33), (70, 2, 40), (2, 70, 3)]:
        random = np.random.default_rng(1)
        a, b = random.standard_normal((m, k)).astype(dtype), random.random((k, n)).astype(dtype)
        a[m // 2, k // 2] = np.nan
        a[0, 0] = np.inf if m > 1 else a[0, 0]
        with fg.Graph().as_default() as graph:
            x, y = fg.placeholder(), fg.placeholder()
            found = fg.Session(graph=graph).run(fg.matmul(x, y), {x: a, y: b})
        with np.errstate(all="ignore"):
            expected = a @ b
        assert np.isnan(found[m // 2]).all()
        np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
        np.testing.assert_array_equal(np.isinf(found), np.isinf(expected))
