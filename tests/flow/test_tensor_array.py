"""TensorArray: its rules, its gradients, in loops and outside; map_fn and scan of unknown length.

Messages and values as TensorFlow 1.15's, but for words.
"""

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf

F = np.float32


@pytest.fixture(autouse=True)
def fresh():
    tf.reset_default_graph()


def run(fetches, feed=None):
    with tf.Session() as session:
        return session.run(fetches, feed)


def test_names_and_attributes():
    a = tf.TensorArray(tf.float32, 2)
    b = a.write(0, [1.0])
    assert (a.handle.name, a.flow.name, a.dynamic_size) == ("TensorArray:0", "TensorArray:1", False)
    assert b.flow.name == "TensorArrayWrite/TensorArrayWriteV3:0"
    assert a.element_shape.as_list() == b.element_shape.as_list() == [1]
    assert b.read(0).name == "TensorArrayReadV3:0"
    assert b.stack().name == "TensorArrayStack/TensorArrayGatherV3:0"
    assert b.stack().shape.as_list() == [None, 1]
    assert b.size().dtype == tf.int32 and b.flow.dtype == tf.float32
    assert b.unstack([[1.0]]).flow.name == (
        "TensorArrayUnstack/TensorArrayScatter/TensorArrayScatterV3:0")
    assert tf.TensorArray(tf.float32, 2, name="ta").flow.name == "ta:1"
    assert b.identity() is not b and b.grad("g").size().shape.as_list() == []


@pytest.mark.parametrize("build, value", [
    (lambda: tf.TensorArray(tf.float32, 2, element_shape=[2]).read(1), [0, 0]),
    (lambda: tf.TensorArray(tf.float32, 2).write(0, [1.0, 2.0]).stack(), [[1, 2], [0, 0]]),
    (lambda: tf.TensorArray(tf.float32, 0, element_shape=[3]).stack(), np.zeros((0, 3))),
    (lambda: tf.TensorArray(tf.float32, 4).unstack([1.0, 2.0, 3.0]).stack(), [1, 2, 3, 0]),
    (lambda: tf.TensorArray(tf.float32, 2, dynamic_size=True).unstack([1.0, 2.0, 3.0]).size(), 3),
    (lambda: tf.TensorArray(tf.float32, 2, infer_shape=False).split(
        [1.0, 2.0, 3.0], [1, 2]).read(1), [2, 3]),
    (lambda: tf.TensorArray(tf.float32, 2, infer_shape=False).write(0, [1.0]).write(
        1, [2.0, 3.0]).concat(), [1, 2, 3]),
    (lambda: tf.TensorArray(tf.float32, 2).write(0, [1.0]).concat(), [1, 0]),
    (lambda: tf.TensorArray(tf.bool, 2).unstack([True, False]).gather([1, 0]), [False, True]),
    (lambda: tf.TensorArray(tf.float32, 2).write(0, 1).read(0), 1),
    (lambda: tf.TensorArray(tf.float32, 3).unstack([1.0, 2.0, 3.0]).gather([2, 0]), [3, 1]),
])
def test_values(build, value):
    found = run(build())
    assert found.shape == np.shape(value) and found.tolist() == np.asarray(value).tolist()


def after(node, make):
    with tf.control_dependencies([node]):
        return make()


def read_again(a):
    return after(a.read(0), lambda: a.read(0))


ARRAY = {"two": lambda: tf.TensorArray(tf.float32, 2),
         "rows": lambda: tf.TensorArray(tf.float32, 2).unstack([1.0, 2.0]),
         "any": lambda: tf.TensorArray(tf.float32, 2, infer_shape=False)}


@pytest.mark.parametrize("make, use, words", [
    ("two", lambda a: a.write(0, 1.0).write(0, 2.0).flow, "index 0.*already been written"),
    ("two", lambda a: a.write(2, 1.0).flow, "index 2.*size 2"),
    ("two", lambda a: a.write(-1, 1.0).flow, "index -1"),
    ("two", lambda a: a.read(5), "index 5.*size 2"),
    ("two", lambda a: a.read(1), "never written"),
    ("two", lambda a: a.stack(), "never written"),
    ("two", lambda a: a.write(0, tf.constant(1)).flow, "float32.*int32"),
    ("two", lambda a: a.scatter([0, 0], [1.0, 2.0]).flow, "already been written"),
    ("two", lambda a: a.unstack([1.0, 2.0, 3.0]).flow, "index 2"),
    ("rows", read_again, "index 0 twice"),
    ("rows", lambda a: after(a.stack(), lambda: a.read(1)), "index 1 twice"),
    ("rows", lambda a: after(a.read(0), lambda: a.write(0, 3.0).flow), "already been read"),
    ("rows", lambda a: after(a.close(), lambda: a.read(0)), "closed"),
    ("rows", lambda a: a.gather([0, 7]), "index 7"),
    ("rows", lambda a: a.concat(), "scalar"),
    ("any", lambda a: a.write(0, [1.0]).write(1, [1.0, 2.0]).stack(), "shapes.*differ"),
    ("any", lambda a: a.split([1.0, 2.0], [1, 2]).flow, "add up to 3"),
    ("any", lambda a: a.split([1.0, 2.0, 3.0], [1, 1, 1]).flow, "3 lengths"),
])
def test_refused_in_a_run(make, use, words):
    node = use(ARRAY[make]())
    with tf.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError, match=words):
            session.run(node)
        assert session.run(tf.constant(2) + 1) == 3


@pytest.mark.parametrize("use, kind", [
    (lambda: tf.TensorArray(tf.float32), ValueError),
    (lambda: tf.TensorArray(tf.float32, [2]), ValueError),
    (lambda: tf.TensorArray(tf.float32, 2.5), TypeError),
    (lambda: tf.TensorArray(None, 2), TypeError),
    (lambda: tf.TensorArray(tf.float32, 2, element_shape=[2]).write(0, [1.0]), ValueError),
    (lambda: tf.TensorArray(tf.float32, 2).write(0, [1.0]).write(1, [1.0, 2.0]), ValueError),
    (lambda: tf.TensorArray(tf.float32, 2).write(tf.constant(0, tf.int64), 1.0), TypeError),
    (lambda: tf.TensorArray(tf.float32, 4).scatter([0, 1, 2], [1.0, 2.0]), ValueError),
    (lambda: tf.TensorArray(tf.float32, handle=tf.constant(1)), ValueError),
    (lambda: tf.TensorArray(tf.float32, 2, handle=tf.constant(1), flow=0.0), ValueError),
    (lambda: tf.TensorArray(tf.float32, handle=1), TypeError),
    (lambda: tf.map_fn(3, [[1.0]]), TypeError),
    (lambda: tf.map_fn(lambda e: (e, e), tf.zeros([3])), ValueError),
    (lambda: tf.scan(lambda a, e: (a, e), tf.placeholder(tf.float32, [None])), ValueError),
])
def test_refused_while_built(use, kind):
    with pytest.raises(kind):
        use()


def test_a_size_below_zero():
    n = tf.placeholder(tf.int32, [])
    with pytest.raises(tf.errors.InvalidArgumentError, match="size is -1"):
        run(tf.TensorArray(tf.float32, n).flow, {n: -1})


# ---- gradients --------------------------------------------------------------------------

def kept(x, n):
    return fg.TensorArray(fg.float64, n, clear_after_read=False)


def twice_read(x):
    a = kept(x, 3).unstack(x)
    return a.read(1) * a.read(1) + a.read(2) * x[0]


def scattered(x):
    a = kept(x, 4).scatter([3, 0, 2], x).write(1, x[0] * x[1])
    return a.gather([1, 3, 1]) * a.gather([0, 1, 2])


def pieces(x):
    a = fg.TensorArray(fg.float64, 2, infer_shape=False).split(x, [1, 2])
    return fg.square(a.concat()) * x


def recurrence(x):
    n = fg.shape(x)[0]
    rows = fg.TensorArray(fg.float64, n).unstack(x)
    out = fg.TensorArray(fg.float64, n)

    def turn(i, h, out):
        h = fg.tanh(0.5 * h + rows.read(i) * x[0])
        return i + 1, h, out.write(i, h)
    _, h, out = fg.while_loop(lambda i, h, out: i < n, turn, (fg.cast(0, fg.int32), x[1], out))
    return out.stack() * h


def array_in_each_turn(x):
    def turn(i, s):
        a = fg.TensorArray(fg.float64, 2, clear_after_read=False).write(0, s * x).write(1, x)
        return i + 1, a.read(0) * a.read(1)
    return fg.while_loop(lambda i, s: i < 3, turn, (0, x))[1]


def nested(x):
    return fg.map_fn(lambda r: fg.scan(lambda a, e: a * e + fg.sin(a), r), x)


@pytest.mark.parametrize("f", [twice_read, scattered, pieces, recurrence, array_in_each_turn])
def test_gradients(f):
    assert fg.testing.check_gradient(f, [np.array([[0.5, -1.2], [0.3, 0.8], [1.1, 0.2]])]) < 1e-8


@pytest.mark.parametrize("f", [
    lambda x: fg.map_fn(lambda r: r * fg.reduce_sum(r), x),
    lambda x: fg.scan(lambda a, r: a * r + 0.5 * x[0], x),
    lambda x: fg.scan(lambda a, r: a * 0.5 + r, x, reverse=True),
    lambda x: fg.scan(lambda a, r: (a[0] * r, a[1] + a[0]), x, (x[0], x[1])),
    lambda x: fg.foldl(lambda a, r: fg.tanh(a) * r, x, x[1]),
    lambda x: fg.foldr(lambda a, r: fg.tanh(a) - r, x),
    nested,
])
def test_rows_of_unknown_number(f):
    """The loop gives what the unrolled graph gives, and so do the gradients."""
    value = np.array([[0.5, -1.2], [0.3, 0.8], [1.1, 0.2]])
    found = []
    for shape in ([None, 2], [3, 2], None):
        with fg.Graph().as_default():
            x = fg.placeholder(fg.float64, shape)
            y = f(x)
            total = sum(fg.reduce_sum(fg.square(t)) for t in (y if isinstance(y, tuple) else [y]))
            found.append(fg.Session().run([y, fg.gradients(total, x)[0]], {x: value}))
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-13)


def test_two_calls_of_gradients_have_arrays_of_their_own():
    x = tf.placeholder(tf.float32, [2])
    a = tf.TensorArray(tf.float32, 2, clear_after_read=False).unstack(x)
    y = a.read(0) * 3.0 + a.read(1) * 5.0
    one, two = tf.gradients(y, x)[0], tf.gradients(2.0 * y, x)[0]
    assert [g.tolist() for g in run([one, two], {x: [1.0, 1.0]})] == [[3, 5], [6, 10]]


def test_a_variable_that_the_result_does_not_hang_on_has_no_gradient():
    x, y = tf.constant([1.0]), tf.constant([2.0])
    out = tf.while_loop(lambda i, a, b: i < 3, lambda i, a, b: (i + 1, 0.5 * a, b * b),
                        [0, x, y])[1]
    gx, gy = tf.gradients(out, [x, y])
    assert gy is None and run(gx).tolist() == [0.125]


def test_names_of_a_loops_results():
    made = tf.while_loop(lambda i, x: i < 2, lambda i, x: (i + 1, x), [0, tf.zeros([2])])
    assert [t.name for t in made] == ["while/Exit:0", "while/Exit_1:0"]


def test_an_array_grows_in_a_loop():
    a = tf.TensorArray(tf.int32, 1, dynamic_size=True)
    n = tf.placeholder(tf.int32, [])
    _, a = tf.while_loop(lambda i, a: i < n, lambda i, a: (i + 1, a.write(i, i * i)), [0, a])
    with tf.Session() as session:
        for k in (5, 1, 3):
            found = session.run([a.stack(), a.size()], {n: k})
            assert found[0].tolist() == [i * i for i in range(k)] and found[1] == k


def test_arrays_in_a_cond():
    p = tf.placeholder(tf.bool, [])
    a = tf.TensorArray(tf.float32, 2).write(0, 1.0)
    a = tf.cond(p, lambda: a.write(1, 5.0), lambda: a.write(1, 7.0))
    with tf.Session() as session:
        found = [session.run(a.stack(), {p: v}).tolist() for v in (True, False)]
    assert found == [[1, 5], [1, 7]]


def test_no_rows():
    x = tf.placeholder(tf.float32, [None, 2])
    mapped, started = tf.map_fn(lambda r: r * 2.0, x), tf.scan(lambda a, r: a, x, x[0] * 0.0)
    first = tf.scan(lambda a, r: a + r, x)
    with tf.Session() as session:
        none = np.zeros((0, 2), F)
        assert session.run(mapped, {x: none}).shape == (0, 2)
        with pytest.raises(tf.errors.InvalidArgumentError):
            session.run(first, {x: none})
        assert session.run(first, {x: np.ones((2, 2), F)}).tolist() == [[1, 1], [2, 2]]
    assert started.shape.as_list() == [None, 2]


def test_arrays_without_a_dtype_of_their_own():
    x = fg.placeholder()
    y = fg.map_fn(lambda r: r > 1.5, x)
    assert fg.Session().run(y, {x: [1.0, 2.0]}).tolist() == [False, True]
    with pytest.raises(TypeError, match="dtype"):
        fg.TensorArray(fg.float64, 2).write(0, fg.constant(1))
