"""The families of convolutions and pools against their NumPy twins, at every CPU level: each way
through a convolution, any cut of the range, operands at any address, scratch that others surround."""

import ctypes

import numpy as np
import pytest
from step import DTYPES, EACH_LEVEL, KERNEL, OK, level, make_step

from fastgrad.compiler.layout import convolutions as layout
from fastgrad.graph.opdef import OPS

pytestmark = EACH_LEVEL
TOLERANCE = {"f32": 1e-4, "f64": 1e-12}
GUARD = 64

# image, filter, strides, padding, dilations
CONV = [
    ((2, 9, 11, 17), (3, 3, 17, 35), (1, 1), "SAME", (1, 1)),
    ((3, 13, 9, 1), (5, 5, 1, 33), (1, 1), "SAME", (1, 1)),
    ((1, 21, 20, 4), (8, 8, 4, 32), (4, 4), "VALID", (1, 1)),
    ((2, 8, 8, 16), (3, 3, 16, 64), (2, 2), "SAME", (1, 1)),
    ((2, 7, 5, 2), (3, 2, 2, 3), (2, 1), "SAME", (1, 1)),
    ((1, 8, 7, 1), (2, 2, 1, 3), (3, 3), "VALID", (1, 1)),
    ((1, 2, 3, 1), (5, 5, 1, 2), (1, 1), "SAME", (1, 1)),
    ((2, 9, 9, 3), (3, 3, 3, 5), (2, 2), "SAME", (2, 3)),
    ((2, 9, 9, 8), (3, 3, 8, 5), (3, 2), "SAME", (2, 2)),
    ((1, 12, 13, 2), (2, 2, 2, 3), (9, 10), "SAME", (1, 1)),
    ((1, 4, 5, 2), (3, 3, 2, 2), (1, 2), ((0, 0), (1, 2), (0, 3), (0, 0)), (1, 1)),
    ((5, 8, 7, 1), (3, 3, 1, 16), (1, 1), "SAME", (1, 1)),
    ((2, 7, 6, 3), (5, 1, 3, 20), (2, 2), "SAME", (2, 1)),
    ((0, 4, 4, 2), (3, 3, 2, 3), (1, 1), "SAME", (1, 1)),
    ((2, 2, 4, 1), (3, 3, 1, 16), (1, 1), "VALID", (1, 1)),
    ((33, 4, 4, 16), (3, 3, 16, 32), (1, 1), "SAME", (1, 1)),
    ((17, 3, 4, 3), (2, 2, 3, 6), (3, 3), "SAME", (1, 1)),
    ((1, 40, 40, 8), (3, 3, 8, 20), (1, 1), "SAME", (1, 1)),
]
POOL = [
    ((2, 8, 8, 16), (2, 2), (2, 2), "VALID"), ((2, 9, 7, 19), (2, 2), (2, 2), "VALID"),
    ((2, 9, 7, 5), (2, 2), (2, 2), "SAME"), ((1, 7, 9, 33), (3, 3), (2, 1), "SAME"),
    ((3, 5, 5, 1), (5, 5), (1, 1), "SAME"), ((1, 8, 8, 4), (2, 3), (4, 3), "VALID"),
]


def attributes(strides, padding, dilations):
    return dict(strides=(1, *strides, 1), padding=padding, dilations=(1, *dilations, 1),
                data_format="NHWC", _strict=False)


def twin(op_type, *arrays, **attrs):
    """What the operation's reference makes of the arrays, in doubles."""
    attrs = {k: v for k, v in attrs.items() if k[0] != "_"}
    return OPS[op_type].ref(*(a.astype(np.float64) for a in arrays), **attrs)


def numbers(shape, dtype, seed, shift=0):
    """Random numbers, `shift` elements behind the start of a cache line."""
    room = np.empty(int(np.prod(shape)) + 80, DTYPES[dtype])
    start = -room.ctypes.data // room.itemsize % (64 // room.itemsize) + shift
    x = room[start:start + int(np.prod(shape))].reshape(shape)
    x[...] = np.random.default_rng(seed).standard_normal(shape)
    return x


def run(symbol, out, inputs, count, ext=(), par=(), facts=(), scratch=0, cuts=(1, 3)):
    """Run a kernel in pieces over its range, with guarded scratch; the result."""
    room = np.full(scratch + 2 * GUARD + 64, 0xa5, np.uint8)
    at = -room.ctypes.data % 64 + GUARD
    arrays = [out, *inputs]
    out[...] = np.nan
    edges = [0, *(c for c in cuts if c < count), count]
    for lo, hi in zip(edges, edges[1:]):
        step = make_step(symbol, arrays, ext, par, [facts])
        step.ptr[len(arrays)] = room.ctypes.data + at
        step.scratch_at, step.scratch = len(arrays), scratch
        assert KERNEL(step.fn)(ctypes.byref(step), lo, hi) == OK
    assert (room[:at] == 0xa5).all() and (room[at + scratch:] == 0xa5).all(), "beyond the scratch"
    return out


def close(found, expected, dtype):
    size = max(1.0, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(found, expected, atol=TOLERANCE[dtype] * size)


def needed(g, item, across, lines):
    """Scratch of a packed filter and `lines` rows more than one window of dy or x needs."""
    widest = max(g.x[3], g.w[3])
    sides = max(g.padded()[1] * g.x[3], g.turned()[2] * g.w[3])
    rows = 0 if across else max(g.spans[0], g.turned()[0]) + lines
    depth = g.w[0] * g.w[1] * widest
    return layout._panels(depth, widest, item) + rows * sides * item + 256


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize("shift", [0, 3])
def test_convolve(dtype, across, shift):
    for i, (x, w, strides, padding, dilations) in enumerate(CONV):
        attrs = attributes(strides, padding, dilations)
        g = layout.Geometry(x, w, attrs)
        a, b = numbers(x, dtype, i, shift), numbers(w, dtype, i + 50, shift)
        bias = numbers(w[3:], dtype, i + 90, shift)
        expected = np.maximum(twin("conv2d", a, b, **attrs) + bias, 0)
        for packed in (True, False) if w[3] * a.itemsize % 64 == 0 else (True,):
            for lines in (0, 5):
                y = numbers(expected.shape, dtype, 0, shift)
                count = x[0] if across else x[0] * g.outputs[0]
                run(f"convolve_{dtype}", y, [a, b, bias], count, (0, 1, y.size // max(count, 1)), (),
                    g.facts(across, packed), needed(g, a.itemsize, across, lines))
                close(y, expected, dtype)


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("across", [False, True])
def test_convolve_back(dtype, across):
    for i, (x, w, strides, padding, dilations) in enumerate(CONV):
        attrs = attributes(strides, padding, dilations)
        g = layout.Geometry(x, w, attrs)
        b, dy = numbers(w, dtype, i), numbers((x[0], *g.outputs, w[3]), dtype, i + 50, i % 4)
        turned = np.ascontiguousarray(b.transpose(0, 1, 3, 2))
        expected = twin("conv2d_backprop_input", b, dy, input_sizes=list(x), **attrs)
        for packed in (True, False) if w[2] * b.itemsize % 64 == 0 else (True,):
            for lines in (0, 5):
                dx = numbers(x, dtype, 0, i % 3)
                count = x[0] if across else x[0] * x[1]
                run(f"convolve_back_{dtype}", dx, [dy, turned], count, (), (),
                    g.facts(across, packed), needed(g, b.itemsize, across, lines))
                close(dx, expected, dtype)


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("few", [False, True])
def test_convolve_filter(dtype, few):
    for i, (x, w, strides, padding, dilations) in enumerate(CONV):
        if few and dilations[1] > 1:
            continue
        attrs = attributes(strides, padding, dilations)
        g = layout.Geometry(x, w, attrs)
        a, dy = numbers(x, dtype, i, i % 3), numbers((x[0], *g.outputs, w[3]), dtype, i + 50, 1)
        expected = twin("conv2d_backprop_filter", a, dy, filter_sizes=list(w), **attrs)
        one = np.prod(g.padded()) * x[3] + np.prod(g.outputs) * 32
        for images in (1, x[0]):
            for cuts in ((1, 4), (3,)):
                dw = numbers(w, dtype, 0)
                run(f"convolve_filter_{dtype}", dw, [a, dy], int(np.prod(w[:3])), (0,), (1.0, 0.0),
                    g.facts(few, False), int(one * images * a.itemsize) + 256, cuts)
                close(dw, expected, dtype)


def test_convolve_filter_adds_to_what_is_there():
    """alpha and beta: the update of a variable in one product."""
    x, w = (3, 6, 5, 9), (3, 3, 9, 16)
    attrs = attributes((1, 1), "SAME", (1, 1))
    g = layout.Geometry(x, w, attrs)
    a, dy, before = numbers(x, "f64", 1), numbers((3, 6, 5, 16), "f64", 2), numbers(w, "f64", 3)
    step = make_step("convolve_filter_f64", [before, a, dy], (0,), (-0.5, 1.0),
                     [g.facts(False, False)])
    kept = before.copy()
    step.ptr[0] = kept.ctypes.data
    assert KERNEL(step.fn)(ctypes.byref(step), 0, 81) == OK
    expected = before - 0.5 * twin("conv2d_backprop_filter", a, dy, filter_sizes=list(w), **attrs)
    close(kept, expected, "f64")


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("multiplier", [1, 2])
def test_depthwise(dtype, multiplier):
    for i, (x, w, strides, padding, dilations) in enumerate(CONV):
        w = (*w[:3], multiplier)
        attrs = attributes(strides, padding, dilations)
        g = layout.Geometry(x, w, attrs)
        facts = g.facts(False, False)
        a, b = numbers(x, dtype, i, i % 3), numbers(w, dtype, i + 50)
        expected = twin("depthwise_conv2d", a, b, **attrs)
        dy = numbers(expected.shape, dtype, i + 70, i % 5)
        y = numbers(expected.shape, dtype, 0)
        lines = x[0] * g.outputs[0]
        run(f"depthwise_{dtype}", y, [a, b, None], lines, (0, 0, y.size // max(lines, 1)), (), facts)
        close(y, expected, dtype)
        dx = run(f"depthwise_back_{dtype}", numbers(x, dtype, 0), [dy, b], x[0] * x[1], (), (),
                 facts)
        close(dx, twin("depthwise_conv2d_backprop_input", b, dy, input_sizes=list(x), **attrs),
              dtype)
        dw = run(f"depthwise_filter_{dtype}", numbers(w, dtype, 0), [a, dy], w[0] * w[1], (), (),
                 facts)
        close(dw, twin("depthwise_conv2d_backprop_filter", a, dy, filter_sizes=list(w), **attrs),
              dtype)


@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_pools(dtype):
    for i, (x, window, strides, padding) in enumerate(POOL):
        attrs = dict(ksize=(1, *window, 1), strides=(1, *strides, 1), padding=padding,
                     dilations=(1,) * 4, data_format="NHWC")
        g = layout.Geometry(x, (*window, x[3], 1), attrs)
        facts, lines = g.facts(False, False), x[0] * g.outputs[0]
        a = numbers(x, dtype, i, i % 3)
        a[...] = np.rint(2 * a)                     # ties
        dy = numbers((x[0], *g.outputs, x[3]), dtype, i + 50, i % 4)
        for kind in ("max", "avg"):
            y = run(f"{kind}_pool_{dtype}", numbers(dy.shape, dtype, 0), [a], lines, (), (), facts)
            close(y, twin(f"{kind}_pool", a, **attrs), dtype)
        for relu in (0, 1):
            dx = run(f"max_pool_grad_{dtype}", numbers(x, dtype, 0), [a, dy], x[0], (relu,), (),
                     facts)
            expected = twin("max_pool_grad", a, dy, dy, **attrs)
            close(dx, np.where(a > 0, expected, 0) if relu else expected, dtype)
        dx = run(f"avg_pool_grad_{dtype}", numbers(x, dtype, 0), [dy], x[0], (), (), facts,
                 x[3] * dy.itemsize)
        close(dx, twin("avg_pool_grad", dy, orig_input_shape=list(x), **attrs), dtype)


@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_pools_carry_nan_and_infinity(dtype):
    """A NaN is a maximum, infinities are numbers, -inf alone gives the least number."""
    x = np.full((1, 4, 4, 3), -1.0, DTYPES[dtype])
    x[0, 1, 0, 0], x[0, 0, 3, 1], x[0, 2:, 2:, 2] = np.nan, np.inf, -np.inf
    facts = layout.Geometry(x.shape, (2, 2, 3, 1), attributes((2, 2), "VALID", (1, 1))).facts(0, 0)
    y = run(f"max_pool_{dtype}", np.zeros((1, 2, 2, 3), x.dtype), [x], 2, (), (), facts)
    assert np.isnan(y[0, 0, 0, 0]) and np.isnan(y).sum() == 1
    assert y[0, 0, 1, 1] == np.inf and y[0, 1, 1, 2] == np.finfo(x.dtype).min
    dy = np.ones_like(y)
    dx = run(f"max_pool_grad_{dtype}", np.zeros_like(x), [x, dy], 1, (0,), (), facts)
    assert dx[0, 1, 0, 0] == 1 and dx[0, 0, 0, 0] == 0 and dx.sum() == dy.sum()
