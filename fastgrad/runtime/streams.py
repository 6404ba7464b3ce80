"""Streams of random numbers: one for each session and operation, from the two seeds of it.

A session makes a stream at the operation's first run; a new session starts the same streams again.
Two kinds, by what the operation draws:

- A `Counted` stream is two words, [key, runs]: compiled kernels draw number i of run t by Philox
  4x32-10 from (key, t, i) alone, on any number of threads, and count the run. Its methods
  draw the same in NumPy (uniform ones to the bit), where a step has no kernel or runs between
  plans: the kernels' slow twin. The order of the numbers is that of `_kernels/random/philox.h`.
- Other draws (gamma, Poisson, permutations, truncated normal) use a generator of NumPy's.

Who gives no seed gets numbers that nobody else has, in a forked child too: there all streams
without seeds begin anew. Those with seeds go on as their copies in the parent do.
"""

import contextlib
import os
import weakref

import numpy as np

LANES = 16                                     # FG_LANES of philox.h
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


class Counted:
    """A stream that compiled kernels draw from.

    Attributes
    ----------
    state : uint64 array of 2
        The key and the number of runs so far. A plan's kernels read and write it in place.
    """

    def __init__(self, seeds):
        made = np.random.SeedSequence(None if seeds is None else [s % 2**64 for s in seeds])
        self.state = np.array([made.generate_state(1, np.uint64)[0], 0], np.uint64)

    def renew(self):
        """Go on unpredictably; in place, since plans hold the address of the state."""
        self.state[:] = Counted(None).state

    def uniform(self, shape, dtype):
        """Numbers in [0, 1) of a floating dtype."""
        return self._draw(_uniform, shape, dtype)

    def normal(self, shape, dtype):
        """Normal numbers of a floating dtype."""
        return self._draw(_normal, shape, dtype)

    def _draw(self, make, shape, dtype):
        drawn = np.float64 if dtype == np.float64 else np.float32
        size = int(np.prod(shape, dtype=np.int64))
        groups = -(-size // (4 * LANES if drawn is np.float32 else 2 * LANES))
        words = _words(self.state, groups)
        self.state[1] += np.uint64(1)
        return make(words, drawn).reshape(-1)[:size].reshape(shape).astype(dtype, copy=False)


def _words(state, groups):
    """The words of Philox, uint32 (groups, 4, LANES)."""
    place = np.arange(groups * LANES, dtype=np.uint64)
    a, b = place & _LOW, place >> _HALF
    c, d = (np.full_like(place, half) for half in (state[1] & _LOW, state[1] >> _HALF))
    key0, key1 = int(state[0] & _LOW), int(state[0] >> _HALF)
    for _ in range(10):
        x, y = np.uint64(0xD2511F53) * a, np.uint64(0xCD9E8D57) * c
        a, b, c, d = ((y >> _HALF) ^ b ^ np.uint64(key0), y & _LOW,
                      (x >> _HALF) ^ d ^ np.uint64(key1), x & _LOW)
        key0, key1 = (key0 + 0x9E3779B9) % 2**32, (key1 + 0xBB67AE85) % 2**32
    words = np.stack([a, b, c, d]).astype(np.uint32)
    return words.reshape(4, groups, LANES).transpose(1, 0, 2)


def _unit(words, dtype):
    """Words as numbers in [0, 1): one word a float, two a double."""
    if dtype is np.float32:
        return (words >> np.uint32(8)).astype(dtype) * dtype(2.0**-24)
    high, low = words[:, 0::2] >> np.uint32(5), words[:, 1::2] >> np.uint32(6)
    return (high.astype(dtype) * 2.0**26 + low) * 2.0**-53


def _uniform(words, dtype):
    return _unit(words, dtype)


def _normal(words, dtype):
    """Box and Muller's, from pairs."""
    unit = _unit(words, dtype)
    if dtype is np.float32:
        first = ((words[:, 0::2] >> np.uint32(1)).astype(dtype) + dtype(0.5)) * dtype(2.0**-31)
    else:
        first = 1 - unit[:, 0::2]
    far, angle = np.sqrt(-2 * np.log(first)), 2 * np.pi * unit[:, 1::2].astype(np.float64)
    normal = np.empty_like(unit)
    normal[:, 0::2], normal[:, 1::2] = far * np.cos(angle), far * np.sin(angle)
    return normal


def stream(seeds):
    """A generator of NumPy's for these seeds; an unpredictable one for None."""
    if seeds is None:
        return np.random.Generator(np.random.Philox())
    return np.random.Generator(np.random.Philox([s % 2**64 for s in seeds]))


class Streams:
    """The streams of one session, each made when its operation first runs."""

    def __init__(self):
        self._made = {}
        _born.append(weakref.ref(self))
        if len(_born) % 256 == 0:
            _forget_the_dead()

    def renew_unseeded(self):
        """Other numbers from now on for those who gave no seed."""
        for node, made in self._made.items():
            if node.attrs["seeds"] is not None:
                continue
            if isinstance(made, Counted):
                made.renew()
            else:
                made.bit_generator.state = np.random.Philox().state

    def states(self):
        """How far each stream is, for `put_back`."""
        return {node: s.state.copy() if isinstance(s, Counted) else s.bit_generator.state
                for node, s in self._made.items()}

    def put_back(self, states):
        """Let the streams draw again from where they were."""
        for node, state in states.items():
            made = self._made[node]
            if isinstance(made, Counted):
                made.state[...] = state
            else:
                made.bit_generator.state = state

    def of(self, node):
        """The stream of a random operation, of the kind that its draw takes."""
        stream_ = self._made.get(node)
        if stream_ is None:
            kind = stream if node.opdef.kernel is None else Counted
            stream_ = self._made[node] = kind(node.attrs["seeds"])
        return stream_


# References without a callback, which a WeakSet has: Ctrl-C would be lost in it, as in any.
_born = []


def _forget_the_dead():
    for dead in [r for r in _born if r() is None]:
        with contextlib.suppress(ValueError):       # another thread was here too
            _born.remove(dead)


def _after_fork():
    for streams in [r() for r in _born]:
        if streams is not None:
            streams.renew_unseeded()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
