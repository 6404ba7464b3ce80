"""fastgrad's estimators against scikit-learn's: `python -m bench.estimators [rounds]`.

In one process, in turns: all fit the same rows of float64 from the same `random_state`, so that
they take the same steps, and the fastest round of each counts. fastgrad computes in float64, as
scikit-learn does, and with `dtype="float32"`. scikit-learn's BLAS has one thread: on
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
    """Print a table: milliseconds, how many times as fast, scores on unseen rows, the bar."""
    import sklearn.neural_network as theirs
    from threadpoolctl import threadpool_limits

    import fastgrad.sklearn as ours
    warnings.simplefilter("ignore")
    print("ms, fastest of", rounds, "rounds; times as fast in brackets; 'first' compiles too")
    print(f"{'case':28} {'scikit-learn':>12} {'float64':>16} {'float32':>16} {'first':>8} "
          f"{'bar':>4}  scores")
    with threadpool_limits(1):
        for name, (kind, settings, seen, unseen) in _cases().items():
            settings = {"random_state": 1, **settings}
            models = [getattr(theirs, kind)(**settings), getattr(ours, kind)(**settings),
                      getattr(ours, kind)(**settings, dtype="float32")]
            first = _seconds(lambda: models[1].fit(*seen))
            found = [min(s) for s in zip(*([_seconds(lambda: m.fit(*seen)) for m in models]
                                           for _ in range(rounds)))]
            _row(name, found, first, [m.score(*unseen) for m in models])
            if name == "digits, adam":
                one, calls = seen[0][:1], 300
                last = [min(_seconds(lambda: [m.predict_proba(one) for _ in range(calls)]) / calls
                            for _ in range(5 * rounds)) for m in models]
        _row("predict_proba of one row", last, None, ())


def _row(name, found, first, scores):
    theirs, *ours = (1e3 * s for s in found)
    cells = " ".join(f"{s:9.3f} ({theirs / s:4.1f})" for s in ours)
    print(f"{name:28} {theirs:12.3f} {cells} {'' if first is None else f'{1e3 * first:.1f}':>8} "
          f"{BARS[name]:4}  {' '.join(f'{s:.4f}' for s in scores)}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
