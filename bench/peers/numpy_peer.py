"""Hand-written NumPy: every gradient derived on paper, every large array written in place.

It is a row of the table and also the judge: the worker checks every other peer's weights and
probabilities against it, so its formulas are kept plain enough to be checked by eye.
"""
import numpy as np

from bench.sequences import Judge, Sequence
from bench.images import ImageWorkload
from bench.peers.numpy_images import ImageNet
from bench.workloads import make_data, make_weights


def versions():
    return {"numpy": np.__version__}


def build(workload):
    if isinstance(workload, Sequence):
        return Judge(workload)
    if isinstance(workload, ImageWorkload):
        return ImageNet(workload)
    return Training(workload) if workload.trains else Inference(workload)


def relu(h):
    np.maximum(h, 0, out=h)


def tanh(h):
    np.tanh(h, out=h)


def sigmoid(h):
    np.negative(h, out=h)
    np.exp(h, out=h)
    h += 1
    np.reciprocal(h, out=h)


def relu_grad(h, dh):
    dh *= h > 0


def tanh_grad(h, dh):
    dh *= 1 - h * h


def sigmoid_grad(h, dh):
    dh *= h * (1 - h)


ACTIVATION = {"none": (None, None), "relu": (relu, relu_grad), "tanh": (tanh, tanh_grad),
              "sigmoid": (sigmoid, sigmoid_grad)}


class Net:
    """The forward pass; `out[i]` is the output of layer i, the last one probabilities."""

    def __init__(self, workload):
        self.x, self.c = make_data(workload)
        self.params = make_weights(workload)
        self.activate, self.activate_grad = ACTIVATION[workload.hidden]
        self.out = [np.empty((workload.batch, n), workload.dtype) for n in workload.layers[1:]]

    def forward(self):
        h, last = self.x, len(self.out) - 1
        for i, out in enumerate(self.out):
            np.matmul(h, self.params[2 * i], out=out)
            out += self.params[2 * i + 1]
            if i < last:
                self.activate(out)
            h = out
        h -= h.max(axis=1, keepdims=True)
        np.exp(h, out=h)
        h /= h.sum(axis=1, keepdims=True)
        return h

    def weights(self):
        return [p.copy() for p in self.params]


class Inference(Net):
    def step(self):
        # A result that the next call overwrites would be half an answer, so it is copied.
        return self.forward().copy()


class Training(Net):
    def __init__(self, workload):
        Net.__init__(self, workload)
        self.lr = workload.lr
        # Rows of c sum to 1: d loss / d logits is p - c, over the batch if the loss is a mean.
        self.scale = 1.0 / workload.batch if workload.loss == "fused" else 1.0
        self.grad = [np.empty_like(p) for p in self.params]
        self.d_out = [np.empty_like(out) for out in self.out]

    def step(self):
        d = self.d_out[-1]
        np.subtract(self.forward(), self.c, out=d)
        d *= self.scale
        for i in range(len(self.out) - 1, -1, -1):
            h = self.out[i - 1] if i else self.x
            np.matmul(h.T, d, out=self.grad[2 * i])
            np.sum(d, axis=0, out=self.grad[2 * i + 1])
            if i:
                np.matmul(d, self.params[2 * i].T, out=self.d_out[i - 1])
                d = self.d_out[i - 1]
                self.activate_grad(h, d)
        for param, grad in zip(self.params, self.grad):
            grad *= self.lr
            param -= grad
