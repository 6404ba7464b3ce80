"""Plan.profile: takes what a run takes, words what is wrong as a run does, leaves nothing changed."""

import numpy as np
import pytest

import fastgrad as fg
from fastgrad.compiler import roofline as peak, profiling


class Net:
    """A float32 perceptron that is fed float64, with a dropout that draws random numbers."""

    def __init__(self):
        fg.reset_default_graph()
        self.x = fg.placeholder(fg.float32, (None, 3), name="x")
        self.w = fg.Variable(np.ones((3, 2), np.float32), name="w")
        h = fg.nn.dropout(fg.matmul(self.x, self.w), 0.5, seed=3)
        self.loss = fg.reduce_mean(fg.square(h + fg.truncated_normal([2], seed=4)))
        self.train = fg.train.AdamOptimizer(0.1).minimize(self.loss)
        self.session = fg.Session()
        self.feed = {self.x: np.ones((4, 3))}

    def plan(self):
        return self.session.plan([self.loss, self.train], self.feed)


def test_a_feed_is_converted_as_a_run_converts_it():
    net = Net()
    for feed in (net.feed, {"x:0": np.ones((4, 3)).tolist()}, {net.x: np.ones((3, 4)).T}):
        assert "GFLOP/s" in net.plan().profile(feed, repeat=2).splitlines()[0]


def test_nothing_is_changed_by_it():
    net, twin = Net(), Net()
    plan = net.plan()
    before = [v.value for v in net.w.graph.variables]
    plan.profile(net.feed, repeat=3)
    for variable, value in zip(net.w.graph.variables, before):
        np.testing.assert_array_equal(variable.value, value)
    losses = [n.session.run([n.loss, n.train], n.feed)[0] for n in (net, twin) for _ in range(3)]
    assert losses[:3] == losses[3:]                     # the same random numbers too


def test_a_variable_without_a_value_has_none_afterwards():
    with fg.Graph().as_default():
        w = fg.Variable(fg.zeros([2]))
        session = fg.Session()
        session.plan(w.initializer).profile()
        assert not session.store.has(w.op) or np.array_equal(w.value, [0, 0])


def test_a_missing_feed_is_worded_as_in_a_run():
    net = Net()
    with pytest.raises(fg.errors.MissingFeedError, match=(
            r"You must feed a value for placeholder 'x' \(test_profile.py:\d+\): float32, shape "
            r"\(4, 3\). Pass feed_dict=\{x: value\} to profile\(\).")):
        net.plan().profile({})


def test_feeds_that_do_not_fit_are_worded():
    net = Net()
    other = fg.placeholder(fg.float32, name="other")
    for feed, text in [
            ({net.x: np.ones((5, 3))}, r"this plan is for placeholder 'x' .* of dtype float32 and "
             r"shape \(4, 3\); got float32 of shape \(5, 3\). Make one with session.plan"),
            ({net.x: np.ones((5, 2))}, r"has shape \(None, 3\); got an array of shape \(5, 2\)"),
            ({net.x: "a"}, "takes numbers of dtype float32"),
            ([1], "feed_dict must be a dict"),
            ({**net.feed, other: 1.0}, "'other' .* is fed, and this plan is for runs that do not")]:
        with pytest.raises(fg.errors.FeedError, match=text):
            net.plan().profile(feed)


def test_a_step_that_fails_is_worded_and_undone():
    net = Net()
    i = fg.placeholder(fg.int32, name="i")
    row = fg.gather(net.w, i, name="row")
    plan = net.session.plan([row, net.train], {i: [0], net.x: np.ones((4, 3))})
    before = net.w.value
    with pytest.raises(fg.errors.KernelError, match=r"'row' \(test_profile.py:\d+\): index 7"):
        plan.profile({i: [7], net.x: np.ones((4, 3))})
    np.testing.assert_array_equal(net.w.value, before)


class Machine:
    """Stands for `peak`: a step computes at `rates[0]` of the peak, and after a second look, at
    `rates[1]`."""

    def __init__(self, *rates, carried=0.5):
        self.rates, self.carried, self.looks = rates, carried, 0

    def shares(self, *_):
        return self.rates[self.looks], self.carried

    def measure_again(self, *_):
        self.looks = 1


def test_a_share_above_the_peak_is_measured_again_and_explained():
    for machine, share, notes in [
            (Machine(0.7), 0.7, []), (Machine(1.4, 0.8), 0.8, []),
            (Machine(1.4, 1.2), 1.2, ["loaded machine and is too low"]),
            (Machine(0.2, carried=3.0), 3.0, ["in a cache; or it was measured on a loaded"])]:
        shares = profiling.Shares(machine, None)
        assert shares(1, 1, 1.0, 4, 1) == share
        found = list(shares.notes())
        assert len(found) == len(notes) and all(n in f for n, f in zip(notes, found))


def test_no_profile_shows_more_than_all_without_a_word(monkeypatch):
    """As if this machine had been very slow when the peak was measured."""
    net = Net()
    monkeypatch.setattr(peak, "_measured", {})
    monkeypatch.setattr(peak, "_again", set())
    monkeypatch.setattr(peak, "_measure", lambda *_: (1e-9, 1e-9, 1e-9))
    text = net.plan().profile(net.feed, repeat=2)
    assert text.count("more than 100% of peak") == 2 and "loaded machine" in text
    assert text.splitlines()[-1].endswith(" us")


def test_a_second_measurement_keeps_the_better_figures(monkeypatch):
    figures = iter([(1.0, 5.0, 2.0), (3.0, 4.0, 9.0), (9.0, 9.0, 9.0)])
    monkeypatch.setattr(peak, "_measured", {})
    monkeypatch.setattr(peak, "_again", set())
    monkeypatch.setattr(peak, "_measure", lambda *_: next(figures))
    assert peak.measured(None, 1) == (1.0, 5.0, 2.0)
    for _ in range(3):
        peak.measure_again(None, 1)
    assert peak.measured(None, 1) == (3.0, 5.0, 9.0)
