"""The stubs are what the package declares, and what its functions return is what they say."""

import ast
import importlib.util
import inspect
import pathlib
import sys

import fastgrad
import fastgrad.compat.v1
import fastgrad.typing
import make_stubs
import pytest
import snippets
import test_docs
from fastgrad.graph import tensor_shape, valueless
from fastgrad.ops import indexed_slices

HERE = pathlib.Path(__file__).parent
PROGRAMS = sorted(p for p in (HERE / "programs").glob("*.py") if p.stem != "wrong")
DRAWS = "pictures"              # the program that needs matplotlib
RUNNABLE = [p for p in PROGRAMS if p.stem != DRAWS or importlib.util.find_spec("matplotlib")]


def test_stubs_are_up_to_date():
    """After a change of names or signatures: python tests/types/make_stubs.py."""
    made = make_stubs.make()
    found = {str(p.relative_to(make_stubs.ROOT).as_posix()): p.read_text(encoding="utf-8")
             for p in (make_stubs.ROOT / "fastgrad").rglob("*.pyi")}
    assert sorted(found) == sorted(made)
    assert [path for path, text in made.items() if text != found[path]] == []


def test_every_public_name_has_a_type():
    """And no name is typed that is not there."""
    for name in ("", *(f".{n}" for n in make_stubs.NAMESPACES), ".compat.v1"):
        module = importlib.import_module(f"fastgrad{name}")
        path = make_stubs.ROOT / make_stubs.path_of(module.__name__)
        declared = make_stubs.names_in(path.read_text(encoding="utf-8"))
        missing = set(getattr(module, "__all__", ())) - declared
        assert missing == set(), name
        invented = {n for n in declared if n[0] != "_" and not hasattr(module, n)}
        assert invented == set(), name


# ---- the classes that are spelt out -----------------------------------------------------

CLASSES = {"_Dimension": tensor_shape.Dimension, "_History": fastgrad.typing.History,
           "_Plan": fastgrad.typing.Plan,
           "_IndexedSlicesValue": indexed_slices.IndexedSlicesValue}
WRITTEN = {node.name: node for node in ast.parse(
    (HERE / "classes.pyi").read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef)}
SPELT = [n for n in WRITTEN.values() if n.name in CLASSES or hasattr(fastgrad, n.name)]
# what such a class has for the package's own use; `compute` is what tells a user's operation, which
# has a value, from others
INTERNAL = set("""with_values compute add add_op at attempt given keeps kept literals operation_at
    place_of tensor_at exact_name hidden imported libraries differentiating
    opdef op_type node_types id site attrs changes begin left open dims_ count
    index""".split())


@pytest.mark.parametrize("node", SPELT, ids=lambda n: n.name)
def test_spelt_classes_are_true(node):
    """Each method is there with these parameters; and nothing public is missing."""
    cls = CLASSES.get(node.name) or getattr(fastgrad, node.name)
    declared = {n.name: n for n in node.body if isinstance(n, ast.FunctionDef) and not (
        n.decorator_list and isinstance(n.decorator_list[0], ast.Attribute))}     # no setters
    for name, method in declared.items():
        found = inspect.getattr_static(cls, name, None)
        assert found is not None, name
        if method.decorator_list and getattr(method.decorator_list[0], "id", "") == "property":
            assert not inspect.isroutine(found), name
        elif name[:2] != "__" or name in ("__init__", "__call__"):
            args = method.args
            shown = [a.arg for a in (*args.args, args.vararg, *args.kwonlyargs, args.kwarg) if a]
            assert shown[1:] == parameters_of(cls, name), name
    if node.name != "_Plan":                # it is data, most of it of the compiler's
        public = {n for n in dir(cls) if n[0] != "_" and n not in INTERNAL and not isinstance(
            inspect.getattr_static(cls, n), valueless._Elsewhere)}
        assert public - members(node.name) == set()


def members(name):
    """What a class of `classes.pyi` declares, with its bases."""
    node = WRITTEN.get(name)
    if node is None:
        return set()
    own = {n.name if isinstance(n, ast.FunctionDef) else n.target.id for n in node.body
           if isinstance(n, (ast.FunctionDef, ast.AnnAssign))}
    return own.union(*(members(ast.unparse(base)) for base in node.bases))


def parameters_of(cls, name):
    if name == "__init__" and cls.__new__ is not object.__new__ and "__new__" in vars(cls):
        name = "__new__"
    found = list(inspect.signature(inspect.getattr_static(cls, name)
                                   if name != "__new__" else cls.__new__).parameters)
    return found[1:]


def execute(path):
    """Run a program as `python program.py` does, in a graph of its own."""
    fastgrad.reset_default_graph()
    code = compile(path.read_text(encoding="utf-8"), str(path), "exec")
    exec(code, {"__name__": "__main__"})


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_programs_run(path):
    if path not in RUNNABLE:
        pytest.skip("matplotlib is not installed")
    execute(path)


# ---- what functions return --------------------------------------------------------------

def returns():
    """{code of a public function: (its name, what its stub says it returns)}."""
    found = {}
    for path in make_stubs.make():
        module = path.removesuffix(".pyi").removesuffix("/__init__").replace("/", ".")
        if module in sys.modules and "_v1" not in module:
            for name, text in declared_returns(path).items():
                thing = make_stubs.plain(getattr(sys.modules[module], name))
                code = getattr(thing, "__code__", None)
                if code is not None and "@op(" not in inspect.getsource(thing):
                    found[code] = (f"{module}.{name}", text)
    return found


def declared_returns(path):
    tree = ast.parse((make_stubs.ROOT / path).read_text(encoding="utf-8"))
    return {n.name: ast.unparse(n.returns) for n in tree.body if isinstance(n, ast.FunctionDef)}


KINDS = {"Tensor": fastgrad.Tensor, "Operation": fastgrad.Operation, "list[Tensor]": list,
         "tuple[Tensor, Tensor]": tuple, "Variable": fastgrad.Variable, "float": float,
         "tuple[Tensor, Tensor, Tensor]": tuple, "list[Variable]": list, "_bool": bool,
         "list[Any]": list, "dict[Any, Any]": dict, "list[Tensor | Any]": list,
         "tuple[list[Any], Tensor]": tuple, "Graph": fastgrad.Graph, "int": int,
         "VariableScope": fastgrad.VariableScope, "_TopK": tuple, "_QR": tuple, "_Unique": tuple,
         "SparseTensor": fastgrad.SparseTensor}


def fits(value, text):
    if text == "None":
        return value is None
    kind = KINDS.get(text)
    if kind is None:
        return True
    if kind is tuple and text.startswith("tuple[") and len(value) != text.count(",") + 1:
        return False
    return isinstance(value, kind)


def test_functions_return_what_their_stubs_say(tmp_path, monkeypatch):
    """Of all that README, the programs here and the examples in docstrings call."""
    expected, wrong, seen = returns(), set(), set()

    def watch(frame, event, value):
        if event == "return" and frame.f_code in expected:
            name, text = expected[frame.f_code]
            seen.add(name)
            if value is not None and not fits(value, text):     # None: it may have raised
                wrong.add(f"{name} -> {text}: {type(value).__name__}")
    old = sys.getprofile()
    sys.setprofile(watch)
    try:
        for path in RUNNABLE:
            execute(path)
        for block in snippets.blocks(make_stubs.ROOT / "README.md"):
            if block.language == "python" and not block.options:
                fastgrad.reset_default_graph()
                snippets.run(block.text, {"__name__": "readme"})
        for _, test, module in test_docs.EXAMPLES:
            if module.__name__ == "fastgrad.plot" and len(RUNNABLE) < len(PROGRAMS):
                continue
            test_docs.test_example(test, module, tmp_path, monkeypatch)
    finally:
        sys.setprofile(old)
    assert sorted(wrong) == []
    assert len(seen) > 90, len(seen)

