"""A net whose weights are variables, and epochs of its training: adam, and sgd with momentum.

An optimizer's state, as the weights, leaves as plain arrays and comes back: an estimator keeps
arrays, and a Trainer serves one after the other. What the graph need not know is fed: the learning
rate and the penalty.
"""

import typing

import numpy as np

from fastgrad.graph.graph import Graph
from fastgrad.linalg.matmul import matmul
from fastgrad.ops.cast import cast
from fastgrad.ops.comparison import equal
from fastgrad.ops.norms import add_n
from fastgrad.ops.reduce import reduce_mean, reduce_sum
from fastgrad.ops.reshape import reshape
from fastgrad.ops.shape import shape
from fastgrad.ops.state import assign_sub, group, placeholder
from fastgrad.ops.where import where
from fastgrad.runtime.fit_data import Rows
from fastgrad.runtime.fit_loop import Loop
from fastgrad.runtime.session import Session
from fastgrad.sklearn.architecture import (NORM_MOMENTUM, OUTPUTS, outputs, reported_share,
                                           row_losses)
from fastgrad.sklearn.functions import BLOCK, blocks, dense
from fastgrad.train.adaptive import AdamOptimizer
from fastgrad.train.gradient_descent import GradientDescentOptimizer, MomentumOptimizer
from fastgrad.variables.variable import Variable


class Training(typing.NamedTuple):
    """What decides, beside the Architecture, which graph trains it.

    Attributes
    ----------
    solver : str
    numbers : tuple
        Of adam beta1, beta2 and epsilon; of sgd momentum and whether it is Nesterov's.
    weighted : bool
        Whether rows have weights.
    penalised : bool
    num_threads : int or None
    seed : int or None, of dropout
    """

    solver: str
    numbers: tuple
    weighted: bool
    penalised: bool
    num_threads: object
    seed: object


class Trainer:
    """A net that is trained, one user at a time.

    Parameters
    ----------
    net : Architecture
    how : Training
    """

    def __init__(self, net, how):
        self.net, self.how, self.graph = net, how, Graph()
        self.graph.seed = how.seed
        with self.graph.as_default():
            self._build()
        self.session = Session(graph=self.graph, num_threads=how.num_threads)
        self.slots = self.optimizer.variables()
        self._first = self._values(self.slots)

    def _build(self):
        net, dtype = self.net, self.net.dtype
        labels = [None] if net.output == "softmax" else [None, net.units[-1]]
        self.x = placeholder(dtype, [None, net.units[0]], name="X")
        self.y = placeholder("int64" if net.output == "softmax" else dtype, labels, name="y")
        self.w = placeholder(dtype, [None], name="sample_weight") if self.how.weighted else None
        self.rate = placeholder(dtype, [], name="learning_rate")
        self.alpha = placeholder(dtype, [], name="alpha") if self.how.penalised else None
        self.variables = [Variable(np.zeros(s, dtype)) for s in net.shapes()]
        self.moving = [Variable(np.zeros(s, dtype), trainable=False) for s in net.moving_shapes()]
        z, statistics = outputs(net, self.x, self.variables, self.moving, training=True)
        self.reported, pairs = self._gradients(row_losses(net, self.y, z))
        train = self.optimizer.apply_gradients(pairs)
        now = [value for pair in statistics for value in pair]
        self.train = group(train, *[assign_sub(m, (m - value) * (1.0 - NORM_MOMENTUM)).op
                                    for m, value in zip(self.moving, now)])
        z, _ = outputs(net, self.x, self.variables, self.moving)
        self.guess = OUTPUTS[net.output](z)

    def _gradients(self, losses):
        """(the loss to report, [(gradient, variable)])."""
        self.optimizer = self._optimizer()
        rows = cast(shape(self.x)[0], self.net.dtype)
        if self.how.weighted:
            total = reduce_sum(self.w)
            share = where(equal(total, 0), rows, total)     # a batch without weight moves nothing
            loss = reduce_sum(losses * self.w) / share
        else:
            share, loss = rows, reduce_mean(losses)
        pairs = self.optimizer.compute_gradients(loss, self.variables)
        part = reported_share(self.net)
        reported = loss * part if part != 1 else loss
        if self.how.penalised:
            scale, products = self.alpha / share, self.variables[:len(self.net.units) - 1]
            pairs = [(g + scale * v, v) for g, v in pairs[:len(products)]] + pairs[len(products):]
            squares = [matmul(reshape(v, [1, -1]), reshape(v, [-1, 1])) for v in products]
            reported = reported + 0.5 * scale * reshape(add_n(squares), [])
        return reported, pairs

    def _optimizer(self):
        if self.how.solver == "adam":
            return AdamOptimizer(self.rate, *self.how.numbers)
        momentum, nesterov = self.how.numbers
        if momentum == 0:
            return GradientDescentOptimizer(self.rate)
        return MomentumOptimizer(self.rate, momentum, use_nesterov=nesterov)

    # ---- weights and states, as arrays ----
    def load(self, weights, state=None):
        """Start from weights (moving statistics behind them) and an optimizer's state or none."""
        for v, value in zip([*self.variables, *self.moving], weights):
            v.load(value)
        for v, value in zip(self.slots, self._first if state is None else state):
            v.load(value)

    def weights(self):
        """Copies of all weights, moving statistics behind them."""
        return self._values([*self.variables, *self.moving])

    def state(self):
        """Copies of what the optimizer remembers."""
        return self._values(self.slots)

    def _values(self, variables):
        return [self.session.store.copy_of(v.op) for v in variables]

    # ---- epochs ----
    def begin(self, X, y, sample_weight, rate, alpha, batch):
        """Set what the next epochs train on, and how."""
        self.X, self.columns = X, {self.y: y}
        if sample_weight is not None:
            self.columns[self.w] = sample_weight
        numbers = {self.rate: rate, **({} if self.alpha is None else {self.alpha: alpha})}
        self.batch, self.learning_rate, self.loop = batch, rate, None
        if isinstance(X, np.ndarray):
            rows = Rows(self.session, {self.x: X, **self.columns, **numbers})
            self.loop = Loop(self.session, [self.train, self.reported], 1, rows, batch)
        else:
            self.columns |= numbers
            self.step = self.session.make_callable([self.train, self.reported],
                                                   [self.x, *self.columns])

    def end(self):
        """Forget the data."""
        self.X = self.columns = self.loop = self.step = None

    def set_rate(self, rate):
        """Another learning rate. Momentum goes on: scikit-learn's velocity, which is the
        accumulator times the rate it was made with, stays what it is."""
        if rate == self.learning_rate:
            return
        if self.how.solver == "sgd":
            for v, value in zip(self.slots, self.state()):
                v.load(value * (self.learning_rate / rate))
        self.learning_rate, value = rate, np.asarray(rate, self.net.dtype)
        if self.loop is not None:
            self.loop.sources[self.rate] = value, False
        else:
            self.columns[self.rate] = value

    def epoch(self, order):
        """Train on the rows in this order; the mean of the batches' losses, weighted by rows."""
        if self.loop is not None:
            if len(order) != self.loop.rows:        # some rows are held out
                self.loop.cut(len(order))
            self.loop.order = order
            return float(self.loop.run(1)[0][0])
        total, loose = 0.0, [v for v in self.columns.values() if np.ndim(v) == 0]
        for first in range(0, len(order), self.batch):
            rows = order[first:first + self.batch]
            values = [v[rows] for v in self.columns.values() if np.ndim(v)]
            total += float(self.step(dense(self.X[rows]), *values, *loose)[1]) * len(rows)
        return total / len(order)

    def predict(self, X):
        """The outputs for rows, with the weights as they are now."""
        if isinstance(X, np.ndarray) and len(X) <= BLOCK:
            return self.session.run(self.guess, {self.x: X})
        return np.concatenate([self.session.run(self.guess, {self.x: dense(X[rows])})
                               for rows in blocks(X)])
