"""`==` between nodes is Python's: where its result stands for values, a warning names `equal`."""

import warnings

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad import metrics


@pytest.fixture(params=[fg, tf], ids=["fastgrad", "tf"])
def lib(request):
    with request.param.Graph().as_default():
        yield request.param


def test_an_accuracy_of_compared_nodes_is_told(lib):
    p, c = lib.constant([[0.1, 0.9]]), lib.constant([[0.0, 1.0]])
    name = "tf" if lib is tf else "fastgrad"
    with pytest.warns(UserWarning, match=rf"cast got Python's False, .* use {name}\.equal\(a, b\)"
                      ) as told:
        lib.reduce_mean(lib.cast(lib.argmax(p, 1) == lib.argmax(c, 1), lib.float32))
    assert told[0].filename == __file__ and len(told) == 1


TAKING = {"reduce_mean": lambda lib, b: lib.reduce_mean(b), "reduce_all":
          lambda lib, b: lib.reduce_all(b), "reduce_any": lambda lib, b: lib.reduce_any(b),
          "to_float": lambda lib, b: lib.to_float(b), "to_int32": lambda lib, b: lib.to_int32(b),
          "count_nonzero": lambda lib, b: lib.count_nonzero(b), "mean": lambda lib, b: metrics.mean(b)}


@pytest.mark.parametrize("name", TAKING)
def test_what_takes_values_tells(name, lib):
    for value in (True, False):
        with pytest.warns(UserWarning, match=rf"got Python's {value}"):
            try:
                TAKING[name](lib, value)
            except TypeError:
                assert lib is tf            # some refuse truth values besides


def test_what_is_meant_is_not_told(lib):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = lib.constant([1.0, 2.0])
        lib.reduce_all([True, False])
        lib.cast(np.array([True, False]), lib.float32)
        lib.cast(np.bool_(True), lib.float32)
        lib.cast(lib.equal(x, x), lib.float32)
        lib.constant(True), lib.logical_and(True, lib.constant(False))
        lib.where(True, x, x) if lib is fg else lib.cond(lib.constant(True), lambda: x, lambda: x)


def test_nodes_stay_keys_and_are_found_in_lists(lib):
    x, y = lib.constant(1.0), lib.constant(1.0)
    assert {x: 1, y: 2}[y] == 2 and [x, y].index(y) == 1 and x != y and (x == x) is True
