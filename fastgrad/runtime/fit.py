"""Session.fit: epochs of minibatches in compiled loops, with history, callbacks and progress.

Python reports and means; shuffling, gathering rows, running steps and stacking the fetched values
happen in one call a reporting interval, without the interpreter's lock. The order of rows depends
on `seed` alone, and the last short batch is trained with a plan of its own. One batch of all rows
is not shuffled: its order changes nothing but rounding.
"""

import sys
import time

import numpy as np

from fastgrad.compiler.plan import shuffle_rows
from fastgrad.errors import FeedError, FeedTypeError
from fastgrad.graph.doors import door, warn
from fastgrad.runtime.curves import curves
from fastgrad.wording import where

REPORT_SECONDS = 0.5          # between two lines or bar updates
ROWS_AT_ONCE = 1 << 20        # trained on in one call of several epochs: bounds what is stacked
LONG_SECONDS = 2.0            # work expected to take longer shows progress by itself


class History:
    """What `Session.fit` returns.

    Attributes
    ----------
    epoch : list of int
    history : dict
        For each fetch its mean over each epoch, weighted by the rows of the batches.
    steps : int
        Training steps taken.
    seconds : float
    """

    def __init__(self, names):
        self.epoch, self.history = [], {name: [] for name in names}
        self.steps, self.seconds = 0, 0.0

    def add(self, columns, epochs, steps):
        """More epochs of that many steps; `columns` hold each fetch's means, one an epoch."""
        self.epoch.extend(range(len(self.epoch), len(self.epoch) + epochs))
        self.steps += epochs * steps
        for values, column in zip(self.history.values(), columns):
            values.extend(column)

    def __repr__(self):
        last = _numbers({name: values[-1] for name, values in self.history.items() if values})
        return f"<History: {', '.join([f'{len(self.epoch)} epochs, {self.steps} steps', *last])}>"

    def _repr_html_(self):
        """The curves that a notebook shows."""
        return curves(self)


def _numbers(logs):
    """Those means that are single numbers, as text."""
    return [f"{name} {value:.6g}" for name, value in logs.items()
            if value is not None and np.ndim(value) == 0]


@door
def fit(session, train_op, data, *, batch_size=None, epochs=1, shuffle=True, seed=None,
        fetches=None, callbacks=(), progress=None, stop_on_nan=False):
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
        Makes the order repeatable.
    fetches : node, or list or dict of nodes, optional
        Evaluated at each step before its update; their epoch means are the history.
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
    KeyboardInterrupt
        On Ctrl-C, between two steps: the variables are those of the last whole step, and
        `session.history` has the epochs before.
    """
    names, nodes = _named(fetches)
    sources, rows = _sources(session, data)
    batch = rows if batch_size is None else _whole("batch_size", batch_size, 1)
    epochs = _whole("epochs", epochs, 0)
    batch = min(batch, rows)
    session.history = history = History(names)
    watch = _NaNs(nodes, history)
    bar = _Progress(progress, epochs * -(-rows // batch))
    loop = _Loop(session, [train_op, *nodes], sources, rows, batch, bar)
    if shuffle and batch < rows:
        loop.shuffle(seed)
    started, callbacks = time.perf_counter(), list(callbacks)
    try:
        while len(history.epoch) < epochs:
            first = len(history.epoch)
            single = callbacks or stop_on_nan
            count = min(epochs - first, 1 if single else loop.epochs_at_once())
            history.add(loop.run(count), count, loop.steps)
            logs = {name: values[-1] for name, values in history.history.items()}
            bar.epoch(len(history.epoch), epochs, logs)
            has_nan = watch.look(first)
            if any([callback(first, logs) for callback in callbacks]) or has_nan and stop_on_nan:
                break
    finally:
        history.seconds = time.perf_counter() - started
        bar.close()
    return history


def _named(fetches):
    """(names, nodes) of what is fetched."""
    if fetches is None:
        return [], []
    if isinstance(fetches, dict):
        return list(fetches), list(fetches.values())
    nodes = list(fetches) if isinstance(fetches, (list, tuple)) else [fetches]
    return [getattr(n, "name", str(n)).partition(":")[0] for n in nodes], nodes


def _whole(name, value, least):
    """A count as an int, or the error."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"fit: {name} must be a whole number of {least} or more; got {value!r}.")
    if value < least:
        raise ValueError(f"fit: {name} must be a whole number of {least} or more; got {value!r}.")
    return int(value)


def _sources(session, data):
    """{tensor: (array, whether it has rows)} and the number of rows."""
    if not hasattr(data, "items") or not data:
        raise FeedTypeError("fit takes data as a dict from placeholders to arrays.")
    sources, rows, first = {}, None, None
    for tensor, array in session._feeds(data, whole=False).items():
        has_rows = array.ndim > 0 and tensor._shape != ()
        sources[tensor] = (array, has_rows)
        if has_rows and rows is None:
            rows, first = len(array), tensor
        elif has_rows and len(array) != rows:
            raise FeedError(f"fit: {where(tensor)} has {len(array)} rows, but {where(first)} has "
                            f"{rows}; give arrays of one length.")
    if rows is None:
        raise FeedError("fit: no array has rows; feed at least one batch dimension.")
    if rows == 0:
        raise FeedError(f"fit: {where(first)} has no rows.")
    return sources, rows


class _NaNs:
    """Tells of the first fetched number whose mean is NaN.

    Nothing is looked at twice: numbers that are NaN stay so, in nearly all trainings.
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


class _Loop:
    """Runs the epochs of one training run, many steps a compiled call."""

    def __init__(self, session, nodes, sources, rows, batch, bar):
        self.session, self.sources, self.bar = session, sources, bar
        self.nodes = [session._node(n) for n in nodes]
        self.rows, self.batch, self.rest = rows, batch, rows % batch
        self.steps = -(-rows // batch)          # of an epoch
        self.order = self.state = None

    def shuffle(self, seed):
        """Take the rows in a new random order in each epoch."""
        self.order = np.arange(self.rows, dtype=np.int64)
        self.state = np.random.SeedSequence(seed).generate_state(4, np.uint64)

    def epochs_at_once(self):
        """Whole epochs a call: about one report's worth."""
        return max(1, min(self.bar.interval() // self.steps, ROWS_AT_ONCE // self.rows))

    def run(self, count):
        """For each fetch its means in `count` epochs; a single epoch may take several calls."""
        end, sums = count * self.steps, None
        for start, stop in [(0, end)] if count > 1 else self._pieces(end):
            more = [None if both is None else self._weighted(count, *both)
                    for both in self._call(start, stop)]
            sums = more if sums is None else [m if m is None else s + m
                                              for s, m in zip(sums, more)]
            self.bar.advance(stop - start)
        return [[None] * count if s is None else list(s / self.rows) for s in sums]

    def _pieces(self, end):
        start = 0
        while start < end:
            stop = min(end, start + self.bar.interval())
            yield start, stop
            start = stop

    def _weighted(self, count, full, rest):
        """The values of each epoch, each weighted by the rows of its batch, added up."""
        total = 0.0
        for stack, rows in (full, self.batch), (rest, self.rest):
            if stack is not None:
                by_epoch = stack.reshape(count, len(stack) // count, *stack.shape[1:])
                total = total + by_epoch.sum(1, dtype=np.float64) * rows
        return total

    def _call(self, start, stop):
        """For each fetch its values at steps `start` to `stop`, stacked: (of full batches, of
        short ones or None); None for an operation."""
        with self.session.store.lock:           # the plans are for the variables' present memory
            plans = [self._plan(self.batch), self._plan(self.rest) if self.rest else None]
            if plans[0] is None or self.rest and (
                    plans[1] is None or [*plans[0].feeds] != [*plans[1].feeds]):
                return self._in_python(start, stop)
            programs = [p.program if p else None for p in plans]
            whole = tuple(i for i, t in enumerate(plans[0].feeds) if not self.sources[t][1])
            try:
                full, rest = programs[0].fit(
                    [self.sources[t][0] for t in plans[0].feeds], self.batch, self.rows, start,
                    stop, self.order, self.state, whole, programs[1])
            except Exception as failed:
                plan = plans[1] if getattr(failed, "rest", False) else plans[0]
                self.session._step_failed(plan.entry(), failed)
        rest = rest or [None] * len(full)
        return [(full[i], rest[i]) if i >= 0 else None for i in plans[0].entry().outputs[1:]]

    def _plan(self, batch):
        return self.session._whole_plan(self.nodes, self._feeds(slice(batch)))

    def _feeds(self, rows):
        return {t: a[rows] if has_rows else a for t, (a, has_rows) in self.sources.items()}

    def _in_python(self, start, stop):
        """Step by step, where an operation must be evaluated in Python between two plans."""
        parts = [], []
        for at in range(start, stop):
            first = at % self.steps * self.batch
            last = min(first + self.batch, self.rows)
            rows = slice(first, last)
            if self.order is not None:
                shuffle_rows(self.order, first, last, self.state)
                rows = self.order[rows]
            values = self.session.run(self.nodes, self._feeds(rows))[1:]
            parts[last - first < self.batch].append(values)
        return [None if first is None else tuple(
            np.stack([values[i] for values in part]) if part else None for part in parts)
            for i, first in enumerate(values)]


class _Progress:
    """A bar or lines, begun at once if asked for, or when the work turns out to be long."""

    def __init__(self, wanted, total):
        self.wanted, self.total, self.done = wanted, total, 0
        self.started = self.told = time.perf_counter()
        self.bar = None
        if wanted:
            self._begin()

    def interval(self):
        """Steps until the next look at the clock: about REPORT_SECONDS of work."""
        if self.wanted is False:
            return self.total or 1
        elapsed = time.perf_counter() - self.started
        if not self.done:
            return 64
        return max(1, int(self.done / max(elapsed, 1e-6) * REPORT_SECONDS))

    def advance(self, steps):
        self.done += steps
        now = time.perf_counter()
        if self.wanted is None and self.done < self.total:
            expected = (now - self.started) / self.done * self.total
            if now - self.started > REPORT_SECONDS and expected > LONG_SECONDS:
                self.wanted = True
                self._begin()
        if self.bar is not None:
            self.bar.update(self.done - self.bar.n)

    def _begin(self):
        try:
            from tqdm.auto import tqdm
        except ImportError:
            return
        self.bar = tqdm(total=self.total, unit="step", initial=self.done)

    def epoch(self, done, epochs, logs):
        """Tell the means of the last epoch."""
        text = "  ".join(_numbers(logs))
        if self.bar is not None:
            self.bar.set_postfix_str(text)
        elif self.wanted:
            now = time.perf_counter()
            if now - self.told >= REPORT_SECONDS or done == epochs:
                self.told = now
                print(f"epoch {done}/{epochs}  {text}  {now - self.started:.1f} s",
                      file=sys.stderr)

    def close(self):
        if self.bar is not None:
            self.bar.close()
