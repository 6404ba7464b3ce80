"""Rules of the group `stabilise`: what overflows is computed otherwise, and what is wrong fails."""

from fastgrad.compiler.ir import const_value
from fastgrad.compiler.rewrite import int_array, rule
from fastgrad.compiler.size import same


@rule("stabilise", "log")
def _log_of_softmax(b, s):
    """log(softmax(z)) -> log_softmax(z)"""
    x = s.inputs[0]
    if x.type == "softmax":
        return b.step("log_softmax", x.step.inputs[0], axis=x.step.attrs["axis"])


@rule("stabilise", "softmax_grad")
def _grad_of_log_of_softmax(b, s):
    """softmax_grad(p, g / p) -> log_softmax_grad(log p, g) for p = softmax(z)"""
    p, dy = s.inputs
    if p.type == "softmax" and dy.type == "divide" and dy.step.inputs[1] is p:
        z, axis = p.step.inputs[0], p.step.attrs["axis"]
        logp = b.step("log_softmax", z, axis=axis)
        g = dy.step.inputs[0]
        if not same(g.shape, p.shape):
            g = b.step("broadcast_to", g, const_value(int_array(p.shape)))
        return b.step("log_softmax_grad", logp, g, axis=axis)


@rule("stabilise", "div", "floordiv", "floormod", "truncatediv", "truncatemod")
def _whole_by_zero(b, s):
    """A TensorFlow run fails where integers are divided by 0; constants are looked at here."""
    x, y = s.inputs
    strict = b.op is not None and b.op.graph.literals == "tf" and s.out.dtype.kind in "iu"
    known = y.type == "not_zero" or (bool(y.splat) if y.splat is not None else
                                     y.known and y.const.all())
    if strict and s.out.size and not known:
        return b.step(s.type, x, b.step("not_zero", y))
