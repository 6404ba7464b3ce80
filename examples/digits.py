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
folder = tempfile.TemporaryDirectory()
best = {"loss": np.inf, "epoch": 0, "path": None}


def watch(epoch, logs):
    """Save what is best on the validation images; end after five epochs without progress."""
    found, right = session.run([loss, accuracy], {x: images[validation], c: labels[validation]})
    if epoch % 5 == 0:
        print(f"epoch {epoch:2d}  loss {logs['loss']:.4f}  validation {found:.4f} {right:.3f}")
    if found < best["loss"]:
        path = saver.save(session, f"{folder.name}/digits", global_step=epoch)
        best.update(loss=found, epoch=epoch, path=path)
    return epoch - best["epoch"] >= 5


session.fit(train, {x: images[training], c: labels[training]}, batch_size=32, epochs=60, seed=0,
            fetches={"loss": loss}, callbacks=[watch])
saver.restore(session, best["path"])
found = session.run(accuracy, {x: images[test], c: labels[test]})
print(f"best epoch {best['epoch']}")
print(f"test accuracy {found:.3f}")
folder.cleanup()
