"""Sizes: numbers of a plan that hang on what a run feeds, and what it takes for granted of them.

A dimension that a plan does not know is a *symbol*; a Size is an integer polynomial in symbols (and
in quotients that do not come out even), with its value at the sizes that the plan was made for,
the hint. Passes compute with Sizes as with ints. A comparison is answered from what is known of
the symbols; where that does not suffice the hint answers, and the answer becomes a *guard*: the
plan serves the sizes for which all guards hold. Where a plain int is needed, the size is *pinned*
to its hint. So whatever a pass does is right: what it does not know how to do for every size it
does for one.

Decisions
- Equal Sizes are one object: `a is b` says that two are equal for all sizes. `same` asks no more
  than that, and makes no guard: it is for passes that need to know what holds always.
- `about` gives a number and makes no guard: it is for choices that are right either way.
- A symbol is 2 or more: dimensions of 0 and 1 broadcast and vanish, and have plans of their own.
- What is found of one symbol is kept as its range, which costs nothing to look at.
"""

import contextlib

from fastgrad.compiler.size import (AT_LEAST, AT_MOST, EQUAL, HOLDS, LESS, MORE, UNEQUAL, Size,
                                    terms_of)

LEAST, MOST = 2, 1 << 45            # of a symbol; beyond the largest no memory holds an array
LETTERS = "nmkpqrstuvwxyz"
MOST_SYMBOLS = 8
SYMBOL, CONSTANT, SUM, PRODUCT, FLOOR, POWER = range(6)      # rules of rows (sizes.pxi)
_NOT = (AT_LEAST, MORE, UNEQUAL, EQUAL, LESS, AT_MOST)
_TEXT = ("<", "<=", "==", "!=", ">=", ">")


class Symbol:
    """A dimension that changes from run to run.

    Attributes
    ----------
    name : str, a letter
    hint : int
    least, most : its range, as far as the plan is for it
    places : list of (feed index, dimension)
    """

    def __init__(self, name, hint):
        self.name, self.hint = name, hint
        self.least, self.most = LEAST, MOST
        self.places = []


class Sizes:
    """The symbols of one plan, the Sizes made of them, and the guards.

    Attributes
    ----------
    symbols, symbol_sizes : list of Symbol, and of the Size of each
    present : array of int64, the symbols' values at the run that is going on
    guards : dict with keys (terms, relation) that must hold beside the symbols' ranges
    pinned : whether a symbol was needed as a number
    """

    def __init__(self):
        self.symbols, self.symbol_sizes, self.guards, self.pinned = [], [], {}, False
        self.present = None
        self._atoms = []            # of a monomial: (hint, what it is)
        self._known = {}            # terms -> Size
        self._results = {}          # what arithmetic and comparisons gave, by operands
        self._open = True
        self._supposed = None       # values of atoms in `supposing`

    # ---- making ----
    def symbol(self, hint):
        """The Size of a new symbol."""
        symbol = Symbol(LETTERS[len(self.symbols)], hint)
        self.symbols.append(symbol)
        size = self._atom(hint, (SYMBOL, len(self.symbols) - 1))
        size.symbol = len(self.symbols) - 1
        self.symbol_sizes.append(size)
        return size

    def _atom(self, hint, what):
        self._atoms.append((hint, what))
        return self.made({(len(self._atoms) - 1,): 1})

    def made(self, terms):
        """The Size, or int, of a polynomial {monomial: coefficient}."""
        terms = {m: c for m, c in terms.items() if c}
        if not terms or len(terms) == 1 and () in terms:
            return terms.get((), 0)
        key = tuple(sorted(terms.items()))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = Size(self, key)
        return known

    def quotient(self, a, b):
        """`a // b`, rounded down."""
        exact = self._exact(a, b)
        if exact is not None:
            return exact
        a, b = terms_of(a), terms_of(b)
        return self._atom(self.value(a) // self.value(b), (FLOOR, a, b))

    def power(self, size):
        """The least power of two that is not below a Size."""
        return self._atom(_power(size.hint), (POWER, size.terms))

    def _exact(self, a, b):
        """`a // b` where it comes out even for all sizes, or None."""
        if not isinstance(b, Size):
            terms = terms_of(a)
            if all(c % b == 0 for _, c in terms):
                return self.made({m: c // b for m, c in terms})
            return None
        if a is b:
            return 1
        if len(b.terms) > 1 or not isinstance(a, Size):
            return 0 if a == 0 else None
        (divisor, number), = b.terms
        found = {}
        for m, c in a.terms:
            left = list(m)
            if c % number or any(divisor.count(x) > m.count(x) for x in divisor):
                return None
            for x in divisor:
                left.remove(x)
            found[tuple(left)] = c // number
        return self.made(found)

    # ---- values ----
    def value(self, terms, values=None):
        """The value of a polynomial at the hints of atoms, or at `values` of them."""
        total = 0
        for m, c in terms:
            for atom in m:
                c *= self._atoms[atom][0] if values is None else values[atom]
            total += c
        return total

    def values_at(self, symbols):
        """The values of all atoms for these values of the symbols."""
        values = []
        for _, (kind, *parts) in self._atoms:
            if kind == SYMBOL:
                values.append(symbols[parts[0]])
            elif kind == POWER:
                values.append(_power(self.value(parts[0], values)))
            else:
                values.append(self.value(parts[0], values) // (self.value(parts[1], values) or 1))
        return values

    @contextlib.contextmanager
    def supposing(self, symbols):
        """`about` gives values for these symbols inside."""
        self._supposed = self.values_at(symbols)
        try:
            yield
        finally:
            self._supposed = None

    # ---- what is known ----
    def range_of(self, terms):
        """(least, most) that a polynomial can be."""
        least = most = 0
        for m, c in terms:
            low = high = 1
            for atom in m:
                ends = self._range_of_atom(atom)
                products = [x * y for x in (low, high) for y in ends]
                low, high = min(products), max(products)
            low, high = (c * low, c * high) if c > 0 else (c * high, c * low)
            least, most = least + low, most + high
        return least, most

    def _range_of_atom(self, atom):
        kind, a, *b = self._atoms[atom][1]
        if kind == SYMBOL:
            return self.symbols[a].least, self.symbols[a].most
        ends = [self.range_of(x) for x in (a, *b)]
        if kind == POWER:
            return tuple(map(_power, ends[0]))
        if ends[1][0] <= 0 <= ends[1][1]:
            bound = max(map(abs, ends[0]))
            return -bound, bound
        quotients = [x // y for x in ends[0] for y in ends[1]]
        return min(quotients), max(quotients)

    def holds(self, size, relation):
        """Whether a Size stands in `relation` to 0; a guard, if that hangs on sizes."""
        least, most = self.range_of(size.terms)
        answers = _decided(least, most, relation)
        if answers is not None:
            return answers
        answer = HOLDS[relation](size.hint)
        self._assume(size, relation if answer else _NOT[relation])
        return answer

    def _assume(self, size, relation):
        if not self._open:
            raise RuntimeError(f"{size.text} {_TEXT[relation]} 0 was asked of a plan that is made")
        symbol, factor, rest = _line(self, size.terms)
        if symbol is None or relation == UNEQUAL and not _cuts(symbol, factor, rest):
            self.guards[size.terms, relation] = None
        elif relation == UNEQUAL:
            if symbol.least * factor + rest == 0:
                symbol.least += 1
            elif symbol.most * factor + rest == 0:
                symbol.most -= 1
        else:
            _narrow(symbol, factor, rest, relation)

    def pin(self, size):
        """The hint of a Size; from here on its symbols are that number."""
        if self.range_of(size.terms) == (size.hint, size.hint):
            return size.hint
        if not self._open:
            raise RuntimeError(f"{size.text} was fixed in a plan that is made")
        self.pinned = True
        for number in sorted(self._symbols_of(size.terms)):
            symbol = self.symbols[number]
            symbol.least = symbol.most = symbol.hint
        return size.hint

    def _symbols_of(self, terms):
        found, todo = set(), [terms]
        while todo:
            for m, _ in todo.pop():
                for atom in m:
                    kind, *parts = self._atoms[atom][1]
                    if kind == SYMBOL:
                        found.add(parts[0])
                    else:
                        todo += parts
        return found

    def only_symbol(self, sizes):
        """The one symbol that hangs on nothing else in `sizes`, or None."""
        found = set().union(*(self._symbols_of(terms_of(x)) for x in sizes))
        return self.symbols[found.pop()] if len(found) == 1 else None

    def close(self):
        """No guards any more: the plan is made.

        Sizes know this object, which knows them no more, so that all are freed with the plan.
        """
        self._open = False
        self._known, self._results, self.symbol_sizes = {}, {}, []

    # ---- use ----
    def fits(self, shapes, of):
        """Whether a plan whose feeds have the shapes `of` serves these `shapes`."""
        found = [None] * len(self.symbols)
        for shape, known in zip(shapes, of):
            if len(shape) != len(known):
                return False
            for n, want in zip(shape, known):
                if not isinstance(want, Size):
                    if n != want:
                        return False
                elif found[want.symbol] is None:
                    found[want.symbol] = n
                elif found[want.symbol] != n:
                    return False
        if any(not s.least <= n <= s.most for s, n in zip(self.symbols, found)):
            return False
        values = self.values_at(found)
        return all(HOLDS[relation](self.value(terms, values)) for terms, relation in self.guards)

    def table(self, sizes):
        """(rows, {Size: row}, guards) as `Program.take_sizes` wants them."""
        table = _Table(self._atoms)
        places = {size: table.of(size.terms) for size in sizes}
        guards = [(table.of(terms), relation) for terms, relation in self.guards]
        return table.rows, places, guards

    def describe(self, feeds):
        """Lines about symbols and guards; `feeds` are the fed tensors."""
        for s in self.symbols:
            where = ", ".join(f"dimension {dim} of {feeds[i].name}" for i, dim in s.places)
            span = f"{s.least}" if s.least == s.most else f"{s.least} to {s.most}"
            yield f"{s.name} = {where}: {span}"
        for terms, relation in self.guards:
            yield f"{self.text(terms)} {_TEXT[relation]} 0"

    def text(self, terms):
        """A polynomial as people write it."""
        parts = []
        for m, c in terms:
            names = [self._text_of(atom) for atom in m]
            parts.append("*".join(names if c == 1 and m else [str(c), *names]))
        return "+".join(parts).replace("+-", "-")

    def _text_of(self, atom):
        kind, *parts = self._atoms[atom][1]
        if kind == SYMBOL:
            return self.symbols[parts[0]].name
        if kind == POWER:
            return f"power_of_two({self.text(parts[0])})"
        return "({}//{})".format(*(f"({self.text(x)})" if len(x) > 1 else self.text(x)
                                   for x in parts))


class _Table:
    """Rows of a Program's table, each once."""

    def __init__(self, atoms):
        self.atoms, self.rows, self.known = atoms, [], {}

    def row(self, *what):
        if what not in self.known:
            self.known[what] = len(self.rows)
            self.rows.append(what)
        return self.known[what]

    def of(self, terms):
        """The row of a polynomial."""
        total = None
        for m, c in terms:
            product = self.row(CONSTANT, c, 0) if c != 1 or not m else None
            for atom in map(self.atom, m):
                product = atom if product is None else self.row(PRODUCT, product, atom)
            total = product if total is None else self.row(SUM, total, product)
        return self.row(CONSTANT, 0, 0) if total is None else total

    def atom(self, number):
        kind, *parts = self.atoms[number][1]
        if kind == SYMBOL:
            return self.row(SYMBOL, parts[0], 0)
        rows = [self.of(x) for x in parts]
        return self.row(kind, rows[0], rows[-1])


def _power(n):
    return 1 << max(0, n - 1).bit_length()


def _decided(least, most, relation):
    """Whether the relation to 0 holds for all in a range, for none (False), or None."""
    if relation in (EQUAL, UNEQUAL):
        if least == most == 0:
            return relation == EQUAL
        return relation == UNEQUAL if least > 0 or most < 0 else None
    holds = HOLDS[relation]
    return holds(least) if holds(least) == holds(most) else None


def _line(sizes, terms):
    """(symbol, a, b) of a polynomial a * symbol + b, else (None, 0, 0)."""
    rest = 0
    line = None
    for m, c in terms:
        if not m:
            rest = c
        elif len(m) == 1 and line is None and sizes._atoms[m[0]][1][0] == SYMBOL:
            line = sizes.symbols[sizes._atoms[m[0]][1][1]], c
        else:
            return None, 0, 0
    return (*line, rest) if line is not None else (None, 0, 0)


def _cuts(symbol, factor, rest):
    """Whether a * symbol + b is 0 at an end of the symbol's range."""
    return 0 in (symbol.least * factor + rest, symbol.most * factor + rest)


def _narrow(symbol, a, b, relation):
    """Keep the part of a symbol's range where a * symbol + b stands in `relation` to 0."""
    if relation in (MORE, AT_LEAST):
        a, b, relation = -a, -b, LESS if relation == MORE else AT_MOST
    if relation == LESS:
        b += 1                                      # a s + b <= 0 in whole numbers
    if relation == EQUAL:
        symbol.least = symbol.most = -b // a
    elif a > 0:
        symbol.most = min(symbol.most, -b // a)
    else:
        symbol.least = max(symbol.least, -(b // a))
