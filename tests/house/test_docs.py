"""Examples in docstrings run: each in a fresh graph, with BEFORE before it."""

import builtins
import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import fastgrad as fg

BEFORE = """
from fastgrad import *
from fastgrad import (distributions, initializers, layers, linalg, losses, math, metrics, nn,
                      regularizers, summary, train)
from fastgrad.testing import *
"""
NAMES = [m.name for m in pkgutil.walk_packages(fg.__path__, "fastgrad.")
         if "._kernels" not in m.name and m.name not in ("fastgrad.__main__", "fastgrad.demo")]


def examples():
    """(test id, DocTest, module) of every docstring with an example; ops hide behind wrappers."""
    finder, found = doctest.DocTestFinder(exclude_empty=True), {}
    for name in NAMES:
        module = importlib.import_module(name)
        for test in finder.find(module, name):
            if test.examples:
                found[test.name] = test, module
        for key, thing in vars(module).items():          # functions made by a factory
            doc = getattr(thing, "__doc__", None)
            full = f"{name}.{key}"
            if (callable(thing) and doc and ">>>" in doc and full not in found
                    and getattr(thing, "__module__", "").startswith("fastgrad")
                    and not isinstance(thing, type)):
                parts = doctest.DocTestParser().get_doctest(doc, {}, full, name, 0)
                found.setdefault(full, (parts, module))
    session = importlib.import_module("fastgrad.runtime.session")
    for key, thing in vars(fg.Session.__base__).items():     # compiled methods: no finder sees them
        if ">>>" in (getattr(thing, "__doc__", None) or ""):
            full = f"fastgrad.Session.{key}"
            found[full] = doctest.DocTestParser().get_doctest(
                thing.__doc__, {}, full, full, 0), session
    unique = {}
    for full, (test, module) in found.items():
        unique.setdefault(test.docstring, (full, test, module))
    return sorted(unique.values(), key=lambda row: row[0])


EXAMPLES = examples()


@pytest.mark.parametrize("test, module", [row[1:] for row in EXAMPLES],
                         ids=[row[0] for row in EXAMPLES])
def test_example(test, module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)                         # an example may save a file
    if module.__name__ == "fastgrad.plot":
        pytest.importorskip("matplotlib").use("Agg")
    fg.reset_default_graph()
    names = {k: v for k, v in vars(module).items()
             if not k.startswith("_") and not hasattr(builtins, k)}
    names["np"] = np
    exec(BEFORE, names)
    test.globs = names
    before = np.get_printoptions()
    np.set_printoptions(legacy=False)
    report = []
    try:
        runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
        runner.run(test, out=report.append)
    finally:
        np.set_printoptions(**before)
    assert not runner.failures, "".join(report)


def test_there_are_examples():
    assert len(EXAMPLES) >= 12
