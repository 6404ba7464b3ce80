"""Users' operations, which a session evaluates in Python between two plans."""

import numpy as np

from fastgrad.errors import ComputeError
from fastgrad.wording import where


def compute(op, inputs, call):
    """Call a user's compute() by `call(function, *inputs)`; its result as an array, or None."""
    inputs = [x.view() for x in inputs]
    for x in inputs:
        x.flags.writeable = False
    try:
        result = call(op.compute, *inputs)
    except Exception as e:
        raise ComputeError(f"compute() of {where(op)} raised {type(e).__name__}: {e}",
                           op) from e
    if result is None:
        return None
    try:
        if np.ma.is_masked(result):
            raise ValueError("its masked elements would be taken for numbers")
        array = np.array(result, order="C")             # a view, x.T say, is laid out anew
    except Exception as e:
        raise ComputeError(f"compute() of {where(op)} returned {type(result).__name__}, "
                           f"which is no array: {e}", op) from e
    if array.dtype.kind not in "fiubc":
        raise ComputeError(f"compute() of {where(op)} returned {type(result).__name__} with dtype "
                           f"{array.dtype}; expected numbers.", op)
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    return array if array.ndim else array[()]
