"""TensorFlow 1: placeholders, Session.run with a feed dict, GradientDescentOptimizer.

Made for TensorFlow 1.15 on Python 3.7 (`--python tf1=...`); with TensorFlow 2 it runs the same
lines through tf.compat.v1, and the version printed beside the table says which it was.
"""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow

from bench.peers.sequences_tf import Net as Recurrent
from bench.sequences import Sequence
from bench.workloads import make_data, make_weights

if tensorflow.__version__.startswith("1."):
    tf = tensorflow
    tf.logging.set_verbosity(tf.logging.ERROR)
else:
    tf = tensorflow.compat.v1
    tf.disable_eager_execution()

ACTIVATION = {"none": None, "relu": tf.nn.relu, "tanh": tf.tanh, "sigmoid": tf.sigmoid}


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
            self.x = tf.placeholder(workload.dtype, [None, workload.layers[0]])
            self.variables = [tf.Variable(array) for array in make_weights(workload)]
            self.logits = self.x
            for i in range(0, len(self.variables), 2):
                self.logits = tf.matmul(self.logits, self.variables[i]) + self.variables[i + 1]
                if i + 2 < len(self.variables):
                    self.logits = ACTIVATION[workload.hidden](self.logits)
            self.finish(workload)
            self.session = tf.Session()
            self.session.run(tf.global_variables_initializer())

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
