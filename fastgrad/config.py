"""Every environment variable fastgrad reads, once, at import: this table is the whole list.

The first two are read by `_kernels`, which may import nothing of the package; nothing else in the
package looks at `os.environ`. Values are read when the module is first imported, so setting a
variable later in the process changes nothing.
"""

import os

# name -> (default, what it does)
VARIABLES = {
    "FASTGRAD_CPU_LEVEL": ("auto", "which build of the kernels runs: auto, base, v3 or v4"),
    "FASTGRAD_BLAS_CORE": ("auto", "OpenBLAS kernels: auto, a core such as Haswell, or openblas to "
                           "let OpenBLAS and its own variables choose"),
    "FASTGRAD_THREADS": ("", "threads a run may use; empty: the CPUs this process may run on, "
                         "or its container's quota of them"),
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
        found = len(os.sched_getaffinity(0))
    else:
        found = os.cpu_count() or 1
    quota = cpu_quota()
    # whole CPUs: threads wait for one another, so that one which is throttled stops all
    return found if quota is None else max(1, min(found, int(quota)))


# ---- what a container may use -----------------------------------------------------------

def cpu_quota(root="/"):
    """CPUs that the control groups of this process leave it (1.5, say); None if they set no limit.

    Parameters
    ----------
    root : str
        Where `proc` and `sys` are.

    Notes
    -----
    Version 2 has one tree, whose `cpu.max` is "quota period" or "max period"; version 1 has a tree
    for each controller, and a file for each number, -1 for no quota. Every group above counts. A
    container that sees its own group as the root finds its limits there.
    """
    found = [q for folder in _groups(root) for q in (_quota_v2(folder), _quota_v1(folder))
             if q is not None]
    return min(found, default=None)


def _groups(root):
    """The folders of this process's CPU groups, and those above them."""
    tree = os.path.join(root, "sys", "fs", "cgroup")
    for line in (_text(os.path.join(root, "proc", "self", "cgroup")) or "").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and "cpu" not in controllers.split(","):
            continue
        for top in [os.path.join(tree, controllers), os.path.join(tree, "cpu")] if controllers \
                else [tree, os.path.join(tree, "unified")]:
            parts = [p for p in path.split("/") if p and p != ".."]
            for n in range(len(parts), -1, -1):
                yield os.path.join(top, *parts[:n])


def _quota_v2(folder):
    limit, _, period = (_text(os.path.join(folder, "cpu.max")) or "").partition(" ")
    return _ratio(limit, period)


def _quota_v1(folder):
    return _ratio(_text(os.path.join(folder, "cpu.cfs_quota_us")),
                  _text(os.path.join(folder, "cpu.cfs_period_us")))


def _ratio(limit, period):
    """Their quotient if both are counts; "max", -1 and what cannot be read are no limit."""
    if not limit or not period or not limit.isdigit() or not period.isdigit() or not int(period):
        return None
    return int(limit) / int(period)


def _text(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except (OSError, UnicodeDecodeError):
        return None


THREADS = _default_threads()
PASSES_OFF = frozenset(p.strip() for p in _read("FASTGRAD_PASSES_OFF").split(",") if p.strip())
PLAN_CACHE = _read_count("FASTGRAD_PLAN_CACHE")
CHECK = _read("FASTGRAD_CHECK") == "1"
FULL_TRACEBACK = _read("FASTGRAD_TRACEBACK") == "full"
