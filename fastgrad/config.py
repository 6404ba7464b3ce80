"""Every environment variable fastgrad reads, once, at import: this table is the whole list.

The first two are read by `_kernels`, which may import nothing of the package; nothing else in the
package looks at `os.environ`. Values are read when the module is
first imported, so setting a variable later in the process changes nothing.
"""

import os

# name -> (default, what it does)
VARIABLES = {
    "FASTGRAD_CPU_LEVEL": ("auto", "which build of the kernels runs: auto, base, v3 or v4"),
    "FASTGRAD_BLAS_CORE": ("auto", "OpenBLAS kernels: auto, a core such as Haswell, or openblas to "
                           "let OpenBLAS and its own variables choose"),
    "FASTGRAD_THREADS": ("", "threads a run may use; empty: the CPUs this process may run on"),
    "FASTGRAD_PASSES_OFF": ("", "plan passes to leave out, comma separated (see plan.PASSES)"),
    "FASTGRAD_PLAN_CACHE": ("256", "plans a session keeps before it drops the least recently used"),
    "FASTGRAD_TRACEBACK": ("short", "full: an error's traceback also shows fastgrad's own frames"),
    "FASTGRAD_CHECK": ("0", "1: every session names the first step that makes a NaN or infinity"),
}


def _read(name):
    return os.environ.get(name, VARIABLES[name][0]).strip()


def _read_count(name):
    text = _read(name)
    if not text.isdigit() or int(text) < 1:
        raise ValueError(f"{name}={text!r}: expected a whole number of 1 or more")
    return int(text)


def _default_threads():
    if _read("FASTGRAD_THREADS"):
        return _read_count("FASTGRAD_THREADS")
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


THREADS = _default_threads()
PASSES_OFF = frozenset(p.strip() for p in _read("FASTGRAD_PASSES_OFF").split(",") if p.strip())
PLAN_CACHE = _read_count("FASTGRAD_PLAN_CACHE")
CHECK = _read("FASTGRAD_CHECK") == "1"
FULL_TRACEBACK = _read("FASTGRAD_TRACEBACK") == "full"
