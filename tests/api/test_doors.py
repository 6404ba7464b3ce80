"""Tracebacks of worded errors: the user's frames and the door's, and nothing of the passes behind.

Causes keep their places in the user's functions; a fault of the package keeps every frame.
"""

import traceback

import mistakes_training  # noqa: F401  (adds its rows to CASES)
import numpy as np
import pytest
from child import run_python
from mistakes import CASES, World

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad.runtime import session as sessions
from fastgrad.graph.doors import WORDED
from fastgrad.wording import is_ours

WORDED_CASES = [c for c in CASES if issubclass(c.values[1], WORDED)]


def ours(error):
    """The package's frames in the traceback of an error."""
    return [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)
            if is_ours(f.filename)]


def chain(error):
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


@pytest.mark.parametrize("mistake", [c.values[0] for c in WORDED_CASES],
                         ids=[c.id for c in WORDED_CASES])
def test_few_frames_are_ours(mistake):
    """The door's own, the compiled ones before it, a wrapper or two: five lines at most."""
    with pytest.raises(WORDED) as caught:
        mistake(World())
    assert len(ours(caught.value)) <= 4, ours(caught.value)
    for cause in list(chain(caught.value))[1:]:
        assert ours(cause) == []


def test_a_missing_feed_is_a_short_text():
    world = World()
    with pytest.raises(fg.errors.MissingFeedError) as caught:
        world.session.run(world.y)
    assert len("".join(traceback.format_exception(caught.value)).splitlines()) <= 14


def test_a_users_function_on_the_way_is_shown_with_its_cause():
    def divide(x):
        return x / {}["nothing"]
    x = fg.placeholder(np.float64)
    y = fg.py_func(divide, [x], fg.float64)
    with pytest.raises(fg.errors.ComputeError) as caught:
        fg.Session().run(y, {x: 1.0})
    assert type(caught.value.__cause__) is KeyError
    names = [f.name for f in traceback.extract_tb(caught.value.__cause__.__traceback__)]
    assert names == ["divide"]

    def body(i):
        return fg.matmul(np.ones((2, 3)), np.ones((2, 3)))
    with pytest.raises(fg.errors.ShapeError) as caught:
        fg.while_loop(lambda i: i < 3, body, [fg.constant(0)])
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert [f.name for f in frames if f.filename == __file__][1:] == ["body"]


def test_what_is_raised_while_a_user_handles_another_error_keeps_both():
    world = World()
    with pytest.raises(fg.errors.MissingFeedError) as caught:
        try:
            raise LookupError("first")
        except LookupError:
            world.session.run(world.y)
    assert str(caught.value.__context__) == "first"
    assert [f.filename for f in traceback.extract_tb(
        caught.value.__context__.__traceback__)] == [__file__]


def test_a_fault_of_the_package_keeps_every_frame(monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError
    monkeypatch.setattr(sessions, "compile", broken)
    world = World()
    with pytest.raises(ZeroDivisionError) as caught:
        world.run(world.y)
    assert len(ours(caught.value)) > 4


def test_compat_is_a_door_too():
    with tf.Graph().as_default(), pytest.raises(ValueError) as caught:
        tf.losses.mean_squared_error(tf.zeros([2]), tf.zeros([3]))
    assert len(ours(caught.value)) <= 3


def test_full_tracebacks_can_be_had():
    code = ("import fastgrad as fg\n"
            "fg.Session().run(fg.placeholder(fg.float32, name='x'))")
    short, full = (run_python("-c", code, FASTGRAD_TRACEBACK=kind).stderr
                   for kind in ("short", "full"))
    assert "specialise.py" in full and "specialise.py" not in short
    assert short.splitlines()[-1] == full.splitlines()[-1]
    assert "FASTGRAD_TRACEBACK=full" in short
