"""tf.train.Coordinator: threads that stop together, and the first error reaches the joiner."""

import threading

import pytest

import fastgrad.compat.v1 as tf


def test_workers_stop_when_one_asks():
    coord, seen = tf.train.Coordinator(), []

    def work(number):
        while not coord.should_stop():
            seen.append(number)
            if number == 0:
                coord.request_stop()
            coord.wait_for_stop(5)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(3)]
    for t in threads:
        t.start()
    coord.join(threads)
    assert not any(t.is_alive() for t in threads) and 0 in seen
    assert coord.should_stop() and coord.joined


def test_join_waits_for_threads_that_nobody_stops():
    coord, go = tf.train.Coordinator(), threading.Event()
    t = threading.Thread(target=go.wait)
    t.start()
    coord.register_thread(t)
    threading.Timer(0.01, go.set).start()
    coord.join()
    assert not t.is_alive() and not coord.should_stop()


def test_the_first_error_is_raised_by_join():
    coord = tf.train.Coordinator()

    def work():
        with coord.stop_on_exception():
            raise KeyError("first")

    t = threading.Thread(target=work)
    t.start()
    with pytest.raises(KeyError, match="first"):
        coord.join([t])
    coord.request_stop(ValueError("late"))
    with pytest.raises(KeyError):
        coord.raise_requested_exception()


def test_the_end_of_data_is_no_error():
    coord = tf.train.Coordinator()
    with coord.stop_on_exception():
        raise tf.errors.OutOfRangeError("no more")
    assert coord.should_stop()
    coord.join([])


def test_stragglers_are_named():
    coord, go = tf.train.Coordinator(), threading.Event()
    t = threading.Thread(target=go.wait, name="slow one")
    t.start()
    coord.request_stop()
    with pytest.raises(RuntimeError, match="slow one"):
        coord.join([t], stop_grace_period_secs=0.01)
    coord.join([t], stop_grace_period_secs=0.01, ignore_live_threads=True)
    go.set()
    t.join()


def test_clear_stop():
    coord = tf.train.Coordinator()
    coord.request_stop()
    coord.clear_stop()
    assert not coord.should_stop() and not coord.wait_for_stop(0)
