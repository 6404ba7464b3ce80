"""Hostile input: whatever is fed, fetched or loaded gives a clear error or NumPy's answer.

A failure must not crash, must not read or write what is not its own, and must leave the session
usable. Owns values and keys; failures in the middle of a run are in test_atomic.py.
"""

import collections
import decimal
import fractions
import itertools

import numpy as np
import pytest

import fastgrad as fg
from fastgrad import errors
from fastgrad.compiler import plan
from fastgrad.variables.store import Store
from fastgrad.runtime.streams import Streams

DTYPES = ["float32", "float64", "int32", "int64", "uint8", "bool"]


@pytest.fixture(autouse=True)
def graph():
    with fg.Graph().as_default() as made:
        yield made


def doubled(dtype=None, shape=None):
    """(placeholder, what is twice as much)."""
    x = fg.placeholder(dtype, shape)
    return x, fg.logical_not(x) if dtype == "bool" else x + x


def feed(value, dtype=None, shape=None):
    """Twice `value`; the session must go on working afterwards."""
    x, y = doubled(dtype, shape)
    session = fg.Session()
    try:
        return session.run(y, {x: value})
    finally:
        small = np.ones(() if shape is None else [d or 1 for d in shape], dtype or "float64")
        expected = ~small if dtype == "bool" else small + small
        assert np.array_equal(session.run(y, {x: small}), expected)


# ---- values that are no numbers ---------------------------------------------------------

NO_NUMBERS = {
    "none": None, "text": "abc", "bytes": b"abc", "object": np.array([1, None], object),
    "strings": np.array(["1", "2"]),
    "byte strings": np.array([b"1"]), "records": np.zeros(2, [("a", "f8"), ("b", "i4")]),
    "void": np.zeros(2, "V8"), "dates": np.array(["2020-01-01"], "M8[D]"),
    "durations": np.array([1], "m8[s]"), "dict": {1: 2}, "set": {1, 2}, "type": int,
    "function": len, "generator": (i for i in range(3)), "ragged": [[1], [1, 2]],
    "huge integer": 10**30, "huge negative": -10**30, "huge integers": [10**30, 1],
    "decimal": decimal.Decimal("1.5"), "fraction": fractions.Fraction(1, 2),
    "nested none": [1.0, None], "iterator": itertools.count(),
    "masked": np.ma.masked_array([1.0, 2.0, 3.0], [0, 1, 0]),
}


@pytest.mark.parametrize("dtype", [None, *DTYPES])
@pytest.mark.parametrize("name", NO_NUMBERS)
def test_what_is_no_number_is_refused(name, dtype):
    with pytest.raises(errors.FeedTypeError, match="^placeholder 'Placeholder'") as caught:
        feed(NO_NUMBERS[name], dtype)
    assert isinstance(caught.value, (TypeError, ValueError))


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_what_is_no_number_is_no_variables_value(name):
    w = fg.Variable(np.arange(3.0))
    with pytest.raises((TypeError, ValueError)):
        w.load(NO_NUMBERS[name])
    assert np.array_equal(w.value, np.arange(3.0))


def test_an_array_that_raises_is_an_error():
    class Broken:
        def __array__(self, dtype=None, copy=None):
            raise ValueError("no array today")

    with pytest.raises(errors.FeedTypeError, match="no array today"):
        feed(Broken())


# ---- values that the declared dtype cannot hold -----------------------------------------

@pytest.mark.parametrize("dtype, value, reason", [
    ("int32", 2**31, "cannot hold"), ("int32", [-2**31 - 1, 0], "cannot hold"),
    ("int32", np.array([2**40]), "cannot hold"), ("uint8", -1, "cannot hold"),
    ("uint8", np.array([256]), "cannot hold"), ("int64", np.uint64(2**63), "cannot hold"),
    ("int64", 1e19, "cannot hold"), ("int32", 1e300, "cannot hold"),
    ("int32", 1.5, "with fractions"), ("int64", [0.5], "with fractions"),
    ("int64", np.nan, "with fractions"), ("int32", [np.inf], "with fractions"),
    ("float32", 1j, "complex"), ("float64", np.array([1 + 0j]), "complex"),
    ("int32", 1j, "complex"), ("bool", np.array([1j]), "complex")])
def test_numbers_that_would_change(dtype, value, reason):
    with pytest.raises(errors.FeedTypeError, match=f"'Placeholder'.*{dtype}.*{reason}"):
        feed(value, dtype)
    w = fg.Variable(np.zeros(np.shape(value), dtype))
    with pytest.raises(errors.DTypeError, match=f"'Variable'.*{dtype}.*{reason}"):
        w.load(value)
    assert not w.value.any()


@pytest.mark.parametrize("value", [
    True, np.True_, 3, np.uint8(200), np.int64(-3), np.float16(1.5), np.float32(1.5), 1.5,
    np.longdouble(1.5), [True, False], np.array([200], np.uint8), np.array([1.5], np.float16),
    np.array([1.5], np.longdouble), np.array([2**63], np.uint64)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_other_numbers_are_converted(value, dtype):
    got = feed(value, dtype)
    assert got.dtype == dtype and np.array_equal(got, 2 * np.asarray(value).astype(dtype))


@pytest.mark.parametrize("kind", "?bBhHiIlLqQefdFD")
def test_an_untyped_placeholder_keeps_the_dtype(kind):
    value = np.array([0, 1, 100], kind)
    x = fg.placeholder()
    got = fg.Session().run(fg.identity(x), {x: value})
    assert got.dtype == value.dtype and np.array_equal(got, value)


def test_a_float_too_large_becomes_infinite():
    assert feed([1e300, -1e300], "float32").tolist() == [np.inf, -np.inf]
    assert feed(1e300, "float32", []) == np.inf


# ---- layouts ----------------------------------------------------------------------------

def misaligned(x):
    block = np.empty(x.nbytes + 1, np.uint8)
    found = block[1:].view(x.dtype).reshape(x.shape)
    found[...] = x
    return found


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


class Subclass(np.ndarray):
    """Lies about itself wherever Python code can."""

    def __array_finalize__(self, source):
        self.extra = 1

    def __mul__(self, other):
        raise AssertionError("arithmetic is the plan's")

    __add__ = __radd__ = __rmul__ = __mul__


LAYOUTS = {
    "negative strides": lambda x: x[::-1, ::-1].copy()[::-1, ::-1],
    "fortran": np.asfortranarray, "every second": lambda x: np.repeat(x, 2, 1)[:, ::2],
    "misaligned": misaligned, "read only": read_only,
    "big endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "subclass": lambda x: x.view(Subclass),
    "masked nothing": np.ma.masked_array, "list": lambda x: x.tolist(),
    "tuple of arrays": tuple, "memoryview": lambda x: memoryview(x),
}


@pytest.mark.parametrize("dtype", [None, "float32", "float64", "int32"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts(name, dtype):
    value = np.arange(12.0).reshape(3, 4).astype(dtype or "float64")
    got = feed(LAYOUTS[name](value), dtype, [None, 4])
    assert type(got) is np.ndarray and np.array_equal(got, 2 * value)


def test_zero_strides():
    for value in (np.broadcast_to(3.0, (4, 5)), np.broadcast_to(np.arange(5.0), (4, 5))):
        assert np.array_equal(feed(value, "float64"), 2 * value)


def test_overlapping_strides():
    value = np.lib.stride_tricks.sliding_window_view(np.arange(10.0), 4)
    assert np.array_equal(feed(value), 2 * value)


def test_memory_mapped(tmp_path):
    np.arange(1000.0).tofile(tmp_path / "x")
    for mode in ("r", "c", "r+"):
        value = np.memmap(tmp_path / "x", np.float64, mode)
        assert np.array_equal(feed(value), 2 * np.arange(1000.0))
        assert np.array_equal(feed(value[1:]), 2 * np.arange(1.0, 1000.0))


@pytest.mark.parametrize("shape", [(0,), (0, 4), (4, 0), (1, 0, 3), (2**40, 0)])
def test_empty(shape):
    got = feed(np.zeros(shape))
    assert got.shape == shape and got.dtype == np.float64


@pytest.mark.parametrize("declared, value", [
    ([None], 3.0), ([None], np.float32(3)), ([None], [[1.0]]), ([], [1.0]), ([2], [1.0]),
    ([None, 2], [1.0, 2.0]), ([None, 2], np.ones((3, 3))), ([None, 2], np.ones((0, 3)))])
def test_shapes_that_do_not_fit(declared, value):
    with pytest.raises(errors.FeedError, match="has shape .*; got an array of shape"):
        feed(value, "float32", declared)


# ---- aliasing ---------------------------------------------------------------------------

def test_feeds_that_alias_each_other():
    block = np.arange(20.0)
    a, b = fg.placeholder(np.float64, [None]), fg.placeholder(np.float64, [None])
    session = fg.Session()
    for first, second in ((block, block), (block[:10], block[5:15]), (block[5:15], block[:10])):
        for _ in range(5):
            assert np.array_equal(session.run(fg.subtract(a, b) * a, {a: first, b: second}),
                                  (first - second) * first)
    assert np.array_equal(block, np.arange(20.0))


def test_results_fed_again():
    x = fg.placeholder(np.float64, [None])
    y, session, value = x * 0.5 + 1.0, fg.Session(), np.arange(8.0)
    kept = [value]
    for _ in range(20):
        kept.append(session.run(y, {x: kept[-1]}))
    for before, after in itertools.pairwise(kept):
        assert np.array_equal(after, before * 0.5 + 1.0)


def test_a_variables_value_fed_for_itself():
    w, x = fg.Variable(np.arange(4.0)), fg.placeholder(np.float64, [4])
    session, update = fg.Session(), w.assign(x * 2.0)
    for _ in range(3):
        before = w.value
        session.run(update, {x: w.value})
        assert np.array_equal(w.value, before * 2)


# ---- NaN and infinity -------------------------------------------------------------------

BAD = [np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, 1.7e308, -1.7e308]


@pytest.mark.parametrize("subnormals", ["flush", "keep"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("length", [1, 7, 16, 33, 1000])
@pytest.mark.parametrize("fn, ref", [
    (fg.nn.relu, lambda x: np.maximum(x, 0)), (fg.abs, np.abs), (fg.sqrt, np.sqrt),
    (fg.sign, np.sign), (lambda x: fg.maximum(x, 1.0), lambda x: np.maximum(x, 1)),
    (lambda x: fg.clip_by_value(x, -1.0, 1.0), lambda x: np.clip(x, -1, 1)),
    (fg.reduce_max, np.max), (fg.reduce_min, np.min), (fg.reduce_sum, np.sum)])
def test_nan_and_infinity_anywhere(fn, ref, dtype, length, subnormals):
    x = fg.placeholder(dtype, [None])
    y, session = fn(x), fg.Session(subnormals=subnormals)
    with np.errstate(all="ignore"):
        for bad in np.array(BAD, dtype):
            for at in {0, length // 2, length - 1}:
                value = np.ones(length, dtype)
                value[at] = bad
                seen = value.copy()
                if subnormals == "flush":
                    seen[np.abs(seen) < np.finfo(dtype).tiny] *= 0
                found = session.run(y, {x: value})
                if subnormals == "flush" and abs(bad) < 1e-300:      # moving bits keeps them
                    assert np.array_equal(found, ref(seen)) or np.array_equal(found, ref(value))
                else:
                    np.testing.assert_array_equal(found, ref(seen))


def test_nan_reaches_the_end_of_a_network():
    x = fg.placeholder(np.float32, [None, 3])
    h = fg.nn.relu(fg.matmul(x, np.ones((3, 4), np.float32)))
    p = fg.nn.softmax(fg.matmul(h, np.ones((4, 2), np.float32)))
    value = np.ones((5, 3), np.float32)
    value[2, 1] = np.nan
    assert np.isnan(fg.Session().run(p, {x: value})).all(1).tolist() == [0, 0, 1, 0, 0]


# ---- sizes ------------------------------------------------------------------------------

HUGE = [[2**40, 2**40], [2**62, 4], [-2, -2], [-5, -3], [0, 2**62], [1] * 70, [2**50]]


@pytest.mark.parametrize("shape", HUGE, ids=str)
@pytest.mark.parametrize("build", [
    lambda x, s: fg.reshape(x, s), lambda x, s: fg.fill(s, 1.0), lambda x, s: fg.zeros(s),
    lambda x, s: fg.broadcast_to(x, s), lambda x, s: fg.random_normal(s)],
    ids=["reshape", "fill", "zeros", "broadcast_to", "random_normal"])
def test_impossible_shapes(build, shape):
    x, s = fg.placeholder(np.float32), fg.placeholder(np.int64, [None])
    with pytest.raises((ValueError, MemoryError)):
        fg.Session().run(build(x, s), {x: np.zeros(4, np.float32), s: shape})


def test_products_of_dimensions_that_overflow():
    a, b = fg.placeholder(np.float32, [None, None]), fg.placeholder(np.float32, [None, None])
    session, y = fg.Session(), fg.matmul(a, b)
    with pytest.raises((ValueError, MemoryError)):
        session.run(y, {a: np.zeros((2**40, 0), np.float32), b: np.zeros((0, 2**40), np.float32)})
    assert session.run(y, {a: np.ones((2, 3)), b: np.ones((3, 1))}).tolist() == [[3], [3]]


@pytest.mark.parametrize("m, k, n", [(2**31, 600, 600), (600, 2**31, 600),
                                     (600, 600, 2**31)])
def test_sizes_beyond_blas_are_refused(m, k, n):
    a, b = fg.placeholder(np.float32, [None, None]), fg.placeholder(np.float32, [None, None])
    shapes = {a: (np.dtype(np.float32), (m, k)), b: (np.dtype(np.float32), (k, n))}
    with pytest.raises(errors.RunShapeError, match=r"at most 2147483647 a dimension"):
        plan.compile([fg.matmul(a, b)], shapes, Store(), streams=Streams())


# ---- indices ----------------------------------------------------------------------------

def followers(w, i, d):
    """Everything that follows indices into a table of 4 rows."""
    found = fg.nn.embedding_lookup(w, i)
    loss = fg.reduce_sum(found * found)
    yield from (found, fg.gather(w, i))
    yield fg.gradients(fg.reduce_sum(fg.gather(w * 1.0, i)), [w])[0]
    yield fg.gather_nd(w, fg.expand_dims(i, 1))
    yield fg.scatter_nd(fg.expand_dims(i, 1), d, [4, 3])
    yield fg.nn.sparse_softmax_cross_entropy_with_logits(
        labels=i, logits=fg.matmul(d, np.ones((3, 4))))
    for kind in (fg.train.GradientDescentOptimizer, fg.train.AdagradOptimizer,
                 fg.train.RMSPropOptimizer, fg.train.AdamOptimizer, fg.train.FtrlOptimizer):
        yield kind(0.1).minimize(loss)


@pytest.mark.parametrize("index", ["int32", "int64"])
def test_indices_out_of_range(index):
    w = fg.Variable(np.arange(12.0).reshape(4, 3))
    i, d = fg.placeholder(index, [None]), fg.placeholder(np.float64, [None, 3])
    session, before = fg.Session(), w.value
    info = np.iinfo(index)
    for node in followers(w, i, d):
        for rows in ([4], [-1], [0, 4], [info.max], [info.min], [1, 2, info.max // 8]):
            with pytest.raises(errors.InvalidArgumentError, match="index|indices|label"):
                session.run(node, {i: np.array(rows, index), d: np.ones((len(rows), 3))})
            assert np.array_equal(w.value, before)
        session.run(node, {i: np.array([0, 3], index), d: np.ones((2, 3))})
        w.value = before


# ---- assigned values --------------------------------------------------------------------

@pytest.mark.parametrize("shape", [(), (1,), (2,), (5,), (0,), (3, 1), (1, 3)])
@pytest.mark.parametrize("update", ["assign", "assign_add", "assign_sub"])
def test_an_assigned_value_of_another_shape(update, shape):
    """Its shape is unknown until it is fed: nothing may be read behind its end."""
    w, x = fg.Variable(np.arange(3.0)), fg.placeholder(np.float64)
    with pytest.raises(errors.RunShapeError, match=r"the variable has shape \(3,\)"):
        fg.Session().run(getattr(w, update)(x), {x: np.ones(shape)})
    assert np.array_equal(w.value, np.arange(3.0))


# ---- fetches and keys -------------------------------------------------------------------

def test_fetches_that_are_none():
    x, y = doubled("float32", [None])
    session = fg.Session()
    for fetch in (None, 1, 1.5, object(), b"x", {y}, np.array([1]), len, float, range(2),
                  iter([y]), session, x.graph, [None], {"a": [y, None]}, (y, 2)):
        with pytest.raises(errors.FetchTypeError, match="^cannot fetch"):
            session.run(fetch, {x: [1.0]})
    for fetch in ("nope", "nope:0", "add:7", ""):
        with pytest.raises(errors.FetchError, match="^cannot fetch"):
            session.run(fetch, {x: [1.0]})
    assert session.run(y, {x: [1.0]}).tolist() == [2.0]


def test_nested_and_repeated_fetches():
    x, y = doubled("float32", [None])
    pair = collections.namedtuple("pair", "a b")
    session, feeds = fg.Session(), {x: [1.0]}
    assert session.run([], feeds) == [] and session.run({}, feeds) == {}
    assert session.run([[], ()], feeds) == [[], ()]
    one, two = session.run([y, y], feeds)
    one[0] = 9
    assert two[0] == 2
    got = session.run({"k": pair([y], (x, [y]))}, feeds)
    assert got["k"].b[1][0][0] == 2 and type(got["k"]) is pair


def test_keys_that_are_none():
    x, y = doubled("float32", [None])
    session = fg.Session()
    for feeds in (1, [(x, 1)], {1: 2}, {None: 1}, {"nope": 1}, {(x,): 1}, {y.op: [1.0]},
                  {x: y}, {x: [y]}):
        with pytest.raises(errors.FeedTypeError):
            session.run(y, feeds)
    with pytest.raises(errors.MissingFeedError):
        session.run(y)


@pytest.mark.parametrize("make", [
    lambda x: -x, lambda x: -(-x), lambda x: x - x, lambda x: x - (-x), lambda x: x - False,
    lambda x: fg.square(-x)], ids=["-x", "--x", "x-x", "x--x", "x-0", "square(-x)"])
def test_truths_have_no_difference(make):
    """Simplifying once made an answer of what NumPy refuses."""
    x = fg.placeholder(bool, [2])
    with pytest.raises(errors.ComputeError, match="numpy boolean"):
        fg.Session().run(make(x), {x: [True, False]})


def test_a_feed_dict_that_changes_while_it_is_read():
    x, y = doubled("float64", [None])
    session, feeds = fg.Session(), {}

    class Sly:
        def __array__(self, dtype=None, copy=None):
            feeds.clear()
            return np.ones(3)

    feeds[x] = Sly()
    try:
        assert session.run(y, feeds).tolist() == [2, 2, 2]
    except RuntimeError as e:
        assert "changed size" in str(e)
    assert session.run(y, {x: np.ones(3)}).tolist() == [2, 2, 2]
