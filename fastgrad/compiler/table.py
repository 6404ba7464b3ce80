"""A plan as an HTML table, for notebooks: the rows of `explain()`.

Steps that run in Python are marked, kernels in a strip stand indented under it, and the note below
says what `explain()` says.
"""

from fastgrad.compiler.explain import HEAD, note, rows_of
from fastgrad.wording import markup

_CELL = "padding:1px 8px;white-space:nowrap;text-align:"
_RIGHT = {HEAD.index(name) for name in ("step", "bytes", "flops")}
_SYMBOL, _MARKS = HEAD.index("kernel"), HEAD.index("marks")


def table(plan):
    """A plan's steps as a table element with a note."""
    head = "".join(_cell(i, name, "th") for i, name in enumerate(HEAD))
    body = "".join(_row(row) for row in rows_of(plan))
    return ('<div style="overflow-x:auto"><table style="border-collapse:collapse;'
            'font:12px monospace"><thead style="border-bottom:1px solid #8b8b8b">'
            f'<tr>{head}</tr></thead><tbody>{body}</tbody></table>'
            f'<div style="font:12px sans-serif;padding:4px 8px">{markup(note(plan))}</div></div>')


def _row(row):
    part = not row[0]
    ground = ""
    if "NUMPY" in row[_MARKS].split():
        ground = ' style="background:#fbe3ef;color:#222"'       # in Python, and so slow
    elif part:
        ground = ' style="opacity:0.75"'
    cells = "".join(_cell(i, text) for i, text in enumerate(row))
    return f"<tr{ground}>{cells}</tr>"


def _cell(i, text, kind="td"):
    side = "right" if i in _RIGHT else "left"
    if i == _SYMBOL and text.startswith("  "):
        text = "\u2514 " + text.strip()
    return f'<{kind} style="{_CELL}{side}">{markup(text)}</{kind}>'
