"""What is dropped is freed at once: no ring of references waits for Python's collector.

A session's memory (arenas, plans) goes with its last reference, a graph's (variables, constants) with
the last reference to the graph, to any node of it or to a session. A graph keeps records, of which
nodes are made when somebody asks; so this file also sees to it that nobody notices.
"""

import gc
import sys
import threading
import weakref

import numpy as np
import pytest
from resident import MB, linux, resident  # noqa: F401
from test_memory import graph, network  # noqa: F401

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad import errors
from fastgrad.graph.default_graph import building


@pytest.fixture
def no_collection():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_a_session_is_freed_with_its_last_reference(no_collection):
    x, loss, train = network()
    session, value = fg.Session(), np.ones((5, 4))
    session.run([loss, train], {x: value})
    session.run({"nested": loss}, {x: value})
    call = session.make_callable(loss, [x])
    call(value)
    session.fit(train, {x: np.ones((20, 4))}, batch_size=7)
    plan = weakref.ref(session.plan(loss, {x: value}))
    found = weakref.ref(session)
    del session
    assert found() is not None                          # the callable needs it
    del call
    assert found() is None and plan() is None


def test_a_closed_session_frees_its_plans(no_collection):
    x, loss, train = network()
    with fg.Session() as session:
        session.run([loss, train], {x: np.ones((5, 4))})
        call = session.make_callable(loss, [x])
        call(np.ones((5, 4)))
        plan = weakref.ref(session.plan(loss, {x: np.ones((5, 4))}))
        assert plan() is not None
    assert plan() is None


def test_a_dropped_plan_is_freed(no_collection):
    x, loss, _ = network()
    session = fg.Session()
    plans = set()
    for n in (1, 2, 3, 5, 700, 80_000, 2, 400_000):     # each outgrows the plan before
        plans.add(weakref.ref(session.plan(loss, {x: np.ones((n, 4))})))
    alive = {id(p()) for p in plans if p() is not None}
    assert len(plans) >= 5 and alive == {id(p) for p in session._plans.values()}
    assert len(alive) <= 3


def test_a_failed_run_keeps_nothing(no_collection):
    class fails(fg.Operation):
        def compute(self, x):
            raise RuntimeError("no")

    x = fg.placeholder(np.float64)
    session, value = fg.Session(), np.ones((5, 4)).view(Weak)
    y = fails(x)
    try:
        session.run(y, {x: value})
    except RuntimeError:
        pass
    found = weakref.ref(value)
    del value
    assert found() is None


class Weak(np.ndarray):
    """An array that can be watched."""


def test_results_are_the_callers_alone(no_collection):
    x, loss, _ = network()
    session = fg.Session()
    result = session.run(fg.identity(x), {x: np.ones((5, 4))})
    assert sys.getrefcount(result) == 2


def plain():
    x, loss, train = network()
    session = fg.Session()
    for _ in range(3):
        session.run([loss, train], {x: np.ones((8, 4))})
    session.make_callable(loss, [x])(np.ones((5, 4)))
    session.fit(train, {x: np.ones((8, 4))}, batch_size=3)
    fg.gradients(fg.gradients(loss, [x])[0], [x])


def failing():
    """An error that was caught keeps nothing: no frame of fastgrad's holds the error it raises."""
    class raises(fg.Operation):
        def compute(self, x):
            raise RuntimeError("no")

    x, loss, train = network()
    i = fg.placeholder(np.int32, [None])
    session, watched = fg.Session(), fg.Session(check_numerics=True)
    picked, value = fg.gather(np.ones(4), i) + loss, np.ones((8, 4))
    for fail in (lambda: session.run(picked, {x: value, i: [9]}),
                 lambda: session.make_callable(fg.gather(np.ones(4), i), [i])([9]),
                 lambda: session.fit(fg.gather(np.ones(4), i), {i: [9, 9]}, batch_size=2),
                 lambda: watched.run(loss, {x: np.full((8, 4), np.nan)}),
                 lambda: session.run(raises(x), {x: value}),
                 lambda: session.run(fg.reshape(x, i), {x: value, i: [5, 5]}),
                 lambda: session.run(loss, {x: np.ones((8, 3))}),
                 lambda: session.run(loss),
                 lambda: fg.matmul(x, np.ones((3, 3))),
                 lambda: fg.gradients(raises(x), [x])):
        try:
            fail()
        except (ValueError, errors.FastgradError, errors.OpError):
            continue                            # pytest.raises would keep the frames
        raise AssertionError("no error")


def python_operations():
    class freed_half(fg.Operation):
        def compute(self, x):
            self.inputs = [x]
            return x / 2

    @fg.RegisterGradient("freed_half")
    def _(op, dy):
        return dy / 2

    w = fg.Variable(np.ones(5))
    y = fg.reduce_sum(freed_half(w))
    fg.Session().run([y, fg.train.MomentumOptimizer(0.1, 0.9).minimize(y)])


def tensorflow():
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    h = tf.layers.dense(x, 8, activation=tf.nn.relu)
    with tf.variable_scope("out", reuse=tf.AUTO_REUSE):
        w = tf.get_variable("w", [8, 1])
    on = tf.placeholder_with_default(True, [])
    y = tf.cond(on, lambda: tf.matmul(h, w), lambda: tf.matmul(h, w) * 2.0)
    y += tf.while_loop(lambda i, v: i < 2.0, lambda i, v: (i + 1, v * 2), [0.0, w])[1][0]
    loss = tf.losses.mean_squared_error(tf.zeros_like(y), y)
    tf.add_to_collection("mine", [loss, "text"])
    tf.summary.scalar("loss", loss)
    mean, update = tf.metrics.mean(y)
    train = tf.train.AdamOptimizer(0.1).minimize(
        loss, global_step=tf.train.get_or_create_global_step())
    tf.train.Saver()
    session = tf.Session()                       # never closed
    session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    session.run([loss, train, update, tf.summary.merge_all()], {x: np.ones((5, 4))})


KINDS = {"plain": (fg, plain), "failing": (fg, failing), "python": (fg, python_operations),
         "tensorflow": (tf, tensorflow)}


@pytest.mark.parametrize("style", ["with", "made the default", "reset"])
@pytest.mark.parametrize("name", KINDS)
def test_a_graph_is_freed_without_the_collector(name, style, no_collection):
    """Neither graph nor session, tensor, operation or store is left over when all are dropped."""
    lib, build = KINDS[name]

    def used():
        found = weakref.ref(fg.get_default_graph())
        build()
        return found
    with fg.Graph().as_default():
        pass
    graph = lib.Graph()
    if style == "reset":
        lib.reset_default_graph()
        graph = lib.get_default_graph()
        found = used() if lib is fg else in_tf(used)
        lib.reset_default_graph()
    elif style == "with" or lib is tf:
        with graph.as_default():
            found = used()
    else:
        graph.as_default()
        found = used()
        fg.Graph().as_default()
    assert found() is graph
    store = weakref.ref(graph.store) if graph.store is not None else lambda: None
    del graph
    assert found() is None and store() is None


def in_tf(build):
    with building("tf"):
        return build()


def test_any_node_keeps_its_graph(no_collection):
    """A tensor or an operation that is held alone runs; the last one takes the graph along."""
    def made(pick):
        with fg.Graph().as_default():
            x, loss, train = network()
            fg.Session().run(train, {x: np.ones((5, 4))})
            hidden = fg.identity(loss, name="hidden")
            return {"variable": loss.graph.variables[0], "loss": loss, "train": train,
                    "consumer": hidden.op, "initializer": loss.graph.variables[0].initializer}[pick]
    for pick in ("variable", "loss", "train", "consumer", "initializer"):
        node = made(pick)
        graph, found = node.graph, weakref.ref(node.graph)
        assert len(graph.variables) == 8
        assert not np.array_equal(graph.variables[0].value, np.ones((4, 16)))       # trained
        x = graph.placeholders[0]
        hidden = fg.Session(graph=graph).run("hidden:0", {x: np.ones((5, 4))})
        assert hidden == fg.Session(graph=graph).run(
            graph.get_tensor_by_name("hidden:0"), {"Placeholder:0": np.ones((5, 4))})
        del graph, x
        assert found() is node.graph
        del node
        assert found() is None


@linux
@pytest.mark.parametrize("lib", [fg, tf], ids=["fastgrad", "compat"])
def test_a_thousand_graphs_of_a_megabyte(lib, no_collection):
    def work(n):
        lib.reset_default_graph()
        x = lib.placeholder(np.float32, [None, 4])
        w = lib.Variable(np.ones((4, 1 << 16), np.float32))
        c = lib.constant(np.full(1 << 18, n, np.float32))
        loss = lib.reduce_sum(lib.square(lib.matmul(x, w))) + lib.reduce_max(c)
        train = lib.train.GradientDescentOptimizer(1e-6).minimize(loss)
        session = lib.Session()
        session.run(lib.global_variables_initializer())
        for _ in range(2):
            session.run([loss, train], {x: np.ones((2, 4))})
    for n in range(100):
        work(n)
    before = resident()
    for n in range(1000):
        work(n)
    assert resident() - before < 8 * MB


# ---- nodes that come and go -------------------------------------------------------------

def test_a_node_is_the_same_for_as_long_as_it_is_held(graph):
    x = fg.placeholder(np.float64, name="x")
    y = fg.tanh(x, name="y")
    seen = {y: 1, y.op: 2}
    found = graph.get_tensor_by_name("y:0")
    assert found is y and found.op is graph.get_operation_by_name("y") and seen[found] == 1
    assert y.op.outputs[0] is y and y.op.inputs[0] is x and x.consumers == [y]
    del seen, found, y
    again = graph.get_tensor_by_name("y:0")
    assert again.op.type == "tanh" and again.op.inputs[0] is x and x.consumers == [again]
    assert fg.Session().run(again, {x: 0.0}) == 0


def test_what_a_node_was_told_lasts(graph):
    class keeps(fg.Operation):
        def __init__(self, x):
            super().__init__(x, name="mine")
            self.factor = 3

        def compute(self, x):
            self.calls = getattr(self, "calls", 0) + 1
            return x * self.factor

    class slotted(fg.Operation):
        __slots__ = ("factor",)

        def compute(self, x):
            return x * self.factor

    fg.placeholder(np.float64, name="x").set_shape([2])
    keeps(graph.get_tensor_by_name("x:0"))
    slotted(graph.get_tensor_by_name("x:0"), name="other").factor = 5
    fg.Variable(2.0, trainable=False, name="v").constraint = abs
    session = fg.Session()
    for _ in range(2):
        mine, other = session.run(["mine:0", "other:0"], {"x:0": [1, 2]})
        assert mine.tolist() == [3, 6] and other.tolist() == [5, 10]
    assert graph.get_operation_by_name("mine").calls == 2
    assert type(graph.get_operation_by_name("mine")) is keeps
    x, v = graph.get_tensor_by_name("x:0"), graph.get_tensor_by_name("v:0")
    assert x.shape == (2,) and isinstance(x, fg.placeholder)
    assert isinstance(v, fg.Variable) and not v.trainable and v.constraint is abs
    assert v.initializer.type == "assign" and v.initial_value.op.type == "constant"


def test_a_long_chain_comes_and_goes(no_collection):
    """100,000 nodes are freed, and made again, without recursion."""
    with fg.Graph().as_default() as graph:
        x = fg.placeholder(np.float64, [], name="x")
        y = x
        for _ in range(100_000):
            y = -y
        name = y.name
        del x, y
        assert fg.Session().run(name, {"x:0": 2.0}) == 2
        found = weakref.ref(graph)
    fg.Graph().as_default()
    del graph
    assert found() is None


def test_threads_are_given_the_same_node(graph):
    x = fg.placeholder(np.float64)
    names = [fg.tanh(x).name for _ in range(200)]
    for _ in range(5):
        barrier, found = threading.Barrier(4), []

        def look():
            barrier.wait()
            found.append([graph.get_tensor_by_name(n) for n in names])
        threads = [threading.Thread(target=look) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert all(a is b for other in found[1:] for a, b in zip(found[0], other))
        found.clear()


def test_a_node_that_was_taken_back_is_refused():
    made = []

    class fails_late(fg.Operation):
        def compute(self, x):
            return x

    @fg.RegisterGradient("fails_late")
    def _(op, dy):
        made.append(fg.tanh(dy))
        return np.asarray(op.inputs[0]) * dy

    x = fg.Variable(2.0)
    fg.gradients(fails_late(x), [x])
    with pytest.raises(ValueError, match="was taken back. Make it again."):
        fg.tanh(made[0])


def test_what_was_taken_back_leaves_no_trace(graph):
    """A gradient rule that fails on tensors has made variables, names and collections: none stay."""
    class traces(fg.Operation):
        def compute(self, x):
            return x

    @fg.RegisterGradient("traces")
    def _(op, dy):
        if isinstance(dy, np.ndarray):
            return dy
        v = fg.get_variable("inside", [])
        fg.add_to_collection("mine", v)
        fg.add_to_collection("mine", [v.op, "text"])
        return np.asarray(op.inputs[0])

    x = fg.Variable(2.0)
    fg.add_to_collection("mine", x)
    grad, = fg.gradients(traces(x), [x])
    assert fg.get_collection("mine") == [x] and graph.variables == [x]
    assert fg.global_variables() == [x] and fg.trainable_variables() == [x]
    assert fg.Session().run(grad) == 1
    found = fg.get_variable("inside", [2])
    assert found.shape == (2,) and found.name == "inside:0"


def test_threads_that_add_nodes_at_once_get_numbers_of_their_own(graph):
    x = fg.placeholder(np.float64)
    before, errors_ = sys.getswitchinterval(), []

    def add():
        try:
            with graph.as_default():
                y = x
                for _ in range(300):
                    y = fg.tanh(y) * 1.0
        except BaseException as e:
            errors_.append(e)
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=add) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    finally:
        sys.setswitchinterval(before)
    assert not errors_ and [op.id for op in graph.get_operations()] == list(range(graph.version))
