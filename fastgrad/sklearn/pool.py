"""Compiled nets that nobody uses now, for the next estimator that has the same graph.

Building and compiling a small net takes longer than some fits: a search over rates and penalties,
or a cross-validation, does it once. Nets hold no estimator's data; each has one user at a time.
"""

import os
import threading
from collections import OrderedDict

IDLE = 8                    # nets kept; the least recently used goes first


class Pool:
    """Things by key, each lent to one user at a time."""

    def __init__(self):
        self._idle, self._count = OrderedDict(), 0
        self._lock = threading.Lock()
        if hasattr(os, "register_at_fork"):         # another thread may be in the midst of one
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self):
        self._idle, self._count, self._lock = OrderedDict(), 0, threading.Lock()

    def take(self, key, make):
        """An idle thing of this key, or a new one."""
        with self._lock:
            idle = self._idle.get(key)
            if idle:
                self._count -= 1
                return idle.pop()
        return make()

    def give(self, key, thing):
        """Keep for the next."""
        with self._lock:
            self._idle.setdefault(key, []).append(thing)
            self._idle.move_to_end(key)
            self._count += 1
            while self._count > IDLE:
                oldest = next(iter(self._idle))
                if self._idle[oldest]:
                    self._idle[oldest].pop()
                    self._count -= 1
                if not self._idle[oldest]:
                    del self._idle[oldest]


POOL = Pool()
