"""Recurrent nets of JAX: the inputs' products of all steps at once, a scan, one jitted step."""
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from bench.sequences import make_data, make_weights


def lstm(w, b, n, state, z):
    c, h = state
    i, j, f, o = jnp.split(z + h @ w[-n:], 4, 1)
    c = c * jax.nn.sigmoid(f + 1) + jax.nn.sigmoid(i) * jnp.tanh(j)
    h = jnp.tanh(c) * jax.nn.sigmoid(o)
    return (c, h), h


def rnn(w, b, n, h, z):
    h = jnp.tanh(z + h @ w[-n:])
    return h, h


def gru(g, c, n, h, z):
    gates, candidate = z
    r, u = jnp.split(jax.nn.sigmoid(gates + h @ g[-n:]), 2, 1)
    h = u * h + (1 - u) * jnp.tanh(candidate + (r * h) @ c[-n:])
    return h, h


def layer(s, p, xs):
    n, zero = s.units, jnp.zeros((xs.shape[1], s.units), xs.dtype)
    if s.cell == "gru":
        z = xs @ p[0][:-n] + p[1], xs @ p[2][:-n] + p[3]
        return jax.lax.scan(partial(gru, p[0], p[2], n), zero, z)[1]
    z = xs @ p[0][:-n] + p[1]
    if s.cell == "lstm":
        return jax.lax.scan(partial(lstm, p[0], p[1], n), (zero, zero), z)[1]
    return jax.lax.scan(partial(rnn, p[0], p[1], n), zero, z)[1]


def answer(s, params, x):
    h, count = x.transpose(1, 0, 2), 4 if s.cell == "gru" else 2
    for i in range(s.depth):
        h = layer(s, params[i * count:(i + 1) * count], h)
    h = h.transpose(1, 0, 2).reshape(-1, s.units) if s.each else h[-1]
    return h @ params[-2] + params[-1]


def loss(s, params, x, y):
    z = answer(s, params, x)
    if s.loss == "square":
        return jnp.mean((z - y) ** 2)
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(z), y.reshape(-1, 1), 1))


class Net:
    def __init__(self, s):
        self.params = [jnp.array(a) for a in make_weights(s)]
        self.given = make_data(s)
        self.data = [jax.device_put(a) for a in self.given]
        self.trains, lr = s.trains, s.lr
        self.predict = jax.jit(partial(answer, s))

        @partial(jax.jit, donate_argnums=0)
        def update(params, x, y):
            grads = jax.grad(partial(loss, s))(params, x, y)
            return [p - lr * g for p, g in zip(params, grads)]
        self.update = update

    def step(self):
        if not self.trains:
            return np.asarray(self.predict(self.params, self.given[0]))
        self.params = jax.block_until_ready(self.update(self.params, *self.data))

    def weights(self):
        return [np.array(p) for p in self.params]
