"""What a training leaves behind: its History; and the warning of a number that became NaN."""

import numpy as np

from fastgrad.graph.doors import warn
from fastgrad.runtime.curves import curves
from fastgrad.wording import where


class History:
    """What `Session.fit` returns.

    Attributes
    ----------
    epoch : list of int
    history : dict
        For each fetch its mean over each epoch, weighted by the rows of the batches; under
        `val_` names the means over the validation rows after each epoch.
    best_epoch : int or None
        The epoch whose variables were put back; None without `patience`.
    steps : int
        Training steps taken.
    seconds : float
    """

    def __init__(self, names):
        self.epoch, self.history = [], {name: [] for name in names}
        self.steps, self.seconds, self.best_epoch = 0, 0.0, None

    def add(self, columns, epochs, steps):
        """More epochs of that many steps; `columns` hold each fetch's means, one an epoch."""
        self.epoch.extend(range(len(self.epoch), len(self.epoch) + epochs))
        self.steps += epochs * steps
        for values, column in zip(self.history.values(), columns):
            values.extend(column)

    def __repr__(self):
        last = numbers({name: values[-1] for name, values in self.history.items() if values})
        return f"<History: {', '.join([f'{len(self.epoch)} epochs, {self.steps} steps', *last])}>"

    def _repr_html_(self):
        """The curves that a notebook shows."""
        return curves(self)


def last_of(history):
    """The last epoch's means by name."""
    return {name: values[-1] for name, values in history.history.items()}


def numbers(logs):
    """Those means that are single numbers, as text."""
    return [f"{name} {value:.6g}" for name, value in logs.items()
            if value is not None and np.ndim(value) == 0]


class NaNs:
    """Tells of the first fetched number whose mean is NaN.

    Nothing is looked at twice: numbers that are NaN stay so, in nearly all trainings.

    Parameters
    ----------
    nodes : list of nodes, one for each name of the history
    """

    def __init__(self, nodes, history):
        self.nodes, self.history, self.told = nodes, history, False

    def look(self, first):
        """Whether an epoch from `first` on has a NaN; warns at the first one."""
        for node, (name, values) in zip(self.nodes, self.history.history.items()):
            for i, value in enumerate(values[first:], first):
                if value is not None and np.ndim(value) == 0 and np.isnan(value):
                    if not self.told:
                        self._tell(node, name, i)
                    return True
        return False

    def _tell(self, node, name, epoch):
        self.told = True
        what = repr(name) if isinstance(node, str) else where(node)
        warn(f"fit: {what} became NaN in epoch {epoch}. A smaller learning rate or a check of the "
             "data may help; stop_on_nan=True ends the training there, and "
             "Session(check_numerics=True) names the first step that makes one.")
