"""Layouts of families that follow indices: lookups, their gradients, rows merged by index.

`Family.indices` says where a kernel's indices lie, so that `failsafe` looks at those that may be
bad before anything is written.
"""

from fastgrad.compiler import costs
from fastgrad.compiler.families import family
from fastgrad.compiler.layout.emitter import INDEX_DTYPES, Kernel, letter
from fastgrad.graph.shapes import size_of


@family("gather", kernels=("gather",), flops=costs.nothing, indices=(2, 1))
def _gather(e, s):
    x, index = s.inputs
    if index.dtype.name not in INDEX_DTYPES:
        return None
    row = size_of(x.shape[1:]) * x.dtype.itemsize
    return [Kernel(s, f"gather_{letter(index.dtype)}", [s.out, x, index], index.size,
                   ext=(row, x.shape[0]), writes=1)]


@family("gather_grad", kernels=("scatter_add",), indices=(2, 2))
def _gather_grad(e, s):
    dy, _, index = s.inputs
    if index.dtype.name not in INDEX_DTYPES:
        return None
    row = size_of(s.out.shape[1:])
    return [Kernel(s, f"scatter_add_{letter(index.dtype)}_{letter(dy.dtype)}",
                   [s.out, dy, index], row, ext=(index.size, row, s.out.shape[0]), writes=1)]


@family("take_label", kernels=("take_label",), indices=(2, 0))
def _take_label(e, s):
    x, label = s.inputs
    return [Kernel(s, f"take_label_{letter(label.dtype)}_{letter(x.dtype)}",
                   [s.out, x, label], s.out.size, ext=(x.shape[-1],), writes=1)]


@family("one_hot", kernels=("one_hot",))
def _one_hot(e, s):
    """No index is bad: one outside gives a row without the number."""
    index, on, off = s.inputs
    if on.const is None or off.const is None or index.dtype.name not in INDEX_DTYPES:
        return None
    par = (float(on.const), float(off.const))
    return [Kernel(s, f"one_hot_{letter(index.dtype)}_{letter(s.out.dtype)}", [s.out, index],
                   index.size, ext=(s.out.shape[-1],), par=par, writes=1)]


@family("merge_rows", kernels=("merge_rows",), indices=(3, 2))
def _merge_rows(e, s):
    index, rows = s.inputs
    if index.dtype.name not in INDEX_DTYPES:
        return None
    table = s.outs[2]
    ext = (index.size, rows.size // max(1, index.size), s.attrs["rows"], table.size)
    return [Kernel(s, f"merge_rows_{letter(index.dtype)}_{letter(rows.dtype)}",
                   [*s.outs, index, rows], 1, ext=ext)]
