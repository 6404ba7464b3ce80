"""How kernels are cut into units that threads take: a Share for each way, picked by a Family.

A kernel's range is cut into runs of *units*. Operands of which unit u touches the u-th part alone
are *aligned*: two kernels that cut the same memory alike need no barrier between them.
"""

from fastgrad.compiler.size import about, same
from fastgrad.graph.shapes import size_of

LINE = 16                       # elements of a row that threads take together
PANEL = 32                      # columns of C that they do


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


def share_of(k):
    """The Share of a kernel, by its family."""
    if k.symbol is None or k.count < 2:
        return whole(k)
    if not k.parts:
        return k.family.share(k)
    return blocks(k) if k.step.strip.rows else by_elements(k)


def whole(k):
    """Not cut."""
    return Share(0, 1, (False,) * len(k.values))


def by_range(k):
    """Cut anywhere in its range; the pieces of operands are not runs of memory."""
    return Share(k.count, 1, (False,) * len(k.values))


def aligned_range(k):
    """Cut anywhere in its range, and every operand with it."""
    return Share(k.count, 1, (True,) * len(k.values))


def blocks(k):
    """A strip of rows, by its blocks."""
    block = k.step.strip.tile
    return Share(-(-k.count // block), block, (False,) * len(k.values))


def by_elements(k):
    """Cut at the first dimension of the largest operand, which others have too or repeat.

    Of (4, 4) plus (4,) the second has a value for each column, not for each row: thread 1 reads
    all of it, although its first dimension is 4 too. So an aligned operand has as many dimensions.
    """
    return _by_rows(k, False)


def by_rows(k):
    """As `by_elements`; but a value a row, as the loss of (m, n) logits, is aligned too."""
    return _by_rows(k, True)


def _by_rows(k, value_a_row):
    shape = max((v.shape for v in k.operands), key=lambda s: about(size_of(s)))
    units = shape[0] if shape else 1
    if units < 2 or k.count % units:
        return whole(k)
    aligned = tuple(v is not None and v.size > 1 and same(v.shape[:1], shape[:1])
                    and v.size % units == 0 and (value_a_row or len(v.shape) == len(shape))
                    for v in k.values)
    return Share(units, k.count // units, aligned)


def product(k):
    """C = op(A) op(B): by rows of C, which are A's; by columns where the kernel's range is that."""
    if not k.across:
        return Share(k.count, 1, (True, not k.ext[2], False, False))
    if not one_row(k):                  # two vectors of C's columns
        return Share(-(-k.count // PANEL), PANEL, (False,) * len(k.values))
    grain = LINE if k.count % LINE == 0 else 1
    return Share(k.count // grain, grain, (True, False, False, True))


def one_row(k):
    """Whether threads take columns of a single row."""
    return k.across and k.ext[0] == 1


def reduction(k):
    """By results: rows of x if the reduced dimension is the last, columns otherwise."""
    rows = len(k.ext) == 1
    return Share(k.count, 1, (rows or k.ext[0] == 1, rows))


def batch(k):
    """By products of a batch; a matrix that all of them share is not cut."""
    return Share(k.count, 1, (True, *[step > 0 for step in k.aux]))
