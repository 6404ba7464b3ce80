"""Derivatives of any order where a factor is zero, and the sign of zero."""

import itertools

import numpy as np
import pytest

import fastgrad as fg
from fastgrad import _kernels
from fastgrad.testing import check_gradient, reference

# of a product of four: how many are zero
ZEROS = [0, 1, 2, 3]
RNG = np.random.default_rng(3)


def factors(shape, zeros):
    found = RNG.uniform(0.6, 1.4, shape) * RNG.choice([-1, 1], shape)
    found.reshape(-1)[RNG.permutation(found.size)[:zeros]] = 0
    return found


def hold(build, x, zeros):
    """Three orders. With several zeros the differences are products of small steps: less exact."""
    check_gradient(build, [x], order=3, tolerance=1e-8 if zeros < 2 else 0.05)


def hessian(x):
    """Of a product, by hand: the product of all but two."""
    n = len(x)
    found = np.zeros((n, n), x.dtype)
    for i, j in itertools.permutations(range(n), 2):
        found[i, j] = np.prod(np.delete(x, [i, j]), dtype=x.dtype)
    return found


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("x", [[0, 2, 3], [0, 0, 3], [0, 0, 0], [-1, 0, 2.5, -3], [1, 2, 3], [0],
                               [0, -2], [-0.0, 4, 0.0, 2, 1]])
def test_hessian_of_a_product(x, dtype):
    x = np.asarray(x, dtype)
    node = fg.placeholder(dtype, x.shape)
    second = fg.hessians(fg.reduce_prod(node), node)[0]
    np.testing.assert_array_equal(fg.Session().run(second, {node: x}), hessian(x))
    np.testing.assert_array_equal(reference(second, {node: x}), hessian(x))


@pytest.mark.parametrize("zeros", ZEROS)
@pytest.mark.parametrize("axis, keepdims", [
    (None, False), (None, True), (0, False), (1, True), (-1, False), ((0, 2), True),
    ((2, 0), False), ((1, 2), False), ((), False)])
def test_products_over_axes(axis, keepdims, zeros):
    hold(lambda x: fg.reduce_prod(x, axis, keepdims), factors((2, 3, 2), zeros), zeros)


def test_a_product_of_unknown_shape():
    x = fg.placeholder(np.float64)
    first = fg.gradients(fg.reduce_prod(x), x)[0]
    second = fg.gradients(first, x)[0]
    value = np.array([[0.0, 2.0], [0.0, 5.0]])
    found = fg.Session().run(second, {x: value})
    np.testing.assert_array_equal(found, hessian(value.reshape(-1)).sum(0).reshape(2, 2))


@pytest.mark.parametrize("zeros", ZEROS)
@pytest.mark.parametrize("exclusive, reverse, axis",
                         list(itertools.product([False, True], [False, True], [0, 1])))
def test_running_products(exclusive, reverse, axis, zeros):
    hold(lambda x: fg.cumprod(x, axis, exclusive, reverse), factors((3, 4), zeros), zeros)


@pytest.mark.parametrize("zeros", ZEROS)
@pytest.mark.parametrize("ids", [[0, 2, 0, -1, 2, 0], [[0, 2], [0, -1], [2, 0], [1, 1], [0, 0],
                                                      [2, 2]]])
def test_products_of_segments(ids, zeros):
    hold(lambda x: fg.unsorted_segment_prod(x, np.array(ids), 4), factors((6, 2), zeros), zeros)


def test_segments_do_not_see_each_other():
    x = fg.placeholder(np.float64, [4])
    y = fg.unsorted_segment_prod(x, np.array([0, 1, 0, 1]), 2)
    found = fg.Session().run(fg.gradients(y[0], x)[0], {x: [2.0, np.nan, 3.0, np.inf]})
    np.testing.assert_array_equal(found[[0, 2]], [3, 2])


@pytest.mark.parametrize("a, b", list(itertools.product([(3,), (2, 4), (4, 1)], [0, -1])))
def test_recurrences(a, b):
    from fastgrad.ops.scan import recurrence
    for exclusive, reverse in itertools.product([False, True], [False, True]):
        check_gradient(lambda x, y: recurrence(x, y, b, exclusive, reverse),
                       [factors(a, 1), factors(a, 0)], order=2)


@pytest.mark.parametrize("level", _kernels.available_levels)
def test_recurrences_at_every_level(level):
    from fastgrad.ops.scan import recurrence
    before = _kernels.level
    _kernels.load(level)
    try:
        for shape, dtype in itertools.product([(7,), (1,), (3, 33), (2, 5, 3), (0, 3), (3, 0)],
                                              [np.float32, np.float64]):
            a, b = (fg.placeholder(dtype, shape) for _ in range(2))
            feed = {a: factors(shape, 0), b: factors(shape, 0)}
            for axis in range(len(shape)):
                for flags in itertools.product([False, True], [False, True]):
                    y = recurrence(a, b, axis, *flags)
                    np.testing.assert_allclose(
                        fg.Session().run(y, feed), reference(y, feed), rtol=1e-5, atol=1e-4)
    finally:
        _kernels.load(before)


@pytest.mark.parametrize("power", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("how", ["number", "array", "mixed", "node"])
def test_powers_of_zero(power, how):
    x = fg.placeholder(np.float64, [3])
    value = np.array([0.0, 0.0, 2.0])
    exponents = np.full(3, float(power))
    if how == "mixed":
        exponents[1:] = 0, 1
    y = fg.placeholder(np.float64, [3])
    given = {"number": power, "array": exponents, "mixed": exponents, "node": y}[how]
    derivative, factor, left = x ** given, np.ones(3), exponents.copy()
    for _ in range(5):
        with np.errstate(all="ignore"):
            expected = np.where(factor == 0, 0, factor * value ** np.maximum(left, 0))
        found = fg.Session().run(derivative, {x: value, y: exponents})
        np.testing.assert_allclose(found, expected)
        derivative = fg.gradients(derivative, x, unconnected_gradients="zero")[0]
        factor, left = factor * left, left - 1


def test_mixed_derivatives_of_powers():
    check_gradient(lambda x, y: x ** y, [[0.5, 2.0, 1.5], [0.0, 0.5, 2.0]], order=2)
    x, y = (fg.placeholder(np.float64, [2]) for _ in range(2))
    slope = fg.gradients(x ** y, y)[0]
    found = fg.Session().run([slope, fg.gradients(slope, x)[0]], {x: [0.0, 0.0], y: [2.0, 3.0]})
    np.testing.assert_array_equal(found, np.zeros((2, 2)))


@pytest.mark.parametrize("level", _kernels.available_levels)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_sign_of_a_negative_zero_is_zero(level, dtype):
    """As of NumPy and TensorFlow 1.15: +0, alone and in vectors of any length."""
    before = _kernels.level
    _kernels.load(level)
    try:
        for shape in [(), (1,), (2,), (7,), (8,), (33,), (5, 3)]:
            x = fg.placeholder(dtype, shape)
            y, feed = fg.sign(x), {x: np.full(shape, -0.0, dtype)}
            for found in fg.Session().run(y, feed), reference(y, feed):
                assert not np.any(found) and not np.signbit(found).any()
    finally:
        _kernels.load(before)
    x = fg.constant(dtype(-0.0))
    assert not np.signbit(fg.Session().run(fg.sign(x)))


# ---- complex numbers --------------------------------------------------------------------

class doubled(fg.Operation):
    def compute(self, x):
        return x * 2.0


@fg.RegisterGradient("doubled")
def _(op, dy):
    return dy * (2.0 + 1j)


class tripled(fg.Operation):
    def compute(self, x):
        return x * 3.0


@fg.RegisterGradient("tripled")
def _(op, dy):
    return np.asarray(dy) * (3.0 + 1j)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("build, text", [
    (lambda v: doubled(v), "apply_gradient_descent .* is complex .complex128. where float64 is"),
    (lambda v: tripled(v), "the gradient of 'tripled.* for input 0 has dtype complex128; expected"),
])
def test_a_complex_gradient_is_refused(build, text):
    v = fg.Variable(np.ones(2))
    step = fg.train.GradientDescentOptimizer(0.1).minimize(fg.reduce_sum(build(v)))
    with pytest.raises(fg.errors.FastgradError, match=text) as caught:
        fg.Session().run(step)
    assert "test_zeros.py:" in str(caught.value)
    np.testing.assert_array_equal(v.value, [1, 1])


@pytest.mark.filterwarnings("error")
def test_complex_numbers_for_real_ones_are_refused():
    x, v = fg.placeholder(np.float64, [2]), fg.Variable(np.ones(2))
    with pytest.raises(fg.errors.GradientError, match="grad_ys.* is complex .complex128., but"):
        fg.gradients(x * x, x, grad_ys=[np.array([1j, 2])])

    @fg.custom_gradient
    def turned(a):
        return a * 2.0, lambda dy: dy * np.array([1j, 1j])
    with pytest.raises(fg.errors.GradientError, match="is complex .complex128., but"):
        fg.gradients(turned(x), x)
    with pytest.raises(fg.errors.DTypeError, match="assign .* the imaginary part would be lost"):
        fg.Session().run(v.assign(np.array([1j, 2])))
    with pytest.raises(fg.errors.DTypeError, match="imaginary part"):
        reference(v.assign(np.array([1j, 2])))
    z = fg.placeholder(np.complex128, [2])
    found = fg.Session().run(fg.cast(z, np.float32), {z: [1 + 2j, 3]})
    np.testing.assert_array_equal(found, np.array([1, 3], np.float32))


SMOOTH_AT_ZERO = {
    "weighted_cross_entropy": lambda z: fg.nn.weighted_cross_entropy_with_logits(
        np.array([0, 1, 0.3, 1]), z, 2.0),
    "sigmoid_cross_entropy": lambda z: fg.nn.sigmoid_cross_entropy_with_logits(
        labels=np.array([0, 1, 0.3, 1]), logits=z),
    "laplace_cdf": lambda z: fg.distributions.Laplace(np.float64(0), np.float64(2)).cdf(z),
    "normal_cdf": lambda z: fg.distributions.Normal(np.float64(0), np.float64(2)).cdf(z),
    "softplus": fg.nn.softplus, "softsign": fg.nn.softsign, "log_sigmoid": fg.log_sigmoid,
    "logistic": fg.sigmoid, "elu": fg.nn.elu,
    "log_loss": lambda z: fg.losses.log_loss(np.array([0, 1, 0.3, 1]), fg.sigmoid(z)),
    "huber": lambda z: fg.losses.huber_loss(np.zeros(4), z),
}


@pytest.mark.parametrize("name", SMOOTH_AT_ZERO)
def test_smooth_functions_made_of_parts_with_kinks(name):
    """What is written with `|z|`, relu or sign has the derivative of the whole at 0 too.

    Some have a jump in the second derivative there, so that differences err by about a step, 1e-3.
    """
    check_gradient(SMOOTH_AT_ZERO[name], [np.array([0.0, 0.0, -0.0, 0.0])], tolerance=1e-3)
