"""What counts as an image: ranks 3 and 4, and the dtype that colours are computed in."""

import contextlib

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph.dtypes import FLOAT32, strong
from fastgrad.graph.nodes import as_tensor
from fastgrad.ops.reshape import expand_dims, squeeze
from fastgrad.wording import where


def image_of(value, what="image"):
    """A tensor whose rank is 3, 4 or unknown, and that is not known to be empty.

    Raises
    ------
    ShapeError
    """
    x = as_tensor(value)
    known = x._shape
    if known is not None and len(known) not in (3, 4):
        raise ShapeError(f"{what!r} must have either 3 or 4 dimensions; {where(x)} has shape "
                         f"{known}.")
    return filled_image(x, what)


def filled_image(x, what="image"):
    """`x`, which must not be known to be empty, nor to have fewer than 3 dimensions."""
    known = x._shape
    if known is not None and len(known) < 3:
        raise ShapeError(f"{what!r} must be at least three-dimensional; {where(x)} has shape "
                         f"{known}.")
    if known is not None and 0 in known:
        raise ShapeError(f"all dimensions of {what!r} must be > 0; {where(x)} has shape {known}.")
    return x


def is_batch(x):
    """Whether an image is one of several; of an unknown rank it counts as a single one."""
    return x._shape is not None and len(x._shape) == 4


def spatial(x):
    """(height, width) as far as the graph knows them."""
    known = x._shape
    return (None, None) if known is None else known[-3:-1]


def batch_of(x):
    """(the image as a batch, a function that makes of a result what the image was)."""
    if is_batch(x):
        return x, lambda y: y
    return _of_four(expand_dims(x, 0)), lambda y: squeeze(_of_four(y), [0])


def _of_four(y):
    if y._shape is None:
        y.set_shape([None] * 4)
    return y


def has_channels(x, count):
    """`x`, whose last dimension must be `count` as far as the graph knows."""
    known = x._shape
    if known is not None and (not known or known[-1] not in (None, count)):
        raise ShapeError(f"the last dimension of {where(x)} must be {count}; its shape is {known}.")
    return x


def floating(x):
    """The dtype that the colours of `x` are computed in.

    In a TensorFlow graph that is float32, but for float16; elsewhere float64 stays what it is.
    """
    if x._dtype is None:
        return FLOAT32
    own = strong(x._dtype)
    wide = own == np.float64 and x.graph.literals != "tf"
    return own if own in (np.float16, np.float32) or wide else FLOAT32


@contextlib.contextmanager
def scope_of(x, name):
    """The name scope of a function on images: what TensorFlow calls it, or what the call says."""
    with x.graph.as_default(), x.graph.name_scope(name) as inside:
        yield inside
