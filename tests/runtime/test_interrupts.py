"""Ctrl-C at every moment of everything that sets state and puts it back.

After an interrupt: variables are as before the run or as after it, all of them; the default graph and
session, scopes, control dependencies and the garbage collector are what they were; the same call works.
"""

import gc

import numpy as np
import pytest
from moments import at_moment, interrupt, moments_of

import fastgrad as fg
from fastgrad.compat import arg_scope, contrib
from fastgrad.graph import default_graph
from fastgrad.runtime import default_session, streams
from fastgrad.compiler import ir
from fastgrad.variables import scopes
from fastgrad.io.checkpoint import open_checkpoint
from fastgrad import uncut
from fastgrad.compat import v1 as tf

MOST = 80               # moments of a work that are gone through; a fixed step over the others


@pytest.fixture(autouse=True)
def graph():
    with fg.Graph().as_default() as made:
        yield made


def state(graph):
    """Whatever a `with` of the package changes."""
    current = default_graph._current
    return (gc.isenabled(), current.graph, current.literals, default_graph._shared.graph,
            list(default_session._sessions.stack), list(arg_scope._scopes.stack), ir._making.steps,
            graph._scope, list(graph._control), graph._site, scopes._state(graph).current,
            getattr(graph, "_overrides", None))


def interrupted_everywhere(graph, work, check=lambda: None, most=MOST):
    """Interrupts `work()` at its moments one by one; the state is checked after each."""
    work()
    before, total = state(graph), moments_of(work)
    assert total > 0
    cut = 0
    for n in range(1, total + 1, -(-total // most)):
        try:
            with at_moment(interrupt, n):
                work()
        except KeyboardInterrupt as e:
            cut += 1
            assert state(graph) == before, (n, e.__traceback__.tb_next)    # while the error lives
        check()
    work()
    assert state(graph) == before and cut >= min(total, most) // 2


# ---- scopes -----------------------------------------------------------------------------

def nested_scopes():
    with fg.name_scope("outer"), fg.control_dependencies([fg.constant(1.0)]):
        with fg.name_scope("inner"):
            fg.constant(2.0)
        fg.Variable(1.0)


def variable_scopes():
    with fg.variable_scope("v", reuse=fg.AUTO_REUSE) as v:
        fg.get_variable("w", [2])
        with fg.variable_scope(v), fg.variable_scope(None, "unnamed"):
            fg.constant(1.0)


def sessions():
    with fg.Session() as session, session.as_default():
        with session.graph.as_default(), session.graph.device("/cpu:0"):
            fg.constant(1.0)


def other_graphs():
    with fg.Graph().as_default():
        fg.constant(1.0)
        with tf.Graph().as_default() as g, g.gradient_override_map({"Exp": "Log"}), tf.Session():
            tf.constant(1.0)


def arg_scopes():
    layer = contrib.fully_connected
    with arg_scope.arg_scope([layer], activation_fn=None), arg_scope.arg_scope([layer], scope="x"):
        arg_scope.current_arg_scope()


@pytest.mark.parametrize("work", [nested_scopes, variable_scopes, sessions, other_graphs,
                                  arg_scopes])
def test_scopes(graph, work):
    interrupted_everywhere(graph, work)


def test_building(graph):
    x = fg.placeholder(np.float64, [None, 3])

    def work():
        w = fg.Variable(fg.zeros([3, 2]))
        loss = fg.reduce_mean(fg.square(fg.matmul(x, w)))
        fg.train.AdamOptimizer(0.1).minimize(loss)
    interrupted_everywhere(graph, work, most=30)


# ---- runs -------------------------------------------------------------------------------

def whole(*variables):
    """A check that all variables have one number in every place, the same."""
    def check():
        numbers = np.concatenate([v.value.ravel() for v in variables])
        assert (numbers == numbers[0]).all(), numbers
    return check


class alike(fg.Operation):
    def compute(self, x):
        return np.array(x)


def updates(count=3, between=lambda x: x):
    """Variables, and an operation that adds 1 to all, each behind the one before."""
    made = [fg.Variable(np.zeros(n + 1)) for n in range(count)]
    ops = []
    for v in made:
        with fg.control_dependencies(ops[-1:]):
            more = fg.reduce_mean(between(fg.ones_like(v.read_value())))
        ops.append(v.assign_add(more * fg.ones_like(v)))
    return made, fg.group(*ops)


@pytest.mark.parametrize("between", [lambda x: x, alike], ids=["one plan", "stages"])
def test_first_runs(graph, between):
    made, step = updates(between=between)
    interrupted_everywhere(graph, lambda: fg.Session().run(step), whole(*made), most=30)


def test_runs_of_stages(graph):
    made, step = updates(between=alike)
    session = fg.Session()
    interrupted_everywhere(graph, lambda: session.run(step), whole(*made))


def test_first_values_of_variables():
    """The initializer gives all of them a value, or none."""
    with tf.Graph().as_default() as graph:
        v = [tf.Variable(np.ones(n + 1)) for n in range(5)]
        start = tf.global_variables_initializer()

        class holder:
            session = None

        def work():
            holder.session = tf.Session()
            holder.session.run(start)

        def check():
            known = [holder.session.store.has(x.op) for x in v]
            assert len({*known}) == 1, known
            if known[0]:
                assert all(holder.session.run(x)[0] == 1 for x in v)
        interrupted_everywhere(graph, work, check)


def test_some_first_values_beside_updates():
    """Variables that had values before and others get theirs in one piece."""
    with tf.Graph().as_default() as graph:
        old, new = tf.Variable([0.0]), tf.Variable([0.0])
        both = tf.group(old.assign([2.0]), new.assign([2.0]))

        class holder:
            session = None

        def work():
            holder.session = tf.Session()
            old.load([1.0], holder.session)
            holder.session.run(both)

        def check():
            store = holder.session.store
            known = [store.buffers[v.op.id][0] if store.has(v.op) else None for v in (old, new)]
            assert known in ([2.0, 2.0], [1.0, None], [None, None]), known
        interrupted_everywhere(graph, work, check)


def test_unread_variables_have_one_first_value(graph):
    v = [fg.Variable(fg.random_normal([2])) for _ in range(400)]
    rest = iter(v)

    def work():
        one = next(rest)
        assert np.array_equal(one.value, one.value)
    interrupted_everywhere(graph, work)


def test_values_of_another_shape(graph):
    """Plans made for the old memory are not used for the new."""
    v = fg.Variable(np.zeros(1), validate_shape=False)
    session, n = fg.Session(), [0]
    total = fg.reduce_sum(v)

    def work():
        n[0] += 1
        v.load(np.ones(1 + n[0] % 5))
        session.run(total)

    def check():
        assert session.run(total) == v.value.sum()
    interrupted_everywhere(graph, work, check)


@pytest.mark.parametrize("between", [lambda x: x, alike], ids=["compiled", "in Python"])
def test_fit(graph, between):
    x = fg.placeholder(np.float64, [None, 2])
    v, w = fg.Variable(np.zeros(2)), fg.Variable(np.zeros(3))
    one = fg.reduce_mean(between(fg.ones_like(x)))
    step, session = fg.group(v.assign_add(one * np.ones(2)), w.assign_add(one * np.ones(3))), None
    session = fg.Session()
    interrupted_everywhere(graph, lambda: session.fit(
        step, {x: np.zeros((6, 2))}, batch_size=3, epochs=2, fetches=[one], progress=False),
        whole(v, w))


def test_saving_and_restoring(graph, tmp_path):
    v, session = [fg.Variable(np.full(n + 1, 1.0)) for n in range(3)], fg.Session()
    keeper, path, n = fg.train.Saver(max_to_keep=2), str(tmp_path / "m"), [0]

    def save():
        n[0] += 1
        for x in v:
            x.load(np.full(x.value.shape, float(n[0])))
        keeper.save(session, path, n[0])

    def check():
        found = fg.train.get_checkpoint_state(str(tmp_path))
        for listed in found.all_model_checkpoint_paths:
            assert dict(open_checkpoint(listed))
    interrupted_everywhere(graph, save, check)
    save()
    save()
    assert len(list(tmp_path.iterdir())) == 5       # values and index of two, and the list
    latest = fg.train.latest_checkpoint(str(tmp_path))

    def restore():
        for x in v:
            x.load(np.zeros(x.value.shape))
        keeper.restore(session, latest)
    restore()
    total = moments_of(lambda: keeper.restore(session, latest))
    for k in range(1, total + 1):
        for x in v:
            x.load(np.zeros(x.value.shape))
        with pytest.raises(KeyboardInterrupt), at_moment(interrupt, k):
            keeper.restore(session, latest)
        whole(*v)()


def test_an_attempt_that_is_interrupted_is_taken_back(graph):
    before, name = graph.version, None
    with pytest.raises(KeyboardInterrupt), graph.attempt():
        name = fg.constant(1.0).op.name
        raise KeyboardInterrupt
    assert graph.version == before and fg.constant(1.0).op.name == name


def test_sessions_that_died_are_not_remembered():
    """What a fork renews are the streams of those that are alive."""
    kept = [streams.Streams() for _ in range(3)]
    for _ in range(600):
        streams.Streams()
    alive = [r() for r in streams._born if r() is not None]
    assert len(streams._born) <= len(alive) + 256 and all(k in alive for k in kept)


def test_changes_that_cannot_be_made_are_none():
    class holder:
        __slots__ = ("a",)
    one, two, stack = holder(), object(), []
    one.a = 1
    for wrong in ((5, one, "a", 2, two, "b", 3), (5, one, "a", 2, one, "a"), None, 5,
                  (5, one, "a", 2, (), None, 3)):
        with pytest.raises((TypeError, AttributeError)), uncut.Changed(lambda: wrong):
            pass
        assert one.a == 1
    with uncut.Changed(lambda: (5, one, "a", 2, stack, None, 7)) as found:
        assert (found, one.a, stack) == (5, 2, [7])
        stack.append(8)
    assert one.a == 1 and stack == [8]
