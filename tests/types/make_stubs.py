"""Writes the stubs (`.pyi`) of the public modules from what the package declares.

Run by hand after a change of public names or signatures:

    python tests/types/make_stubs.py

The stubs are checked in, and `test_stubs.py` compares them with what this writes: an editor shows
them in a clone that nobody built, and a change of a signature shows in its diff. A name is declared
in the first module that has it and imported by the others; `classes.pyi` and `classes_v1.pyi` spell
out the classes whose types matter most, `annotations.py` has tables for the rest.
"""

import ast
import importlib
import inspect
import pathlib
import re
import sys
import textwrap
import types

from declarations import SPECIAL, function, member, plain, tensors, value_type
import annotations as tables

ROOT = pathlib.Path(__file__).parents[2]
HERE = pathlib.Path(__file__).parent
NAMESPACES = ("rnn", "rnn.rnn_cell", "seq2seq", "seq2seq.legacy", "crf", "nn", "linalg", "math",
              "random", "image", "initializers", "layers", "losses", "metrics",
              "train", "summary", "distributions", "regularizers", "errors", "testing", "datasets",
              "plot", "python_io", "compat")
FOLDERS = ("fastgrad.compat._v1", "fastgrad.compat._v1.contrib", "fastgrad.compat._v1.contrib.slim",
           "fastgrad.compat._v1.keras")
BESIDE = "fastgrad.compat._v1"
HEAD = '"""Types of `{name}`. Written by tests/types/make_stubs.py; do not edit."""\n\n'
# what a stub imports of it: the names that it mentions
IMPORTS = (("builtins", "bool as _bool"), ("collections.abc", "Callable Iterable Mapping Sequence"),
           ("os", "PathLike"), ("typing", "Any"), ("numpy.typing", "ArrayLike NDArray"),
           ("matplotlib.axes", "Axes"),
           ("fastgrad", "DType Graph Operation Session SparseTensor Tensor TensorShape Variable "
            "VariableScope _History _LogDet _QR _TopK"),
           ("fastgrad.typing", "DTypeLike Feeds ShapeLike TensorLike"))


class Stubs:
    """The text of every stub, and where each thing is declared."""

    def __init__(self):
        self.home = {}              # id of a thing -> (module, name)
        self.kept = []              # the things: an id is no other's while it lives
        self.texts = {}

    def module(self, name, members, spelt=""):
        """Write one stub: what is declared elsewhere is imported, the rest declared here."""
        declared = names_in(spelt)
        imports, body, again = [], [], []
        for key in sorted(members, key=lambda n: (depth(members[n]), n)):
            thing = members[key]
            home = self.home.get(id(plain(thing)))
            if key in declared:
                self._settle(thing, name, key)
            elif home is not None and home[0] == name and home[1] != key:
                again.append(f"{key} = {home[1]}")
            elif home is not None and (
                    home != (name, key) or isinstance(thing, types.ModuleType)):
                imports.append(imported(home, key))
            elif isinstance(thing, types.ModuleType):
                raise ValueError(f"{name}.{key} is a module that has no stub")
            elif isinstance(thing, type):
                body.append(self._class(name, key, thing))
                self._settle(thing, name, key)
            elif inspect.isroutine(thing):
                body.append(function(name, key, thing))
                self._settle(thing, name, key)
            else:
                body.append(f"{key}: {value_type(thing)}")
        text = "\n\n".join(part.strip("\n") for part in (
            spelt, "\n".join(imports), "\n".join([*body, *again])) if part.strip())
        self.texts[name] = HEAD.format(name=name) + (
            text if name == "fastgrad" else with_imports(text)) + "\n"

    def _settle(self, thing, module, key):
        self.kept.append(thing)
        self.home.setdefault(id(plain(thing)), (module, key))

    def _class(self, module, name, cls):
        """A class by its own methods and properties, and those of bases that nobody sees."""
        bases, hidden = [], [cls]
        for base in cls.__mro__[1:-1]:
            if id(base) in self.home:
                bases = [self.home[id(base)]]
                break
            if base.__name__.startswith("_") or base.__module__.startswith("fastgrad"):
                hidden.append(base)
        before, base = "", ""
        if issubclass(cls, BaseException):
            base, hidden = f"({', '.join(b.__name__ for b in cls.__bases__)})", [cls]
        elif bases:
            where, shown = bases[0]
            if where == module:
                base = f"({shown})"
            else:
                before = f"from {where} import {shown} as _{shown}\n"
                base = f"(_{shown})"
        lines, seen, wide = [], set(), tensors(cls)
        for owner in hidden:
            for key, thing in vars(owner).items():
                shown = not key.startswith("_") or key in SPECIAL or key == "__init__"
                if shown and key not in seen:
                    seen.add(key)
                    lines += member(wide, [c.__name__ for c in cls.__mro__], key, thing)
        inherited = {key for base in cls.__mro__ if base not in hidden for key in vars(base)}
        for key in (key for owner in hidden for key in assigned(owner)):
            if key not in seen and key not in inherited:
                seen.add(key)
                lines.append(f"    {key}: {tables.METHODS.get(f'{name}.{key}', 'Any')}")
        return f"\n{before}class {name}{base}:\n" + ("\n".join(lines) or "    ...") + "\n"


def leaf(module):
    return module.__name__.rpartition(".")[2]


def imported(home, key):
    """The import of a name that others import from here: only one under its own name is such."""
    if home[1] == key:
        return f"from {home[0]} import {key} as {key}"
    return f"from {home[0]} import {home[1]} as _{home[1]}\n{key} = _{home[1]}"


def depth(thing):
    """Classes come before what is none, and behind their bases."""
    return len(thing.__mro__) if isinstance(thing, type) else 1000


def assigned(cls):
    """The public attributes that a class's own methods set."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError):
        return []
    return sorted({t.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
                   and isinstance(node.ctx, ast.Store) and isinstance((t := node).value, ast.Name)
                   and t.value.id == "self" and not t.attr.startswith("_")})


def names_in(text):
    """The names that a stub's text declares or imports at its top level."""
    found = set()
    for node in ast.parse(text).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            found.add(node.name)
        elif isinstance(node, ast.AnnAssign):
            found.add(node.target.id)
        elif isinstance(node, ast.Assign):
            found.update(t.id for t in node.targets if t.id != "__all__")
        elif isinstance(node, ast.ImportFrom):
            found.update(a.asname for a in node.names if a.asname == a.name)
    return found


def with_imports(text):
    """The text behind imports of what it mentions without declaring it."""
    lines = []
    for module, names in IMPORTS:
        names = [names] if " as " in names else names.split()
        declared = names_in(text)
        used = [n for n in names if mentions(text, n.rpartition(" ")[2]) and n not in declared]
        if used:
            missing = "  # type: ignore" if module.startswith("matplotlib") else ""
            lines.append(f"from {module} import {', '.join(used)}{missing}")
    return "\n".join(lines) + "\n\n" * bool(lines) + text


def mentions(text, word):
    return re.search(rf"(?<![\w.]){word}\b", text) is not None


# ---- the modules ------------------------------------------------------------------------

def public(module):
    """The public names of a namespace."""
    names = getattr(module, "__all__", None)
    if names is None:
        names = [n for n, t in vars(module).items() if n[0] != "_" and (
            n.isupper() or getattr(t, "__module__", "") == module.__name__) and (
                module.__name__ != "fastgrad.errors" or isinstance(t, type) or n.isupper()
                or n.endswith(("_type", "_code")))]
    return {n: getattr(module, n) for n in names}


def root_members(fastgrad):
    """What `dir(fastgrad)` has but the namespaces."""
    return {n: getattr(fastgrad, n) for n in dir(fastgrad) if n == "__version__" or not isinstance(
        getattr(fastgrad, n), types.ModuleType)}


def make():
    """{path from the root of the project: text} of all stubs."""
    import fastgrad
    import fastgrad.compat.v1 as v1
    stubs = Stubs()
    late = "".join(f"from fastgrad import {n} as {n}\n" for n in sorted([*NAMESPACES, "typing"])
                   if n != "compat" and "." not in n)
    for module in (fastgrad.nn, v1.nn, v1.contrib):     # names that are loaded when asked for
        for name in dir(module):
            getattr(module, name)
    spelt = (HERE / "classes.pyi").read_text(encoding="utf-8")
    for space in ("train", "initializers"):     # beside their bases
        module = importlib.import_module(f"fastgrad.{space}")
        for name, thing in public(module).items():
            if isinstance(thing, type):
                stubs._settle(thing, f"fastgrad.{space}", name)
    stubs.module("fastgrad", root_members(fastgrad), spelt="\n".join(
        (spelt, late, starred(fastgrad))))
    for name in NAMESPACES:
        module = importlib.import_module(f"fastgrad.{name}")
        late = {n: getattr(module, n) for n in getattr(module, "LATE", ())}
        if "." in name:
            stubs.home[id(module)] = tuple(module.__name__.rsplit(".", 1))
        stubs.module(f"fastgrad.{name}", {**public(module), **late}, spelt=starred(module))
    compat(stubs, v1)
    return {path_of(name): text for name, text in stubs.texts.items()}


def starred(module):
    """What `from module import *` brings, where the module says so."""
    names = ", ".join(f'"{n}"' for n in sorted(getattr(module, "__all__", ())))
    lines = textwrap.fill(f"{names}]", 98, initial_indent="    ", subsequent_indent="    ")
    return f"__all__ = [\n{lines}" if names else ""


def compat(stubs, v1):
    """TensorFlow 1's names: those that mean the same as ours are ours.

    Its modules are made when it is imported and have no files; their stubs lie in a folder.
    """
    spaces = {n: m for n, m in vars(v1).items() if isinstance(m, types.ModuleType)
              and n[0] != "_" and n != "compat"}
    for name in sorted(spaces, key=lambda n: (n == "app", n)):      # app has flags
        space(stubs, f"{BESIDE}.{name}", spaces[name])
    spelt = (HERE / "classes_v1.pyi").read_text(encoding="utf-8")
    stubs.module("fastgrad.compat.v1", {n: t for n, t in vars(v1).items() if n[0] != "_"
                                        and n != "compat"}, spelt=spelt)


def space(stubs, name, module):
    """A module of v1: ours, if it has the same names for the same things, or a stub of its own."""
    if id(module) in stubs.home:
        return
    members = {n: t for n, t in vars(module).items() if n[0] != "_"}
    ours = sys.modules.get(f"fastgrad.{leaf(module)}")
    if ours is module:
        stubs.home[id(module)] = ("fastgrad", leaf(module))
        return
    if ours is not None and members and all(
            same(t, getattr(ours, n, None)) for n, t in members.items()):
        stubs.home[id(module)] = ("fastgrad", leaf(ours))
        return
    for inner, thing in members.items():
        if isinstance(thing, types.ModuleType):
            space(stubs, f"{name}.{inner}", thing)
    parent, _, last = name.rpartition(".")
    stubs.home[id(module)] = (parent, last)
    stubs.module(name, members)


def same(thing, ours):
    """Whether a name means what it means here; a module does if its names do."""
    if isinstance(thing, types.ModuleType) and isinstance(ours, types.ModuleType):
        return all(same(t, getattr(ours, n, None)) for n, t in vars(thing).items() if n[0] != "_")
    return plain(thing) is plain(ours)


def path_of(name):
    """Where the stub of a module lies, from the root of the project."""
    path = pathlib.Path(*name.split("."))
    folder = (ROOT / path / "__init__.py").exists() or name in FOLDERS
    return (path / "__init__.pyi" if folder else path.with_suffix(".pyi")).as_posix()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    for path, text in make().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")
