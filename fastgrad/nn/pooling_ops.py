"""Pools as operations: maxima and means of windows, their gradients, and the gradients of these.

Owns the declarations; `pooling` has the public functions. The rules work for any number of spatial
dimensions. A window over channels (TensorFlow's depthwise maximum) moves over no other dimension.

Decisions
- Padding never wins a maximum, and a mean divides by the pixels inside of the image.
- The first maximum in row order gets the gradient of equal ones, also where windows overlap; a NaN
  counts as a maximum.
"""

from fastgrad.errors import LateShapeError, LateUnimplementedError, ShapeError
from fastgrad.graph.dtypes import INT64, promote, promote_float
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.nn import pooling_twins as twins
from fastgrad.nn import windows as win
from fastgrad.ops.arithmetic import zeros_like
from fastgrad.ops.shape import dims_of, shape


# ---- shapes -----------------------------------------------------------------------------

def _pooled(x, attrs, maximum):
    """The shape of a pool of images."""
    rank = len(attrs["ksize"])
    if x is not None and len(x) != rank:
        raise ShapeError(f"the value must be rank {rank} but is rank {len(x)}.")
    x = (None,) * rank if x is None else win.last(x, attrs["data_format"])
    if len(attrs["strides"]) != rank:
        raise ShapeError(f"strides must contain {rank} values; got {list(attrs['strides'])}.")
    win.check_steps(attrs["strides"], "Stride")
    result = (None,) * rank
    if any(k < 1 for k in attrs["ksize"]):
        raise LateShapeError(f"Sliding window ksize {list(attrs['ksize'])} must be positive.",
                             result)
    windows = twins.windows_of(attrs)
    outputs = windows.outputs(x[1:-1])
    size, stride = twins.depth_of(attrs)
    channels = x[-1] if size == stride == 1 or x[-1] is None else (x[-1] - size) // stride + 1
    result = win.in_format((x[0], *outputs, channels), attrs["data_format"])
    win.check_outputs(outputs, x[1:-1], windows)
    if win.channels_first(attrs["data_format"]):
        win.check_on_cpu({"data_format": attrs["data_format"]}, result, "pool")
    _check_depth(x, attrs, maximum, result)
    return result


def _check_depth(x, attrs, maximum, result):
    """Refuse what TensorFlow has no kernel for: windows over the batch, some over channels."""
    size, stride = twins.depth_of(attrs)
    if attrs["ksize"][0] != 1 or attrs["strides"][0] != 1:
        raise LateUnimplementedError("Pooling is not yet supported on the batch dimension.", result)
    if size == stride == 1:
        return
    if not maximum:
        raise LateUnimplementedError("Pooling is not yet supported on the depth dimension.", result)
    windows = twins.windows_of(attrs)
    if max(windows.sizes) > 1 or max(windows.strides) > 1:
        raise LateUnimplementedError("MaxPooling supports exactly one of pooling across depth or "
                                     "pooling across width/height.", result)
    if size != stride or x[-1] is not None and x[-1] % size:
        raise LateUnimplementedError(
            f"a window over {size} channels must move by as many and divide all "
            f"{x[-1]} of them.", result)


def _backward(sizes, dy, attrs, maximum, other=None):
    """The shape of a pool's gradient: that of the value. `other` must be shaped as its result."""
    sizes = (None,) * len(attrs["ksize"]) if sizes is None else tuple(sizes)
    pooled = _pooled(sizes, attrs, maximum)
    if twins.depth_of(attrs) != (1, 1):
        raise LateUnimplementedError("MaxPoolingGrad is not yet supported on the depth dimension.",
                                     sizes)
    for known in (dy, other):
        _same(known, pooled, sizes)
    return sizes


def _same(known, expected, result):
    if known is not None and (len(known) != len(expected) or any(
            None not in (a, b) and a != b for a, b in zip(known, expected))):
        raise LateShapeError(f"the pool's result has shape {tuple(expected)}; got "
                             f"{tuple(known)}.", result)


# ---- the operations ---------------------------------------------------------------------

def _pool(function, **fields):
    """The decorator of a pool's operation, whose twin takes the attributes as one argument."""
    return op(ref=lambda *x, **a: function(*x, a), **fields)


_SQUARE = (1, 1, 1, 1)
_CUBE = (1, 1, 1, 1, 1)


def _maxima(name, **kernel):
    return _pool(twins.max, infer=lambda s, a: _pooled(s[0], a, True), name=name, **kernel)


def _maxima_grad(name, **kernel):
    return _pool(twins.max_grad, infer=lambda s, a: _backward(s[0], s[2], a, True, s[1]),
                 name=name, dtype=promote_float, shape_only=(1,), **kernel)


def _maxima_grad_grad(name):
    return _pool(twins.max_grad_grad, infer=lambda s, a: _pooled(s[0], a, True), name=name,
                 dtype=promote_float, shape_only=(1,))


def _means(name, **kernel):
    return _pool(twins.avg, infer=lambda s, a: _pooled(s[0], a, False), dtype=promote_float,
                 name=name, **kernel)


def _means_grad(name, **kernel):
    return op(lambda s, a: _backward(dims_of(a["orig_input_shape"]), s[-1], a, False),
              ref=lambda dy, orig_input_shape, **a: twins.avg_grad(
                  dims_of(orig_input_shape), dy, a),
              static=(0,), casts=(1,), dtype=promote_float, name=name, **kernel)


@_maxima("MaxPool", form="max_pool", kernel="max_pool")
def _max_pool(value, ksize=_SQUARE, strides=_SQUARE, padding="VALID", dilations=_SQUARE,
              data_format="NHWC"):
    """Maximum of each window."""


@_maxima_grad("MaxPoolGrad", form="max_pool_grad", kernel="max_pool_grad")
def _max_pool_grad(orig_input, orig_output, grad, ksize=_SQUARE, strides=_SQUARE, padding="VALID",
                   dilations=_SQUARE, data_format="NHWC"):
    """The gradient of a maximum: to the first one of each window."""


@_maxima_grad_grad("MaxPoolGradGrad")
def _max_pool_grad_grad(orig_input, orig_output, grad, ksize=_SQUARE, strides=_SQUARE,
                        padding="VALID", dilations=_SQUARE, data_format="NHWC"):
    """What lies where each window's first maximum is."""


@_means("AvgPool", form="avg_pool", kernel="avg_pool")
def _avg_pool(value, ksize=_SQUARE, strides=_SQUARE, padding="VALID", dilations=_SQUARE,
              data_format="NHWC"):
    """Mean of the pixels of each window."""


@_means_grad("AvgPoolGrad", form="avg_pool_grad", kernel="avg_pool_grad")
def _avg_pool_grad(orig_input_shape, grad, ksize=_SQUARE, strides=_SQUARE, padding="VALID",
                   dilations=_SQUARE, data_format="NHWC"):
    """The gradient of a mean: its share to each pixel."""


@_maxima("MaxPool3D")
def _max_pool3d(value, ksize=_CUBE, strides=_CUBE, padding="VALID", dilations=_CUBE,
                data_format="NDHWC"):
    """Maximum of each window."""


@_maxima_grad("MaxPool3DGrad")
def _max_pool3d_grad(orig_input, orig_output, grad, ksize=_CUBE, strides=_CUBE, padding="VALID",
                     dilations=_CUBE, data_format="NDHWC"):
    """The gradient of a maximum: to the first one of each window."""


@_maxima_grad_grad("MaxPool3DGradGrad")
def _max_pool3d_grad_grad(orig_input, orig_output, grad, ksize=_CUBE, strides=_CUBE,
                          padding="VALID", dilations=_CUBE, data_format="NDHWC"):
    """What lies where each window's first maximum is."""


@_means("AvgPool3D")
def _avg_pool3d(value, ksize=_CUBE, strides=_CUBE, padding="VALID", dilations=_CUBE,
                data_format="NDHWC"):
    """Mean of the pixels of each window."""


@_means_grad("AvgPool3DGrad")
def _avg_pool3d_grad(orig_input_shape, grad, ksize=_CUBE, strides=_CUBE, padding="VALID",
                     dilations=_CUBE, data_format="NDHWC"):
    """The gradient of a mean: its share to each pixel."""


def _register(max_, max_grad, max_grad_grad, avg, avg_grad):
    """Gradients of the five; those of a maximum do not move with its operand."""
    @RegisterGradient(max_.opdef.type)
    def of_max(op, dy):
        return max_grad(op.inputs[0], op.outputs[0], dy, **op.attrs)

    @RegisterGradient(max_grad.opdef.type)
    def of_max_grad(op, g):
        x, y, _ = op.inputs
        return zeros_like(x), zeros_like(y), max_grad_grad(x, y, g, **op.attrs)

    @RegisterGradient(max_grad_grad.opdef.type)
    def of_max_grad_grad(op, g):
        x, y, _ = op.inputs
        return zeros_like(x), zeros_like(y), max_grad(x, y, g, **op.attrs)

    @RegisterGradient(avg.opdef.type)
    def of_avg(op, dy):
        return avg_grad(shape(op.inputs[0]), dy, **op.attrs)

    @RegisterGradient(avg_grad.opdef.type)
    def of_avg_grad(op, g):
        return None, avg(g, **op.attrs)


_register(_max_pool, _max_pool_grad, _max_pool_grad_grad, _avg_pool, _avg_pool_grad)
_register(_max_pool3d, _max_pool3d_grad, _max_pool3d_grad_grad, _avg_pool3d, _avg_pool3d_grad)


# ---- with the places of the maxima ------------------------------------------------------

def _with_places(x, attrs):
    result = _pooled(x, attrs, True)
    if attrs["_strict"] and attrs["_targmax"] != INT64:
        raise LateShapeError("TensorFlow has the places of maxima on a CPU as int64 only; use "
                             "cast().", [result, result])
    return [result, result]


@_pool(twins.argmax, infer=lambda s, a: _with_places(s[0], a), outputs=2, casts=(0,),
       out=lambda d, a: [promote(d), a["_targmax"]], name="MaxPoolWithArgmax")
def _max_pool_with_argmax(input, ksize=_SQUARE, strides=_SQUARE, padding="VALID",
                          dilations=_SQUARE, data_format="NHWC", include_batch_in_index=False,
                          _targmax=INT64, _strict=False):
    """Maximum of each window, and where it is."""


@RegisterGradient("max_pool_with_argmax")
def max_pool_with_argmax_gradient(op, dy, _):
    attrs = {k: v for k, v in op.attrs.items() if k[0] != "_"}
    return _max_pool_grad_with_argmax(op.inputs[0], dy, op.outputs[1], **attrs)


@_pool(twins.argmax_grad, infer=lambda s, a: _backward(s[0], s[1], a, True, s[2]), casts=(0, 1),
       dtype=promote_float, shape_only=(0,), name="MaxPoolGradWithArgmax")
def _max_pool_grad_with_argmax(input, grad, argmax, ksize=_SQUARE, strides=_SQUARE,
                               padding="VALID", dilations=_SQUARE, data_format="NHWC",
                               include_batch_in_index=False):
    """The gradient of `max_pool_with_argmax`; has none itself, as in TensorFlow."""
