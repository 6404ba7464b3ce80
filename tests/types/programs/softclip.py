"""An operation of one's own, with a gradient on arrays and one on nodes."""
from typing import Any

import numpy as np

import fastgrad as fg


class softclip(fg.Operation):
    """x / sqrt(1 + x^2)."""

    def __init__(self, x: fg.Tensor, scale: float = 1.0) -> None:
        super().__init__([x])
        self.scale = scale

    def compute(self, x: np.ndarray) -> np.ndarray:
        return self.scale * x / np.sqrt(1 + x * x)


@fg.RegisterGradient("softclip")
def softclip_gradient(op: Any, grad: Any) -> Any:
    return op.scale * grad * (1 + op.inputs[0] ** 2) ** -1.5


x = fg.placeholder(np.float64, [None])
y = softclip(x, 2.0)
gradient, = fg.gradients(fg.reduce_sum(y * 3), x)
session = fg.Session()
out = session.run(y, {x: [0.0, 1.0]})
assert out.shape == (2,)
grads = session.run(gradient, {x: [0.0, 1.0]})
print(out.round(3), np.round(grads, 3), y.name, y.output is not None)
session.run(fg.reduce_sum(y), {x: [1.0, 2.0]})
table = fg.compute_gradients(fg.reduce_sum(y))
print(table[x].round(3))
