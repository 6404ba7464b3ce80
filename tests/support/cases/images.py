"""Rows for convolutions, pools and morphology, of fastgrad/nn."""

from cases.case import Case, Variant

# image, filter, strides, padding, dilations: odd sizes, strides, and windows larger than an image
CONV = [
    ((2, 5, 6, 3), (3, 3, 3, 4), (1, 1), "SAME", (1, 1)),
    ((1, 7, 5, 2), (3, 2, 2, 3), (2, 1), "SAME", (1, 1)),
    ((2, 6, 6, 1), (5, 5, 1, 2), (1, 1), "SAME", (1, 1)),
    ((1, 7, 8, 2), (2, 3, 2, 1), (2, 3), "VALID", (1, 1)),
    ((1, 8, 7, 1), (2, 2, 1, 3), (3, 3), "VALID", (1, 1)),
    ((2, 3, 4, 3), (1, 1, 3, 2), (1, 1), "VALID", (1, 1)),
    ((1, 5, 6, 3), (1, 1, 3, 2), (2, 2), "SAME", (1, 1)),
    ((1, 2, 3, 1), (5, 5, 1, 2), (1, 1), "SAME", (1, 1)),
    ((1, 6, 7, 2), (3, 2, 2, 2), (1, 1), "SAME", (2, 3)),
    ((1, 6, 7, 2), (3, 3, 2, 2), (1, 1), "VALID", (2, 1)),
    ((1, 4, 5, 2), (3, 3, 2, 2), (1, 2), ((0, 0), (1, 2), (0, 3), (0, 0)), (1, 1)),
    ((0, 4, 4, 2), (3, 3, 2, 3), (1, 1), "SAME", (1, 1)),
    ((1, 0, 4, 2), (3, 3, 2, 3), (1, 1), "SAME", (1, 1)),
    ((2, 2, 4, 1), (3, 3, 1, 2), (1, 1), "VALID", (1, 1)),
]
# many channels and pixels: whole vectors of a kernel and what is left
LARGE = [
    ((2, 9, 11, 17), (3, 3, 17, 35), (1, 1), "SAME", (1, 1)),
    ((3, 13, 9, 1), (5, 5, 1, 33), (1, 1), "SAME", (1, 1)),
    ((1, 21, 20, 4), (8, 8, 4, 32), (4, 4), "VALID", (1, 1)),
    ((2, 8, 8, 16), (3, 3, 16, 64), (2, 2), "SAME", (1, 1)),
    ((5, 6, 5, 40), (1, 1, 40, 20), (1, 1), "VALID", (1, 1)),
]
SOLID = [
    ((1, 3, 4, 3, 2), (2, 3, 2, 2, 2), (1, 1, 1), "SAME", (1, 1, 1)),
    ((1, 4, 3, 5, 1), (2, 2, 3, 1, 2), (2, 1, 2), "VALID", (1, 1, 1)),
    ((1, 3, 5, 4, 1), (2, 2, 2, 1, 2), (1, 1, 1), "SAME", (1, 2, 2)),
]
DEPTH = [
    ((2, 5, 4, 3), (3, 3, 3, 1), (1, 1), "SAME", (1, 1)),
    ((1, 5, 6, 2), (3, 2, 2, 2), (1, 1), "VALID", (1, 1)),
    ((1, 6, 7, 2), (3, 3, 2, 1), (2, 2), "SAME", (1, 1)),
    ((2, 4, 4, 1), (3, 3, 1, 3), (1, 1), "SAME", (1, 1)),
    ((1, 6, 7, 2), (3, 3, 2, 1), (1, 1), "SAME", (2, 2)),
    ((1, 5, 7, 2), (2, 3, 2, 1), (1, 2), "SAME", (1, 1)),
    ((0, 4, 4, 2), (3, 3, 2, 1), (1, 1), "SAME", (1, 1)),
]
DEPTH_LARGE = [
    ((2, 9, 10, 19), (3, 3, 19, 1), (1, 1), "SAME", (1, 1)),
    ((1, 9, 8, 33), (3, 3, 33, 1), (2, 2), "SAME", (1, 1)),
    ((1, 7, 7, 16), (5, 5, 16, 2), (1, 1), "VALID", (1, 1)),
]
# value, window, strides, padding
POOL = [
    ((2, 5, 4, 2), (2, 2), (2, 2), "SAME"),
    ((2, 5, 4, 2), (2, 2), (2, 2), "VALID"),
    ((1, 6, 7, 2), (3, 3), (2, 2), "SAME"),
    ((1, 5, 6, 1), (2, 3), (1, 2), "SAME"),
    ((1, 7, 8, 2), (2, 2), (3, 3), "VALID"),
    ((1, 4, 4, 1), (3, 3), (1, 1), "SAME"),
    ((1, 2, 3, 2), (5, 5), (1, 1), "SAME"),
    ((3, 3, 2, 2), (3, 2), (1, 1), "VALID"),
    ((0, 4, 4, 2), (2, 2), (2, 2), "SAME"),
]
POOL_LARGE = [
    ((2, 9, 8, 19), (2, 2), (2, 2), "SAME"),
    ((1, 11, 9, 35), (3, 3), (2, 2), "VALID"),
    ((2, 12, 12, 16), (2, 2), (2, 2), "VALID"),
]
POOL3D = [
    ((1, 3, 4, 3, 2), (2, 2, 2), (2, 2, 2), "SAME"),
    ((1, 2, 4, 3, 1), (2, 2, 1), (1, 2, 1), "VALID"),
]
MORPH = [
    ((1, 4, 5, 2), (3, 3, 2), (1, 1), "SAME", (1, 1)),
    ((2, 6, 6, 1), (2, 2, 1), (2, 1), "VALID", (1, 2)),
    ((0, 4, 4, 2), (3, 3, 2), (1, 1), "SAME", (1, 1)),
]


def _places(n, k, stride, dilation, padding):
    if padding == "SAME":
        return -(-n // stride)
    n += sum(padding) if padding != "VALID" else 0
    return (n - (k - 1) * dilation - 1) // stride + 1


def result(image, window, strides, padding, dilations, channels):
    """The shape of what a window makes of an image."""
    pads = [padding] * len(strides) if isinstance(padding, str) else padding[1:-1]
    return (image[0], *map(_places, image[1:-1], window, strides, dilations, pads), channels)


def _full(values):
    return (1, *values, 1)


def _attrs(strides, padding, dilations):
    solid = {"data_format": "NDHWC"} if len(strides) == 3 else {}
    return {"strides": _full(strides), "padding": padding, "dilations": _full(dilations), **solid}


def triple(rows, depthwise=False):
    """Variants of a convolution, of its gradient to the image, and of that to the filter."""
    forward, image, filters = [], [], []
    for x, w, strides, padding, dilations in rows:
        attrs = _attrs(strides, padding, dilations)
        channels = w[-1] * w[-2] if depthwise else w[-1]
        y = result(x, w, strides, padding, dilations, channels)
        forward.append(Variant((x, w), attrs))
        image.append(Variant((w, y), attrs, {0: list(x)}))
        filters.append(Variant((x, y), attrs, {1: list(w)}))
    return forward, image, filters


def pools(rows):
    """Variants of a pool, of its gradient, with the pool's result between, and to the shape."""
    forward, backward, shaped = [], [], []
    for x, window, strides, padding in rows:
        solid = {"data_format": "NDHWC"} if len(x) == 5 else {}
        attrs = {"ksize": _full(window), "strides": _full(strides), "padding": padding,
                 "dilations": (1,) * len(x), **solid}
        y = result(x, window, strides, padding, (1,) * len(window), x[-1])
        forward.append(Variant((x,), attrs))
        backward.append((x, y, attrs))
        shaped.append(Variant((y,), attrs, {0: list(x)}))
    return forward, backward, shaped


def morphology():
    rows = []
    for x, w, strides, padding, rates in MORPH:
        attrs = {"strides": _full(strides), "rates": _full(rates), "padding": padding}
        rows.append((x, w, result(x, w, strides, padding, rates, x[-1]), attrs))
    return rows


REAL = {"ulps": 64, "ints": False}
_conv, _conv_image, _conv_filter = triple(CONV + LARGE)
_solid, _solid_image, _solid_filter = triple(SOLID)
_depth, _depth_image, _depth_filter = triple(DEPTH + DEPTH_LARGE, True)
_pool, _pool_grad, _mean_grad = pools(POOL + POOL_LARGE)
_cube, _cube_grad, _cube_mean = pools(POOL3D)
_places_of = [Variant(v.shapes, v.attrs) for v in _pool]
_morph = morphology()


def _three(rows, last_of_value=False):
    """Variants of (value, result, gradient); the gradient is the value's with `last_of_value`."""
    return [Variant((x, y, x if last_of_value else y), attrs) for x, y, attrs in rows]


CASES = {
    # ---- convolution_ops ----
    "conv2d": Case(_conv, ("real", "real"), **REAL),
    "conv2d_backprop_input": Case(_conv_image, ("real", "real"), **REAL),
    "conv2d_backprop_filter": Case(_conv_filter, ("real", "real"), **REAL),
    "conv3d": Case(_solid, ("real", "real"), **REAL),
    "conv3d_backprop_input": Case(_solid_image, ("real", "real"), **REAL),
    "conv3d_backprop_filter": Case(_solid_filter, ("real", "real"), **REAL),
    "depthwise_conv2d": Case(_depth, ("real", "real"), **REAL),
    "depthwise_conv2d_backprop_input": Case(_depth_image, ("real", "real"), **REAL),
    "depthwise_conv2d_backprop_filter": Case(_depth_filter, ("real", "real"), **REAL),
    # ---- pooling_ops ----
    "max_pool": Case(_pool, ("apart",)),
    "max_pool_grad": Case(_three(_pool_grad), ("apart", "real", "real"), ulps=8, ints=False),
    "max_pool_grad_grad": Case(_three(_pool_grad, True), ("apart", "real", "real"), ints=False),
    "avg_pool": Case(_pool, ("real",), ulps=8, ints=False),
    "avg_pool_grad": Case(_mean_grad, ("real",), ulps=16, ints=False),
    "max_pool3d": Case(_cube, ("apart",)),
    "max_pool3d_grad": Case(_three(_cube_grad), ("apart", "real", "real"), ulps=8, ints=False),
    "max_pool3d_grad_grad": Case(_three(_cube_grad, True), ("apart", "real", "real"), ints=False),
    "avg_pool3d": Case(_cube, ("real",), ulps=8, ints=False),
    "avg_pool3d_grad": Case(_cube_mean, ("real",), ulps=16, ints=False),
    "max_pool_with_argmax": Case(_places_of, ("apart",), order=1),
    # ---- morphology ----
    "dilation2d": Case([Variant((x, w), a) for x, w, _, a in _morph], ("apart", "real"), order=1),
    "dilation2d_backprop_input": Case([Variant((x, w, y), a) for x, w, y, a in _morph],
                                      ("apart", "real", "real"), ulps=16, ints=False, order=0),
    "dilation2d_backprop_filter": Case([Variant((x, w, y), a) for x, w, y, a in _morph],
                                       ("apart", "real", "real"), ulps=16, ints=False, order=0),
}
