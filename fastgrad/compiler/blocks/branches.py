"""Branches of the graph as Steps that hold two blocks: cond_, and its gradient.

Any whose branches differ in shape raises NotPlanned. Nothing leaves a branch: it may not run.
"""

from fastgrad.compiler.blocks.arrays import NotPlanned
from fastgrad.compiler.blocks.holders import (Holder, Ports, Taped, bound_outside, specialised,
                                              taped_by, tapes_of, tensors_at, value_in)
from fastgrad.compiler.blocks.layout import Block, carried, slot_of
from fastgrad.graph.dtypes import BOOL
from fastgrad.graph.nodes import Tensor


class Branch(Holder):
    """A branch in the making: two blocks with a result each for every place."""

    def __init__(self, s, node, test, places, parts, results):
        super().__init__(s, node, "branch", [test], places, parts)
        self.test, self.results = test, results

    def close(self):
        ports, slots, blocks = Ports(), [[] for _ in self.places], []
        for part, results in zip(self.parts, self.results):
            part.close_holders()
            last = [carried(v, place) for v, place in zip(results, self.places)]
            for step, group in zip(last, slots):
                group.append(step.out)
            blocks.append(Block(self.steps_of(part, results, last)))
        own = set().union(*(part.b.own for part in self.parts))
        self.fill(ports, blocks, slots, self.test, own)


def plan_cond(s, node, after):
    """The Values of a cond's results."""
    tapes = [(key, [tensors_at(node, part) for part in places])
             for key, places in tapes_of(s, node)]
    test, *values = s.inputs_of(node, after)
    bound = bound_outside(node, node._inputs[1:], values)
    parts = node.get_attr("parts")
    blocks = [specialised(s, node, [*part, *(t for _, kept in tapes for t in kept[i])], bound,
                          node.attrs["made"], hoists=False) for i, part in enumerate(parts)]
    branch = _branch(s, node, test, parts, blocks)
    for key, kept in tapes:
        s.taped[key] = [Taped(branch, block, {t: value_in(block, t) for t in tensors})
                        for block, tensors in zip(blocks, kept)]
    return branch.results_outside


def plan_cond_grad(s, node, after):
    """The Values of the gradients of a cond whose branches leave values on tapes."""
    key, kept, *parts = node.get_attr("parts")
    taped = taped_by(s, key)
    test, *values = s.inputs_of(node, after)
    blocks, popped = [], []
    for part, left in zip(parts, taped):
        turns = left.bound(s)
        popped.append({t: v for t, v in turns.items() if v.kind == "popped"})
        bound = {**bound_outside(node, node._inputs[1:], values), **turns}
        blocks.append(specialised(s, node, part, bound, node.attrs["made"], hoists=False,
                                  own=popped[-1].values(), forward=left.part))
    branch = _branch(s, node, test, parts, blocks)
    for left, block, mine, results in zip(taped, blocks, popped, branch.results):
        left.pop(branch, block, mine, results)
    if taped[0].holder.s is s:
        branch.behind = taped[0].holder.step.outs[:1]
    return branch.results_outside


def _branch(s, node, test, parts, blocks):
    if test.size != 1:
        raise NotPlanned("a predicate of several elements")
    results = [[value_in(block, t) for t in part if isinstance(t, Tensor)]
               for block, part in zip(blocks, parts)]
    for a, b in zip(*results):
        if a.shape != b.shape or a.dtype != b.dtype:
            raise NotPlanned(f"branches of shapes {a.shape} and {b.shape}")
    if test.dtype is not BOOL:
        test = s.b.convert(test, BOOL)
    places = [slot_of(v.shape, v.dtype) for v in results[0]]
    return Branch(s, node, test, places, blocks, results)
