"""Binds functions and classes to the "tf" default graph.

A function of fastgrad joins the graph of its tensors; without tensors, the default graph. What
`fastgrad.compat.v1` shows is wrapped, so that during a call the implicit default graph is the "tf"
one (see `default_graph.building`). Wrappers are made once: `tf.nn.relu is tf.nn.relu`.
"""

import functools
import importlib
import types

from fastgrad.graph.default_graph import building
from fastgrad.graph.doors import WORDED, hint, shortened

_made = {}


class InTF(type):
    """Metaclass of bound classes: instances are made with the "tf" default graph."""

    def __call__(cls, *args, **kwargs):
        with building("tf"):
            return super().__call__(*args, **kwargs)

    def __instancecheck__(cls, instance):
        """What `fastgrad` made of the class counts too."""
        return type.__instancecheck__(cls._plain(), instance)

    def __subclasscheck__(cls, other):
        return type.__subclasscheck__(cls._plain(), other)

    def _plain(cls):
        """The class that this one binds; itself, if it is a program's own subclass of one."""
        below = cls.__mro__[1]
        return cls if isinstance(below, InTF) else below


def bind(thing):
    """A function that means the "tf" default graph; anything else as it is."""
    if not isinstance(thing, (types.FunctionType, functools.partial)):
        return thing
    if thing not in _made:
        made = _made[thing] = bound(thing)
        _made[made] = made
    return _made[thing]


def bind_class(cls):
    """A class whose instances are made with the "tf" default graph."""
    if cls not in _made:
        body = {"__doc__": cls.__doc__, "__module__": cls.__module__, "__slots__": ()}
        _made[cls] = InTF(cls.__name__, (cls,), body)
    return _made[cls]


def bind_any(thing):
    """A function or a class bound, a named tuple or anything else as it is."""
    if isinstance(thing, type) and not issubclass(thing, (tuple, BaseException)):
        return bind_class(thing)
    return bind(thing)


def bound(fn):
    """A new function around `fn` that calls it with the "tf" default graph."""
    @functools.wraps(fn)
    def call(*args, **kwargs):
        try:
            with building("tf"):
                return fn(*args, **kwargs)
        except WORDED as error:
            raise shortened(error)  # frames left out here: FASTGRAD_TRACEBACK=full shows them
        except TypeError as error:
            hint(error, fn)
            raise
    return call


def module(name, doc="", **members):
    """A module object with bound members."""
    made = types.ModuleType(name, doc)
    made.__path__ = []                  # so that Python imports from it, see `absent.Imports`
    for key, value in members.items():
        setattr(made, key, bind(value) if not isinstance(value, types.ModuleType) else value)
    return made


def late(made, table, missing):
    """The `__getattr__` of a module some of whose names are loaded when first asked for.

    Parameters
    ----------
    table : dict
        "package.module" of a module that is meant, or "package.module:name" of a name in one.
    missing : callable(prefix)
        Makes the `__getattr__` for names that are not there.
    """
    below = made.__name__.partition("v1")[2].lstrip(".")
    absent = missing(f"{below}." if below else "")

    def getter(name):
        if name not in table:
            return absent(name)
        path, _, member = table[name].partition(":")
        source = importlib.import_module(path)
        if member:
            found = bind_any(getattr(source, member))
        else:
            found = module(f"{made.__name__}.{name}", source.__doc__ or "", **{
                n: bind_any(getattr(source, n)) for n in source.__all__})
            found.__getattr__ = missing(f"{below}.{name}.")
        setattr(made, name, found)
        return found
    made.__dir__ = lambda: sorted({*vars(made), *table})
    return getter


def members(source, names=None):
    """{name: bound member} of a module: its `__all__`, or `names`."""
    if names is None:
        names = getattr(source, "__all__", None) or [
            n for n, v in vars(source).items()
            if n[0] != "_" and not isinstance(v, types.ModuleType)]
    return {n: bind(getattr(source, n)) for n in names}
