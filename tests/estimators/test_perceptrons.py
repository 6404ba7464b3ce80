"""What the perceptrons have beyond scikit-learn's, and that they work where estimators do."""

import io
import pickle

import numpy as np
import pytest
from child import run_python

pytest.importorskip("sklearn")
import joblib
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import fastgrad as fg
from fastgrad.sklearn import LogisticRegression, MLPClassifier, MLPRegressor
from fastgrad.sklearn.pool import IDLE, POOL, Pool

X, DIGITS = load_digits(return_X_y=True)
X, DIGITS = X[:500] / 16, DIGITS[:500]
VALUES = np.sin(3 * X[:, 20]) + X[:, 30]
QUICK = dict(hidden_layer_sizes=(24,), max_iter=15, random_state=0, learning_rate_init=0.01,
             batch_size=50)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def weights_of(model):
    return np.concatenate([w.ravel() for w in model.coefs_ + model.intercepts_])


# ---- what scikit-learn's lack -----------------------------------------------------------

@pytest.mark.parametrize("more", [
    dict(dropout=0.2), dict(batch_norm=True), dict(batch_norm=True, dropout=[0.1, 0.0],
                                                   hidden_layer_sizes=(24, 12)),
    dict(activation=["elu", "softplus"], hidden_layer_sizes=(24, 12)), dict(dtype="float32"),
    dict(activation=fg.nn.selu), dict(num_threads=1)], ids=repr)
def test_more_parameters_learn(more):
    model = MLPClassifier(**QUICK | more).fit(X, DIGITS)
    assert model.score(X, DIGITS) > 0.9
    again = clone(model).fit(X, DIGITS)
    np.testing.assert_array_equal(weights_of(again), weights_of(model))
    assert {w.dtype.name for w in model.coefs_} == {more.get("dtype", "float64")}
    assert model.predict_proba(X).dtype == model.coefs_[0].dtype


def test_dropout_is_of_training_alone():
    model = MLPClassifier(**QUICK, dropout=0.5).fit(X, DIGITS)
    np.testing.assert_array_equal(model.predict_proba(X), model.predict_proba(X))
    h = np.maximum(X @ model.coefs_[0] + model.intercepts_[0], 0)
    z = h @ model.coefs_[1] + model.intercepts_[1]
    wanted = np.exp(z - z.max(1, keepdims=True))
    np.testing.assert_allclose(model.predict_proba(X), wanted / wanted.sum(1, keepdims=True),
                               rtol=1e-9, atol=1e-12)
    assert (weights_of(model) != weights_of(MLPClassifier(**QUICK).fit(X, DIGITS))).any()


def test_batch_normalisation_predicts_with_moving_statistics():
    model = MLPRegressor(**QUICK | dict(max_iter=60), batch_norm=True).fit(X, VALUES)
    gamma, beta, mean, variance = model.norms_[0]
    h = X @ model.coefs_[0] + model.intercepts_[0]
    np.testing.assert_allclose(mean, h.mean(0), atol=0.15 * np.abs(h).max())
    h = np.maximum((h - mean) / np.sqrt(variance + 1e-5) * gamma + beta, 0)
    wanted = (h @ model.coefs_[1] + model.intercepts_[1])[:, 0]
    np.testing.assert_allclose(model.predict(X), wanted, rtol=1e-9, atol=1e-12)
    assert model.score(X, VALUES) > 0.8


def huber(y, z):
    """Written with nodes; top-level, so that it can be pickled."""
    off = fg.abs(y - z)
    return fg.where(off < 0.1, 0.5 * fg.square(off), 0.1 * off - 0.005)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_loss_of_ones_own(solver):
    """Outliers pull the squares away and not this one."""
    y = VALUES.copy()
    y[::10] += 50.0
    settings = QUICK | dict(solver=solver, max_iter=200)
    square, own = (MLPRegressor(**settings, loss=loss).fit(X, y) for loss in
                   ("squared_error", huber))
    off = [np.median(np.abs(m.predict(X) - VALUES)) for m in (square, own)]
    assert off[1] < 0.2 < off[0]
    pickle.loads(pickle.dumps(own)).predict(X)


def test_a_loss_for_classes():
    """The labels that it gets are those of the cross-entropy it stands for."""
    for y, of in ((DIGITS, lambda y, z: fg.nn.sparse_softmax_cross_entropy_with_logits(
            labels=y, logits=z)), (DIGITS > 4, lambda y, z: fg.nn.sigmoid_cross_entropy_with_logits(
                labels=y, logits=z))):
        own, named = MLPClassifier(**QUICK, loss=of), MLPClassifier(**QUICK)
        np.testing.assert_allclose(weights_of(own.fit(X, y)), weights_of(named.fit(X, y)),
                                   rtol=1e-12)
    with pytest.raises(ValueError, match="a number for each row"):
        MLPClassifier(**QUICK, loss=lambda y, z: fg.reduce_sum(z)).fit(X, DIGITS)


def test_class_weights_are_sample_weights():
    y = (DIGITS == 3).astype(int)
    table = {0: 0.5, 1: 4.0}
    by_class = MLPClassifier(**QUICK, class_weight=table).fit(X, y)
    by_row = MLPClassifier(**QUICK).fit(X, y, np.array([0.5, 4.0])[y])
    np.testing.assert_array_equal(weights_of(by_class), weights_of(by_row))
    balanced = MLPClassifier(**QUICK, class_weight="balanced").fit(X, y)
    counts = np.bincount(y)
    by_row.fit(X, y, (len(y) / (2 * counts))[y])
    np.testing.assert_allclose(weights_of(balanced), weights_of(by_row), rtol=1e-9)


def test_a_batch_without_weight_moves_nothing():
    weights = np.ones(len(X))
    weights[:50] = 0
    model = MLPRegressor(**QUICK | dict(max_iter=2), shuffle=False, alpha=0)
    model.fit(X, VALUES, weights)
    assert np.isfinite(model.loss_curve_).all()


def test_callbacks_see_epochs_and_end_them(capsys):
    seen = []
    model = MLPClassifier(**QUICK, early_stopping=True, progress=False, callbacks=[
        lambda epoch, logs: seen.append((epoch, logs)), lambda epoch, logs: epoch == 4])
    model.fit(X, DIGITS)
    assert [e for e, _ in seen] == [0, 1, 2, 3, 4] and model.n_iter_ == 5
    assert [logs["loss"] for _, logs in seen] == model.loss_curve_
    assert [logs["validation_score"] for _, logs in seen] == model.validation_scores_
    stops = []
    model = MLPClassifier(**QUICK | dict(solver="lbfgs"), callbacks=[
        lambda epoch, logs: stops.append(logs["loss"]) or epoch == 2]).fit(X, DIGITS)
    assert len(stops) == 3 and stops == sorted(stops, reverse=True)
    model.set_params(solver="adam", verbose=True, callbacks=None, max_iter=2).fit(X, DIGITS)
    assert "Iteration 2, loss = " in capsys.readouterr().out


def test_progress_is_shown(capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tqdm.auto", None)
    MLPClassifier(**QUICK | dict(max_iter=3), progress=True).fit(X, DIGITS)
    assert "epoch 3/3  loss " in capsys.readouterr().err


# ---- where estimators work --------------------------------------------------------------

def copies(model):
    buffer = io.BytesIO()
    joblib.dump(model, buffer)
    buffer.seek(0)
    return pickle.loads(pickle.dumps(model)), joblib.load(buffer)


@pytest.mark.parametrize("model, y", [
    (MLPClassifier(**QUICK, dropout=0.1), DIGITS), (MLPRegressor(**QUICK, batch_norm=True), VALUES),
    (LogisticRegression(), DIGITS)], ids=["classifier", "regressor", "logistic"])
def test_pickles_are_arrays(model, y):
    """No graph, no session; what is loaded predicts the same and goes on."""
    model = clone(model).fit(X, y)
    text = pickle.dumps(model)
    for part in (b"Session", b"Graph", b"Trainer", b"Functions"):
        assert part not in text
    for other in copies(model):
        np.testing.assert_array_equal(other.predict(X), model.predict(X))
        if hasattr(other, "partial_fit"):
            other.partial_fit(X, y)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_grid_search(backend):
    """In processes and in threads, with the same result as in this one."""
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(**QUICK | dict(max_iter=6)))
    grid = {"mlpclassifier__alpha": [1e-4, 10.0], "mlpclassifier__hidden_layer_sizes": [(8,), (16,)]}
    with joblib.parallel_backend(backend, n_jobs=2):
        search = GridSearchCV(pipeline, grid, cv=2).fit(X, DIGITS)
    alone = GridSearchCV(pipeline, grid, cv=2).fit(X, DIGITS)
    np.testing.assert_allclose(search.cv_results_["mean_test_score"],
                               alone.cv_results_["mean_test_score"], rtol=1e-9)
    assert search.predict(X).shape == DIGITS.shape


def test_cross_validation_of_a_regressor():
    scores = cross_val_score(MLPRegressor(**QUICK | dict(solver="lbfgs", max_iter=60)), X, VALUES,
                             cv=3)
    assert scores.min() > 0.3


def test_sparse_rows():
    """A batch at a time is made dense; the fit is that of the dense rows."""
    for model in (MLPClassifier(**QUICK), MLPClassifier(**QUICK | dict(solver="lbfgs")),
                  MLPClassifier(**QUICK, early_stopping=True), LogisticRegression(max_iter=30)):
        dense, rows = clone(model).fit(X, DIGITS), model.fit(sparse.csr_array(X), DIGITS)
        np.testing.assert_allclose(rows.predict_proba(sparse.csr_array(X)),
                                   dense.predict_proba(X), atol=1e-6)


def test_blocks_of_rows(monkeypatch):
    import fastgrad.sklearn.functions as functions
    model = MLPClassifier(**QUICK | dict(solver="lbfgs")).fit(X, DIGITS)
    whole = model.predict_proba(X)
    monkeypatch.setattr(functions, "BLOCK", 64)
    monkeypatch.setattr(functions.blocks, "__defaults__", (64,))
    monkeypatch.setattr(functions, "LOSS_BLOCK", 128)
    np.testing.assert_allclose(model.predict_proba(X), whole, rtol=1e-12)
    again = clone(model).fit(X, DIGITS)
    np.testing.assert_allclose(again.predict_proba(X), whole, atol=1e-6)


def test_several_labels():
    y = (X[:, 20:24] > 0.5).astype(int)
    model = MLPClassifier(**QUICK).fit(X, y)
    assert model.predict(X).shape == y.shape and model.predict_proba(X).shape == y.shape
    assert model.score(X, y) > 0.5
    sparse_labels = clone(model).fit(X, sparse.csr_array(y))
    np.testing.assert_array_equal(weights_of(sparse_labels), weights_of(model))


def test_warm_start_goes_on():
    model = MLPClassifier(**QUICK | dict(max_iter=3), warm_start=True).fit(X, DIGITS)
    first = model.loss_curve_[-1]
    model.fit(X, DIGITS)
    assert len(model.loss_curve_) == 6 and model.loss_curve_[-1] < first and model.n_iter_ == 3


def test_dropout_may_begin_later():
    model = MLPClassifier(**QUICK | dict(max_iter=2), warm_start=True).fit(X, DIGITS)
    model.set_params(dropout=0.5)
    ends = [weights_of(pickle.loads(pickle.dumps(model)).fit(X, DIGITS)) for _ in range(2)]
    np.testing.assert_array_equal(*ends)
    assert (ends[0] != weights_of(clone(model).set_params(dropout=0, max_iter=4).fit(X, DIGITS))).any()


def test_an_interrupt_keeps_what_is_learnt():
    def interrupt(epoch, logs):
        if epoch == 2:
            raise KeyboardInterrupt
    model = MLPClassifier(**QUICK, callbacks=[interrupt])
    with pytest.warns(UserWarning, match="interrupted by user"):
        model.fit(X, DIGITS)
    wanted = MLPClassifier(**QUICK | dict(max_iter=3)).fit(X, DIGITS)
    np.testing.assert_array_equal(weights_of(model), weights_of(wanted))


def test_the_pool_lends_a_net_once():
    pool, made = Pool(), []
    first = pool.take("a", lambda: made.append(0) or [0])
    second = pool.take("a", lambda: made.append(1) or [1])
    pool.give("a", first), pool.give("a", second)
    assert pool.take("a", None) is second and pool.take("a", None) is first
    for i in range(3 * IDLE):
        pool.give(i % 5, i)
    assert pool._count == IDLE == sum(map(len, pool._idle.values()))
    before = POOL._count
    MLPClassifier(**QUICK | dict(max_iter=1)).fit(X, DIGITS)
    assert min(before, IDLE) <= POOL._count <= IDLE


# ---- what is wrong ----------------------------------------------------------------------

@pytest.mark.parametrize("settings, text", [
    (dict(activation="rellu"), "activation must be one of 'identity'"),
    (dict(activation=["relu"] * 3), "3 entries for 1 hidden layers"),
    (dict(dropout=1.0), "dropout must be a share from 0 to below 1"),
    (dict(dropout=0.5, solver="lbfgs"), "dropout and batch_norm need"),
    (dict(batch_norm=True, solver="lbfgs"), "dropout and batch_norm need"),
    (dict(solver="newton"), "solver must be one of 'lbfgs', 'sgd', 'adam'; got 'newton'"),
    (dict(hidden_layer_sizes=(3, 0)), "hidden_layer_sizes must be > 0"),
    (dict(hidden_layer_sizes=2.5), "hidden_layer_sizes must be > 0, whole"),
    (dict(alpha=-1), "alpha must be a number of 0 or more"), (dict(max_iter=0), "max_iter must be"),
    (dict(dtype="float16"), "dtype must be"), (dict(class_weight="even"), "class_weight must be"),
    (dict(loss="hinge"), "loss must be one of 'log_loss' or a function"),
    (dict(num_threads=0), "num_threads must be"), (dict(callbacks=3), "callbacks must be"),
    (dict(early_stopping=True, validation_fraction=0.001), "validation set is too small"),
    (dict(momentum=1.5), "momentum must be a number from 0 to 1, both"),
    (dict(learning_rate_init=1e300, solver="sgd", momentum=0), "non-finite")])
def test_wrong_settings_are_named(settings, text):
    with pytest.raises(ValueError, match=text):
        MLPClassifier(**QUICK | settings).fit(X, DIGITS)


def test_wrong_data_is_named():
    model = MLPClassifier(**QUICK).fit(X, DIGITS)
    with pytest.raises(ValueError, match="features"):
        model.predict(X[:, :3])
    with pytest.raises(ValueError, match="NaN"):
        model.predict(X * np.nan)
    with pytest.raises(ValueError, match="has classes not in"):
        model.partial_fit(X, DIGITS + 5)
    with pytest.raises(ValueError, match="classes must be passed"):
        MLPClassifier(**QUICK).partial_fit(X, DIGITS)
    with pytest.raises(ValueError, match="early_stopping"):
        MLPRegressor(early_stopping=True).partial_fit(X, VALUES)
    with pytest.raises(ValueError, match="0 or more"):
        MLPRegressor(loss="poisson").fit(X, VALUES - 9)
    with pytest.raises(AttributeError, match="partial_fit"):
        MLPRegressor(solver="lbfgs").partial_fit(X, VALUES)
    for weights, text in ((np.zeros(len(X)), "must not all be zero"), (np.ones(3), "one number a row")):
        for other in (model, LogisticRegression()):
            with pytest.raises(ValueError, match=text):
                other.fit(X, DIGITS, weights)


def test_an_end_before_convergence_is_told():
    for model in (MLPClassifier(**QUICK | dict(max_iter=1)), LogisticRegression(max_iter=1),
                  MLPRegressor(**QUICK | dict(max_iter=1, solver="lbfgs"))):
        with pytest.warns(ConvergenceWarning) as told:
            model.fit(X, DIGITS)
        assert told[0].filename == __file__


def test_without_scikit_learn_the_error_says_what_to_do():
    code = """if True:
        import sys, importlib.util as util
        find = util.find_spec
        util.find_spec = lambda name, *more: None if name == "sklearn" else find(name, *more)
        import fastgrad.sklearn
        print(*dir(fastgrad.sklearn), "sklearn" in sys.modules)
        try:
            from fastgrad.sklearn import MLPClassifier
        except ImportError as error:
            print(error)
    """
    told = run_python("-c", code)
    names, error = told.stdout.splitlines()
    assert names == "LogisticRegression MLPClassifier MLPRegressor False"
    assert 'pip install "fastgrad[sklearn]"' in error
    with pytest.raises(ImportError, match="cannot import name 'SVC'"):
        from fastgrad.sklearn import SVC  # noqa: F401
