"""TensorFlow's numbers for dtypes, and its classes for what is refused."""

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf


@pytest.fixture(autouse=True)
def session():
    tf.reset_default_graph()
    with tf.Session() as session:
        yield session


# ---- numbers that are dtypes ------------------------------------------------------------

NUMBERS = {1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string",
           8: "complex64", 9: "int64", 10: "bool", 17: "uint16", 18: "complex128", 19: "float16",
           22: "uint32", 23: "uint64"}


def test_each_dtype_has_tensorflows_number():
    for number, name in NUMBERS.items():
        dtype = tf.as_dtype(number)
        assert dtype.name == name and dtype.as_datatype_enum == number and dtype == number
        assert tf.as_dtype(number + 100) == dtype               # a reference to such
    assert tf.float32 != 3
    for number in (0, -1, 11, 55, 301):
        with pytest.raises(TypeError):
            tf.as_dtype(number)


def test_numbers_stand_wherever_a_dtype_does(session):
    made = [tf.ones(2, 2), tf.cast(1.7, 3), tf.zeros([1], 9), tf.constant(1, 3), tf.eye(2, dtype=2),
            tf.cast([1, 0], 10), tf.range(3, dtype=1), tf.shape(tf.ones(2), out_type=9),
            tf.random_uniform([], dtype=3, maxval=5), tf.zeros([1], 7)]
    assert [t.dtype.name for t in made] == ["float64", "int32", "int64", "int32", "float64", "bool",
                                            "float32", "int64", "int32", "string"]
    x = tf.placeholder(1)
    assert x.dtype == tf.float32 and session.run(x + 1, {x: 2}) == 3
    assert session.run(made[1]) == 1 and tf.Variable(1, dtype=2).dtype == tf.float64


# ---- a number on the left of a power ----------------------------------------------------

@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("base", [2, 2.0, np.float64(2), np.float32(2), True, 0, -1.5])
@pytest.mark.parametrize("typed", [True, False])
def test_the_gradient_of_a_number_to_a_tensor_has_the_tensors_dtype(dtype, base, typed):
    x = np.array([1, 2], dtype)
    with fg.Graph().as_default():
        b = fg.Variable(x) if typed else fg.placeholder()
        slope = fg.gradients(fg.reduce_sum(base ** b), b)[0]
        found = fg.Session().run(slope, {} if typed else {b: x})
    if typed or not isinstance(base, np.floating):
        assert found.dtype == dtype
    expected = float(base) ** x * np.log(float(base)) if float(base) > 0 else 0 * x
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_gradients_come_back_in_the_dtype_of_what_they_are_for():
    with fg.Graph().as_default():
        v = fg.Variable(np.ones(2, np.float32))
        wide = fg.reduce_sum(v * np.array([0.1, 0.2]))
        slope, = fg.gradients(wide, v)
        assert wide.dtype == fg.float64 and fg.Session().run(slope).dtype == np.float32


# ---- classes ----------------------------------------------------------------------------

F, M, I = [1.0, 2.0, 3.0], [[1.0, 2.0], [3.0, 4.0]], [0, 2, 1]
IN_THE_RUN = [
    lambda: tf.reshape(F, [-1, -1]), lambda: tf.transpose(M, [0, 0]), lambda: tf.tile(F, [-1]),
    lambda: tf.slice(F, [1], [5]), lambda: tf.slice(F, [-1], [1]), lambda: tf.argmax(F, 1),
    lambda: tf.pad(F, [[5, 5]], "REFLECT"), lambda: tf.one_hot(I, 3, axis=7),
    lambda: tf.cumsum(F, 1), lambda: tf.segment_sum(F, [0, 0]), lambda: tf.random_normal([-1]),
    lambda: tf.matrix_band_part(F, 0, 0), lambda: tf.broadcast_to(F, [-1]),
    lambda: tf.pad(F, [[1, 1]], constant_values=[1.0]), lambda: tf.summary.scalar("a", F)]


@pytest.mark.parametrize("build", IN_THE_RUN)
def test_what_tensorflow_finds_in_the_run_is_an_invalid_argument(build, session):
    with pytest.raises(tf.errors.InvalidArgumentError):
        session.run(build())


VALUE_ERRORS = [
    lambda: tf.random_normal(2), lambda: tf.random_uniform(2), lambda: tf.truncated_normal(2),
    lambda: tf.random_gamma(2, 1.0), lambda: tf.random_poisson(1.0, 2), lambda: tf.zeros(None),
    lambda: tf.random_normal(None), lambda: tf.dynamic_partition(F, [0, 1, 1], 0),
    lambda: tf.dynamic_stitch([], []), lambda: tf.bincount(F), lambda: tf.layers.flatten(1.0),
    lambda: tf.random_uniform([2], dtype=tf.bool), lambda: tf.Assert([True, False], [F])]


@pytest.mark.parametrize("build", VALUE_ERRORS)
def test_value_errors(build):
    with pytest.raises(ValueError):
        build()


TYPE_ERRORS = [
    lambda: tf.reshape(F, ["a"]), lambda: tf.reduce_sum(F, "a"), lambda: tf.cumsum(F, "a"),
    lambda: tf.zeros("a"), lambda: tf.random_normal([2, "a"]), lambda: tf.eye("a"),
    lambda: tf.cast(F, None), lambda: tf.py_func(lambda x: x, [F], None),
    lambda: tf.pad(F, [[1, 1]], constant_values="a"), lambda: tf.constant(1, name=1),
    lambda: tf.get_variable(1, [2]), lambda: tf.name_scope(1).__enter__(),
    lambda: tf.argmax(F, 0, 3), lambda: tf.summary.scalar(1, 1.0),
    lambda: tf.summary.histogram("a", "b"),
    lambda: tf.dynamic_partition(F, [0.0, 1.0, 1.0], 2)]


@pytest.mark.parametrize("build", TYPE_ERRORS)
def test_type_errors(build):
    with pytest.raises(TypeError):
        build()


def test_an_axis_of_tensordot_that_is_not_there():
    for axes in ([[0], [5]], [[-3], [0]]):
        with pytest.raises(IndexError, match="out of range for 2 dimensions"):
            tf.tensordot(M, M, axes)
