"""Adjustments of brightness, contrast, gamma, hue and saturation, and those drawn at each run.

All compute in floating colours and give back the dtype that came, cut at its limits.
"""

import functools

import numpy as np

from fastgrad.errors import InvalidArgumentError
from fastgrad.flow.asserts import assert_non_negative
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import strong
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.image.colors import hsv_to_rgb, rgb_to_hsv
from fastgrad.image.dtypes import convert_image_dtype
from fastgrad.image.ranks import filled_image, floating, has_channels, scope_of
from fastgrad.nn.clip import clip_by_value
from fastgrad.ops.arithmetic import add, maximum, pow, subtract
from fastgrad.ops.cast import cast
from fastgrad.ops.divide import floormod
from fastgrad.ops.join import concat
from fastgrad.ops.random import random_uniform
from fastgrad.ops.reduce import reduce_mean, reduce_prod
from fastgrad.ops.refused import refused
from fastgrad.ops.shape import shape
from fastgrad.ops.unary import reciprocal, square, sqrt


def _adjusted(image, name, change):
    """`change` of the floating colours, in the image's own dtype."""
    x = as_tensor(image)
    with scope_of(x, name):
        own, kind = strong(x._dtype), floating(x)
        colours = x if own == kind else convert_image_dtype(x, kind)
        return convert_image_dtype(change(colours), own, saturate=True)


def _like(value, x):
    """A number or tensor in the dtype of `x`."""
    return cast(value, x._dtype) if is_node(value) else np.asarray(value, x._dtype)


def _with_ranks(image, least):
    x = as_tensor(image)
    if x._shape is not None and len(x._shape) < least:
        raise ValueError(f"expected an image of {least} or more dimensions; got {x._shape}.")
    return x


# ---- what is asked for ------------------------------------------------------------------

@door
def adjust_brightness(image, delta):
    """Colours plus `delta`, which counts in [0, 1] whatever the dtype.

    Gradient: as of the sum.
    """
    return _adjusted(image, "adjust_brightness", lambda x: add(x, _like(delta, x)))


@door
def adjust_contrast(images, contrast_factor):
    """The difference of each colour from its channel's mean over the image, times a factor.

    Gradient: as of the product; in TensorFlow there is none.
    """
    def change(x):
        mean = reduce_mean(x, [-3, -2], keepdims=True)
        return subtract(x, mean) * _like(contrast_factor, x) + mean
    return _adjusted(_with_ranks(images, 3), "adjust_contrast", change)


@door
def adjust_gamma(image, gamma=1, gain=1):
    """`gain * x**gamma` of colours in [0, 1].

    Raises
    ------
    ValueError
        If `gamma` is negative; in the run, where only that knows.

    Notes
    -----
    Gradient: as of the power.
    """
    if not is_node(gamma) and gamma < 0:
        raise ValueError("Gamma should be a non-negative real number.")

    def change(x):
        if not is_node(gamma):
            return _like(gain, x) * pow(x, _like(gamma, x))
        with x.graph.control_dependencies([assert_non_negative(gamma)]):
            return _like(gain, x) * pow(x, _like(gamma, x))
    return _adjusted(image, "adjust_gamma", change)


def _in_hsv(images, name, change):
    x = _with_ranks(images, 3)
    if x._shape is not None and x._shape[-1] not in (3, None) and x.graph.literals == "tf":
        return refused(x, InvalidArgumentError, f"input must have 3 channels but instead has "
                       f"{x._shape[-1]} channels.")
    has_channels(x, 3)

    def through(colours):
        hsv = rgb_to_hsv(colours)
        return hsv_to_rgb(concat(change(*(hsv[..., i:i + 1] for i in range(3))), -1))
    return _adjusted(x, name, through)


@door
def adjust_hue(image, delta, name=None):
    """Hue turned by `delta` of a whole turn, of images with channels red, green, blue.

    Gradient: none, as in TensorFlow.
    """
    return _in_hsv(image, name or "adjust_hue", lambda h, s, v: [
        floormod(h + _like(delta, h), 1.0), s, v])


@door
def adjust_saturation(image, saturation_factor, name=None):
    """Saturation times a factor, at most 1, of images with channels red, green, blue.

    Gradient: none, as in TensorFlow.
    """
    return _in_hsv(image, name or "adjust_saturation", lambda h, s, v: [
        h, clip_by_value(s * _like(saturation_factor, s), 0.0, 1.0), v])


@door
def per_image_standardization(image):
    """Each image less its mean, divided by its deviation, which counts as 1 / sqrt(n) at least.

    Gradient: as of the moments.
    """
    x = filled_image(as_tensor(image))

    def change(x):
        axes = [-3, -2, -1]
        away = subtract(x, reduce_mean(x, axes, keepdims=True))
        count = cast(reduce_prod(shape(x)[-3:]), x._dtype)
        variance = maximum(reduce_mean(square(away), axes, keepdims=True), reciprocal(count))
        return away / sqrt(variance)
    return _adjusted(x, "per_image_standardization", change)


# ---- what is drawn ----------------------------------------------------------------------

def _between(lower, upper, seed):
    if upper <= lower:
        raise ValueError("upper must be > lower.")
    if lower < 0:
        raise ValueError("lower must be non-negative.")
    return random_uniform([], lower, upper, seed=seed)


def _around(max_delta, seed):
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return random_uniform([], -max_delta, max_delta, seed=seed)


def _in_graph_of(fn):
    """Draw in the graph of the image."""
    @functools.wraps(fn)
    def call(image, *args, **kwargs):
        x = as_tensor(image)
        with x.graph.as_default():
            return fn(x, *args, **kwargs)
    return door(call)


@_in_graph_of
def random_brightness(image, max_delta, seed=None):
    """`adjust_brightness` by a number in [-max_delta, max_delta), drawn anew at each run.

    Gradient: as of `adjust_brightness`.
    """
    return adjust_brightness(image, _around(max_delta, seed))


@_in_graph_of
def random_contrast(image, lower, upper, seed=None):
    """`adjust_contrast` by a factor in [lower, upper), drawn anew at each run.

    Gradient: as of `adjust_contrast`.
    """
    return adjust_contrast(image, _between(lower, upper, seed))


@_in_graph_of
def random_saturation(image, lower, upper, seed=None):
    """`adjust_saturation` by a factor in [lower, upper), drawn anew at each run.

    Gradient: none, as in TensorFlow.
    """
    return adjust_saturation(image, _between(lower, upper, seed))


@_in_graph_of
def random_hue(image, max_delta, seed=None):
    """`adjust_hue` by a number in [-max_delta, max_delta), at most 0.5, drawn anew at each run.

    Gradient: none, as in TensorFlow.
    """
    if max_delta > 0.5:
        raise ValueError("max_delta must be <= 0.5.")
    return adjust_hue(image, _around(max_delta, seed))


__all__ = ["adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue",
           "adjust_saturation", "per_image_standardization", "random_brightness",
           "random_contrast", "random_saturation", "random_hue"]
