"""fastgrad: placeholders, Session.run with a feed dict, GradientDescentOptimizer.

The same lines as the TensorFlow 1 peer: what a user of the library writes, with no setting
touched.
"""
from importlib.metadata import PackageNotFoundError, version

import fastgrad as fg
import numpy as np

from bench.peers.sequences_tf import Net as Recurrent
from bench.sequences import Sequence
from bench.images import ImageWorkload, walk
from bench.workloads import make_data, make_weights

ACTIVATION = {"none": None, "relu": fg.nn.relu, "tanh": fg.tanh, "sigmoid": fg.sigmoid}


def _padding(padded):
    return "SAME" if padded else "VALID"


# of a layer over images: x, weights, and its facts
IMAGE_OPS = {
    "conv": lambda x, w, b, stride, padded: fg.nn.bias_add(
        fg.nn.conv2d(x, w, [1, stride, stride, 1], _padding(padded)), b),
    "dw": lambda x, w, b, stride, padded: fg.nn.bias_add(
        fg.nn.depthwise_conv2d(x, w, [1, stride, stride, 1], _padding(padded)), b),
    "pool": lambda x, size: fg.nn.max_pool(x, [1, size, size, 1], [1, size, size, 1], "VALID"),
    "gap": lambda x: fg.reduce_mean(x, [1, 2]),
    "flat": lambda x: fg.reshape(x, [-1, int(np.prod(x.get_shape().as_list()[1:]))]),
    "dense": lambda x, w, b: fg.add(fg.matmul(x, w), b),
    "relu": fg.nn.relu,
}


def versions():
    try:
        return {"fastgrad": version("fastgrad")}
    except PackageNotFoundError:
        return {"fastgrad": getattr(fg, "__version__", "built in place")}


def build(workload):
    if isinstance(workload, Sequence):
        import fastgrad.compat.v1 as tf
        return Recurrent(workload, tf)
    return Training(workload) if workload.trains else Inference(workload)


class Net:
    def __init__(self, workload):
        self.data = make_data(workload)
        self.graph = fg.Graph()
        with self.graph.as_default():
            self.x = fg.placeholder(getattr(fg, workload.dtype), [None, *self.data[0].shape[1:]])
            self.variables = [fg.Variable(array) for array in make_weights(workload)]
            self.logits = (walk(workload, self.variables, self.x, IMAGE_OPS)
                           if isinstance(workload, ImageWorkload) else self.dense(workload))
            self.finish(workload)
            self.session = fg.Session()

    def dense(self, workload):
        z = self.x
        for i in range(0, len(self.variables), 2):
            product = fg.matmul(z, self.variables[i])
            z = fg.add(product, self.variables[i + 1])
            if i + 2 < len(self.variables):
                z = ACTIVATION[workload.hidden](z)
        return z

    def weights(self):
        return self.session.run(self.variables)


class Inference(Net):
    def finish(self, workload):
        self.probabilities = fg.nn.softmax(self.logits)

    def step(self):
        return self.session.run(self.probabilities, {self.x: self.data[0]})


class Training(Net):
    def finish(self, workload):
        z = self.logits
        self.c = c = fg.placeholder(getattr(fg, workload.dtype), [None, workload.layers[-1]])
        if workload.loss == "tutorial":
            rows = fg.reduce_sum(fg.multiply(c, fg.log(fg.softmax(z))), axis=1)
            loss = fg.negative(fg.reduce_sum(rows))
        else:
            loss = fg.reduce_mean(fg.nn.softmax_cross_entropy_with_logits_v2(labels=c, logits=z))
        self.train = fg.train.GradientDescentOptimizer(workload.lr).minimize(loss)

    def step(self):
        self.session.run(self.train, {self.x: self.data[0], self.c: self.data[1]})
