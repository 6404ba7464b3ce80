"""What `fastgrad.plot` draws, from a training of a classifier in the plane."""
import matplotlib
import numpy as np

import fastgrad as fg
from fastgrad import plot
from fastgrad.typing import History

matplotlib.use("Agg")
rng = np.random.default_rng(0)
points = rng.normal(size=(60, 2))
labels = (points[:, 0] * points[:, 1] > 0).astype(np.int64)
x = fg.placeholder(np.float64, [None, 2])
y = fg.placeholder(np.int64, [None])
hidden = fg.layers.Dense(9, activation=fg.tanh)
logits = fg.layers.dense(hidden(x), 2)
loss = fg.losses.sparse_softmax_cross_entropy(labels=y, logits=logits)
train = fg.train.AdamOptimizer(0.05).minimize(loss)
session = fg.Session()
history: History = session.fit(train, {x: points, y: labels}, epochs=5, fetches={"loss": loss})

axes = plot.history(history, logarithmic=True)
axes.set_title("training")
plot.decision_boundary(logits, points, labels, feed=x, session=session)
plot.decision_boundary(lambda p: p[:, 0], points)
found = session.run(logits, {x: points})
plot.confusion_matrix(labels, found, names=["left", "right"], normalize=True)
mosaic = plot.weights(hidden.kernel, shape=(2, 1), columns=3)
mosaic.figure.clear()
print(axes.get_xlim(), type(mosaic).__name__)
