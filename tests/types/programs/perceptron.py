"""The tutorial's perceptron, with the tutorial's names."""
import numpy as np

import fastgrad as fg
from fastgrad import (GradientDescentOptimizer, Graph, Session, Variable, add, log, matmul,
                      multiply, negative, placeholder, reduce_sum, softmax)

rng = np.random.default_rng(0)
red = rng.normal(-2.0, 1.0, (50, 2))
blue = rng.normal(2.0, 1.0, (50, 2))

Graph().as_default()
X = placeholder()
c = placeholder()
W = Variable(rng.normal(size=(2, 2)))
b = Variable(np.zeros(2))
p = softmax(add(matmul(X, W), b))
J = negative(reduce_sum(reduce_sum(multiply(c, log(p)), axis=1)))
minimize = GradientDescentOptimizer(learning_rate=0.01).minimize(J)
feed = {X: np.concatenate((blue, red)), c: [[1, 0]] * 50 + [[0, 1]] * 50}

session = Session()
first: float = float(session.run(J, feed))
for _ in range(50):
    session.run(minimize, feed)
assert session.run(J, feed) < first
print(f"{first:.2f} {session.run(W).round(2)} {W.value.shape} {fg.__version__}")
