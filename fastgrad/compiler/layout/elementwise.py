"""Layouts of elementwise families: maps and their gradients, zips with broadcasting, casts."""

import numpy as np

from fastgrad.compiler import costs, shares
from fastgrad.compiler.families import family
from fastgrad.compiler.ir import const_value
from fastgrad.compiler.layout.emitter import Kernel, letter
from fastgrad.compiler.layout.movement import move
from fastgrad.compiler.layout.strides import collapse, moves_within_rows, strides_in
from fastgrad.compiler.size import same
from fastgrad.graph.shapes import size_of

BOTH_TILES = frozenset(("elements", "rows"))
ROWS = frozenset(("rows",))


# ---- one operand ------------------------------------------------------------------------

@family("map", elementwise=True, tiles=BOTH_TILES, share=shares.by_elements,
        slow=("exp", "log_", "log1p", "tanh", "sigmoid", "sin_", "cos_", "erf", "softplus", "elu",
              "selu"))
def _map(e, s):
    x = s.inputs[0]
    return [Kernel(s, f"{s.opdef.kernel}_{letter(x.dtype)}", [s.out, x], s.out.size,
                   par=_parameters(s))]


def _parameters(s):
    return (float(s.attrs["alpha"]),) if "alpha" in s.attrs else ()


@family("map_grad", elementwise=True, tiles=BOTH_TILES, share=shares.by_elements,
        slow=("tanh", "sigmoid", "softplus", "elu", "selu"))
def _map_grad(e, s):
    saved, dy = s.inputs
    if not (same(saved.shape, s.out.shape) and same(dy.shape, s.out.shape)):
        return None
    return [Kernel(s, f"{s.opdef.kernel}_{letter(dy.dtype)}", [s.out, saved, dy], s.out.size,
                   par=_parameters(s))]


@family("cast", kernels=("cast",), tiles=ROWS, share=shares.by_elements,
        flops=lambda k: costs.nothing(k) if k.symbol == "move" else costs.elements(k))
def _cast(e, s):
    x = s.inputs[0]
    if x.dtype == s.out.dtype:
        return [move(s, s.out, x)]
    return [Kernel(s, f"cast_{letter(x.dtype)}_{letter(s.out.dtype)}", [s.out, x], s.out.size)]


# ---- several operands -------------------------------------------------------------------

@family("zip", endings=("", "_s", "_rs", "_nd"), elementwise=True, tiles=BOTH_TILES,
        share=shares.by_elements, slow=("pow",))
def _zip(e, s):
    a, b = s.inputs
    return [zip_kernel(s, s.opdef.kernel, s.out, a, b)]


def zip_kernel(s, stem, out, a, b):
    """The kernel of `stem` for these shapes: out = f(a, b)."""
    kind, single = letter(a.dtype), (_single(a), _single(b))
    # A kernel repeats one side only along the last dimension: a repeated number stays an array
    # where the other side is a column.
    if out.size == 1 or any(v.size > 1 and moves_within_rows(v, out) for v in single):
        a, b = single
    if same(a.size, b.size) and same(b.size, out.size):     # shapes may differ by dimensions of 1
        return Kernel(s, f"{stem}_{kind}", [out, a, b], out.size)
    if b.size == 1 and same(a.size, out.size):
        return Kernel(s, f"{stem}_s_{kind}", [out, a, b], out.size)
    if a.size == 1 and same(b.size, out.size):
        return Kernel(s, f"{stem}_rs_{kind}", [out, a, b], out.size)
    shape, (sa, sb) = collapse(out.shape, [strides_in(a.shape, out.shape),
                                           strides_in(b.shape, out.shape)])
    return Kernel(s, f"{stem}_nd_{kind}", [out, a, b], size_of(shape[:-1]),
                  ext=(shape[-1], sa[-1], sb[-1], len(shape) - 1),
                  aux=shape[:-1] + sa[:-1] + sb[:-1])


def one_element(value):
    """Whether a value is one number, however often it repeats."""
    return value.size == 1 or value.splat is not None


def _single(value):
    """A repeated number as a constant of one element."""
    if value.splat is None or value.size == 1:
        return value
    return const_value(np.asarray(value.splat))


@family("select", elementwise=True, tiles=ROWS, share=shares.by_elements)
def _select(e, s):
    c, a, b = s.inputs
    if not all(same(v.shape, s.out.shape) for v in s.inputs) or c.dtype != np.bool_:
        return None
    return [Kernel(s, f"select_{letter(a.dtype)}", [s.out, c, a, b], s.out.size)]
