"""The public API as a user meets it: names, graphs, sessions, feeds and fetches.

Operators and variables are in `test_api_ops.py`, gradients and operations of the user's own in
`test_api_gradients.py`.
"""

import builtins

import numpy as np
import pytest

import fastgrad as fg


@pytest.fixture(autouse=True)
def fresh_graph():
    fg.reset_default_graph()


def run(fetches, feed=None):
    return fg.Session().run(fetches, feed or {})


# ---- names ------------------------------------------------------------------------------

def test_star_import_brings_the_tutorials_names():
    names = {}
    exec("from fastgrad import *", names)
    expected = """Graph Operation placeholder Variable Session add matmul sigmoid softmax log
        multiply reduce_sum negative RegisterGradient compute_gradients GradientDescentOptimizer
        gradients constant exp subtract divide square reduce_mean tanh nn train
        global_variables_initializer get_default_graph reset_default_graph""".split()
    assert [n for n in expected if n not in names] == []
    assert fg.train.GradientDescentOptimizer is fg.GradientDescentOptimizer


def test_star_import_hides_no_builtin():
    # `for step in range(100)` must go on meaning Python's range
    names = {}
    exec("from fastgrad import *", names)
    assert sorted(set(names) & set(dir(builtins)) - {"__builtins__", "__doc__", "__name__"}) == []
    assert "np" not in names


# ---- graphs -----------------------------------------------------------------------------

def test_as_default_as_a_plain_call_stays():
    graph = fg.Graph()
    graph.as_default()
    x = fg.placeholder()
    v = fg.Variable(1.0)
    y = x + v
    assert fg.get_default_graph() is graph
    assert graph.placeholders == [x] and graph.variables == [v]
    assert y.graph is graph and len(graph.operations) >= 1


def test_as_default_in_with_restores():
    outer = fg.get_default_graph()
    with fg.Graph().as_default() as inner:
        assert fg.get_default_graph() is inner is not outer
        with fg.Graph().as_default() as innermost:
            assert fg.get_default_graph() is innermost
        assert fg.get_default_graph() is inner
    assert fg.get_default_graph() is outer


def test_reset_default_graph_makes_an_empty_one():
    fg.Variable(1.0)
    before = fg.get_default_graph()
    fg.reset_default_graph()
    assert fg.get_default_graph() is not before
    assert fg.get_default_graph().variables == []


def test_nodes_know_their_inputs_and_consumers():
    x = fg.placeholder()
    y = fg.Variable(2.0)
    z = fg.add(x, y)
    assert list(z.input_nodes) == [x, y]
    assert list(x.consumers) == [z] and list(y.consumers) == [z]


# ---- sessions ---------------------------------------------------------------------------

def test_session_as_context_manager_and_close():
    v = fg.Variable(3.0)
    with fg.Session() as session:
        assert session.run(v) == 3
    other = fg.Session()
    other.close()
    for closed in (session, other):
        with pytest.raises(RuntimeError, match="(?i)closed"):
            closed.run(v)


def test_sessions_of_a_graph_share_its_variables():
    v = fg.Variable(np.array([1.0, 2.0]))
    step = fg.GradientDescentOptimizer(0.5).minimize(fg.reduce_sum(fg.square(v)))
    fg.Session().run(step)
    np.testing.assert_array_equal(fg.Session().run(v), [0, 0])
    np.testing.assert_array_equal(v.value, [0, 0])
    fg.Session().run(fg.global_variables_initializer())
    np.testing.assert_array_equal(v.value, [1, 2])


def test_running_a_training_op_returns_none():
    v = fg.Variable(1.0)
    loss = fg.square(v)
    step = fg.GradientDescentOptimizer(0.1).minimize(loss)
    assert run(step) is None
    value, nothing = run([loss, step])
    assert nothing is None and value == pytest.approx(0.64)


def test_make_callable():
    x, y = fg.placeholder(), fg.placeholder()
    session = fg.Session()
    add = session.make_callable(fg.add(x, y), [x, y])
    np.testing.assert_array_equal(add([1, 2], 3), [4, 5])
    np.testing.assert_array_equal(add(np.ones((2, 2)), 1.5), np.full((2, 2), 2.5))
    v = fg.Variable(7.0)
    assert session.make_callable(v)() == 7
    both = session.make_callable({"sum": x + y, "product": x * y}, [x, y])(3.0, 4.0)
    assert both == {"sum": 7, "product": 12}


# ---- feeds ------------------------------------------------------------------------------

FEEDS = {
    "list": [[1, 2, 3], [4, 5, 6]],
    "tuple": ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0)),
    "list-of-arrays": [np.array([1.0, 2, 3]), np.array([4.0, 5, 6])],
    "int64": np.arange(1, 7).reshape(2, 3),
    "uint8": np.arange(1, 7, dtype=np.uint8).reshape(2, 3),
    "float32": np.arange(1, 7, dtype=np.float32).reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(1.0, 7).reshape(2, 3)),
    "strided": np.repeat(np.arange(1.0, 7), 2).reshape(2, 6)[:, ::2],
    "reversed": np.arange(6.0, 0, -1).reshape(2, 3)[::-1, ::-1],
    "big-endian": np.arange(1, 7, dtype=">f8").reshape(2, 3),
    "big-endian-int": np.arange(1, 7, dtype=">i4").reshape(2, 3),
    "broadcast": np.broadcast_to(np.array([1.0, 2, 3]), (2, 3)),
}
EXPECTED = {name: np.array(value, dtype=float) for name, value in FEEDS.items()}


@pytest.mark.parametrize("dtype", [None, np.float32, np.float64], ids=str)
@pytest.mark.parametrize("kind", FEEDS)
def test_feeds_of_every_kind(kind, dtype):
    x = fg.placeholder(dtype)
    w = fg.Variable(np.array([[1.0], [2.0], [3.0]], dtype or float))
    expected = EXPECTED[kind] @ [[1.0], [2.0], [3.0]]
    session = fg.Session()
    for _ in range(2):                      # the second run uses the cached plan
        np.testing.assert_allclose(session.run(x @ w, {x: FEEDS[kind]}), expected)
        np.testing.assert_allclose(session.run(x, {x: FEEDS[kind]}), EXPECTED[kind])


def test_feeds_are_not_changed_and_may_be_read_only():
    data = np.array([1.0, -2.0, 3.0])
    data.flags.writeable = False
    x = fg.placeholder()
    y = fg.nn.relu(fg.negative(x)) + fg.exp(x)
    np.testing.assert_allclose(run(y, {x: data}), np.maximum(-data, 0) + np.exp(data))
    np.testing.assert_array_equal(data, [1, -2, 3])


@pytest.mark.parametrize("number", [3, 3.0, np.float32(3), np.int64(3), np.array(3), True])
def test_feeds_may_be_numbers(number):
    x = fg.placeholder()
    assert run(x * 2.0, {x: number}) == 2 * number


def test_an_object_array_of_numbers_is_fed_as_numbers():
    x = fg.placeholder(np.float32, [None])
    table = np.array([[1, 0.5, "a"], [2, np.float32(1.5), "b"]], dtype=object)
    assert run(x * 2, {x: table[:, 1]}).tolist() == [1, 3]
    assert run(x * 2, {x: table[:, 0]}).tolist() == [2, 4]
    with pytest.raises(fg.errors.FeedTypeError, match="dtype is object"):
        run(x, {x: table[:, 2]})


def test_feed_dtype_and_shape_may_change_between_runs():
    x = fg.placeholder()
    y = fg.reduce_sum(x * 2.0)
    session = fg.Session()
    for value in ([1, 2], np.ones((3, 2), np.float32), 4, [[1.0], [2.0]], [1, 2]):
        assert session.run(y, {x: value}) == 2 * np.sum(value)


def test_empty_feed():
    x = fg.placeholder(np.float64, (None, 3))
    out = run([fg.reduce_sum(x, axis=0), fg.exp(x)], {x: np.zeros((0, 3))})
    np.testing.assert_array_equal(out[0], [0, 0, 0])
    assert out[1].shape == (0, 3)


# ---- fetches ----------------------------------------------------------------------------

def test_nested_fetches_keep_their_structure():
    x = fg.placeholder()
    a, b = x + 1.0, x * 2.0
    out = run({"list": [a, (b, [x])], "one": a, "empty": []}, {x: 5.0})
    assert out == {"list": [6, (10, [5])], "one": 6, "empty": []}
    assert type(out["list"][1]) is tuple and type(run((a,), {x: 5.0})) is tuple
    assert run([], {}) == []


def test_results_are_fresh_and_never_change_later():
    x = fg.placeholder()
    v = fg.Variable(np.ones(3))
    y = x * v
    step = fg.GradientDescentOptimizer(0.5).minimize(fg.reduce_sum(fg.square(y)))
    session = fg.Session()
    data = np.array([1.0, 2.0, 3.0])
    first = session.run([x, v, y, y], {x: data})
    kept = [np.array(part) for part in first]
    session.run(step, {x: data})
    session.run([x, v, y], {x: data + 1})
    data += 100
    for part, before in zip(first, kept):
        np.testing.assert_array_equal(part, before)
        part[...] = -1                      # and they are the caller's to write on
    np.testing.assert_allclose(session.run(v), v.value)
    assert not np.any(v.value == -1)


def test_variable_value_is_a_copy():
    data = np.array([1.0, 2.0])
    v = fg.Variable(data)
    data[0] = 100
    np.testing.assert_array_equal(v.value, [1, 2])
    v.value.copy()[0] = 50
    np.testing.assert_array_equal(run(v), [1, 2])


def test_a_node_used_by_several_fetches_is_computed_once():
    calls = []

    class counted(fg.Operation):
        def compute(self, x):
            calls.append(1)
            return x + 1

    x = fg.placeholder()
    shared = counted(x)
    out = run([shared, fg.square(shared), {"again": shared, "sum": shared + shared}], {x: 2.0})
    assert out == [3, 9, {"again": 3, "sum": 6}]
    assert len(calls) == 1


def test_as_default_can_be_used_as_the_graph_and_drawn(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    graph = fg.Graph().as_default()                  # TensorSlow's examples keep what this returns
    W, x = fg.Variable([1.0, 2.0]), fg.placeholder()
    J = fg.reduce_sum(W * x)
    fg.GradientDescentOptimizer(0.1).minimize(J)
    assert list(graph.variables) == [W] and list(graph.placeholders) == [x]
    text = graph.export_dot("mlp_")
    assert (tmp_path / "mlp_1var_2op.dot").read_text(encoding="utf-8") == text
    assert text.startswith("digraph {") and text.count("->") == 3


def test_a_drawing_has_the_name_it_was_given(tmp_path):
    graph = fg.Graph()
    with graph.as_default():
        fg.exp(fg.placeholder(name="x"))
    for name in (tmp_path / "g.dot", str(tmp_path / "h.dot")):
        text = graph.export_dot(name)
        assert open(name, encoding="utf-8").read() == text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["g.dot", "h.dot"]
