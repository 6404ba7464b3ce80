"""Owns the workloads: plain data, and NumPy generators of inputs and initial weights.

A workload is a fully connected net, or one over images (images.py), with one way of training or
running it. It says nothing of any library; peers read it and build the same arithmetic. This file
must load on Python 3.7, since TensorFlow 1.15 runs there.

Decisions
- Labels are one-hot rows, a tenth of them wrong: a batch that cannot be separated keeps the
  weights bounded, however many steps a run takes, so that no peer ends up timing infinities or
  subnormals.
- Biases start nonzero, so that a wrong bias shows in the check against NumPy.
- `flops` counts multiplications and additions of the matrix products only; bias, activation,
  loss and update add well under 1 % on the large workloads and are left out for everyone alike.
"""
from dataclasses import asdict, dataclass

import numpy as np

from bench.images import IMAGES, ImageWorkload, image_data, image_weights, make_image
from bench.sequences import SEQUENCES, Sequence

DTYPES = ("float32", "float64")
HIDDEN = ("none", "relu", "tanh", "sigmoid")
LOSSES = ("tutorial", "fused", "infer")


@dataclass(frozen=True)
class Workload:
    """A net, a batch and what one step does.

    `layers` lists widths from the input to the classes. `loss` is "tutorial" (the sum over rows
    of -c log softmax(z), written out op by op), "fused" (the mean of the library's own softmax
    cross-entropy) or "infer" (no training: one step returns the softmax of the logits).
"""

    name: str
    batch: int
    layers: tuple
    dtype: str
    hidden: str
    loss: str
    lr: float

    @property
    def trains(self):
        return self.loss != "infer"

    @property
    def flops(self):
        """Floating point operations of one step's matrix products."""
        products = [2 * self.batch * i * o for i, o in zip(self.layers, self.layers[1:])]
        if not self.trains:
            return sum(products)
        # Forward, weight gradient, and the gradient of every layer's input but the first's.
        return 3 * sum(products) - products[0]

    def as_dict(self):
        return asdict(self)


def made(fields):
    """The workload, of any kind, that `as_dict` describes."""
    if "cell" in fields:
        return Sequence(**fields)
    return make_image(**fields) if "image" in fields else make(**fields)


def make(name, batch, layers, dtype="float32", hidden="relu", loss="fused", lr=None):
    """A checked Workload; the default learning rate converges at any batch size."""
    layers = tuple(int(n) for n in layers)
    if len(layers) < 2 or min(layers) < 1 or int(batch) < 1:
        raise ValueError("workload %s: needs a batch and two or more layer sizes" % name)
    for value, known in ((dtype, DTYPES), (hidden, HIDDEN), (loss, LOSSES)):
        if value not in known:
            raise ValueError("workload %s: %r is none of %s" % (name, value, ", ".join(known)))
    if hidden == "none" and len(layers) > 2:
        raise ValueError("workload %s: hidden layers need an activation" % name)
    if lr is None:
        lr = 0.1 / int(batch) if loss == "tutorial" else 0.05
    return Workload(name, int(batch), layers, dtype, hidden, loss, float(lr))


def parse(text):
    """A Workload from `name=BATCHxIN-...-OUT[,dtype][,hidden][,loss][,lr]`, in any order after the
    sizes.

    >>> parse("tabular=256x100-64-64-2,tanh").layers
    (100, 64, 64, 2)

    """
    try:
        name, spec = text.split("=", 1)
        sizes, *words = spec.split(",")
        batch, layers = sizes.split("x", 1)
        fields = {"name": name, "batch": int(batch), "layers": [int(n) for n in layers.split("-")]}
        if len(fields["layers"]) == 2:
            fields["hidden"] = "none"
        for word in words:
            kinds = (("dtype", DTYPES), ("hidden", HIDDEN), ("loss", LOSSES))
            key = next((key for key, known in kinds if word in known), "lr")
            fields[key] = float(word) if key == "lr" else word
    except ValueError as error:
        form = "name=BATCHxIN-...-OUT[,dtype][,hidden][,loss][,lr]"
        raise ValueError("workload %r is not of the form %s (%s)" % (text, form, error)) from None
    return make(**fields)


WORKLOADS = {w.name: w for w in (
    make("perceptron_seed", 100, (2, 2), "float64", "none", "tutorial"),
    make("mlp_seed", 100, (2, 2, 2), "float64", "sigmoid", "tutorial"),
    make("moons", 32, (2, 16, 16, 2)),
    make("digits", 32, (64, 32, 10), hidden="sigmoid"),
    make("logreg_full", 20000, (100, 2), "float64", "none", "tutorial"),
    make("deep_narrow", 64, (64,) + 20 * (64,) + (10,), hidden="tanh"),
    make("mnist_mlp", 128, (784, 256, 256, 10)),
    make("wide", 512, (784, 2048, 2048, 10)),
    make("infer_one", 1, (784, 256, 256, 10), loss="infer"),
    make("infer_batch", 1024, (784, 256, 256, 10), loss="infer"),
)}
WORKLOADS.update(IMAGES)
WORKLOADS.update(SEQUENCES)


def make_data(workload, seed=0):
    """Inputs (batch, in) around a random centre per class; one-hot labels (batch, classes)."""
    if isinstance(workload, ImageWorkload):
        return image_data(workload, seed)
    rng = np.random.RandomState(seed)
    rows, width, classes = workload.batch, workload.layers[0], workload.layers[-1]
    label = rng.randint(classes, size=rows)
    centre = rng.standard_normal((classes, width))
    x = 0.5 * centre[label] + rng.standard_normal((rows, width))
    wrong = rng.random_sample(rows) < 0.1
    label[wrong] = rng.randint(classes, size=rows)[wrong]
    return x.astype(workload.dtype), np.eye(classes, dtype=workload.dtype)[label]


def make_weights(workload, seed=1):
    """Initial [W1, b1, W2, b2, ...]; W is (in, out), scaled to keep activations near one."""
    if isinstance(workload, ImageWorkload):
        return image_weights(workload, seed)
    rng = np.random.RandomState(seed)
    arrays = []
    for fan_in, fan_out in zip(workload.layers, workload.layers[1:]):
        weight = rng.standard_normal((fan_in, fan_out)) / np.sqrt(fan_in)
        arrays.append(weight.astype(workload.dtype))
        arrays.append((0.1 * rng.standard_normal(fan_out)).astype(workload.dtype))
    return arrays
