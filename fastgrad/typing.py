"""Types for annotations: what may be given as a tensor, dtype, shape or feed; History and Plan."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, Union

import numpy.typing as npt

from fastgrad import DType, IndexedSlices, Operation, SparseTensor, Tensor, TensorShape

if TYPE_CHECKING:               # the stub has them, not the package: nobody makes one by hand
    from fastgrad import _History as History
    from fastgrad import _Plan as Plan
else:
    from fastgrad.compiler.plan import Plan
    from fastgrad.runtime.history import History

# a node, or what a constant is made of; lists may hold nodes
TensorLike: TypeAlias = Union[Tensor, Operation, IndexedSlices, SparseTensor, npt.ArrayLike,
                              Sequence["TensorLike"]]
# a DType, or what NumPy takes for one, or the number that TensorFlow has for it
DTypeLike: TypeAlias = Union[DType, npt.DTypeLike, int]
# None, or an element None, is what is not known; elements may be nodes where a run can make them
ShapeLike: TypeAlias = Union[TensorShape, TensorLike, Sequence[Union[TensorLike, Any, None]], None]
# placeholders, other nodes or their names -> values
Feeds: TypeAlias = Mapping[Any, Any]

__all__ = ["TensorLike", "DTypeLike", "ShapeLike", "Feeds", "History", "Plan"]
