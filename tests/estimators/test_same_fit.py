"""The same random_state gives the fit of scikit-learn's estimator: weights, losses, scores.

Both compute in the same dtype and differ by the order of sums: 1e-16 a step, which training does
not magnify much in some epochs, and L-BFGS more (its line searches compare losses).
"""

import numpy as np
import pytest

pytest.importorskip("sklearn")
import sklearn.linear_model
import sklearn.neural_network as theirs
from sklearn.datasets import load_digits

import fastgrad.sklearn as ours

X, DIGITS = load_digits(return_X_y=True)
X, DIGITS = X[:600] / 16, DIGITS[:600]
RNG = np.random.RandomState(0)
WEIGHTS = RNG.uniform(0.2, 2.0, len(X))
VALUES = np.c_[X[:, 10] * X[:, 20] + X[:, 30], X[:, 5] - X[:, 44]]
LABELS = (X[:, 20:24] > 0.5).astype(int)

FITS = [
    ("MLPClassifier", DIGITS, None, dict(hidden_layer_sizes=(30,))),
    ("MLPClassifier", DIGITS, WEIGHTS, dict(
        hidden_layer_sizes=(30, 20), activation="tanh", batch_size=37)),
    ("MLPClassifier", DIGITS > 4, None, dict(
        solver="sgd", learning_rate_init=0.1, learning_rate="invscaling", activation="logistic")),
    ("MLPClassifier", DIGITS > 4, WEIGHTS, dict(
        solver="sgd", learning_rate_init=0.5, learning_rate="adaptive", early_stopping=True,
        n_iter_no_change=2, max_iter=30)),
    ("MLPClassifier", LABELS, WEIGHTS, dict(
        solver="sgd", nesterovs_momentum=False, momentum=0.5, learning_rate_init=0.1)),
    ("MLPClassifier", DIGITS, None, dict(early_stopping=True, shuffle=False, alpha=0)),
    ("MLPClassifier", DIGITS, None, dict(solver="sgd", momentum=0, activation="identity")),
    ("MLPClassifier", np.array(["b", "a"])[DIGITS % 2], None, dict(
        solver="lbfgs", hidden_layer_sizes=(10,), alpha=0.1)),
    ("MLPClassifier", DIGITS, WEIGHTS, dict(solver="lbfgs", hidden_layer_sizes=(10,))),
    ("MLPRegressor", VALUES[:, 0], WEIGHTS, dict(alpha=0.1)),
    ("MLPRegressor", VALUES, None, dict(hidden_layer_sizes=(20, 10))),
    ("MLPRegressor", VALUES[:, 0], None, dict(solver="lbfgs", activation="tanh")),
    ("MLPRegressor", np.abs(VALUES[:, 0]), None, dict(loss="poisson", early_stopping=True)),
    ("MLPRegressor", VALUES[:, 0], None, dict(hidden_layer_sizes=())),
]


def pair(kind, **settings):
    settings = {"random_state": 3, "max_iter": 12, **settings}
    return getattr(theirs, kind)(**settings), getattr(ours, kind)(**settings)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind, y, weights, settings", FITS)
def test_the_fit_is_the_same(kind, y, weights, settings):
    a, b = pair(kind, **settings)
    for e in (a, b):
        e.fit(X, y, sample_weight=weights)
    for name in ("n_iter_", "n_layers_", "n_outputs_", "out_activation_"):
        assert getattr(a, name) == getattr(b, name), name
    tolerance = 1e-7 if settings.get("solver") == "lbfgs" else 1e-11
    for u, v in zip(a.coefs_ + a.intercepts_, b.coefs_ + b.intercepts_):
        np.testing.assert_allclose(v, u, rtol=0, atol=tolerance)
    np.testing.assert_allclose(b.loss_, a.loss_, rtol=tolerance)
    if hasattr(a, "loss_curve_"):
        assert a.t_ == b.t_
        np.testing.assert_allclose(b.loss_curve_, a.loss_curve_, rtol=tolerance)
    if settings.get("early_stopping"):
        np.testing.assert_allclose(b.validation_scores_, a.validation_scores_, rtol=1e-9)
        assert b.best_validation_score_ == pytest.approx(a.best_validation_score_)
    for method in ("predict", "predict_proba", "predict_log_proba"):
        if hasattr(a, method):
            found, wanted = getattr(b, method)(X), getattr(a, method)(X)
            assert found.dtype == wanted.dtype and found.shape == wanted.shape
            if found.dtype.kind == "f":
                np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-7)
            else:
                assert (found == wanted).all()
    assert b.score(X, y) == pytest.approx(a.score(X, y), rel=1e-6)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_partial_fit_is_the_same(solver):
    """States of the optimizers go on from call to call; also through a pickle."""
    import pickle
    a, b = pair("MLPClassifier", solver=solver, hidden_layer_sizes=(20,), learning_rate_init=0.05)
    for start in range(0, 600, 150):
        rows = slice(start, start + 150)
        a.partial_fit(X[rows], DIGITS[rows], classes=np.arange(10))
        b.partial_fit(X[rows], DIGITS[rows], classes=np.arange(10))
        b = pickle.loads(pickle.dumps(b)) if start == 150 else b
    for u, v in zip(a.coefs_ + a.intercepts_, b.coefs_ + b.intercepts_):
        np.testing.assert_allclose(v, u, rtol=0, atol=1e-11)
    np.testing.assert_allclose(b.loss_curve_, a.loss_curve_, rtol=1e-11)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind, y", [("MLPClassifier", DIGITS), ("MLPRegressor", VALUES)])
def test_weights_of_scikit_learn_convert(kind, y):
    """Weights are plain arrays of the same meaning: they predict the same and are trained on."""
    a, b = pair(kind, solver="sgd", learning_rate_init=0.01, hidden_layer_sizes=(20, 10),
                shuffle=False)
    a.fit(X, y)
    b.set_params(max_iter=1).fit(X, y)
    b.coefs_, b.intercepts_ = [w.copy() for w in a.coefs_], [w.copy() for w in a.intercepts_]
    np.testing.assert_allclose(b.predict(X), a.predict(X), atol=1e-12)
    for e in (a, b):                        # a fit that goes on has an optimizer of its own
        e.set_params(warm_start=True, max_iter=3).fit(X, y)
    for u, v in zip(a.coefs_ + a.intercepts_, b.coefs_ + b.intercepts_):
        np.testing.assert_allclose(v, u, rtol=0, atol=1e-11)


@pytest.mark.filterwarnings("ignore")
def test_single_precision_is_near():
    a, b = pair("MLPClassifier", hidden_layer_sizes=(20,))
    rows = X.astype(np.float32)
    for e in (a, b):
        e.fit(rows, DIGITS)
    assert {w.dtype for w in b.coefs_ + b.intercepts_} == {np.dtype(np.float32)}
    np.testing.assert_allclose(b.loss_curve_, a.loss_curve_, rtol=1e-4)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("y", [DIGITS, DIGITS > 4], ids=["ten", "two"])
@pytest.mark.parametrize("settings", [
    {}, {"C": 0.01}, {"fit_intercept": False}, {"class_weight": "balanced"},
    {"class_weight": {0: 3.0, 1: 0.5}}, {"weights": WEIGHTS}])
def test_logistic_regression_is_the_same(y, settings):
    """Both find the minimum to a gradient of 1e-9: weights agree to its root, roughly."""
    settings = dict(settings)
    weights = settings.pop("weights", None)
    settings |= {"tol": 1e-9, "max_iter": 5000}
    a = sklearn.linear_model.LogisticRegression(**settings).fit(X, y, weights)
    b = ours.LogisticRegression(**settings).fit(X, y, weights)
    assert b.coef_.shape == a.coef_.shape and b.intercept_.shape == a.intercept_.shape
    np.testing.assert_allclose(b.coef_, a.coef_, atol=1e-4)
    np.testing.assert_allclose(b.predict_proba(X), a.predict_proba(X), atol=1e-5)
    np.testing.assert_allclose(b.decision_function(X), a.decision_function(X), atol=1e-3)
    assert (b.predict(X) == a.predict(X)).all()
