"""Partitions of rows by a number: dynamic_partition, dynamic_stitch, invert_permutation.

Shapes depend on values: see `unique`.
"""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.bad_index import PARTITION, checked
from fastgrad.graph.doors import door
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient, op
from fastgrad.ops.gather import _gather
from fastgrad.ops.join import SEVERAL
from fastgrad.ops.make import range as range_
from fastgrad.ops.reduce import reduce_prod
from fastgrad.ops.reshape import reshape
from fastgrad.ops.shape import number_of, shape
from fastgrad.ops.unique import _vector


def _partition_shapes(in_shapes, attrs):
    data, parts = in_shapes
    if None not in (data, parts) and not shapes.compatible(data[:len(parts)], parts):
        raise ShapeError(f"partitions {parts} must be the first dimensions of data {data}.")
    rest = None if data is None or parts is None else (None,) + data[len(parts):]
    return [rest] * attrs["num"]


def _partition_ref(data, partitions, num):
    checked(partitions, num, PARTITION)
    rows = data.reshape((partitions.size,) + data.shape[partitions.ndim:])
    return [rows[partitions.reshape(-1) == i] for i in range(num)]


@op(_partition_shapes, casts=(0,), outputs=SEVERAL, dynamic=True, ref=_partition_ref,
    name="DynamicPartition", text=True, whole=(1,))
def _dynamic_partition(data, partitions, num=1):
    pass


@door
def dynamic_partition(data, partitions, num_partitions, name=None):
    """The rows of `data` sorted into `num_partitions` tensors by the number in `partitions`.

    Gradient: each row gets the gradient of its place.

    Examples
    --------
    >>> Session().run(dynamic_partition([10, 20, 30], [0, 1, 0], 2))
    [array([10, 30]), array([20])]
    """
    num = number_of(num_partitions)
    if num < 1:
        raise ShapeError(f"dynamic_partition: num_partitions must be at least 1; got {num}.")
    return list(_dynamic_partition(data, partitions, num=num, name=name))


@RegisterGradient("dynamic_partition")
def dynamic_partition_gradient(op, *dys):
    data, parts = op.inputs
    places = reshape(_range(shape(parts)), shape(parts))
    where_to = _dynamic_partition(places, parts, num=op.attrs["num"])
    joined = dynamic_stitch(list(where_to), list(dys))
    return reshape(joined, shape(data)), None


def _range(dims):
    return range_(reduce_prod(dims))


def _stitched(in_shapes, _):
    n = len(in_shapes) // 2
    for index, data in zip(in_shapes, in_shapes[n:]):
        if None not in (index, data) and not shapes.compatible(index, data[:len(index)]):
            raise ShapeError(f"indices {index} must be the first dimensions of data {data}.")
    index, data = in_shapes[0], in_shapes[n]
    return None if index is None or data is None else (None,) + data[len(index):]


def _stitch_ref(*values):
    n = len(values) // 2
    indices, data = values[:n], values[n:]
    count = max([int(i.max()) + 1 for i in indices if i.size], default=0)
    rest = data[0].shape[indices[0].ndim:]
    stitched = np.zeros((count,) + rest, data[0].dtype)
    for i, d in zip(indices, data):
        checked(i, count)
        stitched[i.reshape(-1)] = d.reshape((i.size,) + rest)
    return stitched


@op(_stitched, dtype=None, out=lambda d, a: d[-1], dynamic=True, ref=_stitch_ref,
    name="DynamicStitch", text=True)
def _dynamic_stitch(*values):
    pass


@door
def dynamic_stitch(indices, data, name=None):
    """One tensor from the rows of several: row `indices[m][i]` is `data[m][i]`.

    Gradient: each row of `data` gets the row of `dy` where it went.

    Examples
    --------
    >>> Session().run(dynamic_stitch([[0, 2], [1]], [[10, 30], [20]]))
    array([10, 20, 30])
    """
    if not len(indices) or len(indices) != len(data):
        raise ShapeError(f"dynamic_stitch: expected as many indices as data, one or more; got "
                         f"{len(indices)} and {len(data)}.")
    return _dynamic_stitch(*indices, *data, name=name)


@RegisterGradient("dynamic_stitch")
def dynamic_stitch_gradient(op, dy):
    indices = op.inputs[:len(op.inputs) // 2]
    return [None] * len(indices) + [_gather(dy, i, axis=0) for i in indices]


def _inverse_ref(x):
    inverse = np.argsort(x)
    wrong = x[inverse] != np.arange(len(x))
    if wrong.any():
        raise ValueError(f"{x[inverse][wrong][0]} is out of range or there twice: the numbers are "
                         f"no permutation of 0 to {len(x) - 1}.")
    return inverse.astype(x.dtype)


@op(lambda s, a: _vector(s, a) or (None,), dtype=None, out=lambda d, a: d[0], whole=(0,),
    name="InvertPermutation", ref=_inverse_ref)
def invert_permutation(x):
    """The permutation that undoes a permutation.

    Gradient: none.

    Examples
    --------
    >>> Session().run(invert_permutation([2, 0, 1]))
    array([1, 2, 0])
    """


NotDifferentiable("invert_permutation")


__all__ = ["dynamic_partition", "dynamic_stitch", "invert_permutation"]
