"""Variable.value is a copy: writing to a part of it is an error, all else is as with any array."""

import copy
import io
import pickle

import numpy as np
import pytest

import fastgrad as fg


@pytest.fixture
def w():
    fg.reset_default_graph()
    return fg.Variable(np.arange(6.0).reshape(3, 2))


def set_item(v):
    v[0, 0] = 99


def set_row(v):
    v[0][1] = 99


def add_to_item(v):
    v[0, 0] += 1


def set_where(v):
    v[v > 2] = 0


def set_turned(v):
    v.T[0, 0] = 1


WRITES = [set_item, set_row, add_to_item, set_where, set_turned, lambda v: v.fill(0),
          lambda v: v.sort(), lambda v: v.put([0], 1), lambda v: np.copyto(v, 0),
          lambda v: np.fill_diagonal(v, 0), lambda v: np.put(v, [0], 1),
          lambda v: v.reshape(-1).__setitem__(0, 1), lambda v: v[:2].fill(3)]


@pytest.mark.parametrize("write", WRITES)
def test_writing_to_a_part_is_an_error_that_says_what_to_do(write, w):
    with pytest.raises(TypeError, match=r"is a copy of a variable's value.*assign it to \.value"):
        write(w.value)
    np.testing.assert_array_equal(w.value, np.arange(6.0).reshape(3, 2))


def test_a_copy_can_be_written_to_and_assigned(w):
    for copied in (w.value.copy(), np.array(w.value), copy.copy(w.value), copy.deepcopy(w.value),
                   w.value + 0, w.value.astype(np.float64), w.value.flatten(),
                   w.value.astype(np.float32)[:2], np.where(w.value > 0, w.value, 0),
                   np.concatenate([w.value, w.value]), np.sort(w.value), w.value.T.copy()):
        assert type(copied) is np.ndarray
        copied[0] = 7
    v = w.value.copy()
    v[0, 0] = 99
    w.value = v
    assert w.value[0, 0] == 99


def test_the_tutorials_update_works(w):
    gradient = np.ones((3, 2))
    w.value -= 0.5 * gradient
    np.testing.assert_array_equal(w.value, np.arange(6.0).reshape(3, 2) - 0.5)
    w.value += 1
    w.value *= 2.0
    w.value /= 2
    np.testing.assert_array_equal(w.value, np.arange(6.0).reshape(3, 2) + 0.5)
    w.value = w.value @ np.eye(2)


def test_what_is_computed_from_it_is_plain(w):
    v = w.value
    for found in (v * 2, v @ v.T, np.exp(v), v > 1, v.sum(0), v.mean(1), v.dot(v.T), np.dot(v, v.T),
                  np.linalg.norm(v, axis=0), v.argmax(1), v.round(), np.stack([v, v]), -v, abs(v),
                  2 - v, np.add(v, v), v.clip(0, 1)):
        assert type(found) is np.ndarray, found
    assert type(v.sum()) is np.float64 and type(np.sum(v)) is np.float64
    assert type(v[0, 0]) is np.float64 and v.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert isinstance(v, np.ndarray) and repr(v) == repr(np.array(v)) and str(v) == str(np.array(v))


def test_it_is_saved_and_pickled_as_a_plain_array(w):
    for found in (pickle.loads(pickle.dumps(w.value)), np.load(_saved(w.value))):
        assert type(found) is np.ndarray
        np.testing.assert_array_equal(found, w.value)


def _saved(value):
    file = io.BytesIO()
    np.save(file, value)
    file.seek(0)
    return file


def test_it_is_fed_and_assigned_as_any_array(w):
    x = fg.placeholder(np.float64, (3, 2))
    session = fg.Session()
    for _ in range(3):
        assert session.run(fg.reduce_sum(x), {x: w.value}) == 15
    other = fg.Variable(w.value)
    assert type(session.run(other)) is np.ndarray
    session.run(w.assign(other.value * 2))
    w.load(other.value)
    np.testing.assert_array_equal(w.value, other.value)


def test_scalars(w):
    b = fg.Variable(2.0)
    b.value -= 0.5
    assert b.value == 1.5 and float(b.value) == 1.5 and f"{b.value:.2f}" == "1.50"
    with pytest.raises(TypeError, match="is a copy"):
        b.value[...] = 3
