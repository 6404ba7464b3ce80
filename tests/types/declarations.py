"""Declarations of functions and attributes in stubs: `def relu(features: TensorLike) -> Tensor`.

Types come from `annotations.py`, where a name is in its tables, else from what `inspect` shows.
"""

import inspect
import textwrap
import types

import annotations as tables

SPECIAL = ("__call__", "__enter__", "__exit__")


def plain(thing):
    """What a bound or wrapped function or class is made of; other things as they are."""
    if isinstance(thing, types.ModuleType):
        return thing
    if inspect.isroutine(thing) or hasattr(thing, "__wrapped__"):
        return inspect.unwrap(thing)
    if isinstance(thing, type) and type(thing).__name__ == "InTF" and not vars(thing).keys() - {
            "__doc__", "__module__", "__slots__", "__classcell__"}:
        return thing.__mro__[1]
    return thing


def value_type(value):
    """The type of a constant that a module has."""
    for kind in (bool, int, float, str):
        if type(value) is kind:
            return {"bool": "_bool"}.get(kind.__name__, kind.__name__)
    if value is None:
        return "None"
    return "DType" if hasattr(value, "as_numpy_dtype") else "Any"


def function(module, name, thing):
    """A function's declaration."""
    shown = plain(thing)
    shown = getattr(shown, "func", shown)       # a functools.partial's
    opdef = getattr(shown, "opdef", getattr(thing, "opdef", None))
    space = module.rpartition(".")[2]
    returns = tables.RETURNS_OF.get(f"{space}.{name}") or tables.RETURNS.get(name)
    if returns is None and opdef is not None and shown.__name__.strip("_") == opdef.type.strip("_"):
        returns = {0: "Operation", 1: "Tensor"}.get(opdef.outputs, "list[Tensor]")
    made = returns or ("Tensor" if tensors(thing) else "Any")
    return declaration("", name, parameters(
        thing, [f"{space}.{name}", name, shown.__name__], made not in ("Any", "Axes")), made)


def tensors(thing):
    """Whether a function or class belongs to those that take and make tensors."""
    where = getattr(plain(thing), "__module__", "") or ""
    return where.startswith(tuple(f"fastgrad.{room}" for room in (
        "ops", "nn", "linalg", "layers", "losses", "flow", "autodiff", "train.schedules",
        "train.optimizer", "train.adaptive", "train.gradient_descent", "distributions", "summary",
        "variables.initializers")))


def member(wide, owners, key, thing):
    """The lines of one attribute of a class."""
    returns = next((tables.METHODS[f"{o}.{key}"] for o in owners
                    if f"{o}.{key}" in tables.METHODS), "Any")
    if isinstance(thing, property):
        return ["    @property", f"    def {key}(self) -> {returns}: ..."]
    if isinstance(thing, type):
        return [f"    {key}: Any"]
    decorated = []
    if isinstance(thing, (staticmethod, classmethod)):
        decorated, thing = [f"    @{type(thing).__name__}"], thing.__func__
    if not callable(thing):
        return [f"    {key}: {value_type(thing)}"]
    keys = [f"{o}.{key}" for o in owners] + (list(owners) if key == "__init__" else [key])
    if key == "__init__":
        returns = "None"
    elif key == "__exit__":
        returns = "None"
    lines = declaration("    ", key, parameters(thing, keys, wide), returns)
    return [*decorated, *lines.split("\n")]


def declaration(indent, name, shown, returns):
    line = f"{indent}def {name}({', '.join(shown)}) -> {returns}: ..."
    if len(line) <= 100:
        return line
    return "\n".join([f"{indent}def {name}(",
                      *textwrap.wrap(", ".join(s.replace(" ", "\0") for s in shown), 98,
                                     initial_indent=indent + "        ",
                                     subsequent_indent=indent + "        ",
                                     break_long_words=False),
                      f"{indent}) -> {returns}: ..."]).replace("\0", " ")


def parameters(thing, keys, wide):
    """Each parameter with its type and default, and the stars."""
    found, starred, first = [], False, True
    for p in inspect.signature(thing).parameters.values():
        if first and p.name in ("self", "cls", "session"):
            found.append(p.name)
            first = False
            continue
        first = False
        if p.kind is p.KEYWORD_ONLY and not starred:
            found.append("*")
            starred = True
        kind = parameter_type(p, keys, wide)
        if p.kind is p.VAR_POSITIONAL:
            starred = True
            found.append(f"*{p.name}: {kind}")
        elif p.kind is p.VAR_KEYWORD:
            found.append(f"**{p.name}: Any")
        else:
            default = "" if p.default is p.empty else f" = {default_text(p.default)}"
            found.append(f"{p.name}: {kind}{default}")
    return found


def default_text(value):
    simple = value is None or type(value) in (bool, int, float, str)
    # an infinity has no literal
    return repr(value) if simple and value not in (float("inf"), -float("inf")) else "..."


def parameter_type(p, keys, wide):
    if p.name.startswith("_"):
        return "Any"
    for key in keys:
        if f"{key}.{p.name}" in tables.OF_FUNCTION:
            return tables.OF_FUNCTION[f"{key}.{p.name}"]
    kind = tables.PARAMETERS.get(p.name)
    if kind == "str | None" and p.default is p.empty:
        return "str"
    if kind is None:
        kind = by_default(p, wide)
    if p.default is None and not kind.endswith(("None", "Any", "ShapeLike")):
        kind += " | None"
    return kind


def by_default(p, wide):
    if p.default is p.empty:
        return "TensorLike" if wide else "Any"
    if isinstance(p.default, bool):
        return "_bool"
    if isinstance(p.default, str):
        return "str"
    if p.default is None or isinstance(p.default, (int, float)):
        return "TensorLike" if wide else "Any"
    return "Any"
