"""Inference at a high rate: make_callable, float32, one thread; and gradients by hand."""
import numpy as np

import fastgrad as fg

observation = fg.placeholder(np.float32, [1, 12])
weights = [fg.Variable(np.random.default_rng(i).normal(size=s).astype(np.float32))
           for i, s in enumerate([(12, 16), (16, 4)])]
out = observation
for i, w in enumerate(weights):
    out = fg.matmul(out, w)
    if i + 1 < len(weights):
        out = fg.nn.elu(out)
torque = fg.clip_by_value(out, -1.0, 1.0)
target = np.zeros((1, 4), dtype=np.float32)
loss = fg.losses.mean_squared_error(target, torque) + sum(
    1e-3 * fg.nn.l2_loss(w) for w in weights)
grads = fg.gradients(loss, weights)
updates = [w.assign_sub(0.1 * g) for w, g in zip(weights, grads)]
step = fg.group(*updates)

session = fg.Session(num_threads=1)
control = session.make_callable(torque, feed_list=[observation])
state = np.zeros((1, 12), np.float32)
for tick in range(10):
    command = control(state)
    state[0, :4] += 0.01 * command[0]
session.run(step, {observation: state})
norms = [np.linalg.norm(g) for g in session.run(grads, {observation: state + 1})]
print(command.shape, norms, session.run(loss, {observation: state}).item())
