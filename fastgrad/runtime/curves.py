"""A training's history as SVG, for notebooks: one small chart for each fetched number."""

import numpy as np

from fastgrad.wording import markup

MOST = 6                        # charts; the note names the others
_WIDTH, _HEIGHT = 300, 170
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 14, 26, 30       # margins of the plotted field
_INK, _LINE = "#7a7a7a", "#3b76c4"                  # seen on white and on black


def curves(history):
    """Charts of what a History holds, and its line of text."""
    series = {name: values for name, values in history.history.items()
              if values and all(v is not None and np.ndim(v) == 0 for v in values)}
    shown = list(series.items())[:MOST]
    charts = "".join(_chart(name, np.array(values, float)) for name, values in shown)
    left = [name for name in history.history if name not in dict(shown)]
    more = f"; not drawn: {', '.join(left)}" if left else ""
    return (f'<div><div style="font:12px sans-serif">{markup(repr(history)[1:-1] + more)}</div>'
            f'{charts}</div>')


def _chart(name, values):
    ticks = _ticks(values)
    low, high = ticks[0], ticks[-1]
    last = max(len(values) - 1, 1)

    def x(epoch):
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * epoch / last

    def y(value):
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * (value - low) / (high - low)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
             f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="11" '
             f'fill="{_INK}">',
             f'<text x="{_LEFT}" y="15" font-size="12" font-weight="bold">{markup(_short(name))}'
             f'<title>{markup(name)}</title></text>']
    for tick in ticks:
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(tick):.1f}" '
                     f'y2="{y(tick):.1f}" stroke="{_INK}" stroke-opacity="0.3"/>'
                     f'<text x="{_LEFT - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">'
                     f'{tick:.6g}</text>')
    for epoch, side in ((0, "start"), (len(values) - 1, "end"))[:len(values)]:
        parts.append(f'<text x="{x(epoch):.1f}" y="{_HEIGHT - 14}" text-anchor="{side}">'
                     f'{epoch}</text>')
    parts.append(f'<text x="{x(last / 2):.1f}" y="{_HEIGHT - 3}" text-anchor="middle">epoch'
                 '</text>')
    parts += _line(values, x, y)
    return "".join([*parts, "</svg>"])


def _line(values, x, y):
    """A line through the finite values, broken where one is not; one that stands alone is a dot."""
    pieces, current = [], []
    for epoch, value in enumerate([*values, np.nan]):
        if np.isfinite(value):
            current.append(f"{x(epoch):.1f},{y(value):.1f}")
        elif current:
            pieces.append(current)
            current = []
    for piece in pieces:
        if len(piece) == 1:
            at = piece[0].split(",")
            yield f'<circle cx="{at[0]}" cy="{at[1]}" r="2.5" fill="{_LINE}"/>'
        else:
            yield (f'<polyline points="{" ".join(piece)}" fill="none" stroke="{_LINE}" '
                   'stroke-width="1.8"/>')


def _ticks(values):
    """Three to six round numbers that span the finite values."""
    found = values[np.isfinite(values)]
    low, high = (float(found.min()), float(found.max())) if found.size else (0.0, 1.0)
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        pad = abs(low) / 2 or 0.5
        low, high = low - pad, high + pad
    rough = (high - low) / 4
    size = 10.0 ** np.floor(np.log10(rough))
    step = next(size * f for f in (1, 2, 5, 10) if size * f >= rough)
    return [k * step for k in range(int(np.floor(low / step)), int(np.ceil(high / step)) + 1)]


def _short(name):
    return name if len(name) <= 32 else f"{name[:31]}\u2026"
