"""JAX: one jitted function per step, parameters donated, data resident on the device.

Waiting for each step's result is part of the step: a step that has not finished has not been
taken. Data is resident because JAX users keep it so; that spares JAX a conversion that other
peers pay.
"""
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from bench.peers.sequences_jax import Net as Recurrent
from bench.sequences import Sequence
from bench.images import ImageWorkload, walk
from bench.workloads import make_data, make_weights

# Workloads name their dtype; without this switch JAX would make float64 data float32.
jax.config.update("jax_enable_x64", True)

ACTIVATION = {"none": None, "relu": jax.nn.relu, "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid}



def _convolution(x, w, b, stride, padded, groups=1):
    w = w.reshape(w.shape[:2] + (1, -1)) if groups > 1 else w
    return b + jax.lax.conv_general_dilated(
        x, w, (stride, stride), "SAME" if padded else "VALID", feature_group_count=groups,
        dimension_numbers=("NHWC", "HWIO", "NHWC"))


def _maxima(x, size):
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, size, size, 1),
                                 (1, size, size, 1), "VALID")


# of a layer over images: x, weights, and its facts
IMAGE_OPS = {
    "conv": _convolution, "pool": _maxima, "relu": jax.nn.relu,
    "dw": lambda x, w, b, *facts: _convolution(x, w, b, *facts, groups=x.shape[-1]),
    "gap": lambda x: x.mean((1, 2)), "flat": lambda x: x.reshape(x.shape[0], -1),
    "dense": lambda x, w, b: x @ w + b,
}


def versions():
    return {"jax": jax.__version__}


def build(workload):
    if isinstance(workload, Sequence):
        return Recurrent(workload)
    return Training(workload) if workload.trains else Inference(workload)


def logits(params, x, workload):
    if isinstance(workload, ImageWorkload):
        return walk(workload, params, x, IMAGE_OPS)
    for i in range(0, len(params), 2):
        x = x @ params[i] + params[i + 1]
        if i + 2 < len(params):
            x = ACTIVATION[workload.hidden](x)
    return x


def loss(params, x, c, workload):
    z = logits(params, x, workload)
    if workload.loss == "tutorial":
        return -jnp.sum(jnp.sum(c * jnp.log(jax.nn.softmax(z)), axis=1))
    return -jnp.mean(jnp.sum(c * jax.nn.log_softmax(z), axis=1))


class Training:
    def __init__(self, workload):
        self.params = [jnp.array(array) for array in make_weights(workload)]
        self.x, self.c = (jax.device_put(array) for array in make_data(workload))
        lr = workload.lr

        @partial(jax.jit, donate_argnums=0)
        def update(params, x, c):
            grads = jax.grad(loss)(params, x, c, workload)
            return [p - lr * g for p, g in zip(params, grads)]

        self.update = update

    def step(self):
        self.params = jax.block_until_ready(self.update(self.params, self.x, self.c))

    def weights(self):
        # A copy: on a CPU np.asarray may be a view of memory that the next step is given to reuse.
        return [np.array(p) for p in self.params]


class Inference:
    def __init__(self, workload):
        self.params = [jnp.array(array) for array in make_weights(workload)]
        self.x = make_data(workload)[0]
        self.predict = jax.jit(lambda params, x: jax.nn.softmax(logits(params, x, workload)))

    def step(self):
        return np.asarray(self.predict(self.params, self.x))
