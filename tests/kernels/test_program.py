"""The compiled Program: operands, slots, Python steps, failures, strips.

Built from raw specs, without the compiler above: what a plan may rely on.
"""

import gc
import sys
import weakref

import numpy as np
import pytest

from fastgrad import _kernels
from fastgrad._kernels.program import Program, StepFailed
from specs import F8, X, exp_program, kernel, plus_one, python_step


def test_every_space():
    fixed = [np.full(200, 2.0), np.zeros(200)]
    steps = [kernel("exp_f64", (0, 64), (3, 0), n=200),             # arena <- feed
             kernel("exp_f64", (2, 0), (1, 0), n=200),              # fixed <- fixed
             kernel("exp_f64", (4, 800), (0, 64), n=100),           # half a result <- arena
             kernel("fill_f64", (4, 0), n=100, par=(5.0,))]
    program = Program(steps, 64 + 1600, fixed, [(F8, (100, 2))], [(F8, (200,))])
    assert (program.num_steps, program.arena_bytes) == (4, 1664)
    result, = program.run([X])
    assert np.allclose(result[100:], np.exp(np.exp(X.ravel()[:100])), rtol=1e-14)
    assert (result[:100] == 5).all()
    assert np.allclose(fixed[1], np.exp(2.0), rtol=1e-15)


def test_slots_are_bound_anew_at_each_run():
    program = exp_program()
    first, second = program.run([X])[0], program.run((2 * X,))[0]
    again = program.run([X])[0]
    assert np.array_equal(first, again) and not np.shares_memory(first, again)
    assert np.allclose(second, np.exp(2 * X))
    assert np.allclose(first, np.exp(X)) and first.flags.owndata


def test_scalar_slots():
    n = _kernels.address("exp_f64")
    steps = [(n, ((2, 0), (1, 0)), (), (), None, 0, 1, 1, False, False)]
    program = Program(steps, 0, [], [(F8, ())], [(F8, ())])
    for value in (2.0, 2, np.array(2.0), np.float64(2)):
        result, = program.run([value])
        assert type(result) is np.float64 and abs(result - np.exp(2)) < 1e-14
    for value in ("2", None, 2 ** 70, True, np.float32(2)):
        with pytest.raises(TypeError, match="feed 0"):
            program.run([value])


@pytest.mark.parametrize("dtype, good, bad", [
    ("f4", [1.5, 3], [True, 1j]), ("i4", [3, -2], [2 ** 31, 1.0, True]),
    ("i8", [2 ** 62], [2 ** 63, 1.0]), ("?", [True, False], [1, 0.0])])
def test_python_numbers_for_scalar_slots(dtype, good, bad):
    seen = []
    operand = ((1, 0), np.dtype(dtype), ())
    program = Program([python_step(lambda outs, ins: seen.append(ins[0][()]), [], [operand])],
                      0, [], [(dtype, ())], [])
    for value in good:
        program.run([value])
        assert seen[-1] == value and seen[-1].dtype == dtype
    for value in bad:
        with pytest.raises(TypeError):
            program.run([value])


@pytest.mark.parametrize("feed, error", [
    (X.tolist(), TypeError), (None, TypeError), (X.astype("f4"), ValueError),
    (X.astype(">f8"), ValueError), (X.T, ValueError), (np.asfortranarray(X), ValueError),
    (X[:50], ValueError), (X.ravel(), ValueError), (X[:, :1], ValueError),
    (np.frombuffer(bytes(1601), "u1")[1:].view(F8).reshape(100, 2), ValueError)])
def test_feeds_that_do_not_fit(feed, error):
    with pytest.raises(error, match="feed 0"):
        exp_program().run([feed])


def test_number_of_feeds():
    with pytest.raises(ValueError, match="2 feeds for 1 slots"):
        exp_program().run([X, X])


def test_empty_arrays_and_no_steps():
    empty = exp_program((0, 2)).run([np.empty((0, 2))])[0]
    assert empty.shape == (0, 2)
    assert Program([], 0, [], [], []).run([]) == []


# Python steps

def test_python_step_on_every_space():
    whole = F8, (100, 2)
    variable = np.zeros((100, 2))
    steps = [python_step(plus_one, [((0, 0), *whole)], [((2, 0), *whole)]),
             python_step(plus_one, [((1, 0), *whole)], [((0, 0), *whole)]),
             python_step(plus_one, [((3, 0), *whole)], [((1, 0), *whole)])]
    program = Program(steps, 1600, [variable], [whole], [whole])
    for feed in (X, X * 3, X):
        result, = program.run([feed])
        assert np.allclose(result, feed + 3) and np.allclose(variable, feed + 2)


def test_python_step_sees_readonly_inputs():
    def write(outs, ins):
        ins[0][...] = 0

    whole = F8, (100, 2)
    program = Program([python_step(write, [], [((1, 0), *whole)])], 0, [], [whole], [])
    with pytest.raises(StepFailed) as failed:
        program.run([X])
    assert isinstance(failed.value.__cause__, ValueError)


@pytest.mark.parametrize("raised", [KeyError("why"), ZeroDivisionError()])
def test_python_step_that_raises(raised):
    def fail(outs, ins):
        raise raised

    ran = []
    steps = [kernel("fill_f64", (0, 0), n=1), python_step(fail, [], []),
             python_step(lambda outs, ins: ran.append(1), [], [])]
    program = Program(steps, 8, [], [], [])
    for _ in range(5):
        with pytest.raises(StepFailed) as failed:
            program.run([])
        assert (failed.value.code, failed.value.step) == (1, 1)
        assert failed.value.__cause__ is raised
    assert not ran


def test_keyboard_interrupt_in_a_python_step_passes_through():
    def interrupt(outs, ins):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Program([python_step(interrupt, [], [])], 0, [], [], []).run([])


def test_views_keep_the_arena_alive():
    kept = []
    operand = ((0, 0), F8, (1000,))
    program = Program([kernel("fill_f64", (0, 0), n=1000, par=(7.0,)),
                       python_step(lambda outs, ins: kept.extend(ins), [], [operand])],
                      8000, [], [], [])
    program.run([])
    del program
    gc.collect()
    assert (kept[0] == 7).all()


def test_program_is_freed_without_the_collector():
    class Watched:
        def __call__(self, outs, ins):
            pass

    watched = Watched()
    gone = weakref.ref(watched)
    program = Program([python_step(watched, [], [])], 1 << 20, [], [], [])
    program.run([])
    gc.disable()
    try:
        del watched, program
        assert gone() is None
    finally:
        gc.enable()


# Failures of kernels

def test_failing_kernel_reports_code_and_step():
    table, index = np.zeros((4, 1)), np.array([0, 9])
    step = kernel("gather_i64", (0, 0), (1, 0), (2, 0), n=2, ext=(8, 4))
    program = Program([kernel("fill_f64", (0, 0), n=2), step], 16, [table, index], [], [])
    for _ in range(5):
        with pytest.raises(StepFailed) as failed:
            program.run([])
        assert (failed.value.code, failed.value.step) == (2, 1)
        assert failed.value.__cause__ is None
    index[1] = 3
    assert program.run([]) == []


# Strips

@pytest.mark.parametrize("tile", [1, 7, 64, 1000, 5000])
@pytest.mark.parametrize("threads", [1, 2])
def test_strip_equals_its_steps(tile, threads):
    n = 1003
    x = np.linspace(-2, 2, n)
    tanh, exp = _kernels.address("tanh_f64"), _kernels.address("exp_f64")
    sgd = _kernels.address("sgd_f64")
    room = min(tile, 4000) * 8
    rate = np.array([0.5])
    subs = ((tanh, ((-1, 0), (2, 0)), (0, 8), (), ()),
            (exp, ((3, 0), (-1, 0)), (8, 0), (), ()),
            (sgd, ((3, 0), (2, 0), (1, 0)), (8, 8, 0), (), ()))
    if tile * 8 > room:
        tile = room // 8
    strip = ("strip", tile, room, subs, 0, n, 1, True, False)
    plain = [kernel("tanh_f64", (0, 0), (2, 0), n=n), kernel("exp_f64", (3, 0), (0, 0), n=n),
             kernel("sgd_f64", (3, 0), (2, 0), (1, 0), n=n)]
    slots = [rate], [(F8, (n,))], [(F8, (n,))]
    fused = Program([strip], 0, *slots, num_threads=threads).run([x])[0]
    assert np.array_equal(fused, Program(plain, 8 * n, *slots).run([x])[0])


# profile, attributes

def test_profile():
    program = Program([kernel("exp_f64", (0, 0), (0, 0), n=1),
                       kernel("exp_f64", (0, 0), (0, 0), n=100000)], 800000, [], [], [])
    seconds = program.profile([], 5)
    assert seconds.shape == (2,) and 0 <= seconds[0] < seconds[1] < 0.1


def test_commit_step_and_pickle():
    program = exp_program(commit_step=0)
    assert program.commit_step == 0 and exp_program().commit_step == -1
    with pytest.raises(ValueError):
        program.commit_step = 1
    with pytest.raises(TypeError):
        program.__reduce__()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_stays():
    def pages():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1])

    whole = F8, (100, 2)
    steps = [kernel("exp_f64", (0, 0), (1, 0), n=200),
             python_step(lambda outs, ins: None, [((2, 0), *whole)], [((1, 0), *whole)]),
             kernel("exp_f64", (3, 0), (0, 0), n=1)]
    program = Program(steps, 1600, [], [whole], [whole, (F8, ())])
    feed = [X]
    for _ in range(2000):
        program.run(feed)
    before = pages()
    for _ in range(100_000):
        program.run(feed)
    assert pages() - before < 256          # 1 MiB; one leaked float a run would be 3
