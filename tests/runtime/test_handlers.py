"""Signal handlers that use the library in the midst of what they interrupt.

A handler runs between any two instructions of the main thread, and that thread cannot wait for itself.
What is guaranteed: what a handler begins is whole, or is refused with an error that says what to do;
nothing hangs, and what was interrupted goes on as if nothing had been.
"""

import os
import signal
import threading
from contextlib import nullcontext as nothing

import numpy as np
import pytest
from child import posix, run_python
from moments import at_moment, interrupt, moments_of

import fastgrad as fg
from fastgrad import errors, summary
from fastgrad.io import events
from fastgrad.io.checkpoint import open_checkpoint
from fastgrad.runtime import streams
from fastgrad.io.records import record

pytestmark = posix


@pytest.fixture(autouse=True)
def graph():
    with fg.Graph().as_default() as made:
        yield made


# ---- a run of several stages ------------------------------------------------------------

class Pair:
    """Two variables that are equal after every run, and are written in different stages of it."""

    def __init__(self):
        pair = self

        class inside(fg.Operation):
            def compute(self, x):
                pair.within()
                return np.array(x)
        self.within = lambda: None
        self.a, self.b = fg.Variable(np.zeros(3)), fg.Variable(np.zeros(3))
        first = self.a.assign_add(np.ones(3))
        with fg.control_dependencies([first]):
            second = self.b.assign_add(inside(fg.ones_like(self.a.read_value())))
        self.step, self.session = fg.group(first, second), fg.Session()
        self.keeper = fg.train.Saver({"a": self.a, "b": self.b})
        self.session.run(self.step)

    def equal(self):
        return np.array_equal(self.a.value, self.b.value)


def saved_pair(pair, path):
    found = open_checkpoint(path)
    return found["a"], found["b"]


def test_a_handler_that_saves_during_a_run_of_stages(tmp_path):
    """Of 220 checkpoints 170 once had one half of a run."""
    pair, done = Pair(), []

    def handler():
        try:
            done.append(pair.keeper.save(pair.session, str(tmp_path / "m")))
        except errors.StateError as e:
            assert "signal handler" in str(e)
            done.append(None)
        else:
            a, b = saved_pair(pair, done[-1])
            assert np.array_equal(a, b)
    total = moments_of(lambda: pair.session.run(pair.step))
    for n in range(1, total + 1):
        with at_moment(handler, n):
            pair.session.run(pair.step)
        assert pair.equal()
    assert len(done) == total and None in done and any(done)


def test_an_operation_that_saves_in_the_midst_of_its_run(tmp_path):
    """It stands for a handler that interrupts it, which looks the same."""
    pair = Pair()
    pair.within = lambda: pair.keeper.save(pair.session, str(tmp_path / "m"))
    with pytest.raises(errors.ComputeError, match="has written a part"):
        pair.session.run(pair.step)
    pair.within = lambda: None
    pair.session.run(pair.step)
    assert pair.equal() and pair.a.value[0] == 2
    pair.keeper.save(pair.session, str(tmp_path / "m"))


@pytest.mark.parametrize("what", ["run", "step", "value", "load", "restore", "fit"])
def test_a_handler_that_runs_during_a_run_of_stages(tmp_path, what):
    pair, done = Pair(), []
    x = fg.placeholder(np.float64, [None])
    path = pair.keeper.save(pair.session, str(tmp_path / "m"))
    both = [pair.a * 1.0, pair.b * 1.0]
    pair.session.run(both)
    fitted = fg.group(pair.a.assign_add(x * 0 + 1), pair.b.assign_add(x * 0 + 1))
    act = {"run": lambda: pair.session.run(both), "step": lambda: pair.session.run(pair.step),
           "value": lambda: (pair.a.value, pair.b.value),
           "load": lambda: (pair.a.load(np.full(3, 5.0)), pair.b.load(np.full(3, 5.0))),
           "restore": lambda: pair.keeper.restore(pair.session, path),
           "fit": lambda: pair.session.fit(fitted, {x: np.ones(3)}, progress=False)}[what]

    def handler():
        try:
            found = act()
        except errors.StateError as e:
            assert "signal handler" in str(e)
            done.append(False)
        else:
            done.append(True)
            assert what not in ("run", "value") or np.array_equal(*found)
    total = moments_of(lambda: pair.session.run(pair.step))
    for n in range(1, total + 1):
        with at_moment(handler, n):
            pair.session.run(pair.step)
        assert pair.equal(), n
    assert {*done} == {False, True}


def test_a_handler_during_one_long_run(tmp_path):
    """Nothing is written yet where signals are looked at: a save is of before the run."""
    done = run_python("-c", """
import signal, numpy as np, fastgrad as fg
from fastgrad import errors
a, b = fg.Variable(np.zeros(3)), fg.Variable(np.zeros(3))
x = fg.placeholder(np.float64, [300_000])
y = x
for _ in range(200):
    y = fg.tanh(fg.exp(y))
more = fg.reduce_mean(y) * 0 + 1
step = fg.group(a.assign_add(more * np.ones(3)), b.assign_add(more * np.ones(3)))
session, value, words = fg.Session(), np.zeros(300_000), []
def handler(*_):
    words.append(bool((a.value == b.value).all()))
    for act in (lambda: session.run(step, {x: value}), lambda: session.run(a * 2.0),
                lambda: a.load(np.ones(3))):
        try:
            act()
        except errors.StateError as e:
            words.append("cannot wait" in str(e))
signal.signal(signal.SIGALRM, handler)
for _ in range(3):
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    session.run(step, {x: value})
print(a.value, b.value, words.count(True), words.count(False))
""")
    assert done.stdout.split() == ["[3.", "3.", "3.]"] * 2 + ["12", "0"], done.stdout + done.stderr


def test_a_handler_that_runs_the_fetch_that_is_running():
    """An operation in Python is interrupted by what runs its own fetch: nothing runs itself."""
    found = []
    x = fg.placeholder(np.float64, [2])

    def body(v):
        if not found:
            signal.raise_signal(signal.SIGUSR1)
        return v
    y = fg.py_func(body, [x], np.float64)
    y.set_shape([2])
    z, session = y + 1.0, fg.Session()

    def handler(*_):
        found.append(None)
        try:
            found[0] = session.run(z, {x: [5.0, 5.0]})
        except errors.StateError as e:
            found[0] = str(e)
    before = signal.signal(signal.SIGUSR1, handler)
    try:
        assert session.run(z, {x: [1.0, 2.0]}).tolist() == [2, 3]
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert "a step of" not in str(found[0])
    assert "signal handler" in str(found[0]) or found[0].tolist() == [6, 6]


# ---- event files ------------------------------------------------------------------------

def records_of(path):
    """The bodies of an event file's records, their checksums looked at."""
    with open(path, "rb") as f:
        data = f.read()
    found, at = [], 0
    while at < len(data):
        n = int.from_bytes(data[at:at + 8], "little")
        body = data[at + 12:at + 12 + n]
        assert record(body) == data[at:at + 16 + n]
        found.append(body)
        at += 16 + n
    return found


@pytest.mark.parametrize("act", ["add", "flush", "close", "all"])
def test_a_handler_that_writes_summaries_during_add_summary(tmp_path, act):
    """It once waited for ever for the lock of the call that it interrupted."""
    folder = iter(range(10**6))

    def writer():
        return summary.FileWriter(str(tmp_path / str(next(folder))), max_queue=2)

    def work(w):
        w.add_summary(events.scalar_value("mine", 1.0), 1)
        w.add_summary(events.scalar_value("mine", 2.0), 2)

    def handler():
        if act in ("add", "all"):
            w.add_summary(events.scalar_value("handler", 3.0), 3)
        if act in ("flush", "all"):
            w.flush()
        if act in ("close", "all"):
            w.close()
    w = writer()
    total = moments_of(lambda: work(w))
    for n in range(1, total + 1):
        w = writer()
        try:
            with at_moment(handler, n):
                work(w)
        except ValueError as e:
            assert act in ("close", "all") and "is closed" in str(e)
        w.close()
        bodies = records_of(w._file.path)
        assert sum(b"handler" in b for b in bodies) == (act in ("add", "all"))
        assert act in ("close", "all") or sum(b"mine" in b for b in bodies) == 2


def test_an_interrupt_loses_no_record_that_was_added_before(tmp_path):
    w = summary.FileWriter(str(tmp_path), max_queue=3)
    added = 0

    total = moments_of(lambda: w.add_summary(events.scalar_value("one", 1.0), 1))
    for n in range(1, 3 * total):
        try:
            with at_moment(interrupt, n):
                for _ in range(3):
                    w.add_summary(events.scalar_value("one", 1.0), 1)
                    added += 1
        except KeyboardInterrupt:
            pass
    w.close()
    found = sum(b"one" in b for b in records_of(w._file.path))
    assert added <= found <= added + 3 * total


def test_threads_write_whole_records(tmp_path):
    w = summary.FileWriter(str(tmp_path), max_queue=3)
    threads = [threading.Thread(target=lambda: [
        w.add_summary(events.scalar_value("one", 1.0), k) for k in range(200)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    w.close()
    assert len(records_of(w._file.path)) == 801


def test_one_writer_a_folder(tmp_path):
    cache = summary.FileWriterCache
    try:
        one = cache.get(str(tmp_path / "a"))
        assert cache.get(str(tmp_path / "a")) is one and cache.get(str(tmp_path / "b")) is not one
        assert len(list((tmp_path / "a").iterdir())) == 1
        cache.clear()
        assert cache.get(str(tmp_path / "a")) is not one
        assert len(list((tmp_path / "a").iterdir())) == 2     # not one of twice the same name
    finally:
        cache.clear()


# ---- threads that stop together ----------------------------------------------------------

def test_a_handler_that_asks_for_a_stop():
    """It once waited for ever if it interrupted a call of the same Coordinator."""
    def work(coordinator):
        coordinator.register_thread(threading.Thread())
        coordinator.wait_for_stop(0.0)
        coordinator.request_stop()
        assert coordinator.should_stop() and coordinator.wait_for_stop()
    total = moments_of(lambda: work(fg.train.Coordinator()))
    for n in range(1, total + 1):
        coordinator = fg.train.Coordinator()
        with at_moment(lambda: coordinator.request_stop(ValueError("stop")), n):
            work(coordinator)
        with pytest.raises(ValueError, match="stop") if coordinator._error else nothing():
            coordinator.raise_requested_exception()


# ---- forked children --------------------------------------------------------------------

@pytest.mark.parametrize("draw", [
    lambda seed: fg.random_normal([3], seed=seed), lambda seed: fg.random_uniform([3], seed=seed),
    lambda seed: fg.truncated_normal([3], seed=seed),
    lambda seed: fg.cast(fg.random_shuffle(np.arange(10**6), seed=seed)[:3], "float64")],
    ids=["normal", "uniform", "truncated", "shuffle"])
@pytest.mark.parametrize("seed", [None, 7])
def test_random_numbers_of_forked_children(draw, seed):
    """Unseeded ones are each child's own; seeded ones go on as they would have in the parent."""
    node, session = draw(seed), fg.Session()
    first = session.run(node)
    found = []
    for _ in range(2):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(write, session.run(node).astype(np.float64).tobytes())
            os._exit(0)
        os.close(write)
        assert os.waitpid(child, 0)[1] == 0
        found.append(np.frombuffer(os.read(read, 100)))
        os.close(read)
    found.append(session.run(node).astype(np.float64))
    assert not np.array_equal(first, found[2])
    same = [np.array_equal(a, b) for a, b in zip(found, found[1:] + found[:1])]
    assert same == [seed is not None] * 3
    assert isinstance(session.streams, streams.Streams)
