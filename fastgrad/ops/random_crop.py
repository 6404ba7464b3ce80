"""random_crop: a part of a tensor at a random place."""

import numpy as np

from fastgrad.errors import KernelError
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.dtypes import INT32
from fastgrad.ops.checks import get_static_value
from fastgrad.ops.pad import slice_
from fastgrad.ops.random import random_uniform
from fastgrad.ops.shape import plain_shape, scoped, shape
from fastgrad.wording import where


@scoped("random_crop", last=True)
def random_crop(value, size, seed=None, name=None):
    """A part of the given size at a place drawn anew at each run.

    Parameters
    ----------
    value : tensor
    size : integers, one a dimension
        At most the size of `value` there.
    seed : int, optional

    Raises
    ------
    InvalidArgumentError
        If a size is larger than the dimension, as far as the graph knows.

    Notes
    -----
    Gradient: `dy` with zeros around it.
    """
    x = as_tensor(value)
    sizes = as_tensor(size if is_node(size) else plain_shape(size))
    wanted = get_static_value(sizes)
    if wanted is not None and x._shape is not None and any(
            n is not None and n < m for n, m in zip(x._shape, wanted.tolist())):
        raise KernelError(f"random_crop: Need value.shape >= size, got {where(x)} of shape "
                          f"{x._shape} and {wanted.tolist()}.")
    room = shape(x) - sizes + 1
    drawn = random_uniform(shape(room), 0, np.iinfo(np.int32).max, dtype=INT32, seed=seed)
    return slice_(x, drawn % room, sizes, name=name)


__all__ = ["random_crop"]
