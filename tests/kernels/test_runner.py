"""The front of Session.run: which calls go straight to a Program, and what they return."""

import gc
import threading
from collections import namedtuple

import numpy as np
import pytest

from fastgrad import _kernels
from fastgrad._kernels.program import Callable, Entry, Program, Runner, StepFailed, StoreLock

F8 = np.dtype("f8")


class Node:
    def __init__(self, name):
        self.name, self.fed = name, None


class Slow(Exception):
    """What the slow way answers here."""


class Session(Runner):
    def __init__(self, fails=None):
        self.note = "a subclass has a dict"
        self.fails = fails

    def _run_slow(self, fetches, feed_dict):
        raise Slow(fetches, feed_dict)

    def _step_failed(self, entry, failure):
        raise ArithmeticError(entry.plan, failure.code) from failure


A, B, LR, TRAIN = Node("a"), Node("b"), Node("lr"), Node("train")
X = np.arange(6.0).reshape(2, 3)


def program(shape=(2, 3), lock=None):
    """exp(a), and the learning rate as it came."""
    n = int(np.prod(shape))
    exp, move = _kernels.address("exp_f64"), _kernels.address("move")
    steps = [(exp, ((3, 0), (1, 0)), (), (), None, 0, n, 1, False, False),
             (move, ((4, 0), (2, 0)), (8,), (), None, 0, 1, 1, False, False)]
    return Program(steps, 0, [], [(F8, shape), (F8, ())], [(F8, shape), (F8, ())],
                   store_lock=lock)


def remembered(fetches, session=None, shape=(2, 3), **how):
    session = session or Session()
    session._remember(fetches, Entry(program(shape), (A, LR), **how))
    return session


def test_single_fetch():
    session = remembered(A, single=True, outputs=(0,))
    got = session.run(A, {LR: 0.5, A: X})
    assert np.allclose(got, np.exp(X)) and A.fed is X and LR.fed == 0.5


def test_homes_of_feeds():
    """What keeps a key's value can be another object, which outlives the key."""
    home, other = Node("home"), Node("other")
    session = remembered(A, single=True, outputs=(0,), homes=(home, other))
    A.fed = None
    session.run(A, {LR: 0.25, A: X})
    assert home.fed is X and other.fed == 0.25 and A.fed is None
    with pytest.raises(ValueError, match="1 homes for 2 feed keys"):
        Entry(program(), (A, LR), homes=(home,))
    assert session.run(fetches=A, feed_dict={A: X, LR: 1}, options=None).shape == (2, 3)
    session = remembered(LR, single=True, outputs=(1,))
    assert session.run(LR, {LR: 0.25, A: X}) == 0.25


def test_operation_fetch_is_none():
    assert remembered(TRAIN, single=True, outputs=(-1,)).run(TRAIN, {A: X, LR: 1.0}) is None


def test_lists_and_tuples_differ():
    session = remembered([TRAIN, LR, A], outputs=(-1, 1, 0))
    feed = {A: X, LR: 2.0}
    got = session.run([TRAIN, LR, A], feed)
    assert type(got) is list and got[:2] == [None, 2.0]
    with pytest.raises(Slow):
        session.run((TRAIN, LR, A), feed)
    remembered((TRAIN, LR, A), session, outputs=(-1, 1, 0), rebuild=tuple)
    assert type(session.run((TRAIN, LR, A), feed)) is tuple
    assert type(session.run([TRAIN, LR, A], feed)) is list


def test_the_same_result_twice():
    first, second = remembered([A, A], outputs=(0, 0)).run([A, A], {A: X, LR: 2.0})
    assert np.array_equal(first, second)


@pytest.mark.parametrize("fetches", [
    {"a": A}, [[A]], (A, (LR,)), ([A],), namedtuple("Pair", "a b")(A, LR), bytearray(b"a")])
def test_nested_fetches_go_the_slow_way(fetches):
    session = remembered(fetches)
    remembered((A, LR), session)
    remembered(((A, LR),), session)
    with pytest.raises(Slow) as slow:
        session.run(fetches, {A: X, LR: 1.0})
    assert slow.value.args == (fetches, {A: X, LR: 1.0})


@pytest.mark.parametrize("feed", [
    None, {}, {A: X}, {A: X, LR: 1.0, B: 1}, {A: X, B: 1.0}, {A: X.tolist(), LR: 1.0},
    {A: X.astype("f4"), LR: 1.0}, {A: X.T, LR: 1.0}, {A: X[:1], LR: 1.0}, {A: X, LR: "1"},
    {A: X, LR: np.float32(1)}, {A: X.view(type("Sub", (np.ndarray,), {})), LR: 1.0},
    {A: X.astype(">f8"), LR: 1.0}, {A: 1.0, LR: 1.0}, {A: None, LR: None}, [(A, X)]])
def test_feeds_that_go_the_slow_way(feed):
    session = remembered(A, single=True, outputs=(0,))
    with pytest.raises(Slow) as slow:
        session.run(A, feed)
    assert slow.value.args == (A, feed)


def test_no_feeds():
    nothing = Session()
    nothing._remember(TRAIN, Entry(Program([], 0, [], [], []), (), single=True, outputs=(-1,)))
    assert nothing.run(TRAIN) is None and nothing.run(TRAIN, {}) is None
    with pytest.raises(Slow):
        nothing.run(TRAIN, {A: X})


def test_shapes_have_entries_of_their_own():
    session = Session()
    for n in range(1, 11):
        remembered(A, session, (n, 3), single=True, outputs=(0,))
    for n in (10, 3, 7, 3, 10):
        assert session.run(A, {A: np.zeros((n, 3)), LR: 1.0}).shape == (n, 3)
    for n in (1, 2):                                # eight are remembered
        with pytest.raises(Slow):
            session.run(A, {A: np.zeros((n, 3)), LR: 1.0})


def test_fetches_are_bounded():
    session, nodes = Session(), [Node(str(i)) for i in range(300)]
    one = Program([], 0, [], [], [])
    for node in nodes:
        session._remember(node, Entry(one, (), single=True, outputs=(-1,)))
    assert session.run(nodes[-1]) is None
    with pytest.raises(Slow):
        session.run(nodes[0])


def test_forget_and_stale_programs():
    session = remembered(A, single=True, outputs=(0,))
    session._forget()
    with pytest.raises(Slow):
        session.run(A, {A: X, LR: 1.0})
    lock = StoreLock()
    entry = Entry(program(lock=lock), (A, LR), single=True, outputs=(0,))
    call = Callable(session, lambda *values: "slow")
    session._remember(A, entry)
    call._remember(entry)
    assert session.run(A, {A: X, LR: 1.0}).shape == call(X, 1.0).shape == (2, 3)
    lock.version += 1
    assert call(X, 1.0) == "slow"
    with pytest.raises(Slow):
        session.run(A, {A: X, LR: 1.0})


def test_closed():
    session = remembered(A, single=True, outputs=(0,))
    call = Callable(session, None)
    session.closed = True
    for run in (lambda: session.run(A, {A: X, LR: 1.0}), lambda: call(X, 1.0)):
        with pytest.raises(RuntimeError, match="Attempted to use a closed Session."):
            run()


def failing():
    def fail(outs, ins):
        raise KeyError("k")

    return Program([(fail, (), ())], 0, [], [(F8, (2, 3))], [])


def test_failures_are_worded_by_the_subclass():
    A.fed = None
    session = Session()
    session._remember(TRAIN, Entry(failing(), (A,), single=True, outputs=(-1,), plan="plan"))
    with pytest.raises(ArithmeticError, match="plan") as failed:
        session.run(TRAIN, {A: X})
    cause = failed.value.__cause__
    assert isinstance(cause, StepFailed) and isinstance(cause.__cause__, KeyError)
    assert A.fed is None
    plain = Runner()
    plain._remember(TRAIN, Entry(failing(), (A,), single=True, outputs=(-1,)))
    with pytest.raises(StepFailed):
        plain.run(TRAIN, {A: X})


def test_callable():
    calls = []

    def slow(*values):
        calls.append(values)
        return "slow"

    call = Callable(Session(), slow)
    assert call(X, 0.5) == "slow"
    call._remember(Entry(program(), (A, LR), outputs=(1, 0)))
    call._remember(Entry(program((4, 3)), (A, LR), outputs=(1, 0)))
    rate, value = call(X, 0.5)
    assert rate == 0.5 and np.allclose(value, np.exp(X)) and A.fed is X and LR.fed == 0.5
    assert call(np.zeros((4, 3)), 1.0)[1].shape == (4, 3)
    for values in ((X,), (X, 0.5, 1), (), (X.T, 0.5), (0.5, X)):
        assert call(*values) == "slow" and calls[-1] is values or calls[-1] == values
    call._forget()
    assert call(X, 0.5) == "slow"
    with pytest.raises(TypeError):
        call(X, rate=0.5)


@pytest.mark.parametrize("arguments", [
    (None, ()), (program(), (A,)), (program(), [A, LR]), (program(), (A, LR), None, True),
    (program(), (A, LR), None, False, (2,)), (program(), (A, LR), None, False, (-2,)),
    (program(), (A, LR), None, True, (0, 1)), (program(), (A, LR), None, False, ("a",))])
def test_malformed_entries(arguments):
    with pytest.raises((TypeError, ValueError)):
        Entry(*arguments)


def test_feeds_outlive_a_dict_that_another_thread_empties():
    """A step without the GIL reads an array that only the feed dict held."""
    feed = {}

    def empty(outs, ins):
        feed.clear()
        gc.collect()

    shape = (1000, 100)
    exp = _kernels.address("exp_f64")
    steps = [(empty, (), ()), (exp, ((2, 0), (1, 0)), (), (), None, 0, 100000, 1, False, False)]
    session = Session()
    session._remember(B, Entry(Program(steps, 0, [], [(F8, shape)], [(F8, shape)]), (B,),
                               single=True))
    for value in (0.0, 1.0, 2.0):
        feed[B] = np.full(shape, value)
        assert np.allclose(session.run(B, feed), np.exp(value)) and not feed


def test_sessions_in_threads():
    session, errors = remembered(A, single=True, outputs=(0,)), []

    def work(value):
        x = np.full((2, 3), value)
        for _ in range(3000):
            if not np.allclose(session.run(A, {A: x, LR: value})[0, 0], np.exp(value)):
                errors.append(value)

    threads = [threading.Thread(target=work, args=(float(i),)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors
