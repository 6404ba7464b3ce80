"""Makes a failed run leave the variables as they were.

All that a plan reads of old values runs before its first update, so most failures come while
nothing is written yet. What is left is a step behind that point that may fail. Two remedies:

- *check*: an index that an update follows is looked at before the first update. This costs one pass
  over the indices, and nothing if a lookup in the same table has just made it.
- *undo*: where that cannot be (the index is made by an update, a step runs in Python, where
  anything may happen, Ctrl-C included), the Program copies the variables that it
  writes before each run, and puts them back if it fails.

Which kernels follow indices that may be bad, each family says (`Family.indices`).
"""

from fastgrad.compiler.families import FAMILIES
from fastgrad.compiler.layout.emitter import OWN, Kernel, letter


def checked(kernels):
    """The kernels with checks before the first that writes a variable; and what they write."""
    first = _first_late(kernels)
    if first < 0:
        return kernels, []
    seen = {(id(index), limit) for k in kernels[:first] for _, index, limit in indices_of(k)}
    checks = []
    for k in kernels[first:]:
        for step, index, limit in indices_of(k):
            if not _made_late(index) and (id(index), limit) not in seen:
                seen.add((id(index), limit))
                checks.append(_check(step, index, limit))
    return [*kernels[:first], *checks, *kernels[first:]], list(_written(kernels[first:]))


def commit_of(kernels):
    """(place of the first kernel that may write a variable or -1, the variables to save)."""
    first = _first_late(kernels)
    if first < 0 or not any(_may_fail(k) for k in kernels[first:]):
        return first, []
    return first, list(_written(kernels[first:]))


def _first_late(kernels):
    return next((i for i, k in enumerate(kernels) if any(p.step.late for p in _parts(k))), -1)


def _parts(kernel):
    return kernel.parts or (kernel,)


def indices_of(kernel):
    """[(step, Value of indices, their limit)] of all that a kernel follows."""
    return [(k.step, k.values[k.family.indices[0]], k.ext[k.family.indices[1]])
            for k in _parts(kernel) if k.symbol is not None and k.family.indices is not None]


def _made_late(value):
    return value.step is not None and value.step.late


def _may_fail(kernel):
    return kernel.symbol in OWN or any(k.symbol is None for k in _parts(kernel)) or any(
        _made_late(index) for _, index, _ in indices_of(kernel))


def _check(step, index, limit):
    """A lookup of nothing: rows of no bytes, from a table of `limit` rows."""
    return Kernel(step, f"gather_{letter(index.dtype)}", [index, index, index], index.size,
                  ext=(0, limit), writes=0, family=FAMILIES["gather"])


def _written(kernels):
    """The variables that the kernels write, each once."""
    return dict.fromkeys(v.storage.source for kernel in kernels for k in _parts(kernel)
                         for v in k.values[:k.writes]
                         if v is not None and v.storage is not None and v.storage.kind == "var")
