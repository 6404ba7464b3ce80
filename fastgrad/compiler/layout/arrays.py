"""Layouts of the steps that work on TensorArrays; see `_kernels/program/array.pxi`."""

from fastgrad.compiler import costs
from fastgrad.compiler.families import family
from fastgrad.compiler.layout.emitter import Kernel
from fastgrad.compiler.layout.movement import fill


@family("array_new", kernels=(), flops=costs.nothing)
def _array_new(e, s):
    return [fill(s, v, 0) for v in s.outs if v.size]


@family("array_put", kernels=(), flops=costs.nothing)
def _array_put(e, s):
    elements, flags, index, value, _ = s.inputs
    return [Kernel(s, "put", [s.out, flags, elements, index, value], 1, writes=3)]


@family("array_take", kernels=(), flops=costs.nothing, acts=True)
def _array_take(e, s):
    elements, index = s.inputs[0], s.inputs[-2]
    flags = s.inputs[1] if s.attrs["flags"] else None
    return [Kernel(s, "take", [s.out, flags, elements, index], 1, writes=2)]


@family("array_gain", kernels=(), flops=costs.nothing)
def _array_gain(e, s):
    elements, index, value, _ = s.inputs
    return [Kernel(s, "gain", [s.out, elements, index, value], 1, writes=2)]
