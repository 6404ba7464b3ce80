"""NumPy twins of pools: what the operations of `pooling_ops` compute, on arrays.

Owns also how a pool's attributes become Windows. Attributes come as one dict, sizes as tuples.
"""

import numpy as np

from fastgrad.nn import windows as win


def windows_of(attrs):
    return win.windows_of(win.last(attrs["ksize"], attrs["data_format"])[1:-1], attrs["strides"],
                          attrs["dilations"], attrs["padding"], attrs["data_format"])


def depth_of(attrs):
    """(window, stride) over the channels."""
    return tuple(win.last(attrs[name], attrs["data_format"])[-1] for name in ("ksize", "strides"))


def lowest(dtype):
    """What no number is below."""
    return -np.inf if dtype.kind == "f" else least(dtype)


def least(dtype):
    """The least finite number: the maximum of a window of nothing more, as in TensorFlow."""
    if dtype.kind == "f":
        return np.finfo(dtype).min
    return False if dtype.kind == "b" else np.iinfo(dtype).min


def _first_best(view, inside):
    """Index of the first maximum in each window of (n, places, elements, channels), NaN being one.

    `inside` (places, elements) says which elements are pixels of the image.
    """
    inside = inside[None, ..., None]
    best = np.where(inside, view, lowest(view.dtype)).max(-2, keepdims=True)
    found = (view == best) & inside
    if view.dtype.kind == "f":
        found |= np.isnan(view) & inside
    return found.argmax(-2)


def _flat(view, n):
    """Windows of `n` dimensions with their places in one dimension, and their elements in one."""
    return view.reshape(view.shape[0], int(np.prod(view.shape[1:1 + n])),
                        int(np.prod(view.shape[1 + n:1 + 2 * n])), view.shape[-1])


def _best_of(x, attrs):
    """(windows, outputs, index of each window's first maximum (n, places, channels))."""
    windows = windows_of(attrs)
    outputs, n = windows.outputs(x.shape[1:-1]), x.ndim - 2
    inside = _flat(win.patches(np.ones((1, *x.shape[1:-1], 1), bool), windows, outputs), n)
    view = _flat(win.patches(x, windows, outputs, lowest(x.dtype)), n)
    if not view.size:
        return windows, outputs, np.zeros((*view.shape[:2], view.shape[-1]), np.intp)
    return windows, outputs, _first_best(view, inside[0, ..., 0])


def max(x, attrs):
    size, _ = depth_of(attrs)
    if size > 1:
        return x.reshape(*x.shape[:-1], -1, size).max(-1)
    windows, n = windows_of(attrs), x.ndim - 2
    axes = tuple(range(1 + n, 1 + 2 * n))
    return win.patches(x, windows, None, least(x.dtype)).max(axes, initial=least(x.dtype))


def max_grad(x, y, dy, attrs):
    """dy where the first maximum was, summed over the windows."""
    windows, outputs, best = _best_of(x, attrs)
    image = x.shape[1:-1]
    pads = win.spans(windows, image, outputs)
    padded = win.padded_zeros(x.shape, pads, dy.dtype)
    best = best.reshape(dy.shape)
    for i, (_, where) in enumerate(win.taps(windows, outputs)):
        padded[(slice(None), *where)] += np.where(best == i, dy, 0)
    return win.unpadded(padded, pads, image)


def max_grad_grad(x, y, g, attrs):
    """g where the first maximum was."""
    windows, outputs, best = _best_of(x, attrs)
    view = _flat(win.patches(g, windows, outputs), x.ndim - 2)
    if not view.size:
        return np.zeros(y.shape, g.dtype)
    return np.take_along_axis(view, best[..., None, :], -2).reshape(y.shape)


def _counts(image, windows, outputs, dtype):
    """How many pixels of the image each window has."""
    ones = win.patches(np.ones((1, *image, 1), dtype), windows, outputs)
    n = len(image)
    return ones.sum(tuple(range(1 + n, 1 + 2 * n)))


def avg(x, attrs):
    windows, n, image = windows_of(attrs), x.ndim - 2, x.shape[1:-1]
    outputs = windows.outputs(image)
    view = win.patches(x, windows, outputs)
    total = view.sum(tuple(range(1 + n, 1 + 2 * n)), dtype=x.dtype)
    return total / _counts(image, windows, outputs, x.dtype)


def avg_grad(sizes, dy, attrs):
    windows = windows_of(attrs)
    image = sizes[1:-1]
    outputs = windows.outputs(image)
    pads = win.spans(windows, image, outputs)
    padded = win.padded_zeros(sizes, pads, dy.dtype)
    share = dy / _counts(image, windows, outputs, dy.dtype)
    for _, where in win.taps(windows, outputs):
        padded[(slice(None), *where)] += share
    return win.unpadded(padded, pads, image)


def argmax(x, attrs):
    """(maxima, their places among the elements of the image, or of the batch)."""
    windows, outputs, best = _best_of(x, attrs)
    n, height, width, channels = x.shape
    if not best.size:
        return max(x, attrs), np.zeros((n, *outputs, channels), np.int64)
    places = np.arange(height * width, dtype=np.int64).reshape(1, height, width, 1)
    places = _flat(win.patches(places, windows, outputs), 2)
    places = np.take_along_axis(np.broadcast_to(places, (n, *places.shape[1:3], channels)),
                                best[..., None, :], -2)
    places = places.reshape(n, *outputs, channels) * channels + np.arange(channels)
    if attrs["include_batch_in_index"]:
        places += np.arange(n).reshape(n, 1, 1, 1) * (height * width * channels)
    return max(x, attrs), places


def argmax_grad(x, dy, argmax, attrs):
    dx = np.zeros(x.shape, dy.dtype)
    at = argmax.astype(np.int64)
    if not attrs["include_batch_in_index"] and x.size:
        at = at + np.arange(len(x)).reshape(-1, 1, 1, 1) * (x.size // len(x))
    np.add.at(dx.reshape(-1), at.ravel(), dy.ravel())
    return dx
