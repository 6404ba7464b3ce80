"""How the steps of a plan become kernels.

This list of the files that register layouts is the only one.
"""

from fastgrad.compiler.layout import emitter, index, products

__all__ = ["emitter", "index", "products"]
