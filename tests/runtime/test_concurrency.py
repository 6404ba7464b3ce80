"""Threads, forks, signals and re-entrance, by the public names.

What is guaranteed: any thread may run any session; runs on the same variables take turns, each whole;
the same runs give the same bits on eight threads as on one. Adding nodes is for one thread at a time,
which others' runs do not disturb. How the compiled program does it: test_program_threads.py.
"""

import multiprocessing
import textwrap
import threading

import numpy as np
import pytest
from child import posix, run_python
from specs import run_at_once

import fastgrad as fg

THREADS = 8


@pytest.fixture(autouse=True)
def graph():
    with fg.Graph().as_default() as made:
        yield made


class Network:
    """A small classifier; equal seeds make equal ones."""

    def __init__(self, optimizer=None, hidden=8):
        random = np.random.default_rng(0)
        self.x, self.c = fg.placeholder(np.float32, [None, 5]), fg.placeholder(np.int64, [None])
        w = fg.Variable(random.standard_normal((5, hidden)).astype(np.float32))
        v = fg.Variable(random.standard_normal((hidden, 3)).astype(np.float32))
        b = fg.Variable(np.zeros(3, np.float32))
        self.z = fg.matmul(fg.tanh(fg.matmul(self.x, w)), v) + b
        self.loss = fg.reduce_mean(fg.nn.sparse_softmax_cross_entropy_with_logits(
            labels=self.c, logits=self.z))
        self.variables = [w, v, b]
        self.train = (optimizer or fg.train.AdamOptimizer(0.01)).minimize(self.loss)

    def feeds(self, rows=16, seed=0):
        random = np.random.default_rng(seed)
        return {self.x: random.standard_normal((rows, 5)).astype(np.float32),
                self.c: random.integers(0, 3, rows)}

    def values(self):
        return [v.value for v in self.variables]


def at_once(*calls):
    for error in run_at_once(*calls):
        raise error


def same(a, b):
    return len(a) == len(b) and all(np.array_equal(x, y) for x, y in zip(a, b))


def in_process(body, **names):
    """Run a script with this file's names; returns its output words."""
    text = "from test_concurrency import *\n" + textwrap.dedent(body).format(**names)
    done = run_python("-c", text)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


# ---- threads ----------------------------------------------------------------------------

@pytest.mark.parametrize("shared", [True, False], ids=["one session", "a session each"])
def test_eight_threads_evaluate_the_same_bits(shared, runs=500):
    net = Network()
    feeds = [net.feeds(rows, rows) for rows in range(1, 12)]
    one = fg.Session()
    expected = [one.run([net.z, net.loss], f) for f in feeds]

    def work(session):
        for n in range(runs):
            assert same(session.run([net.z, net.loss], feeds[n % 11]), expected[n % 11])
    at_once(*[lambda s=one if shared else fg.Session(): work(s) for _ in range(THREADS)])


@pytest.mark.slow
def test_eight_threads_times_ten_thousand_runs():
    test_eight_threads_evaluate_the_same_bits(True, 10_000)
    test_eight_threads_evaluate_the_same_bits(False, 10_000)


@pytest.mark.parametrize("shared", [True, False], ids=["one session", "a session each"])
def test_eight_threads_train_one_store(shared, runs=200):
    """Equal steps in any order: the result is that of as many steps on one thread."""
    net, one = Network(), fg.Session()
    feeds = net.feeds()
    at_once(*[lambda s=one if shared else fg.Session(): [
        s.run(net.train, feeds) for _ in range(runs)] for _ in range(THREADS)])
    got = net.values()
    one.run(fg.global_variables_initializer())
    for _ in range(THREADS * runs):
        one.run(net.train, feeds)
    assert same(got, net.values())


def test_graphs_of_their_own_train_side_by_side():
    def train(found):
        with fg.Graph().as_default():
            net = Network()
            session, feeds = fg.Session(), net.feeds()
            for _ in range(200):
                session.run(net.train, feeds)
            found.append(net.values())
    results = []
    at_once(*[lambda: train(results) for _ in range(THREADS)])
    assert len(results) == THREADS and all(same(r, results[0]) for r in results)


def test_first_values_are_made_once():
    """Threads that meet an unread variable see one random value, not one each."""
    for _ in range(30):
        w = fg.Variable(fg.random_normal([3]))
        found = []
        at_once(*[lambda: found.append(fg.Session().run(w)) for _ in range(4)],
                *[lambda: found.append(w.value) for _ in range(4)])
        assert len(found) == 8 and all(np.array_equal(f, found[0]) for f in found)


def test_many_shapes_from_many_threads():
    """More plans than the cache holds, compiled and dropped under everybody's feet."""
    net, session = Network(), fg.Session()

    def work(start):
        for rows in range(start, start + 150):
            assert session.run(net.z, net.feeds(rows)).shape == (rows, 3)
    at_once(*[lambda s=s: work(s) for s in (1, 1, 40, 120)])


def test_callables_from_threads():
    net, session = Network(), fg.Session()
    feeds = net.feeds()
    expected = session.run(net.z, feeds)
    call = session.make_callable(net.z, [net.x])
    at_once(*[lambda: [np.testing.assert_array_equal(call(feeds[net.x]), expected)
                       for _ in range(300)] for _ in range(THREADS)])


def test_runs_while_another_thread_adds_nodes():
    net, session = Network(), fg.Session()
    feeds, stop = net.feeds(), threading.Event()
    expected = session.run(net.z, feeds)

    def build():
        try:
            with net.x.graph.as_default():
                y = net.z
                for _ in range(1500):
                    y = fg.tanh(y + 1.0)
                    fg.Variable(np.zeros(2))
        finally:
            stop.set()

    def run():
        fresh = 0
        while not stop.is_set() or not fresh:
            assert np.array_equal(session.run(net.z, feeds), expected)
            fresh += 1
            assert np.array_equal(fg.Session(graph=net.x.graph).run(net.z, feeds), expected)
    at_once(build, run, run)


# ---- the store --------------------------------------------------------------------------

def test_values_read_and_loaded_while_training():
    """Both halves of a pair are always from the same step."""
    pair = fg.Variable(np.zeros((2, 3000)))
    train = pair.assign_add(np.ones((2, 3000)))
    session, stop = fg.Session(), threading.Event()

    def run():
        try:
            for _ in range(1500):
                session.run(train.op)
        finally:
            stop.set()

    def read():
        while not stop.is_set():
            value = pair.value
            assert (value == value[0, 0]).all()

    def load():
        while not stop.is_set():
            pair.load(np.full((2, 3000), 5.0))
    at_once(run, read, read, load)
    value = pair.value
    assert (value == value[0, 0]).all() and value[0, 0] >= 5


def test_a_variable_that_changes_its_shape_under_runs():
    w = fg.Variable(np.zeros(3), validate_shape=False)
    bump, total = fg.assign_add(w, fg.ones_like(w)), fg.reduce_sum(fg.zeros_like(w))
    stop = threading.Event()

    def load():
        try:
            for n in range(400):
                w.load(np.zeros(1 + n % 7))
                assert w.value.shape == (1 + n % 7,)
        finally:
            stop.set()

    def run():
        session = fg.Session()
        while not stop.is_set():
            value = session.run(bump)
            assert (value == value[0]).all()
            assert session.run(total) == 0
    at_once(load, run, run)


def test_a_run_of_stages_is_whole():
    """A Python operation splits a run in two; no other run comes between."""
    w = fg.Variable(np.zeros(4))

    class pass_on(fg.Operation):
        def compute(self, x):
            return np.array(x)

    step = w.assign(fg.identity(pass_on(w)) + 1.0)
    session = fg.Session()
    at_once(*[lambda: [session.run(step.op) for _ in range(100)] for _ in range(4)])
    assert w.value.tolist() == [400] * 4


# ---- re-entrance ------------------------------------------------------------------------

def test_an_operation_that_runs_the_session():
    x = fg.placeholder(np.float64, [None])
    w = fg.Variable(np.zeros(2))
    inner, count, session = fg.exp(x), w.assign_add([1.0, 1.0]), fg.Session()

    class reenter(fg.Operation):
        def compute(self, v):
            session.run(count)
            return session.run(inner, {x: v}) + w.value[0]

    y, e = reenter(x) * 2.0, session.run(inner, {x: np.ones(3)})
    for n in range(1, 4):
        assert np.array_equal(session.run(y, {x: np.ones(3)}), (e + n) * 2)
    assert w.value.tolist() == [3, 3]


def test_an_operation_that_runs_itself():
    x = fg.placeholder(np.float64, [])
    session = fg.Session()

    class countdown(fg.Operation):
        def compute(self, v):
            return 1.0 if v <= 1 else v * session.run(y, {x: float(v) - 1})

    y = fg.identity(countdown(x))
    assert session.run(y, {x: 5.0}) == 120
    assert session.run(y, {x: 3.0}) == 6


# ---- other processes --------------------------------------------------------------------

def train_on(net, session, found):
    found.put([session.run(net.train, net.feeds())] + net.values())


def train_anew(found):
    with fg.Graph().as_default():
        net = Network()
        train_on(net, fg.Session(), found)


@posix
def test_training_goes_on_in_a_forked_child():
    net = Network(hidden=400)
    session, feeds = fg.Session(num_threads=2), net.feeds(400)
    for _ in range(20):
        session.run(net.train, feeds)
    before = net.values()
    context = multiprocessing.get_context("fork")
    found = context.SimpleQueue()
    children = [context.Process(target=train_on, args=(net, session, found)) for _ in range(2)]
    for child in children:
        child.start()
    one, two = found.get(), found.get()
    for child in children:
        child.join(60)
        assert child.exitcode == 0
    assert same(net.values(), before)
    session.run(net.train, net.feeds())
    assert same(one[1:], net.values()) and same(two[1:], net.values())


def test_a_spawned_child_makes_its_own():
    context = multiprocessing.get_context("spawn")
    found = context.SimpleQueue()
    child = context.Process(target=train_anew, args=(found,))
    child.start()
    there = found.get()
    child.join(60)
    net = Network()
    fg.Session().run(net.train, net.feeds())
    assert child.exitcode == 0 and same(there[1:], net.values())


# ---- Ctrl-C -----------------------------------------------------------------------------

LATENCY = """
    import os, signal, time
    net = Network(hidden={hidden})
    session, feeds = fg.Session(), net.feeds({rows})
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    y = net.x
    for _ in range({chain}):
        y = fg.tanh(y)
    y = fg.reduce_sum(y)
    {warm}
    begin = time.perf_counter()
    signal.setitimer(signal.ITIMER_REAL, 0.25)
    try:
        {work}
    except KeyboardInterrupt:
        print(time.perf_counter() - begin - 0.25)
    session.run(net.train, net.feeds())
    """


@posix
@pytest.mark.parametrize("names", [
    dict(hidden=8, rows=4096, chain=0, warm="", work="session.fit(net.train, feeds, batch_size=16, "
         "epochs=10**6)"),
    dict(hidden=500, rows=4096, chain=0, warm="", work="session.fit(net.train, feeds, epochs=10**6,"
         " batch_size=500, fetches=net.loss, progress=False)"),
    dict(hidden=8, rows=200000, chain=20000, warm="session.plan(y, feeds)",
         work="session.run(y, feeds)"),
    dict(hidden=8, rows=4096, chain=0, warm="session.run(net.z, feeds)",
         work="[session.run(net.z, feeds) for _ in range(10**7)]")],
    ids=["fit of small steps", "fit of large steps", "one long run", "a loop of runs"])
def test_ctrl_c_within_100_ms(names):
    """Once in two tries: another process may have had the processor at that moment."""
    assert any(float(in_process(LATENCY, **names)[0]) < 0.1 for _ in range(2))


WAITING = """
    import os, signal, threading
    x, v = fg.placeholder(np.float64, []), fg.Variable(1.0)
    inside, heard, session = threading.Event(), threading.Event(), fg.Session()

    def keeper(a):
        inside.set()
        heard.wait(60)
        threading.Event().wait(0.2)         # for as long as the handler needs to come to its wait
        return a

    def handler(*_):
        heard.set()
        {handler}

    kept, plain = fg.py_func(keeper, [x + v], np.float64), x * v
    assert session.run(plain, {{x: 2.0}}) == 2
    signal.signal(signal.SIGALRM, handler)
    other = threading.Thread(target=session.run, args=(kept, {{x: 1.0}}))
    other.start()
    inside.wait(60)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    print(session.run(plain, {{x: 4.0}}))
    sys.stdout.flush()
    if child == 0:
        os._exit(0)
    other.join(60)
    if child is not None:
        assert os.waitpid(child, 0)[1] == 0
    """


@posix
@pytest.mark.parametrize("handler, printed", [
    ("print(session.run(plain, {x: 3.0}))", ["3.0", "4.0"]),
    ("global child; child = os.fork()", ["4.0", "4.0"])], ids=["runs", "forks"])
def test_a_handler_while_its_thread_waits_for_another_run(handler, printed):
    """Both once waited for ever: for a lock that was their thread's already, or a parent's."""
    assert in_process("import sys\nchild = None" + textwrap.dedent(WAITING),
                      handler=handler) == printed
