"""Symbolic gradients: one iterative walk from the results back to the inputs.

An operation's id is its place in a topological order, so walking ids downwards visits every
consumer before the node it consumes, whatever the lengths of the paths. Rules know nothing of
broadcasting or reuse: this file sums each gradient back to its input's shape (`sum_to`) and
adds what reaches a tensor along several paths.
"""

import math

import numpy as np

from fastgrad.autodiff.user_ops import OpValues, _only_nodes, python_gradient
from fastgrad.errors import GradientError, GraphError, ShapeError
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import is_whole, promote_float, strong
from fastgrad.graph.nodes import as_tensor, is_custom
from fastgrad.graph.registry import gradient_of, op
from fastgrad.graph.shapes import broadcast, is_known
from fastgrad.ops.arithmetic import add, ones_like, zeros_like
from fastgrad.ops.broadcast import broadcast_like, sum_to
from fastgrad.ops.cast import cast
from fastgrad.ops.gather import joined
from fastgrad.ops.indexed_slices import IndexedSlices
from fastgrad.ops.join import stack
from fastgrad.ops.reshape import reshape
from fastgrad.wording import where


@door
def gradients(ys, xs, grad_ys=None, name="gradients", colocate_gradients_with_ops=False,
              gate_gradients=False, aggregation_method=None, stop_gradients=None,
              unconnected_gradients="none"):
    """Gradients of the sum of `ys` with respect to each of `xs`, as nodes.

    Parameters
    ----------
    ys, xs : node or list of nodes
        Of floating dtypes.
    grad_ys : list of nodes or arrays, optional
        Weights of `ys`, of their shapes; ones if not given.
    stop_gradients : node or list of nodes, optional
        Count as constants.
    unconnected_gradients : 'none' or 'zero'
        What stands for an x that no y depends on.

    Returns
    -------
    list of Tensor or None
        One an x, of its shape and dtype. They can be differentiated again.

    Raises
    ------
    GradientError
        If an operation on the path has no gradient.

    Examples
    --------
    >>> x = Variable(3.0)
    >>> first, = gradients(x * x * x, x)
    >>> second, = gradients(first, x)
    >>> Session().run([first, second])
    [np.float64(27.0), np.float64(18.0)]
    """
    wanted = getattr(unconnected_gradients, "value", unconnected_gradients)
    if wanted not in ("none", "zero"):
        raise ValueError(f"Unknown value for unconnected_gradients: {unconnected_gradients!r}")
    ys = [as_tensor(y) for y in _listed(ys)]
    xs = [as_tensor(x) for x in _listed(xs)]
    if not ys:
        return [None] * len(xs)
    seeds = _seeds(ys, grad_ys)
    graph = ys[0].graph
    for x in xs:
        if x.graph is not graph:
            raise GraphError(f"gradients: {where(x)} is in another graph than {where(ys[0])}.")
    stop = {as_tensor(s) for s in _listed(stop_gradients)} if stop_gradients is not None else ()
    with graph.name_scope(name or "gradients") as scope, graph.differentiating(scope):
        by_tensor = walk(ys, seeds, xs, stop)
        if wanted == "zero":
            return [by_tensor[x] if x in by_tensor else zeros_like(x) for x in xs]
    return [by_tensor.get(x) for x in xs]


@door
def hessians(ys, xs, name="hessians", colocate_gradients_with_ops=False, gate_gradients=False,
             aggregation_method=None):
    """Second derivatives of the sum of `ys` with respect to each of `xs`, as nodes.

    Parameters
    ----------
    ys, xs : node or list of nodes
        The graph grows by a reverse walk for each element of `xs`: for small ones.

    Returns
    -------
    list of Tensor
        Each of the shape of its x, twice.

    Raises
    ------
    ValueError
        If the shape of an x is not known.

    Examples
    --------
    >>> x = constant([1., 2.])
    >>> Session().run(hessians(reduce_sum(x ** 3), x))
    [array([[ 6.,  0.],
           [ 0., 12.]])]
    """
    second = []
    for x in map(as_tensor, _listed(xs)):
        if not is_known(x._shape):
            raise ValueError(f"hessians: {where(x)} has no known shape: {x.shape}.")
        with x.graph.name_scope(name or "hessians"):
            size = math.prod(x._shape)
            slope = reshape(gradients(ys, [x], unconnected_gradients="zero")[0], [size])
            rows = [gradients(slope[i], [x], unconnected_gradients="zero")[0] for i in range(size)]
            second.append(reshape(stack(rows), [*x._shape, *x._shape]))
    return second


def _listed(nodes):
    return list(nodes) if isinstance(nodes, (list, tuple)) else [nodes]


def _seeds(ys, grad_ys):
    weights = _listed(grad_ys) if grad_ys is not None else [None] * len(ys)
    if len(weights) != len(ys):
        raise GradientError(f"gradients: {len(weights)} grad_ys for {len(ys)} ys.")
    return [None if g is None else _weight(y, as_tensor(g)) for y, g in zip(ys, weights)]


def _weight(y, g):
    """A weight given for `y`, in the shape of `y`: kernels take no other."""
    _refuse_complex(g, y, f"what is given as grad_ys, {where(g)},")
    if is_known(y._shape) and g._shape == y._shape:
        return g
    if is_known(y._shape) and is_known(g._shape):
        try:
            fits = broadcast([g._shape, y._shape]) == y._shape
        except ShapeError:
            fits = False
        if not fits:
            raise ShapeError(f"gradients: the grad_ys for {where(y)} has shape {g._shape}; "
                             f"expected {y._shape}, the shape of y.")
    return broadcast_like(g, y)


def ancestors(tensors):
    """The operations that `tensors` depend on, in topological order."""
    seen, todo = set(), [t.op for t in tensors]
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            todo.extend(t.op for t in node._inputs)
    return sorted(seen, key=lambda o: o.id)


def walk(ys, seeds, xs, stop=()):
    """{tensor: gradient} of every tensor between `xs` and `ys`, the ends included."""
    order = ancestors(ys)
    active = {x for x in xs if _varies(x)}
    for node in order:
        if any(t in active for t in node._inputs):
            active.update(t for t in node.outputs if t not in stop and _varies(t))
    partial = {}                                   # tensor -> gradients not yet added up
    for y, seed in zip(ys, seeds):
        if _varies(y):
            partial.setdefault(y, []).append(ones_like(y) if seed is None else seed)
    gradients_of = {}
    for node in reversed(order):
        dys = [_total(gradients_of, partial, t) for t in node.outputs]
        dys = [None if t in stop else dy for t, dy in zip(node.outputs, dys)]
        if any(dy is not None for dy in dys) and any(t in active for t in node._inputs):
            with node.graph.at(node.site):
                for t, dx in zip(node._inputs, _apply_rule(node, dys, ys)):
                    if dx is not None and t in active:
                        partial.setdefault(t, []).append(_fit(dx, t))
    return gradients_of


def _varies(tensor):
    """Whether `tensor` can have a gradient: TensorFlow's integers have none, nor what they make."""
    return tensor.graph.literals != "tf" or not is_whole(tensor._dtype)


def _total(found, partial, tensor):
    parts = partial.pop(tensor, None)
    if parts is None:
        return None
    if len(parts) > 1 and all(isinstance(p, IndexedSlices) for p in parts):
        total = joined(parts)
    else:
        total = parts[0]
        for part in parts[1:]:
            total = add(total, part, name="AddN")    # IndexedSlices become dense
    found[tensor] = total
    return total


def _fit(dx, x):
    """`dx` summed to the shape of `x`, in its dtype; nothing to do where both agree.

    Where NumPy's promotion made a wider dtype of `x`, the gradient comes back in that one.
    """
    if isinstance(dx, IndexedSlices):
        return dx
    known = [t._dtype for t in (x, dx) if isinstance(t._dtype, np.dtype) and t._dtype.kind == "f"]
    if len(known) == 2 and known[0] != known[1]:
        dx = cast(dx, known[0])
    if is_known(x._shape) and dx._shape == x._shape:
        return dx
    return sum_to(dx, x)


def _apply_rule(node, dys, ys):
    try:
        rule = gradient_of(node)
    except KeyError:
        if node.op_type == "python_gradient":
            raise GradientError(
                f"{where(ys[0])}: the gradient of {where(node.get_attr('op'))} works on arrays and "
                f"cannot be differentiated again ({node.attrs['why']}). Write it with fastgrad's "
                "functions of op.inputs and the incoming gradient.") from None
        raise GradientError(
            f"no gradient for operation {where(node)}, which lies on the path to "
            f"{where(ys[0])}. Register one with RegisterGradient({node.op_type!r}), or cut the "
            "path with stop_gradient.") from None
    if rule is None:
        return ()
    partly = getattr(rule, "takes_none", False)
    dys = [(None if partly else zeros_like(t)) if dy is None else as_tensor(dy)
           for t, dy in zip(node.outputs, dys)]
    if is_custom(node):
        return _custom_rule(node, rule, dys[0])
    return _one_each(node, rule(node, *dys))


def _one_each(node, result):
    """What a rule returned, as one tensor or None for each input."""
    result = list(result) if isinstance(result, (list, tuple)) else [result]
    if len(result) != len(node._inputs):
        raise GradientError(
            f"the gradient of {where(node)} returned {len(result)} values for "
            f"{len(node._inputs)} inputs; return one for each, None where there is none.")
    dxs = [r if r is None or isinstance(r, IndexedSlices) else as_tensor(r) for r in result]
    for i, (t, dx) in enumerate(zip(node._inputs, dxs)):
        if dx is not None:
            _refuse_complex(getattr(dx, "values", dx), t, f"{where(node)} for input {i}")
    return dxs


def _refuse_complex(dx, x, what):
    """A gradient for real numbers is real: what is done with it would lose the imaginary part."""
    if dx._dtype is None or x._dtype is None:           # then a run finds it
        return
    if strong(dx._dtype).kind == "c" != strong(x._dtype).kind:
        raise GradientError(f"the gradient of {what} is complex ({strong(dx._dtype)}), but "
                            f"{where(x)} is {strong(x._dtype)}: a real gradient is expected.")


# ---- gradients of the user's own operations ---------------------------------------------


def _custom_rule(node, rule, dy):
    """Try the rule on tensors, so that it is compiled; else call it with arrays at each run."""
    try:
        with node.graph.attempt():
            result = rule(OpValues(node, list(node._inputs), node.outputs[0]), dy)
            return _one_each(node, _only_nodes(result))
    except Exception as e:
        inputs = [*node._inputs, node.outputs[0], dy]
        gradient_op = node.graph.add_op(
            python_gradient.opdef, inputs, {"op": node, "rule": rule, "why": repr(e)},
            [(t._shape, None) for t in node._inputs], f"{node.op_type}_gradient")
        return gradient_op.outputs


# ---- the seed of training ---------------------------------------------------------------

def _scalar(in_shapes, _):
    if in_shapes[0] not in (None, ()):
        raise ShapeError(f"the loss has shape {in_shapes[0]}; expected a scalar. "
                         "Reduce it, for example with reduce_sum or reduce_mean.")
    return ()


@op(_scalar, dtype=promote_float, form="fill", ref=np.ones_like, shape_only=(0,))
def loss_seed(loss):
    """1, the gradient of a loss to itself; refuses a loss that is not a scalar."""
