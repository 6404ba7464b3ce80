"""Owns the figures of batches whose length changes at each run, as episodes have.

    python -m bench.lengths                                     # fastgrad
    some-python-3.7 bench/lengths.py --library tensorflow       # TensorFlow 1.15, the same program

A policy-gradient net (8-64-64-4, tanh, sparse cross-entropy times returns, Adam) on 400 lengths
between 20 and 420. `one length`: each of some lengths run again and again, the mean over lengths of
the medians; `changing`: a new length at each run. Then how many plans were made, and what 10,000
lengths and 10,000 more do to the process's memory. This file must load on Python 3.7.
"""
import argparse
import statistics
import time

import numpy as np

LENGTHS = [int(n) for n in np.random.RandomState(1).randint(20, 421, 400)]


def library(name):
    if name == "fastgrad":
        import fastgrad.compat.v1 as tf
    else:
        import tensorflow.compat.v1 as tf
        tf.disable_eager_execution()
    return tf


def policy(tf):
    """(graph, placeholders, fetches, initializer) of the net."""
    graph = tf.Graph()
    with graph.as_default():
        states = tf.placeholder(tf.float32, [None, 8])
        taken = tf.placeholder(tf.int32, [None])
        gain = tf.placeholder(tf.float32, [None])
        h, draw = states, np.random.RandomState(0)
        for m, n in ((8, 64), (64, 64), (64, 4)):
            w = tf.Variable((draw.randn(m, n) * 0.1).astype(np.float32))
            h = tf.matmul(h, w) + tf.Variable(np.zeros(n, np.float32))
            h = tf.tanh(h) if n == 64 else h
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=taken, logits=h)
        loss = tf.reduce_mean(each * gain)
        train = tf.train.AdamOptimizer(1e-3).minimize(loss)
        return graph, (states, taken, gain), [train, loss], tf.global_variables_initializer()


def feed(keys, n):
    draw = np.random.RandomState(n)
    values = (draw.randn(n, 8).astype(np.float32), draw.randint(0, 4, n).astype(np.int32),
              draw.randn(n).astype(np.float32))
    return dict(zip(keys, values))


def seconds(run, feeds):
    """The time of each run."""
    found = []
    for values in feeds:
        start = time.perf_counter()
        run(values)
        found.append(time.perf_counter() - start)
    return found


def resident():
    with open("/proc/self/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * 4096


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--library", choices=("fastgrad", "tensorflow"), default="fastgrad")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", action="store_true", help="run 20,000 lengths too")
    options = parser.parse_args()
    tf = library(options.library)
    graph, keys, fetches, initializer = policy(tf)
    session = tf.Session(graph=graph)
    session.run(initializer)

    def run(values):
        return session.run(fetches, values)
    feeds = [feed(keys, n) for n in LENGTHS]
    first = seconds(run, feeds)
    print("the first runs: " + ", ".join("%.0f us" % (1e6 * s) for s in first[:6]))
    changing = min(sum(seconds(run, feeds)) / len(feeds) for _ in range(options.rounds))
    single = []
    for values in feeds[::10]:                  # a session each, which knows no other length
        alone = tf.Session(graph=graph)
        alone.run(initializer)
        times = seconds(lambda v: alone.run(fetches, v), [values] * 60)[10:]  # noqa: B023
        single.append(statistics.median(times))
    one = sum(single) / len(single)
    print("one length %.1f us, changing %.1f us a run" % (1e6 * one, 1e6 * changing))
    if options.library == "fastgrad":
        print("plans kept: %d" % len(session._plans))
    if options.memory:
        lengths = np.random.RandomState(2).permutation(10_000) + 1
        for part in ("first", "next"):
            for n in lengths:
                run({k: np.zeros((n, *k.shape[1:]), k.dtype.as_numpy_dtype) for k in keys})
            print("after the %s 10,000 lengths: %.1f MB" % (part, resident() / 1e6))


if __name__ == "__main__":
    main()
