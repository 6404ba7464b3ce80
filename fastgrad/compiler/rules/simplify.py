"""Rules of the group `simplify`: identities that save work. A pass that can be left out."""

from fastgrad.compiler.ir import const_value
from fastgrad.compiler.rewrite import reshaped, rule
from fastgrad.compiler.size import same


def _is(value, number, like):
    """Whether `value` is that number everywhere and dropping it leaves `like` as it is."""
    return value.splat is not None and value.splat == number and (
        value.size == 1 or same(value.size, like.size) or value.size <= like.size)


def _kept(s, x):
    """`x` if it can stand for the step's output unchanged."""
    return x if same(x.shape, s.out.shape) and x.dtype == s.out.dtype else None


def _refused(s):
    """Whether NumPy refuses the step: it must stay, for its error."""
    return s.inputs[0].dtype.kind == "b"


@rule("simplify", "multiply")
def _times_one(b, s):
    x, y = s.inputs
    for v, c in ((x, y), (y, x)):
        if _is(c, 1, s.out):
            return _kept(s, v)
        if _is(c, -1, s.out) and same(v.shape, s.out.shape):
            return b.step("negative", v)


@rule("simplify", "add")
def _plus_zero(b, s):
    x, y = s.inputs
    for v, c in ((x, y), (y, x)):
        if _is(c, 0, s.out):
            return _kept(s, v)
    if y.type == "negative" and same(y.shape, s.out.shape):
        return b.step("subtract", x, y.step.inputs[0])


@rule("simplify", "subtract", "divide")
def _minus_zero(b, s):
    x, y = s.inputs
    if _refused(s):
        return None
    if _is(y, 0 if s.type == "subtract" else 1, s.out):
        return _kept(s, x)
    if s.type == "subtract" and y.type == "negative" and same(y.shape, s.out.shape):
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
    if y.splat is None or not same(x.shape, s.out.shape) or s.out.dtype.kind != "f":
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
    narrow = [v.step.inputs[0] if v.type == "broadcast_to" else v for v in s.inputs]
    if narrow == s.inputs or not any(same(v.shape, s.out.shape) for v in narrow):
        return None
    return b.step(s.type, *narrow)


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
