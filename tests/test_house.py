"""The house's rules, read from the sources: who imports whom, sizes, names, flags, literals.

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

ROOT = pathlib.Path(__file__).parents[1]
PACKAGE = ROOT / "fastgrad"
KERNELS = PACKAGE / "_kernels"

# ---- who may import whom ----------------------------------------------------------------

# Two chains, low to high; a module imports from below only. Modules of one line are equals and
# may not import each other, except the ops, which build on one another.
FRONT = [("uncut",), ("bad_index", "config", "default_graph", "elsewhere", "errors", "names",
                      "records", "streams", "version"),
         ("shapes", "doors", "valueless"), ("interned",), ("literals", "accepted", "value_copy"), ("graph",),
         ("collection", "default_session"), ("registry",),
         ("reference",), ("ops_*",), ("gradients", "variable", "fetches")]
COMPILER = [("ir", "peak"), ("rewrite",), ("lower_*",), ("place", "explain"),
            ("fuse", "partition", "snapshots"), ("specialise",), ("emit",),
            ("emit_*", "failsafe", "strips", "watch"), ("row_strips", "profiling"), ("plan",),
            ("fit", "growth", "partial", "stages"), ("session",), ("compute_gradients",)]
# TensorFlow's library of names: built on the front, and on one another; neither chain knows it.
LIBRARY = {"asserts", "averages", "branches", "contrib", "control", "coordinator", "distribution",
           "distributions", "distributions_discrete", "distributions_kl", "dot", "events",
           "functional", "initializers", "layers", "loops", "losses", "metrics", "metrics_curves", "nn",
           "optimizer", "optimizers", "png", "regularizers", "saver", "schedules", "scopes",
           "summary", "tf_linalg", "tf_math", "tf_random", "train",
           "tensors", "whole_files"}
# Front doors: they may import anything, and nothing imports them but one another.
DOORS = {"__init__", "__main__", "testing", "demo", "datasets", "compat"}
# What the compiler may know of the front.
COMPILER_SEES = {e for line in FRONT for e in line}


def modules():
    """{module of the package: path}, without the compiled core."""
    found = {p.stem: p for p in PACKAGE.glob("*.py")}
    found.update({f"compat.{p.stem}": p for p in (PACKAGE / "compat").glob("*.py")})
    return found


def group(name):
    """The entry of the chains that a module falls under."""
    if name == "slices":                    # the gradient of a lookup: rows, made by ops
        return "ops_*"
    for entry in (e for line in FRONT + COMPILER for e in line):
        if entry == name or entry.endswith("*") and name.startswith(entry[:-1]):
            return entry
    return name.partition(".")[0]


def imports(path):
    """[(module of the package, line)] of every import, those inside functions included."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            parts = node.module.split(".")
            if parts[0] == "fastgrad":
                names = [node.module[9:]] if len(parts) > 1 else [a.name for a in node.names]
                found += [(n, node.lineno) for n in names]
        elif isinstance(node, ast.Import):
            found += [(a.name[9:] or "__init__", node.lineno) for a in node.names
                      if a.name.split(".")[0] == "fastgrad"]
    known = {m.partition(".")[0] for m in modules()} | {"_kernels"}
    return [(n if n.partition(".")[0] in known else "__init__", line) for n, line in found]


def rank(chain, entry):
    return next((i for i, line in enumerate(chain) if entry in line), None)


def allowed(importer, imported):
    mine, theirs = group(importer), group(imported)
    if theirs == "_kernels":
        return importer in ("plan", "uncut")
    if mine in DOORS:
        return True
    if theirs in DOORS:
        return False
    if mine in LIBRARY:
        return theirs in LIBRARY or rank(FRONT, theirs) is not None
    if theirs in LIBRARY:
        return False
    front, back = rank(FRONT, mine), rank(COMPILER, mine)
    if front is not None:
        other = rank(FRONT, theirs)
        return other is not None and (other < front or mine == theirs == "ops_*")
    other = rank(COMPILER, theirs)
    return (theirs in COMPILER_SEES if other is None
            else other < back or mine == theirs == "lower_*")


def test_every_module_has_its_place():
    known = DOORS | LIBRARY | {e for line in FRONT + COMPILER for e in line}
    assert sorted(m for m in modules() if group(m) not in known) == []


def test_import_arrows():
    wrong = [f"{path.name}:{line}: {name} may not import {target}"
             for name, path in modules().items() for target, line in imports(path)
             if not allowed(name, target)]
    assert wrong == []


def test_the_arrows_have_teeth():
    assert not allowed("graph", "registry") and not allowed("train", "session")
    assert not allowed("session", "_kernels") and not allowed("fuse", "emit")
    assert not allowed("ir", "train") and not allowed("gradients", "nn")
    assert not allowed("layers", "plan") and not allowed("session", "layers")
    assert allowed("ops_nn", "ops_math") and allowed("emit", "gradients")


def test_kernels_import_nothing_of_the_package():
    for path in KERNELS.glob("*.py"):
        assert [t for t, _ in imports(path) if group(t) != "_kernels"] == []
    for path in [*KERNELS.rglob("*.pyx"), *KERNELS.rglob("*.px*")]:
        for line in path.read_text(encoding="utf-8").splitlines():
            if re.match(r"\s*(from|c?import)\s+fastgrad\b", line):
                assert "fastgrad._kernels" in line, f"{path.name}: {line}"


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
WRITTEN = [p for folder in ("fastgrad", "tests", "bench") for p in (ROOT / folder).rglob("*.py")
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
