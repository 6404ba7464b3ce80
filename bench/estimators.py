"""fastgrad's estimators against scikit-learn's: `python -m bench.estimators [rounds]`.

Pairs in one process, in turns: both fit the same rows from the same `random_state`, so that they
take the same steps, and the fastest round of each counts. scikit-learn's BLAS has one thread: on
products this small more threads make it slower.
"""

import sys
import time
import warnings

import numpy as np

BARS = {"digits, adam": 10, "regression, adam": 10, "5 classes, adam": 12,
        "digits, sgd, early stopping": 5, "predict_proba of one row": 3}


def _tables():
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
    images, labels = load_digits(return_X_y=True)
    digits = train_test_split(images / 16, labels, random_state=0)
    rng = np.random.default_rng(0)
    table = rng.normal(size=(20000, 20))
    values = np.sin(table[:, 0]) + table[:, 1] * table[:, 2]
    wide = rng.normal(size=(20000, 50))
    classes = (wide @ rng.normal(size=(50, 5))).argmax(1)
    half = slice(10000), slice(10000, None)
    return (digits, (table[half[0]], table[half[1]], values[half[0]], values[half[1]]),
            (wide[half[0]], wide[half[1]], classes[half[0]], classes[half[1]]),
            (table, values), (wide, classes))


def _cases():
    """{name: (estimator's name, settings, rows to fit, rows to score)}."""
    digits, _, _, regression, classes = _tables()
    train, test, y, y_test = digits
    seen, unseen = (train, y), (test, y_test)
    return {
        "digits, adam": ("MLPClassifier", dict(
            hidden_layer_sizes=(64,), batch_size=32, max_iter=60, n_iter_no_change=60),
            seen, unseen),
        "regression, adam": ("MLPRegressor", dict(
            hidden_layer_sizes=(64, 64), batch_size=200, max_iter=10), regression, regression),
        "5 classes, adam": ("MLPClassifier", dict(
            hidden_layer_sizes=(32,), max_iter=10), classes, classes),
        "digits, sgd, early stopping": ("MLPClassifier", dict(
            hidden_layer_sizes=(100, 50), solver="sgd", learning_rate_init=0.1,
            early_stopping=True, max_iter=60), seen, unseen)}


def _seconds(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main(rounds=3):
    """Print a table: seconds of both, their ratio, scores, the bar."""
    import sklearn.neural_network as theirs
    from threadpoolctl import threadpool_limits

    import fastgrad.sklearn as ours
    warnings.simplefilter("ignore")
    print(f"{'case':30} {'scikit-learn':>12} {'fastgrad':>10} {'times':>6} {'bar':>4}  scores")
    with threadpool_limits(1):
        for name, (kind, settings, seen, unseen) in _cases().items():
            for dtype in ("float64", "float32"):
                X, y = seen[0].astype(dtype), seen[1]
                pair = [getattr(m, kind)(random_state=1, **settings) for m in (theirs, ours)]
                found = [min(s) for s in zip(*([_seconds(lambda: e.fit(X, y)) for e in pair]
                                               for _ in range(rounds)))]
                scores = [e.score(unseen[0].astype(dtype), unseen[1]) for e in pair]
                _row(f"{name}, {dtype}", found, BARS[name], scores)
                if name == "digits, adam":
                    one = X[:1]
                    calls = [min(_seconds(lambda: [e.predict_proba(one) for _ in range(200)]) / 200
                                 for _ in range(5 * rounds)) for e in pair]
                    last = calls, BARS["predict_proba of one row"]
        _row("predict_proba of one row", *last, ())


def _row(name, found, bar, scores):
    shown = " ".join(f"{s:.4f}" for s in scores)
    print(f"{name:38} {found[0]:12.6f} {found[1]:10.6f} {found[0] / found[1]:6.1f} {bar:4}  "
          f"{shown}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
