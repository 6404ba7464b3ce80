"""The rewrite rules, a file for each group or kind of operation.

This list of the files that register rules is the only one.
"""

from fastgrad.compiler.rules import (cross_entropy, lower, lower_convolutions, lower_image,
                                     lower_index, lower_matmul, simplify, stabilise)

__all__ = ["cross_entropy", "lower", "lower_convolutions", "lower_image", "lower_index",
           "lower_matmul", "simplify", "stabilise"]
