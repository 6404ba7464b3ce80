"""What `Variable.value` returns: an array that is a copy, and says so when it is written to.

`W.value[0, 0] = 99` changes a copy that nobody holds. It could be written through to the variable,
but so would `v = W.value; v[v < 0] = 0`, where a program means an array of its own: values are
copied in and out, and a training would be changed behind a program's back. Lost in silence is
worse still. So writing to a part is an error that names both ways out. `W.value -= step` stays: it
computes with the whole copy and assigns it. Anything computed from the copy is a plain array.
"""

import numpy as np

_WRITING = frozenset(("copyto", "put", "place", "putmask", "fill_diagonal", "put_along_axis"))


class ValueCopy(np.ndarray):
    """The value of a variable at one moment; `copy()` of it may be written to."""

    def __array_finalize__(self, source):
        self._whole = getattr(source, "_whole", None)

    def __array_wrap__(self, array, context=None, return_scalar=False):
        """What a function of NumPy's made: a plain array, or a scalar."""
        if array is self:                               # W.value -= step
            return array
        plain = array.view(np.ndarray)
        return plain[()] if return_scalar else plain

    def __array_function__(self, func, types, args, kwargs):
        if func.__name__ in _WRITING and args and isinstance(args[0], ValueCopy):
            args[0]._refuse()
        result = super().__array_function__(func, types, args, kwargs)
        return _plain(result) if isinstance(result, ValueCopy) else result

    def _refuse(self):
        whole = self._whole
        if whole is not None and np.may_share_memory(self, whole):
            raise TypeError(
                "this array is a copy of a variable's value, and writing to it would not change "
                "the variable. Change a copy and assign it to .value: v = W.value.copy(); "
                "v[0] = 1; W.value = v.")

    def __setitem__(self, key, value):
        self._refuse()
        super().__setitem__(key, value)

    def copy(self, order="C"):
        """An array of its own, to be written to."""
        return np.array(self, order=order, copy=True, subok=False)

    __copy__ = copy

    def __deepcopy__(self, memo):
        return self.copy()

    def __reduce__(self):
        return _plain(self).__reduce__()

    def __repr__(self):
        return repr(_plain(self))


def _plain(array):
    return array.view(np.ndarray)


def _guarded(name):
    def method(self, *args, **kwargs):
        self._refuse()
        return getattr(super(ValueCopy, self), name)(*args, **kwargs)
    method.__name__, method.__doc__ = name, f"`ndarray.{name}`; TypeError on a variable's value."
    return method


def _unguarded(name):
    """A method whose result is new: plain, as NumPy's functions give it."""
    def method(self, *args, **kwargs):
        return getattr(_plain(self), name)(*args, **kwargs)
    method.__name__, method.__doc__ = name, f"`ndarray.{name}`, plain."
    return method


for _name in ("fill", "sort", "partition", "put", "resize", "setfield"):
    setattr(ValueCopy, _name, _guarded(_name))
for _name in ("astype", "sum", "mean", "std", "var", "min", "max", "prod", "cumsum", "cumprod",
              "argmax", "argmin", "argsort", "all", "any", "dot", "round", "clip", "take", "repeat",
              "choose", "compress", "nonzero", "flatten", "trace", "searchsorted", "conj"):
    setattr(ValueCopy, _name, _unguarded(_name))


def value_copy(array):
    """`array`, which nobody else holds, as the copy that a user gets."""
    copy = array.view(ValueCopy)
    copy._whole = array
    return copy
