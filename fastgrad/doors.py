"""What leaves the library at a public door: errors without its frames, warnings at the user's line.

An error that fastgrad words says all there is to say; between the user's call and the raise lie a
dozen frames of compiler passes that tell a user nothing and hide their own line. So a door (what
users call) takes the package's frames out of the traceback, of what caused the error too. Frames of
users' functions that were called on the way stay. Any other exception is a fault of the package
and keeps every frame; FASTGRAD_TRACEBACK=full keeps them always.
"""

import functools
import types
import warnings

from fastgrad import config
from fastgrad.errors import FastgradError, OpError, is_ours, is_passed_over, user_frame

WORDED = (FastgradError, OpError)


def door(fn):
    """Decorator of what users call: see the top of this file."""
    @functools.wraps(fn)
    def opened(*args, **kwargs):
        try:
            return fn(*args, **kwargs)
        except WORDED as error:
            raise shortened(error)  # frames left out here: FASTGRAD_TRACEBACK=full shows them
    return opened


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
    kept = None
    for entry in reversed(entries):
        kept = types.TracebackType(kept, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return kept


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
