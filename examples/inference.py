"""One row at a time through make_callable, and how long each call takes.

A controller that runs 1000 times a second has 1 ms for everything; what counts is not the mean but
the slowest call.
"""

import time

import numpy as np

import fastgrad as fg

fg.set_random_seed(0)
x = fg.placeholder(fg.float32, [1, 32], name="sensors")
hidden = fg.layers.dense(x, 64, activation=fg.nn.relu)
hidden = fg.layers.dense(hidden, 64, activation=fg.nn.relu)
command = fg.layers.dense(hidden, 4, activation=fg.nn.tanh)

session = fg.Session(num_threads=1)
control = session.make_callable(command, [x])

rng = np.random.default_rng(0)
rows = rng.normal(size=(5000, 1, 32)).astype(np.float32)
first = time.perf_counter()
control(rows[0])                                # compiles the plan: do it before the loop
compiling = time.perf_counter() - first

times = np.empty(len(rows))
for i, row in enumerate(rows):
    started = time.perf_counter()
    found = control(row)
    times[i] = time.perf_counter() - started

plain = session.run(command, {x: rows[-1]})
print(f"first call, which compiles: {1e3 * compiling:.1f} ms")
print("a call, microseconds: " + ", ".join(
    f"{name} {1e6 * value:.1f}" for name, value in (
        ("median", np.median(times)), ("99 %", np.quantile(times, 0.99)),
        ("slowest", times.max()))))
print(f"the same as session.run: {np.array_equal(found, plain)}")
print(f"share of a millisecond, median: {1e3 * np.median(times):.4f}")
