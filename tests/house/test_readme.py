"""Every Python snippet of README.md runs, each in a fresh namespace and a fresh graph.

`tests/support/snippets.py` says how a snippet states what it prints.
"""

import pathlib
import re

import pytest
import snippets

import fastgrad as fg

README = pathlib.Path(__file__).parents[2] / "README.md"
BLOCKS = snippets.blocks(README)
SNIPPETS = [(b, after) for b, after in zip(BLOCKS, [*BLOCKS[1:], None]) if b.language == "python"]


@pytest.mark.parametrize("block, following", SNIPPETS, ids=[f"line-{b.line}" for b, _ in SNIPPETS])
def test_snippet(block, following):
    fg.reset_default_graph()
    snippets.check(block, following, {"__name__": "readme"})


def test_there_are_snippets():
    assert len(SNIPPETS) >= 1


def test_the_commands_are_there():
    text = README.read_text(encoding="utf-8")
    assert "pip install . && fastgrad demo" in text
    assert 'pip install ".[test]" && pytest' in text
    assert text.index("<!-- bench:begin -->") < text.index("<!-- bench:end -->")


def test_readme_is_one_screen():
    """What, who, fifteen lines of code, the table, links; all else stands in docs."""
    assert README.read_text(encoding="utf-8").count("\n") < 90


def test_its_links_lead_somewhere():
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", README.read_text(encoding="utf-8")):
        assert "://" in link or (README.parent / link).exists(), link
