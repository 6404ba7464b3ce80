"""How the steps of a plan become kernels: a file for each kind of kernel family.

This list of the files that enter families is the only one.
"""

from fastgrad.compiler.layout import (arrays, channels, convolutions, draws, elementwise, emitter,
                                      index, movement, nests, pools, products, reductions, rows,
                                      strides, updates)

__all__ = ["arrays", "channels", "convolutions", "draws", "elementwise", "emitter", "index",
           "movement", "nests", "pools", "products", "reductions", "rows", "strides", "updates"]
