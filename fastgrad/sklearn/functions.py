"""Compiled functions of weights: a net's outputs, and its loss with gradients.

Weights are fed, so that a function has no state: it answers for the arrays that it is given, and
equal nets may share it. Predictions run in blocks of rows, which bounds what they need of memory.
"""

import numpy as np

from fastgrad.autodiff.gradients import gradients
from fastgrad.graph.graph import Graph
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.state import placeholder
from fastgrad.runtime.session import Session
from fastgrad.sklearn.architecture import OUTPUTS, outputs, row_losses

BLOCK = 1 << 14             # rows predicted in one run
LOSS_BLOCK = 1 << 16        # rows whose gradient is taken in one run
BLOCK_NUMBERS = 1 << 23     # of a block of sparse rows, made dense


class Functions:
    """A net's compiled functions, made when they are first asked for.

    Parameters
    ----------
    net : Architecture
    num_threads : int, optional
    """

    def __init__(self, net, num_threads=None):
        self.net, self.graph = net, Graph()
        with self.graph.as_default():
            self.x = placeholder(net.dtype, [None, net.units[0]], name="X")
            self.weights = [placeholder(net.dtype, s) for s in net.shapes()]
            self.moving = [placeholder(net.dtype, s) for s in net.moving_shapes()]
            self.z, _ = outputs(net, self.x, self.weights, self.moving)
        self.session = Session(graph=self.graph, num_threads=num_threads)
        self._predict = self._loss = None

    def predict(self, X, weights):
        """The outputs for the rows of `X`, dense or sparse; `weights` with moving statistics."""
        if self._predict is None:
            with self.graph.as_default():
                y = OUTPUTS[self.net.output](self.z)
            self._predict = self.session.make_callable(y, [self.x, *self.weights, *self.moving])
        if isinstance(X, np.ndarray) and len(X) <= BLOCK:
            return self._predict(X, *weights)
        return np.concatenate([self._predict(dense(X[rows]), *weights)
                               for rows in blocks(X)])

    def loss(self, X, y, sample_weight, weights):
        """(sum of the rows' weighted losses, its gradient by each of `weights`)."""
        if self._loss is None:
            self._loss = self._make_loss(), self._make_loss(weighted=True)
        total, grads = 0.0, None
        for rows in blocks(X, LOSS_BLOCK):
            one = isinstance(X, np.ndarray) and rows.stop - rows.start == X.shape[0]
            feeds = [X if one else dense(X[rows]), y if one else y[rows]]
            if sample_weight is None:
                value, *found = self._loss[0](*feeds, *weights)
            else:
                value, *found = self._loss[1](*feeds, sample_weight[rows], *weights)
            total += float(value)
            grads = found if grads is None else [a + b for a, b in zip(grads, found)]
        return total, grads

    def _make_loss(self, weighted=False):
        with self.graph.as_default():
            labels = [None] if self.net.output == "softmax" else [None, self.net.units[-1]]
            y = placeholder("int64" if self.net.output == "softmax" else self.net.dtype, labels)
            w = [placeholder(self.net.dtype, [None])] if weighted else []
            losses = row_losses(self.net, y, self.z)
            total = reduce_sum(losses * w[0] if weighted else losses)
            grads = gradients(total, self.weights)
        return self.session.make_callable([total, *grads], [self.x, y, *w, *self.weights])


def dense(X):
    """Rows as an array."""
    return X if isinstance(X, np.ndarray) else X.toarray()


def blocks(X, size=BLOCK):
    """Slices of at most `size` rows, fewer of sparse ones that are wide."""
    rows = X.shape[0]
    if not isinstance(X, np.ndarray):
        size = max(1, min(size, BLOCK_NUMBERS // X.shape[1]))
    return [slice(i, min(i + size, rows)) for i in range(0, max(rows, 1), size)]
