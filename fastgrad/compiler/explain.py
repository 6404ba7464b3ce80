"""Prints a plan: one line a kernel, for people.

Knows the layout of Kernels and Values; changes nothing.
"""

from fastgrad.wording import show_site
from fastgrad.compiler.costs import flops, item_size, operand_bytes
from fastgrad.compiler.size import Size


HEAD = ["step", "kernel", "result", "operands", "memory", "bytes", "flops", "marks", "line"]


def explain(plan, seconds=None, peak=None):
    """The table; with `seconds`, one a kernel, also time, share, GFLOP/s, GB/s and, by
    `peak(flops, bytes, seconds, itemsize, threads)`, the share of what the machine can do."""
    head = HEAD if seconds is None else [*HEAD, "us", "share", "GFLOP/s", "GB/s", "of peak"]
    rows = [head, *rows_of(plan, seconds, peak)]
    widths = [max(len(r[c]) for r in rows) for c in range(len(head))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(r, widths)).rstrip() for r in rows]
    return "\n".join([*lines, note(plan, seconds)])


def rows_of(plan, seconds=None, peak=None):
    """The table's rows below its head: lists of texts, one a kernel and one a kernel in a strip."""
    total, rows = float(sum(seconds)) if seconds is not None else 0.0, []
    for i, k in enumerate(plan.kernels):
        row = [str(i), k.symbol or f"numpy:{k.step.type}", _shape(k.values[0]),
               " ".join(_shape(v) for v in k.values[1:] if v is not None), _memory(k.values[0]),
               _count(operand_bytes(k)), _count(flops(k)), _marks(k), _line(k.step.op)]
        if seconds is not None:
            row += _rates(k, float(seconds[i]), total, plan.threads, peak)
        rows.append(row)
        rows += [_part(p, len(row)) for p in k.parts]
        rows += [r for name, block in zip(BLOCKS.get(k.symbol, ()), k.blocks)
                 for r in _block(name, block, len(row), "  ")]
    return rows


BLOCKS = {"loop": ("start", "while", "turn"), "branch": ("if", "else")}


def _block(name, block, width, indent):
    """The lines of a block: its name, then its kernels, indented."""
    yield ["", f"{indent}{name}:", *[""] * (width - 2)]
    for k in block:
        row = _part(k, width)
        row[1] = f"{indent}  {k.symbol or f'numpy:{k.step.type}'}"
        row[7] = _marks(k)
        yield row
        for part in k.parts:
            yield _part(part, width)
        for inner_name, inner in zip(BLOCKS.get(k.symbol, ()), k.blocks):
            yield from _block(inner_name, inner, width, indent + "    ")


def note(plan, seconds=None):
    """The line below the table."""
    return (f"{len(plan.kernels)} steps, arena {plan.arena_bytes} bytes, {plan.threads} thread(s)"
            + (" (at present one, which is faster)" if plan.program.runs_alone else "")
            + (f", {float(sum(seconds)) * 1e6:.2f} us" if seconds is not None else "")
            + "".join(f"\n{line}" for line in _about_sizes(plan)))


def _about_sizes(plan):
    """What the plan takes for granted of the sizes that change."""
    return () if plan.sizes is None else plan.sizes.describe(list(plan.feeds))


def _part(k, width):
    """A line of a strip: its kernel and operands, indented."""
    row = ["", f"  {k.symbol}", _shape(k.values[0]),
           " ".join(_shape(v) for v in k.values[1:] if v is not None), _memory(k.values[0]),
           "", _count(flops(k)), "tile", _line(k.step.op)]
    return row + [""] * (width - len(row))


def _shape(value):
    if value is None:
        return "-"
    shape = ",".join(n.text if isinstance(n, Size) else str(n) for n in value.shape)
    return f"{value.dtype.name}[{shape}]"


def _memory(value):
    if value is None or value.storage is None:
        return "-"
    s = value.storage
    return f"@{s.offset}" if s.kind == "arena" else s.kind


def _count(n):
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if n >= size:
            return f"{n / size:.3g}{unit}"
    return str(n)


def _marks(k):
    out, marks = k.values[0], []
    if k.symbol is None:
        marks.append("NUMPY")
    if k.step.fused.get("bias") is not None:
        marks.append("+bias")
    if k.step.fused.get("act"):
        marks.append("+" + k.step.fused["act"])
    if k.step.fused.get("into") is not None:
        marks.append("+update")
    if k.step.fused.get("relu"):
        marks.append("+relu gradient")
    if len(k.step.outs) > 1 and k.family.joins is not None:
        marks.append("+gradient")
    if out is not None and any(v is not None and v is not out and v.storage is out.storage
                               and v.storage is not None for v in k.values[1:]):
        marks.append("in place")
    if k.family.way is not None and k.symbol is not None and k.family.way(k):
        marks.append(k.family.way(k))
    if k.parallel:
        marks.append("split by columns" if k.across else "split")
    if k.barrier:
        marks.append("barrier")
    return " ".join(marks) or "-"


def _line(op):
    if op is None or not op.site:
        return "-"
    return show_site(op.site)


def _rates(k, seconds, total, threads, peak):
    safe, moved = max(seconds, 1e-12), operand_bytes(k)
    part = peak(flops(k), moved, safe, item_size(k), threads if k.parallel else 1)
    return [f"{seconds * 1e6:.3f}", f"{100 * seconds / total if total else 0:.1f}%",
            f"{flops(k) / safe * 1e-9:.1f}", f"{moved / safe * 1e-9:.1f}", f"{100 * part:.0f}%"]
