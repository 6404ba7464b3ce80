"""What leaves the library at a public door: errors without its frames, warnings at the user's line.

An error that fastgrad words says all there is to say; between the user's call and the raise lie a
dozen frames of compiler passes that tell a user nothing and hide their own line. So a door (what
users call) takes the package's frames out of the traceback, of what caused the error too. Frames of
users' functions that were called on the way stay. Any other exception is a fault of the package
and keeps every frame; FASTGRAD_TRACEBACK=full keeps them always.
"""

import functools
import inspect
import re
import types
import warnings

from fastgrad import config, elsewhere
from fastgrad.errors import FastgradError, OpError
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.wording import is_ours, is_passed_over, user_frame

WORDED = (FastgradError, OpError)
_KEYWORD = re.compile(r"got an unexpected keyword argument '(\w+)'")


def door(fn):
    """Decorator of what users call: see the top of this file."""
    @functools.wraps(fn)
    def opened(*args, **kwargs):
        try:
            return fn(*args, **kwargs)
        except WORDED as error:
            raise shortened(error)  # frames left out here: FASTGRAD_TRACEBACK=full shows them
        except TypeError as error:
            hint(error, fn)
            raise
    return opened


def hint(error, fn):
    """To the TypeError of a call of `fn` with a keyword that it has not, add the one it has."""
    keyword = _KEYWORD.search(str(error)) if _is_of_the_call(error) else None
    if keyword is None:
        return
    parameters = [p.name for p in inspect.signature(fn).parameters.values()
                  if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    meant = elsewhere.keyword(keyword[1], parameters)
    if meant is not None and "Did you mean" not in str(error):
        error.args = (f"{error}. Did you mean {meant!r}?",)


def _is_of_the_call(error):
    """Whether the arguments were refused before the function began: by Python or a Signature."""
    last = error.__traceback__
    if last is None or last.tb_next is None:
        return True
    while last.tb_next is not None:
        last = last.tb_next
    return last.tb_frame.f_code.co_filename == inspect.__file__


def shortened(error):
    """The error, the package's frames taken out of its traceback and of its causes'."""
    if config.FULL_TRACEBACK:
        return error
    seen, todo = set(), [error]
    while todo:
        e = todo.pop()
        if e is not None and id(e) not in seen:
            seen.add(id(e))
            e.__traceback__ = _without_ours(e.__traceback__)
            todo += [e.__cause__, e.__context__]
    return error


def _without_ours(traceback):
    """A traceback less the package's frames, and those of libraries before the first user's."""
    entries = []
    while traceback is not None:
        path = traceback.tb_frame.f_code.co_filename
        if not (is_ours(path) if entries else is_passed_over(path)):
            entries.append(traceback)
        traceback = traceback.tb_next
    shortened = None
    for entry in reversed(entries):
        shortened = types.TracebackType(shortened, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return shortened


def warn(message, kind=UserWarning, site=None):
    """A warning at the line that the user wrote, shown as often as Python's filters say; at
    `site`, if given, each time."""
    if site is not None:
        return warnings.warn_explicit(message, kind, *site)
    frame = user_frame(2)
    if frame is None:
        return warnings.warn(message, kind, stacklevel=2)
    code, names = frame.f_code, frame.f_globals
    warnings.warn_explicit(message, kind, code.co_filename, frame.f_lineno,
                           names.get("__name__", "<unknown>"),
                           names.setdefault("__warningregistry__", {}))


def tell_of_truth(value, what):
    """Warn that `what` got Python's True or False: `a == b` of two nodes, which is no node.

    Nodes are compared by identity, since they are keys of dictionaries; the accuracy that a program
    makes of `argmax(p, 1) == argmax(c, 1)` would be 0.0 in silence.
    """
    if value is True or value is False:
        lib = "tf" if get_default_graph().literals == "tf" else "fastgrad"
        warn(f"{what} got Python's {value}, not a node. If it is the result of `==` or `!=`: these "
             f"compare nodes, not their values; use {lib}.equal(a, b) or {lib}.not_equal(a, b).")
