"""What a resized pixel is made of: weights of source pixels along one dimension.

A resize is separable, so that a row of the result is a weighted sum of a few rows of the image and
the same holds for columns. All of TensorFlow's resizes are such weights, whose numbers are rounded
to float32 as there: a place that lies on the border of two pixels is decided by it.

Nothing here knows operations.
"""

import functools

import numpy as np

F = np.float32
TABLE = 1024                # bicubic weights are those of so many places between two pixels


def _scale(n, m, align_corners):
    if align_corners and m > 1:
        return F(n - 1) / F(m - 1)
    return F(n) / F(m)


def _places(n, m, align_corners, half_pixel, nearest=False):
    """Where in the source each of m pixels lies, in pixels."""
    at, scale = np.arange(m, dtype=F), _scale(n, m, align_corners)
    if not half_pixel:
        return at * scale
    return (at + F(0.5)) * scale - F(0 if nearest else 0.5)


def nearest(n, m, align_corners=False, half_pixel=False):
    """(source pixel of each of m, shape (m, 1), weights of 1)."""
    at = _places(n, m, align_corners, half_pixel, nearest=True)
    index = np.floor(at + F(0.5)) if align_corners else np.floor(at)
    return np.clip(index, 0, n - 1).astype(np.int64)[:, None], np.ones((m, 1), F)


def bilinear(n, m, align_corners=False, half_pixel=False):
    """(two source pixels of each of m, their weights)."""
    at = _places(n, m, align_corners, half_pixel)
    low = np.floor(at)
    share = at - low
    index = np.stack([np.maximum(low, 0), np.minimum(np.ceil(at), n - 1)], 1).astype(np.int64)
    return index, np.stack([1 - share, share], 1)


@functools.lru_cache(2)
def _cubic_table(half_pixel):
    """Keys' kernel at (TABLE + 1) places, for the two near pixels and the two far ones."""
    a, x = (-0.5 if half_pixel else -0.75), np.arange(TABLE + 1) / TABLE
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    x = x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return near.astype(F), far.astype(F)


def bicubic(n, m, align_corners=False, half_pixel=False):
    """(four source pixels of each of m, their weights); those outside are the border's."""
    at = _places(n, m, align_corners, half_pixel)
    low = np.floor(at)
    place = np.rint((at - low) * F(TABLE)).astype(np.int64)
    near, far = _cubic_table(bool(half_pixel))
    weights = np.stack([far[place], near[place], near[TABLE - place], far[TABLE - place]], 1)
    index = low.astype(np.int64)[:, None] + np.arange(-1, 3)
    inside = np.clip(index, 0, n - 1)
    if half_pixel:                              # what is outside does not count
        weights = np.where(inside == index, weights, F(0))
        total = weights.sum(1, keepdims=True)
        weights = np.divide(weights, total, out=weights, where=np.abs(total) > 1e-35)
    return inside, weights


def area(n, m, align_corners=False, half_pixel=False):
    """(all source pixels that each of m covers, the share of it that each is)."""
    scale = _scale(n, m, align_corners)
    at = np.arange(m, dtype=F)
    first, last = at * scale, (at + 1) * scale
    start = np.floor(first).astype(np.int64)
    index = start[:, None] + np.arange(max(1, int((np.ceil(last) - start).max(initial=1))))
    left, right = np.maximum(index, first[:, None]), np.minimum(index + 1, last[:, None])
    covered = np.maximum(right - left, 0).astype(F)
    return np.clip(index, 0, n - 1), covered / scale


def along(x, axis, index, weights):
    """The weighted sums of slices of `x` along an axis, in the dtype of `x`."""
    shape = [1] * x.ndim
    shape[axis] = len(index)
    total = None
    for t in range(index.shape[1]):
        part = x.take(index[:, t], axis)
        if index.shape[1] > 1 or (weights != 1).any():
            part = part * weights[:, t].astype(x.dtype).reshape(shape)
        total = part if total is None else np.add(total, part, out=total)
    return total


def back(dy, axis, n, index, weights):
    """The transpose of `along`: each of n slices gets the weighted sum of what it is in."""
    dx = np.zeros(dy.shape[:axis] + (n,) + dy.shape[axis + 1:], dy.dtype)
    shape = [1] * dy.ndim
    shape[axis] = len(index)
    for t in range(index.shape[1]):
        part = dy * weights[:, t].astype(dy.dtype).reshape(shape)
        starts = np.flatnonzero(np.diff(index[:, t], prepend=-1))      # equal ones stand together
        at = (slice(None),) * axis + (index[starts, t],)
        dx[at] += np.add.reduceat(part, starts, axis)
    return dx
