"""What TensorFlow refuses: numbers as conditions, fractions as indices, integers divided by 0."""

import numpy as np
import pytest

import fastgrad
import fastgrad.compat.v1 as tf
from fastgrad import errors
from fastgrad.testing import reference


@pytest.fixture(autouse=True)
def fresh():
    tf.reset_default_graph()


HALF = [0.5]

FRACTIONS = {
    "gather": lambda x: tf.gather(x, HALF),
    "gather of a tensor": lambda x: tf.gather(x, tf.constant(HALF)),
    "gather_nd": lambda x: tf.gather_nd(x, [HALF]),
    "embedding_lookup": lambda x: tf.nn.embedding_lookup(x, HALF),
    "sharded lookup": lambda x: tf.nn.embedding_lookup([x, x], HALF),
    "one_hot": lambda x: tf.one_hot(HALF, 3),
    "one_hot depth": lambda x: tf.one_hot([1], 2.5),
    "scatter_nd": lambda x: tf.scatter_nd([HALF], [1.0], [3]),
    "scatter_update": lambda x: tf.scatter_update(tf.Variable(x), HALF, [1.0]),
    "scatter_add": lambda x: tf.scatter_add(tf.Variable([1.0, 2.0]), HALF, [1.0]),
    "scatter_nd_add": lambda x: tf.scatter_nd_add(tf.Variable(x), [HALF], [1.0]),
    "tensor_scatter_add": lambda x: tf.tensor_scatter_add(x, [HALF], [1.0]),
    "segment_sum": lambda x: tf.segment_sum(x, [0.0, 1.0, 1.0]),
    "unsorted_segment_max": lambda x: tf.unsorted_segment_max(x, [0.0, 1.0, 1.0], 2),
    "in_top_k": lambda x: tf.nn.in_top_k([[1.0, 2.0]], HALF, 1),
    "labels": lambda x: tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=HALF, logits=[[1.0, 2.0]]),
    "top_k": lambda x: tf.nn.top_k(x, 1.5),
    "reshape": lambda x: tf.reshape(x, [3.0]),
    "reshape to a tensor": lambda x: tf.reshape(x, tf.constant([3.0])),
    "tile": lambda x: tf.tile(x, [2.0]),
    "pad": lambda x: tf.pad(x, [[1.0, 1.0]]),
    "slice": lambda x: tf.slice(x, HALF, [1]),
    "transpose": lambda x: tf.transpose(x, [0.0]),
    "zeros": lambda x: tf.zeros([2.5]),
    "fill": lambda x: tf.fill([2.5], 1.0),
    "random_normal": lambda x: tf.random_normal([2.5]),
    "axis of a sum": lambda x: tf.reduce_sum(x, 0.5),
    "axis of argmax": lambda x: tf.argmax(x, 0.5),
    "axis of concat": lambda x: tf.concat([x, x], 0.5),
    "split": lambda x: tf.split(x, [1.0, 2.0], 0),
    "invert_permutation": lambda x: tf.invert_permutation([1.0, 0.0]),
    "bincount": lambda x: tf.bincount([1.0, 0.0]),
    "reverse_sequence": lambda x: tf.reverse_sequence([[1.0, 2.0]], [1.0], seq_axis=1),
}


@pytest.mark.parametrize("name", FRACTIONS)
def test_fractions_are_no_indices_and_no_sizes(name):
    with pytest.raises(TypeError):
        FRACTIONS[name](tf.constant([1.0, 2.0, 3.0]))


def test_dtypes_that_do_not_fit():
    with pytest.raises(TypeError, match="float32"):
        tf.nn.in_top_k(tf.constant([[1.0, 2.0]], tf.float64), [0], 1)
    with pytest.raises(TypeError, match="float32 and int32; expected one dtype"):
        tf.meshgrid([1.0, 2.0], [1, 2])
    with pytest.raises(ValueError, match="expected one shape"):
        tf.cross(tf.ones([2, 3]), tf.ones([1, 3]))


def test_an_empty_list_is_of_any_dtype():
    x = tf.constant([1.0])
    with tf.Session() as session:
        assert session.run(tf.reshape(x, [])) == 1.0
        assert session.run(tf.zeros([])) == 0.0
        assert session.run(tf.gather(x, [])).shape == (0,)
        np.testing.assert_array_equal(session.run(tf.reduce_sum(x, [])), [1.0])


CONDITIONS = {
    "reduce_any": tf.reduce_any, "reduce_all": tf.reduce_all, "logical_not": tf.logical_not,
    "and": lambda f: f & f, "logical_xor": lambda f: tf.logical_xor(f, f),
    "where": lambda f: tf.where(f, f, f),
    "cond": lambda f: tf.cond(f[0], lambda: f, lambda: f),
    "case": lambda f: tf.case([(f[0], lambda: f)], default=lambda: f),
    "Assert": lambda f: tf.Assert(f[0], [f]),
    "while_loop": lambda f: tf.while_loop(lambda i: i, lambda i: i - 1.0, [f[0]]),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_numbers_are_no_conditions(name):
    with pytest.raises(TypeError, match="bool"):
        CONDITIONS[name](tf.constant([0.0, 1.0]))


def test_bounds_of_a_range_in_the_wrong_order():
    for bounds in [(5, 2), (0, 5, -1), (-1,), (0, 5, 0)]:
        with pytest.raises(ValueError, match="Requires"):
            tf.range(*bounds)
    n = tf.placeholder(tf.int32, [])
    steps = tf.range(n, 2)
    with tf.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError, match="start <= limit"):
            session.run(steps, {n: 5})
        assert session.run(steps, {n: 0}).tolist() == [0, 1]
        assert session.run(steps, {n: 2}).tolist() == []


DIVISIONS = [tf.floordiv, tf.floormod, tf.mod, tf.truncatediv, tf.truncatemod, tf.div]


@pytest.mark.parametrize("divide", DIVISIONS, ids=lambda f: f.__name__)
def test_integers_divided_by_zero_fail_the_run(divide):
    y = tf.placeholder(tf.int32, [2])
    fed, known = divide([7, -7], y), divide(tf.constant([7, -7]), [2, 0])
    half_known = divide(y, [2, 0])
    with tf.Session() as session:
        for node, feed in [(fed, {y: [1, 0]}), (known, None), (half_known, {y: [1, 2]})]:
            for run in (session.run, reference):
                with pytest.raises(tf.errors.InvalidArgumentError, match="division by zero"):
                    run(node, feed)
        with fastgrad.Graph().as_default():
            f = getattr(fastgrad, divide.__name__)
            want = fastgrad.Session().run(f(np.array([7, -7], np.int32), np.array([2, 3], np.int32)))
        np.testing.assert_array_equal(session.run(fed, {y: [2, 3]}), want)


@pytest.mark.parametrize("divide", DIVISIONS, ids=lambda f: f.__name__)
def test_nothing_divided_by_zero_is_nothing(divide):
    x, y = tf.placeholder(tf.int32, [None]), tf.placeholder(tf.int32, [])
    with tf.Session() as session:
        assert session.run(divide(x, 0), {x: []}).shape == (0,)
        assert session.run(divide(x, y), {x: [], y: 0}).shape == (0,)


def test_a_failed_division_leaves_the_variables():
    v, y = tf.Variable(1.0), tf.placeholder(tf.int32, [])
    with tf.control_dependencies([v.assign_add(1.0)]):
        late = 7 // tf.identity(y)
    with tf.Session() as session:
        session.run(v.initializer)
        with pytest.raises(tf.errors.InvalidArgumentError):
            session.run(late, {y: 0})
        assert session.run(v) == 1.0
        assert session.run(late, {y: 2}) == 3 and session.run(v) == 2.0


def test_dividing_by_a_constant_costs_no_step_in_numpy():
    x = tf.placeholder(tf.int32, [4])
    with tf.Session() as session:
        text = session.plan(x // 2, {x: np.zeros(4, np.int32)}).explain()
    assert "not_zero" not in text


def test_numpy_habits_keep_zeros_truths_and_empty_ranges():
    with fastgrad.Graph().as_default():
        session = fastgrad.Session()
        three, zero = fastgrad.constant([3]), fastgrad.constant([0])
        assert session.run([three // zero, three % zero]) == [0, 0]
        assert session.run(fastgrad.reduce_any([1.0])) and session.run(fastgrad.range(5, 2)).size == 0
        with pytest.raises(errors.DTypeError, match="indices must be integers"):
            fastgrad.gather([1.0, 2.0], [0.5])


def test_minimize_of_a_number():
    with pytest.raises(AttributeError, match="takes a node as loss"):
        tf.train.AdamOptimizer().minimize(3.0)


def test_dimensions_that_cannot_be_one():
    three, unknown = tf.Dimension(3), tf.Dimension(None)
    assert three.is_compatible_with(unknown) and three.is_compatible_with(3)
    assert unknown.merge_with(3) == 3 and three.merge_with(None) == 3
    with pytest.raises(ValueError, match="not compatible"):
        three.assert_is_compatible_with(4)


# ---- ranks and kinds of arguments: NumPy takes them, TensorFlow does not -----------------

A = np.arange(12.0, dtype=np.float32).reshape(3, 4)

REFUSED = {
    "a number to reshape to": (lambda: tf.reshape(A, 12), ValueError),
    "a matrix to reshape to": (lambda: tf.reshape(A, [[4, 3]]), ValueError),
    "None to reshape to": (lambda: tf.reshape(A, None), ValueError),
    "a text to reshape to": (lambda: tf.reshape(A, "ab"), TypeError),
    "a matrix to tile by": (lambda: tf.tile(A, [[1, 2]]), ValueError),
    "a number to tile by": (lambda: tf.tile(tf.placeholder(tf.float32), 2), ValueError),
    "a matrix as perm": (lambda: tf.transpose(A, [[1, 0]]), ValueError),
    "one axis of reverse": (lambda: tf.reverse(A, 0), ValueError),
    "a number to fill": (lambda: tf.fill(3, 1), ValueError),
    "a vector as limit": (lambda: tf.range([3]), ValueError),
    "a vector as start": (lambda: tf.linspace([0.0], 1.0, 3), ValueError),
    "a list as the axis of argmax": (lambda: tf.argmax(A, [0]), ValueError),
    "a list as the axis of concat": (lambda: tf.concat([A, A], [0]), ValueError),
    "a vector as depth": (lambda: tf.one_hot([0], [3]), ValueError),
    "an axis of one_hot": (lambda: tf.one_hot([0, 2], 3, axis=-2), ValueError),
    "a vector as k": (lambda: tf.nn.top_k(A, [1]), ValueError),
    "a vector as maxlen": (lambda: tf.sequence_mask([1, 3], [4]), ValueError),
    "a scalar of coordinates": (lambda: tf.gather_nd(A, 1), ValueError),
    "the diagonal of a number": (lambda: tf.diag_part(1.0), ValueError),
    "one axis of a norm": (lambda: tf.norm(A, axis=[0]), ValueError),
    "an axis of a norm twice": (lambda: tf.norm(A, axis=[1, 1]), ValueError),
    "fro of a vector": (lambda: tf.norm(A, ord="fro"), ValueError),
    "keepdims twice": (lambda: tf.norm(A, keepdims=True, keep_dims=True), ValueError),
    "fewer shifts": (lambda: tf.roll(A, [1], [0, 1]), ValueError),
    "a side": (lambda: tf.searchsorted([1.0], [2.0], side="z"), ValueError),
    "a tensor to add up": (lambda: tf.add_n(tf.constant(A)), TypeError),
    "a vector of indices": (lambda: tf.constant(A)[tf.constant([0, 1])], TypeError),
    "qr of integers": (lambda: tf.qr(tf.constant([[1, 2], [3, 4]])), TypeError),
    "svd of integers": (lambda: tf.svd(tf.constant([[1, 2], [3, 4]])), TypeError),
}


@pytest.mark.parametrize("name", REFUSED)
def test_arguments_of_another_rank_or_kind(name):
    make, error = REFUSED[name]
    with pytest.raises(error):
        make()


RUN_TIME = {
    "a segment beyond": lambda: tf.unsorted_segment_max(A, [2, 0, 3], 3),
    "a segment below": lambda: tf.segment_sum(A, [-1, 0, 1]),
    "a range of nothing": lambda: tf.histogram_fixed_width([1.0], [5.0, 5.0]),
}


@pytest.mark.parametrize("name", RUN_TIME)
def test_values_that_only_a_run_can_refuse(name):
    found = RUN_TIME[name]()
    with tf.Session() as session, pytest.raises(errors.InvalidArgumentError):
        session.run(found)


def test_weights_that_broadcast_but_do_not_fit_the_losses():
    values, weights = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    loss = tf.losses.absolute_difference(values, tf.zeros_like(values), weights)
    slope, = tf.gradients(loss, weights)
    with tf.Session() as session:
        x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], np.float32)
        for fits, want in (([[1.0, 2.0, 0.0]], 19 / 4), ([[2.0], [0.0]], 4.0), (2.0, 7.0)):
            np.testing.assert_allclose(session.run(loss, {values: x, weights: fits}), want)
        np.testing.assert_allclose(session.run(slope, {values: x, weights: [[1.0], [1.0]]}),
                                   [[1.0], [2.5]])
        with pytest.raises(errors.InvalidArgumentError, match="can not be broadcast"):
            session.run(loss, {values: x, weights: [1.0, 2.0, 3.0]})
        with pytest.raises(errors.InvalidArgumentError, match="can not be broadcast"):
            session.run(loss, {values: x[0], weights: [[1.0, 2.0, 3.0]]})
