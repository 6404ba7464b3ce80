"""Operators, broadcasting, reductions, matmul, elementwise functions and variables' dtypes."""

import operator

import numpy as np
import pytest

import fastgrad as fg


@pytest.fixture(autouse=True)
def fresh_graph():
    fg.reset_default_graph()


def run(fetches, feed=None):
    return fg.Session().run(fetches, feed or {})


# ---- operators and broadcasting -----------------------------------------------------------

BINARY = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]


@pytest.mark.parametrize("op", BINARY, ids=lambda op: op.__name__)
@pytest.mark.parametrize("other", [2.0, 3, np.float64(1.5), np.array([[1.5, 2.0, 0.5]]),
                                   [1.0, 2.0, 3.0]], ids=["float", "int", "np", "array", "list"])
def test_operators_with_numbers_and_arrays_on_either_side(op, other):
    data = np.array([[1.0, 2.0, 3.0], [0.5, 4.0, 2.5]])
    x = fg.placeholder()
    there, back = run([op(x, other), op(other, x)], {x: data})
    np.testing.assert_allclose(there, op(data, np.asarray(other)), rtol=1e-14)
    np.testing.assert_allclose(back, op(np.asarray(other), data), rtol=1e-14)


def test_matmul_and_minus_operators():
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    x = fg.placeholder()
    np.testing.assert_allclose(run(x @ b, {x: a}), a @ b)
    np.testing.assert_allclose(run(a @ x, {x: b}), a @ b)
    np.testing.assert_array_equal(run(-x, {x: a}), -a)


@pytest.mark.parametrize("left, right", [
    ((2, 3), (3,)), ((3,), (2, 3)), ((2, 3), (2, 1)), ((2, 1), (1, 3)), ((), (2, 3)),
    ((4, 1, 3), (2, 1)), ((2, 1, 3, 1), (5, 1, 4)), ((1, 1, 1), (2,)), ((1,), ())])
def test_broadcasting_and_its_gradients(left, right):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal(left), rng.standard_normal(right)
    x, y = fg.Variable(a), fg.Variable(b)
    weights = rng.standard_normal(np.broadcast_shapes(left, right))
    for node, value in ((fg.add(x, y), a + b), (fg.multiply(x, y), a * b)):
        loss = fg.reduce_sum(fg.multiply(node, weights))
        out, dx, dy = run([node] + fg.gradients(loss, [x, y]))
        np.testing.assert_allclose(out, value)
        full = (weights, weights) if node.op.type == "add" else (weights * b, weights * a)
        np.testing.assert_allclose(dx, sum_to(full[0], left), rtol=1e-12)
        np.testing.assert_allclose(dy, sum_to(full[1], right), rtol=1e-12)


def sum_to(full, shape):
    full = full.sum(axis=tuple(range(full.ndim - len(shape))))
    axes = tuple(i for i, n in enumerate(shape) if n != full.shape[i])
    return full.sum(axis=axes, keepdims=True)


@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2), (0, 1, 2), [1], 2])
@pytest.mark.parametrize("keepdims", [False, True])
def test_reduce_sum_over_any_axes(axis, keepdims):
    data = np.random.default_rng(1).standard_normal((2, 3, 4))
    expected = data.sum(axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims)
    np.testing.assert_allclose(run(fg.reduce_sum(data, axis=axis, keepdims=keepdims)), expected)
    np.testing.assert_allclose(run(fg.reduce_mean(data, axis=axis, keepdims=keepdims)),
                               expected * expected.size / data.size)


@pytest.mark.parametrize("left, right", [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)),
                                         ((2, 3), (3, 4)), ((5, 2, 3), (5, 3, 4))])
def test_matmul_as_numpy_does(left, right):
    rng = np.random.default_rng(2)
    a, b = rng.standard_normal(left), rng.standard_normal(right)
    np.testing.assert_allclose(run(fg.matmul(a, b)), a @ b, rtol=1e-12)


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_softmax_over_an_axis(axis):
    z = np.random.default_rng(3).standard_normal((2, 3, 4))
    e = np.exp(z)
    np.testing.assert_allclose(run(fg.softmax(z, axis=axis)), e / e.sum(axis, keepdims=True))
    np.testing.assert_allclose(run(fg.nn.softmax(z)), e / e.sum(-1, keepdims=True))


def test_softmax_and_sigmoid_do_not_overflow():
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(run(fg.softmax([[1e4, -1e4, 0.0]])), [[1, 0, 0]])
        np.testing.assert_array_equal(run(fg.sigmoid([1e4, -1e4, 0.0])), [1, 0, 0.5])


def logistic(x):
    return 1 / (1 + np.exp(-x))


def test_elementwise_functions():
    x = np.linspace(0.1, 3, 7)
    pairs = [(fg.exp, np.exp), (fg.log, np.log), (fg.tanh, np.tanh), (fg.square, np.square),
             (fg.negative, np.negative), (fg.sigmoid, logistic), (fg.nn.sigmoid, logistic)]
    for ours, theirs in pairs:
        np.testing.assert_allclose(run(ours(x)), theirs(x), rtol=1e-13)
    np.testing.assert_array_equal(run(fg.nn.relu(x - 1)), np.maximum(x - 1, 0))
    np.testing.assert_allclose(run(fg.subtract(x, 2.0)), x - 2)
    np.testing.assert_allclose(run(fg.divide(x, [2.0])), x / 2)


# ---- variables --------------------------------------------------------------------------

def test_integer_variables_are_read_and_assigned_but_not_trained():
    count = fg.Variable([1, 2], name="count")
    w = fg.Variable([1.0, 2.0])
    assert run(count).dtype.kind == "i"
    np.testing.assert_array_equal(run(fg.assign(count, [3, 4])), [3, 4])
    np.testing.assert_array_equal(count.value, [3, 4])
    loss = fg.reduce_sum(fg.multiply(count, w))
    with pytest.raises((TypeError, ValueError), match="count"):
        fg.GradientDescentOptimizer(0.1).minimize(loss)
    run(fg.GradientDescentOptimizer(0.1).minimize(loss, var_list=[w]))
    np.testing.assert_allclose(w.value, [0.7, 1.6])


def test_variables_keep_their_dtype():
    assert run(fg.Variable(np.ones(2, np.float32))).dtype == np.float32
    assert run(fg.Variable([1.0, 2.0])).dtype == np.float64
    w = fg.Variable(np.ones(2, np.float32))
    assert run(w * 2.0 + 1).dtype == np.float32
