"""TensorFlow's `tf.train.Coordinator`: threads that stop together.

Scripts of asynchronous reinforcement learning run one session from many threads and stop them
with this. It knows nothing of graphs or sessions.
"""

import contextlib
import sys
import threading
import time

from fastgrad.errors import OutOfRangeError

STEP = 0.05         # seconds: how soon `join` sees a request to stop while it waits for a thread


class Coordinator:
    """Asks threads to stop, waits for them, and raises the first of their errors.

    Parameters
    ----------
    clean_stop_exception_types : tuple of exception classes, optional
        Errors that mean an orderly end: OutOfRangeError, if not given.

    Examples
    --------
    >>> coordinator = train.Coordinator()
    >>> coordinator.request_stop()
    >>> coordinator.should_stop()
    True
    """

    def __init__(self, clean_stop_exception_types=None):
        self._clean = tuple(clean_stop_exception_types or (OutOfRangeError,))
        # of an RLock: signal handlers ask for a stop, whatever they interrupt
        self._lock = threading.Condition(threading.RLock())
        self._error, self._threads, self._joined, self._stopped = None, set(), False, False

    joined = property(lambda self: self._joined)

    def request_stop(self, ex=None):
        """Ask all threads to stop.

        Parameters
        ----------
        ex : exception or the tuple of `sys.exc_info()`, optional
            Raised by `join`; of several the first.
        """
        error = ex[1] if isinstance(ex, tuple) else ex
        with self._lock:
            if self._joined:
                if error is not None and not isinstance(error, self._clean):
                    self._error = self._error or error
                return
            if not self._stopped and error is not None \
                    and not isinstance(error, self._clean):
                self._error = error
            self._stopped = True
            self._lock.notify_all()

    def clear_stop(self):
        """Forget that a stop was asked for, and the error that came with it."""
        with self._lock:
            self._error, self._joined, self._stopped = None, False, False

    def should_stop(self):
        """Whether a stop was asked for."""
        return self._stopped

    def wait_for_stop(self, timeout=None):
        """Wait until a stop is asked for, at most `timeout` seconds; whether one was."""
        with self._lock:
            return self._lock.wait_for(self.should_stop, timeout)

    @contextlib.contextmanager
    def stop_on_exception(self):
        """Context manager: an error inside requests a stop and is not raised."""
        try:
            yield
        except Exception:
            self.request_stop(sys.exc_info())

    def register_thread(self, thread):
        """A thread that `join` waits for."""
        with self._lock:
            self._threads.add(thread)

    def join(self, threads=None, stop_grace_period_secs=120, ignore_live_threads=False):
        """Wait for threads to end.

        Parameters
        ----------
        threads : list of threads, optional
            Besides the registered ones.
        stop_grace_period_secs : float
            How long they may take once a stop was asked for.
        ignore_live_threads : bool
            Threads that take longer are no error.

        Raises
        ------
        Exception
            The first error given to `request_stop`.
        RuntimeError
            If a thread is still running after the grace period.
        """
        with self._lock:
            waiting = self._threads.union(threads or ())
        for thread in waiting:
            while thread.is_alive() and not self.should_stop():
                thread.join(STEP)
        end = time.monotonic() + stop_grace_period_secs
        for thread in waiting:
            thread.join(max(0.0, end - time.monotonic()))
        running = [t.name for t in waiting if t.is_alive()]
        with self._lock:
            self._joined, self._threads = True, set()
        self.raise_requested_exception()
        if running and not ignore_live_threads:
            raise RuntimeError("Coordinator stopped with threads still running: "
                               f"{' '.join(running)}")

    def raise_requested_exception(self):
        """Raise the first error given to `request_stop`, if there was one."""
        if self._error is not None:
            raise self._error
