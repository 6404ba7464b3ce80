"""Tabular regression: scaling, regularisation, a learning rate that decays, a plain comparison.

The table is made here: eight columns of very different scales, of which the target depends on four,
not linearly.
"""

import numpy as np

import fastgrad as fg

rng = np.random.default_rng(3)
scales = np.array([1, 10, 0.1, 1000, 5, 1, 50, 0.01])
table = rng.normal(size=(2000, 8)) * scales
a, b, c, d = (table / scales)[:, :4].T
target = 3 * a + 2 * np.sin(2 * b) + c * d + rng.normal(0, 0.3, 2000)

training, held_out = slice(1500), slice(1500, None)
mean, spread = table[training].mean(0), table[training].std(0)
rows = ((table - mean) / spread).astype(np.float32)
middle, width = target[training].mean(), target[training].std()
values = ((target - middle) / width).astype(np.float32)

fg.set_random_seed(0)
x = fg.placeholder(fg.float32, [None, 8], name="rows")
y = fg.placeholder(fg.float32, [None], name="values")
decay = fg.regularizers.l2_regularizer(1e-4)
hidden = fg.layers.dense(x, 32, activation=fg.nn.tanh, kernel_regularizer=decay)
hidden = fg.layers.dense(hidden, 32, activation=fg.nn.tanh, kernel_regularizer=decay)
guess = fg.squeeze(fg.layers.dense(hidden, 1), 1)
error = fg.losses.mean_squared_error(y, guess)
loss = error + fg.losses.get_regularization_loss()
step = fg.train.get_or_create_global_step()
rate = fg.train.exponential_decay(0.01, step, 300, 0.7)
train = fg.train.AdamOptimizer(rate).minimize(loss, global_step=step)

session = fg.Session()
history = session.fit(train, {x: rows[training], y: values[training]}, batch_size=50, epochs=60,
                      seed=0, fetches={"error": error})
print(f"steps {history.steps}, rate now {session.run(rate):.6f}")
print(f"training error {history.history['error'][-1]:.4f} of the variance")

found = session.run(guess, {x: rows[held_out]}) * width + middle
rest = np.mean((found - target[held_out]) ** 2)
flat = np.column_stack((rows, np.ones(len(rows))))
line = np.linalg.lstsq(flat[training], target[training], rcond=None)[0]
plain = np.mean((flat[held_out] @ line - target[held_out]) ** 2)
print(f"held-out squared error: a plane {plain:.3f}, noise 0.090")
print(f"network {rest:.3f}")
