"""Operations on tensors, each with its gradient and its NumPy twin.

This list of the files that declare operations is the only one.
"""

from fastgrad.ops import (argmax, arithmetic, axes_given, bitwise, broadcast, bundle, cast,
                          checks, comparison, counts, custom_gradient, decode, divide, features,
                          gather, hash_buckets, indexed_slices, join, logic, logsumexp, make,
                          norms, operators, order, pad, parsing, partial_value, partition,
                          patches, random, random_crop, reduce, refused, reshape, scan, scatter,
                          segment, shape, slice, space, sparse, special, state, strings,
                          tensor_scatter, trig, unary, unique, update, where)

__all__ = ["argmax", "arithmetic", "axes_given", "bitwise", "broadcast", "bundle", "cast",
           "checks", "comparison", "counts", "custom_gradient", "decode", "divide", "features",
           "gather", "hash_buckets", "indexed_slices", "join", "logic", "logsumexp", "make",
           "norms", "operators", "order", "pad", "parsing", "partial_value", "partition",
           "patches", "random", "random_crop", "reduce", "refused", "reshape", "scan", "scatter",
           "segment", "shape", "slice", "space", "sparse", "special", "state", "strings",
           "tensor_scatter", "trig", "unary", "unique", "update", "where"]
