"""Sizes that no memory holds, numbers that wrap around, values that cannot become arrays.

Every mistake ends in an error that names the node or the line; none in a wrapped number, a crash
or a machine that is busy for hours.
"""

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad import errors


@pytest.fixture(autouse=True)
def graph():
    with fg.Graph().as_default() as made:
        yield made


HUGE = (1 << 33, (1 << 32) + 1, 1 << 50, 1 << 62, -5, -(1 << 33), 1 << 63, 1 << 70, -(1 << 70))


@pytest.mark.parametrize("big", HUGE)
@pytest.mark.parametrize("build", [
    lambda x, n: fg.pad(x, [[0, n]]), lambda x, n: fg.pad(x, [[n, 0]]),
    lambda x, n: fg.tile(x, [n]), lambda x, n: fg.fill([n], 1.0), lambda x, n: fg.zeros([n, n]),
    lambda x, n: fg.reshape(x, [n]), lambda x, n: fg.slice(x, [n], [1]),
    lambda x, n: fg.slice(x, [0], [n]), lambda x, n: x[n], lambda x, n: fg.one_hot([0], n),
    lambda x, n: fg.gather(x, [n]), lambda x, n: fg.nn.top_k(x, n)[0],
    lambda x, n: fg.unsorted_segment_sum(x, [0, 1, 0, 1], n), lambda x, n: fg.eye(n),
    lambda x, n: fg.split(x, [n, 2], 0)[0], lambda x, n: fg.broadcast_to(x, [n, 4]),
    lambda x, n: fg.random_normal([n]), lambda x, n: fg.scatter_nd([[0]], [1.0], [n]),
    lambda x, n: fg.reduce_sum(x, axis=n), lambda x, n: fg.transpose(x, [n]),
    lambda x, n: fg.expand_dims(x, n), lambda x, n: fg.concat([x, x], n)])
def test_sizes_beyond_all_memory(build, big):
    """An error that names the node or the line, at building or at running; never a wrapped number."""
    if abs(big) < 1 << 40 and big > 0:
        resource = pytest.importorskip("resource")
        limit = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (8 << 30, limit[1]))
    x = fg.placeholder(np.float64, [None], name="x")
    try:
        with pytest.raises((ValueError, TypeError, MemoryError, OverflowError, errors.OpError)) as caught:
            fg.Session().run(build(x, big), {x: np.arange(4.0)})
    finally:
        if abs(big) < 1 << 40 and big > 0:
            resource.setrlimit(resource.RLIMIT_AS, limit)
    if not -(1 << 63) <= big < 1 << 63:
        return                                  # Python and NumPy may have refused it
    assert isinstance(caught.value, errors.FastgradError), repr(caught.value)
    assert "test_sizes.py:" in str(caught.value) or "'x'" in str(caught.value)


def test_slices_far_beyond_the_end():
    x = fg.placeholder(np.float64, [None])
    value, session = np.arange(4.0), fg.Session()
    for big in (1 << 31, 1 << 33, 1 << 63, 1 << 70):
        for key in (slice(big, None), slice(None, big), slice(-big, None), slice(None, None, -big),
                    slice(big, -big, -1), slice(0, None, big)):
            np.testing.assert_array_equal(session.run(x[key], {x: value}), value[key])


@pytest.mark.parametrize("dtype", [None, np.float32, np.float64, np.int32, np.uint8, np.bool_])
def test_a_feed_that_would_fill_all_memory(dtype):
    """A view of one number as 4 TiB or more is refused before anybody looks at its elements."""
    x = fg.placeholder(dtype, [None, 4], name="x")
    for source in (np.float64(1), np.int64(3), np.float32(2)):
        feed = np.broadcast_to(source, (1 << 42, 4))
        with pytest.raises(MemoryError, match=r"placeholder 'x' \(test_sizes.py:\d+\).*TiB") as e:
            fg.Session().run(x, {x: feed})
        assert isinstance(e.value, errors.FastgradError)
        assert isinstance(e.value, errors.ResourceExhaustedError)


def test_a_run_without_memory_names_the_step():
    x = fg.placeholder(np.float64, [None])
    outer = fg.multiply(fg.reshape(x, [-1, 1]), x, name="outer")
    session = fg.Session()
    for node in (outer, fg.reduce_sum(outer * 2.0 + outer, axis=0)):
        with pytest.raises(MemoryError, match=r"'outer' \(test_sizes.py:\d+\).*\(16777216, "
                           r"16777216\).*2\.0 PiB") as e:
            session.run(node, {x: np.ones(1 << 24)})
        assert isinstance(e.value, errors.FastgradError)
    assert session.run(outer, {x: [2.0]}) == 4


class Breaks:
    def __init__(self, error):
        self.error = error

    def __array__(self, dtype=None, copy=None):
        raise self.error


@pytest.mark.parametrize("error", [RuntimeError("boo"), ZeroDivisionError("boo"), KeyError("boo"),
                                   AttributeError("boo"), OSError("boo")])
def test_a_feed_whose_conversion_fails(error):
    x = fg.placeholder(np.float64, name="x")
    with pytest.raises(errors.FeedTypeError, match="'x' .* cannot make an array of .*boo") as e:
        fg.Session().run(x, {x: Breaks(error)})
    assert e.value.__cause__ is error


def test_a_feed_whose_conversion_is_interrupted():
    x = fg.placeholder(np.float64)
    with pytest.raises(KeyboardInterrupt):
        fg.Session().run(x, {x: Breaks(KeyboardInterrupt())})


# ---- what operations in Python return ---------------------------------------------------

LAYOUTS = {
    "transposed": lambda x: x.T, "broadcast": lambda x: np.broadcast_to(x[0], (4,) + x[0].shape),
    "reversed": lambda x: x[::-1, ::-1], "columns": lambda x: x[:, ::2],
    "big-endian": lambda x: x.astype(">f8"), "fortran": np.asfortranarray, "scalar": np.sum,
    "matrix": np.matrix, "0 rows": lambda x: x[:0].T, "list": lambda x: x.tolist()}


@pytest.mark.parametrize("name", LAYOUTS)
def test_an_operation_may_return_any_layout(name):
    """Fetched, and read by compiled steps behind it, as a compute(), a py_func and a gradient."""
    made = LAYOUTS[name]

    class laid_out(fg.Operation):
        def compute(self, x):
            return made(x)
    value, session = np.arange(12.0).reshape(3, 4), fg.Session()
    x = fg.placeholder(np.float64, [3, 4])
    for y in (laid_out(x), tf.py_func(lambda x: np.asanyarray(made(x)), [x], tf.float64)):
        plain, doubled = session.run([y, fg.multiply(y, 2.0)], {x: value})
        np.testing.assert_array_equal(plain, made(value))
        np.testing.assert_array_equal(doubled, np.asarray(made(value)) * 2)
        assert np.asarray(plain).dtype == np.float64


def test_an_operation_that_returns_masked_numbers():
    class hides(fg.Operation):
        def compute(self, x):
            return np.ma.array(x, mask=[True, False])
    with pytest.raises(errors.InvalidArgumentError, match="'hides' .*masked elements"):
        fg.Session().run(hides(fg.constant([1.0, 2.0])))


def test_an_operation_that_returns_more_than_memory():
    class grows(fg.Operation):
        def compute(self, x):
            return np.broadcast_to(x, (1 << 44,))
    with pytest.raises(errors.InvalidArgumentError, match=r"'grows' \(test_sizes.*TiB"):
        fg.Session().run(grows(fg.constant(1.0)))


@pytest.mark.parametrize("settings", [{"batch_size": 2.5}, {"batch_size": "a"}, {"epochs": 1.5},
                                      {"epochs": "two"}, {"batch_size": True}, {"epochs": None}])
def test_fit_takes_whole_numbers(settings):
    x = fg.placeholder(np.float64, [None])
    train = fg.train.GradientDescentOptimizer(0.1).minimize(fg.reduce_sum(fg.Variable(1.0) * x))
    (name, value), = settings.items()
    with pytest.raises((TypeError, ValueError), match=f"{name} must be a whole number.*{value!r}"):
        fg.Session().fit(train, {x: np.ones(8)}, **settings)


# ---- arguments that make no sense, ranks that nobody knows ------------------------------

@pytest.mark.parametrize("build, words", [
    (lambda x, u: fg.split(x, 0), "cannot split .* into 0 equal parts"),
    (lambda x, u: fg.split(u, 0), "cannot split .* into 0 equal parts"),
    (lambda x, u: fg.split(x, -2), "cannot split .* into -2 equal parts"),
    (lambda x, u: fg.split(x, []), "cannot split .* into no parts"),
    (lambda x, u: fg.concat([], 0), "concat needs at least one"),
    (lambda x, u: fg.matrix_band_part(fg.constant([1.0, 2.0]), 1, 0), "at least 2 dimensions"),
    (lambda x, u: fg.matrix_band_part(u[0], 1, 0), "at least 2 dimensions"),
    (lambda x, u: fg.pad(x[:0], [[1, 1], [0, 0]], mode="REFLECT"), "no elements to mirror")])
def test_arguments_that_make_no_sense(build, words):
    x, u = fg.placeholder(np.float64, [3, 4]), fg.placeholder(np.float64)
    value = np.arange(12.0).reshape(3, 4)
    with pytest.raises(errors.FastgradError, match=words) as caught:
        fg.Session().run(build(x, u), {x: value, u: value})
    assert "test_sizes.py:" in str(caught.value)


def test_the_gradient_of_tile_of_unknown_rank():
    u, times = fg.placeholder(np.float64), fg.placeholder(np.int32)
    grad, = fg.gradients(fg.reduce_sum(fg.tile(u, times)), [u])
    found = fg.Session().run(grad, {u: np.ones((3, 4)), times: [2, 5]})
    np.testing.assert_array_equal(found, np.full((3, 4), 10.0))


def test_the_gradient_of_top_k_of_unknown_rank():
    u, session = fg.placeholder(np.float64), fg.Session()
    grad, = fg.gradients(fg.reduce_sum(fg.nn.top_k(u, 2)[0]), [u])
    for value in ([[1.0, 3.0, 2.0], [4.0, 0.0, 5.0]], [3.0, 1.0, 2.0]):
        value = np.array(value)
        largest = value >= np.sort(value, -1)[..., -2:-1]
        np.testing.assert_array_equal(session.run(grad, {u: value}), largest)
