"""The tutorial's library once more, as plain NumPy: what fastgrad's results are compared with.

A slow and obvious interpreter with the tutorial's names: nodes are evaluated one by one in
topological order, gradients come from one rule per operation, nothing is fused or rewritten.
It shares no code with fastgrad, and its formulas are the naive ones (softmax divides exp by its
sum, the cross entropy takes the log afterwards), so it is meant for moderate numbers.
"""

import numpy as np

__all__ = ["Graph", "Operation", "placeholder", "Variable", "Session", "add", "matmul",
           "multiply", "negative", "log", "sigmoid", "softmax", "reduce_sum",
           "GradientDescentOptimizer", "compute_gradients"]


class Graph:
    """Nodes know their inputs, so the graph itself holds nothing."""

    def as_default(self):
        return self


class Operation:
    """A node: `value` is what it was in the last run."""

    def __init__(self, input_nodes=()):
        self.input_nodes = list(input_nodes)
        self.value = None


class placeholder(Operation):
    pass


class Variable(Operation):
    def __init__(self, initial_value):
        super().__init__()
        self.value = np.array(initial_value)


class _Rule(Operation):
    """An operation made of two functions: `forward(*values)` and `backward(grad, y, *values)`."""

    def __init__(self, inputs, forward, backward):
        super().__init__(inputs)
        self.forward, self.backward = forward, backward


class Session:
    def run(self, operation, feed_dict={}):
        if isinstance(operation, _Minimise):
            _evaluate(operation.loss, feed_dict)
            operation.apply()
            return None
        return _evaluate(operation, feed_dict)


def _order(node):
    """The nodes that `node` depends on and itself, each after its inputs."""
    found, seen, stack = [], set(), [(node, False)]
    while stack:
        at, inputs_done = stack.pop()
        if inputs_done:
            found.append(at)
        elif id(at) not in seen:
            seen.add(id(at))
            stack.append((at, True))
            stack += [(i, False) for i in at.input_nodes]
    return found


def _evaluate(node, feed):
    for each in _order(node):
        if isinstance(each, placeholder):
            each.value = np.asarray(feed[each])
        elif isinstance(each, _Rule):
            each.value = np.asarray(each.forward(*(i.value for i in each.input_nodes)))
    return np.array(node.value)


def compute_gradients(loss):
    """Gradients of `loss` by every node below it, from the values of the last run."""
    grads = {loss: np.ones_like(loss.value, dtype=float)}
    for node in reversed(_order(loss)):
        if isinstance(node, _Rule):
            values = [i.value for i in node.input_nodes]
            parts = node.backward(grads[node], node.value, *values)
            for to, part in zip(node.input_nodes, parts):
                grads[to] = grads.get(to, 0) + _sum_to(part, np.shape(to.value))
    return grads


def _sum_to(grad, shape):
    """Undo broadcasting: sum over the axes that were added or stretched."""
    grad = grad.sum(axis=tuple(range(np.ndim(grad) - len(shape))))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 != grad.shape[i])
    return grad.sum(axis=stretched, keepdims=True)


class _Minimise(Operation):
    def __init__(self, loss, learning_rate):
        super().__init__([loss])
        self.loss, self.learning_rate = loss, learning_rate

    def apply(self):
        for node, grad in compute_gradients(self.loss).items():
            if isinstance(node, Variable):
                node.value = node.value - self.learning_rate * grad


class GradientDescentOptimizer:
    def __init__(self, learning_rate):
        self.learning_rate = learning_rate

    def minimize(self, loss):
        return _Minimise(loss, self.learning_rate)


# ---- operations -------------------------------------------------------------------------

def add(a, b):
    return _Rule([a, b], np.add, lambda g, y, a, b: (g, g))


def multiply(a, b):
    return _Rule([a, b], np.multiply, lambda g, y, a, b: (g * b, g * a))


def matmul(a, b):
    return _Rule([a, b], np.matmul, lambda g, y, a, b: (
        g @ b.T if b.ndim == 2 else np.multiply.outer(g, b),
        a.T @ g if a.ndim == 2 else np.multiply.outer(a, g)))


def negative(x):
    return _Rule([x], np.negative, lambda g, y, x: (-g,))


def log(x):
    return _Rule([x], np.log, lambda g, y, x: (g / x,))


def sigmoid(a):
    return _Rule([a], lambda a: 1 / (1 + np.exp(-a)), lambda g, y, a: (g * y * (1 - y),))


def softmax(a):
    def forward(a):
        e = np.exp(a)
        return e / e.sum(axis=-1, keepdims=True)
    return _Rule([a], forward, lambda g, y, a: (y * (g - (g * y).sum(axis=-1, keepdims=True)),))


def reduce_sum(A, axis=None):
    def backward(g, y, A):
        return (np.broadcast_to(g if axis is None else np.expand_dims(g, axis), A.shape),)
    return _Rule([A], lambda A: A.sum(axis=axis), backward)
