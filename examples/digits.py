"""Handwritten digits in minibatches: validation, early stopping, saving and restoring."""

import tempfile

import numpy as np

import fastgrad as fg
from fastgrad.datasets import load_digits

images, labels = load_digits()
order = np.random.default_rng(0).permutation(len(images))
images, labels = images[order], labels[order]
training, validation, test = slice(1200), slice(1200, 1500), slice(1500, None)

fg.set_random_seed(0)
x = fg.placeholder(fg.float32, [None, 64], name="images")
c = fg.placeholder(fg.int64, [None], name="labels")
hidden = fg.layers.dense(x, 64, activation=fg.nn.relu)
logits = fg.layers.dense(hidden, 10)
loss = fg.reduce_mean(fg.nn.sparse_softmax_cross_entropy_with_logits(labels=c, logits=logits))
accuracy = fg.reduce_mean(fg.cast(fg.equal(fg.argmax(logits, 1), c), fg.float32))
train = fg.train.AdamOptimizer(0.002).minimize(loss)
saver = fg.train.Saver()

session = fg.Session()
history = session.fit(train, {x: images[training], c: labels[training]}, batch_size=32, epochs=60,
                      seed=0, fetches={"loss": loss, "accuracy": accuracy}, patience=5,
                      validation={x: images[validation], c: labels[validation]})
best = history.best_epoch
for epoch in sorted({*range(0, len(history.epoch), 5), best}):
    print(f"epoch {epoch:2d}", *[f" {name} {values[epoch]:.4f}"
                                 for name, values in history.history.items()])

with tempfile.TemporaryDirectory() as folder:       # as another program would go on
    path = saver.save(session, f"{folder}/digits", global_step=best)
    session.run(fg.global_variables_initializer())
    saver.restore(session, path)
found = session.run(accuracy, {x: images[test], c: labels[test]})
print(f"best epoch {best}")
print(f"test accuracy {found:.3f}")
