"""Names of a graph's operations, scopes, look-up by name, and collections.

Operations are numbers here, which `Graph` turns into nodes (`records`). A name is unique whatever
its case. A scope is a prefix that ends in "/"; a name that ends in "/" is used as it is, without
the slash. `Graph` inherits this.
"""

import contextlib
import re

from fastgrad.uncut import Changed

_GOOD_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\-/]*\Z")      # TensorFlow's rule


def _check_name(name):
    if not isinstance(name, str):
        raise TypeError(f"a name must be a string; got {name!r:.60} of type {type(name).__name__}.")


class Names:
    """Base of Graph: names, scopes and collections."""

    literals = "numpy"               # what Python numbers become; see graph.py

    def _name_nothing(self):
        """An empty graph's names and collections."""
        self._by_name = {}           # name -> number of the operation
        self._used = {}              # lower-case name -> how often it was asked for
        self._exact = set()          # names that `exact_name` gave
        self._scope = ""
        self._collections = {}       # name -> list of values, nodes as `records` keeps them
        self._open = set()           # names of the collections that a user holds as lists

    # ---- names ----
    def unique_name(self, name, mark_as_used=True):
        """`name` in the current scope, with `_1`, `_2`, ... if it is taken (in any case)."""
        _check_name(name)
        if name.endswith("/"):                # a scope's full name, used as it is
            return name[:-1]
        if self.literals == "tf" and not _GOOD_NAME.match(self._scope + name):
            raise ValueError(f"{name!r} is not a valid name: expected letters, digits, '_', '.', "
                             "'-' and '/', the first a letter, a digit or '.'.")
        full = candidate = self._scope + name
        key, count = full.lower(), self._used.get(full.lower(), 0)
        if mark_as_used:
            self._used[key] = count + 1
        while candidate.lower() in self._used and count:
            candidate = f"{full}_{count}"
            count += 1
        if mark_as_used and candidate is not full:
            self._used[candidate.lower()] = 1
        return candidate

    def exact_name(self, name):
        """`name` in no scope, to be used with a "/" behind it; `_1`, `_2`, ... if it is taken.

        Unlike `unique_name` it tells cases apart, as files of other programs do.
        """
        candidate, count = name, 0
        while candidate in self._by_name or candidate in self._exact:
            count += 1
            candidate = f"{name}_{count}"
        self._exact.add(candidate)
        self._used.setdefault(candidate.lower(), 1)
        return candidate

    def name_scope(self, name):
        """Prefix the names made inside a `with` by `name/`; `as` gives the prefix."""
        return Changed(lambda: self._scope_changes(name))

    def _scope_changes(self, name):
        _check_name(name or "")
        if not name:
            scope = ""
        else:
            scope = name if name.endswith("/") else self.unique_name(name) + "/"
        return scope, self, "_scope", scope

    # ---- look-up ----
    def get_operation_by_name(self, name):
        if not isinstance(name, str):
            raise TypeError(f"Operation names are strings (or similar), not {type(name).__name__}.")
        if ":" in name:
            raise ValueError(f"Name {name!r} appears to refer to a Tensor, not a Operation.")
        if name not in self._by_name:
            raise KeyError(f"The name {name!r} refers to an Operation not in the graph.")
        return self.operation_at(self._by_name[name])

    def get_tensor_by_name(self, name):
        if not isinstance(name, str):
            raise TypeError(f"Tensor names are strings (or similar), not {type(name).__name__}.")
        op_name, colon, index = name.rpartition(":")
        if not colon or not index.isdigit():
            raise ValueError(f"The name {name!r} looks like an (invalid) Tensor name: "
                             "expected 'operation:output', such as 'add:0'.")
        id = self._by_name.get(op_name)
        if id is None or int(index) >= len(self._records[id].outs):
            raise KeyError(f"The name {name!r} refers to a Tensor which does not exist.")
        return self.tensor_at(id, int(index))

    # ---- collections ----
    def add_to_collection(self, name, value):
        entry = value if name in self._open else self.kept(value)
        self._collections.setdefault(name, []).append(entry)

    def add_to_collections(self, names, value):
        for name in dict.fromkeys([names] if isinstance(names, str) else names):
            self.add_to_collection(name, value)

    def get_collection(self, name, scope=None):
        """A copy of a collection; with `scope`, of the items whose name begins with it."""
        items = self.given(self._collections.get(name, []))
        if not scope:
            return list(items)
        return [i for i in items if hasattr(i, "name") and re.match(scope, i.name)]

    def get_collection_ref(self, name):
        """The collection itself, which from now on holds its nodes."""
        items = self._collections.setdefault(name, [])
        if name not in self._open:
            items[:] = self.given(items)
            self._open.add(name)
        return items

    collections = property(lambda self: {k: self.given(v) for k, v in self._collections.items()})

    def get_all_collection_keys(self):
        return [k for k, items in self._collections.items() if items]

    def clear_collection(self, name):
        self._collections.pop(name, None)
        self._open.discard(name)

    building_function = property(lambda self: False)

    def get_name_scope(self):
        """The current scope, without the last "/"."""
        return self._scope[:-1]

    @contextlib.contextmanager
    def device(self, device_name_or_function):
        """Accepted, ignored: everything runs on this CPU."""
        yield

    colocate_with = device


# ---- how nodes print ---------------------------------------------------------------------
# Scripts print tensors: those of a graph with TensorFlow's literals print as TensorFlow's do.

def _speaker(node):
    return "tf" if node.graph.literals == "tf" else "fastgrad"


def repr_of_tensor(tensor):
    """A Tensor's `repr`: as it stands in a list."""
    dtype = tensor.dtype and tensor.dtype.name
    return f"<{_speaker(tensor)}.Tensor '{tensor.name}' shape={tensor.shape} dtype={dtype}>"


def str_of_tensor(tensor):
    """A Tensor's `str`: what `print` writes."""
    if tensor.graph.literals != "tf":
        return repr(tensor)
    shape = f", shape={tensor.shape}" if tensor.shape else ""
    dtype = f", dtype={tensor.dtype.name}" if tensor.dtype else ""
    return f'Tensor("{tensor.name}"{shape}{dtype})'


def repr_of_operation(operation):
    return f"<{_speaker(operation)}.Operation '{operation.name}' type={operation.type}>"


def repr_of_variable(variable):
    """A Variable's `repr` and `str`."""
    ref = "_ref" if variable.graph.literals == "tf" else ""
    return (f"<{_speaker(variable)}.Variable '{variable.name}' shape={variable.shape} "
            f"dtype={variable.dtype.name}{ref}>")
