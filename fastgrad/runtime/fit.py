"""Session.fit: epochs of minibatches in compiled loops, with validation, early stopping, history,
callbacks and progress.

Python reports, judges and means; steps run in `fit_loop`. The order of rows depends on `seed`
alone, and the last short batch is trained with a plan of its own. One batch of all rows is not
shuffled: its order changes nothing but rounding. Validation runs between two epochs.
"""

import time

import numpy as np

from fastgrad.graph.doors import door
from fastgrad.runtime.early_stopping import Best
from fastgrad.runtime.fit_data import rows_of
from fastgrad.runtime.fit_loop import Loop
from fastgrad.runtime.fit_metrics import reported
from fastgrad.runtime.history import History, NaNs, last_of
from fastgrad.runtime.progress import Progress

VALIDATED_AT_ONCE = 1024        # rows a step of validation has at least: bounds its memory


@door
def fit(session, train_op, data, *, batch_size=None, epochs=1, shuffle=True, seed=None,
        fetches=None, metrics=None, validation=None, patience=None, monitor=None, mode=None,
        min_delta=0.0, sample_weight=None, class_weight=None, callbacks=(), progress=None,
        stop_on_nan=False):
    """Train for some epochs in compiled loops.

    Parameters
    ----------
    train_op : node
        What each step runs, for example what `minimize` returned.
    data : dict
        From placeholder to an array; all arrays have the same leading length, but a single
        number (a rate, a keep probability) is fed to each step as it is.
    batch_size : int, optional
        Rows of a step; all rows if not given. A short last batch is trained too.
    epochs : int
    shuffle : bool
        Whether each epoch takes the rows in a new random order.
    seed : int, optional
        Makes the order, and which rows are held out, repeatable.
    fetches : node, or list or dict of nodes, optional
        Evaluated at each step before its update; their epoch means are the history.
    metrics : list of str, or dict of nodes or str, optional
        More fetches. "accuracy" is made from the training's cross-entropy.
    validation : dict, or float between 0 and 1, optional
        Rows that are not trained on, as `data`, or a share of `data`, drawn at random. After each
        epoch the means of the fetches over them are reported under `val_` names. Numbers fed to
        a `placeholder_with_default` by `data` are the training's alone.
    patience : int, optional
        End after so many epochs without progress. At the end, early or not, all variables that
        training writes are put back to what they were after the best epoch.
    monitor : str, optional
        The name that epochs are judged by; if not given, the first `val_` name, or without
        validation the first.
    mode : {"min", "max"}, optional
        Whether less or more of it is better; if not given, more for names that end with accuracy,
        auc, precision, recall, f1, r2 or score.
    min_delta : float
        By how much an epoch must be better to count as progress.
    sample_weight : array of (rows,), optional
        The weight of each row in a loss made with `weights=losses.sample_weight()`.
    class_weight : "balanced", or dict of class to number, optional
        The weight of each class, in training; `{labels: ...}` names the placeholder of the classes
        if `data` has more than one array of whole numbers.
    callbacks : iterable of callable(epoch, logs) -> bool or None
        Called after each epoch with its means; a true result ends the training.
    progress : bool, optional
        Show progress (tqdm if it is installed, else lines on stderr); if not given, only
        when the work turns out to be long.
    stop_on_nan : bool
        Whether to stop after the epoch in which a fetched number became NaN; else a warning says
        so, once, and training goes on.

    Returns
    -------
    History
        Also the session's `history` while the training runs and when it was broken off.

    Raises
    ------
    FeedError
        If the arrays' lengths differ, or one does not fit its placeholder.
    ValueError
        If a setting makes no sense: patience, validation or stop_on_nan with nothing to look at.
    KeyboardInterrupt
        On Ctrl-C, between two steps: the variables are those of the last whole step, and
        `session.history` has the epochs before.
    """
    names, nodes = reported(session, train_op, fetches, metrics)
    training, unseen = rows_of(session, train_op, data, validation, seed, sample_weight,
                               class_weight)
    batch = training.count if batch_size is None else _whole("batch_size", batch_size, 1)
    batch, epochs = min(batch, training.count), _whole("epochs", epochs, 0)
    patience = patience if patience is None else _whole("patience", patience, 1)
    _check_watched(names, unseen, patience, monitor, stop_on_nan)
    if unseen is not None:
        names, watched = [*names, *(f"val_{name}" for name in names)], nodes * 2
    else:
        watched = nodes
    best = None if patience is None else Best(session, train_op, names, patience, monitor, mode,
                                              min_delta)
    session.history = history = History(names)
    bar = Progress(progress, epochs * -(-training.count // batch))
    loop = Loop(session, [train_op, *nodes], len(nodes), training, batch, bar)
    if shuffle and batch < training.count:
        loop.shuffle(seed)
    judge = _Epochs(history, loop, _validation(session, nodes, unseen, batch), best,
                    NaNs(watched, history), list(callbacks), stop_on_nan, bar)
    started = time.perf_counter()
    try:
        judge.run(epochs)
        if best is not None:
            best.put_back()
            history.best_epoch = best.epoch
    finally:
        history.seconds = time.perf_counter() - started
        bar.close()
    return history


class _Epochs:
    """Epochs one after the other, and what is looked at between two of them."""

    def __init__(self, history, loop, validation, best, nans, callbacks, stop_on_nan, bar):
        self.history, self.loop, self.validation, self.best = history, loop, validation, best
        self.nans, self.callbacks, self.stop_on_nan, self.bar = nans, callbacks, stop_on_nan, bar
        self.singly = bool(validation or best or callbacks or stop_on_nan)

    def run(self, epochs):
        """Train for that many epochs, or fewer if something ends the training."""
        while (first := len(self.history.epoch)) < epochs:
            count = 1 if self.singly else min(epochs - first, self.loop.epochs_at_once())
            columns = self.loop.run(count)
            if self.validation is not None:
                columns += self.validation.run(1)
            self.history.add(columns, count, self.loop.steps)
            logs = last_of(self.history)
            self.bar.epoch(len(self.history.epoch), epochs, logs)
            if self._ends(first, logs):
                break

    def _ends(self, first, logs):
        has_nan = self.nans.look(first)
        return any([self.best is not None and self.best.look(first, logs),
                    has_nan and self.stop_on_nan,
                    *[callback(first, logs) for callback in self.callbacks]])


def _validation(session, nodes, unseen, batch):
    """The Loop of a validation, or None. Its batches are large where the graph leaves that open."""
    if unseen is None:
        return None
    fixed = any(has_rows and t._shape and t._shape[0] is not None
                for t, (_, has_rows) in unseen.sources.items())
    at_once = batch if fixed else max(batch, VALIDATED_AT_ONCE)
    return Loop(session, nodes, len(nodes), unseen, min(at_once, unseen.count))


def _check_watched(names, unseen, patience, monitor, stop_on_nan):
    """What looks at numbers needs some."""
    if not names and (unseen is not None or stop_on_nan):
        what = "validation" if unseen is not None else "stop_on_nan"
        raise ValueError(f"fit: {what} looks at what fetches and metrics name, and there is "
                         "nothing; give for example fetches={'loss': loss}.")
    if patience is None and monitor is not None:
        raise ValueError("fit: monitor is what patience looks at; give patience too.")


def _whole(name, value, least):
    """A count as an int, or the error."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"fit: {name} must be a whole number of {least} or more; got {value!r}.")
    if value < least:
        raise ValueError(f"fit: {name} must be a whole number of {least} or more; got {value!r}.")
    return int(value)
