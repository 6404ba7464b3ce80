"""Session.fit: that it trains what a loop of runs trains, its history, callbacks and progress."""

import numpy as np
import pytest
from child import posix, run_python

import fastgrad as fg

ROWS = 22
RNG = np.random.default_rng(3)
DATA = RNG.normal(size=(ROWS, 3))
WANTED = DATA @ [[1.0], [-2.0], [0.5]] + 0.1


class Net:
    """A linear regression, its own graph and session; `masked` needs Python between two plans."""

    def __init__(self, masked=False, **settings):
        with fg.Graph().as_default():
            self.x = fg.placeholder(fg.float64, [None, 3])
            self.y = fg.placeholder(fg.float64, [None, 1])
            self.rate = fg.placeholder(fg.float64, [])
            self.w = fg.Variable(np.zeros((3, 1)))
            error = fg.matmul(self.x, self.w) - self.y
            if masked:
                error = fg.boolean_mask(error, fg.greater(self.x[:, 0], -5.0))
            self.loss = fg.reduce_mean(fg.square(error))
            self.sum = fg.reduce_sum(self.x, axis=0)
            self.mean = fg.reduce_mean(self.x, axis=0)
            self.train = fg.GradientDescentOptimizer(self.rate).minimize(self.loss)
            self.session = fg.Session(**settings)

    def fit(self, rows=ROWS, **settings):
        feeds = {self.x: DATA[:rows], self.y: WANTED[:rows], self.rate: 0.1}
        return self.session.fit(self.train, feeds, **settings)

    def steps(self, orders, batch):
        """The same by runs; the loss of each step."""
        losses = []
        for order in orders:
            for first in range(0, len(order), batch):
                rows = order[first:first + batch]
                feeds = {self.x: DATA[rows], self.y: WANTED[rows], self.rate: 0.1}
                losses.append(self.session.run([self.train, self.loss], feeds)[1])
        return losses

    def weights(self):
        return self.session.run(self.w)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("rows, batch", [(20, 5), (22, 5), (5, 5), (22, 1), (22, 21), (3, 5)])
def test_trains_as_runs_do(rows, batch, masked):
    net, loop = Net(masked), Net(masked)
    history = net.fit(rows, batch_size=batch, epochs=3, shuffle=False, fetches={"loss": net.loss})
    losses = np.array(loop.steps([np.arange(rows)] * 3, batch)).reshape(3, -1)
    np.testing.assert_array_equal(net.weights(), loop.weights())
    sizes = [min(batch, rows - first) for first in range(0, rows, batch)]
    np.testing.assert_allclose(history.history["loss"], losses @ sizes / rows, rtol=1e-14)
    assert history.epoch == [0, 1, 2] and history.steps == losses.size
    assert history.seconds > 0 and f"{losses.size} steps" in repr(history)


@pytest.mark.parametrize("masked", [False, True])
def test_shuffles_by_seed(masked):
    """Compiled loops, epochs one by one, and steps in Python take the same rows."""
    def weights(seed, callbacks=(), **settings):
        net = Net(**settings)
        net.fit(batch_size=5, epochs=4, seed=seed, callbacks=callbacks)
        return net.weights()

    found = weights(7)
    np.testing.assert_array_equal(weights(7, [lambda epoch, logs: None]), found)
    np.testing.assert_allclose(weights(7, masked=masked), found, rtol=1e-12)
    assert (weights(8) != found).any() and (weights(None) != weights(None)).any()


@pytest.mark.parametrize("batch", [1, 4, 21])
def test_each_epoch_has_every_row(batch):
    """The means of the batches, weighted by their rows, are that of all rows."""
    net = Net()
    history = net.fit(batch_size=batch, epochs=30, seed=1, fetches=[net.mean, net.sum]).history
    means, sums = history.values()
    for mean, total in zip(means, sums):
        np.testing.assert_allclose(mean, DATA.mean(0), rtol=0, atol=1e-15)
        assert np.isfinite(total).all()


def test_a_whole_batch_is_not_shuffled():
    net, loop = Net(), Net()
    net.fit(epochs=5)
    loop.steps([np.arange(ROWS)] * 5, ROWS)
    np.testing.assert_array_equal(net.weights(), loop.weights())


def test_callbacks_end_the_training():
    seen, net = [], Net()
    history = net.fit(batch_size=5, epochs=50, fetches=[net.loss],
                      callbacks=[lambda epoch, logs: seen.append((epoch, logs)),
                                 lambda epoch, logs: epoch == 3])
    assert [epoch for epoch, _ in seen] == [0, 1, 2, 3] == history.epoch
    assert history.steps == 20 and len(history.history) == 1
    assert [logs for _, logs in seen] == [{k: v[i] for k, v in history.history.items()}
                                          for i in range(4)]


def test_no_epochs():
    net = Net()
    assert net.fit(epochs=0).epoch == [] and (net.weights() == 0).all()


def test_progress_lines(capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tqdm.auto", None)
    net = Net()
    net.fit(batch_size=5, epochs=2, fetches={"loss": net.loss}, progress=True)
    assert "epoch 2/2  loss " in capsys.readouterr().err
    net.fit(batch_size=5, epochs=2, progress=False)
    assert capsys.readouterr().err == ""


def test_an_operation_is_no_number():
    net = Net()
    history = net.fit(batch_size=5, epochs=2, fetches={"train": net.train, "loss": net.loss})
    assert history.history["train"] == [None, None] and len(history.history["loss"]) == 2
    assert ", loss " in repr(history) and "train" not in repr(history)


def test_numbers_of_threads_agree():
    one, two = Net(num_threads=1), Net(num_threads=2)
    for net in (one, two):
        net.fit(batch_size=5, epochs=4, seed=2)
    np.testing.assert_array_equal(one.weights(), two.weights())


def test_what_is_wrong_is_named():
    net = Net()
    feeds = {net.x: DATA, net.y: WANTED, net.rate: 0.1}
    for more, text in (({net.y: WANTED[1:]}, "has 21 rows, but .* has 22"),
                       ({net.x: DATA[:0], net.y: WANTED[:0]}, "no rows"),
                       ({net.x: DATA[:, :2]}, "shape")):
        with pytest.raises(ValueError, match=text):
            net.session.fit(net.train, {**feeds, **more})
    for settings, error in ((dict(batch_size=0), ValueError), (dict(epochs=1.5), TypeError),
                            (dict(batch_size=True), TypeError), (dict(epochs=-1), ValueError)):
        with pytest.raises(error, match="whole number"):
            net.session.fit(net.train, feeds, **settings)
    with pytest.raises(TypeError, match="dict"):
        net.session.fit(net.train, [DATA])
    assert (net.weights() == 0).all()


@pytest.mark.parametrize("bad", [3, 21])
def test_a_step_that_fails_leaves_whole_steps(bad):
    """Row 21 is in the short batch."""
    with fg.Graph().as_default():
        i, w = fg.placeholder(fg.int64, [None]), fg.Variable(np.zeros(4))
        loss = fg.reduce_sum(fg.square(fg.gather(w, i) - 1.0))
        train = fg.GradientDescentOptimizer(0.01).minimize(loss)
        rows = np.arange(22) % 4
        rows[bad] = 4
        session, wanted = fg.Session(), fg.Session()
        with pytest.raises(fg.errors.InvalidArgumentError, match="index"):
            session.fit(train, {i: rows}, batch_size=5, shuffle=False)
        for first in range(0, bad - 4, 5):
            wanted.run(train, {i: rows[first:first + 5]})
        np.testing.assert_array_equal(session.run(w), wanted.run(w))
        session.fit(train, {i: rows[:3]}, batch_size=2)


# ---- what is kept and told --------------------------------------------------------------

class Diverging:
    """A square that a rate too large drives to infinity, and then to NaN."""

    def __init__(self):
        with fg.Graph().as_default():
            self.x = fg.placeholder(fg.float64, [None], name="x")
            w = fg.Variable(1.0)
            self.loss = fg.reduce_mean(fg.square(w * self.x), name="loss")
            self.train = fg.GradientDescentOptimizer(1e6).minimize(self.loss)
            self.session = fg.Session()

    def fit(self, **settings):
        return self.session.fit(self.train, {self.x: np.ones(8)}, fetches=[self.loss], epochs=200,
                                batch_size=4, **settings)


def test_a_nan_loss_warns_once_with_its_epoch_and_line():
    net = Diverging()
    with pytest.warns(UserWarning, match="became NaN") as told:
        history = net.fit()
    losses = history.history["loss"]
    first = int(np.argmax(np.isnan(losses)))
    assert len(told) == 1 and len(losses) == 200 and first > 3
    assert str(told[0].message).startswith(
        f"fit: reduce_mean 'loss' (test_fit.py:{net.loss.op.site[1]}) became NaN in epoch {first}.")
    assert told[0].filename == __file__


def test_stop_on_nan_stops_after_that_epoch():
    with pytest.warns(UserWarning, match="became NaN"):
        history = Diverging().fit(stop_on_nan=True)
    losses = history.history["loss"]
    assert np.isnan(losses[-1]) and not np.isnan(losses[:-1]).any() and len(losses) < 200


def test_a_metric_that_is_no_number_is_not_looked_at():
    net = Net()
    history = net.fit(rows=20, epochs=2, fetches={"v": net.sum * np.nan}, stop_on_nan=True)
    assert len(history.epoch) == 2


def test_the_session_keeps_the_history_of_a_training_that_was_broken_off():
    net = Net()
    assert net.session.history is None

    def interrupt(epoch, logs):
        if epoch == 3:
            raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        net.fit(rows=20, epochs=10, fetches={"loss": net.loss}, callbacks=[interrupt])
    history = net.session.history
    assert history.epoch == [0, 1, 2, 3] and len(history.history["loss"]) == 4
    assert history.seconds > 0 and "4 epochs" in repr(history)
    again = net.fit(rows=20, epochs=2)
    assert net.session.history is again


@posix
def test_ctrl_c_in_a_compiled_loop_keeps_the_history():
    code = """if True:
        import os, signal, threading, numpy as np, fastgrad as fg
        x = fg.placeholder(fg.float64, [None, 64])
        w = fg.Variable(np.ones((64, 64)))
        loss = fg.reduce_mean(fg.square(fg.matmul(x, w)))
        session, train = fg.Session(), fg.GradientDescentOptimizer(1e-6).minimize(loss)
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            session.fit(train, {x: np.ones((64, 64))}, batch_size=8, epochs=10**7, fetches=[loss])
        except KeyboardInterrupt:
            history = session.history
            print(len(history.epoch) > 10, len(history.epoch) == len(*history.history.values()))
    """
    found = run_python("-c", code)
    assert found.stdout.strip() == "True True", found.stderr
