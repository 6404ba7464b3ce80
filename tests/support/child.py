"""Child processes of tests: they import the fastgrad that the tests themselves import.

`python -c` looks for packages in the working folder first, where a source tree without compiled
modules may lie; so children work in this folder, which has no fastgrad, and get the tests' one
and this folder's modules by PYTHONPATH.
"""

import functools
import os
import signal
import subprocess
import sys

import fastgrad
import pytest

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")
HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(fastgrad.__file__)))


def folders():
    """This folder, and those of tests that this process imports from."""
    tests = os.path.dirname(HERE) + os.sep
    return dict.fromkeys([HERE, *(p for p in sys.path if p.startswith(tests))])


def run_python(*arguments, timeout=100, **variables):
    """Run the interpreter with these arguments and environment variables; its output as text.

    Ctrl-C is not ignored in it, as it would be where the tests run as a shell's background job.
    """
    listen = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    environment = {**os.environ, **variables, "PYTHONPATH": os.pathsep.join((PACKAGE, *folders()))}
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=HERE,
                          env=environment, timeout=timeout,
                          preexec_fn=listen if os.name == "posix" else None)
