"""Functions over the rows of a tensor: map_fn, scan, foldl and foldr; and templates.

The rows are unrolled: the graph has the nodes of a call for each, so that all gradients and the
whole compiler apply. That needs a length that is known when the graph is built.
"""

from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import as_tensor
from fastgrad.ops.join import stack
from fastgrad.variables.scopes import variable_scope
from fastgrad.wording import where


def _rows(elems, caller):
    """The rows of a tensor, or of tensors in a tuple or list: each of the structure of `elems`."""
    several = isinstance(elems, (tuple, list))
    tensors = [as_tensor(e) for e in elems] if several else [as_tensor(elems)]
    for t in tensors:
        if not t._shape or t._shape[0] is None:
            raise ValueError(f"{caller}: {where(t)} of shape {t.shape} must have a first axis of "
                             "known length, since its rows are unrolled.")
    lengths = {t._shape[0] for t in tensors}
    if len(lengths) > 1:
        raise ValueError(f"{caller}: lengths of the first axes differ: {sorted(lengths)}.")
    rows = [[t[i] for t in tensors] for i in range(lengths.pop())]
    return [type(elems)(r) for r in rows] if several else [r[0] for r in rows]


def _stacked(found):
    """One structure of stacked tensors from a list of structures."""
    if isinstance(found[0], (tuple, list)):
        return type(found[0])(_stacked(list(part)) for part in zip(*found, strict=True))
    return stack([as_tensor(f) for f in found])


def _node_of(elems):
    return as_tensor(elems[0] if isinstance(elems, (tuple, list)) else elems)


@door
def map_fn(fn, elems, dtype=None, parallel_iterations=None, back_prop=True, swap_memory=False,
           infer_shape=True, name=None):
    """Results of `fn` on each row, stacked.

    Parameters
    ----------
    fn : callable
        Takes a row of `elems`; a tuple of rows if `elems` is one. May return several tensors.
    elems : tensor with a first axis of known length, or tuple of such
    dtype : ignored
        The dtypes are those of what `fn` returns.

    Returns
    -------
    tensor, or tensors in the structure that `fn` returns
    """
    with _node_of(elems).graph.name_scope(name or "map"):
        return _stacked([fn(row) for row in _rows(elems, "map_fn")])


def _steps(fn, elems, initializer, backwards, caller):
    """The values of `fn(value so far, row)`, row by row."""
    rows = _rows(elems, caller)
    rows = rows[::-1] if backwards else rows
    if initializer is None:
        value, steps, rows = rows[0], [rows[0]], rows[1:]
    else:
        several = isinstance(initializer, (tuple, list))
        value = type(initializer)(as_tensor(i) for i in initializer) if several \
            else as_tensor(initializer)
        steps = []
    for row in rows:
        value = fn(value, row)
        steps.append(value)
    return value, steps


@door
def scan(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False,
         infer_shape=True, reverse=False, name=None):
    """Left scan: all values of `value = fn(value, row)`, stacked.

    Parameters
    ----------
    elems : tensor with a first axis of known length, or tuple of such
    initializer : tensor or tuple of tensors, optional
        The value before the first row; the first row itself, if not given.
    reverse : bool
        From the last row to the first.
    """
    with _node_of(elems).graph.name_scope(name or "scan"):
        steps = _steps(fn, elems, initializer, reverse, "scan")[1]
        return _stacked(steps[::-1] if reverse else steps)


@door
def foldl(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False,
          name=None):
    """Left fold: the last value of `value = fn(value, row)`; see `scan`."""
    with _node_of(elems).graph.name_scope(name or "foldl"):
        return _steps(fn, elems, initializer, False, "foldl")[0]


@door
def foldr(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False,
          name=None):
    """Right fold: as `foldl`, from the last row to the first; see `scan`."""
    with _node_of(elems).graph.name_scope(name or "foldr"):
        return _steps(fn, elems, initializer, True, "foldr")[0]


class Template:
    """A function whose variables are made at its first call and used again by the others.

    It belongs to the default graph of the moment when it is made.
    """

    def __init__(self, name, func, unique_name=None, **kwargs):
        self._func, self._kwargs, self._scope = func, kwargs, None
        self._name, self._unique, self._called = name, unique_name, False
        self._graph = get_default_graph()

    variable_scope = var_scope = property(lambda self: self._scope)
    variables = global_variables = property(
        lambda self: self._of(GraphKeys.GLOBAL_VARIABLES), doc="Those made at the first call.")
    trainable_variables = property(lambda self: self._of(GraphKeys.TRAINABLE_VARIABLES))
    local_variables = property(lambda self: self._of(GraphKeys.LOCAL_VARIABLES))
    func = property(lambda self: self._func)

    def _of(self, key):
        """A collection's variables under the scope."""
        return self._graph.get_collection(key, f"{self._scope.name}/") if self._scope else []

    name = property(lambda self: self._scope.name if self._scope else self._name)

    def open(self):
        """Make the scope, unless it is there."""
        if self._scope is None:
            with self._graph.as_default(), \
                    variable_scope(self._unique, self._name) as self._scope:
                pass

    def __call__(self, *args, **kwargs):
        self.open()
        reuse, self._called = self._called, True
        with self._graph.as_default(), variable_scope(self._scope, reuse=reuse or None):
            return self._func(*args, **{**self._kwargs, **kwargs})


def make_template(name_, func_, create_scope_now_=False, unique_name_=None, custom_getter_=None,
                  **kwargs):
    """A function that shares the variables it gets by `get_variable` among its calls.

    Parameters
    ----------
    name_ : str
        Of the variable scope, made unique.
    kwargs : optional
        Given to `func_` at each call.
    """
    template = Template(name_, func_, unique_name_, **kwargs)
    if create_scope_now_:
        template.open()
    return template


__all__ = ["map_fn", "scan", "foldl", "foldr", "make_template"]
