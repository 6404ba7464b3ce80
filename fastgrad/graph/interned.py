"""Strings as numbers: equal strings are one number, for as long as anybody holds them.

An array of strings is an array of such numbers, of dtype TEXT, so that kernels move and compare
strings without knowing it. Number 0 is the empty string: memory of zeros is empty strings.
Nothing else may look at a number; which operations take strings is in their declaration (`text`).

Decisions
- A string is there as long as an array that `encoded` or `held` made, or any view of it, and
  until the end of the `keeping()` of the thread that named it. Numbers that are copied elsewhere
  (to a variable, into the constants of a plan) hold nothing: who copies them keeps a `held` copy.
- No number is given twice, so a number that outlives its string is an error and never another
  string.
- There is no lock: a signal handler or a finaliser may name strings in the middle of this. What
  must be whole is one call into C: `setdefault`, and the removal of an entry, which the end of
  its last holder calls directly. A holder is an array without dimensions since that is the
  plainest object with weak references: the collector does not know it, so it ends at once.
"""

import functools
import itertools
import threading
import weakref

import numpy as np

from fastgrad.errors import DTypeError, ShapeError
from fastgrad.graph.dtypes import TEXT

_numbers = itertools.count()
_holders = {}               # bytes -> weak reference to the holder, whose value is the number
_strings = {}               # number -> (bytes, weak reference to the holder)


class _Keeping(threading.local):
    lists = ()              # one of holders for each `keeping()` that is open, the outermost first


_keeping = _Keeping()


class keeping:
    """In a `with`: every string that this thread names is held until the end."""

    __slots__ = ("before",)

    def __enter__(self):
        self.before, holders = _keeping.lists, []
        _keeping.lists = (*self.before, holders)
        return holders

    def __exit__(self, *_):
        _keeping.lists = self.before

    @staticmethod
    def holders():
        """The list of the innermost one that is open, which grows until it ends."""
        return _keeping.lists[-1] if _keeping.lists else []


class _Memory(np.ndarray):
    """Memory of numbers; it holds their strings, and every view of it holds the memory."""


def _holder_of(value, mine=None):
    """The holder of a str (as UTF-8) or bytes.

    `mine` is a local variable that goes before `holder` does: a weak reference that lost against
    another thread's must not see the end of its holder, and remove the other's entry.
    """
    if isinstance(value, str):
        value = value.encode()
    if not isinstance(value, bytes):
        raise DTypeError(f"expected a string; got {value!r:.60} of type {type(value).__name__}.")
    value = bytes(value)                        # not NumPy's own kind
    first = _holders.get(value)
    old = None if first is None else first()
    while old is None:
        number = next(_numbers)
        holder = np.array(number)
        _strings[number] = value, weakref.ref(holder, functools.partial(_strings.pop, number))
        mine = weakref.ref(holder, functools.partial(_holders.pop, value))
        old = _holders.setdefault(value, mine)()          # None: it has ended since
    return old


def _in_memory(holders, shape):
    memory = _Memory(len(holders), np.int64)
    memory.holders = holders
    memory[:] = [int(h) for h in holders]
    for found in _keeping.lists[-1:]:
        found.append(holders)
    return memory.view(np.ndarray).view(TEXT).reshape(shape)


def encoded(values):
    """Strings, an array of them or nested lists, as TEXT.

    Raises
    ------
    DTypeError
        If one is no string.
    ShapeError
        If rows differ in length.
    """
    if isinstance(values, np.ndarray) and values.dtype == TEXT:
        return held(values)
    try:
        values = np.asarray(values, object)
    except ValueError as e:
        raise ShapeError(f"cannot make an array of {values!r:.80}: {e}") from None
    flat = values.reshape(-1)
    if any(isinstance(v, (list, tuple)) for v in flat):
        raise ShapeError(f"cannot make an array of {list(flat)!r:.80}: its rows differ in length.")
    return _in_memory([_holder_of(v) for v in flat], values.shape)


def held(array):
    """A copy of TEXT that holds its strings.

    Raises
    ------
    DTypeError
        If a number stands for no string: the memory was not made here.
    """
    flat = np.ascontiguousarray(array).reshape(-1).view(np.int64)
    holders = [_strings[n][1]() if n in _strings else None for n in flat.tolist()]
    if any(h is None for h in holders):
        raise DTypeError("expected strings; got memory that stands for none.")
    return _in_memory(holders, np.shape(array))


def decoded(array):
    """What TEXT stands for: an array of bytes with dtype object."""
    array = np.asarray(array)
    strings = np.empty(array.size, object)
    strings[:] = [_strings[n][0] for n in np.ascontiguousarray(array).reshape(-1)
                  .view(np.int64).tolist()]
    return strings.reshape(array.shape)


def readable(array):
    """An array as a user's function gets it: strings as bytes, a single one as such."""
    array = np.asarray(array)
    return decoded(array)[()] if array.dtype == TEXT else array


def of_text_too(ref):
    """Equality that also compares strings, which are stored as int64 keys."""
    def compare(x, y):
        if x.dtype == TEXT:
            x, y = x.view(np.int64), y.view(np.int64)
        return ref(x, y)
    return compare


_empty = _holder_of(b"")                        # number 0, for ever

__all__ = ["decoded", "encoded", "held", "keeping", "of_text_too", "readable"]
