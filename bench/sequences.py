"""Owns the workloads of recurrent nets: plain data, inputs and weights, and the NumPy judge.

A net is a cell over time, layer on layer, and a dense layer on its last output or on each. This
file must load on Python 3.7, since TensorFlow 1.15 runs there.

Decisions
- Weights are laid out as TensorFlow does: rows of the inputs, then of the state; an LSTM's columns
  are i, j, f, o, and 1 is added to f; a GRU has a kernel of r, u and one of the candidate.
- torch's GRU multiplies the state's product by r, not the state: `reset_after` of a job tells the
  judge to do the same.
"""
from dataclasses import asdict, dataclass

import numpy as np


@dataclass(frozen=True)
class Sequence:
    """A recurrent net, a batch of sequences and what one step does.

    `loss` is "square" (the mean of squares of one output), "entropy" (the mean of the library's
    sparse softmax cross entropy, at the last step or at `each`) or "infer" (a step returns the
    dense layer's output).
    """

    name: str
    cell: str
    batch: int
    time: int
    inputs: int
    units: int
    depth: int
    classes: int
    each: bool
    loss: str
    lr: float = 0.05
    dtype: str = "float32"

    @property
    def trains(self):
        return self.loss != "infer"

    @property
    def gates(self):
        return {"rnn": 1, "gru": 3, "lstm": 4}[self.cell]

    @property
    def flops(self):
        """Of the matrix products of a step; see `Workload.flops`."""
        widths = [self.inputs] + [self.units] * (self.depth - 1)
        turns = sum(2 * self.batch * (w + self.units) * self.gates * self.units for w in widths)
        first = 2 * self.batch * self.inputs * self.gates * self.units
        last = 2 * self.batch * self.units * self.classes * (self.time if self.each else 1)
        if not self.trains:
            return self.time * turns + last
        return 3 * (self.time * turns + last) - self.time * first

    def as_dict(self):
        return asdict(self)


SEQUENCES = {s.name: s for s in (
    Sequence("rnn_tiny", "rnn", 16, 10, 1, 16, 1, 1, False, "square"),
    Sequence("lstm_rows", "lstm", 128, 28, 28, 128, 1, 10, False, "entropy"),
    Sequence("gru_mid", "gru", 32, 50, 32, 64, 1, 5, False, "entropy"),
    Sequence("char_rnn", "lstm", 32, 50, 65, 128, 2, 65, True, "entropy"),
    Sequence("infer_lstm", "lstm", 1, 20, 8, 32, 1, 3, False, "infer"),
)}


def make_data(s, seed=0):
    """Inputs (batch, time, in); numbers (batch, 1), or classes (batch,) or (batch, time)."""
    rng = np.random.RandomState(seed)
    x = rng.standard_normal((s.batch, s.time, s.inputs)).astype(s.dtype)
    if s.loss == "square":
        return x, rng.standard_normal((s.batch, 1)).astype(s.dtype)
    return x, rng.randint(s.classes, size=(s.batch, s.time) if s.each else s.batch)


def make_weights(s, seed=1):
    """[kernel, bias, ...] of the cells, then [W, b]."""
    rng = np.random.RandomState(seed)
    arrays, width = [], s.inputs
    for _ in range(s.depth):
        rows, n = width + s.units, s.units
        for columns in ((2 * n, n) if s.cell == "gru" else (s.gates * n,)):
            arrays.append(rng.standard_normal((rows, columns)) / np.sqrt(rows))
            arrays.append(0.1 * rng.standard_normal(columns))
        width = n
    arrays.append(rng.standard_normal((s.units, s.classes)) / np.sqrt(s.units))
    arrays.append(0.1 * rng.standard_normal(s.classes))
    return [a.astype(s.dtype) for a in arrays]


# ---- the judge ----------------------------------------------------------------------------

def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class Rnn:
    """A layer of tanh cells, forth and back."""

    count = 2

    def __init__(self, weights, units):
        self.w, self.b = weights
        self.units = units

    def start(self, batch, dtype):
        return (np.zeros((batch, self.units), dtype),)

    def forth(self, x, state):
        joined = np.concatenate([x, state[0]], 1)
        h = np.tanh(joined @ self.w + self.b)
        return h, (h,), (joined, h)

    def back(self, kept, dh, d_state, grads):
        joined, h = kept
        dz = (dh + d_state[0]) * (1 - h * h)
        dx = self._products(0, joined, dz, self.w, grads)
        return dx[:, :-self.units], (dx[:, -self.units:],)

    @staticmethod
    def _products(at, joined, dz, w, grads):
        grads[at] += joined.T @ dz
        grads[at + 1] += dz.sum(0)
        return dz @ w.T


class Lstm(Rnn):
    def start(self, batch, dtype):
        return 2 * Rnn.start(self, batch, dtype)

    def forth(self, x, state):
        c, h = state
        joined = np.concatenate([x, h], 1)
        i, j, f, o = np.split(joined @ self.w + self.b, 4, 1)
        i, j, f, o = sigmoid(i), np.tanh(j), sigmoid(f + 1), sigmoid(o)
        new = c * f + i * j
        t = np.tanh(new)
        return t * o, (new, t * o), (joined, c, i, j, f, o, t)

    def back(self, kept, dh, d_state, grads):
        joined, c, i, j, f, o, t = kept
        dh = dh + d_state[1]
        dc = d_state[0] + dh * o * (1 - t * t)
        dz = np.concatenate([dc * j * i * (1 - i), dc * i * (1 - j * j), dc * c * f * (1 - f),
                             dh * t * o * (1 - o)], 1)
        dx = self._products(0, joined, dz, self.w, grads)
        return dx[:, :-self.units], (dc * f, dx[:, -self.units:])


class Gru(Rnn):
    count, reset_after = 4, False

    def __init__(self, weights, units):
        self.w, self.b, self.v, self.e = weights
        self.units = units

    def forth(self, x, state):
        h, n = state[0], self.units
        joined = np.concatenate([x, h], 1)
        r, u = np.split(sigmoid(joined @ self.w + self.b), 2, 1)
        if self.reset_after:
            inner = h @ self.v[-n:]
            c = np.tanh(x @ self.v[:-n] + r * inner + self.e)
        else:
            inner = np.concatenate([x, r * h], 1)
            c = np.tanh(inner @ self.v + self.e)
        new = u * h + (1 - u) * c
        return new, (new,), (joined, inner, h, r, u, c)

    def back(self, kept, dh, d_state, grads):
        joined, inner, h, r, u, c = kept
        n, dh = self.units, dh + d_state[0]
        dz = dh * (1 - u) * (1 - c * c)
        if self.reset_after:
            dx, dr, d_old = dz @ self.v[:-n].T, dz * inner, (dz * r) @ self.v[-n:].T
            grads[2][:-n] += joined[:, :-n].T @ dz
            grads[2][-n:] += h.T @ (dz * r)
            grads[3] += dz.sum(0)
        else:
            both = self._products(2, inner, dz, self.v, grads)
            dx, dr, d_old = both[:, :-n], both[:, -n:] * h, both[:, -n:] * r
        gates = np.concatenate([dr * r * (1 - r), dh * (h - c) * u * (1 - u)], 1)
        more = self._products(0, joined, gates, self.w, grads)
        return dx + more[:, :-n], (dh * u + d_old + more[:, -n:],)


LAYERS = {"rnn": Rnn, "lstm": Lstm, "gru": Gru}


class Judge:
    """The net by hand; `step()` and `weights()` as peers have them."""

    def __init__(self, s, reset_after=False):
        self.s, self.arrays = s, make_weights(s)
        self.x, self.y = make_data(s)
        kind = LAYERS[s.cell]
        self.layers = [kind(self.arrays[i * kind.count:(i + 1) * kind.count], s.units)
                       for i in range(s.depth)]
        for layer in self.layers:
            layer.reset_after = reset_after

    def weights(self):
        return [a.copy() for a in self.arrays]

    def _forth(self):
        """(outputs (time, batch, units), what each layer keeps of each step)"""
        rows, kept = list(self.x.transpose(1, 0, 2)), []
        for layer in self.layers:
            state, mine = layer.start(len(self.x), self.x.dtype), []
            for t, x in enumerate(rows):
                rows[t], state, one = layer.forth(x, state)
                mine.append(one)
            kept.append(mine)
        return np.stack(rows), kept

    def step(self):
        outputs, kept = self._forth()
        w, b = self.arrays[-2:]
        h = outputs.transpose(1, 0, 2).reshape(-1, self.s.units) if self.s.each else outputs[-1]
        z = h @ w + b
        if not self.s.trains:
            return z
        dz = self._slope(z)
        dh = (dz @ w.T).reshape(len(self.x), -1, self.s.units).transpose(1, 0, 2)
        d_rows = list(dh) if self.s.each else [np.zeros_like(dh[0])] * (len(outputs) - 1) + [dh[0]]
        grads = self._back(d_rows, kept) + [h.T @ dz, dz.sum(0)]
        for a, g in zip(self.arrays, grads):
            a -= self.s.lr * g.astype(a.dtype)

    def _slope(self, z):
        if self.s.loss == "square":
            return 2 * (z - self.y) / len(z)
        p = np.exp(z - z.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        p[np.arange(len(z)), self.y.reshape(-1)] -= 1
        return p / len(z)

    def _back(self, d_rows, kept):
        found = []
        for layer, mine in zip(self.layers[::-1], kept[::-1]):
            at = self.layers.index(layer) * layer.count
            grads = [np.zeros_like(a) for a in self.arrays[at:at + layer.count]]
            d_state = tuple(np.zeros_like(s) for s in layer.start(len(self.x), self.x.dtype))
            for t in range(len(d_rows) - 1, -1, -1):
                d_rows[t], d_state = layer.back(mine[t], d_rows[t], d_state, grads)
            found = grads + found
        return found
