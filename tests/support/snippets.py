"""Fenced blocks of Markdown files, and how the Python among them is run and compared.

A comment `# -> text` at the end of a line states what that line prints; a block's output must
begin its lines with these texts, in order. A block that shows an error says so in its info string,
```python raises=NameOfTheError, and the block after it is the message. A block ```text printed is
all that the block before it prints.
"""

import contextlib
import io
import re
from typing import NamedTuple

import pytest

FENCE = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block: ```language options, and the number of its first line of text."""
    language: str
    options: str
    line: int
    text: str


def blocks(path):
    """Every fenced block of a file."""
    text = path.read_text(encoding="utf-8")
    return [Block(m[1], m[2].strip(), text[:m.start(3)].count("\n") + 1, m[3])
            for m in FENCE.finditer(text)]


def check(block, following, names):
    """Run a block as a file train.py, which messages name, and compare what it shows.

    Parameters
    ----------
    block, following : Block
        The one to run, and the one after it in the file, or None.
    names : dict
        What the block's code sees and leaves.
    """
    if block.options.startswith("raises="):
        expected = block.options.removeprefix("raises=")
        with pytest.raises(Exception) as caught:
            run(block.text, names)
        assert type(caught.value).__name__ == expected
        shown = f"{expected}: {caught.value}"
        assert " ".join(shown.split()) == " ".join(following.text.split())
        return
    printed = run(block.text, names)
    assert_prints(block.text, printed)
    if following is not None and following.options == "printed":
        assert [line.rstrip() for line in printed.splitlines()] == \
            [line.rstrip() for line in following.text.splitlines()]


def run(text, names):
    """Execute; returns what was printed."""
    out = io.StringIO()
    code = compile(text, "train.py", "exec")
    with contextlib.redirect_stdout(out):
        exec(code, names)
    return out.getvalue()


def assert_prints(text, printed):
    """Lines of the output begin with the texts behind `# ->`, in order."""
    lines = iter(printed.splitlines())
    for expected in re.findall(r"# -> (.*)$", text, re.MULTILINE):
        assert any(line.startswith(expected.strip()) for line in lines), (
            f"{expected!r} is not in the output, or not in this order:\n{printed}")
