"""The sizes that gradients in files hang on: which axes are summed, where parts begin."""

import numpy as np
import pytest

from fastgrad.graph.opdef import OPS

AXES, OFFSETS = (OPS[name].ref for name in ("broadcast_gradient_args", "concat_offset"))


@pytest.mark.parametrize("x,y,mine,theirs", [
    ([2, 3], [2, 3], [], []), ([2, 3], [3], [], [0]), ([2, 1], [1, 3], [1], [0]),
    ([], [2, 2], [0, 1], []), ([1, 1], [2, 1], [0, 1], [1]), ([0, 3], [1], [], [0, 1])])
def test_axes_that_broadcasting_repeated(x, y, mine, theirs):
    found = AXES(np.array(x, np.int32), np.array(y, np.int32))
    assert [a.tolist() for a in found] == [mine, theirs]
    assert all(a.dtype == np.int32 for a in found)


def test_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match="do not broadcast"):
        AXES(np.array([2, 3]), np.array([4]))


def test_where_parts_begin():
    found = OFFSETS(np.int32(1), *np.array([[2, 3], [2, 5], [2, 1]], np.int32))
    assert [o.tolist() for o in found] == [[0, 0], [0, 3], [0, 8]]
