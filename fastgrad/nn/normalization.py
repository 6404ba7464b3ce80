"""Biases, moments and batch normalisation.

All are made of elementwise steps and reductions, so their gradients need no rule here.
"""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import FLOAT32, strong
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.graph.shapes import normal_axes
from fastgrad.linalg.matmul import matmul
from fastgrad.nn.activations import relu
from fastgrad.ops.arithmetic import add, multiply, squared_difference, subtract, zeros_like
from fastgrad.ops.broadcast import sum_to
from fastgrad.ops.cast import cast, cast_to
from fastgrad.ops.comparison import equal
from fastgrad.ops.gather import gather
from fastgrad.ops.norms import _axes_list
from fastgrad.ops.reduce import reduce_mean, reduce_prod, reduce_sum
from fastgrad.ops.reshape import rank_like, reshape, squeeze
from fastgrad.ops.shape import rank, shape
from fastgrad.ops.state import stop_gradient
from fastgrad.ops.unary import reciprocal, rsqrt, square


# ---- bias -------------------------------------------------------------------------------

def _biased(in_shapes, attrs):
    value, bias = in_shapes
    if bias is not None and len(bias) != 1:
        raise ShapeError(f"the bias must be a vector; got {bias}.")
    if value is None:
        return None
    if len(value) < 2:
        raise ShapeError(f"the value must have at least 2 dimensions; got {value}.")
    at = 1 if attrs["first"] else len(value) - 1
    return value[:at] + shapes.merge((value[at],), bias) + value[at + 1:]


def _bias_ref(value, bias, first):
    return value + (bias.reshape((-1,) + (1,) * (value.ndim - 2)) if first else bias)


@op(_biased, ref=_bias_ref, name="BiasAdd")
def _bias_add(value, bias, first=False):
    pass


@RegisterGradient("bias_add")
def bias_add_gradient(op, dy):
    """The reverse walk sums the last dimension's; a second one's is summed here."""
    if not op.attrs["first"]:
        return dy, dy
    spread = rank_like(reshape(op.inputs[1], [1, -1]), dy)
    return dy, reshape(sum_to(dy, spread), [-1])


@door
def bias_add(value, bias, data_format=None, name=None):
    """Sum of a value and a bias, the bias along the last dimension (the second for 'NC...').

    Gradient: `dvalue = dy`, `dbias` is `dy` summed over the other dimensions.
    """
    value = as_tensor(value)
    bias = as_tensor(bias, None if is_node(bias) else value._dtype)
    if data_format not in (None, "NHWC", "NCHW", "NWC", "NCW", "NDHWC", "NCDHW"):
        raise ValueError(f"data_format must be of the form `N...C` or `NC...`, got {data_format!r}")
    first = data_format is not None and data_format.startswith("NC")
    return _bias_add(value, bias, first=first, name=name)


@door
def xw_plus_b(x, weights, biases, name=None):
    """Affine map, `matmul(x, weights) + biases`.

    Gradient: as of `matmul` and `bias_add`.
    """
    x = as_tensor(x)
    with x.graph.name_scope(name or "xw_plus_b") as scope:
        return bias_add(matmul(x, weights), biases, name=scope)


@door
def relu_layer(x, weights, biases, name=None):
    """Rectified affine map, `relu(matmul(x, weights) + biases)`.

    Gradient: as of `relu`, `matmul` and `bias_add`.
    """
    x = as_tensor(x)
    with x.graph.name_scope(name or "relu_layer") as scope:
        return relu(bias_add(matmul(x, weights), biases), name=scope)


# ---- moments and batch normalisation ----------------------------------------------------


@door
def moments(x, axes, shift=None, name=None, keep_dims=None, keepdims=None):
    """(mean, variance) over the dimensions `axes`.

    Gradient: as of the means; none flows through the mean inside the variance, where it is 0.
    """
    x, axes = as_tensor(x), _axes_list(axes)
    keep = bool(keep_dims if keepdims is None else keepdims)
    with x.graph.name_scope(name or "moments"):
        mean = reduce_mean(x, axes, True, name="mean")
        variance = reduce_mean(squared_difference(x, stop_gradient(mean)), axes, True,
                               name="variance")
        if keep:
            return mean, variance
        return squeeze(mean, axes), squeeze(variance, axes)


@door
def weighted_moments(x, axes, frequency_weights, name=None, keep_dims=None, keepdims=None):
    """(mean, variance) over the dimensions `axes`, with weights that broadcast to `x`.

    Gradient: as of the sums it is made of.
    """
    x, axes = as_tensor(x), _axes_list(axes)
    keep = bool(keep_dims if keepdims is None else keepdims)
    with x.graph.name_scope(name or "weighted_moments"):
        weights = as_tensor(frequency_weights)
        weights = cast_to(weights, x)
        weights = weights + zeros_like(x)
        total = reduce_sum(weights, axes, True)
        mean = reduce_sum(weights * x, axes, True) / total
        variance = reduce_sum(weights * squared_difference(x, mean), axes, True) / total
        if keep:
            return mean, variance
        return squeeze(mean, axes), squeeze(variance, axes)


@door
def sufficient_statistics(x, axes, shift=None, keep_dims=None, name=None, keepdims=None):
    """(count, sum, sum of squares, shift) over the dimensions `axes`.

    Gradient: as of the sums.
    """
    x, axes = as_tensor(x), _axes_list(axes)
    keep = bool(keep_dims if keepdims is None else keepdims)
    with x.graph.name_scope(name or "sufficient_statistics"):
        known = x._shape
        if known is not None and all(known[a] is not None for a in axes):
            count = as_tensor(np.array(shapes.size_of(
                known[a] for a in normal_axes(axes, len(known))), strong(x._dtype)))
        else:
            count = cast_to(reduce_prod(gather(shape(x), [a if a >= 0 else a + rank(x)
                                                          for a in axes])), x)
        moved = x if shift is None else x - shift
        return (count, reduce_sum(moved, axes, keep), reduce_sum(square(moved), axes, keep),
                None if shift is None else as_tensor(shift))


@door
def normalize_moments(counts, mean_ss, variance_ss, shift, name=None):
    """(mean, variance) from what `sufficient_statistics` returns.

    Gradient: as of the quotients.
    """
    counts = as_tensor(counts)
    with counts.graph.name_scope(name or "normalize"):
        divisor = reciprocal(counts, name="divisor")
        shifted = multiply(mean_ss, divisor, name="shifted_mean" if shift is not None else "mean")
        mean = shifted if shift is None else add(shifted, shift, name="mean")
        variance = subtract(multiply(variance_ss, divisor), square(shifted), name="variance")
        return mean, variance


@door
def batch_normalization(x, mean, variance, offset, scale, variance_epsilon, name=None):
    """Batch normalisation, `(x - mean) / sqrt(variance + epsilon) * scale + offset`.

    `scale` and `offset` may be None.

    Gradient: as of the products and sums it is made of.
    """
    x = as_tensor(x)
    with x.graph.name_scope(name or "batchnorm"):
        inverse = rsqrt(variance + variance_epsilon)
        if scale is not None:
            inverse = inverse * scale
        moved = -mean * inverse if offset is None else offset - mean * inverse
        return x * inverse + moved


@door
def batch_norm_with_global_normalization(t=None, m=None, v=None, beta=None, gamma=None,
                                         variance_epsilon=None, scale_after_normalization=None,
                                         name=None, input=None, mean=None, variance=None):
    """`batch_normalization` in the oldest spelling.

    Gradient: as of `batch_normalization`.
    """
    return batch_normalization(
        input if t is None else t, mean if m is None else m, variance if v is None else v, beta,
        gamma if scale_after_normalization else None, variance_epsilon, name)


# ---- l2 ---------------------------------------------------------------------------------


@door
def zero_fraction(value, name=None):
    """Share of the elements that are 0; float32.

    Gradient: none.
    """
    value = as_tensor(value)
    with value.graph.name_scope(name or "zero_fraction"):
        return reduce_mean(cast(equal(value, zeros_like(value)), FLOAT32),
                           name="fraction")


__all__ = ["bias_add", "xw_plus_b", "relu_layer", "moments", "weighted_moments",
           "sufficient_statistics", "normalize_moments", "batch_normalization",
           "batch_norm_with_global_normalization", "zero_fraction"]
