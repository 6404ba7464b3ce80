"""TensorFlow 1: placeholders, Session.run with a feed dict, GradientDescentOptimizer.

Made for TensorFlow 1.15 on Python 3.7 (`--python tf1=...`); with TensorFlow 2 it runs the same
lines through tf.compat.v1, and the version printed beside the table says which it was.
"""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow

from bench.peers.sequences_tf import Net as Recurrent
from bench.sequences import Sequence
from bench.images import ImageWorkload, walk
from bench.workloads import make_data, make_weights

if tensorflow.__version__.startswith("1."):
    tf = tensorflow
    tf.logging.set_verbosity(tf.logging.ERROR)
else:
    tf = tensorflow.compat.v1
    tf.disable_eager_execution()

ACTIVATION = {"none": None, "relu": tf.nn.relu, "tanh": tf.tanh, "sigmoid": tf.sigmoid}


def _padding(padded):
    return "SAME" if padded else "VALID"


# of a layer over images: x, weights, and its facts
IMAGE_OPS = {
    "conv": lambda x, w, b, stride, padded: tf.nn.bias_add(
        tf.nn.conv2d(x, w, [1, stride, stride, 1], _padding(padded)), b),
    "dw": lambda x, w, b, stride, padded: tf.nn.bias_add(
        tf.nn.depthwise_conv2d(x, w, [1, stride, stride, 1], _padding(padded)), b),
    "pool": lambda x, size: tf.nn.max_pool(x, [1, size, size, 1], [1, size, size, 1], "VALID"),
    "gap": lambda x: tf.reduce_mean(x, [1, 2]),
    "flat": lambda x: tf.reshape(x, [-1, int(np.prod(x.get_shape().as_list()[1:]))]),
    "dense": lambda x, w, b: tf.add(tf.matmul(x, w), b),
    "relu": tf.nn.relu,
}


def versions():
    return {"tensorflow": tensorflow.__version__}


def build(workload):
    if isinstance(workload, Sequence):
        return Recurrent(workload, tf)
    return Training(workload) if workload.trains else Inference(workload)


class Net:
    def __init__(self, workload):
        self.data = make_data(workload)
        self.graph = tf.Graph()
        with self.graph.as_default():
            self.x = tf.placeholder(workload.dtype, [None, *self.data[0].shape[1:]])
            self.variables = [tf.Variable(array) for array in make_weights(workload)]
            self.logits = (walk(workload, self.variables, self.x, IMAGE_OPS)
                           if isinstance(workload, ImageWorkload) else self.dense(workload))
            self.finish(workload)
            self.session = tf.Session()
            self.session.run(tf.global_variables_initializer())

    def dense(self, workload):
        z = self.x
        for i in range(0, len(self.variables), 2):
            z = tf.matmul(z, self.variables[i]) + self.variables[i + 1]
            if i + 2 < len(self.variables):
                z = ACTIVATION[workload.hidden](z)
        return z

    def weights(self):
        return self.session.run(self.variables)


class Inference(Net):
    def finish(self, workload):
        self.probabilities = tf.nn.softmax(self.logits)

    def step(self):
        return self.session.run(self.probabilities, {self.x: self.data[0]})


class Training(Net):
    def finish(self, workload):
        z = self.logits
        self.c = c = tf.placeholder(workload.dtype, [None, workload.layers[-1]])
        if workload.loss == "tutorial":
            rows = tf.reduce_sum(tf.multiply(c, tf.log(tf.nn.softmax(z))), axis=1)
            loss = tf.negative(tf.reduce_sum(rows))
        else:
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=c, logits=z))
        self.train = tf.train.GradientDescentOptimizer(workload.lr).minimize(loss)

    def step(self):
        self.session.run(self.train, {self.x: self.data[0], self.c: self.data[1]})
