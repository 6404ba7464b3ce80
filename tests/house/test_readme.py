"""Every Python snippet of README.md runs, each in a fresh namespace and a fresh graph.

`tests/support/snippets.py` says how a snippet states what it prints.
"""

import pathlib

import pytest
import snippets

import fastgrad as fg
from fastgrad import config

README = pathlib.Path(__file__).parents[2] / "README.md"
BLOCKS = snippets.blocks(README)
SNIPPETS = [(b, after) for b, after in zip(BLOCKS, [*BLOCKS[1:], None]) if b.language == "python"]


@pytest.mark.parametrize("block, following", SNIPPETS, ids=[f"line-{b.line}" for b, _ in SNIPPETS])
def test_snippet(block, following):
    fg.reset_default_graph()
    snippets.check(block, following, {"__name__": "readme"})


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
