"""IndexedSlices and SparseTensor: tensors of which only some rows or elements are stored.

The gradient of a lookup to its table is an IndexedSlices, so that optimizers touch only the rows
that were looked up. Wherever a tensor is wanted it becomes one, by adding up the rows. A
SparseTensor is taken by the functions that say so; it has no other value than its parts.
"""

from collections import namedtuple

from fastgrad.graph import hooks
from fastgrad.graph.dtypes import INT64
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.tensor_shape import TensorShape
from fastgrad.ops.partial_value import partial_value
from fastgrad.ops.shape import dims_of
from fastgrad.ops.state import constant

# What a run returns for IndexedSlices.
IndexedSlicesValue = namedtuple("IndexedSlicesValue", ["values", "indices", "dense_shape"])
SparseTensorValue = namedtuple("SparseTensorValue", ["indices", "values", "dense_shape"])


class IndexedSlices:
    """Rows of a tensor that is zero elsewhere; equal indices add up.

    Parameters
    ----------
    values : tensor (n, ...)
    indices : integer tensor (n,)
    dense_shape : integer vector tensor, optional
        The shape of the whole.
    like : tensor, optional
        One that has that shape, if there is one.

    Examples
    --------
    >>> part = IndexedSlices(constant([[1.0, 2.0]]), constant([3]), dense_shape=constant([5, 2]))
    >>> Session().run(part).indices
    array([3])
    """

    def __init__(self, values, indices, dense_shape=None, like=None):
        self.values, self.indices = as_tensor(values), as_tensor(indices)
        self.dense_shape, self.like = dense_shape, like

    op = property(lambda self: self.values.op)
    graph = property(lambda self: self.values.graph)
    name = property(lambda self: self.values.name)
    dtype = property(lambda self: self.values.dtype)
    device = property(lambda self: "")

    @property
    def shape(self):
        """The static shape of the whole, as far as it is known."""
        if self.dense_shape is None:
            return TensorShape(None)
        return TensorShape(dims_of(partial_value(as_tensor(self.dense_shape))))

    def parts(self):
        """(values, indices, dense_shape) as tensors."""
        shape = None if self.dense_shape is None else as_tensor(self.dense_shape)
        return [self.values, self.indices, shape]

    def get_shape(self):
        return self.shape

    def with_values(self, values):
        """The same rows of a tensor with other values."""
        return IndexedSlices(values, self.indices, self.dense_shape, self.like)

    def _as_tensor(self):
        if self.dense_shape is None:
            raise ValueError("these IndexedSlices have no dense_shape and cannot become a tensor.")
        return hooks.densify(self)

    def __repr__(self):
        return f"<fastgrad.IndexedSlices values={self.values!r} indices={self.indices!r}>"


class SparseTensor:
    """A sparse tensor: coordinates and values of some elements (TensorFlow's `tf.SparseTensor`).

    It can be fetched, fed (with a SparseTensorValue or a tuple), and given to `edit_distance`.

    Parameters
    ----------
    indices : int64 tensor (n, rank)
        Where the elements are, in the order of a dense array.
    values : tensor (n,)
    dense_shape : int64 tensor (rank,)

    Examples
    --------
    >>> s = SparseTensor([[0, 1], [1, 0]], [5, 6], [2, 2])
    >>> Session().run(sparse_to_dense(s.indices, s.dense_shape, s.values))
    array([[0, 5],
           [6, 0]])
    """

    def __init__(self, indices, values, dense_shape):
        self.values = as_tensor(values) if hasattr(values, "graph") else constant(values)
        graph = self.values.graph
        self.indices = as_tensor(indices, INT64, graph)
        self.dense_shape = as_tensor(dense_shape, INT64, graph)

    op = property(lambda self: self.values.op)
    graph = property(lambda self: self.values.graph)
    dtype = property(lambda self: self.values.dtype)
    shape = property(lambda self: TensorShape(dims_of(partial_value(self.dense_shape))))

    def get_shape(self):
        return self.shape

    def with_values(self, values):
        """The same places of a tensor with other values."""
        return type(self)(self.indices, values, self.dense_shape)

    def parts(self):
        """(indices, values, dense_shape) as tensors."""
        return [self.indices, self.values, self.dense_shape]

    def eval(self, feed_dict=None, session=None):
        """Its SparseTensorValue, in the default session or another."""
        return SparseTensorValue(*(t.eval(feed_dict, session) for t in self.parts()))

    def __repr__(self):
        return (f"SparseTensor(indices={self.indices}, values={self.values}, "
                f"dense_shape={self.dense_shape})")
