"""exp, log, tanh and their kin: errors in units in the last place and the values at the edges,
at every CPU level."""
import mpmath
import numpy as np
import pytest
from fastgrad import _kernels
from step import DTYPES, level, run_step

INF, NAN = np.inf, np.nan
LOW = {"f32": -103.97, "f64": -745.13}       # exp is subnormal just above
HIGH = {"f32": 88.72, "f64": 709.78}         # exp is finite just below


def sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


def softplus(x):
    return mpmath.log1p(mpmath.exp(x))


def span(d, low, high, n=600):
    """Numbers over [low, high], around 0 and around 1, of every size."""
    rng = np.random.default_rng(7)
    small = 10.0 ** rng.uniform(-36, 0, n)
    every = np.concatenate([np.linspace(low, high, n), rng.normal(0, 1, 2 * n), small, -small,
                            1 + small, 1 - small])
    return every[(every >= low) & (every <= high)].astype(DTYPES[d])


# name, reference, bound in ulp, range by type
FUNCTIONS = [
    ("exp", mpmath.exp, 1.0, lambda d: (LOW[d], HIGH[d])),
    ("expm1", mpmath.expm1, 1.5, lambda d: (-100, HIGH[d])),
    ("log", mpmath.log, 1.0, lambda d: (float(np.finfo(DTYPES[d]).smallest_subnormal), 1e30)),
    ("log1p", mpmath.log1p, 1.0, lambda d: (-1 + 1e-6, 1e30)),
    ("tanh", mpmath.tanh, 2.0, lambda d: (-30, 30)),
    ("sigmoid", sigmoid, 2.0, lambda d: (LOW[d], 50)),
    ("softplus", softplus, 2.0, lambda d: (LOW[d], 200)),
]


def apply(name, d, x):
    y = np.full_like(x, 123)
    assert run_step(f"{name}_{d}", [y, x]) == 0
    return y


def errors_in_ulp(got, x, reference):
    """|got - reference(x)| in units of the last place of the reference; 0 where that is 0."""
    info, errors = np.finfo(got.dtype), []
    with mpmath.workprec(140):
        for value, at in zip(got.tolist(), x.tolist()):
            exact = reference(mpmath.mpf(at))
            if exact == 0:
                errors.append(0.0 if value == 0 else INF)
                continue
            exponent = max(mpmath.frexp(exact)[1] - 1, info.minexp)
            ulp = mpmath.mpf(2) ** (exponent - info.nmant)
            errors.append(float(abs(mpmath.mpf(value) - exact) / ulp))
    return np.array(errors)


@pytest.mark.parametrize("d", ["f32", "f64"])
@pytest.mark.parametrize("name, reference, bound, limits", FUNCTIONS, ids=[f[0] for f in FUNCTIONS])
def test_error(name, reference, bound, limits, d):
    x = span(d, *limits(d))[::7].copy()
    seen = {}
    for chosen in _kernels.available_levels:
        _kernels.load(chosen)
        y = apply(name, d, x)
        key = y.tobytes()
        if key not in seen:
            seen[key] = errors_in_ulp(y, x, reference)
        worst = int(np.argmax(seen[key]))
        error = seen[key][worst]
        assert error <= bound, f"{chosen}: {name}({x[worst]!r}) = {y[worst]!r}, {error:.2f} ulp"
    _kernels.load()


EDGES = {
    "exp": [(-INF, 0), (INF, INF), (0, 1), (-0.0, 1), (-1e30, 0), (1e30, INF)],
    "expm1": [(-INF, -1), (INF, INF), (0, 0), (-1e30, -1), (1e30, INF), (-50, -1)],
    "log": [(0, -INF), (-0.0, -INF), (1, 0), (INF, INF), (-1, NAN), (-INF, NAN)],
    "log1p": [(-1, -INF), (0, 0), (INF, INF), (-2, NAN), (-INF, NAN)],
    "tanh": [(INF, 1), (-INF, -1), (0, 0), (1e30, 1), (-1e30, -1), (25, 1), (-25, -1)],
    "sigmoid": [(INF, 1), (-INF, 0), (0, 0.5), (1e30, 1), (-1e30, 0)],
    "softplus": [(INF, INF), (-INF, 0), (1e30, 1e30), (-1e30, 0)],
}


@pytest.mark.parametrize("d", ["f32", "f64"])
@pytest.mark.parametrize("name", EDGES)
def test_edges(level, name, d):
    # 40 copies: the vector loop and the scalar rest must agree.
    x = np.repeat(np.array([a for a, _ in EDGES[name]] + [NAN], DTYPES[d]), 41)
    want = np.repeat(np.array([b for _, b in EDGES[name]] + [NAN], DTYPES[d]), 41)
    np.testing.assert_array_equal(apply(name, d, x), want)


@pytest.mark.parametrize("d", ["f32", "f64"])
@pytest.mark.parametrize("name", ["tanh", "expm1", "log1p"])
def test_like_x_at_zero(level, name, d):
    tiny = np.finfo(DTYPES[d])
    x = np.array([0.0, tiny.smallest_subnormal, tiny.tiny, 1e-30] * 10, DTYPES[d])
    y = apply(name, d, np.concatenate([x, -x]))
    np.testing.assert_array_equal(y, np.concatenate([x, -x]))
    assert np.array_equal(np.signbit(y), np.signbit(np.concatenate([x, -x])))


@pytest.mark.parametrize("d", ["f32", "f64"])
def test_tanh_is_odd(level, d):
    x = span(d, 0, 30)
    np.testing.assert_array_equal(apply("tanh", d, -x), -apply("tanh", d, x))


def test_subnormal_and_overflow_thresholds(level):
    x = np.array([-745.1, -745.14, -708.5, -720, 709.78, 709.79], np.float64)
    np.testing.assert_allclose(apply("exp", "f64", x)[:5], np.exp(x[:5]), rtol=1e-15, atol=5e-324)
    assert np.isinf(apply("exp", "f64", x)[5]) and apply("exp", "f64", x)[1] == 0
    x = np.array([-103.9, -104, -87.5, -95, 88.72, 88.73], np.float32)
    want = np.exp(x[:5].astype(np.float64)).astype(np.float32)
    np.testing.assert_allclose(apply("exp", "f32", x)[:5], want, rtol=2e-7, atol=1.5e-45)
    assert np.isinf(apply("exp", "f32", x)[5])
    assert 0 < apply("sigmoid", "f64", np.array([-744.0]))[0] < 1e-320
    assert apply("sigmoid", "f64", np.array([-750.0]))[0] == 0


@pytest.mark.parametrize("d", ["f32", "f64"])
@pytest.mark.parametrize("name", [f[0] for f in FUNCTIONS])
def test_vector_loop_and_rest_agree(level, name, d):
    """One element at a time gives bitwise the same as the whole array: threads may cut anywhere."""
    x = np.abs(span(d, -50, 50, 40))
    whole, single = apply(name, d, x), np.empty_like(x)
    for i in range(x.size):
        run_step(f"{name}_{d}", [single, x], lo=i, hi=i + 1)
    assert whole.tobytes() == single.tobytes()
