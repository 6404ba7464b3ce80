"""Rules that find a cross-entropy written out, and its gradient: one pass over the rows, stable.

-sum(c * log(softmax(z))) is how textbooks write it. `stabilise` has made log_softmax of the
logarithm by then.
"""

from fastgrad.compiler.ir import const_value
from fastgrad.compiler.rewrite import reshaped, rule
from fastgrad.compiler.size import same
from fastgrad.graph.shapes import normal_axes


@rule("simplify", "reduce_sum")
def _cross_entropy(b, s):
    """sum(c * log_softmax(z)) over rows -> -softmax_xent(z, c)"""
    x = s.inputs[0]
    if x.type != "multiply" or len(x.shape) < 1 or x.shape[-1] == 0:
        return None
    axes = normal_axes(s.attrs["axis"], len(x.shape))
    if len(x.shape) - 1 not in axes:
        return None
    for c, logp in (x.step.inputs, x.step.inputs[::-1]):
        if logp.type == "log_softmax" and same(c.shape, logp.shape) and same(
                logp.shape, x.shape):
            rows = b.step("softmax_xent", logp.step.inputs[0], c)
            rest = tuple(a for a in axes if a != len(x.shape) - 1)
            total = b.step("reduce_sum", rows, axis=rest) if rest else rows
            return reshaped(b, b.step("negative", total), s.out.shape)


@rule("simplify", "log_softmax_grad")
def _cross_entropy_grad(b, s):
    """log_softmax_grad(log_softmax(z), k c) -> softmax_xent_grad(z, c, -k) for one number k"""
    logp, g = s.inputs
    rank = len(logp.shape)
    if logp.type != "log_softmax" or normal_axes(s.attrs["axis"], rank)[0] != rank - 1:
        return None
    scale, c = -1.0, g
    if g.type == "negative":
        scale, c = 1.0, g.step.inputs[0]
    elif g.type == "multiply":
        for c, k in (g.step.inputs, g.step.inputs[::-1]):
            if k.splat is not None and same(c.shape, logp.shape):
                scale = -k.splat
                break
        else:
            return None
    if not same(c.shape, logp.shape):
        return None
    k = const_value(logp.dtype.type(scale)[...].reshape((1,) * rank))
    return b.step("softmax_xent_grad", logp.step.inputs[0], c, k)
