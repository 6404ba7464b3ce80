"""Epochs of one training or validation in compiled calls.

Shuffling, gathering rows, running steps and stacking the fetched values happen in one call a
reporting interval, without the interpreter's lock. The last short batch has a plan of its own.
"""

import numpy as np

from fastgrad.compiler.plan import shuffle_rows

ROWS_AT_ONCE = 1 << 20        # trained on in one call of several epochs: bounds what is stacked


class Loop:
    """Runs nodes on batches of rows, many steps a compiled call.

    Parameters
    ----------
    session : Session
    nodes : list of nodes
        What each step runs.
    fetched : int
        The last `fetched` nodes are what means are made of.
    data : fit_data.Rows
    batch : int
        Rows of a step.
    bar : Progress, optional
        Says how many steps a call takes; without one, an epoch.

    Attributes
    ----------
    order : ndarray of int64, or None
        The rows that an epoch takes, in this order; None for all in their own.
    """

    def __init__(self, session, nodes, fetched, data, batch, bar=None):
        self.session, self.sources, self.bar = session, data.sources, bar
        self.nodes = [session._node(n) for n in nodes]
        self.first = len(self.nodes) - fetched
        self.batch, self.order, self.state = batch, data.chosen, None
        self.cut(data.count)

    def cut(self, rows):
        """Epochs of so many rows."""
        self.rows, self.rest = rows, rows % self.batch
        self.steps = -(-rows // self.batch)          # of an epoch

    def shuffle(self, seed):
        """Take the rows in a new random order in each epoch."""
        if self.order is None:
            self.order = np.arange(self.rows, dtype=np.int64)
        self.state = np.random.SeedSequence(seed).generate_state(4, np.uint64)

    def epochs_at_once(self):
        """Whole epochs a call: about one report's worth."""
        return max(1, min(self.bar.interval() // self.steps, ROWS_AT_ONCE // self.rows))

    def run(self, count):
        """For each fetch its means in `count` epochs; a single epoch may take several calls."""
        end, sums = count * self.steps, None
        for start, stop in [(0, end)] if count > 1 or self.bar is None else self._pieces(end):
            more = [None if both is None else self._weighted(count, *both)
                    for both in self._call(start, stop)]
            sums = more if sums is None else [m if m is None else s + m
                                              for s, m in zip(sums, more)]
            if self.bar is not None:
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
        return [(full[i], rest[i]) if i >= 0 else None
                for i in plans[0].entry().outputs[self.first:]]

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
                if self.state is not None:
                    shuffle_rows(self.order, first, last, self.state)
                rows = self.order[rows]
            values = self.session.run(self.nodes, self._feeds(rows))[self.first:]
            parts[last - first < self.batch].append(values)
        return [None if first is None else tuple(
            np.stack([values[i] for values in part]) if part else None for part in parts)
            for i, first in enumerate(values)]
