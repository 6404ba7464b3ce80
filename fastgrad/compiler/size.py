"""Size: a number of a plan that hangs on what a run feeds, and what passes ask of one.

A Size computes as an int does; how it answers comparisons, and what they are good for, is in
`sizes`. `same`, `about` and `most` ask without making a guard.
"""

import numpy as np

from fastgrad._kernels.program import Choice, Expression, Ratio

LESS, AT_MOST, EQUAL, UNEQUAL, AT_LEAST, MORE = range(6)    # relations to 0 (sizes.pxi)
HOLDS = (lambda x: x < 0, lambda x: x <= 0, lambda x: x == 0, lambda x: x != 0,
         lambda x: x >= 0, lambda x: x > 0)


class Size(Expression):
    """An integer polynomial in symbols.

    Attributes
    ----------
    of : Sizes
    terms : tuple of (monomial, coefficient), sorted; a monomial is a sorted tuple of atoms
    hint : int
    symbol : int, the index of the symbol that it is, or -1
    """

    __slots__ = ("of", "terms")

    def __init__(self, of, terms):
        self.of, self.terms = of, terms
        self.hint = of.value(terms)

    # ---- arithmetic ----
    def _found(self, how, other, function):
        """What `function` gives for this and another number; worked out once."""
        results = self.of._results
        key = self, how, other
        try:
            return results[key]
        except KeyError:
            pass
        except TypeError:               # no number, and no key either
            return NotImplemented
        if not _whole(other):
            return NotImplemented
        found = results[key] = function(self, other)
        return found

    def _plus(self, other, sign):
        return self._found(sign, other, _sum if sign > 0 else _difference)

    def __add__(self, other):
        return self._plus(other, 1)

    __radd__ = __add__

    def __sub__(self, other):
        return self._plus(other, -1)

    def __rsub__(self, other):
        return (-self)._plus(other, 1)

    def __neg__(self):
        return self.of.made({m: -c for m, c in self.terms})

    def __pos__(self):
        return self

    def __mul__(self, other):
        return self._found("*", other, _product)

    __rmul__ = __mul__

    def __floordiv__(self, other):
        return self._found("//", other, _quotient)

    def __rfloordiv__(self, other):
        return _quotient(self, other, self) if _whole(other) else NotImplemented

    def __mod__(self, other):
        quotient = self // other
        return quotient if quotient is NotImplemented else self - quotient * other

    def __rmod__(self, other):
        quotient = other // self
        return quotient if quotient is NotImplemented else other - quotient * self

    def __divmod__(self, other):
        return self // other, self % other

    def __rdivmod__(self, other):
        return other // self, other % self

    def __truediv__(self, other):
        return self.of.pin(self) / other

    def __rtruediv__(self, other):
        self._nonzero()
        return Ratio(other, self)

    def _nonzero(self):
        if self.of.holds(self, EQUAL):
            raise ZeroDivisionError("division by zero")

    # ---- comparisons: answers are guards ----
    def _compare(self, other, relation):
        return self._found(_COMPARISONS[relation], other, _ANSWERS[relation])

    def __lt__(self, other):
        return self._compare(other, LESS)

    def __le__(self, other):
        return self._compare(other, AT_MOST)

    def __eq__(self, other):
        return self._compare(other, EQUAL)

    def __ne__(self, other):
        return self._compare(other, UNEQUAL)

    def __ge__(self, other):
        return self._compare(other, AT_LEAST)

    def __gt__(self, other):
        return self._compare(other, MORE)

    def __bool__(self):
        return self.of.holds(self, UNEQUAL)

    # equal Sizes are one object, so that in tables of keys an int is another key than a Size
    __hash__ = object.__hash__

    # ---- as a number: pinned ----
    def __index__(self):
        return self.of.pin(self)

    __int__ = __trunc__ = __floor__ = __ceil__ = __index__

    def __float__(self):
        return float(self.of.pin(self))

    def at(self, symbols):
        """The value for these values of the symbols."""
        return self.of.value(self.terms, self.of.values_at(symbols))

    def __pow__(self, other):
        return self.of.pin(self) ** other

    def __rpow__(self, other):
        return other ** self.of.pin(self)

    def __abs__(self):
        return self if self >= 0 else -self

    def power_of_two(self):
        """The least power of two that is not below it."""
        return self._found("2**", 0, lambda size, _: size.of.power(size))

    def __repr__(self):
        return str(self.hint)

    def __format__(self, spec):
        return format(self.hint, spec)

    @property
    def text(self):
        """As an expression: `8*n`."""
        return self.of.text(self.terms)


def _sum(a, b, sign=1):
    terms = dict(a.terms)
    for m, c in terms_of(b):
        terms[m] = terms.get(m, 0) + sign * c
    return a.of.made(terms)


def _difference(a, b):
    return _sum(a, b, -1)


def _product(a, b):
    terms = {}
    for m, c in a.terms:
        for k, d in terms_of(b):
            key = tuple(sorted(m + k)) if k else m
            terms[key] = terms.get(key, 0) + c * d
    return a.of.made(terms)


def _quotient(a, b, divisor=None):
    """a // b; for a number divided by a Size, `divisor` is that and b the number."""
    of = a.of
    if divisor is not None:
        a, b = b, divisor
    if isinstance(b, Size):
        b._nonzero()
    elif b == 0:
        raise ZeroDivisionError("division by zero")
    return of.quotient(a, b)


def _answer(relation):
    """callable(Size, number) that compares them; what has been answered stays so."""
    def answer(a, b):
        difference = _difference(a, b)
        return a.of.holds(difference, relation) if isinstance(difference, Size) else (
            HOLDS[relation](difference))
    return answer


_COMPARISONS = ("<", "<=", "==", "!=", ">=", ">")
_ANSWERS = tuple(map(_answer, range(6)))


def _whole(x):
    return type(x) is int or isinstance(x, Size) or hasattr(x, "__index__")


def terms_of(x):
    """The terms of a Size or of a number."""
    return x.terms if isinstance(x, Size) else (((), int(x)),) if x else ()


def symbolic(values):
    """Whether one of some dimensions is a Size."""
    return any(isinstance(n, Size) for n in values)


def same(a, b):
    """Whether two sizes, or two shapes, are equal for all sizes; makes no guard."""
    if a is b:
        return True
    if isinstance(a, tuple):
        return len(a) == len(b) and all(
            m is n or type(m) is not Size is not type(n) and m == n for m, n in zip(a, b))
    return type(a) is not Size is not type(b) and a == b


def about(size):
    """A size as a number, for a choice that is right either way; makes no guard."""
    if type(size) is not Size:
        return size
    supposed = size.of._supposed
    return size.hint if supposed is None else size.of.value(size.terms, supposed)


def most(size):
    """The largest that a size can be."""
    return size.of.range_of(size.terms)[1] if isinstance(size, Size) else size


def sizes_in(value):
    """The Sizes object of what an attribute, or a collection of them, is made of, or None."""
    if isinstance(value, Size):
        return value.of
    if isinstance(value, dict):
        value = value.values()
    elif isinstance(value, np.ndarray):
        value = value.flat if value.dtype == object else ()
    elif not isinstance(value, (tuple, list)):
        return None
    return next((of for of in map(sizes_in, value) if of is not None), None)


def at(value, symbols):
    """An attribute, or a collection of them, for these values of the symbols."""
    if isinstance(value, Size):
        return value.at(symbols)
    if isinstance(value, dict):
        return {k: at(v, symbols) for k, v in value.items()}
    if isinstance(value, (tuple, list)) and not hasattr(value, "_fields"):
        return type(value)(at(x, symbols) for x in value)
    if isinstance(value, np.ndarray) and value.dtype == object:
        return np.array([at(x, symbols) for x in value.flat], np.int64).reshape(value.shape)
    return value


def text(size):
    return size.text if isinstance(size, Size) else str(size)


__all__ = ["Choice", "Ratio", "Size", "about", "at", "most", "same", "sizes_in", "symbolic",
           "text"]
