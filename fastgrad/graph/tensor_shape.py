"""TensorShape and Dimension: static shapes as users see them, under TensorFlow's names."""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph.shapes import compatible, is_known, merge, size_of


def to_shape(shape):
    """What a user gives as a shape (None, number, sequence, TensorShape) -> a static shape."""
    if shape is None:
        return None
    if isinstance(shape, TensorShape):
        return shape.dims_
    if isinstance(shape, (int, np.integer, Dimension)):
        shape = (shape,)
    if isinstance(shape, str) or any(isinstance(d, float) and d % 1 for d in shape):
        raise (TypeError if isinstance(shape, str) else ShapeError)(
            f"a shape must be a list of whole numbers or None; got {shape!r}.")
    dims = tuple(None if d is None or (isinstance(d, Dimension) and d.value is None) else int(d)
                 for d in shape)
    dims = tuple(None if d == -1 else d for d in dims)
    if any(d is not None and d < 0 for d in dims):
        raise ShapeError(f"shape {dims} has a negative dimension")
    return dims


class Dimension:
    """One dimension: `value` is an int, or None if unknown. Arithmetic follows the value."""

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value.value if isinstance(value, Dimension) else (
            None if value is None else int(value))

    def __int__(self):
        if self.value is None:
            raise TypeError("the dimension is unknown (None); use fastgrad.shape(x) in the graph")
        return self.value

    __index__ = __int__

    def __eq__(self, other):
        other = other.value if isinstance(other, Dimension) else other
        return self.value == other

    def is_compatible_with(self, other):
        """Whether both can be the same number."""
        return compatible((self.value,), (Dimension(other).value,))

    def assert_is_compatible_with(self, other):
        if not self.is_compatible_with(other):
            raise ShapeError(f"Dimensions {self} and {Dimension(other)} are not compatible")

    def merge_with(self, other):
        """What is known of a dimension that is both."""
        self.assert_is_compatible_with(other)
        return Dimension(Dimension(other).value if self.value is None else self.value)

    def __hash__(self):
        return hash(self.value)

    def __repr__(self):
        return f"Dimension({self.value})"

    def __str__(self):
        return "?" if self.value is None else str(self.value)


def _dimension_arithmetic(name):
    def method(self, other):
        other = other.value if isinstance(other, Dimension) else other
        if self.value is None or other is None:
            return Dimension(None)
        return Dimension(getattr(int, name)(self.value, int(other)))
    return method


for _name in ("add", "radd", "sub", "rsub", "mul", "rmul", "floordiv", "rfloordiv", "mod"):
    setattr(Dimension, f"__{_name}__", _dimension_arithmetic(f"__{_name}__"))


def _dimension_order(name):
    def method(self, other):
        other = other.value if isinstance(other, Dimension) else other
        return None if self.value is None or other is None else getattr(self.value, name)(other)
    return method


for _name in ("lt", "le", "gt", "ge"):
    setattr(Dimension, f"__{_name}__", _dimension_order(f"__{_name}__"))


class TensorShape:
    """A static shape (TensorFlow's `tf.TensorShape`); unknown rank is `TensorShape(None)`.

    Examples
    --------
    >>> TensorShape([None, 3]).as_list(), TensorShape([2, 3]).num_elements()
    ([None, 3], 6)
    """

    __slots__ = ("dims_",)

    def __init__(self, dims):
        self.dims_ = to_shape(dims)

    @property
    def ndims(self):
        return None if self.dims_ is None else len(self.dims_)

    rank = ndims

    @property
    def dims(self):
        return None if self.dims_ is None else [Dimension(d) for d in self.dims_]

    def as_list(self):
        """The dimensions as a list of int or None; ValueError if the rank is unknown."""
        if self.dims_ is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(self.dims_)

    def is_fully_defined(self):
        return is_known(self.dims_)

    def num_elements(self):
        return size_of(self.dims_) if self.is_fully_defined() else None

    def is_compatible_with(self, other):
        return compatible(self.dims_, to_shape(other))

    def assert_is_compatible_with(self, other):
        if not self.is_compatible_with(other):
            raise ShapeError(f"Shapes {self} and {TensorShape(other)} are incompatible")

    def merge_with(self, other):
        return TensorShape(merge(self.dims_, to_shape(other)))

    def concatenate(self, other):
        other = to_shape(other)
        return TensorShape(None if self.dims_ is None or other is None else self.dims_ + other)

    def with_rank(self, rank):
        return self.merge_with((None,) * rank)

    def _demand(self, holds, what):
        if not holds:
            raise ShapeError(f"Shape {self} must {what}")
        return self

    def assert_has_rank(self, rank):
        self._demand(self.ndims in (None, rank), f"have rank {rank}")

    def with_rank_at_least(self, rank):
        return self._demand(self.ndims is None or self.ndims >= rank, f"have rank at least {rank}")

    def with_rank_at_most(self, rank):
        return self._demand(self.ndims is None or self.ndims <= rank, f"have rank at most {rank}")

    def assert_is_fully_defined(self):
        self._demand(self.is_fully_defined(), "be fully defined")

    def __len__(self):
        if self.dims_ is None:
            raise ValueError("Cannot take the length of Shape with unknown rank.")
        return len(self.dims_)

    def __bool__(self):
        return self.dims_ is not None

    def __iter__(self):
        if self.dims_ is None:
            raise ValueError("Cannot iterate over a shape with unknown rank.")
        return iter(self.dims)

    def __getitem__(self, key):
        if self.dims_ is None:
            return TensorShape(None) if isinstance(key, slice) else Dimension(None)
        dims = self.dims_[key]
        return TensorShape(dims) if isinstance(key, slice) else Dimension(dims)

    def __eq__(self, other):
        try:
            return self.dims_ == to_shape(other)
        except (TypeError, ValueError):
            return False

    def __hash__(self):
        return hash(self.dims_)

    def __repr__(self):
        return f"TensorShape({self.dims})"

    def __str__(self):
        if self.dims_ is None:
            return "<unknown>"
        inner = ", ".join("?" if d is None else str(d) for d in self.dims_)
        return f"({inner},)" if len(self.dims_) == 1 else f"({inner})"
