"""Layouts of families that make few numbers of many: reductions, places of extremes, scans.

Also the two steps of a sum over the rows of a strip (`row_strips`): what each block adds, and the
total.
"""

from fastgrad.compiler import shares
from fastgrad.compiler.families import family
from fastgrad.compiler.layout.emitter import Kernel, letter
from fastgrad.compiler.layout.strides import blocks
from fastgrad.graph.shapes import normal_axes


@family("reduce", endings=("_rows", "_cols"), tiles=frozenset(("rows",)), share=shares.reduction)
def _reduce(e, s):
    x = s.inputs[0]
    axes = normal_axes(s.attrs["axis"], len(x.shape))
    o, r, i = blocks(x.shape, axes) if axes else (x.size, 1, 1)
    return [_reduce_kernel(s, s.opdef.kernel, x, o, r, i,
                           1.0 / r if s.type == "reduce_mean" and r else 1.0)]


def _reduce_kernel(s, stem, x, o, r, i, scale=None):
    par = () if scale is None else (scale,)
    if s.type == "reduce_mean" and r == 0:
        par = (float("nan"),)
    if i == 1:
        return Kernel(s, f"{stem}_rows_{letter(x.dtype)}", [s.out, x], o, ext=(r,), par=par)
    return Kernel(s, f"{stem}_cols_{letter(x.dtype)}", [s.out, x], i, ext=(o, r, i), par=par)


@family("arg", endings=("_rows", "_cols"), share=shares.reduction)
def _arg(e, s):
    x = s.inputs[0]
    axis, = normal_axes(s.attrs["axis"], len(x.shape))
    if not x.shape[axis]:
        return None                                  # there is no place to give: NumPy says so
    return [_reduce_kernel(s, s.opdef.kernel, x, *blocks(x.shape, (axis,)))]


@family("scan", share=shares.aligned_range)
def _scan(e, s):
    x = s.inputs[0]
    axis, = normal_axes(s.attrs["axis"], len(x.shape))
    o, r, i = blocks(x.shape, (axis,))
    return [Kernel(s, f"{s.opdef.kernel}_{letter(x.dtype)}", [s.out, *s.inputs], o,
                   ext=(r, i, int(s.attrs["exclusive"]), int(s.attrs["reverse"]),
                        int(s.attrs.get("cut", False))))]


# ---- sums over the rows of a strip ------------------------------------------------------

@family("rows_sum", kernels=("rows_sum",))
def _rows_sum(e, s):
    x = s.inputs[0]
    n = x.size // x.shape[0]
    return [Kernel(s, f"rows_sum_{letter(x.dtype)}", [s.out, x], x.shape[0],
                   ext=(n, int(s.attrs["total"])))]


@family("rows_total", kernels=())
def _rows_total(e, s):
    part = s.inputs[0]
    return [Kernel(s, f"sum_cols_{letter(part.dtype)}", [s.out, part], s.out.size,
                   ext=(1, *part.shape), par=(s.attrs["scale"],))]
