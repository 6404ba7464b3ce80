"""Programs of the TensorFlow 1 API give the values that TensorFlow 1.15.5 gave, dtypes included."""

import functools
import pathlib
import sys
import warnings

import numpy as np
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tf1"))

import compare  # noqa: E402

import fastgrad as fg  # noqa: E402
import fastgrad.compat.v1 as tf  # noqa: E402

CASES = compare.cases()
golden = functools.lru_cache(None)(compare.golden)


@pytest.fixture(autouse=True)
def fresh():
    tf.reset_default_graph()


@pytest.mark.parametrize("file, name", CASES, ids=[f"{f}.{n}" for f, n in CASES])
def test_value(file, name):
    fn = CASES[file, name]
    tf.reset_default_graph()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = compare.normal(fn(tf, np))
    assert not compare.differences(golden(file)[name], found, fn)


def test_softmax_cross_entropy_takes_labels_of_other_ranks_and_dtypes():
    tf.reset_default_graph()
    logits = tf.constant([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]])
    labels = np.eye(3, dtype=np.float32)[[0, 2]]
    for entropy in (tf.nn.softmax_cross_entropy_with_logits,
                    tf.nn.softmax_cross_entropy_with_logits_v2):
        given = (labels, [tf.constant(labels)], labels[None], tf.constant(labels, tf.float64),
                 tf.constant(labels.astype(np.int64)))
        losses = [entropy(logits=logits, labels=y) for y in given]
        free = tf.placeholder(tf.float32, [1, None, 3])
        losses.append(entropy(logits=logits, labels=free))
        found = tf.Session().run(losses + tf.gradients(losses[1], logits), {free: labels[None]})
        for loss in found[:-1]:
            np.testing.assert_allclose(loss, [1.4643688, 0.06588387], rtol=1e-6)
        assert found[-1].shape == (2, 3)
    assert tf.Session().run(tf.one_hot(np.array([[0.0], [2.0]]), 3)).argmax(-1).tolist() == \
        [[0], [2]]


def test_slim_is_the_contrib_layers():
    slim = tf.contrib.slim
    assert slim.fully_connected is tf.contrib.layers.fully_connected
    assert slim.arg_scope is tf.contrib.framework.arg_scope
    with slim.arg_scope([slim.fully_connected], biases_initializer=None):
        out = slim.fully_connected(slim.one_hot_encoding(tf.constant([1, 0]), 3), 2,
                                   weights_initializer=tf.ones_initializer())
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(out).tolist() == [[1, 1], [1, 1]]


def test_dtypes_and_ways_to_add_gradients():
    assert tf.dtypes.float32 is tf.float32 and tf.dtypes.as_dtype("int32") == tf.int32
    assert tf.dtypes.cast is tf.cast
    with tf.Graph().as_default():
        x = tf.constant(2.0)
        slope, = tf.gradients(x * x + x, x, aggregation_method=tf.AggregationMethod.ADD_N)
        assert tf.Session().run(slope) == 5


def test_rows_looked_up_by_integers_of_two_sizes():
    with tf.Graph().as_default():
        table = tf.placeholder(tf.float64, [3, 2])
        found = (tf.gather(table, tf.constant([0, 2, 0], tf.int32)) * 2.0
                 + tf.gather(table, tf.constant([2, 1, 2], tf.int64)))
        slices, = tf.gradients(found, [table])
        assert slices.indices.dtype == tf.int64
        with tf.Session() as session:
            dense = session.run(tf.convert_to_tensor(slices), {table: np.zeros((3, 2))})
        np.testing.assert_array_equal(dense, [[4, 4], [1, 1], [4, 4]])


def test_second_order_of_a_cross_entropy_takes_labels_for_constants():
    """In its first order TensorFlow has their gradient; the numbers are TensorFlow's."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.constant([[0.2, -0.4, 1.1]], tf.float64)
        loss = tf.nn.softmax_cross_entropy_with_logits_v2(labels=tf.sigmoid(x), logits=x)
        first, = tf.gradients(loss, x)
        second, = tf.gradients(first * first, x)
        found = session.run([first, second])
    np.testing.assert_allclose(found[0], [[0.04329216, 0.21333601, -0.0451395]], rtol=1e-6)
    np.testing.assert_allclose(found[1], [[0.01776217, 0.00741988, 0.01621949]], rtol=1e-6)


def test_integers_have_no_gradient():
    with tf.Graph().as_default():
        x, f = tf.placeholder(tf.int32, [3]), tf.placeholder(tf.float32, [3])
        whole = tf.cast(f, tf.int32)
        for y in (x, tf.identity(x), x * x, tf.nn.relu(x), tf.reduce_sum(x), tf.cast(x, tf.float32) * 2):
            assert tf.gradients(y, [x]) == [None]
        assert tf.gradients(whole * 2, [f, whole]) == [None, None]
        assert tf.gradients(tf.cast(whole, tf.float32), f) == [None]
        of_x, of_f = tf.gradients(tf.cast(x * x, tf.float32) * f, [x, f])
        assert of_x is None and of_f.dtype == tf.float32
        zero, = tf.gradients(x * x, x, unconnected_gradients="zero")
        assert zero.dtype == tf.int32


def test_numbers_beside_an_operation_of_ones_own():
    """Its dtype is known in the run; a number that became float32 was 1.5e-9 off in float64."""
    class Twice(fg.Operation):
        def __init__(self, x):
            super().__init__([x])

        def compute(self, x):
            return 2 * x

    @fg.RegisterGradient("Twice")
    def _(op, dy):
        return dy * 0.1 * op.inputs[0]

    for dtype in (tf.float32, tf.float64):
        with tf.Graph().as_default(), tf.Session() as session:
            x = tf.constant([1.0, 2.0], dtype)
            y = Twice(x)
            number = np.asarray(0.1, dtype.as_numpy_dtype)
            for made, wanted in ((y * 0.1, [2, 4] * number), (0.1 * y, [2, 4] * number),
                                 (tf.maximum(y, 0.1) - 1, np.array([1, 3], number.dtype))):
                found = session.run(made)
                assert found.dtype == number.dtype
                np.testing.assert_array_equal(found, wanted)
            found = session.run(tf.math.multiply_no_nan(y, x))
            np.testing.assert_array_equal(found, np.array([2, 8], number.dtype))
            np.testing.assert_array_equal(session.run(tf.meshgrid(y, x)[0]), [[2, 4], [2, 4]])
            tf.assert_integer(Twice(tf.constant(1)))            # not known to be none
            found, = tf.gradients(tf.reduce_sum(1 / y), y)
            np.testing.assert_array_equal(session.run(found), np.array([-1 / 4, -1 / 16], number.dtype))
            first, = tf.gradients(tf.reduce_sum(Twice(Twice(x))), x)
            second, = tf.gradients(first, x)
            assert session.run([first, second])[1].dtype == number.dtype


# ---- loops and choices: values and slopes that TensorFlow gave -----------------------------

def test_the_gradient_of_a_loop():
    a, v = tf.constant(2.0), tf.Variable(3.0)
    z = v * a
    through = tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * v + z), (0, z))[1]
    squares = tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * x), (0, a))[1]
    with tf.Session() as session:
        session.run(v.initializer)
        session.run(v.assign(3.0))
        assert session.run(tf.gradients(squares, a)) == [1024.0]
        found = session.run(tf.gradients(through, [a, v, z]))
    w = 3.0                     # y = z (w^3 + w^2 + w + 1) and z = 2 w
    powers, slopes = w**3 + w * w + w + 1, 3 * w * w + 2 * w + 1
    np.testing.assert_allclose(found, [w * powers, 2 * powers + 2 * w * slopes, powers], rtol=1e-6)


def test_a_loop_in_a_loop_and_a_choice_in_a_loop_have_slopes():
    a = tf.constant(2.0)
    nested = tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, tf.while_loop(
        lambda j, q: j < i + 1, lambda j, q: (j + 1, q * a), (0, x))[1]), (0, a))[1]
    chosen = tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, tf.cond(
        x > 5.0, lambda: x * a, lambda: x * x * a)), (0, a))[1]
    with tf.Session() as session:
        assert session.run([nested, *tf.gradients(nested, a)]) == [128.0, 448.0]
        assert session.run([chosen, *tf.gradients(chosen, a)]) == [32.0, 80.0]


def test_a_loop_that_grows_and_one_that_draws():
    x = tf.placeholder(tf.float32, [None])
    grown = tf.while_loop(lambda x: tf.size(x) < 5, lambda x: tf.concat([x, x * 2], 0), [x],
                          shape_invariants=[tf.TensorShape([None])])
    one = tf.constant(1.0)
    drawn = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * tf.random_uniform([])),
                          (0, one))[1]
    few = tf.while_loop(lambda i: i < 9, lambda i: i + 1, [0], maximum_iterations=tf.constant(4))
    with tf.Session() as session:
        value, slope = session.run([grown, *tf.gradients(grown, x)], {x: [1.0, 2.0]})
        assert value.tolist() == [1, 2, 2, 4, 2, 4, 4, 8] and slope.tolist() == [9.0, 9.0]
        value, slope = session.run([drawn, *tf.gradients(drawn, one)])
        np.testing.assert_allclose(slope, value, rtol=1e-6)
        assert type(value) is np.float32 and session.run(few) == 4
    with pytest.raises(ValueError, match="shape_invariants"):
        tf.while_loop(lambda x: tf.size(x) < 5, lambda x: tf.concat([x, x], 0), [tf.ones([1])])


def test_a_choice_counts_each_way_to_what_it_takes_once():
    a = tf.constant([1.0, 2.0])
    z = a * 2.0
    y = tf.cond(a[0] > 0.0, lambda: a * z, lambda: a)
    with tf.Session() as session:
        found = session.run(tf.gradients(y, [a, z]))
    np.testing.assert_array_equal(found, [[4.0, 8.0], [1.0, 2.0]])


def test_choices_that_tensorflow_refuses():
    a = tf.constant(2.0)
    for wrong, kind in [
            (lambda: tf.cond(a > 1, lambda: {"x": a}, lambda: {"y": a}), ValueError),
            (lambda: tf.cond(a > 1, lambda: None, lambda: None), ValueError),
            (lambda: tf.cond([True], lambda: a, lambda: a), ValueError),
            (lambda: tf.case([]), ValueError),
            (lambda: tf.case([(True, lambda: a)]), TypeError),
            (lambda: tf.case([(a > 1, lambda: a)], default=a), TypeError)]:
        with pytest.raises(kind):
            wrong()
    none = tf.case([(a > 3, lambda: a), (a > 2, lambda: a * 2)])
    many = tf.case([(a > 1, lambda: a), (a > 0, lambda: a * 2)], lambda: a * 3,
                   exclusive=True)
    with tf.Session() as session:
        for node in (none, many):
            with pytest.raises(tf.errors.InvalidArgumentError):
                session.run(node)
        assert session.run([tf.group([a, [a.op]]), a]) == [None, 2.0]


# ---- gradients and errors of a program's own ----------------------------------------------

@pytest.fixture
def tenfold():
    @tf.RegisterGradient("Tenfold")
    def rule(op, dy):
        return dy * 10.0


def test_gradients_that_a_graph_overrides(tenfold):
    a = tf.constant([1.0, -2.0])
    types = ("Sign", "Identity", "Relu", "Tanh", "Square", "Floor", "Exp")
    with tf.get_default_graph().gradient_override_map({t: "Tenfold" for t in types}):
        inside = [f(a) for f in (tf.sign, tf.identity, tf.nn.relu, tf.tanh, tf.square, tf.floor,
                                 tf.exp)]
    with tf.get_default_graph().gradient_override_map({"Sign": "NotThere"}):
        nothing = tf.sign(a)
    with tf.Session() as session:
        for y in inside:
            assert session.run(tf.gradients(y, a))[0].tolist() == [10.0, 10.0]
        assert session.run(tf.gradients(tf.sign(a), a))[0].tolist() == [0.0, 0.0]
    with pytest.raises(LookupError):
        tf.gradients(nothing, a)
    with pytest.raises(TypeError):
        with tf.get_default_graph().gradient_override_map({5: "x"}):
            pass
    with pytest.raises(KeyError, match="registered already"):
        @tf.RegisterGradient("Tenfold")
        def again(op, dy):
            return dy


def test_a_custom_gradient_of_variables():
    w = tf.get_variable("w", initializer=3.0, use_resource=True)

    @tf.custom_gradient
    def times(x):
        def grad(dy, variables=None):
            assert variables == [w]
            return dy * 7.0, [dy * 11.0 for _ in variables]
        return x * w, grad
    x = tf.constant(2.0)
    with tf.Session() as session:
        session.run(w.initializer)
        y = times(x)
        assert session.run([y, *tf.gradients(y, [x, w])]) == [6.0, 7.0, 11.0]


def test_what_an_error_of_a_run_carries():
    x = tf.placeholder(tf.float32, [2], name="xx")
    v = tf.Variable(1.0, name="vv")
    with tf.Session() as session:
        with pytest.raises(tf.OpError) as caught:
            session.run(x)
        found = caught.value
        assert found.op and found.op.name == found.node_def.name == "xx"
        assert found.error_code == tf.errors.INVALID_ARGUMENT == 3
        with pytest.raises(tf.errors.FailedPreconditionError) as caught:
            session.run(v * 2)
        assert caught.value.op.name == "vv" and caught.value.error_code == 9
    assert tf.errors.exception_type_from_error_code(5) is tf.errors.NotFoundError
    assert tf.errors.error_code_from_exception_type(tf.errors.AbortedError) == 10


def test_a_slot_of_an_optimizer_of_ones_own():
    class Summing(tf.train.Optimizer):
        def __init__(self):
            super().__init__(False, "Summing")

        def _create_slots(self, var_list):
            for v in var_list:
                self._zeros_slot(v, "total", self._name)

        def _apply_dense(self, grad, var):
            return tf.group(var.assign_sub(grad), self.get_slot(var, "total").assign_add(grad))

    v = tf.Variable([1.0, 2.0], name="v")
    optimizer = Summing()
    step = optimizer.minimize(tf.reduce_sum(v * v) * 3.0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(step)
        total = optimizer.get_slot(v, "total")
        assert total.name == "v/Summing:0"
        assert session.run(total).tolist() == [6.0, 12.0] and session.run(v).tolist() == [-5, -10]


def test_assertions_on_numbers_that_differ_a_little():
    x = tf.placeholder(tf.float32, [None])
    with tf.Session() as session:
        session.run(tf.assert_near(x, [1.0, 2.0000001]), {x: [1.0, 2.0]})
        with pytest.raises(tf.errors.InvalidArgumentError):
            session.run(tf.assert_near(x, [1.0, 2.1]), {x: [1.0, 2.0]})
    with pytest.raises(TypeError):
        tf.assert_integer(x)
    with pytest.raises(TypeError):
        tf.assert_proper_iterable(x)
    with pytest.raises(ValueError):
        tf.assert_same_float_dtype([x, tf.constant(1.0, tf.float64)])
    with pytest.raises(ValueError):
        tf.ensure_shape(tf.ones([2]), [3])
    assert tf.assert_same_float_dtype([x]) == tf.float32


# ---- state --------------------------------------------------------------------------------

def test_variables_that_tensorflow_refuses():
    x = tf.placeholder(tf.float32, [None, 2])
    for wrong in (lambda: tf.Variable(x), lambda: tf.Variable(x * 2.0),
                  lambda: tf.Variable(1.0, collections="x"),
                  lambda: tf.Variable(1.0, constraint=5),
                  lambda: tf.get_variable("v", initializer=5.0, dtype=tf.float64),
                  lambda: tf.variable_scope("s", reuse="x")):
        with pytest.raises(ValueError):
            wrong()
    assert tf.Variable(x, validate_shape=False).shape.ndims is None
    assert tf.get_variable("w", initializer=5, dtype=tf.int32).shape == ()


def test_savers_of_some_variables(tmp_path):
    v = tf.Variable([1.0, 2.0], name="v")
    saver = tf.train.Saver()
    later = tf.Variable(3.0, name="later")
    with pytest.raises(ValueError):
        tf.train.Saver([v, v])
    with pytest.raises(ValueError):
        tf.train.Saver({"a": v, "b": v})
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        path = saver.save(session, str(tmp_path / "m"))
        session.run([v.assign([5.0, 6.0]), later.assign(7.0)])
        saver.restore(session, path)
        assert session.run(v).tolist() == [1.0, 2.0] and session.run(later) == 7.0
    assert [name for name, _ in tf.train.list_variables(path)] == ["v"]
    for value in ([1.0, 2.0, 3.0], [1, 2]):
        with tf.Graph().as_default(), tf.Session() as session:
            tf.Variable(value, name="v")
            with pytest.raises(tf.errors.InvalidArgumentError):
                tf.train.Saver().restore(session, path)


def test_rows_are_fetched_and_clipped():
    a = tf.constant([3.0, 4.0])
    rows = tf.IndexedSlices(a, tf.constant([0, 1]))
    clipped, norm = tf.clip_by_global_norm([rows, None], 1.0)
    with tf.Session() as session:
        found = session.run(clipped[0])
        np.testing.assert_allclose(found.values, [0.6, 0.8], rtol=1e-6)
        assert found.indices.tolist() == [0, 1] and found.dense_shape is None
        nothing, zero = tf.clip_by_global_norm([], 5.0)
        assert nothing == [] and session.run(zero) == 0.0


def test_feeds_of_several_nodes_and_of_fractions():
    a, b = tf.placeholder(tf.float32, []), tf.placeholder(tf.int32, [2])
    with tf.Session() as session:
        for _ in range(2):
            found = session.run([a, b + 0], {(a, b): (1.5, [1.7, -2.7])})
            assert found[0] == 1.5 and found[1].tolist() == [1, -2]
            assert session.run(b + 0, {b: np.array([0.9, 7.1])}).tolist() == [0, 7]
        with pytest.raises(ValueError):
            session.run(b, {b: [np.nan, 1.0]})
        with pytest.raises(TypeError):
            session.run(a, {(a, b): 1.0})


def test_shapes_become_tensors():
    c = tf.constant([1.0, 2.0])
    with tf.Session() as session:
        sizes = [tf.convert_to_tensor(tf.TensorShape([2, 3])), tf.cast(c.shape[0], tf.float32)]
        found = session.run(sizes)
        assert found[0].dtype == np.int32 and found[0].tolist() == [2, 3] and found[1] == 2.0
    for wrong in (lambda: c * c.shape[0], lambda: tf.constant(tf.TensorShape([None]))):
        with pytest.raises(ValueError):
            wrong()


def test_what_is_no_placeholder_no_array_and_no_optimizer():
    with pytest.raises(TypeError):
        tf.placeholder(None)
    with pytest.raises(NotImplementedError):
        np.array(tf.constant([1.0]))
    v = tf.Variable(1.0)
    with pytest.raises(NotImplementedError):
        tf.train.Optimizer(False, "mine").minimize(v * 2.0)
    tf.set_random_seed(3)
    assert tf.get_seed(5) == (3, 5)


def test_the_gradient_of_a_mask_is_dense():
    x = tf.constant([1.0, 2.0, 3.0])
    slope, = tf.gradients(tf.boolean_mask(x, [True, False, True]) * 2.0, x)
    with tf.Session() as session:
        assert session.run(slope).tolist() == [2.0, 0.0, 2.0]


def test_only_variables_are_scattered_into():
    for scatter in (tf.scatter_add, tf.scatter_nd_update):
        with pytest.raises(AttributeError, match="changes a Variable"):
            scatter(tf.constant([1.0]), [0], [1.0])


def test_a_template_knows_its_variables():
    times = tf.make_template("tm", lambda x: x * tf.get_variable("k", [1]))
    times(1.0), times(2.0)
    assert [v.name for v in times.variables] == ["tm/k:0"] == [
        v.name for v in times.trainable_variables]
    assert times.var_scope.name == "tm" and times.local_variables == []
