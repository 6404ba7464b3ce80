"""Writes the pages of the reference: every public name once, where its room's page is.

Texts come from docstrings, by autodoc. What a declaration knows of an operation (operands, dtypes,
gradient, kernel) is added by `add_declaration`. A public name that no page takes fails the build.
"""

import importlib
import inspect
import typing

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad.graph.accepted import ACCEPTED
from fastgrad.graph.dtypes import DType
from fastgrad.graph.opdef import OPS, OpDef
from fastgrad.graph.registry import _GRADIENTS

# page -> (title, introduction, the folders and files whose public names stand there)
TOPICS = {
    "graphs": ("Graphs and sessions", "Building graphs, feeding them, running them.",
               "graph runtime autodiff graphdef models ops.state ops.custom_gradient "
               "ops.indexed_slices ops.checks"),
    "variables": ("Variables, scopes and collections", "What lasts from run to run, and its names.",
                  "variables graph.collection graph.name_scope"),
    "math": ("Elementwise mathematics", "Operations on each element, with NumPy's broadcasting.",
             "ops.arithmetic ops.comparison ops.cast ops.unary ops.trig ops.divide ops.special "
             "ops.logic nn.activations"),
    "reductions": ("Reductions, scans and segments", "From many numbers to fewer.",
                   "ops.reduce ops.argmax ops.logsumexp ops.scan ops.counts ops.segment ops.norms "
                   "nn.softmax nn.clip"),
    "arrays": ("Shapes, indices and data movement", "Making, cutting, joining and picking.", "ops"),
    "matrices": ("Matrices", "Products, solving, factoring. `fastgrad.linalg` has TensorFlow's "
                 "names for the same.", "linalg"),
    "draws": ("Random numbers", "New numbers in each run.", "ops.random"),
    "flow": ("Control flow", "Operations made of functions, and of order.", "flow"),
}
NAMESPACES = {
    "nn": "Neural networks", "train": "Optimizers, schedules, saving",
    "layers": "Layers", "image": "Images", "losses": "Losses",
    "metrics": "Metrics over several runs",
    "initializers": "Initializers", "regularizers": "Regularizers",
    "linalg": "Linear algebra by TensorFlow's names", "math": "Mathematics by TensorFlow's names",
    "random": "Random numbers by TensorFlow's names", "distributions": "Distributions",
    "summary": "Summaries for TensorBoard", "testing": "Checks for your own operations",
    "rnn": "Recurrent nets", "seq2seq": "Sequence to sequence models",
    "crf": "Conditional random fields", "python_io": "TFRecord files",
    "datasets": "Data that comes along", "errors": "Errors", "plot": "Pictures by matplotlib",
    "typing": "Types for annotations",
}
RETURNED = {"graphs": ["fastgrad.runtime.history.History", "fastgrad.compiler.plan.Plan"]}
ELSEWHERE = {"GradientDescentOptimizer", "__version__"}      # on the page of `train`; not a thing
INHERIT = {"fastgrad.Session"}
DTYPE = {
    "promote": "operands are brought to one dtype by NumPy's rules",
    "promote_float": "operands are brought to one dtype, a floating one, by NumPy's rules",
    "quotient_dtype": "operands are brought to one dtype; quotients of integers are float64",
    "_of_variable": "values take the variable's dtype",
    "_first_of": "the first operand's", "_truth": "truth values",
}

SHAPE = {
    "elementwise": "elementwise; several operands broadcast as NumPy's do",
    "_same": "the result has the operand's shape",
    "_like_first": "the result has the operand's shape",
    "_reduced": "``axis`` goes, or stays as 1 with ``keepdims``", "_arg_shape": "``axis`` goes",
    "_scanned": "the result has the operand's shape",
    "_like_both": "variable and value have one shape",
    "_by_segment": "the first dimensions become ``num_segments``",
    "_sorted_shape": "the first dimension becomes the number of segments",
    "_square": "square matrices (..., n, n)", "_given_shape": "as given",
}


def write(folder):
    """Write all pages; files whose text is as before are left alone, so that builds are quick."""
    folder.mkdir(exist_ok=True)
    for name, text in pages().items():
        path = folder / f"{name}.rst"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def pages():
    """{file name less its ending: text} of the reference.

    Raises
    ------
    LookupError
        If a public name has no page.
    """
    found, seen = {}, {}
    names = {page: [] for page in TOPICS}
    for name in dir(fg):
        thing = getattr(fg, name)
        if inspect.ismodule(thing) or name in ELSEWHERE or isinstance(thing, DType):
            continue
        names[page_of(name, thing)].append(f"fastgrad.{name}")
        seen[id(thing)] = f"fastgrad.{name}"
    for page, (title, text, _) in TOPICS.items():
        extra = dtypes() if page == "graphs" else ""
        found[page] = (heading(title) + text + "\n\n" + extra + summary(names[page])
                       + "".join(entry(n) for n in names[page] + RETURNED.get(page, [])))
    for name, title in NAMESPACES.items():
        found[f"fastgrad.{name}"] = namespace(name, title, seen)
    found["compat"] = compat()
    found["index"] = index()
    return found


def page_of(name, thing):
    """The page that takes a public name: that of its file, else that of its folder."""
    if thing.__module__ == "fastgrad":
        return "graphs"
    rooms = {f"fastgrad.{m}": page for page, (_, _, modules) in TOPICS.items()
             for m in modules.split()}
    file = thing.__module__ if name != "AUTO_REUSE" else "fastgrad.variables"
    page = rooms.get(file, rooms.get(file.rpartition(".")[0]))
    if page is None:
        raise LookupError(f"no page of the reference takes {file}.{name}; give its folder to one "
                          "in docs/make_reference.py.")
    return page


def heading(title, line="="):
    return f"{title}\n{line * len(title)}\n\n"


def summary(names):
    """A table of names with the first lines of their docstrings."""
    rows = "".join(f"   {name}\n" for name in names)
    return f".. autosummary::\n   :nosignatures:\n\n{rows}\n"


def entry(name):
    """The directive for one name."""
    module, _, last = name.rpartition(".")
    thing = getattr(importlib.import_module(module), last)
    if not isinstance(thing, type):
        alias = typing.get_origin(thing) is not None
        kind = "autofunction" if callable(thing) and not alias else "autodata"
        return f".. {kind}:: {name}\n\n"
    inherited = "   :inherited-members: object\n" if name in INHERIT else ""
    return f".. autoclass:: {name}\n   :members:\n{inherited}\n"


def dtypes():
    names = [f"``{n}``" for n in dir(fg) if isinstance(getattr(fg, n), DType)]
    return f"Dtypes, as NumPy names them: {', '.join(names)}.\n\n"


def public(module):
    """The names of a namespace."""
    if module.__name__ == "fastgrad.errors":
        return [n for n, t in vars(module).items() if isinstance(t, type)
                and issubclass(t, Exception) and not n.startswith("_")]
    if hasattr(module, "__all__"):
        return list(module.__all__)
    return [n for n in dir(module) if not n.startswith("_")
            and not inspect.ismodule(getattr(module, n))]


def namespace(name, title, seen):
    """A page for `fastgrad.name`; what has its place on another page is only listed."""
    module = importlib.import_module(f"fastgrad.{name}")
    own, others = [], []
    for n in public(module):
        known = seen.get(id(getattr(module, n)))
        if known is None:
            own.append(f"fastgrad.{name}.{n}")
            seen[id(getattr(module, n))] = own[-1]
        else:
            others.append((f"fastgrad.{name}.{n}", known))
    first = inspect.getdoc(module).splitlines()[0]
    text = heading(f"fastgrad.{name}: {title[0].lower() + title[1:]}") + first + "\n\n"
    if own:
        text += summary(own)
    if others:
        rows = "".join(f"   * - ``{n}``\n     - :obj:`{known}`\n" for n, known in others)
        text += heading("Also here", "-") if own else ""
        text += f".. list-table::\n   :header-rows: 1\n\n   * - name\n     - described as\n{rows}\n"
    if own:
        text += heading("One by one", "-")
    return text + "".join(entry(n) for n in own)


def compat():
    """What `fastgrad.compat.v1` has: by name only, since TensorFlow's documentation holds."""
    names = [n for n in dir(tf) if not n.startswith("_")]
    same = [n for n in names if getattr(fg, n, None) is getattr(tf, n)]
    rest = [n for n in names if n not in same]
    lists = [("Names that mean the same as in fastgrad", same),
             ("Names bound to TensorFlow's habits, and its modules", rest)]
    text = heading("fastgrad.compat.v1") + (
        "TensorFlow 1's names with TensorFlow's rules for literals, dtypes and variables without "
        "a value. :doc:`/tf1_symbols` tells how far each name goes that public scripts use.\n\n")
    for title, group in lists:
        text += heading(title, "-") + ", ".join(f"``{n}``" for n in group) + "\n\n"
    return text


def index():
    """The page that lists the others."""
    topics = "".join(f"   {page}\n" for page in TOPICS)
    spaces = "".join(f"   fastgrad.{name}\n" for name in NAMESPACES)
    return (heading("Reference")
            + "Every public name, from its docstring. For an operation, the lines *operands*, "
            "*shapes*, *dtypes*, *gradient* and *kernel* are read off its declaration; examples "
            "are run by the tests, each in a fresh graph after ``from fastgrad import *`` and, for "
            "names with a dot, ``from fastgrad import losses, metrics`` and so on.\n\n"
            ".. toctree::\n   :caption: By subject\n   :maxdepth: 1\n\n" + topics
            + "\n.. toctree::\n   :caption: By namespace\n   :maxdepth: 1\n\n" + spaces
            + "   compat\n")


# ---- what a declaration says ------------------------------------------------------------

def add_declaration(app, what, name, obj, options, lines):
    """A docstring's last lines, for an operation: its declaration in words."""
    opdef = getattr(obj, "opdef", None)
    if opdef is None and what == "function" and name.startswith("fastgrad."):
        opdef = OPS.get(getattr(obj, "__name__", "").rstrip("_"))
    if not isinstance(opdef, OpDef) or not opdef.tensors and opdef.type not in _GRADIENTS:
        return
    lines += ["", ".. container:: declaration", "",
              *(f"   :{key}: {text}" for key, text in declaration(opdef)), ""]


def declaration(opdef):
    """[(what, in words), ...] of an OpDef."""
    found = []
    if opdef.tensors:
        found.append(("Operands", ", ".join(f"``{t}``".replace("``*", "``\\*")
                                            if t.startswith("*") else f"``{t}``"
                                            for t in opdef.tensors)))
    shape = SHAPE.get(getattr(opdef.infer, "__name__", None))
    if shape is not None:
        found.append(("Shapes", shape))
    rule = DTYPE.get(getattr(opdef.dtype, "__name__", None), "each operand keeps its own")
    if opdef.out is not None and not callable(opdef.out):
        rule += f"; the result is ``{opdef.out}``"
    if opdef.type in ACCEPTED:
        rule += "; in ``compat.v1`` " + ", ".join(sorted(ACCEPTED[opdef.type]))
    found.append(("Dtypes", rule))
    rule, _, _ = _GRADIENTS.get(opdef.type, (None, None, None))
    found.append(("Gradient", "yes, made of operations that have gradients of their own"
                  if rule is not None else "none"))
    found.append(("Kernel", f"compiled, family ``{opdef.form}``" if opdef.form
                  else "rewritten to operations that have one, or run as a NumPy step, which "
                  "`explain` marks"))
    return found
