"""An operation in Python with its gradient, checked by differences, then trained through.

`quantile_loss` prices errors above and below differently. Its minimum is a quantile, not the mean.
"""

import numpy as np

import fastgrad as fg
from fastgrad.testing import check_gradient


class quantile_loss(fg.Operation):
    """`share * e` where e = target - guess is positive, `(share - 1) * e` where it is not."""

    def __init__(self, guess, target, share):
        super().__init__([guess, target])
        self.share = share

    def compute(self, guess, target):
        error = target - guess
        return np.maximum(self.share * error, (self.share - 1) * error)


@fg.RegisterGradient("quantile_loss")
def quantile_loss_gradient(op, grad):
    """By arrays: `op.inputs` are the values of this run."""
    guess, target = op.inputs
    slope = np.where(target > guess, -op.share, 1 - op.share)
    return grad * slope, -grad * slope


rng = np.random.default_rng(0)
error = check_gradient(lambda g, t: quantile_loss(g, t, 0.9), rng.normal(size=(2, 20)))
print(f"gradient against central differences: off by less than 1e-8: {error < 1e-8}")

waits = rng.exponential(10.0, 2000)             # minutes
shares = 0.5, 0.9, 0.99
guesses = [fg.Variable(10.0) for _ in shares]
loss = sum(fg.reduce_mean(quantile_loss(guess, waits, share))
           for guess, share in zip(guesses, shares))
train = fg.train.AdamOptimizer(0.3).minimize(loss)
session = fg.Session()
for _ in range(1000):
    session.run(train)
for guess, share in zip(guesses, shares):
    sorted_ = np.quantile(waits, share)
    print(f"share {share}: trained {float(guess.value):.1f}, sorted {sorted_:.1f}")
worst = max(abs(float(g.value) / np.quantile(waits, s) - 1) for g, s in zip(guesses, shares))
print(f"largest relative difference {worst:.3f}")
