"""Parts I to V of the tutorial "Deep Learning From Scratch", as one program.

A graph is evaluated, a perceptron classifies, its loss is written down and minimised, and a hidden
layer separates what no straight line can.
"""

import numpy as np

from fastgrad import *

rng = np.random.default_rng(0)


def learn(probabilities, X, points, classes, rate, steps):
    """Parts III and IV: cross entropy, minimised by gradient descent."""
    c = placeholder()
    J = negative(reduce_sum(reduce_sum(multiply(c, log(probabilities)), axis=1)))
    minimise = GradientDescentOptimizer(rate).minimize(J)
    session = Session()
    for step in range(steps):
        loss, _ = session.run([J, minimise], {X: points, c: classes})
        if step % (steps // 4) == 0:
            print(f"  step {step:4d}  loss {loss:.3f}")
    found = session.run(probabilities, {X: points}).argmax(1)
    right = np.mean(found == classes.argmax(1))
    print(f"  accuracy {right:.2f}")


print("Part I: an affine map of the point (1, 2)")
Graph().as_default()
A, b = Variable([[1, 0], [0, -1]]), Variable([1, 1])
x = placeholder()
z = add(matmul(A, x), b)
print(" ", Session().run(z, {x: [1, 2]}))

print("Parts II to IV: a perceptron between two clusters")
Graph().as_default()
red = rng.normal(-2, 1, (50, 2))
blue = rng.normal(2, 1, (50, 2))
X = placeholder()
W, b = Variable(rng.normal(size=(2, 2))), Variable(rng.normal(size=2))
p = softmax(add(matmul(X, W), b))
learn(p, X, np.concatenate((blue, red)), np.repeat(np.eye(2), 50, axis=0), 0.01, 100)

print("Part V: XOR by a hidden layer")
Graph().as_default()
corners = rng.integers(0, 2, (100, 2))
points = corners + 0.15 * rng.normal(size=(100, 2))
classes = np.eye(2)[corners[:, 0] ^ corners[:, 1]]
X = placeholder()
hidden = X
for rows, columns in (2, 4), (4, 2):
    W, b = Variable(rng.normal(size=(rows, columns))), Variable(rng.normal(size=columns))
    logits = add(matmul(hidden, W), b)
    hidden = sigmoid(logits)
learn(softmax(logits), X, points, classes, 0.05, 2000)
