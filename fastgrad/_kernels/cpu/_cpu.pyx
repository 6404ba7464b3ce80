# Asks the CPU for its x86-64 level; a module of its own, so that nothing built for a level is loaded before the answer.

cdef extern from "cpu.h":
    int fg_cpu_level()


def level() -> int:
    """4 or 3 for x86-64-v4 or v3, 0 for anything else."""
    return fg_cpu_level()
