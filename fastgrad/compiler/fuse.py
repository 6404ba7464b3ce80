"""Joins neighbouring steps into one kernel call: a list of passes over the scheduled steps.

Each pass takes the steps and the Uses table and returns the steps that are left. A producer is
absorbed only if nothing else uses its value, so no work is ever done twice.

What fusion adds is in `Step.fused`, which `layout` reads:
- gemm: `bias` (a Value), `act` (a name), `into` (a variable's Value) with `alpha`
- a convolution: `bias`, `act`, `into` as gemm; max_pool_grad: `relu`
- softmax_xent: outs of the loss and of its gradient from one pass over the rows
"""

from fastgrad.compiler import families
from fastgrad.compiler.ir import Step, variable_of
from fastgrad.compiler.layout.emitter import INDEX_DTYPES
from fastgrad.compiler.size import same

KERNEL_DTYPES = ("float32", "float64")      # others run as NumPy steps, which cannot be joined
ACTIVATIONS = ("relu", "sigmoid", "tanh")


class Uses:
    """How often each value is read by a step or fetched."""

    def __init__(self, steps, fetched):
        self.count = {}
        for step in steps:
            for v in step_reads(step):
                self.count[v] = self.count.get(v, 0) + 1
        for v in fetched:
            self.count[v] = self.count.get(v, 0) + 1

    def once(self, value):
        return self.count.get(value, 0) == 1


def step_reads(step):
    """The values a step reads, what fusion added included."""
    reads = [v for v in step.inputs if v.kind != "ghost"]
    if step.fused:
        reads += [v for v in (step.fused.get("bias"),) if v is not None]
    return reads


def fuse(steps, fetched, updated):
    """All fusions, in order.

    Parameters
    ----------
    steps : list of Step, in the order of running
    fetched : list of Value
    updated : set of variable operations that this plan writes
    """
    uses = Uses(steps, fetched)
    for one_pass in (join_cross_entropy, add_bias, activate, pass_by_relu, update_by_product,
                     sink_sums):
        steps = one_pass(steps, uses, updated)
    return steps


def _without(steps, gone):
    return [s for s in steps if s not in gone] if gone else steps


def _take_over(old, new):
    """`new` makes the values of `old` from now on."""
    for v in old.outs:
        v.step = new


# ---- matmul + bias + activation ---------------------------------------------------------

def _takes(what, value, uses):
    """Whether the step that makes `value` can do also `what`, and nothing else needs `value`."""
    return (value.step is not None and what in families.of(value.step.opdef).epilogue
            and uses.once(value) and value.dtype.name in KERNEL_DTYPES)


def add_bias(steps, uses, _):
    """add(gemm, row) -> gemm with that bias"""
    gone = set()
    for step in steps:
        if step.type != "add" or step.late:
            continue
        for v, bias in (step.inputs, step.inputs[::-1]):
            if (same(v.shape, step.out.shape) and _takes("bias", v, uses) and not v.step.fused
                    and _is_row(bias, v) and _made_before(bias, v.step)):
                _absorb(step, v.step, bias=bias)
                gone.add(step)
                break
    return _without(steps, gone)


def _is_row(bias, v):
    n = v.shape[-1]
    return same(bias.size, n) and same(bias.shape[-1:], (n,)) and bias.kind != "ghost" \
        and bias.dtype == v.dtype


def _made_before(value, step):
    """Whether `value` is there when `step` runs: it is no step's, or an earlier step's."""
    root = value
    while root.type == "reshape":
        root = root.step.inputs[0]
    return root.step is None or root.step.index < step.index


def _absorb(step, gemm, **what):
    """The gemm step makes the value of `step`, which goes."""
    gemm.fused.update(what)
    gemm.outs = step.outs
    _take_over(step, gemm)


def activate(steps, uses, _):
    """relu, sigmoid or tanh of a gemm -> gemm with that activation"""
    gone = set()
    for step in steps:
        if step.type in ACTIVATIONS and not step.late:
            v = step.inputs[0]
            if _takes("act", v, uses) and "act" not in v.step.fused:
                _absorb(step, v.step, act=step.type)
                gone.add(step)
    return _without(steps, gone)


def pass_by_relu(steps, uses, _):
    """relu_grad(x, gradient of a maximum over x) -> that gradient, where the maximum is above 0

    The relu's result is what the maximum is taken of, so its sign at the maximum tells.
    """
    gone = set()
    for step in steps:
        if step.type == "relu_grad" and not step.late:
            y, v = step.inputs
            if _takes("relu_grad", v, uses) and v.step.inputs[0] is y:
                _absorb(step, v.step, relu=True)
                gone.add(step)
    return _without(steps, gone)


# ---- W -= lr * A^T B in one product -----------------------------------------------------

def update_by_product(steps, uses, updated):
    """apply_gradient_descent(W, lr, gemm) -> gemm with alpha = -lr, beta = 1 into W

    The product then runs where the update stood, after every reader of the old values; so
    its operands must not be variables that this plan writes.
    """
    gone = {}
    for i, step in enumerate(steps):
        if step.type != "apply_gradient_descent":
            continue
        w, lr, g = step.inputs
        if (lr.size != 1 or lr.const is None or not _takes("into", g, uses) or g.step.fused
                or not same(g.shape, w.shape)):
            continue
        if any(variable_of(v) in updated for v in g.step.inputs):
            continue
        product = Step(g.step.opdef, g.step.inputs, g.step.attrs, step.op)
        product.fused = {"into": w, "alpha": -float(lr.const.reshape(-1)[0])}
        product.outs, product.late, product.index = step.outs, True, step.index
        _take_over(step, product)
        gone[g.step] = None
        steps[i] = product
    return _without(steps, gone)


# ---- cross-entropy and its gradient -----------------------------------------------------

def _has_kernel(step):
    return step.out.dtype.name in KERNEL_DTYPES and (
        families.of(step.opdef).indices is None or step.inputs[1].dtype.name in INDEX_DTYPES)


def join_cross_entropy(steps, uses, _):
    """A cross-entropy and its gradient of the same rows -> one step with two outputs"""
    forward = {}                # what a gradient shares with the step that can make it -> that
    gone = set()
    for step in steps:
        gradient = families.of(step.opdef).joins
        if gradient is not None and not step.late and _has_kernel(step):
            forward[(gradient, step.attrs.get("plain"), *step.inputs[:2])] = step
    for step in steps:
        first = forward.get((families.of(step.opdef).name, step.attrs.get("plain"),
                             *step.inputs[:2])) if not step.late else None
        if first is None or len(first.outs) > 1 or not _made_before(step.inputs[2], first):
            continue
        scale = step.inputs[2]
        first.inputs = first.inputs[:2] + [scale]
        first.outs = (first.outs[0], step.outs[0])
        _take_over(step, first)
        gone.add(step)
    return _without(steps, gone)


# ---- order ------------------------------------------------------------------------------

def sink_sums(steps, uses, _):
    """Sums that only updates use move to just before them.

    A bias gradient reads all rows, so threads that carry their own rows through the layers
    would have to meet before each; together they need one barrier. What they read is kept for
    the weight gradients anyway, so no memory lives longer.
    """
    if not any(s.type == "reduce_sum" for s in steps):
        return steps
    users = {}
    for step in steps:
        for v in step_reads(step):
            users.setdefault(v, []).append(step)
    sunk = [s for s in steps if s.type == "reduce_sum" and not s.late
            and uses.count.get(s.out, 0) == len(users.get(s.out, ()))
            and all(u.late for u in users.get(s.out, ())) and users.get(s.out)]
    if not sunk:
        return steps
    rest = _without(steps, set(sunk))
    at = next((i for i, s in enumerate(rest) if s.late), len(rest))
    return rest[:at] + sunk + rest[at:]
