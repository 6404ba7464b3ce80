"""Gradients through the public API: the tutorial's and TensorFlow's functions, custom operations.

Several tests are graphs on which the tutorial's own code goes wrong: paths of different length,
a node used twice by one operation, consumers off the path, long chains, large logits.
"""

import numpy as np
import pytest

import fastgrad as fg


@pytest.fixture(autouse=True)
def fresh_graph():
    fg.reset_default_graph()


def run(fetches, feed=None):
    return fg.Session().run(fetches, feed or {})


# ---- compute_gradients and gradients --------------------------------------------------------

def test_compute_gradients_has_every_node_the_user_holds():
    X, c = fg.placeholder(), fg.placeholder()
    W, b = fg.Variable(np.array([[1.0, -1.0], [0.5, 2.0]])), fg.Variable(np.array([0.1, -0.2]))
    z = fg.add(fg.matmul(X, W), b)
    p = fg.softmax(z)
    J = fg.negative(fg.reduce_sum(fg.reduce_sum(fg.multiply(c, fg.log(p)), axis=1)))
    x_value, c_value = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    p_value, _ = run([p, J], {X: x_value, c: c_value})
    grads = fg.compute_gradients(J)
    dz = p_value - c_value
    expected = {J: 1.0, z: dz, b: dz.sum(axis=0), W: x_value.T @ dz, X: dz @ W.value.T,
                p: -c_value / p_value, c: -np.log(p_value)}
    for node, value in expected.items():
        assert isinstance(grads[node], (np.ndarray, np.floating))
        np.testing.assert_allclose(grads[node], value, rtol=1e-12, atol=1e-15)


def test_compute_gradients_uses_the_feed_fed_last_or_the_one_given():
    x = fg.placeholder()
    w = fg.Variable(2.0)
    loss = fg.reduce_sum(fg.multiply(w, fg.square(x)))
    session = fg.Session()
    session.run(loss, {x: [1.0]})
    session.run(fg.exp(x), {x: [3.0, 1.0]})
    assert fg.compute_gradients(loss)[w] == 10
    assert fg.compute_gradients(loss, feed_dict={x: [5.0]})[w] == 25
    session.run(fg.assign(w, 4.0))
    np.testing.assert_allclose(fg.compute_gradients(loss, feed_dict={x: [5.0]})[x], [40.0])


def test_gradient_descent_by_hand():
    rng = np.random.default_rng(0)
    x_value, true_w = rng.standard_normal((50, 3)), np.array([1.0, -2.0, 0.5])
    x, t = fg.placeholder(), fg.placeholder()
    w = fg.Variable(np.zeros(3))
    loss = fg.reduce_mean(fg.square(fg.matmul(x, w) - t))
    session = fg.Session()
    for _ in range(200):
        session.run(loss, {x: x_value, t: x_value @ true_w})
        session.run(fg.assign(w, w.value - 0.2 * fg.compute_gradients(loss)[w]))
    np.testing.assert_allclose(w.value, true_w, atol=1e-8)


def test_gradients_returns_one_tensor_a_node():
    x = fg.placeholder()
    w, unrelated = fg.Variable(np.array([1.0, 2.0])), fg.Variable(1.0)
    y = fg.reduce_sum(fg.multiply(fg.square(w), x))
    one = fg.gradients(y, w)
    assert isinstance(one, list) and len(one) == 1
    both = fg.gradients(y, [w, x, unrelated])
    assert both[2] is None
    dw, dx = run(both[:2], {x: [3.0, 4.0]})
    np.testing.assert_allclose(dw, [6, 16])
    np.testing.assert_allclose(dx, [1, 4])


def test_second_order():
    x = fg.Variable(np.array([0.5, 1.0, 2.0]))
    first, = fg.gradients(fg.reduce_sum(fg.exp(x) * x), x)
    second, = fg.gradients(first, x)
    np.testing.assert_allclose(run(second), np.exp(x.value) * (x.value + 2), rtol=1e-13)


def test_hessians():
    x, a = fg.Variable(np.array([1.0, 2.0, 3.0])), fg.Variable(2.0)
    y = fg.reduce_sum(x ** 3) * a
    of_x, of_a = fg.Session().run(fg.hessians(y, [x, a]))
    np.testing.assert_allclose(of_x, np.diag([12.0, 24.0, 36.0]))
    assert of_a.shape == () and of_a == 0
    w = fg.Variable(np.arange(6.0).reshape(2, 3) / 6)
    found = fg.Session().run(fg.hessians(fg.reduce_sum(fg.exp(w) * w[0, 0]), w)[0])
    step, flat = 1e-4, np.arange(6.0) / 6

    def slope(z):
        out = np.exp(z) * z[0]
        out[0] += np.exp(z).sum()
        return out
    expected = np.stack([(slope(flat + step * e) - slope(flat - step * e)) / (2 * step)
                         for e in np.eye(6)])
    np.testing.assert_allclose(found.reshape(6, 6), expected, rtol=1e-6, atol=1e-6)


def test_hessians_need_a_known_shape():
    x = fg.placeholder(np.float32, [None])
    with pytest.raises(ValueError, match="hessians.*known shape"):
        fg.hessians(fg.reduce_sum(x * x), x)


# ---- where the tutorial's code goes wrong ---------------------------------------------------

def test_paths_of_different_length():
    a = fg.Variable(1.5)
    long = fg.exp(fg.sigmoid(fg.square(a)))
    loss = fg.multiply(fg.add(a, long), a)
    s = 1 / (1 + np.exp(-1.5 ** 2))
    expected = 2 * 1.5 + np.exp(s) + 1.5 * np.exp(s) * s * (1 - s) * 2 * 1.5
    np.testing.assert_allclose(fg.compute_gradients(loss)[a], expected, rtol=1e-13)


@pytest.mark.parametrize("function, derivative", [
    (lambda a: fg.multiply(a, a), lambda v: 2 * v), (lambda a: fg.add(a, a), lambda v: 2 + 0 * v),
    (lambda a: fg.subtract(a, a), lambda v: 0 * v), (lambda a: fg.divide(a, a), lambda v: 0 * v)],
    ids=["multiply", "add", "subtract", "divide"])
def test_a_node_used_twice_by_one_operation(function, derivative):
    value = np.array([1.0, -2.0, 3.0])
    a = fg.Variable(value)
    grads = fg.compute_gradients(fg.reduce_sum(function(a)))
    np.testing.assert_allclose(grads[a], derivative(value), atol=1e-15)


def test_matmul_of_a_matrix_with_itself():
    value = np.array([[1.0, 2.0], [3.0, -1.0]])
    a = fg.Variable(value)
    grads = fg.compute_gradients(fg.reduce_sum(fg.matmul(a, a)))
    ones = np.ones((2, 2))
    np.testing.assert_allclose(grads[a], ones @ value.T + value.T @ ones)


def test_consumers_off_the_path_to_the_loss():
    x = fg.placeholder()
    w = fg.Variable(np.array([1.0, 2.0]))
    y = fg.multiply(x, w)
    loss = fg.reduce_sum(fg.square(y))
    aside = [fg.exp(y), fg.sigmoid(w), fg.add(fg.log(y), x), fg.negative(loss)]
    step = fg.GradientDescentOptimizer(0.1).minimize(loss)
    session = fg.Session()
    session.run(step, {x: [1.0, 1.0]})
    np.testing.assert_allclose(w.value, [0.8, 1.6])
    grads = fg.compute_gradients(loss)
    assert not any(node in grads for node in aside)


def test_a_chain_of_100_000_operations():
    w, b = fg.Variable(np.array([1.0, 2.0])), fg.Variable(np.array([0.001, 0.001]))
    y = w
    for _ in range(100_000):
        y = fg.add(y, b)
    loss = fg.reduce_sum(y)
    value, dw, db = run([loss] + fg.gradients(loss, [w, b]))
    assert value == pytest.approx(203.0, rel=1e-9)
    np.testing.assert_array_equal(dw, [1, 1])
    np.testing.assert_array_equal(db, [100_000, 100_000])


def test_cross_entropy_of_the_tutorial_at_huge_logits():
    z_value = np.array([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4], [0.0, 0.0, 0.0], [1e4, 1e4, -1e4]])
    c_value = np.array([[0, 1, 0], [0.3, 0.9, 0], [1, 0, 2], [0, 0, 0]])
    z, c = fg.placeholder(), fg.placeholder()
    p = fg.softmax(z)
    J = fg.negative(fg.reduce_sum(fg.reduce_sum(fg.multiply(c, fg.log(p)), axis=1)))
    with np.errstate(all="raise"):
        loss, p_value, dz = run([J, p] + fg.gradients(J, [z]), {z: z_value, c: c_value})
        grads = fg.compute_gradients(J)
    shifted = z_value - z_value.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(np.maximum(shifted, -700)).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(loss, -(c_value * log_p).sum(), rtol=1e-12)
    expected = c_value.sum(axis=1, keepdims=True) * p_value - c_value
    np.testing.assert_allclose(dz, expected, atol=1e-15)
    np.testing.assert_allclose(grads[z], expected, atol=1e-15)


def test_training_at_huge_logits_stays_finite():
    x, c = np.array([[1e4, 0.0], [0.0, 1e4]]), np.array([[0.0, 1.0], [1.0, 0.0]])
    W = fg.Variable(np.eye(2))
    p = fg.softmax(fg.matmul(x, W))
    J = fg.negative(fg.reduce_sum(fg.reduce_sum(fg.multiply(c, fg.log(p)), axis=1)))
    step = fg.GradientDescentOptimizer(1e-4).minimize(J)
    losses = [run([J, step])[0] for _ in range(5)]
    assert losses[0] == pytest.approx(2e4)
    assert np.all(np.isfinite(W.value)) and losses[-1] == 0


# ---- operations of the user's own -------------------------------------------------------------

class cube(fg.Operation):
    def __init__(self, x):
        super().__init__([x])

    def compute(self, x):
        return x ** 3


@fg.RegisterGradient("cube")
def _(op, grad):
    return grad * 3 * op.inputs[0] ** 2


class bare_cube(fg.Operation):
    def compute(self, x):
        return x ** 3


@fg.RegisterGradient("bare_cube")
def _(op, grad):
    return fg.multiply(grad, fg.multiply(3.0, fg.square(op.inputs[0])))


class sine(fg.Operation):
    def compute(self, x):
        return np.sin(x)


@fg.RegisterGradient("sine")
def _(op, grad):
    return grad * np.cos(op.inputs[0])


class own_sigmoid(fg.Operation):
    def compute(self, a):
        return 1 / (1 + np.exp(-a))


@fg.RegisterGradient("own_sigmoid")
def _(op, grad):
    return grad * op.output * (1 - op.output)


class own_add(fg.Operation):
    def __init__(self, x, y):
        super().__init__([x, y])

    def compute(self, x, y):
        return x + y


@fg.RegisterGradient("own_add")
def _(op, grad):
    # the tutorial's way to undo broadcasting, which needs arrays
    def reduced(to):
        part = grad
        while np.ndim(part) > np.ndim(to):
            part = np.sum(part, axis=0)
        for axis, size in enumerate(np.shape(to)):
            if size == 1:
                part = np.sum(part, axis=axis, keepdims=True)
        return part
    return [reduced(op.inputs[0]), reduced(op.inputs[1])]


CUSTOM = [(cube, lambda v: v ** 3, lambda v: 3 * v ** 2),
          (bare_cube, lambda v: v ** 3, lambda v: 3 * v ** 2),
          (sine, np.sin, np.cos)]


@pytest.mark.parametrize("kind, function, derivative", CUSTOM, ids=lambda x: x.__name__)
def test_custom_operation_trains_inside_a_larger_graph(kind, function, derivative):
    rng = np.random.default_rng(4)
    x_value, w_value = rng.standard_normal((6, 3)), rng.standard_normal((3, 2)) / 2
    x = fg.placeholder()
    w, b = fg.Variable(w_value), fg.Variable(np.zeros(2))
    loss = fg.reduce_mean(fg.square(kind(fg.add(fg.matmul(x, w), b)) - 0.5))
    step = fg.GradientDescentOptimizer(0.01).minimize(loss)
    session = fg.Session()
    b_value = np.zeros(2)
    losses = []
    for _ in range(20):
        losses.append(session.run([loss, step], {x: x_value})[0])
        a = x_value @ w_value + b_value
        da = 2 * (function(a) - 0.5) / a.size * derivative(a)
        w_value, b_value = w_value - 0.01 * x_value.T @ da, b_value - 0.01 * da.sum(axis=0)
    np.testing.assert_allclose(w.value, w_value, rtol=1e-10)
    np.testing.assert_allclose(b.value, b_value, rtol=1e-10)
    assert losses[-1] < losses[0]


def test_custom_operation_is_the_key_of_its_gradient():
    x = fg.placeholder()
    y = cube(x)
    z = fg.multiply(y, 2.0)
    assert isinstance(y, cube) and list(y.input_nodes) == [x] and list(y.consumers) == [z]
    run(z, {x: [1.0, 2.0]})
    grads = fg.compute_gradients(fg.reduce_sum(z))
    np.testing.assert_array_equal(grads[y], [2, 2])
    np.testing.assert_array_equal(grads[x], [6, 24])


def test_custom_operation_with_two_inputs_and_its_output():
    a, b = fg.Variable(np.array([[0.1, -2.0], [3.0, 0.5]])), fg.Variable(np.array([0.5, -0.5]))
    y = own_sigmoid(own_add(a, b))
    grads = fg.compute_gradients(fg.reduce_sum(y))
    s = 1 / (1 + np.exp(-(a.value + b.value)))
    np.testing.assert_allclose(grads[a], s * (1 - s), rtol=1e-13)
    np.testing.assert_allclose(grads[b], (s * (1 - s)).sum(axis=0), rtol=1e-13)


def test_tensor_style_gradient_can_be_differentiated_again():
    x = fg.Variable(np.array([1.0, -2.0]))
    first, = fg.gradients(fg.reduce_sum(bare_cube(x)), x)
    second, = fg.gradients(first, x)
    np.testing.assert_allclose(run([first, second]), [[3, 12], [6, -12]])


@pytest.mark.parametrize("power", [2, 2.0, 3, 0.5])
def test_a_power_by_a_number_keeps_float32(power):
    x = fg.placeholder(np.float32, [None])
    grad, = fg.gradients(fg.reduce_sum(x ** power), [x])
    got = fg.Session().run(grad, {x: [1.0, 4.0]})
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, power * np.array([1.0, 4.0]) ** (power - 1), rtol=1e-6)
