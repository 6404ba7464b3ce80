"""Random graphs: the compiled plan against the reference interpreter, each pass off in turn.

How far apart the two may be is measured, not guessed: the reference runs again with every
value nudged by a few units in the last place, as another order of summation would. What that moves
is how well the graph determines its result. Where it moves a lot (a comparison of two
values that are equal but for rounding), nothing is compared; a test bounds how often. Where the
reference fails (a matrix that is singular, an iteration that does not converge) the plan has to fail
too, unless a nudge makes the reference succeed: then rounding decides, and either will do.

The ordinary suite takes a few hundred graphs, the same ones each time; `pytest -m slow` takes
20,000 new ones. Some are of large arrays, which small ones cannot stand for: threads, strips and row
strips come in with size.
"""

import contextlib
import functools
import re
import unittest.mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_graphs import LARGE, _execute, program
from random_lines import LEFT_OUT, LINES, OPTIMIZERS, ROW_UPDATES, UPDATES
from random_orders import Orders

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad.compiler import plan
from fastgrad.runtime import session as session_module
from fastgrad.errors import FastgradError
from fastgrad.graph.nodes import as_tensor, is_custom
from fastgrad.graph import registry
from fastgrad.graph.opdef import OPS
from fastgrad.testing import Interpreter, reference
from fastgrad.variables.store import store_of

OFF = [frozenset(), *(frozenset([p]) for p in plan.PASSES), frozenset(plan.PASSES)]
NUDGED = {"map", "map_grad", "zip", "reduce", "rowwise", "xent", "xent_grad", "matmul", "sum_to",
          "unreduce", "cast", "update", "update_rows", "update_distinct_rows", "assign_zip"}
SEEDS = range(5)                # of the nudges
# the size of terms that cancel in a small result: an error of theirs does not shrink with it
_sum = functools.partial(np.sum, axis=-1, keepdims=True)
CANCEL = {"log_softmax": lambda x: 1.0, "sparse_softmax_xent": lambda x, labels: 1.0,
          "softmax_xent": lambda x, labels: np.abs(labels).sum(-1),
          "softmax_xent_grad": lambda x, labels, dy: dy * _sum(np.abs(labels)),
          "sparse_softmax_xent_grad": lambda x, labels, dy: dy}
# but these round nothing, in whatever order: they pick a value or change its sign
EXACT = {"reduce_max", "reduce_min", "maximum", "minimum", "negative", "abs", "sign", "relu"}


class Nudged(Interpreter):
    """The reference with every float off by one to three units in the last place.

    Seed 1 nudges the other way round than seed 0: a number beside a jump (where it is cut to an
    integer) crosses it in one of the two. In the others the nudges are independent, since two
    terms that happen to cancel do so in both of a pair.
    """

    def __init__(self, feeds, values, seed):
        self.random = np.random.default_rng(max(seed, 1))
        self.way = -1 if seed == 1 else 1
        super().__init__({t: self.nudge(v) for t, v in feeds.items()}, values)

    def nudge(self, x):
        x = np.asarray(x)
        if x.dtype.kind != "f":
            return x
        u = self.way * self.random.uniform(-2, 2, x.shape)
        u += np.copysign(1, u)
        return (x * (1 + np.finfo(x.dtype).eps * u)).astype(x.dtype)

    def evaluate(self, op, inputs):
        found = super().evaluate(op, inputs)
        if op.type in EXACT or op.type == "unreduce" and not op.attrs["mean"]:
            return found
        if op.type in CANCEL:
            terms = np.broadcast_to(CANCEL[op.type](*inputs), found[0].shape)
            terms = terms.astype(found[0].dtype)
            return [self.nudge(found[0]) + (self.nudge(terms) - terms)]
        if op.opdef is None or op.opdef.form in NUDGED or op.type == "constant":
            return [self.nudge(v) for v in found]
        return found


def nudged(fetches, feed, values, seed):
    feeds = {as_tensor(k): np.asarray(v) for k, v in feed.items()}
    nodes = [n.outputs[0] if isinstance(n, fg.Operation) and is_custom(n) else n for n in fetches]
    return Nudged(feeds, values, seed).run(nodes)


@contextlib.contextmanager
def without(off):
    """Sessions compile with these passes left out."""
    compile_ = functools.partial(plan.compile, off=off)
    with unittest.mock.patch.object(session_module, "compile", compile_):
        yield


def slack(expected, moved, roundings=100):
    """How far a result may be off, or None if rounding decides it.

    `roundings` units in the last place are granted in any case: as many as a sum has terms that
    NumPy adds one after the other, with errors that need not cancel.
    """
    x = np.asarray(expected)
    if any(np.shape(m) != x.shape for m in moved):      # even its shape
        return np.inf
    if x.dtype.kind != "f":
        return 0.0 if all(np.array_equal(x, m) for m in moved) else None
    if not x.size:
        return 0.0
    size = float(np.abs(x).max())
    motion = np.max([np.abs(np.asarray(m, np.float64) - x).max() for m in moved])   # NaN if one is
    if not np.isfinite(size) or not np.isfinite(motion) or motion > 1e-4 * (1 + size):
        return None
    return 40 * motion + roundings * float(np.finfo(x.dtype).eps) * (size + 1e-30)


def compare(found, expected, slacks, what):
    for i, (f, e, tolerance) in enumerate(zip(found, expected, slacks)):
        if e is None:
            assert f is None, what
            continue
        if tolerance == np.inf:
            continue
        f, e = np.asarray(f), np.asarray(e)
        assert f.shape == e.shape and f.dtype == e.dtype, (
            f"{what}, fetch {i}: {f.dtype}{f.shape} against {e.dtype}{e.shape}")
        if tolerance is not None:
            worst = float(np.abs(f.astype(np.float64) - e).max()) if f.size else 0.0
            assert worst <= tolerance, (
                f"{what}, fetch {i}: off by {worst:.3g}, tolerated {tolerance:.3g}")


FAILURES = FastgradError, np.linalg.LinAlgError


def attempt(run, *arguments):
    """What `run` returns, or its failure."""
    try:
        return run(*arguments)
    except FAILURES as failure:
        return failure


def failed(outcomes):
    """Whether a graph fails, by the reference and its nudged runs; None if rounding decides."""
    found = {isinstance(o, FAILURES) for o in outcomes}
    return found.pop() if len(found) == 1 else None


def expect_failure(fails, outcome, what):
    """`outcome` is a failure if the reference fails; returns whether there is a value to compare."""
    if fails is False and isinstance(outcome, FAILURES):
        raise outcome
    assert not fails or isinstance(outcome, FAILURES), f"{what}: only the reference fails"
    return fails is False


# ---- what every graph is put through ----------------------------------------------------

def check_values(p, roundings=100, offs=OFF):
    """Outputs, gradients, gradients of gradients; returns the share that was compared."""
    fetches, feed = [*p.outs, *p.grads, *p.second], p.feed
    expected = attempt(lambda: reference(fetches, feed, graph=p.graph))
    moved = [attempt(nudged, fetches, feed, {}, seed) for seed in SEEDS]
    fails = failed([expected, *moved])
    slacks = [None] * len(fetches)
    if fails is False:
        slacks = [slack(e, m, roundings) for e, *m in zip(expected, *moved)]
    before = {k: v.copy() for k, v in feed.items()}
    for off in offs:
        with without(off):
            found = attempt(fg.Session(graph=p.graph).run, fetches, feed)
        if expect_failure(fails, found, f"without {sorted(off)}"):
            compare(found, expected, slacks, f"without {sorted(off)}")
    for k, v in feed.items():
        np.testing.assert_array_equal(v, before[k])
    return sum(s is not None for s in slacks) / len(slacks)


def held(v):
    """The value of a variable in its graph's store."""
    return store_of(v.graph).buffer(v.op).copy()


def check_training(p, steps=3, roundings=100, offs=OFF):
    """A short loop: what each run returns and what the variables hold afterwards."""
    if not p.updates:
        return
    initial = {v: held(v) for v in p.variables}

    def loop(run):
        values = {v: x.copy() for v, x in initial.items()}
        return [list(run(values)) + [values[v].copy() for v in p.variables]
                for _ in range(steps)]
    expected = attempt(loop, lambda values: reference(p.updates, p.feed, values, p.graph))
    moved = [attempt(loop, lambda values, s=seed: nudged(p.updates, p.feed, values, s))
             for seed in SEEDS]
    fails = failed([expected, *moved])
    if fails is False:
        slacks = [[None if e is None else slack(e, m, roundings) for e, *m in zip(row, *rows)]
                  for row, *rows in zip(expected, *moved)]
    for off in offs:
        for v, x in initial.items():
            store_of(v.graph).buffer(v.op)[...] = x
        what = f"without {sorted(off)}"
        with without(off):
            session = fg.Session(graph=p.graph)
            found = attempt(lambda: [session.run(p.updates, p.feed)
                                     + [held(v) for v in p.variables] for _ in range(steps)])
        if expect_failure(fails, found, what):
            for step in range(steps):
                compare(found[step], expected[step], slacks[step], f"{what}, step {step}")


def check_differences(p):
    """Gradients against differences, where the loss is smooth, all float64 and never fails."""
    if not p.updates or "float32" in p.source or "stop_gradient" in p.source:
        return False
    if p.module is tf and re.search(r"nn\.softmax_cross_entropy|nn\.weighted_cross", p.source):
        # TensorFlow's gradient takes the labels to sum to 1; and has a kink at logits of 0
        return False
    loss, checked = p.loss, False
    session, random = fg.Session(graph=p.graph), np.random.default_rng(5)
    with p.graph.as_default():
        xs = [x for x in p.feed if x._dtype == np.float64]
        grads = [g if g is None else as_tensor(g) for g in fg.gradients(loss, xs)]
    for x, g in zip(xs, grads):
        direction = random.standard_normal(p.feed[x].shape)
        feeds = [{**p.feed, x: p.feed[x] + h * direction} for h in (1e-4, -1e-4, 1e-5, -1e-5, 0)]
        runs = [(loss, f) for f in feeds] + ([] if g is None else [(g, p.feed)])
        found = [attempt(session.run, *run) for run in runs]
        failing = [run for run, f in zip(runs, found) if isinstance(f, FAILURES)]
        if failing:
            node, feed = failing[0]
            expect_failure(failed([attempt(reference, [node], feed, None, p.graph), *(
                attempt(nudged, [node], feed, {}, seed) for seed in SEEDS)]),
                next(f for f in found if isinstance(f, FAILURES)), "a difference")
            continue
        exact = 0.0 if g is None else float(np.sum(found[5] * direction))
        slopes = [(found[0] - found[1]) / 2e-4, (found[2] - found[3]) / 2e-5]
        sides = [(found[2] - found[4]) / 1e-5, (found[4] - found[3]) / 1e-5]
        scale = 1 + abs(slopes[1])
        # no kink or jump nearby, nor at this very point (a maximum of two equals)
        if abs(slopes[0] - slopes[1]) < 1e-5 * scale and abs(sides[0] - sides[1]) < 1e-3 * scale:
            assert abs(exact - slopes[1]) < 1e-3 * scale, (
                f"the gradient to {x.name} is {exact}, differences give {slopes[1]}")
            checked = True
    return checked


@contextlib.contextmanager
def pasted(p, data):
    """A failure prints a program to paste."""
    try:
        yield
    except Exception as e:
        raise AssertionError(f"{type(e).__name__}: {e}\n\n# tape: {data.hex()}\n{p}") from e


def check(data):
    """All checks on the graph of a tape."""
    p = program(data)
    with pasted(p, data):
        compared = check_values(p)
        check_training(p)
        return compared, check_differences(p)


def check_large(data, offs=OFF):
    """The same arrays made large: threads, strips, row strips."""
    p = program(data, LARGE)
    with pasted(p, data):
        check_values(p, max(LARGE[0]), offs)
        check_training(p, 2, max(LARGE[0]), offs)


def check_order(data):
    """Ordered reads and writes: the plan, each pass off in turn, against one line after another."""
    p = Orders(data)
    try:
        with fg.Graph().as_default() as graph:
            nodes, variables = p.in_graph()
            values = {}
            expected = reference(nodes, values=values, graph=graph)
            ends = [values.get(v, x) for v, x in zip(variables, p.start)]
            if p.in_turn:
                for slow, truth in zip([expected, ends], p.in_order()):
                    _all_close(slow, truth, "the interpreter")
            for off in OFF:
                for v, x in zip(variables, p.start):
                    v.load(x)
                with without(off):
                    found = fg.Session().run(nodes)
                _all_close(found, expected, f"without {sorted(off)}")
                _all_close([v.value for v in variables], ends, f"variables, without {sorted(off)}")
    except Exception as e:
        raise AssertionError(f"{type(e).__name__}: {e}\n\n# tape: {data.hex()}\n{p}") from e


def _all_close(found, expected, what):
    for i, (f, e) in enumerate(zip(found, expected)):
        np.testing.assert_allclose(f, e, rtol=1e-9, atol=1e-12, err_msg=f"{what}: T[{i}]")


# ---- the tests --------------------------------------------------------------------------

TAPES = st.binary(min_size=12, max_size=90)
QUICK = settings(max_examples=250, derandomize=True, deadline=None, database=None,
                 suppress_health_check=list(HealthCheck))


@QUICK
@given(TAPES)
def test_random_graphs(data):
    check(data)


@settings(QUICK, max_examples=150)
@given(TAPES)
def test_random_orders(data):
    check_order(data)


@pytest.mark.slow
@settings(QUICK, max_examples=5_000, derandomize=False, print_blob=True)
@given(TAPES)
def test_random_orders_5_000(data):
    check_order(data)


@pytest.mark.slow
@settings(QUICK, max_examples=20_000, derandomize=False, print_blob=True)
@given(TAPES)
def test_random_graphs_20_000(data):
    check(data)


@settings(QUICK, max_examples=12)
@given(TAPES)
def test_large_graphs(data):
    check_large(data, OFF[:1])


@pytest.mark.slow
@settings(QUICK, max_examples=1000, derandomize=False, print_blob=True)
@given(TAPES)
def test_large_graphs_1_000(data):
    check_large(data)


def _types(make, *leaves, library=fg):
    """The operations of what `make` makes of leaves, of its gradients and of theirs."""
    with library.Graph().as_default() as graph:
        xs = [fg.placeholder(*leaf) for leaf in leaves]
        try:
            y = as_tensor(make(*xs))
            for _ in range(2):
                grads = [as_tensor(g) for g in fg.gradients(y, xs) if g is not None]
                if not grads:
                    break
                y = fg.add_n([fg.reduce_sum(fg.square(g)) for g in grads])
        except (FastgradError, ValueError, TypeError, NotImplementedError):
            pass                                    # the line is not for such leaves
        return {op.op_type for op in graph.get_operations()}


def _line_of(text):
    filled = text.format(a="a", b="b", c="c", f="a", axis="0", axis1="0", keep="keepdims=False",
                         shape="(3, 3)")
    return lambda *xs: _execute(f"y = {filled}", dict(zip("abc", xs)))["y"]


def _updates(a):
    """Every update of a variable, and every optimizer on gradients both dense and of rows."""
    v, w = fg.Variable(np.ones((3, 3))), fg.Variable(np.ones((3, 3)))
    loss = fg.reduce_sum(fg.square(v)) + fg.reduce_sum(fg.gather(w, [0, 0]))
    names = {"v": v, "a": a, "loss": loss, "weights": [v, w]}
    for text in UPDATES + ROW_UPDATES:
        _execute(f"y = {text.format(v='v', t='a')}", names)
    for text in OPTIMIZERS:
        _execute(f"y = {text}.minimize(loss, var_list=weights)", names)
    return loss


def test_every_operation_with_a_determined_result_is_in_a_line():
    found = _types(_updates, (np.float64, (3, 3)))
    for text in LINES:
        for leaf in ((np.float64, (3, 3)), (np.float64, (3,)), (np.float64, (2, 3)), ()):
            found |= _types(_line_of(text), leaf, leaf, leaf)
        for dtype in (np.float64, np.int64):
            found |= _types(_line_of(text), *[(dtype, (3, 3))] * 3, library=tf)
    assert sorted(set(OPS) - found - set(LEFT_OUT)) == []
    assert sorted(set(LEFT_OUT) & found) == []
    assert sorted(set(LEFT_OUT) - set(OPS)) == []


def test_most_graphs_are_compared():
    """The measure of rounding may not become an excuse."""
    random = np.random.default_rng(8)
    results = [check(random.bytes(70)) for _ in range(80)]
    assert np.mean([compared for compared, _ in results]) > 0.9
    assert np.mean([checked for _, checked in results]) > 0.2


def test_a_failure_prints_a_program_that_runs(capsys, monkeypatch):
    """What is printed stands on its own."""
    p = program(np.random.default_rng(3).bytes(60))
    for name in ("clipped", "halved_cube"):         # the program registers its own
        monkeypatch.delitem(registry._GRADIENTS, name)
    exec(str(p), {"__name__": "pasted"})
    assert capsys.readouterr().out.count("\n") >= 4


def test_what_failed_in_the_reference_fails_again():
    """It was taken for done, and whoever asked again met a KeyError."""
    with fg.Graph().as_default():
        y = fg.matrix_inverse(fg.zeros((2, 2)))
        interpreter = Interpreter({})
        for fetch in (y, y, y + 1.0):
            with pytest.raises(FastgradError, match="not invertible"):
                interpreter.run([fetch])


def test_a_wrong_kernel_would_be_found():
    """The comparison sees one element off by a part in a million."""
    e = np.ones(5)
    with pytest.raises(AssertionError, match="off by 1e-06"):
        compare([e + [0, 0, 1e-6, 0, 0]], [e], [slack(e, [e, e])], "planted")


def test_a_plan_that_fails_alone_or_not_at_all_would_be_found():
    """A failure is an outcome like a value: the reference's, unless rounding decides."""
    singular = attempt(np.linalg.inv, np.zeros((2, 2)))
    assert expect_failure(failed([1.0, 2.0]), 1.0, "planted")
    assert not expect_failure(failed([singular, singular]), singular, "planted")
    assert not expect_failure(failed([singular, 1.0]), singular, "planted")
    with pytest.raises(np.linalg.LinAlgError):
        expect_failure(failed([1.0, 2.0]), singular, "planted")
    with pytest.raises(AssertionError, match="only the reference fails"):
        expect_failure(failed([singular, singular]), 1.0, "planted")
