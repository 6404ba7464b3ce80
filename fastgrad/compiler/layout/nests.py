"""Layouts of the steps that hold blocks: loops and branches; and of the tapes of loops.

Their kernels are the Program's own (`_kernels/program/loop.pxi`): what they are called here stands
in plans only.
"""

from fastgrad.compiler import costs
from fastgrad.compiler.families import family
from fastgrad.compiler.layout.emitter import Kernel
from fastgrad.compiler import strips

TURNS = 16                      # guessed, of a loop whose number of turns is not known


def every(kernels):
    """All kernels, those of blocks behind the one that holds them."""
    for k in kernels:
        yield k
        for block in k.blocks:
            yield from every(block)


def _flops(k):
    return TURNS * sum(costs.flops(inner) for block in k.blocks for inner in block)


def _holder(e, s):
    """One kernel; its values are what it reads and writes, in no kernel's order."""
    nested = s.attrs["nested"]
    blocks = tuple(strips.join([k for inner in block.steps for k in e.emit(inner)])
                   for block in nested.blocks)
    changed = {id(v) for block in blocks for k in every(block) for v in k.values[:k.writes]}
    outer = [v for port, v in zip(nested.ports, s.inputs) if id(port) in changed]
    read = [v for v in s.inputs if v not in outer]
    kernel = Kernel(s, s.type, [*s.outs, *outer, *read, s.scratch], 1,
                    writes=len(s.outs) + len(outer))
    kernel.blocks = blocks
    return [kernel]


family("loop", kernels=(), flops=_flops, acts=True)(_holder)
family("branch", kernels=(), flops=_flops, acts=True)(_holder)


@family("push", kernels=(), flops=costs.nothing, acts=True)
def _push(e, s):
    return [Kernel(s, "push", [s.inputs[0]], 1, writes=0)]


@family("pop", kernels=(), flops=costs.nothing)
def _pop(e, s):
    return [Kernel(s, "pop", [s.out], 1)]
