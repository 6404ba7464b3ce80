"""The memory for values on the way that the Programs of a store share: who has it, how much there is."""

import numpy as np
import pytest
from child import posix
from specs import F8, in_process, kernel, python_step, run_at_once
from resident import MB, linux, resident

from fastgrad._kernels.program import Program, StoreLock


def through_arena(value, lock, n=1000):
    """Fills its arena and returns it as the result."""
    return Program([kernel("fill_f64", (0, 0), n=n, par=(value,)),
                    kernel("move", (1, 0), (0, 0), n=n, ext=(8,))], 8 * n, [], [], [(F8, (n,))],
                   store_lock=lock)


def test_programs_in_turn_and_at_once():
    """Each finds its operands again, also where a larger one has moved the memory."""
    lock = StoreLock()
    programs = [through_arena(float(n), lock, n) for n in (10, 100_000, 1000, 300_000, 10)]

    def loop(order):
        for i in order:
            result, = programs[i].run([])
            assert (result == len(result)).all()
    loop([0, 1, 2, 3, 4] * 3)
    assert run_at_once(lambda: loop([1, 0, 3] * 50), lambda: loop([2, 4, 3] * 50)) == []
    del programs[3], programs[1]
    loop([0, 1, 2] * 2)


@linux
def test_the_largest_need_is_all_there_is():
    lock = StoreLock()
    through_arena(1.0, lock).run([])
    before = resident()
    programs = [through_arena(1.0, lock, 500_000 + n) for n in range(30)]
    for program in programs:
        program.run([])
    assert resident() - before < 10 * MB


@linux
@pytest.mark.parametrize("stays", [True, False])
def test_memory_goes_with_those_that_need_it(stays):
    lock = StoreLock()
    small, large = through_arena(1.0, lock), through_arena(2.0, lock, 4_000_000)
    large.run([])
    before = resident()
    if not stays:
        del small
    del large
    if stays:
        assert small.run([])[0].sum() == 1000
    assert resident() - before < -25 * MB


def test_a_step_runs_another_program():
    """One with Python steps has memory of its own, which the other does not touch."""
    lock = StoreLock()
    inner, seen = through_arena(5.0, lock), []

    def step(outs, ins):
        assert (inner.run([])[0] == 5).all()
        seen.append(ins[0].copy())
    outer = Program([kernel("fill_f64", (0, 0), n=1000, par=(7.0,)),
                     python_step(step, [], [((0, 0), F8, (1000,))])], 8000, [], [], [],
                    store_lock=lock)
    for _ in range(3):
        outer.run([])
    assert (np.array(seen) == 7).all() and len(seen) == 3


@posix
@pytest.mark.parametrize("threads", [1, 2])
def test_a_signal_handler_runs_another_program(threads):
    """The run that it interrupts finds its values as it left them."""
    assert in_process(f"""
        lock, n = StoreLock(), 100_000
        fill = kernel("fill_f64", (0, 0), n=n, par=(7.0,), barrier=True)
        work = kernel("exp_f64", (2, 0), (1, 0), n=n, parallel=True, barrier=True)
        outer = Program([fill] + [work] * 8000 + [kernel("move", (3, 0), (0, 0), n=n, ext=(8,))],
                        8 * n, [np.zeros(n), np.zeros(n)], [], [(F8, (n,))], {threads},
                        store_lock=lock)
        inner = Program([kernel("fill_f64", (0, 0), n=2 * n, par=(5.0,)),
                         kernel("move", (1, 0), (0, 0), n=2 * n, ext=(8,))], 16 * n, [], [],
                        [(F8, (2 * n,))], store_lock=lock)
        found = []
        signal.signal(signal.SIGALRM, lambda *_: found.append(inner.run([])[0]))
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        result, = outer.run([])
        print(len(found), *(float(x) for a in (found[0], result, inner.run([])[0])
                            for x in np.unique(a)))
        """) == ["1", "5.0", "7.0", "5.0"]


def test_more_than_there_is():
    lock = StoreLock()
    small = through_arena(1.0, lock)
    for _ in range(2):
        with pytest.raises(MemoryError, match="no memory for an arena"):
            Program([kernel("fill_f64", (0, 0), n=1)], 1 << 60, [], [], [], store_lock=lock)
        assert small.run([])[0].sum() == 1000
