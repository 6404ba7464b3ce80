"""Gradients against central differences, first and second order, for every op and for whole graphs.

The rules are checked op by op on the rows of `cases`; the reverse walk on graphs where a simple
one goes wrong: paths of unequal length, a node used twice, consumers off the path, fed nodes.
"""

import numpy as np
import pytest
from cases import CASES, build, values

import fastgrad as fg
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.opdef import OPS
from fastgrad.graph.registry import gradient_of
from fastgrad.testing import Interpreter, check_gradient, reference

DIFFERENTIABLE = [t for t, c in CASES.items() if c.order]


@pytest.fixture(autouse=True)
def fresh_graph():
    fg.reset_default_graph()


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


# ---- every op ---------------------------------------------------------------------------

@pytest.mark.parametrize("op_type", DIFFERENTIABLE)
def test_op(op_type):
    """Both orders in one: the second is the check of the first's projection."""
    case = CASES[op_type]
    for variant in case.variants:
        arrays = values(case, variant, "float64")
        if sum(a.size for a in arrays) > 2000:
            continue                                # large shapes are for kernels: test_ops.py
        moved = [i for i in range(len(arrays)) if i not in case.skip]

        def y(*nodes, arrays=arrays, moved=moved, variant=variant):
            inputs = [fg.constant(a) for a in arrays]
            for i, node in zip(moved, nodes):
                inputs[i] = node
            outs = [o for o in build(op_type, inputs, variant) if o._dtype.kind == "f"]
            return sum((fg.reduce_sum(o * (i + 0.7)) for i, o in enumerate(outs[1:])), outs[0])
        try:
            check_gradient(y, [arrays[i] for i in moved], order=case.order)
        except AssertionError as e:
            raise AssertionError(f"{op_type} {variant}: {e}") from None


def test_every_op_states_its_gradient():
    """An op has a rule or says that it has none: a missing one would be a KeyError for users."""
    # gemm and snapshot exist only inside plans, after the gradients have been taken
    plans_only = {"gemm", "bgemm", "convolve_back", "snapshot", "python_gradient", "loss_seed",
                  "orthonormal", "channel_grad", "channel_grad_parts", "channel_moments",
                  "channel_parts", "channel_sums", "array_gain", "array_new", "array_put",
                  "array_take", "branch", "carry", "loop", "pop", "push"}
    plans_only |= {t for t, d in OPS.items() if d.evaluate is not None}      # no value to differ

    class Probe:
        attrs, graph, id = {}, fg.Graph(), None
    missing = []
    for op_type in set(OPS) - plans_only:
        probe = Probe()
        probe.op_type = op_type
        try:
            gradient_of(probe)
        except KeyError:
            missing.append(op_type)
    # TensorFlow has no rules for these either
    assert sorted(missing) == [
        "bicubic_grad", "bilinear_grad", "crops_to_boxes", "crops_to_image",
        "dilation2d_backprop_filter", "dilation2d_backprop_input", "hsv_to_rgb", "lrn_grad",
        "max_pool_grad_with_argmax", "nearest_neighbor_grad", "resize_area", "rgb_to_hsv",
        "truncatemod"]


@pytest.mark.parametrize("op_type", [t for t in DIFFERENTIABLE if t not in ("cast_like",)])
def test_float32_gradients_stay_float32(op_type):
    """No rule may promote by a float64 constant of its own."""
    case = CASES[op_type]
    variant = case.variants[0]
    arrays = values(case, variant, "float32")
    nodes = [fg.placeholder(a.dtype, a.shape) for a in arrays]
    y = build(op_type, nodes, variant)[0]
    found = [as_tensor(g) for g in fg.gradients(y, [n for n in nodes if n._dtype == np.float32])
             if g is not None]
    for value in fg.Session().run(found, dict(zip(nodes, arrays))):
        assert value.dtype == np.float32


# ---- whole graphs -----------------------------------------------------------------------

def test_paths_of_unequal_length():
    def y(x):
        long = x
        for _ in range(5):
            long = fg.tanh(long)
        return x * long + fg.reduce_sum(x) * long + x
    check_gradient(y, [random(4)], order=2)


@pytest.mark.parametrize("y", [
    lambda x: x * x, lambda x: x + x, lambda x: x - x, lambda x: x / x,
    lambda x: fg.matmul(x, x), lambda x: fg.matmul(x, x, transpose_b=True),
    lambda x: fg.squared_difference(x, x), lambda x: fg.concat([x, x, x], 0),
    lambda x: fg.where(x > 0, x, x), lambda x: fg.maximum(x, x + 1.0)])
def test_a_node_used_twice_by_one_operation(y):
    check_gradient(y, [random(3, 3) + 4], order=2)


def test_consumers_off_the_path():
    x = fg.placeholder(np.float64, (3,))
    y = fg.reduce_sum(fg.exp(x))
    fg.argmax(fg.square(x))                        # has no gradient and must not be asked for one
    fg.log(fg.negative(x) * y)
    check_gradient(y, [x], {x: random(3)}, order=2)


def test_broadcasting_sums_back_to_each_shape():
    def y(a, b, c):
        return fg.tanh(a * b + c) / (2.0 + fg.square(b))
    check_gradient(y, [random(4, 1, 3), random(2, 1, seed=1), random(seed=2)], order=2)


def test_unknown_static_shapes():
    x, w = fg.placeholder(np.float64), fg.placeholder(np.float64)
    y = fg.reduce_mean(fg.softmax(fg.matmul(x, w) + 1.0), axis=0)
    for batch in (1, 4):
        feed = {x: random(batch, 3), w: random(3, 5, seed=1)}
        check_gradient(y, [x, w], feed, order=2)


def test_tutorial_cross_entropy_second_order():
    c = np.eye(3)[[0, 2, 1, 1]]

    def y(z):
        return fg.negative(fg.reduce_sum(fg.reduce_sum(fg.multiply(c, fg.log(fg.softmax(z))),
                                                       axis=1)))
    check_gradient(y, [random(4, 3)], order=2)


def test_variables_as_x():
    w = fg.Variable(random(3, 2))
    y = fg.reduce_sum(fg.sigmoid(fg.matmul(random(5, 3, seed=1), w)))
    check_gradient(y, [w], order=2)


def test_intermediate_nodes_as_x():
    h = fg.matmul(random(5, 3, seed=1), fg.Variable(random(3, 2)))
    check_gradient(fg.reduce_sum(fg.sigmoid(h) * h), h, order=2)


def test_several_ys_and_their_weights():
    x = fg.placeholder(np.float64, (3,))
    ys = [fg.square(x), fg.exp(x), fg.reduce_sum(x)]
    weights = [random(3, seed=i) for i in range(2)] + [np.float64(2.5)]
    g, = fg.gradients(ys, [x], grad_ys=weights)
    value = random(3, seed=9)
    expected = weights[0] * 2 * value + weights[1] * np.exp(value) + 2.5
    np.testing.assert_allclose(fg.Session().run(g, {x: value}), expected, rtol=1e-14)


def test_stop_gradient_and_stop_gradients():
    x = fg.placeholder(np.float64, (3,))
    h = fg.square(x)
    value = random(3)
    through, = fg.gradients(h * x, [x], stop_gradients=[h])
    cut, = fg.gradients(fg.stop_gradient(h) * x, [x])
    for g in (through, cut):
        np.testing.assert_allclose(fg.Session().run(g, {x: value}), value ** 2, rtol=1e-15)


def test_an_x_among_the_stop_gradients_keeps_its_own():
    # TensorFlow's documented example: what is stopped is the way on, through a to b = 2 a
    a = fg.Variable(0.0)
    b = 2.0 * a
    found = fg.gradients(a + b, [a, b], stop_gradients=[a, b])
    assert fg.Session().run(found) == [1, 1]
    assert fg.Session().run(fg.gradients(a + b, [a, b])) == [3, 1]


def test_unconnected():
    x, y = fg.placeholder(np.float64, (3,)), fg.placeholder(np.float64, (2,))
    z = fg.square(x)
    assert fg.gradients(z, [y]) == [None]
    zero, = fg.gradients(z, [y], unconnected_gradients="zero")
    np.testing.assert_array_equal(fg.Session().run(zero, {y: [1.0, 2.0]}), [0, 0])


def test_ties_share_the_gradient_of_a_maximum():
    x = fg.placeholder(np.float64, (4,))
    g, = fg.gradients(fg.reduce_max(x), [x])
    np.testing.assert_array_equal(fg.Session().run(g, {x: [1.0, 3.0, 3.0, 2.0]}), [0, 0.5, 0.5, 0])


def test_third_order():
    check_gradient(lambda x: fg.sigmoid(x) * fg.exp(x), [random(3)], order=3)


# ---- the checker checks -----------------------------------------------------------------

def wrong(factor):
    class scaled(fg.Operation):
        def compute(self, x):
            return x * 3.0
    scaled.__name__ = f"scaled_{factor}".replace(".", "_")
    if scaled.__name__ not in _registered:
        _registered.add(scaled.__name__)
        fg.RegisterGradient(scaled.__name__)(lambda op, dy: dy * factor)
    return scaled


_registered = set()


def test_check_gradient_finds_a_wrong_rule():
    assert check_gradient(wrong(3.0), [random(4)]) < 1e-10
    with pytest.raises(AssertionError, match="along a random direction is .* central differences"):
        check_gradient(wrong(3.001), [random(4)])


def test_check_gradient_finds_one_wrong_element():
    class one_off(fg.Operation):
        def compute(self, x):
            return np.where(np.arange(x.size) == 7, 1.0001 * x, x)
    if "one_off" not in _registered:
        _registered.add("one_off")
        fg.RegisterGradient("one_off")(lambda op, dy: dy)
    with pytest.raises(AssertionError):
        check_gradient(one_off, [random(100)])


def test_check_gradient_refuses_float32():
    x = fg.placeholder(np.float32, (2,))
    with pytest.raises(fg.errors.DTypeError, match="has dtype float32; expected float64"):
        check_gradient(fg.square(x), [x], {x: [1.0, 2.0]})


def test_reference_leaves_the_store_alone():
    w = fg.Variable(1.0)
    step = fg.assign_add(w, 1.0)
    values = {}
    assert [reference(step, values=values) for _ in range(3)] == [2, 3, 4]
    assert w.value == 1 and values[w] == 4


def test_an_operation_that_failed_is_tried_again():
    """It was taken for done, and what needs it found no value."""
    x = fg.placeholder(np.float64)
    y = fg.matrix_inverse(x)
    run = Interpreter({x: np.zeros((2, 2))})
    for fetch in (y, y, y + 1.0):
        with pytest.raises(fg.errors.RunShapeError, match="not invertible"):
            run.run([fetch])


@pytest.mark.parametrize("exclusive", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("zeros", [[], [0], [2], [4], [1, 3], [0, 1, 4]])
def test_gradient_of_a_running_product_with_zeros(exclusive, reverse, zeros):
    """It was NaN at a zero, as TensorFlow's is; the product has a derivative there."""
    x = np.array([[1.5, -0.5], [2.0, 0.7], [-1.2, 1.1], [0.4, -2.0], [0.9, 1.3]])
    x[zeros, 0] = 0.0
    leaf = fg.placeholder(np.float64, (5, 2))
    y = fg.cumprod(leaf, 0, exclusive=exclusive, reverse=reverse)
    check_gradient(fg.sin(y), [leaf], {leaf: x})
