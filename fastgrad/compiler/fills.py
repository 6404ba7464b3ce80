"""Fills: memory for numbers repeated to a shape that hangs on sizes, where a kernel reads it.

Most kernels take a repeated number as one. For the others a constant of a known shape lies among
the plan's constants; of a shape that changes, a step makes it in each run.
"""

from fastgrad.compiler.ir import Repeated, Step, Value
from fastgrad.graph.opdef import OPS

EXACT = 2 ** 53                 # a fill's number is a double


def filled(steps, emitter):
    """The steps, with a fill before each that reads a repeated number as an array."""
    found, made = [], {}
    for step in steps:
        if any(isinstance(v, Repeated) for v in _operands(step)):
            read = {id(v) for k in emitter.emit(step) for v in k.values}
            for v in dict.fromkeys(_operands(step)):
                if isinstance(v, Repeated) and id(v) in read and _can_fill(v, emitter):
                    if v not in made:
                        made[v] = _fill(v, step)
                        found.append(made[v])
                    _put(step, v, made[v].out)
        found.append(step)
    return found


def _operands(step):
    bias = step.fused.get("bias")
    return step.inputs if bias is None else [*step.inputs, bias]


def _can_fill(v, emitter):
    return v.dtype.kind in "fb" or v.dtype.kind in "iu" and abs(int(v.splat)) <= EXACT


def _fill(v, step):
    fill = Step(OPS["filled"], [], {"number": v.splat, "dtype": v.dtype, "shape": v.shape}, step.op)
    fill.outs = (Value(v.shape, v.dtype, step=fill),)
    fill.index = step.index
    return fill


def _put(step, old, new):
    step.inputs = [new if v is old else v for v in step.inputs]
    if step.fused.get("bias") is old:
        step.fused["bias"] = new
