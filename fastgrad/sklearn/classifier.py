"""MLPClassifier."""

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels

from fastgrad.sklearn.perceptron import Perceptron


class MLPClassifier(ClassifierMixin, Perceptron):
    """Multi-layer perceptron classifier, compiled: scikit-learn's, and more.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int
        Units of each hidden layer.
    activation : str or callable(node) -> node, or a list of them, one a hidden layer
        "identity", "logistic", "tanh", "relu" as in scikit-learn; "elu", "selu", "leaky_relu",
        "relu6", "softplus", "softsign"; or a function of fastgrad's nodes.
    solver : {"adam", "sgd", "lbfgs"}
    alpha : float
        Of the penalty `alpha / 2 sum(w^2) / rows`.
    batch_size : int or "auto"
        Rows of a step; "auto" is min(200, rows).
    learning_rate : {"constant", "invscaling", "adaptive"}
        Schedule of sgd.
    learning_rate_init, power_t : float
    max_iter : int
        Epochs; of lbfgs iterations.
    shuffle : bool
    random_state : int, RandomState or None
        The same number gives the fit of scikit-learn's MLPClassifier, to rounding.
    tol : float
    verbose : bool
    warm_start : bool
    momentum, nesterovs_momentum : float, bool
        Of sgd.
    early_stopping, validation_fraction : bool, float
        Hold out a share of the rows, stop without progress on their score, keep the best weights.
    beta_1, beta_2, epsilon : float
        Of adam.
    n_iter_no_change : int
    max_fun : int
        Evaluations of lbfgs.
    loss : "log_loss" or callable(labels, logits) -> node
        A loss of one's own, written with fastgrad's nodes: a number for each row. Labels are class
        numbers (rows,), or with two classes or several labels a row (rows, outputs) of 0 and 1.
    dropout : float or list of float, one a hidden layer
        The share of units that each training step leaves out.
    batch_norm : bool
        Normalise hidden layers over the batch, before their activation.
    dtype : {None, "float32", "float64"}
        What is computed in; None for that of X, as in scikit-learn.
    class_weight : None, "balanced" or dict
    num_threads : int, optional
    callbacks : list of callable(epoch, logs) -> bool or None
        Called after each epoch with `loss` and, when stopping early, `validation_score`; a true
        result ends the training.
    progress : bool, optional
        Show a bar (tqdm, else lines on stderr).

    Attributes
    ----------
    classes_, coefs_, intercepts_, loss_, best_loss_, loss_curve_, validation_scores_,
    best_validation_score_, n_iter_, t_, n_layers_, n_outputs_, out_activation_, n_features_in_
        As scikit-learn's.
    norms_ : list of ndarray of (4, units)
        Of each normalised layer gamma, beta, moving mean and moving variance.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((16, 8), activation=["tanh", "tanh"], solver="lbfgs", random_state=0,
    ...                       alpha=0.1, max_iter=500, tol=1e-3)
    >>> model.fit(X, y).score(X, y) > 0.9
    True
    """

    _losses = ("log_loss",)

    def __init__(self, hidden_layer_sizes: Any = (100,), activation: Any = "relu", *,
                 solver="adam", alpha: float = 0.0001, batch_size: Any = "auto",
                 learning_rate="constant", learning_rate_init: float = 0.001,
                 power_t: float = 0.5, max_iter=200, shuffle=True, random_state: Any = None,
                 tol: float = 1e-4, verbose: Any = False, warm_start=False, momentum: float = 0.9,
                 nesterovs_momentum=True, early_stopping=False, validation_fraction: float = 0.1,
                 beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-8,
                 n_iter_no_change: Any = 10, max_fun=15000, loss: Any = "log_loss",
                 dropout: Any = 0.0, batch_norm=False, dtype: Any = None,
                 class_weight: Any = None, num_threads: Any = None, callbacks: Any = None,
                 progress: Any = None):
        for name, value in {**locals()}.items():
            if name not in ("self", "__class__"):
                setattr(self, name, value)

    def fit(self, X, y, sample_weight=None):
        """Train on rows.

        Parameters
        ----------
        X : array or sparse matrix of (rows, features)
        y : array of (rows,) classes, or (rows, labels) of 0 and 1
        sample_weight : array of (rows,), optional

        Returns
        -------
        self
        """
        return self._fit(X, y, sample_weight)

    @available_if(Perceptron._check_solver)
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """Train one epoch on these rows, going on from what is learnt.

        Parameters
        ----------
        classes : array, at the first call
            All classes that any call will have.
        """
        if not hasattr(self, "coefs_"):
            if classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit.")
            self._declared = None if type_of_target(y).startswith("multilabel") else \
                unique_labels(classes)
        elif classes is not None and not np.array_equal(unique_labels(classes), self.classes_):
            raise ValueError(f"`classes={classes!r}` is not the same as on last call to "
                             f"partial_fit, was: {self.classes_!r}")
        return self._fit(X, y, sample_weight, incremental=True)

    # ---- labels ----
    def _read(self, X, y, first, incremental):
        X, y = self._read_rows(X, y, first)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        kind = type_of_target(y, input_name="y")
        if kind not in ("binary", "multiclass", "multilabel-indicator"):
            check_classification_targets(y)         # words what is no class
            raise ValueError(f"y is {kind}; expected one column of classes, or columns of 0 and 1.")
        declared = self.__dict__.pop("_declared", None) if incremental else None
        if kind == "multilabel-indicator":
            return X, y, self._labels(y, X.dtype, first)
        found, codes = np.unique(y, return_inverse=True)
        if first:
            self.classes_ = found if declared is None else declared
            self._kind = "multiclass" if len(self.classes_) > 2 else "binary"
            self.n_outputs_ = 1 if self._kind == "binary" else len(self.classes_)
        if self._kind == "multilabel" or found is not self.classes_ and len(
                np.setdiff1d(found, self.classes_)):
            raise ValueError(f"`y` has classes not in `self.classes_`. `self.classes_` has "
                             f"{self.classes_}. 'y' has {found}.")
        codes = np.searchsorted(self.classes_, found)[codes]
        return X, y, (codes.astype(np.int64) if self._kind == "multiclass" else
                      codes.astype(X.dtype)[:, None])

    def _labels(self, y, dtype, first):
        """Several labels a row, as numbers of `dtype`."""
        if first:
            self.classes_, self._kind = np.arange(y.shape[1]), "multilabel"
            self.n_outputs_ = y.shape[1]
        if self._kind != "multilabel" or y.shape[1] != len(self.classes_):
            raise ValueError(f"`y` has {y.shape[1]} columns of labels; expected "
                             f"{len(self.classes_)} {self._kind} classes, as before.")
        return np.ascontiguousarray(y.toarray() if hasattr(y, "toarray") else y, dtype)

    # ---- outputs ----
    def _output(self):
        return "softmax" if self._kind == "multiclass" else "logistic"

    def _stratified(self, labels):
        return labels if self.n_outputs_ == 1 else None

    def _guessed(self, outputs):
        """Labels as the net takes them."""
        return outputs.argmax(1) if self._kind == "multiclass" else outputs > 0.5

    def _score(self, outputs, labels, sample_weight):
        right = self._guessed(outputs) == labels
        if right.ndim == 2:
            right = right.all(1)
        return float(np.average(right, weights=sample_weight))

    def predict(self, X):
        """The class of each row, or its labels."""
        codes = self._guessed(self._predicted(self._rows(X)))
        if self._kind == "multilabel":
            return codes.astype(np.int64)
        if len(self.classes_) == 1:
            return np.repeat(self.classes_, len(codes))
        return self.classes_[codes if self._kind == "multiclass" else codes[:, 0].astype(np.intp)]

    def predict_proba(self, X):
        """The probability of each class, in the order of `classes_`: (rows, classes)."""
        found = self._predicted(self._rows(X))
        if self._kind != "binary":
            return found
        both = np.empty((len(found), 2), found.dtype)
        both[:, 1] = found[:, 0]
        np.subtract(1, found[:, 0], out=both[:, 0])
        return both

    def predict_log_proba(self, X):
        """The logarithm of `predict_proba`."""
        return np.log(self.predict_proba(X))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


__all__ = ["MLPClassifier"]
