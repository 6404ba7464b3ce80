"""Draws a graph as SVG, for notebooks: what `Graph._repr_html_` returns.

Of the user's own operations, as in `graphviz`; up to 60 each in a box of its own, beyond that those
of a name scope in one. Colours are legible on white and on black: boxes have their own ground.
"""

from fastgrad.graph.graphviz import drawn
from fastgrad.graph.layered import arrange
from fastgrad.graph.nodes import is_custom
from fastgrad.wording import markup, show_site

MOST = 60                       # boxes of single operations; more are grouped
_LETTER, _SMALL, _HEIGHT, _STEP, _LONGEST = 6.7, 5.6, 34, 62, 26
# kind of a box -> ground and edge
_COLOURS = {"variable": ("#dbe9fb", "#3b76c4"), "placeholder": ("#dcf3dd", "#3d8c45"),
            "constant": ("#ececec", "#8a8a8a"), "operation": ("#fff8e6", "#b58a2c"),
            "own operation": ("#fbe3ef", "#b8477f"), "scope": ("#ece6fa", "#7355b8")}


class Box:
    """What stands in one box: operations, what is written, and its colour."""

    def __init__(self, title, note, kind, ops, hint):
        self.title, self.note, self.kind, self.ops, self.hint = title, note, kind, ops, hint

    @property
    def width(self):
        return 14 + max(_LETTER * len(_short(self.title)), _SMALL * len(_short(self.note)), 34)


def drawing(graph):
    """The graph as an SVG element, with a line above it that counts."""
    ops = drawn(graph)
    boxes = [_single(op) for op in ops] if len(ops) <= MOST else _grouped(ops)
    left = len(boxes) - MOST
    boxes = boxes[:MOST] if left > 0 else boxes
    count = f"Graph of {len(ops)} operations and values"
    if any(b.kind == "scope" for b in boxes):
        count += ", those of a name scope in one box"
    if left > 0:
        count += f"; the first {MOST} of {MOST + left} boxes (name scopes make fewer)"
    kinds = [k for k in _COLOURS if any(b.kind == k for b in boxes)]
    return ('<div style="overflow-x:auto"><div style="font:12px sans-serif;padding-bottom:6px">'
            f'{markup(count)}: {_legend(kinds)}</div>{_svg(boxes)}</div>')


def _legend(kinds):
    return " ".join(
        f'<span style="background:{_COLOURS[k][0]};color:#222;border:1px solid {_COLOURS[k][1]};'
        f'border-radius:3px;padding:0 4px">{k}</span>' for k in kinds)


def _single(op):
    kind = ("own operation" if is_custom(op) else
            op.op_type if op.op_type in ("variable", "placeholder", "constant") else "operation")
    shape = _shape(op)
    shown = op.op_type if kind in ("operation", "own operation") else kind
    note = f"{shown} {shape}".strip()
    return Box(op.name, note, kind, [op], f"{op.name}: {note}, {show_site(op.site)}"
               if op.site else f"{op.name}: {note}")


def _shape(op):
    found = op.outputs[0]._shape if len(op.outputs) == 1 else None
    if found is None:
        return ""
    return "(" + ", ".join("?" if n is None else str(n) for n in found) + ")"


def _grouped(ops):
    """The operations of an outermost name scope in one box, in the order of their first ones."""
    heads = {op.name.partition("/")[0] for op in ops if "/" in op.name}
    scopes = {}                     # a scope's name, or an operation outside -> its operations
    for op in ops:
        scope = op.name.partition("/")[0]           # one may be named after an operation
        scopes.setdefault(scope if scope in heads else op, []).append(op)
    return [_single(members[0]) if len(members) == 1 else Box(
        key, f"{len(members)} operations", "scope", members,
        f"{key}: " + ", ".join(sorted({op.op_type for op in members})))
        for key, members in scopes.items()]


def _svg(boxes):
    home = {op: i for i, box in enumerate(boxes) for op in box.ops}
    edges = list(dict.fromkeys((home[t.op], home[op]) for op in home for t in op._inputs
                               if t.op in home and home[t.op] != home[op]))
    centres, paths = arrange([b.width for b in boxes], edges)
    width = max((x + b.width / 2 for (x, _), b in zip(centres, boxes)), default=0)
    width = max([width, *(x + 6 for path in paths for x, _ in path)]) + 4
    height = (max((y for _, y in centres), default=0)) * _STEP + _HEIGHT + 4
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
             f'viewBox="-2 -2 {width:.0f} {height}" font-family="sans-serif">']
    parts += [_arrow(path) for path in paths]
    parts += [_box(b, x, y * _STEP) for b, (x, y) in zip(boxes, centres)]
    return "".join([*parts, "</svg>"])


def _box(box, x, y):
    ground, edge = _COLOURS[box.kind]
    left = x - box.width / 2
    return (f'<g><title>{markup(box.hint)}</title><rect x="{left:.1f}" y="{y}" '
            f'width="{box.width:.1f}" height="{_HEIGHT}" rx="5" fill="{ground}" stroke="{edge}"/>'
            f'<text x="{x:.1f}" y="{y + 14}" text-anchor="middle" font-size="12" fill="#111">'
            f'{markup(_short(box.title))}</text><text x="{x:.1f}" y="{y + 28}" '
            f'text-anchor="middle" font-size="10.5" fill="#444">{markup(_short(box.note))}</text>'
            '</g>')


def _short(text):
    """At most so many letters; what is left out is in the middle, since ends tell names apart."""
    if len(text) <= _LONGEST:
        return text
    half = (_LONGEST - 1) // 2
    return f"{text[:half]}\u2026{text[-half:]}"


def _arrow(path):
    """A curve through the points, and a head where it ends."""
    down = path[-1][1] > path[0][1]
    tip = 6 if down else -6
    # where it leaves a layer and enters the next: upright beside the boxes of those it passes
    ends = [(x, layer * _STEP + near * _HEIGHT) for x, layer in path
            for near in ((0, 1) if down else (1, 0))][1:-1]
    u, v = ends[-1] = ends[-1][0], ends[-1][1] - tip
    text = f"M{ends[0][0]:.1f},{ends[0][1]:.1f}"
    for (x, y), (to, end) in zip(ends[::2], ends[1::2]):
        text += (f" L{x:.1f},{y:.1f} C{x:.1f},{(y + end) / 2:.1f} {to:.1f},{(y + end) / 2:.1f} "
                 f"{to:.1f},{end:.1f}")
    return (f'<path d="{text}" fill="none" stroke="#8b8b8b" stroke-width="1.2"/>'
            f'<path d="M{u - 4:.1f},{v:.1f} L{u + 4:.1f},{v:.1f} L{u:.1f},{v + tip:.1f} Z" '
            'fill="#8b8b8b"/>')
