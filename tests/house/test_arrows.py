"""Who may import whom, by folders; no circles; and what of the package is public.

Read from the sources, imports inside functions included. A module is in the room of its folder, a
file beside the folders is a room of its own.
"""

import ast
import builtins
import importlib
import pathlib
import re

import pytest
from child import run_python

import fastgrad

PACKAGE = pathlib.Path(__file__).parents[2] / "fastgrad"

# ---- the table --------------------------------------------------------------------------

# Rooms, and what they may import beside their own room: that, and all that it may import.
ROWS = [
    ("_kernels config datasets elsewhere errors io uncut version wording",
     "config elsewhere errors uncut wording"),
    ("graph", "config elsewhere errors uncut wording"),
    ("ops", "graph io"),        # operations that take files' bytes apart
    ("linalg", "ops"),
    ("nn", "linalg"),
    ("variables", "ops"),
    ("autodiff", "ops"),
    ("flow", "autodiff variables"),
    ("compiler", "autodiff nn"),
    ("runtime", "compiler variables flow version"),
    ("train image layers losses metrics distributions summary data rnn crf seq2seq "
     "graphdef",
     "flow variables nn io"),
    ("__init__ __main__ compat demo horovod initializers math models onnx plot python_io random "
     "regularizers sklearn testing typing", "*"),
]
# The rooms of the last row but one build on one another, left to right.
LIBRARY = ROWS[-2][0].split()
DOORS = set(ROWS[-1][0].split())
DIRECT = {room: set(below.split()) for rooms, below in ROWS for room in rooms.split()}
# The files outside `_kernels` that know the compiled part.
KNOW_KERNELS = {"compiler/plan.py", "compiler/roofline.py", "compiler/size.py",
                "runtime/build_info.py", "io/checksum.py", "uncut.py", "variables/store.py"}


def below(room):
    """All that a room may import."""
    found, wanted = set(), set(DIRECT[room])
    while wanted:
        one = wanted.pop()
        found.add(one)
        wanted |= DIRECT[one] - found
    if room in LIBRARY:
        found |= set(LIBRARY[:LIBRARY.index(room)])
    return found


def allowed(path, target):
    """Whether the file (a path in the package) may import from the room `target`."""
    room = room_of(path)
    if room in DOORS or room == target:
        return True
    if target in DOORS:
        return False
    if target == "_kernels":
        return path in KNOW_KERNELS
    return target in below(room)


# ---- what the sources import ------------------------------------------------------------

def room_of(path):
    return path.partition("/")[0].removesuffix(".py")


def module_of(path):
    """The dotted name below `fastgrad` of a file; "" for the package itself."""
    parts = path.removesuffix(".py").split("/")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_of(p): p for p in sorted(
    str(p.relative_to(PACKAGE).as_posix()) for p in PACKAGE.rglob("*.py"))}


def imports(path):
    """[(module below `fastgrad`, line)] of every import in a file of the package."""
    found = []
    for node in ast.walk(ast.parse((PACKAGE / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(a.name[9:], node.lineno) for a in node.names
                      if a.name.partition(".")[0] == "fastgrad"]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: a relative import"
            if node.module.partition(".")[0] == "fastgrad":
                module = node.module[9:]
                for a in node.names:
                    inner = f"{module}.{a.name}".lstrip(".")
                    found.append((inner if inner in FILES else module, node.lineno))
    return found


def test_every_folder_has_its_row():
    assert sorted({room_of(p) for p in FILES.values()} - set(DIRECT)) == []


def test_every_folder_says_what_it_is():
    """In one sentence, the first line of its __init__.py."""
    for folder in {p.parent for p in PACKAGE.rglob("*.py")}:
        doc = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
        first = (doc or "").partition("\n")[0]
        assert first and len(first) <= 100, folder


def test_import_arrows():
    wrong = [f"{path}:{line}: {room_of(path)} may not import {target or '__init__'}"
             for path in FILES.values() for target, line in imports(path)
             if not allowed(path, target.partition(".")[0] or "__init__")]
    assert wrong == []


def test_the_arrows_have_teeth():
    assert not allowed("graph/graph.py", "ops") and not allowed("train/saver.py", "runtime")
    assert not allowed("runtime/session.py", "_kernels") and not allowed("linalg/expm.py", "nn")
    assert not allowed("layers/dense.py", "losses") and not allowed("layers/dense.py", "compiler")
    assert not allowed("compiler/ir.py", "variables") and not allowed("nn/clip.py", "testing")
    assert not allowed("variables/scopes.py", "flow") and not allowed("io/png.py", "graph")
    assert allowed("nn/clip.py", "ops") and allowed("metrics/counts.py", "losses")
    assert allowed("compiler/plan.py", "_kernels") and allowed("compat/v1.py", "runtime")


def test_no_circle():
    """Of modules. A folder's __init__.py counts for what it imports itself."""
    arrows = {module: {t for t, _ in imports(path) if t in FILES and t != module}
              for module, path in FILES.items()}
    left = dict(arrows)
    while ends := [m for m, targets in left.items() if not targets & left.keys()]:
        for m in ends:
            del left[m]
    assert {m: sorted(targets & left.keys()) for m, targets in left.items()} == {}


def test_imports_stand_at_the_top():
    """A late import hides an arrow; only doors have some, so that they open when asked."""
    late = []
    for path in FILES.values():
        tree = ast.parse((PACKAGE / path).read_text(encoding="utf-8"))
        top = {n.lineno for n in tree.body}
        late += [f"{path}:{line}" for _, line in imports(path)
                 if line not in top and room_of(path) not in DOORS]
    assert late == []


def test_rooms_of_the_engine_import_nothing_by_themselves():
    """Or list their files, where files register things."""
    for folder in ("autodiff", "compiler", "flow", "graph", "io", "runtime", "variables"):
        assert imports(f"{folder}/__init__.py") == []
    for folder in ("ops", "compiler/rules", "compiler/layout"):
        listed = {t.rpartition(".")[2] for t, _ in imports(f"{folder}/__init__.py")}
        assert listed == {p.stem for p in (PACKAGE / folder).glob("*.py")} - {"__init__"}


def test_kernels_import_nothing_of_the_package():
    kernels = PACKAGE / "_kernels"
    for path in FILES.values():
        if room_of(path) == "_kernels":
            assert [t for t, _ in imports(path) if t.partition(".")[0] != "_kernels"] == []
    for path in [p for p in kernels.rglob("*") if ".p" in p.name and p.suffix not in (".py", ".pyc")]:
        for line in path.read_text(encoding="utf-8").splitlines():
            words = line.split()
            if words[:1] in (["from"], ["cimport"], ["import"]) and words[1:] and \
                    words[1].partition(".")[0] == "fastgrad":
                assert words[1].startswith("fastgrad._kernels"), f"{path.name}: {line}"


# ---- what is public ---------------------------------------------------------------------

NAMESPACES = """crf datasets distributions errors image initializers layers linalg losses math
    metrics nn plot python_io random regularizers rnn seq2seq summary testing train
    typing""".split()
HIDE_BUILTINS = ["abs", "bool", "pow", "range", "round", "slice"]


def test_dir_is_the_public_names():
    """No folder of the implementation among them, and each is there."""
    hiding = {n for n in vars(fastgrad) if n[0] != "_" and hasattr(builtins, n)}
    assert hiding == set(HIDE_BUILTINS)
    assert set(dir(fastgrad)) == {*fastgrad.__all__, *HIDE_BUILTINS, *NAMESPACES, "__version__"}
    for name in dir(fastgrad):
        getattr(fastgrad, name)
    assert not set(fastgrad.__all__) & ({room_of(p) for p in FILES.values()} - {"nn", "train"})


@pytest.mark.parametrize("name", [*NAMESPACES, "compat.v1"])
def test_namespaces_import(name):
    """By their paths, and as attributes of the package."""
    module = importlib.import_module(f"fastgrad.{name}")
    assert name == "compat.v1" or getattr(fastgrad, name) is module


def test_gradients_is_the_function():
    assert callable(fastgrad.gradients)


def test_tables_have_their_names():
    for name in NAMESPACES:
        module = importlib.import_module(f"fastgrad.{name}")
        for public in getattr(module, "__all__", ()):
            thing = getattr(module, public)
            assert not isinstance(thing, type(fastgrad.errors)), f"{name}.{public} is a module"


def test_namespaces_load_when_they_are_asked_for():
    code = ("import fastgrad, sys; print(*[m for m in sys.modules if m.startswith('fastgrad.')]);"
            "print(fastgrad.layers.dense.__name__, fastgrad.metrics.auc.__name__)")
    done = run_python("-c", code)
    loaded, names = done.stdout.splitlines()
    for name in ("layers", "losses", "metrics", "summary", "distributions", "testing", "datasets"):
        assert f"fastgrad.{name}" not in loaded.split()
    assert names == "dense auc"


# ---- the two names of an operation's type -----------------------------------------------

def test_the_engine_asks_for_its_own_types():
    """`Operation.op_type`; `.type` is what users see, TensorFlow's word in TensorFlow's graphs."""
    asks = re.compile(r"\b(op|node|operation|o|op_)\.type\b")
    wrong = [f"{path}:{i}" for path in FILES.values()
             if not path.startswith(("graphdef/", "compat/", "onnx/", "graph/names.py"))
             for i, line in enumerate((PACKAGE / path).read_text(encoding="utf-8").splitlines(), 1)
             if asks.search(line)]
    assert wrong == []
