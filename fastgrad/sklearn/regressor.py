"""MLPRegressor."""

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if

from fastgrad.sklearn.perceptron import Perceptron


class MLPRegressor(RegressorMixin, Perceptron):
    """Multi-layer perceptron regressor, compiled: scikit-learn's, and more.

    Parameters
    ----------
    loss : {"squared_error", "poisson"} or callable(values, outputs) -> node
        A loss of one's own, written with fastgrad's nodes of (rows, outputs): a number for each
        row, or for each row and output.
    hidden_layer_sizes, activation, solver, ... : see MLPClassifier
        All its parameters but `class_weight`.

    Notes
    -----
    As in scikit-learn, what is trained sums the halved squares over outputs, and `loss_` has their
    mean. L-BFGS gets the loss that belongs to its gradient, where scikit-learn's gives it the mean.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(300, 2))
    >>> model = MLPRegressor(hidden_layer_sizes=(20,), activation="tanh", solver="lbfgs",
    ...                      random_state=0, max_iter=500, tol=1e-3)
    >>> model.fit(X, X[:, 0] * X[:, 1]).score(X, X[:, 0] * X[:, 1]) > 0.9
    True
    """

    _losses = ("squared_error", "poisson")

    def __init__(self, loss: Any = "squared_error", hidden_layer_sizes: Any = (100,),
                 activation: Any = "relu", *, solver="adam", alpha: float = 0.0001,
                 batch_size: Any = "auto", learning_rate="constant",
                 learning_rate_init: float = 0.001, power_t: float = 0.5, max_iter=200,
                 shuffle=True, random_state: Any = None, tol: float = 1e-4, verbose: Any = False,
                 warm_start=False, momentum: float = 0.9, nesterovs_momentum=True,
                 early_stopping=False, validation_fraction: float = 0.1, beta_1: float = 0.9,
                 beta_2: float = 0.999, epsilon: float = 1e-8, n_iter_no_change: Any = 10,
                 max_fun=15000, dropout: Any = 0.0, batch_norm=False, dtype: Any = None,
                 num_threads: Any = None, callbacks: Any = None, progress: Any = None):
        for name, value in {**locals()}.items():
            if name not in ("self", "__class__"):
                setattr(self, name, value)

    def fit(self, X, y, sample_weight=None):
        """Train on rows.

        Parameters
        ----------
        X : array or sparse matrix of (rows, features)
        y : array of (rows,) or (rows, outputs)
        sample_weight : array of (rows,), optional

        Returns
        -------
        self
        """
        return self._fit(X, y, sample_weight)

    @available_if(Perceptron._check_solver)
    def partial_fit(self, X, y, sample_weight=None):
        """Train one epoch on these rows, going on from what is learnt."""
        return self._fit(X, y, sample_weight, incremental=True)

    def _read(self, X, y, first, incremental):
        X, y = self._read_rows(X, y, first, y_numeric=True)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        labels = np.ascontiguousarray(y.reshape(len(y), -1), X.dtype)
        if not first and labels.shape[1] != self.n_outputs_:
            raise ValueError(f"`y` has {labels.shape[1]} columns; expected {self.n_outputs_}, as "
                             "before.")
        if self.loss == "poisson" and labels.size and labels.min() < 0:
            raise ValueError("loss='poisson' needs y of 0 or more; the least is "
                             f"{labels.min()}.")
        self.n_outputs_ = labels.shape[1]
        return X, y, labels

    def _output(self):
        return "exp" if self.loss == "poisson" else "identity"

    def _stratified(self, labels):
        return None

    def _score(self, outputs, labels, sample_weight):
        return r2_score(labels, outputs, sample_weight=sample_weight)

    def predict(self, X):
        """The values of each row: (rows,), or (rows, outputs)."""
        found = self._predicted(self._rows(X))
        return found[:, 0] if found.shape[1] == 1 else found


__all__ = ["MLPRegressor"]
