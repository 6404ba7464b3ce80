"""With little memory left a run is right or raises MemoryError: OpenBLAS never ends the process.

Children limit their own addresses. A product by OpenBLAS takes a buffer for each thread that is in one at
the same time, and where there is none OpenBLAS prints a line and exits.
"""

import sys

import pytest
from child import run_python

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"),
                                reason="limits and /proc as Linux has them")

LIMIT = """
import os, resource, sys, threading
import numpy as np

def limit(room):
    with open("/proc/self/statm") as f:
        used = int(f.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + room * 2**20,) * 2)

def forked(work, *arguments):
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            print(work(*arguments), end=" ", flush=True)
        except MemoryError:
            print("MemoryError", end=" ", flush=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, "ended by OpenBLAS"
"""

RUNS = LIMIT + """
import fastgrad as fg
x, n = fg.placeholder(np.float32, [None, None]), 900
y = fg.matmul(x, x)
value = np.ones((n, n), np.float32)

def run(room, threads):
    session = fg.Session(num_threads=threads)
    plan = session.plan(y, {x: value})
    assert any(k.symbol == "gemm_f32" for k in plan.kernels), [k.symbol for k in plan.kernels]
    limit(room)
    found = session.run(y, {x: value})
    assert (found == n).all()
    return "ok"

for room in (8, 16, 24, 31, 40, 48, 64, 80):
    forked(run, room, THREADS)
"""


@pytest.mark.parametrize("threads", [1, 2])
def test_products_with_little_memory(threads):
    done = run_python("-c", RUNS.replace("THREADS", str(threads)), FASTGRAD_CPU_LEVEL="base")
    words = done.stdout.split()
    assert done.returncode == 0 and len(words) == 8, done.stderr
    assert words[-1] == "ok" and {*words} <= {"ok", "MemoryError"}
    assert (words[1] == "ok") == (threads == 1)     # the buffer of one was taken at import


def test_products_of_several_sessions_at_once():
    """Each thread is in a product of its own."""
    done = run_python("-c", RUNS.split("def run")[0] + """
def work(words, begin):
    with fg.Graph().as_default():
        x = fg.placeholder(np.float32, [None, None])
        y, session = fg.matmul(x, x), fg.Session(num_threads=1)
        session.plan(y, {x: value})
        begin.wait()
        for _ in range(5):
            try:
                words.append("ok" if (session.run(y, {x: value}) == n).all() else "wrong")
            except MemoryError:
                words.append("MemoryError")

def at_once(room):
    words, begin = [], threading.Barrier(4)
    others = [threading.Thread(target=work, args=(words, begin)) for _ in range(3)]
    for t in others:
        t.start()
    limit(room)
    begin.wait()
    for t in others:
        t.join()
    return len(words) == 15 and {*words} <= {"ok", "MemoryError"}

for room in (16, 40, 64, 90, 120):
    forked(at_once, room)
""", FASTGRAD_CPU_LEVEL="base")
    assert done.returncode == 0 and done.stdout.split() == ["True"] * 5, done.stdout + done.stderr


def test_an_import_with_little_memory():
    done = run_python("-c", LIMIT + """
def imported(room):
    limit(room)
    try:
        import fastgrad as fg
    except (ImportError, OSError, MemoryError):
        return "no"
    x = fg.placeholder(np.float32, [None, None])
    value = np.ones((600, 600), np.float32)
    session = fg.Session(num_threads=1)
    try:
        return (session.run(fg.matmul(x, x), {x: value}) == 600).all()
    except MemoryError:
        return "MemoryError"

for room in (20, 50, 60, 70, 80, 100, 120, 160, 250):
    forked(imported, room)
""", FASTGRAD_CPU_LEVEL="base", FASTGRAD_THREADS="1")
    words = done.stdout.split()
    assert done.returncode == 0 and len(words) == 9, done.stdout + done.stderr
    assert words[-1] == "True" and "False" not in words
