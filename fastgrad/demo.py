"""What `fastgrad demo` does: four trainings, printed as they go, and one picture.

The first two are the programs of parts IV and V of the tutorial "Deep Learning From Scratch"
(two clusters, XOR); the third classifies handwritten digits, pixel by pixel, and the fourth does
so by convolutions. All of it goes through the public
names, so this file is also an example. matplotlib is imported only for the picture, and the
demo does without it.
"""

import pathlib
import time
from typing import Any, NamedTuple

import numpy as np

import fastgrad as fg
from fastgrad.datasets import load_digits

PICTURE = "fastgrad_demo.png"
RED, BLUE = "#c0392b", "#2c6fbb"
STUCK = """    Two hidden units settle in a poor minimum for about 3 seeds in 10, whatever library
    trains them. Another --seed shows the boundary."""


class Points(NamedTuple):
    """A trained classifier of points in the plane."""
    title: str
    red: np.ndarray
    blue: np.ndarray
    accuracy: float
    blueness: Any           # points (n, 2) -> probabilities (n,) of the blue class


class Digits(NamedTuple):
    """How a training on the digits went."""
    title: str
    batch_losses: list      # one a step
    epoch_losses: list      # their mean, one an epoch
    accuracy: float


def run(out=".", seed=0):
    """Train all four networks, print their losses, and draw the picture.

    Parameters
    ----------
    out : str or path
        Directory for the picture; made if it is not there.
    seed : int
        Seed of the points, the initial weights and the order of the digits.

    Returns
    -------
    float
        The accuracy of the convolutional network on the held-out digits, 0 to 1.
    """
    started = time.perf_counter()
    perceptron = train_perceptron(np.random.default_rng(seed))
    xor = train_xor(np.random.default_rng(seed))
    digits = train_digits(np.random.default_rng(seed))
    images = train_images(np.random.default_rng(seed), seed)
    say(f"\nAll four: {time.perf_counter() - started:.2f} s")
    draw(pathlib.Path(out), perceptron, xor, digits, images)
    return images.accuracy


def say(text):
    """Print at once, so that a pipe shows the loss as it falls."""
    print(text, flush=True)


# ---- the tutorial's programs ------------------------------------------------------------

def train_perceptron(rng):
    """Part IV: one linear layer separates two clusters."""
    say("1. Perceptron: two clusters of 50 points, one linear layer, cross entropy")
    red = rng.standard_normal((50, 2)) - 2
    blue = rng.standard_normal((50, 2)) + 2
    with fg.Graph().as_default():
        X = fg.placeholder()
        W = fg.Variable(rng.standard_normal((2, 2)))
        b = fg.Variable(rng.standard_normal(2))
        p = fg.softmax(fg.add(fg.matmul(X, W), b))
        return train_points("perceptron", X, p, red, blue, 0.01, steps=100, every=10)


def train_xor(rng):
    """Part V: a hidden layer separates what no straight line can."""
    say("\n2. Multi-layer perceptron: XOR, 100 points, two sigmoid units, cross entropy")
    red = corners(rng, (0, 0), (1, 1))
    blue = corners(rng, (0, 1), (1, 0))
    with fg.Graph().as_default():
        X = fg.placeholder()
        W_hidden = fg.Variable(rng.standard_normal((2, 2)))
        b_hidden = fg.Variable(rng.standard_normal(2))
        hidden = fg.sigmoid(fg.add(fg.matmul(X, W_hidden), b_hidden))
        W_output = fg.Variable(rng.standard_normal((2, 2)))
        b_output = fg.Variable(rng.standard_normal(2))
        p = fg.softmax(fg.add(fg.matmul(hidden, W_output), b_output))
        trained = train_points("XOR, one hidden layer", X, p, red, blue, 0.03,
                               steps=1000, every=100)
    if trained.accuracy < 0.85:
        say(STUCK)
    return trained


def corners(rng, *centres):
    """25 points around each centre, standard deviation 0.2."""
    return np.concatenate([0.2 * rng.standard_normal((25, 2)) + centre for centre in centres])


def train_points(title, X, p, red, blue, learning_rate, steps, every):
    """Minimise the cross entropy of `p`, printing it `every` so many steps."""
    c = fg.placeholder()
    J = fg.negative(fg.reduce_sum(fg.reduce_sum(fg.multiply(c, fg.log(p)), axis=1)))
    minimise = fg.train.GradientDescentOptimizer(learning_rate).minimize(J)
    session = fg.Session()
    points = np.concatenate((blue, red))
    classes = np.repeat(np.eye(2), [len(blue), len(red)], axis=0)
    feed = {X: points, c: classes}
    started = time.perf_counter()
    for step in range(steps):
        loss, _ = session.run([J, minimise], feed)
        if step % every == 0:
            say(f"    step {step:4d}   loss {loss:8.4f}")
    seconds = time.perf_counter() - started
    loss, found = session.run([J, p], feed)
    accuracy = np.mean(found.argmax(axis=1) == classes.argmax(axis=1))
    say(f"    step {steps:4d}   loss {loss:8.4f}   {100 * accuracy:.1f} % of the points right"
        f"   ({1e6 * seconds / steps:.0f} us a step, compiling included)")
    return Points(title, red, blue, accuracy, lambda xy: session.run(p, {X: xy})[:, 0])


# ---- handwritten digits -----------------------------------------------------------------

def split_digits():
    """Images and labels to train on, and every fourth image of each digit held out."""
    images, labels = load_digits()
    held_out = np.zeros(len(labels), bool)
    held_out[np.argsort(labels, kind="stable")[3::4]] = True
    return images[~held_out], labels[~held_out], images[held_out], labels[held_out]


def digits_network(rng, hidden=64):
    """64 pixels, one layer of relu units, 10 digits: (images, classes, logits, loss)."""
    def weights(rows, columns):
        scale = np.sqrt(2 / rows)           # He et al. 2015: relu keeps the variance
        return fg.Variable((scale * rng.standard_normal((rows, columns))).astype(np.float32))

    x = fg.placeholder(np.float32, (None, 64))
    c = fg.placeholder(np.float32, (None, 10))
    h = fg.nn.relu(x @ weights(64, hidden) + fg.Variable(np.zeros(hidden, np.float32)))
    z = h @ weights(hidden, 10) + fg.Variable(np.zeros(10, np.float32))
    loss = fg.reduce_mean(fg.nn.softmax_cross_entropy_with_logits_v2(labels=c, logits=z))
    return x, c, z, loss


def train_digits(rng, epochs=40, learning_rate=0.3):
    """One hidden layer, on three quarters of the digits; tested on the rest."""
    pixels, labels, _, test_labels = data = split_digits()
    say(f"\n3. Handwritten digits: 8x8 pixels, {len(labels)} to train on, "
        f"{len(test_labels)} held out, 64 relu units")
    with fg.Graph().as_default():
        x, c, z, loss = digits_network(rng)
        minimise = fg.train.GradientDescentOptimizer(learning_rate).minimize(loss)
        session = fg.Session()
    classes = np.eye(10, dtype=np.float32)[labels]
    train_step = session.make_callable([loss, minimise], [x, c])
    return follow("digits", rng, epochs, data, lambda rows, share: train_step(
        pixels[rows], classes[rows]), session.make_callable(z, [x]))


def images_network():
    """Two layers of 3x3 filters, each with a pool: (images, labels, logits, loss, keep)."""
    x = fg.placeholder(fg.float32, (None, 64))
    c = fg.placeholder(fg.int64, (None,))
    keep = fg.placeholder_with_default(np.float32(1), ())
    h = fg.reshape(x, [-1, 8, 8, 1])
    for filters in (32, 64):
        h = fg.layers.conv2d(h, filters, 3, padding="same", activation=fg.nn.relu)
        h = fg.layers.max_pooling2d(h, 2, 2)
    z = fg.layers.dense(fg.nn.dropout(fg.layers.flatten(h), keep), 10)
    return x, c, z, fg.losses.sparse_softmax_cross_entropy(c, z), keep


def train_images(rng, seed, epochs=40, learning_rate=0.005):
    """A convolutional network on the same digits, with dropout and a rate that falls to 0."""
    pixels, labels, *_ = data = split_digits()
    say("\n4. The same digits as images: 32 and 64 filters of 3x3 pixels, a pool behind each")
    with fg.Graph().as_default():
        fg.set_random_seed(seed)
        x, c, z, loss, keep = images_network()
        rate = fg.placeholder(fg.float32, ())
        minimise = fg.train.AdamOptimizer(rate).minimize(loss)
        session = fg.Session()
    train_step = session.make_callable([loss, minimise], [x, c, keep, rate])
    return follow("digits as images", rng, epochs, data, lambda rows, share: train_step(
        pixels[rows], labels[rows], np.float32(0.5), np.float32(learning_rate * (1 - share))),
        session.make_callable(z, [x]))


def follow(title, rng, epochs, data, step, test, batch=32):
    """Train in mini-batches by `step(rows, share of the epochs done)`, and say how it goes."""
    _, labels, test_pixels, test_labels = data
    batch_losses, epoch_losses = [], []
    started = time.perf_counter()
    for epoch in range(1, epochs + 1):
        order = rng.permutation(len(labels))
        for start in range(0, len(order) - batch + 1, batch):
            loss, _ = step(order[start:start + batch], (epoch - 1) / epochs)
            batch_losses.append(float(loss))
        epoch_losses.append(np.mean(batch_losses[-(len(order) // batch):]))
        if epoch == 1 or epoch % (epochs // 8) == 0:
            accuracy = np.mean(test(test_pixels).argmax(axis=1) == test_labels)
            say(f"    epoch {epoch:3d}   loss {epoch_losses[-1]:8.4f}"
                f"   held-out accuracy {100 * accuracy:.2f} %")
    seconds = time.perf_counter() - started
    say(f"    held-out accuracy {100 * accuracy:.2f} % after {len(batch_losses)} steps"
        f"   ({1e6 * seconds / len(batch_losses):.0f} us a step, compiling included)")
    return Digits(title, batch_losses, epoch_losses, accuracy)


# ---- the picture ------------------------------------------------------------------------

def draw(out, perceptron, xor, digits, images):
    """Write the picture to `out`, or say how to get one if matplotlib is not installed."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        say('For a picture of the boundaries and the loss curve: pip install "fastgrad[plot]"'
            '\n(from a source tree: pip install ".[plot]"), then run the demo again.')
        return
    # a Figure of its own, not pyplot: no global state and no display
    figure = Figure(figsize=(17, 4.2), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    for axes, trained in zip(figure.subplots(1, 4), (perceptron, xor, digits, images)):
        (draw_points if isinstance(trained, Points) else draw_losses)(axes, trained)
    out.mkdir(parents=True, exist_ok=True)
    figure.savefig(out / PICTURE)
    say(f"Picture: {out / PICTURE}")


def draw_points(axes, trained):
    """The points on their probability field; the boundary is where it is one half."""
    both = np.concatenate((trained.red, trained.blue))
    margin = 0.15 * np.ptp(both, axis=0)
    low, high = both.min(axis=0) - margin, both.max(axis=0) + margin
    x, y = np.meshgrid(*(np.linspace(low[i], high[i], 200) for i in (0, 1)))
    p = trained.blueness(np.column_stack((x.ravel(), y.ravel()))).reshape(x.shape)
    axes.imshow(p, extent=(low[0], high[0], low[1], high[1]), origin="lower", aspect="auto",
                cmap="RdBu", vmin=0, vmax=1, alpha=0.5, interpolation="bilinear")
    axes.contour(x, y, p, levels=[0.5], colors="black", linewidths=1.5)
    for points, colour in ((trained.red, RED), (trained.blue, BLUE)):
        axes.scatter(*points.T, s=22, color=colour, edgecolors="white", linewidths=0.6)
    axes.set_title(f"{trained.title}: {100 * trained.accuracy:.0f} % right", fontsize=11)
    axes.set_xlabel("$x_1$")
    axes.set_ylabel("$x_2$")


def draw_losses(axes, digits):
    """The loss of every step, faint, and of every epoch."""
    steps = np.arange(1, len(digits.batch_losses) + 1)
    a_epoch = len(steps) // len(digits.epoch_losses)
    axes.semilogy(steps, digits.batch_losses, color=BLUE, alpha=0.25, linewidth=0.6,
                  label="mini-batch")
    axes.semilogy(steps[a_epoch - 1::a_epoch], digits.epoch_losses, color=BLUE, linewidth=2,
                  label="mean of the epoch")
    axes.set_title(f"{digits.title}: {100 * digits.accuracy:.1f} % of the held-out right",
                   fontsize=11)
    axes.set_xlabel("step")
    axes.set_ylabel("cross entropy")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
