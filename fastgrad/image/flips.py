"""Flips, turns and transposed images, and flips drawn anew at each run."""

import numpy as np

from fastgrad.flow.cond import cond
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.image.ranks import image_of, is_batch, scope_of
from fastgrad.ops import pad as padding, reshape as shaping
from fastgrad.ops.comparison import equal, less
from fastgrad.ops.random import random_uniform
from fastgrad.ops.shape import shape
from fastgrad.ops.state import identity
from fastgrad.ops.where import select


def _known(y, x, turned=False):
    """Say what is known of the result: rank 3 where the image's is unknown.

    Of a turned image only what is so for any number of turns, as in TensorFlow.
    """
    if x._shape is None:
        y.set_shape([None] * 3)
    elif turned and x._shape[-3] != x._shape[-2]:
        y._declare((*x._shape[:-3], None, None, x._shape[-1]))
    return y


def _flipped(x, rows):
    at = (1 if rows else 2) - (not is_batch(x))
    return _known(padding.reverse(x, [at]), x)


@door
def flip_left_right(image):
    """Mirror an image, or each of several, left to right.

    Gradient: `dy` mirrored.
    """
    x = image_of(image)
    with scope_of(x, "flip_left_right"):
        return _flipped(x, False)


@door
def flip_up_down(image):
    """Mirror an image, or each of several, top to bottom.

    Gradient: `dy` mirrored.
    """
    x = image_of(image)
    with scope_of(x, "flip_up_down"):
        return _flipped(x, True)


def _random(image, seed, rows, name):
    """With probability 1/2 mirrored, each image of a batch by itself."""
    x = image_of(image)
    with scope_of(x, name):
        if not is_batch(x):
            drawn = random_uniform([], 0, 1.0, seed=seed)
            mirrored = select(less(drawn, np.float32(0.5)), _flipped(x, rows), x, name="Merge")
            return _known(mirrored, x)
        drawn = random_uniform(shape(x)[:1], 0, 1.0, seed=seed)
        return select(less(drawn, np.float32(0.5)), _flipped(x, rows), x, name="add")


@door
def random_flip_left_right(image, seed=None):
    """Mirror left to right with probability 1/2, drawn anew at each run.

    Gradient: `dy`, mirrored where the image was.
    """
    return _random(image, seed, False, "random_flip_left_right")


@door
def random_flip_up_down(image, seed=None):
    """Mirror top to bottom with probability 1/2, drawn anew at each run.

    Gradient: `dy`, mirrored where the image was.
    """
    return _random(image, seed, True, "random_flip_up_down")


def _transposed(x):
    return shaping.transpose(x, (0, 2, 1, 3) if is_batch(x) else (1, 0, 2))


@door
def transpose_image(image, name=None):
    """Exchange rows and columns of an image, or of each of several.

    Gradient: `dy` transposed.
    """
    x = image_of(image)
    with scope_of(x, name or "transpose"):
        return _transposed(x)


transpose = transpose_image


def _turn(x, k):
    if k == 0:
        return x
    if k == 1:
        return _transposed(_flipped(x, False))
    if k == 2:
        return _flipped(_flipped(x, False), True)
    return _flipped(_transposed(x), False)


@door
def rot90(image, k=1, name=None):
    """Turn an image, or each of several, counter-clockwise by `k` quarters.

    Parameters
    ----------
    image : tensor (height, width, channels) or (n, height, width, channels)
    k : int or integer scalar

    Notes
    -----
    Gradient: `dy` turned back.
    """
    x = image_of(image)
    with scope_of(x, name or "rot90"):
        if not is_node(k):
            return _known(_turn(x, int(k) % 4), x, True)
        times = as_tensor(k) % 4
        turned = cond(equal(times, 0), lambda: identity(x), lambda: cond(
            equal(times, 1), lambda: _turn(x, 1), lambda: cond(
                equal(times, 2), lambda: _turn(x, 2), lambda: _turn(x, 3))))
        return _known(turned, x, True)


__all__ = ["flip_left_right", "flip_up_down", "random_flip_left_right", "random_flip_up_down",
           "transpose_image", "transpose", "rot90"]
