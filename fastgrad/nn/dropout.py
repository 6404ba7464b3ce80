"""Dropout: a mask drawn anew at each run, and the scaling that goes with it."""

import numpy as np

from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import FLOAT32, strong
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import NotDifferentiable, op
from fastgrad.ops.arithmetic import multiply
from fastgrad.ops.random import _given_dtype, _given_shape, seeds_of
from fastgrad.ops.shape import dims_of, plain_shape, shape as shape_of
from fastgrad.wording import where


def _mask_ref(generator, like, rate, seeds):
    return (generator.uniform(like.shape, like.dtype) >= rate).astype(like.dtype)


@op(lambda s, a: s[0], casts=(0, 1), form="random", pure=False, shape_only=(0,), draw=_mask_ref,
    kernel="dropout_mask", name="dropout_mask")
def _dropout_mask(like, rate, seeds=None):
    """1 with probability `1 - rate`, else 0."""


def _mask_as_ref(generator, rate, shape, dtype, seeds):
    return (generator.uniform(dims_of(shape), dtype) >= np.asarray(rate, dtype)).astype(dtype)


@op(_given_shape, dtype=None, out=_given_dtype, static=(0,), form="random", pure=False,
    kernel="dropout_mask", draw=_mask_as_ref, name="dropout_mask")
def _dropout_mask_as(shape, rate, dtype=FLOAT32, seeds=None):
    """As `_dropout_mask`, of a given shape, which broadcasts."""


NotDifferentiable("dropout_mask")
NotDifferentiable("dropout_mask_as")


@door
def dropout(x, keep_prob=None, noise_shape=None, seed=None, name=None, rate=None):
    """Set a share of the elements to 0 and scale the others up, anew at each run.

    Parameters
    ----------
    x : tensor of a floating dtype
    keep_prob : float or tensor, optional
        The share that stays.
    noise_shape : shape, optional
        Where it has 1, elements stay or go together.
    rate : float or tensor, optional
        The share that goes, `1 - keep_prob`.

    Notes
    -----
    Gradient: `dy` with the same mask and scale.

    Examples
    --------
    >>> found = Session().run(nn.dropout(np.ones(1000), rate=0.25))
    >>> sorted(set(found.round(4).tolist())), bool(abs((found == 0).mean() - 0.25) < 0.1)
    ([0.0, 1.3333], True)
    """
    if (keep_prob is None) == (rate is None):
        raise ValueError("dropout needs one of keep_prob and rate.")
    x = as_tensor(x)
    if x._dtype is not None and strong(x._dtype).kind != "f":
        raise ValueError(f"x has to be a floating point tensor since it's going to be scaled. "
                         f"Got a {x.dtype} tensor instead.")
    rate = _rate_of(x, keep_prob, rate)
    graph = x.graph
    with graph.name_scope(name or "dropout"):
        if not is_node(rate) and rate == 0:
            return x
        keep = 1 - rate
        seeds = seeds_of(graph, seed)
        if noise_shape is None:
            mask = _dropout_mask(x, rate, seeds=seeds)
        else:
            mask = _dropout_mask_as(_noise(x, noise_shape), rate, dtype=strong(x._dtype),
                                    seeds=seeds)
        dropped = multiply(x * (1 / keep), mask, name="mul_1")
    if x._shape is not None:
        dropped.set_shape(x._shape)     # a rate whose shape is unknown is a scalar all the same
    return dropped


def _rate_of(x, keep_prob, rate):
    probability, what = (rate, "rate") if keep_prob is None else (keep_prob, "keep_prob")
    if is_node(probability):
        return probability if keep_prob is None else 1 - as_tensor(probability)
    value = float(np.asarray(probability))
    if what == "rate" and not 0 <= value < 1:
        raise ValueError(f"rate must be a scalar tensor or a float in the range [0, 1), "
                         f"got {value}")
    if what == "keep_prob" and not 0 < value <= 1:
        raise ValueError(f"keep_prob must be a scalar tensor or a float in the range (0, 1], "
                         f"got {value}")
    return value if what == "rate" else 1 - value


def _noise(x, noise_shape):
    """The mask's shape; an unknown dimension is that of `x`, which TensorFlow must know."""
    if is_node(noise_shape):
        return noise_shape
    listed = noise_shape.as_list() if hasattr(noise_shape, "as_list") else list(noise_shape)
    known = x._shape if x._shape is not None else [None] * len(listed)
    if x.graph.literals == "tf" and any(
            d is None and n is None for d, n in zip(listed, known)):
        raise ValueError(f"dropout: noise_shape {listed} has None where {where(x)} of shape "
                         f"{x._shape} has an unknown size; take that from shape(x).")
    whole = shape_of(x)
    return plain_shape([whole[i] if d is None else d for i, d in enumerate(listed)])


__all__ = ["dropout"]
