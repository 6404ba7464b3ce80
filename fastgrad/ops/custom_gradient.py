"""custom_gradient: a function's results with a gradient that the function itself gives."""

import functools
import inspect

from fastgrad.errors import GradientError
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.ops.join import SEVERAL
from fastgrad.ops.state import identity


@op(lambda s, a: s[0], casts=(0,), view=0, shape_only="rest", ref=lambda y, *xs, grad: y,
    name="IdentityN", text=True)
def _own_gradient(*values, grad=None):
    pass


@op(lambda s, a: list(s[:a["count"]]), dtype=None, out=lambda d, a: list(d[:a["count"]]),
    outputs=SEVERAL, ref=lambda *values, count, grad: [v.copy() for v in values[:count]],
    name="IdentityN", text=True)
def _own_gradients(*values, count=1, grad=None):
    pass


def _apply(op, count, dys):
    dxs = op.attrs["grad"](*dys)
    dxs = list(dxs) if isinstance(dxs, (list, tuple)) else [dxs]
    wanted = len(op.inputs) - count
    if len(dxs) != wanted:
        raise GradientError(f"the custom gradient gave {len(dxs)} values for {wanted} inputs.")
    return [None] * count + dxs


@RegisterGradient("own_gradient")
def own_gradient_gradient(op, dy):
    return _apply(op, 1, [dy])


@RegisterGradient("own_gradients")
def own_gradients_gradient(op, *dys):
    return _apply(op, op.attrs["count"], dys)


def _variables_between(xs, ys):
    """The trainable variables that `ys` are made of, those behind `xs` left out."""
    seen, todo, between = {x.op for x in xs}, [y.op for y in ys], []
    while todo:
        op = todo.pop()
        if op not in seen:
            seen.add(op)
            between += [op] if op.op_type == "variable" else []
            todo += [t.op for t in op._inputs]
    variables = [op.outputs[0] for op in sorted(between, key=lambda op: op.id)]
    return [v for v in variables if v.trainable]


def _for_both(grad, variables, *dys):
    """What a function of gradients and `variables` returns, in one list."""
    if not variables:
        dxs = grad(*dys)
        return list(dxs) if isinstance(dxs, (list, tuple)) else [dxs]
    for_xs, for_variables = grad(*dys, variables=variables)
    for_xs = list(for_xs) if isinstance(for_xs, (list, tuple)) else [for_xs]
    return for_xs + list(for_variables)


@door
def custom_gradient(f):
    """Decorator: `f(*xs)` returns `(ys, grad_fn)`, and `grad_fn(*dys)` is the gradient to `xs`.

    If `f` reads variables that train, a `grad_fn(*dys, variables=None)` gets them and returns two
    lists: the gradients to `xs` and those to the variables.

    Gradient: what `grad_fn` returns, one tensor or None an input.

    Examples
    --------
    >>> @custom_gradient
    ... def soft(x):
    ...     return tanh(x), lambda dy: dy * 0.5
    ...
    >>> x = constant(3.0)
    >>> Session().run(gradients(soft(x), x))
    [np.float64(0.5)]
    """
    @functools.wraps(f)
    def call(*args, **kwargs):
        xs = [identity(as_tensor(a)) for a in args]
        result, grad = f(*xs, **kwargs)
        many = isinstance(result, (list, tuple))
        ys = [as_tensor(y) for y in (result if many else [result])]
        if "variables" in inspect.signature(grad).parameters:
            used = _variables_between(xs, ys)
            grad, xs = functools.partial(_for_both, grad, used), xs + used
        if len(ys) == 1:
            outputs = [_own_gradient(ys[0], *xs, grad=grad)]
        else:
            outputs = _own_gradients(*ys, *xs, count=len(ys), grad=grad)
        return type(result)(outputs) if many else outputs[0]
    return call


__all__ = ["custom_gradient"]
