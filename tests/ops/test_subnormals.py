"""Subnormal numbers count as zero in a run, or are kept; nobody else's arithmetic changes."""

import ctypes
import gc
import platform
import signal
import threading

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad import _kernels
from fastgrad.testing import reference

TINY = {np.float32: 1e-40, np.float64: 1e-310}
flushes = pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64", "aarch64"),
                             reason="nothing is set on other processors")


def control():
    """The words that glibc saves of the present thread's arithmetic, on x86-64 MXCSR among them."""
    words = (ctypes.c_uint32 * 64)()
    ctypes.CDLL(None).fegetenv(words)
    return bytes(words)


def kept():
    """Whether the present thread computes with subnormal numbers."""
    return bool(np.float32(1e-40) * np.float32(1)) and bool((np.full(33, 1e-310) * 1.0).all())


@pytest.fixture(params=_kernels.available_levels)
def level(request):
    before = _kernels.level
    _kernels.load(request.param)
    yield request.param
    _kernels.load(before)


def values(dtype, n=70):
    return np.full((n, n), TINY[dtype], dtype)


@flushes
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_products_and_elements(level, dtype, threads):
    x = fg.placeholder(dtype, [None, None])
    fetches = [fg.matmul(x, fg.ones_like(x)), x + x, fg.reduce_sum(x), x * 0.5, fg.sqrt(x),
               fg.reduce_sum(x, 0), fg.exp(x * 0 - dtype(-np.log(TINY[dtype])))]
    found = fg.Session(num_threads=threads).run(fetches, {x: values(dtype)})
    assert not any(np.any(v) for v in found)
    found = fg.Session(num_threads=threads, subnormals="keep").run(fetches, {x: values(dtype)})
    assert all(np.all(v) for v in found)
    assert kept()


@flushes
def test_every_thread_of_a_team():
    x = fg.placeholder(np.float32, [400, 1000])
    y = fg.reduce_sum(fg.cast(x * np.float32(0.5), np.float64) * 1e60, 1)
    session = fg.Session(num_threads=4)
    for _ in range(100):
        assert not session.run(y, {x: np.full((400, 1000), 1e-40, np.float32)}).any()


@flushes
@pytest.mark.parametrize("module", [fg, tf])
def test_the_ways_to_run(module):
    with module.Graph().as_default():
        x = module.placeholder(np.float32, [4, 2])
        y = x * 0.5
        v = module.Variable(np.full(2, 1e-40, np.float32))
        step = v.assign(v * 0.5)
        for how, zero in (("flush", True), ("keep", False)):
            with module.Session(subnormals=how) as s:
                s.run(module.global_variables_initializer())
                feed = np.full((4, 2), 1e-40, np.float32)
                for _ in range(3):
                    assert (not s.run(y, {x: feed}).any()) == zero
                call = s.make_callable(y, [x])
                assert [not call(feed).any() for _ in range(3)] == [zero] * 3
                s.fit(step, {x: feed}, batch_size=1, epochs=2, fetches=[y])
                history = s.fit(step, {x: feed}, batch_size=3, epochs=2, fetches={"y": y}).history
                assert (not np.any(history["y"])) == zero
                assert (not s.run(v).any()) == zero
    assert kept()


def test_an_unknown_word_is_refused():
    with pytest.raises(ValueError, match="subnormals must be 'flush' or 'keep'; got 'zero'"):
        fg.Session(subnormals="zero")


@flushes
@pytest.mark.parametrize("how, zero", [("flush", True), ("keep", False)])
def test_numpy_steps_folding_and_stages_agree_with_kernels(how, zero):
    x = fg.placeholder(np.float32, [3])
    c = fg.constant(np.full(3, 1e-40, np.float32))
    by_numpy = fg.reduce_prod(fg.stack([x, fg.ones_like(x)]), 0) * fg.ones_like(x)
    numpy_step = tf.math.lgamma(x) * 0 + fg.lgamma(fg.ones_like(x)) + x * 0.5
    in_a_stage = fg.boolean_mask(x, [True, False, True]) * 0.5
    fetches = [c * 0.5, fg.log(c), by_numpy, numpy_step, in_a_stage, fg.cumprod(x)]
    feed = {x: np.full(3, 1e-40, np.float32)}
    for off in (frozenset(), frozenset({"fold", "simplify", "share", "fuse", "strips"})):
        session = fg.Session(subnormals=how)
        found = session.run(fetches, feed)
        assert (not found[0].any()) == zero
        assert np.isinf(found[1]).all() == zero
        for f, e in zip(found, reference(fetches, feed, subnormals=how)):
            np.testing.assert_allclose(f, e, rtol=1e-4, atol=2e-40)     # one that is moved may stay


class looks(fg.Operation):
    def compute(self, x):
        looks.seen.append(kept())
        return x


@fg.RegisterGradient("looks")
def _(op, dy):
    looks.seen.append(kept())
    return np.asarray(dy) * 1.0


def test_python_sees_its_callers_setting():
    looks.seen = []
    x = fg.Variable(np.ones(3))
    loss = fg.reduce_sum(fg.square(looks(x * 2.0)))
    session = fg.Session()
    session.run(fg.gradients(loss, [x]))
    fg.compute_gradients(loss)
    given = tf.py_func(lambda a: (looks.seen.append(kept()), a)[1], [x * 1.0], np.float64)
    session.run(given + 1.0)
    assert len(looks.seen) >= 4 and all(looks.seen)


def test_the_callers_word_is_put_back_after_failures():
    before, session = control(), fg.Session(num_threads=2)
    i = fg.placeholder(np.int32, [None])
    looked = fg.gather(np.ones((4, 3)) * fg.Variable(1.0), i)
    for index in ([1], [9]):
        try:
            session.run(looked, {i: index})
        except fg.errors.InvalidArgumentError:
            assert index == [9]
        assert control() == before

    class breaks(fg.Operation):
        def compute(self, x):
            return x

    @fg.RegisterGradient("breaks")
    def _(op, dy):
        raise RuntimeError("no")
    x = fg.placeholder(np.float64, [2])
    with pytest.raises(fg.errors.InvalidArgumentError):
        session.run(fg.gradients(fg.convert_to_tensor(breaks(x)), x), {x: [1, 2]})
    assert control() == before


@flushes
def test_a_handler_sees_the_callers_setting():
    seen = []
    x = fg.placeholder(np.float64, [None, None])
    y = x
    for _ in range(40):
        y = fg.tanh(fg.matmul(y, x))
    session, feed = fg.Session(), {x: np.full((300, 300), 1e-3)}
    session.run(y, feed)
    session.run(y, feed)
    session.run(y, feed)

    def handler(*_):
        seen.append(kept())
        if len(seen) > 2:
            raise KeyboardInterrupt
    old = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
        with pytest.raises(KeyboardInterrupt):
            for _ in range(1000):
                session.run(y, feed)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert all(seen) and kept()


@flushes
def test_the_callers_rounding_and_flags_stay():
    libm = ctypes.CDLL("libm.so.6")
    upward = {"x86_64": 0x800, "aarch64": 0x400000}.get(platform.machine())
    if upward is None:
        pytest.fail("unknown processor")
    x = fg.placeholder(np.float32, [1000])
    session = fg.Session(num_threads=2)
    libm.fesetround(upward)
    try:
        before = control()
        session.run([x * 1e-30, 1.0 / x], {x: np.full(1000, 1e-30, np.float32)})
        assert control() == before and libm.fegetround() == upward
    finally:
        libm.fesetround(0)


@flushes
def test_a_caller_that_flushes_itself_may_keep_in_a_run():
    words = (ctypes.c_uint32 * 64)()
    libm = ctypes.CDLL(None)
    if platform.machine() != "x86_64":
        pytest.skip("sets MXCSR by hand")
    x = fg.placeholder(np.float32, [3])
    session = fg.Session(subnormals="keep")
    feed = {x: np.full(3, 1e-40, np.float32)}
    session.run(x * 1.0, feed)
    libm.fegetenv(words)
    old, words[7] = words[7], words[7] | 0x8040
    try:
        libm.fesetenv(words)
        found, flushed = session.run(x * 0.5, feed), not kept()
    finally:
        words[7] = old
        libm.fesetenv(words)
    assert found.all() and flushed


@flushes
def test_other_threads_keep_theirs():
    found, stop = [], threading.Event()

    def other():
        while not stop.is_set():
            found.append(kept())
    x = fg.placeholder(np.float32, [300, 300])
    y, session = fg.matmul(x, x), fg.Session(num_threads=2)
    thread = threading.Thread(target=other)
    thread.start()
    for _ in range(20):
        session.run(y, {x: np.ones((300, 300), np.float32)})
    stop.set()
    thread.join()
    gc.collect()
    assert found and all(found)
