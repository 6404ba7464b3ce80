"""pyright and mypy take the programs of README, docs, examples and those here, and see the errors
in `wrong.py`; jedi completes. Each is looked at where it is installed."""

import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import fastgrad
import fastgrad.compat.v1 as tf
import pytest
import snippets
from test_pages import PAGES
from test_stubs import RUNNABLE

HERE = pathlib.Path(__file__).parent
FOUND = pathlib.Path(fastgrad.__file__).parents[1]
ROOT = HERE.parents[1]
WRONG = HERE / "programs" / "wrong.py"


def pages():
    """{file name: program} of README's blocks, each a program, and of what docs' pages hold."""
    found = {f"readme_{b.line}.py": b.text for b in snippets.blocks(ROOT / "README.md")
             if b.language == "python"}
    for page in PAGES:
        if page.parent.name == "how":       # shows internals, which have no stubs
            continue
        name = "page_" + re.sub(r"\W", "_", f"{page.parent.name}_{page.stem}")
        for block in snippets.blocks(page):
            if block.language == "python":
                if block.options == "fresh":
                    name = f"{name}_{block.line}"
                found[f"{name}.py"] = found.get(f"{name}.py", "") + block.text
    return found


@pytest.fixture
def folder(tmp_path):
    """All programs in one folder."""
    for path in [*RUNNABLE, WRONG]:
        (tmp_path / path.name).write_text(
            path.read_text(encoding="utf-8") + "\n# mypy: check-untyped-defs\n", encoding="utf-8")
    for path in (ROOT / "examples").glob("*.py"):
        shutil.copy(path, tmp_path)
    for name, text in pages().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def marked():
    return {("wrong.py", number) for number, line in enumerate(
        WRONG.read_text(encoding="utf-8").splitlines(), 1) if line.endswith("# wrong")}


def mypy(folder, *what):
    installed = FOUND.name in ("site-packages", "dist-packages")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--follow-imports=silent", "--no-error-summary",
         # scikit-learn and joblib have no types, which programs that use them live with
         "--hide-error-context", "--disable-error-code=import-untyped", "--cache-dir", str(folder / "cache"), *what],
        cwd=folder, capture_output=True, text=True,
        env={**os.environ, "MYPYPATH": "" if installed else str(FOUND)})
    return done.stdout + done.stderr


def test_mypy(folder):
    pytest.importorskip("mypy")
    said = mypy(folder, *sorted(p.name for p in folder.glob("*.py")))
    errors = re.findall(r"^(.+?):(\d+): error", said, re.MULTILINE)
    assert {(f, int(n)) for f, n in errors} == marked(), said
    stubs = [p.relative_to(FOUND).with_suffix("") for p in (FOUND / "fastgrad").rglob("*.pyi")]
    modules = [".".join(p.parts).removesuffix(".__init__") for p in stubs]
    assert mypy(folder, *(word for m in sorted(modules) for word in ("-m", m))) == ""


def test_pyright(folder):
    if importlib.util.find_spec("pyright") is None:
        pytest.skip("pyright is not installed")
    (folder / "pyrightconfig.json").write_text(json.dumps(
        {"include": ["."], "extraPaths": [str(FOUND)], "typeCheckingMode": "basic"}))
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable],
        cwd=folder, capture_output=True, text=True)
    found = json.loads(done.stdout[done.stdout.index("{"):])["generalDiagnostics"]
    errors = {(pathlib.Path(e["file"]).name, e["range"]["start"]["line"] + 1)
              for e in found if e["severity"] == "error"}
    assert errors == marked(), done.stdout


BEFORE = """import fastgrad as fg
import fastgrad.compat.v1 as tf
session = fg.Session()
node = fg.nn.relu(1.0)
"""


@pytest.mark.parametrize("text, name", [
    ("tf.layers.", "dense"), ("tf.train.", "AdamOptimizer"), ("tf.contrib.layers.", "flatten"),
    ("fg.nn.", "relu"), ("fg.", "placeholder"), ("session.", "fit"), ("node.", "get_shape"),
    ("session.run(", "feed_dict="), ("fg.layers.dense(node, ", "activation=")])
def test_completion(text, name):
    """In an editor, which runs nothing."""
    jedi = pytest.importorskip("jedi")
    source = BEFORE + text
    script = jedi.Script(source, project=jedi.Project(str(FOUND)))
    assert name in [c.name for c in script.complete(source.count("\n") + 1, len(text))]


def test_signature_while_typing():
    jedi = pytest.importorskip("jedi")
    script = jedi.Script(BEFORE + "session.run(", project=jedi.Project(str(FOUND)))
    assert "feed_dict" in [p.name for p in script.get_signatures(5, 12)[0].params]


@pytest.mark.parametrize("text, name", [("tf.layers.", "dense"), ("session.run(", "feed_dict=")])
def test_completion_of_what_is_there(text, name):
    """In IPython, where the objects are."""
    jedi = pytest.importorskip("jedi")
    found = jedi.Interpreter(text, [{"tf": tf, "session": fastgrad.Session()}]).complete()
    assert name in [c.name for c in found]
