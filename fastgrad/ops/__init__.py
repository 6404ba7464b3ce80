"""Operations on tensors, each with its gradient and its NumPy twin.

This list of the files that declare operations is the only one.
"""

from fastgrad.ops import (arithmetic, bitwise, checks, custom_gradient, divide, gather,
                          indexed_slices, join, logic, logsumexp, make, norms, operators, order,
                          pad, random, reduce, reshape, scan, scatter, segment, shape, slice,
                          sparse, special, state, strings, trig, unary, update, where)

__all__ = ["arithmetic", "bitwise", "checks", "custom_gradient", "divide", "gather",
           "indexed_slices", "join", "logic", "logsumexp", "make", "norms", "operators", "order",
           "pad", "random", "reduce", "reshape", "scan", "scatter", "segment", "shape", "slice",
           "sparse", "special", "state", "strings", "trig", "unary", "update", "where"]
