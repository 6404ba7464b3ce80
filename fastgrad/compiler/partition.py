"""Shares a plan's steps among threads: which are split, where threads must wait for each other.

Every thread walks the same steps. A split step gives each thread a run of its *units* (rows);
others are the first thread's. Two steps that cut the same memory into the same units need no
barrier between them, so a network's forward pass and its activation gradients run without one:
each thread carries its own rows of the batch through all layers. Weight gradients read all
rows; a barrier stands before them. Products with large weights are split by columns, since the
threads would all pack the same weights otherwise (`choose.shares_columns`); barriers on both sides
are small beside them.

A cost model decides, not the user: a plan whose steps are too small stays on one thread.
"""

import contextlib

from fastgrad.compiler.costs import cost_us
from fastgrad.compiler.shares import Share, one_row, share_of
from fastgrad.compiler.size import most, same

PLAN_AT_LEAST_US = 25.0                         # waking a team costs a few microseconds
STEP_AT_LEAST_US = 3.0                          # of a step that needs a barrier to be split
ACROSS_AT_LEAST_US = 6.0                        # of one row times large matrices: few barriers
STEP_ACROSS_US = 1.5
PIECE_AT_LEAST_US = 0.5                         # of a step that needs none: two calls for one
BARRIER_EVERY_US = 10_000.0                     # of work: a team sees Ctrl-C before barriers only
BARRIER_US = 0.5                                # of a turn of a loop
TURN_GAIN_US = 2.0                              # of a turn that a team walks
TEAM_LOOP_US = 100.0                            # counted for a loop: its turns are not known
MOST_PIECES = 200                               # remembered without a barrier; see `_Accesses`


def partition(kernels, threads, sizes=None):
    """Set `parallel`, `grain` and `barrier` of kernels; returns the threads to use.

    Where sizes change, costs are those at the largest: smaller runs can do without the team.
    """
    with contextlib.nullcontext() if sizes is None else sizes.supposing(
            [s.most for s in sizes.symbols]):
        costs = [cost_us(k) for k in kernels]
        inside = {k: [cost_us(inner) for inner in _run_of(k)] for k in kernels
                  if k.symbol == "loop" and threads > 1}
    shares = [share_of(k) for k in kernels]
    for i, k in enumerate(kernels):
        if k in inside and _for_a_team(k, inside[k], threads):
            shares[i], costs[i] = Share(threads, 1, (False,) * len(k.values)), TEAM_LOOP_US
    across = sum(c for k, c in zip(kernels, costs) if one_row(k))
    least = 0.0 if across >= ACROSS_AT_LEAST_US else PLAN_AT_LEAST_US
    if threads < 2 or sum(c for s, c in zip(shares, costs)
                          if s.units > 1 and c >= PIECE_AT_LEAST_US) < least:
        return 1
    _lay(kernels, shares, costs)
    return threads


def _lay(kernels, shares, costs):
    """Choose what is split, and lay barriers where threads would meet."""
    since, spent = _Accesses(), 0.0
    for k, share, cost in zip(kernels, shares, costs):
        k.grain = share.grain
        alone = _accesses(k, None)
        split = _accesses(k, share) if share.units > 1 else None
        team = k.symbol == "loop" and split is not None
        k.parallel = team or split is not None and _worth_splitting(
            cost, since.clash(alone), since.clash(split),
            STEP_ACROSS_US if one_row(k) else STEP_AT_LEAST_US)
        mine = split if k.parallel else alone
        k.barrier = (team or since.clash(mine) or since.count > MOST_PIECES
                     or spent > BARRIER_EVERY_US)
        if k.barrier:
            since, spent = _Accesses(), 0.0
        spent += cost
        since.add(mine)


def _run_of(loop):
    """The kernels of a turn, and those of the condition behind it."""
    _, condition, turn = loop.blocks
    return [*turn, *condition]


def _for_a_team(loop, costs, threads):
    """Whether all threads walk a loop; lays out its blocks for them if so.

    Its first block is the first thread's. The turn and the condition behind it are one run of
    kernels; all threads meet behind the condition, so what a turn begins with finds none ahead.
    """
    run, tested = _run_of(loop), bool(loop.blocks[1])
    _lay(run, [share_of(k) for k in run], costs)
    if run and not (tested and any(k.barrier for k in run)):
        run[0].barrier = True           # a thread may be at most a turn ahead
    split = sum(c for k, c in zip(run, costs) if k.parallel)
    barriers = sum(k.barrier for k in run) + tested
    gain = split * (1 - 1 / threads) - BARRIER_US * barriers
    if gain >= max(TURN_GAIN_US, 0.1 * sum(costs)):
        return True
    for k in run:
        k.parallel = k.barrier = False
    return False


def _worth_splitting(cost, alone_waits, split_waits, least):
    """Whether to split a step, given whether it needs a barrier if it is whole, and if split, and
    the least cost that repays one.

    Small steps are split only if that takes no barrier: in a chain of them that all cross rows,
    one barrier and the first thread are faster than a barrier before each.
    """
    if split_waits:
        return cost >= least
    return alone_waits or cost >= PIECE_AT_LEAST_US


# ---- who touches what -------------------------------------------------------------------

def _accesses(k, share):
    """[(memory, start, stop, writes, cut), ...] of a kernel's operands.

    `cut` says how threads share the piece: None for all of it, 'first' for the first thread
    alone, or (start, bytes a unit, units): equal cuts give every thread the same piece, as many
    bytes a unit in another number of units do not.
    """
    pieces = []
    for i, v in enumerate(k.values):
        if v is None or v.storage is None or v.known:
            continue
        s = v.storage
        memory = "arena" if s.kind == "arena" else (s.kind, s.index, s.source)
        start = s.offset if s.kind == "arena" else 0
        size = v.size * v.dtype.itemsize
        if share is None:
            cut = "first"
        elif v is k.step.scratch:               # by threads, whatever the units
            cut = (start, *v.shape[::-1])
        else:
            cut = (start, size // share.units, share.units) if share.aligned[i] else None
        pieces.append((memory, start, start + most(size), i < k.writes or v is k.step.scratch, cut))
    return pieces


def _cut_alike(cut, other):
    return same(cut, other) if isinstance(cut, tuple) and isinstance(other, tuple) else (
        cut is other)


def alone_below(kernels, sizes):
    """The size from which on a team pays, of a plan with one that changes; 0: always.

    Costs are taken for a straight line between the ends of its range.
    """
    if len(sizes.symbols) != 1 or any(one_row(k) for k in kernels):
        return 0
    ends = sizes.symbols[0].least, sizes.symbols[0].most
    small, large = (_total(kernels, sizes, n) for n in ends)
    if small >= PLAN_AT_LEAST_US or large <= small:
        return 0
    return int(ends[0] + (PLAN_AT_LEAST_US - small) / (large - small) * (ends[1] - ends[0]))


def _total(kernels, sizes, n):
    with sizes.supposing([n]):
        return sum(c for c in map(cost_us, kernels) if c >= PIECE_AT_LEAST_US)


class _Accesses:
    """What has been touched since the last barrier.

    Every step is compared with all of it, so that a long run without a barrier would take
    quadratic time: after MOST_PIECES different pieces `partition` lays one.
    """

    def __init__(self):
        self.by_memory, self.count = {}, 0

    def add(self, accesses):
        for memory, *piece in accesses:
            known = self.by_memory.setdefault(memory, set())
            self.count -= len(known)
            known.add(tuple(piece))
            self.count += len(known)

    def clash(self, accesses):
        """Whether another thread may still be at a piece that these need for themselves."""
        for memory, start, stop, writes, cut in accesses:
            for start2, stop2, writes2, cut2 in self.by_memory.get(memory, ()):
                if (writes or writes2) and start < stop2 and start2 < stop and (
                        cut is None or not _cut_alike(cut, cut2)):
                    return True
        return False
