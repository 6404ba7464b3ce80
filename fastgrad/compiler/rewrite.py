"""Rules that replace a step while the plan is built, in three groups.

- `lower`: ops that no kernel knows become ones that kernels know. Always on.
- `stabilise`: formulas that overflow become ones that do not. Always on: it is about right
  results, and nobody should be able to switch it off for speed.
- `simplify`: identities that save work. A pass that can be left out.

A rule gets the builder and a step whose inputs are already rewritten, and returns the value
to use instead, or None. Inputs are made before their users, so a rule sees what made them.
"""

import numpy as np

from fastgrad.compiler.ir import const_value
from fastgrad.ops.reshape import sum_to_axes
from fastgrad.graph.shapes import normal_axes, reduce_shape, size_of

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
    found = {}
    for group in ("stabilise", "simplify", "lower"):
        if group not in off:
            for op_type, rules in GROUPS[group].items():
                found.setdefault(op_type, []).extend(rules)
    return found


def reshaped(b, value, shape):
    """`value` under another shape of as many elements."""
    if value.shape == shape:
        return value
    return b.step("reshape", value, const_value(_int_array(shape)))


def _int_array(shape):
    return np.array(shape, np.int64)


# ---- lower ------------------------------------------------------------------------------

@rule("lower", "identity", "stop_gradient")
def _same_value(b, s):
    return s.inputs[0]


@rule("lower", "reshape", "reshape_like", "expand_dims", "squeeze")
def _one_view(b, s):
    x = s.inputs[0]
    if x.shape == s.out.shape:
        return x
    if x.type == "reshape":                               # a view of a view
        return reshaped(b, x.step.inputs[0], s.out.shape)
    if s.type != "reshape":
        return reshaped(b, x, s.out.shape)


@rule("lower", "sum_to")
def _sum_to(b, s):
    x, like = s.inputs
    if x.shape == like.shape:
        return x
    axes = sum_to_axes(x.shape, like.shape)
    return reshaped(b, b.step("reduce_sum", x, axis=axes, keepdims=True), like.shape)


@rule("lower", "unreduce")
def _unreduce(b, s):
    dy, like = s.inputs
    kept = reduce_shape(like.shape, s.attrs["axis"], True)
    if s.attrs["mean"]:
        count = max(1, like.size // max(1, size_of(kept)))
        dy = b.step("divide", dy, const_value(dy.dtype.type(count)[...]))
    return b.step("broadcast_to", reshaped(b, dy, kept), const_value(_int_array(like.shape)))


@rule("lower", "broadcast_like")
def _broadcast_like(b, s):
    x, like = s.inputs
    return b.step("broadcast_to", x, const_value(_int_array(like.shape)))


@rule("lower", "broadcast_to")
def _broadcast_nothing(b, s):
    if s.inputs[0].shape == s.out.shape:
        return s.inputs[0]


@rule("lower", "reduce_sum", "reduce_mean", "reduce_max", "reduce_min", "reduce_prod",
      "reduce_all", "reduce_any")
def _reduce_blocks(b, s):
    """Reduce one run of neighbouring axes a step; a kernel knows (outer, reduced, inner)."""
    x = s.inputs[0]
    axes = normal_axes(s.attrs["axis"], len(x.shape))
    if s.attrs["keepdims"]:
        return reshaped(b, b.step(s.type, x, axis=axes, keepdims=False), s.out.shape)
    axes_that_count = tuple(a for a in axes if x.shape[a] != 1)
    if not axes_that_count and x.dtype == s.out.dtype and s.type in _KEEPS_ONE:
        return reshaped(b, x, s.out.shape)
    runs = _runs(axes, x.shape)
    if len(runs) > 1:
        inner = b.step(s.type, x, axis=runs[-1], keepdims=False)
        rest = tuple(a for run in runs[:-1] for a in run)
        return reshaped(b, b.step(s.type, inner, axis=rest, keepdims=False), s.out.shape)
    if s.attrs["axis"] != axes:
        return b.step(s.type, x, axis=axes, keepdims=False)


_KEEPS_ONE = ("reduce_sum", "reduce_mean", "reduce_max", "reduce_min", "reduce_prod")


def _runs(axes, shape):
    """Groups of axes with nothing but dimensions of 1 between them."""
    runs = []
    for a in axes:
        if runs and all(shape[i] == 1 for i in range(runs[-1][-1] + 1, a)):
            runs[-1].append(a)
        else:
            runs.append([a])
    return [tuple(r) for r in runs]


@rule("lower", "softmax", "log_softmax", "softmax_grad", "log_softmax_grad")
def _last_axis(b, s):
    rank = len(s.out.shape)
    axis, = normal_axes(s.attrs["axis"], rank)
    if axis == rank - 1:
        return None
    perm = tuple(i for i in range(rank) if i != axis) + (axis,)
    back = tuple(perm.index(i) for i in range(rank))
    moved = [b.step("transpose", v, perm=perm) for v in s.inputs]
    return b.step("transpose", b.step(s.type, *moved, axis=-1), perm=back)


@rule("lower", "softmax_xent")
def _no_classes(b, s):
    """Without a class every loss is an empty sum; a kernel would have no row to write it by."""
    if s.inputs[0].shape[-1] == 0:
        return const_value(np.broadcast_to(np.zeros((), s.out.dtype), s.out.shape))


@rule("lower", "softmax_xent_grad")
def _scaled_after(b, s):
    """The kernel takes one scale for all rows; a scale a row is multiplied on afterwards."""
    z, c, dy = s.inputs
    if dy.size == 1 or dy.splat is not None:
        return None
    plain = b.step("softmax_xent_grad", z, c, const_value(z.dtype.type(1)[...].reshape(
        (1,) * len(z.shape))), **s.attrs)
    return b.step("multiply", plain, dy)


# ---- stabilise --------------------------------------------------------------------------

@rule("stabilise", "log")
def _log_of_softmax(b, s):
    """log(softmax(z)) -> log_softmax(z)"""
    x = s.inputs[0]
    if x.type == "softmax":
        return b.step("log_softmax", x.step.inputs[0], axis=x.step.attrs["axis"])
    if x.type == "sigmoid":                       # log(sigmoid(z)) -> -softplus(-z), if known
        return None


@rule("stabilise", "softmax_grad")
def _grad_of_log_of_softmax(b, s):
    """softmax_grad(p, g / p) -> log_softmax_grad(log p, g) for p = softmax(z)"""
    p, dy = s.inputs
    if p.type == "softmax" and dy.type == "divide" and dy.step.inputs[1] is p:
        z, axis = p.step.inputs[0], p.step.attrs["axis"]
        logp = b.step("log_softmax", z, axis=axis)
        g = dy.step.inputs[0]
        if g.shape != p.shape:
            g = b.step("broadcast_to", g, const_value(_int_array(p.shape)))
        return b.step("log_softmax_grad", logp, g, axis=axis)


# ---- simplify ---------------------------------------------------------------------------

def _is(value, number, like):
    """Whether `value` is that number everywhere and dropping it leaves `like` as it is."""
    return value.splat is not None and value.splat == number and (
        value.size <= like.size or value.size == 1)


def _kept(s, x):
    """`x` if it can stand for the step's output unchanged."""
    return x if x.shape == s.out.shape and x.dtype == s.out.dtype else None


def _refused(s):
    """Whether NumPy refuses the step: it must stay, for its error."""
    return s.inputs[0].dtype.kind == "b"


@rule("simplify", "multiply")
def _times_one(b, s):
    x, y = s.inputs
    for v, c in ((x, y), (y, x)):
        if _is(c, 1, s.out):
            return _kept(s, v)
        if _is(c, -1, s.out) and v.shape == s.out.shape:
            return b.step("negative", v)


@rule("simplify", "add")
def _plus_zero(b, s):
    x, y = s.inputs
    for v, c in ((x, y), (y, x)):
        if _is(c, 0, s.out):
            return _kept(s, v)
    if y.type == "negative" and y.shape == s.out.shape:
        return b.step("subtract", x, y.step.inputs[0])


@rule("simplify", "subtract", "divide")
def _minus_zero(b, s):
    x, y = s.inputs
    if _refused(s):
        return None
    if _is(y, 0 if s.type == "subtract" else 1, s.out):
        return _kept(s, x)
    if s.type == "subtract" and y.type == "negative" and y.shape == s.out.shape:
        return b.step("add", x, y.step.inputs[0])


@rule("simplify", "negative")
def _twice_negative(b, s):
    x = s.inputs[0]
    if _refused(s):
        return None
    if x.type == "negative":
        return x.step.inputs[0]
    if x.type == "subtract":
        return b.step("subtract", *reversed(x.step.inputs))


@rule("simplify", "pow")
def _small_powers(b, s):
    """x**1, x**2, x**3, x**0.5 and x**-1 by products; only where the exponent is one number."""
    x, y = s.inputs
    if y.splat is None or x.shape != s.out.shape or s.out.dtype.kind != "f":
        return None
    power = float(y.splat)
    if power == 1:
        return x
    if power == 2:
        return b.step("square", x)
    if power == 3:
        return b.step("multiply", b.step("square", x), x)
    if power == -1:
        return b.step("divide", const_value(x.dtype.type(1)[...]), x)


@rule("simplify", "square")
def _square_of_negative(b, s):
    x = s.inputs[0]
    if x.type == "negative" and not _refused(s):
        return b.step("square", x.step.inputs[0])


@rule("simplify", "add", "subtract", "multiply", "divide", "maximum", "minimum",
      "squared_difference")
def _absorb_broadcast(b, s):
    """An elementwise step broadcasts by itself, if another operand has the full shape."""
    found = [v.step.inputs[0] if v.type == "broadcast_to" else v for v in s.inputs]
    if found == s.inputs or all(v.shape != s.out.shape for v in found):
        return None
    return b.step(s.type, *found)


@rule("simplify", "transpose")
def _twice_transposed(b, s):
    x = s.inputs[0]
    rank = len(x.shape)
    perm = _perm(s.attrs["perm"], rank)
    if perm == tuple(range(rank)):
        return x
    if x.type == "transpose":
        inner = _perm(x.step.attrs["perm"], rank)
        return b.step("transpose", x.step.inputs[0], perm=tuple(inner[p] for p in perm))
    moved = tuple(p for p in perm if x.shape[p] != 1)
    if moved == tuple(sorted(moved)):                     # only dimensions of 1 change place
        return reshaped(b, x, s.out.shape)


def _perm(perm, rank):
    return tuple(range(rank))[::-1] if perm is None else tuple(perm)


@rule("simplify", "reduce_sum")
def _sum_of_sum(b, s):
    """A sum over all of a sum is one sum; a sign moves behind a sum, where it costs less."""
    x = s.inputs[0]
    if x.type == "negative":
        attrs = {k: s.attrs[k] for k in ("axis", "keepdims")}
        return b.step("negative", b.step("reduce_sum", x.step.inputs[0], **attrs))
    if s.out.size == 1 and x.type == "reduce_sum" and len(x.step.inputs) == 1:
        return reshaped(b, b.step("reduce_sum", x.step.inputs[0], axis=None), s.out.shape)
    if x.type == "reshape" and s.out.size == 1:
        return reshaped(b, b.step("reduce_sum", x.step.inputs[0], axis=None), s.out.shape)


# ---- simplify: the tutorial's cross-entropy ---------------------------------------------

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
        if logp.type == "log_softmax" and c.shape == logp.shape == x.shape:
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
            if k.splat is not None and c.shape == logp.shape:
                scale = -k.splat
                break
        else:
            return None
    if c.shape != logp.shape:
        return None
    k = const_value(logp.dtype.type(scale)[...].reshape((1,) * rank))
    return b.step("softmax_xent_grad", logp.step.inputs[0], c, k)
