"""Rules that lower operations on images to reductions, elementwise steps, products and copies.

They belong to the group `lower` of `rewrite`. Convolutions and pools have kernels of their own.
"""

import numpy as np

from fastgrad.compiler.ir import const_value
from fastgrad.compiler.rewrite import int_array, reshaped, rule
from fastgrad.graph.opdef import OPS
from fastgrad.graph.shapes import size_of
from fastgrad.nn.channels import block_of
from fastgrad.nn.lrn import neighbours
from fastgrad.ops.patches import layout_of
from fastgrad.ops.space import joined_spaces, split_spaces


def _number(value, x):
    return const_value(x.dtype.type(value)[...])


# ---- biases -----------------------------------------------------------------------------

@rule("lower", "bias_add")
def _bias_add(b, s):
    """A sum, which products and convolutions take for their epilogue."""
    value, bias = s.inputs
    if s.attrs["first"]:
        bias = reshaped(b, bias, (bias.size,) + (1,) * (len(value.shape) - 2))
    return b.step("add", value, bias)


# ---- batch normalisation ----------------------------------------------------------------

def _rows(b, x):
    return reshaped(b, x, (x.size // x.shape[-1], x.shape[-1]))


@rule("lower", "fused_batch_norm")
def _fused_batch_norm(b, s):
    """One read of memory for the moments, one for the result and an activation behind it."""
    x, scale, offset = s.inputs
    if not x.size:
        return None
    moments = _moments(b, x, s.attrs["epsilon"])
    return [_affine(b, x, moments, scale, offset), *moments]


@rule("lower", "switched_batch_norm")
def _switched_batch_norm(b, s):
    """The moments that are used are chosen; all else is the same."""
    x, scale, offset, mean, variance, training = s.inputs
    if not x.size:
        return None
    fixed = (mean, variance, b.step("rsqrt", b.step("add", variance,
                                                    _number(s.attrs["epsilon"], x))))
    chosen = [b.step("where", training, now, then)
              for now, then in zip(_moments(b, x, s.attrs["epsilon"]), fixed)]
    return [_affine(b, x, chosen, scale, offset), *chosen]


def _moments(b, x, epsilon):
    """(mean, variance over n - 1, 1 / deviation) of the channels."""
    rows, block = _blocks(x)
    part = b.step("channel_parts", _rows(b, x), block=block)
    return b.build(OPS["channel_moments"], [part],
                   {"rows": rows, "block": block, "epsilon": float(epsilon)})


def _affine(b, x, moments, scale, offset):
    return b.step("fused_inference", x, moments[0], b.step("multiply", moments[2], scale), offset)


@rule("lower", "fused_batch_norm_grad")
def _fused_batch_norm_grad(b, s):
    dy, x, scale, mean, inverse, batch = s.inputs
    if not x.size:
        return None
    rows, block = _blocks(x)
    part = b.step("channel_grad_parts", _rows(b, dy), _rows(b, x), mean, block=block)
    doffset, dscale, share, along = b.build(
        OPS["channel_sums"], [part, inverse], {"rows": rows, "block": block})
    if batch.splat is None or batch.splat != 1:
        share, along = (b.step("multiply", v, batch) for v in (share, along))
    dx = b.step("channel_grad", dy, x, mean, b.step("multiply", inverse, scale), share, along)
    return [dx, dscale, doffset]


def _blocks(x):
    """(rows, rows of a block) of images."""
    return x.size // x.shape[-1], block_of(x.shape[-1])


# ---- local response normalisation -------------------------------------------------------

def _summed(b, v, radius):
    """Sums over neighbouring channels: a product with a band of ones."""
    near = neighbours(v.shape[-1], int(radius)).astype(v.dtype)
    return b.step("matmul", v, const_value(near))


def _energy(b, x, at):
    total = _summed(b, b.step("square", x), at["depth_radius"])
    return b.step("add", b.step("multiply", total, _number(at["alpha"], x)),
                  _number(at["bias"], x))


@rule("lower", "lrn")
def _lrn(b, s):
    x = s.inputs[0]
    if not x.size:
        return None
    flat = _rows(b, x)
    power = b.step("pow", _energy(b, flat, s.attrs), _number(-s.attrs["beta"], x))
    return reshaped(b, b.step("multiply", flat, power), x.shape)


@rule("lower", "lrn_grad")
def _lrn_grad(b, s):
    if not s.out.size:
        return None
    dy, x = (_rows(b, v) for v in s.inputs)
    energy = _energy(b, x, s.attrs)
    scaled = b.step("multiply", dy, b.step("pow", energy, _number(-s.attrs["beta"], x)))
    back = _summed(b, b.step("divide", b.step("multiply", scaled, x), energy),
                   s.attrs["depth_radius"])
    part = b.step("multiply", x, _number(2 * s.attrs["alpha"] * s.attrs["beta"], x))
    return reshaped(b, b.step("subtract", scaled, b.step("multiply", part, back)), s.out.shape)


# ---- rearrangements ---------------------------------------------------------------------

@rule("lower", "space_to_depth", "depth_to_space")
def _space_and_depth(b, s):
    """Both are (n, rows, p, columns, q, c) with the two in the middle exchanged."""
    x, k = s.inputs[0], int(s.attrs["block_size"])
    if not x.size:
        return None
    n, h, w, c = x.shape
    apart = (n, h // k, k, w // k, k, c) if s.type == "space_to_depth" else (
        n, h, w, k, k, c // (k * k))
    moved = b.step("transpose", reshaped(b, x, apart), perm=(0, 1, 3, 2, 4, 5))
    return reshaped(b, moved, s.out.shape)


@rule("lower", "space_to_batch_nd")
def _space_to_batch(b, s):
    x, sizes = s.inputs[0], tuple(int(k) for k in s.attrs["block_shape"])
    if not s.out.size:
        return None
    widths = np.zeros((len(x.shape), 2), np.int64)
    widths[1:1 + len(sizes)] = s.attrs["paddings"]
    if widths.any():
        x = b.step("pad", x, const_value(widths), value=0)
    shape, order = split_spaces(x.shape, sizes)
    return reshaped(b, b.step("transpose", reshaped(b, x, shape), perm=order), s.out.shape)


@rule("lower", "batch_to_space_nd")
def _batch_to_space(b, s):
    x, sizes = s.inputs[0], tuple(int(k) for k in s.attrs["block_shape"])
    if not s.out.size:
        return None
    shape, order = joined_spaces(x.shape, sizes)
    whole = (x.shape[0] // size_of(sizes), *[n * k for n, k in zip(x.shape[1:], sizes)],
             *x.shape[1 + len(sizes):])
    spread = reshaped(b, b.step("transpose", reshaped(b, x, shape), perm=order), whole)
    begin = np.zeros(len(whole), np.int64)
    begin[1:1 + len(sizes)] = np.reshape(s.attrs["crops"], (-1, 2))[:, 0]
    if whole == s.out.shape:
        return spread
    return b.step("slice", spread, const_value(begin), const_value(int_array(s.out.shape)))


# ---- patches ----------------------------------------------------------------------------

MOST_PLACES = 64            # of a window; beyond, one NumPy step costs less than so many copies


@rule("lower", "extract_image_patches")
def _patches(b, s):
    x = s.inputs[0]
    sizes = (x.shape[0], *map(int, x.shape[1:3]), x.shape[3])     # of one size a plan each
    pads, places = layout_of(sizes, **s.attrs)
    if not s.out.size or len(places) > MOST_PLACES:
        return None
    if pads.any():
        x = b.step("pad", x, const_value(pads), value=0)
    return b.step("concat", *[_place(b, x, *place) for place in places], axis=3)


def _place(b, x, rows, columns):
    numbers = [0, x.shape[0], 1, rows.start, rows.stop, rows.step, columns.start, columns.stop,
               columns.step]
    return b.step("strided_slice", x, const_value(int_array(numbers)),
                  spec=("s", "s", "s"))
