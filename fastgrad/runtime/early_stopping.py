"""Early stopping: which epoch was the best, its variables, and when to end."""

import numpy as np

from fastgrad.compiler.order import behind, written

MORE_IS_BETTER = ("accuracy", "acc", "auc", "precision", "recall", "f1", "r2", "score")


class Best:
    """Keeps the variables of the best epoch.

    Parameters
    ----------
    session : Session
    train_op : node
        Its run writes what is kept: weights, slots of optimizers, moving averages.
    names : list of str
        What epochs are judged by; without `monitor` the first `val_` name, or the first.
    patience : int
        Epochs without progress before `look` says to end.
    monitor : str, optional
    mode : {"min", "max"}, optional
        Which numbers are better; by the name, if not given.
    min_delta : float
        What counts as progress.
    """

    def __init__(self, session, train_op, names, patience, monitor, mode, min_delta):
        self.session, self.patience, self.min_delta = session, patience, float(min_delta)
        self.monitor = _monitored(names, monitor)
        if mode not in (None, "min", "max"):
            raise ValueError(f"fit: mode must be 'min' or 'max'; got {mode!r}.")
        if not self.min_delta >= 0:
            raise ValueError(f"fit: min_delta must be 0 or more; got {min_delta!r}.")
        if mode is None:
            last = self.monitor.replace("/", "_").split("_")[-1]
            mode = "max" if last in MORE_IS_BETTER else "min"
        self.sign = -1.0 if mode == "max" else 1.0
        self.variables = _written(session, train_op)
        self.lowest, self.epoch, self.progress, self.values = np.inf, None, -1, {}

    def look(self, epoch, logs):
        """Keep the variables if `epoch` is the best so far; whether it is time to end."""
        value = logs[self.monitor]
        if value is None or np.ndim(value):
            raise ValueError(f"fit: patience needs a single number to judge epochs by; "
                             f"{self.monitor!r} is {'none' if value is None else 'an array'}.")
        value = self.sign * value
        if value < self.lowest - self.min_delta:
            self.progress = epoch
        if value < self.lowest:
            self.lowest, self.epoch = value, epoch
            store = self.session.store
            self.values = {v: store.copy_of(v) for v in self.variables if store.has(v)}
        return epoch - self.progress >= self.patience

    def put_back(self):
        """Give the variables the values they had after the best epoch."""
        store = self.session.store
        with store.lock.run():
            for variable, value in self.values.items():
                store.set(variable, value)


def _monitored(names, monitor):
    if monitor is None:
        if not names:
            raise ValueError("fit: patience needs a number to judge epochs by; give fetches or "
                             "metrics, for example fetches={'loss': loss}.")
        return next((n for n in names if n.startswith("val_")), names[0])
    if monitor not in names:
        raise ValueError(f"fit: monitor={monitor!r} is not reported; there is "
                         f"{', '.join(map(repr, names)) or 'nothing'}.")
    return monitor


def _written(session, train_op):
    """The operations of the variables that a run of `train_op` may write."""
    needed = behind([session._node(train_op)])
    if any(op.opdef is not None and op.opdef.evaluate is not None for op in needed):
        return [v.op for v in session.graph.variables]      # a branch or a loop: any of them
    return list({v: None for op in needed for v in written(op)})
