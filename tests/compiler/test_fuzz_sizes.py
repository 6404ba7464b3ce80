"""Random graphs whose feeds change their sizes: one session against the interpreter.

A graph runs at the sizes that it was written for, then with more rows and columns where its
placeholders leave them open. Where other operands have the old sizes the run has to fail as the
interpreter does. How far results may be off is measured as in test_fuzz.py.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import LARGE, SMALL, program
from test_fuzz import (OFF, QUICK, attempt, compare, expect_failure, failed, nudged, pasted, slack,
                       without)

import fastgrad as fg
from fastgrad.testing import reference

TAPES = st.binary(min_size=12, max_size=90)
SEEDS = range(2)


def stretched(p, rows, columns):
    """The feed with more rows and columns, as far as the placeholders leave them open."""
    arrays = list(p.feed.values())
    m = next((v.shape[0] for v in arrays if v.ndim), 0)
    n = next((v.shape[-1] for v in arrays if v.ndim and v.shape[-1] != m), -1)
    found = {}
    for t, v in p.feed.items():
        open_ = [d is None for d in t._shape or (None,) * v.ndim]
        shape = tuple(d + (rows if d == m else columns if d == n else 0) if o else d
                      for d, o in zip(v.shape, open_))
        found[t] = np.resize(v, shape).astype(v.dtype) if v.size else np.zeros(shape, v.dtype)
    return found


def check(data, more, sizes=SMALL, offs=OFF, roundings=100):
    """Values and derivatives at some sizes, by one session for each pass that is left out."""
    p = program(data, sizes)
    fetches = [*p.outs, *p.grads, *p.second]
    with pasted(p, data):
        truth = []
        for rows, columns in more:
            feed = stretched(p, rows, columns)
            expected = attempt(lambda f=feed: reference(fetches, f, graph=p.graph))
            moved = [attempt(nudged, fetches, feed, {}, seed) for seed in SEEDS]
            fails = failed([expected, *moved])
            slacks = [slack(e, m, roundings) for e, *m in zip(expected, *moved)] if (
                fails is False) else None
            truth.append((feed, expected, fails, slacks))
        for off in offs:
            with without(off):
                session = fg.Session(graph=p.graph)
                for (feed, expected, fails, slacks), by in zip(truth, more):
                    what = f"{by} more, without {sorted(off)}"
                    found = attempt(session.run, fetches, feed)
                    if expect_failure(fails, found, what):
                        compare(found, expected, slacks, what)


@settings(QUICK, max_examples=12)
@given(TAPES)
def test_random_graphs_of_changing_sizes(data):
    check(data, [(0, 0), (2, 0), (5, 0), (3, 1), (6, 2)])


@settings(QUICK, max_examples=2)
@given(TAPES)
def test_large_graphs_of_changing_sizes(data):
    check(data, [(0, 0), (7, 0), (300, 0), (40, 1)], LARGE, OFF[:1], max(LARGE[0]))


@pytest.mark.slow
@settings(QUICK, max_examples=5000, derandomize=False, print_blob=True)
@given(TAPES)
def test_random_graphs_of_changing_sizes_5_000(data):
    check(data, [(0, 0), (2, 0), (5, 0), (3, 1), (6, 2), (1, 0), (40, 3)])
