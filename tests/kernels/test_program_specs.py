"""Malformed specs of a Program: a ValueError or TypeError, never a crash."""

import time

import numpy as np
import pytest

from fastgrad._kernels.program import Program
from specs import F8, kernel, plus_one

GOOD = kernel("exp_f64", (1, 0), (1, 0), n=2)
STRIP = ("strip", 8, 64, ((GOOD[0], ((1, 0), (-1, 0)), (8, 0), (), ()),), 0, 2, 1, True, False)
PYTHON = (plus_one, (((0, 0), F8, (2,)),), (((1, 0), F8, (2,)),))


def changed(spec, index, value):
    return (*spec[:index], value, *spec[index + 1:])


BAD_STEPS = [
    None, (), [], list(GOOD), GOOD[:9], (*GOOD, 1, 1), ("strap",), (None, None), (1.5,) + GOOD[1:],
    *[(*GOOD, scratch) for scratch in (0, -1, 17, 2 ** 62, 2 ** 70, "x", None)],
    (*changed(GOOD, 1, ()), 8), (*changed(GOOD, 1, ((1, 0), None)), 8),
    *[changed(GOOD, i, v) for i, v in [
        (0, 0), (0, -5), (0, 2 ** 70), (1, None), (1, ((9, 0),)), (1, ((-1, 0),)),
        (1, ((0, 17),)), (1, ((0, -1),)), (1, ((1, 2 ** 70),)), (1, (("0", 0),)), (1, (0, 0)),
        (1, ((0, 0, 0),)), (1, ((1, 0),) * 9), (2, (1,) * 9), (2, ("a",)), (2, None),
        (3, (1.0,) * 3), (3, ("a",)), (4, [1]), (4, ("a",)), (5, -1), (5, 3), (6, "x"),
        (7, 0), (7, None)]],
    *[changed(STRIP, i, v) for i, v in [
        (1, 0), (1, "x"), (2, -1), (2, 65537), (3, None), (3, (None,)), (3, ((1, 2),)),
        (4, 5), (5, 10 ** 9), (6, 0)]],
    *[changed(STRIP, 3, (changed(STRIP[3][0], i, v),)) for i, v in [
        (0, 0), (1, ((1, 0),)), (1, ((1, 0), (-1, 64))), (1, ((1, 0), (-1, -1))),
        (1, ((1, 0), (-1, "x"))), (1, ((7, 0), (1, 0))), (2, (8,)), (2, (-8, 0)), (2, (16, 0)),
        (2, (2 ** 62, 0)), (3, None), (4, ("x",))]],
    STRIP[:8], PYTHON[:2],
    *[changed(PYTHON, 1, v) for v in [
        None, (None,), ((None, F8, (2,)),), (((0, 0), F8, (3,)),), (((0, 8), F8, (2,)),),
        (((0, 0), "O", (1,)),), (((0, 0), F8, 2),), (((0, 0), F8, (-1,)),),
        (((0, 0), F8, (2 ** 40, 2 ** 40)),), (((0, 0), F8, (1,) * 40),), (((1, 0), F8, (2,)),),
        (((0, 0), "nonsense", (2,)),), (((3, 0), F8, (2,)),)]],
]


@pytest.mark.parametrize("step", BAD_STEPS, ids=[f"step{i}" for i in range(len(BAD_STEPS))])
def test_malformed_steps(step):
    readonly = np.zeros(2)
    readonly.flags.writeable = False
    others = [readonly, np.zeros(2)], [(F8, (2,))], []
    assert Program([GOOD], 16, *others).num_steps == 1
    with pytest.raises(ValueError, match="^step 1: "):
        Program([GOOD, step], 16, *others)


@pytest.mark.parametrize("arguments", [
    ([], -1, [], [], []), ([], 2 ** 62, [], [], []), ([], 0, [None], [], []),
    ([], 0, [np.zeros((4, 4)).T], [], []), ([], 0, [np.zeros(2, ">f8")], [], []),
    ([], 0, [np.array([None])], [], []), ([], 0, [], [F8], []), ([], 0, [], [(F8,)], []),
    ([], 0, [], [(F8, 3)], []), ([], 0, [], [(F8, (-1,))], []), ([], 0, [], [("O", ())], []),
    ([], 0, [], [(">f8", ())], []), ([], 0, [], [], [("U3", ())]), (None, 0, [], [], []),
    ([], 0, [], [], [], 0), ([], 0, [], [], [], 257), ([], 0, [], [], [], 1, "lock"),
    ([], 0, [], [], [], 1, None, 0)])
def test_malformed_programs(arguments):
    with pytest.raises((ValueError, TypeError, MemoryError)):
        Program(*arguments)


def test_many_steps():
    steps = [kernel("exp_f64", (1, 0), (1, 0), n=1)] * 100_000
    program = Program(steps, 0, [np.zeros(1)], [], [])
    start = time.perf_counter()
    program.run([])
    assert program.num_steps == 100_000 and time.perf_counter() - start < 1
