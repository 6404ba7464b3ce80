"""Builders of convolutions, pools and batch normalisation: ONNX's images have channels first."""

import numpy as np

from fastgrad.image.resize import resize_bilinear, resize_nearest_neighbor
from fastgrad.nn.convolution import conv2d, conv2d_transpose
from fastgrad.nn.depthwise import depthwise_conv2d
from fastgrad.nn.pooling import avg_pool, max_pool
from fastgrad.onnx.math_in import number
from fastgrad.onnx.tables import builds
from fastgrad.ops.cast import cast
from fastgrad.ops.join import concat
from fastgrad.ops.pad import pad
from fastgrad.ops.reduce import reduce_max, reduce_mean
from fastgrad.ops.reshape import expand_dims, reshape, squeeze, transpose
from fastgrad.ops.shape import shape
from fastgrad.ops.state import constant
from fastgrad.ops.unary import rsqrt, sqrt


def _last(x):
    return transpose(x, [0, 2, 3, 1])


def _first(x):
    return transpose(x, [0, 3, 1, 2])


def _rank(node, x):
    """The spatial dimensions, 1 or 2; a line becomes an image of one row."""
    if x._shape is None or len(x._shape) not in (3, 4):
        raise node.wrong("its input has neither one nor two spatial dimensions")
    return len(x._shape) - 2


def _window(node, sizes, count):
    """(strides, dilations, pads) of two spatial dimensions; pads are ((top, bottom), ...) or a
    word."""
    strides = [1] * (2 - count) + list(node.attr("strides", [1] * count))
    dilations = [1] * (2 - count) + list(node.attr("dilations", [1] * count))
    auto = node.attr("auto_pad", "NOTSET")
    if auto == "SAME_UPPER":
        return strides, dilations, "SAME"
    if auto == "VALID":
        return strides, dilations, "VALID"
    if auto != "NOTSET":
        raise node.wrong(f"its auto_pad is {auto}")
    pads = list(node.attr("pads", [0] * 2 * count))
    pairs = [(0, 0)] * (2 - count) + list(zip(pads[:count], pads[count:]))
    return strides, dilations, pairs


def _as_image(x, count):
    return x if count == 2 else expand_dims(x, 2)


def _as_it_was(x, count):
    return x if count == 2 else squeeze(x, [2])


@builds("Conv")
def conv(node):
    x, w = node.inputs[:2]
    count = _rank(node, x)
    x, w = _as_image(x, count), _as_image(w, count)
    strides, dilations, pads = _window(node, w._shape, count)
    padding = pads if isinstance(pads, str) else [(0, 0), *pads, (0, 0)]
    groups = node.attr("group", 1)
    w = transpose(w, [2, 3, 1, 0])                          # height, width, in, out
    image = _last(x)
    given = dict(strides=[1, *strides, 1], padding=padding, dilations=[1, *dilations, 1])
    if groups == 1:
        y = conv2d(image, w, **given)
    else:
        y = concat([conv2d(a, b, **given) for a, b in zip(
            _parts(node, image, groups), _parts(node, w, groups))], 3) \
            if not _is_depthwise(image, w, groups) else _depthwise(image, w, groups, given)
    if node.has(2):
        y = y + node.inputs[2]
    return _as_it_was(_first(y), count)


def _parts(node, x, groups):
    known = x._shape[3]
    if known is None or known % groups:
        raise node.wrong(f"{known} channels do not divide into {groups} groups")
    each = known // groups
    return [x[..., i * each:(i + 1) * each] for i in range(groups)]


def _is_depthwise(image, w, groups):
    return image._shape[3] == groups and w._shape[2] == 1


def _depthwise(image, w, groups, given):
    h, wide, _, out = w._shape
    w = reshape(w, [h, wide, groups, out // groups])
    padding = given["padding"]
    if not isinstance(padding, str):
        image, padding = pad(image, padding), "VALID"
    rate = given["dilations"][1:3]
    if len(set(given["strides"][1:3])) > 1 or max(rate) > 1:
        return concat([conv2d(image[..., i:i + 1], w[:, :, i:i + 1, :], strides=given["strides"],
                              padding=padding, dilations=given["dilations"])
                       for i in range(groups)], 3)
    return depthwise_conv2d(image, w, given["strides"], padding)


@builds("ConvTranspose")
def conv_transpose(node):
    x, w = node.inputs[:2]
    strides, dilations, pads = _window(node, w._shape, 2)
    extra = node.attr("output_padding", [0, 0])
    if node.attr("group", 1) != 1 or max(dilations) > 1 or isinstance(pads, str) \
            or x._shape is None or len(x._shape) != 4 or "output_shape" in node.attrs:
        raise node.wrong("groups, dilations, output_shape and auto_pad are not there")
    sizes = shape(x)
    kernel = w._shape[2:]
    full = [(sizes[2 + i] - 1) * strides[i] + kernel[i] + extra[i] for i in (0, 1)]
    filter_ = transpose(w, [2, 3, 1, 0])
    y = conv2d_transpose(_last(x), filter_, [sizes[0], *full, w._shape[1]], [1, *strides, 1],
                         "VALID")
    (top, bottom), (left, right) = pads
    y = y[:, top:full[0] - bottom, left:full[1] - right, :]
    if node.has(2):
        y = y + node.inputs[2]
    return _first(y)


def _with_border(node, image, pads, sizes, strides, value):
    """An image with a border, and with more of it where the last window is kept (ceil_mode)."""
    pairs = [list(p) for p in pads]
    if node.attr("ceil_mode", 0):
        for i, (n, k, s) in enumerate(zip(image._shape[1:3], sizes, strides)):
            if n is None:
                raise node.wrong("ceil_mode needs the image's size")
            rest = (n + sum(pairs[i]) - k) % s
            pairs[i][1] += s - rest if rest else 0
    if not any(n for p in pairs for n in p):
        return image
    return pad(image, [[0, 0], *pairs, [0, 0]], constant_values=value)


@builds("MaxPool")
def max_pool_node(node):
    x = node.inputs[0]
    count = _rank(node, x)
    sizes = [1] * (2 - count) + list(node.attr("kernel_shape"))
    strides, dilations, pads = _window(node, sizes, count)
    if max(dilations) > 1 or node.outputs > 1:
        raise node.wrong("dilations and places are not there")
    image = _last(_as_image(x, count))
    if not isinstance(pads, str):
        image = _with_border(node, image, pads, sizes, strides, -np.inf)
        pads = "VALID"
    y = max_pool(image, [1, *sizes, 1], [1, *strides, 1], pads)
    return _as_it_was(_first(y), count)


@builds("AveragePool")
def average_pool(node):
    x = node.inputs[0]
    count = _rank(node, x)
    sizes = [1] * (2 - count) + list(node.attr("kernel_shape"))
    strides, dilations, pads = _window(node, sizes, count)
    if max(dilations) > 1 or node.attr("ceil_mode", 0):
        raise node.wrong("dilations and ceil_mode are not there")
    image = _last(_as_image(x, count))
    ksize, steps = [1, *sizes, 1], [1, *strides, 1]
    if isinstance(pads, str):
        y = avg_pool(image, ksize, steps, pads)
    else:
        border = _with_border(node, image, pads, sizes, strides, 0.0)
        y = avg_pool(border, ksize, steps, "VALID")
        if border is not image and not node.attr("count_include_pad", 0):
            inside = pad(image[:1, :, :, :1] * 0 + number(1, image),
                         [[0, 0], *map(list, pads), [0, 0]])
            y = y / avg_pool(inside, ksize, steps, "VALID")
    return _as_it_was(_first(y), count)


@builds("GlobalAveragePool", "GlobalMaxPool")
def global_pool(node):
    x = node.inputs[0]
    axes = list(range(2, 2 + _rank(node, x)))
    return (reduce_mean if node.type == "GlobalAveragePool" else reduce_max)(x, axes, True)


@builds("BatchNormalization")
def batch_normalization(node):
    x, scale, offset, mean, variance = node.inputs[:5]
    if node.attr("training_mode", 0):
        raise node.wrong("it trains")
    if x._shape is None:
        raise node.wrong("the rank of its input is not known")
    slope = scale * rsqrt(variance + number(node.attr("epsilon", 1e-5), variance))
    rest = offset - mean * slope
    wide = [-1] + [1] * (len(x._shape) - 2)
    return x * reshape(slope, wide) + reshape(rest, wide)


@builds("LayerNormalization")
def layer_normalization(node):
    x, axis = node.inputs[0], node.attr("axis", -1)
    if x._shape is None:
        raise node.wrong("the rank of its input is not known")
    axes = list(range(axis % len(x._shape), len(x._shape)))
    away = x - reduce_mean(x, axes, True)
    deviation = sqrt(reduce_mean(away * away, axes, True) + number(node.attr("epsilon", 1e-5), x))
    y = away / deviation * node.inputs[1]
    return y + node.inputs[2] if node.has(2) else y


@builds("InstanceNormalization")
def instance_normalization(node):
    x, scale, offset = node.inputs
    axes = list(range(2, 2 + _rank(node, x)))
    away = x - reduce_mean(x, axes, True)
    inverse = rsqrt(reduce_mean(away * away, axes, True) + number(node.attr("epsilon", 1e-5), x))
    wide = [-1] + [1] * len(axes)
    return away * inverse * reshape(scale, wide) + reshape(offset, wide)


@builds("Resize", "Upsample")
def resize(node):
    x = node.inputs[0]
    how = node.attr("coordinate_transformation_mode",
                    "half_pixel" if node.type == "Resize" else "asymmetric")
    mode = node.attr("mode", "nearest")
    if how not in ("asymmetric", "half_pixel", "align_corners", "pytorch_half_pixel") \
            or mode not in ("nearest", "linear") or x._shape is None or len(x._shape) != 4:
        raise node.wrong(f"{mode} with {how} is not there")
    rounding = node.attr("nearest_mode", "round_prefer_floor")
    if mode == "nearest" and (how, rounding) not in (
            ("asymmetric", "floor"), ("half_pixel", "floor"),
            ("align_corners", "round_prefer_ceil")):
        raise node.wrong(f"nearest with {how} and {rounding} is not there")
    function = resize_nearest_neighbor if mode == "nearest" else resize_bilinear
    return _first(function(_last(x), _new_size(node, x), align_corners=how == "align_corners",
                           half_pixel_centers=how.endswith("half_pixel")))


def _new_size(node, x):
    """(height, width) from sizes, or from factors."""
    if node.has(3):
        return cast(node.inputs[3], np.int32)[2:]
    factors = node.attrs.get("scales")
    factors = node.value(1 if node.type == "Upsample" or not node.has(2) else 2) \
        if factors is None else np.asarray(factors)
    if factors is None or len(factors) != 4:
        raise node.wrong("its factors are not those of images")
    known = x._shape[2:]
    if None not in known:
        return [int(np.floor(n * f)) for n, f in zip(known, factors[2:].tolist())]
    if any(f != int(f) for f in factors[2:].tolist()):
        raise node.wrong("the image's size is not known, and its factors are fractions")
    return shape(x)[2:] * constant(factors[2:].astype(np.int32))
