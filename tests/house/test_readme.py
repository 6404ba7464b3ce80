"""Every Python snippet of README.md runs, each in a fresh namespace and a fresh graph.

A comment `# -> text` at the end of a line states what that line prints; a snippet's output must
begin its lines with these texts, in order. A snippet that shows an error says so in its
info string, ```python raises=NameOfTheError, and the block after it is the message.
"""

import contextlib
import io
import pathlib
import re

import pytest

import fastgrad as fg
from fastgrad import config

README = pathlib.Path(__file__).parents[2] / "README.md"
FENCE = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks():
    """[(language, options, line number, text), ...] of every fenced block."""
    text = README.read_text(encoding="utf-8")
    return [(m[1], m[2].strip(), text[:m.start(3)].count("\n") + 1, m[3])
            for m in FENCE.finditer(text)]


SNIPPETS = [(i, block) for i, block in enumerate(blocks()) if block[0] == "python"]


def run_snippet(text):
    """Execute as a file train.py, which messages name; returns what was printed."""
    fg.reset_default_graph()
    out = io.StringIO()
    code = compile(text, "train.py", "exec")
    with contextlib.redirect_stdout(out):
        exec(code, {"__name__": "readme"})
    return out.getvalue()


@pytest.mark.parametrize("index, block", SNIPPETS, ids=[f"line-{b[2]}" for _, b in SNIPPETS])
def test_snippet(index, block):
    _, options, _, text = block
    if not options:
        assert_prints(text, run_snippet(text))
        return
    name = options.removeprefix("raises=")
    with pytest.raises(Exception) as caught:
        run_snippet(text)
    assert type(caught.value).__name__ == name
    shown = f"{name}: {caught.value}"
    expected = blocks()[index + 1][3]
    assert " ".join(shown.split()) == " ".join(expected.split())


def assert_prints(text, printed):
    lines = iter(printed.splitlines())
    for expected in re.findall(r"# -> (.*)$", text, re.MULTILINE):
        assert any(line.startswith(expected.strip()) for line in lines), (
            f"{expected!r} is not in the output, or not in this order:\n{printed}")


def test_there_are_snippets():
    assert len(SNIPPETS) >= 5


def test_the_commands_are_there():
    text = README.read_text(encoding="utf-8")
    assert "pip install . && fastgrad demo" in text
    assert 'pip install ".[test]" && pytest' in text
    assert text.index("<!-- bench:begin -->") < text.index("<!-- bench:end -->")


def test_every_environment_variable_is_explained():
    text = README.read_text(encoding="utf-8")
    for name, (default, meaning) in config.VARIABLES.items():
        shown = f"`{default}`" if default else "unset"
        assert f"| `{name}` | {shown} | {meaning} |" in text
