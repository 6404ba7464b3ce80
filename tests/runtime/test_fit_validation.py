"""Session.fit with validation, early stopping, weights of rows and classes, and named metrics."""

import numpy as np
import pytest

import fastgrad as fg
from fastgrad.datasets import load_digits

RNG = np.random.default_rng(5)
ROWS = 60
DATA = RNG.normal(size=(ROWS, 4))
CLASSES = (DATA[:, 0] + 0.5 * DATA[:, 1] > 0.3).astype(np.int64) + (DATA[:, 2] > 0.8)


class Net:
    """A softmax regression; `fixed` gives the batch a known size."""

    def __init__(self, rate=0.1, fixed=None, weighted=True, dtype=fg.float64, staged=False):
        with fg.Graph().as_default():
            self.x = fg.placeholder(dtype, [fixed, 4], name="x")
            self.c = fg.placeholder(fg.int64, [fixed], name="c")
            self.rate = fg.placeholder_with_default(np.float64(rate), [], name="rate")
            self.noise = fg.placeholder_with_default(np.float64(0), [], name="noise")
            self.w = fg.Variable(np.zeros((4, 3), dtype.as_numpy_dtype))
            rows = self.x
            if staged:                          # its shape is known after a first stage
                rows = fg.boolean_mask(rows, fg.greater(rows[:, 0], -100.0))
            self.logits = fg.matmul(rows, self.w) + self.noise
            self.weight = fg.losses.sample_weight(dtype) if weighted else 1.0
            self.loss = fg.losses.sparse_softmax_cross_entropy(
                self.c, self.logits, weights=self.weight) + self.noise
            self.each = fg.nn.sparse_softmax_cross_entropy_with_logits(
                labels=self.c, logits=self.logits)
            self.train = fg.train.AdamOptimizer(self.rate).minimize(self.loss)
            self.session = fg.Session()

    def fit(self, rows=slice(None), more=(), **settings):
        settings = {"fetches": {"loss": self.loss}, "progress": False, "seed": 1, **settings}
        return self.session.fit(self.train, {self.x: DATA[rows], self.c: CLASSES[rows],
                                             **dict(more)}, **settings)

    def rows(self, rows):
        return {self.x: DATA[rows], self.c: CLASSES[rows]}


@pytest.mark.parametrize("staged", [False, True])
@pytest.mark.parametrize("batch, unseen", [(8, 20), (7, 20), (40, 1), (5, 3)])
def test_validation_rows_are_evaluated_after_each_epoch(batch, unseen, staged):
    net, other, seen = Net(staged=staged), Net(), []
    training, held_out = slice(40), slice(40, 40 + unseen)

    def look(epoch, logs):
        seen.append(net.session.run(net.loss, net.rows(held_out)))
        assert logs["val_loss"] == pytest.approx(seen[-1], rel=1e-12)
    history = net.fit(training, batch_size=batch, epochs=4, validation=net.rows(held_out),
                      callbacks=[look])
    assert list(history.history) == ["loss", "val_loss"] and len(seen) == 4
    np.testing.assert_allclose(history.history["val_loss"], seen, rtol=1e-12)
    plain = other.fit(training, batch_size=batch, epochs=4)
    np.testing.assert_allclose(history.history["loss"], plain.history["loss"], rtol=1e-12)
    np.testing.assert_allclose(net.w.value, other.w.value, rtol=1e-12)


def test_validation_in_several_batches(monkeypatch):
    monkeypatch.setattr("fastgrad.runtime.fit.VALIDATED_AT_ONCE", 16)
    net = Net()
    history = net.fit(slice(10), batch_size=5, epochs=1, validation=net.rows(slice(10, 55)))
    wanted = net.session.run(net.loss, net.rows(slice(10, 55)))
    assert history.history["val_loss"] == pytest.approx([wanted], rel=1e-12)


def test_a_graph_for_batches_of_one_size():
    net = Net(fixed=10)
    history = net.fit(slice(40), batch_size=10, epochs=2, validation=net.rows(slice(40, 60)))
    losses = [net.session.run(net.loss, net.rows(slice(i, i + 10))) for i in (40, 50)]
    assert history.history["val_loss"][-1] == pytest.approx(np.mean(losses), rel=1e-12)


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_share_is_held_out_by_seed(shuffle):
    """The rows trained on and those validated on are a partition, and the same for a seed."""
    with fg.Graph().as_default():
        x, total = fg.placeholder(fg.float64, [None]), fg.Variable(0.0)
        add, mean = total.assign_add(fg.reduce_sum(x)), fg.reduce_mean(x)
        session, numbers = fg.Session(), 2.0 ** np.arange(20)

        def parts(seed):
            total.value = 0.0
            history = session.fit(add.op, {x: numbers}, batch_size=3, fetches={"m": mean},
                                  validation=0.3, seed=seed, shuffle=shuffle)
            return float(total.value), history.history["val_m"][0] * 6
        sums = [parts(seed) for seed in (0, 0, 1)]
    for training, held_out in sums:
        bits = int(round(training)), int(round(held_out))
        assert bits[0] & bits[1] == 0 and bits[0] + bits[1] == 2**20 - 1
        assert bits[1].bit_count() == 6
    assert sums[0] == sums[1] != sums[2]


def test_numbers_with_a_default_belong_to_training():
    """As a keep probability does; the data of a validation may set its own."""
    net = Net()
    more = {net.noise: 5.0, net.rate: 0.0}
    history = net.fit(slice(40), more, validation=net.rows(slice(40, 60)))
    assert history.history["loss"][0] == pytest.approx(history.history["val_loss"][0] + 5)
    history = net.fit(more=more, validation=0.25)
    assert history.history["loss"][0] == pytest.approx(history.history["val_loss"][0] + 5)
    history = net.fit(slice(40), more, validation={**net.rows(slice(40, 60)), net.noise: 1.0})
    assert history.history["val_loss"][0] == pytest.approx(np.log(3) + 1)


def test_numbers_without_a_default_are_the_validation_s_too():
    with fg.Graph().as_default():
        x, scale = fg.placeholder(fg.float64, [None]), fg.placeholder(fg.float64, [])
        loss = fg.reduce_mean(x * scale) + fg.Variable(0.0)
        train, session = fg.GradientDescentOptimizer(0.0).minimize(loss), fg.Session()
        for validation in ({x: np.full(4, 2.0)}, 0.5):
            history = session.fit(train, {x: np.full(8, 2.0), scale: 3.0}, fetches={"loss": loss},
                                  validation=validation)
            assert history.history["val_loss"] == [6.0]


# ---- early stopping ---------------------------------------------------------------------

def test_the_best_weights_are_put_back():
    net, kept = Net(rate=1.0), []
    history = net.fit(slice(12), batch_size=4, epochs=100, patience=5,
                      validation=net.rows(slice(12, 60)),
                      callbacks=[lambda epoch, logs: kept.append(net.w.value)])
    losses = history.history["val_loss"]
    best = int(np.argmin(losses))
    assert history.best_epoch == best and len(losses) == best + 6 < 100
    np.testing.assert_array_equal(net.w.value, kept[best])
    assert net.session.run(net.loss, net.rows(slice(12, 60))) == pytest.approx(losses[best])


def test_all_that_training_writes_is_put_back():
    """Slots of the optimizer too: training goes on as it went on after the best epoch."""
    net, other = Net(rate=1.0), Net(rate=1.0)
    best = net.fit(slice(12), epochs=60, patience=4, shuffle=False,
                   validation=net.rows(slice(12, 60))).best_epoch
    other.fit(slice(12), epochs=best + 1, shuffle=False)
    for one in (net, other):
        one.fit(slice(12), epochs=3, shuffle=False)
    np.testing.assert_array_equal(net.w.value, other.w.value)


def test_the_end_of_the_epochs_puts_back_too():
    net = Net(rate=3.0)
    history = net.fit(slice(12), epochs=12, patience=50, validation=net.rows(slice(12, 60)))
    assert len(history.epoch) == 12 and history.best_epoch < 11
    found = net.session.run(net.loss, net.rows(slice(12, 60)))
    assert found == pytest.approx(min(history.history["val_loss"]))


def test_what_is_monitored_and_which_way():
    def ends(**settings):
        net = Net(rate=0.5)
        history = net.fit(slice(40), batch_size=8, epochs=40, patience=3, metrics=["accuracy"],
                          validation=net.rows(slice(40, 60)), **settings)
        return history
    history = ends(monitor="val_accuracy")
    assert history.best_epoch == int(np.argmax(history.history["val_accuracy"]))
    history = ends(monitor="accuracy", mode="min")
    assert history.best_epoch == int(np.argmin(history.history["accuracy"]))
    history = ends(min_delta=10.0)
    assert len(history.epoch) == 4              # the first is progress, no other is enough
    net = Net()
    history = net.fit(epochs=6, patience=2)     # without validation, by the first fetch
    assert history.best_epoch == int(np.argmin(history.history["loss"]))


def test_epochs_that_are_nan_are_never_the_best():
    net = Net()
    start = net.w.value
    with pytest.warns(UserWarning, match="'loss' became NaN|became NaN"):
        history = net.fit(more={net.noise: np.nan}, epochs=9, patience=2)
    assert len(history.epoch) == 2 and history.best_epoch is None and (start == 0).all()


def test_stop_on_nan_looks_at_validation():
    net = Net()
    bad = {**net.rows(slice(40, 60)), net.noise: np.nan}
    with pytest.warns(UserWarning, match="became NaN in epoch 0"):
        history = net.fit(slice(40), epochs=9, validation=bad, stop_on_nan=True)
    assert len(history.epoch) == 1


# ---- weights ----------------------------------------------------------------------------

def gradient_of(net, weights):
    """The gradient of the weighted mean by the number of weights that are not zero."""
    z = DATA @ np.zeros((4, 3))
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    return DATA.T @ ((p - np.eye(3)[CLASSES]) * weights[:, None]) / (weights != 0).sum()


def weighted(**settings):
    """What a step of gradient descent of rate 1 subtracts."""
    with fg.Graph().as_default():
        net = Net.__new__(Net)
        net.x, net.c = fg.placeholder(fg.float64, [None, 4]), fg.placeholder(fg.int64, [None])
        net.w = fg.Variable(np.zeros((4, 3)))
        weight = fg.losses.sample_weight(fg.float64)
        net.loss = fg.losses.sparse_softmax_cross_entropy(net.c, fg.matmul(net.x, net.w), weight)
        net.train = fg.GradientDescentOptimizer(1.0).minimize(net.loss)
        net.session = fg.Session()
    settings = {k: v(net) if callable(v) else v for k, v in settings.items()}
    net.fit(**settings)
    return net, -net.w.value


def test_sample_weights():
    weights = RNG.integers(0, 3, ROWS).astype(float)
    net, step = weighted(sample_weight=weights)
    np.testing.assert_allclose(step, gradient_of(net, weights), atol=1e-14)


@pytest.mark.parametrize("named", [False, True])
def test_class_weights(named):
    table = {0: 1.0, 2: 7.0}                    # the others' weight is 1
    net, step = weighted(class_weight=(lambda net: {net.c: table}) if named else table)
    np.testing.assert_allclose(step, gradient_of(net, np.array([1.0, 1.0, 7.0])[CLASSES]),
                               atol=1e-14)


def test_balanced_classes_times_sample_weights():
    weights = RNG.uniform(0.5, 2.0, ROWS)
    net, step = weighted(sample_weight=weights, class_weight="balanced")
    balanced = ROWS / (3 * np.bincount(CLASSES))[CLASSES]
    np.testing.assert_allclose(step, gradient_of(net, weights * balanced), atol=1e-14)


def test_weights_of_a_share():
    """Sample weights are the validation's too, class weights the training's alone."""
    weights = RNG.uniform(0.5, 2.0, ROWS)
    for table, same in ((None, True), ({0: 5.0, 1: 5.0, 2: 5.0}, False)):
        net = Net(rate=0.0)
        history = net.fit(sample_weight=weights, validation=0.5, class_weight=table, seed=3)
        order = np.random.default_rng(np.random.SeedSequence(3, spawn_key=(1,))).permutation(ROWS)
        wanted = np.log(3) * weights[order[:30]].mean()
        assert history.history["val_loss"][0] == pytest.approx(wanted)
        wanted = np.log(3) * weights[order[30:]].mean() * (1 if same else 5)
        assert history.history["loss"][0] == pytest.approx(wanted)


def test_without_weights_the_node_is_one():
    one, other = Net(), Net(weighted=False)
    for net in (one, other):
        net.fit(batch_size=7, epochs=3)
    np.testing.assert_allclose(one.w.value, other.w.value, rtol=1e-12)
    with one.session.graph.as_default():
        assert fg.losses.sample_weight() is one.weight


def test_compat_has_no_sample_weight():
    from fastgrad.compat import v1 as tf
    assert not hasattr(tf.losses, "sample_weight")


# ---- metrics ----------------------------------------------------------------------------

def test_accuracy_by_name():
    net = Net()
    history = net.fit(epochs=5, metrics=["accuracy"], shuffle=False)
    net.fit(epochs=1, metrics="accuracy", rows=slice(30))
    right = (net.session.run(net.logits, {net.x: DATA}).argmax(1) == CLASSES).mean()
    found = net.session.fit(net.train, net.rows(slice(None)), metrics={"right": "accuracy"},
                            seed=0).history
    assert found["right"][0] == pytest.approx(right)
    assert history.history["accuracy"][0] == pytest.approx((CLASSES == 0).mean())


@pytest.mark.parametrize("kind", ["one hot", "sigmoid"])
def test_accuracy_of_other_cross_entropies(kind):
    with fg.Graph().as_default():
        x, y = fg.placeholder(fg.float64, [None, 4]), fg.placeholder(fg.float64, [None, 3])
        logits = fg.matmul(x, fg.Variable(RNG.normal(size=(4, 3))))
        if kind == "sigmoid":
            loss = fg.losses.sigmoid_cross_entropy(y, logits)
        else:
            loss = fg.losses.softmax_cross_entropy(y, logits)
        train, session = fg.GradientDescentOptimizer(0.0).minimize(loss), fg.Session()
        wanted, z = np.eye(3)[CLASSES], session.run(logits, {x: DATA})
        history = session.fit(train, {x: DATA, y: wanted}, metrics=["accuracy"], progress=False)
    right = (z > 0) == (wanted > 0.5) if kind == "sigmoid" else z.argmax(1) == CLASSES
    assert history.history["accuracy"][0] == pytest.approx(right.mean())


# ---- what is wrong ----------------------------------------------------------------------

WRONG = [
    (dict(validation=0.0), ValueError, "share between 0 and 1"),
    (dict(validation=1.0), ValueError, "share between 0 and 1"),
    (dict(validation=True), ValueError, "share between 0 and 1"),
    (dict(validation=0.001), ValueError, "leaves 0 to validate on"),
    (dict(validation=[1]), TypeError, "validation as a dict"),
    (dict(validation=0.5, fetches=None), ValueError, "validation looks at"),
    (dict(stop_on_nan=True, fetches=None), ValueError, "stop_on_nan looks at"),
    (dict(patience=3, fetches=None), ValueError, "patience needs a number"),
    (dict(patience=0), ValueError, "whole number"), (dict(patience=1.5), TypeError, "whole number"),
    (dict(monitor="loss"), ValueError, "give patience too"),
    (dict(patience=2, monitor="val_loss"), ValueError, "'val_loss' is not reported; there is 'loss'"),
    (dict(patience=2, mode="up"), ValueError, "'min' or 'max'"),
    (dict(patience=2, min_delta=-1), ValueError, "min_delta"),
    (dict(metrics=["precision"]), ValueError, "metrics has no 'precision'"),
    (dict(sample_weight=np.ones(3)), ValueError, "each of the 60 rows"),
    (dict(sample_weight=["a"] * 60), TypeError, "takes numbers"),
    (dict(sample_weight=[np.inf] * 60), ValueError, "not finite in row 0"),
    (dict(class_weight="equal"), TypeError, "'balanced' or a dict"),
    (dict(class_weight=3), TypeError, "'balanced' or a dict"),
    (dict(class_weight={0: np.nan}), ValueError, "not finite"),
]


@pytest.mark.parametrize("settings, error, text", WRONG, ids=[text for *_, text in WRONG])
def test_what_is_wrong_is_named(settings, error, text):
    net = Net()
    with pytest.raises(error, match=text):
        net.fit(**settings)
    assert (net.w.value == 0).all()


def test_weights_need_a_loss_that_takes_them():
    net = Net(weighted=False)
    for settings in (dict(class_weight="balanced"), dict(sample_weight=np.ones(ROWS))):
        with pytest.raises(ValueError, match="weights=losses.sample_weight"):
            net.fit(**settings)
    net = Net()
    with pytest.raises(ValueError, match="not both"):
        net.fit(more={net.weight: np.ones(ROWS)}, sample_weight=np.ones(ROWS))


def test_the_classes_must_be_found():
    with fg.Graph().as_default():
        x = fg.placeholder(fg.float64, [None])
        loss = fg.reduce_mean(x * fg.Variable(1.0) * fg.losses.sample_weight(fg.float64))
        train = fg.GradientDescentOptimizer(0.1).minimize(loss)
        with pytest.raises(ValueError, match="class_weight={labels: 'balanced'}"):
            fg.Session().fit(train, {x: np.ones(3)}, class_weight="balanced")
        with pytest.raises(TypeError, match="cross-entropy, of which there are none"):
            fg.Session().fit(train, {x: np.ones(3)}, metrics=["accuracy"])


# ---- in few lines -----------------------------------------------------------------------

SHORT = '''x, c = fg.placeholder(fg.float32, [None, 64]), fg.placeholder(fg.int64, [None])
dropped = fg.placeholder_with_default(np.float32(0), [])
hidden = fg.nn.dropout(fg.layers.dense(x, 64, fg.nn.relu), rate=dropped)
logits = fg.layers.dense(hidden, 10)
loss = fg.losses.sparse_softmax_cross_entropy(c, logits, weights=fg.losses.sample_weight())
session, train = fg.Session(), fg.train.AdamOptimizer(0.002).minimize(loss)
history = session.fit(train, {x: images, c: labels, dropped: 0.2}, batch_size=32, epochs=40, seed=0,
                      fetches={"loss": loss}, metrics=["accuracy"], validation=0.2, patience=5,
                      class_weight="balanced")
fg.train.Saver().save(session, path)'''


def test_a_classifier_in_ten_lines(tmp_path):
    assert SHORT.count("\n") + 1 <= 10
    images, labels = load_digits()
    names = {"fg": fg, "np": np, "images": images, "labels": labels, "path": str(tmp_path / "d")}
    with fg.Graph().as_default():
        fg.set_random_seed(0)
        exec(SHORT, names)
    history = names["history"]
    assert history.history["val_accuracy"][history.best_epoch] > 0.95
    assert (tmp_path / "checkpoint").exists()
