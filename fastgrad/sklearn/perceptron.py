"""What the classifier and the regressor share: initial weights, epochs, when to stop.

The order of random draws is scikit-learn's (weights layer by layer, rows held out, one shuffle an
epoch), so that a `random_state` gives the fit that scikit-learn's estimator has, to rounding.
Weights, the optimizer's state and statistics are plain arrays of the estimator; compiled nets are
in `_live`, which copies and pickles leave behind.
"""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from fastgrad.sklearn import settings
from fastgrad.sklearn.architecture import NORM_ROWS, Architecture
from fastgrad.sklearn.functions import Functions
from fastgrad.sklearn.lbfgs import Objective, minimised
from fastgrad.sklearn.pool import POOL
from fastgrad.sklearn.rows import row_weights
from fastgrad.sklearn.stochastic import Epochs
from fastgrad.sklearn.trainer import Training

FLOATS = np.float64, np.float32     # what a fit computes in, by the dtype of X


class Perceptron(BaseEstimator):
    """Multi-layer perceptron; a subclass says what labels are and what the outputs mean.

    A subclass has `_losses`, names of them; `_read(X, y, first, incremental)`, which returns rows,
    the user's labels and labels as the net takes them, and sets `n_outputs_`; `_output()`, the
    activation of the last layer; `_stratified(labels)`, by what rows are held out; and
    `_score(guess, labels, sample_weight)`.
    """

    # ---- fitting ----
    def _fit(self, X, y, sample_weight=None, incremental=False):
        settings.check(self, self._losses)
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True: it has no rows to "
                             "hold out. Set it to False.")
        units = settings.hidden_units(self.hidden_layer_sizes)
        first = not hasattr(self, "coefs_") or not (self.warm_start or incremental)
        X, y, labels = self._read(X, y, first, incremental)
        sample_weight = row_weights(X, y, sample_weight, getattr(self, "class_weight", None))
        random = self._random_state = check_random_state(self.random_state)
        if first or self._units() != (X.shape[1], *units, self.n_outputs_):
            self._begin(X, units, random)
        net = self._shape = self._architecture()
        if self.solver == "lbfgs":
            self._fit_lbfgs(net, X, labels, sample_weight)
        else:
            Epochs(self, net, self._training(sample_weight), random).fit(
                X, labels, sample_weight, incremental)
        if not all(np.isfinite(w).all() for w in self._arrays()):
            raise ValueError("Solver produced non-finite parameter weights. The input data may "
                             "contain large values and need to be preprocessed; a smaller "
                             "learning_rate_init may help too.")
        return self

    def _read_rows(self, X, y, reset, **checks):
        """Rows of a floating dtype and labels, checked."""
        kinds = FLOATS if self.dtype is None else self.dtype
        return validate_data(self, X, y, accept_sparse="csr", multi_output=True, dtype=kinds,
                             order="C", reset=reset, **checks)

    def _units(self):
        return (*(w.shape[0] for w in self.coefs_), self.coefs_[-1].shape[1])

    def _begin(self, X, hidden, random):
        """Glorot's initial weights, and nothing learnt yet."""
        units, dtype = (X.shape[1], *hidden, self.n_outputs_), X.dtype
        self.n_layers_, self.out_activation_ = len(units), self._output()
        self.n_iter_ = self.t_ = 0
        kinds = settings.activations(self.activation, len(hidden))
        kinds = (*kinds, kinds[-1] if kinds else self.activation)
        self.coefs_, self.intercepts_ = [], []
        for fan_in, fan_out, kind in zip(units, units[1:], kinds):
            bound = np.sqrt((2.0 if kind == "logistic" else 6.0) / (fan_in + fan_out))
            for shape, found in ((fan_in, fan_out), self.coefs_), ((fan_out,), self.intercepts_):
                found.append(random.uniform(-bound, bound, shape).astype(dtype, copy=False))
        self.norms_ = [np.repeat(np.array([1, 0, 0, 1], dtype)[:, None], n, 1)
                       for n in hidden] if self.batch_norm else []
        self._seed = int(random.randint(2**31 - 1)) if any(
            settings.dropout(self.dropout, len(hidden))) else None
        self._live, self._optimizer, self._no_improvement_count = {}, None, 0
        self._best = [w.copy() for w in self._arrays()]
        self.loss_curve_, self.best_loss_ = [], None if self.early_stopping else np.inf
        self.validation_scores_ = [] if self.early_stopping else None
        self.best_validation_score_ = -np.inf if self.early_stopping else None

    def _architecture(self):
        units = self._units()
        hidden = len(units) - 2
        return Architecture(
            units, settings.activations(self.activation, hidden),
            settings.dropout(self.dropout, hidden), bool(self.norms_), self.out_activation_,
            self.loss, self.coefs_[0].dtype.name)

    def _training(self, sample_weight):
        numbers = (self.beta_1, self.beta_2, self.epsilon) if self.solver == "adam" else (
            self.momentum, bool(self.nesterovs_momentum))
        if any(self._shape.dropout) and self._seed is None:     # set after a fit without
            self._seed = int(self._random_state.randint(2**31 - 1))
        return Training(self.solver, tuple(map(float, numbers)), sample_weight is not None,
                        self.alpha > 0, self.num_threads, self._seed)

    def _fit_lbfgs(self, net, X, labels, sample_weight):
        if net.norm or any(net.dropout):
            raise ValueError(f"{type(self).__name__}: dropout and batch_norm need solver='adam' "
                             "or 'sgd': L-BFGS wants the same loss at every evaluation.")
        functions = POOL.take((net, self.num_threads), lambda: Functions(net, self.num_threads))
        objective = Objective(functions, X, labels, sample_weight, self.alpha,
                              self.coefs_ + self.intercepts_)

        def callback(epoch, found):
            return self._told(epoch, {"loss": objective.reported(found.x, float(found.fun))})
        weights, self.loss_, self.n_iter_ = minimised(
            objective, self.max_iter, type(self).__name__,
            callback if self.callbacks or self.verbose else None, maxfun=self.max_fun,
            gtol=self.tol)
        self._keep(weights)
        POOL.give((net, self.num_threads), functions)

    def _told(self, epoch, logs):
        """Tell callbacks and the screen of an epoch; whether one wants to end."""
        if self.verbose:
            print("Iteration %d, loss = %.8f" % (epoch + 1, logs["loss"]))
            if "validation_score" in logs:
                print("Validation score: %f" % logs["validation_score"])
        return any([callback(epoch, logs) for callback in self.callbacks or ()])

    # ---- weights as arrays ----
    def _arrays(self):
        """All weights, in the order of `Architecture.shapes` and then `moving_shapes`."""
        return [*self.coefs_, *self.intercepts_, *(n[i] for n in self.norms_ for i in (0, 1)),
                *(n[i] for n in self.norms_ for i in (2, 3))]

    def _keep(self, weights):
        """Take weights in that order."""
        layers = len(self.coefs_)
        weights = [np.ascontiguousarray(w) for w in weights]
        self.coefs_, self.intercepts_ = weights[:layers], weights[layers:2 * layers]
        learnt, hidden = weights[2 * layers:], len(self.norms_)
        self.norms_ = [np.stack([*learnt[2 * i:2 * i + 2],
                                 *learnt[2 * (hidden + i):2 * (hidden + i) + 2]])
                       for i in range(hidden)]
        assert all(n.shape[0] == NORM_ROWS for n in self.norms_)

    def __getstate__(self):
        """Arrays and plain data; compiled nets stay behind."""
        state = super().__getstate__().copy()
        if "_live" in state:
            state["_live"] = {}
        return state

    # ---- predicting ----
    def _rows(self, X):
        """Rows to predict, in the weights' dtype; what needs no check is not checked again."""
        if "coefs_" not in self.__dict__:
            check_is_fitted(self)
        dtype = self.coefs_[0].dtype
        if (type(X) is np.ndarray and X.ndim == 2 and X.dtype in FLOATS and X.flags.c_contiguous
                and X.shape[1] == self.n_features_in_ and X.shape[0] and
                "feature_names_in_" not in self.__dict__ and np.isfinite(X).all()):
            return X.astype(dtype, copy=False)
        X = validate_data(self, X, accept_sparse="csr", reset=False,
                          dtype=FLOATS, order="C")
        return X.astype(dtype, copy=False)

    def _predicted(self, X):
        """The outputs for rows that are checked."""
        key = self._shape, self.num_threads
        functions = POOL.take(key, lambda: Functions(*key))
        found = functions.predict(X, self._arrays())
        POOL.give(key, functions)
        return found

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _check_solver(self):
        if self.solver == "lbfgs":
            raise AttributeError("partial_fit needs solver='adam' or 'sgd'; solver='lbfgs' takes "
                                 "all rows at once.")
        return True
