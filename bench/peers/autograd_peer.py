"""autograd: NumPy code, differentiated by tracing it anew on every step."""
import autograd
import autograd.numpy as np
from importlib.metadata import version

from bench.peers import Unsupported
from bench.sequences import Sequence
from bench.images import ImageWorkload
from bench.workloads import make_data, make_weights

ACTIVATION = {"none": None, "relu": lambda h: np.maximum(h, 0), "tanh": np.tanh,
              "sigmoid": lambda h: 1 / (1 + np.exp(-h))}


def versions():
    return {"autograd": version("autograd"), "numpy": np.__version__}


def build(workload):
    if isinstance(workload, Sequence):
        raise Unsupported("recurrent nets are not compared here")
    if isinstance(workload, ImageWorkload):
        raise Unsupported("dense nets only")
    return Training(workload) if workload.trains else Inference(workload)


def logits(params, x, activate):
    for i in range(0, len(params), 2):
        x = np.dot(x, params[i]) + params[i + 1]
        if i + 2 < len(params):
            x = activate(x)
    return x


def softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def log_softmax(z):
    z = z - np.max(z, axis=1, keepdims=True)
    return z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))


class Inference:
    def __init__(self, workload):
        self.x = make_data(workload)[0]
        self.params = make_weights(workload)
        self.activate = ACTIVATION[workload.hidden]

    def step(self):
        return softmax(logits(self.params, self.x, self.activate))


class Training:
    def __init__(self, workload):
        self.x, self.c = make_data(workload)
        self.params = make_weights(workload)
        self.lr = workload.lr
        activate, kind = ACTIVATION[workload.hidden], workload.loss

        def loss(params, x, c):
            z = logits(params, x, activate)
            if kind == "tutorial":
                return -np.sum(np.sum(c * np.log(softmax(z)), axis=1))
            return -np.mean(np.sum(c * log_softmax(z), axis=1))

        self.grad = autograd.grad(loss)

    def step(self):
        for param, grad in zip(self.params, self.grad(self.params, self.x, self.c)):
            param -= self.lr * grad

    def weights(self):
        return [p.copy() for p in self.params]
