"""Operators with numbers, arrays, lists and other nodes, on both sides."""
import numpy as np

import fastgrad as fg

x = fg.placeholder(np.float64, (None, 3))
array = np.arange(3.0)
a = 1 + x - 2.0 * x / 3
b = array * x + x * array - x / array[1:2]
c = -x ** 2 + abs(x) // 2 % 3
d = x @ np.ones((3, 2)) + [1.0, 2.0]
e = (x > 0) & ~(x < array) | (x >= 2.0)
f = x[:, 0] + x[..., -1] + x[0, 1:][None][:, 0]
g = fg.stack([f, f * 2], axis=1)
first, second = fg.unstack(g, num=2, axis=1)
parts = fg.split(x, 3, axis=1)
h = fg.concat([*parts, d], 1)
n = fg.shape(x)[0]
tall = fg.reshape(x, [n * 3, 1])
flat = fg.reshape(x, (-1,))
values, indices = fg.nn.top_k(x, k=2)
mean, variance = fg.nn.moments(x, axes=[0])
same = fg.where(x > 0.0, x, fg.zeros_like(x))
total = fg.reduce_sum(same, axis=[0, 1], keepdims=True) + fg.constant(2.0, dtype=fg.float64)

session = fg.Session()
found = session.run({"a": a, "h": h, "tall": tall, "e": e}, {x: [[1.0, 2.0, 3.0]]})
assert found["h"].shape == (1, 5) and found["e"].dtype == bool
u, v, w = session.run((values, mean, total), {x: np.ones((2, 3))})
assert np.asarray(u).shape == (2, 2)
first_value, second_value = session.run([first, second], {"Placeholder:0": np.ones((2, 3))})
print(first_value.tolist(), second_value.sum(), flat.shape, int(x.shape[1]), w, b.name, c.op.type)
