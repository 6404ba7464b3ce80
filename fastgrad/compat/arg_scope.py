"""arg_scope: in a `with`, functions take keyword arguments by default.

Functions decorated with `add_arg_scope` take them from the scopes around them.
"""

import functools
import threading

from fastgrad.uncut import Changed


class _Scopes(threading.local):
    def __init__(self):
        self.stack = [{}]


_scopes = _Scopes()
_takers = set()


def _key(fn):
    return getattr(fn, "_arg_scope_key", None)


def add_arg_scope(fn):
    """Decorator: the function takes defaults from `arg_scope`."""
    key = f"{fn.__module__}.{fn.__qualname__}"
    _takers.add(key)

    @functools.wraps(fn)
    def call(*args, **kwargs):
        return fn(*args, **{**_scopes.stack[-1].get(key, {}), **kwargs})
    call._arg_scope_key = key
    return call


def has_arg_scope(fn):
    """Whether `arg_scope` may name the function."""
    return _key(fn) in _takers


def arg_scope(list_ops_or_scope, **kwargs):
    """In a `with`: the functions named take these keyword arguments by default.

    Parameters
    ----------
    list_ops_or_scope : list of functions, or what an earlier arg_scope gave
    """
    if isinstance(list_ops_or_scope, dict):
        if kwargs:
            raise ValueError("When attempting to re-use a scope by suppling a dictionary, kwargs "
                             "must be empty.")
        found = dict(list_ops_or_scope)
    else:
        found = dict(_scopes.stack[-1])
        for fn in list_ops_or_scope:
            if not has_arg_scope(fn):
                raise ValueError(f"{getattr(fn, '__name__', fn)} is not decorated with "
                                 "@add_arg_scope")
            found[_key(fn)] = {**found.get(_key(fn), {}), **kwargs}
    return Changed(lambda: (found, _scopes.stack, None, found))


def current_arg_scope():
    """The defaults in force, for `arg_scope` to open again."""
    return _scopes.stack[-1]


def arg_scoped_arguments(fn):
    """The keyword arguments that `fn` takes from the scopes in force."""
    return dict(_scopes.stack[-1].get(_key(fn), {}))


__all__ = ["add_arg_scope", "arg_scope", "arg_scoped_arguments", "current_arg_scope",
           "has_arg_scope"]
