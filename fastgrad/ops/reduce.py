"""Reductions over axes, each with its gradient below it.

`axis` is None (all), a number, or a sequence; `keepdims` keeps reduced dimensions as 1.
"""

import numpy as np

from fastgrad.errors import DTypeError
from fastgrad.graph.build import check_truth
from fastgrad.graph.doors import door, tell_of_truth
from fastgrad.graph.dtypes import BOOL, INT64, promote_float, strong
from fastgrad.graph.nodes import Tensor, as_tensor
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient, op
from fastgrad.graph.shapes import normal_axes, reduce_shape, size_of
from fastgrad.ops.arithmetic import zeros_like
from fastgrad.ops.broadcast import unreduce
from fastgrad.ops.cast import cast, cast_to
from fastgrad.ops.comparison import equal, not_equal
from fastgrad.ops.shape import known_value, renamed, scoped
from fastgrad.wording import where


def _reduced(in_shapes, attrs):
    return reduce_shape(in_shapes[0], attrs["axis"], attrs["keepdims"])


def _axes(x, axis):
    return normal_axes(axis, x.ndim)


def _reduction(ref, kernel, **fields):
    def run(x, axis, keepdims):
        return ref(x, axis=_axes(x, axis), keepdims=keepdims)
    return op(_reduced, form="reduce", kernel=kernel, ref=run, **fields)


def _axis_of(axis, reduction_indices):
    axis = renamed("axis", axis, "reduction_indices", reduction_indices)
    if axis is None or isinstance(axis, int):
        return axis
    axis = known_value(axis)
    return int(axis) if axis.ndim == 0 else tuple(int(a) for a in axis)


def _kept(keepdims, keep_dims):
    return bool(renamed("keepdims", keepdims, "keep_dims", keep_dims))


def _take_name(given, x, axis):
    """Reserve the names that TensorFlow gives to the nodes of the axes if none are given: "Const"
    for a tensor of known rank, "Rank" and "range" for anything else."""
    if axis is not None or x.graph.literals != "tf":
        return
    if x._shape is not None and isinstance(given, Tensor) and (
            given.op.op_type != "variable"):
        x.graph.unique_name("Const")
    else:
        x.graph.unique_name("Rank")
        x.graph.unique_name("range")


def _numbers(x, build):
    """The operand as numbers: truth values become integers; TensorFlow's graphs refuse them."""
    if build.opdef.out is BOOL:
        check_truth(x, build.opdef.type)
        return x
    if x._dtype is None or strong(x._dtype).kind != "b":
        return x
    if x.graph.literals == "tf":
        raise DTypeError(f"Value passed to parameter 'input' has DataType bool: {where(x)} cannot "
                         "be reduced as numbers; cast it.")
    return cast(x, INT64)


def _public(build, doc):
    """The public function of a reduction: TensorFlow's old keywords beside the new."""
    def reduce(input_tensor, axis=None, keepdims=None, name=None, reduction_indices=None,
               keep_dims=None):
        tell_of_truth(input_tensor, reduce.__name__)
        x = _numbers(as_tensor(input_tensor), build)
        axis = _axis_of(axis, reduction_indices)
        _take_name(input_tensor, x, axis)
        return build(x, axis=axis, keepdims=_kept(keepdims, keep_dims), name=name)
    reduce.__name__ = reduce.__qualname__ = build.__name__.lstrip("_")
    reduce.__doc__ = doc
    reduce.opdef = build.opdef
    return door(reduce)


def _sum_ref(x, axis, keepdims):
    return np.sum(x, axis=axis, keepdims=keepdims, dtype=x.dtype)


@_reduction(_sum_ref, "sum", name="Sum")
def _reduce_sum(x, axis=None, keepdims=False):
    pass


reduce_sum = _public(_reduce_sum, """Sum over `axis` (all axes if None), in the dtype of the input.

    Gradient: `dy` repeated along the summed axes.

    Examples
    --------
    >>> Session().run(reduce_sum([[1., 2.], [3., 4.]], axis=1))
    array([3., 7.])
    """)


@RegisterGradient("reduce_sum")
def reduce_sum_gradient(op, dy):
    return unreduce(dy, op.inputs[0], op.attrs["axis"], op.attrs["keepdims"])


def _mean_ref(x, axis, keepdims):
    """`np.mean` without its warning for no elements, of which the mean is NaN here too."""
    count = size_of(x.shape[a] for a in axis)
    return np.sum(x, axis=axis, keepdims=keepdims, dtype=x.dtype) / x.dtype.type(count)


@_reduction(_mean_ref, "sum", dtype=promote_float, name="Mean")
def _reduce_mean(x, axis=None, keepdims=False):
    pass


def _whole_mean_ref(x, axis, keepdims):
    total = np.sum(x, axis=axis, keepdims=keepdims, dtype=np.int64)
    count = max(1, x.size // max(1, total.size))
    return np.trunc(total / count).astype(x.dtype)


@_reduction(_whole_mean_ref, "whole_mean", name="Mean")
def _whole_mean(x, axis=None, keepdims=False):
    pass


NotDifferentiable("whole_mean")


@door
def reduce_mean(input_tensor, axis=None, keepdims=None, name=None, reduction_indices=None,
                keep_dims=None):
    """Mean over `axis` (all axes if None).

    Parameters
    ----------
    input_tensor : tensor
    axis : int or sequence of int, optional
        Negative ones count from the end.
    keepdims : bool
        Whether reduced dimensions stay, as 1.

    Returns
    -------
    Tensor
        Integers give float64; in a TensorFlow graph an integer, rounded towards zero. The mean
        of nothing is NaN.

    Notes
    -----
    Gradient: `dy / count` repeated along the averaged axes.

    Examples
    --------
    >>> Session().run(reduce_mean([[1., 2.], [3., 5.]], axis=0))
    array([2. , 3.5])
    """
    tell_of_truth(input_tensor, "reduce_mean")
    x = _numbers(as_tensor(input_tensor), _reduce_mean)
    axis = _axis_of(axis, reduction_indices)
    _take_name(input_tensor, x, axis)
    whole = (x.graph.literals == "tf" and x._dtype is not None
             and strong(x._dtype).kind in "iu")
    return (_whole_mean if whole else _reduce_mean)(
        x, axis=axis, keepdims=_kept(keepdims, keep_dims), name=name)


@RegisterGradient("reduce_mean")
def reduce_mean_gradient(op, dy):
    return unreduce(dy, op.inputs[0], op.attrs["axis"], op.attrs["keepdims"], True)


@RegisterGradient("unreduce")
def unreduce_gradient(op, g):
    attrs = op.attrs
    total = _reduce_mean if attrs["mean"] else _reduce_sum
    return total(g, attrs["axis"], attrs["keepdims"]), None


def _or_limit(ref, lowest):
    """The largest or smallest element; of no elements the dtype's limit."""
    def run(x, axis, keepdims):
        if x.dtype.kind == "f":
            start = -np.inf if lowest else np.inf
        elif x.dtype.kind == "b":
            start = not lowest
        else:
            info = np.iinfo(x.dtype)
            start = info.min if lowest else info.max
        return ref(x, axis=axis, keepdims=keepdims, initial=start)
    return run


@_reduction(_or_limit(np.max, True), "max", name="Max")
def _reduce_max(x, axis=None, keepdims=False):
    pass


reduce_max = _public(_reduce_max, """Largest element over `axis`; NaN if there is one.

    Gradient: `dy`, shared evenly among equal maxima.

    Examples
    --------
    >>> Session().run(reduce_max([[1., 5.], [3., 2.]], axis=0))
    array([3., 5.])
    """)


@_reduction(_or_limit(np.min, False), "min", name="Min")
def _reduce_min(x, axis=None, keepdims=False):
    pass


reduce_min = _public(_reduce_min, """Smallest element over `axis`; NaN if there is one.

    Gradient: `dy`, shared evenly among equal minima.

    Examples
    --------
    >>> Session().run(reduce_min([[1., 5.], [3., 2.]], axis=0))
    array([1., 2.])
    """)


@RegisterGradient("reduce_max")
@RegisterGradient("reduce_min")
def reduce_max_gradient(op, dy):
    x, axis, keepdims = op.inputs[0], op.attrs["axis"], op.attrs["keepdims"]
    hit = cast_to(equal(x, unreduce(op.outputs[0], x, axis, keepdims)), dy)
    count = reduce_sum(hit, axis, True)
    return hit / count * unreduce(dy, x, axis, keepdims)


def _prod_ref(x, axis, keepdims):
    return np.prod(x, axis=axis, keepdims=keepdims, dtype=x.dtype)


@_reduction(_prod_ref, "prod", name="Prod")
def _reduce_prod(x, axis=None, keepdims=False):
    pass


reduce_prod = _public(_reduce_prod, """Product over `axis` (all axes if None).

    Gradient: `dy` times the product of the other elements, right where one is 0.

    Examples
    --------
    >>> Session().run(reduce_prod([[1., 5.], [3., 2.]], axis=1))
    array([5., 6.])
    """)


def _others_ref(x, axis):
    """For each element the product of the others that are reduced with it."""
    axes = normal_axes(axis, x.ndim)
    rest = tuple(i for i in range(x.ndim) if i not in axes)
    order = rest + axes
    moved = x.transpose(order)
    if not x.size:
        return x
    flat = moved.reshape(moved.shape[:len(rest)] + (-1,))
    ones = np.ones(flat.shape[:-1] + (1,), x.dtype)
    before = np.cumprod(np.concatenate([ones, flat[..., :-1]], -1), -1)
    after = np.cumprod(np.concatenate([ones, flat[..., :0:-1]], -1), -1)[..., ::-1]
    return (before * after).reshape(moved.shape).transpose(np.argsort(order))


@op(lambda s, a: s[0], ref=_others_ref)
def product_of_others(x, axis=None):
    """For each element of `x` the product of the others along `axis`; ops.scan has its gradient."""


@RegisterGradient("reduce_prod")
def reduce_prod_gradient(op, dy):
    x, axis, keepdims = op.inputs[0], op.attrs["axis"], op.attrs["keepdims"]
    return unreduce(dy, x, axis, keepdims) * product_of_others(x, axis=axis)


# ---- truth values -----------------------------------------------------------------------

@_reduction(np.all, "all", name="All", out=BOOL)
def _reduce_all(x, axis=None, keepdims=False):
    pass


@_reduction(np.any, "any", name="Any", out=BOOL)
def _reduce_any(x, axis=None, keepdims=False):
    pass


reduce_all = _public(_reduce_all, """Whether all elements hold, over `axis` (all axes if None).

    Gradient: none.

    Examples
    --------
    >>> Session().run(reduce_all([[True, False], [True, True]], axis=1))
    array([False,  True])
    """)
reduce_any = _public(_reduce_any, """Whether some element holds, over `axis` (all axes if None).

    Gradient: none.

    Examples
    --------
    >>> Session().run(reduce_any([[True, False], [False, False]], axis=1))
    array([ True, False])
    """)
NotDifferentiable("reduce_all")
NotDifferentiable("reduce_any")


@scoped("count_nonzero")
def count_nonzero(input_tensor, axis=None, keepdims=None, dtype=INT64, name=None,
                  reduction_indices=None, keep_dims=None, input=None):
    """Number of elements that are not 0, over `axis` (all axes if None).

    Gradient: none.

    Examples
    --------
    >>> Session().run(count_nonzero([[1, 0, 2], [0, 0, 3]]))
    np.int64(3)
    """
    x = input_tensor if input is None else input
    tell_of_truth(x, "count_nonzero")
    x = as_tensor(x)
    hit = cast(not_equal(x, zeros_like(x)), dtype)
    return _reduce_sum(hit, axis=_axis_of(axis, reduction_indices),
                       keepdims=_kept(keepdims, keep_dims))


__all__ = ["reduce_sum", "reduce_mean", "reduce_max", "reduce_min", "reduce_prod", "reduce_all",
           "reduce_any", "count_nonzero"]
