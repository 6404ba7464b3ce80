"""What lower folders ask of upper ones: slots of graph/hooks.py, each filled once, and no others."""

import ast
import importlib
import pathlib

import pytest

import fastgrad
from fastgrad.graph import hooks

PACKAGE = pathlib.Path(fastgrad.__file__).parent


def filling(name):
    """The files that fill a slot."""
    return [p.relative_to(PACKAGE).as_posix() for p in PACKAGE.rglob("*.py")
            if f'@hooks.fills("{name}")\n' in p.read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", sorted(hooks.SLOTS))
def test_each_slot_is_filled_where_it_says(name):
    (path,) = filling(name)
    assert path in hooks.SLOTS[name].__doc__
    module = path.removesuffix(".py").replace("/", ".")
    importlib.import_module(f"fastgrad.{module}")       # some are loaded at the first call
    assert getattr(hooks, name).__module__ == f"fastgrad.{module}"


def test_a_slot_is_filled_once():
    with pytest.raises(RuntimeError, match="filled already, by fastgrad.ops.state"):
        hooks.fills("make_constant")


def test_an_unfilled_slot_says_so():
    with pytest.raises(hooks.UnfilledError, match="import fastgrad first"):
        hooks.SLOTS["make_constant"](1, None, None, None)


def test_no_other_hooks():
    """No lists of one element that another file fills, and no class that one patches."""
    classes = {node.name for p in PACKAGE.rglob("*.py")
               for node in ast.parse(p.read_text(encoding="utf-8")).body
               if isinstance(node, ast.ClassDef)}
    found = []
    for p in PACKAGE.rglob("*.py"):
        tree = ast.parse(p.read_text(encoding="utf-8"))
        own = {n.name for n in tree.body if isinstance(n, ast.ClassDef)}
        imported = {(a.asname or a.name) for n in tree.body if isinstance(n, ast.ImportFrom)
                    and (n.module or "").startswith("fastgrad") for a in n.names}
        for node in tree.body:
            for target in getattr(node, "targets", []):
                for t in target.elts if isinstance(target, ast.Tuple) else [target]:
                    patch = isinstance(t, ast.Attribute) and isinstance(t.value, ast.Name) \
                        and t.value.id in classes - own
                    hook = isinstance(t, ast.Subscript) and isinstance(t.value, ast.Name) \
                        and t.value.id in imported and isinstance(t.slice, ast.Constant) \
                        and t.slice.value == 0
                    if patch or hook:
                        found.append(f"{p.relative_to(PACKAGE).as_posix()}:{node.lineno}")
    assert {f.partition(":")[0] for f in found} == {"ops/operators.py"}
