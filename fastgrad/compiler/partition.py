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

from fastgrad.graph.shapes import size_of

# What one thread does in a microsecond, from measurements on a 2-core AVX-512 machine (OpenBLAS
# with its AVX-512 kernels: 128x784x256 f32 at 226 GFLOP/s, 64x64x64 at 200); only the order of
# magnitude matters, since a wrong guess near the limit costs little either way.
FLOPS_PER_US = {4: 200_000.0, 8: 100_000.0}     # products, by item size
BYTES_PER_US = ((1 << 20, 100_000.0), (1 << 25, 40_000.0), (1 << 62, 20_000.0))   # up to a size
ELEMENTS_PER_US = 1_500.0                       # exp, log, tanh and their like
PLAN_AT_LEAST_US = 25.0                         # waking a team costs a few microseconds
STEP_AT_LEAST_US = 3.0                          # of a step that needs a barrier to be split
ACROSS_AT_LEAST_US = 6.0                        # of one row times large matrices: few barriers
STEP_ACROSS_US = 1.5
PIECE_AT_LEAST_US = 0.5                         # of a step that needs none: two calls for one
BARRIER_EVERY_US = 10_000.0                     # of work: a team sees Ctrl-C before barriers only
LINE = 16                                       # elements of a row that threads take together
PANEL = 32                                      # columns of C that they do
MOST_PIECES = 200                               # remembered without a barrier; see `_Accesses`

_SLOW = ("exp", "log", "tanh", "sigmoid", "softmax", "xent", "pow", "sin", "cos", "erf",
         "softplus", "elu", "selu", "random", "dropout_mask")


class Share:
    """How a kernel is cut.

    Attributes
    ----------
    units : int
        Pieces it may be cut into; 0: it may not.
    grain : int
        Elements of its range in a unit.
    aligned : tuple of bool
        For each operand, whether unit u of the step touches only the u-th part of it.
    """

    __slots__ = ("units", "grain", "aligned")

    def __init__(self, units, grain, aligned):
        self.units, self.grain, self.aligned = units, grain, aligned


def partition(kernels, threads):
    """Set `parallel`, `grain` and `barrier` of kernels; returns the threads to use."""
    costs = [cost_us(k) for k in kernels]
    across = sum(c for k, c in zip(kernels, costs) if _is_one_row(k))
    least = 0.0 if across >= ACROSS_AT_LEAST_US else PLAN_AT_LEAST_US
    if threads < 2 or sum(c for c in costs if c >= PIECE_AT_LEAST_US) < least:
        return 1
    shares = [share_of(k) for k in kernels]
    if sum(c for s, c in zip(shares, costs) if s.units > 1 and c >= PIECE_AT_LEAST_US) < least:
        return 1
    since, spent = _Accesses(), 0.0
    for k, share, cost in zip(kernels, shares, costs):
        k.grain = share.grain
        alone = _accesses(k, None)
        split = _accesses(k, share) if share.units > 1 else None
        k.parallel = split is not None and _worth_splitting(
            cost, since.clash(alone), since.clash(split),
            STEP_ACROSS_US if _is_one_row(k) else STEP_AT_LEAST_US)
        mine = split if k.parallel else alone
        k.barrier = (since.clash(mine) or since.count > MOST_PIECES
                     or spent > BARRIER_EVERY_US)
        if k.barrier:
            since, spent = _Accesses(), 0.0
        spent += cost
        since.add(mine)
    return threads


def _is_one_row(k):
    """Whether threads take columns of a single row."""
    return k.across and k.ext[0] == 1


def _worth_splitting(cost, alone_waits, split_waits, least):
    """Whether to split a step, given whether it needs a barrier if it is whole, and if split, and
    the least cost that repays one.

    Small steps are split only if that takes no barrier: in a chain of them that all cross rows,
    one barrier and the first thread are faster than a barrier before each.
    """
    if split_waits:
        return cost >= least
    return alone_waits or cost >= PIECE_AT_LEAST_US


def cost_us(k):
    """Microseconds that one thread needs, roughly."""
    if k.symbol is None:
        return 20.0
    if k.parts:
        return sum(cost_us(part) for part in k.parts)
    item = max((v.dtype.itemsize for v in k.values if v is not None), default=4)
    size = max((v.size for v in k.values if v is not None), default=0)
    moved = _moving_us(sum(v.size * v.dtype.itemsize for v in k.values if v is not None))
    if k.step.type == "gemm":
        n, depth = k.ext[0], k.ext[1]
        rate = FLOPS_PER_US.get(item, 50_000.0)
        return max(2.0 * k.count * n * depth / rate, moved)
    if k.step.type == "rows_product":
        return 2.0 * k.count * k.ext[0] * k.ext[1] / FLOPS_PER_US.get(item, 50_000.0)
    if k.step.type == "bgemm":
        return max(2.0 * k.count * size_of(k.ext[:3]) / FLOPS_PER_US.get(item, 50_000.0), moved)
    if k.symbol.startswith(_SLOW):
        return max(size / ELEMENTS_PER_US, moved)
    return moved


def _moving_us(size):
    """Time to read or write so many bytes, by the cache that holds them."""
    return size / next(rate for limit, rate in BYTES_PER_US if size <= limit)


# ---- how families are cut ---------------------------------------------------------------

def share_of(k):
    """The Share of a kernel, by its family."""
    none = Share(0, 1, (False,) * len(k.values))
    if k.symbol is None or k.count < 2:
        return none
    if _is_one_row(k):
        grain = LINE if k.count % LINE == 0 else 1
        return Share(k.count // grain, grain, (True, False, False, True)[:len(k.values)])
    if k.across:                        # two vectors of C's columns
        return Share(-(-k.count // PANEL), PANEL, none.aligned)
    if k.step.type == "gemm":
        return Share(k.count, 1, (True, not k.ext[2], False, False)[:len(k.values)])
    if k.step.type == "bgemm":
        return Share(k.count, 1, (True, *[step > 0 for step in k.aux]))
    if k.parts and k.step.strip.rows:
        block = k.step.strip.tile
        return Share(-(-k.count // block), block, (False,) * len(k.values))
    form = k.step.opdef.form
    if form == "update" and "indices" in k.step.opdef.tensors:
        # rows lie anywhere in the variable; sgd's, which are not merged, may even repeat
        repeats = k.step.inputs[-2].type != "merge_rows"
        return none if repeats else Share(k.count, 1, none.aligned)
    if k.parts or form in _BY_ELEMENTS or form in _BY_ROWS:
        return _by_rows(k)
    if form in ("reduce", "arg"):
        by_rows = len(k.ext) == 1
        return Share(k.count, 1, (by_rows or k.ext[0] == 1, by_rows))
    if form == "scan":
        return Share(k.count, 1, (True,) * len(k.values))
    if form in _BY_OUTPUT:
        return Share(k.count, 1, (False,) * len(k.values))
    return none


_BY_ELEMENTS = ("map", "map_grad", "zip", "select", "cast", "update", "assign_zip", "random")
_BY_ROWS = ("rowwise", "xent", "xent_grad", "sparse_xent", "sparse_xent_grad")
_BY_OUTPUT = ("transpose", "broadcast")


def _by_rows(k):
    """Cut at the first dimension of the largest operand, which others have too or repeat."""
    shape = max((v.shape for v in k.values if v is not None), key=size_of)
    units = shape[0] if shape else 1
    if units < 2 or k.count % units:
        return Share(0, 1, (False,) * len(k.values))
    aligned = tuple(v is not None and v.size > 1 and v.shape[:1] == shape[:1]
                    and v.size % units == 0 and _same_rank(v, shape, k) for v in k.values)
    return Share(units, k.count // units, aligned)


def _same_rank(v, shape, k):
    """A row of (m, m) has m elements too: only a loss (a value a row) may have fewer dims."""
    return len(v.shape) == len(shape) or k.step.opdef.form in _BY_ROWS


# ---- who touches what -------------------------------------------------------------------

def _accesses(k, share):
    """[(memory, start, stop, writes, cut), ...] of a kernel's operands.

    `cut` says how threads share the piece: None for all of it, 'first' for the first thread
    alone, or (start, bytes a unit, units): equal cuts give every thread the same piece, as many
    bytes a unit in another number of units do not.
    """
    found = []
    for i, v in enumerate(k.values):
        if v is None or v.storage is None or v.const is not None:
            continue
        s = v.storage
        memory = "arena" if s.kind == "arena" else s
        start = s.offset if s.kind == "arena" else 0
        size = v.size * v.dtype.itemsize
        if share is None:
            cut = "first"
        else:
            cut = (start, size // share.units, share.units) if share.aligned[i] else None
        found.append((memory, start, start + size, i < k.writes, cut))
    return found


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
                        cut is None or cut != cut2):
                    return True
        return False
