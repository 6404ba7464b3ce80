"""Plan.profile: the times of a plan's steps, on what a run would accept, and nothing changed after.

Owns the way from a feed to a plan's arrays, the putting back of what runs have written (variables,
random streams), and what is said of shares above 100 % of the machine's peak. A plan is for
one set of shapes and dtypes, so a feed of others is refused and named.
"""

import contextlib

from fastgrad.compiler.size import Size
from fastgrad.errors import FeedError, MissingFeedError
from fastgrad.wording import show_shape, where


def arrays_for(feeds, arrays, sizes=None):
    """The fed arrays in a plan's order.

    Parameters
    ----------
    feeds : dict Tensor -> (dtype, shape)
    sizes : Sizes, optional
        What dimensions in the shapes are made of.
    arrays : dict Tensor -> array
        As a run converts them.
    """
    for t in feeds:
        if t not in arrays:
            dtype, shape = feeds[t]
            raise MissingFeedError(
                f"You must feed a value for {where(t)}: {dtype.name}, shape {shape}. "
                f"Pass feed_dict={{{t.op.name}: value}} to profile().", t.op)
    for t, array in arrays.items():
        if t not in feeds:
            raise FeedError(f"profile: {where(t)} is fed, and this plan is for runs that do not "
                            "feed it. Make one with session.plan(fetches, feed_dict).")
        dtype, shape = feeds[t]
        if array.dtype != dtype or not _may_have(array.shape, shape):
            raise FeedError(
                f"profile: this plan is for {where(t)} of dtype {dtype.name} and shape "
                f"{show_shape(shape)}; got {array.dtype.name} of shape {show_shape(array.shape)}. "
                "Make one with session.plan(fetches, feed_dict) for this feed.")
    found = [arrays[t] for t in feeds]
    if sizes is not None and not sizes.fits([a.shape for a in found],
                                            [shape for _, shape in feeds.values()]):
        what = "; ".join(sizes.describe(list(feeds)))
        raise FeedError(f"profile: this plan is for other sizes than those fed ({what}). Make one "
                        "with session.plan(fetches, feed_dict) for this feed.")
    return found


def _may_have(shape, known):
    """Whether a shape is `known`, but for dimensions that may change."""
    return len(shape) == len(known) and all(
        isinstance(n, Size) or m == n for m, n in zip(shape, known))


class _Undone(Exception):
    """Ends a profile, so that what it has written is undone."""


@contextlib.contextmanager
def put_back(plan):
    """Variables and random streams are, at the end, what they were; no other run comes between."""
    store, drawn = plan.store, plan.streams.states()
    try:
        with store.lock, store.undoing() as before:
            store.remember(plan.writes, before)
            yield
            raise _Undone                   # what ends the `with` puts the values back
    except _Undone:
        pass
    finally:
        plan.streams.put_back(drawn)


class Shares:
    """Each step's share of what the machine can do, by `explain`; and whether it can be true.

    Parameters
    ----------
    peak : the module, or what stands for it
    kernels : the compiled kernels
    """

    def __init__(self, peak, kernels):
        self.peak, self.kernels = peak, kernels
        self.arithmetic = self.memory = False           # whether a share was above 1

    def __call__(self, flops, moved, seconds, itemsize, threads):
        computed, carried = self.peak.shares(self.kernels, flops, moved, seconds, itemsize, threads)
        if computed > 1.0:              # nobody computes faster than the machine: it was busy
            self.peak.measure_again(self.kernels, threads)
            computed, carried = self.peak.shares(self.kernels, flops, moved, seconds, itemsize,
                                                 threads)
        self.arithmetic |= computed > 1.0
        self.memory |= carried > 1.0
        return max(computed, carried)

    def notes(self):
        """Lines for what is above 100 %."""
        if self.arithmetic:
            yield ("more than 100% of peak: the peak was measured on a loaded machine and is too "
                   "low. Profile again, in a new process, when it is idle.")
        if self.memory:
            yield ("more than 100% of peak: the peak of memory is that of a copy which no cache "
                   "holds, and these steps found their data in a cache; or it was measured on a "
                   "loaded machine.")
