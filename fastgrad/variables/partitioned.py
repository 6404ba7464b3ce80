"""Variables in parts: PartitionedVariable, and the partitioners that say how many parts.

A partitioned variable is several variables, `w/part_0`, `w/part_1`, ..., cut along one dimension;
as a tensor it is their concatenation. Checkpoints have it as one tensor, so that it is restored
into any number of parts.
"""

import collections
import collections.abc
import functools
import inspect
import math

from fastgrad.graph import shapes
from fastgrad.graph.dtypes import as_dtype
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.tensor_shape import TensorShape, to_shape
from fastgrad.ops.join import concat
from fastgrad.ops.pad import slice_
from fastgrad.ops.state import group, identity
from fastgrad.wording import show_shape

PartitionInfo = collections.namedtuple("PartitionInfo", "full_shape var_offset")


class SaveSliceInfo:
    """Where a part lies in its whole (TensorFlow's `Variable.SaveSliceInfo`)."""

    def __init__(self, full_name=None, full_shape=None, var_offset=None, var_shape=None,
                 save_slice_info_def=None, import_scope=None):
        given = save_slice_info_def
        self.full_name = full_name if given is None else given.full_name
        self.full_shape = list(full_shape if given is None else given.full_shape)
        self.var_offset = list(var_offset if given is None else given.var_offset)
        self.var_shape = list(var_shape if given is None else given.var_shape)

    @property
    def spec(self):
        """The slice as TensorFlow's savers write it: "20 8 0,7:0,8"."""
        parts = ":".join(f"{o},{n}" for o, n in zip(self.var_offset, self.var_shape))
        return f"{' '.join(map(str, self.full_shape))} {parts}"


class PartitionedVariable:
    """Several variables that are parts of one tensor.

    Parameters
    ----------
    name : str
    shape : sequence of int
        Of the whole.
    dtype : dtype
    variable_list : list of Variable
    partitions : list of int
        The number of parts along each dimension; at most one is above 1.
    """

    def __init__(self, name, shape, dtype, variable_list, partitions):
        self._name, self._shape = name, tuple(shape)
        self._dtype, self._variables = as_dtype(dtype), list(variable_list)
        self._partitions, self._whole = list(partitions), None

    name = property(lambda self: self._name)
    dtype = property(lambda self: self._dtype)
    shape = property(lambda self: TensorShape(self._shape))
    graph = property(lambda self: self._variables[0].graph)

    def get_shape(self):
        """The shape of the whole."""
        return self.shape

    def __iter__(self):
        return iter(self._variables)

    def __len__(self):
        return len(self._variables)

    def __getitem__(self, key):
        return self._as_tensor()[key]

    def _get_variable_list(self):
        return self._variables

    def _get_partitions(self):
        return self._partitions

    def _axis(self):
        return next((i for i, n in enumerate(self._partitions) if n > 1), 0)

    def _as_tensor(self):
        if self._whole is None:
            graph = self.graph
            with graph.as_default(), graph.control_dependencies(None), graph.name_scope(
                    self._name + "/ConcatPartitions/"):
                one = len(self._variables) == 1
                joined = self._variables[0] if one else concat(self._variables, self._axis())
            with graph.as_default(), graph.control_dependencies(None), graph.name_scope(None):
                self._whole = identity(joined, name=self._name)
        return self._whole

    def as_tensor(self):
        """The parts joined."""
        return self._as_tensor()

    @property
    def initializer(self):
        """An operation that puts the initial values of all parts in."""
        return group(*[v.initializer for v in self._variables])

    def assign(self, value, use_locking=False, name=None, read_value=True):
        """Operations that set the parts to those of a value of the whole's shape."""
        value, made, at = as_tensor(value, self._dtype.np), [], 0
        for v in self._variables:
            size = v._shape[self._axis()] if self._shape else None
            index = (*[slice(None)] * self._axis(), slice(at, at + size)) if size else ...
            made.append(v.assign(value[index]))
            at += size or 0
        return made

    def __repr__(self):
        return (f"<PartitionedVariable '{self._name}' shape={self._shape} "
                f"dtype={self._dtype.name} parts={len(self._variables)}>")


def _operators():
    """A partitioned variable calculates as its tensor does."""
    def make(name):
        def call(self, *others):
            return getattr(self._as_tensor(), name)(*others)
        call.__name__ = name
        return call
    for name in ("add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow "
                 "matmul rmatmul neg abs lt le gt ge").split():
        setattr(PartitionedVariable, f"__{name}__", make(f"__{name}__"))


_operators()


# ---- partitioners -----------------------------------------------------------------------

def fixed_size_partitioner(num_shards, axis=0):
    """A partitioner that makes `num_shards` parts along one axis."""
    def partitioner(shape, **_):
        sizes = to_shape(shape)
        return _along(axis, len(sizes), min(num_shards, sizes[axis]))
    return partitioner


def variable_axis_size_partitioner(max_shard_bytes, axis=0, bytes_per_string_element=16,
                                   max_shards=None):
    """A partitioner whose parts have at most `max_shard_bytes` bytes, if a row has no more."""
    if max_shard_bytes < 1 or bytes_per_string_element < 1:
        raise ValueError("Both max_shard_bytes and bytes_per_string_element must be positive.")
    if max_shards is not None and max_shards < 1:
        raise ValueError("max_shards must be positive.")

    def partitioner(shape, dtype, **_):
        sizes = to_shape(shape)
        row = math.prod(sizes) / sizes[axis] * _width(dtype, bytes_per_string_element)
        count = math.ceil(sizes[axis] / max(1, math.floor(max_shard_bytes / row)))
        return _along(axis, len(sizes), min(max_shards or count, count))
    return partitioner


def min_max_variable_partitioner(max_partitions=1, axis=0, min_slice_size=256 << 10,
                                 bytes_per_string_element=16):
    """A partitioner of at most `max_partitions` parts of at least `min_slice_size` bytes."""
    def partitioner(shape, dtype, **_):
        sizes = to_shape(shape)
        if axis >= len(sizes):
            raise ValueError(f"Can not partition variable along axis {axis} when shape is only "
                             f"{sizes}.")
        size = math.prod(sizes) * _width(dtype, bytes_per_string_element)
        wanted = math.ceil(size / min_slice_size)
        return _along(axis, len(sizes), max(1, min(sizes[axis], max_partitions, wanted)))
    return partitioner


def _along(axis, rank, count):
    parts = [1] * rank
    parts[axis] = count
    return parts


def _width(dtype, of_strings):
    dtype = as_dtype(dtype)
    return of_strings if dtype.name == "string" else dtype.size


# ---- making them ------------------------------------------------------------------------

def partitions_of(partitioner, shape, dtype):
    """How many parts a partitioner wants along each dimension, looked at."""
    if not shapes.is_known(shape):
        raise ValueError("Shape of a new partitioned variable must be fully defined, but instead "
                         f"was {show_shape(shape)}.")
    parts = partitioner(shape=TensorShape(shape), dtype=dtype)
    if not isinstance(parts, collections.abc.Sequence):
        raise ValueError(f"Partitioner must return a sequence, but saw: {parts}")
    if len(parts) != len(shape):
        raise ValueError("Partitioner returned a partition list that does not match the "
                         f"Variable's rank: {parts} vs. {show_shape(shape)}")
    if any(p < 1 for p in parts):
        raise ValueError(f"Partitioner returned zero partitions for some axes: {parts}")
    if sum(p > 1 for p in parts) > 1:
        raise ValueError("Can only slice a variable along one dimension: shape: "
                         f"{show_shape(shape)}, partitioning: {parts}")
    if any(p > n for p, n in zip(parts, shape)):
        raise ValueError(f"Partitioner returned more parts than there are rows: {parts} for "
                         f"shape {show_shape(shape)}.")
    return list(parts)


def cut(shape, partitions):
    """[(offset, shape)] of the parts; where it does not come out, the first have one more."""
    axis = next((i for i, n in enumerate(partitions) if n > 1), 0)
    size, more = divmod(shape[axis], partitions[axis])
    found, at = [], 0
    for i in range(partitions[axis]):
        n = size + (i < more)
        found.append(([0] * axis + [at] + [0] * (len(shape) - axis - 1),
                      [*shape[:axis], n, *shape[axis + 1:]]))
        at += n
    return found


def make_partitioned(get, name, shape, dtype, initializer, partitions, **settings):
    """A new PartitionedVariable, whose parts `get` makes as get_variable does."""
    parts = []
    for i, (offset, size) in enumerate(cut(shape, partitions)):
        initial, own = initializer, size
        if is_node(initial) or initial is not None and not callable(initial):
            initial, own = slice_(as_tensor(initial, dtype.np), offset, size), None
        elif initial is not None:
            initial = _of_part(initial, PartitionInfo(list(shape), list(offset)))
        v = get(name=f"{name}/part_{i}", shape=own, dtype=dtype, initializer=initial, **settings)
        v.save_slice_info = SaveSliceInfo(name, shape, offset, size)
        parts.append(v)
    return PartitionedVariable(name, shape, dtype, parts, partitions)


def _of_part(initializer, info):
    """An initializer of a part, told of the whole if it asks."""
    made = initializer() if isinstance(initializer, type) else initializer
    try:
        wanted = "partition_info" in inspect.signature(made).parameters
    except (TypeError, ValueError):
        wanted = False
    return functools.partial(made, partition_info=info) if wanted else made


__all__ = ["PartitionedVariable", "fixed_size_partitioner", "min_max_variable_partitioner",
           "variable_axis_size_partitioner"]
