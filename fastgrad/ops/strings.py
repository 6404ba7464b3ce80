"""Strings: joining them, numbers as text, and the edit distance of sequences.

A string is a number that stands for it (see `literals`), so that whatever moves or compares
elements takes strings already; here is what looks inside them. All of it is NumPy and Python.
"""

import functools

import numpy as np

from fastgrad.errors import DTypeError
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import FLOAT32, INT64, TEXT
from fastgrad.graph.interned import decoded, encoded
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import NotDifferentiable, op
from fastgrad.graph.shapes import broadcast
from fastgrad.ops.arithmetic import add as math_add
from fastgrad.ops.indexed_slices import SparseTensor, SparseTensorValue
from fastgrad.ops.state import placeholder
from fastgrad.wording import where


# ---- strings ----------------------------------------------------------------------------

def _join_ref(*arrays, separator):
    texts = np.broadcast_arrays(*(decoded(a) for a in arrays))
    joined = np.empty(texts[0].shape, object)
    for i in np.ndindex(joined.shape):
        joined[i] = separator.join(t[i] for t in texts)
    return encoded(joined)


@op(lambda s, a: broadcast(s), dtype=None, out=TEXT, ref=_join_ref, name="StringJoin", text=True)
def _string_join(*inputs, separator=b""):
    pass


def _text(value, graph=None):
    if hasattr(value, "graph"):
        return as_tensor(value)
    return as_tensor(value, TEXT, graph)


@door
def string_join(inputs, separator="", name=None):
    """Elementwise concatenation of strings.

    Parameters
    ----------
    inputs : list of string tensors, of one shape or scalars
    separator : str
        What comes between them.

    Examples
    --------
    >>> Session().run(string_join(['a', 'b'], separator='-'))
    b'a-b'
    """
    graph = next((v.graph for v in inputs if hasattr(v, "graph")), None)
    inputs = [_text(v, graph) for v in inputs]
    for t in inputs:
        if t._dtype != TEXT:
            raise DTypeError(f"string_join: {where(t)} has dtype {t.dtype.name}; expected string. "
                             "Use as_string().")
    return _string_join(*inputs, separator=separator.encode(), name=name)


def _as_string_ref(x):
    """Numbers as C prints them: integers, truth values as words, fractions with six digits."""
    if x.dtype.kind == "b":
        words = np.where(x, "true", "false")
    else:
        flat, form = x.reshape(-1), "%d" if x.dtype.kind in "iu" else "%f"
        if x.dtype.kind == "c":
            flat, form = zip(x.real.reshape(-1), x.imag.reshape(-1)), "(%f,%f)"
        words = np.array([form % v for v in flat], object).reshape(x.shape)
    return encoded(words.astype(object))


@op(lambda s, a: s[0], out=TEXT, ref=_as_string_ref, name="AsString")
def as_string(x):
    """Conversion of numbers to strings.

    Examples
    --------
    >>> Session().run(as_string([1, 2]))
    array([b'1', b'2'], dtype=object)
    """


@functools.wraps(math_add)
def add(x, y, name=None):
    if any(is_node(v) and as_tensor(v)._dtype == TEXT for v in (x, y)):
        return string_join([x, y], name=name or "Add")
    return math_add(x, y, name=name)


# ---- distance ---------------------------------------------------------------------------

def _steps_between(a, b):
    """Levenshtein distance: the fewest insertions, deletions and replacements from `a` to `b`."""
    row = np.arange(len(b) + 1)
    for i, element in enumerate(a, 1):
        before, row = row, np.empty_like(row)
        row[0] = i
        row[1:] = np.minimum(before[1:] + 1, before[:-1] + (b != element))
        # the cheapest way from the left: each step further costs one
        row = np.minimum.accumulate(row - np.arange(len(row))) + np.arange(len(row))
    return int(row[-1])


def _sequences(indices, values):
    """{place of a sequence: its elements}."""
    if values.dtype == TEXT:
        values = values.view(INT64)
    sequences = {}
    for place, value in zip(map(tuple, indices[:, :-1].tolist()), values):
        sequences.setdefault(place, []).append(value)
    return {k: np.array(v) for k, v in sequences.items()}


def _distance_ref(indices, values, shape, truth_indices, truth_values, truth_shape, normalize):
    distances = np.zeros(np.maximum(shape, truth_shape)[:-1], FLOAT32)
    ours, theirs = _sequences(indices, values), _sequences(truth_indices, truth_values)
    none = np.zeros(0, values.dtype if values.dtype != TEXT else INT64)
    for place in {**ours, **theirs}:
        truth = theirs.get(place, none)
        steps = _steps_between(ours.get(place, none), truth)
        if normalize:
            steps = steps / len(truth) if len(truth) else np.inf
        distances[place] = steps
    return distances


def _distance_shape(in_shapes, attrs):
    rank = in_shapes[2]
    return None if rank is None or rank[0] is None else (None,) * (rank[0] - 1)


@op(_distance_shape, dtype=None, out=FLOAT32, dynamic=True, ref=_distance_ref,
    name="EditDistance", text=True)
def _edit_distance(indices, values, shape, truth_indices, truth_values, truth_shape,
                   normalize=True):
    pass


for _type in ("string_join", "as_string", "edit_distance"):
    NotDifferentiable(_type)


@door
def edit_distance(hypothesis, truth, normalize=True, name="edit_distance"):
    """The Levenshtein distance of sequences: of the last dimension of two SparseTensors.

    Parameters
    ----------
    hypothesis, truth : SparseTensor of one dtype and rank
        Sequences stand left in their rows.
    normalize : bool
        Divide by the length of `truth`: infinite if that is 0.

    Returns
    -------
    float32 tensor, of the shape without the last dimension
    """
    for sparse in (hypothesis, truth):
        if not isinstance(sparse, (SparseTensor, SparseTensorValue)):
            raise TypeError(f"edit_distance takes SparseTensors; got {type(sparse).__name__}.")
    parts = [sparse if isinstance(sparse, SparseTensor) else SparseTensor(*sparse)
             for sparse in (hypothesis, truth)]
    if parts[0].dtype != parts[1].dtype:
        raise DTypeError(f"edit_distance: hypothesis has dtype {parts[0].dtype.name}, truth has "
                         f"dtype {parts[1].dtype.name}; they must be one.")
    return _edit_distance(*parts[0].parts(), *parts[1].parts(), normalize=normalize, name=name)


@door
def sparse_placeholder(dtype, shape=None, name=None):
    """A SparseTensor that is fed at each run: with a SparseTensorValue, or a tuple like it.

    Parameters
    ----------
    dtype : dtype
        Of the values.
    shape : sequence of int, optional
        Of the whole; only the number of dimensions is used.

    Examples
    --------
    >>> s = sparse_placeholder(float32)
    >>> fed = {s: SparseTensorValue([[0, 1]], [5.0], [2, 2])}
    >>> Session().run(sparse_to_dense(s.indices, s.dense_shape, s.values), fed)
    array([[0., 5.],
           [0., 0.]])
    """
    name = name or "Placeholder"
    rank = None if shape is None else len(shape)
    return SparseTensor(placeholder(INT64, [None, rank], name=name + "/indices"),
                        placeholder(dtype, [None], name=name + "/values"),
                        placeholder(INT64, [rank], name=name + "/shape"))


__all__ = ["add", "SparseTensor", "SparseTensorValue", "as_string", "edit_distance",
           "sparse_placeholder", "string_join"]
