"""Kernels that move values against NumPy: copy, move, fill, cast, gather, scatter_add, one_hot.

Owns the checks of move.pxi.in and index.pxi.in, on every CPU level that this machine runs.
"""
import numpy as np
import pytest
from step import BAD_INDEX, DTYPES, EACH_LEVEL, OK, level, run_split, run_step

pytestmark = EACH_LEVEL
INDEX = {"i32": np.int32, "i64": np.int64}
ITEM = {1: np.uint8, 2: np.uint16, 4: np.float32, 8: np.float64, 16: np.complex128}


def copy(y, x, cuts=()):
    """Copy the view x into the view y of the same shape with one kernel call per piece of the range."""
    size = y.itemsize
    outer = int(np.prod(y.shape[:-1], dtype=int))
    ext = [y.shape[-1], y.strides[-1], x.strides[-1], y.ndim - 1]
    aux = [y.shape[:-1], y.strides[:-1], x.strides[:-1]]
    return run_split(f"copy_{size}", [View(y), View(x)], ext, aux=aux, hi=outer, cuts=cuts)


class View:
    """A strided array that passes as a kernel operand: only its first byte's address counts."""

    def __init__(self, array):
        self.ctypes = array.ctypes
        self.flags = np.empty(0).flags


def fresh(shape, dtype, seed=0):
    return (np.random.default_rng(seed).random(shape) * 100).astype(dtype)


@pytest.mark.parametrize("size", ITEM)
@pytest.mark.parametrize("shape", [(7,), (1, 5), (3, 4), (2, 3, 5), (33, 18), (2, 37, 40), (2, 3, 1, 4),
                                   (0, 3), (3, 0)])
@pytest.mark.parametrize("cuts", [(), (1, 3, 17)])
def test_copy_permutations(size, shape, cuts):
    x = fresh(shape, ITEM[size])
    views = [x, x.T, x[::-1], x[..., ::-1], np.roll(x, 1)[..., ::2], np.moveaxis(x, -1, 0)]
    if x.ndim > 2:
        views.append(x.swapaxes(0, 1))
    for view in views:
        y = np.zeros(view.shape, x.dtype)
        assert copy(y, view, cuts) == OK
        np.testing.assert_array_equal(y, view)


@pytest.mark.parametrize("size", ITEM)
def test_copy_broadcast_and_into_pieces(size):
    x = fresh((3, 1), ITEM[size])
    wide = np.broadcast_to(x, (4, 3, 6))
    y = np.zeros((4, 3, 6), x.dtype)
    assert copy(y, wide, cuts=(5,)) == OK
    np.testing.assert_array_equal(y, wide)
    # A piece of a concat, a strided write, and a transposed write: the rest stays as it was.
    for make in (lambda z: z[:, 2:5], lambda z: z[:, ::3], lambda z: z[::2, ::-1]):
        z = np.ones((8, 9), x.dtype)
        want = z.copy()
        piece = fresh(make(z).shape, x.dtype, 1)
        make(want)[...] = piece
        assert copy(make(z), piece) == OK
        np.testing.assert_array_equal(z, want)
    z, piece = np.ones((9, 5), x.dtype), fresh((5, 9), x.dtype)
    assert copy(z.T, piece) == OK
    np.testing.assert_array_equal(z, piece.T)


def test_copy_of_one_row_without_outer_dims():
    x = np.arange(10.0)
    y = np.zeros(5)
    assert run_step("copy_8", [y, x], [5, 8, 16, 0], hi=1) == OK
    np.testing.assert_array_equal(y, x[::2])


@pytest.mark.parametrize("dtype", DTYPES)
def test_move_and_fill(dtype):
    x = fresh(41, DTYPES[dtype])
    y = np.zeros_like(x)
    assert run_split("move", [y, x], [x.itemsize]) == OK
    np.testing.assert_array_equal(y, x)
    for value in (0, 1, 7, 200):
        y = np.zeros(41, DTYPES[dtype])
        assert run_step(f"fill_{dtype}", [y], par=[value], lo=3, hi=40) == OK
        np.testing.assert_array_equal(y[3:40], DTYPES[dtype](value))
        assert not y[:3].any() and not y[40:].any()


@pytest.mark.parametrize("source", DTYPES)
@pytest.mark.parametrize("target", DTYPES)
def test_cast(source, target):
    x = np.array([0, 1, 2, 7, 100, 255, 3, 0, 1, 5, 77] * 3).astype(DTYPES[source])
    if source in ("f32", "f64", "i32", "i64") and target != "u8":
        x[3:7] = np.array([-1.75, -2, 1e9, 2.9]).astype(DTYPES[source])
    if source == "i64":
        x[8:10] = [2**40 + 3, -2**33 - 1]
    y = np.zeros(x.size, DTYPES[target])
    assert run_split(f"cast_{source}_{target}", [y, x]) == OK
    np.testing.assert_array_equal(y, x.astype(DTYPES[target]))


@pytest.mark.parametrize("source", ["f32", "f64"])
def test_cast_out_of_range(source):
    x = np.array([np.nan, np.inf, -np.inf, 1e30, -1e30, 2.0**31, -(2.0**31), 2.0**63, -1.0, 300.0], DTYPES[source])
    y = np.zeros(x.size, np.int32)
    run_step(f"cast_{source}_i32", [y, x])
    low = np.iinfo(np.int32).min
    assert y.tolist() == [low, low, low, low, low, low, low, low, -1, 300]
    y = np.zeros(x.size, np.int64)
    run_step(f"cast_{source}_i64", [y, x])
    low = np.iinfo(np.int64).min
    assert y.tolist() == [low, low, low, low, low, 2**31, -2**31, low, -1, 300]
    y = np.zeros(x.size, np.uint8)
    run_step(f"cast_{source}_u8", [y, x])
    assert y.tolist() == [0, 0, 0, 0, 0, 0, 0, 0, 255, 44]
    y = np.zeros(x.size, np.bool_)
    run_step(f"cast_{source}_b1", [y, x])
    assert y.all()


@pytest.mark.parametrize("i", INDEX)
@pytest.mark.parametrize("row", [1, 2, 3, 8, 19])
@pytest.mark.parametrize("dtype", ["u8", "f32", "f64"])
def test_gather(i, row, dtype):
    x = fresh((6, row), DTYPES[dtype])
    index = np.array([5, 0, 0, 3, 2, 5, 1, 4] * 3, INDEX[i])
    y = np.zeros((index.size, row), x.dtype)
    ext = [row * x.itemsize, 6]
    assert run_split(f"gather_{i}", [y, x, index], ext, hi=index.size) == OK
    np.testing.assert_array_equal(y, x[index])
    for bad in (-1, 6):
        index[4] = bad
        assert run_step(f"gather_{i}", [y, x, index], ext, hi=index.size) == BAD_INDEX


@pytest.mark.parametrize("i", INDEX)
@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("row", [1, 5, 20])
def test_scatter_add(i, dtype, row):
    index = np.array([3, 0, 3, 3, 1], INDEX[i])
    x = fresh((5, row), DTYPES[dtype])
    want = np.zeros((4, row), x.dtype)
    np.add.at(want, index, x)
    for run in (run_step, run_split):
        y = np.full((4, row), np.nan, x.dtype)
        assert run(f"scatter_add_{i}_{dtype}", [y, x, index], [5, row, 4], hi=row) == OK
        np.testing.assert_allclose(y, want, rtol=1e-6)
    index[2] = 4
    assert run_step(f"scatter_add_{i}_{dtype}", [y, x, index], [5, row, 4], hi=row) == BAD_INDEX


@pytest.mark.parametrize("i", INDEX)
@pytest.mark.parametrize("dtype", ["f32", "f64", "i32", "i64"])
def test_one_hot(i, dtype):
    index = np.array([0, 2, -1, 4, 3, 1, 99] * 4, INDEX[i])
    y = np.full((index.size, 4), 9, DTYPES[dtype])
    assert run_split(f"one_hot_{i}_{dtype}", [y, index], [4], [5, -2], hi=index.size) == OK
    np.testing.assert_array_equal(y, np.where(index[:, None] == np.arange(4), 5, -2))


@pytest.mark.parametrize("i", INDEX)
@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_take_label(i, dtype):
    x = fresh((20, 3), DTYPES[dtype])
    index = np.arange(20).astype(INDEX[i]) % 3
    y = np.zeros(20, x.dtype)
    assert run_split(f"take_label_{i}_{dtype}", [y, x, index], [3]) == OK
    np.testing.assert_array_equal(y, x[np.arange(20), index])
    for bad in (-1, 3):
        index[7] = bad
        assert run_step(f"take_label_{i}_{dtype}", [y, x, index], [3]) == BAD_INDEX
