"""Raw specs for the tests of the compiled Program: short ways to write steps."""

import textwrap
import threading

import numpy as np
from child import run_python

from fastgrad import _kernels
from fastgrad._kernels.program import Program

F8 = np.dtype("f8")
X = np.linspace(-1, 1, 200).reshape(100, 2)


def kernel(name, *operands, n, par=(), ext=(), aux=None, grain=1, parallel=False, barrier=False):
    return (_kernels.address(name), operands, ext, par, aux, 0, n, grain, parallel, barrier)


def exp_program(shape=(100, 2), **options):
    """One step from feed to result: spaces are 0 arena, 1 feed, 2 result."""
    n = int(np.prod(shape))
    return Program([kernel("exp_f64", (2, 0), (1, 0), n=n)], 0, [], [(F8, shape)],
                   [(F8, shape)], **options)


def python_step(call, outs, ins):
    return (call, tuple(outs), tuple(ins))


def plus_one(outs, ins):
    outs[0][...] = ins[0] + 1
    return "ignored"


def chain(threads, n=4099, grain=8):
    steps = []
    for _ in range(5):
        steps += [kernel("tanh_f64", (0, 0), (1, 0), n=n, grain=grain, parallel=True),
                  kernel("exp_f64", (0, 0), (0, 0), n=n, grain=grain, parallel=True),
                  kernel("fill_f64", (0, 0), n=3, par=(0.25,), barrier=True),
                  kernel("log1p_f64", (2, 0), (0, 0), n=n, grain=grain, parallel=True,
                         barrier=True),
                  kernel("move", (1, 0), (2, 0), n=n, ext=(8,), grain=grain, parallel=True)]
    return Program(steps, 8 * n, [np.linspace(-3, 3, n)], [], [(F8, (n,))], threads)


def run_at_once(*calls):
    """Run the calls in threads that start together; the exceptions they raised."""
    gate, errors = threading.Barrier(len(calls)), []

    def work(call):
        gate.wait()
        try:
            call()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "threads wait for each other"
    return errors


PREAMBLE = """
import os, signal, threading, time
from specs import *
from fastgrad._kernels.program import StepFailed, StoreLock
"""


def in_process(body, timeout=60):
    """Run a script that starts with the names here; returns its output lines."""
    text = PREAMBLE + textwrap.dedent(body)
    done = run_python("-c", text, timeout=timeout)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()
