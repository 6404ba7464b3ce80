"""Loops, branches and TensorArrays as parts of a plan: Steps that hold blocks of Steps.

`PLANNED` says what each operation becomes that otherwise a session evaluates; `layout` says where
the operands of blocks lie.
"""

from fastgrad.compiler.blocks import arrays, branches, layout, loops
from fastgrad.compiler.blocks.arrays import NotPlanned

# op type -> function(specialiser, operation, updates that it comes after) -> Values of its outputs
PLANNED = {**arrays.PLANNED, "while_": loops.plan_while, "while_grad": loops.plan_while_grad,
           "cond_": branches.plan_cond, "cond_grad": branches.plan_cond_grad}

__all__ = ["PLANNED", "NotPlanned", "layout"]
