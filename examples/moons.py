"""A classifier of two interleaved half circles: layers, fit, validation."""

import numpy as np

import fastgrad as fg


def moons(rng, count, noise=0.1):
    """Points (2 count, 2) and their classes (2 count,)."""
    angle = rng.uniform(0, np.pi, (2, count))
    upper = np.stack((np.cos(angle[0]), np.sin(angle[0])), 1)
    lower = np.stack((1 - np.cos(angle[1]), 0.5 - np.sin(angle[1])), 1)
    points = np.concatenate((upper, lower)) + rng.normal(0, noise, (2 * count, 2))
    return points.astype(np.float32), np.repeat([0, 1], count)


rng = np.random.default_rng(0)
train_points, train_classes = moons(rng, 500)
test_points, test_classes = moons(rng, 200)

fg.set_random_seed(1)
x = fg.placeholder(fg.float32, [None, 2], name="x")
c = fg.placeholder(fg.int64, [None], name="c")
hidden = fg.layers.dense(x, 16, activation=fg.nn.relu)
hidden = fg.layers.dense(hidden, 16, activation=fg.nn.relu)
logits = fg.layers.dense(hidden, 2)
loss = fg.reduce_mean(fg.nn.sparse_softmax_cross_entropy_with_logits(labels=c, logits=logits))
accuracy = fg.reduce_mean(fg.cast(fg.equal(fg.argmax(logits, 1), c), fg.float32))
train = fg.train.AdamOptimizer(0.01).minimize(loss)

session = fg.Session()
test = {x: test_points, c: test_classes}


def report(epoch, logs):
    """Called by fit after each epoch."""
    if epoch % 10 == 9:
        held_out = session.run(accuracy, test)
        print(f"epoch {epoch + 1:3d}  loss {logs['loss']:.4f}  held-out accuracy {held_out:.3f}")


session.fit(train, {x: train_points, c: train_classes}, batch_size=50, epochs=40, seed=0,
            fetches={"loss": loss}, callbacks=[report])
print(f"accuracy {session.run(accuracy, test):.3f}")
