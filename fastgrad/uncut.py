"""Context managers that no interrupt can cut: each enters and leaves in one call of C.

Owns: how state is changed for the length of a `with`. Everything in the package that sets something
and puts it back does so through these, and not by a generator with `try` and `finally`: Ctrl-C may
come behind the change and before the `try`, or as `contextlib`'s own `__exit__` begins.
"""

from fastgrad._kernels.program import Acquired, Changed, Uncollected

__all__ = ["Acquired", "Changed", "Uncollected"]
