"""Program.fit: many batches in one call."""

import threading

import numpy as np
import pytest

from fastgrad._kernels.program import Program, StepFailed, shuffle_rows
from specs import F8, kernel, python_step


def fit_program(batch=4, width=3, **options):
    """Result 0 is exp of the batch, result 1 exp of its first number."""
    steps = [kernel("exp_f64", (2, 0), (1, 0), n=batch * width),
             kernel("exp_f64", (3, 0), (1, 0), n=1)]
    return Program(steps, 0, [], [(F8, (batch, width))], [(F8, (batch, width)), (F8, ())],
                   **options)


def permutation(n, seed=2):
    return np.random.default_rng(seed).permutation(n)


def test_fit_gathers_batches():
    x, program = np.random.default_rng(1).normal(size=(20, 3)), fit_program()
    for order in (permutation(20), None):
        wanted = x if order is None else x[order]
        (whole, first), rest = program.fit([x], 4, 20, 1, 5, order)
        assert rest is None
        assert np.allclose(whole, np.exp(wanted[4:]).reshape(4, 4, 3), rtol=1e-14)
        assert np.allclose(first, np.exp(wanted[4::4, 0]), rtol=1e-14)
        whole, first = program.fit([x], 4, 20, 4, 11, order)[0]
        again = np.concatenate([wanted[16:], wanted, wanted[:4]])
        assert np.allclose(whole, np.exp(again).reshape(7, 4, 3), rtol=1e-14)
    assert [r.shape for r in program.fit([x], 4, 20, 2, 2)[0]] == [(0, 4, 3), (0,)]
    assert np.allclose(program.run([x[:4]])[0], np.exp(x[:4]))


@pytest.mark.parametrize("cuts", [(0, 9), (0, 1, 2, 3, 9), (1, 5, 9)])
def test_fit_with_a_rest(cuts):
    """Eleven rows are two batches of four and one of three; three epochs."""
    x, order = np.random.default_rng(1).normal(size=(11, 3)), permutation(11)
    for rows in (None, order):
        full, rest = [], []
        for start, stop in zip(cuts, cuts[1:]):
            one, two = fit_program().fit([x], 4, 11, start, stop, rows, rest=fit_program(3))
            full.append(one)
            rest.append(two)
        wanted = np.exp(x if rows is None else x[order])
        full, first = (np.concatenate(part) for part in zip(*full))
        rest, last = (np.concatenate(part) for part in zip(*rest))
        batches = np.tile(wanted[:8].reshape(2, 4, 3), (3, 1, 1))[cuts[0]:]
        assert np.allclose(full, batches, rtol=1e-14) and np.allclose(first, batches[:, 0, 0])
        assert np.allclose(rest, np.tile(wanted[8:], (3, 1, 1))) and np.allclose(last, wanted[8, 0])


@pytest.mark.parametrize("batch", [1, 4, 10, 997])
def test_shuffled_epochs(batch):
    """Each epoch has every row once, in another order, which depends on the state alone."""
    n, epochs = 1000, 4
    rest = n % batch
    x = np.arange(n, dtype=float).reshape(n, 1)

    def epochs_of(seed, cuts):
        full = Program([kernel("move", (2, 0), (1, 0), n=batch, ext=(8,))], 0, [],
                       [(F8, (batch, 1))], [(F8, (batch, 1))])
        short = Program([kernel("move", (2, 0), (1, 0), n=rest, ext=(8,))], 0, [],
                        [(F8, (rest, 1))], [(F8, (rest, 1))]) if rest else None
        order = np.arange(n)
        state = np.random.SeedSequence(seed).generate_state(4, np.uint64)
        parts = [full.fit([x], batch, n, a, b, order, state, rest=short)
                 for a, b in zip(cuts, cuts[1:])]
        whole = np.concatenate([p[0][0] for p in parts]).reshape(epochs, -1)
        left = np.concatenate([p[1][0] for p in parts]) if rest else np.zeros((epochs, 0))
        return np.concatenate([whole, left.reshape(epochs, -1)], 1)

    end = epochs * -(-n // batch)
    found = epochs_of(5, (0, end))
    assert (np.sort(found, 1) == np.arange(n)).all()
    for one in range(epochs):
        for other in (np.arange(n), *found[:one]):
            assert np.mean(found[one] == other) < 0.02
    assert (epochs_of(5, (0, 1, end // 3, end - 1, end)) == found).all()
    assert (epochs_of(6, (0, end)) != found).mean() > 0.9


def test_shuffles_evenly():
    """Each of the 24 orders of four rows is as likely as any other: chi squared, 23 degrees of
    freedom, exceeds 60 once in 30,000 times; the seed is fixed."""
    order, state = np.arange(4), np.arange(1, 5, dtype=np.uint64)
    counts = {}
    for _ in range(24_000):
        shuffle_rows(order, 0, 2, state)
        shuffle_rows(order, 2, 4, state)
        counts[tuple(order)] = counts.get(tuple(order), 0) + 1
    assert len(counts) == 24 and sum((n - 1000) ** 2 / 1000 for n in counts.values()) < 60
    for bad in ((order, 3, 2, state), (order, 0, 5, state), (order, -1, 2, state),
                (order, 0, 4, state[:3])):
        with pytest.raises(ValueError):
            shuffle_rows(*bad)


def test_fit_with_python_steps_and_whole_feeds():
    seen = []

    def look(outs, ins):
        seen.append([np.array(array) for array in ins])
        outs[0][...] = ins[0].sum()

    step = python_step(look, [((4, 0), F8, (1,))],
                       [((1, 0), F8, (2, 1)), ((2, 0), F8, (2, 3)), ((3, 0), F8, ())])
    program = Program([step], 0, [], [(F8, (2, 1)), (F8, (2, 3)), (F8, ())], [(F8, (1,))],
                      num_threads=2)
    x, c = np.arange(10.0).reshape(10, 1), np.ones((2, 3))
    order = np.array([9, 0, 1, 2, 7, 4])
    (sums,), _ = program.fit([x, c, 0.5], 2, 6, 0, 3, order, whole=(1,))
    assert sums.ravel().tolist() == [9, 3, 11]
    assert [s[0].ravel().tolist() for s in seen] == [[9, 0], [1, 2], [7, 4]]
    assert all((s[1] == 1).all() and s[2] == 0.5 for s in seen)


def test_fit_errors():
    x, program = np.zeros((20, 3)), fit_program()
    for order, step in ((np.arange(18, -2, -1), 4), (np.full(20, 20), 0), (np.arange(17, 37), 0)):
        with pytest.raises(IndexError, match=f"step {step}"):
            program.fit([x], 4, 20, 0, 5, order)
    order, state = np.arange(20), np.arange(4, dtype=np.uint64)
    fixed = np.arange(20)
    fixed.flags.writeable = False
    for bad in (([x], 3, 20, 0, 5), ([x], 4, 20, 2, 1), ([x], 4, 21, 0, 5), ([x], 4, 3, 0, 5),
                ([x], 4, 20, 0, 5, np.arange(19)), ([x], 4, 20, 0, 5, np.arange(20.0)),
                ([x.astype("f4")], 4, 20, 0, 5), ([x[:, :2]], 4, 20, 0, 5), ([], 4, 20, 0, 5),
                ([x.ravel()], 4, 20, 0, 5), ([x], 0, 20, 0, 5), ([x], 4, 20, -1, 5),
                (["x"], 4, 20, 0, 5), ([np.zeros(())], 4, 20, 0, 5),
                ([x], 4, 20, 0, 5, order, state[:3]), ([x], 4, 20, 0, 5, order, state.astype(float)),
                ([x], 4, 20, 0, 5, fixed, state),
                ([x], 4, 20, 0, 5, None, None, (), fit_program(1)),
                ([x], 4, 19, 0, 5, None, None, (), fit_program(2))):
        with pytest.raises(ValueError):
            program.fit(*bad)
    with pytest.raises(RuntimeError):
        program.fit([x], 4, 19, 0, 5, rest=program)
    assert program.fit([x], 4, 20, 0, 5, order, state)[0][0].shape == (5, 4, 3)


def test_a_failed_step_is_named():
    def gather(n):
        step = kernel("gather_i64", (0, 0), (1, 0), (2, 0), n=n, ext=(8, 4))
        return Program([step], 16, [np.zeros((4, 1))], [("i8", (n,))], [])

    for rows, step, rest in (([0, 1, 2, 3, 4], 2, True), ([0, 1, 2, 4, 3], 1, False)):
        rows = np.array(rows)
        for order in (None, np.arange(5)):
            with pytest.raises(StepFailed) as failed:
                gather(2).fit([rows], 2, 5, 0, 9, order, rest=gather(1))
            found = failed.value
            assert (found.batch, found.rest, found.step, found.code) == (step, rest, 0, 2)


@pytest.mark.parametrize("width", [1, 3, 8])
def test_fit_while_another_thread_writes_the_order(width):
    """A row number is looked at as it is used; a wild one would crash."""
    rows = batch = 1_000_000 // width
    x, order, stop = np.zeros((rows, width)), np.arange(rows)[::-1].copy(), threading.Event()
    program = fit_program(batch, width)

    def write():
        while not stop.is_set():
            order[:] = 1 << 55
            order[:] = 7

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(30):
            try:
                program.fit([x], batch, rows, 0, 1, order)
            except IndexError:
                pass
    finally:
        stop.set()
        writer.join()
