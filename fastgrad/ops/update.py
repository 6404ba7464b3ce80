"""The update operations of optimizers: each changes a variable and its slots in place, in one step.

An update writes its first `outputs` inputs, and output i is the new value of input i.
The formulas are TensorFlow 1.15's training ops. `lr` is a tensor of one element; the other
parameters are one vector `hyper`, in the order of the kernel's (`_kernels/updates/update.pxi.in`).

The `_rows` ops change only the rows that `indices` names, for gradients of lookups; gradients of
one row are summed first, so that a row that is looked up twice is still updated once. A plan sums
them by a step of its own, `merge_rows`.
"""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.bad_index import checked
from fastgrad.graph.dtypes import INT32
from fastgrad.graph.registry import NotDifferentiable, op


def _of_variable(in_dtypes):
    """The computing dtype of an update: the variable's."""
    return in_dtypes[0]


def check_rows(known, indices, values):
    """Refuse values that are not one row for each index: kernels read as many as there are."""
    if None in (known, indices, values):
        return
    if not known:
        raise ShapeError("a variable without dimensions has no rows to update.")
    if not shapes.compatible(values, indices + known[1:]):
        raise ShapeError(f"updates of shape {values} do not fit indices of shape {indices} into a "
                         f"variable of shape {known}; expected {indices + known[1:]}.")


def _infer(names, count):
    """Shapes of the written operands; the gradient must have the variable's."""
    grad = names.index("grad") if "grad" in names else None
    rows = names.index("indices") if "indices" in names else None

    def infer(in_shapes, _):
        if rows is not None:
            check_rows(in_shapes[0], *in_shapes[rows:rows + 2])
        if grad is not None and not shapes.compatible(in_shapes[0], in_shapes[grad]):
            raise ShapeError(f"the variable has shape {in_shapes[0]}, its gradient "
                             f"{in_shapes[grad]}.")
        return in_shapes[0] if count == 1 else list(in_shapes[:count])
    return infer


def _update(kernel, ref, slots=0, name=None, form="update"):
    """Declare an update that writes the variable and `slots` more."""
    count = 1 + slots

    def declare(fn):
        names = fn.__code__.co_varnames[:fn.__code__.co_argcount - len(fn.__defaults__ or ())]
        casts = tuple(i for i, n in enumerate(names) if n != "indices")
        whole = tuple(i for i, n in enumerate(names) if n == "indices")
        return op(_infer(names, count), dtype=_of_variable, casts=casts, whole=whole,
                  form=form, kernel=kernel, ref=ref, pure=False, writes=True, outputs=count,
                  name=name)(fn)
    return declare


@_update("sgd", lambda w, lr, g: w - lr * g, name="ApplyGradientDescent")
def apply_gradient_descent(ref, lr, grad):
    """Gradient descent: `ref -= lr * grad`."""


def _momentum(w, a, lr, g, mu, use_nesterov):
    a = a * mu + g
    return w - (g * lr + a * mu * lr if use_nesterov else a * lr), a


@_update("momentum", _momentum, 1, name="ApplyMomentum")
def apply_momentum(ref, accum, lr, grad, momentum, use_nesterov=False):
    """Momentum: `accum = accum momentum + grad; ref -= lr accum`."""


def _adagrad(w, a, lr, g):
    a = a + g * g
    return w - g * lr / np.sqrt(a), a


@_update("adagrad", _adagrad, 1, name="ApplyAdagrad")
def apply_adagrad(ref, accum, lr, grad):
    """Adagrad: `accum += grad**2; ref -= lr grad / sqrt(accum)`."""


def _adadelta(w, a, u, lr, hyper, g):
    rho, epsilon = hyper
    a = a * rho + g * g * (1 - rho)
    step = np.sqrt(u + epsilon) / np.sqrt(a + epsilon) * g
    return w - step * lr, a, u * rho + step * step * (1 - rho)


@_update("adadelta", _adadelta, 2, name="ApplyAdadelta")
def apply_adadelta(ref, accum, accum_update, lr, hyper, grad):
    """Adadelta; hyper: rho, epsilon."""


def _rmsprop(w, ms, mom, lr, hyper, g):
    rho, momentum, epsilon = hyper
    ms = ms + (g * g - ms) * (1 - rho)
    mom = mom * momentum + g * lr / np.sqrt(ms + epsilon)
    return w - mom, ms, mom


@_update("rmsprop", _rmsprop, 2, name="ApplyRMSProp")
def apply_rms_prop(ref, ms, mom, lr, hyper, grad):
    """RMSProp; hyper: decay, momentum, epsilon."""


def _rmsprop_centered(w, mg, ms, mom, lr, hyper, g):
    rho, momentum, epsilon = hyper
    ms = ms + (g * g - ms) * (1 - rho)
    mg = mg + (g - mg) * (1 - rho)
    mom = mom * momentum + g * lr / np.sqrt(ms - mg * mg + epsilon)
    return w - mom, mg, ms, mom


@_update("rmsprop_centered", _rmsprop_centered, 3, name="ApplyCenteredRMSProp")
def apply_centered_rms_prop(ref, mg, ms, mom, lr, hyper, grad):
    """Centered RMSProp; hyper: decay, momentum, epsilon."""


def _adam(w, m, v, lr, hyper, power1, power2, g):
    beta1, beta2, epsilon = hyper
    lr = lr * np.sqrt(1 - power2) / (1 - power1)
    m = m + (g - m) * (1 - beta1)
    v = v + (g * g - v) * (1 - beta2)
    return w - m * lr / (np.sqrt(v) + epsilon), m, v


@_update("adam", _adam, 2, name="ApplyAdam")
def apply_adam(ref, m, v, lr, hyper, beta1_power, beta2_power, grad):
    """Adam; hyper: beta1, beta2, epsilon."""


def _ftrl(w, n, z, lr, hyper, g):
    l1, l2, power, shrink = hyper
    after = n + g * g
    scale = (after ** -power - n ** -power) / lr
    z = z + (g + 2 * shrink * w) - scale * w
    moved = (np.sign(z) * l1 - z) / (after ** -power / lr + 2 * l2)
    return np.where(np.abs(z) > l1, moved, 0), after, z


@_update("ftrl", _ftrl, 2, name="ApplyFtrl")
def apply_ftrl(ref, accum, linear, lr, hyper, grad):
    """Ftrl; hyper: l1, l2, learning rate's power, l2 shrinkage."""


# ---- rows -------------------------------------------------------------------------------

UNUSED = -1         # fills up the indices that merge_rows returns


def table_size(count):
    """Slots of the hash table for `count` indices: a power of two, at most half of it full."""
    return 2 * shapes.power_of_two(count)


def _merge_rows_ref(indices, values, rows):
    indices = indices.reshape(-1)
    checked(indices, rows)
    _, first, inverse = np.unique(indices, return_index=True, return_inverse=True)
    # from sorted order to order of first occurrence
    order = np.argsort(np.argsort(first))
    distinct, total = np.full_like(indices, UNUSED), np.zeros_like(values)
    distinct[:first.size] = indices[np.sort(first)]
    np.add.at(total, order[inverse.reshape(-1)], values)
    return distinct, total, np.zeros(table_size(indices.size), np.int32)


@op(lambda s, a: [(shapes.size_of(s[0]),), s[1], (table_size(shapes.size_of(s[0])),)], dtype=None,
    out=lambda d, a: [*d, INT32], form="merge_rows", kernel="merge_rows", outputs=3,
    pure=False, ref=_merge_rows_ref)
def _merge_rows(indices, values, rows=0):
    """Sums of the values of equal indices: (distinct indices in order of first occurrence, then
    UNUSED; their sums, then 0; the kernel's hash table). Only plans use it. Indices must be below
    `rows`. Not folded, so that an update sees by the step that its rows are merged."""


def _by_rows(dense, slots):
    """NumPy twin of a `_rows` update, from `dense`, a formula over (w, slots..., others..., g)."""
    def ref(*args, **attrs):
        *written, indices, values = args[:1 + slots] + args[-2:]
        rows, inverse = np.unique(indices, return_inverse=True)
        if rows.size and (rows[0] < 0 or rows[-1] >= written[0].shape[0]):
            raise IndexError(f"an index lies outside [0, {written[0].shape[0]}).")
        grad = np.zeros((rows.size, *written[0].shape[1:]), values.dtype)
        np.add.at(grad, inverse.reshape(-1), values.reshape(-1, *grad.shape[1:]))
        updated = dense(*[w[rows] for w in written], *args[1 + slots:-2], grad, **attrs)
        updated = updated if isinstance(updated, tuple) else (updated,)
        out = [w.copy() for w in written]
        for w, new in zip(out, updated):
            w[rows] = new
        return out if slots else out[0]
    return ref


def _update_rows(kernel, dense, slots=0, form="update_distinct_rows"):
    return _update(kernel, _by_rows(dense, slots), slots, form=form)


@_update_rows("sgd_rows", lambda w, lr, g: w - lr * g, form="update_rows")
def apply_gradient_descent_rows(ref, lr, indices, values):
    """apply_gradient_descent on rows."""


@_update_rows("momentum_rows", lambda w, a, lr, mu, g, use_nesterov:
              _momentum(w, a, lr, g, mu, use_nesterov), 1)
def apply_momentum_rows(ref, accum, lr, momentum, indices, values, use_nesterov=False):
    """apply_momentum on rows."""


@_update_rows("adagrad_rows", _adagrad, 1)
def apply_adagrad_rows(ref, accum, lr, indices, values):
    """apply_adagrad on rows."""


@_update_rows("adadelta_rows", _adadelta, 2)
def apply_adadelta_rows(ref, accum, accum_update, lr, hyper, indices, values):
    """apply_adadelta on rows."""


@_update_rows("rmsprop_rows", _rmsprop, 2)
def apply_rms_prop_rows(ref, ms, mom, lr, hyper, indices, values):
    """apply_rms_prop on rows."""


@_update_rows("rmsprop_centered_rows", _rmsprop_centered, 3)
def apply_centered_rms_prop_rows(ref, mg, ms, mom, lr, hyper, indices, values):
    """apply_centered_rms_prop on rows."""


@_update_rows("ftrl_rows", _ftrl, 2)
def apply_ftrl_rows(ref, accum, linear, lr, hyper, indices, values):
    """apply_ftrl on rows."""


def _proximal(w, lr, hyper, g):
    l1, l2 = hyper
    moved = w - lr * g
    return np.sign(moved) * np.maximum(np.abs(moved) - lr * l1, 0) / (1 + lr * l2)


@_update_rows("proximal_rows", _proximal)
def apply_proximal_gradient_descent_rows(ref, lr, hyper, indices, values):
    """Proximal gradient descent on rows; hyper: l1, l2."""


def _proximal_adagrad(w, a, lr, hyper, g):
    a = a + g * g
    return _proximal(w, lr / np.sqrt(a), hyper, g), a


@_update_rows("proximal_adagrad_rows", _proximal_adagrad, 1)
def apply_proximal_adagrad_rows(ref, accum, lr, hyper, indices, values):
    """Proximal Adagrad on rows; hyper: l1, l2."""


for _name in ["merge_rows", *(n for n in dir() if n.startswith("apply_"))]:
    NotDifferentiable(_name)
