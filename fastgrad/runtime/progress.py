"""Progress of a training: a bar or lines, and how many steps lie between two looks at the clock."""

import sys
import time

from fastgrad.runtime.history import numbers

REPORT_SECONDS = 0.5          # between two lines or bar updates
LONG_SECONDS = 2.0            # work expected to take longer shows progress by itself


class Progress:
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
        text = "  ".join(numbers(logs))
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
