"""The well-known teaching design in NumPy: a graph, an interpreter, gradients at run time.

This is what readers of "deep learning from scratch" tutorials start from, written anew here:
Session.run walks the nodes behind its fetch in postorder and calls their `compute`; the training
op walks back from the loss breadth first, asks a registry for each consumer's gradient and
updates every variable. A training step runs the loss and then the training op, as the tutorials'
loops do. The formulas are the tutorials' own: no fusion, no stabilised softmax. It is right for
nets that are one chain of layers, which all workloads here are; a breadth-first walk is not
right for every graph.
"""
from collections import deque

import numpy as np

from bench.images import ImageWorkload
from bench.peers import Unsupported
from bench.sequences import Sequence
from bench.workloads import make_data, make_weights

GRADIENTS = {}


def versions():
    return {"numpy": np.__version__}


class Node:
    def __init__(self, *inputs):
        self.inputs, self.consumers, self.output = inputs, [], None
        for node in inputs:
            node.consumers.append(self)


class Placeholder(Node):
    pass


class Variable(Node):
    def __init__(self, value):
        Node.__init__(self)
        self.value = value


class Add(Node):
    def compute(self, a, b):
        return a + b


class Matmul(Node):
    def compute(self, a, b):
        return a.dot(b)


class Sigmoid(Node):
    def compute(self, a):
        return 1 / (1 + np.exp(-a))


class Softmax(Node):
    def compute(self, a):
        return np.exp(a) / np.sum(np.exp(a), axis=1)[:, None]


class Log(Node):
    def compute(self, a):
        return np.log(a)


class Multiply(Node):
    def compute(self, a, b):
        return a * b


class ReduceSum(Node):
    def __init__(self, a, axis=None):
        Node.__init__(self, a)
        self.axis = axis

    def compute(self, a):
        return np.sum(a, self.axis)


class Negative(Node):
    def compute(self, a):
        return -a


def gradient_of(node_class):
    def register(function):
        GRADIENTS[node_class] = function
        return function
    return register


def sum_to(grad, like):
    while np.ndim(grad) > np.ndim(like):
        grad = np.sum(grad, axis=0)
    for axis, size in enumerate(np.shape(like)):
        if size == 1:
            grad = np.sum(grad, axis=axis, keepdims=True)
    return grad


@gradient_of(Add)
def _(op, grad):
    return [sum_to(grad, node.output) for node in op.inputs]


@gradient_of(Matmul)
def _(op, grad):
    a, b = (node.output for node in op.inputs)
    return [grad.dot(b.T), a.T.dot(grad)]


@gradient_of(Sigmoid)
def _(op, grad):
    return [grad * op.output * (1 - op.output)]


@gradient_of(Softmax)
def _(op, grad):
    p = op.output
    return [(grad - np.reshape(np.sum(grad * p, 1), [-1, 1])) * p]


@gradient_of(Log)
def _(op, grad):
    return [grad / op.inputs[0].output]


@gradient_of(Multiply)
def _(op, grad):
    a, b = (node.output for node in op.inputs)
    return [grad * b, grad * a]


@gradient_of(ReduceSum)
def _(op, grad):
    a = op.inputs[0].output
    kept = np.array(a.shape)
    kept[op.axis if op.axis is not None else slice(None)] = 1
    return [np.tile(np.reshape(grad, kept), a.shape // kept)]


@gradient_of(Negative)
def _(op, grad):
    return [-grad]


def gradients(loss):
    """Gradient of the loss with respect to every node behind it, breadth first."""
    table = {loss: 1.0}
    visited, queue = {loss}, deque([loss])
    while queue:
        node = queue.popleft()
        if node is not loss:
            total = 0
            for consumer in node.consumers:
                parts = GRADIENTS[type(consumer)](consumer, table[consumer])
                total = total + parts[consumer.inputs.index(node)]
            table[node] = total
        for source in node.inputs:
            if source not in visited:
                visited.add(source)
                queue.append(source)
    return table


class Minimize(Node):
    """The training op: it reads the outputs that the last run of the loss left in the nodes."""

    def __init__(self, loss, lr):
        Node.__init__(self)
        self.loss, self.lr = loss, lr

    def compute(self):
        for node, grad in gradients(self.loss).items():
            if type(node) is Variable:
                node.value -= self.lr * grad


def postorder(fetch):
    nodes = []

    def visit(node):
        for source in node.inputs:
            visit(source)
        nodes.append(node)

    visit(fetch)
    return nodes


def run(fetch, feed):
    for node in postorder(fetch):
        if type(node) is Placeholder:
            node.output = feed[node]
        elif type(node) is Variable:
            node.output = node.value
        else:
            node.output = node.compute(*[source.output for source in node.inputs])
    return fetch.output


def build(workload):
    if isinstance(workload, Sequence):
        raise Unsupported("recurrent nets are not compared here")
    if isinstance(workload, ImageWorkload):
        raise Unsupported("dense nets only")
    if workload.loss != "tutorial" or workload.hidden not in ("none", "sigmoid"):
        raise Unsupported("the tutorial trains sigmoid nets on its own cross-entropy only")
    return Training(workload)


class Training:
    def __init__(self, workload):
        self.data = make_data(workload)
        self.variables = [Variable(array) for array in make_weights(workload)]
        self.x, self.c = Placeholder(), Placeholder()
        h = self.x
        for i in range(0, len(self.variables), 2):
            h = Add(Matmul(h, self.variables[i]), self.variables[i + 1])
            h = Sigmoid(h) if i + 2 < len(self.variables) else Softmax(h)
        self.loss = Negative(ReduceSum(ReduceSum(Multiply(self.c, Log(h)), axis=1)))
        self.train = Minimize(self.loss, workload.lr)

    def step(self):
        feed = {self.x: self.data[0], self.c: self.data[1]}
        run(self.loss, feed)
        run(self.train, feed)

    def weights(self):
        return [variable.value.copy() for variable in self.variables]
