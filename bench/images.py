"""Owns the workloads over images: convolutional nets as plain data, as workloads.py has dense ones.

A net is a stack of layers, tuples whose first element names the kind:
    ("conv", kernel, filters, stride, act)   ("dw", kernel, stride, act): depthwise
    ("pool", size): a maximum                ("gap",): the mean over the image
    ("flat",)                                ("dense", width, act)
`act` is "relu" or None. Convolutions pad as TensorFlow's SAME where they do not move, or are 3 x 3,
and not at all otherwise. Every peer builds its net by `walk`, with functions of its own for the
kinds. Must load on Python 3.7.
"""
from dataclasses import asdict, dataclass

import numpy as np

FLAT, RELU = ("flat",), "relu"
LENET = (("conv", 5, 32, 1, RELU), ("pool", 2), ("conv", 5, 64, 1, RELU), ("pool", 2), FLAT,
         ("dense", 1024, RELU), ("dense", 10, None))


@dataclass(frozen=True)
class ImageWorkload:
    """A convolutional net, a batch and what one step does; attributes as those of Workload."""

    name: str
    batch: int
    image: tuple
    stack: tuple
    loss: str
    lr: float = 1e-2
    dtype: str = "float32"

    @property
    def trains(self):
        return self.loss != "infer"

    @property
    def layers(self):
        """Pixels of an image, then the channels or the width behind each layer of weights."""
        return (int(np.prod(self.image)),) + tuple(w[-1] for w, _ in shapes(self))

    @property
    def flops(self):
        """Floating point operations of one step's products, as Workload counts them."""
        products = [2 * self.batch * size for _, size in shapes(self)]
        return 3 * sum(products) - products[0] if self.trains else sum(products)

    def as_dict(self):
        return asdict(self)


def make_image(**fields):
    """An ImageWorkload from the fields of its `as_dict`, which JSON has made lists of."""
    fields["image"] = tuple(fields["image"])
    fields["stack"] = tuple(tuple(layer) for layer in fields["stack"])
    return ImageWorkload(**fields)


def padded(kernel, stride):
    """Whether a convolution pads."""
    return stride == 1 or kernel == 3


def shapes(workload):
    """[(shape of a layer's weights, multiplications of one image), ...]."""
    found, (h, w, c) = [], workload.image
    for kind, *facts in workload.stack:
        if kind in ("conv", "dw"):
            kernel, stride = facts[0], facts[-2]
            edge = 0 if padded(kernel, stride) else kernel - 1
            h, w = -(-(h - edge) // stride), -(-(w - edge) // stride)
            shape = (kernel, kernel, c, facts[1] if kind == "conv" else 1)
            found.append((shape, h * w * int(np.prod(shape))))
            c = facts[1] if kind == "conv" else c
        elif kind == "pool":
            h, w = h // facts[0], w // facts[0]
        elif kind == "gap":
            h = w = 1
        elif kind == "dense":
            found.append(((h * w * c, facts[0]), h * w * c * facts[0]))
            h, w, c = 1, 1, facts[0]
    return found


def walk(workload, params, x, ops):
    """The net's logits: `ops[kind]` makes each layer of x, its weights and its facts."""
    params = iter(params)
    for kind, *facts in workload.stack:
        if kind in ("conv", "dw"):
            kernel, stride, act = facts[0], facts[-2], facts[-1]
            x = ops[kind](x, next(params), next(params), stride, padded(kernel, stride))
        elif kind == "dense":
            x, act = ops[kind](x, next(params), next(params)), facts[-1]
        else:
            x, act = ops[kind](x, *facts), None
        x = ops["relu"](x) if act else x
    return x


def image_data(workload, seed=0):
    """Images (batch, h, w, c) around a centre a class; one-hot labels (batch, classes)."""
    random = np.random.RandomState(seed)
    classes = workload.layers[-1]
    label = random.randint(classes, size=workload.batch)
    centre = random.standard_normal((classes,) + workload.image)
    x = 0.5 * centre[label] + random.standard_normal((workload.batch,) + workload.image)
    return x.astype(workload.dtype), np.eye(classes, dtype=workload.dtype)[label]


def image_weights(workload, seed=1):
    """Initial [W1, b1, W2, b2, ...]; filters are (height, width, in, out)."""
    random, arrays = np.random.RandomState(seed), []
    for shape, _ in shapes(workload):
        fan_in = int(np.prod(shape[:-1])) if shape[-1] > 1 else shape[0] * shape[1]
        width = shape[-1] if shape[-1] > 1 else shape[-2]
        arrays.append((random.standard_normal(shape) / np.sqrt(fan_in)).astype(workload.dtype))
        arrays.append((0.1 * random.standard_normal(width)).astype(workload.dtype))
    return arrays


IMAGES = {w.name: w for w in (
    ImageWorkload("cnn_digits", 32, (8, 8, 1), (
        ("conv", 3, 16, 1, RELU), ("pool", 2), ("conv", 3, 32, 1, RELU), ("pool", 2), FLAT,
        ("dense", 10, None)), "fused"),
    ImageWorkload("lenet", 64, (28, 28, 1), LENET, "fused"),
    ImageWorkload("cifar", 64, (32, 32, 3), (
        ("conv", 3, 32, 1, RELU), ("conv", 3, 32, 1, RELU), ("pool", 2), ("conv", 3, 64, 1, RELU),
        ("conv", 3, 64, 1, RELU), ("pool", 2), FLAT, ("dense", 256, RELU), ("dense", 10, None)),
        "fused"),
    ImageWorkload("atari", 32, (84, 84, 4), (
        ("conv", 8, 32, 4, RELU), ("conv", 4, 64, 2, RELU), ("conv", 3, 64, 1, RELU), FLAT,
        ("dense", 512, RELU), ("dense", 6, None)), "fused", 1e-3),
    ImageWorkload("infer_lenet", 1, (28, 28, 1), LENET, "infer"),
    ImageWorkload("infer_mobile", 1, (96, 96, 3), (
        ("conv", 3, 16, 2, RELU), ("dw", 3, 1, RELU), ("conv", 1, 32, 1, RELU), ("dw", 3, 2, RELU),
        ("conv", 1, 64, 1, RELU), ("dw", 3, 1, RELU), ("conv", 1, 64, 1, RELU), ("dw", 3, 2, RELU),
        ("conv", 1, 128, 1, RELU), ("gap",), ("dense", 10, None)), "infer"),
)}
