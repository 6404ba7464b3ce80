"""Strides: how an operand of one shape is walked in the order of another. Counted in elements."""

from fastgrad.compiler.size import same
from fastgrad.graph.shapes import size_of


def contiguous(shape):
    """Strides of a C-ordered array."""
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= n
    return tuple(reversed(strides))


def strides_in(shape, full):
    """Strides of a contiguous array of `shape` broadcast to `full` (0 where repeated)."""
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(0 if n == 1 else step)
        step *= n
    strides += [0] * (len(full) - len(shape))
    return tuple(reversed(strides))


def moves_within_rows(value, out):
    """Whether each element along the last dimension of `out` that has several is another one."""
    last = max(i for i, n in enumerate(out.shape) if n != 1)
    return strides_in(value.shape, out.shape)[last] != 0


def collapse(shape, operands):
    """Merge neighbouring dimensions that every operand walks alike; at least one is left.

    Parameters
    ----------
    operands : list of strides, one a dimension of `shape`

    Returns
    -------
    (shape, list of strides)
    """
    dims = [i for i, n in enumerate(shape) if n != 1] or [len(shape) - 1]
    merged = [[shape[dims[0]], [s[dims[0]] for s in operands]]] if shape else [[1, [0] * 2]]
    for i in dims[1:]:
        n, inner = shape[i], [s[i] for s in operands]
        if all(same(outer, step * n) for outer, step in zip(merged[-1][1], inner)):
            merged[-1] = [merged[-1][0] * n, inner]
        else:
            merged.append([n, inner])
    return (tuple(n for n, _ in merged),
            [tuple(steps[j] for _, steps in merged) for j in range(len(operands))])


def blocks(shape, axes):
    """(outer, reduced, inner) sizes of a reduction over neighbouring axes."""
    first, last = axes[0], axes[-1]
    return size_of(shape[:first]), size_of(shape[first:last + 1]), size_of(shape[last + 1:])
