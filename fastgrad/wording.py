"""How messages are worded: the user's line, names of nodes, shapes and sizes.

`call_site` finds the line of the user's program that made a node, `where` names a node and that
line. This module knows nothing of graphs: it reads `.name`, `.op_type` and `.site` of what it is
given.
"""

import os
import sys

# Spelled as the frames of the package's modules spell it: `__file__` made absolute would lose the
# `..` of a sys.path entry that has one.
_PACKAGE = os.path.dirname(sys._getframe().f_code.co_filename) + os.sep
# The demo is a user's program that happens to ship with the package.
_PROGRAMS = (os.path.join(_PACKAGE, "demo.py"),)
_KERNELS = os.path.join("fastgrad", "_kernels") + os.sep     # frames of compiled code
_COMPILED = (".pyx", ".pxi", ".pxd")
_STANDARD = os.path.dirname(os.__file__) + os.sep       # contextlib, threading, runpy, ...
_INSTALLED = tuple(os.sep + folder + os.sep for folder in ("site-packages", "dist-packages"))
_passed = {}                    # file name of code -> whether its lines are nobody's own


def refuse_copy(what):
    """Raise the error of everything that is a part of a graph or runs one."""
    raise TypeError(
        f"{what} cannot be pickled or copied: it is tied to its graph's memory in this process. "
        "Make the graph again where you need it (in the function that a worker runs), and take "
        "the variables' values along: train.Saver, or Variable.value and load.")


def is_ours(path):
    """Whether a file of code is one of the package's; its demo is a user's program."""
    compiled = path.startswith(_KERNELS) and path.endswith(_COMPILED)
    return compiled or path.startswith(_PACKAGE) and path not in _PROGRAMS


def is_passed_over(path):
    """Whether code is no user's: the package's, the standard library's or NumPy's."""
    found = _passed.get(path)
    if found is None:
        found = _passed[path] = _is_passed_over(path)
    return found


def _is_passed_over(path):
    if is_ours(path) or path.startswith("<frozen "):
        return True
    installed = next((path.split(folder, 1)[1] for folder in _INSTALLED if folder in path), None)
    if installed is not None:
        return installed.startswith("numpy" + os.sep)
    return path.startswith(_STANDARD)


def user_frame(depth=1):
    """The innermost frame of a user's code, or None; `depth` frames are not looked at."""
    frame = sys._getframe(depth)
    while frame is not None:
        try:
            if not _passed[frame.f_code.co_filename]:       # a lookup a frame: nodes are many
                return frame
            frame = frame.f_back
        except KeyError:
            is_passed_over(frame.f_code.co_filename)        # learns it
    return None


def call_site():
    """(file, line) of the innermost frame of a user's code, or None."""
    frame = user_frame(2)
    return None if frame is None else (frame.f_code.co_filename, frame.f_lineno)


def show_site(site):
    """A call site in a message: `model.py:31`; of a notebook's cell, `In [2]:3`."""
    path, line = site
    return f"{_cell(path) or os.path.basename(path)}:{line}"


def _cell(path):
    """`In [2]` if the code is a cell of IPython's, else None."""
    if path.startswith("<ipython-input-"):
        return f"In [{path.split('-')[2]}]"
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if hasattr(ipython, "get_ipython") else None
    number = getattr(getattr(shell, "compile", None), "_filename_map", {}).get(path)
    return None if number is None else f"In [{number}]"


def where(node):
    """`matmul 'h' (model.py:31)`: how every message names a node and the user's line."""
    op = getattr(node, "op", node)
    site = getattr(op, "site", None)
    text = f"{op.op_type} '{op.name}'" if op.name != op.op_type else f"'{op.name}'"
    return f"{text} ({show_site(site)})" if site else text


def show_bytes(count):
    """A size in memory as people write it: `2.0 PiB`."""
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB"):
        if count < 1024:
            break
        count /= 1024
    return f"{count:.1f} {unit}" if unit != "bytes" else f"{count} bytes"


def markup(text):
    """Text as it stands in HTML and SVG; the standard library's `html` takes 2 ms to import."""
    for letter, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "#x27")):
        text = text.replace(letter, f"&{name};")
    return text


def sentence(e):
    """The text of an error that another message quotes, closed by a full stop."""
    text = str(e)
    return text if text.endswith((".", "?")) else text + "."


def show_shape(shape):
    """A static shape as people write it: `(None, 784)`, or `unknown shape`."""
    return "unknown shape" if shape is None else str(tuple(shape))


def show_names(names, most=5):
    """Names for a message: all of a few, the first ones of many."""
    names = list(names)
    text = ", ".join(repr(n) for n in names[:most])
    return text + (f" and {len(names) - most} more" if len(names) > most else "")
