"""The tutorial's programs, parts I to V, run on fastgrad and on plain NumPy: same printed output.

Each program is the usage part of its article, as text, so that nothing but the line
`from ... import *` differs between the two runs. `randn` stands for `np.random.randn`, from a
generator of its own, and `print` is caught: every number printed must agree to 1e-9.
"""

import numpy as np
import pytest

TWO_CLUSTERS = """
red_points = randn(50, 2) - 2*np.ones((50, 2))
blue_points = randn(50, 2) + 2*np.ones((50, 2))
"""

XOR_CLUSTERS = """
red_points = np.concatenate((
    0.2*randn(25, 2) + np.array([[0, 0]]*25),
    0.2*randn(25, 2) + np.array([[1, 1]]*25)
))
blue_points = np.concatenate((
    0.2*randn(25, 2) + np.array([[0, 1]]*25),
    0.2*randn(25, 2) + np.array([[1, 0]]*25)
))
"""

PART_1 = """
Graph().as_default()
A = Variable([[1, 0], [0, -1]])
b = Variable([1, 1])
x = placeholder()
y = matmul(A, x)
z = add(y, b)
session = Session()
output = session.run(z, {
    x: [1, 2]
})
print(output)
"""

PART_2_SIGMOID = """
Graph().as_default()
x = placeholder()
w = Variable([1, 1])
b = Variable(0)
p = sigmoid(add(matmul(w, x), b))
session = Session()
print(session.run(p, {
    x: [3, 2]
}))
"""

MULTI_CLASS = TWO_CLUSTERS + """
Graph().as_default()
X = placeholder()
W = Variable([
    [1, -1],
    [1, -1]
])
b = Variable([0, 0])
p = softmax(add(matmul(X, W), b))
"""

PART_2_SOFTMAX = MULTI_CLASS + """
session = Session()
output_probabilities = session.run(p, {
    X: np.concatenate((blue_points, red_points))
})
print(output_probabilities[:10])
"""

CROSS_ENTROPY = """
c = placeholder()
J = negative(reduce_sum(reduce_sum(multiply(c, log(p)), axis=1)))
"""

FEED = """
feed_dict = {
    X: np.concatenate((blue_points, red_points)),
    c:
        [[1, 0]] * len(blue_points)
        + [[0, 1]] * len(red_points)
}
session = Session()
"""

PART_3 = MULTI_CLASS + CROSS_ENTROPY + FEED + """
print(session.run(J, feed_dict))
"""

TRAIN = """
minimization_op = GradientDescentOptimizer(learning_rate=RATE).minimize(J)
""" + FEED + """
for step in range(STEPS):
    J_value = session.run(J, feed_dict)
    if step % 10 == 0:
        print("Step:", step, " Loss:", J_value)
    session.run(minimization_op, feed_dict)
for variable in PRINTED:
    print("Value:", session.run(variable))
print("Class probabilities:", session.run(p, feed_dict={X: [[0.1, 0.9], [-2, 2], [1, 1]]}))
"""

PART_4 = TWO_CLUSTERS + """
Graph().as_default()
X = placeholder()
W = Variable(randn(2, 2))
b = Variable(randn(2))
p = softmax(add(matmul(X, W), b))
PRINTED = [W, b]
""" + CROSS_ENTROPY + TRAIN

PART_5 = XOR_CLUSTERS + """
Graph().as_default()
X = placeholder()
W_hidden = Variable(randn(2, 2))
b_hidden = Variable(randn(2))
p_hidden = sigmoid(add(matmul(X, W_hidden), b_hidden))
W_output = Variable(randn(2, 2))
b_output = Variable(randn(2))
p = softmax(add(matmul(p_hidden, W_output), b_output))
PRINTED = [W_hidden, b_hidden, W_output, b_output]
""" + CROSS_ENTROPY + TRAIN

PART_5_DEEP = XOR_CLUSTERS + """
Graph().as_default()
X = placeholder()
W_hidden1 = Variable(randn(2, 4))
b_hidden1 = Variable(randn(4))
p_hidden1 = sigmoid(add(matmul(X, W_hidden1), b_hidden1))
W_hidden2 = Variable(randn(4, 8))
b_hidden2 = Variable(randn(8))
p_hidden2 = sigmoid(add(matmul(p_hidden1, W_hidden2), b_hidden2))
W_hidden3 = Variable(randn(8, 2))
b_hidden3 = Variable(randn(2))
p_hidden3 = sigmoid(add(matmul(p_hidden2, W_hidden3), b_hidden3))
W_output = Variable(randn(2, 2))
b_output = Variable(randn(2))
p = softmax(add(matmul(p_hidden3, W_output), b_output))
PRINTED = [W_hidden1, b_hidden1, W_hidden2, b_hidden2, W_hidden3, b_hidden3, W_output, b_output]
""" + CROSS_ENTROPY + TRAIN


def printed_by(program, library, seed=1, **constants):
    """Run `program` on top of `from library import *`; returns what it printed."""
    rng = np.random.default_rng(seed)
    lines = []
    names = {"np": np, **constants}
    exec(f"from {library} import *", names)
    # after the import, so that no exported name can take their place
    names["randn"] = lambda *shape: rng.standard_normal(shape)
    names["print"] = lambda *parts: lines.append(parts)
    exec(compile(program, "tutorial.py", "exec"), names)
    return lines


def assert_same_output(program, **constants):
    ours = printed_by(program, "fastgrad", **constants)
    theirs = printed_by(program, "numpy_tutorial", **constants)
    assert len(ours) == len(theirs) > 0
    for our_line, their_line in zip(ours, theirs):
        assert len(our_line) == len(their_line)
        for got, expected in zip(our_line, their_line):
            if isinstance(expected, str):
                assert got == expected
            else:
                assert np.shape(got) == np.shape(expected)
                np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)
    return ours


def test_part_1_prints_2_and_minus_1():
    (output,), = printed_by(PART_1, "fastgrad")
    np.testing.assert_array_equal(output, [2, -1])
    assert_same_output(PART_1)


def test_part_2_perceptron_with_integer_variables():
    (p,), = assert_same_output(PART_2_SIGMOID)
    assert abs(p - 0.9933071490757153) < 1e-12


def test_part_2_multi_class_perceptron():
    (p,), = assert_same_output(PART_2_SOFTMAX)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)


def test_part_3_cross_entropy():
    (loss,), = assert_same_output(PART_3)
    assert np.shape(loss) == () and 0 < loss < 10


@pytest.mark.parametrize("program, rate, steps", [
    pytest.param(PART_4, 0.01, 100, id="part-4"),
    pytest.param(PART_4, 0.01, 1000, id="part-4-longer"),
    pytest.param(PART_5, 0.03, 1000, id="part-5"),
    # not 0.03: there two NumPy runs that differ by one rounding error drift apart as well
    pytest.param(PART_5_DEEP, 0.005, 1000, id="part-5-deep"),
])
def test_training_agrees_with_numpy_at_every_step(program, rate, steps):
    lines = assert_same_output(program, RATE=rate, STEPS=steps)
    losses = [line[3] for line in lines if line[0] == "Step:"]
    assert len(losses) == steps // 10
    assert losses[-1] < losses[0]


TENSORSLOW = TWO_CLUSTERS + """
import fastgrad as ts
with ts.Graph().as_default():
    X = ts.placeholder()
    c = ts.placeholder()
    W = ts.Variable(randn(2, 2))
    b = ts.Variable(randn(2))
    p = ts.softmax(ts.add(ts.matmul(X, W), b))
    J = ts.negative(ts.reduce_sum(ts.reduce_sum(ts.multiply(c, ts.log(p)), axis=1)))
    minimization_op = ts.train.GradientDescentOptimizer(learning_rate=0.01).minimize(J)
    session = ts.Session()
    feed = {X: np.concatenate((blue_points, red_points)), c: [[1, 0]] * 50 + [[0, 1]] * 50}
    for step in range(100):
        J_value = session.run(J, feed)
        if step % 10 == 0:
            print("Step:", step, " Loss:", J_value)
        session.run(minimization_op, feed)
    for variable in (W, b):
        print("Value:", session.run(variable))
    print("Class probabilities:", session.run(p, {X: [[0.1, 0.9], [-2, 2], [1, 1]]}))
"""


def test_tensorslow_program_prints_the_same():
    ours = printed_by(TENSORSLOW, "fastgrad")
    theirs = printed_by(PART_4, "numpy_tutorial", RATE=0.01, STEPS=100)
    assert len(ours) == len(theirs)
    for our_line, their_line in zip(ours, theirs):
        np.testing.assert_allclose(our_line[-1], their_line[-1], rtol=1e-9, atol=1e-9)


def test_tensorslow_operation_with_its_gradient():
    import fastgrad as ts

    class halve(ts.Operation):
        def __init__(self, x):
            super().__init__([x])

        def compute(self, x):
            return x / 2

    @ts.RegisterGradient("halve")
    def _(op, grad):
        return grad / 2

    with ts.Graph().as_default():
        w = ts.Variable(np.array([3.0, 4.0]))
        loss = ts.reduce_sum(ts.multiply(halve(w), halve(w)))
        step = ts.train.GradientDescentOptimizer(0.5).minimize(loss)
        session = ts.Session()
        session.run(step)
        np.testing.assert_allclose(session.run(w), [2.25, 3.0])
