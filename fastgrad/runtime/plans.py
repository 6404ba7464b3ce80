"""The plans that a session keeps, by what they run and for which sizes.

A first run is planned for the very shapes that it is fed: a graph that never sees others loses
nothing. Where a run comes whose shapes differ, the dimensions that have changed become symbols,
and one plan serves all their sizes from then on (`compiler.sizes`). Dimensions that were equal
when that plan was made are taken for one size; where they part, a plan with both is made. A
plan that has to know a size as a number is for that size alone, and so is every later one.

Decisions
- A few plans serve all sizes of a dimension: one for each of 0 and 1, and the one with symbols,
  which is made anew, with more room, where sizes outgrow it, and takes the place of those that it
  can stand for.
"""

from collections import OrderedDict

from fastgrad import config
from fastgrad.compiler.sizes import LEAST, MOST_SYMBOLS, Sizes

MOST_OF_A_KIND = 4          # plans for one set of fetches and feeds, if one of them has symbols


class _Kind:
    """The plans of runs that differ in sizes alone.

    Attributes
    ----------
    changing : set of (feed index, dimension) that have changed from run to run
    fixed : set of those that a plan had to know
    seen : shapes of the last run that was planned
    plans : list of (shapes, plan), the latest first; shapes with Sizes where `plan.sizes` is set
    """

    def __init__(self):
        self.changing, self.fixed, self.seen = set(), set(), None
        self.plans = []

    def find(self, shapes, exact):
        for i, (of, plan) in enumerate(self.plans):
            if plan.sizes is None and of == shapes or (
                    plan.sizes is not None and not exact and plan.sizes.fits(shapes, of)):
                if i:
                    self.plans.insert(0, self.plans.pop(i))
                return plan
        return None

    def keep(self, shapes, plan):
        self.plans.insert(0, (shapes, plan))
        if plan.sizes is None:
            return
        self.fixed.update(place for s in plan.sizes.symbols if s.least == s.most
                          for place in s.places)
        if not plan.sizes.pinned:
            self.plans = self.plans[:1] + [
                (of, p) for of, p in self.plans[1:] if not _replaces(plan, shapes, p, of)]
            del self.plans[MOST_OF_A_KIND:]

    def look(self, shapes):
        """Note what has changed since the last plan."""
        if self.seen is not None:
            self.changing |= {(i, d) for i, (new, old) in enumerate(zip(shapes, self.seen))
                              for d, (m, n) in enumerate(zip(new, old)) if m != n}
        self.seen = shapes

    def symbolic(self, shapes):
        """(Sizes, the shapes made of them), or (None, the shapes) where none changes."""
        sizes, by_hint = Sizes(), {}
        symbolic = [list(shape) for shape in shapes]
        for i, d in sorted(self.changing - self.fixed):
            hint = shapes[i][d]
            if hint < LEAST or hint not in by_hint and len(by_hint) == MOST_SYMBOLS:
                continue
            if hint not in by_hint:
                by_hint[hint] = sizes.symbol(hint)
            symbolic[i][d] = by_hint[hint]
            sizes.symbols[by_hint[hint].symbol].places.append((i, d))
        return (sizes, tuple(map(tuple, symbolic))) if by_hint else (None, shapes)


def _replaces(new, shapes, old, of):
    """Whether a plan serves whatever another serves."""
    if old.sizes is None:
        return new.sizes.fits(of, shapes)
    places = [[s.places for s in p.sizes.symbols] for p in (new, old)]
    return places[0] == places[1] and not new.sizes.guards and all(
        a.least <= b.least and b.most <= a.most
        for a, b in zip(new.sizes.symbols, old.sizes.symbols)) and all(
        m == n for a, b in zip(shapes, of) for m, n in zip(a, b)
        if isinstance(m, int) and isinstance(n, int))


class Plans:
    """Plans by what they run: kept while they are used, up to a number."""

    def __init__(self):
        self._kinds = OrderedDict()

    def __len__(self):
        return sum(len(kind.plans) for kind in self._kinds.values())

    def values(self):
        return [plan for kind in self._kinds.values() for _, plan in kind.plans]

    def clear(self):
        self._kinds.clear()

    def find(self, key, shapes, exact=False):
        """The plan for these shapes, or None; if `exact`, one that is for no others."""
        kind = self._kinds.get(key)
        if kind is None:
            return None
        self._kinds.move_to_end(key)
        return kind.find(shapes, exact)

    def to_make(self, key, shapes, exact=False):
        """What a plan for these shapes is to be made of: (Sizes or None, shapes)."""
        kind = self._kinds.setdefault(key, _Kind())
        if exact:
            return None, shapes
        kind.look(shapes)
        return kind.symbolic(shapes)

    def keep(self, key, shapes, plan):
        """Remember a plan; what has been used least goes."""
        kind = self._kinds.setdefault(key, _Kind())
        kind.keep(shapes, plan)
        self._kinds.move_to_end(key)
        while len(self) > config.PLAN_CACHE or len(self._kinds) > config.PLAN_CACHE:
            oldest = next(iter(self._kinds.values()))
            if oldest.plans:
                oldest.plans.pop()
            if not oldest.plans:
                self._kinds.popitem(last=False)
