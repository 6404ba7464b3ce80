"""Whole messages: what you did, what was expected, what came, where you wrote it, what to do.

Makes every mistake of `mistakes.py` and `mistakes_training.py` and compares every word. After
each, the variables are what they were and the session still trains.
"""

import mistakes_training  # noqa: F401  (adds its rows to CASES)
import numpy as np
import pytest
from child import run_python
from mistakes import CASES, World, plain

from fastgrad import errors

@pytest.mark.parametrize("mistake, kind, text, builtins", CASES)
def test_message(mistake, kind, text, builtins):
    world = World()
    before = world.w.value
    with pytest.raises(kind) as caught:
        mistake(world)
    assert type(caught.value) is kind, f"raised {type(caught.value).__name__}"
    assert plain(caught.value) == text
    for builtin in builtins:
        assert isinstance(caught.value, builtin)
    np.testing.assert_array_equal(world.w.value, before)
    with world.x.graph.as_default():
        first = world.run(world.loss)
        world.run(world.train)
        assert world.run(world.loss) < first
    np.testing.assert_array_equal(before, np.arange(6.0).reshape(3, 2))


def test_there_are_forty():
    assert len(CASES) >= 40


def test_every_error_is_a_fastgrad_error_or_a_builtin():
    for case in CASES:
        kind = case.values[1]
        assert issubclass(kind, errors.FastgradError) or kind.__module__ == "builtins"


def test_environment_variables_are_checked():
    for name, value, expected in [
            ("FASTGRAD_THREADS", "many", "FASTGRAD_THREADS='many': expected a whole number"),
            ("FASTGRAD_PLAN_CACHE", "0", "FASTGRAD_PLAN_CACHE='0': expected a whole number"),
            ("FASTGRAD_CPU_LEVEL", "v9", "unknown CPU level 'v9'")]:
        found = run_python("-c", "import fastgrad", **{name: value})
        assert found.returncode and expected in found.stderr


def test_a_pass_that_does_not_exist():
    code = "import fastgrad as fg; fg.Session().run(fg.constant(1.0))"
    found = run_python("-c", code, FASTGRAD_PASSES_OFF="fuse,fuze")
    assert "no pass is called 'fuze'" in found.stderr
