"""What Python code in a graph may return: declared dtypes hold, and nothing is cast in silence."""

import datetime

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf

NAN = float("nan")


def result(value, dtype, module=tf):
    graph = module.Graph()
    with graph.as_default():
        node = module.py_func(lambda: value, [], dtype)
        assert node.dtype == dtype
        return module.Session(graph=graph).run(node)


LOST = [(1.7, "int32"), (NAN, "int32"), (2**40 + 3, "int32"), (-1, "uint8"), (0.5, "bool"),
        (0.1, "float32"), (1e300, "float32"), (2**53 + 1, "float64"), (2**24 + 1, "float32"),
        ([[1.0, 2.5]], "int64"), (1 + 2j, "float64"), (2, "bool"), (300.0, "int8")]


@pytest.mark.parametrize("module", [fg, tf])
@pytest.mark.parametrize("value, dtype", LOST)
def test_a_cast_that_loses_something_is_an_error(value, dtype, module):
    value = np.array(value)
    with pytest.raises(tf.errors.InvalidArgumentError, match="does not fit its Tout"):
        result(value, getattr(module, dtype), module)


@pytest.mark.parametrize("module", [fg, tf])
@pytest.mark.parametrize("value", [
    datetime.date(2020, 1, 1), np.datetime64("2020-01-01"), np.array([None]), {}, object()])
def test_what_is_no_numbers_is_an_error(value, module):
    with pytest.raises(tf.errors.InternalError, match="neither numbers nor strings"):
        result(value, module.float32, module)


@pytest.mark.parametrize("module", [fg, tf])
def test_masked_elements_and_strings_are_no_numbers(module):
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    for value, dtype in ((masked, module.float64), ("x", module.float32)):
        with pytest.raises(tf.errors.InvalidArgumentError, match="masked|got strings"):
            result(value, dtype, module)
    assert result(np.ma.array([1.0, 2.0]), module.float64, module).tolist() == [1, 2]


KEPT = [(np.int32(3), "int64"), (np.float32(0.1), "float64"), (7, "int32"), (7, "uint8"),
        (0.5, "float32"), (2.0, "int32"), (NAN, "float32"), (True, "int32"), (1, "bool"),
        (np.arange(3), "float32"), (3, "float64")]


@pytest.mark.parametrize("value, dtype", KEPT)
def test_plain_fastgrad_takes_what_loses_nothing(value, dtype):
    found = result(value, getattr(fg, dtype), fg)
    assert found.dtype.name == dtype and np.array_equal(found, value, equal_nan=True)


@pytest.mark.parametrize("value, dtype", [
    (1, tf.int32), (1.0, tf.float32), (np.int32(1), tf.int64), (np.float32(1), tf.float64),
    (True, tf.int32), (1, tf.bool), (1.0, tf.string), (np.float64(1), tf.float16)])
def test_tensorflow_takes_no_other_dtype(value, dtype):
    with pytest.raises(tf.errors.InvalidArgumentError, match="got .*expected"):
        result(value, dtype)


@pytest.mark.parametrize("value, dtype", [
    (1, tf.int64), (1.5, tf.float64), (True, tf.bool), (np.float32(1.5), tf.float32),
    (1j, tf.complex128), ("x", tf.string), (np.array(["x", "yz"]), tf.string)])
def test_tensorflow_takes_the_declared_dtype(value, dtype):
    want = np.char.encode(value).astype(object) if dtype == tf.string else value
    assert np.array_equal(result(value, dtype), want)


def test_strings_come_to_the_function_as_bytes():
    with tf.Graph().as_default(), tf.Session() as session:
        seen = []
        given = [tf.constant(["a", "b"]), tf.constant("c")]
        out = tf.py_func(lambda *s: seen.extend(s) or s[1] + s[0][0], given, tf.string)
        assert session.run(out) == b"ca"
        assert seen[0].dtype == object and seen[0].tolist() == [b"a", b"b"] and seen[1] == b"c"


@pytest.mark.parametrize("raised, kind", [
    (TypeError, tf.errors.InvalidArgumentError), (ValueError, tf.errors.InvalidArgumentError),
    (StopIteration, tf.errors.OutOfRangeError), (MemoryError, tf.errors.ResourceExhaustedError),
    (NotImplementedError, tf.errors.UnimplementedError), (KeyError, tf.errors.UnknownError)])
def test_what_a_function_raises_has_tensorflows_class(raised, kind):
    def fail():
        raise raised("because")
    with tf.Graph().as_default(), tf.Session() as session:
        node = tf.py_func(fail, [], tf.float32)
        with pytest.raises(kind, match=f"raised {raised.__name__}: .*because"):
            session.run(node)


@pytest.mark.parametrize("dx", [np.ma.array([1.0], mask=[True]), np.array([None]),
                                np.array(["2020-01-01"], "M8[D]"), np.array([1j])])
def test_a_gradient_function_returns_real_numbers(dx):
    class gives(fg.Operation):
        def compute(self, x):
            return np.array(x)
    name = f"gives_{dx.dtype.kind}"
    gives.__name__ = name
    fg.RegisterGradient(name)(lambda op, grad: dx)
    with fg.Graph().as_default():
        v = fg.Variable([1.0])
        slope = fg.gradients(fg.reduce_sum(gives(v)), v)[0]
        with pytest.raises((fg.errors.ComputeError, ValueError)):
            fg.Session().run(slope)
