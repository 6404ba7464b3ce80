"""Kernel families: one record each of all that the compiler knows of it.

Owns Family, the table of families and the decorator that enters one: it stands above the family's
layout function, in `layout/`. Passes read records and never compare names, so that a new family is
a layout function, its record and its kernels. Knows no particular family.

The family of a step is its operation's `form`; nothing but `of` reads that. A family may use
another's kernels, as a padding fills and copies.
"""

import dataclasses
from collections.abc import Callable

from fastgrad.compiler import costs, shares


@dataclasses.dataclass(frozen=True)
class Family:
    """What the compiler knows of a kernel family.

    Attributes
    ----------
    name : str, the `form` of its operations
    layout : callable(emitter, step) -> list of Kernel, or None where no kernel does it
        None in place of the function: rules make other steps of it, or NumPy runs it.
    kernels : stems of the symbols that it brings; None: those that its operations name
    endings : what may stand between a stem and the dtypes of a symbol
    share : callable(kernel) -> Share, how threads cut it
    flops : callable(kernel) -> int, its arithmetic operations
    moved : callable(kernel) -> int, the bytes that it reads and writes
    product : whether its arithmetic, and not memory, may be what it takes time for
    rate : how fast that is, as a part of the rate of matrix products
    slow : beginnings of the symbols that compute exp, log and their like
    indices : (place among `Kernel.values`, place of their limit among `ext`) of the indices that
        it follows, which may be bad; None: it follows none, or they were looked at before
    elementwise : whether repeated numbers give a repeated number
    folds_in_parts : whether it is not folded itself, but what it becomes: that stays repeated
    keeps_numbers : whether a number repeated is that number repeated, moved as it may be
    tiles : what a strip may give it a tile of, "elements" or "rows"; see `strips`, `row_strips`
    epilogue : what `fuse` may add to it: "bias", "act", "into"
    joins : the family of the gradient that it computes in one pass with its result, or None
    foreign : whether it runs the user's code, as NumPy steps with an effect of their own
    acts : whether a step without results does something
    way : callable(kernel) -> str, which of several ways it goes, for `explain`; "" for the usual
    scratch : callable(step) -> bytes that each thread needs beside the operands, or None; the
        layout passes `step.scratch` on as the last operand (see `place`)
    """

    name: str | None
    layout: Callable | None = None
    kernels: tuple | None = None
    endings: tuple = ("",)
    share: Callable = shares.whole
    flops: Callable = costs.elements
    moved: Callable = costs.operand_bytes
    product: bool = False
    rate: float = 1.0
    slow: tuple = ()
    indices: tuple | None = None
    elementwise: bool = False
    folds_in_parts: bool = False
    keeps_numbers: bool = False
    tiles: frozenset = frozenset()
    epilogue: frozenset = frozenset()
    joins: str | None = None
    foreign: bool = False
    acts: bool = False
    way: Callable | None = None
    scratch: Callable | None = None


FAMILIES = {}               # name -> Family


def family(*names, **facts):
    """Enter families of these names, laid out by the function below; see Family for the facts."""
    def enter(layout):
        for name in names:
            if name in FAMILIES:
                raise ValueError(f"the kernel family {name!r} has a record already")
            FAMILIES[name] = Family(name, layout, **facts)
        return layout
    return enter


def of(opdef):
    """The Family of an operation's kernels."""
    return FAMILIES[opdef.form]
