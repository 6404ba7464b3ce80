"""The house's rules, read from the sources: sizes, names, flags, literals.

Structural, never timed: an import is cheap because of what it does not load.
"""

import ast
import pathlib
import re
import sys
import warnings

import pytest
from child import run_python

import fastgrad

ROOT = pathlib.Path(__file__).parents[2]
PACKAGE = ROOT / "fastgrad"
KERNELS = PACKAGE / "_kernels"


# ---- what an import costs ---------------------------------------------------------------

def test_import_loads_only_numpy():
    """NumPy itself is paid for; everything else would be on every user's bill."""
    code = ("import sys, numpy; before = set(sys.modules); import fastgrad; "
            "print(*sorted({m.partition('.')[0] for m in set(sys.modules) - before}))")
    found = run_python("-c", code).stdout.split()
    assert "fastgrad" in " ".join(found)
    heavy = {"scipy", "scipy_openblas32", "tensorflow", "matplotlib", "hypothesis", "pytest",
             "multiprocessing", "subprocess", "asyncio", "importlib_metadata", "unittest",
             "doctest", "sqlite3", "http", "email", "cython", "Cython", "concurrent"}
    assert not heavy & set(found), sorted(heavy & set(found))
    outside = [m for m in found if m not in sys.stdlib_module_names and m != "fastgrad"]
    assert [m for m in outside if not m.startswith(("_cython", "cython"))] == []


def test_doors_open_only_when_asked():
    code = "import fastgrad, sys; print(*[m for m in sys.modules if m.startswith('fastgrad.')])"
    found = run_python("-c", code).stdout.split()
    assert "fastgrad" in " ".join(found)
    for name in ("testing", "demo", "datasets", "compat", "compat.v1"):
        assert f"fastgrad.{name}" not in found


# ---- the compiled part ------------------------------------------------------------------

def code_of(path):
    """Source without comments and strings, so that prose may name what is banned."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return "\n".join(ast.unparse(node) for node in ast.walk(ast.parse(text))
                         if isinstance(node, ast.List | ast.Dict | ast.Tuple))
    return re.sub(r"#.*", "", text)


@pytest.mark.parametrize("name", ["setup.py", "pyproject.toml", ".ci/run"])
def test_no_banned_flags(name):
    path = ROOT / name
    text = code_of(path)
    for flag in ("-ffast-math", "-Ofast", "-march=native", "-mtune=native",
                 "-funsafe-math-optimizations", "-ffinite-math-only", "-fassociative-math"):
        assert flag not in text, f"{name} uses {flag}"


DOUBLE = re.compile(r"(?<![\w.])(\d+\.\d*(e[-+]?\d+)?|0x1\.\w+p[-+]?\d+)(?![fF\w.])")


def test_float_functions_have_float_literals():
    """In a function that ends in _f32, `1.0` would compute in double: five times slower."""
    wrong = []
    for path in KERNELS.rglob("*.h"):
        text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m[0].count("\n"),
                      path.read_text(encoding="utf-8"), flags=re.DOTALL)
        text = re.sub(r"//.*", "", text)
        for m in re.finditer(r"\b\w+_f32\([^;{)]*\)\s*\{\n(.*?)\n\}", text, re.DOTALL):
            for literal in DOUBLE.finditer(m[1]):
                line = text[:m.start(1) + literal.start()].count("\n") + 1
                wrong.append(f"{path.name}:{line}: {literal[0]}")
    assert wrong == []


def test_template_literals_are_cast():
    """A template serves both dtypes: every literal stands behind a cast or has a double's name."""
    wrong = []
    for path in KERNELS.rglob("*.pxi.in"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            code = re.sub(r"#.*", "", line)
            if re.search(r"\bcdef double\b|<double>|s\.par\b|\bdouble\b", code):
                continue
            for m in re.finditer(r"(?<![\w.>])(?<!>-)\d+\.\d+(?![\w.])", code):
                wrong.append(f"{path.name}:{number}: {m[0]}")
    assert wrong == []


# ---- names, sizes, widths ---------------------------------------------------------------

VAGUE = {"utils", "util", "helpers", "helper", "common", "base", "manager", "core", "misc"}
FOLDERS = ("fastgrad", "tests", "bench", "docs", "examples")
WRITTEN = [p for folder in FOLDERS for p in (ROOT / folder).rglob("*.py")
           if "build" not in p.parts and "tf1" not in p.parts] + [ROOT / "setup.py"]


def test_no_vague_file_names():
    assert [str(p.relative_to(ROOT)) for p in WRITTEN if p.stem.strip("_") in VAGUE] == []


def test_lines_are_short():
    """100 columns in the package's Python; kernels, their tests and the build may use 120."""
    wrong = []
    for path in [*WRITTEN, *KERNELS.rglob("*.p*"), *KERNELS.rglob("*.h")]:
        if path.suffix in (".pyc",):
            continue
        inside = PACKAGE in path.parents and KERNELS not in path.parents
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if len(line) > (100 if inside else 120):
                wrong.append(f"{path.relative_to(ROOT)}:{number}: {len(line)} columns")
    assert wrong == []


def test_files_are_small():
    """At most 450 lines; more than 300 warns."""
    lengths = {str(p.relative_to(ROOT)): p.read_text(encoding="utf-8").count("\n")
               for p in WRITTEN}
    long = {name: n for name, n in lengths.items() if n > 300}
    if long:
        warnings.warn(f"longer than 300 lines: {long}", stacklevel=1)
    assert {name: n for name, n in long.items() if n > 450} == {}


def test_functions_are_small():
    """At most 40 lines of code, docstring apart; what is long is a list."""
    wrong = []
    for path in WRITTEN:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 \
                    else node.body[0]
                if node.end_lineno - first.lineno + 1 > 40:
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}")
    assert wrong == []


def test_files_open_with_what_they_own():
    assert [str(p.relative_to(ROOT)) for p in WRITTEN
            if not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))] == []


def test_environment_is_read_in_one_place():
    """config.py has the table; the kernels' door reads its level before anything is loaded."""
    found = [str(p.relative_to(PACKAGE)) for p in PACKAGE.rglob("*.py")
             if re.search(r"\bos\.(environ|getenv)\b", re.sub(
                 r'""".*?"""', "", p.read_text(encoding="utf-8"), flags=re.DOTALL))]
    assert sorted(found) == ["_kernels/__init__.py", "config.py"]


def test_public_names_have_docstrings():
    silent = []
    for name in fastgrad.__all__:
        thing = getattr(fastgrad, name)
        if callable(thing) and not (thing.__doc__ or "").strip():
            silent.append(name)
    assert silent == []


def test_every_function_has_a_name():
    """A traceback that says `in _` tells nothing, and no tool can tell such functions apart."""
    found = [f"{path.relative_to(ROOT)}:{node.lineno}" for path in PACKAGE.rglob("*.py")
             for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
             if isinstance(node, ast.FunctionDef) and node.name == "_"]
    assert found == []
