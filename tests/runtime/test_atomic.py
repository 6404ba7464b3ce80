"""A run that fails applies none of its updates, and the session goes on as if it had not been.

Owns every way to fail: before the first update, between two, in a Python step, by an index, by
Ctrl-C, in a run of several stages; for several variables and for optimizers with slots.
"""

import textwrap

import numpy as np
import pytest
from child import posix, run_python

import fastgrad as fg
from fastgrad import errors
from fastgrad.ops.update import apply_adadelta_rows, apply_gradient_descent_rows

OPTIMIZERS = {
    "sgd": lambda: fg.train.GradientDescentOptimizer(0.1),
    "momentum": lambda: fg.train.MomentumOptimizer(0.1, 0.9),
    "adagrad": lambda: fg.train.AdagradOptimizer(0.1),
    "adadelta": lambda: fg.train.AdadeltaOptimizer(0.1),
    "rmsprop": lambda: fg.train.RMSPropOptimizer(0.1),
    "adam": lambda: fg.train.AdamOptimizer(0.1),
    "ftrl": lambda: fg.train.FtrlOptimizer(0.1),
}


class trip(fg.Operation):
    """The identity, until it is told to raise."""

    armed = False

    def compute(self, x):
        if trip.armed:
            raise trip.armed
        return np.array(x)


fg.RegisterGradient("trip")(lambda op, grad: grad)


class trip_back(fg.Operation):
    """The identity, whose gradient is a Python step that raises when told."""

    armed = False

    def compute(self, x):
        return np.array(x)


@fg.RegisterGradient("trip_back")
def _(op, grad):
    if trip_back.armed:
        raise trip_back.armed
    return np.array(grad)


@pytest.fixture(autouse=True)
def graph():
    trip.armed = trip_back.armed = False
    with fg.Graph().as_default() as made:
        yield made
    trip.armed = trip_back.armed = False


def values(graph):
    return {v.name: v.value for v in graph.variables}


def unchanged(graph, before):
    after = values(graph)
    return before.keys() == after.keys() and all(
        np.array_equal(before[n], after[n]) for n in before)


class Model:
    """A table of embeddings and two layers: four variables and whatever slots they get."""

    def __init__(self, optimizer, between=lambda h: h):
        self.i = fg.placeholder(np.int32, [None])
        self.table = fg.Variable(np.linspace(-1, 1, 15).reshape(5, 3))
        w, b = fg.Variable(np.linspace(-1, 1, 12).reshape(3, 4)), fg.Variable(np.zeros(4))
        v = fg.Variable(np.ones((4, 1)))
        h = fg.tanh(fg.matmul(fg.nn.embedding_lookup(self.table, self.i), w) + b)
        self.loss = fg.reduce_mean(fg.square(fg.matmul(between(h), v) - 1.0))
        self.train = optimizer.minimize(self.loss)

    good = [0, 4, 2, 2]
    bad = [0, 4, 2, 5]


def check(graph, model, fail):
    """`fail(session)` changes nothing, and what follows is what a new session would do."""
    session = fg.Session()
    for _ in range(3):
        session.run(model.train, {model.i: model.good})
    before = values(graph)
    for _ in range(2):
        fail(session)
        assert unchanged(graph, before)
    after = session.run([model.loss, model.train], {model.i: model.good})[0]
    got = values(graph)
    for v in graph.variables:
        v.value = before[v.name]
    assert fg.Session().run([model.loss, model.train], {model.i: model.good})[0] == after
    assert all(np.array_equal(v.value, got[v.name]) for v in graph.variables)
    assert not unchanged(graph, before)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_index_out_of_range(graph, name):
    model = Model(OPTIMIZERS[name]())

    def fail(session):
        with pytest.raises(errors.InvalidArgumentError):
            session.run(model.train, {model.i: model.bad})
    check(graph, model, fail)


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt(), MemoryError()],
                         ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("kind", [trip, trip_back])
@pytest.mark.parametrize("name", ["sgd", "adadelta", "adam"])
def test_python_that_raises(graph, name, kind, error):
    model = Model(OPTIMIZERS[name](), between=kind)

    def fail(session):
        kind.armed = error
        with pytest.raises((errors.ComputeError, KeyboardInterrupt)):
            session.run(model.train, {model.i: model.good})
        kind.armed = False
    check(graph, model, fail)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_watched_run(graph, name):
    model = Model(OPTIMIZERS[name]())
    watched = fg.Session(check_numerics=True)
    for _ in range(2):
        fg.Session().run(model.train, {model.i: model.good})
    good = model.table.value
    model.table.value = np.full((5, 3), np.nan)
    before = values(graph)
    with pytest.raises(errors.InvalidArgumentError, match="NaN"):
        watched.run(model.train, {model.i: model.good})
    after = values(graph)
    assert all(np.array_equal(before[n], after[n], equal_nan=True) for n in before)
    model.table.value = good
    watched.run(model.train, {model.i: model.good})


# ---- behind the first update ------------------------------------------------------------

def test_a_lookup_between_two_updates(graph):
    a, b = fg.Variable(np.zeros(3)), fg.Variable(np.zeros(2))
    i = fg.placeholder(np.int32, [None])
    first = a.assign_add(np.ones(3))
    with fg.control_dependencies([first]):
        second = b.assign_add(fg.gather(np.arange(3.0), i))
    session = fg.Session()
    for rows, times in (([0, 1], 1), ([0, 3], 1), ([1, -1], 1), ([0, 1], 2)):
        if max(rows) > 2 or min(rows) < 0:
            with pytest.raises(errors.InvalidArgumentError):
                session.run([first, second], {i: rows})
        else:
            session.run([first, second], {i: rows})
        assert a.value.tolist() == [times] * 3 and b.value.tolist() == [0, times]


def test_an_index_that_an_update_makes(graph):
    """Nobody can look at it beforehand: the variables are put back."""
    at, b = fg.Variable(np.array([0, 1])), fg.Variable(np.zeros(2))
    step = at.assign_add(np.array([1, 1]))
    second = b.assign_add(fg.gather(np.arange(4.0), step))
    session = fg.Session()
    for n in (1, 2):
        session.run([step, second])
        assert at.value.tolist() == [n, n + 1]
    before = values(graph)
    for _ in range(2):
        with pytest.raises(errors.InvalidArgumentError):
            session.run([step, second])
        assert unchanged(graph, before)


@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_rows_of_a_table_updated_last(graph, index):
    a, w = fg.Variable(np.zeros(3)), fg.Variable(np.zeros((4, 2)))
    slots = [fg.Variable(np.ones((4, 2))) for _ in range(2)]
    i = fg.placeholder(index, [None])
    first = a.assign_add(np.ones(3))
    for rows in (apply_gradient_descent_rows(w, 0.1, i, np.ones((2, 2))),
                 apply_adadelta_rows(w, *slots, 0.1, np.array([0.9, 1e-8]), i, np.ones((2, 2)))):
        session = fg.Session()
        for bad in ([0, 4], [-1, 2]):
            before = values(graph)
            with pytest.raises(errors.InvalidArgumentError):
                session.run([first, rows], {i: bad})
            assert unchanged(graph, before)
        session.run([first, rows], {i: [3, 0]})
        assert not unchanged(graph, before)


def test_a_check_costs_nothing_after_a_lookup():
    model = Model(OPTIMIZERS["sgd"]())
    plan = fg.Session().plan(model.train, {model.i: np.array(model.good, np.int32)})
    assert sum((k.symbol or "").startswith("gather") for k in plan.kernels) == 1


# ---- runs of several stages -------------------------------------------------------------

def test_a_stage_that_fails_behind_an_update(graph):
    a, b = fg.Variable(np.zeros(3)), fg.Variable(np.zeros(3))
    first = a.assign_add(np.ones(3))
    with fg.control_dependencies([first]):
        between = trip(a.read_value())
    second = b.assign_add(between)
    session = fg.Session()
    session.run([first, second])
    assert (a.value[0], b.value[0]) == (1, 1)
    trip.armed = RuntimeError("no")
    for _ in range(2):
        with pytest.raises(errors.ComputeError, match="no"):
            session.run([first, second])
        assert (a.value[0], b.value[0]) == (1, 1)
    trip.armed = False
    session.run([first, second])
    assert (a.value[0], b.value[0]) == (2, 3)


def test_the_last_stage_fails(graph):
    a, b = fg.Variable(np.zeros(3)), fg.Variable(np.zeros(1))
    i = fg.placeholder(np.int32, [None])
    first = a.assign_add(np.ones(3))
    with fg.control_dependencies([first]):
        between = trip(a.read_value())
    second = b.assign_add(fg.gather(fg.identity(between), i))
    session = fg.Session()
    with pytest.raises((errors.InvalidArgumentError, ValueError)):
        session.run([first, second], {i: [7]})
    assert not a.value.any() and not b.value.any()


def test_first_values_of_variables_are_put_back_too():
    from fastgrad.compat import v1 as tf
    with tf.Graph().as_default():
        w = tf.Variable([1.0, 2.0])
        first = w.assign([3.0, 4.0])
        with tf.control_dependencies([first]):
            fetched = trip(w.read_value())
        session = tf.Session()
        trip.armed = RuntimeError("no")
        with pytest.raises(tf.errors.InvalidArgumentError):
            session.run(fetched)
        with pytest.raises(tf.errors.FailedPreconditionError):
            session.run(w)
        trip.armed = False
        assert session.run(fetched).tolist() == [3, 4]
        assert session.run(w).tolist() == [3, 4]


# ---- fit --------------------------------------------------------------------------------

def test_fit_stops_between_two_steps(graph):
    """The third batch has an index out of range: two steps are done, the third not at all."""
    model = Model(OPTIMIZERS["adam"]())
    rows = np.array([*model.good * 2, *model.bad, *model.good])
    with pytest.raises(errors.InvalidArgumentError):
        fg.Session().fit(model.train, {model.i: rows}, batch_size=4, shuffle=False)
    got = values(graph)
    fg.Session().run(fg.global_variables_initializer())
    for _ in range(2):
        fg.Session().run(model.train, {model.i: model.good})
    assert unchanged(graph, got)


# ---- Ctrl-C -----------------------------------------------------------------------------

INTERRUPTED = """
    import itertools, os, signal, sys, threading
    import numpy as np, fastgrad as fg
    from fastgrad.ops.update import apply_adadelta_rows
    n = 20000
    count = [fg.Variable(np.zeros(())) for _ in range(2)]
    w = [fg.Variable(np.zeros((n, 2))) for _ in range(3)]
    x = fg.placeholder(np.float64, [n])
    work = fg.reduce_sum(fg.exp(fg.tanh(x)))
    rows = {rows}
    updates = [count[0].assign_add(1.0), *rows, count[1].assign_add(1.0),
               w[0].assign_add(np.ones((n, 2)))]
    session, value = fg.Session(), np.ones(n)
    session.run([work, *updates], {{x: value}})
    main, caught = threading.get_ident(), 0
    ready = threading.Semaphore(0)

    def send():
        for pause in range(40):
            ready.acquire()
            for _ in range(pause * 2000): pass
            os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=send, daemon=True).start()
    while caught < 40:
        try:
            ready.release()
            while True:
                session.run([work, *updates], {{x: value}})
        except KeyboardInterrupt:
            caught += 1
            a, b = (c.value for c in count)
            assert a == b, (a, b)
            assert np.array_equal(w[0].value, np.full((n, 2), a))
    print("whole", caught)
    """


@posix
@pytest.mark.parametrize("rows", [
    "[]", "[apply_adadelta_rows(w[1], w[1], w[2], 0.1, np.array([0.9, 1e-8]), [0, 1, 0],"
    " np.ones((3, 2)))]"], ids=["compiled", "Python between the updates"])
def test_interrupts_at_any_moment(rows):
    text = textwrap.dedent(INTERRUPTED).format(rows=rows)
    done = run_python("-c", text)
    assert done.returncode == 0 and done.stdout.split() == ["whole", "40"], done.stderr
