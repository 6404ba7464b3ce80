"""A graph that grows from run to run is told once, with the line; one that is being built is not."""

import sys
import warnings

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad.runtime.growth import MANY


def here():
    """The line that asks."""
    return sys._getframe(1).f_lineno


@pytest.fixture(params=[fg, tf], ids=["fastgrad", "tf"])
def lib(request):
    with request.param.Graph().as_default():
        yield request.param


def test_a_node_made_in_the_loop_is_told_once_with_its_line(lib):
    x = lib.placeholder(lib.float32, [None], name="x")
    session = lib.Session()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for _ in range(3 * MANY):
            line = session.run(lib.reduce_sum(lib.square(x)), {x: [1.0]}) and here()
    assert len(told) == 1
    assert told[0].filename == __file__ and told[0].lineno == line
    assert str(told[0].message).startswith(f"test_growth.py:{line} has added ")
    assert "graph.finalize()" in str(told[0].message)


def test_an_optimizers_line_is_named_not_the_models(lib):
    w = lib.Variable([1.0, 2.0])
    loss = lib.reduce_sum(lib.square(w))
    session = lib.Session()
    session.run(lib.global_variables_initializer())
    with pytest.warns(UserWarning, match=rf"test_growth.py:{here() + 2} has added"):
        for _ in range(MANY + 1):
            train = lib.train.GradientDescentOptimizer(0.1).minimize(loss)
            session.run(train)


def test_assigning_new_nodes_is_told_too(lib):
    w = lib.Variable([1.0, 2.0])
    session = lib.Session()
    session.run(w.initializer)
    with pytest.warns(UserWarning, match="has added"):
        for i in range(MANY + 1):
            session.run(w.assign(np.full(2, i, np.float32)))


def quiet(run):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run()


def test_a_deep_net_built_in_a_loop_is_not_told(lib):
    def run():
        h = x = lib.placeholder(lib.float32, [None, 4])
        for _ in range(20 * MANY):
            h = lib.tanh(h)
        session = lib.Session()
        for n in range(1, 3):
            session.run(h, {x: np.ones((n, 4))})
        for _ in range(20 * MANY):                  # and more of it, between two runs
            h = lib.tanh(h)
        session.run(h, {x: np.ones((2, 4))})
    quiet(run)


def test_runs_of_many_fetches_and_shapes_are_not_told(lib):
    def run():
        x = lib.placeholder(lib.float32, [None, 4])
        nodes = [lib.exp(x) for _ in range(2 * MANY)]
        session = lib.Session()
        for n, node in enumerate(nodes):
            session.run(node, {x: np.ones((n, 4))})
    quiet(run)


def test_a_line_that_adds_a_few_times_is_not_told(lib):
    def run():
        x = lib.placeholder(lib.float32, [None])
        for i in range(MANY - 1):
            lib.Session().run(lib.exp(x), {x: [1.0]})
    quiet(run)
