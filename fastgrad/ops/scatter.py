"""Scatter updates: scatter_add and its kin change rows of a variable by index, in place.

`scatter_add` and `scatter_sub` run as the row kernel of gradient descent with a rate of -1 or 1;
the others as NumPy steps. Repeated indices add up; where they assign, the last one stays.
"""

import numpy as np

from fastgrad.errors import NoVariableError
from fastgrad.graph.bad_index import checked
from fastgrad.graph.dtypes import strong
from fastgrad.graph.literals import array_of
from fastgrad.graph.nodes import Tensor, as_tensor
from fastgrad.graph.registry import NotDifferentiable, op
from fastgrad.ops.gather import check_updates, coordinates
from fastgrad.ops.update import apply_gradient_descent_rows, check_rows


def _of_variable(in_dtypes):
    return in_dtypes[0]


def _rows_shape(in_shapes, _):
    if in_shapes[2] != ():
        check_rows(*in_shapes)
    return in_shapes[0]


def _elements_shape(in_shapes, _):
    check_updates(*in_shapes)
    return in_shapes[0]


_UFUNCS = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.true_divide,
           "min": np.minimum, "max": np.maximum}


def _rows_ref(w, indices, updates, how):
    out, at = w.copy(), checked(indices, w.shape[0]).reshape(-1)
    updates = np.broadcast_to(updates, indices.shape + w.shape[1:]).reshape(-1, *w.shape[1:])
    if how == "update":
        out[at] = updates
    elif how == "div" and w.dtype.kind in "iu":
        np.floor_divide.at(out, at, updates)
    else:
        _UFUNCS[how].at(out, at, updates)
    return out


def _elements_ref(w, indices, updates, how):
    out, at = w.copy(), coordinates(indices, w.shape)
    if how == "update":
        out[at] = updates
    else:
        _UFUNCS[how].at(out, at, updates)
    return out


def _replaces(attrs):
    """Whether the rows are only replaced, and so may be strings."""
    return attrs["how"] == "update"


@op(_rows_shape, dtype=_of_variable, casts=(0, 2), whole=(1,), form="update_rows", ref=_rows_ref,
    pure=False, writes=True, name="ScatterUpdate", text=_replaces)
def _scatter_rows(ref, indices, updates, how="update"):
    pass


@op(_elements_shape, dtype=_of_variable, casts=(0, 2), whole=(1,), form="update_rows",
    ref=_elements_ref, pure=False, writes=True, name="ScatterNdUpdate",
    text=_replaces)
def _scatter_elements(ref, indices, updates, how="update"):
    pass


for _type in ("scatter_rows", "scatter_elements"):
    NotDifferentiable(_type)


def _variable_graph(ref, name):
    """The graph of a variable; what is none is refused with TensorFlow's class."""
    if not isinstance(ref, Tensor) or ref.op.op_type != "variable":
        raise NoVariableError(f"{name} changes a Variable; got {ref!r:.80}.")
    return ref.graph


def _public(how, doc):
    def scatter(ref, indices, updates, use_locking=False, name=None):
        graph = _variable_graph(ref, scatter.__name__)
        label = name or f"Scatter{how.capitalize()}"
        dtype = strong(ref._dtype)
        with graph.as_default():
            idx = as_tensor(indices, None, graph)
            new = as_tensor(updates, dtype if graph.literals == "tf" else None, graph)
            _rows_shape([ref._shape, idx._shape, new._shape], None)
            fits = (None not in (idx._shape, new._shape) and new._shape != ()
                    and dtype.kind == "f")
            if how in ("add", "sub") and fits:
                rate = as_tensor(array_of(-1.0 if how == "add" else 1.0, dtype), None, graph)
                return apply_gradient_descent_rows(ref, rate, idx, new, name=label)
            return _scatter_rows(ref, idx, new, how=how, name=label)
    scatter.__name__ = scatter.__qualname__ = f"scatter_{how}"
    scatter.__doc__ = doc + "\n\n    The result is the variable's new value."
    return scatter


scatter_add = _public("add", "Add rows to the rows that `indices` names.")
scatter_sub = _public("sub", "Subtract rows from the rows that `indices` names.")
scatter_mul = _public("mul", "Multiply the rows that `indices` names.")
scatter_div = _public("div", "Divide the rows that `indices` names.")
scatter_min = _public("min", "Take the smaller of the rows that `indices` names and of `updates`.")
scatter_max = _public("max", "Take the larger of the rows that `indices` names and of `updates`.")
scatter_update = _public("update", "Replace the rows that `indices` names.")


def _public_elements(how):
    def scatter(ref, indices, updates, use_locking=False, name=None):
        graph = _variable_graph(ref, scatter.__name__)
        with graph.as_default():
            new = as_tensor(updates, strong(ref._dtype) if graph.literals == "tf" else None, graph)
            return _scatter_elements(ref, as_tensor(indices, None, graph), new, how=how,
                                     name=name or f"ScatterNd{how.capitalize()}")
    scatter.__name__ = scatter.__qualname__ = f"scatter_nd_{how}"
    scatter.__doc__ = (f"The elements or slices that the last dimension of `indices` names, by "
                       f"{how}; the result is the variable's new value.")
    return scatter


scatter_nd_update = _public_elements("update")
scatter_nd_add = _public_elements("add")
scatter_nd_sub = _public_elements("sub")

__all__ = ["scatter_add", "scatter_sub", "scatter_mul", "scatter_div", "scatter_min", "scatter_max",
           "scatter_update", "scatter_nd_update", "scatter_nd_add", "scatter_nd_sub"]
