"""The options of a Session: what they may be, and what is taken if one is not given."""

from fastgrad import config


def checks_numerics(check_numerics):
    """Whether runs stop at a NaN or an infinity."""
    return config.CHECK if check_numerics is None else bool(check_numerics)


def keeps_subnormals(subnormals):
    """Whether subnormal numbers are computed with, rather than taken for zero."""
    if subnormals not in ("flush", "keep"):
        raise ValueError(f"subnormals must be 'flush' or 'keep'; got {subnormals!r}.")
    return subnormals == "keep"


def threads_of(num_threads):
    """How many threads a plan may use."""
    if num_threads is None:
        return config.THREADS
    if not isinstance(num_threads, int) or num_threads < 1:
        raise ValueError(f"num_threads must be a whole number of 1 or more; got {num_threads!r}.")
    return num_threads
