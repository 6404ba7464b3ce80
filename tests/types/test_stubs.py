"""The stubs are what the package declares, and what its functions return is what they say."""

import ast
import importlib
import inspect
import pathlib
import sys

import fastgrad
import fastgrad.compat.v1
import make_stubs
import pytest
import snippets
import test_docs

HERE = pathlib.Path(__file__).parent
PROGRAMS = sorted(p for p in (HERE / "programs").glob("*.py") if p.stem != "wrong")


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


def execute(path):
    """Run a program as `python program.py` does, in a graph of its own."""
    fastgrad.reset_default_graph()
    code = compile(path.read_text(encoding="utf-8"), str(path), "exec")
    exec(code, {"__name__": "__main__"})


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_programs_run(path):
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
        for path in PROGRAMS:
            execute(path)
        for block in snippets.blocks(make_stubs.ROOT / "README.md"):
            if block.language == "python" and not block.options:
                fastgrad.reset_default_graph()
                snippets.run(block.text, {"__name__": "readme"})
        for _, test, module in test_docs.EXAMPLES:
            test_docs.test_example(test, module, tmp_path, monkeypatch)
    finally:
        sys.setprofile(old)
    assert sorted(wrong) == []
    assert len(seen) > 90, len(seen)

