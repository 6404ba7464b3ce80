"""The compiled Program in teams, in several Python threads, in forked children, under signals."""

import itertools
import threading
import time

import numpy as np
import pytest
from child import posix

from fastgrad._kernels.program import Program, StepFailed, StoreLock
from specs import F8, chain, in_process, kernel, python_step, run_at_once


# Threads

@pytest.mark.parametrize("threads", [2, 3, 5])
def test_threads_do_not_change_a_bit(threads):
    one, many = chain(1), chain(threads)
    for _ in range(50):
        assert np.array_equal(one.run([])[0], many.run([])[0])


def test_a_team_that_does_not_pay_is_left_alone():
    """Two hundred barriers between steps of some nanoseconds: one thread is found to be faster."""
    step = kernel("exp_f64", (0, 0), (1, 0), n=64, parallel=True, barrier=True)
    steps = [step] * 200 + [kernel("exp_f64", (2, 0), (0, 0), n=64, parallel=True, barrier=True)]
    x = np.linspace(-1, 1, 64)
    one, two = (Program(steps, 512, [x], [], [(F8, (64,))], num_threads=n) for n in (1, 2))
    want, runs = one.run([])[0], 0
    while not two.runs_alone and runs < 1000:
        np.testing.assert_array_equal(two.run([])[0], want)
        runs += 1
    assert two.runs_alone and not one.runs_alone
    np.testing.assert_array_equal(two.run([])[0], want)


def test_python_step_inside_a_team():
    n, names = 1000, []

    def middle(outs, ins):
        names.append(threading.current_thread())
        outs[0][...] = ins[0] * 2

    steps = [kernel("exp_f64", (0, 0), (1, 0), n=n, parallel=True),
             python_step(middle, [((0, 0), F8, (n,))], [((0, 0), F8, (n,))]),
             kernel("exp_f64", (2, 0), (0, 0), n=n, parallel=True)]
    program = Program(steps, 8 * n, [], [(F8, (n,))], [(F8, (n,))], num_threads=2)
    x = np.linspace(-1, 1, n)
    for _ in range(20):
        assert np.allclose(program.run([x])[0], np.exp(2 * np.exp(x)), rtol=1e-14)
    assert set(names) == {threading.current_thread()}


def test_failure_in_a_team_names_the_first_step():
    table, index = np.zeros((4, 1)), np.full(1000, 1)
    index[[0, 900]] = 77
    gather = kernel("gather_i64", (0, 0), (1, 0), (2, 0), n=1000, ext=(8, 4), parallel=True)
    steps = [kernel("fill_f64", (0, 0), n=1000, parallel=True), gather, gather,
             kernel("fill_f64", (0, 0), n=1000, par=(3.0,), parallel=True, barrier=True)]
    program = Program(steps, 8000, [table, index], [], [], num_threads=2)
    for _ in range(50):
        with pytest.raises(StepFailed) as failed:
            program.run([])
        assert (failed.value.code, failed.value.step) == (2, 1)


def test_failure_in_a_team_leaves_variables_alone():
    table, index, variable = np.zeros((4, 1)), np.full(4000, 1), np.zeros(4000)
    index[-1] = 77
    steps = [kernel("gather_i64", (0, 0), (1, 0), (2, 0), n=4000, ext=(8, 4), parallel=True),
             kernel("fill_f64", (3, 0), n=4000, par=(1.0,), parallel=True)]
    program = Program(steps, 32000, [table, index, variable], [], [], num_threads=2,
                      commit_step=1)
    for _ in range(50):
        with pytest.raises(StepFailed):
            program.run([])
    assert not variable.any()


@pytest.mark.parametrize("threads", [1, 2])
def test_two_python_threads_on_one_program(threads):
    shape = (50000,)
    program = Program([kernel("exp_f64", (0, 0), (1, 0), n=50000, parallel=True),
                       kernel("log_f64", (2, 0), (0, 0), n=50000, parallel=True)],
                      400000, [], [(F8, shape)], [(F8, shape)], threads)

    def work(value):
        x = np.full(shape, value)
        for _ in range(100):
            assert np.allclose(program.run([x])[0], value)

    assert run_at_once(lambda: work(1.5), lambda: work(-0.5)) == []


def test_two_programs_share_a_team():
    programs = [chain(2, n=20000), chain(2, n=20000)]
    want = chain(1, n=20000)
    results = [[], []]

    def work(i):
        for _ in range(50):
            results[i].append(programs[i].run([])[0])

    assert run_at_once(lambda: work(0), lambda: work(1)) == []
    for a, b in zip(*results):
        value = want.run([])[0]
        assert np.array_equal(a, value) and np.array_equal(b, value)


# Locks

def test_program_inside_itself():
    def again(outs, ins):
        program.run([])

    program = Program([python_step(again, [], [])], 0, [], [], [])
    for _ in range(3):
        with pytest.raises(StepFailed) as failed:
            program.run([])
        assert "cannot run the fetch that it is a part of" in str(failed.value.__cause__)


def test_another_program_of_the_store_inside_a_step():
    lock, variable = StoreLock(), np.zeros(1)
    inner = Program([kernel("fill_f64", (1, 0), n=1, par=(4.0,))], 0, [variable], [], [],
                    store_lock=lock)
    outer = Program([python_step(lambda outs, ins: inner.run([]), [], [])], 0, [], [], [],
                    store_lock=lock)
    outer.run([])
    assert variable[0] == 4
    assert run_at_once(lambda: [outer.run([]) for _ in range(300)],
                       lambda: [inner.run([]) for _ in range(300)]) == []


def test_store_lock_serialises_runs():
    lock, inside, most = StoreLock(), [], []

    def body(outs, ins):
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.001)
        inside.pop()

    programs = [Program([python_step(body, [], [])], 0, [], [], [], store_lock=lock)
                for _ in range(3)]
    assert run_at_once(*[lambda p=p: [p.run([]) for _ in range(20)] for p in programs]) == []
    assert max(most) == 1 and len(most) == 60
    with lock, lock:
        programs[0].run([])
    with pytest.raises(RuntimeError, match="does not hold"):
        lock.__exit__()


def test_a_loop_of_runs_lets_others_in():
    """Whenever the lock is free the loop holds the GIL: who waits would never find it free."""
    lock, going, done, waited = StoreLock(), threading.Event(), threading.Event(), []
    program = Program([kernel("tanh_f64", (0, 0), (1, 0), n=20000)], 160000,
                      [np.linspace(-3, 3, 20000)], [], [], store_lock=lock)
    runs = itertools.count()

    def loop():
        for _ in iter(done.is_set, True):
            program.run([])
            if next(runs) > 10:
                going.set()

    def guest():
        going.wait()
        for _ in range(10):
            before = next(runs)
            with lock:
                waited.append(next(runs) - before)
        done.set()
    assert run_at_once(loop, loop, guest) == []
    assert max(waited) < 5000, waited


# Processes and signals

@posix
def test_forked_child_runs():
    output = in_process("""
        one, program = chain(1), chain(2)
        for _ in range(10): one.run([]), program.run([])
        held = StoreLock()
        thread = threading.Thread(target=lambda: (held.__enter__(), time.sleep(30)), daemon=True)
        thread.start()
        time.sleep(0.1)
        child = os.fork()
        if child == 0:
            good = all(np.array_equal(program.run([])[0], one.run([])[0]) for _ in range(10))
            good &= np.array_equal(chain(2).run([])[0], chain(1).run([])[0])
            with held:
                good &= Program([], 0, [], [], [], store_lock=held).run([]) == []
            os._exit(0 if good else 1)
        print(os.waitpid(child, 0)[1])
        assert np.array_equal(program.run([])[0], one.run([])[0])
        """)
    assert output == ["0"]


@posix
def test_fork_while_another_thread_runs():
    output = in_process("""
        n = 200000
        step = kernel("exp_f64", (0, 0), (0, 0), n=n, parallel=True, barrier=True)
        program = Program([step] * 500, 8 * n, [], [], [], num_threads=2)
        other = Program([step] * 3, 8 * n, [], [], [], num_threads=2)
        thread = threading.Thread(target=program.run, args=([],))
        thread.start()
        time.sleep(0.05)
        child = os.fork()
        if child == 0:
            assert thread is not None and other.run([]) == [] and program.run([]) == []
            os._exit(0)
        print(os.waitpid(child, 0)[1])
        thread.join()
        """)
    assert output == ["0"]


@posix
def test_fork_inside_a_team_run():
    output = in_process("""
        def fork(outs, ins):
            forked.append(os.fork())
        forked = []
        n = 1000
        steps = [kernel("exp_f64", (0, 0), (0, 0), n=n, parallel=True, barrier=True),
                 python_step(fork, [], [])]
        program = Program(steps + steps[:1] * 3, 8 * n, [np.zeros(n)], [], [], num_threads=2)
        try:
            program.run([])
        except StepFailed as error:
            os._exit(0 if "forked" in str(error.__cause__) and forked == [0] else 1)
        print(os.waitpid(forked[0], 0)[1] if forked[0] else "child")
        """)
    assert output == ["0"]


INTERRUPT = """
    n = 100000
    steps = [kernel("exp_f64", (0, 0), (0, 0), n=n, parallel=True, barrier=True)] * 80000
    variable = np.zeros(n)
    steps += [kernel("fill_f64", (1, 0), n=n // 100, par=(1.0,))] * 100
    program = Program(steps, 8 * n, [variable], [], [], num_threads={threads}, commit_step=80000)
    sent = []
    def send():
        time.sleep(0.7)
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=send).start()
    try:
        program.run([])
    except KeyboardInterrupt:
        print(time.perf_counter() - sent[0], variable.sum())
    """


@posix
@pytest.mark.parametrize("threads", [1, 2])
def test_interrupt_in_a_long_run(threads):
    best = min(float(in_process(INTERRUPT.format(threads=threads))[0]) for _ in range(2))
    assert best < 0.1


@posix
def test_interrupt_after_the_first_runs():
    """The check points laid from measured times, long steps after many short ones."""
    output = in_process("""
        small = [kernel("exp_f64", (0, 0), (0, 0), n=1)] * 3000
        big = [kernel("exp_f64", (0, 0), (0, 0), n=2000000)] * 60
        program = Program(small + big, 16000000, [], [], [])
        for _ in range(4): program.run([])
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        start = time.perf_counter()
        signal.setitimer(signal.ITIMER_REAL, 0.15)
        try:
            while True: program.run([])
        except KeyboardInterrupt:
            print(time.perf_counter() - start - 0.15)
        """)
    assert float(output[0]) < 0.1


@posix
def test_interrupt_while_waiting_for_the_lock():
    output = in_process("""
        lock = StoreLock()
        threading.Thread(target=lambda: (lock.__enter__(), time.sleep(20)), daemon=True).start()
        time.sleep(0.1)
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        start = time.perf_counter()
        try:
            Program([], 0, [], [], [], store_lock=lock).run([])
        except KeyboardInterrupt:
            print(time.perf_counter() - start)
        """)
    assert float(output[0]) < 1


@posix
def test_exit_with_a_team():
    start = time.perf_counter()
    assert in_process("chain(4).run([]); print('ran')", timeout=20) == ["ran"]
    assert time.perf_counter() - start < 10


@posix
def test_interrupt_in_fit():
    output = in_process("""
        x = np.zeros((4, 3))
        order = np.arange(4)
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        steps = [kernel("exp_f64", (0, 0), (1, 0), n=12)] * 100
        program = Program(steps, 96, [], [(F8, (4, 3))], [])
        start = time.perf_counter()
        try:
            program.fit([x], 4, 4, 0, 2_000_000, order)
        except KeyboardInterrupt:
            print(time.perf_counter() - start - 0.3)
        """)
    assert float(output[0]) < 0.1
