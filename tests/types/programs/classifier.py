"""A classifier of digits by `fit`, with validation in a callback."""
from typing import Any

import numpy as np

import fastgrad as fg

images, labels = fg.datasets.load_digits()
train_x, test_x = images[:1500], images[1500:]
x = fg.placeholder(fg.float32, [None, 64], name="x")
y = fg.placeholder(fg.int64, shape=[None])
hidden = fg.layers.dense(x, 32, activation=fg.nn.relu, name="hidden")
logits = fg.layers.dense(hidden, 10)
loss = fg.reduce_mean(fg.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
right = fg.equal(fg.argmax(logits, 1), y)
accuracy = fg.reduce_mean(fg.cast(right, fg.float32))
step = fg.train.AdamOptimizer(0.01).minimize(loss)

session = fg.Session(num_threads=1)
session.run(fg.global_variables_initializer())
seen: list[float] = []


def validate(epoch: int, logs: dict[str, Any]) -> bool:
    seen.append(float(session.run(accuracy, {x: test_x, y: labels[1500:]})))
    return seen[-1] > 0.99 or logs["loss"] < 1e-3


history = session.fit(step, {x: train_x, y: labels[:1500]}, batch_size=100, epochs=3, seed=1,
                      fetches={"loss": loss, "accuracy": accuracy}, callbacks=[validate])
best = max(seen)
assert best > 0.7, best
print(history.steps, history.history["loss"][-1], history.epoch, history.seconds)
predictions: np.ndarray = session.run(fg.argmax(logits, 1), {x: test_x})
print((predictions == labels[1500:]).mean())
