"""Digits through a code of eight numbers, and what comes back, drawn with characters."""

import numpy as np

import fastgrad as fg
from fastgrad.datasets import load_digits

images, _ = load_digits()
images = images[np.random.default_rng(0).permutation(len(images))]
training, held_out = images[:1500], images[1500:]

fg.set_random_seed(0)
x = fg.placeholder(fg.float32, [None, 64], name="images")
code = fg.layers.dense(fg.layers.dense(x, 48, activation=fg.nn.relu), 8, name="code")
logits = fg.layers.dense(fg.layers.dense(code, 48, activation=fg.nn.relu), 64)
back = fg.sigmoid(logits)
loss = fg.reduce_mean(fg.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits))
error = fg.reduce_mean(fg.square(back - x))
train = fg.train.AdamOptimizer(0.003).minimize(loss)

session = fg.Session()
before = session.run(error, {x: held_out})
session.fit(train, {x: training}, batch_size=50, epochs=60, seed=0)
after = session.run(error, {x: held_out})

mean = training.mean(0)
directions = np.linalg.svd(training - mean, full_matrices=False)[2][:8]
linear = (held_out - mean) @ directions.T @ directions + mean
print(f"squared error a pixel: {before:.4f} before training, "
      f"{np.mean((linear - held_out) ** 2):.4f} by eight principal components")


def drawn(image):
    """Eight lines of eight characters, darker for more ink."""
    return ["".join(" .:*#"[min(4, int(5 * v))] for v in row) for row in image.reshape(8, 8)]


found = session.run(back, {x: held_out[:4]})
for given, made in zip(zip(*map(drawn, held_out[:4])), zip(*map(drawn, found))):
    print("  ".join(given), "  ->  ", "  ".join(made))
print(f"autoencoder {after:.4f}")
