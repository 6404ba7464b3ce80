"""Random loops as parts of one plan, against the same loops turn by turn; each pass off in turn."""

import contextlib
import functools
import unittest.mock

import numpy as np
import pytest
from random_loops import made

import fastgrad as fg
from fastgrad.compiler import plan
from fastgrad.compiler.layout.nests import every
from fastgrad.runtime import session as session_module
from fastgrad.testing import reference

OFF = [frozenset(), *(frozenset([p]) for p in plan.PASSES if p != "loops"),
       frozenset(plan.PASSES) - {"loops"}]
TURN_BY_TURN = frozenset(["loops"])


@contextlib.contextmanager
def without(off):
    """Sessions compile with these passes left out."""
    compile_ = functools.partial(plan.compile, off=off)
    with unittest.mock.patch.object(session_module, "compile", compile_):
        yield


def results(m, off, threads=1):
    """What two runs give, and what they leave in the variables."""
    before = [v.value.copy() for v in m.variables]
    found = []
    with without(off):
        session = fg.Session(graph=m.graph, num_threads=threads)
        session.streams = fixed_streams()
        for _ in range(2):
            found += session.run(m.fetches, m.feed)
            found += [v.value.copy() for v in m.variables]
    for v, value in zip(m.variables, before):
        v.value = value
    return found


def fixed_streams():
    return fg.Session().streams


@pytest.mark.parametrize("updates", [False, True])
@pytest.mark.parametrize("seed", range(14))
def test_a_loop_in_a_plan_does_what_its_turns_do(seed, updates):
    m = made(seed, updates)
    expected = results(m, TURN_BY_TURN)
    for off in OFF:
        for f, e in zip(results(m, off, 1 + seed % 2), expected, strict=True):
            np.testing.assert_allclose(f, e, rtol=1e-9, atol=1e-10, err_msg=f"{sorted(off)}: "
                                       + "\n".join(m.lines))


@pytest.mark.parametrize("updates", [False, True])
@pytest.mark.parametrize("seed", range(14))
def test_a_loop_in_a_plan_does_what_the_reference_does(seed, updates):
    m = made(seed, updates, draws=False)
    values = {v: v.value.copy() for v in m.variables}
    session = fg.Session(graph=m.graph)
    for _ in range(2):
        expected = reference(m.fetches, m.feed, values, m.graph)
        found = session.run(m.fetches, m.feed)
        for f, e in zip([*found, *(v.value for v in m.variables)],
                        [*expected, *(values[v] for v in m.variables)], strict=True):
            np.testing.assert_allclose(f, e, rtol=1e-9, atol=1e-10, err_msg="\n".join(m.lines))


def test_random_loops_are_planned():
    """Those above are no comparison of the slow way with itself."""
    held = 0
    for seed in range(14):
        m = made(seed, False)
        with contextlib.suppress(ValueError):       # an array that is made inside of a loop
            p = fg.Session(graph=m.graph).plan(m.fetches, m.feed)
            held += sum(bool(k.blocks) for k in every(p.kernels))
    assert held >= 20
