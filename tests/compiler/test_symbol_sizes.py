"""Sizes: the polynomials that stand for dimensions, what is known of them, guards and tables.

A Size has to answer as its hint does, and wherever the guards hold, as the number that it is there.
"""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgrad._kernels import program as compiled
from fastgrad.compiler.size import Size, about, most, same
from fastgrad.compiler.sizes import Sizes

QUICK = settings(max_examples=200, derandomize=True, deadline=None, database=None)
OPERATIONS = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
              "//": lambda a, b: a // b, "%": lambda a, b: a % b}
COMPARISONS = (lambda a, b: a < b, lambda a, b: a <= b, lambda a, b: a == b, lambda a, b: a != b,
               lambda a, b: a >= b, lambda a, b: a > b, lambda a, b: bool(a - b))


def worked_out(seed, symbols):
    """What random arithmetic on `symbols` gives: numbers on the way, answers of comparisons."""
    choose = random.Random(seed)
    numbers, answers = [*symbols, 1, 3, 64, -2], []
    for _ in range(choose.randrange(1, 12)):
        a, b = choose.choice(numbers), choose.choice(numbers)
        name = choose.choice([*OPERATIONS, "+", "*"])
        if name in ("//", "%"):
            b = choose.choice([2, 3, 64, *symbols])
        numbers.append(OPERATIONS[name](a, b))
        if choose.random() < 0.4:
            answers.append(choose.choice(COMPARISONS)(*choose.sample(numbers, 2)))
    return numbers, answers


@QUICK
@given(st.integers(0, 10**9), st.lists(st.integers(2, 70), min_size=1, max_size=2),
       st.lists(st.integers(2, 90), min_size=2, max_size=2))
def test_arithmetic_and_answers_are_those_of_numbers(seed, hints, others):
    sizes = Sizes()
    numbers, answers = worked_out(seed, [sizes.symbol(n) for n in hints])
    expected, said = worked_out(seed, hints)
    assert [about(n) for n in numbers] == expected and answers == said
    others = others[:len(hints)]
    for n, number in zip(numbers, worked_out(seed, others)[0]):
        if isinstance(n, Size):
            assert n.at(others) == number
    shape = tuple(x for x in numbers[:len(hints)])
    if sizes.fits([tuple(others)], [shape]):
        assert answers == worked_out(seed, others)[1]
        for n, number in zip(numbers, worked_out(seed, others)[0]):
            assert number <= most(n)
    assert sizes.fits([tuple(hints)], [shape])


@QUICK
@given(st.integers(0, 10**9), st.lists(st.integers(2, 70), min_size=2, max_size=2),
       st.lists(st.integers(2, 90), min_size=2, max_size=2))
def test_a_program_computes_the_table(seed, hints, others):
    """The compiled table gives what Size.at gives, and its guards what `fits` says."""
    sizes = Sizes()
    symbols = [sizes.symbol(n) for n in hints]
    for i, symbol in enumerate(sizes.symbols):
        symbol.places.append((0, i))
    numbers = [n for n in worked_out(seed, symbols)[0] if isinstance(n, Size)]
    sizes.close()
    kernel = compiled.Program                       # a step of no kernel is never run here
    space = kernel([], 0, [], [("float64", tuple(symbols))], [])
    rows, places, guards = sizes.table([*numbers, *space.numbers_used])
    space.take_sizes(tuple((*s.places[0], s.least, s.most, s.hint) for s in sizes.symbols), rows,
                     places, guards, [])
    assert space.sizes == tuple(hints)
    values = []
    for rule, a, b in rows:
        values.append([lambda: others[a], lambda: a, lambda: values[a] + values[b],
                       lambda: values[a] * values[b], lambda: values[a] // values[b]][rule]())
    for n in numbers:
        assert values[places[n]] == n.at(others)


def test_equal_sizes_are_one_object():
    sizes = Sizes()
    n, m = sizes.symbol(5), sizes.symbol(7)
    assert (n + m) * 2 is 2 * m + 2 * n and n * m - m * n == 0 and (n * 8) // n == 8
    assert (n * m * 6) // (3 * m) is 2 * n and (n * 64) % n == 0 and n - n == 0
    assert same((n, 3 * m), (n, m + m + m)) and not same((n,), (m,)) and not same(n, 5)
    assert not sizes.guards and all(s.least == 2 for s in sizes.symbols)


def test_what_is_known_makes_no_guard():
    sizes = Sizes()
    n = sizes.symbol(5)
    assert n != 1 and n != 0 and n > 1 and 4 * n >= 8 and bool(n) and not n < 2
    assert not sizes.guards and (sizes.symbols[0].least, sizes.symbols[0].most) == (2, 1 << 45)


def test_answers_that_hang_on_a_size_narrow_its_range():
    sizes = Sizes()
    n, m = sizes.symbol(50), sizes.symbol(7)
    assert 3 * n > 64 and n * 2 <= 4001 and n != 10 and n != 60
    assert (sizes.symbols[0].least, sizes.symbols[0].most) == (22, 2000)
    assert [(sizes.text(s), r) for s, r in sizes.guards] == [("-60+n", 3)]
    assert n != m and len(sizes.guards) == 2
    assert sizes.fits([(55, 9)], [(n, m)]) and not sizes.fits([(60, 9)], [(n, m)])
    assert not sizes.fits([(30, 30)], [(n, m)]) and not sizes.fits([(21, 9)], [(n, m)])


def test_a_number_pins_a_size():
    sizes = Sizes()
    n, m = sizes.symbol(5), sizes.symbol(6)
    assert list(range(n)) == [0, 1, 2, 3, 4] and int(2 * n) == 10 and sizes.pinned
    assert sizes.fits([(5, 9)], [(n, m)]) and not sizes.fits([(6, 9)], [(n, m)])
    assert n == 5 and n * m == 30 and not sizes.fits([(5, 7)], [(n, m)])


def test_a_plan_that_is_made_learns_nothing_more():
    sizes = Sizes()
    n = sizes.symbol(5)
    sizes.close()
    with pytest.raises(RuntimeError, match="n was fixed in a plan that is made"):
        int(n)
    with pytest.raises(RuntimeError, match="n != 0 was asked of a plan that is made"):
        n == 7  # noqa: B015
    assert about(n) == 5 and repr(n) == "5" and n.text == "n"


@pytest.mark.parametrize("least, most_, relation", [
    (3, 9, lambda n: 2 * n - 4 > 0), (2, 9, lambda n: n * n >= 4), (3, 90, lambda n: n - 100 < 0)])
def test_ranges_decide(least, most_, relation):
    sizes = Sizes()
    n = sizes.symbol(5)
    sizes.symbols[0].least, sizes.symbols[0].most = least, most_
    assert relation(n)
    assert not sizes.guards and (sizes.symbols[0].least, sizes.symbols[0].most) == (least, most_)
