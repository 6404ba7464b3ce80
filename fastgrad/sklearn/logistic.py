"""LogisticRegression: softmax regression by L-BFGS, for tables with many rows."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from fastgrad.sklearn import settings
from fastgrad.sklearn.architecture import Architecture
from fastgrad.sklearn.functions import Functions
from fastgrad.sklearn.lbfgs import Objective, minimised
from fastgrad.sklearn.pool import POOL
from fastgrad.sklearn.rows import row_weights

FLAT = 64 * np.finfo(float).eps         # a relative decrease of the loss below which it is over


class LogisticRegression(ClassifierMixin, BaseEstimator):
    """Logistic and softmax regression with a quadratic penalty, compiled.

    Minimises `C sum(weight_i loss_i) + sum(coef^2) / 2`, scikit-learn's objective with its default
    penalty, by L-BFGS. Rows are passed over once an evaluation, in blocks.

    Parameters
    ----------
    C : float
        Inverse strength of the penalty; `numpy.inf` for none.
    tol : float
        Bound of the largest component of the gradient of the mean loss.
    fit_intercept : bool
    class_weight : None, "balanced" or dict
    max_iter : int
    verbose : bool
    warm_start : bool
    solver, random_state
        For scikit-learn's sake: there is "lbfgs", which draws nothing.
    dtype : {None, "float32", "float64"}
        What is computed in; None for that of X.
    num_threads : int, optional

    Attributes
    ----------
    classes_, coef_, intercept_, n_iter_, n_features_in_
        As scikit-learn's: one row of `coef_` for two classes, else a row a class.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> LogisticRegression(max_iter=500).fit(X, y).score(X, y) > 0.95
    True
    """

    def __init__(self, *, C: float = 1.0, tol: float = 1e-4, fit_intercept: Any = True,
                 class_weight: Any = None, max_iter=100, verbose: Any = False, warm_start=False,
                 solver="lbfgs", random_state: Any = None, dtype: Any = None,
                 num_threads: Any = None):
        self.C, self.tol, self.fit_intercept = C, tol, fit_intercept
        self.class_weight, self.max_iter, self.verbose = class_weight, max_iter, verbose
        self.solver, self.random_state = solver, random_state
        self.warm_start, self.dtype, self.num_threads = warm_start, dtype, num_threads

    def fit(self, X, y, sample_weight=None):
        """Find the weights.

        Parameters
        ----------
        X : array or sparse matrix of (rows, features)
        y : array of (rows,)
        sample_weight : array of (rows,), optional

        Returns
        -------
        self
        """
        settings.check(self)
        if self.solver != "lbfgs":
            raise ValueError("LogisticRegression: solver must be 'lbfgs'; got "
                             f"{self.solver!r:.40}.")
        kinds = (np.float64, np.float32) if self.dtype is None else self.dtype
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=kinds, order="C")
        check_classification_targets(y)
        y = column_or_1d(y, warn=True)
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError("This solver needs samples of at least 2 classes in the data, but "
                             f"the data contains only one class: {classes[0]!r}.")
        weights = row_weights(X, y, sample_weight, self.class_weight)
        many = len(classes) > 2
        labels = codes.astype(np.int64) if many else codes.astype(X.dtype)[:, None]
        net = Architecture((X.shape[1], len(classes) if many else 1), (), (), False,
                           "softmax" if many else "logistic", "log_loss", X.dtype.name)
        start = self._start(net, classes, X.dtype)
        self.classes_ = classes
        key = net, self.num_threads
        functions = POOL.take(key, lambda: Functions(*key))
        objective = Objective(functions, X, labels, weights, 1.0 / self.C, start,
                              fixed=0 if self.fit_intercept else 1)
        (coef, intercept), loss, iterations = minimised(
            objective, self.max_iter, type(self).__name__, self._tell if self.verbose else None,
            gtol=self.tol, ftol=FLAT, maxls=50, maxfun=50 * self.max_iter)
        POOL.give(key, functions)
        if not (np.isfinite(coef).all() and np.isfinite(intercept).all()):
            raise ValueError("L-BFGS produced weights that are not finite: scale the data.")
        self.coef_, self.intercept_ = np.ascontiguousarray(coef.T), intercept
        self.n_iter_ = np.array([iterations], np.int32)
        return self

    def _start(self, net, classes, dtype):
        features, outputs = net.units
        if self.warm_start and hasattr(self, "coef_") and \
                self.coef_.shape == (outputs, features) and np.array_equal(classes, self.classes_):
            return [np.ascontiguousarray(self.coef_.T, dtype), self.intercept_.astype(dtype)]
        return [np.zeros((features, outputs), dtype), np.zeros(outputs, dtype)]

    def _tell(self, iteration, found):
        print("Iteration %d, loss = %.8f" % (iteration + 1, found.fun))

    # ---- predicting ----
    def decision_function(self, X):
        """Logits: (rows,) for two classes, else (rows, classes)."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", reset=False)
        z = safe_sparse_dot(X, self.coef_.T, dense_output=True) + self.intercept_
        return z[:, 0] if len(self.classes_) == 2 else z

    def predict(self, X):
        """The class of each row."""
        z = self.decision_function(X)
        return self.classes_[(z > 0).astype(np.intp) if z.ndim == 1 else z.argmax(1)]

    def predict_proba(self, X):
        """The probability of each class: (rows, classes)."""
        return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X):
        """The logarithm of the probability of each class, also where that would round to 0."""
        z = self.decision_function(X)
        if z.ndim == 1:
            return np.stack([-np.logaddexp(0, z), -np.logaddexp(0, -z)], 1)
        z = z - z.max(1, keepdims=True)
        return z - np.log(np.exp(z).sum(1, keepdims=True))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


__all__ = ["LogisticRegression"]
