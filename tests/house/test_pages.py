"""Every page of docs runs: its Python blocks, one after the other, are one program.

A block ```python fresh starts over, in a fresh graph. `tests/support/snippets.py` says how a block
states what it prints. What the pages link to is there.
"""

import pathlib
import re

import numpy as np
import pytest
import snippets

import fastgrad as fg
from fastgrad import config

DOCS = pathlib.Path(__file__).parents[2] / "docs"
PAGES = sorted(p for folder in (".", "learn", "guides", "how") for p in (DOCS / folder).glob("*.md"))
NAMES = [str(p.relative_to(DOCS)) for p in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_page(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)                     # a page may save a file
    found, names = snippets.blocks(page), {"__name__": "page"}
    fg.reset_default_graph()
    with fg.Graph().as_default(), np.printoptions():
        for block, following in zip(found, [*found[1:], None]):
            if block.language != "python":
                continue
            if block.options == "fresh":
                names = {"__name__": "page"}
                fg.reset_default_graph()
            snippets.check(block, following, names)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_between_pages(page):
    """Pictures and the reference are made when the site is built; other files are here."""
    text = page.read_text(encoding="utf-8")
    made = ("reference/", "pictures/")
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in link and not any(part in link for part in made):
            assert (page.parent / link).exists(), link


def test_there_are_pages():
    assert len(PAGES) >= 18


def test_every_environment_variable_is_explained():
    text = (DOCS / "guides" / "settings.md").read_text(encoding="utf-8")
    for name, (default, meaning) in config.VARIABLES.items():
        shown = f"`{default}`" if default else "unset"
        assert f"| `{name}` | {shown} | {meaning} |" in text
