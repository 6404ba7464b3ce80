"""What plans make of batch normalisation: moments of channels by blocks of rows, and their use.

Operations of plans only, each with its NumPy twin; `compiler/rules/lower_image.py` builds them of
those in `fused_batch_norm`. Rows are all dimensions but the last, whose elements are channels.
"""

import numpy as np

from fastgrad.graph.dtypes import promote_float
from fastgrad.graph.registry import op

BLOCK = 4096                # values of a block of rows: what lies in the first cache twice over


def block_of(channels):
    """Rows of a block."""
    return max(1, BLOCK // max(1, channels))


def _parts_shape(count):
    def shape(in_shapes, attrs):
        rows, channels = in_shapes[0]
        return -(-rows // attrs["block"]), count, channels
    return shape


def _blocks(x, block):
    return [x[at:at + block] for at in range(0, len(x), block)]


def _parts_ref(x, block):
    return np.stack([np.stack([b.mean(0), np.square(b - b.mean(0)).sum(0),
                               (b - b.mean(0)).sum(0)]) for b in _blocks(x, block)])


@op(_parts_shape(3), dtype=promote_float, ref=_parts_ref, form="channel_parts")
def channel_parts(x, block=1):
    """Of each block of rows the means of the channels, the sums of squares around them, and of
    the distances: what a mean in single precision misses."""


def _moments_ref(part, rows, block, epsilon):
    counts = np.array([min(block, rows - at) for at in range(0, rows, block)])[:, None]
    wide = part.astype(np.float64)
    mean = (counts * wide[:, 0] + wide[:, 2]).sum(0) / rows
    away = wide[:, 0] + wide[:, 2] / counts - mean
    squares = (wide[:, 1] - np.square(wide[:, 2]) / counts + counts * np.square(away)).sum(0)
    inverse = 1 / np.sqrt(squares / rows + epsilon)
    return tuple(v.astype(part.dtype) for v in (mean, squares / max(rows - 1, 1), inverse))


@op(lambda s, a: [s[0][2:]] * 3, dtype=promote_float, outputs=3, ref=_moments_ref,
    form="channel_moments")
def channel_moments(part, rows=1, block=1, epsilon=0.001):
    """(mean, variance over n - 1, 1 / deviation over n) from the parts of all blocks."""


def _grad_parts_ref(dy, x, mean, block):
    return np.stack([np.stack([g.sum(0), (g * (b - mean)).sum(0)])
                     for g, b in zip(_blocks(dy, block), _blocks(x, block))])


@op(_parts_shape(2), dtype=promote_float, ref=_grad_parts_ref, form="channel_grad_parts")
def channel_grad_parts(dy, x, mean, block=1):
    """Of each block of rows the sums of `dy`, and of `dy (x - mean)`."""


def _sums_ref(part, inverse, rows, block):
    plain, both = part.sum(0, dtype=np.float64)
    found = plain, both * inverse, plain / rows, both * np.square(inverse) / rows
    return tuple(v.astype(part.dtype) for v in found)


@op(lambda s, a: [s[1]] * 4, dtype=promote_float, outputs=4, ref=_sums_ref, form="channel_sums")
def channel_sums(part, inverse, rows=1, block=1):
    """(doffset, dscale, doffset / n, dscale / (deviation n)) from the parts of all blocks."""


@op(lambda s, a: s[0], dtype=promote_float, form="channel_grad", inplace=(0, 1),
    ref=lambda dy, x, mean, slope, share, along: slope * (dy - share - (x - mean) * along))
def channel_grad(dy, x, mean, slope, share, along):
    """`slope (dy - share - (x - mean) along)`."""
