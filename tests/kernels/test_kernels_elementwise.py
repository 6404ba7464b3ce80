"""The families map, map_grad, zip and zip3, kernel by kernel, against NumPy, at every CPU level.

A kernel of the templates without a reference below fails `test_all_covered`.
"""
import importlib
import itertools
import math
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from fastgrad import _kernels
from step import DTYPES, level, run_split, run_step

SIZES = [0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 1000]
FLOATS, INTS = ["f32", "f64"], ["i32", "i64"]
ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


MAP = {
    "neg": np.negative, "square": np.square, "abs": np.abs, "sign": np.sign,
    "relu": lambda x: np.maximum(x, 0), "relu6": lambda x: np.minimum(np.maximum(x, 0), 6),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.25 * x),
    "elu": lambda x: np.where(x < 0, np.expm1(x), x),
    "selu": lambda x: SCALE * np.where(x < 0, ALPHA * np.expm1(x), x),
    "softsign": lambda x: x / (1 + np.abs(x)), "softplus": softplus,
    "log_sigmoid": lambda x: -softplus(-x), "sigmoid": sigmoid, "tanh": np.tanh, "exp": np.exp,
    "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x), "reciprocal": lambda x: 1 / x, "floor": np.floor,
    "ceil": np.ceil, "round": np.round, "sin": np.sin, "cos": np.cos,
    "erf": lambda x: np.array([math.erf(v) for v in x.tolist()]),
    "isnan": np.isnan, "isfinite": np.isfinite, "logical_not": np.logical_not,
}
POSITIVE = {"log", "log1p", "sqrt", "rsqrt", "reciprocal", "sqrt_grad", "rsqrt_grad",
            "reciprocal_grad", "pow"}

# of saved and dy
MAP_GRAD = {
    "tanh_grad": lambda y, dy: dy * (1 - y * y), "sigmoid_grad": lambda y, dy: dy * y * (1 - y),
    "relu_grad": lambda y, dy: np.where(y > 0, dy, 0),
    "relu6_grad": lambda x, dy: np.where((x > 0) & (x < 6), dy, 0),
    "leaky_relu_grad": lambda x, dy: np.where(x > 0, dy, 0.25 * dy),
    "elu_grad": lambda y, dy: np.where(y < 0, dy * (y + 1), dy),
    "selu_grad": lambda y, dy: np.where(y < 0, dy * (y + SCALE * ALPHA), SCALE * dy),
    "softsign_grad": lambda x, dy: dy / (1 + np.abs(x)) ** 2,
    "softplus_grad": lambda x, dy: dy * sigmoid(x),
    "sqrt_grad": lambda y, dy: dy * 0.5 / y, "rsqrt_grad": lambda y, dy: -0.5 * dy * y ** 3,
    "reciprocal_grad": lambda y, dy: -dy * y * y,
}


def floordiv(a, b):
    if a.dtype.kind == "f":
        return np.floor(a / b)
    with np.errstate(divide="ignore", over="ignore"):
        return np.floor_divide(a, b)


def mod(a, b):
    with np.errstate(divide="ignore"):
        return np.mod(a, b)


ZIP = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide,
    "maximum": np.maximum, "minimum": np.minimum, "pow": np.power, "floordiv": floordiv, "mod": mod,
    "squared_difference": lambda a, b: (a - b) * (a - b), "less": np.less,
    "less_equal": np.less_equal, "greater": np.greater, "greater_equal": np.greater_equal,
    "equal": np.equal, "not_equal": np.not_equal, "logical_and": np.logical_and,
    "logical_or": np.logical_or, "logical_xor": np.logical_xor,
}
TESTS = {"less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "isnan",
         "isfinite"}


def kernels_of(names, suffix=""):
    """(name, dtype) of every kernel of the build whose name is in `names`."""
    built = _kernels.symbols()
    found = [(name, d) for name in names for d in DTYPES if f"{name}{suffix}_{d}" in built]
    return [pytest.param(name, d, id=f"{name}{suffix}_{d}") for name, d in found]


def test_all_covered():
    folder = Path(__file__).parents[2] / "fastgrad" / "_kernels"
    for template, names in (("map", {**MAP, **MAP_GRAD}), ("zip", ZIP)):
        text = (folder / "elementwise" / f"{template}.pxi.in").read_text()
        rows = re.findall(r'^    \("(\w+)", ?', text, re.MULTILINE)
        assert len(rows) > 20 and set(rows) == set(names)


def numbers(d, n, seed=0, positive=False):
    rng = np.random.default_rng(seed)
    if d == "b1":
        return rng.random(n) < 0.5
    if d in INTS:
        return rng.integers(-9, 9, n).astype(DTYPES[d])
    x = rng.normal(0, 3, n)
    return (np.abs(x) + 0.1 if positive else x).astype(DTYPES[d])


def close(got, want, d):
    if d in FLOATS and got.dtype.kind == "f":
        eps = np.finfo(DTYPES[d]).eps
        np.testing.assert_allclose(got, want, rtol=12 * eps, atol=12 * eps)
    else:
        np.testing.assert_array_equal(got, want)


def wide(x):
    """In float64 for the reference of a float32 kernel."""
    return x.astype(np.float64) if x.dtype == np.float32 else x


def check(symbol, out, inputs, want, d, **step):
    """The result is near `want` and the same when cut into pieces, and the inputs are unchanged."""
    before = [x.copy() for x in inputs]
    assert run_step(symbol, [out, *inputs], **step) == 0
    close(out, want, d)
    for x, old in zip(inputs, before):
        assert x.tobytes() == old.tobytes()
    pieces = np.zeros_like(out)
    assert run_split(symbol, [pieces, *inputs], **step) == 0
    assert pieces.tobytes() == out.tobytes()


@pytest.mark.parametrize("name, d", kernels_of(MAP))
def test_map(level, name, d):
    for n in SIZES:
        x = numbers(d, n, n, name in POSITIVE)
        out = np.zeros(n, np.bool_ if name in TESTS else DTYPES[d])
        check(f"{name}_{d}", out, [x], MAP[name](wide(x)), d, par=(0.25,))
        if out.dtype == x.dtype:
            run_step(f"{name}_{d}", [x, x], par=(0.25,))
            assert x.tobytes() == out.tobytes(), "in place"


@pytest.mark.parametrize("name, d", kernels_of(MAP_GRAD))
def test_map_grad(level, name, d):
    for n in SIZES:
        saved, dy = numbers(d, n, n, name in POSITIVE), numbers(d, n, n + 1)
        out = np.zeros(n, DTYPES[d])
        want = MAP_GRAD[name](wide(saved), wide(dy))
        check(f"{name}_{d}", out, [saved, dy], want, d, par=(0.25,))
        for place in (saved, dy):
            kept = place.copy()
            run_step(f"{name}_{d}", [place, saved, dy], par=(0.25,))
            assert place.tobytes() == out.tobytes(), "in place"
            place[:] = kept


@pytest.mark.parametrize("name, d", kernels_of(ZIP))
def test_zip(level, name, d):
    for n in SIZES:
        a = numbers(d, n, n, name in POSITIVE)
        b = numbers(d, n, n + 1, name in ("mod", "floordiv", "div"))
        if d in INTS and name in ("floordiv", "mod"):
            b[b == 0] = 3
        dtype = np.bool_ if name in TESTS else DTYPES[d]
        for suffix, x, y in (("", a, b), ("_s", a, b[:1]), ("_rs", a[:1], b))[:3 if n else 1]:
            want = ZIP[name](wide(x), wide(y))
            check(f"{name}{suffix}_{d}", np.zeros(n, dtype), [x, y], want, d)


SHAPES = [((3, 5), (5,)), ((3, 5), (3, 1)), ((1, 5), (3, 1)), ((200, 2), (2,)),
          ((200, 2), (200, 1)), ((300, 1), (300, 1)), ((4, 1, 10), (3, 1)), ((7, 1, 3), (1, 4, 1)),
          ((3, 100), (100,)), ((2, 3, 70), (3, 1)), ((700, 10), (1, 1)),
          ((2, 1, 5, 1, 3), (4, 1, 6, 1)), ((5,), (1,)), ((600, 3), (1, 3))]


@pytest.mark.parametrize("name, d", kernels_of(["sub", "less", "logical_and", "pow"], "_nd"))
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_zip_broadcast(level, shapes, name, d):
    for shape_a, shape_b in (shapes, shapes[::-1]):
        a = numbers(d, math.prod(shape_a), 1, name == "pow").reshape(shape_a)
        b = numbers(d, math.prod(shape_b), 2).reshape(shape_b)
        shape = np.broadcast_shapes(shape_a, shape_b)
        stride_a, stride_b = ([step // x.itemsize for step in np.broadcast_to(x, shape).strides]
                              for x in (a, b))
        y = np.zeros(shape, np.bool_ if name in TESTS else DTYPES[d])
        check(f"{name}_nd_{d}", y, [a, b], ZIP[name](wide(a), wide(b)), d, hi=math.prod(shape[:-1]),
              ext=(shape[-1], stride_a[-1], stride_b[-1], len(shape) - 1),
              aux=(shape[:-1], stride_a[:-1], stride_b[:-1]))


@pytest.mark.parametrize("d", ["f32", "f64", "i32", "i64", "b1"])
def test_select(level, d):
    for n in SIZES:
        c, a, b = numbers("b1", n, 1), numbers(d, n, 2), numbers(d, n, 3)
        check(f"select_{d}", np.zeros(n, DTYPES[d]), [c, a, b], np.where(c, a, b), d)


@pytest.mark.parametrize("d", FLOATS)
def test_special_values(level, d):
    """NaN, infinities and zeros in every pair of positions."""
    special = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.5, -2.5, 0.5]
    a, b = (np.array(v, DTYPES[d]) for v in zip(*itertools.product(special, special)))
    with np.errstate(all="ignore"):
        for name in ("add", "sub", "mul", "div", "maximum", "minimum", "less", "less_equal",
                     "greater", "greater_equal", "equal", "not_equal", "pow", "squared_difference"):
            out = np.zeros(a.size, np.bool_ if name in TESTS else DTYPES[d])
            run_step(f"{name}_{d}", [out, a, b])
            np.testing.assert_allclose(out, ZIP[name](a, b), rtol=2e-7, atol=0, err_msg=name)
        for name in ("relu", "relu6", "sign", "abs", "isnan", "isfinite", "elu", "selu", "softplus",
                     "leaky_relu", "round", "floor", "ceil", "neg", "rsqrt", "log_sigmoid"):
            out = np.zeros(a.size, np.bool_ if name in TESTS else DTYPES[d])
            run_step(f"{name}_{d}", [out, a], par=(0.25,))
            np.testing.assert_allclose(out, MAP[name](a), rtol=1e-6, err_msg=name)
    for name in ("relu_grad", "relu6_grad"):
        out = np.ones(a.size, DTYPES[d])
        run_step(f"{name}_{d}", [out, np.full_like(a, np.nan), a])
        assert not out.any(), "a NaN passes no gradient"


@pytest.mark.parametrize("d", INTS)
def test_integer_division_never_traps(level, d):
    low = np.iinfo(DTYPES[d]).min
    a = np.array([7, -7, 7, -7, 5, low, low, 0] * 5, DTYPES[d])
    b = np.array([2, 2, -2, -2, 0, -1, 0, -3] * 5, DTYPES[d])
    quotient, rest = np.zeros_like(a), np.zeros_like(a)
    run_step(f"floordiv_{d}", [quotient, a, b])
    run_step(f"mod_{d}", [rest, a, b])
    np.testing.assert_array_equal(quotient[:8], [3, -4, -4, 3, 0, low, 0, 0])
    np.testing.assert_array_equal(rest[:8], [1, 1, -1, -1, 0, 0, 0, 0])
    big = np.full(33, np.iinfo(DTYPES[d]).max, DTYPES[d])
    run_step(f"add_{d}", [big, big, np.ones_like(big)])
    assert (big == low).all(), "wraps"


def test_levels_have_the_same_symbols():
    tables = []
    for name in _kernels.available_levels:
        _kernels.load(name)
        tables.append(set(_kernels.symbols()))
    _kernels.load()
    assert all(t == tables[0] for t in tables)


def test_levels_are_modules_of_their_own_names():
    """One text is translated for all: each module must still be itself, also when reloaded."""
    for name in _kernels.available_levels:
        module = importlib.import_module(f"fastgrad._kernels._{name}")
        assert module.__name__ == module.__spec__.name == f"fastgrad._kernels._{name}"
        assert f"level {name}" in module.__doc__
        before = module.table()
        assert importlib.reload(module) is module and module.table() == before
    assert not any(name.endswith("._kernels.kernels") for name in sys.modules)


def test_a_level_takes_from_base_what_gains_nothing_by_its_vectors():
    _kernels.load("base")
    plain = _kernels.symbols()
    for name in _kernels.available_levels[1:]:
        _kernels.load(name)
        assert _kernels.address("add_f32") != plain["add_f32"]
        assert _kernels.address("add_i64") == plain["add_i64"]
    _kernels.load()


def test_load_refuses():
    with pytest.raises(ValueError, match="unknown CPU level 'v9'"):
        _kernels.load("v9")
    with pytest.raises(KeyError, match="no kernel 'exp_f16'.* there are exp_f32, exp_f64"):
        _kernels.address("exp_f16")
