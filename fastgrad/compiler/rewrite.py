"""Rules that replace a step while the plan is built, in three groups; they are in `rules/`.

- `lower`: ops that no kernel knows become ones that kernels know. Always on.
- `stabilise`: formulas that overflow become ones that do not. Always on: it is about right
  results, and nobody should be able to switch it off for speed.
- `simplify`: identities that save work. A pass that can be left out.

A rule gets the builder and a step whose inputs are already rewritten, and returns the value
to use instead, or None. Inputs are made before their users, so a rule sees what made them.
"""

import numpy as np

from fastgrad.compiler.ir import const_value
from fastgrad.compiler.size import same, symbolic

GROUPS = {"lower": {}, "stabilise": {}, "simplify": {}}


def rule(group, *op_types):
    """Register the function below for steps of these types."""
    def register(fn):
        for op_type in op_types:
            GROUPS[group].setdefault(op_type, []).append(fn)
        return fn
    return register


def table(off=frozenset()):
    """{op type: rules} of all groups that are on, stabilising rules first."""
    on = {}
    for group in ("stabilise", "simplify", "lower"):
        if group not in off:
            for op_type, rules in GROUPS[group].items():
                on.setdefault(op_type, []).extend(rules)
    return on


def reshaped(b, value, shape):
    """`value` under another shape of as many elements."""
    if same(value.shape, shape):
        return value
    return b.step("reshape", value, const_value(int_array(shape)))


def int_array(shape):
    """A shape as the operand that gives it."""
    return np.array(shape, object if symbolic(shape) else np.int64)
