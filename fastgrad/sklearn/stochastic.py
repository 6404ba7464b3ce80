"""Epochs of adam and sgd for an estimator: shuffling, schedules, early stopping."""

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from fastgrad.graph.doors import warn
from fastgrad.runtime.progress import Progress
from fastgrad.sklearn.pool import POOL
from fastgrad.sklearn.trainer import Trainer

SMALLEST_RATE = 1e-6        # of the adaptive schedule


class Epochs:
    """One call of `fit` or `partial_fit` of an estimator.

    Parameters
    ----------
    estimator : Perceptron
    net : Architecture
    how : Training
    random : RandomState
    """

    def __init__(self, estimator, net, how, random):
        self.estimator, self.net, self.how, self.random = estimator, net, how, random
        self.rate, self.unseen = float(estimator.learning_rate_init), None

    def fit(self, X, labels, sample_weight, incremental):
        """Train until the estimator's settings say that it is enough."""
        e = self.estimator
        order = np.arange(X.shape[0], dtype=np.int64)
        if e.early_stopping:
            order, unseen = held_out(
                X.shape[0], e.validation_fraction, e._stratified(labels), self.random)
            self.unseen = (X[unseen], labels[unseen],
                           None if sample_weight is None else sample_weight[unseen])
        trainer = self._trainer()
        try:
            kept = e._optimizer if incremental else None
            if kept is not None and kept["solver"] == self.how.solver:
                self.rate = kept["rate"]
            else:
                kept = None
            trainer.load(e._arrays(), None if kept is None else kept["state"])
            trainer.begin(X, labels, sample_weight, self.rate, float(e.alpha),
                          _batch(e, len(order)))
            self._run(trainer, order, incremental)
            e._optimizer = {"solver": self.how.solver, "rate": self.rate,
                            "state": trainer.state()}
            e._keep(e._best if e.early_stopping else trainer.weights())
        finally:
            trainer.end()
        if incremental or self.how.seed is not None:
            e._live["trainer"] = (self.net, self.how), trainer
        else:
            POOL.give((self.net, self.how), trainer)

    def _trainer(self):
        """The estimator's own, as `partial_fit` left it, or one that is idle."""
        key, own = (self.net, self.how), self.estimator._live.pop("trainer", None)
        if own is not None and own[0] == key:
            return own[1]
        return POOL.take(key, lambda: Trainer(*key))

    def _run(self, trainer, order, incremental):
        e, epochs = self.estimator, 1 if incremental else self.estimator.max_iter
        bar = Progress(bool(e.progress), epochs)
        e.n_iter_ = 0
        try:
            for epoch in range(epochs):
                if e.shuffle:
                    shuffled = np.arange(len(order))
                    self.random.shuffle(shuffled)
                    order = order[shuffled]
                e.loss_ = trainer.epoch(order)
                if self._ends(trainer, epoch, len(order), bar):
                    break
            else:
                if not incremental:
                    warn(f"Stochastic Optimizer: Maximum iterations ({e.max_iter}) reached and "
                         "the optimization hasn't converged yet.", ConvergenceWarning)
        except KeyboardInterrupt:
            warn("Training interrupted by user.")
        finally:
            bar.close()

    def _ends(self, trainer, epoch, rows, bar):
        """Note an epoch; whether it is the last."""
        e = self.estimator
        e.n_iter_ += 1
        e.t_ += rows
        e.loss_curve_.append(e.loss_)
        logs = {"loss": e.loss_}
        if e.early_stopping:
            logs["validation_score"] = self._validate(trainer)
        elif e.loss_ > e.best_loss_ - e.tol:
            e._no_improvement_count += 1
        else:
            e._no_improvement_count = 0
        if not e.early_stopping:
            e.best_loss_ = min(e.best_loss_, e.loss_)
        bar.advance(1)
        bar.epoch(epoch + 1, e.max_iter, logs)
        wanted = e._told(epoch, logs)
        if self.how.solver == "sgd" and e.learning_rate == "invscaling":
            self._set_rate(trainer, e.learning_rate_init / (e.t_ + 1) ** e.power_t)
        if e._no_improvement_count > e.n_iter_no_change:
            if self._is_enough(trainer):
                return True
            e._no_improvement_count = 0
        return wanted

    def _validate(self, trainer):
        """Score the rows held out, and keep the best weights."""
        e = self.estimator
        X, labels, sample_weight = self.unseen
        guess = trainer.predict(X)
        score = e._score(guess, labels, sample_weight) if np.isfinite(guess).all() else np.nan
        e.validation_scores_.append(score)
        if score < e.best_validation_score_ + e.tol:
            e._no_improvement_count += 1
        else:
            e._no_improvement_count = 0
        if score > e.best_validation_score_:
            e.best_validation_score_, e._best = score, trainer.weights()
        return score

    def _is_enough(self, trainer):
        """Whether no progress ends the training, or the adaptive schedule goes on."""
        e = self.estimator
        what = "Validation score" if e.early_stopping else "Training loss"
        text = (f"{what} did not improve more than tol={e.tol:f} for {e.n_iter_no_change} "
                "consecutive epochs.")
        if self.how.solver == "adam" or e.learning_rate != "adaptive":
            end = "Stopping."
        elif self.rate <= SMALLEST_RATE:
            end = "Learning rate too small. Stopping."
        else:
            self._set_rate(trainer, self.rate / 5.0)
            end = f"Setting learning rate to {self.rate:f}"
        if e.verbose:
            print(text, end)
        return end.endswith("Stopping.")

    def _set_rate(self, trainer, rate):
        self.rate = rate
        trainer.set_rate(rate)


def _batch(estimator, rows):
    """Rows of a step."""
    if estimator.batch_size == "auto":
        return min(200, rows)
    if estimator.batch_size > rows:
        warn("Got `batch_size` less than 1 or larger than sample size. It is going to be clipped")
    return min(int(estimator.batch_size), rows)


def held_out(rows, fraction, labels, random):
    """(rows to train on, rows to score), as `train_test_split` draws them."""
    training, unseen = train_test_split(np.arange(rows), random_state=random, test_size=fraction,
                                        stratify=labels)
    if len(unseen) < 2:
        raise ValueError("The validation set is too small. Increase 'validation_fraction' or the "
                         "size of your dataset.")
    return training, unseen
