"""The rewrite rules, a group a file.

This list of the files that register rules is the only one.
"""

from fastgrad.compiler.rules import lower_index, lower_matmul

__all__ = ["lower_index", "lower_matmul"]
