"""Blocks: runs of Steps inside a Step, for loops and branches.

Owns Block and Nested, the operations of the Steps that hold blocks, and where their memory lies:
a block's steps are placed in an arena of its own, which is scratch of the Step that holds it,
and so lies in the plan's arena. Knows nothing of graphs: `loops` and `branches` make the Steps.

Decisions
- What a block reads from outside are *ports*: Values without a step, in place of the holder's
  inputs, so that passes that exchange an input of the holder need not look inside.
- A loop variable lies where the holder's result lies; the body's result is copied there at the end
  of a turn.
- Steps outside never write over what a block reads: the holder reads it.
"""

import numpy as np

from fastgrad.compiler.fuse import fuse, step_reads
from fastgrad.compiler.ir import Step, Value, ghost, updated_by
from fastgrad.compiler.place import Storage, place
from fastgrad.graph.opdef import OPS
from fastgrad.graph.registry import op


@op(None, dtype=None, form="loop", outputs=None, pure=False)
def _loop(*inputs):
    """Turns of a block while its condition holds; the results are the loop variables."""


@op(None, dtype=None, form="branch", outputs=None, pure=False)
def _branch(*inputs):
    """One of two blocks, by the first input."""


@op(None, dtype=None, form="move", pure=False)
def _carry(x):
    """A copy to where the holder's result lies."""


@op(None, dtype=None, form="push", outputs=0, pure=False)
def _push(x):
    """Puts a value on a tape."""


@op(None, dtype=None, form="pop", pure=False)
def _pop():
    """Takes the value off a tape that was put there last."""


class Tape:
    """A stack of values that a loop leaves for its gradient, each of one shape."""

    __slots__ = ()


class Block:
    """Steps that run one after the other inside a Step.

    Attributes
    ----------
    steps : list of Step
    wanted : list of Value
        What the holder reads of it behind its last step.
    kernels : list of Kernel, once they are laid out
    """

    def __init__(self, steps, wanted=()):
        self.steps, self.wanted, self.kernels = steps, list(wanted), []


class Nested:
    """What a Step holds: its blocks, and how their operands hang on its own.

    Attributes
    ----------
    blocks : list of Block
        Of a loop: what sets the variables, the condition, a turn. Of a branch: the two.
    test : Value or None
        Of a loop: the condition's result, None if turns are counted alone.
    ports : list of Value
        One for each input of the holder.
    slots : list of list of Value
        For each result of the holder the values that lie where it lies.
    limit : index of the input that bounds the turns, or None
    counts : Tape that the number of turns is put on, or None
    turns : Tape that the number of turns is taken off, or None
    storages : list of Storage, the pieces of the blocks' arena
    """

    def __init__(self, blocks, ports, slots, test=None, limit=None):
        self.blocks, self.ports, self.slots = blocks, ports, slots
        self.test, self.limit = test, limit
        self.counts = self.turns = None
        self.storages = []


def port_of(value):
    """A Value that stands for another one inside a block."""
    port = Value(value.shape, value.dtype, "port")
    port.storage = Storage("port", 0)
    return port


def slot_of(shape, dtype):
    """A Value that lies where a result of the holder lies."""
    slot = Value(shape, dtype, "slot")
    slot.storage = Storage("slot", 0)
    return slot


def carried(value, slot):
    """A Step that copies `value` to the slot's place, and its result."""
    step = Step(OPS["carry"], [value], {}, None)
    out = Value(slot.shape, slot.dtype, step=step)
    out.storage = Storage("slot", 0)
    step.outs = (out,)
    return step


def filled(slot, number):
    """A Step that puts one number in all elements of the slot's place."""
    step = Step(OPS["zeros_like"], [ghost(slot)], {"number": number}, None)
    out = Value(slot.shape, slot.dtype, step=step)
    out.storage = Storage("slot", 0)
    step.outs = (out,)
    return step


# ---- layout -----------------------------------------------------------------------------

def held_by(steps):
    """(Step, Nested) of the steps that hold blocks."""
    return [(s, s.attrs["nested"]) for s in steps if "nested" in s.attrs]


def every_step(steps):
    """The steps, and those in their blocks."""
    for step in steps:
        yield step
        for block in step.attrs["nested"].blocks if "nested" in step.attrs else ():
            yield from every_step(block.steps)


def prepare_blocks(steps, off, prepared):
    """Fuse the steps of blocks; `prepared` is what follows: callable(steps, results) -> steps."""
    for _, nested in held_by(steps):
        for block in nested.blocks:
            for i, s in enumerate(block.steps):
                s.index = i
            if "fuse" not in off:
                block.steps = fuse(block.steps, block.wanted, updated_by(block.steps))
            prepare_blocks(block.steps, off, prepared)
            block.steps = prepared(block.steps, block.wanted)


def place_blocks(steps, off, threads):
    """Place the blocks of all steps that hold some; before the steps themselves are placed.

    The condition of a loop and its turn follow one another: they lie side by side. Of the blocks of
    a branch one runs: they share their memory.
    """
    for step, nested in held_by(steps):
        sizes, start = [], 0
        for block in nested.blocks:
            place_blocks(block.steps, off, threads)
            size = place(block.steps, [], step_reads, "inplace" not in off, threads)
            storages = _storages(block.steps)
            for s in storages:
                s.offset += start
            nested.storages += storages
            sizes.append(size)
            start += size if step.type == "loop" else 0
        size = sum(sizes) if step.type == "loop" else max(sizes, default=0)
        step.scratch = Value((1, max(size, 1)), np.dtype(np.uint8), "scratch")
        step.scratch.storage = Storage("arena", step.scratch.size)


def _storages(steps):
    """The pieces of the arena that the steps' values lie in, each once."""
    found = {}
    for step in steps:
        for v in (*step.outs, *(() if step.scratch is None else (step.scratch,))):
            if v.storage.kind == "arena":
                found[id(v.storage)] = v.storage
    return list(found.values())


def settle(steps):
    """Say where the operands of blocks lie, once the steps that hold them are placed."""
    for step, nested in held_by(steps):
        base = step.scratch.storage.offset
        for s in nested.storages:
            s.offset += base
        for port, value in zip(nested.ports, step.inputs):
            port.storage.become(value.storage)
        for values, out in zip(nested.slots, step.outs):
            for v in values:
                v.storage.become(out.storage)
        for block in nested.blocks:
            settle(block.steps)
