"""sparse_to_dense and sparse_tensor_to_dense: coordinates and values made dense; and repeat."""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import TEXT
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.ops.gather import coordinates, gather, gather_nd
from fastgrad.ops.indexed_slices import SparseTensor, SparseTensorValue
from fastgrad.ops.join import concat
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.reshape import expand_dims, reshape
from fastgrad.ops.shape import dims_of, known_value, number_of, plain_shape, scoped, shape


def _rows_of(indices, rank):
    """Coordinates as rows: a scalar is one place of a vector, a vector is many."""
    if indices.ndim == 0:
        return indices.reshape(1, 1)
    return indices.reshape(-1, 1) if indices.ndim == 1 else indices.reshape(-1, rank)


def _check_places(rows, dims):
    coordinates(rows, dims)
    flat = np.ravel_multi_index(tuple(rows.T), dims) if len(dims) and rows.size else rows[:, 0]
    steps = np.diff(flat)
    if (steps < 0).any():
        raise ValueError("the indices are out of order; sort them, or use validate_indices=False.")
    if (steps == 0).any():
        raise ValueError("an index is repeated; give each once, or use validate_indices=False.")


def _dense_ref(indices, values, default, output_shape, validate):
    dims = dims_of(output_shape)
    rows = _rows_of(indices, len(dims))
    if validate:
        _check_places(rows, dims)
    dense = np.full(dims, default, values.dtype)
    dense[tuple(rows.T)] = values
    return dense


def _dense_shape(in_shapes, attrs):
    indices, (values, default) = in_shapes[0], in_shapes[-2:]     # the shape may be left out
    if indices is not None and len(indices) > 2:
        raise ShapeError(f"sparse_to_dense: indices have at most 2 dimensions; got {indices}.")
    if values is not None and len(values) > 1 or default:
        raise ShapeError("sparse_to_dense: values are a scalar or a vector, the default a scalar.")
    return dims_of(attrs["output_shape"])


@op(_dense_shape, casts=(2, 3), static=(1,), whole=(0,), ref=_dense_ref, name="SparseToDense",
    text=True)
def _sparse_to_dense(indices, output_shape, values, default, validate=True):
    pass


@RegisterGradient("sparse_to_dense")
def sparse_to_dense_gradient(op, dy):
    indices, _, values, _ = op.inputs
    if indices._shape is None:
        raise ValueError("the gradient of sparse_to_dense needs indices of a known rank.")
    places = indices if len(indices._shape) == 2 else reshape(indices, [-1, 1])
    taken = gather_nd(dy, places)
    mine = reduce_sum(taken) if values._shape == () else taken
    return None, None, mine, reduce_sum(dy) - reduce_sum(taken)


@door
def sparse_to_dense(sparse_indices, output_shape, sparse_values, default_value=0,
                    validate_indices=True, name=None):
    """A tensor of `output_shape` with values at some places and a default elsewhere.

    Parameters
    ----------
    sparse_indices : integer tensor (n, rank), or (n,) or () for a vector
    output_shape : integer vector
    sparse_values : tensor (n,) or ()
    default_value : scalar
    validate_indices : bool
        Whether indices must be in order and different.

    Notes
    -----
    Gradient: `dvalues` is `dy` at the indices, `ddefault` the sum of `dy` elsewhere.

    Examples
    --------
    >>> Session().run(sparse_to_dense([[0, 1], [1, 0]], [2, 2], [5, 6]))
    array([[0, 5],
           [6, 0]])
    """
    return _sparse_to_dense(sparse_indices, plain_shape(output_shape), sparse_values, default_value,
                            validate=bool(validate_indices), name=name)


@door
def sparse_tensor_to_dense(sp_input, default_value=None, validate_indices=True, name=None):
    """The dense tensor of a SparseTensor.

    Parameters
    ----------
    sp_input : SparseTensor
    default_value : scalar, optional
        Elsewhere; 0 or "" if not given.
    validate_indices : bool
        Whether indices must be in order and different.

    Examples
    --------
    >>> s = SparseTensor([[0, 1], [1, 0]], [5, 6], [2, 2])
    >>> Session().run(sparse_tensor_to_dense(s))
    array([[0, 5],
           [6, 0]])
    """
    if isinstance(sp_input, SparseTensorValue):
        sp_input = SparseTensor(*sp_input)
    if not isinstance(sp_input, SparseTensor):
        raise TypeError("sparse_tensor_to_dense: Input must be a SparseTensor; got "
                        f"{type(sp_input).__name__}.")
    if default_value is None:
        default_value = "" if sp_input.values._dtype == TEXT else 0
    default = as_tensor(default_value, sp_input.values._dtype, sp_input.graph)
    return sparse_to_dense(sp_input.indices, sp_input.dense_shape, sp_input.values, default,
                           validate_indices, name=name or "SparseToDense")


@scoped("Repeat")
def repeat(input, repeats, axis=None, name=None):
    """Repetition of each element, or slice along `axis`, `repeats` times; a vector without `axis`.

    Gradient: `dy` summed over the repeats.

    Examples
    --------
    >>> Session().run(repeat([1, 2], 2))
    array([1, 1, 2, 2])
    """
    x = as_tensor(input)
    counts = np.atleast_1d(known_value(repeats, "repeats")).astype(np.int64)
    if axis is None:
        x, axis = reshape(x, [-1]), 0
    if x._shape is None:
        raise ValueError("repeat needs a tensor whose shape is known.")
    axis = shapes.normal_axes(number_of(axis), len(x._shape))[0]
    n = x._shape[axis]
    if n is None:
        if counts.size != 1:
            raise ValueError("repeat needs to know the size of a dimension with several repeats.")
        every = expand_dims(x, axis + 1)
        wide = concat([every] * int(counts[0]), axis + 1)
        size = shape(x)
        return reshape(wide, concat([size[:axis], np.array([-1], np.int32), size[axis + 1:]], 0))
    return gather(x, np.repeat(np.arange(n, dtype=np.int32), counts), axis=axis)


__all__ = ["sparse_tensor_to_dense", "sparse_to_dense", "repeat"]
